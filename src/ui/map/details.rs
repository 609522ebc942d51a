//! What is known about the chosen chapter or lab, beside the list on a wide screen: what it teaches, how far the learner is, how
//! each of its questions went.

use super::super::Canvas;
use super::super::text::{self, Piece, Row};
use super::super::theme::Role;
use crate::app::exam::points;
use crate::app::extents::Shape;
use crate::app::map::{LabRow, Map, Row as MapRow};
use crate::course::Chapter;
use ratatui::layout::Rect;

/// Columns of the list on a wide screen.
const LIST: u16 = 66;

impl Canvas<'_, '_> {
    /// Draws the details of the chosen row at the right of a wide screen; what is left for the list.
    pub(super) fn beside_list(&mut self, map: &Map, inside: Rect) -> Rect {
        if self.out.shape != Shape::Wide {
            return inside;
        }
        let list = Rect { width: LIST.min(inside.width), ..inside };
        let beside = Rect { x: list.right() + 3, width: inside.width.saturating_sub(LIST + 3), ..inside };
        let cells = usize::from(beside.width).saturating_sub(1).clamp(1, super::super::page::MEASURE);
        let rows = match map.chosen() {
            Some(MapRow::Chapter(i)) => self.about_chapter(&self.app.course.chapters[*i], cells),
            Some(MapRow::Lab(lab)) => self.about_lab(lab, cells),
            _ => Vec::new(),
        };
        let bar = self.theme.style(Role::Border);
        for y in 0..usize::from(inside.height) {
            self.row(Rect { x: list.right() + 1, width: 1, ..inside }, y, vec![Piece::new("│", bar)]);
        }
        for (y, row) in rows.into_iter().enumerate() {
            self.row(beside, y, row);
        }
        list
    }

    fn about_chapter(&self, chapter: &Chapter, cells: usize) -> Vec<Row> {
        let title = format!("{} {}", chapter.number, chapter.front.title);
        let mut rows = self.words(title.trim(), Role::Accent, cells);
        rows.push(Row::new());
        if !chapter.front.objectives.is_empty() {
            rows.extend(self.words("Afterwards you can", Role::Title, cells));
        }
        for (objective, _) in &chapter.front.objectives {
            let row = vec![
                Piece::new("• ", self.theme.style(Role::Accent)),
                Piece::new(objective, self.theme.style(Role::Text)),
            ];
            rows.extend(text::fold(row, 2, cells));
        }
        rows.push(Row::new());
        rows.extend(self.standing(chapter).iter().flat_map(|words| self.words(words, Role::Quiet, cells)));
        rows.extend(self.history(chapter, cells));
        rows
    }

    /// How far the learner is: the text, the quiz, best and latest.
    fn standing(&self, chapter: &Chapter) -> Vec<String> {
        let learner = &self.app.learner;
        let read = match learner.chapters.get(&chapter.id) {
            Some(state) if state.done => "Read to its end".to_owned(),
            Some(_) => "Begun".to_owned(),
            None => "Not read yet".to_owned(),
        };
        let mut words = vec![format!("{read}; takes about {} minutes.", chapter.front.minutes)];
        let Some(quiz) = learner.quizzes.get(&chapter.id) else { return words };
        if !quiz.open.is_empty() {
            words.push(format!("Its quiz is begun: {} answered. t goes on.", quiz.open.len()));
        }
        if let (Some((best, of)), Some((latest, of_latest))) = (quiz.best, quiz.latest) {
            let times = if quiz.runs == 1 { "once".to_owned() } else { format!("{} times", quiz.runs) };
            words.push(format!(
                "Quiz taken {times}: best {} of {of}, latest {} of {of_latest}.",
                points(best),
                points(latest)
            ));
        }
        words
    }

    /// One row for each question that was asked, with how often and how often right.
    fn history(&self, chapter: &Chapter, cells: usize) -> Vec<Row> {
        let learner = &self.app.learner;
        let quiz = learner.quizzes.get(&chapter.id).and_then(|_| self.app.course.quiz(&chapter.id));
        let Some(quiz) = quiz else { return Vec::new() };
        let mut rows = vec![Row::new()];
        rows.extend(self.words("Its questions, right of times asked", Role::Title, cells));
        for question in &quiz.questions {
            let state = learner.questions.get(&question.id);
            let (sign, role, count) = match state {
                Some(state) if state.latest => ("+ ", Role::Good, format!("{}/{}", state.right, state.times)),
                Some(state) => ("x ", Role::Bad, format!("{}/{}", state.right, state.times)),
                None => (". ", Role::Quiet, "-".to_owned()),
            };
            let ask = question.ask.plain().split_whitespace().collect::<Vec<_>>().join(" ");
            rows.push(vec![
                Piece::new(sign, self.theme.style(role)),
                Piece::new(text::pad(&count, 6), self.theme.style(Role::Quiet)),
                Piece::new(text::clip(&ask, cells.saturating_sub(8)), self.theme.style(Role::Text)),
            ]);
        }
        rows
    }

    fn about_lab(&self, lab: &LabRow, cells: usize) -> Vec<Row> {
        let mut rows = self.words(&format!("Lab: {}", lab.title), Role::Accent, cells);
        rows.push(Row::new());
        if let Some(chapter) = self.app.course.chapter(&lab.chapter) {
            let words = format!("Practice for chapter {} {}.", chapter.number, chapter.front.title);
            rows.extend(self.words(&words, Role::Text, cells));
        }
        let passed = match self.app.learner.labs.get(&lab.slug) {
            Some(0) => "Passed without a hint.".to_owned(),
            Some(1) => "Passed with 1 hint.".to_owned(),
            Some(hints) => format!("Passed with {hints} hints."),
            None => {
                "Something is broken there. The goals tick off as you repair it; any way that works is right."
                    .to_owned()
            }
        };
        rows.extend(self.words(&passed, Role::Quiet, cells));
        rows
    }

    fn words(&self, words: &str, role: Role, cells: usize) -> Vec<Row> {
        text::wrap(&[Piece::new(words, self.theme.style(role))], cells)
    }
}
