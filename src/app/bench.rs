//! The panes beside the text: the watch, the x-ray, the shell, and how they share the screen. Does not know what is drawn.

/// The line being typed in the shell.
mod shell;
/// Rows to choose from.
mod watch;
/// The part of the picture that is looked at.
mod xray;

pub use watch::{WatchPane, WatchView};
pub use xray::XrayPane;

use super::action::Action;
use super::extents::{Divide, Extents};
use super::line_editor::LineEditor;
use super::overlay::Overlay;
use super::practice::Practice;
use super::scroll::Move;
use super::sheet::{Asked, Sheet};
use super::{Reaction, Reactions};
use crate::kube::{Key as ObjectKey, SimTime};

/// A part of the screen that can have focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The text.
    #[default]
    Text,
    /// `kubectl get pods -w`.
    Watch,
    /// The picture of a Pod.
    Xray,
    /// The shell.
    Shell,
}

impl Pane {
    /// All panes in the order in which Tab goes through them.
    pub const ALL: [Pane; 4] = [Pane::Text, Pane::Watch, Pane::Xray, Pane::Shell];

    /// The name on the tab of the narrow screen.
    pub const fn name(self) -> &'static str {
        match self {
            Pane::Text => "Read",
            Pane::Watch => "Watch",
            Pane::Xray => "X-ray",
            Pane::Shell => "Shell",
        }
    }

    fn step(self, by: usize) -> Pane {
        let at = Pane::ALL.iter().position(|p| *p == self).unwrap_or(0);
        Pane::ALL[(at + by) % Pane::ALL.len()]
    }
}

/// Whether panes share a wide screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Share {
    /// All are shown.
    #[default]
    Together,
    /// Only the one with focus is.
    Alone,
}

/// Where the borders are, in hundredths of the room they divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// The text's share of the width.
    pub column: u16,
    /// The watch's share of the height.
    pub watch: u16,
    /// The watch's and x-ray's share of the height.
    pub xray: u16,
}

impl Default for Split {
    fn default() -> Split {
        Split { column: 54, watch: 30, xray: 66 }
    }
}

/// The panes.
#[derive(Clone, Debug, Default)]
pub struct Bench {
    /// The session.
    pub practice: Practice,
    /// Sessions of pages visited before, newest last.
    parked: Vec<Practice>,
    /// The pane with focus.
    pub focus: Pane,
    /// Whether it has the screen for itself.
    pub share: Share,
    /// The borders.
    pub split: Split,
    /// The watch.
    pub watch: WatchPane,
    /// The x-ray.
    pub xray: XrayPane,
    /// The shell.
    pub shell: ShellPane,
}

/// The line being typed and what is around it.
#[derive(Clone, Debug, Default)]
pub struct ShellPane {
    /// The line.
    pub line: LineEditor,
    /// Lines by which the output is scrolled up from its end.
    pub up: usize,
    /// What could complete the word, if there are several.
    pub candidates: Vec<String>,
}

/// How many sessions wait for their page to be visited again.
const PARKED: usize = 3;

impl Bench {
    /// Takes up the session of `page`; the one before it waits for its page to be visited again. A new one comes from `begin`.
    pub fn visit(&mut self, page: &str, begin: impl FnOnce() -> Practice) {
        if self.practice.page() == page {
            return;
        }
        let waiting = self.parked.iter().position(|practice| practice.page() == page);
        let next = waiting.map_or_else(begin, |at| self.parked.remove(at));
        self.take_up(next);
    }

    /// Whether the session of `page` goes on where it was.
    pub fn keeps(&self, page: &str) -> bool {
        std::iter::once(&self.practice).chain(&self.parked).any(|practice| practice.page() == page)
    }

    /// Forgets all sessions.
    pub fn forget(&mut self) {
        self.parked.clear();
        let pace = self.practice.pace().speed();
        self.practice = Practice::default();
        self.practice.set_speed(pace);
    }

    /// Goes on with another session, at its own speed.
    pub fn take_up(&mut self, next: Practice) {
        self.parked.retain(|practice| practice.page() != next.page());
        let before = std::mem::replace(&mut self.practice, next);
        if before.page() != self.practice.page() {
            self.parked.push(before);
        }
        let over = self.parked.len().saturating_sub(PARKED);
        self.parked.drain(..over);
        self.watch = WatchPane::default();
        self.xray = XrayPane::default();
        self.shell.up = 0;
    }

