//! The garbage collector (pkg/controller/garbagecollector): objects whose owner is gone go too; owners that asked for it wait for
//! them, or set them free.

use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{DeleteOptions, FOREGROUND, ORPHAN, Propagation, Subresource, Write};
use crate::sim::cause::CauseId;
use crate::sim::chance;
use crate::sim::cluster::Context;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

/// How long the collector takes to see that an owner is gone, milliseconds: between these two (recordings: 0.1 to 0.5 s).
const LATENCY: (u64, u64) = (60, 160);
/// The chapter about owners.
const CHAPTER: &str = "controllers";

/// Asks for a look at what a change leaves behind.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    let meta = change.object.meta();
    let Some(uid) = meta.uid.as_deref() else { return };
    match change.kind {
        ChangeKind::Deleted => {
            let left: Vec<Key> = context.store.owned_by(uid).map(Object::key).collect();
            for key in left {
                later(key, change.cause, queue, context);
            }
            for owner in waiting_owners(&change.object, context) {
                queue.add(Controller::Garbage, owner, change.cause, context);
            }
        }
        ChangeKind::Added if has_absent_owner(&change.object, context) => {
            later(change.key.clone(), change.cause, queue, context);
        }
        ChangeKind::Modified if meta.deletion_timestamp.is_some() && waits(&change.object) => {
            queue.add(Controller::Garbage, change.key.clone(), change.cause, context);
        }
        _ => {}
    }
}

fn later(key: Key, cause: CauseId, queue: &mut Queue, context: &mut Context) {
    let draw = chance::uniform(context.seed, &key.name, "garbage", context.now.0);
    let delay = LATENCY.0 + (draw * (LATENCY.1 - LATENCY.0) as f64) as u64;
    queue.add_later(Controller::Garbage, key, delay, cause, context);
}

/// Looks at one object: as an owner that waits, or as one whose owners may be gone.
pub fn sync(work: &Work, context: &mut Context) {
    let Some(object) = context.store.get(&work.key).cloned() else { return };
    if object.meta().deletion_timestamp.is_some() && waits(&object) {
        serve_owner(&object, work, context);
        return;
    }
    let owners = object.meta().owner_references.clone().unwrap_or_default();
    if owners.is_empty() {
        return;
    }
    let present: Vec<OwnerReference> =
        owners.iter().filter(|owner| stands(owner, &work.key, context)).cloned().collect();
    let kind = work.key.kind.name();
    if present.is_empty() {
        let text = format!("{kind} {} is deleted because its owner is gone", work.key.name);
        let cause = context.because(work.cause, CHAPTER, text);
        let options = DeleteOptions { uid: object.meta().uid.clone(), ..DeleteOptions::default() };
        let _ = context.delete(&work.key, &options, &Write::component(cause));
    } else if present.len() < owners.len() {
        let text = format!("{kind} {} forgets an owner that is gone", work.key.name);
        let cause = context.because(work.cause, CHAPTER, text);
        rewrite(object, |meta| meta.owner_references = Some(present), cause, context);
    }
}

/// An owner in deletion: deletes its dependents first, or lets them go.
fn serve_owner(object: &Object, work: &Work, context: &mut Context) {
    let uid = object.meta().uid.clone().unwrap_or_default();
    let dependents: Vec<Object> = context.store.owned_by(&uid).cloned().collect();
    let cause = context.because(
        work.cause,
        CHAPTER,
        format!("{} {} is deleted with what it owns", work.key.kind.name(), work.key.name),
    );
    if has_finalizer(object, ORPHAN) {
        for dependent in dependents {
            rewrite(dependent, |meta| forget_owner(meta, &uid), cause, context);
        }
        drop_finalizer(&work.key, ORPHAN, cause, context);
        return;
    }
    let mut blocked = false;
    for dependent in dependents {
        let references = dependent.meta().owner_references.iter().flatten();
        blocked |= references.into_iter().any(|o| o.uid == uid && o.block_owner_deletion == Some(true));
        if dependent.meta().deletion_timestamp.is_none() {
            let owns =
                context.store.owned_by(dependent.meta().uid.as_deref().unwrap_or_default()).next().is_some();
            let propagation = if owns { Propagation::Foreground } else { Propagation::Background };
            let options = DeleteOptions { propagation, ..DeleteOptions::default() };
            let _ = context.delete(&dependent.key(), &options, &Write::component(cause));
        }
    }
    if !blocked {
        drop_finalizer(&work.key, FOREGROUND, cause, context);
    }
}

fn forget_owner(meta: &mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, uid: &str) {
    if let Some(owners) = &mut meta.owner_references {
        owners.retain(|owner| owner.uid != uid);
        if owners.is_empty() {
            meta.owner_references = None;
        }
    }
}

fn rewrite(
    mut object: Object,
    act: impl FnOnce(&mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta),
    cause: CauseId,
    context: &mut Context,
) {
    act(object.meta_mut());
    object.meta_mut().resource_version = None;
    let _ = context.update(object, Subresource::Main, &Write::component(cause));
}

fn drop_finalizer(key: &Key, name: &str, cause: CauseId, context: &mut Context) {
    let Some(object) = context.store.get(key).cloned() else { return };
    let drop = |meta: &mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta| {
        if let Some(list) = &mut meta.finalizers {
            list.retain(|finalizer| finalizer != name);
        }
    };
    rewrite(object, drop, cause, context);
}

fn has_finalizer(object: &Object, name: &str) -> bool {
    object.meta().finalizers.iter().flatten().any(|finalizer| finalizer == name)
}

fn waits(object: &Object) -> bool {
    has_finalizer(object, FOREGROUND) || has_finalizer(object, ORPHAN)
}

/// Owners that wait in the foreground for this object to go.
fn waiting_owners(object: &Object, context: &Context) -> Vec<Key> {
    let owners = object.meta().owner_references.iter().flatten();
    let keys = owners.filter_map(|owner| owner_key(owner, &object.key()));
    keys.filter(|key| context.store.get(key).is_some_and(waits)).collect()
}

fn has_absent_owner(object: &Object, context: &Context) -> bool {
    let key = object.key();
    object.meta().owner_references.iter().flatten().any(|owner| !stands(owner, &key, context))
}

fn owner_key(owner: &OwnerReference, dependent: &Key) -> Option<Key> {
    let kind = Kind::of_manifest(&owner.api_version, &owner.kind)?;
    let namespace = if kind.info().namespaced { &*dependent.namespace } else { "" };
    Some(Key::new(kind, namespace, &owner.name))
}

/// Whether the very object a reference means exists. Kinds podlab does not know are taken to exist.
fn stands(owner: &OwnerReference, dependent: &Key, context: &Context) -> bool {
    let Some(key) = owner_key(owner, dependent) else { return true };
    context.store.get(&key).is_some_and(|object| object.meta().uid.as_deref() == Some(&owner.uid))
}
