//! Questions every controller asks about Pods.

use crate::kube::core::PodCondition;
use crate::kube::selector::Selector;
use crate::kube::{Kind, Object, Pod, SimTime};
use crate::sim::store::{Change, ChangeKind, Store, Tally};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

/// A condition of a Pod.
pub fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a PodCondition> {
    pod.status.conditions.as_ref()?.iter().find(|c| c.type_ == type_)
}

/// Whether the Pod's Ready condition is True.
pub fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|c| c.status == "True")
}

/// When the Pod became ready, if it is.
pub fn ready_since(pod: &Pod) -> Option<SimTime> {
    let ready = condition(pod, "Ready").filter(|c| c.status == "True")?;
    ready.last_transition_time.as_ref().map(SimTime::of)
}

/// Whether the Pod has been ready for `min_ready` seconds.
pub fn is_available(pod: &Pod, min_ready: i32, now: SimTime) -> bool {
    ready_since(pod).is_some_and(|since| {
        min_ready == 0 || now.since(since) >= u64::try_from(min_ready).unwrap_or(0) * 1000
    })
}

/// Whether nothing is different about a Pod but what its status says of its containers: such a change, of which a crash loop is full,
/// gives nobody anything to do who counts Pods.
pub fn only_containers_changed(change: &Change) -> bool {
    let (Some(Object::Pod(old)), Object::Pod(new)) = (&change.former, &change.object) else { return false };
    let (a, b) = (&old.metadata, &new.metadata);
    change.kind == ChangeKind::Modified
        && Arc::ptr_eq(&old.spec, &new.spec)
        && a.labels == b.labels
        && a.annotations == b.annotations
        && a.owner_references == b.owner_references
        && a.finalizers == b.finalizers
        && a.deletion_timestamp == b.deletion_timestamp
        && old.status.phase == new.status.phase
        && old.status.pod_ip == new.status.pod_ip
        && old.status.conditions == new.status.conditions
}

/// The Pod's phase.
pub fn phase(pod: &Pod) -> &str {
    pod.status.phase.as_deref().unwrap_or("Pending")
}

/// Whether the Pod has ended for good.
pub fn is_over(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Whether the Pod is being deleted.
pub fn is_leaving(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// Whether the Pod counts as running for a `ReplicaSet`: neither over nor leaving.
pub fn is_active(pod: &Pod) -> bool {
    !is_over(pod) && !is_leaving(pod)
}

/// How many Pods a controller makes at one go (`BurstReplicas`, `MaxPodCreateDeletePerSync`).
const BURST: usize = 500;
/// How long that takes it, milliseconds: the controller manager sends 20 requests a second (kube-api-qps).
const BURST_TIME: u64 = 25_000;
/// How long a controller waits that has made as many as it can, milliseconds.
pub const NEXT_BURST: u64 = 1_000;

/// How many more Pods the controller of these can make now.
pub fn room_in_burst(made: Option<&Tally>, now: SimTime) -> usize {
    let fresh = |tally: &Tally| match now.0.checked_sub(BURST_TIME) {
        Some(before) => tally.made_after(SimTime(before)),
        None => tally.groups().map(|(_, count)| count.pods).sum(),
    };
    BURST.saturating_sub(made.map_or(0, fresh))
}

/// The owner that controls an object.
pub fn controller_of(object: &Object) -> Option<&OwnerReference> {
    object.meta().owner_references.as_ref()?.iter().find(|owner| owner.controller == Some(true))
}

/// The owner that controls a Pod.
pub fn controller_of_pod(pod: &Pod) -> Option<&OwnerReference> {
    pod.metadata.owner_references.as_ref()?.iter().find(|owner| owner.controller == Some(true))
}

/// The Pods of a namespace a selector matches. A missing selector matches none, an empty one all.
pub fn selected<'a>(
    store: &'a Store,
    namespace: &str,
    selector: Option<&'a LabelSelector>,
) -> Box<dyn Iterator<Item = &'a Pod> + 'a> {
    let Some(wanted) = selector else { return Box::new(std::iter::empty()) };
    let labels = wanted.match_labels.as_ref().unwrap_or(&NO_LABELS);
    let pods = store.pods_with_labels(namespace, labels);
    if wanted.match_expressions.as_ref().is_none_or(Vec::is_empty) {
        return pods;
    }
    let full = Selector::of(selector);
    Box::new(pods.filter(move |pod| full.matches_opt(pod.metadata.labels.as_ref())))
}

/// How many Pods there should be of those that control these: the sum of their controllers' `spec.replicas`.
pub fn expected_count(pods: &[Pod], store: &Store) -> i32 {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for pod in pods {
        let Some((uid, replicas)) = scale_of(pod, store) else { continue };
        if seen.insert(uid) {
            count += replicas;
        }
    }
    count
}

/// The uid and replicas of what finally controls a Pod: its Deployment rather than the `ReplicaSet`.
fn scale_of(pod: &Pod, store: &Store) -> Option<(String, i32)> {
    let owner = controller_of_pod(pod)?;
    let kind = Kind::of_manifest(&owner.api_version, &owner.kind)?;
    let object = store.find(kind, pod.namespace(), &owner.name)?;
    let above = controller_of(object).and_then(|up| {
        let kind = Kind::of_manifest(&up.api_version, &up.kind)?;
        store.find(kind, pod.namespace(), &up.name)
    });
    let top = above.filter(|top| replicas_of(top).is_some()).unwrap_or(object);
    Some((top.meta().uid.clone()?, replicas_of(top)?))
}

fn replicas_of(object: &Object) -> Option<i32> {
    match object {
        Object::Deployment(o) => o.spec.as_ref()?.replicas,
        Object::ReplicaSet(o) => o.spec.as_ref()?.replicas,
        Object::ReplicationController(o) => o.spec.as_ref()?.replicas,
        Object::StatefulSet(o) => o.spec.as_ref()?.replicas,
        _ => None,
    }
}
