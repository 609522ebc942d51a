//! Defaults of the kinds that hold no Pod template.

use super::pod::canonical;
use super::text;
use crate::kube::{Kind, Passive};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Map, Value, json};

pub(super) fn service(o: &mut core::Service) {
    let spec = o.spec.get_or_insert_default();
    text(&mut spec.session_affinity, "None");
    if spec.session_affinity.as_deref() == Some("ClientIP") {
        let client = spec.session_affinity_config.get_or_insert_default().client_ip.get_or_insert_default();
        client.timeout_seconds.get_or_insert(10_800);
    }
    text(&mut spec.type_, "ClusterIP");
    for port in spec.ports.iter_mut().flatten() {
        text(&mut port.protocol, "TCP");
        let target = port.target_port.get_or_insert(IntOrString::Int(0));
        if matches!(target, IntOrString::Int(0))
            || matches!(target, IntOrString::String(name) if name.is_empty())
        {
            *target = IntOrString::Int(port.port);
        }
    }
    let kind = spec.type_.as_deref().unwrap_or_default();
    if kind == "NodePort" || kind == "LoadBalancer" {
        text(&mut spec.external_traffic_policy, "Cluster");
    }
    if kind == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    if kind != "ExternalName" {
        text(&mut spec.internal_traffic_policy, "Cluster");
    }
    o.status.get_or_insert_default().load_balancer.get_or_insert_default();
}

pub(super) fn secret(o: &mut core::Secret) {
    text(&mut o.type_, "Opaque");
    // `stringData` is write-only: its entries overwrite those of `data`.
    if let Some(texts) = o.string_data.take().filter(|texts| !texts.is_empty()) {
        let data = o.data.get_or_insert_default();
        data.extend(texts.into_iter().map(|(key, text)| (key, ByteString(text.into_bytes()))));
    }
}

pub(super) fn namespace(o: &mut core::Namespace) {
    let name = o.metadata.name.clone().unwrap_or_default();
    if !name.is_empty() {
        o.metadata.labels.get_or_insert_default().insert("kubernetes.io/metadata.name".into(), name);
    }
    let finalizers = o.spec.get_or_insert_default().finalizers.get_or_insert_default();
    if o.metadata.deletion_timestamp.is_none() && finalizers.is_empty() {
        finalizers.push("kubernetes".into());
    }
    text(&mut o.status.get_or_insert_default().phase, "Active");
}

pub(super) fn claim(o: &mut core::PersistentVolumeClaim) {
    claim_spec(o.spec.get_or_insert_default());
    text(&mut o.status.get_or_insert_default().phase, "Pending");
}

pub(super) fn claim_spec(spec: &mut core::PersistentVolumeClaimSpec) {
    text(&mut spec.volume_mode, "Filesystem");
    let resources = spec.resources.get_or_insert_default();
    canonical(resources.requests.as_mut());
    canonical(resources.limits.as_mut());
}

pub(super) fn volume(o: &mut core::PersistentVolume) {
    let spec = o.spec.get_or_insert_default();
    text(&mut spec.persistent_volume_reclaim_policy, "Retain");
    text(&mut spec.volume_mode, "Filesystem");
    canonical(spec.capacity.as_mut());
    if let Some(path) = &mut spec.host_path {
        path.type_.get_or_insert_default();
    }
    text(&mut o.status.get_or_insert_default().phase, "Pending");
}

/// Of a container's limits: the default limit is the maximum, the default request the default limit, else the minimum.
pub(super) fn limit_range(o: &mut core::LimitRange) {
    for item in &mut o.spec.get_or_insert_default().limits {
        let lists = [&mut item.default, &mut item.default_request, &mut item.max, &mut item.min];
        for list in lists {
            canonical(list.as_mut());
        }
        canonical(item.max_limit_request_ratio.as_mut());
        if item.type_ != "Container" {
            continue;
        }
        let limits = item.default.get_or_insert_default();
        for (name, max) in item.max.iter().flatten() {
            limits.entry(name.clone()).or_insert_with(|| max.clone());
        }
        let requests = item.default_request.get_or_insert_default();
        for (name, value) in limits.iter().chain(item.min.iter().flatten()) {
            requests.entry(name.clone()).or_insert_with(|| value.clone());
        }
        item.default = item.default.take().filter(|list| !list.is_empty());
        item.default_request = item.default_request.take().filter(|list| !list.is_empty());
    }
}

pub(super) fn quota(o: &mut core::ResourceQuota) {
    canonical(o.spec.get_or_insert_default().hard.as_mut());
    o.status.get_or_insert_default();
}

pub(super) fn endpoints(o: &mut core::Endpoints) {
    for port in o.subsets.iter_mut().flatten().flat_map(|s| s.ports.iter_mut().flatten()) {
        text(&mut port.protocol, "TCP");
    }
}

pub(super) fn slice(o: &mut EndpointSlice) {
    for port in o.ports.iter_mut().flatten() {
        port.name.get_or_insert_default();
        text(&mut port.protocol, "TCP");
    }
}

pub(super) fn priority_class(o: &mut PriorityClass) {
    text(&mut o.preemption_policy, "PreemptLowerPriority");
}

/// Defaults of kinds that are only stored and shown.
pub(super) fn passive(kind: Kind, o: &mut Passive) {
    match kind {
        Kind::HorizontalPodAutoscaler => {
            let spec = part(&mut o.rest, "spec");
            spec.entry("minReplicas").or_insert(json!(1));
            spec.entry("metrics").or_insert_with(|| {
                json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}])
            });
            o.rest.entry("status").or_insert_with(|| json!({"currentMetrics": null, "desiredReplicas": 0}));
        }
        Kind::NetworkPolicy => network_policy(part(&mut o.rest, "spec")),
        Kind::StorageClass => {
            o.rest.entry("reclaimPolicy").or_insert(json!("Delete"));
            o.rest.entry("volumeBindingMode").or_insert(json!("Immediate"));
        }
        Kind::RoleBinding | Kind::ClusterRoleBinding => binding(&mut o.rest),
        Kind::Ingress => {
            let status = o.rest.entry("status").or_insert_with(|| json!({}));
            if let Value::Object(status) = status {
                status.entry("loadBalancer").or_insert_with(|| json!({}));
            }
        }
        _ => {}
    }
}

fn network_policy(spec: &mut Map<String, Value>) {
    let mut types = vec![json!("Ingress")];
    if spec.get("egress").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty()) {
        types.push(json!("Egress"));
    }
    spec.entry("policyTypes").or_insert(Value::Array(types));
    for direction in ["ingress", "egress"] {
        let rules = spec.get_mut(direction).and_then(Value::as_array_mut).into_iter().flatten();
        for port in rules.filter_map(|r| r.get_mut("ports")?.as_array_mut()).flatten() {
            if let Value::Object(port) = port {
                port.entry("protocol").or_insert(json!("TCP"));
            }
        }
    }
}

fn binding(rest: &mut Map<String, Value>) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    part(rest, "roleRef").entry("apiGroup").or_insert(json!(GROUP));
    for subject in rest.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        let grouped = matches!(subject.get("kind").and_then(Value::as_str), Some("User" | "Group"));
        if let Value::Object(subject) = subject
            && grouped
        {
            subject.entry("apiGroup").or_insert(json!(GROUP));
        }
    }
}

/// The object at `key`, made if it is not there (or no object).
fn part<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made an object just above"),
    }
}
