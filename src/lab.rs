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
