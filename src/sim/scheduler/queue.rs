//! The scheduler's queue: Pods whose turn comes, by priority and arrival, and Pods that fit nowhere until something changes
//! (backend/queue, and the queueing hints of each plugin).
//!
//! A Pod that became schedulable while its back-off still ran is taken from the back-off queue as soon as no other Pod waits
//! (gate `SchedulerPopFromBackoffQ`), so that the back-off only matters for the order; here such Pods queue behind fresh ones.

use super::demand::{Amounts, Demand};
use super::filter::tolerates;
use super::spread;
use super::verdict::Plugin;
use super::volumes;
use super::{Due, node::NodeInfo};
use crate::kube::core::Node;
use crate::kube::requests::resources_of;
use crate::kube::{Key, Pod, SimTime};
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context};
use crate::sim::store::{Change, ChangeKind, Store};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a Pod stays among the unschedulable before it is tried anyway, milliseconds.
const FLUSH_AFTER: u64 = 300_000;
/// How often that is looked at, milliseconds.
const FLUSH_PERIOD: u64 = 30_000;

type Turn = (Reverse<i32>, u64);

#[derive(Clone, Debug)]
struct Parked {
    demand: Arc<Demand>,
    plugins: BTreeSet<Plugin>,
    since: SimTime,
}

/// Pods without a node.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    active: BTreeMap<Turn, (Key, Option<CauseId>)>,
    turns: BTreeMap<Key, Turn>,
    parked: BTreeMap<Key, Parked>,
    tickets: u64,
}

impl Queue {
    /// Whether a Pod waits for its turn.
    pub fn has_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// The next Pod, and what made it schedulable.
    pub fn pop(&mut self) -> Option<(Key, Option<CauseId>)> {
        let (_, (key, cause)) = self.active.pop_first()?;
        self.turns.remove(&key);
        Some((key, cause))
    }

    /// Takes a Pod out: it is bound or gone.
    pub fn remove(&mut self, key: &Key) {
        if let Some(turn) = self.turns.remove(key) {
            self.active.remove(&turn);
        }
        self.parked.remove(key);
    }

    /// Sees a Pod without a node: new, or changed.
    pub fn offer(&mut self, pod: &Pod, key: &Key, change: &Change) {
        let gated = pod.spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
        if gated || pod.metadata.deletion_timestamp.is_some() {
            self.remove(key);
            return;
        }
        let priority = pod.spec.priority.unwrap_or_default();
        if change.kind == ChangeKind::Added || !self.knows(key) {
            self.activate(key.clone(), priority, Some(change.cause));
            return;
        }
        // Only what a Pod asks for can make it schedulable; the scheduler's own status writes cannot.
        let altered = self.parked.get(key).is_some_and(|parked| !parked.demand.describes(pod));
        if altered {
            self.parked.remove(key);
            self.activate(key.clone(), priority, Some(change.cause));
        }
    }

    fn knows(&self, key: &Key) -> bool {
        self.turns.contains_key(key) || self.parked.contains_key(key)
    }

    fn activate(&mut self, key: Key, priority: i32, cause: Option<CauseId>) {
        if self.turns.contains_key(&key) {
            return;
        }
        self.tickets += 1;
        let turn = (Reverse(priority), self.tickets);
        self.turns.insert(key.clone(), turn);
        self.active.insert(turn, (key, cause));
    }

    /// Puts a Pod away until something changes that these plugins care about.
    pub fn park(
        &mut self,
        demand: &Arc<Demand>,
        plugins: &BTreeSet<Plugin>,
        _cause: CauseId,
        context: &mut Context,
    ) {
        let since = context.now;
        let parked = Parked { demand: demand.clone(), plugins: plugins.clone(), since };
        self.parked.insert(demand.key.clone(), parked);
        let due = (since.0 + FLUSH_AFTER).div_ceil(FLUSH_PERIOD) * FLUSH_PERIOD;
        let flush = cluster::Due::Scheduler(Due::Flush(demand.key.clone()));
        context.agenda.push(SimTime(due), flush);
    }

    /// Tries a Pod again that has been put away for five minutes. Whether it was.
    pub fn flush(&mut self, key: &Key, now: SimTime) -> bool {
        let ripe = self.parked.get(key).is_some_and(|parked| now.since(parked.since) >= FLUSH_AFTER);
        if ripe && let Some(parked) = self.parked.remove(key) {
            self.activate(key.clone(), parked.demand.priority, None);
        }
        ripe
    }

    /// A Pod got no further although it had a node: it comes back at once.
    pub fn again(&mut self, pod: &Pod, key: &Key, cause: CauseId) {
        self.activate(key.clone(), pod.spec.priority.unwrap_or_default(), Some(cause));
    }

    /// A Pod left its node.
    pub fn pod_left(&mut self, gone: &Demand, store: &Store, cause: CauseId) {
        self.reconsider(cause, |parked| {
            parked.plugins.iter().any(|plugin| match plugin {
                Plugin::NodeResourcesFit => frees(&parked.demand.requests, gone),
                Plugin::NodePorts => {
                    parked.demand.ports.iter().any(|mine| gone.ports.iter().any(|port| mine.collides(port)))
                }
                Plugin::InterPodAffinity => {
                    parked.demand.avoids(gone, store) || gone.avoids(&parked.demand, store)
                }
                Plugin::PodTopologySpread => spread::counts(&parked.demand, gone),
                Plugin::VolumeRestrictions => volumes::share_claim(&parked.demand, gone),
                _ => false,
            })
        });
    }

