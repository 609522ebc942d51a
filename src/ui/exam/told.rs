//! A question with its answer: the verdict, then why each option is right or wrong.

use super::super::Canvas;
use super::super::text::{self, Piece};
use super::super::theme::Role;
use super::{Sheet, points_of};
use crate::app::exam::Exam;
use crate::app::exam::draft::Draft;
use crate::app::learner::QuestionState;
use crate::course::Question;
use crate::course::quiz::{Grade, Kind, Verdict};

impl Canvas<'_, '_> {
    /// The question with its answer: verdict first, then each option with its reason.
    pub(super) fn told(&self, exam: &Exam, question: &Question, grade: &Grade, cells: usize) -> Sheet {
        let mut sheet = self.question_head(question, cells);
        sheet.told = sheet.rows.len().saturating_sub(1);
        let (words, role) = match grade.verdict {
            Verdict::Right => ("Right.", Role::Good),
            Verdict::Partly => ("Partly right.", Role::Warn),
            Verdict::Wrong => ("Not right.", Role::Bad),
        };
        let record = question_record(self.app.learner.questions.get(&question.id));
        sheet.push(vec![
            Piece::new(format!("{words} "), self.theme.style(role)),
            Piece::new(
                format!("{}{record}", points_of(grade.points, grade.of)),
                self.theme.style(Role::Quiet),
            ),
        ]);
        sheet.blank();
        match (&exam.draft, &question.kind) {
            (Draft::One { shown, at }, Kind::ChooseOne(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    self.judged(&mut sheet, &options[*option], row == *at, cells);
                }
            }
            (Draft::Many { shown, marked, .. }, Kind::ChooseAll(options)) => {
                for option in shown {
                    self.judged(&mut sheet, &options[*option], marked.contains(option), cells);
                }
            }
            _ => self.plain_feedback(&mut sheet, exam, grade, cells),
        }
        self.outcome(&mut sheet, exam, cells);
        self.beliefs(&mut sheet, grade, cells);
        sheet
    }

    /// One option after the answer: whether it is right, whether it was chosen, why.
    fn judged(&self, sheet: &mut Sheet, option: &crate::course::quiz::Choice, chosen: bool, cells: usize) {
        let (sign, role) = match (option.correct, chosen) {
            (true, true) => ("right, yours  ", Role::Good),
            (true, false) => ("right         ", Role::Good),
            (false, true) => ("wrong, yours  ", Role::Bad),
            (false, false) => ("wrong         ", Role::Quiet),
        };
        let margin = text::width(sign);
        let mut rows = self.prose(&option.text, cells.saturating_sub(margin));
        let because = self.prose(&option.because, cells.saturating_sub(margin));
        let quiet = self.theme.style(Role::Quiet);
        rows.extend(because.into_iter().map(|row| {
            row.into_iter().map(|piece| Piece { style: quiet.patch(piece.style), ..piece }).collect()
        }));
        for (i, line) in rows.into_iter().enumerate() {
            let head = if i == 0 { sign.to_owned() } else { " ".repeat(margin) };
            let mut whole = vec![Piece::new(head, self.theme.style(role))];
            whole.extend(line);
            sheet.push(whole);
        }
        sheet.blank();
    }

    fn plain_feedback(&self, sheet: &mut Sheet, exam: &Exam, grade: &Grade, cells: usize) {
        let mut say = |label: &str, words: &str, role: Role| {
            let style = self.theme.style(role);
            for (i, line) in words.lines().enumerate() {
                let label = if i == 0 { label.to_owned() } else { " ".repeat(text::width(label)) };
                let pieces = [Piece::new(label, self.theme.style(Role::Quiet)), Piece::new(line, style)];
                for row in text::wrap(&pieces, cells) {
                    sheet.push(row);
                }
            }
        };
        if let Draft::Text(line) = &exam.draft {
            say("You said: ", line.text(), Role::Text);
        }
        if !grade.solution.is_empty() {
            say("Answer:   ", &grade.solution, Role::Title);
        }
        sheet.blank();
        for feedback in grade.feedback.iter().filter(|f| !f.because.blocks.is_empty()) {
            self.prose(&feedback.because, cells).into_iter().for_each(|row| sheet.push(row));
            sheet.blank();
        }
    }
}

/// How often the question was met, once it was more than once.
fn question_record(state: Option<&QuestionState>) -> String {
    match state {
        Some(state) if state.times > 1 => {
            format!("  Asked {} times so far, right {}.", state.times, state.right)
        }
        _ => String::new(),
    }
}
