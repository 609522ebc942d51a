//! The YAML editor: numbered lines in their colours, the line complained about, the cursor.

use super::Canvas;
use super::page::tinted;
use super::text::{self, Piece};
use super::theme::Role;
use crate::app::editor::{Editor, Leaving, Purpose};
use ratatui::layout::{Position, Rect};

/// Columns of line numbers.
const GUTTER: u16 = 5;

impl Canvas<'_, '_> {
    pub(super) fn editor(&mut self, editor: &Editor, body: Rect) {
        let changed = if editor.changed() { " (changed)" } else { "" };
        let title = format!("edit {}{changed}", editor.name);
        let inside = self.window(body, (body.width.saturating_sub(4), body.height), &title);
        let foot = self.editor_foot(editor, inside);
        let page = Rect { height: inside.height.saturating_sub(foot), ..inside };
        let lines = editor.area.lines();
        let cursor = editor.area.cursor();
        let (row, column) = (cursor.0, cursor.1);
        let height = usize::from(page.height).max(1);
        // The last column is kept for the sign of a line that goes on.
        let room = usize::from(page.width.saturating_sub(GUTTER + 1)).max(1);
        let top = (row + 1).saturating_sub(height.div_ceil(2)).min(lines.len().saturating_sub(height));
        let before: String = lines.get(row).map(|l| l.chars().take(column).collect()).unwrap_or_default();
        let left = (text::width(&before) + 1).saturating_sub(room);
        let tints = tinted("yaml", &lines.join("\n"), self.theme);
        for (y, at) in (top..lines.len()).take(height).enumerate() {
            let bad = editor.complaint.as_ref().is_some_and(|(line, _)| *line == at);
            let number = self.theme.style(if bad { Role::Bad } else { Role::Quiet });
            let sign = if bad { "!" } else { " " };
            let mut line = vec![Piece::new(format!("{:>3}{sign} ", at + 1), number)];
            let whole = tints.get(at).cloned().unwrap_or_default();
            let width = text::row_width(&whole);
            line.extend(skip_cells(whole, left));
            self.row(page, y, line);
            self.cut_signs(page, y, (left > 0 && width > 0, width > left + room));
        }
        let x = GUTTER + (text::width(&before) - left.min(text::width(&before))) as u16;
        if editor.find.is_none() && x < page.width {
            self.frame
                .set_cursor_position(Position::new(page.x + x, page.y + row.saturating_sub(top) as u16));
        }
        self.out.overlay = (height, lines.len());
    }

    /// Signs at the ends of a line that goes on beyond them: to the left, to the right.
    fn cut_signs(&mut self, page: Rect, y: usize, (before, behind): (bool, bool)) {
        let sign = |sign: &str| vec![Piece::new(sign, self.theme.style(Role::Accent))];
        let (left, right) = (sign("‹"), sign("›"));
        if before {
            self.row(Rect { x: page.x + GUTTER - 1, width: 1, ..page }, y, left);
        }
        if behind {
            self.row(Rect { x: page.right().saturating_sub(1), width: 1, ..page }, y, right);
        }
    }

    /// What is to be said about the text, below it; how many rows that took.
    fn editor_foot(&mut self, editor: &Editor, inside: Rect) -> u16 {
        let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        if let Some(find) = &editor.find {
            let keys = " Enter next  Esc back to the text";
            let cells = text::width(keys) as u16;
            self.field(Rect { width: last.width.saturating_sub(cells).max(1), ..last }, 0, "find: ", find);
            if last.width > 2 * cells {
                let keys_at = Rect { x: last.right() - cells, width: cells, ..last };
                self.text(keys_at, 0, keys, self.theme.style(Role::Quiet));
            }
            return 1;
        }
        let (does, done) = match editor.purpose {
            Purpose::Apply => ("apply", "applied"),
            Purpose::HandBack => ("save", "saved"),
        };
        let (words, role) = match (&editor.complaint, editor.leaving) {
            (_, Leaving::Asked) => {
                (format!("Your changes are not {done}. Ctrl-C drops them, Ctrl-S: {does}."), Role::Warn)
            }
            (Some((line, what)), _) => {
                (format!("line {}: {what} (Ctrl-S again sends it as it is)", line + 1), Role::Bad)
            }
            _ => {
                let keys = format!("Ctrl-S {does}  Ctrl-U undo  Ctrl-R redo  Ctrl-F find  Esc leave");
                // Who called for vi may go on in its keys.
                let vi = if editor.purpose == Purpose::HandBack { "  (vi's keys are text here)" } else { "" };
                (keys + vi, Role::Quiet)
            }
        };
        let rows = text::wrap(&[Piece::new(words, self.theme.style(role))], usize::from(inside.width).max(1));
        let height = (rows.len() as u16).clamp(1, (inside.height / 2).max(1));
        let foot = Rect { y: inside.bottom().saturating_sub(height), height, ..inside };
        for (y, row) in rows.into_iter().enumerate() {
            self.row(foot, y, row);
        }
        height
    }
}

/// The row without its first cells.
fn skip_cells(row: text::Row, mut cells: usize) -> text::Row {
    let mut kept = text::Row::new();
    for piece in row {
        let mut rest = String::new();
        for c in piece.text.chars() {
            let wide = text::width(c.encode_utf8(&mut [0; 4]));
            if cells >= wide && cells > 0 {
                cells -= wide;
            } else {
                cells = 0;
                rest.push(c);
            }
        }
        kept.push(Piece { text: rest, ..piece });
    }
    kept
}
