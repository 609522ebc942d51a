//! `NoExecute` taints (pkg/controller/tainteviction): Pods that do not tolerate them leave, at once or after their time.

use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::core::{Taint, Toleration};
use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::sim::api::{DeleteOptions, Write, disruption_target};
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, Note, Source, reference};
use crate::sim::store::{Change, ChangeKind};
use std::collections::BTreeMap;

/// How long the controller takes from a taint to the first eviction, milliseconds (recording taint-noexecute: 8.0 to 8.11).
const LATENCY: u64 = 60;
/// The chapter about all this.
const CHAPTER: &str = "disruption";

/// Pods that will have to leave.
#[derive(Clone, Debug, Default)]
pub struct Evictions {
    /// When, and why.
    due: BTreeMap<Key, (SimTime, CauseId)>,
}

impl Evictions {
    /// Sees taints come and go, and Pods arrive.
    pub fn observe(&mut self, change: &Change, queue: &mut Queue, context: &mut Context) {
        match &change.object {
            Object::Node(node) => {
                let name = node.metadata.name.as_deref().unwrap_or_default();
                let taints = no_execute(&change.object, change.kind);
                if taints.is_empty() && self.due.is_empty() {
                    return;
                }
                let pods: Vec<Pod> = context.store.pods_on(name).cloned().collect();
                for pod in pods {
                    self.judge(&pod, &taints, change.cause, queue, context);
                }
            }
            Object::Pod(pod) => {
                if change.kind == ChangeKind::Deleted {
                    self.due.remove(&change.key);
                    return;
                }
                let Some(node) = pod.spec.node_name.as_deref() else { return };
                let node = context.store.find(Kind::Node, "", node).cloned();
                let taints = node.map(|node| no_execute(&node, ChangeKind::Modified)).unwrap_or_default();
                if !taints.is_empty() && !pods::is_leaving(pod) {
                    self.judge(pod, &taints, change.cause, queue, context);
                }
            }
            _ => {}
        }
    }

    fn judge(
        &mut self,
        pod: &Pod,
        taints: &[Taint],
        cause: CauseId,
        queue: &mut Queue,
        context: &mut Context,
    ) {
        let key = Key::pod(pod.namespace(), pod.name());
        if pods::is_leaving(pod) {
            return;
        }
        match patience(pod, taints) {
            Patience::Forever => {
                if self.due.remove(&key).is_some() {
                    let message = format!("Cancelling deletion of Pod {}/{}", pod.namespace(), pod.name());
                    say(pod, message, cause, context);
                }
            }
            Patience::Millis(wait) => {
                let at = context.now.plus(wait + LATENCY);
                if self.due.get(&key).is_none_or(|(old, _)| at < *old) {
                    self.due.insert(key.clone(), (at, cause));
                    queue.add_after(Controller::TaintEviction, key, wait + LATENCY, context);
                }
            }
        }
    }

    /// Deletes a Pod whose time on its node is over.
    pub fn sync(&mut self, work: &Work, queue: &mut Queue, context: &mut Context) {
        let Some((at, because)) = self.due.get(&work.key).copied() else { return };
        if at > context.now {
            // The Pod was spared once meanwhile.
            queue.add_after(Controller::TaintEviction, work.key.clone(), at.since(context.now), context);
            return;
        }
        self.due.remove(&work.key);
        let Some(pod) = context.store.get(&work.key).and_then(Object::as_pod).cloned() else { return };
        let text =
            format!("{} does not tolerate the taint of its node any longer and is deleted", pod.name());
        let cause = context.because(Some(because), CHAPTER, text);
        say(&pod, format!("Marking for deletion Pod {}/{}", pod.namespace(), pod.name()), cause, context);
        let write = Write::component(cause);
        let condition =
            disruption_target("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
        context.set_pod_condition(&work.key, condition, &write);
        let _ = context.delete(&work.key, &DeleteOptions::default(), &write);
    }
}

fn say(pod: &Pod, message: String, cause: CauseId, context: &mut Context) {
    let note = Note {
        source: Source::controller("taint-eviction-controller"),
        about: reference(&Object::Pod(pod.clone())),
        kind: EventType::Normal,
        reason: "TaintManagerEviction",
        message,
    };
    context.event(note, cause);
}

fn no_execute(node: &Object, kind: ChangeKind) -> Vec<Taint> {
    let Object::Node(node) = node else { return Vec::new() };
    if kind == ChangeKind::Deleted {
        return Vec::new();
    }
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    taints.filter(|taint| taint.effect == "NoExecute").cloned().collect()
}

enum Patience {
    Forever,
    Millis(u64),
}

/// How long a Pod stays: not at all if one taint is not tolerated, else the shortest time among the tolerations.
fn patience(pod: &Pod, taints: &[Taint]) -> Patience {
    let tolerations = pod.spec.tolerations.as_deref().unwrap_or_default();
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let used: Vec<&Toleration> =
            tolerations.iter().filter(|t| crate::sim::scheduler::tolerates(t, taint)).collect();
        if used.is_empty() {
            return Patience::Millis(0);
        }
        for seconds in used.iter().filter_map(|t| t.toleration_seconds) {
            shortest = Some(shortest.map_or(seconds, |s| s.min(seconds)));
        }
    }
    match shortest {
        None => Patience::Forever,
        Some(seconds) => Patience::Millis(u64::try_from(seconds).unwrap_or(0) * 1000),
    }
}
