//! Kinds that hold no Pod template.

use super::faults::Faults;
use super::workload::int_or_percent;
use super::{meta, probe};
use crate::kube::quantity::Amount;
use crate::kube::{Object, names};
use crate::sim::api::FieldReason;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// All keys and values of a `ConfigMap` or Secret together, in bytes.
const MAX_DATA: usize = 1 << 20;

pub(super) fn other(object: &Object, faults: &mut Faults) {
    match object {
        Object::ConfigMap(o) => config_map(o, faults),
        Object::Secret(o) => secret(o, faults),
        Object::Service(o) => service(o, faults),
        Object::PersistentVolumeClaim(o) => {
            if let Some(spec) = &o.spec {
                claim_spec(spec, "spec", faults);
            }
        }
        Object::PersistentVolume(o) => super::storage::volume(o, faults),
        Object::PodDisruptionBudget(o) => budget(o, faults),
        Object::PriorityClass(o) => priority_class(o, faults),
        Object::Node(o) => node(o, faults),
        Object::LimitRange(o) => super::bounds::limit_range(o, faults),
        Object::ResourceQuota(o) => super::bounds::quota(o, faults),
        Object::Endpoints(o) => endpoints(o, faults),
        Object::Lease(o) => lease(o, faults),
        Object::Passive(kind, o) => super::passive::passive(*kind, o, faults),
        _ => {}
    }
}

