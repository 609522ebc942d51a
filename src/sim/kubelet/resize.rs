//! In-place resize: changed resources reach running containers without a restart, unless their policy asks for one
//! (pkg/kubelet/allocation).

use super::Kubelet;
use super::admission::Lack;
use super::desk::{Desk, Said};
use super::worker::Worker;
use crate::kube::core::{Container, PodCondition, ResourceRequirements};
use crate::kube::quantity::Amount;
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::runtime;

const IN_PROGRESS: &str = "PodResizeInProgress";
const PENDING: &str = "PodResizePending";

/// Whether a container must restart because its resources changed and its policy says so.
pub(super) fn restarts(container: &Container, instance: &runtime::Container) -> bool {
    let wanted = container.resources.clone().unwrap_or_default();
    instance.resources != wanted
        && container.resize_policy.iter().flatten().any(|policy| {
            policy.restart_policy == "RestartContainer"
                && differs(&instance.resources, &wanted, &policy.resource_name)
        })
}

impl Kubelet {
    /// A Pod has left: those whose resize waits for room are asked again (`pkg/kubelet/allocation`, `RetryPendingResizes`).
    pub(super) fn retry_resizes(&mut self, because: CauseId, context: &mut Context) {
        for worker in self.workers.values_mut().filter(|worker| worker.resize_waits()) {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            worker.trigger(because, &mut desk);
        }
    }
}

impl Worker {
    /// Whether a resize waits for room.
    pub(super) fn resize_waits(&self) -> bool {
        self.extra_conditions.iter().any(|c| c.type_ == PENDING)
    }

    /// Applies changed resources to running containers.
    pub fn resize(&mut self, desk: &mut Desk) {
        let changed = self.changed(desk);
        let under_way = self.extra_conditions.iter().any(|c| c.type_ == IN_PROGRESS);
        if changed.is_empty() {
            if under_way {
                self.extra_conditions.retain(|c| c.type_ != IN_PROGRESS);
                let text = format!("Pod resize completed: {}", self.resize_text());
                desk.event(&self.events_pod(), Said::normal("", "ResizeCompleted", text), self.because);
                self.write_status(desk);
            }
            return;
        }
        self.because = desk.ctx.because(
            Some(self.because),
            "resources",
            format!(
                "the resources of Pod {} changed: the kubelet adjusts its running containers",
                self.key.name
            ),
        );
        match self.reallocate(desk) {
            Ok(()) => {}
            Err(Lack::ForNow(lack)) => return self.leave_pending("Deferred", "ResizeDeferred", lack, desk),
            Err(Lack::Forever(lack)) => {
                return self.leave_pending("Infeasible", "ResizeInfeasible", lack, desk);
            }
        }
        self.extra_conditions.retain(|c| c.type_ != PENDING);
        let text = format!("Pod resize started: {}", self.resize_text());
        desk.event(&self.events_pod(), Said::normal("", "ResizeStarted", text), self.because);
        self.extra_conditions.push(PodCondition {
            type_: IN_PROGRESS.into(),
            status: "True".into(),
            last_transition_time: Some(desk.stamp()),
            observed_generation: self.pod.metadata.generation,
            ..PodCondition::default()
        });
        self.write_status(desk);
        for container in &changed {
            self.apply(container, desk);
        }
        self.pending = true;
        self.current().acted = true;
    }

    /// Leaves the containers as they are: there is no room, and the next sync asks again.
    fn leave_pending(&mut self, reason: &str, event: &'static str, lack: String, desk: &mut Desk) {
        let told = |c: &PodCondition| c.type_ == PENDING && c.message.as_deref() == Some(&lack);
        if self.extra_conditions.iter().any(told) {
            return;
        }
        let text = format!("Pod resize {reason}: {lack}");
        desk.event(&self.events_pod(), Said::warning("", event, text), self.because);
        self.extra_conditions.retain(|c| c.type_ != PENDING);
        self.extra_conditions.push(PodCondition {
            type_: PENDING.into(),
            status: "True".into(),
            reason: Some(reason.into()),
            message: Some(lack),
            last_transition_time: Some(desk.stamp()),
            observed_generation: self.pod.metadata.generation,
            ..PodCondition::default()
        });
        self.write_status(desk);
    }

    /// The containers whose running instance has other resources than the spec.
    fn changed(&self, desk: &Desk) -> Vec<Container> {
        let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get(id)) else { return Vec::new() };
        let stale = |container: &Container| {
            sandbox.newest(&container.name).is_some_and(|instance| {
                instance.state.is_running()
                    && instance.resources != container.resources.clone().unwrap_or_default()
            })
        };
        self.pod.spec.containers.iter().filter(|container| stale(container)).cloned().collect()
    }

    fn apply(&mut self, container: &Container, desk: &mut Desk) {
        let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id)) else { return };
        let resources = container.resources.clone().unwrap_or_default();
        let limit = |name: &str| resources.limits.as_ref()?.get(name).map(Amount::of);
        let memory = limit("memory").and_then(|amount| u64::try_from(amount.value()).ok());
        let cpu = limit("cpu").and_then(|amount| u64::try_from(amount.milli()).ok());
        // One that must restart for it gets them with its next instance.
        let lives_on = sandbox.newest(&container.name).filter(|instance| !restarts(container, instance));
        let Some(cell) = lives_on.map(|instance| instance.cell) else { return };
        sandbox.system.set_limits(cell, memory, cpu);
        if let Some(instance) = sandbox.newest_mut(&container.name) {
            instance.resources = resources;
        }
    }

    fn resize_text(&self) -> String {
        let container = |c: &Container| serde_json::json!({"name": c.name, "resources": c.resources});
        let list: Vec<serde_json::Value> = self.pod.spec.containers.iter().map(container).collect();
        let list = serde_json::Value::from(list);
        format!("{{\"containers\":{list},\"generation\":{}}}", self.pod.metadata.generation.unwrap_or(1))
    }
}

fn differs(a: &ResourceRequirements, b: &ResourceRequirements, name: &str) -> bool {
    let get = |r: &ResourceRequirements| {
        let of = |list: &Option<std::collections::BTreeMap<String, _>>| {
            list.as_ref().and_then(|list| list.get(name)).cloned()
        };
        (of(&r.requests), of(&r.limits))
    };
    get(a) != get(b)
}
