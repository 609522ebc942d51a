//! What is missing on a cluster for a condition to hold at this moment. Knows nothing of how long it holds, nor of what was before.

use super::super::track::statuses;
use crate::course::lab::goal::{Condition, ContainerIs, NodeIs, PodIs, Wish};
use crate::kube::{Key, Kind, Object, Pod};
use crate::kubectl::status::pod_row;
use crate::sim::Cluster;
use serde_json::Value;

/// What is missing for a condition to hold now; `None` if it holds. Conditions that need a memory are none of its business.
pub(super) fn missing(condition: &Condition, cluster: &Cluster) -> Option<String> {
    match condition {
        Condition::Pod { name, is } => pod_is(cluster, name, *is),
        Condition::NoPodBut { name } => no_pod_but(cluster, name),
        Condition::Shows { pod, status } => with_pod(cluster, pod, |p| {
            let shown = pod_row(p, cluster.now()).status;
            (shown != *status).then(|| format!("{pod} shows {shown}"))
        }),
        Condition::Container { pod, container, is } => {
            with_pod(cluster, pod, |p| container_is(p, container, *is))
        }
        Condition::Label { .. } | Condition::Image { .. } | Condition::Node { .. } => {
            pod_has(condition, cluster)
        }
        _ => object_is(condition, cluster),
    }
}

fn pod<'a>(cluster: &'a Cluster, name: &str) -> Option<&'a Pod> {
    cluster.store().get(&Key::pod("default", name))?.as_pod()
}

pub(super) fn with_pod(
    cluster: &Cluster,
    name: &str,
    check: impl FnOnce(&Pod) -> Option<String>,
) -> Option<String> {
    match pod(cluster, name) {
        Some(pod) => check(pod),
        None => Some(format!("there is no Pod {name}")),
    }
}

fn pod_is(cluster: &Cluster, name: &str, is: PodIs) -> Option<String> {
    let found = pod(cluster, name);
    if is == PodIs::Gone {
        return found.map(|p| format!("{name} is still there ({})", pod_row(p, cluster.now()).status));
    }
    let Some(pod) = found else { return Some(format!("there is no Pod {name}")) };
    let phase = pod.status.phase.as_deref().unwrap_or("Pending");
    let holds = match is {
        PodIs::Ready => pod.is_ready() && pod.metadata.deletion_timestamp.is_none(),
        PodIs::Running => phase == "Running",
        PodIs::Succeeded => phase == "Succeeded",
        PodIs::Failed => phase == "Failed",
        PodIs::Pending => phase == "Pending",
        PodIs::Present | PodIs::Gone => true,
    };
    let row = pod_row(pod, cluster.now());
    (!holds).then(|| format!("{name} is {} {}", row.ready, row.status))
}

fn no_pod_but(cluster: &Cluster, name: &str) -> Option<String> {
    let pods = cluster.store().list(Kind::Pod, Some("default")).filter_map(Object::as_pod);
    let others: Vec<&str> = pods.map(Pod::name).filter(|other| *other != name).collect();
    (!others.is_empty()).then(|| format!("there is {}, too", others.join(", ")))
}

fn container_is(pod: &Pod, container: &str, is: ContainerIs) -> Option<String> {
    let Some(status) = statuses(pod).find(|s| s.name == container) else {
        return Some(format!("{} has no container {container}", pod.name()));
    };
    let state = status.state.clone().unwrap_or_default();
    let (holds, now) = match (&state.running, &state.terminated) {
        (Some(_), _) => (
            is == ContainerIs::Running || (is == ContainerIs::Ready && status.ready),
            if status.ready { "running and ready".to_owned() } else { "running, not ready".to_owned() },
        ),
        (None, Some(end)) => {
            (is == ContainerIs::Terminated(end.exit_code), format!("terminated with {}", end.exit_code))
        }
        (None, None) => (false, "waiting".to_owned()),
    };
    (!holds).then(|| format!("{container} is {now}"))
}

