//! Kinds that are only stored: Ingresses, network policies, autoscalers, roles and bindings, classes (`pkg/apis/networking`,
//! `autoscaling`, `rbac`, `storage`).

use super::faults::Faults;
use super::{meta, probe};
use crate::kube::{Kind, Passive, names};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

fn items<'a>(value: &'a Value, field: &str) -> Vec<&'a Value> {
    value.get(field).and_then(Value::as_array).map(|items| items.iter().collect()).unwrap_or_default()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn passive(kind: Kind, o: &Passive, faults: &mut Faults) {
    let rest = Value::Object(o.rest.clone());
    let spec = rest.get("spec").unwrap_or(&Value::Null);
    match kind {
        Kind::Ingress => ingress(spec, faults),
        Kind::NetworkPolicy => network_policy(spec, faults),
        Kind::HorizontalPodAutoscaler => autoscaler(spec, faults),
        Kind::Role => rules(&rest, true, faults),
        Kind::ClusterRole => rules(&rest, false, faults),
        Kind::RoleBinding => binding(&rest, true, faults),
        Kind::ClusterRoleBinding => binding(&rest, false, faults),
        Kind::StorageClass => storage_class(&rest, faults),
        Kind::RuntimeClass => runtime_class(&rest, faults),
        Kind::IngressClass => ingress_class(spec, faults),
        _ => {}
    }
}

fn ingress(spec: &Value, faults: &mut Faults) {
    let rules = items(spec, "rules");
    let default = spec.get("defaultBackend");
    if rules.is_empty() && default.is_none() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        faults.invalid_json("spec", "{}", detail);
    }
    if let Some(value) = default {
        backend(value, "spec.defaultBackend", faults);
    }
    for (i, rule) in rules.into_iter().enumerate() {
        let host = text(rule, "host");
        host_name(host, &format!("spec.rules[{i}].host"), faults);
        let Some(http) = rule.get("http") else { continue };
        let at = format!("spec.rules[{i}].http.paths");
        let paths = items(http, "paths");
        if paths.is_empty() {
            faults.required(&at, "");
        }
        for (j, entry) in paths.into_iter().enumerate() {
            path(entry, &format!("{at}[{j}]"), faults);
        }
    }
    for (i, tls) in items(spec, "tls").into_iter().enumerate() {
        for (j, host) in items(tls, "hosts").into_iter().enumerate() {
            host_name(host.as_str().unwrap_or_default(), &format!("spec.tls[{i}].hosts[{j}]"), faults);
        }
    }
    let class = text(spec, "ingressClassName");
    if !class.is_empty() {
        faults.invalid_all("spec.ingressClassName", class, names::subdomain_errors(class));
    }
}

fn host_name(host: &str, at: &str, faults: &mut Faults) {
    if host.is_empty() {
        return;
    }
    if host.parse::<std::net::IpAddr>().is_ok() {
        faults.invalid(at, host, "must be a DNS name, not an IP address");
    } else if let Some(parent) = host.strip_prefix("*.") {
        if !names::subdomain_errors(parent).is_empty() {
            let detail = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
            faults.invalid(at, host, detail);
        }
    } else {
        faults.invalid_all(at, host, names::subdomain_errors(host));
    }
}

fn path(entry: &Value, at: &str, faults: &mut Faults) {
    let (path, at_path) = (text(entry, "path"), format!("{at}.path"));
    let kinds = ["Exact", "ImplementationSpecific", "Prefix"];
    match entry.get("pathType").and_then(Value::as_str) {
        None => faults.required(&format!("{at}.pathType"), "pathType must be specified"),
        Some("Exact" | "Prefix") => {
            if !path.starts_with('/') {
                faults.invalid(&at_path, path, "must be an absolute path");
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|part| path.contains(**part)) {
                faults.invalid(&at_path, path, &format!("must not contain '{part}'"));
            }
            for end in ["/..", "/."].iter().filter(|end| path.ends_with(**end)) {
                faults.invalid(&at_path, path, &format!("cannot end with '{end}'"));
            }
        }
        Some("ImplementationSpecific") => {
            if !path.is_empty() && !path.starts_with('/') {
                faults.invalid(&at_path, path, "must be an absolute path");
            }
        }
        Some(other) => faults.unsupported(&format!("{at}.pathType"), other, &kinds),
    }
    backend(entry.get("backend").unwrap_or(&Value::Null), &format!("{at}.backend"), faults);
}

