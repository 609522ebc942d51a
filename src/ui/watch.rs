//! The watch: the rows a running `kubectl get pods -w` has printed.

use super::Canvas;
use super::frame::Focus;
use super::text::Piece;
use super::theme::Role;
use crate::app::bench::WatchView;
use crate::app::extents::Target;
use crate::kubectl::watch::WatchRow;
use crate::sim::ChangeKind;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The widths kubectl gives the columns of its first table, and the least it pads later ones to.
const HEADER: &str = "NAME";

impl Canvas<'_, '_> {
    pub(super) fn watch(&mut self, rect: Rect, focus: Focus) {
        let bench = &self.app.bench;
        let title = match bench.watch.view {
            WatchView::Stream => "kubectl get pods -w",
            WatchView::Table => "kubectl get pods",
        };
        let titles = self.clock_titles(title);
        let inside = self.pane(rect, titles, focus);
        let table;
        let rows: &[WatchRow] = match bench.watch.view {
            WatchView::Stream => bench.practice.rows(),
            WatchView::Table => {
                table = bench.practice.table();
                &table
            }
        };
        self.out.watch = usize::from(inside.height).saturating_sub(1);
        if rows.is_empty() {
            return self.empty_watch(inside);
        }
        let height = self.out.watch;
        let top = match bench.watch.chosen {
            Some(cursor) => cursor.top.min(rows.len().saturating_sub(height)),
            None => rows.len().saturating_sub(height),
        };
        let shown = &rows[top..(top + height).min(rows.len())];
        let widths = widths(shown);
        let header = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"].map(str::to_owned);
        let quiet = self.theme.style(Role::Quiet);
        self.row(inside, 0, vec![Piece::new(columns(&header, &widths), quiet)]);
        let chosen = bench.chosen_row().filter(|_| focus == Focus::Here);
        for (i, row) in shown.iter().enumerate() {
            let style = self.row_style(row);
            self.row(inside, i + 1, self.cells(row, &widths, style));
            if chosen == Some(top + i) {
                self.choose(inside, i + 1);
            }
            self.clickable(inside, i + 1, Target::WatchRow(top + i));
        }
        let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        self.scroll_bar(body, top, rows.len());
    }

    fn empty_watch(&mut self, inside: Rect) {
        let quiet = self.theme.style(Role::Quiet);
        self.text(inside, 0, "No resources found in default namespace.", quiet);
        self.text(inside, 1, "Press a on a YAML block of the text to apply it.", quiet);
    }

    /// Name, STATUS in the colour of what it means, the rest quiet.
    fn cells(&self, row: &WatchRow, widths: &[usize], status: Style) -> Vec<Piece> {
        let quiet = self.theme.style(Role::Quiet);
        let plain = self.theme.style(Role::Text);
        row.cells
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let style = match column {
                    0 => plain,
                    2 => status,
                    _ => quiet,
                };
                Piece::new(super::text::pad(cell, *width), style)
            })
            .collect()
    }

    fn row_style(&self, row: &WatchRow) -> Style {
        if row.change == ChangeKind::Deleted {
            return self.theme.style(Role::Quiet);
        }
        let status = row.cells.get(2).map(String::as_str).unwrap_or_default();
        let ready = row.cells.get(1).and_then(|cell| cell.split_once('/')).is_some_and(|(a, b)| a == b);
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

fn columns(cells: &[String], widths: &[usize]) -> String {
    cells.iter().zip(widths).map(|(cell, width)| super::text::pad(cell, *width)).collect()
}

/// The width of each column with the gap after it, as kubectl pads: three blanks.
fn widths(rows: &[WatchRow]) -> Vec<usize> {
    let least = [HEADER.len(), 5, 6, 8, 3];
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        cells.map(|cell| super::text::width(cell)).max().unwrap_or(0)
    };
    least.iter().enumerate().map(|(column, least)| widest(column).max(*least) + 3).collect()
}
