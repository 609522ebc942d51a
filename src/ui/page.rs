//! A page set into lines: blocks to wrapped, styled rows for a width. Says where each block and each thing that can be acted on
//! came to lie. Does not know what is visible, nor what acting means.

/// Code, consoles and diagrams.
mod code;
pub(super) use code::tinted;
pub(super) use inline::mark;
/// Running text in its styles.
mod inline;
/// Tables that fit.
mod table;

use super::text::{self, Piece, Row};
use super::theme::{Role, Theme};
use crate::app::page::{Item, Thing, Toned};
use crate::course::block::{self, Block, Callout, Inline};

/// Text is not set wider than this, however wide the screen is.
pub const MEASURE: usize = 92;

/// How a page is to be set.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The colours.
    pub theme: Theme,
    /// The width in cells.
    pub cells: usize,
    /// What can be acted on, in reading order.
    pub items: &'a [Item],
    /// The marked one.
    pub focus: Option<usize>,
    /// The code blocks of the page, toned, in reading order; empty if they are to be toned now.
    pub tones: &'a [Toned],
    /// Text to be shown as found, lower case; empty for none.
    pub find: &'a str,
}

/// A page that has been set.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The first row of each block.
    pub starts: Vec<usize>,
    /// First row and number of rows of each item.
    pub items: Vec<(usize, usize)>,
    /// Rows that hold the text looked for.
    pub found: Vec<usize>,
}

/// Sets a page.
pub fn set(page: &block::Page, setting: Setting<'_>) -> Laid {
    let mut setter = Setter { setting, rows: Vec::new(), items: Vec::new(), next: 0, next_code: 0 };
    let cells = setting.cells.clamp(1, MEASURE);
    let mut starts = Vec::with_capacity(page.blocks.len());
    for block in &page.blocks {
        if !setter.rows.is_empty() {
            setter.blank();
        }
        starts.push(setter.rows.len());
        setter.block(block, cells);
    }
    setter.footnotes(&page.footnotes, cells);
    let mut laid = Laid { rows: setter.rows, starts, items: setter.items, found: Vec::new() };
    laid.mark(setting.find, setting.theme.style(Role::Match));
    laid
}

impl Laid {
    /// Shows `find` (lower case) wherever a row holds it.
    fn mark(&mut self, find: &str, style: ratatui::style::Style) {
        if find.is_empty() {
            return;
        }
        for (at, row) in self.rows.iter_mut().enumerate() {
            let marked = inline::mark(row, find, style);
            if let Some(marked) = marked {
                *row = marked;
                self.found.push(at);
            }
        }
    }
}

/// What setting is in the middle of.
pub(super) struct Setter<'a> {
    setting: Setting<'a>,
    rows: Vec<Row>,
    items: Vec<(usize, usize)>,
    /// The number of the next item in reading order.
    next: usize,
    /// The number of the next code block.
    next_code: usize,
}

