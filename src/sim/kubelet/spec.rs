//! What a Pod's spec says, in the terms the kubelet asks: roles, restart policies, grace periods.

use crate::kube::{
    Pod,
    core::{Container, EphemeralContainer},
};
use std::borrow::Cow;

/// Which list a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// An ordinary init container.
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
    /// A main container.
    Main,
    /// One added by `kubectl debug`.
    Ephemeral,
}

impl Role {
    /// The field an event about the container points at.
    pub fn field(self, name: &str) -> String {
        let list = match self {
            Role::Init | Role::Sidecar => "initContainers",
            Role::Main => "containers",
            Role::Ephemeral => "ephemeralContainers",
        };
        format!("spec.{list}{{{name}}}")
    }
}

/// A container's place in its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// Which list.
    pub role: Role,
    /// Which entry.
    pub index: usize,
}

/// The role of an init container.
pub(crate) fn init_role(container: &Container) -> Role {
    if container.restart_policy.as_deref() == Some("Always") { Role::Sidecar } else { Role::Init }
}

/// The init containers and sidecars, in order.
pub(crate) fn inits(pod: &Pod) -> &[Container] {
    pod.spec.init_containers.as_deref().unwrap_or_default()
}

/// The container at `target`, if the spec still has it.
pub(crate) fn container(pod: &Pod, target: Target) -> Option<Cow<'_, Container>> {
    match target.role {
        Role::Init | Role::Sidecar => inits(pod).get(target.index).map(Cow::Borrowed),
        Role::Main => pod.spec.containers.get(target.index).map(Cow::Borrowed),
        Role::Ephemeral => {
            let list = pod.spec.ephemeral_containers.as_deref().unwrap_or_default();
            list.get(target.index).map(|container| Cow::Owned(as_container(container)))
        }
    }
}

/// Every container of the Pod with its place: init, main, ephemeral.
pub(crate) fn targets(pod: &Pod) -> Vec<Target> {
    let init = inits(pod).iter().enumerate().map(|(index, c)| Target { role: init_role(c), index });
    let main = (0..pod.spec.containers.len()).map(|index| Target { role: Role::Main, index });
    let debug = pod.spec.ephemeral_containers.as_deref().unwrap_or_default();
    let debug = (0..debug.len()).map(|index| Target { role: Role::Ephemeral, index });
    init.chain(main).chain(debug).collect()
}

/// The place of the container called `name`.
pub(crate) fn find(pod: &Pod, name: &str) -> Option<Target> {
    targets(pod).into_iter().find(|target| container(pod, *target).is_some_and(|c| c.name == name))
}

fn as_container(c: &EphemeralContainer) -> Container {
    Container {
        args: c.args.clone(),
        command: c.command.clone(),
        env: c.env.clone(),
        env_from: c.env_from.clone(),
        image: c.image.clone(),
        image_pull_policy: c.image_pull_policy.clone(),
        name: c.name.clone(),
        security_context: c.security_context.clone(),
        stdin: c.stdin,
        stdin_once: c.stdin_once,
        termination_message_path: c.termination_message_path.clone(),
        termination_message_policy: c.termination_message_policy.clone(),
        tty: c.tty,
        volume_mounts: c.volume_mounts.clone(),
        working_dir: c.working_dir.clone(),
        ..Container::default()
    }
}

/// What follows an exit by the rules of the container and its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterExit {
    /// It stays as it is.
    Stay,
    /// It starts again.
    Restart,
    /// Every container of the Pod starts again.
    RestartAll,
}

/// What follows when the container at `target` exits with `code`.
pub(crate) fn after_exit(pod: &Pod, role: Role, container: &Container, code: i32) -> AfterExit {
    for rule in container.restart_policy_rules.iter().flatten() {
        let Some(codes) = &rule.exit_codes else { continue };
        let listed = codes.values.iter().flatten().any(|value| *value == code);
        if listed == (codes.operator == "In") {
            return if rule.action == "RestartAllContainers" {
                AfterExit::RestartAll
            } else {
                AfterExit::Restart
            };
        }
    }
    let policy = match role {
        Role::Ephemeral => "Never",
        _ => container.restart_policy.as_deref().or(pod.spec.restart_policy.as_deref()).unwrap_or("Always"),
    };
    let again = match (policy, role) {
        ("Never", _) => false,
        ("OnFailure", _) | (_, Role::Init) => code != 0,
        _ => true,
    };
    if again { AfterExit::Restart } else { AfterExit::Stay }
}

/// Whether the container starts again after this exit.
pub(crate) fn restarts(pod: &Pod, role: Role, container: &Container, code: i32) -> bool {
    after_exit(pod, role, container, code) != AfterExit::Stay
}

/// The runtime's own name of an instance, without the runtime's name that the API puts before it.
pub(crate) fn instance_of(container_id: &str) -> &str {
    container_id.trim_start_matches("containerd://")
}

/// Seconds between SIGTERM and SIGKILL when nobody says otherwise.
pub(crate) fn grace(pod: &Pod) -> u64 {
    u64::try_from(pod.spec.termination_grace_period_seconds.unwrap_or(30)).unwrap_or(1)
}

/// Whether the API has marked the Pod for deletion.
pub(crate) fn deleting(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// Whether the phase is one that never changes again.
pub(crate) fn is_terminal(phase: Option<&str>) -> bool {
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// A hash over the parts of a container's spec whose change restarts it.
pub(crate) fn spec_hash(container: &Container) -> u64 {
    let resources = serde_json::to_string(&container.resources).unwrap_or_default();
    crate::sim::chance::hash(0, container.image.as_deref().unwrap_or_default(), &resources, 0)
}

/// A hash over what makes a running container obsolete: its image.
pub(crate) fn image_hash(container: &Container) -> u64 {
    crate::sim::chance::hash(0, container.image.as_deref().unwrap_or_default(), "image", 0)
}
