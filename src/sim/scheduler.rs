//! Where Pods go (pkg/scheduler, profile default-scheduler): a queue of Pods without a node, filters that say where each could run,
//! scores that choose, preemption when nothing fits. Decides only by what Node and Pod objects say; whether the node is really there
//! it does not know.

mod affinity;
mod binding;
mod demand;
mod filter;
mod node;
mod preempt;
mod queue;
mod score;
mod spread;
mod verdict;
mod volumes;

use super::api::{Subresource, Write, put_condition};
use super::cause::CauseId;
use super::cluster::{self, Context};
use super::events::{EventType, Note, Source, reference};
use super::store::{Change, ChangeKind};
use crate::kube::core::PodCondition;
use crate::kube::{Key, Kind, Object, Pod};
use binding::Binding;
use demand::Demand;
use filter::Prepared;
pub(super) use filter::matches_term;
use node::Nodes;
use queue::Queue;
use std::collections::BTreeMap;
use std::sync::Arc;
use verdict::Failure;

pub use filter::tolerates;

/// The name Pods give to ask for this scheduler.
const NAME: &str = "default-scheduler";
/// How long a Pod waits from the change that makes it schedulable to its turn, milliseconds (recordings: 6 to 10).
const LATENCY: u64 = 7;
/// How long one Pod keeps the scheduler busy, milliseconds.
const CYCLE: u64 = 2;
/// The chapter about all this.
const CHAPTER: &str = "scheduling";

/// What the scheduler asks to be reminded of.
#[derive(Clone, Debug)]
pub enum Due {
    /// Take the next Pod of the queue.
    Cycle,
    /// A Pod has been among the unschedulable ones for five minutes.
    Flush(Key),
    /// Look whether the volumes of a Pod are bound.
    Bindings(Key),
}

/// The default scheduler.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    nodes: Nodes,
    queue: Queue,
    /// Pods that have a node and wait for their volumes.
    bindings: BTreeMap<Key, Binding>,
    /// Where the search for a node begins, so that on big clusters every node gets its turn.
    start: usize,
    /// Whether a cycle is on the agenda.
    awake: bool,
}

