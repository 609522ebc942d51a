//! What happens, what is wanted, what is to be done: the words in which the parts of the tutor talk to each other.

use super::extents::Extents;
use super::key::Key;
use super::learner::{Entry, Learner};
use super::overlay::Overlay;
use super::settings::Settings;
use crate::course::{Course, Diagnostic};
use std::time::Duration;

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The map of the course.
    Map,
    /// A chapter, perhaps at a heading.
    Chapter {
        /// Its id.
        id: String,
        /// The heading's id.
        heading: Option<String>,
    },
    /// A chapter at a block, looking for a text.
    Found {
        /// The chapter's id.
        id: String,
        /// The block.
        block: usize,
        /// The text, lower case.
        text: String,
    },
    /// The quiz of a chapter.
    Quiz(String),
    /// One question, by id.
    Question(String),
    /// A lab, by slug.
    Lab(String),
    /// The experiment that refutes a misconception, by its id.
    Experiment(String),
    /// What is due again.
    Review,
    /// Scores and charts.
    Progress,
    /// Search.
    Search,
    /// Settings.
    Settings,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// Real time passed.
    Tick(Duration),
    /// The terminal has another size.
    Resized,
    /// A frame was drawn and came out like this.
    Painted(Extents),
    /// The record could not be kept; why.
    Unsaved(String),
    /// Something the learner should know at the start.
    Told(String),
    /// The content has changed.
    Course {
        /// The content as it is now.
        course: Box<Course>,
        /// What is wrong with the packs that can change, errors alone.
        problems: Vec<Diagnostic>,
    },
    /// What follows from the whole record, reckoned afresh.
    Reckoned(Box<Learner>),
}

/// What the mouse did, where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// What it did.
    pub touch: Touch,
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Touch {
    Press,
    Drag,
    Release,
    WheelUp,
    WheelDown,
}

/// What the world is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Draw a frame: something shown has changed.
    Draw,
    /// End.
    Quit,
    /// Give the terminal back and stop until the learner returns.
    Suspend,
    /// Keep this for ever, before anything else happens.
    Record(Entry),
    /// Keep the settings.
    KeepSettings(Settings),
    /// Reckon afresh what follows from the whole record.
    Reckon,
    /// Write this run into the current folder.
    SaveRun(String),
}

/// What a part of the tutor wants of the whole.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Go there.
    Go(Place),
    /// Go there, and forget the screen one is on.
    Replace(Place),
    /// One level up.
    Leave,
    /// Put this above the screen.
    Open(Overlay),
    /// Say this.
    Say(String),
    /// Keep this for ever.
    Record(Entry),
    /// The settings changed.
    KeepSettings,
    /// Apply the file of that name.
    Apply(String),
    /// Edit the file of that name.
    Edit(String),
    /// Write the session down.
    SaveRun,
    /// End.
    Quit,
}

/// Several reactions, in order.
pub type Reactions = Vec<Reaction>;
