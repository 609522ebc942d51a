//! Claims and volumes find each other (pkg/controller/volume/persistentvolume): the smallest volume that is large enough, of the same
//! class and with the wanted access. Volumes are made on demand for one kind of class; see `provision`.

mod provision;

use super::owning::Owner;
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::kube::quantity::Amount;
use crate::kube::requests::resources_of;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, reference};
use crate::sim::scheduler;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::sync::Arc;

/// The chapter about all this.
const CHAPTER: &str = "volumes";
/// The annotation of a claim whose binding is complete.
const COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// The annotation of the side that did not ask for this binding itself.
const BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// Asks for the sync of claims a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::PersistentVolumeClaim(_) => {
            queue.add(Controller::Volumes, change.key.clone(), change.cause, context);
        }
        Object::PersistentVolume(_) if change.kind != ChangeKind::Deleted => {
            queue.add(Controller::Volumes, change.key.clone(), change.cause, context);
            let claims: Vec<Key> = context
                .store
                .list(Kind::PersistentVolumeClaim, None)
                .filter(|object| matches!(object, Object::PersistentVolumeClaim(claim) if bound_to(claim).is_none()))
                .map(Object::key)
                .collect();
            for key in claims {
                queue.add(Controller::Volumes, key, change.cause, context);
            }
        }
        _ => {}
    }
}

/// Looks after one claim or one volume.
pub fn sync(work: &Work, context: &mut Context) {
    match context.store.get(&work.key).cloned() {
        Some(Object::PersistentVolumeClaim(claim)) => sync_claim(&claim, work, context),
        Some(Object::PersistentVolume(volume)) => sync_volume(volume, work, context),
        None => release(work, context),
        Some(_) => {}
    }
}

fn bound_to(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.volume_name.as_deref().filter(|name| !name.is_empty())
}

fn class_of(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default()
}

fn sync_claim(claim: &Arc<PersistentVolumeClaim>, work: &Work, context: &mut Context) {
    let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref());
    if phase == Some("Bound") || claim.metadata.deletion_timestamp.is_some() {
        return;
    }
    let cause =
        context.because(work.cause, CHAPTER, format!("the claim {} looks for a volume", work.key.name));
    let object = Object::PersistentVolumeClaim(claim.clone());
    let owner = Owner { object, component: "persistentvolume-controller", cause };
    let selected =
        claim.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(scheduler::SELECTED_NODE));
    if !selected && scheduler::waits_for_consumer(claim, context.store) {
        let message = "waiting for first consumer to be created before binding".to_owned();
        owner.event(EventType::Normal, "WaitForFirstConsumer", message, context);
        return;
    }
    match best_volume(claim, context) {
        Some(volume) => bind(claim, &volume, &owner, context),
        None if class_of(claim).is_empty() => {
            let message =
                "no persistent volumes available for this claim and no storage class is set".to_owned();
            owner.event(EventType::Normal, "FailedBinding", message, context);
        }
        None => provision::provision(claim, &owner, context),
    }
}

fn size_of(volume: &PersistentVolume) -> Amount {
    let list = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    resources_of(list).get("storage").copied().unwrap_or_default()
}

fn size_asked(claim: &PersistentVolumeClaim) -> Amount {
    let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let requests = resources.and_then(|resources| resources.requests.as_ref());
    resources_of(requests).get("storage").copied().unwrap_or_default()
}

fn best_volume(claim: &PersistentVolumeClaim, context: &Context) -> Option<Arc<PersistentVolume>> {
    let volumes = context.store.list(Kind::PersistentVolume, None).filter_map(|object| match object {
        Object::PersistentVolume(volume) if fits(volume, claim) => Some(volume.clone()),
        _ => None,
    });
    volumes.min_by(|a, b| size_of(a).cmp(&size_of(b)))
}

fn fits(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let (Some(offer), Some(wish)) = (&volume.spec, &claim.spec) else { return false };
    let taken = offer
        .claim_ref
        .as_ref()
        .is_some_and(|by| by.name != claim.metadata.name || by.namespace != claim.metadata.namespace);
    let named = bound_to(claim).is_none_or(|name| volume.metadata.name.as_deref() == Some(name));
    let wanted = size_asked(claim);
    let modes = offer.access_modes.as_deref().unwrap_or_default();
    !taken
        && named
        && size_of(volume) >= wanted
        && offer.storage_class_name.as_deref().unwrap_or_default() == class_of(claim)
        && wish.access_modes.iter().flatten().all(|mode| modes.contains(mode))
}

