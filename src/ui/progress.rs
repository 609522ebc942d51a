//! Scores and charts: what is known of each topic, what comes back when, answers and time spent, beliefs to put to the test.

/// Columns that stand for numbers.
mod chart;

use super::Canvas;
use super::frame::{Focus, Titles};
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::extents::{PageExtent, Shape};
use crate::app::scroll::Scrolled;
use crate::course::Chapter;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns of a bar, and of one where names need the room.
const BAR: usize = 20;
const SHORT_BAR: usize = 10;
/// Columns that chapters need beside their bars to be read by their names.
const NAMES: usize = 44;
/// Columns of the charts beside the rest on a wide screen.
const CHARTS: u16 = 56;
/// Days shown by the charts.
const DAYS: usize = 14;
/// Beliefs listed.
const BELIEFS: usize = 5;

impl Canvas<'_, '_> {
    pub(super) fn progress(&mut self, scrolled: Scrolled, body: Rect) {
        let inside = self.pane(body, Titles { left: "scores", right: Line::default() }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let (left, right) = if self.out.shape == Shape::Wide {
            let left = inside.width.saturating_sub(CHARTS + 2);
            let beside = Rect { x: inside.x + left + 2, width: CHARTS.min(inside.width), ..inside };
            (Rect { width: left, ..inside }, Some(beside))
        } else {
            (inside, None)
        };
        let mut rows = self.totals();
        rows.push(Row::new());
        let beside = usize::from(right.unwrap_or(left).width).saturating_sub(1).max(1);
        let mut charts = self.charts(beside);
        charts.extend(self.beliefs_shown(beside));
        if right.is_none() {
            rows.append(&mut charts);
            rows.push(Row::new());
        }
        rows.extend(self.mastery(usize::from(left.width).saturating_sub(1)));
        let height = usize::from(inside.height);
        let total = rows.len().max(charts.len());
        self.out.page = PageExtent { height, total, ..PageExtent::default() };
        let top = scrolled.top.min(total.saturating_sub(height));
        for (y, row) in rows.into_iter().skip(top).enumerate() {
            self.row(left, y, row);
        }
        for (y, row) in charts.into_iter().skip(top).enumerate() {
            self.row(right.unwrap_or(left), y, row);
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
            (learner.due.len().to_string(), "questions due for review (r)"),
            (time_words(learner.minutes), "spent here"),
        ];
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

    fn head(&self, words: &str) -> Row {
        vec![Piece::new(words, self.theme.style(Role::Accent))]
    }

    /// Answers by day and what comes back by day, as columns; what is empty says what to do.
    fn charts(&self, cells: usize) -> Vec<Row> {
        let learner = &self.app.learner;
        let mut rows = vec![self.head("Questions that come back, by day")];
        let forecast: Vec<u32> = learner.forecast.iter().copied().take(DAYS).collect();
        if forecast.iter().all(|count| *count == 0) {
            let words = "None yet: what you get wrong, and in time what you got right, comes back.";
            rows.extend(text::wrap(&[self.quiet(words)], cells));
        } else {
            let name = |day: usize| if day == 0 { "now".to_owned() } else { format!("+{day}") };
            rows.extend(self.columns(&forecast, name));
        }
        rows.push(Row::new());
        rows.push(self.head("Answers given, by day"));
        if learner.days.iter().all(|count| *count == 0) {
            rows.push(vec![self.quiet("None yet: t on the map takes a chapter's quiz.")]);
        } else {
            let last = learner.days.len().saturating_sub(1);
            let name = |day: usize| if day == last { "now".to_owned() } else { format!("-{}", last - day) };
            rows.extend(self.columns(&learner.days, name));
        }
        rows
    }

    /// What wrong answers took for granted.
    fn beliefs_shown(&self, cells: usize) -> Vec<Row> {
        let beliefs = self.app.learner.beliefs();
        if beliefs.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![Row::new(), self.head("Believed, and not so (x lets you see it)")];
        for (id, count) in beliefs.into_iter().take(BELIEFS) {
            let Some(known) = self.app.course.misconception(id) else { continue };
            let times = if count == 1 { String::new() } else { format!("  in {count} answers") };
            let row = vec![
                Piece::new("• ", self.theme.style(Role::Accent)),
                Piece::new(known.claim.plain().trim().to_owned(), self.theme.style(Role::Text)),
                self.quiet(times),
            ];
            rows.extend(text::fold(row, 2, cells));
        }
        rows
    }

    fn mastery(&self, cells: usize) -> Vec<Row> {
        let bar = if cells < NAMES + BAR + 16 { SHORT_BAR } else { BAR };
        let names = cells.saturating_sub(bar + 16).clamp(12, NAMES);
        let mut rows = vec![self.head("What you know, by topic")];
        let mut part = "";
        for chapter in &self.app.course.chapters {
            if chapter.front.part != part {
                part = &chapter.front.part;
                rows.extend(self.topic(part, (names, bar)));
            }
            let name = text::pad(&format!("  {:>2} {}", chapter.number, chapter.front.title), names);
            let mut row = vec![Piece::new(format!("{name} "), self.theme.style(Role::Text))];
            row.extend(self.bar(self.known(&[chapter]), bar));
            let minutes = self.app.learner.times.get(&chapter.id).copied().unwrap_or(0);
            if minutes > 0 {
                row.push(self.quiet(format!("  {}", time_words(minutes))));
            }
            rows.push(row);
        }
        rows
    }

    /// A part of the course as a whole.
    fn topic(&self, part: &str, (names, bar): (usize, usize)) -> Option<Row> {
        let chapters: Vec<&Chapter> =
            self.app.course.chapters.iter().filter(|c| c.front.part == part).collect();
        if part.is_empty() {
            return None;
        }
        let mut row = vec![Piece::new(format!("{} ", text::pad(part, names)), self.theme.style(Role::Title))];
        row.extend(self.bar(self.known(&chapters), bar));
        Some(row)
    }

    /// The share of the questions of some chapters that were right when last answered; `None` before the first answer.
    fn known(&self, chapters: &[&Chapter]) -> Option<f64> {
        // Quizzes of chapters that were never touched are not read only to be counted as unknown.
        let learner = &self.app.learner;
        let touched = |id: &String| learner.chapters.contains_key(id) || learner.quizzes.contains_key(id);
        if !chapters.iter().any(|chapter| touched(&chapter.id)) {
            return None;
        }
        let quizzes = chapters.iter().filter_map(|chapter| self.app.course.quiz(&chapter.id));
        let ids: Vec<&str> = quizzes.flat_map(|quiz| &quiz.questions).map(|q| q.id.as_str()).collect();
        learner.mastery(ids.into_iter())
    }

    fn bar(&self, share: Option<f64>, cells: usize) -> Row {
        let Some(share) = share else {
            return vec![Piece::new(
                format!("{}   not yet", "░".repeat(cells)),
                self.theme.style(Role::Border),
            )];
        };
        let filled = ((share * cells as f64).round() as usize).min(cells);
        let role = if share >= 0.8 { Role::Good } else { Role::Warn };
        vec![
            Piece::new("█".repeat(filled), self.theme.style(role)),
            Piece::new("░".repeat(cells - filled), self.theme.style(Role::Border)),
            Piece::new(format!(" {:>3.0} %", share * 100.0), self.theme.style(Role::Title)),
        ]
    }
}

/// Minutes as people say them: `45m`, `2h05m`.
fn time_words(minutes: u64) -> String {
    if minutes < 60 { format!("{minutes}m") } else { format!("{}h{:02}m", minutes / 60, minutes % 60) }
}
