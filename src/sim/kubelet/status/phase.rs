//! The phase, counted from container statuses (`pkg/kubelet/kubelet_pods.go`, `getPhase`).

use super::{View, exit_code, last_terminated, role_at, running, terminated};
use crate::kube::core::ContainerStatus;
use crate::sim::kubelet::spec::{Role, Target};

#[derive(Default)]
struct Count {
    failed_init: usize,
    pending_init: usize,
    running: usize,
    waiting: usize,
    stopped: usize,
    succeeded: usize,
}

/// The phase these container statuses add up to.
pub(super) fn phase(view: &View, init: &[ContainerStatus], main: &[ContainerStatus]) -> &'static str {
    let count = count(view, init, main);
    if count.failed_init > 0 {
        return "Failed";
    }
    if count.pending_init > 0 || count.waiting > 0 {
        return "Pending";
    }
    if count.running > 0 {
        return "Running";
    }
    if count.stopped == 0 {
        return "Pending";
    }
    let ended = if count.stopped == count.succeeded { "Succeeded" } else { "Failed" };
    if view.worker.ended && !view.worker.is_static() {
        return ended;
    }
    if main.iter().any(|c| will_restart(view, c)) { "Running" } else { ended }
}

/// Whether every init container has done its part.
pub(super) fn initialized(view: &View, init: &[ContainerStatus]) -> bool {
    let started = view.pod.spec.containers.iter().any(|c| view.newest(&c.name).is_some());
    started
        || init.iter().enumerate().all(|(i, c)| match role_at(view.pod, i) {
            Role::Sidecar => c.started == Some(true),
            _ => exit_code(c) == Some(0),
        })
}

fn count(view: &View, init: &[ContainerStatus], main: &[ContainerStatus]) -> Count {
    let mut count = Count::default();
    let started = view.pod.spec.containers.iter().any(|c| view.newest(&c.name).is_some());
    for (index, c) in init.iter().enumerate() {
        count_init(view, &mut count, Target { role: role_at(view.pod, index), index }, c, started);
    }
    for c in main {
        if running(c) {
            count.running += 1;
        } else if terminated(c) {
            count.stopped += 1;
            count.succeeded += usize::from(exit_code(c) == Some(0));
        } else if last_terminated(c) {
            count.stopped += 1;
        } else {
            count.waiting += 1;
        }
    }
    count
}

fn count_init(view: &View, count: &mut Count, target: Target, c: &ContainerStatus, mains_started: bool) {
    if target.role == Role::Sidecar {
        count.pending_init += usize::from(!mains_started && c.started != Some(true));
        return;
    }
    if mains_started {
        return;
    }
    match exit_code(c) {
        Some(0) => {}
        Some(code) if !view.worker.ended && view.restarts(target, code) => {
            count.pending_init += 1;
        }
        Some(_) => count.failed_init += 1,
        None => count.pending_init += 1,
    }
}

fn will_restart(view: &View, c: &ContainerStatus) -> bool {
    let Some(index) = view.pod.spec.containers.iter().position(|spec| spec.name == c.name) else {
        return false;
    };
    let code = |state: &Option<crate::kube::core::ContainerState>| {
        state.as_ref().and_then(|state| state.terminated.as_ref()).map(|t| t.exit_code)
    };
    let Some(code) = code(&c.state).or_else(|| code(&c.last_state)) else { return false };
    crate::sim::kubelet::spec::restarts(view.pod, Role::Main, &view.pod.spec.containers[index], code)
}
