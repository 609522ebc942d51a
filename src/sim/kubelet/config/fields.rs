//! The downward API: fields of the Pod and resources of its containers as text (pkg/fieldpath, resource helpers).

use crate::kube::core::{Container, ResourceFieldSelector};
use crate::kube::quantity::Amount;
use crate::kube::{Kind, Object};
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::spec;
use crate::sim::kubelet::worker::Worker;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A field of the Pod as text.
pub(in crate::sim::kubelet) fn pod_field(worker: &Worker, path: &str, desk: &Desk) -> Result<String, String> {
    let meta = &worker.pod.metadata;
    let pod = &worker.pod.spec;
    if let Some(value) = subscript(path, "metadata.labels", meta.labels.as_ref()) {
        return Ok(value);
    }
    if path.starts_with("metadata.annotations") {
        let annotations = annotations(worker, desk);
        let one = subscript(path, "metadata.annotations", Some(&annotations));
        return Ok(one.unwrap_or_else(|| format_map(Some(&annotations))));
    }
    Ok(match path {
        "metadata.name" => worker.key.name.to_string(),
        "metadata.namespace" => worker.key.namespace.to_string(),
        "metadata.uid" => worker.uid.to_string(),
        "metadata.labels" => format_map(meta.labels.as_ref()),
        "spec.nodeName" => desk.machine.spec.name.to_string(),
        "spec.serviceAccountName" => pod.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => desk.machine.ip.to_string(),
        "status.podIP" | "status.podIPs" => worker.address(desk),
        other => return Err(format!("unsupported fieldPath: {other}")),
    })
}

/// A Pod's annotations as its kubelet keeps them: with when and from where it learned of the Pod (pkg/kubelet/config, `updatePodsInCache`).
fn annotations(worker: &Worker, desk: &Desk) -> BTreeMap<String, String> {
    let mut annotations = worker.pod.metadata.annotations.clone().unwrap_or_default();
    let seen = format!("{:.9}", desk.wall().timestamp(worker.seen));
    annotations.entry("kubernetes.io/config.seen".to_owned()).or_insert(seen);
    annotations.entry("kubernetes.io/config.source".to_owned()).or_insert_with(|| "api".to_owned());
    annotations
}

fn subscript(path: &str, stem: &str, map: Option<&BTreeMap<String, String>>) -> Option<String> {
    let key = path.strip_prefix(stem)?.strip_prefix("['")?.strip_suffix("']")?;
    Some(map.and_then(|map| map.get(key)).cloned().unwrap_or_default())
}

fn format_map(map: Option<&BTreeMap<String, String>>) -> String {
    let mut text = String::new();
    for (key, value) in map.into_iter().flatten() {
        let _ = write!(text, "{}{key}={value:?}", if text.is_empty() { "" } else { "\n" });
    }
    text
}

/// A resource of a container as a number, in the divisor's units, rounded up; without a limit the node's own size.
pub(in crate::sim::kubelet) fn resource_field(
    worker: &Worker,
    container: &Container,
    field: &ResourceFieldSelector,
    desk: &Desk,
) -> Result<String, String> {
    let named = field.container_name.as_deref().filter(|name| !name.is_empty());
    let container = match named.and_then(|name| spec::find(&worker.pod, name)) {
        Some(target) => spec::container(&worker.pod, target)
            .map_or_else(|| container.clone(), std::borrow::Cow::into_owned),
        None => container.clone(),
    };
    let (list, resource) = field.resource.split_once('.').ok_or("unsupported container resource")?;
    let resources = container.resources.unwrap_or_default();
    let find =
        |map: &Option<BTreeMap<String, _>>| map.as_ref().and_then(|map| map.get(resource)).map(Amount::of);
    let limit = find(&resources.limits);
    let amount = match list {
        "limits" => limit.unwrap_or_else(|| capacity(resource, desk)),
        "requests" => find(&resources.requests).or(limit).unwrap_or_default(),
        _ => return Err(format!("unsupported container resource : {}", field.resource)),
    };
    let divisor = field.divisor.as_ref().map(Amount::of).filter(|amount| !amount.is_zero());
    let divisor = divisor.map_or(1000, Amount::milli).max(1);
    let quotient = amount.milli().div_euclid(divisor) + i64::from(amount.milli().rem_euclid(divisor) > 0);
    Ok(quotient.to_string())
}

fn capacity(resource: &str, desk: &Desk) -> Amount {
    match resource {
        "cpu" => Amount::from_milli(desk.machine.spec.cpu_millis as i64),
        "memory" => Amount::from_bytes(desk.machine.spec.memory as i64),
        "ephemeral-storage" => allocatable(resource, desk),
        _ => Amount::default(),
    }
}

/// What the node says it has for Pods.
fn allocatable(resource: &str, desk: &Desk) -> Amount {
    let Some(Object::Node(node)) = desk.ctx.store.find(Kind::Node, "", &desk.machine.spec.name) else {
        return Amount::default();
    };
    let list = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
    list.and_then(|list| list.get(resource)).map(Amount::of).unwrap_or_default()
}
