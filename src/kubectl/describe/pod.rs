//! Pods.

use super::container::{self, Shown};
use super::page::{Page, date};
use super::volume;
use crate::kube::qos::QosClass;
use crate::kube::{Pod, core};
use crate::kubectl::{age, columns, status};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn describe(page: &mut Page, pod: &Pod) {
    head(page, pod);
    if let Some(resources) = &pod.spec.resources {
        page.line(0, "Resources:");
        container::quantities(page, 1, "Limits", resources.limits.as_ref());
        container::quantities(page, 1, "Requests", resources.requests.as_ref());
    }
    let shown = |containers, statuses| Shown { containers, statuses, pod: Some(pod), names_at: "  " };
    let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
    if !inits.is_empty() {
        let statuses = pod.status.init_container_statuses.as_deref().unwrap_or_default();
        container::describe(page, "Init Containers", &shown(inits, statuses));
    }
    let statuses = pod.status.container_statuses.as_deref().unwrap_or_default();
    container::describe(page, "Containers", &shown(&pod.spec.containers, statuses));
    let ephemeral: Vec<core::Container> =
        pod.spec.ephemeral_containers.iter().flatten().map(container::of_ephemeral).collect();
    if !ephemeral.is_empty() {
        let statuses = pod.status.ephemeral_container_statuses.as_deref().unwrap_or_default();
        container::describe(page, "Ephemeral Containers", &shown(&ephemeral, statuses));
    }
    gates_and_conditions(page, pod);
    volume::describe(page, pod.spec.volumes.as_deref().unwrap_or_default(), "  ");
    let qos = pod.status.qos_class.clone().unwrap_or_else(|| QosClass::of(&pod.spec).as_str().to_owned());
    page.field(0, "QoS Class", qos);
    page.pairs(0, "Node-Selectors", pod.spec.node_selector.as_ref());
    tolerations(page, 0, pod.spec.tolerations.as_deref().unwrap_or_default());
    spread(page, 0, pod.spec.topology_spread_constraints.as_deref().unwrap_or_default());
}

fn head(page: &mut Page, pod: &Pod) {
    let (spec, status) = (&*pod.spec, &*pod.status);
    page.heading(&pod.metadata);
    if let Some(priority) = spec.priority {
        page.field(0, "Priority", priority.to_string());
    }
    page.optional(0, "Priority Class Name", spec.priority_class_name.as_deref());
    page.optional(0, "Runtime Class Name", spec.runtime_class_name.as_deref());
    page.optional(0, "Service Account", spec.service_account_name.as_deref());
    match spec.node_name.as_deref().filter(|n| !n.is_empty()) {
        Some(node) => {
            page.field(0, "Node", format!("{node}/{}", status.host_ip.as_deref().unwrap_or_default()));
        }
        None => page.field(0, "Node", "<none>"),
    }
    if let Some(start) = &status.start_time {
        page.field(0, "Start Time", date(start));
    }
    page.labels(&pod.metadata);
    match &pod.metadata.deletion_timestamp {
        Some(at) if !status::is_final(status) => {
            page.field(0, "Status", format!("Terminating (lasts {})", age::since(Some(at), page.now)));
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or_default();
            page.field(0, "Termination Grace Period", format!("{grace}s"));
        }
        _ => page.field(0, "Status", status.phase.as_deref().unwrap_or_default()),
    }
    page.optional(0, "Reason", status.reason.as_deref());
    page.optional(0, "Message", status.message.as_deref());
    if let Some(profile) = spec.security_context.as_ref().and_then(|s| s.seccomp_profile.as_ref()) {
        page.field(0, "SeccompProfile", &profile.type_);
        page.optional(0, "LocalhostProfile", profile.localhost_profile.as_deref());
    }
    page.field(0, "IP", status.pod_ip.as_deref().unwrap_or_default());
    match status.pod_ips.as_deref() {
        None | Some([]) => page.field(0, "IPs", "<none>"),
        Some(ips) => {
            page.line(0, "IPs:");
            for ip in ips {
                page.field(1, "IP", &ip.ip);
            }
        }
    }
    page.controlled_by(&pod.metadata);
    page.optional(0, "NominatedNodeName", status.nominated_node_name.as_deref());
}

fn gates_and_conditions(page: &mut Page, pod: &Pod) {
    let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
    if !gates.is_empty() {
        page.line(0, "Readiness Gates:\n  Type\tStatus");
        for gate in gates {
            let status = status::condition(&pod.status, &gate.condition_type).unwrap_or("<none>");
            page.line(1, &format!("{} \t{status} ", gate.condition_type));
        }
    }
    let conditions = pod.status.conditions.as_deref().unwrap_or_default();
    if !conditions.is_empty() {
        page.line(0, "Conditions:\n  Type\tStatus");
        for condition in conditions {
            page.line(1, &format!("{} \t{} ", condition.type_, condition.status));
        }
    }
}

/// What taints are tolerated, one to a line, by key.
pub(super) fn tolerations(page: &mut Page, level: usize, all: &[core::Toleration]) {
    let mut sorted: Vec<&core::Toleration> = all.iter().collect();
    sorted.sort_by_key(|t| t.key.as_deref().unwrap_or_default());
    if sorted.is_empty() {
        page.field(level, "Tolerations", "<none>");
    }
    for (i, toleration) in sorted.into_iter().enumerate() {
        page.item(level, if i == 0 { "Tolerations" } else { "" }, &tolerated(toleration));
    }
}

fn tolerated(toleration: &core::Toleration) -> String {
    let mut text = toleration.key.clone().unwrap_or_default();
    if let Some(value) = toleration.value.as_deref().filter(|v| !v.is_empty()) {
        text.push('=');
        text.push_str(value);
    }
    if let Some(effect) = toleration.effect.as_deref().filter(|e| !e.is_empty()) {
        text.push(':');
        text.push_str(effect);
    }
    if toleration.operator.as_deref() == Some("Exists")
        && toleration.value.as_deref().unwrap_or_default().is_empty()
    {
        text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        let _ = write!(text, " for {seconds}s");
    }
    text
}

pub(super) fn spread(page: &mut Page, level: usize, constraints: &[core::TopologySpreadConstraint]) {
    let mut by_key: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for c in constraints {
        let mut text =
            format!("{}:{} when max skew {} is exceeded", c.topology_key, c.when_unsatisfiable, c.max_skew);
        if c.label_selector.is_some() {
            let _ = write!(text, " for selector {}", columns::label_selector(c.label_selector.as_ref()));
        }
        by_key.entry(&c.topology_key).or_default().push(text);
    }
    for (i, text) in by_key.into_values().flatten().enumerate() {
        page.item(level, if i == 0 { "Topology Spread Constraints" } else { "" }, &text);
    }
}
