//! What the learner did: a log of entries that only grows, kept in SQLite, and everything computed from it (scores, review
//! schedule, forecast, time spent). Knows ids of the course, not its content; knows no clock and no folders: the path and the time
//! are arguments.

/// What is kept: one entry for each thing the learner did.
pub mod entry;
/// The log and the scores as CSV and JSON.
pub mod export;
/// The file the log is kept in.
pub mod record;
/// When questions come back.
pub mod review;
/// How chapters and questions went.
pub mod score;

pub use entry::{Answered, Asked, Entry, Logged, Moment};
pub use record::{Opened, Record, Unsaved};
pub use review::{Schedule, Standing};
pub use score::Scores;