impl Scheduler {
    /// Sees a change.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        match &change.object {
            Object::Pod(pod) => self.observe_pod(pod, change, context),
            Object::Node(node) => {
                let before = self.nodes.object(node.metadata.name.as_deref().unwrap_or_default());
                let gone = change.kind == ChangeKind::Deleted;
                self.nodes.set(node, gone);
                if !gone {
                    self.queue.node_changed(before.as_deref(), node, change.cause);
                }
            }
            Object::PersistentVolumeClaim(_) => self.queue.claim_changed(&change.key, change.cause),
            Object::PersistentVolume(_) | Object::Passive(Kind::StorageClass, _) => {
                self.queue.volumes_changed(change.cause);
            }
            _ => return,
        }
        self.wake(context);
    }

    /// Does what is due.
    pub fn handle(&mut self, due: Due, context: &mut Context) {
        match due {
            Due::Cycle => {
                self.awake = false;
                if let Some((key, cause)) = self.queue.pop() {
                    self.schedule(&key, cause, context);
                }
                if self.queue.has_active() {
                    self.awake = true;
                    context.after(CYCLE, cluster::Due::Scheduler(Due::Cycle));
                }
            }
            Due::Flush(key) => {
                if self.queue.flush(&key, context.now) {
                    self.wake(context);
                }
            }
            Due::Bindings(key) => self.look_at_bindings(&key, context),
        }
    }

    fn wake(&mut self, context: &mut Context) {
        if !self.awake && self.queue.has_active() {
            self.awake = true;
            context.after(LATENCY, cluster::Due::Scheduler(Due::Cycle));
        }
    }

    fn observe_pod(&mut self, pod: &Pod, change: &Change, context: &mut Context) {
        let key = change.key.clone();
        let over = super::controllers::pods::is_over(pod);
        let bound = pod.spec.node_name.as_deref().filter(|n| !n.is_empty());
        if change.kind == ChangeKind::Deleted || (over && bound.is_some()) {
            self.queue.remove(&key);
            self.bindings.remove(&key);
            if let Some(demand) = self.nodes.release(&key) {
                self.queue.pod_left(&demand, context.store, change.cause);
            }
            return;
        }
        let Some(node) = bound else {
            if self.bindings.contains_key(&key) {
                return;
            }
            if pod.spec.scheduler_name.as_deref().unwrap_or(NAME) == NAME && !over {
                self.queue.offer(pod, &key, change);
            }
            return;
        };
        self.queue.remove(&key);
        let known = self.nodes.demand(&key).cloned();
        let same = known.as_ref().is_some_and(|old| old.describes(pod));
        if same {
            return;
        }
        let demand = Arc::new(Demand::of(pod, key));
        self.nodes.place(&demand, node);
        match known {
            None => self.queue.pod_arrived(&demand, context.store, change.cause),
            Some(old) => self.queue.pod_altered(&old, &demand, change.cause),
        }
    }

    /// One scheduling cycle.
    fn schedule(&mut self, key: &Key, because: Option<CauseId>, context: &mut Context) {
        let Some(pod) = context.store.get(key).and_then(Object::as_pod).cloned() else { return };
        if pod.metadata.deletion_timestamp.is_some() || pod.spec.node_name.is_some() {
            return;
        }
        let demand = Arc::new(Demand::of(&pod, key.clone()));
        let prepared = Prepared::new(&demand, &self.nodes, context.store);
        match self.choose(&prepared, context) {
            Ok(node) => self.assume(&pod, &demand, &node, because, context),
            Err(failure) => self.park(&pod, &demand, failure, because, context),
        }
    }

    fn choose(&mut self, prepared: &Prepared, context: &mut Context) -> Result<Arc<str>, Failure> {
        if self.nodes.is_empty() {
            return Err(Failure::no_nodes());
        }
        if let Some(reason) = volumes::refusal(prepared.demand(), context.store) {
            return Err(Failure::before_filters(self.nodes.len(), reason));
        }
        let (fitting, failure) = filter::feasible(prepared, &self.nodes, context.store, &mut self.start);
        match fitting.as_slice() {
            [] => Err(failure),
            [only] => Ok(self.nodes.at(*only).name.clone()),
            many => {
                let best = score::best(prepared, many, &self.nodes, context.store);
                Ok(self.nodes.at(best).name.clone())
            }
        }
    }

    /// Nothing fits: try to preempt, say why, and wait for something to change.
    fn park(
        &mut self,
        pod: &Pod,
        demand: &Arc<Demand>,
        failure: Failure,
        because: Option<CauseId>,
        context: &mut Context,
    ) {
        let outcome = preempt::attempt(demand, &failure, &self.nodes, context);
        let message = failure.message(&outcome);
        let text = format!("the scheduler found no node for {}: {message}", pod.name());
        let cause = context.because(because, CHAPTER, text);
        context.series_event(
            note(pod, EventType::Warning, "FailedScheduling", message.clone()),
            "Scheduling",
            cause,
        );
        let nominated = match &outcome {
            preempt::Outcome::Nominated { node, .. } => Some(node.clone()),
            _ => None,
        };
        report(&demand.key, ("Unschedulable", &message), nominated.as_deref(), cause, context);
        if let preempt::Outcome::Nominated { node, victims } = outcome {
            self.nodes.nominate(demand, &node);
            preempt::evict(demand, &node, &victims, cause, context);
        }
        self.queue.park(demand, &failure.plugins(), cause, context);
    }
}

/// Writes the condition and the nomination.
fn report(
    key: &Key,
    (reason, message): (&str, &str),
    nominated: Option<&str>,
    cause: CauseId,
    context: &mut Context,
) {
    let Some(mut pod) = context.store.get(key).and_then(Object::as_pod).cloned() else { return };
    let condition = PodCondition {
        type_: "PodScheduled".into(),
        status: "False".into(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        ..PodCondition::default()
    };
    put_condition(&mut pod, condition, context.now.to_time());
    if let Some(node) = nominated {
        Arc::make_mut(&mut pod.status).nominated_node_name = Some(node.to_owned());
    }
    let _ = context.update(Object::Pod(pod), Subresource::Status, &Write::component(cause));
}

/// Whether a daemon's Pod should run on a node, and whether it may stay there (daemon controller: `NodeShouldRunDaemonPod`).
pub fn daemon_fits(pod: &Pod, node: &crate::kube::core::Node) -> (bool, bool) {
    let demand = Demand::of(pod, Key::pod(pod.namespace(), pod.name()));
    let info = node::NodeInfo::of(node);
    if !filter::wants_node(&demand, &info) {
        return (false, false);
    }
    let untolerated = |effect: &str| {
        let mut taints = info.taints().iter().filter(|taint| taint.effect == effect);
        taints.any(|taint| !pod.spec.tolerations.iter().flatten().any(|t| tolerates(t, taint)))
    };
    if untolerated("NoExecute") { (false, false) } else { (!untolerated("NoSchedule"), true) }
}

/// Something the scheduler has to say about a Pod.
fn note(pod: &Pod, kind: EventType, reason: &'static str, message: String) -> Note {
    let about = reference(&Object::Pod(pod.clone()));
    Note { source: Source::controller(NAME), about, kind, reason, message }
}

#[cfg(test)]
mod tests;
