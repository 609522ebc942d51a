//! The kubelet's two tickers, computed instead of ticked: an idle node costs nothing.

use crate::kube::SimTime;

/// Milliseconds from one look at all containers to the next: the timer of one second is set again after each look, which takes a few
/// milliseconds (pkg/kubelet/pleg/generic.go).
const RELIST_PERIOD: u64 = 1004;

/// Milliseconds between two looks at which Pods asked to be synced again (pkg/kubelet/kubelet.go, `syncLoop`).
const TICK_PERIOD: u64 = 1000;

/// Milliseconds between two full passes of the status manager (`pkg/kubelet/status/status_manager.go`, `syncPeriod`).
const PASS_PERIOD: u64 = 10_000;

/// When this kubelet's tickers fire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    relist_phase: u64,
    tick_phase: u64,
}

impl Clock {
    /// The clock of a kubelet whose first look at the containers is this many milliseconds after the start of the simulation.
    pub fn new(relist_phase: u64, tick_phase: u64) -> Clock {
        Clock { relist_phase: relist_phase % RELIST_PERIOD, tick_phase: tick_phase % TICK_PERIOD }
    }

    /// The latest look at or before `now`; 0 if there was none.
    pub fn last_relist(self, now: SimTime) -> SimTime {
        match now.0.checked_sub(self.relist_phase) {
            Some(since) => SimTime(now.0 - since % RELIST_PERIOD),
            None => SimTime(0),
        }
    }

    /// The first look after `now`.
    pub fn next_relist(self, now: SimTime) -> SimTime {
        match now.0.checked_sub(self.relist_phase) {
            Some(since) => SimTime(now.0 - since % RELIST_PERIOD + RELIST_PERIOD),
            None => SimTime(self.relist_phase),
        }
    }

    /// The first full pass of the status manager after `now`.
    pub fn next_pass(self, now: SimTime) -> SimTime {
        SimTime((now.0 / PASS_PERIOD + 1) * PASS_PERIOD + self.tick_phase)
    }

    /// The first tick at or after `at`.
    pub fn tick(self, at: SimTime) -> SimTime {
        let past = (at.0 + TICK_PERIOD - self.tick_phase) % TICK_PERIOD;
        if past == 0 { at } else { at.plus(TICK_PERIOD - past) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_a_period_apart_and_ticks_on_their_phase() {
        let clock = Clock::new(850, 740);
        assert_eq!(clock.next_relist(SimTime(0)), SimTime(850));
        assert_eq!(clock.next_relist(SimTime(850)), SimTime(1854));
        assert_eq!(clock.last_relist(SimTime(1853)), SimTime(850));
        assert_eq!(clock.last_relist(SimTime(1854)), SimTime(1854));
        assert_eq!(clock.tick(SimTime(740)), SimTime(740));
        assert_eq!(clock.tick(SimTime(741)), SimTime(1740));
        assert_eq!(clock.tick(SimTime(100)), SimTime(740));
    }
}
