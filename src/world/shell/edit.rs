//! The built-in editor on the whole terminal, for `vi`, `nano` and `kubectl edit` in `podlab shell`.

use crate::app::editor::{Editor, Outcome, Purpose};
use crate::app::keymap::{self, Context};
use crate::app::learner::Learner;
use crate::app::settings::Settings;
use crate::app::{App, Msg};
use crate::course::Course;
use crate::kubectl::session::EditorRequest;
use crate::ui::{self, theme::Theme};
use crate::world::{input, terminal};
use crossterm::event;
use crossterm::terminal::enable_raw_mode;
use std::io;

/// Lets the learner change a text; `None` if it was left without saving. The terminal is raw before and afterwards.
pub(super) fn edit(request: &EditorRequest, theme: Theme) -> io::Result<Option<String>> {
    let mut guard = terminal::Guard::enter(false)?;
    let answer = keys(request, theme, &mut guard);
    drop(guard);
    enable_raw_mode()?;
    answer
}

fn keys(request: &EditorRequest, theme: Theme, guard: &mut terminal::Guard) -> io::Result<Option<String>> {
    // What is drawn beside the editor is drawn from an empty tutor: nothing.
    let app = App::new(Course::default(), Learner::default(), Settings::default());
    let mut editor = Editor::new(&request.name, &request.text, Purpose::HandBack);
    loop {
        guard.screen().draw(|frame| ui::draw_editor(frame, &app, &editor, theme))?;
        match input::message(event::read()?) {
            Some(Msg::Paste(text)) => editor.paste(&text),
            Some(Msg::Key(key)) => match keymap::find(&[Context::Editor, Context::Typing], key) {
                Some(action) => match editor.perform(action) {
                    Outcome::Leave => return Ok(None),
                    Outcome::Save { text, .. } => return Ok(Some(text)),
                    Outcome::Nothing => {}
                },
                None => editor.key(key),
            },
            _ => {}
        }
    }
}
