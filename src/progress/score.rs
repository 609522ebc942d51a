//! How chapters, questions and labs went, computed from the log. Knows ids only; ids the course no longer has stay in.

use super::entry::{DAY, Entry, Logged, Moment};
use super::review::Schedule;
use std::collections::{BTreeMap, BTreeSet};

/// How everything went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// By chapter id.
    pub chapters: BTreeMap<String, ChapterScore>,
    /// By question id.
    pub questions: BTreeMap<String, QuestionScore>,
    /// By lab: the fewest hints it was passed with.
    pub labs: BTreeMap<String, usize>,
    /// By misconception.
    pub misconceptions: BTreeMap<String, Believed>,
    /// The days (since 1970) on which something was learned.
    pub days: BTreeSet<i64>,
}

/// How a chapter went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChapterScore {
    /// Whether its end was reached.
    pub read: bool,
    /// How often its quiz was finished.
    pub runs: usize,
    /// The best result: points won, points there were.
    pub best: Option<(f64, usize)>,
    /// The latest result.
    pub latest: Option<(f64, usize)>,
    /// Time spent on it, in milliseconds, as far as entries show it.
    pub millis: i64,
}

/// How a question went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionScore {
    /// Its chapter.
    pub chapter: String,
    /// How often it was answered.
    pub answers: usize,
    /// How often all points were won.
    pub rights: usize,
    /// The latest result: points won, points there were.
    pub latest: (f64, usize),
    /// When it was answered last.
    pub at: Option<Moment>,
}

/// A misconception that showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Believed {
    /// How often.
    pub times: usize,
    /// The question that showed it last.
    pub question: String,
    /// Whether that question was answered right since.
    pub overcome: bool,
}

/// A longer pause between two entries is time spent elsewhere.
const PAUSE: i64 = 10 * 60 * 1000;

impl Scores {
    /// The scores that follow from a log.
    pub fn of(log: &[Logged]) -> Scores {
        let mut scores = Scores::default();
        let mut before: Option<&Logged> = None;
        for logged in log {
            scores.days.insert(logged.at.day);
            if let Some(before) = before.filter(|before| !matches!(before.entry, Entry::Passed { .. })) {
                let gap = logged.at.millis - before.at.millis;
                if (0..=PAUSE).contains(&gap) {
                    scores.chapters.entry(before.entry.about().to_owned()).or_default().millis += gap;
                }
            }
            scores.take(logged);
            before = Some(logged);
        }
        scores
    }

    fn take(&mut self, logged: &Logged) {
        match &logged.entry {
            Entry::Opened { chapter } => {
                self.chapters.entry(chapter.clone()).or_default();
            }
            Entry::Read { chapter, done, .. } => {
                self.chapters.entry(chapter.clone()).or_default().read |= done;
            }
            Entry::Finished { chapter, points, of } => {
                let score = self.chapters.entry(chapter.clone()).or_default();
                let result = (*points, *of);
                score.runs += 1;
                score.latest = Some(result);
                score.best = score.best.filter(|best| share(*best) >= share(result)).or(Some(result));
            }
            Entry::Passed { lab, hints } => {
                let fewest = self.labs.entry(lab.clone()).or_insert(*hints);
                *fewest = (*fewest).min(*hints);
            }
            Entry::Answered(answered) => {
                let right = answered.is_right();
                let score = self.questions.entry(answered.question.clone()).or_default();
                score.chapter.clone_from(&answered.chapter);
                score.answers += 1;
                score.rights += usize::from(right);
                score.latest = (answered.points, answered.of);
                score.at = Some(logged.at);
                let of_question =
                    self.misconceptions.values_mut().filter(|b| b.question == answered.question);
                of_question.for_each(|believed| believed.overcome = right);
                for id in &answered.misconceptions {
                    let believed = self.misconceptions.entry(id.clone()).or_default();
                    *believed = Believed {
                        times: believed.times + 1,
                        question: answered.question.clone(),
                        overcome: false,
                    };
                }
            }
        }
    }

    /// Days in a row on which something was learned, up to today or yesterday.
    pub fn streak(&self, now: Moment) -> u32 {
        let last = if self.days.contains(&now.day) { now.day } else { now.day - 1 };
        let gap = self.days.range(..=last).rev().zip(0..).find(|(day, back)| **day != last - back);
        let all = self.days.range(..=last).count() as u32;
        gap.map_or(all, |(_, back)| back as u32)
    }

