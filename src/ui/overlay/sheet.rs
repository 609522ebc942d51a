//! The window with what kubectl says about a Pod: lines folded with an indent, matches shown, the search field below.

use super::super::frame::Titles;
use super::super::text::{self, Piece, Row};
use super::super::theme::Role;
use super::super::{Canvas, area, page};
use crate::app::extents::{Shape, Target};
use crate::app::sheet::{Finding, Follow, Sheet};
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Clear;

/// What stands before the rest of a line that is too long.
const FOLD: &str = "↳ ";

impl Canvas<'_, '_> {
    pub(super) fn sheet(&mut self, sheet: &Sheet, body: Rect) {
        let inside = self.sheet_window(sheet, body);
        let field = matches!(sheet.finding, Finding::Typing(_));
        let text = Rect { height: inside.height.saturating_sub(u16::from(field)), ..inside };
        let cells = usize::from(text.width).saturating_sub(1).max(1);
        let wanted = sheet.wanted();
        let mut rows: Vec<Row> = sheet.lines.iter().flat_map(|line| self.folded(line, cells)).collect();
        self.out.matches = mark(&mut rows, &wanted, self.theme.style(Role::Match));
        let (height, total) = (usize::from(text.height), rows.len());
        self.out.overlay = (height, total);
        if rows.is_empty() {
            self.text(text, 0, "Nothing is printed yet.", self.theme.style(Role::Quiet));
        }
        let top = sheet.first(height, total);
        for (y, row) in rows.into_iter().skip(top).enumerate() {
            self.row(text, y, row);
        }
        self.scroll_bar(Rect { width: text.width + 1, ..text }, top, total);
        if let Finding::Typing(line) = &sheet.finding {
            let below = Rect { y: text.bottom(), height: 1, ..inside };
            self.field(below, 0, "/ ", line);
        }
    }

    /// The frame: the whole room on a narrow screen, a margin on a wide one.
    fn sheet_window(&mut self, sheet: &Sheet, body: Rect) -> Rect {
        let rect = match self.out.shape {
            Shape::Wide => body.inner(Margin { horizontal: 4, vertical: 1 }),
            _ => body,
        };
        self.frame.render_widget(Clear, rect);
        self.frame.buffer_mut().set_style(rect, self.theme.base());
        self.out.hits.push((area(rect), Target::Overlay));
        let matches =
            if sheet.wanted().is_empty() { String::new() } else { format!("/{}  ", sheet.wanted()) };
        let state = if sheet.follow == Follow::End { "following  " } else { "" };
        let mut right = self.clock();
        right.spans.insert(0, Span::styled(format!("{matches}{state}"), self.theme.style(Role::Quiet)));
        let left = format!("$ {}", sheet.command());
        let inner = self.pane(rect, Titles { left: &left, right }, super::super::frame::Focus::Here);
        inner.inner(Margin { horizontal: 1, vertical: 0 })
    }

    /// One line in as many rows as it needs; what is folded stands under the start of its words.
    fn folded(&self, line: &str, cells: usize) -> Vec<Row> {
        let style = self.line_style(line);
        if text::width(line) <= cells {
            return vec![vec![Piece::new(line, style)]];
        }
        let indent = line.chars().take_while(|c| *c == ' ').count().min(cells / 3);
        let margin = indent + text::width(FOLD);
        let lead = Piece::new(format!("{}{FOLD}", " ".repeat(indent)), self.theme.style(Role::Border));
        let mut rows = text::break_line(&[Piece::new(line, style)], cells, cells.saturating_sub(margin));
        for row in rows.iter_mut().skip(1) {
            row.insert(0, lead.clone());
        }
        rows
    }

    /// Headings of describe stand out; the rest is plain.
    fn line_style(&self, line: &str) -> Style {
        let heading = !line.starts_with(' ') && line.ends_with(':');
        self.theme.style(if heading { Role::Title } else { Role::Text })
    }
}

/// Shows `wanted` (lower case) wherever a row holds it; the rows that do.
fn mark(rows: &mut [Row], wanted: &str, style: Style) -> Vec<usize> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, row) in rows.iter_mut().enumerate() {
        if let Some(marked) = page::mark(row, wanted, style) {
            *row = marked;
            found.push(at);
        }
    }
    found
}
