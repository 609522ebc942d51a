//! A question that waits for its answer, one shape for each kind.

use super::super::Canvas;
use super::super::page::tinted;
use super::super::text::{self, Piece, Row};
use super::super::theme::Role;
use super::Sheet;
use crate::app::exam::draft::{Draft, Grip};
use crate::app::exam::{Exam, show};
use crate::course::Question;
use crate::course::quiz::{Kind, Match, Prose};

impl Canvas<'_, '_> {
    pub(super) fn asking(&self, exam: &Exam, question: &Question, cells: usize) -> Sheet {
        let mut sheet = self.question_head(question, cells);
        self.retake(&mut sheet, exam, cells);
        match (&exam.draft, &question.kind) {
            (Draft::One { shown, .. }, Kind::ChooseOne(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    let sign = format!("{}{}. ", cursor_sign(&exam.draft, row), row + 1);
                    self.option(&mut sheet, row, &sign, &options[*option].text, cells);
                }
            }
            (Draft::Many { shown, marked, .. }, Kind::ChooseAll(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    let sign = if marked.contains(option) { " [x] " } else { " [ ] " };
                    self.option(&mut sheet, row, sign, &options[*option].text, cells);
                }
            }
            (Draft::Truth { .. }, _) => {
                for (row, word) in ["True", "False"].into_iter().enumerate() {
                    let cursor = cursor_sign(&exam.draft, row);
                    let piece =
                        Piece::new(format!("{cursor}{}. {word}", row + 1), self.theme.style(Role::Text));
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
                    let sign = if held { format!(" {}. ↕ ", row + 1) } else { format!(" {}.   ", row + 1) };
                    self.option(&mut sheet, row, &sign, &order.items[*item], cells);
                }
            }
            (Draft::Pairs { given, offered, .. }, Kind::Match(pairs)) => {
                self.pairs(&mut sheet, given, offered, pairs, cells);
            }
            (Draft::Lines { marked, .. }, Kind::FindLine(find)) => {
                for (row, line) in tinted("yaml", &find.yaml, self.theme).into_iter().enumerate() {
                    let cursor = cursor_sign(&exam.draft, row);
                    let sign = if marked.contains(&row) { "[x]".to_owned() } else { format!("{cursor}  ") };
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

    /// Above the first question of a quiz that was taken before: how it went.
    fn retake(&self, sheet: &mut Sheet, exam: &Exam, cells: usize) {
        let begun = exam.slots.iter().any(|slot| slot.result.is_some());
        let Some(earlier) = exam.earlier.filter(|_| !begun) else { return };
        let words = [Piece::new(earlier.sentence(), self.theme.style(Role::Warn))];
        let rows = text::wrap(&words, cells).into_iter().map(|row| (row, None));
        sheet.rows.splice(0..0, std::iter::once((Row::new(), None)).chain(rows));
    }

    fn option(&self, sheet: &mut Sheet, row: usize, sign: &str, prose: &Prose, cells: usize) {
        let margin = text::width(sign);
        for (i, line) in self.prose(prose, cells.saturating_sub(margin)).into_iter().enumerate() {
            let head = if i == 0 { sign.to_owned() } else { " ".repeat(margin) };
            let mut whole = vec![Piece::new(head, self.theme.style(Role::Accent))];
            whole.extend(line);
            sheet.rows.push((whole, Some(row)));
        }
    }

    /// The left sides with what was given to each, then all there is to give.
    fn pairs(
        &self,
        sheet: &mut Sheet,
        given: &[Option<usize>],
        offered: &[usize],
        pairs: &Match,
        cells: usize,
    ) {
        let left = left_cells(pairs, cells);
        for (row, ((side, _), right)) in pairs.pairs.iter().zip(given).enumerate() {
            let partner = right.and_then(|right| pairs.pairs.get(right)).map(|(_, right)| right.plain());
            let sides = [
                Piece::new(side.plain(), self.theme.style(Role::Text)),
                Piece::new(partner.unwrap_or_else(|| "?".to_owned()), self.theme.style(Role::Accent)),
            ];
            for line in beside(" ", sides, (" ◂▸ ", left), cells) {
                sheet.rows.push((line, Some(row)));
            }
        }
        sheet.blank();
        sheet.push(vec![self.quiet("To give, by → and ←:")]);
        for right in offered {
            let Some((_, words)) = pairs.pairs.get(*right) else { continue };
            let taken = given.contains(&Some(*right));
            let (sign, role) = if taken { (" ✓ ", Role::Quiet) } else { (" - ", Role::Text) };
            let words = [Piece::new(words.plain(), self.theme.style(role))];
            for (i, line) in text::wrap(&words, cells.saturating_sub(3)).into_iter().enumerate() {
                let mut whole = vec![Piece::new(if i == 0 { sign } else { "   " }, self.theme.style(role))];
                whole.extend(line);
                sheet.push(whole);
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
            let cells = cells.saturating_sub(2);
            for row in text::break_line(&line, cells, cells) {
                let mut whole = vec![Piece::new("│ ", edge)];
                whole.extend(row);
                sheet.push(whole);
            }
        }
    }
}

/// What stands before a row: where the cursor is while nothing is chosen.
fn cursor_sign(draft: &Draft, row: usize) -> char {
    if draft.is_unchosen() && draft.at() == row { '›' } else { ' ' }
}

/// How wide the left sides of pairs stand: as wide as the longest, but half of what there is at most.
pub(super) fn left_cells(pairs: &Match, cells: usize) -> usize {
    pairs.pairs.iter().map(|(left, _)| text::width(&left.plain())).max().unwrap_or(0).min(cells / 2)
}

/// Two texts beside each other, each wrapped in its column: `sign` before the left one, `middle` (a mark and the cells of the
/// left one) between them, both on the first row only.
pub(super) fn beside(sign: &str, [left, right]: [Piece; 2], middle: (&str, usize), cells: usize) -> Vec<Row> {
    let (mark, left_cells) = middle;
    let margin = text::width(sign) + left_cells + text::width(mark);
    let lefts = text::wrap(std::slice::from_ref(&left), left_cells);
    let rights = text::wrap(&[right], cells.saturating_sub(margin).max(8));
    let count = lefts.len().max(rights.len());
    let (mut lefts, mut rights) = (lefts.into_iter(), rights.into_iter());
    let rows = (0..count).map(|i| {
        let shown = |words: &str| if i == 0 { words.to_owned() } else { " ".repeat(text::width(words)) };
        let left_row = lefts.next().unwrap_or_default();
        let missing = left_cells.saturating_sub(text::row_width(&left_row));
        let mut whole = vec![Piece::new(shown(sign), left.style)];
        whole.extend(left_row);
        whole.push(Piece::new(" ".repeat(missing) + &shown(mark), left.style));
        whole.extend(rights.next().unwrap_or_default());
        whole
    });
    rows.collect()
}
