//! Pages as typed blocks: what a chapter, a brief or a question is made of once read. Knows nothing of how it is drawn; every text
//! in here is safe to show, tabs and line feeds are the only control characters left.

use super::diagnostic::{Diagnostic, Place};
use super::diagram::{self, Diagram};
use super::transcript::Transcript;
use std::ops::Range;

/// A chapter's text, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The blocks in reading order; footnotes are not among them.
    pub blocks: Vec<Block>,
    /// The footnotes in the order in which they are first referred to.
    pub footnotes: Vec<Footnote>,
    /// What was wrong with the text, each also shown in place as [`Block::Problem`] where it hides something.
    pub problems: Vec<Diagnostic>,
}

/// A footnote.
#[derive(Clone, Debug, PartialEq)]
pub struct Footnote {
    /// Its number on the page, from 1.
    pub number: usize,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// One block of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading.
    Heading(Heading),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list, bulleted, numbered or of tasks.
    List(List),
    /// A table.
    Table(Table),
    /// A block quote.
    Quote(Vec<Block>),
    /// A quote with a purpose.
    Callout(Callout, Vec<Block>),
    /// A horizontal rule.
    Rule,
    /// Code, perhaps a file the learner can apply.
    Code(Code),
    /// A transcript.
    Console(Console),
    /// A drawing of the Pod of one of the chapter's files.
    Diagram(Sketch),
    /// The chapter's whole quiz goes here.
    Quiz(Place),
    /// One question of the chapter's quiz goes here, by id.
    Question(Reference),
    /// A question to be predicted, by id, before what follows gives the answer away.
    Predict(Reference),
    /// A card that leads to a lab, by slug.
    Lab(Reference),
    /// Something that could not be read, shown where it stands.
    Problem(Diagnostic),
}

/// A heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// From 1 (largest) to 6.
    pub level: u8,
    /// What links refer to (`where-it-bites`), unique on its page.
    pub id: String,
    /// Its text.
    pub text: Vec<Inline>,
    /// Where it stands.
    pub place: Place,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// The number of the first item; `None` for bullets.
    pub start: Option<u64>,
    /// The items.
    pub items: Vec<Item>,
}

/// An item of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Of a task: whether it is ticked.
    pub done: Option<bool>,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// How each column is aligned; also says how many columns there are.
    pub align: Vec<Align>,
    /// The cells of the header row.
    pub header: Vec<Vec<Inline>>,
    /// The cells of the rows; as many as the header's.
    pub rows: Vec<Vec<Vec<Inline>>>,
}

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Align {
    Left,
    Center,
    Right,
}

/// What a callout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of GitHub's Markdown")]
pub enum Callout {
    Note,
    Tip,
    Important,
    Warning,
    Caution,
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Plain text, on one line.
    Text(String),
    /// Code.
    Code(String),
    /// Stressed.
    Emphasis(Vec<Inline>),
    /// Stressed more.
    Strong(Vec<Inline>),
    /// Struck out.
    Strike(Vec<Inline>),
    /// A link.
    Link(Link),
    /// A reference to the footnote of that number.
    Footnote(usize),
    /// A line break that may be a space.
    SoftBreak,
    /// A line break that is one.
    HardBreak,
}

/// A link.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where it leads.
    pub target: Target,
    /// What is shown.
    pub text: Vec<Inline>,
    /// Where it stands.
    pub place: Place,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A chapter by id, perhaps at one of its headings.
    Chapter {
        /// The chapter's id (`crashloopbackoff`).
        id: String,
        /// The heading's id.
        heading: Option<String>,
    },
    /// A heading of the same page, by id.
    Heading(String),
    /// Somewhere on the web.
    Web(String),
    /// Nowhere podlab can go; the text as written.
    Nowhere(String),
}

/// A code block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Code {
    /// The first word after the fence, lower case, may be empty.
    pub language: String,
    /// The name under which the learner's shell sees it as a file; such blocks can be applied and edited.
    pub name: Option<String>,
    /// Whether the file is meant to be refused by a cluster (`broken` after the fence).
    pub broken: bool,
    /// Whether the file names an image that no registry has, on purpose (`no-such-image` after the fence).
    pub image_absent: bool,
    /// The code, each line ended by a line feed.
    pub text: String,
    /// `# (1)` at the ends of lines.
    pub markers: Vec<Marker>,
    /// The numbered notes that explain the markers.
    pub notes: Vec<Note>,
    /// Where the first line of the code stands.
    pub place: Option<Place>,
}

impl Code {
    /// A YAML file that stands in no document.
    pub fn file(name: &str, text: &str) -> Code {
        Code {
            language: "yaml".to_owned(),
            name: Some(name.to_owned()),
            broken: false,
            image_absent: false,
            text: text.to_owned(),
            markers: Vec::new(),
            notes: Vec::new(),
            place: None,
        }
    }
}

/// A marker at the end of a line of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The line of the code, from 0.
    pub line: usize,
    /// The byte of that line at which the comment that holds the marker starts.
    pub at: usize,
    /// The number of the note.
    pub number: u64,
}

