//! `crictl inspect` and `inspectp`: a container or Pod as JSON.

use super::Cluster;
use super::crictl::{Seen, created};
use crate::kube::{SimTime, WallClock};
use crate::sim::runtime::{Sandbox, SandboxId, State};
use serde_json::{Value, json};

fn time(at: Option<SimTime>, wall: &WallClock) -> String {
    match at {
        Some(at) => wall.timestamp(at).strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string(),
        None => "0001-01-01T00:00:00Z".to_owned(),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// The labels the kubelet puts on what it makes for a Pod.
fn labels(cluster: &Cluster, pod: &str, sandbox: &Sandbox) -> Value {
    let uid = cluster.store.pod(&sandbox.namespace, pod).map(|pod| pod.uid().to_owned()).unwrap_or_default();
    json!({"io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": &*sandbox.namespace, "io.kubernetes.pod.uid": uid})
}

/// A container.
pub(super) fn container(cluster: &Cluster, seen: &Seen) -> String {
    let (container, wall) = (seen.container, seen.sandbox.system.wall());
    let mut labels = labels(cluster, &seen.pod, seen.sandbox);
    labels["io.kubernetes.container.name"] = (&*container.name).into();
    let (state, started, exit) = match &container.state {
        State::Created => ("CONTAINER_CREATED", None, None),
        State::Running(since) => ("CONTAINER_RUNNING", Some(*since), None),
        State::Exited(since, exit) => ("CONTAINER_EXITED", *since, Some(exit)),
    };
    let uid = labels["io.kubernetes.pod.uid"].as_str().unwrap_or_default().to_owned();
    let log = format!(
        "/var/log/pods/{}_{}_{uid}/{}/{}.log",
        seen.sandbox.namespace, seen.pod, container.name, container.attempt
    );
    pretty(&json!({
        "info": {
            "pid": container.pid.map_or(0, |pid| 20_000 + seen.id.0 * 100 + pid.0),
            "sandboxID": cluster.sandbox_name(&seen.pod, seen.id),
            "runtimeType": "io.containerd.runc.v2",
            "config": {"command": container.command, "image": {"image": &*container.image_id},
                "log_path": format!("{}/{}.log", container.name, container.attempt)},
        },
        "status": {
            "annotations": {"io.kubernetes.container.restartCount": container.attempt.to_string()},
            "createdAt": time(Some(created(container, cluster.now)), wall),
            "exitCode": exit.map_or(0, |exit| exit.code),
            "finishedAt": time(exit.map(|exit| exit.at), wall),
            "id": container.id,
            "image": {"annotations": {}, "image": &*container.image, "userSpecifiedImage": &*container.image},
            "imageRef": &*container.image_id,
            "labels": labels,
            "logPath": log,
            "message": exit.and_then(|exit| exit.message.as_deref()).unwrap_or_default(),
            "metadata": {"attempt": container.attempt, "name": &*container.name},
            "reason": exit.map(|exit| exit.reason.as_str()).unwrap_or_default(),
            "startedAt": time(started, wall),
            "state": state,
        },
    }))
}

/// The sandbox of a Pod.
pub(super) fn pod(cluster: &Cluster, (pod, id): (&str, SandboxId), sandbox: &Sandbox) -> String {
    let labels = labels(cluster, pod, sandbox);
    let oldest = sandbox.containers.iter().map(|container| created(container, cluster.now)).min();
    pretty(&json!({
        "info": {"image": "registry.k8s.io/pause:3.10", "pid": 20_000 + id.0 * 100, "runtimeType": "io.containerd.runc.v2"},
        "status": {
            "annotations": {},
            "createdAt": time(oldest, sandbox.system.wall()),
            "id": cluster.sandbox_name(pod, id),
            "labels": labels,
            "linux": {"namespaces": {"options": {"ipc": "POD", "network": "POD", "pid": "CONTAINER", "targetId": ""}}},
            "metadata": {"attempt": 0, "name": pod, "namespace": &*sandbox.namespace, "uid": labels["io.kubernetes.pod.uid"]},
            "network": {"additionalIps": [], "ip": &*sandbox.ip},
            "runtimeHandler": "",
            "state": if sandbox.up { "SANDBOX_READY" } else { "SANDBOX_NOTREADY" },
        },
    }))
}
