//! Simulated times as people say them. Does not know which time is shown.

use crate::kube::SimTime;

/// A moment, to the tenth of a second while it is young: `12.4s`, `1m35s`, `2h04m`.
pub fn moment(at: SimTime) -> String {
    match at.0 / 1000 {
        seconds @ 0..60 => format!("{seconds}.{}s", at.0 % 1000 / 100),
        _ => whole(at),
    }
}

/// A running clock, which shows whole seconds: `12s`, `1m35s`, `2h04m`.
pub fn whole(at: SimTime) -> String {
    let seconds = at.0 / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A length of time without what is nothing: `0.5s`, `30s`, `1m`, `1m30s`, `2h`.
pub fn span(millis: u64) -> String {
    if !millis.is_multiple_of(1000) && millis < 60_000 {
        return moment(SimTime(millis));
    }
    let seconds = millis / 1000;
    let parts = [(seconds / 3600, 'h'), (seconds % 3600 / 60, 'm'), (seconds % 60, 's')];
    let said: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if said.is_empty() { "0s".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_and_plain() {
        let at = |millis| SimTime(millis);
        assert_eq!([moment(at(12_450)), whole(at(12_450))], ["12.4s", "12s"]);
        assert_eq!([moment(at(95_000)), moment(at(7_440_000))], ["1m35s", "2h04m"]);
    }

    #[test]
    fn spans_leave_out_what_is_nothing() {
        let spans = [0, 500, 30_000, 60_000, 90_000, 7_200_000].map(span);
        assert_eq!(spans, ["0s", "0.5s", "30s", "1m", "1m30s", "2h"]);
    }
}
