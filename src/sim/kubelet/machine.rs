//! What a kubelet says and forgets about its machine as a whole: its own start, a reboot.

use super::desk::Desk;
use super::worker::Mode;
use super::{Due, Kubelet};
use crate::kube::core::Node;
use crate::kube::{Kind, Object};
use crate::sim::api::{Subresource, Write};
use crate::sim::cause::CauseId;
use crate::sim::chance;
use crate::sim::cluster::{self, Context};
use crate::sim::events::{EventType, Note, Source, reference};
use crate::sim::nodes::Machine;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true))
}

/// Extended resources somebody has written into the Node's capacity that are not allocatable yet (`setters.go`, `MachineInfo`).
fn advertised(node: &Node) -> BTreeMap<String, Quantity> {
    let status = node.status.as_ref();
    let capacity = status.and_then(|status| status.capacity.as_ref());
    let allocatable = status.and_then(|status| status.allocatable.as_ref());
    let fresh = |(name, amount): &(&String, &Quantity)| {
        let extended = name.contains('/') && !name.contains("kubernetes.io/");
        extended && allocatable.and_then(|all| all.get(*name)) != Some(*amount)
    };
    let found = capacity.into_iter().flatten().filter(fresh);
    found.map(|(name, amount)| (name.clone(), amount.clone())).collect()
}

impl Kubelet {
    /// Says something about the node.
    pub(super) fn say(
        &self,
        kind: EventType,
        reason: &'static str,
        message: String,
        because: CauseId,
        context: &mut Context,
    ) {
        let name = &self.machine.spec.name;
        let Some(node) = context.store.find(Kind::Node, "", name).cloned() else { return };
        if !context.machines.get(name).is_none_or(|machine| machine.connected) {
            return;
        }
        let (source, about) = (Source::kubelet(name), reference(&node));
        context.event(Note { source, about, kind, reason, message }, because);
    }

    /// The Node has changed; what is new to the kubelet is taken up at the next look at the machine.
    pub(super) fn observe_node(&mut self, node: &Node, because: CauseId, context: &mut Context) {
        if is_cordoned(node) == self.machine.cordoned && advertised(node).is_empty() {
            return;
        }
        let name = &self.machine.spec.name;
        let at = context.machines.get(name).map_or(context.now, |machine| machine.next_renewal(context.now));
        context.agenda.push(at, cluster::Due::Kubelet(self.machine.index, Due::OwnNode(because)));
    }

    /// Takes up what is new in the Node.
    pub(super) fn read_node(&mut self, because: CauseId, context: &mut Context) {
        let name = self.machine.spec.name.clone();
        let Some(Object::Node(node)) = context.store.find(Kind::Node, "", &name).cloned() else {
            return;
        };
        self.tell_cordon(&node, because, context);
        let fresh = advertised(&node);
        if !fresh.is_empty() && context.machines.get(&name).is_none_or(Machine::is_heard) {
            let mut node = Arc::unwrap_or_clone(node);
            node.metadata.resource_version = None;
            node.status.get_or_insert_default().allocatable.get_or_insert_default().extend(fresh);
            // A Node that is refused stays as it is; the next change of it is the next occasion.
            let _ =
                context.update(Object::Node(Arc::new(node)), Subresource::Status, &Write::component(because));
        }
    }

    /// Says that the node takes no new Pods, or takes them again, if that is so still (`setters.go`, `recordNodeSchedulableEvent`).
    fn tell_cordon(&mut self, node: &Node, because: CauseId, context: &mut Context) {
        let name = self.machine.spec.name.clone();
        let cordoned = is_cordoned(node);
        if cordoned != self.machine.cordoned {
            self.machine.cordoned = cordoned;
            let reason = if cordoned { "NodeNotSchedulable" } else { "NodeSchedulable" };
            let message = format!("Node {name} status is now: {reason}");
            self.say(EventType::Normal, reason, message, because, context);
        }
    }

    /// The kubelet's process was started again: every Pod is new to it.
    pub fn restarted(&mut self, because: CauseId, context: &mut Context) {
        self.begin_anew(because, context);
        for worker in self.workers.values_mut().filter(|worker| worker.mode == Mode::Syncing) {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            worker.trigger(because, &mut desk);
        }
    }

    /// The API server can be reached again: what is new about the Pods is reported, those that are over are removed.
    pub fn reconnected(&mut self, because: CauseId, context: &mut Context) {
        for worker in self.workers.values_mut() {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            worker.because = because;
            worker.report_soon(&mut desk);
            worker.leave_late(&mut desk);
        }
    }

    /// The node's clock was set: active deadlines are counted by it (the kubelet looks once a second).
    pub fn clock_set(&mut self, context: &mut Context) {
        for worker in self.workers.values() {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            worker.await_deadline(&mut desk);
        }
    }

    /// What the kubelet kept in memory only is gone, what it said before is said anew.
    fn begin_anew(&mut self, because: CauseId, context: &mut Context) {
        for worker in self.workers.values_mut() {
            worker.crashes.clear();
            worker.pulls.clear();
            worker.reasons.clear();
            worker.forget_report(&Desk { machine: &mut self.machine, ctx: context });
        }
        let name = self.machine.spec.name.clone();
        context.recorder.forget(&Source::kubelet(&name));
        self.say(EventType::Normal, "Starting", "Starting kubelet.".into(), because, context);
        for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
            let message = format!("Node {name} status is now: {reason}");
            self.say(EventType::Normal, reason, message, because, context);
        }
        let enforced = "Updated Node Allocatable limit across pods".to_owned();
        self.say(EventType::Normal, "NodeAllocatableEnforced", enforced, because, context);
    }

    /// The machine was without power: nothing on it runs any more.
    pub fn rebooted(&mut self, because: CauseId, context: &mut Context) {
        self.shutdown.forget();
        self.begin_anew(because, context);
        let name = self.machine.spec.name.clone();
        let boot = chance::uid(context.seed, &name, context.now.0);
        let message = format!("Node {name} has been rebooted, boot id: {boot}");
        self.say(EventType::Warning, "Rebooted", message, because, context);
        if let Some(machine) = context.machines.get_mut(&name) {
            machine.boot = Some(boot);
        }
        let due = cluster::Due::Kubelet(self.machine.index, Due::NodeStatus(because));
        context.agenda.push(context.now, due);
        for worker in self.workers.values_mut().filter(|worker| worker.mode < Mode::Finished) {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            worker.lose_power(because, &mut desk);
        }
    }
}

#[cfg(test)]
mod tests;
