//! The shell pane: the line being typed, its completion, and what is entered.

use super::super::action::Action;
use super::super::extents::Extents;
use super::super::key::Key;
use super::super::{Reaction, Reactions};
use super::{Bench, Pane};
use crate::lab::answer;

impl Bench {
    pub(super) fn in_shell(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        let page = extents.shell.saturating_sub(1).max(1);
        self.shell.candidates.clear();
        match action {
            Action::Submit => {
                self.shell.up = 0;
                let line = self.shell.line.take();
                return Some(self.enter(&line));
            }
            Action::Complete if self.shell.line.text().is_empty() && !self.practice.is_busy() => {
                self.turn(false);
            }
            Action::Complete => self.complete(),
            Action::Interrupt => {
                let typed = self.shell.line.abandon();
                self.practice.interrupt(typed);
            }
            Action::Fresh => self.practice.clear_output(),
            Action::OutputUp => {
                let furthest = self.practice.output().len().saturating_sub(1);
                self.shell.up = (self.shell.up + page).min(furthest);
            }
            Action::OutputDown => self.shell.up = self.shell.up.saturating_sub(page),
            Action::Back => self.focus = Pane::Text,
            _ => return None,
        }
        Some(Reactions::new())
    }

    /// Runs a line. `answer WORD` answers the question of a lab; the past takes no commands.
    fn enter(&mut self, line: &str) -> Reactions {
        if self.practice.is_past() {
            self.shell.line.set(line);
            let words =
                "This is the past: c in another pane goes on from here, Space there returns to the present.";
            return vec![Reaction::Say(words.into())];
        }
        let (answers, rest) = if self.practice.goals().is_empty() {
            (Vec::new(), line.to_owned())
        } else {
            answer::split(line)
        };
        for answer in &answers {
            self.practice.answer_lab(answer);
        }
        if answers.is_empty() || !rest.trim().is_empty() {
            self.practice.submit(&rest);
        }
        answers.last().map(|word| Reaction::Say(format!("You answered: {word}"))).into_iter().collect()
    }

    fn complete(&mut self) {
        let line = &mut self.shell.line;
        let found = self.practice.complete(line.before_cursor());
        match found.candidates.as_slice() {
            [] => {}
            [only] => {
                let end = if only.ends_with(['/', '=']) { "" } else { " " };
                line.replace_from(found.start, &format!("{only}{end}"));
            }
            many => {
                let shared = shared_start(many);
                if shared.len() > line.cursor() - found.start {
                    line.replace_from(found.start, &shared);
                }
                self.shell.candidates = many.to_vec();
            }
        }
    }

    /// Puts pasted text behind the prompt; each line of it that is ended is entered.
    pub fn paste(&mut self, text: &str) -> Reactions {
        let text = crate::course::text::pasted(text).replace('\t', "    ");
        let mut reactions = Reactions::new();
        let mut rest = text.as_str();
        while let Some((line, behind)) = rest.split_once('\n') {
            self.shell.line.insert(line);
            rest = behind;
            if self.practice.is_past() {
                // The past takes no commands; what was pasted waits as one line.
                break;
            }
            let line = self.shell.line.take();
            reactions.extend(self.enter(&line));
        }
        self.shell.line.insert(rest);
        reactions
    }

    /// Gives a key to the line being typed.
    pub fn type_key(&mut self, key: Key) {
        self.shell.candidates.clear();
        self.shell.up = 0;
        self.shell.line.key(key);
    }
}

/// The longest text with which all of them start.
fn shared_start(words: &[String]) -> String {
    let first = words.first().map(String::as_str).unwrap_or_default();
    let common = |a: &str, b: &str| a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let many = words.iter().map(|word| common(first, word)).min().unwrap_or(0);
    first.chars().take(many).collect()
}
