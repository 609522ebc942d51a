//! The learner's shell and files, as the panes use them.

use super::Practice;
use crate::lab::scene::Input;

/// What can follow the word being typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    /// The byte offset in the line from which candidates replace.
    pub start: usize,
    /// The candidates, whole words.
    pub candidates: Vec<String>,
}

impl Practice {
    /// What the shell has printed since it was last cleared.
    pub fn output(&self) -> &[String] {
        let terminal = self.shown().terminal();
        let cleared = self.cleared.max(terminal.cleared());
        let from = cleared.saturating_sub(terminal.dropped()).min(terminal.lines().len());
        &terminal.lines()[from..]
    }

    /// What stands before the line being typed.
    pub fn prompt(&self) -> String {
        self.live.stage.session.prompt()
    }

    /// Whether a command is running in the shell.
    pub fn is_busy(&self) -> bool {
        self.shown().is_busy()
    }

    /// Types a line into the shell. Time goes on, since nothing would come of the command otherwise.
    pub fn submit(&mut self, line: &str) {
        self.act(Input::Line(line.to_owned()));
    }

    /// Applies a file as the learner would.
    pub fn apply(&mut self, name: &str) -> String {
        let command = format!("kubectl apply -f {name}");
        let terminal = self.live.terminal();
        self.running = Some((command.clone(), terminal.dropped() + terminal.lines().len()));
        self.submit(&command);
        self.applied.insert(name.to_owned(), self.live.now());
        command
    }

    /// What came of the command a key stands for, told once: the command with what it printed first after it, or what went wrong.
    pub fn outcome(&mut self) -> Option<String> {
        if self.live.is_busy() {
            return None;
        }
        let (command, from) = self.running.take()?;
        let terminal = self.live.terminal();
        // The first line is the prompt with the command.
        let printed = terminal.lines().iter().skip(from.saturating_sub(terminal.dropped()) + 1);
        let mut printed = printed.map(String::as_str).filter(|line| !line.trim().is_empty());
        if self.live.last_exit() == 0 {
            return Some(format!("$ {command}: {}", printed.next().unwrap_or_default()));
        }
        let failed: Vec<&str> = printed.collect();
        // A file may hold several objects; those before the one that was refused went through.
        let first = failed.iter().find(|line| !is_success(line)).or(failed.first()).copied();
        let first = first.unwrap_or_default();
        if !failed.iter().any(|line| line.contains("pod updates may not change")) {
            return Some(format!("Failed (the shell, key 4, shows all of it): {first}"));
        }
        let file = command.rsplit(' ').next().unwrap_or_default();
        Some(format!(
            "Failed: these fields of a Pod that exists cannot change. In the shell (4): kubectl replace --force -f {file}"
        ))
    }

    /// Whether the file, as it is, was applied before the moment shown.
    pub fn has_applied(&self, name: &str) -> bool {
        self.applied.get(name).is_some_and(|at| *at <= self.now())
    }

    /// Ctrl-C while `typed` stands behind the prompt.
    pub fn interrupt(&mut self, typed: String) {
        self.act(Input::Interrupt { typed });
    }

    /// Ctrl-D.
    pub fn end_input(&mut self) {
        self.act(Input::EndOfInput);
    }

    /// Forgets what the shell has printed.
    pub fn clear_output(&mut self) {
        self.cleared = self.live.terminal().dropped() + self.live.terminal().lines().len();
    }

    /// What can follow `before`, the line up to the cursor.
    pub fn complete(&self, before: &str) -> Completion {
        let stage = &self.shown().stage;
        let (start, candidates) = stage.session.complete(&stage.cluster, before);
        Completion { start, candidates }
    }

    /// The file an editor was started on in the shell, once.
    pub fn edit_request(&mut self) -> Option<String> {
        if self.is_past() || self.editing.is_some() {
            return None;
        }
        self.editing = self.live.stage.session.editor_request();
        self.editing.as_ref().map(|request| request.name.clone())
    }

    /// Closes the editor that was started in the shell: with the text to save, or without. False if `name` is not what it is open on.
    pub fn end_edit(&mut self, name: &str, text: Option<&str>) -> bool {
        if self.editing.take_if(|request| request.name == name).is_none() {
            return false;
        }
        self.act(Input::Edited(text.map(str::to_owned)));
        true
    }

    /// Closes the editor that was started in the shell, if one was, without saving.
    pub fn end_edit_unsaved(&mut self) {
        if let Some(name) = self.editing.as_ref().map(|request| request.name.clone()) {
            self.end_edit(&name, None);
        }
    }

    /// The text of a file of the session.
    pub fn file(&self, name: &str) -> Option<String> {
        if let Some(request) = self.editing.as_ref().filter(|request| request.name == name) {
            return Some(request.text.clone());
        }
        self.folder.files.get(name).cloned()
    }

    /// Writes a file of the session.
    pub fn write_file(&mut self, name: &str, text: &str) {
        self.folder.files.insert(name.to_owned(), text.to_owned());
        self.applied.remove(name);
        self.act(Input::File { name: name.to_owned(), text: text.to_owned() });
    }
}

/// Whether a line says of an object that what was asked was done.
fn is_success(line: &str) -> bool {
    [" created", " configured", " unchanged"].iter().any(|end| line.trim_end().ends_with(end))
}
