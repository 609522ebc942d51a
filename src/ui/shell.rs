//! The shell: what was printed, and the line being typed at the end of it.

use super::Canvas;
use super::frame::{Focus, Titles};
use super::text::{self, Piece, Row};
use super::theme::Role;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

impl Canvas<'_, '_> {
    pub(super) fn shell(&mut self, rect: Rect, focus: Focus) {
        let bench = &self.app.bench;
        let right = match (bench.shell.up, bench.practice.is_busy()) {
            (0, true) => Line::styled("running, Ctrl-C stops", self.theme.style(Role::Warn)),
            (0, false) => Line::default(),
            (up, _) => Line::styled(format!("{up} lines up"), self.theme.style(Role::Warn)),
        };
        let inside = self.pane(rect, Titles { left: "shell", right }, focus);
        let (height, cells) = (usize::from(inside.height), usize::from(inside.width).max(1));
        self.out.shell = height;
        let typed = self.typed_rows(cells);
        let candidates = self.candidate_rows(cells, height / 2);
        let room = height.saturating_sub(typed.len() + candidates.len());
        let printed = self.printed_rows(cells, room, bench.shell.up);
        let before = printed.len();
        let rows = printed.into_iter().chain(typed.clone()).chain(candidates);
        for (y, row) in rows.enumerate() {
            self.row(inside, y, row);
        }
        if focus == Focus::Here && bench.shell.up == 0 && self.app.overlay.is_none() {
            self.cursor_at(inside, before, &typed, cells);
        }
    }

    /// The last rows of the output that fit, `up` lines further up if asked.
    fn printed_rows(&self, cells: usize, room: usize, up: usize) -> Vec<Row> {
        let output = self.app.bench.practice.output();
        let end = output.len().saturating_sub(up);
        let mut rows: Vec<Row> = Vec::new();
        for line in output[..end].iter().rev() {
            let (style, line) = match line.strip_prefix("$ ") {
                Some(command) => (self.theme.style(Role::Title), format!("$ {command}")),
                None => (self.theme.style(Role::Text), line.clone()),
            };
            let mut wrapped = text::break_line(&[Piece::new(line, style)], cells, cells);
            wrapped.reverse();
            rows.extend(wrapped);
            if rows.len() >= room {
                break;
            }
        }
        rows.truncate(room);
        rows.reverse();
        rows
    }

    fn typed_rows(&self, cells: usize) -> Vec<Row> {
        let (shell, practice) = (&self.app.bench.shell, &self.app.bench.practice);
        if shell.up > 0 || (practice.is_busy() && shell.line.text().is_empty()) {
            return Vec::new();
        }
        let prompt = match shell.line.searching() {
            Some(wanted) => format!("(search '{wanted}') "),
            None => practice.prompt().clone(),
        };
        let pieces = [
            Piece::new(prompt, self.theme.style(Role::Accent)),
            Piece::new(shell.line.text(), self.theme.style(Role::Text)),
        ];
        text::chop(&pieces, cells)
    }

    fn candidate_rows(&self, cells: usize, most: usize) -> Vec<Row> {
        let candidates = &self.app.bench.shell.candidates;
        let widest = candidates.iter().map(|c| text::width(c)).max().unwrap_or(0) + 2;
        let columns = (cells / widest).max(1);
        let quiet = self.theme.style(Role::Quiet);
        let mut rows: Vec<Row> = candidates
            .chunks(columns)
            .map(|chunk| chunk.iter().map(|c| Piece::new(text::pad(c, widest), quiet)).collect())
            .collect();
        if rows.len() > most {
            rows.truncate(most.saturating_sub(1));
            rows.push(vec![Piece::new(format!("… {} in all", candidates.len()), quiet)]);
        }
        rows
    }

    fn cursor_at(&mut self, inside: Rect, before: usize, typed: &[Row], cells: usize) {
        let line = &self.app.bench.shell.line;
        let prompt = typed.first().and_then(|row| row.first()).map_or(0, |p| text::width(&p.text));
        let at = prompt + text::width(line.before_cursor());
        let (y, x) = (before + at / cells, at % cells);
        if y < usize::from(inside.height) && !typed.is_empty() {
            self.frame.set_cursor_position(Position::new(inside.x + x as u16, inside.y + y as u16));
        }
    }
}