fn backend(value: &Value, at: &str, faults: &mut Faults) {
    let (service, resource) = (value.get("service"), value.get("resource"));
    let Some(service) = service else {
        if resource.is_none() {
            faults.required(at, "resource or service backend is required");
        }
        return;
    };
    if resource.is_some() {
        faults.invalid(at, "", "cannot set both resource and service backends");
        return;
    }
    let name = text(service, "name");
    let at = |field: &str| format!("{at}.service.{field}");
    if name.is_empty() {
        faults.required(&at("name"), "");
    } else {
        faults.invalid_all(&at("name"), name, names::label_1035_errors(name));
    }
    let port = service.get("port").unwrap_or(&Value::Null);
    let (named, number) = (text(port, "name"), port.get("number").and_then(Value::as_i64).unwrap_or(0));
    match (named.is_empty(), number) {
        (true, 0) => faults.required(at("").trim_end_matches(".service."), "port name or number is required"),
        (false, n) if n != 0 => faults.invalid(
            at("").trim_end_matches(".service."),
            "",
            "cannot set both port name & port number",
        ),
        (false, _) => faults.invalid_all(&at("port.name"), named, names::port_name_errors(named)),
        (true, n) => probe::port_number(n.try_into().unwrap_or(-1), &at("port.number"), faults),
    }
}

fn selector(value: Option<&Value>, at: &str, faults: &mut Faults) {
    let parsed: Option<LabelSelector> = value.and_then(|value| serde_json::from_value(value.clone()).ok());
    if let Some(parsed) = parsed {
        meta::selector(&parsed, at, faults);
    }
}

fn network_policy(spec: &Value, faults: &mut Faults) {
    selector(spec.get("podSelector"), "spec.podSelector", faults);
    for (list, side) in [("ingress", "from"), ("egress", "to")] {
        for (i, rule) in items(spec, list).into_iter().enumerate() {
            for (j, port) in items(rule, "ports").into_iter().enumerate() {
                policy_port(port, &format!("spec.{list}[{i}].ports[{j}]"), faults);
            }
            for (j, peer) in items(rule, side).into_iter().enumerate() {
                policy_peer(peer, &format!("spec.{list}[{i}].{side}[{j}]"), faults);
            }
        }
    }
    let types = items(spec, "policyTypes");
    if types.len() > 2 {
        let value = spec["policyTypes"].clone();
        faults.invalid("spec.policyTypes", value, "may not specify more than two policyTypes");
        return;
    }
    for (i, kind) in types.into_iter().enumerate() {
        let kind = kind.as_str().unwrap_or_default();
        faults.one_of(&format!("spec.policyTypes[{i}]"), kind, &["Egress", "Ingress"]);
    }
}

fn policy_port(port: &Value, at: &str, faults: &mut Faults) {
    let protocol = text(port, "protocol");
    if !protocol.is_empty() {
        faults.one_of(&format!("{at}.protocol"), protocol, &["SCTP", "TCP", "UDP"]);
    }
    let last = port.get("endPort").and_then(Value::as_i64);
    let number: Option<IntOrString> =
        port.get("port").and_then(|port| serde_json::from_value(port.clone()).ok());
    let at_last = format!("{at}.endPort");
    match (number, last) {
        (Some(IntOrString::Int(first)), last) => {
            probe::port_number(first, &format!("{at}.port"), faults);
            if let Some(last) = last.filter(|last| *last < first.into()) {
                faults.invalid(&at_last, last, "must be greater than or equal to `port`");
            }
        }
        (Some(IntOrString::String(name)), last) => {
            faults.invalid_all(&format!("{at}.port"), &name, names::port_name_errors(&name));
            if let Some(last) = last {
                faults.invalid(&at_last, last, "may not be specified when `port` is non-numeric");
            }
        }
        (None, Some(last)) => {
            faults.invalid(&at_last, last, "may not be specified when `port` is not specified");
        }
        (None, None) => {}
    }
}

