//! Tables of nodes and other things of the whole cluster.

use super::{AGE, Column, NAME, always, text, wide};
use crate::kube::{Kind, core::Node};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use std::collections::BTreeSet;

pub(super) fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Node => NODE,
        Kind::PriorityClass => {
            const { &[NAME, always("VALUE"), always("GLOBAL-DEFAULT"), AGE, always("PREEMPTIONPOLICY")] }
        }
        Kind::Lease => const { &[NAME, always("HOLDER"), AGE] },
        Kind::RuntimeClass => const { &[NAME, always("HANDLER"), AGE] },
        _ => const { &[NAME, always("STATUS"), AGE] },
    }
}

const NODE: &[Column] = &[
    NAME,
    always("STATUS"),
    always("ROLES"),
    AGE,
    always("VERSION"),
    wide("INTERNAL-IP"),
    wide("EXTERNAL-IP"),
    wide("OS-IMAGE"),
    wide("KERNEL-VERSION"),
    wide("CONTAINER-RUNTIME"),
];

pub(super) fn node(name: String, age: String, node: &Node) -> Vec<String> {
    let status = node.status.as_ref();
    let info = status.and_then(|s| s.node_info.as_ref());
    let address = |kind: &str| {
        let addresses = status.and_then(|s| s.addresses.as_deref()).unwrap_or_default();
        text::or(addresses.iter().find(|a| a.type_ == kind).map(|a| a.address.as_str()), "<none>")
    };
    let kernel = info.map(|i| format!("{} ({})", i.kernel_version, i.architecture));
    vec![
        name,
        node_status(node),
        node_roles(node),
        age,
        info.map(|i| i.kubelet_version.clone()).unwrap_or_default(),
        address("InternalIP"),
        address("ExternalIP"),
        text::or(info.map(|i| i.os_image.as_str()), "<unknown>"),
        text::or(kernel.as_deref(), "<unknown>"),
        text::or(info.map(|i| i.container_runtime_version.as_str()), "<unknown>"),
    ]
}

fn node_status(node: &Node) -> String {
    let conditions = node.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let ready = match conditions.iter().find(|c| c.type_ == "Ready").map(|c| c.status.as_str()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = node.spec.as_ref().and_then(|s| s.unschedulable) == Some(true);
    if cordoned { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
}

/// The roles a node's labels give it, `<none>` if they give none.
pub(crate) fn node_roles(node: &Node) -> String {
    let labels = node.metadata.labels.iter().flatten();
    let roles: BTreeSet<&str> = labels
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => Some(role),
            _ if key == "kubernetes.io/role" && !value.is_empty() => Some(value),
            _ => None,
        })
        .collect();
    if roles.is_empty() {
        return "<none>".to_owned();
    }
    roles.into_iter().collect::<Vec<_>>().join(",")
}

pub(super) fn priority_class(name: String, age: String, class: &PriorityClass) -> Vec<String> {
    vec![
        name,
        class.value.unwrap_or_default().to_string(),
        class.global_default.unwrap_or_default().to_string(),
        age,
        text::or(class.preemption_policy.as_deref(), "<unset>"),
    ]
}
