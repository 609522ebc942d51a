//! The map of the course.

/// What is known about the chosen chapter or lab.
mod details;

use super::Canvas;
use super::frame::{Focus, Titles};
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::exam::points;
use crate::app::extents::Target;
use crate::app::map::{Greeting, Map, Row as MapRow};
use crate::course::Chapter;
use ratatui::layout::Rect;
use ratatui::text::Line;

impl Canvas<'_, '_> {
    pub(super) fn map(&mut self, map: &Map, body: Rect) {
        let done = self.app.course.chapters.iter().filter(|c| self.is_done(c)).count();
        let all = self.app.course.chapters.len();
        let right = Line::styled(format!("{done} of {all} chapters read"), self.theme.style(Role::Quiet));
        let inside = self.pane(body, Titles { left: "podlab: Kubernetes Pods", right }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let inside = self.beside_list(map, inside);
        let greeting = self.greeting(map.greeting, usize::from(inside.width));
        let tall = (greeting.len() + 1).min(usize::from(inside.height / 2));
        for (y, row) in greeting.into_iter().take(tall.saturating_sub(1)).enumerate() {
            self.row(inside, y, row);
        }
        let list = Rect { y: inside.y + tall as u16, height: inside.height - tall as u16, ..inside };
        self.out.list = usize::from(list.height);
        let mut cursor = map.cursor;
        cursor.fit(self.out.list, map.rows.len());
        for (y, at) in (cursor.top..map.rows.len()).take(self.out.list).enumerate() {
            let row = self.map_row(&map.rows[at], list.width.saturating_sub(1));
            self.row(list, y, row);
            if at == cursor.at {
                self.choose(Rect { width: list.width.saturating_sub(1), ..list }, y);
            }
            self.clickable(list, y, Target::Row(at));
        }
        self.scroll_bar(list, cursor.top, map.rows.len());
    }

    fn greeting(&self, greeting: Greeting, cells: usize) -> Vec<Row> {
        let plain = self.theme.style(Role::Text);
        let key = self.theme.style(Role::Accent);
        if greeting == Greeting::Back {
            let due = self.app.learner.due.len();
            let mut words = vec![Piece::new("Welcome back. ", plain), Piece::new("Enter", key)];
            if self.is_in_quiz() {
                words.push(Piece::new(" goes on with the chapter, ", plain));
                words.push(Piece::new("t", key));
                words.push(Piece::new(" with the quiz you left.", plain));
            } else {
                words.push(Piece::new(" goes on where you were.", plain));
            }
            if due > 0 {
                let many = if due == 1 { "1 question comes" } else { "questions come" };
                let count = if due == 1 { String::new() } else { format!("{due} ") };
                words.push(Piece::new(format!(" {count}{many} back to be asked again: "), plain));
                words.push(Piece::new("r", key));
                words.push(Piece::new(".", plain));
            }
            return text::wrap(&words, cells);
        }
        let mut rows = text::wrap(
            &[Piece::new(
                "Welcome. Read a little, try it at once on a simulated cluster beside the text, then answer a few questions. \
                 Three keys are all you need:",
                plain,
            )],
            cells.min(super::page::MEASURE),
        );
        for (name, meaning) in [
            ("Enter", "opens a chapter, and in it does what is marked"),
            ("↓", "goes on; ↑ goes back"),
            ("?", "shows every key of the place you are in"),
        ] {
            rows.push(vec![Piece::new(format!("  {name:>5}  "), key), Piece::new(meaning, plain)]);
        }
        rows
    }

    /// Whether the chapter the learner comes back to has a quiz that was left in its midst.
    fn is_in_quiz(&self) -> bool {
        let learner = &self.app.learner;
        let quiz = learner.last.as_ref().and_then(|last| learner.quizzes.get(last));
        quiz.is_some_and(|quiz| !quiz.open.is_empty())
    }

    fn is_done(&self, chapter: &Chapter) -> bool {
        self.app.learner.chapters.get(&chapter.id).is_some_and(|state| state.done)
    }

    fn map_row(&self, row: &MapRow, width: u16) -> Row {
        let width = usize::from(width);
        match row {
            MapRow::Part(title) => vec![Piece::new(text::clip(title, width), self.theme.style(Role::Accent))],
            MapRow::Chapter(i) => self.chapter_row(&self.app.course.chapters[*i], width),
            MapRow::Lab(lab) => {
                let passed = self.app.learner.labs.get(&lab.slug);
                let sign = if passed.is_some() { "[x] " } else { "[ ] " };
                let role = if passed.is_some() { Role::Good } else { Role::Quiet };
                let note = match passed {
                    Some(0) => "passed, no hint".to_owned(),
                    Some(1) => "passed, 1 hint".to_owned(),
                    Some(hints) => format!("passed, {hints} hints"),
                    None if lab.minutes.is_empty() => String::new(),
                    None => format!("{:>2} min", lab.minutes),
                };
                self.line_of(sign, role, &format!("   lab: {}", lab.title), &note, width)
            }
        }
    }

    fn chapter_row(&self, chapter: &Chapter, width: usize) -> Row {
        let state = self.app.learner.chapters.get(&chapter.id);
        let (sign, role) = match state {
            Some(state) if state.done => ("[x] ", Role::Good),
            Some(_) => ("[-] ", Role::Warn),
            None => ("[ ] ", Role::Quiet),
        };
        let quiz = self.app.learner.quizzes.get(&chapter.id);
        let note = match quiz {
            Some(quiz) if !quiz.open.is_empty() => {
                format!("quiz: at question {}", quiz.open.len() + 1)
            }
            Some(quiz) => match quiz.best {
                Some((best, of)) => format!("quiz: {} of {of}", points(best)),
                None => String::new(),
            },
            None => format!("{:>2} min", chapter.front.minutes),
        };
        let title = format!("{:>2} {}", chapter.number, chapter.front.title);
        self.line_of(sign, role, &title, &note, width)
    }

    /// A sign, a name, and a note at the right edge.
    fn line_of(&self, sign: &str, role: Role, name: &str, note: &str, width: usize) -> Row {
        let room = width.saturating_sub(text::width(sign) + text::width(note) + 3);
        vec![
            Piece::new(format!(" {sign}"), self.theme.style(role)),
            Piece::new(text::pad(name, room), self.theme.style(Role::Text)),
            Piece::new(format!(" {note} "), self.theme.style(Role::Quiet)),
        ]
    }
}
