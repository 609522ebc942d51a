//! The watch: the rows a running `kubectl get pods -w` has printed.

use super::Canvas;
use super::frame::Focus;
use super::text::Piece;
use super::theme::Role;
use crate::app::bench::WatchView;
use crate::app::extents::Target;
use crate::kube::SimTime;
use crate::kubectl::watch::WatchRow;
use crate::sim::ChangeKind;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// The columns of Pods.
const POD: &[&str] = &["NAME", "READY", "STATUS", "RESTARTS", "AGE"];
/// The columns of events.
const EVENT: &[&str] = &["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
/// How long a Pod may take to get on before that needs an explanation, in simulated milliseconds.
const PATIENCE: u64 = 10_000;
/// From this width on events are shown with all their columns.
const EVENTS_WIDE: usize = 70;
/// Rows below the events for the message of the chosen one, with the rule above it.
const TOLD: u16 = 4;

impl Canvas<'_, '_> {
    pub(super) fn watch(&mut self, rect: Rect, focus: Focus) {
        let bench = &self.app.bench;
        let mut titles = self.clock_titles(bench.watch.view.command());
        if focus == Focus::Elsewhere && titles.right.width() == 0 && bench.pod().is_some() {
            titles.right = Line::styled("w: why", self.theme.style(Role::Quiet));
        }
        let inside = self.pane(rect, titles, focus);
        let rows = bench.watch_rows();
        let told = self.told_below(&rows, inside, focus);
        let inside = Rect { height: inside.height - told, ..inside };
        self.out.watch = usize::from(inside.height).saturating_sub(1);
        if rows.is_empty() {
            return self.empty_watch(inside);
        }
        let height = self.out.watch;
        // Whoever looks elsewhere sees what is new; the chosen Pod stays chosen.
        let top = match bench.watch.chosen.filter(|_| focus == Focus::Here) {
            Some(cursor) => cursor.top.min(rows.len().saturating_sub(height)),
            None => rows.len().saturating_sub(height),
        };
        let shown = &rows[top..(top + height).min(rows.len())];
        let grid = Grid::of(bench.watch.view, usize::from(inside.width));
        let widths = grid.widths(shown);
        let quiet = self.theme.style(Role::Quiet);
        self.row(inside, 0, vec![Piece::new(grid.header(&widths), quiet)]);
        let chosen = bench.chosen_row().filter(|_| focus == Focus::Here);
        for (i, row) in shown.iter().enumerate() {
            let styles = self.cell_styles(bench.watch.view, row);
            let cells = grid.cells(row).zip(&widths).zip(styles);
            let cells = cells.map(|((cell, width), style)| Piece::new(super::text::pad(cell, *width), style));
            self.row(inside, i + 1, cells.collect());
            if chosen == Some(top + i) {
                self.choose(inside, i + 1);
            }
            self.clickable(inside, i + 1, Target::WatchRow(top + i));
        }
        let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        self.scroll_bar(body, top, rows.len());
    }

    /// Below the events, where there is room: the whole message of the chosen one. How many rows that takes.
    fn told_below(&mut self, rows: &[WatchRow], inside: Rect, focus: Focus) -> u16 {
        let bench = &self.app.bench;
        let event = bench.chosen_row().and_then(|at| rows.get(at)).filter(|_| focus == Focus::Here);
        let Some(event) = event.filter(|_| bench.watch.view == WatchView::Events && inside.height > 3 * TOLD)
        else {
            return 0;
        };
        let below = Rect { y: inside.bottom() - TOLD, height: TOLD, ..inside };
        let edge = self.theme.style(Role::Border);
        self.row(below, 0, vec![Piece::new("─".repeat(usize::from(below.width)), edge)]);
        let message = event.cells.get(4).cloned().unwrap_or_default();
        let words = [Piece::new(message, self.theme.style(Role::Text))];
        let all = super::text::wrap(&words, usize::from(below.width).max(1));
        for (y, row) in all.into_iter().enumerate() {
            self.row(below, y + 1, row);
        }
        TOLD
    }

    fn empty_watch(&mut self, inside: Rect) {
        let quiet = self.theme.style(Role::Quiet);
        self.text(inside, 0, "No resources found in default namespace.", quiet);
        self.text(inside, 1, "Press a on a YAML block of the text to apply it.", quiet);
    }

    /// How the cells of a row look: STATUS and the type of an event in the colour of what they mean, the rest quiet.
    fn cell_styles(&self, view: WatchView, row: &WatchRow) -> Vec<Style> {
        let [plain, quiet, warn] = [Role::Text, Role::Quiet, Role::Warn].map(|role| self.theme.style(role));
        if view == WatchView::Events {
            let warning = row.cells.get(1).is_some_and(|kind| kind == "Warning");
            return vec![
                quiet,
                if warning { warn } else { quiet },
                if warning { warn } else { plain },
                quiet,
                plain,
            ];
        }
        vec![plain, quiet, self.row_style(row), quiet, quiet]
    }

    fn row_style(&self, row: &WatchRow) -> Style {
        if row.change == ChangeKind::Deleted {
            return self.theme.style(Role::Quiet);
        }
        let (status, ready) = state(row);
        self.theme.style(status_role(status, ready))
    }
}

/// What a STATUS means for a learner's eye.
pub(super) fn status_role(status: &str, ready: bool) -> Role {
    match status {
        "Running" if ready => Role::Good,
        "Completed" | "Succeeded" => Role::Good,
        "Running" | "Pending" | "ContainerCreating" | "PodInitializing" | "Terminating" => Role::Warn,
        "" => Role::Text,
        _ if status.starts_with("Init:") && !status.contains("Err") && !status.contains("Crash") => {
            Role::Warn
        }
        _ => Role::Bad,
    }
}

/// Whether a Pod of which nothing newer is known at `now` than its row needs an explanation.
pub(super) fn is_stuck(row: &WatchRow, now: SimTime) -> bool {
    if row.change == ChangeKind::Deleted {
        return false;
    }
    let (status, ready) = state(row);
    match status_role(status, ready) {
        Role::Bad => true,
        Role::Warn => status != "Terminating" && now.since(row.at) >= PATIENCE,
        _ => false,
    }
}

/// The STATUS of a Pod's row, and whether all its containers are ready.
fn state(row: &WatchRow) -> (&str, bool) {
    let status = row.cells.get(2).map(String::as_str).unwrap_or_default();
    let ready = row.cells.get(1).and_then(|cell| cell.split_once('/')).is_some_and(|(a, b)| a == b);
    (status, ready)
}

/// Which columns are shown, and how wide.
struct Grid {
    names: &'static [&'static str],
    /// Positions of the columns shown.
    shown: &'static [usize],
    cells: usize,
}