    /// Gives focus to the next or previous pane.
    pub fn turn(&mut self, back: bool) {
        self.focus = self.focus.step(if back { Pane::ALL.len() - 1 } else { 1 });
    }

    /// Moves a border to the cell at (`x`, `y`).
    pub fn drag(&mut self, divide: Divide, x: u16, y: u16, extents: &Extents) {
        let body = extents.body;
        let share = |at: u16, from: u16, room: u16| {
            (u32::from(at.saturating_sub(from)) * 100 / u32::from(room.max(1))) as u16
        };
        let (across, down) = (share(x, body.x, body.width), share(y, body.y, body.height));
        match divide {
            Divide::Column => self.split.column = across.clamp(25, 75),
            Divide::Watch => self.split.watch = down.clamp(12, self.split.xray.saturating_sub(10).max(12)),
            Divide::Xray => self.split.xray = down.clamp(self.split.watch + 10, 90),
        }
    }

    /// Acts on what the pane with focus, or time, is asked for; `None` if the action is not theirs.
    pub fn perform(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        if let Some(reactions) = self.time(action) {
            return Some(reactions);
        }
        match action {
            Action::NextPane => self.turn(false),
            Action::FocusText => self.focus = Pane::Text,
            Action::FocusWatch => self.focus = Pane::Watch,
            Action::FocusXray => self.focus = Pane::Xray,
            Action::FocusShell => self.focus = Pane::Shell,
            Action::PreviousPane => self.turn(true),
            Action::Zoom => {
                self.share = match self.share {
                    Share::Together => Share::Alone,
                    Share::Alone => Share::Together,
                }
            }
            Action::Describe | Action::Logs | Action::PreviousLogs | Action::Yaml | Action::Why => {
                return Some(self.about_pod(action));
            }
            _ => {
                return match self.focus {
                    Pane::Text => None,
                    Pane::Watch => self.in_watch(action, extents),
                    Pane::Xray => self.in_xray(action, extents),
                    Pane::Shell => self.in_shell(action, extents),
                };
            }
        }
        Some(Reactions::new())
    }

    /// What kubectl says about a Pod now.
    pub fn sheet(&self, asked: Asked, pod: ObjectKey) -> Overlay {
        let answer = self.practice.ask(&asked.command(&pod.name));
        Overlay::Text(Box::new(Sheet::new(asked, pod, &answer)))
    }

    /// Shows the session as it was at `at`.
    pub fn go_to(&mut self, at: SimTime) -> Reactions {
        self.practice.rewind_to(at);
        vec![Reaction::Say(went_to(at))]
    }

    /// The actions that steer simulated time.
    pub fn time(&mut self, action: Action) -> Option<Reactions> {
        let practice = &mut self.practice;
        match action {
            Action::Pause => practice.toggle(),
            Action::Step => {
                let (live, rows) = (!practice.is_past(), practice.rows().len());
                practice.step();
                if live && practice.rows().len() == rows {
                    return Some(vec![Reaction::Say("Nothing has changed in these ten minutes.".into())]);
                }
            }
            Action::StepBack => practice.step_back(),
            Action::Slower => practice.slower(),
            Action::Faster => practice.faster(),
            Action::Live => practice.continue_here(),
            Action::SaveRun => return Some(vec![Reaction::SaveRun]),
            _ => return None,
        }
        if practice.rows().is_empty() {
            self.watch.chosen = None;
        }
        Some(Reactions::new())
    }
}

/// What is said when another moment is shown.
fn went_to(at: SimTime) -> String {
    format!("As it was at {}.", super::moment::moment(at))
}

/// The movement an action stands for.
pub fn way(action: Action) -> Option<Move> {
    Some(match action {
        Action::Up => Move::Lines(-1),
        Action::Down => Move::Lines(1),
        Action::PageUp => Move::Pages(-1),
        Action::PageDown => Move::Pages(1),
        Action::Top => Move::Top,
        Action::Bottom => Move::Bottom,
        _ => return None,
    })
}
