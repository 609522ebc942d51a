//! How simulated time passes in the panes, and how moments gone by are shown.

use super::Practice;
use crate::kube::SimTime;
use crate::lab::past::Replayable;
use crate::lab::scene::Input;
use std::time::Duration;

/// A whole copy of the session is kept this often, in simulated milliseconds; moments between are found from the copy before.
const COPY_EVERY: u64 = 20_000;
/// How finely a running clock is shown, in simulated milliseconds.
const SECOND: u64 = 1000;
/// The longest step to the next change, in simulated milliseconds.
const LONGEST_STEP: u64 = 600_000;

/// What of the time that passed shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Nothing.
    Unseen,
    /// The clock alone: another second has begun.
    Second,
    /// Something happened: a Pod changed, or something was printed.
    Happening,
}

impl Practice {
    /// Lets real time pass; what of that shows.
    pub fn tick(&mut self, real: Duration) -> Passed {
        if self.is_past() {
            return Passed::Unseen;
        }
        let (before, rows, lines) = (self.now(), self.live.rows().len(), self.live.terminal().lines().len());
        let until = self.pace.after(before, real.as_micros() as u64);
        self.live_until(until);
        if rows != self.live.rows().len() || lines != self.live.terminal().lines().len() {
            Passed::Happening
        } else if before.0 / SECOND != until.0 / SECOND {
            Passed::Second
        } else {
            Passed::Unseen
        }
    }

    /// The real time for which nothing shown can change by itself: until something is due, or the clock shows another second.
    pub fn quiet_for(&self) -> Duration {
        let now = self.now();
        let second = SimTime((now.0 / SECOND + 1) * SECOND);
        let next = self.live.stage.next_at().map_or(second, |due| due.min(second));
        Duration::from_micros(next.since(now) * 1000 / u64::from(self.pace.speed()))
    }

    /// Whether anything shown can change by itself.
    pub fn is_moving(&self) -> bool {
        self.pace.is_running() && !self.is_past()
    }

    fn live_until(&mut self, until: SimTime) {
        self.live.advance(until);
        self.keep_copy();
    }

    fn keep_copy(&mut self) {
        if self.live.now().since(self.past.latest()) >= COPY_EVERY {
            self.past.keep(self.live.now(), &self.live);
        }
    }

    /// Does something in the live session.
    pub(super) fn act(&mut self, input: Input) {
        self.earlier = None;
        self.past.note(self.live.now(), input.clone());
        self.live.act(&input);
    }

    /// Holds time, or lets it run; in the past, goes back to the live moment.
    pub fn toggle(&mut self) {
        if self.earlier.take().is_some() {
            return self.pace.set_running(true);
        }
        let running = self.pace.is_running();
        self.pace.set_running(!running);
    }

    /// Goes to the next change of a Pod and holds time there.
    pub fn step(&mut self) {
        self.pace.set_running(false);
        if !self.is_past() {
            let limit = self.live.now().plus(LONGEST_STEP);
            self.live.advance_to_next_row(limit);
            return self.keep_copy();
        }
        let now = self.now();
        match self.live.rows().iter().map(|row| row.at).find(|at| *at > now) {
            Some(at) => self.rewind_to(at),
            None => self.earlier = None,
        }
    }

    /// Goes back to the change before and holds time there.
    pub fn step_back(&mut self) {
        let now = self.now();
        let before = self.live.rows().iter().map(|row| row.at).rfind(|at| *at < now);
        self.rewind_to(before.unwrap_or_default());
    }

    /// Shows an earlier moment and holds time there.
    pub fn rewind_to(&mut self, at: SimTime) {
        self.pace.set_running(false);
        self.earlier = (at < self.live.now()).then(|| Box::new(self.past.at(at)));
    }

    /// Goes on from the moment shown; what came after it will not have happened.
    pub fn continue_here(&mut self) {
        if let Some(scene) = self.earlier.take() {
            self.past.forget_after(scene.now());
            self.applied.retain(|_, at| *at <= scene.now());
            self.live = *scene;
        }
        self.pace.set_running(true);
    }

    /// The next lower speed.
    pub fn slower(&mut self) {
        self.pace.slower();
    }

    /// The next higher speed.
    pub fn faster(&mut self) {
        self.pace.faster();
    }
}
