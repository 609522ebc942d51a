//! The course as text: chapters, quizzes and labs, read into typed values, with diagnostics that name their place.
//!
//! Content comes as `(path, bytes)` pairs; this layer knows no file system, no screen and no cluster. Nothing here fails: what
//! cannot be read becomes a [`Diagnostic`] and, on a page, a block that shows it in place, and the rest goes on working. Control
//! characters never pass: every text handed out went through [`text::visible`].

/// Pages as typed blocks.
pub mod block;
/// Rules across files.
pub mod check;
/// The picture of a Pod.
pub mod diagram;
/// What is wrong with content, where, and what to do.
pub mod diagnostic;
/// Quizzes in other programs' formats.
pub mod export;
/// What stands above a chapter's text: its title, objectives, prerequisites.
pub mod front;
/// Code to toned spans.
pub mod highlight;
/// Labs: broken clusters to repair.
pub mod lab;
/// Markdown to blocks.
pub mod markdown;
/// Things commonly believed that are not so.
pub mod misconception;
/// The names of content files.
pub mod name;
/// A pack of content, or several laid over each other.
pub mod pack;
/// Questions, their answers and what these are worth.
pub mod quiz;
/// What must be executed to be checked.
pub mod run;
/// "Did you mean …?"
pub mod suggest;
/// Text made safe to show, and places in it.
pub mod text;
/// Transcripts: commands and what they must print.
pub mod transcript;
/// Content YAML as a tree that remembers where everything stood.
pub mod yaml;

mod fields;

pub use block::{Block, Inline, Page};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use lab::Lab;
pub use misconception::Misconception;
pub use pack::{Chapter, Course, Pack};
pub use quiz::{Answer, Question, Quiz};
