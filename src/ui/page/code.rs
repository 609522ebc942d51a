//! Code, consoles and diagrams: kept as they are written, cut only where a line is wider than the page.

use super::super::text::{self, Piece, Row};
use super::super::theme::{Role, Theme};
use super::{Setter, rule};
use crate::app::page::is_manifest;
use crate::course::block::{Code, Sketch};
use crate::course::diagram::{Glyphs, render};
use crate::course::highlight::{Span, Tone, highlight};
use crate::course::transcript;

impl Setter<'_> {
    /// A code block. One with a name can be applied: its frame says so, and shows when it is marked.
    pub(super) fn code(&mut self, code: &Code, cells: usize) {
        let first = self.rows.len();
        let item = code.name.is_some().then(|| {
            self.next += 1;
            self.next - 1
        });
        let focused = item.is_some() && self.setting.focus == item;
        let edge = self.style(if focused { Role::Focus } else { Role::Border });
        let name = self.style(if focused { Role::Selected } else { Role::Title });
        let title = match (&code.name, focused) {
            (Some(name), true) if is_manifest(name) => format!(" {name}  a apply  e edit "),
            (Some(name), true) => format!(" {name}  e edit "),
            (Some(name), false) => format!(" {name} "),
            (None, _) => String::new(),
        };
        self.rows.push(rule("┌─", &title, "─", cells, (edge, name)));
        let mut lines = self.toned(&code.language, &code.text);
        for marker in &code.markers {
            if let Some(line) = lines.get_mut(marker.line) {
                cut(line, marker.at);
                let sign = format!(" ({})", marker.number);
                line.push(Piece::new(sign, self.style(Role::Accent)));
            }
        }
        self.beside(&[Piece::new("│ ", edge)], cells, |setter, cells| setter.lines(lines, cells));
        self.rows.push(rule("└─", "", "─", cells, (edge, edge)));
        if let Some(item) = item {
            self.place_item(item, first);
        }
        for note in &code.notes {
            let marker = format!("({}) ", note.number);
            let margin = [Piece::new(" ".repeat(text::width(&marker)), self.style(Role::Text))];
            let first = self.rows.len();
            self.beside(&margin, cells, |setter, cells| setter.blocks(&note.blocks, cells, true));
            if let Some(start) = self.rows.get_mut(first).and_then(|row| row.first_mut()) {
                *start = Piece::new(marker, self.setting.theme.style(Role::Accent));
            }
        }
    }

    /// A transcript: what was typed stands out from what was printed.
    pub(super) fn console(&mut self, text: &str, cells: usize) {
        let edge = self.style(Role::Border);
        let lines = self.toned("console", &transcript::shown(text));
        self.rows.push(rule("┌─", "", "─", cells, (edge, edge)));
        self.beside(&[Piece::new("│ ", edge)], cells, |setter, cells| setter.lines(lines, cells));
        self.rows.push(rule("└─", "", "─", cells, (edge, edge)));
    }

    /// The drawing of a Pod.
    pub(super) fn diagram(&mut self, sketch: &Sketch, cells: usize) {
        match &sketch.picture {
            Ok(picture) => {
                let lines = painted(&render(picture, cells.min(76), Glyphs::Lines), self.setting.theme);
                self.lines(lines, cells);
            }
            Err(why) => {
                let text = format!("{} cannot be drawn: {why}", sketch.file.id);
                self.prose(&[Piece::new(text, self.style(Role::Bad))], cells);
            }
        }
    }

    /// The lines of the next code block: toned when the page was opened, or now.
    fn toned(&mut self, language: &str, text: &str) -> Vec<Row> {
        let number = self.next_code;
        self.next_code += 1;
        match self.setting.tones.get(number) {
            Some(lines) => painted(lines, self.setting.theme),
            None => tinted(language, text, self.setting.theme),
        }
    }

    /// Lines of code; what does not fit goes on below, behind a sign.
    fn lines(&mut self, lines: Vec<Row>, cells: usize) {
        for line in lines {
            let mut rows = text::break_line(&line, cells, cells.saturating_sub(2));
            for row in rows.iter_mut().skip(1) {
                row.insert(0, Piece::new("↳ ", self.style(Role::Accent)));
            }
            self.rows.extend(rows);
        }
    }
}

/// Leaves out everything from byte `at` of a line on, and the blanks before it.
fn cut(line: &mut Row, mut at: usize) {
    for piece in line.iter_mut() {
        let keep = at.min(piece.text.len());
        at -= keep;
        if piece.text.is_char_boundary(keep) {
            piece.text.truncate(keep);
        }
    }
    line.retain(|piece| !piece.text.is_empty());
    if let Some(last) = line.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
}

/// The lines of a text in the colours of its language.
pub(in super::super) fn tinted(language: &str, text: &str, theme: Theme) -> Vec<Row> {
    painted(&highlight(language, text), theme)
}

/// Toned lines in the colours of a theme.
fn painted(lines: &[Vec<Span>], theme: Theme) -> Vec<Row> {
    let piece = |span: &Span| Piece::new(span.text.replace('\t', "    "), theme.style(role(span.tone)));
    lines.iter().map(|line| line.iter().map(piece).collect()).collect()
}

fn role(tone: Tone) -> Role {
    match tone {
        Tone::Plain | Tone::Output | Tone::Variable => Role::Text,
        Tone::Key | Tone::Keyword | Tone::Function => Role::Word,
        Tone::Text => Role::Literal,
        Tone::Number | Tone::Constant | Tone::Flag => Role::Number,
        Tone::Comment | Tone::Punctuation | Tone::Placeholder => Role::Quiet,
        Tone::Error => Role::Bad,
        Tone::Prompt => Role::Accent,
        Tone::Command => Role::Title,
    }
}
