//! Links to the web that the terminal itself can follow: every cell of such a link carries its address in the escape sequence OSC 8,
//! so that a frame may redraw any of them alone. Addresses come from content and are not trusted: what is not a plain web address is
//! not written.

use super::Canvas;
use super::text::{self, Piece};
use super::theme::Links;
use crate::app::page::Thing;
use crate::app::reader::Reader;
use crate::course::block::Target;
use ratatui::buffer::CellDiffOption;
use ratatui::layout::Rect;
use std::num::NonZeroU16;

/// Addresses longer than this are only written out.
const LONGEST: usize = 2000;

/// Part of a line that leads to an address: first cell, number of cells, address.
pub(super) type Stretch = (usize, usize, String);

impl Canvas<'_, '_> {
    /// The links to the web in a row of a page.
    pub(super) fn web_links(&self, row: &[Piece], reader: &Reader) -> Vec<Stretch> {
        if self.theme.links == Links::Written {
            return Vec::new();
        }
        let mut x = 0;
        let mut found = Vec::new();
        for piece in row {
            let wide = text::width(&piece.text);
            let thing = piece.link.and_then(|link| reader.items.get(link)).map(|item| &item.thing);
            if let Some(Thing::Link(Target::Web(url))) = thing
                && let Some(address) = safe(url)
            {
                found.push((x, wide, address.to_owned()));
            }
            x += wide;
        }
        found
    }

    /// Makes the terminal follow links on line `y` of `rect`.
    pub(super) fn follow(&mut self, rect: Rect, y: usize, links: &[Stretch]) {
        if y >= usize::from(rect.height) {
            return;
        }
        let buffer = self.frame.buffer_mut();
        for (from, wide, address) in links {
            let end = (from + wide).min(usize::from(rect.width));
            for x in *from..end {
                let Some(cell) = buffer.cell_mut((rect.x + x as u16, rect.y + y as u16)) else { continue };
                let symbol = cell.symbol().to_owned();
                let Some(cells) = u16::try_from(text::width(&symbol)).ok().and_then(NonZeroU16::new) else {
                    continue;
                };
                cell.set_symbol(&format!("\x1b]8;;{address}\x1b\\{symbol}\x1b]8;;\x1b\\"));
                cell.set_diff_option(CellDiffOption::ForcedWidth(cells));
            }
        }
    }
}

/// The address, if it is one of the web and nothing but: visible ASCII, as RFC 3986 has it.
fn safe(url: &str) -> Option<&str> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    (web && plain && url.len() <= LONGEST).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_reach_the_terminal() {
        assert_eq!(safe("https://kubernetes.io/docs/#a"), Some("https://kubernetes.io/docs/#a"));
        for bad in [
            "file:///etc/passwd",
            "https://a\x1b]8;;b",
            "https://a b",
            "https://ä",
            "javascript:1",
            "https://a\x07",
        ] {
            assert_eq!(safe(bad), None, "{bad:?}");
        }
        assert_eq!(safe(&format!("https://{}", "a".repeat(LONGEST))), None);
    }
}
