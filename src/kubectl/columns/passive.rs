//! Tables of the kinds that nothing in the simulation acts on, read from their JSON.

use super::{AGE, Column, NAME, always, text, wide};
use crate::kube::{Kind, Passive};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;

pub(super) fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::HorizontalPodAutoscaler => {
            const {
                &[
                    NAME,
                    always("REFERENCE"),
                    always("TARGETS"),
                    always("MINPODS"),
                    always("MAXPODS"),
                    always("REPLICAS"),
                    AGE,
                ]
            }
        }
        Kind::PodTemplate => const { &[NAME, always("CONTAINERS"), always("IMAGES"), always("POD LABELS")] },
        Kind::IngressClass => const { &[NAME, always("CONTROLLER"), always("PARAMETERS"), AGE] },
        Kind::StorageClass => {
            const {
                &[
                    NAME,
                    always("PROVISIONER"),
                    always("RECLAIMPOLICY"),
                    always("VOLUMEBINDINGMODE"),
                    always("ALLOWVOLUMEEXPANSION"),
                    AGE,
                ]
            }
        }
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            const { &[NAME, always("ROLE"), AGE, wide("USERS"), wide("GROUPS"), wide("SERVICEACCOUNTS")] }
        }
        _ => const { &[NAME, always("CREATED AT")] },
    }
}

/// The text at a JSON pointer, empty if there is none.
fn at<'a>(o: &'a Passive, field: &str, pointer: &str) -> &'a str {
    o.rest.get(field).and_then(|v| v.pointer(pointer)).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(o: &'a Passive, field: &str, pointer: &str) -> &'a [Value] {
    let found = o.rest.get(field).and_then(|v| v.pointer(pointer)).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

fn number(o: &Passive, field: &str, pointer: &str) -> String {
    let found = o.rest.get(field).and_then(|v| v.pointer(pointer)).and_then(Value::as_i64);
    found.unwrap_or_default().to_string()
}

pub(super) fn cells(kind: Kind, name: String, age: String, o: &Passive) -> Vec<String> {
    match kind {
        Kind::Ingress => ingress(name, age, o),
        Kind::NetworkPolicy => {
            let selector = o.rest.get("spec").and_then(|s| s.get("podSelector")).cloned();
            let selector = selector.and_then(|s| serde_json::from_value::<LabelSelector>(s).ok());
            vec![name, text::label_selector(selector.as_ref()), age]
        }
        Kind::RuntimeClass => vec![name, at(o, "handler", "").to_owned(), age],
        Kind::IngressClass => {
            vec![name, at(o, "spec", "/controller").to_owned(), "<none>".to_owned(), age]
        }
        Kind::StorageClass => storage_class(name, age, o),
        Kind::RoleBinding | Kind::ClusterRoleBinding => binding(name, age, o),
        Kind::HorizontalPodAutoscaler => autoscaler(name, age, o),
        Kind::PodTemplate => vec![name, String::new(), String::new(), "<none>".to_owned()],
        _ => vec![name, text::created(&o.metadata)],
    }
}

fn ingress(name: String, age: String, o: &Passive) -> Vec<String> {
    let hosts: Vec<String> = list(o, "spec", "/rules")
        .iter()
        .filter_map(|r| r.get("host")?.as_str())
        .filter(|h| !h.is_empty())
        .map(str::to_owned)
        .collect();
    let hosts = if hosts.is_empty() { "*".to_owned() } else { text::at_most_three(&hosts) };
    let addresses: Vec<&str> = list(o, "status", "/loadBalancer/ingress")
        .iter()
        .filter_map(|i| i.get("ip").or_else(|| i.get("hostname"))?.as_str())
        .collect();
    let ports = if list(o, "spec", "/tls").is_empty() { "80" } else { "80, 443" };
    let class = text::or(Some(at(o, "spec", "/ingressClassName")), "<none>");
    vec![name, class, hosts, addresses.join(","), ports.to_owned(), age]
}

fn storage_class(name: String, age: String, o: &Passive) -> Vec<String> {
    let annotations = o.metadata.annotations.as_ref();
    let default = annotations.and_then(|a| a.get("storageclass.kubernetes.io/is-default-class"));
    let name = if default.is_some_and(|d| d == "true") { format!("{name} (default)") } else { name };
    let expands = o.rest.get("allowVolumeExpansion").and_then(Value::as_bool).unwrap_or_default();
    vec![
        name,
        at(o, "provisioner", "").to_owned(),
        text::or(Some(at(o, "reclaimPolicy", "")), "Delete"),
        text::or(Some(at(o, "volumeBindingMode", "")), "Immediate"),
        expands.to_string(),
        age,
    ]
}

fn binding(name: String, age: String, o: &Passive) -> Vec<String> {
    let role = format!("{}/{}", at(o, "roleRef", "/kind"), at(o, "roleRef", "/name"));
    let subjects = |kind: &str| {
        let of_kind = list(o, "subjects", "").iter().filter(|s| s["kind"] == kind);
        let named = of_kind.map(|s| {
            let name = s["name"].as_str().unwrap_or_default();
            match s["namespace"].as_str() {
                Some(namespace) if kind == "ServiceAccount" => format!("{namespace}/{name}"),
                _ => name.to_owned(),
            }
        });
        named.collect::<Vec<_>>().join(", ")
    };
    vec![name, role, age, subjects("User"), subjects("Group"), subjects("ServiceAccount")]
}

fn autoscaler(name: String, age: String, o: &Passive) -> Vec<String> {
    let target =
        format!("{}/{}", at(o, "spec", "/scaleTargetRef/kind"), at(o, "spec", "/scaleTargetRef/name"));
    let metrics = list(o, "spec", "/metrics").iter().map(|m| {
        let resource = m.pointer("/resource/name").and_then(Value::as_str).unwrap_or_default();
        let wanted = m.pointer("/resource/target/averageUtilization").and_then(Value::as_i64);
        format!("{resource}: <unknown>/{}%", wanted.unwrap_or_default())
    });
    let metrics = metrics.collect::<Vec<_>>().join(", ");
    let metrics = text::or(Some(&metrics), "<none>");
    let least = number(o, "spec", "/minReplicas");
    let least = if least == "0" { "1".to_owned() } else { least };
    vec![
        name,
        target,
        metrics,
        least,
        number(o, "spec", "/maxReplicas"),
        number(o, "status", "/currentReplicas"),
        age,
    ]
}
