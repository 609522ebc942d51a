//! The conditions the kubelet owns, in the order it writes them (pkg/kubelet/status/generate.go).

use super::{View, exit_code, phase, role_at};
use crate::kube::core::{ContainerStatus, PodCondition, PodStatus};
use crate::sim::kubelet::spec::Role;

/// What a condition says beside its type.
struct Verdict {
    status: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

impl Verdict {
    fn plain(status: bool) -> Verdict {
        Verdict { status, reason: None, message: None }
    }

    fn because(status: bool, reason: &'static str, message: Option<String>) -> Verdict {
        Verdict { status, reason: Some(reason), message }
    }
}

/// Every condition of this status.
pub(super) fn all(view: &View, status: &PodStatus) -> Vec<PodCondition> {
    let init = status.init_container_statuses.as_deref().unwrap_or_default();
    let main = status.container_statuses.as_deref().unwrap_or_default();
    let containers = containers_ready(view, status, init, main);
    // Statuses are kept by the thousand: no list in them has room to spare.
    let mut list = Vec::with_capacity(view.worker.extra_conditions.len() + 5);
    list.extend_from_slice(&view.worker.extra_conditions);
    let mut put = |kind: &str, verdict: Verdict| list.push(condition(view, kind, verdict));
    put("PodReadyToStartContainers", Verdict::plain(view.sandbox.is_some_and(|sandbox| sandbox.up)));
    put("Initialized", initialized(view, status, init));
    put("Ready", ready(view, &containers));
    put("ContainersReady", containers);
    put("PodScheduled", Verdict::plain(true));
    list
}

fn condition(view: &View, kind: &str, verdict: Verdict) -> PodCondition {
    let status = if verdict.status { "True" } else { "False" };
    let old = view.worker.report.wanted.conditions.iter().flatten();
    let api = view.pod.status.conditions.iter().flatten();
    let same = old.chain(api).find(|c| c.type_ == kind).filter(|c| c.status == status);
    PodCondition {
        type_: kind.into(),
        status: status.into(),
        reason: verdict.reason.map(Into::into),
        message: verdict.message,
        last_transition_time: same
            .and_then(|c| c.last_transition_time.clone())
            .or_else(|| Some(view.wall.time(view.now))),
        last_probe_time: None,
        observed_generation: if view.worker.is_static() { None } else { view.pod.metadata.generation },
    }
}

fn initialized(view: &View, status: &PodStatus, init: &[ContainerStatus]) -> Verdict {
    if phase::initialized(view, init) {
        return if status.phase.as_deref() == Some("Succeeded") {
            Verdict::because(true, "PodCompleted", None)
        } else {
            Verdict::plain(true)
        };
    }
    let incomplete = |(i, c): &(usize, &ContainerStatus)| match role_at(view.pod, *i) {
        Role::Sidecar => c.started != Some(true),
        _ => exit_code(c) != Some(0),
    };
    let names: Vec<&str> = init.iter().enumerate().filter(incomplete).map(|(_, c)| c.name.as_str()).collect();
    let text = format!("containers with incomplete status: [{}]", names.join(" "));
    Verdict::because(false, "ContainersNotInitialized", Some(text))
}

fn containers_ready(
    view: &View,
    status: &PodStatus,
    init: &[ContainerStatus],
    main: &[ContainerStatus],
) -> Verdict {
    match status.phase.as_deref() {
        Some("Succeeded") => return Verdict::because(false, "PodCompleted", None),
        Some("Failed") => return Verdict::because(false, "PodFailed", None),
        _ => {}
    }
    let sidecars = init.iter().enumerate().filter(|(i, _)| role_at(view.pod, *i) == Role::Sidecar);
    let in_spec_order =
        view.pod.spec.containers.iter().filter_map(|c| main.iter().find(|s| s.name == c.name));
    let names: Vec<&str> =
        sidecars.map(|(_, c)| c).chain(in_spec_order).filter(|c| !c.ready).map(|c| c.name.as_str()).collect();
    if names.is_empty() {
        return Verdict::plain(true);
    }
    let text = format!("containers with unready status: [{}]", names.join(" "));
    Verdict::because(false, "ContainersNotReady", Some(text))
}

fn ready(view: &View, containers: &Verdict) -> Verdict {
    if !containers.status {
        return Verdict { status: false, reason: containers.reason, message: containers.message.clone() };
    }
    let mut unmet = Vec::new();
    for gate in view.pod.spec.readiness_gates.iter().flatten() {
        let kind = &gate.condition_type;
        match view.pod.status.conditions.iter().flatten().find(|c| c.type_ == *kind) {
            None => unmet
                .push(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
            Some(c) if c.status != "True" => unmet.push(format!(
                "the status of pod readiness gate \"{kind}\" is not \"True\", but {}",
                c.status
            )),
            Some(_) => {}
        }
    }
    if unmet.is_empty() {
        return Verdict::plain(true);
    }
    Verdict::because(false, "ReadinessGatesNotReady", Some(unmet.join(", ")))
}
