//! The past of a session: what was done when, and clones of the whole state at some of its times. Any moment between is found by
//! advancing the clone before it and doing the same things again, because the simulation repeats itself exactly.

use crate::kube::SimTime;

/// How many clones are kept. Beyond that every other one of the older half goes, so that an hour costs no more than a minute.
const KEPT: usize = 64;

/// Something that lives in simulated time and takes inputs.
pub trait Replayable: Clone {
    /// What can be done to it from outside.
    type Input: Clone;

    /// Lets time pass until `until`.
    fn advance(&mut self, until: SimTime);

    /// Does `input` now.
    fn act(&mut self, input: &Self::Input);
}

/// Everything done so far, and clones of the state to start again from.
#[derive(Clone, Debug)]
pub struct Past<S: Replayable> {
    inputs: Vec<(SimTime, S::Input)>,
    moments: Vec<Moment<S>>,
}

#[derive(Clone, Debug)]
struct Moment<S> {
    at: SimTime,
    /// How many of the inputs the state has already seen.
    inputs: usize,
    state: S,
}

impl<S: Replayable> Past<S> {
    /// A past that begins with `state` at `now`.
    pub fn new(now: SimTime, state: S) -> Past<S> {
        Past { inputs: Vec::new(), moments: vec![Moment { at: now, inputs: 0, state }] }
    }

    /// Notes that `input` was given at `now`.
    pub fn note(&mut self, now: SimTime, input: S::Input) {
        self.inputs.push((now, input));
    }

    /// Keeps a clone of `state` as it is at `now`, all noted inputs included.
    pub fn keep(&mut self, now: SimTime, state: &S) {
        if self.moments.len() >= KEPT {
            self.thin();
        }
        self.moments.push(Moment { at: now, inputs: self.inputs.len(), state: state.clone() });
    }

    /// When the latest clone was kept.
    pub fn latest(&self) -> SimTime {
        self.moments.last().map_or(SimTime::default(), |m| m.at)
    }

    /// What was done, oldest first.
    pub fn inputs(&self) -> &[(SimTime, S::Input)] {
        &self.inputs
    }

    /// The state at `at`, what was done at that very time included.
    pub fn at(&self, at: SimTime) -> S {
        let after = self.moments.partition_point(|m| m.at <= at);
        let from = &self.moments[after.saturating_sub(1)];
        let mut state = from.state.clone();
        for (when, input) in self.inputs[from.inputs..].iter().take_while(|(when, _)| *when <= at) {
            state.advance(*when);
            state.act(input);
        }
        state.advance(at);
        state
    }

    /// Forgets what came after `at`: the session goes on differently from there.
    pub fn forget_after(&mut self, at: SimTime) {
        self.inputs.retain(|(when, _)| *when <= at);
        let kept = self.inputs.len();
        let first = self.moments[0].at;
        self.moments.retain(|m| (m.at <= at && m.inputs <= kept) || m.at == first);
    }

    /// The start stays, and so do the newer half and every other one of the older.
    fn thin(&mut self) {
        let half = self.moments.len() / 2;
        let mut index = 0;
        self.moments.retain(|_| {
            let keep = index == 0 || index >= half || index % 2 == 0;
            index += 1;
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts seconds, and writes down what is done at which of them.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Diary {
        now: u64,
        lines: Vec<(u64, &'static str)>,
    }

    impl Replayable for Diary {
        type Input = &'static str;

        fn advance(&mut self, until: SimTime) {
            self.now = self.now.max(until.0);
        }

        fn act(&mut self, input: &&'static str) {
            self.lines.push((self.now, input));
        }
    }

    fn lived(until: u64, keep_every: u64) -> (Past<Diary>, Vec<Diary>) {
        let mut diary = Diary::default();
        let mut past = Past::new(SimTime(0), diary.clone());
        let mut truth = Vec::new();
        for t in 0..until {
            diary.advance(SimTime(t));
            if t % 7 == 3 {
                diary.act(&"seven");
                past.note(SimTime(t), "seven");
            }
            if t % keep_every == 0 {
                past.keep(SimTime(t), &diary);
            }
            truth.push(diary.clone());
        }
        (past, truth)
    }

    #[test]
    fn every_past_moment_is_found_again_exactly() {
        let (past, truth) = lived(1000, 3);
        assert!(past.moments.len() <= KEPT + 1, "a long session stays small");
        for (t, state) in truth.iter().enumerate() {
            assert_eq!(past.at(SimTime(t as u64)), *state, "at {t}");
        }
    }

    #[test]
    fn what_is_forgotten_does_not_happen_again() {
        let (mut past, truth) = lived(100, 10);
        past.forget_after(SimTime(50));
        let late = past.at(SimTime(99));
        assert_eq!(late.lines, truth[50].lines);
        assert_eq!(late.now, 99);
    }
}