/// A note that explains a marker.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The marker's number.
    pub number: u64,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A transcript on a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Console {
    /// The commands and what they print.
    pub transcript: Transcript,
    /// The text as written.
    pub text: String,
    /// Whether it goes on with the cluster of the console block before it.
    pub continues: bool,
    /// Where its first line stands.
    pub place: Place,
    /// The bytes of the file that hold `text`, if they can be replaced as one piece.
    pub bytes: Option<Range<usize>>,
}

/// A drawing of the Pod of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// The name of the file, and where the drawing stands.
    pub file: Reference,
    /// What to draw, or why there is nothing.
    pub picture: Result<Diagram, String>,
}

/// A block that stands for something named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The id, slug or file name.
    pub id: String,
    /// Where it stands.
    pub place: Place,
}

impl Page {
    /// Every block of the page and of its footnotes, those inside others too, in reading order.
    pub fn walk(&self) -> Vec<&Block> {
        let mut all = Vec::new();
        walk(&self.blocks, &mut all);
        self.footnotes.iter().for_each(|note| walk(&note.blocks, &mut all));
        all
    }

    /// The files of the page: code blocks with a name.
    pub fn files(&self) -> Vec<&Code> {
        let named = |block: &&Block| matches!(block, Block::Code(code) if code.name.is_some());
        self.walk()
            .into_iter()
            .filter(named)
            .filter_map(|block| if let Block::Code(code) = block { Some(code) } else { None })
            .collect()
    }

    /// The text of the file `name` of this page.
    pub fn file(&self, name: &str) -> Option<&Code> {
        self.files().into_iter().find(|code| code.name.as_deref() == Some(name))
    }
}

/// Gives every drawing its picture, from the files of the page.
pub fn draw(page: &mut Page) {
    let files: Vec<(String, String)> =
        page.files().into_iter().filter_map(|code| Some((code.name.clone()?, code.text.clone()))).collect();
    let picture = |name: &str| match files.iter().find(|(known, _)| known == name) {
        Some((_, text)) => diagram::of(text),
        None => Err(format!("there is no file '{name}' on this page")),
    };
    draw_in(&mut page.blocks, &picture);
}

fn draw_in(blocks: &mut [Block], picture: &dyn Fn(&str) -> Result<Diagram, String>) {
    for block in blocks {
        match block {
            Block::Diagram(sketch) => sketch.picture = picture(&sketch.file.id),
            Block::Quote(inner) | Block::Callout(_, inner) => draw_in(inner, picture),
            Block::List(list) => list.items.iter_mut().for_each(|item| draw_in(&mut item.blocks, picture)),
            _ => {}
        }
    }
}

/// Adds every block to `all`, those inside others too.
pub fn walk<'a>(blocks: &'a [Block], all: &mut Vec<&'a Block>) {
    for block in blocks {
        all.push(block);
        match block {
            Block::Quote(inner) | Block::Callout(_, inner) => walk(inner, all),
            Block::List(list) => list.items.iter().for_each(|item| walk(&item.blocks, all)),
            Block::Code(code) => code.notes.iter().for_each(|note| walk(&note.blocks, all)),
            _ => {}
        }
    }
}

/// Running text as plain text on one line, marks dropped.
pub fn plain(inlines: &[Inline]) -> String {
    let mut text = String::new();
    push_plain(inlines, &mut text);
    text
}

fn push_plain(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(part) | Inline::Code(part) => text.push_str(part),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strike(inner) => {
                push_plain(inner, text);
            }
            Inline::Link(link) => push_plain(&link.text, text),
            Inline::Footnote(number) => text.extend(["[", &number.to_string(), "]"]),
            Inline::SoftBreak | Inline::HardBreak => text.push(' '),
        }
    }
}

/// Blocks as plain text, one line for each line of text, for searching and counting words.
pub fn plain_blocks(blocks: &[Block]) -> String {
    let mut text = String::new();
    push_blocks(blocks, &mut text);
    text
}

fn push_blocks(blocks: &[Block], text: &mut String) {
    for block in blocks {
        match block {
            Block::Heading(heading) => push_line(&heading.text, text),
            Block::Paragraph(inlines) => push_line(inlines, text),
            Block::List(list) => list.items.iter().for_each(|item| push_blocks(&item.blocks, text)),
            Block::Table(table) => push_table(table, text),
            Block::Quote(inner) | Block::Callout(_, inner) => push_blocks(inner, text),
            Block::Code(code) => {
                text.push_str(&code.text);
                code.notes.iter().for_each(|note| push_blocks(&note.blocks, text));
            }
            Block::Console(console) => text.push_str(&console.text),
            _ => {}
        }
    }
}

fn push_line(inlines: &[Inline], text: &mut String) {
    push_plain(inlines, text);
    text.push('\n');
}

fn push_table(table: &Table, text: &mut String) {
    for row in std::iter::once(&table.header).chain(&table.rows) {
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                text.push_str("  ");
            }
            push_plain(cell, text);
        }
        text.push('\n');
    }
}
