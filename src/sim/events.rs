//! Events: what components tell people. One recorder for all of them, with the correlator that client-go puts in front of the
//! server (tools/record/events_cache.go): the same event again raises a count, too many similar ones are combined, and a component
//! that talks too much about one object is cut short. The scheduler's events go through events.k8s.io, whose rules differ
//! ([`Recorder::series`]). Knows nothing of who watches.

mod correlator;

use super::cause::CauseId;
use super::cluster::{Context, Due};
use crate::kube::core::{Event, EventSeries, EventSource, ObjectReference};
use crate::kube::{Key, Kind, Object, SimTime};
use correlator::{Correlator, Verdict};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How long an Event is kept after its last write, milliseconds (kube-apiserver --event-ttl).
const EVENT_TTL: u64 = 3_600_000;
/// After how long without repetition a series of the scheduler ends, milliseconds (tools/events: finishTime).
const SERIES_END: u64 = 360_000;

/// Whether an Event is good or bad news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are Kubernetes' own type names")]
pub enum EventType {
    Normal,
    Warning,
}

impl EventType {
    /// The type as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// Who speaks: a component, and for kubelets the node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// `kubelet`, `replicaset-controller`, …
    pub component: &'static str,
    /// The node, empty for components of the control plane.
    pub host: Arc<str>,
}

impl Source {
    /// A component of the control plane.
    pub fn controller(component: &'static str) -> Source {
        Source { component, host: "".into() }
    }

    /// The kubelet of a node.
    pub fn kubelet(node: &Arc<str>) -> Source {
        Source { component: "kubelet", host: node.clone() }
    }
}

/// Something a component has to say about an object.
#[derive(Clone, Debug)]
pub struct Note {
    /// Who says it.
    pub source: Source,
    /// About what; see [`reference`].
    pub about: ObjectReference,
    /// Good or bad.
    pub kind: EventType,
    /// One word: `BackOff`.
    pub reason: &'static str,
    /// One sentence.
    pub message: String,
}

/// A reference to an object, as Events carry it; set `field_path` for a container.
pub fn reference(object: &Object) -> ObjectReference {
    let meta = object.meta();
    ObjectReference {
        api_version: Some(object.kind().api_version()),
        kind: Some(object.kind().name().to_owned()),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}

/// The memory of every component's recorder.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    correlators: BTreeMap<Source, Correlator>,
    series: BTreeMap<SeriesKey, Series>,
    /// When ended series were last thrown away.
    swept: SimTime,
    expiry: VecDeque<(SimTime, Key)>,
    /// Distinguishes Events of one millisecond by name.
    ticket: u64,
}

/// What the scheduler's recorder takes for the same event: the message is not part of it, the object's version is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SeriesKey {
    kind: EventType,
    action: &'static str,
    reason: &'static str,
    uid: String,
    resource_version: String,
}

#[derive(Clone, Debug)]
struct Series {
    event: Key,
    count: i32,
    last: SimTime,
}

impl Recorder {
    /// Forgets what a component remembered: it was restarted.
    pub fn forget(&mut self, source: &Source) {
        self.correlators.remove(source);
    }
}

