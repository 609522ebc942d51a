//! Changing an object: whole, by patch, or one part of it.

use super::refusal::Refusal;
use super::{Author, Patch, Subresource, Write, Written, patch, size, status};
use crate::kube::decode::{Decoded, Fault, cannot_be_handled, decode};
use crate::kube::quantity::Amount;
use crate::kube::requests::{pod_requests, resources_of};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::admission;
use crate::sim::cluster::Context;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the server says when the client saw an older version.
const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

impl Context<'_> {
    /// Replaces an object or one part of it. A resource version in `object` must be the current one.
    pub fn update(&mut self, object: Object, sub: Subresource, write: &Write) -> Result<Written, Refusal> {
        let key = object.key();
        let old = self.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
        if write.author == Author::User {
            size::check_request(&object)?;
        }
        check_identity(&key, &object, &old)?;
        let mut new = merge_part(object, &old, sub);
        // Every other part is put into the old object, whose fields they are.
        if sub == Subresource::Main {
            keep_server_fields(&mut new, &old);
        }
        if matches!(sub, Subresource::Main | Subresource::EphemeralContainers) {
            admission::defaults::apply(&mut new);
        }
        if let (Subresource::Main, Object::Service(new), Object::Service(old)) = (sub, &mut new, &old) {
            admission::service::adapt(Arc::make_mut(new), old, self);
        }
        let mut warnings = Vec::new();
        if write.author == Author::User {
            warnings = admission::validation::warnings(&new);
            let faults = admission::validation::update(&new, &old, sub);
            if !faults.is_empty() {
                return Err(Refusal::invalid(key.kind, &key.name, faults));
            }
            if let (Subresource::Resize, Object::Pod(pod)) = (sub, &new) {
                self.refuse_oversized(pod)?;
            }
        }
        if sub != Subresource::Status && status::has_generation(key.kind) && !status::same_spec(&new, &old) {
            let meta = new.meta_mut();
            meta.generation = Some(meta.generation.unwrap_or_default() + 1);
        }
        if new == old || write.dry_run {
            return Ok(Written { object: new, warnings });
        }
        admission::validate(&new, Some(&old), self)?;
        if write.author == Author::User {
            size::check_stored(&new)?;
        }
        let object = self.store.put(self.now, new, write.cause).object.clone();
        self.finish_deletion(&object, write);
        Ok(Written { object, warnings })
    }

    /// Refuses a resize to more than the whole node has (recorded; memory by analogy).
    fn refuse_oversized(&self, pod: &Pod) -> Result<(), Refusal> {
        let node = Key::new(Kind::Node, "", pod.spec.node_name.as_deref().unwrap_or_default());
        let Some(Object::Node(node)) = self.store.get(&node) else { return Ok(()) };
        let has = resources_of(node.status.as_ref().and_then(|status| status.allocatable.as_ref()));
        let asks = pod_requests(&pod.spec, None);
        for (what, count) in [("cpu", Amount::milli as fn(Amount) -> i64), ("memory", Amount::value)] {
            let of = |list: &BTreeMap<String, Amount>| list.get(what).copied().map_or(0, count);
            let (asked, allocatable) = (of(&asks), of(&has));
            if asked > allocatable {
                let why = format!(
                    "node didn't have enough allocatable resources: {what}, requested: {asked}, allocatable: {allocatable}"
                );
                return Err(Refusal::forbidden(Kind::Pod, pod.name(), why));
            }
        }
        Ok(())
    }

    /// Applies a patch to the object at `key`.
    pub fn patch(
        &mut self,
        key: &Key,
        change: &Patch,
        sub: Subresource,
        write: &Write,
    ) -> Result<Written, Refusal> {
        let old = self.store.get(key).cloned().ok_or_else(|| Refusal::not_found(key))?;
        let mut value = old.to_value();
        match change {
            Patch::Merge(change) => patch::merge(&mut value, change),
            Patch::Strategic(change) => patch::strategic(key.kind, &mut value, change)?,
            Patch::Json(operations) => patch::json(&mut value, operations)?,
        }
        let field = |name: &str| value["metadata"][name].as_str().unwrap_or_default();
        check_name(key, field("name"), field("namespace"))?;
        let Decoded { object, unknown } = decode(key.kind, &value);
        let new = object.map_err(|fault| undecodable(key, &fault))?;
        let mut written = self.update(new, sub, write)?;
        written.warnings.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
        Ok(written)
    }
}

