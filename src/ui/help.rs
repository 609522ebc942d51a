//! All keys that hold where one is, from the one table of keys.

use super::Canvas;
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::key::Key;
use crate::app::keymap::{Context, KEYMAP, find};
use crate::app::overlay::Help;
use ratatui::layout::Rect;

impl Canvas<'_, '_> {
    pub(super) fn help(&mut self, help: &Help, body: Rect) {
        let rows = self.help_rows(help);
        let width = rows.iter().map(|row| text::row_width(row)).max().unwrap_or(0).clamp(30, 76) as u16 + 5;
        let inside = self.window(body, (width, rows.len() as u16 + 2), "keys of this place");
        let height = usize::from(inside.height);
        self.out.overlay = (height, rows.len());
        let top = help.top.min(rows.len().saturating_sub(height));
        let total = rows.len();
        for (y, row) in rows.into_iter().skip(top).enumerate() {
            self.row(inside, y, row);
        }
        self.scroll_bar(Rect { width: inside.width + 1, ..inside }, top, total);
    }

    fn help_rows(&self, help: &Help) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for context in &help.contexts {
            if !rows.is_empty() {
                rows.push(Row::new());
            }
            rows.push(vec![Piece::new(context.title(), self.theme.style(Role::Accent))]);
            rows.extend(self.help_of(*context, &help.contexts));
        }
        rows
    }

    /// The bindings of a context; keys that do the same stand together, and those that mean something else here are left out.
    fn help_of(&self, context: Context, all: &[Context]) -> Vec<Row> {
        let mut lines: Vec<(String, &str)> = Vec::new();
        for binding in KEYMAP.iter().filter(|b| b.within == context) {
            let here = |key: &&Key| find(all, **key) == Some(binding.run);
            let keys: Vec<String> = binding.keys.iter().filter(here).map(ToString::to_string).collect();
            if keys.is_empty() {
                continue;
            }
            match lines.iter_mut().find(|(_, help)| *help == binding.help) {
                Some((known, _)) => *known = format!("{known} {}", keys.join(" ")),
                None => lines.push((keys.join(" "), binding.help)),
            }
        }
        let row = |(keys, help): (String, &str)| {
            vec![
                Piece::new(text::pad(&format!("  {keys}"), 22), self.theme.style(Role::Title)),
                Piece::new(help, self.theme.style(Role::Text)),
            ]
        };
        lines.into_iter().map(row).collect()
    }
}
