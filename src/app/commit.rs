//! The one place where what the parts of the tutor want becomes so.

use super::learner::Entry;
use super::overlay::Overlay;
use super::{App, Effect, Reaction, Reactions, Screen, editor, reader};

/// What is said to whoever would change the past.
const PAST: &str = "This is the past: c goes on from here, Space returns to the present. Then apply.";

impl App {
    /// The one place where what the parts want becomes so.
    pub(super) fn commit(&mut self, reactions: Reactions, effects: &mut Vec<Effect>) {
        for reaction in reactions {
            match reaction {
                Reaction::Go(place) => self.go(place, effects),
                Reaction::Replace(place) => {
                    self.note_place(effects);
                    let before = self.trail.behind.len();
                    self.go(place, effects);
                    self.trail.behind.truncate(before);
                }
                Reaction::Leave => self.leave(effects),
                Reaction::Open(overlay) => self.overlay = Some(overlay),
                Reaction::Say(text) => self.notice = Some(text),
                Reaction::Record(entry) => {
                    self.learner.apply(&entry);
                    effects.push(Effect::Record(entry));
                }
                Reaction::KeepSettings => {
                    // How many questions come a day is one of them.
                    effects.extend([Effect::KeepSettings(self.settings.clone()), Effect::Reckon]);
                }
                Reaction::Apply(name) => self.apply_file(&name),
                Reaction::Edit(name) => self.edit_file(&name, editor::Purpose::Apply),
                Reaction::SaveRun => {
                    let words = "Saved. To see it again: podlab sim --steps podlab-run.steps";
                    self.notice = Some(words.to_owned());
                    effects.push(Effect::SaveRun(self.bench.practice.saved()));
                }
                Reaction::Quit => effects.push(Effect::Quit),
            }
        }
    }

    pub(super) fn apply_file(&mut self, name: &str) {
        if self.bench.practice.is_past() {
            self.notice = Some(PAST.to_owned());
            return;
        }
        let command = self.bench.practice.apply(name);
        self.bench.shell.line.remember(&command);
        self.bench.shell.up = 0;
        self.bench.watch.chosen = None;
        self.notice = Some(format!("$ {command}"));
    }

    /// Closes the editor; whoever started it in the shell is told.
    pub(super) fn drop_edits(&mut self) {
        self.overlay = None;
        self.bench.practice.end_edit_unsaved();
    }

    fn edit_file(&mut self, name: &str, purpose: editor::Purpose) {
        let text = self.bench.practice.file(name).unwrap_or_default();
        self.overlay = Some(Overlay::Editor(Box::new(editor::Editor::new(name, &text, purpose))));
    }

    /// What the session brings about: an editor that was started in the shell, a lab that is passed.
    pub(super) fn follow_session(&mut self, effects: &mut Vec<Effect>) {
        if let Some(name) = self.bench.practice.edit_request() {
            self.edit_file(&name, editor::Purpose::HandBack);
            effects.push(Effect::Draw);
        }
        if let Some(words) = self.bench.practice.outcome() {
            self.notice = Some(words);
        }
        let Screen::Lab(reader) = &mut self.trail.screen else { return };
        let lab = self.course.lab(&reader.id).filter(|_| self.bench.practice.lab_passed());
        if lab.is_some_and(|lab| reader.pass(lab)) {
            let hints = reader.lab.as_ref().map_or(0, |run| run.hints);
            let entry = Entry::Passed { lab: reader.id.clone(), hints };
            reader.top = reader::Anchor::default();
            let words = "Passed! The text says what was wrong.";
            self.commit(vec![Reaction::Record(entry), Reaction::Say(words.into())], effects);
        }
    }
}
