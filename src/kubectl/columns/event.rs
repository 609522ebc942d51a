//! The table of events.

use super::{Column, always, text, wide};
use crate::kube::{SimTime, core::Event};
use crate::kubectl::age;

pub(super) const COLUMNS: &[Column] = &[
    always("LAST SEEN"),
    always("TYPE"),
    always("REASON"),
    always("OBJECT"),
    wide("SUBOBJECT"),
    wide("SOURCE"),
    always("MESSAGE"),
    wide("FIRST SEEN"),
    wide("COUNT"),
    wide("NAME"),
];

/// When an event was first and last seen, as ages.
fn seen(event: &Event, now: SimTime) -> (String, String) {
    let first = match (&event.first_timestamp, &event.event_time) {
        (Some(first), _) => age::since(Some(first), now),
        (None, Some(at)) => age::since_instant(at.0, now),
        (None, None) => age::since(None, now),
    };
    let last = match (&event.series, &event.last_timestamp) {
        (Some(series), _) => series
            .last_observed_time
            .as_ref()
            .map_or_else(|| first.clone(), |at| age::since_instant(at.0, now)),
        (None, Some(last)) => age::since(Some(last), now),
        (None, None) => first.clone(),
    };
    (first, last)
}

/// How often an event was seen; never 0.
fn times(event: &Event) -> i32 {
    event.series.as_ref().and_then(|s| s.count).or(event.count).filter(|n| *n > 0).unwrap_or(1)
}

/// The Age text of `kubectl describe` and `kubectl events`: `14s (x2 over 28s)`.
pub fn last_seen(event: &Event, now: SimTime) -> String {
    let base = match (&event.event_time, &event.first_timestamp) {
        (Some(at), _) => age::since_instant(at.0, now),
        (None, first) => age::since(first.as_ref(), now),
    };
    if let Some(series) = &event.series {
        let last = series.last_observed_time.as_ref();
        let last = last.map_or_else(|| base.clone(), |at| age::since_instant(at.0, now));
        return format!("{last} (x{} over {base})", series.count.unwrap_or_default());
    }
    match event.count {
        Some(count) if count > 1 => {
            format!("{} (x{count} over {base})", age::since(event.last_timestamp.as_ref(), now))
        }
        _ => base,
    }
}

pub(super) fn cells(event: &Event, now: SimTime) -> Vec<String> {
    let (first, last) = seen(event, now);
    let object = &event.involved_object;
    let source = event.source.as_ref();
    let component = source.and_then(|s| s.component.as_deref()).filter(|c| !c.is_empty());
    let host = source.and_then(|s| s.host.as_deref()).filter(|h| !h.is_empty());
    let component = text::or(component.or(event.reporting_component.as_deref()), "");
    let source = match host.or(event.reporting_instance.as_deref().filter(|i| !i.is_empty())) {
        Some(host) => format!("{component}, {host}"),
        None => component,
    };
    vec![
        last,
        text::or(event.type_.as_deref(), ""),
        text::or(event.reason.as_deref(), ""),
        format!(
            "{}/{}",
            object.kind.as_deref().unwrap_or_default().to_lowercase(),
            object.name.as_deref().unwrap_or_default()
        ),
        text::or(object.field_path.as_deref(), ""),
        source,
        event.message.as_deref().unwrap_or_default().trim().to_owned(),
        first,
        times(event).to_string(),
        event.metadata.name.clone().unwrap_or_default(),
    ]
}
