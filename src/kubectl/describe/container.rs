//! Containers, of Pods and of templates.

use super::page::{Page, date};
use crate::kube::core::{
    Container, ContainerPort, ContainerState, ContainerStateTerminated, ContainerStatus, EnvVar,
    EnvVarSource, EphemeralContainer, Probe,
};
use crate::kube::quantity::Amount;
use crate::kube::{Pod, core};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use k8s_openapi::jiff::Timestamp;
use std::collections::BTreeMap;

/// Containers to show.
pub(super) struct Shown<'a> {
    pub containers: &'a [Container],
    pub statuses: &'a [ContainerStatus],
    /// The Pod they belong to; a template has none.
    pub pod: Option<&'a Pod>,
    /// What stands before a container's name.
    pub names_at: &'static str,
}

pub(super) fn describe(page: &mut Page, title: &str, shown: &Shown) {
    let level = usize::from(shown.pod.is_none());
    if shown.containers.is_empty() {
        page.line(level, &format!("{title}: <none>"));
        return;
    }
    page.line(level, &format!("{title}:"));
    for container in shown.containers {
        page.line(0, &format!("{}{}:", shown.names_at, container.name));
        one(page, container, shown);
    }
}

fn one(page: &mut Page, container: &Container, shown: &Shown) {
    let status = shown.statuses.iter().find(|s| s.name == container.name);
    if let Some(status) = status {
        page.field(2, "Container ID", status.container_id.as_deref().unwrap_or_default());
    }
    page.field(2, "Image", container.image.as_deref().unwrap_or_default());
    if let Some(status) = status {
        page.field(2, "Image ID", &status.image_id);
    }
    ports(page, container.ports.as_deref().unwrap_or_default());
    if let Some(profile) = container.security_context.as_ref().and_then(|s| s.seccomp_profile.as_ref()) {
        page.field(2, "SeccompProfile", &profile.type_);
        page.optional(3, "LocalhostProfile", profile.localhost_profile.as_deref());
    }
    words(page, "Command", container.command.as_deref());
    words(page, "Args", container.args.as_deref());
    if let Some(status) = status {
        state(page, "State", status.state.as_ref());
        if let Some(last) = status.last_state.as_ref().filter(|s| s.terminated.is_some()) {
            state(page, "Last State", Some(last));
        }
        page.field(2, "Ready", if status.ready { "True" } else { "False" });
        page.field(2, "Restart Count", status.restart_count.to_string());
    }
    let resources = container.resources.as_ref();
    quantities(page, 2, "Limits", resources.and_then(|r| r.limits.as_ref()));
    quantities(page, 2, "Requests", resources.and_then(|r| r.requests.as_ref()));
    let probes = [
        ("Liveness", &container.liveness_probe),
        ("Readiness", &container.readiness_probe),
        ("Startup", &container.startup_probe),
    ];
    for (name, probe) in probes {
        if let Some(probe) = probe {
            page.field(2, name, probe_text(probe));
        }
    }
    environment(page, container, shown.pod);
    mounts(page, container);
}

fn ports(page: &mut Page, ports: &[ContainerPort]) {
    let several = if ports.len() > 1 { "s" } else { "" };
    let named = |number: i32, port: &ContainerPort| {
        let protocol = port.protocol.as_deref().unwrap_or_default();
        match port.name.as_deref().filter(|n| !n.is_empty()) {
            Some(name) => format!("{number}/{protocol} ({name})"),
            None => format!("{number}/{protocol}"),
        }
    };
    let listed = |number: fn(&ContainerPort) -> i32| {
        let all: Vec<String> = ports.iter().map(|p| named(number(p), p)).collect();
        if all.is_empty() { "<none>".to_owned() } else { all.join(", ") }
    };
    page.field(2, &format!("Port{several}"), listed(|p| p.container_port));
    page.field(2, &format!("Host Port{several}"), listed(|p| p.host_port.unwrap_or_default()));
}

fn words(page: &mut Page, key: &str, words: Option<&[String]>) {
    let Some(words) = words.filter(|w| !w.is_empty()) else { return };
    page.line(2, &format!("{key}:"));
    for word in words {
        word.split('\n').for_each(|line| page.line(3, line));
    }
}

