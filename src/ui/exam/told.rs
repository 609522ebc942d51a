//! A question with its answer: the verdict, then why each option is right or wrong.

use super::super::Canvas;
use super::super::page::tinted;
use super::super::text::{self, Piece};
use super::super::theme::Role;
use super::asking::{beside, left_cells};
use super::{Sheet, points_of};
use crate::app::exam::Exam;
use crate::app::exam::draft::Draft;
use crate::app::learner::QuestionState;
use crate::course::Question;
use crate::course::quiz::{FindLine, Grade, Kind, Match, Order, Verdict};
use std::collections::BTreeSet;

/// Cells of what [`sign`] says.
const SIGN: usize = 7;

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
            (Draft::One { shown, at, .. }, Kind::ChooseOne(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    self.judged(&mut sheet, &options[*option], row == *at, cells);
                }
            }
            (Draft::Many { shown, marked, .. }, Kind::ChooseAll(options)) => {
                for option in shown {
                    self.judged(&mut sheet, &options[*option], marked.contains(option), cells);
                }
            }
            (Draft::Pairs { given, .. }, Kind::Match(pairs)) => {
                self.told_pairs(&mut sheet, given, pairs, cells);
                self.because(&mut sheet, grade, cells);
            }
            (Draft::Order { items, .. }, Kind::Order(order)) => {
                self.told_order(&mut sheet, items, order, cells);
                self.because(&mut sheet, grade, cells);
            }
            (Draft::Lines { marked, at, wanted, .. }, Kind::FindLine(find)) => {
                // Where one line is wanted, the cursor was enough.
                let pointed = BTreeSet::from([*at]);
                let given = if marked.is_empty() && *wanted == 1 { &pointed } else { marked };
                self.told_lines(&mut sheet, given, find);
                self.because(&mut sheet, grade, cells);
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

    /// Each left side with its partner, and below it the one that was given where it was another.
    fn told_pairs(&self, sheet: &mut Sheet, given: &[Option<usize>], pairs: &Match, cells: usize) {
        let left = left_cells(pairs, cells.saturating_sub(SIGN));
        for (row, ((side, right), chosen)) in pairs.pairs.iter().zip(given).enumerate() {
            let (sign, role) = sign(*chosen == Some(row));
            let sides = [
                Piece::new(side.plain(), self.theme.style(role)),
                Piece::new(right.plain(), self.theme.style(Role::Title)),
            ];
            for row in beside(sign, sides, (" → ", left), cells) {
                sheet.push(row);
            }
            if *chosen != Some(row) {
                let yours = chosen.and_then(|yours| pairs.pairs.get(yours)).map(|(_, right)| right.plain());
                let quiet = self.theme.style(Role::Quiet);
                let words = yours.unwrap_or_else(|| "nothing".to_owned());
                let sides = [Piece::new("", quiet), Piece::new(format!("yours: {words}"), quiet)];
                let blank = " ".repeat(SIGN);
                for row in beside(&blank, sides, ("   ", left), cells) {
                    sheet.push(row);
                }
            }
        }
        sheet.blank();
    }

    /// The items in the right order, with the place each was given where that was another.
    fn told_order(&self, sheet: &mut Sheet, items: &[usize], order: &Order, cells: usize) {
        for (place, item) in order.items.iter().enumerate() {
            let yours = items.iter().position(|given| *given == place);
            let (sign, role) = sign(yours == Some(place));
            let head = format!("{sign}{}. ", place + 1);
            let margin = text::width(&head);
            for (i, row) in self.prose(item, cells.saturating_sub(margin)).into_iter().enumerate() {
                let head = if i == 0 { head.clone() } else { " ".repeat(margin) };
                let mut whole = vec![Piece::new(head, self.theme.style(role))];
                whole.extend(row);
                sheet.push(whole);
            }
            if let Some(yours) = yours.filter(|yours| *yours != place) {
                sheet.push(vec![self.quiet(format!("{}yours: {}.", " ".repeat(margin), yours + 1))]);
            }
        }
        sheet.blank();
    }

    /// The manifest with the faulty lines and those that were marked.
    fn told_lines(&self, sheet: &mut Sheet, marked: &BTreeSet<usize>, find: &FindLine) {
        for (row, line) in tinted("yaml", &find.yaml, self.theme).into_iter().enumerate() {
            let (sign, role) = match (find.lines.contains(&(row + 1)), marked.contains(&row)) {
                (true, true) => ("faulty, yours  ", Role::Good),
                (true, false) => ("faulty         ", Role::Warn),
                (false, true) => ("sound, yours   ", Role::Bad),
                (false, false) => ("               ", Role::Quiet),
            };
            let mut whole = vec![
                Piece::new(sign, self.theme.style(role)),
                Piece::new(format!("{:>3} ", row + 1), self.theme.style(Role::Quiet)),
            ];
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
        self.because(sheet, grade, cells);
    }

    /// Why the answer is what it is.
    fn because(&self, sheet: &mut Sheet, grade: &Grade, cells: usize) {
        for feedback in grade.feedback.iter().filter(|f| !f.because.blocks.is_empty()) {
            self.prose(&feedback.because, cells).into_iter().for_each(|row| sheet.push(row));
            sheet.blank();
        }
    }
}

/// What stands before a part of an answer, [`SIGN`] cells wide.
fn sign(right: bool) -> (&'static str, Role) {
    if right { ("right  ", Role::Good) } else { ("wrong  ", Role::Bad) }
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
