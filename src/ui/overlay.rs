//! What lies above the screen.

/// What kubectl says about a Pod.
mod sheet;

use super::Canvas;
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::extents::Target;
use crate::app::moment::moment;
use crate::app::overlay::{Chain, Confirm, Overlay};
use crate::app::palette::Palette;
use ratatui::layout::Rect;

impl Canvas<'_, '_> {
    pub(super) fn overlay(&mut self, body: Rect) {
        match &self.app.overlay {
            None => {}
            Some(Overlay::Help(help)) => self.help(help, body),
            Some(Overlay::Palette(palette)) => self.palette(palette, body),
            Some(Overlay::Why(chain)) => self.chain(chain, body),
            Some(Overlay::Confirm(confirm)) => self.confirm(confirm, body),
            Some(Overlay::Text(sheet)) => self.sheet(sheet, body),
            Some(Overlay::Editor(editor)) => self.editor(editor, body),
        }
    }

    /// The causes, newest first: when, what; each is the reason of the one above it.
    fn chain(&mut self, chain: &Chain, body: Rect) {
        let cells = usize::from(body.width).saturating_sub(10).min(super::page::MEASURE);
        let mut rows: Vec<(Option<usize>, Row)> = Vec::new();
        for (i, link) in chain.links.iter().enumerate() {
            let lead = if i == 0 { "      " } else { "because " };
            let time = text::pad(&moment(link.at), 8);
            let words = text::wrap(
                &[Piece::new(link.text.clone(), self.theme.style(Role::Text))],
                cells.saturating_sub(18).max(10),
            );
            for (n, words) in words.into_iter().enumerate() {
                let head = if n == 0 { format!("{time}{lead:<9}") } else { " ".repeat(17) };
                let mut row = vec![Piece::new(head, self.theme.style(Role::Quiet))];
                row.extend(words);
                rows.push((Some(i), row));
            }
            if let Some(chapter) = self.app.course.chapter(&link.chapter) {
                let name = format!("{} {}", chapter.number, chapter.front.title);
                let words = text::clip(&format!("{}read: {}", " ".repeat(17), name.trim()), cells);
                rows.push((Some(i), vec![Piece::new(words, self.theme.style(Role::Link))]));
            }
        }
        if rows.is_empty() {
            let words = "Nothing is known about the causes of this row.";
            rows.push((None, vec![Piece::new(words, self.theme.style(Role::Quiet))]));
        }
        let size = (cells as u16 + 6, rows.len() as u16 + 2);
        let inside = self.window(body, size, &chain.title);
        let height = usize::from(inside.height);
        self.out.overlay = (height, rows.len());
        let first = rows.iter().position(|(i, _)| *i == Some(chain.cursor.at)).unwrap_or(0);
        let last = rows.iter().rposition(|(i, _)| *i == Some(chain.cursor.at)).unwrap_or(0);
        let top = (last + 1).saturating_sub(height).min(first);
        for (y, (link, row)) in rows.into_iter().skip(top).enumerate() {
            self.row(inside, y, row);
            if link == Some(chain.cursor.at) {
                self.choose(inside, y);
            }
            if let Some(link) = link {
                self.clickable(inside, y, Target::OverlayRow(link));
            }
        }
    }

    fn palette(&mut self, palette: &Palette, body: Rect) {
        let longest = palette.found.iter().map(|at| text::width(&palette.entries[*at].name)).max();
        // A window for commands, wider only for what does not fit it.
        let size = (
            longest.map_or(72, |cells| cells as u16 + 14).clamp(72, 100),
            body.height.saturating_sub(4).min(palette.entries.len() as u16 + 4),
        );
        let inside = self.window(body, size, "commands");
        self.field(inside, 0, ": ", &palette.line);
        let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        self.out.overlay = (usize::from(list.height), palette.found.len());
        if palette.found.is_empty() {
            self.text(list, 0, "No command has these letters in this order.", self.theme.style(Role::Quiet));
        }
        let mut cursor = palette.cursor;
        cursor.fit(usize::from(list.height), palette.found.len());
        let room = usize::from(list.width);
        let keys = palette.found.iter().map(|at| text::width(&palette.entries[*at].key)).max().unwrap_or(0);
        for (y, at) in (cursor.top..palette.found.len()).take(usize::from(list.height)).enumerate() {
            let entry = &palette.entries[palette.found[at]];
            let row = vec![
                Piece::new(
                    text::pad(&entry.name, room.saturating_sub(keys + 1)),
                    self.theme.style(Role::Text),
                ),
                Piece::new(format!(" {}", entry.key), self.theme.style(Role::Accent)),
            ];
            self.row(list, y, row);
            if at == cursor.at {
                self.choose(list, y);
            }
            self.clickable(list, y, Target::OverlayRow(at));
        }
        self.scroll_bar(Rect { width: list.width + 1, ..list }, cursor.top, palette.found.len());
    }

    fn confirm(&mut self, confirm: &Confirm, body: Rect) {
        let cells = usize::from(body.width).saturating_sub(12).min(50);
        let rows = text::wrap(&[Piece::new(confirm.text.clone(), self.theme.style(Role::Title))], cells);
        let inside = self.window(body, (cells as u16 + 6, rows.len() as u16 + 4), "please confirm");
        let inside = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        for (y, row) in rows.into_iter().enumerate() {
            self.row(inside, y, row);
        }
    }
}
