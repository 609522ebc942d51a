//! The status of each container (`pkg/kubelet/kubelet_pods.go`, `convertToAPIContainerStatuses`).

use super::View;
use crate::kube::WallClock;
use crate::kube::core::{
    Container as Spec, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, ContainerUser, LinuxContainerUser, ResourceRequirements,
    VolumeMountStatus,
};
use crate::sim::kubelet::spec::{self, Role, Target};
use crate::sim::runtime::{Container, State};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

type Lists = (Vec<ContainerStatus>, Vec<ContainerStatus>, Vec<ContainerStatus>);

/// Statuses of the init containers, the main ones (by name) and the ephemeral ones.
pub(super) fn all(view: &View) -> Lists {
    let (mut init, mut main, mut debug) = (Vec::new(), Vec::new(), Vec::new());
    for target in spec::targets(view.pod) {
        let Some(container) = spec::container(view.pod, target) else { continue };
        let status = one(view, target, &container);
        match target.role {
            Role::Init | Role::Sidecar => init.push(status),
            Role::Main => main.push(status),
            Role::Ephemeral => debug.push(status),
        }
    }
    main.sort_by(|a, b| a.name.cmp(&b.name));
    (init, main, debug)
}

fn one(view: &View, target: Target, container: &Spec) -> ContainerStatus {
    let mut status = match view.newest(&container.name) {
        Some(newest) => existing(view, target, container, newest),
        None => absent(view, container),
    };
    status.volume_mounts = mounts(container);
    override_by_reason(view, target, container, &mut status);
    let (started, ready) = readiness(view, target, container, &status);
    status.started = Some(started);
    status.ready = ready;
    status
}

fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    ContainerState {
        waiting: Some(ContainerStateWaiting { reason: Some(reason.into()), message }),
        ..ContainerState::default()
    }
}

fn absent(view: &View, container: &Spec) -> ContainerStatus {
    let reason = if spec::inits(view.pod).is_empty() { "ContainerCreating" } else { "PodInitializing" };
    let old = previous(view, &container.name);
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        state: Some(waiting(reason, None)),
        last_state: Some(ContainerState::default()),
        restart_count: old.map_or(0, |old| old.restart_count),
        allocated_resources: requests(container),
        ..ContainerStatus::default()
    }
}

fn previous<'a>(view: &'a View, name: &str) -> Option<&'a ContainerStatus> {
    let old = &view.worker.report.wanted;
    let lists = [&old.init_container_statuses, &old.container_statuses, &old.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|status| status.name == name)
}

fn requests(
    container: &Spec,
) -> Option<std::collections::BTreeMap<String, k8s_openapi::apimachinery::pkg::api::resource::Quantity>> {
    container
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.clone())
        .filter(|map| !map.is_empty())
}

fn existing(view: &View, target: Target, container: &Spec, newest: &Container) -> ContainerStatus {
    let seen = newest.seen.clone().unwrap_or(State::Created);
    let before = view.sandbox.and_then(|sandbox| {
        sandbox.containers.iter().rev().find(|c| c.name == newest.name && c.attempt < newest.attempt)
    });
    let resources = &newest.resources;
    let mut status = ContainerStatus {
        name: container.name.clone(),
        image: newest.image.to_string(),
        image_id: newest.image_id.to_string(),
        container_id: Some(format!("containerd://{}", newest.id)),
        restart_count: newest.attempt as i32,
        last_state: Some(before.and_then(|before| terminated(before, &view.wall)).unwrap_or_default()),
        allocated_resources: requests(container),
        resources: Some(ResourceRequirements {
            claims: None,
            limits: resources.limits.clone(),
            requests: resources.requests.clone(),
        }),
        user: Some(user(newest)),
        ..ContainerStatus::default()
    };
    if target.role == Role::Ephemeral {
        status.resources = Some(ResourceRequirements::default());
    }
    status.state = Some(match &seen {
        State::Created => {
            let reason =
                if spec::inits(view.pod).is_empty() { "ContainerCreating" } else { "PodInitializing" };
            waiting(reason, None)
        }
        State::Running(since) => ContainerState {
            running: Some(ContainerStateRunning { started_at: Some(view.wall.time(*since)) }),
            ..ContainerState::default()
        },
        State::Exited(..) => terminated(newest, &view.wall).unwrap_or_default(),
    });
    status
}

