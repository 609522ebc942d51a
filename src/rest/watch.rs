//! Following changes: a cursor into the change log that turns changes into frames (`{"type":"ADDED","object":…}`).

use super::Request;
use super::address::Resource;
use super::calendar::Calendar;
use super::read::Selection;
use super::table::Form;
use crate::kube::{Kind, SimTime};
use crate::sim::api::Refusal;
use crate::sim::{Change, ChangeKind, Cluster};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A running watch.
#[derive(Clone, Debug)]
pub struct Watch {
    selection: Selection,
    form: Form,
    calendar: Calendar,
    seen: u64,
    /// Uids the client knows of, so that an object that leaves the selection is reported as deleted.
    known: BTreeSet<String>,
    ready: Vec<Value>,
    /// Seconds until the server ends the watch, if the client said so.
    pub timeout_seconds: Option<u64>,
}

/// Starts the watch a request asks for: from a revision on, or from what exists now.
pub fn start(
    cluster: &Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Watch, Refusal> {
    let selection = Selection::of(request, resource)?;
    let form = Form::wanted(&request.accept, request.get("includeObject"));
    let from = request.get("resourceVersion").and_then(|text| text.parse::<u64>().ok()).filter(|n| *n > 0);
    let timeout_seconds = request.get("timeoutSeconds").and_then(|text| text.parse().ok());
    let revision = cluster.store().revision();
    let list_first = from.is_none() || request.is("sendInitialEvents");
    let mut watch = Watch {
        seen: if list_first { revision } else { from.unwrap_or(revision) },
        known: selection.objects(cluster).filter_map(|object| object.meta().uid.clone()).collect(),
        selection,
        form,
        calendar,
        ready: Vec::new(),
        timeout_seconds,
    };
    if list_first {
        let existing = watch.selection.objects(cluster);
        watch.ready =
            existing.map(|object| frame("ADDED", form.show(object, cluster.now(), calendar))).collect();
    }
    if request.is("sendInitialEvents") && request.is("allowWatchBookmarks") {
        watch.ready.push(bookmark(resource.kind, form, revision));
    }
    Ok(watch)
}

fn frame(what: &str, object: Value) -> Value {
    json!({"type": what, "object": object})
}

/// Says that everything that existed has been sent.
fn bookmark(kind: Kind, form: Form, revision: u64) -> Value {
    let metadata = json!({
        "resourceVersion": revision.to_string(), "annotations": {"k8s.io/initial-events-end": "true"},
    });
    let (kind, version) = match form {
        Form::Object => (kind.name().to_owned(), kind.api_version()),
        Form::Metadata => ("PartialObjectMetadata".to_owned(), "meta.k8s.io/v1".to_owned()),
        Form::Table(_) => ("Table".to_owned(), "meta.k8s.io/v1".to_owned()),
    };
    frame("BOOKMARK", json!({"kind": kind, "apiVersion": version, "metadata": metadata}))
}

impl Watch {
    /// The frames since the last call; `false` if the watch is over, because its place in the log is lost.
    pub fn frames(&mut self, cluster: &Cluster) -> (Vec<Value>, bool) {
        let mut frames = std::mem::take(&mut self.ready);
        let Some(changes) = cluster.store().changes_since(self.seen) else {
            let gone = Refusal::new(
                crate::sim::api::Reason::Expired,
                format!("too old resource version: {} ({})", self.seen, cluster.store().revision()),
            );
            frames.push(frame("ERROR", super::status(&gone)));
            return (frames, false);
        };
        for change in changes {
            frames.extend(self.report(change));
        }
        self.seen = cluster.store().revision();
        (frames, true)
    }

    fn report(&mut self, change: &Change) -> Option<Value> {
        if change.object.kind() != self.selection.kind {
            return None;
        }
        let uid = change.object.meta().uid.clone().unwrap_or_default();
        let (selected, known) = (self.selection.has(&change.object), self.known.contains(&uid));
        let what = match (change.kind, selected, known) {
            (ChangeKind::Deleted, true, _) | (_, false, true) => {
                self.known.remove(&uid);
                "DELETED"
            }
            (ChangeKind::Added, true, _) | (ChangeKind::Modified, true, false) => {
                self.known.insert(uid);
                "ADDED"
            }
            (ChangeKind::Modified, true, true) => "MODIFIED",
            (_, false, false) => return None,
        };
        Some(frame(what, self.form.show(&change.object, change.at.max(SimTime(0)), self.calendar)))
    }
}
