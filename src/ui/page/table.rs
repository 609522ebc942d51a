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
    let most = |column: usize, of: fn(&[Piece]) -> usize, limit: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).chain(header.get(column));
        cells.map(|cell| of(cell)).filter(|w| *w <= limit).max().unwrap_or(0).max(1)
    };
    let natural: Vec<usize> = (0..columns).map(|column| most(column, text::row_width, usize::MAX)).collect();
    // A word of more than two thirds of the room claims nothing: its column would leave the others too narrow for theirs.
    let words: Vec<usize> =
        (0..columns).map(|column| most(column, text::longest_word, room * 2 / 3)).collect();
    let words: Vec<usize> =
        words.iter().zip(&natural).map(|(word, n)| (*word).max(NARROWEST).min(*n)).collect();
    let floors = fit(&vec![0; columns], &words, room)?;
    fit(&floors, &natural, room)
}

/// Widths between `floors` and `wanted` that fit `room`: the widest give way first, down to a common level of at least [`NARROWEST`].
fn fit(floors: &[usize], wanted: &[usize], room: usize) -> Option<Vec<usize>> {
    let at = |level: usize| -> Vec<usize> {
        floors.iter().zip(wanted).map(|(floor, wanted)| level.min(*wanted).max(*floor)).collect()
    };
    let highest = wanted.iter().copied().max().unwrap_or(0).max(NARROWEST);
    let mut widths =
        (NARROWEST..=highest).rev().map(at).find(|widths| widths.iter().sum::<usize>() <= room)?;
    let mut left = room - widths.iter().sum::<usize>();
    for (width, wanted) in widths.iter_mut().zip(wanted) {
        let more = left.min(1).min(wanted - *width);
        *width += more;
        left -= more;
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
        assert_eq!(widths(&[], &rows, 3, 25), Some(vec![5, 8, 12]), "a word that fits is not cut");
        assert_eq!(widths(&[], &rows, 3, 16), None);
    }

    #[test]
    fn no_column_gets_narrower_than_its_words_while_another_has_room() {
        let words = |text: &str| vec![Piece::new(text, Style::new())];
        let rows = vec![vec![
            words("topologySpreadConstraints"),
            words("evenly over zones or over nodes"),
            words("must or wish, as you like"),
        ]];
        assert_eq!(widths(&[], &rows, 3, 54), Some(vec![25, 15, 14]));
        let long =
            vec![vec![words("the phase"), words("kubectl get pod slow -o jsonpath='{.status.phase}'")]];
        assert_eq!(widths(&[], &long, 2, 30), Some(vec![9, 21]), "a word that is cut anyway claims nothing");
    }
}
