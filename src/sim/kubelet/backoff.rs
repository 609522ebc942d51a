//! Exponential waiting: for crashed containers and for failed pulls (client-go, util/flowcontrol).

use crate::kube::SimTime;
use crate::kube::duration::go_duration;

/// The first wait.
const INITIAL: u64 = 10_000;
/// The longest wait.
const CAP: u64 = 300_000;
/// An entry idle for longer than this counts as absent.
const EXPIRY: u64 = 2 * CAP;

/// One entry: how long to wait now, and when that was decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backoff {
    /// The wait in milliseconds.
    pub wait: u64,
    /// When it was last raised.
    pub updated: SimTime,
}

impl Backoff {
    /// The wait still in force for something that last failed at `failed`, if any.
    pub fn in_force(entry: Option<Backoff>, failed: SimTime, now: SimTime) -> Option<Backoff> {
        entry.filter(|entry| !entry.expired(failed) && now.since(failed) < entry.wait)
    }

    /// The entry after one more attempt at `now` following a failure at `failed`.
    pub fn next(entry: Option<Backoff>, failed: SimTime, now: SimTime) -> Backoff {
        let wait = match entry {
            Some(entry) if !entry.expired(failed) => (entry.wait * 2).min(CAP),
            _ => INITIAL,
        };
        Backoff { wait, updated: now }
    }

    fn expired(self, failed: SimTime) -> bool {
        failed.since(self.updated) > EXPIRY
    }

    /// The wait as Go prints a duration (`1m20s`).
    pub fn text(self) -> String {
        go_duration(self.wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_five_minutes_and_reset_after_a_long_run() {
        let mut entry = None;
        let mut waits = Vec::new();
        for i in 0..7 {
            let now = SimTime::from_secs(i * 300);
            entry = Some(Backoff::next(entry, now, now));
            waits.push(entry.map(Backoff::text).unwrap_or_default());
        }
        assert_eq!(waits, ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]);
        let late = SimTime::from_secs(1800 + 601);
        assert_eq!(Backoff::next(entry, late, late).wait, INITIAL);
    }
}
