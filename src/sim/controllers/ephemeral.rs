//! Claims made for one volume of one Pod (pkg/controller/volume/ephemeral): they belong to their Pod and go with it.

use super::owning::{Owner, controller_reference};
use super::pods;
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::core::{PersistentVolumeClaim, Volume};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use crate::sim::storage;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::sync::Arc;

/// The chapter about all this.
const CHAPTER: &str = "volumes";
/// How long the controller takes to see a Pod, milliseconds: longer than the scheduler, which therefore says once that it waits.
const LATENCY: u64 = 15;

/// Asks for a look at new Pods with such volumes, and at those whose claim has gone.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::Pod(pod) if change.kind == ChangeKind::Added && has_such_volumes(pod) => {
            queue.add_later(Controller::Ephemeral, change.key.clone(), LATENCY, change.cause, context);
        }
        Object::PersistentVolumeClaim(_) if change.kind == ChangeKind::Deleted => {
            let owner = pods::controller_of(&change.object).filter(|owner| owner.kind == Kind::Pod.name());
            if let Some(owner) = owner {
                let key = Key::pod(&change.key.namespace, &owner.name);
                queue.add_later(Controller::Ephemeral, key, LATENCY, change.cause, context);
            }
        }
        _ => {}
    }
}

fn has_such_volumes(pod: &Pod) -> bool {
    pod.spec.volumes.iter().flatten().any(|volume| volume.ephemeral.is_some())
}

/// Makes the claims that are missing.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(pod) = context.store.get(&work.key).and_then(Object::as_pod).cloned() else { return };
    if pod.metadata.deletion_timestamp.is_some() {
        return;
    }
    let text = format!("the Pod {} has a volume that needs a claim of its own", pod.name());
    let cause = context.because(work.cause, CHAPTER, text);
    let owner = Owner { object: Object::Pod(pod.clone()), component: "ephemeral_volume", cause };
    for volume in pod.spec.volumes.iter().flatten() {
        if let Err(why) = provide(&pod, volume, &owner, context) {
            let message = format!("ephemeral volume {}: {why}", volume.name);
            owner.event(EventType::Warning, "FailedBinding", message, context);
            queue.retry(Controller::Ephemeral, work.key.clone(), context);
            return;
        }
    }
    queue.forget(Controller::Ephemeral, &work.key);
}

fn provide(pod: &Pod, volume: &Volume, owner: &Owner, context: &mut Context) -> Result<(), String> {
    let Some(template) = volume.ephemeral.as_ref().and_then(|source| source.volume_claim_template.clone())
    else {
        return Ok(());
    };
    let name = storage::made_for(pod.name(), &volume.name);
    if let Some(claim) = storage::claim(pod.namespace(), &name, context.store) {
        return storage::belongs_to(claim, pod.namespace(), pod.name(), pod.uid());
    }
    let wanted = template.metadata.unwrap_or_default();
    let claim = PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(pod.namespace().to_owned()),
            labels: wanted.labels,
            annotations: wanted.annotations,
            owner_references: Some(vec![controller_reference(&owner.object)]),
            ..ObjectMeta::default()
        },
        spec: Some(template.spec),
        status: None,
    };
    let made = context.create(Object::PersistentVolumeClaim(Arc::new(claim)), &owner.write());
    made.map(drop)
        .map_err(|refusal| format!("create PVC {}: {refusal}", storage::made_for(pod.name(), &volume.name)))
}
