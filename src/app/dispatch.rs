//! Which part of the tutor an action is for.

use super::action::Action;
use super::bench::{self, Pane};
use super::overlay::{Confirm, Overlay, Then};
use super::{App, Reaction, Reactions, Screen};

impl App {
    /// Hands an action to the screen that is shown, or to the panes beside it.
    pub(super) fn in_screen(&mut self, action: Action) -> Reactions {
        if self.shows_bench() {
            if action == Action::Fresh && self.bench.focus != Pane::Shell {
                let text = "Start a fresh cluster? Everything in this one is gone then.".to_owned();
                return vec![Reaction::Open(Overlay::Confirm(Confirm { text, then: Then::Fresh }))];
            }
            if action == Action::Hint {
                self.bench.focus = Pane::Text;
            }
            if let Some(reactions) = self.bench.perform(action, &self.extents) {
                return reactions;
            }
            if self.bench.focus != Pane::Text && action == Action::Back {
                self.bench.focus = Pane::Text;
                return Vec::new();
            }
        }
        let extents = &self.extents;
        match &mut self.trail.screen {
            Screen::Map(map) => map.perform(action, &self.course, extents),
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader) => {
                reader.perform(action, &self.course, &self.bench.practice, extents)
            }
            Screen::Exam(exam) => exam.perform(action, &self.course, extents),
            Screen::Progress(sheet) => {
                if let Some(way) = bench::way(action) {
                    sheet.top = way.scroll(sheet.top, extents.page.height, extents.page.total);
                    return Vec::new();
                }
                if action == Action::Back { vec![Reaction::Leave] } else { Vec::new() }
            }
            Screen::Search(search) => search.perform(action, extents),
            Screen::Settings(screen) => match action {
                Action::Back => vec![Reaction::Leave],
                other if screen.perform(other, &mut self.settings) => vec![Reaction::KeepSettings],
                _ => Vec::new(),
            },
        }
    }
}
