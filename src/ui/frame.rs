//! Frames around panes, rows with a mark, scroll bars, windows: what several parts of the view share.

use super::text::{self, Row};
use super::theme::Role;
use super::{Canvas, area};
use crate::app::extents::Target;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Clear};

/// Whether a pane has focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    /// Keys go to it.
    Here,
    /// Keys go elsewhere.
    Elsewhere,
}

/// The words on a frame.
pub(super) struct Titles<'a> {
    /// What it is.
    pub left: &'a str,
    /// What else is to be known about it, at the right.
    pub right: Line<'static>,
}

impl Canvas<'_, '_> {
    /// Draws a frame with its titles and returns what is inside.
    pub(super) fn pane(&mut self, rect: Rect, titles: Titles<'_>, focus: Focus) -> Rect {
        let (edge, name, kind) = match focus {
            Focus::Here => (Role::Focus, Role::Accent, BorderType::Thick),
            Focus::Elsewhere => (Role::Border, Role::Title, BorderType::Plain),
        };
        let right_width = titles.right.width();
        let room = usize::from(rect.width).saturating_sub(4);
        let left =
            text::clip(titles.left, room.saturating_sub(if right_width > 0 { right_width + 3 } else { 0 }));
        let mut block = Block::new()
            .borders(Borders::ALL)
            .border_type(kind)
            .border_style(self.theme.style(edge))
            .title_top(Line::styled(format!(" {left} "), self.theme.on_frame(self.theme.style(name))));
        if right_width > 0 && right_width + 4 < room {
            let mut right = titles.right;
            for span in &mut right.spans {
                span.style = self.theme.on_frame(right.style.patch(span.style));
            }
            right.spans.insert(0, Span::raw(" "));
            right.spans.push(Span::raw(" "));
            block = block.title_top(right.right_aligned());
        }
        let inner = block.inner(rect);
        self.frame.render_widget(block, rect);
        inner
    }

    /// Draws a window in the middle of `body`, over what is there; returns what is inside.
    pub(super) fn window(&mut self, body: Rect, (width, height): (u16, u16), title: &str) -> Rect {
        let width = width.clamp(1, body.width.saturating_sub(2).max(1));
        let height = height.clamp(1, body.height);
        let rect = Rect {
            x: body.x + (body.width - width) / 2,
            y: body.y + (body.height - height) / 2,
            width,
            height,
        };
        self.frame.render_widget(Clear, rect);
        self.frame.buffer_mut().set_style(rect, self.theme.base());
        self.out.hits.push((area(rect), Target::Overlay));
        let inner = self.pane(rect, Titles { left: title, right: Line::default() }, Focus::Here);
        inner.inner(Margin { horizontal: 1, vertical: 0 })
    }

    /// Writes a row at line `y` of `rect`.
    pub(super) fn row(&mut self, rect: Rect, y: usize, row: Row) {
        if y < usize::from(rect.height) {
            let line = text::line(row);
            self.frame.buffer_mut().set_line(rect.x, rect.y + y as u16, &line, rect.width);
        }
    }

    /// Writes plain text at line `y` of `rect`, cut to its width.
    pub(super) fn text(&mut self, rect: Rect, y: usize, words: &str, style: Style) {
        let words = text::clip(words, usize::from(rect.width));
        self.row(rect, y, vec![text::Piece::new(words, style)]);
    }

    /// Gives line `y` of `rect` the look of the chosen row, whatever it holds.
    pub(super) fn choose(&mut self, rect: Rect, y: usize) {
        if y < usize::from(rect.height) {
            let line = Rect { y: rect.y + y as u16, height: 1, ..rect };
            self.frame.buffer_mut().set_style(line, self.theme.style(Role::Selected));
        }
    }

    /// Makes line `y` of `rect` answer to clicks.
    pub(super) fn clickable(&mut self, rect: Rect, y: usize, target: Target) {
        if y < usize::from(rect.height) {
            let line = Rect { y: rect.y + y as u16, height: 1, ..rect };
            self.out.hits.push((area(line), target));
        }
    }

    /// A scroll bar on the right edge of `rect`, if not everything fits.
    pub(super) fn scroll_bar(&mut self, rect: Rect, top: usize, total: usize) {
        let height = usize::from(rect.height);
        if total <= height || height == 0 || rect.width == 0 {
            return;
        }
        let length = (height * height / total).clamp(1, height);
        let furthest = total - height;
        let start = (top.min(furthest) * (height - length) + furthest / 2) / furthest;
        for y in start..start + length {
            let bar = vec![text::Piece::new("█", self.theme.style(Role::Border))];
            let column = Rect { x: rect.right() - 1, width: 1, ..rect };
            self.row(column, y, bar);
        }
    }
}
