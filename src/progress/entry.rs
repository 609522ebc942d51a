//! What is kept: one entry for each thing the learner did. Knows nothing of how it is kept.

use crate::course::Answer;
use serde::{Deserialize, Serialize};

/// A moment on the learner's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds since 1970, UTC.
    pub millis: i64,
    /// The learner's calendar day then: days since 1970 in local time.
    pub day: i64,
}

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

impl Moment {
    /// The moment `millis` after 1970 (UTC) where local time is ahead of UTC by so many seconds.
    pub const fn new(millis: i64, ahead_seconds: i64) -> Moment {
        Moment { millis, day: (millis + ahead_seconds * 1000).div_euclid(DAY) }
    }
}

/// One thing the learner did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// Opened a chapter.
    Opened {
        /// The chapter.
        chapter: String,
    },
    /// Read a chapter up to a place.
    Read {
        /// The chapter.
        chapter: String,
        /// The block at the top of the screen.
        block: usize,
        /// Lines into that block.
        line: usize,
        /// Whether the end was on the screen.
        done: bool,
    },
    /// Answered a question.
    Answered(Answered),
    /// Reached the end of a quiz.
    Finished {
        /// The chapter.
        chapter: String,
        /// Points won.
        points: f64,
        /// Points there were.
        of: usize,
    },
    /// Passed a lab.
    Passed {
        /// The lab.
        lab: String,
        /// Hints taken.
        hints: usize,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The chapter of the question.
    pub chapter: String,
    /// The question.
    pub question: String,
    /// What was answered.
    pub answer: Answer,
    /// Points won.
    pub points: f64,
    /// Points there were.
    pub of: usize,
    /// Where it was asked.
    pub asked: Asked,
    /// The misconceptions it gave away, by id.
    pub misconceptions: Vec<String>,
}

/// Where a question was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// In its chapter's quiz.
    Quiz,
    /// By itself, in the text.
    Text,
    /// In a review.
    Review,
}

/// An entry and when it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// Its number; later ones are larger.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// What.
    pub entry: Entry,
}

impl Entry {
    /// The word for what was done.
    pub fn kind(&self) -> &'static str {
        match self {
            Entry::Opened { .. } => "opened",
            Entry::Read { .. } => "read",
            Entry::Answered(_) => "answered",
            Entry::Finished { .. } => "finished",
            Entry::Passed { .. } => "passed",
        }
    }

    /// The chapter or lab it is about.
    pub fn about(&self) -> &str {
        match self {
            Entry::Opened { chapter } | Entry::Read { chapter, .. } | Entry::Finished { chapter, .. } => {
                chapter
            }
            Entry::Answered(answered) => &answered.chapter,
            Entry::Passed { lab, .. } => lab,
        }
    }
}

impl Answered {
    /// Whether all points were won.
    pub fn is_right(&self) -> bool {
        self.points >= self.of as f64
    }
}
