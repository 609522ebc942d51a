//! What a sync has to do: compares the spec with what was last seen of the containers. Pure; a port in spirit of `computePodActions`
//! and `computeInitContainerActions` (pkg/kubelet/kuberuntime).

use super::resize;
use super::spec::{self, AfterExit, Role, Target};
use super::worker::Worker;
use crate::kube::core::Container as Spec;
use crate::sim::runtime::{Container, Sandbox, State};

/// A container to be stopped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Victim {
    /// Which.
    pub target: Target,
    /// Its instance.
    pub id: String,
    /// What the event says.
    pub message: String,
    /// Seconds, if not the Pod's own.
    pub grace: Option<u64>,
}

/// What one sync does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Stop everything: nothing is left to run.
    pub kill_pod: bool,
    /// Make a new sandbox.
    pub sandbox: bool,
    /// Forget all instances and start from the first init container.
    pub restart_all: bool,
    /// Containers to stop.
    pub kill: Vec<Victim>,
    /// Containers to start, in order.
    pub start: Vec<Target>,
}

/// The plan for a Pod in this state.
pub(super) fn plan(worker: &Worker, sandbox: Option<&Sandbox>) -> Plan {
    let mut plan = Plan::default();
    let Some(sandbox) = sandbox.filter(|sandbox| sandbox.up) else {
        without_sandbox(worker, sandbox, &mut plan);
        return plan;
    };
    if wants_restart_all(worker, sandbox) {
        restart_all(worker, sandbox, &mut plan);
        return plan;
    }
    for target in spec::targets(&worker.pod) {
        let Some(container) = spec::container(&worker.pod, target) else { continue };
        if target.role == Role::Ephemeral && current(sandbox, &container.name).is_none() {
            plan.start.push(target);
        }
    }
    if !init_actions(worker, sandbox, &mut plan) {
        return plan;
    }
    let kept = main_actions(worker, sandbox, &mut plan);
    if kept == 0 && !plan.start.iter().any(|target| target.role == Role::Main) {
        plan = Plan { kill_pod: true, ..Plan::default() };
    }
    plan
}

/// The newest instance that was seen and still counts.
fn current<'a>(sandbox: &'a Sandbox, name: &str) -> Option<&'a Container> {
    sandbox.seen(name).filter(|container| !container.discarded)
}

fn without_sandbox(worker: &Worker, old: Option<&Sandbox>, plan: &mut Plan) {
    let pod = &worker.pod;
    let started = old.is_some_and(|old| !old.containers.is_empty());
    let done = |container: &Spec| {
        let exit = old.and_then(|old| old.seen(&container.name)).and_then(|c| c.state.exit());
        exit.is_some_and(|exit| !spec::restarts(pod, Role::Main, container, exit.code))
    };
    if started && pod.spec.containers.iter().all(done) {
        plan.kill_pod = true;
        return;
    }
    plan.sandbox = true;
    plan.restart_all = started;
    if let Some(first) = spec::inits(pod).first() {
        plan.start.push(Target { role: spec::init_role(first), index: 0 });
    } else {
        let fresh = pod.spec.containers.iter().enumerate().filter(|(_, c)| !started || !done(c));
        plan.start.extend(fresh.map(|(index, _)| Target { role: Role::Main, index }));
    }
}

fn wants_restart_all(worker: &Worker, sandbox: &Sandbox) -> bool {
    spec::targets(&worker.pod).into_iter().any(|target| {
        let Some(container) = spec::container(&worker.pod, target) else { return false };
        let exit = current(sandbox, &container.name).and_then(|c| c.seen.as_ref()).and_then(State::exit);
        exit.is_some_and(|exit| {
            spec::after_exit(&worker.pod, target.role, &container, exit.code) == AfterExit::RestartAll
        })
    })
}

fn restart_all(worker: &Worker, sandbox: &Sandbox, plan: &mut Plan) {
    for target in spec::targets(&worker.pod) {
        let Some(container) = spec::container(&worker.pod, target) else { continue };
        if let Some(running) = current(sandbox, &container.name).filter(|c| c.state.is_running()) {
            let message = format!("Stopping container {}", container.name);
            plan.kill.push(Victim { target, id: running.id.clone(), message, grace: None });
        }
    }
    plan.restart_all = true;
    if let Some(first) = spec::inits(&worker.pod).first() {
        plan.start.push(Target { role: spec::init_role(first), index: 0 });
    } else {
        let mains = 0..worker.pod.spec.containers.len();
        plan.start.extend(mains.map(|index| Target { role: Role::Main, index }));
    }
}

