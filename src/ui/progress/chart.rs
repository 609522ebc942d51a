//! Columns that stand for numbers: a height in eighths of a cell, the number above, a name below. Reads without colour.

use super::super::Canvas;
use super::super::text::{Piece, Row};
use super::super::theme::Role;

/// Rows of the tallest column.
const TALL: usize = 4;
/// Cells of a column with its gap.
const CELLS: usize = 4;
/// Eighths of a cell, from none to all.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

impl Canvas<'_, '_> {
    /// A column for each value, named by its position.
    pub(super) fn columns(&self, values: &[u32], name: impl Fn(usize) -> String) -> Vec<Row> {
        let most = values.iter().copied().max().unwrap_or(0).max(1) as usize;
        let high = |value: u32| (value as usize * TALL * 8).div_ceil(most);
        let mut rows = Vec::with_capacity(TALL + 2);
        let numbers = values.iter().map(|value| if *value == 0 { String::new() } else { value.to_string() });
        rows.push(vec![Piece::new(set(numbers), self.theme.style(Role::Title))]);
        for level in (0..TALL).rev() {
            let cells =
                values.iter().map(|value| EIGHTHS[high(*value).saturating_sub(level * 8).min(8)].repeat(2));
            rows.push(vec![Piece::new(set(cells), self.theme.style(Role::Word))]);
        }
        rows.push(vec![Piece::new(set((0..values.len()).map(name)), self.theme.style(Role::Quiet))]);
        rows
    }
}

/// Texts one beside the other, each in its column.
fn set(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!("{text:<CELLS$}")).collect()
}
