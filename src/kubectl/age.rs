//! Ages and "x ago", from API timestamps (apimachinery `util/duration`). Does not know what the ages are for.

use crate::kube::SimTime;
pub use crate::kube::age::age as human;
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