impl Grid {
    fn of(view: WatchView, cells: usize) -> Grid {
        match view {
            WatchView::Events if cells >= EVENTS_WIDE => {
                Grid { names: EVENT, shown: &[0, 1, 2, 3, 4], cells }
            }
            WatchView::Events => Grid { names: EVENT, shown: &[0, 2, 4], cells },
            _ => Grid { names: POD, shown: &[0, 1, 2, 3, 4], cells },
        }
    }

    fn cells<'r>(&self, row: &'r WatchRow) -> impl Iterator<Item = &'r str> + use<'r> {
        let shown = self.shown;
        shown.iter().map(|column| row.cells.get(*column).map(String::as_str).unwrap_or_default())
    }

    /// The width of each column with the gap after it, as kubectl pads: three blanks; one where the room is short.
    fn widths(&self, rows: &[WatchRow]) -> Vec<usize> {
        let widest = |column: &usize| {
            let cells = rows.iter().filter_map(|row| row.cells.get(*column));
            let widest = cells.map(|cell| super::text::width(cell)).max().unwrap_or(0);
            widest.max(self.names[*column].len())
        };
        let bare: Vec<usize> = self.shown.iter().map(widest).collect();
        let gap = if bare.iter().map(|width| width + 3).sum::<usize>() > self.cells + 3 { 1 } else { 3 };
        let mut widths: Vec<usize> = bare.into_iter().map(|width| width + gap).collect();
        // What does not fit is cut where one sees it: in the last column.
        let before: usize = widths.iter().rev().skip(1).sum();
        if let Some(last) = widths.last_mut() {
            *last = (*last).min(self.cells.saturating_sub(before));
        }
        widths
    }

    fn header(&self, widths: &[usize]) -> String {
        let names = self.shown.iter().map(|column| self.names[*column]);
        names.zip(widths).map(|(name, width)| super::text::pad(name, *width)).collect()
    }
}
