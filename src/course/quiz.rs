//! Questions, their answers and what these are worth. Indices always refer to the order in the file; the order shown is
//! [`Question::shuffled`]. Knows nothing of who answers, and of the simulator only what it is handed as [`Predicted`].

/// Comparing typed answers: words, numbers, commands.
pub mod fill;
/// What an answer is worth, and why.
pub mod grade;
/// Quiz files to questions.
pub mod read;

use super::block::{Block, plain_blocks};
use super::diagnostic::Place;
pub use grade::{Feedback, Grade, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The questions of a chapter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quiz {
    /// The chapter's id.
    pub chapter: String,
    /// The file.
    pub path: String,
    /// The questions in order.
    pub questions: Vec<Question>,
    /// The ids of the questions that could not be read, empty where even the id could not.
    pub left_out: Vec<String>,
}

impl Quiz {
    /// The question of that id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Its id, unique over all packs and stable over time: the learner's record refers to it.
    pub id: String,
    /// The objective of the chapter it tests, counted from 1.
    pub objective: Option<usize>,
    /// What a full answer is worth.
    pub points: usize,
    /// What is asked.
    pub ask: Prose,
    /// What is asked for, and the right answer.
    pub kind: Kind,
    /// Where it stands in its file.
    pub place: Place,
}

/// A short text: as written and as blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prose {
    /// The Markdown as written, safe to show.
    pub source: String,
    /// The same as blocks.
    pub blocks: Vec<Block>,
}

impl Prose {
    /// The text on one line, marks dropped.
    pub fn plain(&self) -> String {
        one_line(&self.blocks)
    }

    /// The sentences of the text on one line, without its code and outputs; all of it if it has no sentences.
    pub fn in_words(&self) -> String {
        let said = |block: &&Block| !matches!(block, Block::Code(_) | Block::Console(_));
        let words: Vec<Block> = self.blocks.iter().filter(said).cloned().collect();
        if words.is_empty() { self.plain() } else { one_line(&words) }
    }
}

fn one_line(blocks: &[Block]) -> String {
    plain_blocks(blocks).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is asked for, and the right answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// One of the options is right.
    ChooseOne(Vec<Choice>),
    /// Some of the options are right.
    ChooseAll(Vec<Choice>),
    /// A claim to judge.
    TrueFalse(Judgement),
    /// A word, number or command to type.
    FillIn(FillIn),
    /// Items to put in order; they stand here in the right one.
    Order(Order),
    /// Pairs to find; they stand here together.
    Match(Match),
    /// What the simulator will show.
    Predict(Box<Prediction>),
    /// The faulty lines of a text.
    FindLine(FindLine),
}

/// An option to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it says.
    pub text: Prose,
    /// Whether it is right.
    pub correct: bool,
    /// Why it is right or wrong.
    pub because: Prose,
    /// The misconception behind it, by id.
    pub misconception: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A claim that is true or false.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether the claim is true.
    pub answer: bool,
    /// What is said to who answers `true`.
    pub because_true: Prose,
    /// What is said to who answers `false`.
    pub because_false: Prose,
    /// The misconception behind the wrong answer, by id.
    pub misconception: Option<String>,
}

/// Something to type.
#[derive(Clone, Debug, PartialEq)]
pub struct FillIn {
    /// What counts as right.
    pub expected: Expected,
    /// Why that is the answer.
    pub because: Prose,
    /// Wrong answers worth a word of their own.
    pub wrong: Vec<KnownWrong>,
}

/// What counts as right when something is typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// One of these words; case and blanks do not count.
    Word(Vec<String>),
    /// A number.
    Number {
        /// The number.
        value: f64,
        /// How far off still counts, either way.
        within: f64,
        /// Its unit, shown and accepted after the number; may be empty.
        unit: String,
    },
    /// One of these command lines, word by word, flags in any order.
    Command(Vec<String>),
}

/// A wrong answer worth a word of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownWrong {
    /// What was typed.
    pub answer: String,
    /// Why it is wrong.
    pub because: Prose,
    /// The misconception behind it, by id.
    pub misconception: Option<String>,
}

/// Items to put in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The items in the right order.
    pub items: Vec<Prose>,
    /// Why that is the order.
    pub because: Prose,
}

/// Pairs to find.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Left and right of each pair.
    pub pairs: Vec<(Prose, Prose)>,
    /// Why they belong together.
    pub because: Prose,
}

/// Something the simulator answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Where the manifest comes from.
    pub manifest: Manifest,
    /// Commands on the way: the second at which each is typed, and its line.
    pub commands: Vec<(f64, String)>,
    /// The Pod that is looked at.
    pub pod: String,
    /// The column that is looked at.
    pub column: Column,
    /// What is asked.
    pub asked: Asked,
    /// Why it comes so.
    pub because: Prose,
}

