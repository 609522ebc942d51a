//! Search in all chapters.

use super::Canvas;
use super::frame::{Focus, Titles};
use super::text::{self, Piece};
use super::theme::Role;
use crate::app::extents::Target;
use crate::app::line_editor::LineEditor;
use crate::app::search::{Search, whole_words};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

impl Canvas<'_, '_> {
    pub(super) fn search(&mut self, search: &Search, body: Rect) {
        let found = match search.hits.len() {
            0 => String::new(),
            1 => "1 place".to_owned(),
            many => format!("{many} places"),
        };
        let right = Line::styled(found, self.theme.style(Role::Quiet));
        let inside = self.pane(body, Titles { left: "search all chapters", right }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        self.field(inside, 0, "/ ", &search.line);
        let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
        self.out.list = usize::from(list.height);
        if search.hits.is_empty() {
            let words = match search.line.text().chars().count() {
                0 => "Type a word: probe, OOMKilled, kubectl logs …",
                1 => "One more letter.",
                _ => "Nothing holds these words. A shorter word finds more.",
            };
            return self.text(list, 0, words, self.theme.style(Role::Quiet));
        }
        let mut cursor = search.cursor;
        cursor.fit(self.out.list, search.hits.len());
        let widest = search.hits.iter().map(|h| text::width(&h.title)).max().unwrap_or(0);
        let titles = widest.min(usize::from(list.width) / 3);
        for (y, (at, hit)) in search.hits.iter().enumerate().skip(cursor.top).take(self.out.list).enumerate()
        {
            let [before, found, after] = &hit.text;
            let room = usize::from(list.width).saturating_sub(titles + text::width(found) + 3);
            let before = clip_start(before, room / 2);
            let after_room = room.saturating_sub(text::width(&before));
            let row = vec![
                Piece::new(format!("{}  ", text::pad(&hit.title, titles)), self.theme.style(Role::Accent)),
                Piece::new(before, self.theme.style(Role::Quiet)),
                Piece::new(found.clone(), self.theme.style(Role::Match)),
                Piece::new(text::clip(after, after_room), self.theme.style(Role::Quiet)),
            ];
            self.row(list, y, row);
            if at == cursor.at {
                self.choose(list, y);
            }
            self.clickable(list, y, Target::Row(at));
        }
        self.scroll_bar(list, cursor.top, search.hits.len());
    }

    /// A line of text being typed, with its cursor.
    pub(super) fn field(&mut self, rect: Rect, y: usize, prompt: &str, line: &LineEditor) {
        let row = vec![
            Piece::new(prompt, self.theme.style(Role::Accent)),
            Piece::new(line.text(), self.theme.style(Role::Title)),
        ];
        self.row(rect, y, row);
        let x = text::width(prompt) + text::width(line.before_cursor());
        if y < usize::from(rect.height) && x < usize::from(rect.width) {
            self.frame.set_cursor_position(Position::new(rect.x + x as u16, rect.y + y as u16));
        }
    }
}

/// The end of `text` that fits, from a whole word on.
fn clip_start(text: &str, cells: usize) -> String {
    if text::width(text) <= cells {
        return text.to_owned();
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += text::width(c.encode_utf8(&mut [0; 4]));
        if used >= cells {
            break;
        }
        kept.push(c);
    }
    whole_words(&kept.into_iter().rev().collect::<String>())
}
