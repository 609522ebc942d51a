//! In-place resize: changed resources reach running containers without a restart, unless their policy asks for one
//! (pkg/kubelet/allocation).

use super::Kubelet;
use super::admission::Lack;
use super::desk::{Desk, Machine, Said};
use super::worker::Worker;
use crate::kube::core::{Container, PodCondition, PodSpec, ResourceRequirements};
use crate::kube::qos::QosClass;
use crate::kube::quantity::Amount;
use crate::kube::{Pod, SimTime, requests};
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::runtime;
use std::cmp::Reverse;
use std::sync::Arc;

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

/// A Pod with the resources it was granted so far, where the API wants others.
pub(super) fn with_granted(mut pod: Pod, granted: &PodSpec) -> Pod {
    if same_resources(&pod.spec, granted) {
        return pod;
    }
    let spec = Arc::make_mut(&mut pod.spec);
    spec.resources.clone_from(&granted.resources);
    let known: Vec<&Container> = requests::containers(granted).collect();
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        if let Some(known) = known.iter().find(|known| known.name == container.name) {
            container.resources.clone_from(&known.resources);
        }
    }
    pod
}

fn same_resources(a: &PodSpec, b: &PodSpec) -> bool {
    let of = |spec| requests::containers(spec).map(|container| (&container.name, &container.resources));
    a.resources == b.resources && of(a).eq(of(b))
}

/// Who is asked first: those who want less, the more important, the better class, who has waited longer
/// (`pkg/kubelet/allocation`, `sortPendingResizes`).
type Turn = (bool, Reverse<i32>, Reverse<QosClass>, Option<SimTime>, u64);

impl Kubelet {
    /// There may be room: the resizes that wait for it are asked again, one after the other (`RetryPendingResizes`).
    pub(super) fn retry_resizes(&mut self, because: CauseId, context: &mut Context) {
        let waiting = self.workers.values().filter(|worker| worker.resize_waits());
        let mut turns: Vec<Turn> = waiting.map(|worker| worker.turn(&self.machine)).collect();
        turns.sort_unstable();
        for (.., serial) in turns {
            let Some(worker) = self.workers.get_mut(&serial) else { continue };
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            if worker.ask_for_room(&mut desk) {
                worker.trigger(because, &mut desk);
            }
        }
    }
}

impl Worker {
    /// Whether a resize waits for room.
    fn resize_waits(&self) -> bool {
        self.extra_conditions.iter().any(|c| c.type_ == PENDING)
    }

    fn turn(&self, machine: &Machine) -> Turn {
        let class = Reverse(QosClass::of(&self.pod.spec));
        let pending = self.extra_conditions.iter().find(|c| c.type_ == PENDING);
        let since = pending.and_then(|c| c.last_transition_time.as_ref()).map(SimTime::of);
        let priority = Reverse(self.pod.spec.priority.unwrap_or(0));
        (self.wants_more(machine), priority, class, since, self.serial)
    }

    /// Asks the node for the resources the API wants; whether the Pod has them now. If not, nothing changes for its containers.
    fn ask_for_room(&mut self, desk: &mut Desk) -> bool {
        match self.reallocate(desk) {
            Ok(()) => {
                self.pod.spec = self.wish.clone();
                self.extra_conditions.retain(|c| c.type_ != PENDING);
                true
            }
            Err(Lack::ForNow(lack)) => {
                self.leave_pending("Deferred", "ResizeDeferred", lack, desk);
                false
            }
            Err(Lack::Forever(lack)) => {
                self.leave_pending("Infeasible", "ResizeInfeasible", lack, desk);
                false
            }
        }
    }

