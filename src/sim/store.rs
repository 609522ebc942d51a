//! Objects, revisions and the append-only change log: what etcd and the watch cache are in a real cluster. The store applies what it
//! is told; rules about what may be written live above it.

mod index;
mod log;
mod tally;

use super::cause::CauseId;
use crate::kube::kind::KINDS;
use crate::kube::{Key, Kind, Object, Pod, SimTime};
use index::Index;
use log::Log;
use std::collections::BTreeMap;
use std::sync::Arc;
use tally::Tallies;
pub use tally::Tally;

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
    /// Where the object is, or was.
    pub key: Key,
    /// The object after the change (before it, for a deletion).
    pub object: Object,
    /// Why.
    pub cause: CauseId,
    /// The object before the change, if it was there already.
    pub former: Option<Object>,
}

/// Objects of one kind and namespace by their names.
type Named = BTreeMap<Arc<str>, Object>;

/// Every object of the cluster and the log of what changed.
#[derive(Clone, Debug, Default)]
pub struct Store {
    revision: u64,
    /// By kind first: most questions are about kinds of which there are few objects or none. Then by namespace and by name, so that
    /// names are compared with names alone.
    objects: BTreeMap<Kind, BTreeMap<Arc<str>, Named>>,
    index: Index,
    tallies: Tallies,
    log: Log,
    /// The revision of the latest change of a `ConfigMap` or Secret.
    configured: u64,
}

impl Store {
    /// The revision of the latest change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision of the latest change of any `ConfigMap` or Secret: as long as it stands, what is made of them does.
    pub fn configured(&self) -> u64 {
        self.configured
    }

    /// The object at `key`.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.find(key.kind, &key.namespace, &key.name)
    }

    /// The object of a kind by its namespace (empty for cluster-wide kinds) and name.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Object> {
        self.objects.get(&kind)?.get(namespace)?.get(name)
    }

    /// The objects of a kind, in one namespace or in all, ordered by namespace and name.
    pub fn list<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let spaces = self.objects.get(&kind);
        let one = namespace.map(|namespace| spaces.and_then(|spaces| spaces.get(namespace)));
        let all = spaces.filter(|_| namespace.is_none()).into_iter().flat_map(BTreeMap::values);
        one.flatten().into_iter().chain(all).flat_map(BTreeMap::values)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The Pod at `namespace`/`name`.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.find(Kind::Pod, namespace, name)?.as_pod()
    }

    /// Every object, ordered by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Object> {
        self.objects.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// Every object of one namespace, of any kind; walks the namespaces of each kind, not their objects.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &Object> {
        KINDS
            .iter()
            .filter(|info| info.namespaced)
            .flat_map(move |info| self.list(info.kind, Some(namespace)))
    }

    /// The Pods bound to a node, terminal ones included.
    pub fn pods_on(&self, node: &str) -> impl Iterator<Item = &Pod> {
        self.index.on_node(node).filter_map(|key| self.get(key)?.as_pod())
    }

    /// The objects that name `uid` among their owners.
    pub fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Object> {
        self.index.owned_by(uid)
    }

    /// What the Pods that the object `uid` controls come to; `None` if it controls none.
    pub fn tally(&self, uid: &str) -> Option<&Tally> {
        self.tallies.of(uid)
    }

    /// The Pods of a namespace that carry all of these labels; with no label, all of them.
    pub fn pods_with_labels<'a>(
        &'a self,
        namespace: &str,
        labels: &'a BTreeMap<String, String>,
    ) -> Box<dyn Iterator<Item = &'a Pod> + 'a> {
        let sets: Option<Vec<_>> =
            labels.iter().map(|(key, value)| self.index.labelled(namespace, key, value)).collect();
        let Some(mut sets) = sets else { return Box::new(std::iter::empty()) };
        sets.sort_by_key(|set| set.len());
        match sets.split_first() {
            None => Box::new(self.list(Kind::Pod, Some(namespace)).filter_map(Object::as_pod)),
            Some((first, _)) => {
                let first = *first;
                Box::new(first.iter().filter_map(|key| self.get(key)?.as_pod()).filter(move |pod| {
                    let own = pod.metadata.labels.as_ref();
                    labels.iter().all(|(k, v)| own.and_then(|own| own.get(k)) == Some(v))
                }))
            }
        }
    }

    /// The Pods of a namespace that carry all of these labels and that nothing controls; finds them without a look at the others.
    pub fn uncontrolled_pods<'a>(
        &'a self,
        namespace: &str,
        labels: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = &'a Pod> {
        let sets: Option<Vec<_>> = std::iter::once(self.index.uncontrolled(namespace))
            .chain(labels.iter().map(|(key, value)| self.index.labelled(namespace, key, value)))
            .collect();
        let sets = sets.unwrap_or_default();
        let smallest = sets.iter().min_by_key(|set| set.len()).copied();
        smallest
            .into_iter()
            .flatten()
            .filter(move |key| sets.iter().all(|set| set.contains(*key)))
            .filter_map(|key| self.get(key)?.as_pod())
    }

    /// Writes `object` (new or not), stamps its resource version and logs the change.
    pub fn put(&mut self, at: SimTime, mut object: Object, cause: CauseId) -> &Change {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let key = object.key();
        let spaces = self.objects.entry(key.kind).or_default();
        let names = spaces.entry(key.namespace.clone()).or_default();
        let old = names.insert(key.name.clone(), object.clone());
        self.index.replace(&key, old.as_ref(), Some(&object));
        self.tallies.replace(old.as_ref(), Some(&object));
        let kind = if old.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
        self.append(Change { revision: self.revision, at, kind, key, object, cause, former: old })
    }

    /// Removes the object at `key` and logs the change; `None` if there is none.
    pub fn remove(&mut self, at: SimTime, key: &Key, cause: CauseId) -> Option<&Change> {
        let mut object = self.take_out(key)?;
        self.index.replace(key, Some(&object), None);
        self.tallies.replace(Some(&object), None);
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let (revision, kind) = (self.revision, ChangeKind::Deleted);
        Some(self.append(Change { revision, at, kind, key: key.clone(), object, cause, former: None }))
    }

    fn take_out(&mut self, key: &Key) -> Option<Object> {
        let spaces = self.objects.get_mut(&key.kind)?;
        let names = spaces.get_mut(&key.namespace)?;
        let object = names.remove(&key.name)?;
        if names.is_empty() {
            spaces.remove(&key.namespace);
        }
        Some(object)
    }

    /// The changes after `revision`, oldest first; `None` if the log no longer reaches back that far.
    pub fn changes_since(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        let first = self.log.first().unwrap_or(self.revision + 1);
        if revision + 1 < first {
            return None;
        }
        // Revisions rise by one with each entry, so the position follows from the distance to the first.
        Some(self.log.from((revision + 1 - first) as usize))
    }

    /// All changes that are kept, oldest first.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.log.from(0)
    }

    fn append(&mut self, change: Change) -> &Change {
        if matches!(change.object, Object::ConfigMap(_) | Object::Secret(_)) {
            self.configured = change.revision;
        }
        self.log.push(change)
    }
}
