//! Ages and "x ago", from API timestamps (apimachinery `util/duration`). Does not know what the ages are for.

use crate::kube::SimTime;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

/// The age at `now` of something that happened at `then`; `<unknown>` if nobody noted when.
pub fn since(then: Option<&Time>, now: SimTime) -> String {
    then.map_or_else(|| "<unknown>".to_owned(), |then| since_instant(then.0, now))
}

/// The age at `now` of an instant.
pub fn since_instant(then: Timestamp, now: SimTime) -> String {
    human(seconds(then, now))
}

/// Whole seconds from `then` to `now`, truncated towards zero.
fn seconds(then: Timestamp, now: SimTime) -> i64 {
    (now.timestamp().as_millisecond() - then.as_millisecond()) / 1000
}

/// A duration of whole seconds as kubectl writes it: two units at most, fewer the longer it is.
pub fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let pair = |big: i64, unit: char, small: i64, small_unit: char| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match seconds {
        s if s < -1 => "<invalid>".to_owned(),
        s if s < 0 => "0s".to_owned(),
        s if s < 120 => format!("{s}s"),
        _ if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => pair(days, 'd', hours % 24, 'h'),
        _ if hours < 17_520 => format!("{days}d"),
        _ if hours < 70_080 => pair(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_lose_precision_as_they_grow() {
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (28_800, "8h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
        ] {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }
}
