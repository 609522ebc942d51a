//! Scores and charts: what is known of each chapter, what comes back when, time spent.

use super::Canvas;
use super::frame::{Focus, Titles};
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::extents::PageExtent;
use crate::app::scroll::Scrolled;
use crate::course::Chapter;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns of a bar.
const BAR: usize = 20;

impl Canvas<'_, '_> {
    pub(super) fn progress(&mut self, sheet: &Scrolled, body: Rect) {
        let inside = self.pane(body, Titles { left: "scores", right: Line::default() }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let mut rows = self.totals();
        rows.push(Row::new());
        rows.extend(self.mastery(usize::from(inside.width)));
        rows.push(Row::new());
        rows.extend(self.forecast());
        let (height, total) = (usize::from(inside.height), rows.len());
        self.out.page = PageExtent { height, total, ..PageExtent::default() };
        let top = sheet.top.min(total.saturating_sub(height));
        for (y, row) in rows.into_iter().skip(top).enumerate() {
            self.row(inside, y, row);
        }
        self.scroll_bar(Rect { width: inside.width + 1, ..inside }, top, total);
    }

    fn totals(&self) -> Vec<Row> {
        let learner = &self.app.learner;
        let done = learner.chapters.values().filter(|state| state.done).count();
        let (right, times) =
            learner.questions.values().fold((0, 0), |(right, times), q| (right + q.right, times + q.times));
        let mut facts = vec![
            (format!("{done} of {}", self.app.course.chapters.len()), "chapters read to the end"),
            (format!("{right} of {times}"), "answers right"),
            (format!("{} of {}", learner.labs.len(), self.app.course.labs.len()), "labs passed"),
            (learner.due.len().to_string(), "questions due for review"),
        ];
        if learner.minutes > 0 {
            facts.push((format!("{}h{:02}m", learner.minutes / 60, learner.minutes % 60), "spent here"));
        }
        if self.app.settings.streak.is_yes() {
            facts.push((learner.streak.to_string(), "days in a row"));
        }
        let row = |(number, words): (String, &'static str)| {
            vec![
                Piece::new(format!("{number:>10}  "), self.theme.style(Role::Title)),
                Piece::new(words, self.theme.style(Role::Quiet)),
            ]
        };
        facts.into_iter().map(row).collect()
    }

    fn mastery(&self, cells: usize) -> Vec<Row> {
        let names = cells.saturating_sub(BAR + 26).clamp(12, 40);
        let mut rows = vec![vec![Piece::new("What you know, by chapter", self.theme.style(Role::Accent))]];
        for chapter in &self.app.course.chapters {
            let name = text::pad(&format!("{:>2} {}", chapter.number, chapter.front.title), names);
            let mut row = vec![Piece::new(format!("{name} "), self.theme.style(Role::Text))];
            row.extend(self.bar(chapter));
            row.push(Piece::new(self.quiz_words(chapter), self.theme.style(Role::Quiet)));
            rows.push(row);
        }
        rows
    }

    fn bar(&self, chapter: &Chapter) -> Row {
        let ids: Vec<&str> = self
            .app
            .course
            .quiz(&chapter.id)
            .map(|quiz| quiz.questions.iter().map(|q| q.id.as_str()).collect())
            .unwrap_or_default();
        let Some(share) = self.app.learner.mastery(ids.into_iter()) else {
            return vec![Piece::new(
                format!("{}  not asked yet", "░".repeat(BAR)),
                self.theme.style(Role::Border),
            )];
        };
        let filled = (share * BAR as f64).round() as usize;
        let role = if share >= 0.8 { Role::Good } else { Role::Warn };
        vec![
            Piece::new("█".repeat(filled), self.theme.style(role)),
            Piece::new("░".repeat(BAR - filled), self.theme.style(Role::Border)),
            Piece::new(format!(" {:>3.0} %", share * 100.0), self.theme.style(Role::Title)),
        ]
    }

    fn quiz_words(&self, chapter: &Chapter) -> String {
        let Some(state) = self.app.learner.quizzes.get(&chapter.id) else { return String::new() };
        match (state.best, state.latest) {
            (Some((best, of)), Some((latest, _))) => format!("  best {best:.0}, latest {latest:.0} of {of}"),
            _ => String::new(),
        }
    }

    fn forecast(&self) -> Vec<Row> {
        let forecast = &self.app.learner.forecast;
        if forecast.iter().all(|count| *count == 0) {
            return Vec::new();
        }
        let most = forecast.iter().copied().max().unwrap_or(1).max(1) as usize;
        let mut rows = vec![vec![Piece::new("Questions that come back", self.theme.style(Role::Accent))]];
        for (day, count) in forecast.iter().enumerate().take(14) {
            let name = match day {
                0 => "today".to_owned(),
                1 => "tomorrow".to_owned(),
                days => format!("in {days} days"),
            };
            let long = (*count as usize * BAR).div_ceil(most);
            rows.push(vec![
                Piece::new(format!("{name:>10}  "), self.theme.style(Role::Quiet)),
                Piece::new("█".repeat(long), self.theme.style(Role::Word)),
                Piece::new(format!(" {count}"), self.theme.style(Role::Title)),
            ]);
        }
        rows
    }
}
