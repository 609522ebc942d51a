//! Nodes that cannot act: what was meant for their kubelets is held until they can again.

use super::{Cluster, Context, Due, NodeIndex};
use crate::sim::cause::CauseId;
use crate::sim::controllers::Controllers;
use crate::sim::fault::Fault;
use crate::sim::nodes::{AfterHalt, Machine, Scarce};
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
    /// A node goes down in good order, once its kubelet has ended the Pods if it was given time for that.
    pub(in crate::sim) fn go_down(&mut self, name: &str, then: AfterHalt) {
        let Some(&node) = self.node_index.get(name) else { return };
        let what = match then {
            AfterHalt::ComesBack => "reboot",
            AfterHalt::StaysOff => "power off",
        };
        let cause = self.root_cause("disruption", format!("{name} was told to {what}"));
        if let Some(machine) = self.machines.get_mut(name) {
            machine.going_down = Some(then);
        }
        let works = self.works(node);
        let (parts, mut context) = self.parts();
        let waits = works && parts.kubelets[node.0 as usize].shut_down(cause, &mut context);
        self.settle();
        if !waits {
            self.halt(node, cause);
        }
    }

    /// A machine that goes down in good order is off now.
    pub(super) fn halt(&mut self, node: NodeIndex, because: CauseId) {
        let name = self.kubelets[node.0 as usize].spec().name.to_string();
        let then = self.machines.get(&name).and_then(|machine| machine.going_down);
        if !self.has_power(node) {
            return;
        }
        self.strike(&Fault::PowerOff(name), because);
        if then == Some(AfterHalt::ComesBack) {
            self.agenda.push(self.now.plus(BOOT), Due::PowerOn(node, because));
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
    pub(super) fn hears(&self, node: NodeIndex) -> bool {
        self.machines.at(node).is_none_or(Machine::is_heard)
    }

    /// Whether a node's kubelet works, whoever hears of it.
    pub(super) fn works(&self, node: NodeIndex) -> bool {
        self.machines.at(node).is_none_or(|machine| machine.powered && machine.kubelet_runs)
    }

    /// Whether a node has power.
    pub(super) fn has_power(&self, node: NodeIndex) -> bool {
        self.machines.at(node).is_none_or(|machine| machine.powered)
    }

    /// A node's kubelet was started again; after a loss of power nothing else runs there.
    pub(in crate::sim) fn kubelet_started(&mut self, name: &str, start: Start, because: CauseId) {
        let Some(&node) = self.node_index.get(name) else { return };
        let settings = self.kubelet_settings(node);
        let (parts, mut context) = self.parts();
        let kubelet = &mut parts.kubelets[node.0 as usize];
        if let Ok(grace) = settings {
            kubelet.configure(grace);
        }
        match start {
            Start::Process => kubelet.restarted(because, &mut context),
            Start::Machine => kubelet.rebooted(because, &mut context),
        }
        self.settle();
    }

    /// A node's clock was set: whatever runs there reads it, and so does the kubelet when it renews its lease.
    pub(in crate::sim) fn clock_set(&mut self, name: &str, because: CauseId) {
        let Some(&node) = self.node_index.get(name) else { return };
        let wall = self.machine(name).map(|machine| machine.wall.clone()).unwrap_or_default();
        self.runtime.set_clock(node, &wall);
        let (works, hears) = (self.works(node), self.hears(node));
        let (parts, mut context) = self.parts();
        if works {
            parts.kubelets[node.0 as usize].clock_set(&mut context);
        }
        if hears {
            context.renew_lease(name, because);
        }
        self.settle();
    }

    /// Something outside of Pods takes nearly all there is of one of a node's resources.
    pub(in crate::sim) fn starve(&mut self, name: &str, what: Scarce, because: CauseId) {
        let Some(&node) = self.node_index.get(name) else { return };
        let (parts, mut context) = self.parts();
        parts.kubelets[node.0 as usize].starve(what, because, &mut context);
    }

    /// Gives a node what was held for it, as far as it can act on it again.
    pub(in crate::sim) fn release_held(&mut self, name: &str) {
        let Some(&node) = self.node_index.get(name) else { return };
        let (works, hears) = (self.works(node), self.hears(node));
        let Some(waiting) = self.held.nodes.get_mut(&node) else { return };
        let changes = if hears { std::mem::take(&mut waiting.changes) } else { Vec::new() };
        let dues = if works { std::mem::take(&mut waiting.dues) } else { Vec::new() };
        for change in &changes {
            let (parts, mut context) = self.parts();
            parts.kubelets[node.0 as usize].observe(change, &mut context);
        }
        for due in dues {
            self.agenda.push(self.now, due);
        }
        self.settle();
    }

    /// A node reaches the API server again: its kubelet says what it could not say.
    pub(in crate::sim) fn reconnected(&mut self, name: &str, because: CauseId) {
        let Some(&node) = self.node_index.get(name) else { return };
        if !self.hears(node) {
            return;
        }
        let (parts, mut context) = self.parts();
        parts.kubelets[node.0 as usize].reconnected(because, &mut context);
        self.settle();
    }
}
