//! Questions: what is asked, what can be answered, and, once answered, why each answer is right or wrong.

/// A question that waits for its answer.
mod asking;
/// What came of a prediction, and what a wrong answer gives away.
mod outcome;
/// The end of a quiz or review.
mod score;
/// A question with its answer.
mod told;

use super::Canvas;
use super::frame::{Focus, Titles};
use super::page::{self, Setting};
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::exam::{Exam, Purpose, Stage, points};
use crate::app::extents::{PageExtent, Target};
use crate::course::Question;
use crate::course::block::{Block, Page};
use crate::course::quiz::Prose;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// Rows being gathered, each with what a click on it chooses.
#[derive(Default)]
struct Sheet {
    rows: Vec<(Row, Option<usize>)>,
    /// First row after which everything should be seen once answered.
    told: usize,
    /// The row and column of the text cursor.
    cursor: Option<(usize, usize)>,
}

impl Sheet {
    fn push(&mut self, row: Row) {
        self.rows.push((row, None));
    }

    fn blank(&mut self) {
        self.push(Row::new());
    }
}

impl Canvas<'_, '_> {
    pub(super) fn exam(&mut self, exam: &Exam, body: Rect) {
        let title = match &exam.purpose {
            Purpose::Quiz(chapter) => {
                let title = self.app.course.chapter(chapter).map_or(chapter.as_str(), |c| &c.front.title);
                let again = if exam.earlier.is_some() { ", again" } else { "" };
                format!("quiz{again}: {title}")
            }
            Purpose::One(_) => "question".to_owned(),
            Purpose::Review => "review".to_owned(),
        };
        let right = Line::from(self.dots(exam));
        let inside = self.pane(body, Titles { left: &title, right }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let cells = usize::from(inside.width).saturating_sub(1).clamp(1, page::MEASURE);
        let sheet = match (&exam.stage, exam.question(&self.app.course)) {
            (Stage::Over, _) | (_, None) => self.score(exam, cells),
            (Stage::Asking, Some(question)) => self.asking(exam, question, cells),
            (Stage::Watching(_), Some(question)) => self.watching(exam, question, cells),
            (Stage::Told(grade), Some(question)) => self.told(exam, question, grade, cells),
        };
        self.exam_sheet(exam, sheet, inside);
    }

    fn exam_sheet(&mut self, exam: &Exam, mut sheet: Sheet, inside: Rect) {
        while sheet.rows.last().is_some_and(|(row, _)| row.is_empty()) {
            sheet.rows.pop();
        }
        let (height, total) = (usize::from(inside.height), sheet.rows.len());
        let furthest = total.saturating_sub(height);
        // While asking, the chosen row is kept in sight; after the answer, its verdict is.
        let chosen = sheet.rows.iter().rposition(|(_, row)| *row == Some(exam.draft.at())).unwrap_or(0);
        let own = match exam.stage {
            Stage::Asking => (chosen + 2).saturating_sub(height),
            Stage::Watching(_) => furthest,
            Stage::Told(_) => sheet.told,
            Stage::Over => 0,
        };
        let top = exam.top.unwrap_or(own).min(furthest);
        self.out.page = PageExtent { height, total, starts: vec![top], ..PageExtent::default() };
        for (y, (row, target)) in sheet.rows.into_iter().skip(top).take(height).enumerate() {
            self.row(inside, y, row);
            if let Some(target) = target {
                self.clickable(inside, y, Target::Row(target));
                if exam.stage == Stage::Asking && target == exam.draft.at() && !exam.draft.is_unchosen() {
                    self.choose(Rect { width: inside.width.saturating_sub(1), ..inside }, y);
                }
            }
        }
        if let Some((row, column)) = sheet.cursor.filter(|(row, _)| *row >= top && row - top < height)
            && self.app.overlay.is_none()
        {
            let x = inside.x + (column as u16).min(inside.width.saturating_sub(1));
            self.frame.set_cursor_position(Position::new(x, inside.y + (row - top) as u16));
        }
        self.scroll_bar(Rect { width: inside.width + 1, ..inside }, top, total);
    }

    /// One sign for each question: right, partly, wrong, being asked, to come.
    fn dots(&self, exam: &Exam) -> Vec<ratatui::text::Span<'static>> {
        let mut spans: Vec<_> = exam
            .slots
            .iter()
            .enumerate()
            .map(|(i, slot)| {
                let hidden = i == exam.at && exam.is_moving();
                let (sign, role) = match slot.result.filter(|_| !hidden) {
                    Some((points, of)) if points >= of as f64 => ("+", Role::Good),
                    Some((points, _)) if points > 0.0 => ("~", Role::Warn),
                    Some(_) => ("x", Role::Bad),
                    None if i == exam.at => ("?", Role::Accent),
                    None => (".", Role::Quiet),
                };
                ratatui::text::Span::styled(sign, self.theme.style(role))
            })
            .collect();
        let count = format!(" {} of {}", (exam.at + 1).min(exam.slots.len()), exam.slots.len());
        spans.push(ratatui::text::Span::styled(count, self.theme.style(Role::Quiet)));
        if exam.slots.len() > 30 { spans.split_off(exam.slots.len()) } else { spans }
    }

    fn blocks(&self, blocks: &[Block], cells: usize) -> Vec<Row> {
        let page = Page { blocks: blocks.to_vec(), ..Page::default() };
        page::set(&page, Setting { theme: self.theme, cells, items: &[], focus: None, tones: &[], find: "" })
            .rows
    }

    fn prose(&self, prose: &Prose, cells: usize) -> Vec<Row> {
        self.blocks(&prose.blocks, cells)
    }

    fn question_head(&self, question: &Question, cells: usize) -> Sheet {
        let mut sheet = Sheet::default();
        sheet.blank();
        self.prose(&question.ask, cells).into_iter().for_each(|row| sheet.push(row));
        sheet.blank();
        let points =
            if question.points == 1 { "1 point".to_owned() } else { format!("{} points", question.points) };
        let words = format!("{} {points}.", question.kind.rule());
        for row in text::wrap(&[Piece::new(words, self.theme.style(Role::Quiet))], cells) {
            sheet.push(row);
        }
        sheet.blank();
        sheet
    }
}

/// `3 of 4 points`.
fn points_of(won: f64, of: usize) -> String {
    format!("{} of {of} point{}", points(won), if of == 1 { "" } else { "s" })
}
