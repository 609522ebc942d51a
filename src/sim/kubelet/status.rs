//! A Pod's status as the kubelet computes it: from what it last saw of the containers and from the results its previous sync left in
//! the reason cache (`pkg/kubelet/kubelet_pods.go`). Pure: nothing is written here.

mod conditions;
mod containers;
mod phase;

use super::spec::{self, Role, Target};
use super::worker::{Mode, Worker};
use crate::kube::core::{ContainerStatus, HostIP, PodIP, PodStatus};
use crate::kube::{Pod, SimTime, WallClock};
use crate::sim::runtime::{Container, Sandbox};

/// Everything a status is computed from.
pub(super) struct View<'a> {
    /// The Pod as its source wants it.
    pub pod: &'a Pod,
    /// Its worker.
    pub worker: &'a Worker,
    /// Its sandbox, if it has one.
    pub sandbox: Option<&'a Sandbox>,
    /// The node's address.
    pub host_ip: &'a str,
    /// The time of this computation.
    pub now: SimTime,
    /// The node's clock.
    pub wall: WallClock,
}

impl View<'_> {
    /// The newest instance of a container that the kubelet has seen.
    fn newest(&self, name: &str) -> Option<&Container> {
        self.sandbox.and_then(|sandbox| sandbox.seen(name))
    }

    /// Whether a container that ended with this code starts again; nothing does once the Pod is to go.
    fn restarts(&self, target: Target, code: i32) -> bool {
        !spec::deleting(self.pod)
            && spec::container(self.pod, target)
                .is_some_and(|container| spec::restarts(self.pod, target.role, &container, code))
    }
}

/// The status of the Pod now.
pub(super) fn generate(view: &View) -> PodStatus {
    let old = &view.worker.report.wanted;
    let (init, main, debug) = containers::all(view);
    let mut status = PodStatus {
        phase: Some(phase::phase(view, &init, &main).into()),
        host_ip: Some(view.host_ip.into()),
        host_ips: Some(vec![HostIP { ip: view.host_ip.into() }]),
        start_time: old.start_time.clone().or_else(|| Some(view.wall.time(view.now))),
        observed_generation: if view.worker.is_static() { None } else { view.pod.metadata.generation },
        qos_class: view.pod.status.qos_class.clone(),
        ..PodStatus::default()
    };
    set_verdict(view, &mut status);
    set_addresses(view, &mut status, old);
    set_resources(view, &mut status);
    status.init_container_statuses = some(init);
    status.container_statuses = some(main);
    status.ephemeral_container_statuses = some(debug);
    // A Pod that is held by a finalizer stays as it was left.
    if view.worker.mode >= Mode::Terminated {
        unknown_where_lost(view, &mut status);
    }
    status.conditions = Some(conditions::all(view, &status));
    status
}

/// A Pod ended by the kubelet itself is Failed, whatever its containers did; a terminal phase never changes.
fn set_verdict(view: &View, status: &mut PodStatus) {
    let old = &view.worker.report.wanted;
    if spec::is_terminal(old.phase.as_deref()) {
        status.phase.clone_from(&old.phase);
        status.reason.clone_from(&old.reason);
        status.message.clone_from(&old.message);
    }
    if let Some(verdict) = &view.worker.verdict {
        status.phase = Some("Failed".into());
        status.reason = Some(verdict.reason.into());
        status.message = Some(verdict.message.clone());
    }
}

/// A list that is not empty, without room to spare: statuses are kept by the thousand.
fn some(mut list: Vec<ContainerStatus>) -> Option<Vec<ContainerStatus>> {
    list.shrink_to_fit();
    if list.is_empty() { None } else { Some(list) }
}

fn set_addresses(view: &View, status: &mut PodStatus, old: &PodStatus) {
    let ip = if view.pod.spec.host_network == Some(true) {
        view.worker.synced_once.then(|| view.host_ip.to_owned())
    } else {
        view.sandbox.filter(|sandbox| sandbox.seen == Some(true)).map(|sandbox| sandbox.ip.to_string())
    };
    status.pod_ip = ip.or_else(|| old.pod_ip.clone());
    status.pod_ips = status.pod_ip.clone().map(|ip| vec![PodIP { ip }]);
}

/// Pod-level resources are the sums of what the containers ask for (gate `InPlacePodLevelResourcesVerticalScaling`).
fn set_resources(view: &View, status: &mut PodStatus) {
    let totals = view.worker.sums.of(view.pod);
    status.allocated_resources.clone_from(&totals.requests);
    status.resources = Some(totals);
}

/// When everything is over, containers nobody can account for are reported lost (status manager, `TerminatePod`).
fn unknown_where_lost(view: &View, status: &mut PodStatus) {
    let inits = status.init_container_statuses.as_deref_mut().unwrap_or_default();
    let initialized = view.worker.was_initialized || view.pod.spec.init_containers.is_none();
    let mut touched = inits
        .iter()
        .rposition(|c| c.started == Some(true) || terminated(c) || last_terminated(c))
        .map_or(inits.len().min(1), |at| at + 1);
    if initialized {
        touched = inits.len();
    }
    for c in inits.iter_mut().take(touched) {
        containers::lose(c);
    }
    if initialized {
        for c in status.container_statuses.iter_mut().flatten() {
            containers::lose(c);
        }
    }
    if !spec::is_terminal(status.phase.as_deref()) && !view.worker.is_static() {
        status.phase = Some("Failed".into());
    }
}

pub(super) fn terminated(c: &ContainerStatus) -> bool {
    c.state.as_ref().is_some_and(|state| state.terminated.is_some())
}

pub(super) fn last_terminated(c: &ContainerStatus) -> bool {
    c.last_state.as_ref().is_some_and(|state| state.terminated.is_some())
}

pub(super) fn exit_code(c: &ContainerStatus) -> Option<i32> {
    c.state.as_ref()?.terminated.as_ref().map(|terminated| terminated.exit_code)
}

pub(super) fn running(c: &ContainerStatus) -> bool {
    c.state.as_ref().is_some_and(|state| state.running.is_some())
}

pub(super) fn role_at(pod: &Pod, index: usize) -> Role {
    spec::inits(pod).get(index).map_or(Role::Init, spec::init_role)
}
