//! When questions come back: the FSRS model over every answer of a question, however it was asked. A wrong answer comes back at
//! once, a right one when the model expects one in ten to have forgotten it. Nothing is stored: the schedule is computed from the
//! log. There is no guilt in it: no more than the daily amount is ever asked for.

use super::entry::{Answered, Asked, Entry, Logged, Moment};
use fsrs::{FSRS, FSRS6_DEFAULT_DECAY, MemoryState, current_retrievability};
use std::collections::{BTreeMap, BTreeSet};

/// The share of questions that should still be known when they come back.
const RETENTION: f32 = 0.9;
/// How far ahead the forecast looks, in days.
pub const AHEAD: usize = 14;

/// A question in the learner's memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The chapter.
    pub chapter: String,
    /// How well it sits, by FSRS.
    pub memory: MemoryState,
    /// When it was answered last.
    pub last: Moment,
    /// Whether that answer was right.
    pub right: bool,
    /// How many answers were given.
    pub answers: usize,
    /// How many were right.
    pub rights: usize,
    /// The day (since 1970) on which it comes back.
    pub due: i64,
}

/// Every question that was answered at least once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// By question id.
    pub cards: BTreeMap<String, Card>,
}

/// Where the learner stands today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Ids of the questions to review today, most urgent first; no more than the daily amount leaves.
    pub due: Vec<String>,
    /// How many more are waiting; never said to be more than three days' amount.
    pub waiting: usize,
    /// How many questions come back on each of the next [`AHEAD`] days, today first, under the daily amount.
    pub forecast: Vec<u32>,
}

impl Schedule {
    /// The schedule that follows from a log.
    pub fn of(log: &[Logged]) -> Schedule {
        let model = FSRS::default();
        let mut schedule = Schedule::default();
        for logged in log {
            if let Entry::Answered(answered) = &logged.entry {
                schedule.answered(&model, answered, logged.at);
            }
        }
        schedule
    }

    fn answered(&mut self, model: &FSRS, answered: &Answered, at: Moment) {
        let before = self.cards.get(&answered.question);
        let days = before.map_or(0, |card| u32::try_from(at.day - card.last.day).unwrap_or(0));
        let Ok(next) = model.next_states(before.map(|card| card.memory), RETENTION, days) else { return };
        let right = answered.is_right();
        let state = match answered.points {
            _ if right => next.good,
            points if points > 0.0 => next.hard,
            _ => next.again,
        };
        let wait = if right { state.interval.round().clamp(1.0, 3650.0) as i64 } else { 0 };
        let card = Card {
            chapter: answered.chapter.clone(),
            memory: state.memory,
            last: at,
            right,
            answers: before.map_or(0, |card| card.answers) + 1,
            rights: before.map_or(0, |card| card.rights) + usize::from(right),
            due: at.day.saturating_add(wait),
        };
        self.cards.insert(answered.question.clone(), card);
    }

    /// How likely a question would be answered right now; 0 if it was never or last wrongly answered.
    pub fn recall(&self, question: &str, now: Moment) -> f64 {
        let Some(card) = self.cards.get(question).filter(|card| card.right) else { return 0.0 };
        let days = (now.day - card.last.day).max(0) as f32;
        f64::from(current_retrievability(card.memory, days, FSRS6_DEFAULT_DECAY).clamp(0.0, 1.0))
    }

    /// How well a topic is known: the mean recall of its questions, unanswered ones included; 0 if there are none.
    pub fn mastery<'a>(&self, questions: impl IntoIterator<Item = &'a str>, now: Moment) -> f64 {
        let (count, sum) = questions
            .into_iter()
            .fold((0usize, 0.0), |(count, sum), question| (count + 1, sum + self.recall(question, now)));
        sum / count.max(1) as f64
    }

    /// Where the learner stands: of the questions that still exist (`known`), with `daily` reviews on a day and `log` for what was
    /// reviewed today already.
    pub fn standing(
        &self,
        log: &[Logged],
        now: Moment,
        daily: u32,
        known: impl Fn(&str) -> bool,
    ) -> Standing {
        let daily = daily as usize;
        let left = daily.saturating_sub(reviewed_on(log, now.day));
        let mut due: Vec<(&String, &Card)> =
            self.cards.iter().filter(|(id, card)| card.due <= now.day && known(id)).collect();
        let urgency = |id: &str, card: &Card| (card.right, (self.recall(id, now) * 1000.0) as u32);
        due.sort_by_key(|(id, card)| (urgency(id, card), card.last, (*id).clone()));
        let waiting = due.len().saturating_sub(left).min(daily * 3);
        let forecast = self.forecast(now, (left, daily), &known);
        Standing { due: due.into_iter().take(left).map(|(id, _)| id.clone()).collect(), waiting, forecast }
    }

    /// How many come back on each day when no more than the amounts (today's, and every other day's) are done; the rest moves on.
    fn forecast(
        &self,
        now: Moment,
        (today, daily): (usize, usize),
        known: impl Fn(&str) -> bool,
    ) -> Vec<u32> {
        let mut days = vec![0usize; AHEAD];
        for (_, card) in self.cards.iter().filter(|(id, _)| known(id)) {
            let day = usize::try_from(card.due - now.day).unwrap_or(0);
            if let Some(count) = days.get_mut(day) {
                *count += 1;
            }
        }
        let mut left = 0;
        let done = |(index, count): (usize, usize)| {
            let waiting = left + count;
            let done = waiting.min(if index == 0 { today } else { daily });
            left = waiting - done;
            done as u32
        };
        days.into_iter().enumerate().map(done).collect()
    }
}

/// How many different questions were reviewed on a day.
fn reviewed_on(log: &[Logged], day: i64) -> usize {
    let reviewed = |logged: &&Logged| logged.at.day == day;
    let question = |logged: &'_ Logged| match &logged.entry {
        Entry::Answered(answered) if answered.asked == Asked::Review => Some(answered.question.clone()),
        _ => None,
    };
    log.iter().filter(reviewed).filter_map(question).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests;
