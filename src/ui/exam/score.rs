//! The end of a quiz or a review: points, each question with its result, what to read again.

use super::super::Canvas;
use super::super::text::{self, Piece, Row};
use super::super::theme::Role;
use super::{Sheet, points_of};
use crate::app::exam::{Exam, Purpose, points};

/// Columns of the bar.
const BAR: usize = 30;

impl Canvas<'_, '_> {
    pub(super) fn score(&self, exam: &Exam, cells: usize) -> Sheet {
        let mut sheet = Sheet::default();
        let (won, of) = exam.score();
        let share = if of == 0 { 0.0 } else { won / of as f64 };
        let role = if share >= 0.8 { Role::Good } else { Role::Warn };
        sheet.blank();
        let filled = ((share * BAR as f64).round() as usize).min(BAR);
        sheet.push(vec![
            Piece::new(points_of(won, of), self.theme.style(Role::Title)),
            Piece::new(format!("  {:.0} %  ", share * 100.0), self.theme.style(role)),
            Piece::new("█".repeat(filled), self.theme.style(role)),
            Piece::new("░".repeat(BAR - filled), self.theme.style(Role::Border)),
        ]);
        if let Some(words) = self.earlier_runs(exam) {
            sheet.push(vec![self.quiet(words)]);
        }
        sheet.blank();
        for row in self.results(exam, cells) {
            sheet.push(row);
        }
        sheet.blank();
        self.again(&mut sheet, exam, cells);
        sheet
    }

    /// The best and the latest result of a quiz; both are kept.
    fn earlier_runs(&self, exam: &Exam) -> Option<String> {
        let Purpose::Quiz(chapter) = &exam.purpose else { return None };
        let state = self.app.learner.quizzes.get(chapter)?;
        let (best, of) = state.best?;
        let times = match state.runs {
            1 => "taken once".to_owned(),
            2 => "taken twice".to_owned(),
            runs => format!("taken {runs} times"),
        };
        Some(format!("{times}, best {} of {of}", points(best)))
    }

    /// One row for each question: sign, points, its words.
    fn results(&self, exam: &Exam, cells: usize) -> Vec<Row> {
        let row = |slot: &crate::app::exam::Slot| {
            let question = self.app.course.quiz(&slot.chapter).and_then(|quiz| quiz.question(&slot.id));
            let words = question.map(|q| q.ask.in_words());
            let (sign, role) = match slot.result {
                Some((won, of)) if won >= of as f64 => ("+", Role::Good),
                Some((won, _)) if won > 0.0 => ("~", Role::Warn),
                Some(_) => ("x", Role::Bad),
                None => (".", Role::Quiet),
            };
            let result = slot.result.map_or_else(String::new, |(won, of)| format!("{}/{of}", points(won)));
            vec![
                Piece::new(format!("{sign} "), self.theme.style(role)),
                Piece::new(text::pad(&result, 6), self.theme.style(Role::Quiet)),
                Piece::new(
                    text::clip(&words.unwrap_or_default(), cells.saturating_sub(8)),
                    self.theme.style(Role::Text),
                ),
            ]
        };
        exam.slots.iter().map(row).collect()
    }

    fn again(&self, sheet: &mut Sheet, exam: &Exam, cells: usize) {
        let again = exam.to_read_again(&self.app.course);
        let missed = exam.slots.iter().any(|s| s.result.is_some_and(|(won, of)| won < of as f64));
        if !missed {
            let words = "Everything right: nothing to read again.";
            return sheet.push(vec![Piece::new(words, self.theme.style(Role::Good))]);
        }
        if !again.is_empty() {
            let words = "Worth reading again, so that you can";
            sheet.push(vec![Piece::new(words, self.theme.style(Role::Title))]);
        }
        for objective in again {
            let words = [Piece::new(objective, self.theme.style(Role::Text))];
            for (i, row) in text::wrap(&words, cells.saturating_sub(2)).into_iter().enumerate() {
                let sign = if i == 0 { "• " } else { "  " };
                let mut whole = vec![Piece::new(sign, self.theme.style(Role::Accent))];
                whole.extend(row);
                sheet.push(whole);
            }
        }
        sheet.blank();
        let words = "What was not right waits in the review (r), and comes back until it stays.";
        for row in text::wrap(&[self.quiet(words)], cells) {
            sheet.push(row);
        }
    }
}