fn policy_peer(peer: &Value, at: &str, faults: &mut Faults) {
    let chosen = peer.get("podSelector").is_some() || peer.get("namespaceSelector").is_some();
    selector(peer.get("podSelector"), &format!("{at}.podSelector"), faults);
    selector(peer.get("namespaceSelector"), &format!("{at}.namespaceSelector"), faults);
    match peer.get("ipBlock") {
        Some(_) if chosen => faults.forbidden(at, "may not specify both ipBlock and another peer"),
        Some(block) => ip_block(block, &format!("{at}.ipBlock"), faults),
        None if !chosen => faults.required(at, "must specify a peer"),
        None => {}
    }
}

/// The address and the length of a prefix such as `10.0.0.0/8`, IPv4 and IPv6 alike as 128 bits.
fn prefix(cidr: &str) -> Option<(u128, u32)> {
    let (address, length) = cidr.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    match address.parse().ok()? {
        std::net::IpAddr::V4(v4) if length <= 32 => Some((u128::from(u32::from(v4)) << 96, length)),
        std::net::IpAddr::V6(v6) if length <= 128 => Some((u128::from(v6), length)),
        _ => None,
    }
}

fn ip_block(block: &Value, at: &str, faults: &mut Faults) {
    let cidr = text(block, "cidr");
    if cidr.is_empty() {
        faults.required(&format!("{at}.cidr"), "");
        return;
    }
    let invalid = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    let Some((whole, length)) = prefix(cidr) else {
        faults.invalid(&format!("{at}.cidr"), cidr, invalid);
        return;
    };
    for (i, except) in items(block, "except").into_iter().enumerate() {
        let (except, at) = (except.as_str().unwrap_or_default(), format!("{at}.except[{i}]"));
        let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
        match prefix(except) {
            None => faults.invalid(&at, except, invalid),
            Some((part, longer)) if longer <= length || part & mask != whole & mask => {
                faults.invalid(&at, except, "must be a strict subset of `cidr`");
            }
            Some(_) => {}
        }
    }
}

fn autoscaler(spec: &Value, faults: &mut Faults) {
    let least = spec.get("minReplicas").and_then(Value::as_i64);
    if let Some(least) = least.filter(|least| *least < 1) {
        faults.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
    }
    let most = spec.get("maxReplicas").and_then(Value::as_i64).unwrap_or(0);
    if most < 1 {
        faults.invalid("spec.maxReplicas", most, "must be greater than 0");
    }
    if least.is_some_and(|least| most < least) {
        faults.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
    }
    let target = spec.get("scaleTargetRef").unwrap_or(&Value::Null);
    faults.not_empty("spec.scaleTargetRef.kind", Some(text(target, "kind")));
    faults.not_empty("spec.scaleTargetRef.name", Some(text(target, "name")));
}

const RBAC: &str = "rbac.authorization.k8s.io";

