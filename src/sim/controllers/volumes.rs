//! Claims and volumes find each other (pkg/controller/volume/persistentvolume): the smallest volume that is large enough, of the same
//! class and with the wanted access. Volumes are made on demand for one kind of class, see `provision`; what becomes of a volume whose
//! claim is gone is `reclaim`'s.

mod provision;
mod reclaim;

use super::owning::Owner;
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::kube::requests::resources_of;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{Subresource, Write};
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, reference};
use crate::sim::storage::{self, BY_CONTROLLER, COMPLETED, Class, SELECTED_NODE, Seeker};
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The chapter about all this.
const CHAPTER: &str = "volumes";
/// The controller's name in events.
const COMPONENT: &str = "persistentvolume-controller";
/// How often everything that is not settled is looked at again, milliseconds (`--pvclaimbinder-sync-period`).
const RESYNC: u64 = 15_000;
/// The phase of that rhythm: the controller has run for long when the clock begins.
const RESYNC_PHASE: u64 = 7_500;

/// Asks for the sync of claims and volumes a change concerns. A new volume does not wake the claims that wait for one: they look
/// again at the next [`RESYNC`].
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::PersistentVolumeClaim(_) if change.kind == ChangeKind::Deleted => {
            let of_it = |volume: &&Arc<PersistentVolume>| names(volume, &change.key);
            let volumes: Vec<String> = storage::volumes(context.store)
                .filter(of_it)
                .filter_map(|volume| volume.metadata.name.clone())
                .collect();
            for name in volumes {
                let key = Key::new(Kind::PersistentVolume, "", &name);
                queue.add(Controller::Volumes, key, change.cause, context);
            }
        }
        Object::PersistentVolume(volume) if change.kind == ChangeKind::Deleted => {
            if let Some(key) = claim_key(volume) {
                queue.add(Controller::Volumes, key, change.cause, context);
            }
        }
        Object::PersistentVolumeClaim(_) | Object::PersistentVolume(_) => {
            queue.add(Controller::Volumes, change.key.clone(), change.cause, context);
        }
        _ => {}
    }
}

/// The claim a volume is kept for.
fn claim_key(volume: &PersistentVolume) -> Option<Key> {
    let by = volume.spec.as_ref()?.claim_ref.as_ref()?;
    Some(Key::new(Kind::PersistentVolumeClaim, by.namespace.as_deref()?, by.name.as_deref()?))
}

fn names(volume: &PersistentVolume, claim: &Key) -> bool {
    claim_key(volume).is_some_and(|key| key == *claim)
}

/// Looks after one claim or one volume.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let settled = match context.store.get(&work.key).cloned() {
        Some(Object::PersistentVolumeClaim(claim)) => sync_claim(&claim, work, context),
        Some(Object::PersistentVolume(volume)) => sync_volume(&volume, work, queue, context),
        _ => Settled::Yes,
    };
    if matches!(settled, Settled::No) {
        let wait = RESYNC - (context.now.0 + RESYNC - RESYNC_PHASE) % RESYNC;
        queue.add_after(Controller::Volumes, work.key.clone(), wait, context);
    }
}

/// Whether a claim or volume wants to be looked at again although nothing about it changes.
#[derive(Clone, Copy, Debug)]
enum Settled {
    Yes,
    No,
}

