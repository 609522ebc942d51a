//! The node life cycle (pkg/controller/nodelifecycle, podgc): notices silent kubelets, marks and taints their nodes, and clears away
//! Pods of nodes that are gone.

use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::core::{Node, NodeCondition, Taint};
use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::sim::api::{DeleteOptions, Subresource, Write, disruption_target, put_condition};
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, Note, Source, reference};
use crate::sim::store::{Change, ChangeKind};
use std::sync::Arc;

/// How long a kubelet may be silent, milliseconds (node-monitor-grace-period).
const GRACE: u64 = 50_000;
/// How often that is checked, milliseconds (node-monitor-period).
const PERIOD: u64 = 5_000;
/// From a node's condition to its taint, milliseconds.
const TAINT_LATENCY: u64 = 15;
/// How often orphaned Pods are looked for, milliseconds (podgc gcCheckPeriod).
const GC_PERIOD: u64 = 20_000;
/// How long a Pod's node must be missing, milliseconds (podgc quarantineTime).
const QUARANTINE: u64 = 40_000;
/// The chapter about all this.
const CHAPTER: &str = "disruption";

/// Sees nodes change and Pods appear on nodes that are not there.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::Node(node) => {
            let key = change.key.clone();
            if change.kind == ChangeKind::Deleted {
                let name = node.metadata.name.clone().unwrap_or_default();
                let pods: Vec<Key> =
                    context.store.pods_on(&name).map(|p| Key::pod(p.namespace(), p.name())).collect();
                for pod in pods {
                    collect_later(pod, change.cause, queue, context);
                }
                return;
            }
            // The nodes of a fresh cluster joined long before the simulation began.
            if change.kind == ChangeKind::Added && context.now > SimTime(0) {
                register(node, change.cause, context);
            }
            queue.add_later(Controller::NodeTaints, key, TAINT_LATENCY, change.cause, context);
            if is_out_of_service(node) {
                let name = node.metadata.name.clone().unwrap_or_default();
                let pods: Vec<Key> =
                    context.store.pods_on(&name).map(|p| Key::pod(p.namespace(), p.name())).collect();
                for pod in pods {
                    collect_next_round(pod, change.cause, queue, context);
                }
            }
        }
        Object::Pod(pod) if change.kind != ChangeKind::Deleted => {
            let Some(name) = pod.spec.node_name.as_deref().filter(|n| !n.is_empty()) else { return };
            match context.store.find(Kind::Node, "", name) {
                None => collect_later(change.key.clone(), change.cause, queue, context),
                Some(Object::Node(node)) if is_out_of_service(node) => {
                    collect_next_round(change.key.clone(), change.cause, queue, context);
                }
                Some(_) => {}
            }
        }
        _ => {}
    }
}

/// When the garbage collector of Pods looks next.
fn next_round(now: SimTime) -> u64 {
    (now.0 + 1).div_ceil(GC_PERIOD) * GC_PERIOD
}

fn collect_later(key: Key, cause: CauseId, queue: &mut Queue, context: &mut Context) {
    // The first round that finds the node missing starts the quarantine, a later one ends it.
    let at = next_round(context.now) + QUARANTINE;
    queue.add_later(Controller::PodGc, key, at - context.now.0, cause, context);
}

fn collect_next_round(key: Key, cause: CauseId, queue: &mut Queue, context: &mut Context) {
    let at = next_round(context.now);
    queue.add_later(Controller::PodGc, key, at - context.now.0, cause, context);
}

/// Whether somebody vouches that nothing of a silent node runs any more (gcTerminating in podgc): it is not ready and has the taint.
fn is_out_of_service(node: &Node) -> bool {
    let mut taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    taints.any(|taint| taint.key == OUT_OF_SERVICE) && ready(node).is_none_or(|c| c.status != "True")
}

/// When the controller will find a kubelet silent that renewed its lease last at `renewal`.
pub fn found_silent(renewal: SimTime) -> SimTime {
    SimTime((renewal.0 + GRACE).div_ceil(PERIOD) * PERIOD)
}

fn register(node: &Arc<Node>, because: CauseId, context: &mut Context) {
    let name = node.metadata.name.clone().unwrap_or_default();
    let cause = context.because(Some(because), CHAPTER, format!("the node {name} joined the cluster"));
    let message = format!("Node {name} event: Registered Node {name} in Controller");
    say(&Object::Node(node.clone()), EventType::Normal, "RegisteredNode", message, cause, context);
}

fn say(
    about: &Object,
    kind: EventType,
    reason: &'static str,
    message: String,
    cause: CauseId,
    context: &mut Context,
) {
    let source = Source::controller("node-controller");
    context.event(Note { source, about: reference(about), kind, reason, message }, cause);
}

/// Looks at a kubelet that went silent: if it still is, its node is not ready.
pub fn check_silence(work: &Work, context: &mut Context) {
    let name = &work.key.name;
    let silent = context.machines.get(name).is_some_and(|m| !m.is_heard());
    let renewal = context.machines.get(name).map(|m| m.last_renewal(context.now)).unwrap_or_default();
    let Some(Object::Node(node)) = context.store.get(&work.key).cloned() else { return };
    if !silent || context.now.since(renewal) < GRACE {
        return;
    }
    let text = format!("node {name} was not heard of for {} s and counts as not ready", GRACE / 1000);
    let cause = context.because(work.cause, CHAPTER, text);
    let mut node = Arc::unwrap_or_clone(node);
    let now = context.now.to_time();
    for condition in node.status.get_or_insert_default().conditions.iter_mut().flatten() {
        if condition.status != "Unknown" {
            condition.last_transition_time = Some(now.clone());
        }
        condition.status = "Unknown".into();
        condition.reason = Some("NodeStatusUnknown".into());
        condition.message = Some("Kubelet stopped posting node status.".into());
    }
    node.metadata.resource_version = None;
    let object = Object::Node(Arc::new(node));
    let message = format!("Node {name} status is now: NodeNotReady");
    say(&object, EventType::Normal, "NodeNotReady", message, cause, context);
    let write = Write::component(cause);
    let _ = context.update(object, Subresource::Status, &write);
    let pods: Vec<Pod> = context.store.pods_on(name).cloned().collect();
    for pod in pods {
        mark_unready(pod, cause, context);
    }
}

