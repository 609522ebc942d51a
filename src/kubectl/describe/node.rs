//! Nodes.

use super::page::{Page, date_or};
use crate::kube::core::{Node, NodeStatus, Taint};
use crate::kube::quantity::Amount;
use crate::kube::requests::{self, Resources};
use crate::kube::{Key, Kind, Object, Pod};
use crate::kubectl::{age, columns, status};
use crate::sim::Store;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

pub(super) fn describe(page: &mut Page, node: &Node, store: &Store) {
    let (spec, node_status) =
        (node.spec.clone().unwrap_or_default(), node.status.clone().unwrap_or_default());
    page.field(0, "Name", node.metadata.name.as_deref().unwrap_or_default());
    page.field(0, "Roles", columns::node_roles(node));
    page.labels(&node.metadata);
    page.field(0, "CreationTimestamp", date_or(node.metadata.creation_timestamp.as_ref(), "<unset>"));
    taints(page, spec.taints.as_deref().unwrap_or_default());
    page.field(0, "Unschedulable", spec.unschedulable.unwrap_or_default().to_string());
    lease(page, node, store);
    conditions(page, &node_status);
    if let Some(addresses) = node_status.addresses.as_deref() {
        page.line(0, "Addresses:");
        for a in addresses {
            page.field(1, &a.type_, &a.address);
        }
    }
    super::container::quantities(page, 0, "Capacity", node_status.capacity.as_ref());
    super::container::quantities(page, 0, "Allocatable", node_status.allocatable.as_ref());
    system(page, &node_status);
    page.optional(0, "PodCIDR", spec.pod_cidr.as_deref());
    if let Some(ranges) = spec.pod_cidrs.as_deref().filter(|r| !r.is_empty()) {
        page.field(0, "PodCIDRs", ranges.join(","));
    }
    page.optional(0, "ProviderID", spec.provider_id.as_deref());
    pods(page, node, node_status.allocatable.unwrap_or_default(), store);
}

fn taints(page: &mut Page, all: &[Taint]) {
    let mut sorted: Vec<&Taint> = all.iter().collect();
    sorted.sort_by_key(|t| (t.effect.as_str(), t.key.as_str()));
    if sorted.is_empty() {
        page.field(0, "Taints", "<none>");
    }
    for (i, taint) in sorted.into_iter().enumerate() {
        let value = taint.value.as_deref().filter(|v| !v.is_empty()).map(|v| format!("={v}"));
        let text = format!("{}{}:{}", taint.key, value.unwrap_or_default(), taint.effect);
        page.item(0, if i == 0 { "Taints" } else { "" }, &text);
    }
}

fn lease(page: &mut Page, node: &Node, store: &Store) {
    let name = node.metadata.name.as_deref().unwrap_or_default();
    let Some(Object::Lease(lease)) = store.get(&Key::new(Kind::Lease, "kube-node-lease", name)) else {
        page.field(0, "Lease", "Failed to get lease: leases.coordination.k8s.io not found");
        return;
    };
    let spec = lease.spec.clone().unwrap_or_default();
    let time = |at: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime>| {
        at.map(|at| k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at.0))
    };
    page.line(0, "Lease:");
    page.field(1, "HolderIdentity", spec.holder_identity.as_deref().unwrap_or("<unset>"));
    page.field(1, "AcquireTime", date_or(time(spec.acquire_time).as_ref(), "<unset>"));
    page.field(1, "RenewTime", date_or(time(spec.renew_time).as_ref(), "<unset>"));
}

fn conditions(page: &mut Page, node_status: &NodeStatus) {
    page.line(
        0,
        "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  \
         ----\t------\t-----------------\t------------------\t------\t-------",
    );
    for c in node_status.conditions.iter().flatten() {
        let (beat, change) = (
            date_or(c.last_heartbeat_time.as_ref(), "Mon, 01 Jan 0001 00:00:00 +0000"),
            date_or(c.last_transition_time.as_ref(), "Mon, 01 Jan 0001 00:00:00 +0000"),
        );
        let (reason, message) =
            (c.reason.as_deref().unwrap_or_default(), c.message.as_deref().unwrap_or_default());
        page.line(1, &format!("{} \t{} \t{beat} \t{change} \t{reason} \t{message}", c.type_, c.status));
    }
}

fn system(page: &mut Page, node_status: &NodeStatus) {
    let info = node_status.node_info.clone().unwrap_or_default();
    page.line(0, "System Info:");
    for (key, value) in [
        ("Machine ID", info.machine_id),
        ("System UUID", info.system_uuid),
        ("Boot ID", info.boot_id),
        ("Kernel Version", info.kernel_version),
        ("OS Image", info.os_image),
        ("Operating System", info.operating_system),
        ("Architecture", info.architecture),
        ("Container Runtime Version", info.container_runtime_version),
        ("Kubelet Version", info.kubelet_version),
    ] {
        page.field(1, key, value);
    }
}

fn pods(page: &mut Page, node: &Node, allocatable: BTreeMap<String, Quantity>, store: &Store) {
    let here: Vec<&Pod> = store
        .list(Kind::Pod, None)
        .filter_map(Object::as_pod)
        .filter(|p| p.spec.node_name == node.metadata.name && !status::is_final(&p.status))
        .collect();
    page.field(0, "Non-terminated Pods", format!("({} in total)", here.len()));
    page.line(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n  \
         ---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
    );
    let (mut requests_total, mut limits_total) = (Resources::default(), Resources::default());
    for pod in here {
        let (requests, limits) =
            (requests::pod_requests(&pod.spec, Some(&pod.status)), requests::pod_limits(&pod.spec));
        let share = |of: &Resources, name: &str| share(of, name, &allocatable);
        page.line(
            1,
            &format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                pod.namespace(),
                pod.name(),
                share(&requests, "cpu"),
                share(&limits, "cpu"),
                share(&requests, "memory"),
                share(&limits, "memory"),
                age::since(pod.metadata.creation_timestamp.as_ref(), page.now)
            ),
        );
        requests::add(&mut requests_total, &requests);
        requests::add(&mut limits_total, &limits);
    }
    page.line(
        0,
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  \
         --------\t--------\t------",
    );
    let mut names = vec!["cpu", "memory", "ephemeral-storage"];
    names.extend(allocatable.keys().map(String::as_str).filter(|k| k.starts_with("hugepages-")));
    for name in names {
        let (asked, most) =
            (share(&requests_total, name, &allocatable), share(&limits_total, name, &allocatable));
        page.line(1, &format!("{name}\t{asked}\t{most}"));
    }
    for name in allocatable.keys().filter(|k| k.contains('/')) {
        let of = |all: &Resources| amount(all, name).to_quantity().0;
        page.line(1, &format!("{name}\t{}\t{}", of(&requests_total), of(&limits_total)));
    }
}

fn amount(of: &Resources, name: &str) -> Amount {
    of.get(name).copied().unwrap_or_else(|| Amount::units(0))
}

/// An amount and its share of what the node has: `50m (2%)`.
fn share(of: &Resources, name: &str, allocatable: &BTreeMap<String, Quantity>) -> String {
    let amount = amount(of, name);
    let all = allocatable.get(name).map_or(0, |q| Amount::of(q).milli());
    let percent = if all == 0 { 0 } else { i128::from(amount.milli()) * 100 / i128::from(all) };
    format!("{} ({percent}%)", amount.to_quantity().0)
}