/// Plans the init containers; whether the main ones may run.
fn init_actions(worker: &Worker, sandbox: &Sandbox, plan: &mut Plan) -> bool {
    let inits = spec::inits(&worker.pod);
    let mut initialized =
        inits.is_empty() || worker.pod.spec.containers.iter().any(|c| current(sandbox, &c.name).is_some());
    if !initialized && !inits.iter().any(|c| current(sandbox, &c.name).is_some()) {
        plan.start.push(Target { role: spec::init_role(&inits[0]), index: 0 });
        return false;
    }
    // From the last to the first: the newest one that exists decides, those before it only need to be kept running.
    let mut settled = initialized;
    let mut start = Vec::new();
    for (index, container) in inits.iter().enumerate().rev() {
        let target = Target { role: spec::init_role(container), index };
        let Some(instance) = current(sandbox, &container.name) else {
            if settled && target.role == Role::Sidecar {
                start.push(target);
            }
            continue;
        };
        if settled && target.role == Role::Init {
            continue;
        }
        let next = match instance.seen.as_ref().unwrap_or(&State::Created) {
            State::Created => false,
            State::Running(_) if target.role == Role::Init => false,
            State::Running(_) => sidecar_runs(worker, plan, &mut start, target, (container, instance)),
            State::Exited(_, exit) if target.role == Role::Init => match exit.code {
                0 => true,
                code if spec::restarts(&worker.pod, target.role, container, code) => {
                    start.push(target);
                    false
                }
                _ => {
                    *plan = Plan { kill_pod: true, ..Plan::default() };
                    return false;
                }
            },
            State::Exited(..) => {
                start.push(target);
                false
            }
        };
        if next && !settled {
            match inits.get(index + 1) {
                Some(following) => {
                    start.push(Target { role: spec::init_role(following), index: index + 1 });
                }
                None => initialized = true,
            }
        }
        settled = true;
    }
    start.sort();
    start.sort_by_key(|target| target.index);
    plan.start.extend(start);
    initialized
}

/// Looks at a running sidecar's probes; whether what follows it may start.
fn sidecar_runs(
    worker: &Worker,
    plan: &mut Plan,
    start: &mut Vec<Target>,
    target: Target,
    (container, instance): (&Spec, &Container),
) -> bool {
    let failed = worker.probes.failed(&container.name, &instance.id);
    if let Some(failed) = failed {
        let message = format!("Init container {} failed {} probe", container.name, failed.kind.word());
        plan.kill.push(Victim { target, id: instance.id.clone(), message, grace: failed.grace });
        start.push(target);
    }
    worker.probes.started(container, &instance.id)
}

/// Plans the main containers; how many are to be left alone.
fn main_actions(worker: &Worker, sandbox: &Sandbox, plan: &mut Plan) -> usize {
    let mut kept = 0;
    for (index, container) in worker.pod.spec.containers.iter().enumerate() {
        let target = Target { role: Role::Main, index };
        let Some(instance) = current(sandbox, &container.name) else {
            plan.start.push(target);
            continue;
        };
        match instance.seen.as_ref().unwrap_or(&State::Created) {
            State::Created => plan.start.push(target),
            State::Exited(_, exit) => {
                if spec::restarts(&worker.pod, Role::Main, container, exit.code) {
                    plan.start.push(target);
                }
            }
            State::Running(_) => kept += usize::from(!main_runs(worker, plan, target, (container, instance))),
        }
    }
    kept
}

/// Whether a running main container must go, and then comes back if its policy says so.
fn main_runs(
    worker: &Worker,
    plan: &mut Plan,
    target: Target,
    (container, instance): (&Spec, &Container),
) -> bool {
    let name = &container.name;
    let policy = container.restart_policy.as_deref().or(worker.pod.spec.restart_policy.as_deref());
    let mut restart = policy != Some("Never");
    let (mut message, grace) = if instance.spec_hash != spec::image_hash(container) {
        restart = true;
        (format!("Container {name} definition changed"), None)
    } else if let Some(failed) = worker.probes.failed(name, &instance.id) {
        (format!("Container {name} failed {} probe", failed.kind.word()), failed.grace)
    } else if resize::restarts(container, instance) {
        restart = true;
        (format!("Container {name} resize requires restart"), None)
    } else {
        return false;
    };
    if restart {
        if !message.ends_with("restart") {
            message.push_str(", will be restarted");
        }
        plan.start.push(target);
    }
    plan.kill.push(Victim { target, id: instance.id.clone(), message, grace });
    true
}
