//! Ages as kubectl prints them: `42s`, `3m10s`, `2d4h`. Knows nothing of clocks; a duration is an argument.

use super::time::SimTime;

/// An age of `seconds` (truncated towards zero before), in the wording of apimachinery's `duration.HumanDuration`.
pub fn age(seconds: i64) -> String {
    let minutes = seconds / 60;
    let hours = seconds / 3600;
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => two(hours / 24, 'd', hours % 24, 'h'),
        _ if hours < 17_520 => format!("{}d", hours / 24),
        _ if hours < 70_080 => two(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        _ => format!("{}y", hours / 24 / 365),
    }
}

/// The age at `now` of something that happened `then`; whole seconds by truncation.
pub fn age_between(then: SimTime, now: SimTime) -> String {
    let millis = i64::try_from(now.0).unwrap_or(i64::MAX) - i64::try_from(then.0).unwrap_or(i64::MAX);
    age(millis / 1000)
}

fn two(large: i64, large_unit: char, small: i64, small_unit: char) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit}{small}{small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_scale_prints_as_kubectl_prints_it() {
        const HOUR: i64 = 3600;
        const DAY: i64 = 24 * HOUR;
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (10_860, "3h1m"),
            (8 * HOUR - 1, "7h59m"),
            (8 * HOUR, "8h"),
            (2 * DAY - 1, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + HOUR, "2d1h"),
            (8 * DAY, "8d"),
            (729 * DAY, "729d"),
            (730 * DAY, "2y"),
            (731 * DAY, "2y1d"),
            (8 * 365 * DAY, "8y"),
            (9 * 365 * DAY + 5 * DAY, "9y"),
        ] {
            assert_eq!(age(seconds), text, "{seconds} s");
        }
    }

    #[test]
    fn an_age_counts_whole_seconds_only() {
        assert_eq!(age_between(SimTime(1500), SimTime(3499)), "1s");
        assert_eq!(age_between(SimTime(3500), SimTime(1500)), "<invalid>");
        assert_eq!(age_between(SimTime(3499), SimTime(2500)), "0s");
    }
}
