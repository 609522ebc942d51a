//! How fast simulated time passes beside the text, and whether it does.

use crate::kube::SimTime;

/// The speeds a learner steps through.
const SPEEDS: &[u32] = &[1, 2, 5, 10, 20, 50, 100];

/// Whether time runs, and how many simulated seconds pass in a real one.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    running: bool,
    step: usize,
    /// Microseconds of simulated time not yet handed out; keeps slow ticks exact.
    rest: u64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { running: true, step: 0, rest: 0 }
    }
}

impl Pace {
    /// Simulated seconds for each real one.
    pub fn speed(&self) -> u32 {
        SPEEDS[self.step]
    }

    /// Whether time runs.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Lets time run, or holds it.
    pub fn set_running(&mut self, running: bool) {
        self.running = running;
        self.rest = 0;
    }

    /// The next higher speed, if there is one.
    pub fn faster(&mut self) {
        self.step = (self.step + 1).min(SPEEDS.len() - 1);
    }

    /// The next lower speed, if there is one.
    pub fn slower(&mut self) {
        self.step = self.step.saturating_sub(1);
    }

    /// The speed nearest to `factor`.
    pub fn set_speed(&mut self, factor: u32) {
        self.step = SPEEDS.iter().rposition(|s| *s <= factor).unwrap_or(0);
    }

    /// The simulated time to reach after `real_micros` of real time from `now`.
    pub fn after(&mut self, now: SimTime, real_micros: u64) -> SimTime {
        if !self.running {
            return now;
        }
        let micros = self.rest + real_micros.saturating_mul(u64::from(self.speed()));
        self.rest = micros % 1000;
        now.plus(micros / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_short_ticks_add_up_to_one_long_one() {
        let mut pace = Pace::default();
        let mut now = SimTime::default();
        for _ in 0..3000 {
            now = pace.after(now, 333);
        }
        assert_eq!(now, SimTime(999));
    }

    #[test]
    fn a_held_clock_does_not_move() {
        let mut pace = Pace::default();
        pace.set_running(false);
        assert_eq!(pace.after(SimTime(5), 1_000_000), SimTime(5));
    }

    #[test]
    fn speeds_stop_at_their_ends() {
        let mut pace = Pace::default();
        pace.slower();
        assert_eq!(pace.speed(), 1);
        (0..20).for_each(|_| pace.faster());
        assert_eq!(pace.speed(), 100);
        pace.set_speed(30);
        assert_eq!(pace.speed(), 20);
    }
}
