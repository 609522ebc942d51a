//! Kinds that hold no Pod template.

use super::faults::Faults;
use super::workload::int_or_percent;
use super::{meta, probe};
use crate::kube::quantity::Amount;
use crate::kube::{Object, names};
use crate::sim::api::FieldReason;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::scheduling::v1::PriorityClass;

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
        Object::PersistentVolume(o) => volume(o, faults),
        Object::PodDisruptionBudget(o) => budget(o, faults),
        Object::PriorityClass(o) => priority_class(o, faults),
        Object::Node(o) => node(o, faults),
        Object::LimitRange(o) => limit_range(o, faults),
        Object::ResourceQuota(o) => quota(o, faults),
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

fn volume(o: &core::PersistentVolume, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    if spec.access_modes.as_ref().is_none_or(Vec::is_empty) {
        faults.required("spec.accessModes", "");
    }
    if spec.capacity.as_ref().is_none_or(|capacity| !capacity.contains_key("storage")) {
        faults.required("spec.capacity", "");
    }
    let value = serde_json::to_value(spec).unwrap_or_default();
    let kinds = ["hostPath", "nfs", "local", "csi", "iscsi", "fc", "rbd", "cephfs", "azureFile", "azureDisk"];
    if !kinds.iter().any(|kind| value.get(*kind).is_some()) {
        faults.required("spec", "must specify a volume type");
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
    int_or_percent(spec.min_available.as_ref(), "spec.minAvailable", faults);
    int_or_percent(spec.max_unavailable.as_ref(), "spec.maxUnavailable", faults);
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

fn limit_range(o: &core::LimitRange, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    for (i, item) in spec.limits.iter().enumerate() {
        let at = |field: &str, name: &str| format!("spec.limits[{i}].{field}[{name}]");
        let of = |list: &Option<std::collections::BTreeMap<_, _>>, name: &str| {
            list.as_ref().and_then(|list| list.get(name)).map(Amount::of)
        };
        let pairs = [
            ("min", &item.min, "max", &item.max),
            ("defaultRequest", &item.default_request, "default", &item.default),
            ("default", &item.default, "max", &item.max),
        ];
        for (low_name, low, high_name, high) in pairs {
            for name in low.iter().flatten().map(|(name, _)| name) {
                if let (Some(a), Some(b)) = (of(low, name), of(high, name))
                    && a > b
                {
                    let detail = format!("{low_name} value {a} is greater than {high_name} value {b}");
                    faults.invalid(&at(low_name, name), a.to_string(), &detail);
                }
            }
        }
    }
}

/// Resources a quota counts, beside those of extended resources and storage classes.
const COUNTED: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.nodeports",
    "services.loadbalancers",
    "configmaps",
];

fn quota(o: &core::ResourceQuota, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    for (name, amount) in spec.hard.iter().flatten() {
        let at = format!("spec.hard[{name}]");
        faults.invalid_all(&at, name, names::label_key_errors(name));
        if !name.contains('/') && !COUNTED.contains(&name.as_str()) && !name.starts_with("hugepages-") {
            faults.invalid(&at, name.as_str(), "must be a standard resource for quota");
        }
        let amount = Amount::of(amount);
        if amount.is_negative() {
            faults.invalid(&at, amount.to_string(), "must be greater than or equal to 0");
        }
    }
    let scopes = spec.scopes.as_deref().unwrap_or_default();
    let known = [
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ];
    let shown = || serde_json::to_value(scopes).unwrap_or_default();
    if scopes.iter().any(|scope| !known.contains(&scope.as_str())) {
        faults.invalid("spec.scopes", shown(), "unsupported scope");
    }
    let has = |scope: &str| scopes.iter().any(|s| s == scope);
    if (has("Terminating") && has("NotTerminating")) || (has("BestEffort") && has("NotBestEffort")) {
        faults.invalid("spec.scopes", shown(), "conflicting scopes");
    }
}