fn bind(
    claim: &Arc<PersistentVolumeClaim>,
    volume: &Arc<PersistentVolume>,
    owner: &Owner,
    context: &mut Context,
) {
    let write = owner.write();
    let mut taken = (**volume).clone();
    let spec = taken.spec.get_or_insert_default();
    let (capacity, modes) = (spec.capacity.clone(), spec.access_modes.clone());
    let reserved = spec.claim_ref.is_some();
    spec.claim_ref = Some(ObjectReference { field_path: None, ..reference(&owner.object) });
    taken.metadata.resource_version = None;
    if !reserved {
        annotate(&mut taken.metadata, BY_CONTROLLER);
    }
    let _ = context.update(Object::PersistentVolume(Arc::new(taken.clone())), Subresource::Main, &write);
    taken.status.get_or_insert_default().phase = Some("Bound".into());
    let _ = context.update(Object::PersistentVolume(Arc::new(taken)), Subresource::Status, &write);
    let mut mine = (**claim).clone();
    mine.metadata.resource_version = None;
    annotate(&mut mine.metadata, COMPLETED);
    if bound_to(claim).is_none() {
        annotate(&mut mine.metadata, BY_CONTROLLER);
    }
    mine.spec.get_or_insert_default().volume_name.clone_from(&volume.metadata.name);
    let _ = context.update(Object::PersistentVolumeClaim(Arc::new(mine.clone())), Subresource::Main, &write);
    let status = mine.status.get_or_insert_default();
    status.phase = Some("Bound".into());
    status.capacity = capacity;
    status.access_modes = modes;
    let _ = context.update(Object::PersistentVolumeClaim(Arc::new(mine)), Subresource::Status, &write);
}

fn annotate(metadata: &mut ObjectMeta, name: &str) {
    metadata.annotations.get_or_insert_default().insert(name.to_owned(), "yes".to_owned());
}

fn set_phase(volume: Arc<PersistentVolume>, phase: &str, work: &Work, context: &mut Context) {
    let mut volume = Arc::unwrap_or_clone(volume);
    volume.metadata.resource_version = None;
    volume.status.get_or_insert_default().phase = Some(phase.to_owned());
    let text = format!(
        "the volume {} is {}",
        volume.metadata.name.as_deref().unwrap_or_default(),
        phase.to_lowercase()
    );
    let cause = context.because(work.cause, CHAPTER, text);
    let _ = context.update(
        Object::PersistentVolume(Arc::new(volume)),
        Subresource::Status,
        &Write::component(cause),
    );
}

fn sync_volume(volume: Arc<PersistentVolume>, work: &Work, context: &mut Context) {
    let free = volume.spec.as_ref().is_some_and(|spec| spec.claim_ref.is_none());
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    if free && phase != Some("Available") {
        set_phase(volume, "Available", work, context);
    }
}

/// A claim is gone: its volume keeps the data and is not given to another, unless it was made for this claim only.
fn release(work: &Work, context: &mut Context) {
    let of_it = |volume: &PersistentVolume| {
        let by = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
        by.is_some_and(|by| {
            by.name.as_deref() == Some(&work.key.name) && by.namespace.as_deref() == Some(&work.key.namespace)
        })
    };
    let volumes: Vec<Arc<PersistentVolume>> = context
        .store
        .list(Kind::PersistentVolume, None)
        .filter_map(|object| match object {
            Object::PersistentVolume(volume) if of_it(volume) => Some(volume.clone()),
            _ => None,
        })
        .collect();
    for volume in volumes {
        if provision::goes_with_claim(&volume) {
            let text = format!("the claim {} is gone, and with it the volume made for it", work.key.name);
            let cause = context.because(work.cause, CHAPTER, text);
            // What is bound would be kept by its protection.
            set_phase(volume.clone(), "Released", work, context);
            provision::remove(&volume, &Write::component(cause), context);
        } else {
            set_phase(volume, "Released", work, context);
        }
    }
}
