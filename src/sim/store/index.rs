//! Which objects belong together: Pods by node and by label, anything by owner. Kept beside the objects so that no component ever
//! walks all Pods of a big cluster to find its few.

use crate::kube::{Key, Object};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Secondary indexes of the store; a name stands in them exactly while its object stands in the store.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "an index is named after what it is by")]
pub(super) struct Index {
    by_node: BTreeMap<Arc<str>, BTreeSet<Key>>,
    /// The objects themselves: controllers walk what they own at each sync.
    by_owner: BTreeMap<Arc<str>, BTreeMap<Key, Object>>,
    by_label: BTreeMap<Label, BTreeSet<Key>>,
    /// The Pods of each namespace that have no controller.
    by_freedom: BTreeMap<Arc<str>, BTreeSet<Key>>,
}

/// One label of the Pods of one namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Label {
    namespace: Arc<str>,
    key: Arc<str>,
    value: Arc<str>,
}

impl Index {
    /// Replaces what the index says about `key`.
    pub(super) fn replace(&mut self, key: &Key, old: Option<&Object>, new: Option<&Object>) {
        self.replace_owned(key, old, new);
        if let (Some(old), Some(new)) = (old, new)
            && same_place(old, new)
        {
            return;
        }
        if let Some(old) = old {
            self.visit(key, old, |set, key| {
                set.remove(key);
            });
        }
        if let Some(new) = new {
            self.visit(key, new, |set, key| {
                set.insert(key.clone());
            });
        }
    }

    fn replace_owned(&mut self, key: &Key, old: Option<&Object>, new: Option<&Object>) {
        for owner in new.into_iter().flat_map(|new| new.meta().owner_references.iter().flatten()) {
            let object = new.into_iter().cloned().map(|object| (key.clone(), object));
            match self.by_owner.get_mut(owner.uid.as_str()) {
                Some(owned) => owned.extend(object),
                None => drop(self.by_owner.insert(owner.uid.as_str().into(), object.collect())),
            }
        }
        let owned_by = |object: Option<&Object>, uid: &str| {
            let owners = object.and_then(|object| object.meta().owner_references.as_ref());
            owners.is_some_and(|owners| owners.iter().any(|owner| owner.uid == uid))
        };
        for owner in old.into_iter().flat_map(|old| old.meta().owner_references.iter().flatten()) {
            if owned_by(new, &owner.uid) {
                continue;
            }
            if let Some(owned) = self.by_owner.get_mut(owner.uid.as_str()) {
                owned.remove(key);
                if owned.is_empty() {
                    self.by_owner.remove(owner.uid.as_str());
                }
            }
        }
    }

    fn visit(&mut self, key: &Key, object: &Object, act: impl Fn(&mut BTreeSet<Key>, &Key)) {
        let Object::Pod(pod) = object else { return };
        if let Some(node) = pod.spec.node_name.as_deref() {
            touch(&mut self.by_node, node.into(), key, &act);
        }
        let mut owners = pod.metadata.owner_references.iter().flatten();
        if !owners.any(|owner| owner.controller == Some(true)) {
            touch(&mut self.by_freedom, key.namespace.clone(), key, &act);
        }
        for (name, value) in pod.metadata.labels.iter().flatten() {
            let label = Label {
                namespace: key.namespace.clone(),
                key: name.as_str().into(),
                value: value.as_str().into(),
            };
            touch(&mut self.by_label, label, key, &act);
        }
    }

    pub(super) fn on_node(&self, node: &str) -> impl Iterator<Item = &Key> {
        self.by_node.get(node).into_iter().flatten()
    }

    pub(super) fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Object> {
        self.by_owner.get(uid).into_iter().flat_map(BTreeMap::values)
    }

    pub(super) fn uncontrolled(&self, namespace: &str) -> Option<&BTreeSet<Key>> {
        self.by_freedom.get(namespace)
    }

    pub(super) fn labelled(&self, namespace: &str, key: &str, value: &str) -> Option<&BTreeSet<Key>> {
        let label = Label { namespace: namespace.into(), key: key.into(), value: value.into() };
        self.by_label.get(&label)
    }
}

fn touch<K: Ord>(
    map: &mut BTreeMap<K, BTreeSet<Key>>,
    at: K,
    key: &Key,
    act: &impl Fn(&mut BTreeSet<Key>, &Key),
) {
    use std::collections::btree_map::Entry;
    match map.entry(at) {
        Entry::Vacant(entry) => {
            let mut set = BTreeSet::new();
            act(&mut set, key);
            if !set.is_empty() {
                entry.insert(set);
            }
        }
        Entry::Occupied(mut entry) => {
            act(entry.get_mut(), key);
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

/// Whether nothing the index looks at differs: the usual case, a status write.
fn same_place(old: &Object, new: &Object) -> bool {
    fn node(object: &Object) -> Option<&str> {
        object.as_pod()?.spec.node_name.as_deref()
    }
    if let (Object::Pod(a), Object::Pod(b)) = (old, new)
        && Arc::ptr_eq(&a.spec, &b.spec)
        && Arc::ptr_eq(&a.metadata, &b.metadata)
    {
        return true;
    }
    let (a, b) = (old.meta(), new.meta());
    a.owner_references == b.owner_references && a.labels == b.labels && node(old) == node(new)
}
