//! Markdown to blocks. GitHub's flavour: tables, task lists, footnotes, callouts; HTML is shown as text, comments are dropped.
//! Fenced blocks with meaning become blocks of their own (see [`fence`]). Knows nothing of other files: whether a link leads
//! anywhere is checked elsewhere. Reads any text; nesting beyond [`DEEPEST`] levels is flattened.

/// Fenced blocks: the words after the fence, and what they mean.
pub mod fence;
mod inline;

use super::block::{
    self, Align, Block, Callout, Footnote, Heading, Inline, Item, List, Note, Page, Table, plain,
};
use super::diagnostic::{Place, Report};
use super::text::{Lines, visible};
use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, OffsetIter, Options, Parser, Tag};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Range;

/// How deep lists and quotes may nest; what is deeper is shown at this depth.
pub const DEEPEST: usize = 24;

/// A text to read, and where it stands in its file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The Markdown.
    pub text: &'a str,
    /// The file, for complaints.
    pub path: &'a str,
    /// The line of the file (from 1) on which the text starts.
    pub line: usize,
    /// The bytes of the file before the text.
    pub offset: usize,
    /// What the text is part of.
    pub within: Within,
}

/// What a text is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A chapter: its console blocks are transcripts, which are executed.
    Chapter,
    /// A short text, such as a question: its console blocks show output and are not executed.
    Excerpt,
}

/// The page of a text.
pub fn page(source: Source<'_>) -> Page {
    let mut builder = Builder::new(source);
    let blocks = builder.blocks(0);
    let footnotes = builder.footnotes();
    let mut page = Page { blocks, footnotes, problems: builder.report.into_found() };
    block::draw(&mut page);
    page
}

/// The blocks of a short text within another file (a question, a hint), complaints going to `report`.
pub fn blocks(text: &str, place: Place, report: &mut Report) -> Vec<Block> {
    let page =
        page(Source { text, path: report.path(), line: place.line, offset: 0, within: Within::Excerpt });
    report.adopt(page.problems);
    let notes = page.footnotes.into_iter().flat_map(|note| note.blocks);
    page.blocks.into_iter().chain(notes).collect()
}

struct Builder<'a> {
    source: Source<'a>,
    lines: Lines,
    events: Peekable<OffsetIter<'a>>,
    report: Report,
    ids: BTreeSet<String>,
    /// Footnote labels in the order of their first reference, each with its place.
    labels: Vec<(String, Place)>,
    /// Footnotes by label, each with the place of its definition.
    notes: BTreeMap<String, (Place, Vec<Block>)>,
    /// The tick of the task item being read.
    task: Option<bool>,
}

