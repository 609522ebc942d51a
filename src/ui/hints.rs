//! The footer: what the keys do here, from the one table of keys, as many as fit.

use super::text::{self, Piece, Row};
use super::theme::Role;
use super::{Canvas, area};
use crate::app::Screen;
use crate::app::action::Action;
use crate::app::bench::{Pane, WatchView};
use crate::app::exam::{self, Purpose, Stage};
use crate::app::extents::Target;
use crate::app::keymap::{self, Binding, Context};
use crate::app::page::Thing;
use crate::app::reader::{Reader, is_done};
use ratatui::layout::Rect;

/// What leads on from a moment gone by, the first first.
const PAST: [Action; 4] = [Action::Live, Action::Pause, Action::StepBack, Action::Step];

impl Canvas<'_, '_> {
    pub(super) fn hints(&mut self, rect: Rect) {
        let contexts = self.app.contexts();
        let mut shown: Vec<(&Binding, String)> = keymap::bindings(&contexts)
            .into_iter()
            .filter(|b| !b.hint.is_empty())
            .map(|b| (b, self.hint_words(b)))
            .filter(|(_, words)| !words.is_empty())
            .collect();
        // In the past, what leads back to the present comes first.
        if self.app.bench.practice.is_past() && self.app.overlay.is_none() && self.app.shows_bench() {
            let rank = |run: Action| PAST.iter().position(|one| *one == run).unwrap_or(PAST.len());
            shown.sort_by_key(|(b, _)| rank(b.run));
        }
        // What leads out and what explains the rest is always there.
        let last: Vec<_> = [Action::Help, Action::Back]
            .iter()
            .filter_map(|run| shown.iter().position(|(b, _)| b.run == *run).map(|at| shown.remove(at)))
            .collect();
        let width =
            |(b, words): &(&Binding, String)| text::width(&b.keys[0].to_string()) + text::width(words) + 3;
        let mut room = usize::from(rect.width).saturating_sub(1 + last.iter().map(width).sum::<usize>());
        let mut fitting = Vec::new();
        let mut rect = rect;
        if let Some(notice) = &self.app.notice {
            // What just happened is told first; the keys that lead on stay beside it.
            let next = shown.first().map_or(0, width);
            let words = text::clip(&format!(" {notice} "), room.saturating_sub(next));
            self.text(rect, 0, &words, self.theme.style(Role::Warn));
            let used = text::width(&words) as u16;
            rect = Rect { x: rect.x + used, width: rect.width.saturating_sub(used), ..rect };
            room = room.saturating_sub(usize::from(used));
        }
        for hint in shown {
            let needs = width(&hint);
            if needs > room {
                break;
            }
            room -= needs;
            fitting.push(hint);
        }
        fitting.extend(last);
        self.write_hints(rect, fitting);
    }

    fn write_hints(&mut self, rect: Rect, hints: Vec<(&Binding, String)>) {
        let mut row: Row = vec![Piece::new(" ", self.theme.style(Role::Text))];
        let mut x = rect.x + 1;
        for (binding, words) in hints {
            let key = binding.keys[0].to_string();
            let width = (text::width(&key) + 1 + text::width(&words)) as u16;
            self.out.hits.push((area(Rect { x, width, ..rect }), Target::Hint(binding.run)));
            x += width + 2;
            row.push(Piece::new(key, self.theme.style(Role::Accent)));
            row.push(Piece::new(format!(" {words}  "), self.theme.style(Role::Quiet)));
        }
        self.row(rect, 0, row);
    }

