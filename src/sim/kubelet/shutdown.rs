//! Graceful node shutdown (`pkg/kubelet/nodeshutdown`): a machine that goes down in good order waits for its kubelet, which ends the
//! ordinary Pods first and the critical ones after them. Off unless the kubelet's configuration grants time for it. Does not know how
//! the machine goes down and whether it comes back.

use super::desk::Desk;
use super::spec;
use super::worker::{Mode, Verdict, Worker};
use super::{Due, Kubelet};
use crate::kube::SimTime;
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context};
use crate::sim::events::EventType;
use std::sync::Arc;

/// What a Pod is told that ends with its machine.
const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";
/// How often it is looked whether a group of Pods has ended, milliseconds.
const LOOK: u64 = 100;

/// Milliseconds the kubelet's configuration grants its Pods when the machine goes down; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownGrace {
    /// In all (`shutdownGracePeriod`).
    pub whole: u64,
    /// Of these, kept for critical Pods (`shutdownGracePeriodCriticalPods`).
    pub critical: u64,
}

/// Who is being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Ordinary,
    Critical,
}

impl Group {
    fn has(self, worker: &Worker) -> bool {
        !worker.is_static() && worker.is_critical() == (self == Group::Critical)
    }
}

/// A shutdown under way.
#[derive(Clone, Copy, Debug)]
struct Shutdown {
    group: Group,
    until: SimTime,
    because: CauseId,
}

/// The shutdown manager.
#[derive(Clone, Debug, Default)]
pub(super) struct Manager {
    grace: ShutdownGrace,
    under_way: Option<Shutdown>,
}

impl Manager {
    /// The machine is up again.
    pub fn forget(&mut self) {
        self.under_way = None;
    }
}

impl Kubelet {
    /// What the kubelet read of its configuration when it started.
    pub fn configure(&mut self, grace: ShutdownGrace) {
        self.shutdown.grace = grace;
    }

    /// The machine is to go down. Whether it has to wait for the Pods: if so, [`cluster::Due::Halt`] follows.
    pub fn shut_down(&mut self, because: CauseId, context: &mut Context) -> bool {
        if self.shutdown.under_way.is_some() {
            return true;
        }
        if self.shutdown.grace.whole == 0 {
            return false;
        }
        let name = self.machine.spec.name.clone();
        let told = "Shutdown manager detected shutdown event".to_owned();
        self.say(EventType::Normal, "NodeShutdown", told, because, context);
        context.post_node_status(&name, because);
        self.end_group(Group::Ordinary, because, context);
        true
    }

    /// Ends all Pods of a group at once, with the group's time at most.
    fn end_group(&mut self, group: Group, because: CauseId, context: &mut Context) {
        let ShutdownGrace { whole, critical } = self.shutdown.grace;
        let time = if group == Group::Critical { critical } else { whole.saturating_sub(critical) };
        for worker in self.workers.values_mut() {
            if group.has(worker) && worker.mode == Mode::Syncing && worker.verdict.is_none() {
                let mut desk = Desk { machine: &mut self.machine, ctx: context };
                worker.shut_down(time / 1000, because, &mut desk);
            }
        }
        let until = context.now.plus(time);
        self.shutdown.under_way = Some(Shutdown { group, until, because });
        self.look_again(context);
    }

    fn look_again(&self, context: &mut Context) {
        let due = cluster::Due::Kubelet(self.machine.index, Due::Shutdown);
        context.agenda.push(context.now.plus(LOOK), due);
    }

    /// Goes on to the next group once this one has ended or its time is over.
    pub(super) fn go_on_down(&mut self, context: &mut Context) {
        let Some(Shutdown { group, until, because }) = self.shutdown.under_way else { return };
        let runs = |worker: &Worker| group.has(worker) && worker.mode < Mode::Terminated;
        if context.now < until && self.workers.values().any(runs) {
            return self.look_again(context);
        }
        match group {
            Group::Ordinary => self.end_group(Group::Critical, because, context),
            Group::Critical => {
                let halt = cluster::Due::Halt(self.machine.index, because);
                // What was found of the last Pods is still being written.
                context.agenda.push(context.now.plus(LOOK), halt);
            }
        }
    }
}

impl Worker {
    /// Ends the Pod with its machine: it gets its own grace period, but not more than these seconds.
    fn shut_down(&mut self, seconds: u64, because: CauseId, desk: &mut Desk) {
        self.story.origin = because;
        let node = Arc::clone(&desk.machine.spec.name);
        let told = format!("the kubelet ends Pod {} because {node} is shut down", self.key.name);
        self.tell_failure("disruption", told, desk);
        self.disrupt(MESSAGE, desk);
        let verdict = Verdict { reason: "Terminated", message: MESSAGE.into() };
        self.end_with(verdict, spec::grace(&self.pod).min(seconds), desk);
    }
}

#[cfg(test)]
mod tests;