impl<'a> Builder<'a> {
    fn new(source: Source<'a>) -> Builder<'a> {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_GFM;
        Builder {
            source,
            lines: Lines::new(source.text, source.line),
            events: Parser::new_ext(source.text, options).into_offset_iter().peekable(),
            report: Report::new(source.path),
            ids: BTreeSet::new(),
            labels: Vec::new(),
            notes: BTreeMap::new(),
            task: None,
        }
    }

    fn place(&self, range: &Range<usize>) -> Place {
        self.lines.place(self.source.text, range.start)
    }

    /// Blocks up to the end of the element they are in.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut out = Vec::new();
        let mut flattened = 0usize;
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::End(_) if flattened == 0 => break,
                Event::End(_) => flattened -= 1,
                Event::Start(tag) if depth >= DEEPEST && nests(&tag) => flattened += 1,
                Event::Start(tag) if !inline::is_inline(&tag) => self.block(tag, &range, depth, &mut out),
                Event::Rule => out.push(Block::Rule),
                Event::Html(html) => out.extend(html_block(&html)),
                event => {
                    let text = self.loose(event, &range);
                    if !text.is_empty() {
                        out.push(Block::Paragraph(text));
                    }
                }
            }
        }
        self.with_notes(out)
    }

    fn block(&mut self, tag: Tag<'a>, range: &Range<usize>, depth: usize, out: &mut Vec<Block>) {
        match tag {
            Tag::Paragraph => out.push(Block::Paragraph(self.inlines(0))),
            Tag::Heading { level, .. } => {
                let place = self.place(range);
                let text = self.inlines(0);
                let id = self.heading_id(&plain(&text));
                out.push(Block::Heading(Heading { level: level as u8, id, text, place }));
            }
            Tag::BlockQuote(kind) => {
                let inner = self.blocks(depth + 1);
                out.push(match kind {
                    Some(kind) => Block::Callout(callout(kind), inner),
                    None => Block::Quote(inner),
                });
            }
            Tag::CodeBlock(kind) => out.extend(self.code(&kind, range)),
            Tag::HtmlBlock => out.extend(self.html()),
            Tag::List(start) => out.push(Block::List(self.list(start, depth + 1))),
            Tag::Table(align) => out.push(Block::Table(self.table(&align))),
            Tag::FootnoteDefinition(label) => {
                let place = self.place(range);
                let inner = self.blocks(depth + 1);
                self.notes.insert(label.to_string(), (place, inner));
            }
            _ => out.extend(self.blocks(depth + 1)),
        }
    }

    fn list(&mut self, start: Option<u64>, depth: usize) -> List {
        let mut items = Vec::new();
        while let Some((Event::Start(Tag::Item), _)) = self.events.next() {
            let outer = self.task.take();
            let blocks = self.blocks(depth);
            items.push(Item { done: self.task.take(), blocks });
            self.task = outer;
        }
        List { start, items }
    }

    fn table(&mut self, align: &[Alignment]) -> Table {
        let mut rows = Vec::new();
        while let Some((Event::Start(Tag::TableHead | Tag::TableRow), _)) = self.events.next() {
            let mut cells = Vec::new();
            while let Some((Event::Start(Tag::TableCell), _)) = self.events.next() {
                cells.push(self.inlines(0));
            }
            cells.resize(align.len(), Vec::new());
            rows.push(cells);
        }
        let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
        Table { align: align.iter().map(|align| aligned(*align)).collect(), header, rows }
    }

    fn code(&mut self, kind: &CodeBlockKind<'_>, range: &Range<usize>) -> Option<Block> {
        let mut text = String::new();
        let mut bytes: Option<Range<usize>> = None;
        while let Some((Event::Text(part), at)) = self.events.next() {
            text.push_str(&part);
            bytes = Some(bytes.map_or(at.clone(), |bytes| bytes.start..at.end));
        }
        let fence = self.place(range);
        let info =
            if let CodeBlockKind::Fenced(info) = kind { visible(info).into_owned() } else { String::new() };
        let place = bytes.as_ref().map_or(fence.below(1), |bytes| self.place(bytes));
        let whole = |bytes: &Range<usize>| self.source.text.get(bytes.clone()) == Some(text.as_str());
        let offset = self.source.offset;
        let bytes = bytes.filter(whole).map(|bytes| bytes.start + offset..bytes.end + offset);
        let text = visible(&text).into_owned();
        let fenced = fence::Fenced { info: &info, fence, text, place, bytes, within: self.source.within };
        fence::block(fenced, &mut self.report)
    }

    fn html(&mut self) -> Option<Block> {
        let mut html = String::new();
        while let Some((Event::Html(part) | Event::Text(part), _)) = self.events.next() {
            html.push_str(&part);
        }
        html_block(&html)
    }

    fn heading_id(&mut self, text: &str) -> String {
        let slug: String = text
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            })
            .collect();
        let numbered = (1usize..).map(|count| format!("{slug}-{count}"));
        let id = std::iter::once(slug.clone()).chain(numbered).find(|id| !self.ids.contains(id));
        let id = id.unwrap_or(slug);
        self.ids.insert(id.clone());
        id
    }

    /// Joins each ordered list to the code with markers directly above it.
    fn with_notes(&mut self, blocks: Vec<Block>) -> Vec<Block> {
        let mut joined: Vec<Block> = Vec::with_capacity(blocks.len());
        for block in blocks {
            match (joined.last_mut(), block) {
                (Some(Block::Code(code)), Block::List(list))
                    if !code.markers.is_empty() && code.notes.is_empty() && list.start.is_some() =>
                {
                    let first = list.start.unwrap_or(1);
                    let note = |(number, item): (u64, Item)| Note { number, blocks: item.blocks };
                    code.notes = (first..).zip(list.items).map(note).collect();
                }
                (_, block) => joined.push(block),
            }
        }
        for block in &joined {
            if let Block::Code(code) = block {
                fence::check_notes(code, &mut self.report);
            }
        }
        joined
    }

    fn footnotes(&mut self) -> Vec<Footnote> {
        let mut footnotes = Vec::new();
        for (index, (label, place)) in std::mem::take(&mut self.labels).into_iter().enumerate() {
            if let Some((_, blocks)) = self.notes.remove(&label) {
                footnotes.push(Footnote { number: index + 1, blocks });
                continue;
            }
            let known = self.notes.keys().map(String::as_str);
            self.report.unknown(place, format!("footnote '{label}' is not defined"), &label, known);
        }
        for (label, (place, _)) in std::mem::take(&mut self.notes) {
            self.report.warn(place, format!("footnote '{label}' is never referred to"), "");
        }
        footnotes
    }
}

fn nests(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::BlockQuote(_) | Tag::List(_) | Tag::Item | Tag::FootnoteDefinition(_))
}

/// HTML as the text it is; comments are nothing.
fn html_block(html: &str) -> Option<Block> {
    let html = html.trim();
    if html.is_empty() || (html.starts_with("<!--") && html.ends_with("-->")) {
        return None;
    }
    let mut text = Vec::new();
    for line in html.lines() {
        if !text.is_empty() {
            text.push(Inline::HardBreak);
        }
        text.push(Inline::Text(inline::one_line(line)));
    }
    Some(Block::Paragraph(text))
}

fn callout(kind: BlockQuoteKind) -> Callout {
    match kind {
        BlockQuoteKind::Note => Callout::Note,
        BlockQuoteKind::Tip => Callout::Tip,
        BlockQuoteKind::Important => Callout::Important,
        BlockQuoteKind::Warning => Callout::Warning,
        BlockQuoteKind::Caution => Callout::Caution,
    }
}

fn aligned(align: Alignment) -> Align {
    match align {
        Alignment::None | Alignment::Left => Align::Left,
        Alignment::Center => Align::Center,
        Alignment::Right => Align::Right,
    }
}

#[cfg(test)]
mod tests;
