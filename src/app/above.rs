//! What actions mean to what lies above the screen.

use super::action::Action;
use super::editor;
use super::overlay::{Overlay, Then};
use super::sheet::Asked;
use super::{App, Place, Reaction, Reactions, Screen, bench};

impl App {
    /// Hands an action to what lies above the screen.
    pub(super) fn in_overlay(&mut self, action: Action) -> Reactions {
        let Some(overlay) = &mut self.overlay else { return Vec::new() };
        if overlay.scroll(action, &self.extents) {
            return Vec::new();
        }
        match (overlay, action) {
            (Overlay::Text(_), action) => self.in_sheet(action),
            (Overlay::Palette(palette), Action::Act) => {
                let chosen = palette.chosen().cloned();
                self.overlay = None;
                chosen.map(|command| self.command(command)).unwrap_or_default()
            }
            (Overlay::Why(chain), Action::ReadAbout) => {
                let chapter = chain.links.get(chain.cursor.at).map(|l| l.chapter.clone()).unwrap_or_default();
                if chapter.is_empty() {
                    return vec![Reaction::Say("No chapter teaches this one.".into())];
                }
                self.overlay = None;
                vec![Reaction::Go(Place::Chapter { id: chapter, heading: None })]
            }
            (Overlay::Why(chain), Action::Act) => {
                let link = chain.links.get(chain.cursor.at).map(|link| link.at);
                self.overlay = None;
                link.map(|at| self.bench.go_to(at)).unwrap_or_default()
            }
            (Overlay::Confirm(confirm), Action::Yes) => {
                let then = confirm.then;
                self.overlay = None;
                self.confirmed(then)
            }
            (Overlay::Editor(editor), action) => {
                let reactions = editor.perform(action);
                self.edited(reactions)
            }
            (Overlay::Help(help), Action::Back) => {
                self.overlay = help.under.take().map(|under| *under);
                Vec::new()
            }
            (_, Action::Back | Action::No) => {
                self.overlay = None;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What an action means to the window with what kubectl says about a Pod.
    fn in_sheet(&mut self, action: Action) -> Reactions {
        let Some(Overlay::Text(sheet)) = &mut self.overlay else { return Vec::new() };
        let asked = match action {
            Action::Describe => Some(Asked::Describe),
            Action::Logs => Some(Asked::Logs),
            Action::PreviousLogs => Some(Asked::PreviousLogs),
            Action::Yaml => Some(Asked::Yaml),
            _ => None,
        };
        match (action, asked) {
            (_, Some(asked)) => {
                let pod = sheet.pod.clone();
                return vec![Reaction::Open(self.bench.sheet(asked, pod))];
            }
            (Action::Why, _) => {
                let why = Overlay::why(&sheet.pod.name, self.bench.practice.why(&sheet.pod, None));
                return vec![Reaction::Open(why)];
            }
            (Action::FindText, _) => sheet.find(),
            (Action::Act, _) => sheet.found(&self.extents),
            (Action::NextMatch | Action::PreviousMatch, _) => {
                sheet.step(action == Action::PreviousMatch, &self.extents);
            }
            (Action::Back, _) if sheet.stop_finding() => {}
            (Action::Back, _) => self.overlay = None,
            (other, _) => {
                let reactions = self.bench.time(other).unwrap_or_default();
                self.renew_sheet();
                return reactions;
            }
        }
        Vec::new()
    }

    /// Asks kubectl again what the open window shows; true if it says something else now.
    pub(super) fn renew_sheet(&mut self) -> bool {
        let Some(Overlay::Text(sheet)) = &mut self.overlay else { return false };
        let answer = self.bench.practice.ask(&sheet.command());
        sheet.renew(&answer)
    }

    fn edited(&mut self, outcome: editor::Outcome) -> Reactions {
        match outcome {
            editor::Outcome::Nothing => Vec::new(),
            editor::Outcome::Leave => {
                self.drop_edits();
                Vec::new()
            }
            editor::Outcome::Save { name, text } => {
                self.overlay = None;
                if let Screen::Lab(reader) = &mut self.trail.screen
                    && let Some(lab) = self.course.lab(&reader.id)
                {
                    reader.file_changed(lab, &name, &text);
                }
                if self.bench.practice.end_edit(&name, Some(&text)) {
                    return Vec::new();
                }
                self.bench.practice.write_file(&name, &text);
                vec![Reaction::Apply(name)]
            }
        }
    }

    fn confirmed(&mut self, then: Then) -> Reactions {
        match then {
            Then::Quit => return vec![Reaction::Quit],
            Then::DropEdits => self.drop_edits(),
            Then::Fresh => {
                self.bench.practice.fresh();
                self.bench.watch = bench::WatchPane::default();
                return vec![Reaction::Say("A fresh cluster, at 0 s.".into())];
            }
            Then::RestartLab => {
                if let Screen::Lab(reader) = &self.trail.screen {
                    return vec![Reaction::Replace(Place::Lab(reader.id.clone()))];
                }
            }
        }
        Vec::new()
    }
}