fn rules(role: &Value, namespaced: bool, faults: &mut Faults) {
    for (i, rule) in items(role, "rules").into_iter().enumerate() {
        let at = |field: &str| format!("rules[{i}].{field}");
        if items(rule, "verbs").is_empty() {
            faults.required(&at("verbs"), "verbs must contain at least one value");
        }
        let resources = ["apiGroups", "resources", "resourceNames"].map(|field| items(rule, field).len());
        let addresses =
            rule.get("nonResourceURLs").filter(|urls| urls.as_array().is_some_and(|u| !u.is_empty()));
        if let Some(addresses) = addresses {
            if namespaced {
                let detail = "namespaced rules cannot apply to non-resource URLs";
                faults.invalid(&at("nonResourceURLs"), addresses.clone(), detail);
            }
            if resources != [0, 0, 0] {
                let detail = "rules cannot apply to both regular resources and non-resource URLs";
                faults.invalid(&at("nonResourceURLs"), addresses.clone(), detail);
            }
            continue;
        }
        if resources[0] == 0 {
            faults.required(&at("apiGroups"), "resource rules must supply at least one api group");
        }
        if resources[1] == 0 {
            faults.required(&at("resources"), "resource rules must supply at least one resource");
        }
    }
}

fn binding(binding: &Value, namespaced: bool, faults: &mut Faults) {
    let role = binding.get("roleRef").unwrap_or(&Value::Null);
    let group = text(role, "apiGroup");
    // Left out, the group defaults to this one.
    if !["", RBAC].contains(&group) {
        faults.unsupported("roleRef.apiGroup", group, &[RBAC]);
    }
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    faults.one_of("roleRef.kind", text(role, "kind"), kinds);
    faults.not_empty("roleRef.name", Some(text(role, "name")));
    for (i, subject) in items(binding, "subjects").into_iter().enumerate() {
        let at = |field: &str| format!("subjects[{i}].{field}");
        faults.not_empty(&at("name"), Some(text(subject, "name")));
        let group = text(subject, "apiGroup");
        match text(subject, "kind") {
            "ServiceAccount" => {
                if !group.is_empty() {
                    faults.unsupported(&at("apiGroup"), group, &[""]);
                }
                if !namespaced {
                    faults.not_empty(&at("namespace"), Some(text(subject, "namespace")));
                }
            }
            "User" | "Group" => {
                if !["", RBAC].contains(&group) {
                    faults.unsupported(&at("apiGroup"), group, &[RBAC]);
                }
            }
            other => faults.unsupported(&at("kind"), other, &["ServiceAccount", "User", "Group"]),
        }
    }
}

fn runtime_class(class: &Value, faults: &mut Faults) {
    let handler = text(class, "handler");
    faults.invalid_all("handler", handler, names::label_errors(handler));
}

fn ingress_class(spec: &Value, faults: &mut Faults) {
    let controller = text(spec, "controller");
    if controller.is_empty() {
        faults.required("spec.controller", "");
    } else if !controller.contains('/') {
        let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        faults.invalid("spec.controller", controller, detail);
    }
}

fn storage_class(class: &Value, faults: &mut Faults) {
    faults.not_empty("provisioner", Some(text(class, "provisioner")));
    let policy = text(class, "reclaimPolicy");
    if !policy.is_empty() {
        faults.one_of("reclaimPolicy", policy, &["Delete", "Retain"]);
    }
    let mode = text(class, "volumeBindingMode");
    if !mode.is_empty() {
        faults.one_of("volumeBindingMode", mode, &["Immediate", "WaitForFirstConsumer"]);
    }
}

/// What may not change.
pub(super) fn update(kind: Kind, new: &Passive, old: &Passive, faults: &mut Faults) {
    let of = |o: &Passive, field: &str| o.rest.get(field).cloned().unwrap_or_default();
    match kind {
        Kind::RoleBinding | Kind::ClusterRoleBinding if of(new, "roleRef") != of(old, "roleRef") => {
            faults.invalid("roleRef", of(new, "roleRef"), "cannot change roleRef");
        }
        Kind::StorageClass => {
            for field in ["parameters", "provisioner", "reclaimPolicy"] {
                if of(new, field) != of(old, field) {
                    faults.forbidden(field, &format!("updates to {field} are forbidden."));
                }
            }
            if of(new, "volumeBindingMode") != of(old, "volumeBindingMode") {
                faults.invalid("volumeBindingMode", of(new, "volumeBindingMode"), "field is immutable");
            }
        }
        _ => {}
    }
}
