//! Boxes within boxes, as toned text of a given width.

use super::{Diagram, Part, Store};
use crate::course::highlight::{Span, Tone};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What boxes are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Box-drawing characters.
    Lines,
    /// ASCII.
    Ascii,
}

/// The six signs of a box, and an arrow.
struct Signs {
    top: (&'static str, &'static str),
    bottom: (&'static str, &'static str),
    across: &'static str,
    down: &'static str,
    arrow: &'static str,
}

impl Glyphs {
    fn signs(self) -> Signs {
        match self {
            Glyphs::Lines => {
                Signs {
                    top: ("┌", "┐"), bottom: ("└", "┘"), across: "─", down: "│", arrow: "▼"
                }
            }
            Glyphs::Ascii => {
                Signs { top: ("+", "+"), bottom: ("+", "+"), across: "-", down: "|", arrow: "v" }
            }
        }
    }
}

/// A line of a picture: pieces that together are exactly as wide as asked for.
type Line = Vec<Span>;

/// Boxes narrower than this are put below each other.
const NARROWEST: usize = 22;

/// The picture in lines of `width` cells (at least 24, at most 100).
pub fn render(diagram: &Diagram, width: usize, glyphs: Glyphs) -> Vec<Line> {
    let width = width.clamp(24, 100);
    let signs = glyphs.signs();
    let inner = width - 4;
    let network = if diagram.host_network { "the node's network" } else { "one IP, one localhost" };
    let mut lines = vec![fit(Tone::Comment, network, inner)];
    for (index, part) in diagram.init.iter().enumerate() {
        lines.extend(container(part, &format!("init {} ", index + 1), inner, &signs));
        lines.push(fit(Tone::Punctuation, &format!("  {} when it succeeded", signs.arrow), inner));
    }
    let sidecars = diagram.sidecars.iter().map(|part| (part, "sidecar "));
    let parts: Vec<(&Part, &str)> =
        sidecars.chain(diagram.containers.iter().map(|part| (part, ""))).collect();
    lines.extend(side_by_side(&parts, inner, &signs));
    for store in &diagram.volumes {
        lines.extend(volume(store, inner, &signs));
    }
    boxed(&format!("{} {}", diagram.kind, diagram.name), &lines, width, &signs)
}

fn container(part: &Part, before: &str, width: usize, signs: &Signs) -> Vec<Line> {
    let inner = width - 4;
    let mut lines = vec![fit(Tone::Text, &part.image, inner)];
    if !part.ports.is_empty() {
        lines.push(fit(Tone::Number, &format!("port {}", part.ports.join(", ")), inner));
    }
    lines.extend(part.probes.iter().map(|probe| fit(Tone::Function, probe, inner)));
    let mounts = part.mounts.iter().map(|(name, path)| format!("{name} at {path}"));
    lines.extend(mounts.map(|mount| fit(Tone::Variable, &mount, inner)));
    boxed(&format!("{before}{}", part.name), &lines, width, signs)
}

fn volume(store: &Store, width: usize, signs: &Signs) -> Vec<Line> {
    let used =
        if store.used_by.is_empty() { "mounted by nobody".to_owned() } else { store.used_by.join(", ") };
    let line = fit(Tone::Plain, &used, width - 4);
    boxed(&format!("volume {} ({})", store.name, store.source), &[line], width, signs)
}

/// Containers in rows of as many as fit.
fn side_by_side(parts: &[(&Part, &str)], width: usize, signs: &Signs) -> Vec<Line> {
    let fitting = ((width + 1) / (NARROWEST + 1)).max(1);
    let rows = parts.len().div_ceil(fitting).max(1);
    let columns = parts.len().div_ceil(rows).max(1);
    let mut lines = Vec::new();
    for row in parts.chunks(columns) {
        let each = (width + 1) / columns - 1;
        let boxes: Vec<Vec<Line>> =
            row.iter().map(|(part, before)| container(part, before, each, signs)).collect();
        let height = boxes.iter().map(Vec::len).max().unwrap_or(0);
        let boxes: Vec<Vec<Line>> = boxes.into_iter().map(|one| taller(one, height, each, signs)).collect();
        for at in 0..height {
            let mut line: Line = Vec::new();
            for one in &boxes {
                if !line.is_empty() {
                    line.push(span(Tone::Plain, " "));
                }
                line.extend(one[at].iter().cloned());
            }
            lines.push(padded(line, width));
        }
    }
    lines
}

/// A box with empty lines put in above its bottom.
fn taller(mut lines: Vec<Line>, height: usize, width: usize, signs: &Signs) -> Vec<Line> {
    while lines.len() < height {
        let empty = framed(&fit(Tone::Plain, "", width - 4), signs);
        lines.insert(lines.len() - 1, empty);
    }
    lines
}

fn boxed(title: &str, lines: &[Line], width: usize, signs: &Signs) -> Vec<Line> {
    let title = cut(title, width.saturating_sub(6));
    let dashes = width.saturating_sub(5 + title.width());
    let mut out = vec![vec![
        span(Tone::Punctuation, &format!("{}{} ", signs.top.0, signs.across)),
        span(Tone::Key, &title),
        span(Tone::Punctuation, &format!(" {}{}", signs.across.repeat(dashes), signs.top.1)),
    ]];
    out.extend(lines.iter().map(|line| framed(line, signs)));
    let bottom = format!("{}{}{}", signs.bottom.0, signs.across.repeat(width - 2), signs.bottom.1);
    out.push(vec![span(Tone::Punctuation, &bottom)]);
    out
}

fn framed(line: &Line, signs: &Signs) -> Line {
    let mut out = vec![span(Tone::Punctuation, &format!("{} ", signs.down))];
    out.extend(line.iter().cloned());
    out.push(span(Tone::Punctuation, &format!(" {}", signs.down)));
    out
}

/// A text in exactly `width` cells.
fn fit(tone: Tone, text: &str, width: usize) -> Line {
    padded(vec![span(tone, &cut(text, width))], width)
}

fn padded(mut line: Line, width: usize) -> Line {
    let used: usize = line.iter().map(|span| span.text.width()).sum();
    if used < width {
        line.push(span(Tone::Plain, &" ".repeat(width - used)));
    }
    line
}

/// A text in at most `width` cells, its end left out if it is longer.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let cells = c.width().unwrap_or(0);
        if used + cells + 1 > width {
            break;
        }
        used += cells;
        kept.push(c);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

fn span(tone: Tone, text: &str) -> Span {
    Span { tone, text: text.to_owned() }
}