    /// A Pod got a node.
    pub fn pod_arrived(&mut self, new: &Demand, store: &Store, cause: CauseId) {
        self.reconsider(cause, |parked| {
            let near = |parked: &Parked| parked.demand.wants_near(new, store);
            (parked.plugins.contains(&Plugin::InterPodAffinity) && near(parked))
                || (parked.plugins.contains(&Plugin::PodTopologySpread)
                    && spread::counts(&parked.demand, new))
        });
    }

    /// A Pod with a node changed: its labels, or what it requests.
    pub fn pod_altered(&mut self, old: &Demand, new: &Demand, cause: CauseId) {
        let relabelled = old.labels() != new.labels();
        let smaller = new.requests.cpu < old.requests.cpu || new.requests.memory < old.requests.memory;
        self.reconsider(cause, |parked| {
            (relabelled && social(parked)) || (smaller && parked.plugins.contains(&Plugin::NodeResourcesFit))
        });
    }

    /// A claim changed.
    pub fn claim_changed(&mut self, claim: &Key, cause: CauseId) {
        self.reconsider(cause, |parked| {
            parked.plugins.contains(&Plugin::VolumeBinding) && volumes::uses(&parked.demand, claim)
        });
    }

    /// A volume or a storage class changed.
    pub fn volumes_changed(&mut self, cause: CauseId) {
        self.reconsider(cause, |parked| parked.plugins.contains(&Plugin::VolumeBinding));
    }

    /// A node is new or changed.
    pub fn node_changed(&mut self, before: Option<&Node>, node: &Node, cause: CauseId) {
        let change = NodeChange::between(before, node);
        self.reconsider(cause, |parked| {
            parked.plugins.iter().any(|plugin| change.helps(*plugin, &parked.demand))
        });
    }

    fn reconsider(&mut self, cause: CauseId, wanted: impl Fn(&Parked) -> bool) {
        if self.parked.is_empty() {
            return;
        }
        let keys: Vec<(Key, i32)> = self
            .parked
            .iter()
            .filter(|(_, parked)| wanted(parked))
            .map(|(key, parked)| (key.clone(), parked.demand.priority))
            .collect();
        for (key, priority) in keys {
            self.parked.remove(&key);
            self.activate(key, priority, Some(cause));
        }
    }
}

fn social(parked: &Parked) -> bool {
    parked.plugins.contains(&Plugin::InterPodAffinity) || parked.plugins.contains(&Plugin::PodTopologySpread)
}

/// Whether the leaving Pod frees something the waiting one wants.
fn frees(wanted: &Amounts, gone: &Demand) -> bool {
    let freed = &gone.requests;
    (wanted.cpu > 0 && freed.cpu > 0)
        || (wanted.memory > 0 && freed.memory > 0)
        || (wanted.disk > 0 && freed.disk > 0)
        || wanted.other.keys().any(|name| freed.other.contains_key(name))
        // A node that was full of Pods has a place again.
        || wanted.is_zero()
}

/// What is different about a node.
#[expect(clippy::struct_excessive_bools, reason = "each says whether one part differs")]
struct NodeChange<'a> {
    node: &'a Node,
    new: bool,
    labels: bool,
    taints: bool,
    opened: bool,
    larger: bool,
}

impl<'a> NodeChange<'a> {
    fn between(before: Option<&Node>, node: &'a Node) -> NodeChange<'a> {
        let Some(old) = before else {
            return NodeChange { node, new: true, labels: true, taints: true, opened: true, larger: true };
        };
        let closed = |node: &Node| node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true));
        let taints = |node: &Node| node.spec.as_ref().and_then(|spec| spec.taints.clone());
        let list =
            |node: &Node| resources_of(node.status.as_ref().and_then(|status| status.allocatable.as_ref()));
        let (had, has) = (list(old), list(node));
        NodeChange {
            node,
            new: false,
            labels: old.metadata.labels != node.metadata.labels,
            taints: taints(old) != taints(node),
            opened: closed(old) && !closed(node),
            larger: has.iter().any(|(name, amount)| had.get(name).is_none_or(|before| amount > before)),
        }
    }

    /// Whether the change may lift what a plugin objected to.
    fn helps(&self, plugin: Plugin, demand: &Demand) -> bool {
        match plugin {
            Plugin::NodeUnschedulable => self.opened,
            Plugin::TaintToleration => self.taints && self.tolerated(demand),
            Plugin::NodeAffinity => self.labels && super::filter::wants_node(demand, &self.info()),
            Plugin::NodeResourcesFit => self.larger,
            Plugin::PodTopologySpread | Plugin::InterPodAffinity | Plugin::VolumeBinding => self.labels,
            Plugin::NodeName | Plugin::NodePorts | Plugin::VolumeRestrictions => self.new,
        }
    }

    fn tolerated(&self, demand: &Demand) -> bool {
        let taints = self.node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        taints.iter().filter(|taint| taint.effect != "PreferNoSchedule").all(|taint| {
            demand.spec.tolerations.iter().flatten().any(|toleration| tolerates(toleration, taint))
        })
    }

    fn info(&self) -> NodeInfo {
        NodeInfo::of(self.node)
    }
}
