//! What in a page can be acted on, in reading order. `ui::page` meets the same things in the same order when it sets the page.

use crate::course::block::{self, Block, Inline, Target};
use crate::course::{highlight, transcript};

/// Something in a page that can be acted on.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is.
    pub thing: Thing,
    /// The block of the page (not of what is inside it) that holds it.
    pub block: usize,
    /// What it is called on the page.
    pub title: String,
    /// How far the learner is with it; may be empty.
    pub note: String,
    /// Whether the learner has been through it.
    pub state: State,
    /// The prediction that is to be made before a file is applied, by its place among the items.
    pub after: Option<usize>,
}

/// Whether the learner has been through an item. Enter then leads on instead of to it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Not yet.
    #[default]
    Open,
    /// They have.
    Done,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// A file that can be applied and edited, by name.
    File(String),
    /// The chapter's quiz.
    Quiz,
    /// One question, by id.
    Question(String),
    /// A question to predict, by id.
    Predict(String),
    /// A lab, by slug.
    Lab(String),
    /// A link.
    Link(Target),
}

/// Whether a file of that name can be applied; any other can only be read and edited.
pub fn is_manifest(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end))
}

/// The lines of a code block in toned pieces.
pub type Toned = Vec<Vec<highlight::Span>>;

/// The code blocks of a page, toned, in reading order. Toning is slow enough to be done once.
pub fn tones(page: &block::Page) -> Vec<Toned> {
    let toned = |block: &&Block| match block {
        Block::Code(code) => Some(highlight::highlight(&code.language, &code.text)),
        Block::Console(console) => Some(highlight::highlight("console", &transcript::shown(&console.text))),
        _ => None,
    };
    page.walk().iter().filter_map(toned).collect()
}

/// The items of a page.
pub fn items(page: &block::Page) -> Vec<Item> {
    let mut items = Vec::new();
    for (at, block) in page.blocks.iter().enumerate() {
        collect(block, at, &mut items);
    }
    let last = page.blocks.len().saturating_sub(1);
    for note in &page.footnotes {
        note.blocks.iter().for_each(|block| collect(block, last, &mut items));
    }
    items
}

fn collect(block: &Block, at: usize, items: &mut Vec<Item>) {
    let mut add = |thing: Thing, title: &str| {
        items.push(Item {
            thing,
            block: at,
            title: title.to_owned(),
            note: String::new(),
            state: State::Open,
            after: None,
        });
    };
    match block {
        Block::Heading(heading) => links(&heading.text, at, items),
        Block::Paragraph(text) => links(text, at, items),
        Block::List(list) => {
            list.items.iter().flat_map(|i| &i.blocks).for_each(|inner| collect(inner, at, items));
        }
        Block::Table(table) => {
            table.header.iter().chain(table.rows.iter().flatten()).for_each(|cell| links(cell, at, items));
        }
        Block::Quote(inner) | Block::Callout(_, inner) => {
            for inner in inner {
                collect(inner, at, items);
            }
        }
        Block::Code(code) => {
            if let Some(name) = &code.name {
                add(Thing::File(name.clone()), name);
            }
            code.notes.iter().flat_map(|n| &n.blocks).for_each(|inner| collect(inner, at, items));
        }
        Block::Quiz(_) => add(Thing::Quiz, "What did you take with you?"),
        Block::Question(reference) => add(Thing::Question(reference.id.clone()), &reference.id),
        Block::Predict(reference) => add(Thing::Predict(reference.id.clone()), &reference.id),
        Block::Lab(reference) => add(Thing::Lab(reference.id.clone()), &reference.id),
        Block::Rule | Block::Console(_) | Block::Diagram(_) | Block::Problem(_) => {}
    }
}

fn links(text: &[Inline], at: usize, items: &mut Vec<Item>) {
    for inline in text {
        match inline {
            Inline::Link(link) if matches!(link.target, Target::Nowhere(_)) => links(&link.text, at, items),
            Inline::Link(link) => {
                let title = block::plain(&link.text);
                let thing = Thing::Link(link.target.clone());
                let (note, state) = (String::new(), State::Open);
                items.push(Item { thing, block: at, title, note, state, after: None });
                links(&link.text, at, items);
            }
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strike(inner) => {
                links(inner, at, items);
            }
            _ => {}
        }
    }
}
