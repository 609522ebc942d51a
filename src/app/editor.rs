//! The YAML editor: a text area with undo and search, and what a file's check complains about. Does not know how it is drawn.

use super::action::Action;
use super::key::{Code, Key};
use super::line_editor::LineEditor;
use super::page::is_manifest;
use crate::kube::manifest::{self, Complaint, Document, Validation};
use ratatui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};

/// The largest text the editor takes, in bytes.
const LARGEST: usize = 512 * 1024;

/// A file being edited.
#[derive(Clone, Debug)]
pub struct Editor {
    /// The file's name.
    pub name: String,
    /// What becomes of it when it is saved.
    pub purpose: Purpose,
    /// The text and the cursor in it.
    pub area: TextArea<'static>,
    /// The line (from 0) the check complains about, and what it says.
    pub complaint: Option<(usize, String)>,
    /// What is looked for, while it is.
    pub find: Option<LineEditor>,
    /// Whether leaving with changes was refused once.
    pub leaving: Leaving,
    saved: Vec<String>,
}

/// What becomes of a text that is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is written and applied.
    Apply,
    /// It goes back to the command of the shell that asked for an editor.
    HandBack,
}

/// How far leaving is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    /// Not wanted.
    #[default]
    No,
    /// Wanted, with changes that would be lost: asked whether that is meant.
    Asked,
}

/// What comes of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing more.
    Nothing,
    /// The editor closes; changes are dropped.
    Leave,
    /// The text is kept under this name, and goes where the editor's purpose says.
    Save {
        /// The file.
        name: String,
        /// Its text.
        text: String,
    },
}

impl Editor {
    /// An editor on the file `name`.
    pub fn new(name: &str, text: &str, purpose: Purpose) -> Editor {
        let lines: Vec<String> =
            text.lines().map(|line| crate::course::text::visible(line).replace('\t', "  ")).collect();
        let mut area = TextArea::new(lines.clone());
        area.set_tab_length(2);
        area.set_max_histories(500);
        Editor {
            name: name.to_owned(),
            purpose,
            area,
            complaint: None,
            find: None,
            leaving: Leaving::No,
            saved: if lines.is_empty() { vec![String::new()] } else { lines },
        }
    }

    /// The text.
    pub fn text(&self) -> String {
        let mut text = self.area.lines().join("\n");
        text.push('\n');
        text
    }

    /// Whether there is something to save.
    pub fn changed(&self) -> bool {
        self.area.lines() != self.saved.as_slice()
    }

    /// Gives a key to the text, or to what is looked for.
    pub fn key(&mut self, key: Key) {
        self.leaving = Leaving::No;
        if let Some(find) = &mut self.find {
            if key.code == Code::Enter || (key.ctrl && key.code == Code::Char('g')) {
                self.find_next();
            } else {
                find.key(key);
            }
            return;
        }
        if self.area.lines().iter().map(String::len).sum::<usize>() > LARGEST && key.text().is_some() {
            return;
        }
        if key.code == Code::Enter && !key.ctrl && !key.alt {
            self.new_line();
        } else {
            self.area.input(input(key));
        }
        self.complaint = None;
    }

    /// A new line starts as far in as the one before, and further after a colon: YAML is made of that.
    fn new_line(&mut self) {
        let row = self.area.cursor().0;
        let before = self.area.lines().get(row).cloned().unwrap_or_default();
        let indent = before.len() - before.trim_start().len();
        self.area.insert_newline();
        let more = if before.trim_end().ends_with(':') { 2 } else { 0 };
        self.area.insert_str(" ".repeat(indent + more));
    }

    /// Puts pasted text at the cursor.
    pub fn paste(&mut self, text: &str) {
        let text = crate::course::text::pasted(text);
        let clean = crate::course::text::visible(&text).replace('\t', "  ");
        if let Some(find) = &mut self.find {
            find.insert(&clean);
        } else if clean.len() <= LARGEST {
            self.area.insert_str(&clean);
            self.complaint = None;
        }
    }

