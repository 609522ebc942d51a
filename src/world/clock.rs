//! The machine's clock: the only place that reads it.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::kube::SimTime;

/// Keeps simulated time in step with real time.
#[derive(Clone, Copy, Debug)]
pub struct Paced {
    began: Instant,
    speed: f64,
}

impl Paced {
    /// Starts now, at `speed` simulated seconds for each real one.
    #[expect(clippy::disallowed_methods, reason = "world is where the clock is read")]
    pub fn start(speed: f64) -> Paced {
        Paced { began: Instant::now(), speed }
    }

    /// Waits until simulated time `at` is due.
    #[expect(clippy::disallowed_methods, reason = "a paced run on a pipe has nothing to do but wait")]
    pub fn wait_for(&self, at: SimTime) {
        let due = Duration::from_secs_f64(at.as_secs_f64() / self.speed);
        thread::sleep(due.saturating_sub(self.began.elapsed()));
    }
}

/// Seconds since 1970 on the machine's clock.
#[expect(clippy::disallowed_methods, reason = "world is where the clock is read")]
pub fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}