impl Setter<'_> {
    fn style(&self, role: Role) -> ratatui::style::Style {
        self.setting.theme.style(role)
    }

    fn blank(&mut self) {
        self.rows.push(Row::new());
    }

    fn blocks(&mut self, blocks: &[Block], cells: usize, tight: bool) {
        for (i, block) in blocks.iter().enumerate() {
            if i > 0 && !tight {
                self.blank();
            }
            self.block(block, cells);
        }
    }

    fn block(&mut self, block: &Block, cells: usize) {
        match block {
            Block::Heading(heading) => self.heading(heading, cells),
            Block::Paragraph(inlines) => self.paragraph(inlines, cells, Role::Text),
            Block::List(list) => self.list(list, cells),
            Block::Table(table) => self.table(table, cells),
            Block::Quote(inner) => {
                let bar = Piece::new("│ ", self.style(Role::Border));
                self.beside(&[bar], cells, |setter, cells| setter.blocks(inner, cells, false));
            }
            Block::Callout(kind, inner) => self.callout(*kind, inner, cells),
            Block::Rule => {
                let rule = Piece::new("─".repeat(cells), self.style(Role::Border));
                self.rows.push(vec![rule]);
            }
            Block::Code(code) => self.code(code, cells),
            Block::Console(console) => self.console(&console.text, cells),
            Block::Diagram(sketch) => self.diagram(sketch, cells),
            Block::Quiz(_) | Block::Question(_) | Block::Predict(_) | Block::Lab(_) => self.card(cells),
            Block::Problem(problem) => {
                let text = format!("This part cannot be shown: {problem}");
                self.prose(&[Piece::new(text, self.style(Role::Bad))], cells);
            }
        }
    }

    fn heading(&mut self, heading: &block::Heading, cells: usize) {
        let role = if heading.level <= 2 { Role::Accent } else { Role::Title };
        self.paragraph(&heading.text, cells, role);
        if heading.level <= 2 {
            let rule = Piece::new("─".repeat(cells), self.style(Role::Border));
            self.rows.push(vec![rule]);
        }
    }

    fn paragraph(&mut self, inlines: &[Inline], cells: usize, role: Role) {
        let pieces = self.inlines(inlines, self.style(role));
        let rows = self.rows.len();
        let wrapped = text::wrap(&pieces, cells);
        self.note_links(&wrapped, rows);
        self.rows.extend(wrapped);
    }

    fn prose(&mut self, pieces: &[Piece], cells: usize) {
        self.rows.extend(text::wrap(pieces, cells));
    }

    /// Notes on which rows the links among `rows` came to lie; `first` is the number of the first of them.
    fn note_links(&mut self, rows: &[Row], first: usize) {
        for (at, row) in rows.iter().enumerate() {
            for link in row.iter().filter_map(|piece| piece.link) {
                match self.items.get_mut(link) {
                    Some((line, height)) if *height == 0 => (*line, *height) = (first + at, 1),
                    Some((line, height)) => *height = (first + at + 1).saturating_sub(*line),
                    None => {}
                }
            }
        }
    }

    /// Lets `inner` set rows into what `margin` leaves of the width, then puts the margin before each.
    fn beside(&mut self, margin: &[Piece], cells: usize, inner: impl FnOnce(&mut Self, usize)) {
        let first = self.rows.len();
        inner(self, cells.saturating_sub(text::row_width(margin)).max(1));
        for row in &mut self.rows[first..] {
            row.splice(0..0, margin.iter().cloned());
        }
    }

    fn list(&mut self, list: &block::List, cells: usize) {
        let tight = list.items.iter().all(|item| {
            item.blocks.iter().filter(|b| !matches!(b, Block::List(_))).count() <= 1
                && !item
                    .blocks
                    .iter()
                    .any(|b| matches!(b, Block::Code(_) | Block::Console(_) | Block::Table(_)))
        });
        let last = list.start.unwrap_or(0) + list.items.len() as u64;
        let room = last.to_string().len();
        for (i, item) in list.items.iter().enumerate() {
            if i > 0 && !tight {
                self.blank();
            }
            let marker = match (item.done, list.start) {
                (Some(true), _) => "[x] ".to_owned(),
                (Some(false), _) => "[ ] ".to_owned(),
                (None, Some(start)) => format!("{:>room$}. ", start + i as u64),
                (None, None) => "• ".to_owned(),
            };
            let indent = " ".repeat(text::width(&marker));
            let first = self.rows.len();
            let margin = [Piece::new(indent, self.style(Role::Text))];
            self.beside(&margin, cells, |setter, cells| setter.blocks(&item.blocks, cells, tight));
            if self.rows.len() == first {
                self.rows.push(vec![margin[0].clone()]);
            }
            self.rows[first][0] = Piece::new(marker, self.style(Role::Accent));
        }
    }

    fn callout(&mut self, kind: Callout, inner: &[Block], cells: usize) {
        let (name, role) = match kind {
            Callout::Note => ("Note", Role::Accent),
            Callout::Tip => ("Tip", Role::Good),
            Callout::Important => ("Important", Role::Accent),
            Callout::Warning => ("Warning", Role::Warn),
            Callout::Caution => ("Caution", Role::Bad),
        };
        let style = self.style(role);
        let bar = Piece::new("┃ ", style);
        self.beside(&[bar], cells, |setter, cells| {
            setter.rows.push(vec![Piece::new(name, style.add_modifier(ratatui::style::Modifier::BOLD))]);
            setter.blocks(inner, cells, false);
        });
    }

    /// What stands for a quiz, a question, a prediction or a lab: a box that says what it is and how far one is.
    fn card(&mut self, cells: usize) {
        let (number, first) = (self.next, self.rows.len());
        self.next += 1;
        let Some(item) = self.setting.items.get(number) else { return };
        let focused = self.setting.focus == Some(number);
        let edge = self.style(if focused { Role::Focus } else { Role::Border });
        let title = self.style(if focused { Role::Selected } else { Role::Title });
        let (kind, sign) = match item.thing {
            Thing::Predict(_) => ("Predict", "?"),
            Thing::Lab(_) => ("Lab", "!"),
            Thing::Question(_) => ("Question", "?"),
            _ => ("Quiz", "?"),
        };
        self.rows.push(rule("┏━", &format!(" {sign} {kind} "), "━", cells, (edge, self.style(Role::Accent))));
        let bar = [Piece::new("┃ ", edge)];
        self.beside(&bar, cells, |setter, cells| {
            setter.prose(&[Piece::new(item.title.clone(), title)], cells);
            if !item.note.is_empty() {
                setter.prose(&[Piece::new(item.note.clone(), setter.style(Role::Quiet))], cells);
            }
        });
        self.rows.push(rule("┗━", "", "━", cells, (edge, edge)));
        self.place_item(number, first);
    }

    /// Notes that item `number` lies from row `first` to the last row set.
    fn place_item(&mut self, number: usize, first: usize) {
        if self.items.len() <= number {
            self.items.resize(number + 1, (first, 0));
        }
        self.items[number] = (first, self.rows.len() - first);
    }

    fn footnotes(&mut self, notes: &[block::Footnote], cells: usize) {
        if notes.is_empty() {
            return;
        }
        self.blank();
        self.rows.push(vec![Piece::new("─".repeat(cells.min(20)), self.style(Role::Border))]);
        for note in notes {
            let first = self.rows.len();
            let marker = format!("[{}] ", note.number);
            let margin = [Piece::new(" ".repeat(text::width(&marker)), self.style(Role::Text))];
            self.beside(&margin, cells, |setter, cells| setter.blocks(&note.blocks, cells, false));
            if let Some(start) = self.rows.get_mut(first).and_then(|row| row.first_mut()) {
                *start = Piece::new(marker, self.setting.theme.style(Role::Accent));
            }
        }
    }
}

/// A horizontal edge with a title: `┌ title ────`.
fn rule(
    corner: &str,
    title: &str,
    fill: &str,
    cells: usize,
    (edge, name): (ratatui::style::Style, ratatui::style::Style),
) -> Row {
    let title = text::clip(title, cells.saturating_sub(text::width(corner)));
    let rest = cells.saturating_sub(text::width(corner) + text::width(&title));
    vec![Piece::new(corner, edge), Piece::new(title, name), Piece::new(fill.repeat(rest), edge)]
}
