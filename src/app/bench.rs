//! The panes beside the text: the watch, the x-ray, the shell, and how they share the screen. Does not know what is drawn.

use super::action::Action;
use super::extents::{Divide, Extents};
use super::key::Key;
use super::line_editor::LineEditor;
use super::overlay::{Overlay, Sheet};
use super::practice::Practice;
use super::scroll::{Cursor, Move};
use super::{Reaction, Reactions};
use crate::kube::Key as ObjectKey;

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

/// What the watch shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WatchView {
    /// Every change is a row, as `-w` prints them.
    #[default]
    Stream,
    /// One row for each Pod.
    Table,
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

/// What is chosen in the watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchPane {
    /// The chosen row, if the learner chose one; otherwise the newest is.
    pub chosen: Option<Cursor>,
    /// What is shown.
    pub view: WatchView,
}

/// What part of the picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct XrayPane {
    /// Simulated seconds that the time line spans; `None`: as long as the Pod is old.
    pub span: Option<u64>,
    /// Seconds by which its end lies before now.
    pub behind: u64,
    /// The first visible line.
    pub top: usize,
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

/// The shortest and the longest time line, in seconds.
const SPANS: (u64, u64) = (15, 3840);

/// The time line that just holds `age` seconds: 15 seconds doubled until it fits.
pub fn fitting_span(age: u64) -> u64 {
    let mut span = SPANS.0;
    while span < age && span < SPANS.1 {
        span *= 2;
    }
    span
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

    /// Forgets all sessions.
    pub fn forget(&mut self) {
        self.parked.clear();
        let pace = self.practice.pace().speed();
        self.practice = Practice::default();
        self.practice.set_speed(pace);
    }

    /// Goes on with another session at the speed of the one before.
    pub fn take_up(&mut self, mut next: Practice) {
        next.set_speed(self.practice.pace().speed());
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

    /// The row of the watch that is chosen; the newest if none was.
    pub fn chosen_row(&self) -> Option<usize> {
        let last = self.row_count().checked_sub(1)?;
        Some(self.watch.chosen.map_or(last, |cursor| cursor.at.min(last)))
    }

    /// How many rows the watch has.
    pub fn row_count(&self) -> usize {
        match self.watch.view {
            WatchView::Stream => self.practice.rows().len(),
            WatchView::Table => self.practice.table().len(),
        }
    }

    /// The Pod that describe, logs and the x-ray are about.
    pub fn pod(&self) -> Option<ObjectKey> {
        let at = self.chosen_row()?;
        match self.watch.view {
            WatchView::Stream => self.practice.rows().get(at)?.key.clone(),
            WatchView::Table => self.practice.table().get(at)?.key.clone(),
        }
    }

    /// Simulated seconds that the time line spans.
    pub fn span(&self) -> u64 {
        let age = || {
            let now = self.practice.now();
            let created = self.pod().and_then(|pod| self.practice.xray(&pod)).map_or(now, |x| x.created);
            fitting_span(now.since(created).div_ceil(1000))
        };
        self.xray.span.unwrap_or_else(age)
    }

    /// Whether the chosen row is about a Pod that does not exist any more.
    pub fn row_is_gone(&self) -> bool {
        self.pod().is_some_and(|pod| !self.practice.pods().contains(&pod))
    }

    /// Chooses a row; the last one means: follow the newest.
    pub fn choose_row(&mut self, way: Move, extents: &Extents) {
        let (count, height) = (self.row_count(), extents.watch);
        let mut cursor = self.watch.chosen.unwrap_or_default();
        cursor.at = self.chosen_row().unwrap_or(0);
        cursor.top = if self.watch.chosen.is_some() { cursor.top } else { count.saturating_sub(height) };
        cursor.go(way, height, count);
        self.watch.chosen = (cursor.at + 1 < count).then_some(cursor);
    }

    /// Acts on what the pane with focus, or time, is asked for; `None` if the action is not theirs.
    pub fn perform(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        if let Some(reactions) = self.time(action) {
            return Some(reactions);
        }
        match action {
            Action::NextPane => self.turn(false),
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

    /// The actions that steer simulated time.
    fn time(&mut self, action: Action) -> Option<Reactions> {
        let practice = &mut self.practice;
        match action {
            Action::Pause => practice.toggle(),
            Action::Step => practice.step(),
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

    /// Text about the chosen Pod, above everything; the command it stands for is shown in its title.
    fn about_pod(&mut self, action: Action) -> Reactions {
        let Some(pod) = self.pod() else {
            return vec![Reaction::Say("No Pod yet: apply a manifest first (a on a YAML block).".into())];
        };
        let name = &pod.name;
        let command = match action {
            Action::Why => {
                let row = self.chosen_row().and_then(|at| self.practice.rows().get(at));
                let row = row.filter(|_| self.watch.view == WatchView::Stream);
                return vec![Reaction::Open(Overlay::why(name, self.practice.why(row, &pod)))];
            }
            Action::Describe => format!("kubectl describe pod {name}"),
            Action::Yaml => format!("kubectl get pod {name} -o yaml"),
            Action::PreviousLogs => format!("kubectl logs {name} --all-containers --previous"),
            _ => format!("kubectl logs {name} --all-containers"),
        };
        let text = self.practice.ask(&command);
        let sheet = Sheet::new(command, &text);
        vec![Reaction::Open(match action {
            Action::Describe => Overlay::Describe(sheet),
            Action::Yaml => Overlay::Yaml(sheet),
            _ => Overlay::Logs(sheet),
        })]
    }

    fn in_watch(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        if action == Action::Table {
            self.watch = WatchPane {
                chosen: None,
                view: match self.watch.view {
                    WatchView::Stream => WatchView::Table,
                    WatchView::Table => WatchView::Stream,
                },
            };
        } else {
            self.choose_row(way(action)?, extents);
        }
        Some(Reactions::new())
    }

    fn in_xray(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        let (height, total) = extents.xray;
        let span = self.span();
        let xray = &mut self.xray;
        match action {
            Action::ZoomIn => xray.span = Some((span / 2).max(SPANS.0)),
            Action::ZoomOut => xray.span = Some((span * 2).min(SPANS.1)),
            Action::Left => {
                let furthest = self.practice.now().0 / 1000;
                (xray.span, xray.behind) = (Some(span), (xray.behind + span / 4).min(furthest));
            }
            Action::Right => xray.behind = xray.behind.saturating_sub(span / 4),
            Action::Down => self.other_pod(false, extents),
            Action::Up => self.other_pod(true, extents),
            other => xray.top = way(other)?.scroll(xray.top, height, total),
        }
        Some(Reactions::new())
    }

    /// Chooses the newest row of the next or previous Pod.
    fn other_pod(&mut self, back: bool, extents: &Extents) {
        let pods = self.practice.pods();
        let Some(now) = self.pod().and_then(|pod| pods.iter().position(|p| *p == pod)) else {
            self.watch.chosen = None;
            return;
        };
        let next = &pods[(now + if back { pods.len() - 1 } else { 1 }) % pods.len()];
        let rows = match self.watch.view {
            WatchView::Stream => self.practice.rows().iter().rposition(|r| r.key.as_ref() == Some(next)),
            WatchView::Table => self.practice.table().iter().position(|r| r.key.as_ref() == Some(next)),
        };
        if let Some(at) = rows {
            let now = self.chosen_row().unwrap_or(0);
            self.choose_row(Move::Lines(at as isize - now as isize), extents);
        }
    }

    fn in_shell(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
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
                self.shell.line.set("");
                self.practice.interrupt();
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
        match line.trim().strip_prefix("answer ") {
            Some(word) => {
                self.practice.answer_lab(word);
                vec![Reaction::Say(format!("You answered: {}", word.trim()))]
            }
            None => {
                self.practice.submit(line);
                Vec::new()
            }
        }
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
