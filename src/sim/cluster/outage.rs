//! Nodes that cannot act: what was meant for their kubelets is held until they can again.

use super::{Cluster, Context, Due, NodeIndex};
use crate::sim::cause::CauseId;
use crate::sim::controllers::Controllers;
use crate::sim::fault::Fault;
use crate::sim::nodes::{Machine, Scarce};
use crate::sim::store::Change;
use std::collections::BTreeMap;

/// What waits for nodes that cannot act.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    nodes: BTreeMap<NodeIndex, Waiting>,
}

#[derive(Clone, Debug, Default)]
struct Waiting {
    dues: Vec<Due>,
    changes: Vec<Change>,
}

impl Held {
    /// Keeps something due.
    pub(super) fn hold(&mut self, node: NodeIndex, due: Due) {
        self.nodes.entry(node).or_default().dues.push(due);
    }

    /// Keeps a change to be seen.
    pub(super) fn hide(&mut self, node: NodeIndex, change: &Change) {
        self.nodes.entry(node).or_default().changes.push(change.clone());
    }
}

/// What a kubelet's start was part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Start {
    /// Only its process began anew.
    Process,
    /// The machine did.
    Machine,
}

/// From the order to reboot to a kubelet that works, milliseconds (an ordinary virtual machine).
const BOOT: u64 = 25_000;

impl Cluster {
    /// A node goes down in good order and comes up again by itself.
    pub(in crate::sim) fn reboot(&mut self, name: &str) {
        let cause = self.root_cause("disruption", format!("{name} was told to reboot"));
        self.strike(&Fault::PowerOff(name.to_owned()), cause);
        if let Some(&node) = self.node_index.get(name) {
            self.agenda.push(self.now.plus(BOOT), Due::PowerOn(node, cause));
        }
    }

    /// The machine is up again.
    pub(super) fn power_on(&mut self, node: NodeIndex, because: CauseId) {
        let name = self.kubelets[node.0 as usize].spec().name.to_string();
        if !self.has_power(node) {
            self.strike(&Fault::PowerOn(name), because);
        }
    }

    /// A node's machine.
    pub fn machine(&self, node: &str) -> Option<&Machine> {
        self.machines.get(node)
    }

    /// The root cause of something that happens to the cluster.
    pub(in crate::sim) fn root_cause(&mut self, chapter: &'static str, text: String) -> CauseId {
        self.causes.add(self.now, None, chapter, text)
    }

    /// Lets `act` work on the controllers and what they act on.
    pub(in crate::sim) fn with_controllers(&mut self, act: impl FnOnce(&mut Controllers, &mut Context)) {
        let (parts, mut context) = self.parts();
        act(parts.controllers, &mut context);
        self.settle();
    }

    /// Whether a node's kubelet works and reaches the API server.
    pub(super) fn acts(&self, node: NodeIndex) -> bool {
        let name = &self.kubelets[node.0 as usize].spec().name;
        self.machines.get(name).is_none_or(Machine::is_heard)
    }

    /// Whether a node has power.
    pub(super) fn has_power(&self, node: NodeIndex) -> bool {
        let name = &self.kubelets[node.0 as usize].spec().name;
        self.machines.get(name).is_none_or(|machine| machine.powered)
    }

    /// A node's kubelet was started again; after a loss of power nothing else runs there.
    pub(in crate::sim) fn kubelet_started(&mut self, name: &str, start: Start, because: CauseId) {
        let Some(&node) = self.node_index.get(name) else { return };
        let (parts, mut context) = self.parts();
        let kubelet = &mut parts.kubelets[node.0 as usize];
        match start {
            Start::Process => kubelet.restarted(because, &mut context),
            Start::Machine => kubelet.rebooted(because, &mut context),
        }
        self.settle();
    }

    /// Something outside of Pods takes nearly all there is of one of a node's resources.
    pub(in crate::sim) fn starve(&mut self, name: &str, what: Scarce, because: CauseId) {
        let Some(&node) = self.node_index.get(name) else { return };
        let (parts, mut context) = self.parts();
        parts.kubelets[node.0 as usize].starve(what, because, &mut context);
    }

    /// Gives a node what was held for it, if it can act again.
    pub(in crate::sim) fn release_held(&mut self, name: &str) {
        let Some(&node) = self.node_index.get(name) else { return };
        if !self.acts(node) {
            return;
        }
        let Some(waiting) = self.held.nodes.remove(&node) else { return };
        for change in &waiting.changes {
            let (parts, mut context) = self.parts();
            parts.kubelets[node.0 as usize].observe(change, &mut context);
        }
        for due in waiting.dues {
            self.agenda.push(self.now, due);
        }
        self.settle();
    }
}