fn pod_has(condition: &Condition, cluster: &Cluster) -> Option<String> {
    match condition {
        Condition::Label { pod, key, value } => with_pod(cluster, pod, |p| {
            let found = p.metadata.labels.as_ref().and_then(|l| l.get(key));
            (found != Some(value))
                .then(|| found.map_or(format!("{pod} has no label {key}"), |v| format!("{key} is {v}")))
        }),
        Condition::Image { pod, image } => with_pod(cluster, pod, |p| {
            let all = || p.spec.containers.iter().chain(p.spec.init_containers.iter().flatten());
            let used: Vec<_> = all().filter_map(|c| c.image.as_deref()).collect();
            (!used.contains(&image.as_str())).then(|| format!("{pod} uses {}", used.join(", ")))
        }),
        Condition::Node { pod, node } => with_pod(cluster, pod, |p| {
            let on = p.spec.node_name.as_deref();
            (on != Some(node))
                .then(|| on.map_or(format!("{pod} is on no node yet"), |n| format!("{pod} is on {n}")))
        }),
        _ => None,
    }
}

/// What is missing for a field of an object to be as wished.
fn field_is(cluster: &Cluster, kind: Kind, name: &str, path: &str, wish: &Wish) -> Option<String> {
    let Some(object) = get(cluster, kind, name) else {
        return Some(format!("there is no {} {name}", kind.info().singular));
    };
    let found = values(object, path);
    let is = found.first().map_or("not set", String::as_str);
    let has = |value: &str| found.iter().any(|found| found == value);
    let says = |text: &str| found.iter().any(|found| found.contains(text));
    match wish {
        Wish::Keeps(value) => {
            (!has(value)).then(|| format!("{path} of {name} must stay {value}, and is {is}"))
        }
        Wish::Has(value) => (!has(value)).then(|| format!("{path} of {name} is {is}")),
        Wish::KeepsText(text) => {
            (!says(text)).then(|| format!("{path} of {name} must go on saying {text:?}"))
        }
        Wish::Lacks(text) => says(text).then(|| format!("{path} of {name} says {text:?}")),
        Wish::Sets => {
            let is_set = |either: &str| either.split(" or ").any(|path| !values(object, path).is_empty());
            let unset = path.split(" and ").find(|either| !is_set(either));
            unset.map(|path| format!("{name} does not set {path}"))
        }
    }
}

/// The values at a path such as `spec.containers[app].image`, as they are printed. An item of a list is meant by its name or its place,
/// all of them by `*`.
fn values(object: &Object, path: &str) -> Vec<String> {
    let pointer = path.replace('[', ".").replace(']', "");
    let whole = object.to_value();
    let found = pointer
        .split('.')
        .fold(vec![&whole], |found, part| found.into_iter().flat_map(|value| parts(value, part)).collect());
    found.into_iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

/// What a step of a path leads to.
fn parts<'a>(value: &'a Value, part: &str) -> Vec<&'a Value> {
    let Value::Array(items) = value else { return value.get(part).into_iter().collect() };
    match part.parse::<usize>() {
        _ if part == "*" => items.iter().collect(),
        Ok(place) => items.get(place).into_iter().collect(),
        Err(_) => items.iter().filter(|item| item["name"] == part).collect(),
    }
}

/// The object of that name, in the namespace `default` if its kind has namespaces.
fn get<'a>(cluster: &'a Cluster, kind: Kind, name: &str) -> Option<&'a Object> {
    let namespace = if kind.info().namespaced { "default" } else { "" };
    cluster.store().get(&Key::new(kind, namespace, name))
}

/// The UID of an object; none if it is not there.
pub(super) fn uid(cluster: &Cluster, kind: Kind, name: &str) -> Option<String> {
    get(cluster, kind, name)?.meta().uid.clone()
}

