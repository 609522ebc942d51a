//! Labs as text: a broken cluster, what must hold once it is repaired, hints, and the repair itself. Runs nothing; whether goals
//! hold is judged by whoever has a cluster.

/// The conditions a lab can ask for, one sentence each.
pub mod goal;
/// Lab files to labs.
pub mod read;

use super::diagnostic::{Place, Report};
use super::quiz::Prose;
use super::transcript::{self, Transcript};
use super::yaml::Node;
pub use goal::{Condition, Goal};
use std::ops::Range;

/// A lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Lab {
    /// Its id: the file name without ending.
    pub id: String,
    /// The file.
    pub path: String,
    /// The title.
    pub title: String,
    /// The id of the chapter it belongs to, with its place.
    pub chapter: (String, Place),
    /// How long it takes, in minutes.
    pub minutes: usize,
    /// What the learner is told.
    pub brief: Prose,
    /// What is done before the learner starts.
    pub setup: Setup,
    /// What must hold, all at once.
    pub goals: Vec<Goal>,
    /// Where the goals stand.
    pub goals_place: Place,
    /// Observation, direction, near-solution.
    pub hints: Vec<Prose>,
    /// What is said after a pass.
    pub after: After,
    /// One way to repair it.
    pub solution: Script,
    /// Repairs that must not pass.
    pub wrong_fixes: Vec<WrongFix>,
}

/// What is done before the learner starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// How many worker nodes there are.
    pub nodes: usize,
    /// Name and content of each file in the learner's folder.
    pub files: Vec<LabFile>,
    /// The names of those files that a cluster is meant to refuse, each with its place.
    pub broken: Vec<(String, Place)>,
    /// Commands run in the simulated shell, each with its place.
    pub commands: Vec<(String, Place)>,
}

/// A file in the learner's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: String,
    /// Where the content stands in the lab's file.
    pub place: Place,
}

/// What is said after a pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct After {
    /// What was wrong.
    pub wrong: Prose,
    /// Why the repair works.
    pub why: Prose,
    /// How to prevent it.
    pub prevent: Prose,
}

/// Commands to run, and where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The commands, with what they must print if that is given.
    pub transcript: Transcript,
    /// Its text.
    pub text: String,
    /// Where the script stands in its file.
    pub place: Place,
    /// The bytes of the file it was written in.
    pub bytes: Range<usize>,
}

impl Script {
    /// The script that a field holds.
    pub fn of(field: &Node, text: String, report: &mut Report) -> Script {
        let transcript = transcript::parse(&text, field.place, report);
        Script { transcript, text, place: field.place, bytes: field.bytes.clone() }
    }
}

/// A repair that must not pass.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongFix {
    /// What it is, for people.
    pub name: String,
    /// Why it is wrong.
    pub because: Prose,
    /// The commands.
    pub script: Script,
}

#[cfg(test)]
mod tests;