    /// Minutes spent, over all chapters.
    pub fn minutes(&self) -> u64 {
        let millis: i64 = self.chapters.values().map(|chapter| chapter.millis).sum();
        u64::try_from(millis / 60_000).unwrap_or(0)
    }

    /// How well the answered questions of each chapter are known, from 0 to 1.
    pub fn mastery(&self, schedule: &Schedule, now: Moment) -> BTreeMap<&str, f64> {
        let mut of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, question) in &self.questions {
            of.entry(&question.chapter).or_default().push(id);
        }
        of.into_iter().map(|(chapter, ids)| (chapter, schedule.mastery(ids, now))).collect()
    }
}

fn share((points, of): (f64, usize)) -> f64 {
    points / of.max(1) as f64
}

/// Answers given on each of the last `days` days, oldest first.
pub fn answers_by_day(log: &[Logged], now: Moment, days: usize) -> Vec<u32> {
    let mut counts = vec![0; days];
    for logged in log {
        let back = usize::try_from(now.day - logged.at.day).unwrap_or(usize::MAX);
        if matches!(logged.entry, Entry::Answered(_)) && back < days {
            counts[days - 1 - back] += 1;
        }
    }
    counts
}

/// A day (since 1970) as the moment of its start in UTC, to be shown as a date.
pub const fn start_of(day: i64) -> i64 {
    day.saturating_mul(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Answer;
    use crate::progress::entry::{Answered, Asked};

    fn log(entries: &[(i64, Entry)]) -> Vec<Logged> {
        let one = |(minute, entry): &(i64, Entry)| Logged {
            id: *minute,
            at: Moment::new(minute * 60_000, 3600),
            entry: entry.clone(),
        };
        entries.iter().map(one).collect()
    }

    fn answered(points: f64, misconceptions: &[&str]) -> Entry {
        Entry::Answered(Answered {
            chapter: "a".into(),
            question: "q".into(),
            answer: Answer::One(0),
            points,
            of: 2,
            asked: Asked::Quiz,
            misconceptions: misconceptions.iter().map(|id| (*id).to_owned()).collect(),
        })
    }

    #[test]
    fn best_and_latest_results_and_the_time_spent_are_kept_apart() {
        let finished = |points| Entry::Finished { chapter: "a".into(), points, of: 8 };
        let log = log(&[
            (0, Entry::Opened { chapter: "a".into() }),
            (4, finished(7.0)),
            (9, finished(5.0)),
            (500, Entry::Read { chapter: "a".into(), block: 1, line: 0, done: true }),
            (501, Entry::Passed { lab: "l".into(), hints: 2 }),
            (502, Entry::Passed { lab: "l".into(), hints: 1 }),
        ]);
        let scores = Scores::of(&log);
        let chapter = &scores.chapters["a"];
        assert_eq!((chapter.best, chapter.latest, chapter.runs), (Some((7.0, 8)), Some((5.0, 8)), 2));
        assert_eq!((chapter.read, chapter.millis / 60_000, scores.minutes()), (true, 10, 10));
        assert_eq!(scores.labs["l"], 1);
    }

    #[test]
    fn a_misconception_is_overcome_by_answering_its_question_right() {
        let wrong = log(&[(0, answered(0.0, &["m"])), (1, answered(1.0, &["m"]))]);
        assert_eq!(
            Scores::of(&wrong).misconceptions["m"],
            Believed { times: 2, question: "q".into(), overcome: false }
        );
        let right = log(&[(0, answered(0.0, &["m"])), (1, answered(2.0, &[]))]);
        let scores = Scores::of(&right);
        assert!(scores.misconceptions["m"].overcome);
        assert_eq!((scores.questions["q"].answers, scores.questions["q"].rights), (2, 1));
    }

    #[test]
    fn days_in_a_row_are_the_learners_own_days() {
        let day = 24 * 60;
        let entries: Vec<(i64, Entry)> =
            [0, day, 2 * day, 4 * day + 23 * 60 + 30].map(|m| (m, answered(2.0, &[]))).to_vec();
        let log = log(&entries);
        let scores = Scores::of(&log);
        let now = |minute: i64| Moment::new(minute * 60_000, 3600);
        assert_eq!(scores.days.iter().copied().collect::<Vec<_>>(), [0, 1, 2, 5]);
        assert_eq!(scores.streak(now(2 * day)), 3);
        assert_eq!(scores.streak(now(3 * day)), 3);
        assert_eq!(scores.streak(now(4 * day)), 0);
        assert_eq!(answers_by_day(&log, now(2 * day), 4), [0, 1, 1, 1]);
    }
}
