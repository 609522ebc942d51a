//! Padding of columns as kubectl's tables have it: cells three spaces apart, no column narrower than six, and widths that are
//! remembered, so that later rows of a watch keep to the widest seen so far. Does not know what the cells mean.

/// Column widths, which only ever grow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    widths: Vec<usize>,
}

const PADDING: usize = 3;
const NARROWEST: usize = 6;

impl Grid {
    /// The lines of one block: all its rows are padded alike, and to what came before.
    pub fn print<'a>(&mut self, rows: impl Iterator<Item = &'a [String]> + Clone) -> String {
        for row in rows.clone() {
            self.widen(row);
        }
        let mut text = String::new();
        for row in rows {
            self.line(row, &mut text);
            text.push('\n');
        }
        text
    }

    fn widen(&mut self, row: &[String]) {
        for (i, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
            let width = (cell.chars().count() + PADDING).max(NARROWEST);
            match self.widths.get_mut(i) {
                Some(known) => *known = width.max(*known),
                None => self.widths.push(width),
            }
        }
    }

    fn line(&self, row: &[String], text: &mut String) {
        for (i, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if i + 1 < row.len() {
                let blank = self.widths[i].saturating_sub(cell.chars().count());
                text.extend(std::iter::repeat_n(' ', blank));
            }
        }
    }
}

/// A cell as the table printer lets it through: cut at the first line break, escape characters made visible.
pub fn clean(cell: &str) -> String {
    match cell.find(['\n', '\r', '\u{c}']) {
        Some(end) => format!("{}...", cell[..end].replace('\u{1b}', "^[")),
        None if cell.contains('\u{1b}') => cell.replace('\u{1b}', "^["),
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn later_rows_keep_to_the_widest_seen_so_far() {
        let mut grid = Grid::default();
        let head = [row(&["NAME", "READY", "STATUS", "AGE"]), row(&["crash", "0/1", "Pending", "0s"])];
        let first = grid.print(head.iter().map(Vec::as_slice));
        assert_eq!(first, "NAME    READY   STATUS    AGE\ncrash   0/1     Pending   0s\n");
        let wide = [row(&["crash", "0/1", "ContainerCreating", "0s"])];
        assert_eq!(grid.print(wide.iter().map(Vec::as_slice)), "crash   0/1     ContainerCreating   0s\n");
        let narrow = [row(&["crash", "1/1", "Running", "1s"])];
        assert_eq!(grid.print(narrow.iter().map(Vec::as_slice)), "crash   1/1     Running             1s\n");
    }

    #[test]
    fn an_empty_last_cell_leaves_the_padding_before_it() {
        let rows = [row(&["A", "", "LABEL"]), row(&["a", "", ""])];
        let text = Grid::default().print(rows.iter().map(Vec::as_slice));
        assert_eq!(text, "A           LABEL\na           \n");
    }

    #[test]
    fn line_breaks_and_escapes_do_not_reach_the_table() {
        assert_eq!(clean("one\ntwo"), "one...");
        assert_eq!(clean("\u{1b}[31mred"), "^[[31mred");
    }
}
