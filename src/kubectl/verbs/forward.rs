//! `kubectl port-forward`.

use crate::kube::{Key, Object, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{Verb, Words};
use serde_json::Value;

const FLAGS: &[Flag] = &[
    flag("address", Takes::List, "Addresses to listen on (comma separated). Only accepts IP addresses or localhost as a value. When localhost is supplied, kubectl will try to bind on both 127.0.0.1 and ::1 and will fail if neither of these addresses are available to bind.").default("[localhost]"),
    flag("pod-running-timeout", Takes::Span, "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running").default("1m0s"),
];

pub(super) const VERB: Verb = Verb {
    name: "port-forward",
    path: "kubectl port-forward",
    summary: "Forward one or more local ports to a pod.",
    usage: "TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
    examples: "# Port 8080 here is port 80 of the Pod\nkubectl port-forward pod/web 8080:80 &\nwget -qO- http://127.0.0.1:8080/",
    flags: &[FLAGS],
    words: Words::Pods,
    run: forward,
    ..Verb::EMPTY
};

/// Ports that lead to a Pod, until the command is ended.
#[derive(Clone, Debug)]
pub struct Forwarding {
    key: Key,
    ports: Vec<(u16, u16)>,
}

impl Forwarding {
    /// The ports of this machine.
    pub fn local_ports(&self) -> Vec<u16> {
        self.ports.iter().map(|(local, _)| *local).collect()
    }

    /// The Pod and its port behind one of them.
    pub fn target(&self, local: u16) -> Option<(Key, u16)> {
        let found = self.ports.iter().find(|(from, _)| *from == local);
        found.map(|(_, to)| (self.key.clone(), *to))
    }

    /// Ends when the Pod has gone.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        match run.cluster.store().get(&self.key).and_then(Object::as_pod) {
            Some(_) => Ok(Flow::Until(SimTime::NEVER)),
            None => Err(Complaint::plain("lost connection to pod")),
        }
    }
}

fn forward(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    let [word, wanted @ ..] = words.as_slice() else { return Err(nothing(run)) };
    if wanted.is_empty() {
        return Err(nothing(run));
    }
    let pod = super::exec::one_pod(run, word)?;
    let service = word.split_once('/').filter(|(kind, _)| ["svc", "service", "services"].contains(kind));
    let service = match service {
        Some((_, name)) => Some(run.get(crate::kube::Kind::Service, name)?.to_value()),
        None => None,
    };
    let mut ports = Vec::new();
    for text in wanted {
        ports.push(parse(run, &pod, service.as_ref(), text)?);
    }
    let phase = pod.status.phase.as_deref().unwrap_or_default();
    if phase != "Running" {
        return Err(Complaint::plain(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    for (local, remote) in &ports {
        run.say(&format!("Forwarding from 127.0.0.1:{local} -> {remote}"));
        run.say(&format!("Forwarding from [::1]:{local} -> {remote}"));
    }
    Ok(Flow::wait(Forwarding { key: containers::key(&pod), ports }))
}

fn nothing(run: &Run) -> Complaint {
    let text = "TYPE/NAME and list of ports are required for port-forward";
    Complaint::Usage(text.to_owned(), run.verb.path)
}

/// `LOCAL:REMOTE`, `PORT`, `:REMOTE`; the remote one may be a name.
fn parse(run: &Run, pod: &Pod, service: Option<&Value>, text: &str) -> Result<(u16, u16), Complaint> {
    let (local, remote) = text.split_once(':').unwrap_or((text, text));
    let target = match service {
        Some(service) => service_port(service, remote)?,
        None => remote.to_owned(),
    };
    let to = match target.parse::<u16>() {
        Ok(port) => port,
        Err(_) if target.bytes().all(|b| b.is_ascii_digit()) => return Err(bad_port("remote", &target)),
        Err(_) => named(pod, &target)?,
    };
    let from = match local {
        "" => 30_000 + (run.now().0 % 20_000) as u16,
        local
            if local == remote
                && local.parse::<u16>().is_err()
                && !local.bytes().all(|b| b.is_ascii_digit()) =>
        {
            to
        }
        local => local.parse::<u16>().map_err(|_| bad_port("local", local))?,
    };
    if to == 0 {
        return Err(Complaint::plain("remote port must be > 0"));
    }
    Ok((from, to))
}

fn bad_port(which: &str, text: &str) -> Complaint {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let why = if digits { "value out of range" } else { "invalid syntax" };
    Complaint::plain(
        format!("error parsing {which} port {text:?}: strconv.ParseUint: parsing {text:?}: {why}")
            .replace(&format!("{which} port {text:?}"), &format!("{which} port '{text}'")),
    )
}

/// The port of the Pod behind a port of a Service.
fn service_port(service: &Value, text: &str) -> Result<String, Complaint> {
    let ports = service.pointer("/spec/ports").and_then(Value::as_array);
    let found = ports.into_iter().flatten().find(|port| {
        port["name"].as_str() == Some(text) || port["port"].as_u64().is_some_and(|n| n.to_string() == text)
    });
    match found.map(|port| port.get("targetPort").unwrap_or(&port["port"])) {
        Some(Value::String(name)) => Ok(name.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        None if text.parse::<u16>().is_ok() => {
            let name = service.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            Err(Complaint::plain(format!("Service {name} does not have a service port {text}")))
        }
        _ => Ok(text.to_owned()),
    }
}

fn named(pod: &Pod, name: &str) -> Result<u16, Complaint> {
    let ports = pod.spec.containers.iter().flat_map(|container| container.ports.iter().flatten());
    let found = ports.into_iter().find(|port| port.name.as_deref() == Some(name));
    let port = found.and_then(|port| u16::try_from(port.container_port).ok());
    port.ok_or_else(|| Complaint::plain(format!("Pod '{}' does not have a named port '{name}'", pod.name())))
}