    /// The footer's word for a binding: the table's, made exact where what it does depends on where one is.
    fn hint_words(&self, binding: &Binding) -> String {
        let reader = match &self.app.trail.screen {
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader)
                if self.app.overlay.is_none() && self.app.bench.focus == Pane::Text =>
            {
                Some(reader)
            }
            _ => None,
        };
        let exact = reader.and_then(|reader| self.reading_word(binding.run, reader));
        exact.or_else(|| self.pane_word(binding)).or_else(|| self.exam_word(binding.run)).unwrap_or_else(
            || match (binding.run, &self.app.trail.screen) {
                (Action::Back, Screen::Map(_)) if self.app.overlay.is_none() => "quit".to_owned(),
                _ => binding.hint.to_owned(),
            },
        )
    }

    /// What a key does to the marked thing of the page; `None` if that does not depend on it.
    fn reading_word(&self, run: Action, reader: &Reader) -> Option<String> {
        let item = reader.marked();
        let done = item.is_some_and(|item| is_done(item, &self.app.bench.practice));
        let word = match (run, item.map(|item| &item.thing)) {
            (Action::Apply, Some(Thing::File(_))) if done => "again",
            (Action::Apply, Some(Thing::Link(_))) if done => "",
            (Action::Apply, Some(_)) if done => "once more",
            (Action::Act, Some(_)) if done => return None,
            (Action::Act, Some(Thing::File(_))) if reader.lab.is_some() => "edit",
            (Action::Act, Some(Thing::File(_))) => "apply",
            (Action::Act, Some(Thing::Quiz)) => "start the quiz",
            (Action::Act, Some(Thing::Question(_))) => "answer",
            (Action::Act, Some(Thing::Predict(_))) => "predict",
            (Action::Act, Some(Thing::Lab(_))) => "start the lab",
            (Action::Act, Some(Thing::Link(_))) => "follow",
            (Action::Edit, Some(Thing::File(_))) if reader.lab.is_some() => "",
            (Action::Apply, Some(Thing::File(_))) if reader.lab.is_none() => "",
            (Action::Apply | Action::Edit, _) if !self.has_file(reader) => "",
            (Action::TakeQuiz | Action::NextSection, _) if reader.own.is_some() => "",
            _ => return None,
        };
        Some(word.to_owned())
    }

    fn has_file(&self, reader: &Reader) -> bool {
        reader.items.iter().any(|item| matches!(item.thing, Thing::File(_)))
    }

    /// What a key does in the panes as they are.
    fn pane_word(&self, binding: &Binding) -> Option<String> {
        let bench = &self.app.bench;
        let word = match (binding.within, binding.run) {
            (Context::Time, Action::Live) if !bench.practice.is_past() => "",
            (Context::Time, Action::Pause) if bench.practice.is_past() => "to the present",
            (Context::Time, Action::Pause) if !bench.practice.pace().is_running() => "go on",
            (Context::Watch, Action::Act) if bench.watch.view == WatchView::Table => "",
            (Context::Watch, Action::Table) => bench.watch.view.next().name(),
            (Context::Xray, Action::Act) if bench.xray.at.is_none() => "",
            (Context::Xray, Action::NextPod) if bench.practice.pods().len() < 2 => "",
            (Context::Lab, Action::Hint) => return self.hints_left(),
            _ => return None,
        };
        Some(word.to_owned())
    }

    /// How many hints of the lab are left.
    fn hints_left(&self) -> Option<String> {
        let Screen::Lab(reader) = &self.app.trail.screen else { return None };
        let all = self.app.course.lab(&reader.id)?.hints.len();
        let taken = reader.lab.as_ref().map_or(0, |run| run.hints);
        Some(if taken < all { format!("hint {} of {all}", taken + 1) } else { String::new() })
    }

    /// What a key does to the question being asked.
    fn exam_word(&self, run: Action) -> Option<String> {
        let Screen::Exam(exam) = &self.app.trail.screen else { return None };
        if self.app.overlay.is_some() {
            return None;
        }
        let word = match (run, &exam.purpose) {
            (Action::Experiment, _) if !self.has_experiment() => "",
            (Action::Toggle, _) => self.toggle_word(),
            (Action::Act, _) if self.reads_on() => "read on",
            (Action::Act, Purpose::One(_)) if matches!(exam.stage, Stage::Told(_)) => "back to the text",
            (Action::Act, _) if self.exam_is_at_its_end() => "see the score",
            (Action::Act, Purpose::Quiz(_)) if exam.stage == Stage::Over => "next chapter",
            (Action::Act, _) if exam.stage == Stage::Over => "done",
            (Action::Down | Action::Up, _) if matches!(exam.stage, Stage::Told(_)) && !self.scrolls() => "",
            (Action::Find | Action::Palette, _) => "",
            _ => return None,
        };
        Some(word.to_owned())
    }

    fn scrolls(&self) -> bool {
        self.out.page.total > self.out.page.height
    }

    /// Whether Enter shows more of the explanation before it leads on.
    fn reads_on(&self) -> bool {
        let Screen::Exam(exam) = &self.app.trail.screen else { return false };
        matches!(exam.stage, Stage::Told(_)) && exam.is_unread(&self.out.page)
    }

    fn toggle_word(&self) -> &'static str {
        use crate::app::exam::draft::{Draft, Grip};
        let Screen::Exam(exam) = &self.app.trail.screen else { return "" };
        match &exam.draft {
            Draft::Many { .. } | Draft::Lines { .. } => "mark",
            Draft::Order { grip: Grip::Loose, .. } => "take up",
            Draft::Order { grip: Grip::Held, .. } => "put down",
            Draft::Pairs { .. } => "next partner",
            _ => "",
        }
    }

    fn has_experiment(&self) -> bool {
        let Screen::Exam(exam) = &self.app.trail.screen else { return false };
        let Stage::Told(grade) = &exam.stage else { return false };
        exam::experiment(grade, &self.app.course).is_some()
    }

    fn exam_is_at_its_end(&self) -> bool {
        let Screen::Exam(exam) = &self.app.trail.screen else { return false };
        matches!(exam.stage, Stage::Told(_)) && exam.slots.iter().all(|slot| slot.result.is_some())
    }
}
