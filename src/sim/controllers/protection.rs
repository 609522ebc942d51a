//! Claims and volumes that are in use outlive their deletion (pkg/controller/volume/pvcprotection, pvprotection): the finalizer that
//! admission gave them goes when no Pod names the claim any more, and when the volume is not bound.

use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::admission::{CLAIM_PROTECTION, VOLUME_PROTECTION};
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::storage::claims_of;
use crate::sim::store::{Change, ChangeKind};

/// The chapter about all this.
const CHAPTER: &str = "volumes";

/// Asks for the sync of deleted claims and volumes that a change may set free.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::PersistentVolumeClaim(_) | Object::PersistentVolume(_)
            if change.kind != ChangeKind::Deleted && change.object.meta().deletion_timestamp.is_some() =>
        {
            queue.add(Controller::Protection, change.key.clone(), change.cause, context);
        }
        Object::Pod(pod) if change.kind == ChangeKind::Deleted => {
            for used in claims_of(pod.name(), &pod.spec) {
                let key = Key::new(Kind::PersistentVolumeClaim, pod.namespace(), &used.claim);
                let leaving =
                    context.store.get(&key).is_some_and(|claim| claim.meta().deletion_timestamp.is_some());
                if leaving {
                    queue.add(Controller::Protection, key, change.cause, context);
                }
            }
        }
        _ => {}
    }
}

/// Takes the finalizer from a deleted claim or volume that nothing uses.
pub fn sync(work: &Work, context: &mut Context) {
    let Some(object) = context.store.get(&work.key).cloned() else { return };
    let (finalizer, used) = match &object {
        Object::PersistentVolumeClaim(_) => (CLAIM_PROTECTION, user_of(&work.key, context).is_some()),
        Object::PersistentVolume(volume) => {
            let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
            (VOLUME_PROTECTION, phase == Some("Bound"))
        }
        _ => return,
    };
    if used || object.meta().deletion_timestamp.is_none() {
        return;
    }
    let mut free = object;
    let meta = free.meta_mut();
    meta.resource_version = None;
    meta.finalizers.get_or_insert_default().retain(|known| known != finalizer);
    let text = format!("nothing uses {} {} any more", work.key.kind.info().name, work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    // Somebody may have taken it away already.
    let _ = context.update(free, Subresource::Main, &Write::component(cause));
}

/// A Pod that uses a claim: one that has a node, whether it still runs or not (`podUsesPVC`).
fn user_of<'a>(claim: &Key, context: &'a Context) -> Option<&'a Pod> {
    let pods = context.store.list(Kind::Pod, Some(&claim.namespace)).filter_map(Object::as_pod);
    pods.filter(|pod| !pod.spec.node_name.as_deref().unwrap_or_default().is_empty())
        .find(|pod| claims_of(pod.name(), &pod.spec).any(|used| *used.claim == *claim.name))
}
