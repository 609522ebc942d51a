//! The footer: what the keys do here, from the one table of keys, as many as fit.

use super::text::{self, Piece, Row};
use super::theme::Role;
use super::{Canvas, area};
use crate::app::Screen;
use crate::app::action::Action;
use crate::app::exam::{self, Stage};
use crate::app::extents::Target;
use crate::app::keymap::{self, Binding};
use crate::app::page::Thing;
use crate::app::reader::is_done;
use ratatui::layout::Rect;

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
        if self.app.bench.practice.is_past() {
            shown.sort_by_key(|(b, _)| {
                !matches!(b.run, Action::Live | Action::Pause | Action::Step | Action::StepBack)
            });
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
            let words = text::clip(&format!(" {notice} "), room);
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

    /// The footer's word for a binding: the table's, made exact where what it does depends on what is marked.
    fn hint_words(&self, binding: &Binding) -> String {
        let reader = match &self.app.trail.screen {
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader) => Some(reader),
            _ => None,
        };
        let item = reader.and_then(|r| r.marked());
        let practice = &self.app.bench.practice;
        let done = item.is_some_and(|item| is_done(item, practice));
        let marked = item.map(|item| &item.thing);
        let has_file = || reader.is_some_and(|r| r.items.iter().any(|i| matches!(i.thing, Thing::File(_))));
        let pausing = self.app.bench.practice.pace().is_running();
        match (binding.run, marked) {
            (Action::Act, Some(_)) if done => binding.hint.to_owned(),
            (Action::Apply, Some(Thing::File(_))) if done => "again".to_owned(),
            (Action::Apply, Some(Thing::Link(_))) if done => String::new(),
            (Action::Apply, Some(_)) if done => "once more".to_owned(),
            (Action::Live, _) if !practice.is_past() => String::new(),
            (Action::Pause, _) if practice.is_past() => "to the present".to_owned(),
            (Action::Experiment, _) if !self.has_experiment() => String::new(),
            (Action::Act, Some(Thing::File(_))) => "apply".to_owned(),
            (Action::Act, Some(Thing::Quiz)) => "start the quiz".to_owned(),
            (Action::Act, Some(Thing::Question(_))) => "answer".to_owned(),
            (Action::Act, Some(Thing::Predict(_))) => "predict".to_owned(),
            (Action::Act, Some(Thing::Lab(_))) => "start the lab".to_owned(),
            (Action::Act, Some(Thing::Link(_))) => "follow".to_owned(),
            (Action::Apply | Action::Edit, _) if !has_file() => String::new(),
            (Action::Apply, Some(Thing::File(_))) => String::new(),
            (Action::TakeQuiz, _) if matches!(self.app.trail.screen, Screen::Lab(_)) => String::new(),
            (Action::Pause, _) if !pausing => "go on".to_owned(),
            (Action::Back, _)
                if matches!(self.app.trail.screen, Screen::Map(_)) && self.app.overlay.is_none() =>
            {
                "quit".to_owned()
            }
            (Action::Toggle, _) => self.toggle_word().to_owned(),
            (Action::Act, _) if self.exam_is_at_its_end() => "see the score".to_owned(),
            _ => binding.hint.to_owned(),
        }
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