fn sync_claim(claim: &Arc<PersistentVolumeClaim>, work: &Work, context: &mut Context) -> Settled {
    if claim.metadata.deletion_timestamp.is_some() {
        return Settled::Yes;
    }
    let text = format!("the claim {} looks for a volume", work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    let owner = Owner { object: Object::PersistentVolumeClaim(claim.clone()), component: COMPONENT, cause };
    if storage::annotation(&claim.metadata, COMPLETED).is_some() {
        keep(claim, &owner, context);
        return Settled::Yes;
    }
    match storage::volume_of(claim) {
        Some(name) => take_named(claim, name, &owner, context),
        None => take_any(claim, &owner, context),
    }
}

/// A bound claim: its volume has to be there, and its own (`syncBoundClaim`).
fn keep(claim: &Arc<PersistentVolumeClaim>, owner: &Owner, context: &mut Context) {
    let volume = storage::volume_of(claim).and_then(|name| storage::volume(name, context.store)).cloned();
    let Some(volume) = volume else {
        let why = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        return lose(claim, ("ClaimLost", why), owner, context);
    };
    let by = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    if by.is_none() || storage::is_kept_for(&volume, claim) {
        bind(claim, &volume, owner, context);
        expand(claim, owner, context);
    } else {
        let why = "Two claims are bound to the same volume, this one is bound incorrectly";
        lose(claim, ("ClaimMisbound", why), owner, context);
    }
}

/// A claim that has grown waits for who made its volume (pkg/controller/volume/expand).
fn expand(claim: &PersistentVolumeClaim, owner: &Owner, context: &mut Context) {
    let has = claim.status.as_ref().and_then(|status| status.capacity.as_ref());
    let has = resources_of(has).get("storage").copied().unwrap_or_default();
    if phase_of_claim(claim) == "Bound" && storage::size_asked(claim) > has {
        let owner = Owner { component: "volume_expand", ..owner.clone() };
        let message = "waiting for an external controller to expand this PVC".to_owned();
        owner.event(EventType::Normal, "ExternalExpanding", message, context);
    }
}

fn phase_of_claim(claim: &PersistentVolumeClaim) -> &str {
    claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

fn lose(
    claim: &PersistentVolumeClaim,
    (reason, why): (&'static str, &str),
    owner: &Owner,
    context: &mut Context,
) {
    let mut lost = claim.clone();
    lost.metadata.resource_version = None;
    let status = lost.status.get_or_insert_default();
    if status.phase.as_deref() == Some("Lost") {
        return;
    }
    status.phase = Some("Lost".into());
    status.access_modes = None;
    status.capacity = None;
    let object = Object::PersistentVolumeClaim(Arc::new(lost));
    let _ = context.update(object, Subresource::Status, &owner.write());
    owner.event(EventType::Warning, reason, why.to_owned(), context);
}

/// A claim that names its volume.
fn take_named(
    claim: &Arc<PersistentVolumeClaim>,
    name: &str,
    owner: &Owner,
    context: &mut Context,
) -> Settled {
    let Some(volume) = storage::volume(name, context.store).cloned() else { return Settled::No };
    let kept = volume.spec.as_ref().is_some_and(|spec| spec.claim_ref.is_some());
    if storage::is_kept_for(&volume, claim) {
        bind(claim, &volume, owner, context);
        return Settled::Yes;
    }
    if kept {
        let why = format!("volume \"{name}\" already bound to a different claim.");
        owner.event(EventType::Warning, "FailedBinding", why, context);
        return Settled::No;
    }
    match storage::objection(&volume, claim) {
        None => {
            bind(claim, &volume, owner, context);
            Settled::Yes
        }
        Some(why) => {
            let message = format!("Cannot bind to requested volume \"{name}\": {why}");
            owner.event(EventType::Warning, "VolumeMismatch", message, context);
            Settled::No
        }
    }
}

/// A claim that takes what there is.
fn take_any(claim: &Arc<PersistentVolumeClaim>, owner: &Owner, context: &mut Context) -> Settled {
    if let Some(volume) = storage::best_volume(claim, Seeker::Controller, &BTreeSet::new(), context.store) {
        bind(claim, &volume, owner, context);
        return Settled::Yes;
    }
    if give_default_class(claim, owner, context) {
        return Settled::No;
    }
    let selected = storage::annotation(&claim.metadata, SELECTED_NODE).is_some();
    if !selected && storage::waits_for_consumer(claim, context.store) {
        wait_for_consumer(claim, owner, context);
    } else if storage::class_of(claim).is_empty() {
        let message = "no persistent volumes available for this claim and no storage class is set";
        owner.event(EventType::Normal, "FailedBinding", message.to_owned(), context);
    } else {
        provision::provision(claim, owner, context);
    }
    Settled::No
}

/// A claim from before there was a default class gets it now (`assignDefaultStorageClass`).
fn give_default_class(claim: &PersistentVolumeClaim, owner: &Owner, context: &mut Context) -> bool {
    if storage::names_class(claim) {
        return false;
    }
    let Some(class) = Class::default(context.store).map(|class| class.name().to_owned()) else {
        return false;
    };
    let mut mine = claim.clone();
    mine.metadata.resource_version = None;
    mine.spec.get_or_insert_default().storage_class_name = Some(class);
    let object = Object::PersistentVolumeClaim(Arc::new(mine));
    context.update(object, Subresource::Main, &owner.write()).is_ok()
}

/// The scheduler's turn (`emitEventForUnboundDelayBindingClaim`).
fn wait_for_consumer(claim: &PersistentVolumeClaim, owner: &Owner, context: &mut Context) {
    let pods: Vec<String> =
        storage::waiting_pods(claim, context.store).map(|pod| pod.name().to_owned()).collect();
    let (reason, message) = match pods.as_slice() {
        [] => ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned()),
        [one] => ("WaitForPodScheduled", format!("waiting for pod {one} to be scheduled")),
        many => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", many.join(","))),
    };
    owner.event(EventType::Normal, reason, message, context);
}

/// Writes both sides of a binding, as far as they are not written yet.
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
    if spec.claim_ref.as_ref().and_then(|by| by.uid.as_ref()) != claim.metadata.uid.as_ref() {
        spec.claim_ref = Some(ObjectReference { field_path: None, ..reference(&owner.object) });
    }
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
    if storage::volume_of(claim).is_none() {
        annotate(&mut mine.metadata, BY_CONTROLLER);
    }
    mine.spec.get_or_insert_default().volume_name.clone_from(&volume.metadata.name);
    let _ = context.update(Object::PersistentVolumeClaim(Arc::new(mine.clone())), Subresource::Main, &write);
    let status = mine.status.get_or_insert_default();
    if status.phase.as_deref() != Some("Bound") {
        status.phase = Some("Bound".into());
        status.capacity = capacity;
        status.access_modes = modes;
    }
    let _ = context.update(Object::PersistentVolumeClaim(Arc::new(mine)), Subresource::Status, &write);
}

fn annotate(metadata: &mut ObjectMeta, name: &str) {
    metadata.annotations.get_or_insert_default().insert(name.to_owned(), "yes".to_owned());
}

/// Writes the phase of a volume, with what there is to say about it.
fn set_phase(
    volume: &Arc<PersistentVolume>,
    (phase, message): (&str, Option<&str>),
    because: Option<CauseId>,
    context: &mut Context,
) {
    let mut new = (**volume).clone();
    new.metadata.resource_version = None;
    let status = new.status.get_or_insert_default();
    status.phase = Some(phase.to_owned());
    status.message = message.map(str::to_owned);
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    let text = format!("the volume {name} is {}", phase.to_lowercase());
    let cause = context.because(because, CHAPTER, text);
    let object = Object::PersistentVolume(Arc::new(new));
    let _ = context.update(object, Subresource::Status, &Write::component(cause));
}

fn phase_of(volume: &PersistentVolume) -> &str {
    volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

fn sync_volume(
    volume: &Arc<PersistentVolume>,
    work: &Work,
    queue: &mut Queue,
    context: &mut Context,
) -> Settled {
    let by = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    let uid = by.and_then(|by| by.uid.as_deref()).filter(|uid| !uid.is_empty());
    let (Some(uid), Some(key)) = (uid, claim_key(volume)) else {
        if phase_of(volume) != "Available" {
            set_phase(volume, ("Available", None), work.cause, context);
        }
        return Settled::Yes;
    };
    let claim = match context.store.get(&key) {
        Some(Object::PersistentVolumeClaim(claim)) if claim.metadata.uid.as_deref() == Some(uid) => claim,
        _ => return reclaim::release(volume, work, context),
    };
    match storage::volume_of(claim) {
        None => queue.add_later(Controller::Volumes, key, 1, cause_of(work, context), context),
        Some(name) if Some(name) != volume.metadata.name.as_deref() => {
            return reclaim::let_go(volume, work, context);
        }
        Some(_) => {}
    }
    Settled::Yes
}

/// What asked for a sync; a look that nobody asked for is its own reason.
fn cause_of(work: &Work, context: &mut Context) -> CauseId {
    context.because(work.cause, CHAPTER, format!("the volume {} has been asked for", work.key.name))
}
