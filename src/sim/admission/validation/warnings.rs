//! What the server accepts but warns of (`pkg/api/pod/warnings.go`).

use crate::kube::core as api;
use crate::kube::quantity::Amount;
use crate::kube::{Object, names, requests};
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use std::collections::BTreeSet;

/// What the server warns of in `object`.
pub fn warnings(object: &Object) -> Vec<String> {
    let mut found = Vec::new();
    let mut template = |t: &PodTemplateSpec, at: &str| {
        if let Some(spec) = &t.spec {
            pod_spec(spec, at, &mut found);
        }
    };
    match object {
        Object::Pod(pod) => {
            host_name(pod.name(), &mut found);
            pod_spec(&pod.spec, "spec", &mut found);
        }
        Object::Deployment(o) => o.spec.iter().for_each(|s| template(&s.template, "spec.template.spec")),
        Object::ReplicaSet(o) => {
            let templates = o.spec.iter().filter_map(|s| s.template.as_ref());
            templates.for_each(|t| template(t, "spec.template.spec"));
        }
        Object::ReplicationController(o) => {
            let templates = o.spec.iter().filter_map(|s| s.template.as_ref());
            templates.for_each(|t| template(t, "spec.template.spec"));
        }
        Object::StatefulSet(o) => o.spec.iter().for_each(|s| template(&s.template, "spec.template.spec")),
        Object::DaemonSet(o) => o.spec.iter().for_each(|s| template(&s.template, "spec.template.spec")),
        Object::Job(o) => o.spec.iter().for_each(|s| template(&s.template, "spec.template.spec")),
        Object::CronJob(o) => {
            let jobs = o.spec.job_template.spec.iter();
            jobs.for_each(|s| template(&s.template, "spec.jobTemplate.spec.template.spec"));
        }
        _ => {}
    }
    found
}

fn host_name(name: &str, found: &mut Vec<String>) {
    let mut faults = Vec::new();
    if name.len() > 63 {
        faults.push("must be no more than 63 characters".to_owned());
    }
    if name.contains('.') {
        faults.push("must not contain dots".to_owned());
    }
    if !faults.is_empty() && names::subdomain_errors(name).is_empty() {
        found.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [{}]",
            faults.join(" ")
        ));
    }
}

fn pod_spec(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    node_selector(spec, at, found);
    spread(spec, at, found);
    volumes(spec, at, found);
    repeated(spec, at, found);
    for (list, i, c) in numbered(spec) {
        let at = format!("{at}.{list}[{i}]");
        fractions(c, &at, found);
        hidden_env(c, &at, found);
    }
    ports(spec, at, found);
}

fn numbered(spec: &PodSpec) -> impl Iterator<Item = (&'static str, usize, &api::Container)> {
    let init = spec.init_containers.iter().flatten().enumerate().map(|(i, c)| ("initContainers", i, c));
    init.chain(spec.containers.iter().enumerate().map(|(i, c)| ("containers", i, c)))
}

fn node_selector(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    const OLD: [(&str, &str, &str); 5] = [
        ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
        ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
        ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
        ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
        ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ];
    for key in spec.node_selector.iter().flatten().map(|(key, _)| key) {
        if let Some((old, since, new)) = OLD.iter().find(|(old, _, _)| old == key) {
            found.push(format!("{at}.nodeSelector[{old}]: deprecated since {since}; use \"{new}\" instead"));
        }
    }
}

fn spread(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    let nothing = "a null labelSelector results in matching no pod";
    for (i, constraint) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        if constraint.label_selector.is_none() {
            found.push(format!("{at}.topologySpreadConstraints[{i}].labelSelector: {nothing}"));
        }
    }
    let Some(affinity) = &spec.affinity else { return };
    let both = [
        (
            "podAffinity",
            affinity.pod_affinity.as_ref().map(|a| {
                (
                    &a.required_during_scheduling_ignored_during_execution,
                    &a.preferred_during_scheduling_ignored_during_execution,
                )
            }),
        ),
        (
            "podAntiAffinity",
            affinity.pod_anti_affinity.as_ref().map(|a| {
                (
                    &a.required_during_scheduling_ignored_during_execution,
                    &a.preferred_during_scheduling_ignored_during_execution,
                )
            }),
        ),
    ];
    for (kind, terms) in both {
        let Some((required, preferred)) = terms else { continue };
        for (i, term) in required.iter().flatten().enumerate() {
            if term.label_selector.is_none() {
                found.push(format!("{at}.affinity.{kind}.requiredDuringSchedulingIgnoredDuringExecution[{i}].labelSelector: {nothing}"));
            }
        }
        for (i, term) in preferred.iter().flatten().enumerate() {
            if term.pod_affinity_term.label_selector.is_none() {
                found.push(format!("{at}.affinity.{kind}.preferredDuringSchedulingIgnoredDuringExecution[{i}].podAffinityTerm.labelSelector: {nothing}"));
            }
        }
    }
}

