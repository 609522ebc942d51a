//! What came of a prediction, and what a wrong answer gives away.

use super::super::Canvas;
use super::super::text::{self, Piece};
use super::super::theme::Role;
use super::Sheet;
use crate::app::exam::Exam;
use crate::app::exam::draft::Draft;
use crate::app::moment;
use crate::course::Question;
use crate::course::quiz::{Grade, Prose};

/// How many rows of the watch are shown.
const ROWS: usize = 8;

impl Canvas<'_, '_> {
    /// The question while the clock runs to the moment that was asked for.
    pub(super) fn watching(&self, exam: &Exam, question: &Question, cells: usize) -> Sheet {
        let mut sheet = self.question_head(question, cells);
        if let Draft::Text(line) = &exam.draft {
            sheet.push(vec![
                Piece::new("You said: ", self.theme.style(Role::Quiet)),
                Piece::new(line.text(), self.theme.style(Role::Title)),
            ]);
            sheet.blank();
        }
        self.outcome(&mut sheet, exam, cells);
        sheet
    }

    /// The watch of a prediction, as far as it is played.
    pub(super) fn outcome(&self, sheet: &mut Sheet, exam: &Exam, cells: usize) {
        let Some(show) = &exam.show else { return };
        let sign = if show.is_over() { "■" } else { "▶" };
        let (now, until) = (moment::whole(show.now), moment::span(show.until.0));
        sheet.push(vec![
            Piece::new(format!("{sign} {now}"), self.theme.style(Role::Accent)),
            Piece::new(format!(" of {until}  kubectl get pods -w"), self.theme.style(Role::Quiet)),
        ]);
        let (header, rows): (Vec<_>, Vec<_>) = show.rows.iter().partition(|row| row.key.is_none());
        let newest = rows.len().saturating_sub(ROWS);
        if newest > 0 {
            sheet.push(vec![Piece::new("│ …", self.theme.style(Role::Quiet))]);
        }
        for row in header.into_iter().take(1).chain(rows.into_iter().skip(newest)) {
            let role = if row.key.is_none() { Role::Title } else { Role::Text };
            let line = text::clip(&row.text, cells.saturating_sub(2));
            sheet.push(vec![
                Piece::new("│ ", self.theme.style(Role::Border)),
                Piece::new(line, self.theme.style(role)),
            ]);
        }
        sheet.blank();
    }

    /// The beliefs behind a wrong answer, each with what is so.
    pub(super) fn beliefs(&self, sheet: &mut Sheet, grade: &Grade, cells: usize) {
        let known = grade.misconceptions.iter().filter_map(|id| self.app.course.misconception(id));
        for known in known {
            self.labelled(sheet, "Often believed: ", &known.claim, cells);
            self.labelled(sheet, "What is so:     ", &known.truth, cells);
            if known.experiment.is_some() {
                let words = "x shows it in the simulator.";
                sheet.push(vec![Piece::new(words, self.theme.style(Role::Accent))]);
            }
            sheet.blank();
        }
    }

    fn labelled(&self, sheet: &mut Sheet, label: &str, prose: &Prose, cells: usize) {
        let margin = text::width(label);
        for (i, row) in self.prose(prose, cells.saturating_sub(margin).max(10)).into_iter().enumerate() {
            let head = if i == 0 { label.to_owned() } else { " ".repeat(margin) };
            let mut whole = vec![Piece::new(head, self.theme.style(Role::Warn))];
            whole.extend(row);
            sheet.push(whole);
        }
    }
}