fn state(page: &mut Page, key: &str, state: Option<&ContainerState>) {
    let Some(state) = state else { return page.field(2, key, "Waiting") };
    if let Some(running) = &state.running {
        page.field(2, key, "Running");
        page.field(3, "Started", started(running.started_at.as_ref().map(|t| t.0)));
    } else if let Some(terminated) = &state.terminated {
        page.field(2, key, "Terminated");
        ended(page, terminated);
    } else {
        page.field(2, key, "Waiting");
        let reason = state.waiting.as_ref().and_then(|w| w.reason.as_deref());
        page.optional(3, "Reason", reason);
    }
}

fn ended(page: &mut Page, state: &ContainerStateTerminated) {
    page.optional(3, "Reason", state.reason.as_deref());
    page.optional(3, "Message", state.message.as_deref());
    page.field(3, "Exit Code", state.exit_code.to_string());
    if let Some(signal) = state.signal.filter(|s| *s > 0) {
        page.field(3, "Signal", signal.to_string());
    }
    page.field(3, "Started", started(state.started_at.as_ref().map(|t| t.0)));
    page.field(3, "Finished", started(state.finished_at.as_ref().map(|t| t.0)));
}

/// A date; nothing is the zero date of Go.
fn started(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(),
        |at| date(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at)),
    )
}

/// Resources below a key, one to a line.
pub(super) fn quantities(page: &mut Page, level: usize, key: &str, all: Option<&BTreeMap<String, Quantity>>) {
    let Some(all) = all.filter(|a| !a.is_empty()) else { return };
    page.line(level, &format!("{key}:"));
    for (name, quantity) in all {
        // As the server's decoding leaves it: 25165824Ki are 24Gi.
        let amount = crate::kube::quantity::Amount::parse(&quantity.0);
        page.field(level + 1, name, amount.map_or_else(|_| quantity.0.clone(), |amount| amount.to_string()));
    }
}

fn port_text(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

fn probe_text(probe: &Probe) -> String {
    let n = |value: Option<i32>| value.unwrap_or_default();
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        n(probe.initial_delay_seconds),
        n(probe.timeout_seconds),
        n(probe.period_seconds),
        n(probe.success_threshold),
        n(probe.failure_threshold)
    );
    let handler = if let Some(exec) = &probe.exec {
        format!("exec [{}]", exec.command.as_deref().unwrap_or_default().join(" "))
    } else if let Some(http) = &probe.http_get {
        let scheme = http.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let path = http.path.as_deref().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        let host = http.host.as_deref().unwrap_or_default();
        format!("http-get {scheme}://{host}:{}{slash}{path}", port_text(&http.port))
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("tcp-socket {}:{}", tcp.host.as_deref().unwrap_or_default(), port_text(&tcp.port))
    } else if let Some(grpc) = &probe.grpc {
        format!("grpc <pod>:{} {}", grpc.port, grpc.service.as_deref().unwrap_or_default())
    } else {
        "unknown".to_owned()
    };
    format!("{handler} {attributes}")
}

fn environment(page: &mut Page, container: &Container, pod: Option<&Pod>) {
    let from = container.env_from.as_deref().unwrap_or_default();
    if !from.is_empty() {
        page.line(2, "Environment Variables from:");
    }
    for source in from {
        let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(map), _) => ("ConfigMap", &map.name, map.optional),
            (None, Some(secret)) => ("Secret", &secret.name, secret.optional),
            (None, None) => continue,
        };
        let prefix = source.prefix.as_deref().filter(|p| !p.is_empty());
        let prefix = prefix.map(|p| format!(" with prefix '{p}'")).unwrap_or_default();
        page.line(3, &format!("{name}\t{kind}{prefix}\tOptional: {}", optional == Some(true)));
    }
    let env = container.env.as_deref().unwrap_or_default();
    if env.is_empty() {
        page.field(2, "Environment", "<none>");
        return;
    }
    page.line(2, "Environment:");
    for variable in env {
        env_variable(page, variable, container, pod);
    }
}

fn env_variable(page: &mut Page, variable: &EnvVar, container: &Container, pod: Option<&Pod>) {
    let name = &variable.name;
    let Some(source) = &variable.value_from else {
        let value = variable.value.as_deref().unwrap_or_default();
        for (i, line) in value.split('\n').enumerate() {
            page.line(3, &if i == 0 { format!("{name}:\t{line}") } else { format!("\t{line}") });
        }
        return;
    };
    page.line(3, &format!("{name}:\t{}", source_text(source, container, pod)));
}

