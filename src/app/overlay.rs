//! What lies above the screen: it sees keys first, and Esc closes it. Each kind owns its state.

use super::action::Action;
use super::bench::way;
use super::editor::Editor;
use super::extents::Extents;
use super::keymap::Context;
use super::palette::Palette;
use super::practice::Why;
use super::scroll::Cursor;

/// One thing above the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// All keys of this place.
    Help(Sheet),
    /// Every command by name.
    Palette(Palette),
    /// The chain of causes.
    Why(Chain),
    /// A yes-or-no question.
    Confirm(Confirm),
    /// `kubectl describe`.
    Describe(Sheet),
    /// `kubectl logs`.
    Logs(Sheet),
    /// `kubectl get -o yaml`.
    Yaml(Sheet),
    /// Something to be told.
    Message(Sheet),
    /// The YAML editor.
    Editor(Box<Editor>),
}

/// Text in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// What it is, or the command it stands for.
    pub title: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// The first visible line.
    pub top: usize,
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

impl Sheet {
    /// A window with `text`; what a terminal would obey is left out.
    pub fn new(title: impl Into<String>, text: &str) -> Sheet {
        let lines = text.lines().map(|line| crate::course::text::visible(line).replace('\t', "    "));
        Sheet { title: title.into(), lines: lines.collect(), top: 0 }
    }
}

impl Overlay {
    /// The chain behind what a Pod shows.
    pub fn why(pod: &str, links: Vec<Why>) -> Overlay {
        Overlay::Why(Chain { title: format!("why is {pod} like this?"), links, cursor: Cursor::default() })
    }

    /// The contexts whose keys hold while this is open.
    pub fn contexts(&self) -> &'static [Context] {
        match self {
            Overlay::Palette(_) => &[Context::Picker, Context::Typing],
            Overlay::Editor(_) => &[Context::Editor, Context::Typing],
            Overlay::Confirm(_) => &[Context::Confirm],
            Overlay::Why(_) => &[Context::Chain, Context::Anywhere],
            _ => &[Context::Reading, Context::Anywhere],
        }
    }

    /// Moves within; false if the action means something else.
    pub fn scroll(&mut self, action: Action, extents: &Extents) -> bool {
        let Some(way) = way(action) else { return false };
        let (height, total) = extents.overlay;
        match self {
            Overlay::Help(sheet)
            | Overlay::Describe(sheet)
            | Overlay::Logs(sheet)
            | Overlay::Yaml(sheet)
            | Overlay::Message(sheet) => sheet.top = way.scroll(sheet.top, height, total),
            Overlay::Why(chain) => chain.cursor.go(way, height, chain.links.len()),
            Overlay::Palette(palette) => palette.cursor.go(way, height, palette.found.len()),
            Overlay::Confirm(_) | Overlay::Editor(_) => return false,
        }
        true
    }
}
