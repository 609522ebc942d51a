//! `ReplicaSets` (pkg/controller/replicaset): as many active Pods as wanted, no more, no fewer. `ReplicationControllers` are kept by the
//! same code, read as sets.

mod replication;

use super::owning::{Owner, controller_key, name_only};
use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::selector::Selector;
use crate::kube::{Kind, Object, Pod, SimTime};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::store::{Change, ChangeKind, Tally};
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many Pods one sync deletes at most (`BurstReplicas`).
const BURST: usize = 500;
/// The annotation that says how dear a Pod is when some have to go.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
/// The chapter about all this.
const CHAPTER: &str = "controllers";

/// Asks for the sync of `ReplicaSets` a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::ReplicaSet(_) | Object::ReplicationController(_) if change.kind != ChangeKind::Deleted => {
            queue.add(Controller::ReplicaSet, change.key.clone(), change.cause, context);
        }
        Object::Pod(pod) => {
            let owner = |kind| controller_key(&change.key, &change.object, kind);
            if let Some(key) = owner(Kind::ReplicaSet).or_else(|| owner(Kind::ReplicationController)) {
                if queue.is_concerned(Controller::ReplicaSet, &key, change) {
                    queue.add(Controller::ReplicaSet, key, change.cause, context);
                }
            } else if pods::controller_of_pod(pod).is_none() && !pods::only_containers_changed(change) {
                wake_adopters(pod, change, queue, context);
            }
        }
        _ => {}
    }
}

/// An orphan may be taken by any set that selects it; a Pod that was let go leaves a gap in the set it left.
fn wake_adopters(pod: &Pod, change: &Change, queue: &mut Queue, context: &mut Context) {
    let (store, namespace) = (&context.store, Some(pod.namespace()));
    let sets = store.list(Kind::ReplicaSet, namespace);
    let sets = sets.chain(store.list(Kind::ReplicationController, namespace));
    let selects = |object: &&Object| {
        let set = replication::as_set(object);
        let spec = set.as_ref().and_then(|set| set.spec.as_ref());
        spec.is_some_and(|spec| Selector::of(Some(&spec.selector)).matches_opt(pod.metadata.labels.as_ref()))
    };
    let keys: Vec<_> = sets.filter(selects).map(Object::key).collect();
    for key in keys {
        queue.add(Controller::ReplicaSet, key, change.cause, context);
    }
}

/// Brings the number of Pods and the status up to date. What the Pods come to is asked of the store; they themselves are looked at
/// only where it matters which of them: to take in or let go some, to delete some, to wait until they are available.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(object) = context.store.get(&work.key).cloned() else { return };
    let Some(set) = replication::as_set(&object) else { return };
    let Some(spec) = &set.spec else { return };
    let wanted = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0);
    let text = format!("the {} {} wants {wanted} Pods", work.key.kind.name(), work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    let component = replication::component(work.key.kind);
    let owner = Owner { object, component, cause };
    owner.settle_claims(&spec.selector, context);
    let mut failed = None;
    if set.metadata.deletion_timestamp.is_none() {
        let active = active(&owner, context);
        if active < wanted {
            let (missing, room) = (wanted - active, pods::room_in_burst(owner.tally(context), context.now));
            failed = grow(&owner, &set, missing.min(room), context);
            if missing > room {
                queue.add_after(Controller::ReplicaSet, work.key.clone(), pods::NEXT_BURST, context);
            }
        } else if active > wanted {
            shrink(&owner, (active - wanted).min(BURST), context);
        }
    }
    let min_ready = spec.min_ready_seconds.unwrap_or(0);
    let unavailable = unavailable(&owner, min_ready, context);
    report(&owner, &set, unavailable.len(), failed.as_deref(), context);
    if failed.is_some() {
        queue.retry(Controller::ReplicaSet, work.key.clone(), context);
    } else {
        queue.forget(Controller::ReplicaSet, &work.key);
    }
    // A Pod that is ready becomes available without any further change.
    if let Some(at) = unavailable.into_iter().min() {
        queue.add_after(Controller::ReplicaSet, work.key.clone(), at.since(context.now), context);
    }
}

/// How many Pods of the set are neither over nor leaving.
fn active(owner: &Owner, context: &Context) -> usize {
    owner.tally(context).map_or(0, Tally::active)
}

/// When the ready Pods that are not available yet will be; who need not stay ready for a while is available at once.
fn unavailable(owner: &Owner, min_ready: i32, context: &Context) -> Vec<SimTime> {
    if min_ready <= 0 {
        return Vec::new();
    }
    let wait = u64::try_from(min_ready).unwrap_or(0) * 1000;
    let pods = owner.pods(context).filter(|pod| pods::is_active(pod));
    let waiting = pods.filter(|pod| !pods::is_available(pod, min_ready, context.now));
    waiting.filter_map(|pod| pods::ready_since(pod).map(|since| since.plus(wait))).collect()
}

/// Creates Pods until one is refused; the refusal is returned.
fn grow(owner: &Owner, set: &ReplicaSet, missing: usize, context: &mut Context) -> Option<String> {
    let template = set.spec.as_ref()?.template.clone().unwrap_or_default();
    let pods = (0..missing).map(|_| {
        let mut pod = owner.pod(&template);
        Arc::make_mut(&mut pod.metadata).generate_name = Some(format!("{}-", owner.name()));
        pod
    });
    owner.create_slowly(pods, context).1.map(|refusal| refusal.message)
}

