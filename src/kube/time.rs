//! Simulated time. Knows nothing of the machine's clock.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

/// Milliseconds since the start of the simulation (0 s is when a scenario's first command runs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// What the simulated calendar shows at [`SimTime`] 0, in seconds since 1970: 2026-01-05 09:00:00 UTC, a Monday.
pub const EPOCH_SECONDS: i64 = 1_767_603_600;

impl SimTime {
    /// A time later than any that is simulated.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// Whole seconds since the start, as a simulated time.
    pub const fn from_secs(seconds: u64) -> SimTime {
        SimTime(seconds * 1000)
    }

    /// Seconds since the start, with fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This time plus `millis` milliseconds, saturating at [`SimTime::NEVER`].
    #[must_use]
    pub const fn plus(self, millis: u64) -> SimTime {
        SimTime(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this time, 0 if `earlier` is later.
    pub const fn since(self, earlier: SimTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant in the simulated calendar, with milliseconds.
    pub fn timestamp(self) -> Timestamp {
        let millis = EPOCH_SECONDS.saturating_mul(1000).saturating_add_unsigned(self.0);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The instant as the API stores it: whole seconds, truncated.
    pub fn to_time(self) -> Time {
        let second = EPOCH_SECONDS.saturating_add_unsigned(self.0 / 1000);
        Time(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
    }

    /// The simulated time of an instant; instants before the start are 0.
    pub fn of(time: &Time) -> SimTime {
        let millis = time.0.as_millisecond() - EPOCH_SECONDS * 1000;
        SimTime(u64::try_from(millis).unwrap_or(0))
    }
}