fn user(container: &Container) -> ContainerUser {
    let (uid, gid, groups) = &container.user;
    ContainerUser {
        linux: Some(LinuxContainerUser { uid: *uid, gid: *gid, supplemental_groups: Some(groups.clone()) }),
    }
}

/// The end of an instance as the API tells it; `None` while it has not been seen to end.
fn terminated(container: &Container, wall: &WallClock) -> Option<ContainerState> {
    let Some(State::Exited(started, exit)) = &container.seen else { return None };
    let started = started.map_or_else(|| Time(Timestamp::UNIX_EPOCH), |at| wall.time(at));
    Some(ContainerState {
        terminated: Some(ContainerStateTerminated {
            exit_code: exit.code,
            reason: Some(exit.reason.as_str().into()),
            message: exit.message.as_deref().map(Into::into),
            started_at: Some(started),
            finished_at: Some(wall.time(exit.at)),
            container_id: Some(format!("containerd://{}", container.id)),
            signal: None,
        }),
        ..ContainerState::default()
    })
}

/// A container that would start again waits for the reason its last start was refused.
fn override_by_reason(view: &View, target: Target, container: &Spec, status: &mut ContainerStatus) {
    let Some((reason, message)) = view.worker.reasons.get(container.name.as_str()) else { return };
    let newest = view.newest(&container.name).and_then(|newest| newest.seen.as_ref());
    let again = match newest {
        None | Some(State::Created) => !spec::deleting(view.pod),
        Some(State::Running(_)) => false,
        Some(State::Exited(_, exit)) => view.restarts(target, exit.code),
    };
    // An init container that ended well is never shown as waiting, not even a sidecar that will start again.
    let ended_well = matches!(newest, Some(State::Exited(_, exit)) if exit.code == 0)
        && matches!(target.role, Role::Init | Role::Sidecar);
    if !again || ended_well {
        return;
    }
    if super::terminated(status) {
        status.last_state = status.state.take();
    }
    status.state = Some(waiting(reason.as_str(), Some(message.clone())));
}

fn readiness(view: &View, target: Target, container: &Spec, status: &ContainerStatus) -> (bool, bool) {
    let runs = super::running(status);
    match target.role {
        Role::Init => (runs, super::exit_code(status) == Some(0)),
        Role::Ephemeral => (runs, false),
        Role::Main | Role::Sidecar => {
            let instance = status.container_id.as_deref().map(spec::instance_of).unwrap_or_default();
            let started = runs && view.worker.probes.started(container, instance);
            (started, started && view.worker.probes.ready(container, instance))
        }
    }
}

fn mounts(container: &Spec) -> Option<Vec<VolumeMountStatus>> {
    let mounts = container.volume_mounts.as_deref().filter(|mounts| !mounts.is_empty())?;
    let status = |mount: &crate::kube::core::VolumeMount| VolumeMountStatus {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: mount.read_only.filter(|read_only| *read_only),
        recursive_read_only: mount.read_only.filter(|read_only| *read_only).map(|_| "Disabled".into()),
        volume_status: None,
    };
    Some(mounts.iter().map(status).collect())
}

/// Marks a container as lost unless its end is known.
pub(super) fn lose(status: &mut ContainerStatus) {
    if super::terminated(status) {
        return;
    }
    if status.state.as_ref().is_some_and(|state| state.running.is_some() || state.waiting.is_some()) {
        status.state = Some(ContainerState {
            terminated: Some(ContainerStateTerminated {
                exit_code: 137,
                reason: Some("ContainerStatusUnknown".into()),
                message: Some("The container could not be located when the pod was terminated".into()),
                ..ContainerStateTerminated::default()
            }),
            ..ContainerState::default()
        });
        status.started = Some(false);
        status.ready = false;
    }
}
