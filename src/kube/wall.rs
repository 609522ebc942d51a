//! What a machine's clock shows. Simulated time never jumps; a machine's clock may be set, and then differs from it. Does not know
//! who set it.

use super::time::SimTime;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::{SignedDuration, Timestamp};

/// A machine's clock: right until it is set, with every jump remembered, so that what was noted before keeps its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// From when on the clock is ahead by how many milliseconds (less than nothing: behind).
    jumps: Vec<(SimTime, i64)>,
}

impl WallClock {
    /// Sets the clock forward by `millis` milliseconds, or back.
    pub fn jump(&mut self, now: SimTime, millis: i64) {
        let ahead = self.ahead(now).saturating_add(millis);
        self.jumps.push((now, ahead));
    }

    /// By how many milliseconds the clock was ahead at `at`.
    fn ahead(&self, at: SimTime) -> i64 {
        let behind = self.jumps.partition_point(|(from, _)| *from <= at);
        behind.checked_sub(1).map_or(0, |last| self.jumps[last].1)
    }

    /// What it showed at `at`, with milliseconds.
    pub fn timestamp(&self, at: SimTime) -> Timestamp {
        let shown = at.timestamp();
        let ahead = SignedDuration::from_millis(self.ahead(at));
        let end = if ahead.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        shown.checked_add(ahead).unwrap_or(end)
    }

    /// What it showed at `at` as the API stores it: whole seconds, truncated.
    pub fn time(&self, at: SimTime) -> Time {
        let shown = self.timestamp(at);
        Time(Timestamp::from_second(shown.as_millisecond().div_euclid(1000)).unwrap_or(shown))
    }

    /// Milliseconds from `from` to `to` as a program counts them that reads the clock at both; less than nothing if it was set back
    /// by more than went by.
    pub fn between(&self, from: SimTime, to: SimTime) -> i64 {
        self.timestamp(to).as_millisecond().saturating_sub(self.timestamp(from).as_millisecond())
    }

    /// Milliseconds by which it is later than `shown` at `now`; less than nothing if it has yet to show that.
    pub fn since(&self, shown: &Time, now: SimTime) -> i64 {
        self.timestamp(now).as_millisecond().saturating_sub(shown.0.as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_keeps_what_it_showed_before() {
        let mut clock = WallClock::default();
        let (early, late) = (SimTime::from_secs(10), SimTime::from_secs(100));
        clock.jump(SimTime::from_secs(50), -3_600_000);
        assert_eq!(clock.time(early), early.to_time());
        assert_eq!(clock.timestamp(late).to_string(), "2026-01-05T08:01:40Z");
        assert_eq!(clock.between(early, late), 90_000 - 3_600_000);
        clock.jump(SimTime::from_secs(120), 3_600_000);
        assert_eq!(clock.time(SimTime::from_secs(120)), SimTime::from_secs(120).to_time());
    }

    #[test]
    fn how_long_ago_something_was_depends_on_how_the_clock_is_set() {
        let mut clock = WallClock::default();
        let now = SimTime::from_secs(60);
        clock.jump(now, 600_000);
        assert_eq!(clock.since(&SimTime::from_secs(700).to_time(), now), -40_000);
        assert_eq!(clock.since(&SimTime::from_secs(1).to_time(), now), 659_000);
    }

    #[test]
    fn no_jump_leaves_the_calendar() {
        let mut clock = WallClock::default();
        for millis in [i64::MAX, i64::MAX, i64::MIN, i64::MIN] {
            clock.jump(SimTime(0), millis);
            let _ = (clock.time(SimTime(5)), clock.between(SimTime(0), SimTime(5)));
        }
    }
}
