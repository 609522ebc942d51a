//! Running text in its styles.

use super::super::text::{Piece, Row};
use super::super::theme::Role;
use super::Setter;
use crate::course::block::{Inline, Target, plain};
use ratatui::style::{Modifier, Style};

impl Setter<'_> {
    /// The pieces of running text in `base`; counts the links in it as items.
    pub(super) fn inlines(&mut self, inlines: &[Inline], base: Style) -> Row {
        let mut pieces = Row::new();
        self.push_inlines(inlines, base, None, &mut pieces);
        pieces
    }

    fn push_inlines(&mut self, inlines: &[Inline], base: Style, link: Option<usize>, out: &mut Row) {
        for inline in inlines {
            let mut put = |text: &str, style: Style| out.push(Piece { text: text.to_owned(), style, link });
            match inline {
                Inline::Text(text) => put(text, base),
                Inline::Code(text) => put(&unbroken(text), base.patch(self.style(Role::Code))),
                Inline::SoftBreak => put(" ", base),
                Inline::HardBreak => put("\n", base),
                Inline::Footnote(number) => put(&format!("[{number}]"), self.style(Role::Accent)),
                Inline::Emphasis(inner) => {
                    self.push_inlines(inner, base.add_modifier(Modifier::ITALIC), link, out);
                }
                Inline::Strong(inner) => {
                    self.push_inlines(inner, base.add_modifier(Modifier::BOLD), link, out);
                }
                Inline::Strike(inner) => {
                    self.push_inlines(inner, base.add_modifier(Modifier::CROSSED_OUT), link, out);
                }
                Inline::Link(target) if matches!(target.target, Target::Nowhere(_)) => {
                    self.push_inlines(&target.text, base, link, out);
                }
                Inline::Link(target) => {
                    let number = self.next;
                    self.next += 1;
                    self.items.resize(self.items.len().max(number + 1), (self.rows.len(), 0));
                    let focused = self.setting.focus == Some(number);
                    let style = base.patch(self.style(if focused { Role::Selected } else { Role::Link }));
                    self.push_inlines(&target.text, style, Some(number), out);
                    if let Target::Web(url) = &target.target
                        && plain(&target.text) != *url
                    {
                        let address = format!(" ({url})");
                        out.push(Piece { text: address, style: self.style(Role::Quiet), link: Some(number) });
                    }
                }
            }
        }
    }
}

/// Short code keeps together on one line: its blanks do not break.
fn unbroken(code: &str) -> String {
    if code.chars().count() <= 24 { code.replace(' ', "\u{a0}") } else { code.to_owned() }
}

/// The row with `find` (lower case) shown in `style` wherever it stands; `None` if it does not.
pub(in crate::ui) fn mark(row: &Row, find: &str, style: Style) -> Option<Row> {
    let mut marked = Row::new();
    let mut hit = false;
    for piece in row {
        let lower = piece.text.to_lowercase();
        if lower.len() != piece.text.len() || !lower.contains(find) {
            marked.push(piece.clone());
            continue;
        }
        hit = true;
        let mut from = 0;
        for (at, found) in lower.match_indices(find) {
            let part = |text: &str, style: Style| Piece { text: text.to_owned(), style, link: piece.link };
            marked.push(part(&piece.text[from..at], piece.style));
            marked.push(part(&piece.text[at..at + found.len()], piece.style.patch(style)));
            from = at + found.len();
        }
        marked.push(Piece { text: piece.text[from..].to_owned(), ..piece.clone() });
    }
    hit.then_some(marked)
}