    /// Asks for changed resources and gives them to the running containers.
    pub fn resize(&mut self, desk: &mut Desk) {
        let asked =
            |c: &PodCondition| c.type_ == PENDING && c.observed_generation == self.pod.metadata.generation;
        if same_resources(&self.wish, &self.pod.spec) {
            // Who wants back what it has waits for nothing.
            self.extra_conditions.retain(|c| c.type_ != PENDING);
        } else if !self.extra_conditions.iter().any(asked) {
            self.ask_for_room(desk);
        }
        let changed = self.changed(desk);
        if changed.is_empty() {
            self.end_resize(desk);
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
        self.begin_resize(desk);
        if let Some(problem) = self.beyond_use(&changed, desk) {
            return self.fail_resize(&problem, desk);
        }
        for container in &changed {
            self.apply(container, desk);
        }
        self.pending = true;
        self.current().acted = true;
    }

    fn end_resize(&mut self, desk: &mut Desk) {
        if !self.extra_conditions.iter().any(|c| c.type_ == IN_PROGRESS) {
            return;
        }
        self.extra_conditions.retain(|c| c.type_ != IN_PROGRESS);
        let text = format!("Pod resize completed: {}", self.resize_text(None));
        desk.event(&self.events_pod(), Said::normal("", "ResizeCompleted", text), self.because);
        self.write_status(desk);
        desk.resized(self.because);
    }

    /// Says that the resize is under way, once for each wish.
    fn begin_resize(&mut self, desk: &mut Desk) {
        let generation = self.pod.metadata.generation;
        let told = |c: &PodCondition| c.type_ == IN_PROGRESS && c.observed_generation == generation;
        if self.extra_conditions.iter().any(told) {
            return;
        }
        let text = format!("Pod resize started: {}", self.resize_text(None));
        desk.event(&self.events_pod(), Said::normal("", "ResizeStarted", text), self.because);
        self.extra_conditions.retain(|c| c.type_ != IN_PROGRESS);
        self.extra_conditions.push(PodCondition {
            type_: IN_PROGRESS.into(),
            status: "True".into(),
            last_transition_time: Some(desk.stamp()),
            observed_generation: generation,
            ..PodCondition::default()
        });
        self.write_status(desk);
    }

    /// Why the limits cannot be lowered: a container holds more memory than it may then (kuberuntime, `validateMemoryResizeAction`). One
    /// that restarts for it begins anew anyway.
    fn beyond_use(&self, changed: &[Container], desk: &Desk) -> Option<String> {
        let sandbox = self.sandbox.and_then(|id| desk.ctx.runtime.get(id))?;
        let memory = |resources: &ResourceRequirements| {
            let limit = resources.limits.as_ref()?.get("memory").map(Amount::of)?;
            u64::try_from(limit.value()).ok()
        };
        changed.iter().find_map(|container| {
            let instance = sandbox.newest(&container.name).filter(|one| !restarts(container, one))?;
            let limit = memory(container.resources.as_ref()?)?;
            let lowered = memory(&instance.resources).is_none_or(|now| limit < now);
            let used = sandbox.system.memory(instance.cell, desk.ctx.now);
            (lowered && used >= limit).then(|| {
                format!(
                    "attempting to set container {:?} memory limit ({limit}) below current usage ({used})",
                    container.name
                )
            })
        })
    }

    /// The resize stays under way with an error; the next sync tries again.
    fn fail_resize(&mut self, problem: &str, desk: &mut Desk) {
        self.current().generic_error = true;
        let condition = self.extra_conditions.iter_mut().find(|c| c.type_ == IN_PROGRESS);
        let Some(condition) = condition.filter(|c| c.reason.is_none()) else { return };
        condition.reason = Some("Error".into());
        condition.message = Some(problem.to_owned());
        let text = format!("Pod resize error: {}", self.resize_text(Some(problem)));
        desk.event(&self.events_pod(), Said::warning("", "ResizeError", text), self.because);
        self.write_status(desk);
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

    fn resize_text(&self, error: Option<&str>) -> String {
        let container = |c: &Container| serde_json::json!({"name": c.name, "resources": c.resources});
        let list: Vec<serde_json::Value> = self.pod.spec.containers.iter().map(container).collect();
        let list = serde_json::Value::from(list);
        let error = error.map(|error| format!(",\"error\":{error:?}")).unwrap_or_default();
        let generation = self.pod.metadata.generation.unwrap_or(1);
        format!("{{\"containers\":{list},\"generation\":{generation}{error}}}")
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
