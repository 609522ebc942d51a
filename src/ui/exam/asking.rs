//! A question that waits for its answer, one shape for each kind.

use super::super::Canvas;
use super::super::page::tinted;
use super::super::text::{self, Piece};
use super::super::theme::Role;
use super::Sheet;
use crate::app::exam::draft::{Draft, Grip};
use crate::app::exam::{Exam, show};
use crate::course::Question;
use crate::course::quiz::{Kind, Prose};

impl Canvas<'_, '_> {
    pub(super) fn asking(&self, exam: &Exam, question: &Question, cells: usize) -> Sheet {
        let mut sheet = self.question_head(question, cells);
        match (&exam.draft, &question.kind) {
            (Draft::One { shown, .. }, Kind::ChooseOne(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    self.option(&mut sheet, row, &format!("{}. ", row + 1), &options[*option].text, cells);
                }
            }
            (Draft::Many { shown, marked, .. }, Kind::ChooseAll(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    let sign = if marked.contains(option) { "[x] " } else { "[ ] " };
                    self.option(&mut sheet, row, sign, &options[*option].text, cells);
                }
            }
            (Draft::Truth { .. }, _) => {
                for (row, word) in ["True", "False"].into_iter().enumerate() {
                    let piece = Piece::new(format!(" {}. {word}", row + 1), self.theme.style(Role::Text));
                    sheet.rows.push((vec![piece], Some(row)));
                }
            }
            (Draft::Text(line), _) => {
                let prompt = "> ";
                let row = vec![
                    Piece::new(prompt, self.theme.style(Role::Accent)),
                    Piece::new(line.text(), self.theme.style(Role::Title)),
                ];
                sheet.cursor =
                    Some((sheet.rows.len(), text::width(prompt) + text::width(line.before_cursor())));
                sheet.push(row);
                self.manifest(&mut sheet, exam, question, cells);
            }
            (Draft::Order { items, at, grip }, Kind::Order(order)) => {
                for (row, item) in items.iter().enumerate() {
                    let held = *grip == Grip::Held && row == *at;
                    let sign = if held { format!("{}. ↕ ", row + 1) } else { format!("{}.   ", row + 1) };
                    self.option(&mut sheet, row, &sign, &order.items[*item], cells);
                }
            }
            (Draft::Pairs { given, .. }, Kind::Match(pairs)) => self.pairs(&mut sheet, given, pairs, cells),
            (Draft::Lines { marked, .. }, Kind::FindLine(find)) => {
                for (row, line) in tinted("yaml", &find.yaml, self.theme).into_iter().enumerate() {
                    let sign = if marked.contains(&row) { "[x]" } else { "   " };
                    let mut whole =
                        vec![Piece::new(format!("{sign}{:>3} ", row + 1), self.theme.style(Role::Quiet))];
                    whole.extend(line);
                    sheet.rows.push((whole, Some(row)));
                }
            }
            _ => {}
        }
        sheet
    }

    fn option(&self, sheet: &mut Sheet, row: usize, sign: &str, prose: &Prose, cells: usize) {
        let margin = text::width(sign) + 1;
        for (i, line) in self.prose(prose, cells.saturating_sub(margin)).into_iter().enumerate() {
            let head = if i == 0 { format!(" {sign}") } else { " ".repeat(margin) };
            let mut whole = vec![Piece::new(head, self.theme.style(Role::Accent))];
            whole.extend(line);
            sheet.rows.push((whole, Some(row)));
        }
    }

    fn pairs(
        &self,
        sheet: &mut Sheet,
        given: &[Option<usize>],
        pairs: &crate::course::quiz::Match,
        cells: usize,
    ) {
        let left = pairs.pairs.iter().map(|(l, _)| text::width(&l.plain())).max().unwrap_or(0).min(cells / 2);
        for (row, ((left_side, _), right)) in pairs.pairs.iter().zip(given).enumerate() {
            let right = match right {
                Some(right) => pairs.pairs.get(*right).map(|(_, r)| r.plain()).unwrap_or_default(),
                None => "?".to_owned(),
            };
            let lead = vec![Piece::new(
                format!(" {} ◂▸ ", text::pad(&left_side.plain(), left)),
                self.theme.style(Role::Text),
            )];
            let margin = text::row_width(&lead);
            let words = [Piece::new(right, self.theme.style(Role::Accent))];
            for (i, line) in text::wrap(&words, cells.saturating_sub(margin).max(8)).into_iter().enumerate() {
                let mut whole = if i == 0 {
                    lead.clone()
                } else {
                    vec![Piece::new(" ".repeat(margin), self.theme.style(Role::Text))]
                };
                whole.extend(line);
                sheet.rows.push((whole, Some(row)));
            }
        }
    }

    /// The manifest a prediction is about, below the answer.
    fn manifest(&self, sheet: &mut Sheet, exam: &Exam, question: &Question, cells: usize) {
        let Kind::Predict(prediction) = &question.kind else { return };
        let Some(chapter) = exam.slots.get(exam.at).map(|slot| slot.chapter.as_str()) else { return };
        let Some((name, yaml)) = show::manifest(prediction, &self.app.course, chapter) else { return };
        sheet.blank();
        let edge = self.theme.style(Role::Border);
        sheet.push(vec![
            Piece::new("┌ ", edge),
            Piece::new(name, self.theme.style(Role::Title)),
            self.quiet("  is applied at 0 s"),
        ]);
        for line in tinted("yaml", yaml, self.theme) {
            for row in text::chop(&line, cells.saturating_sub(2).max(1)) {
                let mut whole = vec![Piece::new("│ ", edge)];
                whole.extend(row);
                sheet.push(whole);
            }
        }
    }
}
