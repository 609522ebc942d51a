//! The watch pane: rows to choose from, as changes, as a list of Pods or as events, and the Pod they are about.

use super::super::action::Action;
use super::super::extents::Extents;
use super::super::overlay::Overlay;
use super::super::scroll::{Cursor, Move};
use super::super::sheet::Asked;
use super::super::{Reaction, Reactions};
use super::{Bench, way};
use crate::kube::{Key as ObjectKey, Kind, SimTime};
use crate::kubectl::watch::WatchRow;

/// What the watch shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WatchView {
    /// Every change is a row, as `-w` prints them.
    #[default]
    Stream,
    /// One row for each Pod.
    Table,
    /// The events, oldest first.
    Events,
}

impl WatchView {
    /// The command whose output this is.
    pub const fn command(self) -> &'static str {
        match self {
            WatchView::Stream => "kubectl get pods -w",
            WatchView::Table => "kubectl get pods",
            WatchView::Events => "kubectl events",
        }
    }

    /// The view that `v` leads to.
    #[must_use]
    pub const fn next(self) -> WatchView {
        match self {
            WatchView::Stream => WatchView::Table,
            WatchView::Table => WatchView::Events,
            WatchView::Events => WatchView::Stream,
        }
    }

    /// What it is called in the footer, as the view to come.
    pub const fn name(self) -> &'static str {
        match self {
            WatchView::Stream => "changes",
            WatchView::Table => "Pods",
            WatchView::Events => "events",
        }
    }
}

/// What is chosen in the watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchPane {
    /// The chosen row, if the learner chose one; otherwise the newest is.
    pub chosen: Option<Cursor>,
    /// What is shown.
    pub view: WatchView,
}

impl Bench {
    /// The rows of the watch.
    pub fn watch_rows(&self) -> std::borrow::Cow<'_, [WatchRow]> {
        match self.watch.view {
            WatchView::Stream => self.practice.rows().into(),
            WatchView::Table => self.practice.table().into(),
            WatchView::Events => self.practice.events().into(),
        }
    }

    /// The row of the watch that is chosen; the newest if none was.
    pub fn chosen_row(&self) -> Option<usize> {
        let last = self.row_count().checked_sub(1)?;
        Some(self.watch.chosen.map_or(last, |cursor| cursor.at.min(last)))
    }

    /// How many rows the watch has.
    pub fn row_count(&self) -> usize {
        self.watch_rows().len()
    }

    /// What the chosen row is about, and when it was printed.
    fn chosen(&self) -> Option<(ObjectKey, SimTime)> {
        let row = self.chosen_row()?;
        let rows = self.watch_rows();
        let row = rows.get(row)?;
        Some((row.key.clone()?, row.at))
    }

    /// The Pod that describe, logs and the x-ray are about.
    pub fn pod(&self) -> Option<ObjectKey> {
        let (key, _) = self.chosen()?;
        let pod = if key.kind == Kind::Event { self.practice.regarded(&key)? } else { key };
        (pod.kind == Kind::Pod).then_some(pod)
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

    pub(super) fn in_watch(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        match action {
            Action::Table => self.watch = WatchPane { chosen: None, view: self.watch.view.next() },
            Action::Act => return Some(self.open_row()),
            other => self.choose_row(way(other)?, extents),
        }
        Some(Reactions::new())
    }

    /// Enter: the moment of a change or event; what kubectl describes, where a row is a Pod.
    fn open_row(&mut self) -> Reactions {
        match (self.watch.view, self.chosen()) {
            (_, None) => nothing_yet(),
            (WatchView::Table, Some(_)) => self.about_pod(Action::Describe),
            (_, Some((_, at))) => self.go_to(at),
        }
    }

    /// Text about the chosen Pod, above everything; the command it stands for is shown in its title.
    pub(super) fn about_pod(&mut self, action: Action) -> Reactions {
        if action == Action::Why {
            return self.why();
        }
        let asked = match action {
            Action::Describe => Asked::Describe,
            Action::Yaml => Asked::Yaml,
            Action::PreviousLogs => Asked::PreviousLogs,
            _ => Asked::Logs,
        };
        match self.pod() {
            Some(pod) => vec![Reaction::Open(self.sheet(asked, pod))],
            None => nothing_yet(),
        }
    }

    /// Why the chosen row, or the marked moment of the picture, came about.
    fn why(&self) -> Reactions {
        let marked = self.xray.at.filter(|_| self.focus == super::Pane::Xray);
        let found = match (marked, self.watch.view) {
            (Some(at), _) => self.pod().map(|pod| (pod, Some(at))),
            (None, WatchView::Table) => self.pod().map(|pod| (pod, None)),
            _ => self.chosen().map(|(key, at)| (key, Some(at))),
        };
        match found {
            Some((key, at)) => {
                let what = if key.kind == Kind::Event { "this event" } else { &*key.name };
                vec![Reaction::Open(Overlay::why(what, self.practice.why(&key, at)))]
            }
            // There is no Pod to ask about; perhaps because one was refused.
            None => match self.practice.refusal() {
                Some(event) => {
                    vec![Reaction::Open(Overlay::why_none(self.practice.why(&event, None)))]
                }
                None => nothing_yet(),
            },
        }
    }
}

pub(super) fn nothing_yet() -> Reactions {
    vec![Reaction::Say("Nothing here yet: apply a manifest first (a on a YAML block).".into())]
}