fn source_text(source: &EnvVarSource, container: &Container, pod: Option<&Pod>) -> String {
    if let Some(field) = &source.field_ref {
        let version = field.api_version.as_deref().unwrap_or("v1");
        let value = pod.map(|p| resolved(p, &field.field_path)).unwrap_or_default();
        return format!("{value} ({version}:{})", field.field_path);
    }
    if let Some(resource) = &source.resource_field_ref {
        let value = resource_value(&resource.resource, resource.divisor.as_ref(), container);
        let limit = matches!(resource.resource.as_str(), "limits.cpu" | "limits.memory");
        let value = if limit && value == "0" { "node allocatable".to_owned() } else { value };
        return format!("{value} ({})", resource.resource);
    }
    if let Some(secret) = &source.secret_key_ref {
        let optional = secret.optional == Some(true);
        return format!(
            "<set to the key '{}' in secret '{}'>\tOptional: {optional}",
            secret.key, secret.name
        );
    }
    if let Some(map) = &source.config_map_key_ref {
        let optional = map.optional == Some(true);
        return format!("<set to the key '{}' of config map '{}'>\tOptional: {optional}", map.key, map.name);
    }
    String::new()
}

/// The fields kubectl resolves by itself; all others stay empty.
fn resolved(pod: &Pod, path: &str) -> String {
    let meta = &pod.metadata;
    let subscript = |prefix: &str, map: &Option<BTreeMap<String, String>>| {
        let key = path.strip_prefix(prefix)?.strip_suffix("']")?;
        map.as_ref()?.get(key).cloned()
    };
    match path {
        "metadata.name" => meta.name.clone().unwrap_or_default(),
        "metadata.namespace" => meta.namespace.clone().unwrap_or_default(),
        "metadata.uid" => meta.uid.clone().unwrap_or_default(),
        _ => subscript("metadata.labels['", &meta.labels)
            .or_else(|| subscript("metadata.annotations['", &meta.annotations))
            .unwrap_or_default(),
    }
}

fn resource_value(resource: &str, divisor: Option<&Quantity>, container: &Container) -> String {
    let (list, name) = resource.split_once('.').unwrap_or(("", resource));
    let resources = container.resources.as_ref();
    let list = match list {
        "limits" => resources.and_then(|r| r.limits.as_ref()),
        _ => resources.and_then(|r| r.requests.as_ref()),
    };
    let milli = list.and_then(|l| l.get(name)).map_or(0, |q| Amount::of(q).milli());
    let divisor = divisor.map_or(0, |d| Amount::of(d).milli());
    let divisor = if divisor == 0 { 1000 } else { divisor };
    (milli / divisor + i64::from(milli % divisor > 0)).to_string()
}

fn mounts(page: &mut Page, container: &Container) {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    if mounts.is_empty() {
        page.field(2, "Mounts", "<none>");
    } else {
        page.line(2, "Mounts:");
        let mut sorted: Vec<&core::VolumeMount> = mounts.iter().collect();
        sorted.sort_by_key(|m| m.mount_path.as_str());
        for mount in sorted {
            let mode = if mount.read_only == Some(true) { "ro" } else { "rw" };
            let sub = mount.sub_path.as_deref().filter(|s| !s.is_empty());
            let sub = sub.map(|s| format!(",path={s:?}")).unwrap_or_default();
            page.line(3, &format!("{} from {} ({mode}{sub})", mount.mount_path, mount.name));
        }
    }
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    if !devices.is_empty() {
        page.line(2, "Devices:");
        for d in devices {
            page.line(3, &format!("{} from {}", d.device_path, d.name));
        }
    }
}

/// An ephemeral container as the container it is.
pub(super) fn of_ephemeral(e: &EphemeralContainer) -> Container {
    Container {
        name: e.name.clone(),
        image: e.image.clone(),
        command: e.command.clone(),
        args: e.args.clone(),
        env: e.env.clone(),
        env_from: e.env_from.clone(),
        ports: e.ports.clone(),
        volume_mounts: e.volume_mounts.clone(),
        security_context: e.security_context.clone(),
        resources: e.resources.clone(),
        ..Container::default()
    }
}
