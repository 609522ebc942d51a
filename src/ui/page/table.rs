//! Tables that fit: columns give way, the widest first, and cells wrap.

use super::super::text::{self, Piece, Row};
use super::super::theme::Role;
use super::Setter;
use crate::course::block::{Align, Inline, Table};

/// Between two columns.
const GAP: &str = " │ ";
/// A column is not made narrower than this; if that is still too wide, rows are set as lists.
const NARROWEST: usize = 6;

impl Setter<'_> {
    pub(super) fn table(&mut self, table: &Table, cells: usize) {
        let title = self.style(Role::Title);
        let header: Vec<Row> = table.header.iter().map(|cell| self.inlines(cell, title)).collect();
        let rows: Vec<Vec<Row>> = table.rows.iter().map(|row| self.cells(row)).collect();
        let columns = table.align.len().max(header.len()).max(1);
        let room = cells.saturating_sub((columns - 1) * text::width(GAP));
        match widths(&header, &rows, columns, room) {
            Some(widths) => self.grid(table, &header, &rows, &widths),
            None => self.rows_as_lists(&header, &rows, cells),
        }
    }

    fn cells(&mut self, row: &[Vec<Inline>]) -> Vec<Row> {
        let plain = self.style(Role::Text);
        row.iter().map(|cell| self.inlines(cell, plain)).collect()
    }

    fn grid(&mut self, table: &Table, header: &[Row], rows: &[Vec<Row>], widths: &[usize]) {
        self.grid_row(header, widths, &table.align);
        let edge = self.style(Role::Border);
        let line: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
        self.rows.push(vec![Piece::new(line.join("─┼─"), edge)]);
        let wraps = rows.iter().any(|row| row.iter().zip(widths).any(|(cell, w)| text::row_width(cell) > *w));
        for (i, row) in rows.iter().enumerate() {
            if i > 0 && wraps {
                let line: Vec<String> = widths.iter().map(|w| " ".repeat(*w)).collect();
                self.rows.push(vec![Piece::new(line.join(GAP), edge)]);
            }
            self.grid_row(row, widths, &table.align);
        }
    }

    fn grid_row(&mut self, row: &[Row], widths: &[usize], align: &[Align]) {
        let empty = Row::new();
        let wrapped: Vec<Vec<Row>> = widths
            .iter()
            .enumerate()
            .map(|(column, cells)| text::wrap(row.get(column).unwrap_or(&empty), *cells))
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let mut line = Row::new();
            for (column, cells) in widths.iter().enumerate() {
                if column > 0 {
                    line.push(Piece::new(GAP, self.style(Role::Border)));
                }
                let cell = wrapped[column].get(at).cloned().unwrap_or_default();
                let free = cells.saturating_sub(text::row_width(&cell));
                let before = match align.get(column) {
                    Some(Align::Right) => free,
                    Some(Align::Center) => free / 2,
                    _ => 0,
                };
                line.push(Piece::new(" ".repeat(before), self.style(Role::Text)));
                line.extend(cell);
                line.push(Piece::new(" ".repeat(free - before), self.style(Role::Text)));
            }
            self.note_links(std::slice::from_ref(&line), self.rows.len());
            self.rows.push(line);
        }
    }

    fn rows_as_lists(&mut self, header: &[Row], rows: &[Vec<Row>], cells: usize) {
        for (i, row) in rows.iter().enumerate() {
            if i > 0 {
                self.blank();
            }
            for (column, cell) in row.iter().enumerate() {
                let mut pieces = header.get(column).cloned().unwrap_or_default();
                pieces.push(Piece::new(": ", self.style(Role::Title)));
                pieces.extend(cell.iter().cloned());
                let wrapped = text::wrap(&pieces, cells);
                self.note_links(&wrapped, self.rows.len());
                self.rows.extend(wrapped);
            }
        }
    }
}

/// The width of each column so that all fit `room`; `None` if they cannot.
fn widths(header: &[Row], rows: &[Vec<Row>], columns: usize, room: usize) -> Option<Vec<usize>> {
    let natural = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(header.get(column));
        cells.map(|cell| text::row_width(cell)).max().unwrap_or(0).max(1)
    };
    let mut widths: Vec<usize> = (0..columns).map(natural).collect();
    let floor: usize = widths.iter().map(|w| (*w).min(NARROWEST)).sum();
    if floor > room {
        return None;
    }
    // The widest columns come down to a common level; the others keep their natural width.
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter().copied().max().unwrap_or(0);
        let next = widths.iter().copied().filter(|w| *w < widest).max().unwrap_or(0);
        let many = widths.iter().filter(|w| **w == widest).count();
        let over = widths.iter().sum::<usize>() - room;
        let step = over.div_ceil(many).min(widest - next).max(1);
        let mut left = over;
        for w in widths.iter_mut().filter(|w| **w == widest) {
            let give = step.min(left);
            *w -= give;
            left -= give;
        }
    }
    Some(widths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn cell(cells: usize) -> Row {
        vec![Piece::new("x".repeat(cells), Style::new())]
    }

    #[test]
    fn the_widest_column_gives_way_first() {
        let rows = vec![vec![cell(5), cell(40), cell(12)]];
        assert_eq!(widths(&[], &rows, 3, 60), Some(vec![5, 40, 12]));
        assert_eq!(widths(&[], &rows, 3, 40), Some(vec![5, 23, 12]));
        assert_eq!(widths(&[], &rows, 3, 25), Some(vec![5, 10, 10]));
        assert_eq!(widths(&[], &rows, 3, 16), None);
    }
}
