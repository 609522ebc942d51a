//! What reaches a Pod's worker: changes of the API object, reminders, ends of its processes.

use super::desk::{Desk, PodDue};
use super::kill::KillOrder;
use super::spec::{self, Target};
use super::worker::{Mode, Worker};
use crate::kube::Pod;
use crate::sim::cause::CauseId;
use crate::sim::runtime::State;
use crate::sim::store::{Change, ChangeKind};

impl Worker {
    /// Hears of a change of the API object; what matters is acted on a moment later, as it takes to reach the kubelet.
    pub fn hear(&mut self, change: &Change, pod: &Pod, desk: &mut Desk) {
        if self.is_static() {
            return;
        }
        if change.kind == ChangeKind::Deleted {
            self.orphan = true;
        } else if self.inbox.is_none() && self.wants(pod) {
            let gates = pod.spec.readiness_gates.as_ref().is_some_and(|gates| !gates.is_empty());
            let foreign = gates && self.pod.status.conditions != pod.status.conditions;
            self.take(pod.clone());
            self.repair_later(desk);
            if foreign {
                self.inbox = Some((pod.clone(), change.cause));
                desk.later(desk.machine.latency.watch, self.serial, PodDue::Config);
            }
            return;
        }
        let first = self.inbox.is_none();
        self.inbox = Some((pod.clone(), change.cause));
        if first || self.orphan {
            desk.later(desk.machine.latency.watch, self.serial, PodDue::Config);
        }
    }

    /// Acts on what was heard.
    fn read_inbox(&mut self, desk: &mut Desk) {
        if let Some((pod, because)) = self.inbox.take() {
            self.update(pod, because, desk);
        }
        if self.orphan {
            let grace = self.pod.metadata.deletion_grace_period_seconds;
            let grace = grace.unwrap_or_else(|| spec::grace(&self.pod) as i64);
            let because = self.because;
            self.stop(KillOrder::deleted(grace), because, desk);
        }
    }

    /// A reminder arrives.
    pub fn handle(&mut self, due: PodDue, desk: &mut Desk) {
        match due {
            PodDue::Start => self.admit(desk),
            PodDue::Config => self.read_inbox(desk),
            PodDue::Step(run) => self.resume(run, desk),
            PodDue::Inspect => self.inspect(desk),
            PodDue::Report | PodDue::Repair => self.report(desk),
            PodDue::Requeue => self.requeued(desk),
            PodDue::Mount => self.mount(desk),
            PodDue::Probe(index, ticket) => self.probe_tick(index, ticket, desk),
            PodDue::ProbeTimeout(index, number) => self.probe_timeout(index, number, desk),
            PodDue::Kill(number, ticket) => self.kill_timer(number, ticket, desk),
            PodDue::Deadline => {
                if self.mode == Mode::Syncing && self.deadline(desk).is_some_and(|at| at <= desk.ctx.now) {
                    self.trigger(self.because, desk);
                }
            }
            PodDue::Remove => self.remove_object(desk),
            PodDue::Storage => self.check_storage(desk),
            PodDue::Mirror => self.tend_mirror(desk),
            PodDue::Hook(number) => self.hook_over(number, desk),
        }
    }

    /// The Pod has reached the node.
    fn admit(&mut self, desk: &mut Desk) {
        if let Some((pod, because)) = self.inbox.take() {
            self.wish = pod.spec.clone();
            self.pod = pod;
            self.because = because;
        }
        if self.orphan || spec::deleting(&self.pod) {
            let grace = self.pod.metadata.deletion_grace_period_seconds.unwrap_or(30);
            self.order = Some(KillOrder::deleted(grace));
            self.mode = Mode::Terminating;
        }
        if self.mode == Mode::Syncing && !self.is_admitted(desk) {
            return;
        }
        self.because = desk.ctx.because(
            Some(self.because),
            "kubelet",
            format!(
                "the kubelet of {} noticed that Pod {} is bound to its node",
                desk.machine.spec.name, self.key.name
            ),
        );
        self.story.origin = self.because;
        self.trigger(self.because, desk);
        self.watch_storage(desk);
        self.await_deadline(desk);
    }

    /// Asks to be reminded of the active deadline.
    pub fn await_deadline(&self, desk: &mut Desk) {
        if let Some(at) = self.deadline(desk) {
            let at = desk.machine.clock.tick(at.max(desk.ctx.now));
            desk.at(at, self.serial, PodDue::Deadline);
        }
    }

    /// A look at this Pod's containers out of turn.
    fn inspect(&mut self, desk: &mut Desk) {
        self.inspected = desk.ctx.now;
        let sandbox = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id));
        let changes = sandbox.map_or(0, crate::sim::runtime::Sandbox::look);
        self.looked(changes, desk);
    }

    /// The first process of a container has ended.
    pub fn container_ended(&mut self, name: &str, id: &str, desk: &mut Desk) {
        desk.await_relist(self.serial);
        let exit =
            self.sandbox
                .and_then(|sandbox| desk.ctx.runtime.get_mut(sandbox))
                .and_then(|sandbox| sandbox.by_id(id))
                .and_then(|container| {
                    if let State::Exited(_, exit) = &container.state { Some(exit.clone()) } else { None }
                });
        if let Some(exit) = exit {
            let text = match exit.reason {
                crate::sim::runtime::ExitReason::OomKilled => {
                    format!(
                        "container {name} used more memory than its limit and was killed by the kernel (exit code {})",
                        exit.code
                    )
                }
                _ => format!("the process of container {name} ended with exit code {}", exit.code),
            };
            let chapter = match exit.reason {
                crate::sim::runtime::ExitReason::OomKilled => "resources",
                _ => "restart-policy",
            };
            self.tell(name, chapter, text, desk);
        }
        self.ended(id, desk);
    }

    /// The machine was without power: every process has gone, the sandbox too.
    pub fn lose_power(&mut self, because: CauseId, desk: &mut Desk) {
        let now = desk.ctx.now;
        self.errands.clear();
        self.kills.clear();
        if let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id)) {
            sandbox.lose_power(now);
        }
        self.because = desk.ctx.because(
            Some(because),
            "disruption",
            format!(
                "{} was without power: nothing of Pod {} runs any more",
                desk.machine.spec.name, self.key.name
            ),
        );
        self.cancel(desk);
    }

    /// The Pod as events name it.
    pub fn events_pod(&self) -> Pod {
        self.pod.clone()
    }

    /// The UID events and messages carry.
    pub fn events_uid(&self) -> &str {
        &self.uid
    }

    /// The container whose processes a debug container wants to see.
    pub fn target_of(&self, target: Target) -> Option<String> {
        let list = self.pod.spec.ephemeral_containers.as_deref().unwrap_or_default();
        let debug = (target.role == spec::Role::Ephemeral).then(|| list.get(target.index)).flatten()?;
        debug.target_container_name.clone().filter(|name| !name.is_empty())
    }
}