fn config_map(o: &core::ConfigMap, faults: &mut Faults) {
    let mut size = 0;
    for (key, value) in o.data.iter().flatten() {
        data_key(key, "data", faults);
        if o.binary_data.as_ref().is_some_and(|binary| binary.contains_key(key)) {
            faults.invalid(&format!("data[{key}]"), key.as_str(), "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in o.binary_data.iter().flatten() {
        data_key(key, "binaryData", faults);
        size += value.0.len();
    }
    if size > MAX_DATA {
        // This one has no path of its own.
        faults.too_long("[]", MAX_DATA);
    }
}

fn data_key(key: &str, field: &str, faults: &mut Faults) {
    faults.invalid_all(&format!("{field}[{key}]"), key, names::config_key_errors(key));
}

fn secret(o: &core::Secret, faults: &mut Faults) {
    let mut size = 0;
    for (key, value) in o.data.iter().flatten() {
        data_key(key, "data", faults);
        size += value.0.len();
    }
    if size > MAX_DATA {
        faults.too_long("data", MAX_DATA);
    }
    let has = |key: &str| o.data.as_ref().is_some_and(|data| data.contains_key(key));
    let needed: &[&str] = match o.type_.as_deref().unwrap_or_default() {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    for key in needed.iter().filter(|key| !has(key)) {
        faults.required(&format!("data[{key}]"), "");
    }
    for key in [".dockerconfigjson", ".dockercfg"].iter().filter(|key| needed.contains(key) && has(key)) {
        let text = o.data.iter().flatten().find(|(known, _)| known == key).map(|(_, bytes)| &bytes.0);
        let text = String::from_utf8_lossy(text.map_or(&[][..], Vec::as_slice));
        if let Some(fault) = crate::kube::manifest::json_fault(&text) {
            faults.invalid(&format!("data[{key}]"), "<secret contents redacted>", &fault);
        }
    }
    if o.type_.as_deref() == Some("kubernetes.io/service-account-token") {
        let name = "kubernetes.io/service-account.name";
        let account = o.metadata.annotations.as_ref().and_then(|all| all.get(name));
        faults.not_empty(&format!("metadata.annotations[{name}]"), account.map(String::as_str));
    }
    let basic = o.type_.as_deref() == Some("kubernetes.io/basic-auth");
    if basic && !has("username") && !has("password") {
        faults.required("data[username]", "");
        faults.required("data[password]", "");
    }
}

fn service(o: &core::Service, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    let kind = spec.type_.as_deref().unwrap_or_default();
    let ports = spec.ports.as_deref().unwrap_or_default();
    let headless = spec.cluster_ip.as_deref() == Some("None");
    if ports.is_empty() && !headless && kind != "ExternalName" {
        faults.required("spec.ports", "");
    }
    service_ports(ports, kind, faults);
    meta::labels(spec.selector.as_ref(), "spec.selector", faults);
    let affinity = spec.session_affinity.as_deref();
    faults.required_one_of("spec.sessionAffinity", affinity, &["ClientIP", "None"]);
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    faults.required_one_of("spec.type", Some(kind), &kinds);
    if kind == "ExternalName" {
        match spec.external_name.as_deref().unwrap_or_default().trim_end_matches('.') {
            "" => faults.required("spec.externalName", ""),
            name => faults.invalid_all("spec.externalName", name, names::subdomain_errors(name)),
        }
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let detail = format!("may not be set to 'None' for {kind} services");
        faults.invalid("spec.clusterIPs[0]", "None", &detail);
    }
    if let Some(address) = spec.cluster_ip.as_deref().filter(|ip| !["", "None"].contains(ip))
        && address.parse::<std::net::IpAddr>().is_err()
    {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        faults.invalid("spec.clusterIPs[0]", address, detail);
    }
    from_outside(spec, kind, faults);
}

/// What only concerns those who come from outside the cluster.
fn from_outside(spec: &core::ServiceSpec, kind: &str, faults: &mut Faults) {
    let addresses = spec.external_ips.as_deref().unwrap_or_default();
    for (i, address) in addresses.iter().enumerate() {
        if address.parse::<std::net::IpAddr>().is_err() {
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            faults.invalid(&format!("spec.externalIPs[{i}]"), address.as_str(), detail);
        }
    }
    if spec.load_balancer_source_ranges.as_ref().is_some_and(|ranges| !ranges.is_empty())
        && kind != "LoadBalancer"
    {
        let detail = "may only be used when `type` is 'LoadBalancer'";
        faults.forbidden("spec.LoadBalancerSourceRanges", detail);
    }
    let policy = spec.external_traffic_policy.as_deref().unwrap_or_default();
    let reachable =
        ["NodePort", "LoadBalancer"].contains(&kind) || (kind == "ClusterIP" && !addresses.is_empty());
    if !policy.is_empty() && !reachable {
        let detail = "may only be set for externally-accessible services";
        faults.invalid("spec.externalTrafficPolicy", policy, detail);
    } else if !policy.is_empty() {
        faults.one_of("spec.externalTrafficPolicy", policy, &["Cluster", "Local"]);
    }
}

fn lease(o: &Lease, faults: &mut Faults) {
    let seconds = o.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    if let Some(seconds) = seconds.filter(|seconds| *seconds <= 0) {
        faults.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
    }
}

fn endpoints(o: &core::Endpoints, faults: &mut Faults) {
    for (i, subset) in o.subsets.iter().flatten().enumerate() {
        let at = format!("subsets[{i}]");
        let lists = [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)];
        if lists.iter().all(|(_, list)| list.as_ref().is_none_or(Vec::is_empty)) {
            faults.required(&at, "must specify `addresses` or `notReadyAddresses`");
        }
        for (field, list) in lists {
            for (j, address) in list.iter().flatten().enumerate() {
                if address.ip.parse::<std::net::IpAddr>().is_err() {
                    let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
                    faults.invalid(&format!("{at}.{field}[{j}].ip"), address.ip.as_str(), detail);
                }
            }
        }
        let ports = subset.ports.as_deref().unwrap_or_default();
        for (j, port) in ports.iter().enumerate() {
            let at = |field: &str| format!("{at}.ports[{j}].{field}");
            match port.name.as_deref().unwrap_or_default() {
                "" if ports.len() > 1 => faults.required(&at("name"), ""),
                "" => {}
                name => faults.invalid_all(&at("name"), name, names::label_errors(name)),
            }
            probe::port_number(port.port, &at("port"), faults);
            faults.required_one_of(&at("protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
        }
    }
}

fn service_ports(ports: &[core::ServicePort], kind: &str, faults: &mut Faults) {
    let mut taken: Vec<&str> = Vec::new();
    let mut pairs: Vec<(i32, &str)> = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        let at = |field: &str| format!("spec.ports[{i}].{field}");
        let name = port.name.as_deref().unwrap_or_default();
        let protocol = port.protocol.as_deref().unwrap_or_default();
        if name.is_empty() && ports.len() > 1 {
            faults.required(&at("name"), "");
        } else if !name.is_empty() {
            faults.invalid_all(&at("name"), name, names::label_errors(name));
            if taken.contains(&name) {
                faults.duplicate(&at("name"), name);
            }
            taken.push(name);
        }
        probe::port_number(port.port, &at("port"), faults);
        faults.required_one_of(&at("protocol"), Some(protocol), &["SCTP", "TCP", "UDP"]);
        if let Some(target) = &port.target_port {
            probe::port(target, &at("targetPort"), faults);
        }
        if let Some(protocol) = port.app_protocol.as_deref() {
            faults.invalid_all(&at("appProtocol"), protocol, names::label_key_errors(protocol));
        }
        if port.node_port.is_some_and(|number| number != 0) && kind == "ClusterIP" {
            faults.forbidden(&at("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
        if pairs.contains(&(port.port, protocol)) {
            let value = format!(
                "{{\"Name\":\"\",\"Protocol\":\"{protocol}\",\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                port.port
            );
            let message = format!("Duplicate value: {value}");
            faults.add(FieldReason::Duplicate, &format!("spec.ports[{i}]"), message);
        }
        pairs.push((port.port, protocol));
    }
}

pub(super) fn claim_spec(spec: &core::PersistentVolumeClaimSpec, at: &str, faults: &mut Faults) {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        faults.required(&format!("{at}.accessModes"), "at least 1 access mode is required");
    }
    for mode in modes {
        let known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
        faults.one_of(&format!("{at}.accessModes"), mode, &known);
    }
    let storage = spec.resources.as_ref().and_then(|r| r.requests.as_ref()).and_then(|r| r.get("storage"));
    let at_storage = format!("{at}.resources[storage]");
    match storage.map(Amount::of) {
        None => faults.required(&at_storage, ""),
        Some(amount) if amount <= Amount::ZERO => {
            faults.invalid(&at_storage, amount.to_string(), "must be greater than zero");
        }
        Some(_) => {}
    }
    if let Some(selector) = &spec.selector {
        meta::selector(selector, &format!("{at}.selector"), faults);
    }
    if let Some(name) = spec.storage_class_name.as_deref().filter(|name| !name.is_empty()) {
        faults.invalid_all(&format!("{at}.storageClassName"), name, names::subdomain_errors(name));
    }
    if let Some(mode) = &spec.volume_mode {
        faults.one_of(&format!("{at}.volumeMode"), mode, &["Block", "Filesystem"]);
    }
}

fn budget(o: &PodDisruptionBudget, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        let shown = format!(
            "{{\"MinAvailable\":{},\"Selector\":{},\"MaxUnavailable\":{},\"UnhealthyPodEvictionPolicy\":null}}",
            serde_json::to_value(&spec.min_available).unwrap_or_default(),
            serde_json::to_value(&spec.selector).unwrap_or_default(),
            serde_json::to_value(&spec.max_unavailable).unwrap_or_default(),
        );
        faults.invalid_json("spec", &shown, detail);
    }
    for (value, at) in [
        (spec.min_available.as_ref(), "spec.minAvailable"),
        (spec.max_unavailable.as_ref(), "spec.maxUnavailable"),
    ] {
        let number = int_or_percent(value, at, faults);
        if let (Some(IntOrString::String(text)), Some(101..)) = (value, number) {
            faults.invalid(at, text.as_str(), "must not be greater than 100%");
        }
    }
    if let Some(selector) = &spec.selector {
        meta::selector(selector, "spec.selector", faults);
    }
}

/// The highest value a class of users may have.
const HIGHEST_USER_PRIORITY: i32 = 1_000_000_000;

fn priority_class(o: &PriorityClass, faults: &mut Faults) {
    let name = o.metadata.name.as_deref().unwrap_or_default();
    if name.starts_with("system-") {
        let detail = "priority class names with 'system-' prefix are reserved for system use only. error: ";
        let known = ["system-node-critical", "system-cluster-critical"].contains(&name);
        if !known {
            faults
                .forbidden("metadata.name", &format!("{detail}{name} is not a known system priority class"));
        }
    } else if o.value.unwrap_or(0) > HIGHEST_USER_PRIORITY {
        let detail = format!("maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}");
        faults.forbidden("value", &detail);
    }
    if let Some(policy) = &o.preemption_policy {
        faults.one_of("preemptionPolicy", policy, &["Never", "PreemptLowerPriority"]);
    }
}

fn node(o: &core::Node, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (i, taint) in spec.taints.iter().flatten().enumerate() {
        let at = |field: &str| format!("spec.taints[{i}].{field}");
        faults.invalid_all(&at("key"), &taint.key, names::label_key_errors(&taint.key));
        let value = taint.value.as_deref().unwrap_or_default();
        faults.invalid_all(&at("value"), value, names::label_value_errors(value));
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        faults.required_one_of(&at("effect"), Some(&taint.effect), &effects);
        if seen.contains(&(taint.key.as_str(), taint.effect.as_str())) {
            let detail = "taints must be unique by key and effect pair";
            let message = format!(
                "Duplicate value: {{\"Key\":\"{}\",\"Value\":\"{value}\",\"Effect\":\"{}\",\"TimeAdded\":null}}: {detail}",
                taint.key, taint.effect
            );
            faults.add(FieldReason::Duplicate, &format!("spec.taints[{i}]"), message);
        }
        seen.push((&taint.key, &taint.effect));
    }
}

/// What identifies a node may be set once.
pub(super) fn node_update(new: &core::Node, old: &core::Node, faults: &mut Faults) {
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let ranges = |spec: &core::NodeSpec| spec.pod_cidrs.clone().unwrap_or_default();
    let changed = !ranges(old).is_empty() && (ranges(new) != ranges(old) || new.pod_cidr != old.pod_cidr);
    if changed {
        faults.forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
    }
    if old.provider_id.as_deref().is_some_and(|id| !id.is_empty()) && new.provider_id != old.provider_id {
        faults
            .forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
    }
}
