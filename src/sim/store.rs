//! Objects, revisions and the append-only change log: what etcd and the watch cache are in a real cluster. The store applies what it
//! is told; rules about what may be written live above it.

use super::cause::CauseId;
use crate::kube::{Key, Kind, Object, SimTime};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a change did to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The object is new.
    Added,
    /// The object was written.
    Modified,
    /// The object is gone; the change carries its last state.
    Deleted,
}

/// One entry of the change log.
#[derive(Clone, Debug)]
pub struct Change {
    /// The store's revision after this change, also the object's resource version.
    pub revision: u64,
    /// When it happened.
    pub at: SimTime,
    /// What it did.
    pub kind: ChangeKind,
    /// The object after the change (before it, for a deletion).
    pub object: Object,
    /// Why.
    pub cause: CauseId,
}

/// How many changes the log keeps; a watcher further behind must list again, as after a real 410 Gone.
const LOG_LIMIT: usize = 200_000;

/// Every object of the cluster and the log of what changed.
#[derive(Clone, Debug, Default)]
pub struct Store {
    revision: u64,
    objects: BTreeMap<Key, Object>,
    log: VecDeque<Change>,
}

impl Store {
    /// The revision of the latest change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The object at `key`.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The objects of a kind, in one namespace or in all, ordered by namespace and name.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = &Object> {
        let from = Key::new(kind, namespace.unwrap_or_default(), "");
        let namespace: Option<Arc<str>> = namespace.map(Into::into);
        self.objects
            .range(from..)
            .take_while(move |(key, _)| {
                key.kind == kind && namespace.as_ref().is_none_or(|n| *n == key.namespace)
            })
            .map(|(_, object)| object)
    }

    /// Writes `object` (new or not), stamps its resource version and logs the change.
    pub fn put(&mut self, at: SimTime, mut object: Object, cause: CauseId) -> &Change {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let key = object.key();
        let kind = match self.objects.insert(key, object.clone()) {
            None => ChangeKind::Added,
            Some(_) => ChangeKind::Modified,
        };
        self.append(at, kind, object, cause)
    }

    /// Removes the object at `key` and logs the change; `None` if there is none.
    pub fn remove(&mut self, at: SimTime, key: &Key, cause: CauseId) -> Option<&Change> {
        let mut object = self.objects.remove(key)?;
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        Some(self.append(at, ChangeKind::Deleted, object, cause))
    }

    /// The changes after `revision`, oldest first; `None` if the log no longer reaches back that far.
    pub fn changes_since(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        let first = self.log.front().map_or(self.revision + 1, |change| change.revision);
        if revision + 1 < first {
            return None;
        }
        // Revisions rise by one with each entry, so the position follows from the distance to the first.
        Some(self.log.range(((revision + 1 - first) as usize).min(self.log.len())..))
    }

    fn append(&mut self, at: SimTime, kind: ChangeKind, object: Object, cause: CauseId) -> &Change {
        if self.log.len() == LOG_LIMIT {
            self.log.pop_front();
        }
        self.log.push_back(Change { revision: self.revision, at, kind, object, cause });
        &self.log[self.log.len() - 1]
    }
}
