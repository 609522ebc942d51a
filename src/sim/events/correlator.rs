//! One component's memory of what it said (client-go `tools/record/events_cache.go)`: combine, count, cut short, in this order.

use super::{EventType, Note};
use crate::kube::SimTime;
use crate::kube::core::ObjectReference;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// How many different messages of one kind are kept apart.
const DISTINCT_MESSAGES: usize = 10;
/// Over which time they are counted, milliseconds.
const DISTINCT_WINDOW: u64 = 600_000;
/// How many Events of one type about one object may come at once.
const BURST: f64 = 25.0;
/// In which time one more is allowed, milliseconds.
const REFILL: f64 = 300_000.0;
/// How many entries each of the memories holds (least recently used ones go first).
const CAPACITY: usize = 4096;

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is not written.
    Drop,
    /// It is written: as a change of the Event of this name, or as a new one.
    Write {
        /// The Event that is counted up, if the recorder knows one.
        name: Option<String>,
        /// The text to show.
        message: String,
        /// When it was first seen.
        first: SimTime,
        /// How often by now, dropped ones included.
        count: i32,
    },
}

/// The object as correlation keys name it. All keys of one observation share it, and each memory shares its key with its own order.
type Subject = Arc<[String; 5]>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Similar {
    subject: Subject,
    kind: EventType,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Same {
    similar: Arc<Similar>,
    field_path: String,
    message: Option<String>,
}

#[derive(Clone, Debug)]
struct Messages {
    seen: BTreeSet<String>,
    last: SimTime,
}

#[derive(Clone, Debug)]
struct Observed {
    name: Option<String>,
    first: SimTime,
    count: i32,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    at: SimTime,
}

/// The memory of one component on one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Correlator {
    messages: Recent<Similar, Messages>,
    observed: Recent<Same, Observed>,
    buckets: Recent<(Subject, EventType), Bucket>,
    latest: Option<Arc<Same>>,
}

impl Correlator {
    pub(super) fn observe(&mut self, note: &Note, now: SimTime) -> Verdict {
        let subject = subject(&note.about);
        let similar = Arc::new(Similar { subject: subject.clone(), kind: note.kind, reason: note.reason });
        let combined = self.combine(&similar, &note.message, now);
        let same = Arc::new(Same {
            similar,
            field_path: if combined {
                String::new()
            } else {
                note.about.field_path.clone().unwrap_or_default()
            },
            message: (!combined).then(|| note.message.clone()),
        });
        let observed = self.count(&same, now);
        if !self.take_token(Arc::new((subject, note.kind)), now) {
            return Verdict::Drop;
        }
        self.latest = Some(same);
        let message = if combined {
            format!("(combined from similar events): {}", note.message)
        } else {
            note.message.clone()
        };
        Verdict::Write { name: observed.name, message, first: observed.first, count: observed.count }
    }

    /// Remembers under which name the event just observed was written.
    pub(super) fn named(&mut self, name: &str) {
        if let Some(observed) = self.latest.take().and_then(|same| self.observed.get_mut(&same)) {
            observed.name = Some(name.to_owned());
        }
    }

    /// Whether this is one of too many similar events.
    fn combine(&mut self, similar: &Arc<Similar>, message: &str, now: SimTime) -> bool {
        let fresh = || Messages { seen: BTreeSet::new(), last: now };
        let messages = self.messages.entry(similar, fresh);
        if now.since(messages.last) > DISTINCT_WINDOW {
            messages.seen.clear();
        }
        messages.last = now;
        messages.seen.insert(message.to_owned());
        if messages.seen.len() < DISTINCT_MESSAGES {
            return false;
        }
        messages.seen.pop_first();
        true
    }

    fn count(&mut self, same: &Arc<Same>, now: SimTime) -> Observed {
        let observed = self.observed.entry(same, || Observed { name: None, first: now, count: 0 });
        observed.count += 1;
        observed.clone()
    }

    fn take_token(&mut self, who: Arc<(Subject, EventType)>, now: SimTime) -> bool {
        let bucket = self.buckets.entry(&who, || Bucket { tokens: BURST, at: now });
        bucket.tokens = (bucket.tokens + now.since(bucket.at) as f64 / REFILL).min(BURST);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

fn subject(about: &ObjectReference) -> Subject {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let (kind, version) = (text(&about.kind), text(&about.api_version));
    Arc::new([text(&about.uid), text(&about.name), text(&about.namespace), kind, version])
}

/// A map that forgets what was not used for longest. Its keys are long texts that begin alike: they are in the order of their hashes,
/// which nobody sees, and themselves compared only where those are equal.
#[derive(Clone, Debug)]
struct Recent<K, V> {
    map: BTreeMap<(u64, Arc<K>), (u64, V)>,
    order: BTreeMap<u64, Arc<K>>,
    tick: u64,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent { map: BTreeMap::new(), order: BTreeMap::new(), tick: 0 }
    }
}

impl<K: Ord + Hash, V> Recent<K, V> {
    fn get_mut(&mut self, key: &Arc<K>) -> Option<&mut V> {
        self.map.get_mut(&hashed(key)).map(|(_, value)| value)
    }

    fn entry(&mut self, key: &Arc<K>, fresh: impl FnOnce() -> V) -> &mut V {
        self.tick += 1;
        let tick = self.tick;
        let key = hashed(key);
        let known = self.map.get(&key).and_then(|(tick, _)| self.order.remove(tick));
        if known.is_none()
            && self.map.len() >= CAPACITY
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.map.remove(&hashed(&oldest));
        }
        let key = known.map_or_else(|| key.clone(), |known| (key.0, known));
        self.order.insert(tick, key.1.clone());
        let slot = self.map.entry(key).or_insert_with(|| (tick, fresh()));
        slot.0 = tick;
        &mut slot.1
    }
}

fn hashed<K: Hash>(key: &Arc<K>) -> (u64, Arc<K>) {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (hasher.finish(), key.clone())
}
