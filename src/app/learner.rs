//! What the learner did, as the screens show it: computed from entries, one after the other. Does not know how entries are kept, nor
//! when questions come back; whoever does hands in what is due.

pub use crate::progress::{Answered, Asked, Entry};
use std::collections::{BTreeMap, BTreeSet};

/// How far a chapter is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChapterState {
    /// Where the learner stopped: block and lines into it.
    pub place: (usize, usize),
    /// Whether the end was reached once.
    pub done: bool,
}

/// How a quiz went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuizState {
    /// Answers of the run that is not finished, in order.
    pub open: Vec<Answered>,
    /// How often it was finished.
    pub runs: u64,
    /// The best result: points won, points there were.
    pub best: Option<(f64, usize)>,
    /// The latest result.
    pub latest: Option<(f64, usize)>,
}

/// Everything the learner did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learner {
    /// Chapters by id.
    pub chapters: BTreeMap<String, ChapterState>,
    /// Quizzes by chapter id.
    pub quizzes: BTreeMap<String, QuizState>,
    /// Every question's latest result and number of answers, by id.
    pub questions: BTreeMap<String, QuestionState>,
    /// Labs passed, with the fewest hints taken.
    pub labs: BTreeMap<String, usize>,
    /// The chapter that was opened, or whose quiz was answered, last.
    pub last: Option<String>,
    /// Ids of questions that are due again, most urgent first.
    pub due: Vec<String>,
    /// How many questions come back on each of the next days, today first.
    pub forecast: Vec<u32>,
    /// Days in a row on which something was learned.
    pub streak: u32,
    /// Minutes spent.
    pub minutes: u64,
    /// Minutes spent on each chapter and its quiz, by id.
    pub times: BTreeMap<String, u64>,
    /// Answers given on each of the last days, today last.
    pub days: Vec<u32>,
    /// A number that differs from learner to learner: in a class the right option is not the same for one's neighbour.
    pub salt: u64,
}

/// How a question went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionState {
    /// Answers given.
    pub times: u64,
    /// Answers that were right in full.
    pub right: u64,
    /// Whether the latest one was.
    pub latest: bool,
    /// The misconceptions of the latest answer.
    pub misconceptions: BTreeSet<String>,
}

impl Learner {
    /// Decides the order of the options in the next run of a chapter's quiz: stable until that run is finished.
    pub fn quiz_order(&self, chapter: &str) -> u64 {
        self.salt.wrapping_add(self.quizzes.get(chapter).map_or(0, |quiz| quiz.runs))
    }

    /// Decides the order of the options of questions that come back: another one each time, so that no place can be remembered.
    pub fn review_order(&self) -> u64 {
        self.salt.wrapping_sub(self.questions.values().map(|question| question.times).sum())
    }

    /// Takes in one more thing the learner did.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Opened { chapter } => {
                self.chapters.entry(chapter.clone()).or_default();
                self.last = Some(chapter.clone());
            }
            Entry::Read { chapter, block, line, done } => {
                let state = self.chapters.entry(chapter.clone()).or_default();
                state.place = (*block, *line);
                state.done |= *done;
            }
            Entry::Answered(answered) => self.answered(answered),
            Entry::Finished { chapter, points, of } => {
                let quiz = self.quizzes.entry(chapter.clone()).or_default();
                let result = (*points, *of);
                let share = |(points, of): (f64, usize)| points / (of.max(1) as f64);
                quiz.open.clear();
                quiz.runs += 1;
                quiz.latest = Some(result);
                quiz.best = Some(quiz.best.filter(|best| share(*best) >= share(result)).unwrap_or(result));
            }
            Entry::Passed { lab, hints } => {
                let fewest = self.labs.entry(lab.clone()).or_insert(*hints);
                *fewest = (*fewest).min(*hints);
            }
        }
    }

    fn answered(&mut self, answered: &Answered) {
        let right = answered.points >= answered.of as f64;
        let state = self.questions.entry(answered.question.clone()).or_default();
        state.times += 1;
        state.right += u64::from(right);
        state.latest = right;
        state.misconceptions = answered.misconceptions.iter().cloned().collect();
        if let Some(today) = self.days.last_mut() {
            *today += 1;
        }
        self.due.retain(|id| *id != answered.question);
        if !right {
            self.due.push(answered.question.clone());
        }
        if answered.asked == Asked::Quiz {
            self.last = Some(answered.chapter.clone());
            let open = &mut self.quizzes.entry(answered.chapter.clone()).or_default().open;
            open.retain(|a| a.question != answered.question);
            open.push(answered.clone());
        }
    }

    /// Takes over what is reckoned from the whole record: days, times, what comes back. What is due stays as this session has it.
    pub fn take_reckoning(&mut self, other: Learner) {
        let Learner { forecast, streak, minutes, times, days, .. } = other;
        (self.forecast, self.streak, self.minutes) = (forecast, streak, minutes);
        (self.times, self.days) = (times, days);
    }

    /// The misconceptions that the latest answers show, by id, with the number of questions that show them.
    pub fn beliefs(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for id in self.questions.values().flat_map(|state| &state.misconceptions) {
            *counts.entry(id).or_default() += 1;
        }
        let mut beliefs: Vec<(&str, usize)> = counts.into_iter().collect();
        beliefs.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        beliefs
    }

    /// The share of a chapter's questions that were right when last answered, of those in `ids`; `None` before the first answer.
    pub fn mastery<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Option<f64> {
        let (mut known, mut answered, mut all) = (0, 0, 0);
        for id in ids {
            all += 1;
            if let Some(state) = self.questions.get(id) {
                answered += 1;
                known += u32::from(state.latest);
            }
        }
        (answered > 0).then(|| f64::from(known) / f64::from(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Answer;

    #[test]
    fn the_best_and_the_latest_result_are_both_kept() {
        let mut learner = Learner::default();
        for points in [3.0, 7.0, 5.0] {
            learner.apply(&Entry::Finished { chapter: "a".into(), points, of: 8 });
        }
        let quiz = &learner.quizzes["a"];
        assert_eq!((quiz.best, quiz.latest, quiz.runs), (Some((7.0, 8)), Some((5.0, 8)), 3));
    }

    #[test]
    fn an_unfinished_run_is_there_until_the_quiz_is_finished() {
        let mut learner = Learner::default();
        let answer = |question: &str| {
            Entry::Answered(Answered {
                chapter: "a".into(),
                question: question.into(),
                answer: Answer::Truth(true),
                points: 1.0,
                of: 1,
                asked: Asked::Quiz,
                misconceptions: Vec::new(),
            })
        };
        learner.apply(&answer("q1"));
        learner.apply(&answer("q2"));
        assert_eq!(learner.quizzes["a"].open.len(), 2);
        learner.apply(&Entry::Finished { chapter: "a".into(), points: 2.0, of: 2 });
        assert!(learner.quizzes["a"].open.is_empty());
        assert_eq!(learner.mastery(["q1", "q2", "q3", "q4"].into_iter()), Some(0.5));
    }
}