fn object_is(condition: &Condition, cluster: &Cluster) -> Option<String> {
    let get = |kind: Kind, name: &str| get(cluster, kind, name);
    match condition {
        Condition::Exists { kind, name } => {
            get(*kind, name).is_none().then(|| format!("there is no {} {name}", kind.info().singular))
        }
        Condition::Gone { kind, name } => {
            get(*kind, name).map(|_| format!("{} {name} is still there", kind.info().singular))
        }
        Condition::ReadyPods { deployment, pods } => match get(Kind::Deployment, deployment) {
            Some(Object::Deployment(d)) => {
                let ready = d.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0);
                (i64::from(ready) != *pods as i64).then(|| format!("{deployment} has {ready} ready Pods"))
            }
            _ => Some(format!("there is no Deployment {deployment}")),
        },
        Condition::Complete { job } => match get(Kind::Job, job) {
            Some(Object::Job(j)) => {
                let conditions = j.status.as_ref().and_then(|s| s.conditions.as_ref());
                let done = conditions
                    .is_some_and(|all| all.iter().any(|c| c.type_ == "Complete" && c.status == "True"));
                (!done).then(|| format!("{job} is not complete"))
            }
            _ => Some(format!("there is no Job {job}")),
        },
        Condition::Endpoints { service, endpoints } => {
            let ready = ready_endpoints(cluster, service);
            (ready != *endpoints).then(|| format!("{service} has {ready} ready endpoints"))
        }
        Condition::Field { kind, name, path, wish } => field_is(cluster, *kind, name, path, wish),
        Condition::Selects { service, deployment } => match selects(cluster, service, deployment) {
            Ok(true) => None,
            Ok(false) => Some(format!("a new Pod of {deployment} would not be selected by {service}")),
            Err(absent) => Some(absent),
        },
        Condition::Ignores { service, deployment } => match selects(cluster, service, deployment) {
            Ok(false) => None,
            Ok(true) => Some(format!("{service} selects the Pods of {deployment}")),
            Err(absent) => Some(absent),
        },
        Condition::Machine { node, is: NodeIs::Ready } => match get(Kind::Node, node) {
            Some(Object::Node(n)) => {
                let conditions = n.status.as_ref().and_then(|s| s.conditions.as_ref());
                let ready = conditions
                    .is_some_and(|all| all.iter().any(|c| c.type_ == "Ready" && c.status == "True"));
                (!ready).then(|| format!("{node} is NotReady"))
            }
            _ => Some(format!("there is no node {node}")),
        },
        Condition::Machine { node, is: NodeIs::Drained } => drained(cluster, node),
        Condition::Log { pod, text } => with_pod(cluster, pod, |p| {
            (!log_contains(cluster, p, text)).then(|| format!("the log of {pod} does not contain it"))
        }),
        _ => None,
    }
}

/// Whether a Service's selector fits the Pods that a Deployment makes; else which of the two is not there.
fn selects(cluster: &Cluster, service: &str, deployment: &str) -> Result<bool, String> {
    let Some(Object::Service(s)) = get(cluster, Kind::Service, service) else {
        return Err(format!("there is no Service {service}"));
    };
    let Some(Object::Deployment(d)) = get(cluster, Kind::Deployment, deployment) else {
        return Err(format!("there is no Deployment {deployment}"));
    };
    let selector = s.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
    let template = d.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    let labels = template.and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
    Ok(!selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// What is missing for a node to be empty and closed: a drain leaves alone the Pods of a `DaemonSet` and the mirrors of static Pods.
fn drained(cluster: &Cluster, node: &str) -> Option<String> {
    let Some(Object::Node(n)) = get(cluster, Kind::Node, node) else {
        return Some(format!("there is no node {node}"));
    };
    let left_alone = |pod: &Pod| {
        let owners = pod.metadata.owner_references.iter().flatten();
        owners.into_iter().any(|owner| owner.kind == "DaemonSet" || owner.kind == "Node")
    };
    let pods = cluster.store().list(Kind::Pod, None).filter_map(Object::as_pod);
    let there = pods.filter(|p| p.spec.node_name.as_deref() == Some(node) && !left_alone(p));
    let names: Vec<&str> = there.map(Pod::name).collect();
    if !names.is_empty() {
        return Some(format!("still on {node}: {}", names.join(", ")));
    }
    let closed = n.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true);
    (!closed).then(|| format!("{node} still takes new Pods"))
}

pub(super) fn ready_endpoints(cluster: &Cluster, service: &str) -> usize {
    let slices = cluster.store().list(Kind::EndpointSlice, Some("default"));
    let ready = slices.filter_map(|object| match object {
        Object::EndpointSlice(slice) => {
            let of = slice.metadata.labels.as_ref().and_then(|l| l.get("kubernetes.io/service-name"));
            let count = || {
                let all = slice
                    .endpoints
                    .iter()
                    .flatten()
                    .filter(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true)));
                all.count()
            };
            (of.map(String::as_str) == Some(service)).then(count)
        }
        _ => None,
    });
    ready.sum()
}

/// Looks at what `kubectl logs` can still show: each container's newest instance and the one before it, so that what was said before a
/// restart or an end counts.
fn log_contains(cluster: &Cluster, pod: &Pod, text: &str) -> bool {
    let key = Key::pod(pod.namespace(), pod.name());
    let logs = statuses(pod)
        .flat_map(|status| [false, true].map(|previous| cluster.logs(&key, &status.name, previous)));
    logs.flatten().flatten().any(|line| line.text.contains(text))
}