impl Prediction {
    /// What to type instead, if `typed` cannot be an answer at all: a slip is no mistake.
    pub fn asks_for(&self, typed: &str) -> Option<&'static str> {
        let numbers = typed.chars().any(|c| c.is_ascii_digit());
        match (&self.asked, self.column) {
            (Asked::When(_), _) if !numbers => Some("Type a number of seconds, such as 15."),
            (Asked::At(_), Column::Restarts) if !numbers => Some("Type a number, such as 2."),
            (Asked::At(_), Column::Ready) if !numbers => Some("Type what READY shows, such as 1/1."),
            _ => None,
        }
    }
}

/// Where the manifest of a question comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// A named file of the chapter.
    File {
        /// Its name.
        name: String,
        /// Where it is referred to.
        place: Place,
    },
    /// Given here.
    Inline {
        /// The YAML.
        text: String,
        /// Where it stands.
        place: Place,
    },
}

/// A column of `kubectl get pods`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are kubectl's headings")]
pub enum Column {
    Status,
    Ready,
    Restarts,
}

/// What a prediction is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// What the column shows at that second.
    At(f64),
    /// The second at which the column first shows that.
    When(String),
}

/// What the simulator answered to a prediction.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicted {
    /// The column shows this at the second asked for.
    Shows(String),
    /// The column first shows it at this second.
    FirstAt(f64),
    /// It is never shown, or there is no such Pod, or the manifest could not be applied: why, for the learner.
    Nothing(String),
}

/// A text with faulty lines.
#[derive(Clone, Debug, PartialEq)]
pub struct FindLine {
    /// The text.
    pub yaml: String,
    /// The faulty lines, from 1.
    pub lines: BTreeSet<usize>,
    /// What is wrong with them.
    pub because: Prose,
}

/// What a learner answered. The variant must fit the question's kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Of choose-one: the option.
    One(usize),
    /// Of choose-all: the options.
    Many(BTreeSet<usize>),
    /// Of true-false.
    Truth(bool),
    /// Of fill-in and of predictions: what was typed.
    Text(String),
    /// Of order: the items in the order the learner gave them.
    Order(Vec<usize>),
    /// Of match: for each left side, the right side given to it.
    Pairs(Vec<Option<usize>>),
    /// Of find-line: the lines, from 1.
    Lines(BTreeSet<usize>),
}

impl Kind {
    /// The name of the kind in quiz files.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::ChooseOne(_) => "choose-one",
            Kind::ChooseAll(_) => "choose-all",
            Kind::TrueFalse(_) => "true-false",
            Kind::FillIn(_) => "fill-in",
            Kind::Order(_) => "order",
            Kind::Match(_) => "match",
            Kind::Predict(_) => "predict",
            Kind::FindLine(_) => "find-line",
        }
    }

    /// What to do, and what part of an answer is worth, in one sentence.
    pub fn rule(&self) -> &'static str {
        match self {
            Kind::ChooseOne(_) => "Choose one.",
            Kind::ChooseAll(_) => {
                "Choose all that are right; each wrong one takes back the share of a right one."
            }
            Kind::TrueFalse(_) => "True or false?",
            Kind::FillIn(_) => "Type the answer.",
            Kind::Order(_) => "Put in order; each neighbouring pair in the right order counts.",
            Kind::Match(_) => "Match the pairs; each right pair counts.",
            Kind::Predict(prediction) => match prediction.asked {
                Asked::At(_) => "Predict what will be shown; the simulator is the judge.",
                Asked::When(_) => "Predict the second; within 15 % counts in full, within 40 % half.",
            },
            Kind::FindLine(_) => {
                "Find the faulty line; of several, each counts, and a sound one takes one back."
            }
        }
    }
}

impl Column {
    /// The heading kubectl prints.
    pub fn heading(self) -> &'static str {
        match self {
            Column::Status => "STATUS",
            Column::Ready => "READY",
            Column::Restarts => "RESTARTS",
        }
    }
}

impl Question {
    /// The order in which options, items or right sides are shown: a permutation of their indices, the same for the same seed.
    /// Items to be put in order never start out in it.
    pub fn shuffled(&self, seed: u64) -> Vec<usize> {
        let (count, apart) = match &self.kind {
            Kind::ChooseOne(options) | Kind::ChooseAll(options) => (options.len(), false),
            Kind::Order(order) => (order.items.len(), true),
            Kind::Match(pairs) => (pairs.pairs.len(), true),
            _ => (0, false),
        };
        let mut state =
            self.id.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |state, byte| mix(state ^ u64::from(byte)));
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            state = mix(state);
            order.swap(last, (state % (last as u64 + 1)) as usize);
        }
        if apart && count > 1 && order.is_sorted() {
            order.rotate_left(1);
        }
        order
    }
}

/// One step of the splitmix64 generator.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