    /// Acts on a key that is not text.
    pub fn perform(&mut self, action: Action) -> Outcome {
        match action {
            Action::Save => return self.save(),
            Action::FindText if self.find.is_some() => self.find_next(),
            Action::FindText => self.find = Some(LineEditor::default()),
            Action::Back | Action::Interrupt if self.find.is_some() => self.find = None,
            Action::Back | Action::Interrupt if !self.changed() => return Outcome::Leave,
            // Escape is pressed twice out of habit, and drops nothing.
            Action::Interrupt if self.leaving == Leaving::Asked => return Outcome::Leave,
            Action::Back | Action::Interrupt => self.leaving = Leaving::Asked,
            Action::PageDown => self.page(1),
            Action::PageUp => self.page(-1),
            _ => {}
        }
        Outcome::Nothing
    }

    fn page(&mut self, by: i32) {
        for _ in 0..10 {
            self.area.move_cursor(if by > 0 { CursorMove::Down } else { CursorMove::Up });
        }
    }

    /// A file the check complains about is not applied the first time; asked again, the learner sees what the server says.
    fn save(&mut self) -> Outcome {
        let text = self.text();
        if is_manifest(&self.name)
            && self.complaint.is_none()
            && let Some((line, complaint)) = check(&self.name, &text)
        {
            let row = line.min(self.area.lines().len().saturating_sub(1));
            self.area.move_cursor(CursorMove::Jump(row as u16, 0));
            self.complaint = Some((row, complaint));
            return Outcome::Nothing;
        }
        Outcome::Save { name: self.name.clone(), text }
    }

    /// Goes to the next place that holds what is looked for.
    fn find_next(&mut self) {
        let Some(wanted) = self.find.as_ref().map(|find| find.text().to_lowercase()) else { return };
        if wanted.is_empty() {
            self.find = None;
            return;
        }
        let lines = self.area.lines();
        let row = self.area.cursor().0;
        let rows = (row + 1..lines.len()).chain(0..=row.min(lines.len().saturating_sub(1)));
        let found = rows.into_iter().find_map(|row| {
            let lower = lines.get(row)?.to_lowercase();
            lower.find(&wanted).map(|at| (row, lower[..at].chars().count()))
        });
        if let Some((row, column)) = found {
            self.area.move_cursor(CursorMove::Jump(row as u16, column as u16));
        }
    }
}

/// The first thing wrong with a manifest as text: its line (from 0) and what it is, with what was probably meant.
fn check(name: &str, text: &str) -> Option<(usize, String)> {
    let judged = |found: Result<Document, Complaint>| found.and_then(|d| d.object(Validation::Strict)).err();
    let complaint = manifest::parse(text, name).into_iter().find_map(judged)?;
    let line = complaint.place.map_or(0, |place| place.line.saturating_sub(1));
    let meant = complaint.suggestion.map(|meant| format!(" ({meant})")).unwrap_or_default();
    Some((line, format!("{}{meant}", complaint.text)))
}

fn input(key: Key) -> Input {
    let code = match key.code {
        Code::Char(c) => AreaKey::Char(c),
        Code::Enter => AreaKey::Enter,
        Code::Esc => AreaKey::Esc,
        Code::Tab | Code::BackTab => AreaKey::Tab,
        Code::Backspace => AreaKey::Backspace,
        Code::Delete => AreaKey::Delete,
        Code::Left => AreaKey::Left,
        Code::Right => AreaKey::Right,
        Code::Up => AreaKey::Up,
        Code::Down => AreaKey::Down,
        Code::Home => AreaKey::Home,
        Code::End => AreaKey::End,
        Code::PageUp => AreaKey::PageUp,
        Code::PageDown => AreaKey::PageDown,
        Code::F(n) => AreaKey::F(n),
    };
    Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_outlives_two_escapes() {
        let mut editor = Editor::new("a.txt", "one\n", Purpose::HandBack);
        assert_eq!(editor.perform(Action::Back), Outcome::Leave);
        editor.paste("two");
        for _ in 0..3 {
            assert_eq!(editor.perform(Action::Back), Outcome::Nothing);
        }
        assert!(editor.changed());
        assert_eq!(editor.perform(Action::Interrupt), Outcome::Leave);
    }
}