fn shrink(owner: &Owner, surplus: usize, context: &mut Context) {
    let neighbours = neighbours(owner, context);
    let now = context.now;
    let mut active: Vec<Pod> = owner.pods(context).filter(|pod| pods::is_active(pod)).cloned().collect();
    active.sort_by_cached_key(|pod| expendability(pod, &neighbours, now));
    for pod in active.drain(..surplus) {
        owner.delete(&pod, context);
    }
}

/// How many active Pods of the same Deployment (or of this set) each node has.
fn neighbours(owner: &Owner, context: &Context) -> BTreeMap<String, usize> {
    let above = pods::controller_of(&owner.object).map(|up| up.uid.clone());
    let sets: Vec<String> = match above {
        Some(uid) => context.store.owned_by(&uid).filter_map(|o| o.meta().uid.clone()).collect(),
        None => vec![owner.uid().to_owned()],
    };
    let mut counts = BTreeMap::new();
    for uid in sets {
        for pod in context.store.owned_by(&uid).filter_map(Object::as_pod).filter(|p| pods::is_active(p)) {
            *counts.entry(pod.spec.node_name.clone().unwrap_or_default()).or_default() += 1;
        }
    }
    counts
}

type Rank = (bool, u8, bool, i64, Reverse<usize>, u32, Reverse<i32>, u32, String);

/// Smaller goes first (`controller_utils.go`: `ActivePodsWithRanks`).
fn expendability(pod: &Pod, neighbours: &BTreeMap<String, usize>, now: SimTime) -> Rank {
    let node = pod.spec.node_name.clone().unwrap_or_default();
    let phase = match pods::phase(pod) {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let annotations = pod.metadata.annotations.as_ref();
    let cost = annotations.and_then(|a| a.get(DELETION_COST)).and_then(|text| text.parse().ok()).unwrap_or(0);
    let restarts = pod.status.container_statuses.iter().flatten().map(|c| c.restart_count).max().unwrap_or(0);
    let created = pod.metadata.creation_timestamp.as_ref().map_or(now, SimTime::of);
    // Ages are compared by order of magnitude, so that among Pods of about one age the choice is arbitrary.
    let magnitude = |since: SimTime| now.since(since).checked_ilog2().unwrap_or(0);
    (
        !node.is_empty(),
        phase,
        pods::is_ready(pod),
        cost,
        Reverse(neighbours.get(&node).copied().unwrap_or(0)),
        pods::ready_since(pod).map_or(0, magnitude),
        Reverse(restarts),
        magnitude(created),
        pod.uid().to_owned(),
    )
}

/// Writes the status; so many of the ready Pods are not available yet.
fn report(owner: &Owner, set: &ReplicaSet, unavailable: usize, failed: Option<&str>, context: &mut Context) {
    let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref()?.metadata.as_ref());
    let labels =
        Selector::of_labels(template.and_then(|meta| meta.labels.as_ref()).unwrap_or(&BTreeMap::new()));
    let tally = owner.tally(context);
    let groups = tally.into_iter().flat_map(Tally::groups);
    let labelled: usize = groups.filter(|(own, _)| labels.matches(own)).map(|(_, count)| count.active).sum();
    let ready = tally.map_or(0, Tally::ready);
    let some = |n: usize| Some(n as i32).filter(|n| *n > 0);
    let mut status = ReplicaSetStatus {
        replicas: active(owner, context) as i32,
        fully_labeled_replicas: some(labelled),
        ready_replicas: some(ready),
        available_replicas: some(ready.saturating_sub(unavailable)),
        terminating_replicas: Some(tally.map_or(0, Tally::terminating) as i32),
        observed_generation: set.metadata.generation,
        ..set.status.clone().unwrap_or_default()
    };
    set_failure(&mut status, failed, context);
    // Most syncs find nothing new, and big clusters have very many of them.
    if set.status.as_ref() == Some(&status) {
        return;
    }
    // Only the status is taken over.
    let new = ReplicaSet { metadata: name_only(&set.metadata), spec: None, status: Some(status) };
    let object = replication::as_kind(owner.object.kind(), new);
    let _ = context.update(object, Subresource::Status, &owner.write());
}

/// Says that Pods could not be created, once: later refusals, each with another name in it, leave the condition as it is.
fn set_failure(status: &mut ReplicaSetStatus, failed: Option<&str>, context: &Context) {
    let mut list = status.conditions.take().unwrap_or_default();
    let is_failure = |c: &ReplicaSetCondition| c.type_ == "ReplicaFailure";
    match failed {
        None => list.retain(|c| !is_failure(c)),
        Some(_) if list.iter().any(is_failure) => {}
        Some(message) => list.push(ReplicaSetCondition {
            type_: "ReplicaFailure".into(),
            status: "True".into(),
            reason: Some("FailedCreate".into()),
            message: Some(message.to_owned()),
            last_transition_time: Some(context.now.to_time()),
        }),
    }
    status.conditions = Some(list).filter(|list| !list.is_empty());
}