/// The Pods of a silent node lose their Ready condition, and nothing else.
fn mark_unready(mut pod: Pod, cause: CauseId, context: &mut Context) {
    let Some(ready) = pods::condition(&pod, "Ready").filter(|c| c.status == "True") else { return };
    let unready = crate::kube::core::PodCondition {
        status: "False".into(),
        reason: None,
        message: None,
        ..ready.clone()
    };
    put_condition(&mut pod, unready, context.now.to_time());
    let object = Object::Pod(pod);
    say(&object, EventType::Warning, "NodeNotReady", "Node is not ready".into(), cause, context);
    let _ = context.update(object, Subresource::Status, &Write::component(cause));
}

/// Makes a node's taints agree with its conditions.
pub fn sync_taints(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(Object::Node(node)) = context.store.get(&work.key).cloned() else { return };
    let all_down = all_nodes_down(context);
    let mut wanted = wanted_taints(&node, all_down);
    let spec = node.spec.clone().unwrap_or_default();
    let old = spec.taints.clone().unwrap_or_default();
    let mut taints: Vec<Taint> = old.iter().filter(|taint| !is_ours(taint)).cloned().collect();
    for taint in &mut wanted {
        let same = old.iter().find(|o| o.key == taint.key && o.effect == taint.effect);
        taint.time_added = same.map_or_else(|| Some(context.now.to_time()), |o| o.time_added.clone());
    }
    taints.extend(wanted);
    if taints == old {
        return;
    }
    let text = format!("the taints of node {} follow its conditions", work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    let mut node = Arc::unwrap_or_clone(node);
    node.metadata.resource_version = None;
    node.spec.get_or_insert_default().taints = Some(taints).filter(|list| !list.is_empty());
    let _ = context.update(Object::Node(Arc::new(node)), Subresource::Main, &Write::component(cause));
    if all_down {
        // No node is left to move to: nobody is evicted, wherever it was tainted before.
        let others: Vec<Key> = context.store.list(Kind::Node, None).map(Object::key).collect();
        for key in others.into_iter().filter(|key| *key != work.key) {
            queue.add(Controller::NodeTaints, key, cause, context);
        }
    }
}

fn all_nodes_down(context: &Context) -> bool {
    context.store.list(Kind::Node, None).all(|object| match object {
        Object::Node(node) => ready(node).is_none_or(|c| c.status != "True"),
        _ => true,
    })
}

fn ready(node: &Node) -> Option<&NodeCondition> {
    node.status.as_ref()?.conditions.as_ref()?.iter().find(|c| c.type_ == "Ready")
}

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const CORDONED: &str = "node.kubernetes.io/unschedulable";
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
/// Conditions that keep new Pods away.
const PRESSURES: [(&str, &str); 3] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
];

fn is_ours(taint: &Taint) -> bool {
    matches!(taint.key.as_str(), NOT_READY | UNREACHABLE | CORDONED)
        || PRESSURES.iter().any(|(_, key)| *key == taint.key)
}

fn wanted_taints(node: &Node, all_down: bool) -> Vec<Taint> {
    let taint =
        |key: &str, effect: &str| Taint { key: key.into(), effect: effect.into(), ..Taint::default() };
    let mut wanted = Vec::new();
    if let Some(condition) = ready(node).filter(|c| c.status != "True") {
        let key = if condition.status == "Unknown" { UNREACHABLE } else { NOT_READY };
        wanted.push(taint(key, "NoSchedule"));
        if !all_down {
            wanted.push(taint(key, "NoExecute"));
        }
    }
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    for condition in conditions.filter(|c| c.status == "True") {
        if let Some((_, key)) = PRESSURES.iter().find(|(type_, _)| *type_ == condition.type_) {
            wanted.push(taint(key, "NoSchedule"));
        }
    }
    if node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true)) {
        wanted.push(taint(CORDONED, "NoSchedule"));
    }
    wanted
}

/// Clears away a Pod whose node no longer exists, or one that should have ended on a node that is out of service.
pub fn collect(work: &Work, context: &mut Context) {
    let Some(mut pod) = context.store.get(&work.key).and_then(Object::as_pod).cloned() else { return };
    let name = pod.spec.node_name.clone().unwrap_or_default();
    let why = match context.store.find(Kind::Node, "", &name) {
        None => "no longer exists",
        Some(Object::Node(node)) if is_out_of_service(node) && pod.metadata.deletion_timestamp.is_some() => {
            "is out-of-service"
        }
        Some(_) => return,
    };
    let text = format!("{} is cleared away: its node {name} {why}", pod.name());
    let cause = context.because(work.cause, CHAPTER, text);
    let write = Write::component(cause);
    if !pods::is_over(&pod) {
        let condition = disruption_target("DeletionByPodGC", &format!("PodGC: node {why}"));
        put_condition(&mut pod, condition, context.now.to_time());
        Arc::make_mut(&mut pod.status).phase = Some("Failed".into());
        let _ = context.update(Object::Pod(pod), Subresource::Status, &write);
    }
    let _ = context.delete(&work.key, &DeleteOptions::force(), &write);
}
