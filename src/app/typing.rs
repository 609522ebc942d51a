//! Keys and pasted text that belong to a text field.

use super::bench::Pane;
use super::key::Key;
use super::overlay::Overlay;
use super::sheet::Finding;
use super::{App, Effect, Screen};

impl App {
    /// A key without a meaning of its own goes to the text field that has focus, if one has.
    pub(super) fn type_key(&mut self, key: Key) {
        match (&mut self.overlay, &mut self.trail.screen) {
            (Some(Overlay::Palette(palette)), _) => {
                palette.line.key(key);
                palette.find();
            }
            (Some(Overlay::Editor(editor)), _) => editor.key(key),
            (Some(Overlay::Text(sheet)), _) => {
                if let Finding::Typing(line) = &mut sheet.finding {
                    line.key(key);
                }
            }
            (None, Screen::Search(search)) => {
                search.line.key(key);
                search.find(&self.course);
            }
            (None, Screen::Exam(exam)) => exam.type_key(key),
            (None, Screen::Chapter(_) | Screen::Lab(_) | Screen::Experiment(_))
                if self.bench.focus == Pane::Shell =>
            {
                self.bench.type_key(key);
            }
            _ => {}
        }
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        match (&mut self.overlay, &mut self.trail.screen) {
            (Some(Overlay::Editor(editor)), _) => editor.paste(text),
            (Some(Overlay::Text(sheet)), _) => {
                if let Finding::Typing(line) = &mut sheet.finding {
                    line.insert(text);
                }
            }
            (Some(Overlay::Palette(palette)), _) => {
                palette.line.insert(text);
                palette.find();
            }
            (None, Screen::Search(search)) => {
                search.line.insert(text);
                search.find(&self.course);
            }
            (None, Screen::Exam(exam)) => exam.paste(text),
            (None, Screen::Chapter(_) | Screen::Lab(_) | Screen::Experiment(_))
                if self.bench.focus == Pane::Shell =>
            {
                let mut effects = vec![Effect::Draw];
                let reactions = self.bench.paste(text);
                self.commit(reactions, &mut effects);
                self.follow_session(&mut effects);
                return effects;
            }
            _ => {}
        }
        vec![Effect::Draw]
    }
}
