//! The picture of a Pod: what a manifest holds, as boxes to draw. Reads the manifest alone; what a cluster makes of it is not known
//! here.

mod draw;

use super::text::visible;
use crate::kube::core::{Container, PodSpec, Probe, Volume};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

pub use draw::{Glyphs, render};

/// A Pod to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    /// What the manifest is (`Pod`, `Deployment`).
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether the Pod lives in its node's network.
    pub host_network: bool,
    /// Init containers that run one after the other and end.
    pub init: Vec<Part>,
    /// Init containers that stay.
    pub sidecars: Vec<Part>,
    /// The containers.
    pub containers: Vec<Part>,
    /// The volumes.
    pub volumes: Vec<Store>,
}

/// A container to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its ports (`8080`, `metrics 9090/UDP`).
    pub ports: Vec<String>,
    /// Its probes (`ready: GET :8080/healthz`).
    pub probes: Vec<String>,
    /// The volumes it mounts, and where.
    pub mounts: Vec<(String, String)>,
}

/// A volume to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Its name.
    pub name: String,
    /// What it is (`emptyDir`, `configMap settings`).
    pub source: String,
    /// The containers that mount it.
    pub used_by: Vec<String>,
}

/// The picture of the first document of a file that holds a Pod or makes Pods, or why there is none.
pub fn of(text: &str) -> Result<Diagram, String> {
    let mut trouble = String::new();
    for document in text.split("\n---") {
        match serde_saphyr::from_str::<Value>(document.trim_start_matches('-')) {
            Ok(value) => {
                if let Some(diagram) = diagram(&value)? {
                    return Ok(diagram);
                }
            }
            Err(error) => {
                trouble = visible(error.to_string().lines().next().unwrap_or_default()).into_owned();
            }
        }
    }
    Err(if trouble.is_empty() { "the file holds no Pod to draw".to_owned() } else { trouble })
}

/// Where the Pod's spec is, in a Pod and in what makes Pods.
const SPECS: &[&str] = &["/spec/jobTemplate/spec/template/spec", "/spec/template/spec", "/spec"];

fn diagram(value: &Value) -> Result<Option<Diagram>, String> {
    let holds = |path: &&&str| value.pointer(path).is_some_and(|spec| spec.get("containers").is_some());
    let Some(spec) = SPECS.iter().find(holds).and_then(|path| value.pointer(path)) else { return Ok(None) };
    let spec: PodSpec =
        serde_json::from_value(spec.clone()).map_err(|error| visible(&error.to_string()).into_owned())?;
    let word =
        |path: &str| visible(value.pointer(path).and_then(Value::as_str).unwrap_or_default()).into_owned();
    let (sidecars, init): (Vec<&Container>, Vec<&Container>) = spec
        .init_containers
        .iter()
        .flatten()
        .partition(|one| one.restart_policy.as_deref() == Some("Always"));
    let all: Vec<&Container> = spec.init_containers.iter().flatten().chain(&spec.containers).collect();
    Ok(Some(Diagram {
        kind: word("/kind"),
        name: word("/metadata/name"),
        host_network: spec.host_network.unwrap_or(false),
        init: init.into_iter().map(part).collect(),
        sidecars: sidecars.into_iter().map(part).collect(),
        containers: spec.containers.iter().map(part).collect(),
        volumes: spec.volumes.iter().flatten().map(|volume| store(volume, &all)).collect(),
    }))
}

fn part(container: &Container) -> Part {
    let shown = |text: &str| visible(text).into_owned();
    let ports = container.ports.iter().flatten().map(|port| {
        let name = port.name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
        let protocol = port.protocol.as_deref().filter(|protocol| *protocol != "TCP");
        let protocol = protocol.map(|protocol| format!("/{protocol}")).unwrap_or_default();
        shown(&format!("{name}{}{protocol}", port.container_port))
    });
    let probes = [
        ("startup", &container.startup_probe),
        ("ready", &container.readiness_probe),
        ("live", &container.liveness_probe),
    ];
    let probes = probes.iter().filter_map(|(what, probe)| Some(format!("{what}: {}", asks(probe.as_ref()?))));
    let mounts = container.volume_mounts.iter().flatten();
    Part {
        name: shown(&container.name),
        image: shown(container.image.as_deref().unwrap_or_default()),
        ports: ports.collect(),
        probes: probes.map(|probe| shown(&probe)).collect(),
        mounts: mounts.map(|mount| (shown(&mount.name), shown(&mount.mount_path))).collect(),
    }
}

/// What a probe does, in a few words.
fn asks(probe: &Probe) -> String {
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    if let Some(get) = &probe.http_get {
        return format!("GET :{}{}", port(&get.port), get.path.as_deref().unwrap_or("/"));
    }
    if let Some(socket) = &probe.tcp_socket {
        return format!("connect :{}", port(&socket.port));
    }
    if let Some(grpc) = &probe.grpc {
        return format!("gRPC :{}", grpc.port);
    }
    let command = probe.exec.as_ref().and_then(|exec| exec.command.as_ref());
    command.map_or_else(|| "nothing".to_owned(), |words| words.join(" "))
}

fn store(volume: &Volume, containers: &[&Container]) -> Store {
    let mounts = |container: &&&Container| {
        container.volume_mounts.iter().flatten().any(|mount| mount.name == volume.name)
    };
    Store {
        name: visible(&volume.name).into_owned(),
        source: visible(&source(volume)).into_owned(),
        used_by: containers.iter().filter(mounts).map(|one| visible(&one.name).into_owned()).collect(),
    }
}

/// What a volume is: the name of its field, and of the object it refers to.
fn source(volume: &Volume) -> String {
    let value = serde_json::to_value(volume).unwrap_or_default();
    let Some((kind, about)) =
        value.as_object().and_then(|fields| fields.iter().find(|(key, _)| *key != "name"))
    else {
        return "emptyDir".to_owned();
    };
    let named = ["name", "secretName", "claimName", "path"].iter().find_map(|key| about.get(key)?.as_str());
    named.map_or_else(|| kind.clone(), |named| format!("{kind} {named}"))
}

#[cfg(test)]
mod tests;
