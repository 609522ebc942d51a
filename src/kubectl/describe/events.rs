//! The events of an object, below its description.

use super::page::Page;
use crate::kube::core::Event;
use crate::kube::{Kind, Object};
use crate::kubectl::columns;
use crate::sim::Store;

pub(super) fn describe(page: &mut Page, object: &Object, store: &Store) {
    let mut events: Vec<&Event> = about(object, store).collect();
    if events.is_empty() {
        page.field(0, "Events", "<none>");
        return;
    }
    // Events of the new kind have no last timestamp and so come first.
    events.sort_by_key(|e| e.last_timestamp.as_ref().map(|t| t.0));
    page.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------");
    for event in events {
        let row = row(event, page);
        page.line(1, &row);
    }
}

fn about<'a>(object: &'a Object, store: &'a Store) -> impl Iterator<Item = &'a Event> {
    let meta = object.meta();
    let uid = mirrored(object).or(meta.uid.as_ref());
    let namespace = if object.kind() == Kind::Node { None } else { meta.namespace.as_deref() };
    store
        .list(Kind::Event, namespace)
        .filter_map(|o| if let Object::Event(e) = o { Some(&**e) } else { None })
        .filter(move |event| {
            let of = &event.involved_object;
            let same_uid = of.uid.as_ref() == uid || (object.kind() == Kind::Node && of.uid == meta.name);
            of.name == meta.name && same_uid
        })
}

/// The kubelet speaks of a static Pod by its own name for it, which the mirror in the API carries as an annotation.
fn mirrored(object: &Object) -> Option<&String> {
    object.meta().annotations.as_ref()?.get("kubernetes.io/config.mirror")
}

fn row(event: &Event, page: &Page) -> String {
    let source = event.source.as_ref().and_then(|s| s.component.as_deref()).filter(|c| !c.is_empty());
    let from = source.or(event.reporting_component.as_deref()).unwrap_or_default();
    let message = event.message.as_deref().unwrap_or_default().trim();
    let place = event.involved_object.field_path.as_deref().filter(|p| !p.is_empty());
    let message = place.map_or_else(|| message.to_owned(), |place| format!("{place}: {message}"));
    format!(
        "{}\t{}\t{}\t{from}\t{message}",
        event.type_.as_deref().unwrap_or_default(),
        event.reason.as_deref().unwrap_or_default(),
        columns::last_seen(event, page.now)
    )
}