fn volumes(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    for (i, volume) in spec.volumes.iter().flatten().enumerate() {
        if volume.git_repo.is_some() {
            found.push(format!(
                "{at}.volumes[{i}].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"
            ));
        }
        if volume.glusterfs.is_some() {
            found.push(format!("{at}.volumes[{i}].glusterfs: deprecated in v1.25, non-functional in v1.26+"));
        }
        let no_sources = |p: &api::ProjectedVolumeSource| p.sources.as_ref().is_some_and(Vec::is_empty);
        // Only a list that was given empty and kept so reaches this place.
        if volume.projected.as_ref().is_some_and(no_sources) {
            found.push(format!("volume \"{}\" (Projected) has no sources provided", volume.name));
        }
    }
}

fn repeated(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for (i, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        let at = format!("{at}.imagePullSecrets[{i}].name");
        if secret.name.is_empty() {
            found.push(format!("{at}: invalid empty name \"\""));
        } else if !names.insert(&secret.name) {
            found.push(format!("{at}: duplicate name \"{}\"", secret.name));
        }
    }
    let mut addresses = BTreeSet::new();
    for (i, alias) in spec.host_aliases.iter().flatten().enumerate() {
        if !addresses.insert(&alias.ip) {
            found.push(format!("{at}.hostAliases[{i}].ip: duplicate ip \"{}\"", alias.ip));
        }
    }
}

fn fractions(c: &api::Container, at: &str, found: &mut Vec<String>) {
    let Some(resources) = &c.resources else { return };
    let both = [("limits", &resources.limits), ("requests", &resources.requests)];
    for (field, list) in both {
        for name in ["memory", "ephemeral-storage"] {
            let Some(quantity) = list.as_ref().and_then(|list| list.get(name)) else { continue };
            let amount = Amount::of(quantity);
            if !amount.is_integer() {
                found.push(format!(
                    "{at}.resources.{field}[{name}]: fractional byte value \"{amount}\" is invalid, must be an integer"
                ));
            }
        }
    }
}

fn hidden_env(c: &api::Container, at: &str, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (i, var) in c.env.iter().flatten().enumerate() {
        let repeats = !seen.insert(&var.name);
        // A variable that builds on the one before it is meant to repeat it.
        let builds_on = var.value.as_deref().is_some_and(|v| v.contains(&format!("$({})", var.name)));
        if repeats && !builds_on {
            found.push(format!(
                "{at}.env[{i}]: hides previous definition of \"{}\", which may be dropped when using apply",
                var.name
            ));
        }
    }
}

/// One port of a container, with where it stands.
struct Port {
    at: String,
    protocol: String,
    host_ip: String,
    host: i32,
    container: i32,
}

fn ports(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    let mut all: Vec<Port> = Vec::new();
    let mut named: Vec<(&str, String)> = Vec::new();
    for (list, i, c) in numbered(spec).filter(|(list, _, c)| *list == "containers" || requests::is_sidecar(c))
    {
        for (j, given) in c.ports.iter().flatten().enumerate() {
            let port = Port {
                at: format!("{at}.{list}[{i}].ports[{j}]"),
                protocol: given.protocol.clone().unwrap_or_default(),
                host_ip: given.host_ip.clone().unwrap_or_default(),
                host: given.host_port.unwrap_or(0),
                container: given.container_port,
            };
            if !port.host_ip.is_empty() && port.host == 0 {
                let name = given.name.as_deref().unwrap_or_default();
                found.push(format!(
                    "{}: hostIP set without hostPort: {{Name:{name} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}",
                    port.at, port.container, port.protocol, port.host_ip
                ));
            }
            let name = given.name.as_deref().unwrap_or_default();
            let same_list = format!("{at}.{list}[{i}].");
            if let Some((_, first)) = named
                .iter()
                .find(|(n, first)| !name.is_empty() && *n == name && !first.starts_with(&same_list))
            {
                found.push(format!(
                    "{}: duplicate port name \"{name}\" with {first}, services and probes that select ports by name will use {first}",
                    port.at
                ));
            } else {
                named.push((name, port.at.clone()));
            }
            compare(&port, &all, found);
            all.push(port);
        }
    }
}

/// A port against those before it: the same, half the same, or ambiguous.
fn compare(port: &Port, before: &[Port], found: &mut Vec<String>) {
    let alike = |other: &&Port| other.protocol == port.protocol && other.container == port.container;
    for other in before.iter().filter(alike) {
        let what = if other.host == port.host && other.host_ip == port.host_ip {
            "duplicate"
        } else if other.host == 0 || port.host == 0 {
            "overlapping"
        } else if other.host == port.host && (other.host_ip.is_empty() || port.host_ip.is_empty()) {
            "dangerously ambiguous"
        } else {
            continue;
        };
        found.push(format!("{}: {what} port definition with {}", port.at, other.at));
        return;
    }
}