impl Context<'_> {
    /// Records an Event through the core/v1 recorder with its correlator.
    pub fn event(&mut self, note: Note, cause: CauseId) {
        let correlator = self.recorder.correlators.entry(note.source.clone()).or_default();
        let Verdict::Write { name, message, first, count } = correlator.observe(&note, self.now) else {
            return;
        };
        let namespace = event_namespace(&note.about);
        let name = name.unwrap_or_else(|| self.event_name(&note.about));
        // Who speaks reads the clock of the machine it runs on.
        let wall = self.machines.get(&note.source.host).map(|machine| &machine.wall);
        let shown = |at: SimTime| wall.map_or_else(|| at.to_time(), |wall| wall.time(at));
        if let Some(correlator) = self.recorder.correlators.get_mut(&note.source) {
            correlator.named(&name);
        }
        let event = Event {
            metadata: self.event_meta(&namespace, &name),
            type_: Some(note.kind.name().into()),
            reason: Some(note.reason.into()),
            message: Some(message),
            count: Some(count),
            first_timestamp: Some(shown(first)),
            last_timestamp: Some(shown(self.now)),
            reporting_component: Some(note.source.component.into()),
            reporting_instance: Some(note.source.host.to_string()),
            source: Some(EventSource {
                component: Some(note.source.component.into()),
                host: Some(note.source.host.to_string()).filter(|h| !h.is_empty()),
            }),
            involved_object: note.about,
            ..Event::default()
        };
        self.write_event(event, cause);
    }

    /// Records an Event through the events.k8s.io recorder, as the scheduler does.
    pub fn series_event(&mut self, note: Note, action: &'static str, cause: CauseId) {
        let key = SeriesKey {
            kind: note.kind,
            action,
            reason: note.reason,
            uid: note.about.uid.clone().unwrap_or_default(),
            resource_version: note.about.resource_version.clone().unwrap_or_default(),
        };
        let now = self.now;
        if let Some(series) = self.recorder.series.get_mut(&key)
            && now.since(series.last) < SERIES_END
        {
            series.count += 1;
            series.last = now;
            // Only the beginning of a series is written at once.
            if series.count == 2 {
                let (event, count) = (series.event.clone(), series.count);
                self.write_series(&event, count, cause);
            }
            return;
        }
        let namespace = event_namespace(&note.about);
        let name = self.event_name(&note.about);
        let event = Event {
            metadata: self.event_meta(&namespace, &name),
            type_: Some(note.kind.name().into()),
            reason: Some(note.reason.into()),
            message: Some(note.message),
            action: Some(action.into()),
            event_time: Some(MicroTime(now.timestamp())),
            reporting_component: Some(note.source.component.into()),
            reporting_instance: Some(format!("{}-control-plane", note.source.component)),
            involved_object: note.about,
            source: Some(EventSource::default()),
            ..Event::default()
        };
        let written = Key::new(Kind::Event, &namespace, &name);
        if now.since(self.recorder.swept) >= SERIES_END {
            self.recorder.series.retain(|_, series| now.since(series.last) < SERIES_END);
            self.recorder.swept = now;
        }
        self.recorder.series.insert(key, Series { event: written, count: 1, last: now });
        self.write_event(event, cause);
    }

    /// Removes Events whose time is over.
    pub(super) fn expire_events(&mut self) {
        while let Some((at, key)) = self.recorder.expiry.front().cloned() {
            if at > self.now {
                self.agenda.push(at, Due::ExpireEvents);
                return;
            }
            self.recorder.expiry.pop_front();
            let Some(Object::Event(event)) = self.store.get(&key) else { continue };
            let seen = last_seen(event);
            if self.now.since(seen) + 1000 > EVENT_TTL {
                let cause = self.because(None, "", "Events are kept for an hour");
                self.store.remove(self.now, &key, cause);
            }
        }
    }

    fn write_series(&mut self, key: &Key, count: i32, cause: CauseId) {
        let Some(Object::Event(event)) = self.store.get(key).cloned() else { return };
        let mut event = Arc::unwrap_or_clone(event);
        event.series = Some(EventSeries {
            count: Some(count),
            last_observed_time: Some(MicroTime(self.now.timestamp())),
        });
        self.write_event(event, cause);
    }

    fn write_event(&mut self, event: Event, cause: CauseId) {
        let object = Object::Event(Arc::new(event));
        let key = object.key();
        // Like every new object, an Event cannot enter a namespace that is gone or going.
        let home = self.store.find(Kind::Namespace, "", &key.namespace);
        let open = home.is_some_and(|home| home.meta().deletion_timestamp.is_none());
        if !open && self.store.get(&key).is_none() {
            return;
        }
        let key = self.store.put(self.now, object, cause).key.clone();
        if self.recorder.expiry.is_empty() {
            self.agenda.push(self.now.plus(EVENT_TTL), Due::ExpireEvents);
        }
        self.recorder.expiry.push_back((self.now.plus(EVENT_TTL), key));
    }

    /// `<object>.<time in hexadecimal>`: nanoseconds in a real cluster; here the sub-millisecond digits count up.
    fn event_name(&mut self, about: &ObjectReference) -> String {
        self.recorder.ticket += 1;
        let millis = self.now.timestamp().as_millisecond();
        let nanos = millis * 1_000_000 + (self.recorder.ticket % 1_000_000) as i64;
        format!("{}.{nanos:016x}", about.name.as_deref().unwrap_or_default())
    }

    fn event_meta(&self, namespace: &str, name: &str) -> ObjectMeta {
        let old = self.store.find(Kind::Event, namespace, name).map(Object::meta);
        let seed = self.seed;
        let uid = old.and_then(|m| m.uid.clone()).unwrap_or_else(|| super::chance::uid(seed, name, 0));
        let created = old.and_then(|m| m.creation_timestamp.clone()).unwrap_or_else(|| self.now.to_time());
        ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            uid: Some(uid),
            creation_timestamp: Some(created),
            ..ObjectMeta::default()
        }
    }
}

/// Events about cluster-wide objects live in `default`.
fn event_namespace(about: &ObjectReference) -> String {
    about.namespace.clone().filter(|n| !n.is_empty()).unwrap_or_else(|| "default".to_owned())
}

fn last_seen(event: &Event) -> SimTime {
    let series = event.series.as_ref().and_then(|s| s.last_observed_time.as_ref()).map(|t| t.0);
    let last = event.last_timestamp.as_ref().map(|t| t.0);
    let first = event.event_time.as_ref().map(|t| t.0);
    let created = event.metadata.creation_timestamp.as_ref().map(|t| t.0);
    let at = series.or(last).or(first).or(created);
    at.map_or(SimTime(0), |at| SimTime::of(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at)))
}
