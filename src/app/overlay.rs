//! What lies above the screen: it sees keys first, and Esc closes it. Each kind owns its state.

use super::action::Action;
use super::bench::way;
use super::editor::Editor;
use super::extents::Extents;
use super::keymap::Context;
use super::palette::Palette;
use super::practice::Why;
use super::scroll::Cursor;
use super::sheet::{Finding, Sheet};

/// One thing above the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// All keys of a place.
    Help(Help),
    /// Every command by name.
    Palette(Palette),
    /// The chain of causes.
    Why(Chain),
    /// A yes-or-no question.
    Confirm(Confirm),
    /// What kubectl says about a Pod.
    Text(Box<Sheet>),
    /// The YAML editor.
    Editor(Box<Editor>),
}

/// The keys of a place.
#[derive(Clone, Debug)]
pub struct Help {
    /// The contexts of the place.
    pub contexts: Vec<Context>,
    /// The first visible line.
    pub top: usize,
    /// What lies under it, and is there again when it closes.
    pub under: Option<Box<Overlay>>,
}

/// The chain of causes, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// What it explains.
    pub title: String,
    /// The links.
    pub links: Vec<Why>,
    /// The chosen one.
    pub cursor: Cursor,
}

/// A question and what yes means.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    /// The question.
    pub text: String,
    /// What happens on yes.
    pub then: Then,
}

/// What a yes stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Leave podlab.
    Quit,
    /// Start a fresh cluster.
    Fresh,
    /// Leave the editor without saving.
    DropEdits,
    /// Set the lab up again.
    RestartLab,
}

impl Overlay {
    /// The chain behind what a Pod shows.
    pub fn why(what: &str, links: Vec<Why>) -> Overlay {
        Overlay::Why(Chain { title: format!("why is {what} like this?"), links, cursor: Cursor::default() })
    }

    /// The chain behind a Pod that could not be created.
    pub fn why_none(links: Vec<Why>) -> Overlay {
        Overlay::Why(Chain { title: "why is there no Pod?".to_owned(), links, cursor: Cursor::default() })
    }

    /// The contexts whose keys hold while this is open.
    pub fn contexts(&self) -> &'static [Context] {
        match self {
            Overlay::Palette(_) => &[Context::Picker, Context::Typing],
            Overlay::Editor(_) => &[Context::Editor, Context::Typing],
            Overlay::Confirm(_) => &[Context::Confirm],
            Overlay::Why(_) => &[Context::Chain, Context::Anywhere],
            Overlay::Help(_) => &[Context::Reading, Context::Anywhere],
            Overlay::Text(sheet) => match sheet.finding {
                Finding::Typing(_) => &[Context::Finding, Context::Typing],
                Finding::For(_) => {
                    &[Context::Found, Context::Sheet, Context::Reading, Context::Time, Context::Anywhere]
                }
                Finding::Off => &[Context::Sheet, Context::Reading, Context::Time, Context::Anywhere],
            },
        }
    }

    /// Moves within; false if the action means something else.
    pub fn scroll(&mut self, action: Action, extents: &Extents) -> bool {
        let Some(way) = way(action) else { return false };
        let (height, total) = extents.overlay;
        match self {
            Overlay::Help(help) => help.top = way.scroll(help.top, height, total),
            Overlay::Text(sheet) => sheet.scroll(way, extents),
            Overlay::Why(chain) => chain.cursor.go(way, height, chain.links.len()),
            Overlay::Palette(palette) => palette.cursor.go(way, height, palette.found.len()),
            Overlay::Confirm(_) | Overlay::Editor(_) => return false,
        }
        true
    }
}
