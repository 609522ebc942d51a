//! Containers of all three kinds.

use super::faults::Faults;
use super::probe::{self, Probe};
use super::{env, resources, security, volume};
use crate::kube::names;
use crate::kube::requests::is_sidecar;
use crate::sim::api::FieldReason;
use k8s_openapi::api::core::v1 as api;

/// What every container is checked for.
pub(super) fn common(c: &api::Container, spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    match c.name.as_str() {
        "" => faults.required(&format!("{at}.name"), ""),
        name => faults.invalid_all(&format!("{at}.name"), name, names::label_errors(name)),
    }
    faults.not_empty(&format!("{at}.image"), c.image.as_deref());
    let policy = c.termination_message_policy.as_deref();
    faults.required_one_of(
        &format!("{at}.terminationMessagePolicy"),
        policy,
        &["File", "FallbackToLogsOnError"],
    );
    ports(c, at, faults);
    env::env(c, spec, at, faults);
    env::env_from(c, at, faults);
    volume::mounts(c, spec, at, faults);
    volume::devices(c, spec, at, faults);
    pull_policy(c.image_pull_policy.as_deref(), &format!("{at}.imagePullPolicy"), faults);
    if let Some(wanted) = &c.resources {
        resources::container(wanted, spec, &format!("{at}.resources"), faults);
    }
    resources::resize_policy(c, spec.restart_policy.as_deref().unwrap_or_default(), at, faults);
    if let Some(context) = &c.security_context {
        security::container(context, spec, &format!("{at}.securityContext"), faults);
    }
}

pub(super) fn pull_policy(policy: Option<&str>, at: &str, faults: &mut Faults) {
    faults.required_one_of(at, policy, &["Always", "IfNotPresent", "Never"]);
}

fn ports(c: &api::Container, at: &str, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, port) in c.ports.iter().flatten().enumerate() {
        let at = |field: &str| format!("{at}.ports[{i}].{field}");
        let name = port.name.as_deref().unwrap_or_default();
        if !name.is_empty() {
            let errors = names::port_name_errors(name);
            if errors.is_empty() && seen.contains(&name) {
                faults.duplicate(&at("name"), name);
            }
            if errors.is_empty() {
                seen.push(name);
            }
            faults.invalid_all(&at("name"), name, errors);
        }
        match port.container_port {
            0 => faults.required(&at("containerPort"), ""),
            number => probe::port_number(number, &at("containerPort"), faults),
        }
        if let Some(number) = port.host_port.filter(|number| *number != 0) {
            probe::port_number(number, &at("hostPort"), faults);
        }
        faults.required_one_of(&at("protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
    }
}

/// The main containers of a Pod.
pub(super) fn main(spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    let list = format!("{path}.containers");
    if spec.containers.is_empty() {
        faults.required(&list, "");
        return;
    }
    let mut seen: Vec<&str> = Vec::new();
    for (i, c) in spec.containers.iter().enumerate() {
        let at = format!("{list}[{i}]");
        common(c, spec, &at, faults);
        if seen.contains(&c.name.as_str()) && !c.name.is_empty() {
            faults.duplicate(&format!("{at}.name"), &c.name);
        }
        seen.push(&c.name);
        health(c, spec, &at, faults);
        restart_rules(c, &at, faults);
    }
    host_ports(&spec.containers, &list, faults);
}

/// Hooks and probes, in the server's order.
fn health(c: &api::Container, spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    if let Some(lifecycle) = &c.lifecycle {
        let grace = spec.termination_grace_period_seconds.unwrap_or(0);
        probe::lifecycle(lifecycle, grace, &format!("{at}.lifecycle"), faults);
    }
    let probes = [
        ("livenessProbe", Probe::Liveness, &c.liveness_probe),
        ("readinessProbe", Probe::Readiness, &c.readiness_probe),
        ("startupProbe", Probe::Startup, &c.startup_probe),
    ];
    for (name, which, wanted) in probes {
        if let Some(wanted) = wanted {
            probe::probe(wanted, which, &format!("{at}.{name}"), faults);
        }
    }
}

fn restart_rules(c: &api::Container, at: &str, faults: &mut Faults) {
    let rules = c.restart_policy_rules.as_deref().unwrap_or_default();
    match c.restart_policy.as_deref() {
        Some(policy) => {
            faults.one_of(&format!("{at}.restartPolicy"), policy, &["Always", "Never", "OnFailure"]);
        }
        None if !rules.is_empty() => {
            let detail = "must specify restartPolicy when restart rules are used";
            faults.required(&format!("{at}.restartPolicy"), detail);
        }
        None => {}
    }
    for (i, rule) in rules.iter().enumerate() {
        let at = format!("{at}.restartPolicyRules[{i}]");
        faults.one_of(&format!("{at}.action"), &rule.action, &["Restart", "RestartAllContainers"]);
        match &rule.exit_codes {
            None => faults.required(&format!("{at}.exitCodes"), ""),
            Some(codes) => {
                faults.one_of(&format!("{at}.exitCodes.operator"), &codes.operator, &["In", "NotIn"]);
            }
        }
    }
}

/// Two containers cannot have one port of the host.
fn host_ports(containers: &[api::Container], list: &str, faults: &mut Faults) {
    let mut taken: Vec<String> = Vec::new();
    for (i, c) in containers.iter().enumerate() {
        for (j, port) in c.ports.iter().flatten().enumerate() {
            let Some(number) = port.host_port.filter(|number| *number != 0) else { continue };
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let key = format!("{}/{}/{number}", text(&port.protocol), text(&port.host_ip));
            if taken.contains(&key) {
                faults.duplicate(&format!("{list}[{i}].ports[{j}].hostPort"), &key);
            }
            taken.push(key);
        }
    }
}

/// Init containers: sidecars may have hooks and probes, others may not.
pub(super) fn init(spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    let list = format!("{path}.initContainers");
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    let mut seen: Vec<&str> = spec.containers.iter().map(|c| c.name.as_str()).collect();
    for (i, c) in inits.iter().enumerate() {
        let at = format!("{list}[{i}]");
        common(c, spec, &at, faults);
        if seen.contains(&c.name.as_str()) && !c.name.is_empty() {
            faults.duplicate(&format!("{at}.name"), &c.name);
        }
        seen.push(&c.name);
        restart_rules(c, &at, faults);
        if is_sidecar(c) {
            health(c, spec, &at, faults);
        } else {
            for (field, given) in [
                ("lifecycle", c.lifecycle.is_some()),
                ("livenessProbe", c.liveness_probe.is_some()),
                ("readinessProbe", c.readiness_probe.is_some()),
                ("startupProbe", c.startup_probe.is_some()),
            ] {
                if given {
                    let detail = "may not be set for init containers without restartPolicy=Always";
                    faults.forbidden(&format!("{at}.{field}"), detail);
                }
            }
        }
        host_ports(std::slice::from_ref(c), &list, faults);
    }
}

/// Ephemeral containers, which are added to Pods that run.
pub(super) fn ephemeral(spec: &api::PodSpec, faults: &mut Faults) {
    let mut seen: Vec<&str> = crate::kube::requests::containers(spec).map(|c| c.name.as_str()).collect();
    let known = seen.clone();
    for (i, c) in spec.ephemeral_containers.iter().flatten().enumerate() {
        let at = format!("spec.ephemeralContainers[{i}]");
        common(&as_container(c), spec, &at, faults);
        if seen.contains(&c.name.as_str()) && !c.name.is_empty() {
            faults.duplicate(&format!("{at}.name"), &c.name);
        }
        seen.push(&c.name);
        let target = c.target_container_name.as_deref().unwrap_or_default();
        if !target.is_empty() && !known.contains(&target) {
            faults.not_found(&format!("{at}.targetContainerName"), target, "");
        }
        for (field, given) in [
            ("ports", c.ports.is_some()),
            ("livenessProbe", c.liveness_probe.is_some()),
            ("readinessProbe", c.readiness_probe.is_some()),
            ("startupProbe", c.startup_probe.is_some()),
            ("lifecycle", c.lifecycle.is_some()),
            ("resources", c.resources.as_ref().is_some_and(|r| r.limits.is_some() || r.requests.is_some())),
            ("restartPolicy", c.restart_policy.is_some()),
        ] {
            if given {
                faults.forbidden(&format!("{at}.{field}"), "cannot be set for an Ephemeral Container");
            }
        }
        for (j, mount) in c.volume_mounts.iter().flatten().enumerate() {
            for (field, value) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
                if value.as_deref().is_some_and(|v| !v.is_empty()) {
                    let at = format!("{at}.volumeMounts[{j}].{field}");
                    faults.forbidden(&at, "cannot be set for an Ephemeral Container");
                }
            }
        }
    }
}