/// The server's text when a patched object no longer decodes.
fn undecodable(key: &Key, fault: &Fault) -> Refusal {
    Refusal::bad_request(cannot_be_handled(key.kind, &fault.text))
}

/// Refuses an object whose name or namespace is not that of the address it was sent to.
pub fn check_name(key: &Key, name: &str, namespace: &str) -> Result<(), Refusal> {
    if *name != *key.name {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            key.name
        )));
    }
    if *namespace != *key.namespace {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

fn check_identity(key: &Key, new: &Object, old: &Object) -> Result<(), Refusal> {
    let (new, old) = (new.meta(), old.meta());
    if let (Some(wanted), Some(current)) = (&new.uid, &old.uid)
        && wanted != current
        && !wanted.is_empty()
    {
        let why =
            format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {current}");
        let path = format!("/registry/{}/{}/{}", key.kind.info().plural, key.namespace, key.name);
        return Err(Refusal::conflict(
            key,
            format!(
                "StorageError: invalid object, Code: 4, Key: {path}, ResourceVersion: 0, AdditionalErrorMsg: {why}"
            ),
        ));
    }
    match &new.resource_version {
        Some(version) if !version.is_empty() && Some(version) != old.resource_version.as_ref() => {
            Err(Refusal::conflict(key, MODIFIED))
        }
        _ => Ok(()),
    }
}

/// The old object with the part of `object` that `sub` addresses.
fn merge_part(object: Object, old: &Object, sub: Subresource) -> Object {
    match sub {
        Subresource::Main => {
            let mut new = object;
            if status::has_status(new.kind()) {
                status::keep_status(&mut new, old);
            }
            new
        }
        Subresource::Status => {
            let mut new = old.clone();
            status::keep_status(&mut new, &object);
            new
        }
        Subresource::Resize => keep_spec_but(object, old, |new, wanted| {
            for (mine, theirs) in new.containers.iter_mut().zip(&wanted.containers) {
                mine.resources.clone_from(&theirs.resources);
            }
            for (mine, theirs) in
                new.init_containers.iter_mut().flatten().zip(wanted.init_containers.iter().flatten())
            {
                mine.resources.clone_from(&theirs.resources);
            }
            new.resources.clone_from(&wanted.resources);
        }),
        Subresource::EphemeralContainers => keep_spec_but(object, old, |new, wanted| {
            new.ephemeral_containers.clone_from(&wanted.ephemeral_containers);
        }),
        Subresource::Scale => scaled(&object, old),
    }
}

fn keep_spec_but(
    object: Object,
    old: &Object,
    take: impl Fn(&mut crate::kube::core::PodSpec, &crate::kube::core::PodSpec),
) -> Object {
    let mut new = old.clone();
    if let (Object::Pod(new), Object::Pod(wanted)) = (&mut new, &object) {
        take(Arc::make_mut(&mut new.spec), &wanted.spec);
    }
    new
}

fn scaled(object: &Object, old: &Object) -> Object {
    let mut new = old.clone();
    match (&mut new, object) {
        (Object::Deployment(a), Object::Deployment(b)) => {
            Arc::make_mut(a).spec.get_or_insert_default().replicas = b.spec.as_ref().and_then(|s| s.replicas);
        }
        (Object::ReplicaSet(a), Object::ReplicaSet(b)) => {
            Arc::make_mut(a).spec.get_or_insert_default().replicas = b.spec.as_ref().and_then(|s| s.replicas);
        }
        (Object::ReplicationController(a), Object::ReplicationController(b)) => {
            Arc::make_mut(a).spec.get_or_insert_default().replicas = b.spec.as_ref().and_then(|s| s.replicas);
        }
        (Object::StatefulSet(a), Object::StatefulSet(b)) => {
            Arc::make_mut(a).spec.get_or_insert_default().replicas = b.spec.as_ref().and_then(|s| s.replicas);
        }
        _ => {}
    }
    new
}

/// Fields only the server writes.
fn keep_server_fields(new: &mut Object, old: &Object) {
    let old = old.meta().clone();
    let meta = new.meta_mut();
    meta.uid = old.uid;
    meta.creation_timestamp = old.creation_timestamp;
    meta.resource_version = old.resource_version;
    meta.generation = old.generation;
    meta.deletion_timestamp = old.deletion_timestamp;
    meta.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
    if meta.generate_name.is_none() {
        meta.generate_name = old.generate_name;
    }
}
