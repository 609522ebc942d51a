//! A practice session: a cluster, the learner's shell, a pace, a past to rewind to, and the verdict on what was reached. Knows nothing
//! of files, of the screen, or of what the learner has done before.

/// How fast time passes.
pub mod pace;
/// Earlier moments, found again exactly.
pub mod past;
/// What each container did over time.
pub mod track;
/// A Pod as a picture's content.
pub mod xray;
/// The simulator's answer to a prediction.
pub mod predict;
/// Content that checks itself.
pub mod rehearse;
/// A scenario run from its start.
pub mod replay;
/// Everything of a session that rewinds.
pub mod scene;
/// Command lines typed one after the other.
pub mod script;
/// Answers among commands.
pub mod answer;
/// Escape sequences, and how far they reach.
pub mod escape;
/// What a terminal has shown.
pub mod scrollback;
/// A cluster and a shell, moving through time together.
pub mod stage;
/// Which goals hold, and what is missing.
pub mod verdict;