/// An ephemeral container as an ordinary one, for the rules they share.
fn as_container(c: &api::EphemeralContainer) -> api::Container {
    api::Container {
        name: c.name.clone(),
        image: c.image.clone(),
        env: c.env.clone(),
        env_from: c.env_from.clone(),
        volume_mounts: c.volume_mounts.clone(),
        volume_devices: c.volume_devices.clone(),
        image_pull_policy: c.image_pull_policy.clone(),
        security_context: c.security_context.clone(),
        termination_message_policy: c.termination_message_policy.clone(),
        ..api::Container::default()
    }
}

/// With the host's network, a port of the host is the container's.
pub(super) fn host_network_ports(spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    if spec.host_network != Some(true) {
        return;
    }
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    for (list, containers) in [("containers", spec.containers.as_slice()), ("initContainers", inits)] {
        for (i, c) in containers.iter().enumerate() {
            for (j, port) in c.ports.iter().flatten().enumerate() {
                let Some(number) = port.host_port.filter(|number| *number != port.container_port) else {
                    continue;
                };
                let at = format!("{path}.{list}[{i}].ports[{j}].hostPort");
                faults.invalid(&at, number, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

/// The very last rule: no blanks around an image's name.
pub(super) fn image_blanks(spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    for (list, containers) in [("containers", spec.containers.as_slice()), ("initContainers", inits)] {
        for (i, c) in containers.iter().enumerate() {
            let image = c.image.as_deref().unwrap_or_default();
            if image.trim() != image {
                let at = format!("{path}.{list}[{i}].image");
                let message = format!(
                    "Invalid value: {}: must not have leading or trailing whitespace",
                    serde_json::Value::from(image)
                );
                faults.add(FieldReason::Invalid, &at, message);
            }
        }
    }
}
