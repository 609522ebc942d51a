//! Generators of Services and Ingresses.

use super::config::failed;
use super::config::verb;
use crate::kube::{Kind, names};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name, required};
use regex_lite::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const PORTS: &[Flag] = &[flag("tcp", Takes::List, "port pairs: 80:8080")];
const ADDRESS: &[Flag] = &[flag("clusterip", Takes::Text, "the address in the cluster")];
const NODE_PORT: &[Flag] = &[flag("node-port", Takes::Number, "the port of the nodes")];
const EXTERNAL: &[Flag] = &[flag("external-name", Takes::Text, "the name the Service stands for")];

pub(super) const SERVICE: Verb = Verb {
    name: "service",
    aliases: &["svc"],
    path: "kubectl create service",
    summary: "Create a Service of one of the kinds below.",
    usage: "(clusterip | externalname | loadbalancer | nodeport) [options]",
    verbs: &[
        &verb(
            ("clusterip", "kubectl create service clusterip"),
            ("Create a Service inside the cluster.", "NAME [--tcp=<port>:<targetPort>] [options]"),
            "# Port 80\nkubectl create service clusterip web --tcp=80:8080",
            &[PORTS, ADDRESS, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "ClusterIP"),
        ),
        &verb(
            ("externalname", "kubectl create service externalname"),
            ("Create a Service that is another name.", "NAME --external-name external.name [options]"),
            "# Another name\nkubectl create service externalname db --external-name db.example.com",
            &[PORTS, EXTERNAL, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "ExternalName"),
        ),
        &verb(
            ("loadbalancer", "kubectl create service loadbalancer"),
            ("Create a Service with a load balancer.", "NAME [--tcp=port:targetPort] [options]"),
            "# Port 80\nkubectl create service loadbalancer web --tcp=80:8080",
            &[PORTS, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "LoadBalancer"),
        ),
        &verb(
            ("nodeport", "kubectl create service nodeport"),
            ("Create a Service on a port of every node.", "NAME [--tcp=port:targetPort] [options]"),
            "# Port 80\nkubectl create service nodeport web --tcp=80:8080",
            &[PORTS, NODE_PORT, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "NodePort"),
        ),
    ],
    ..Verb::EMPTY
};

pub(super) const INGRESS: Verb = Verb {
    aliases: &["ing"],
    ..verb(
        ("ingress", "kubectl create ingress"),
        ("Create an Ingress.", "NAME --rule=host/path=service:port[,tls[=secret]]  [options]"),
        "# One path\nkubectl create ingress web --rule=\"example.com/=web:80\"\n\n# All paths, with TLS\n\
         kubectl create ingress web --rule=\"example.com/*=web:80,tls=web-cert\"",
        &[
            &[
                flag("rule", Takes::Texts, "host/path=service:port[,tls[=secret]]"),
                flag("class", Takes::Text, "the IngressClass"),
                flag("default-backend", Takes::Text, "service:port for what no rule takes"),
                flag("annotation", Takes::Texts, "an annotation: key=value"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        ingress,
    )
};

fn service(run: &mut Run, kind: &str) -> Result<Flow, Complaint> {
    if kind == "ExternalName" {
        required(run, &["external-name"])?;
    }
    let name = name(run)?;
    let args = run.args;
    let node_port = args.number("node-port").filter(|n| *n != 0);
    let mut ports = Vec::new();
    for text in args.all("tcp") {
        let (number, target) = pair(text)?;
        let mut entry =
            json!({"name": text.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target});
        if let Some(node_port) = node_port {
            entry["nodePort"] = node_port.into();
        }
        ports.push(entry);
    }
    let headless = args.get("clusterip") == Some("None");
    if ports.is_empty() && kind != "ExternalName" && !headless {
        return Err(Complaint::plain("at least one tcp port specifier must be provided"));
    }
    let mut spec = json!({"selector": {"app": name}, "type": kind});
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    if let Some(ip) = args.get("clusterip").filter(|ip| !ip.is_empty()) {
        spec["clusterIP"] = ip.into();
    }
    if let Some(external) = args.get("external-name") {
        if !names::subdomain_errors(external).is_empty() {
            return Err(Complaint::plain(format!("invalid service external name {external}")));
        }
        spec["externalName"] = external.into();
    }
    let value = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"labels": {"app": name}, "name": name, "namespace": run.namespace}, "spec": spec, "status": {"loadBalancer": {}}});
    finish(run, Kind::Service, value)
        .map_err(|c| failed(c.while_doing(&format!("failed to create {kind} service: "))))
}

/// `port[:targetPort]`, as `--tcp` takes it.
fn pair(text: &str) -> Result<(u64, Value), Complaint> {
    let mut parts = text.split(':');
    let port = parts.next().unwrap_or_default();
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let wrong = |what| Complaint::plain(format!("strconv.ParseUint: parsing {port:?}: {what}"));
    if !digits {
        return Err(wrong("invalid syntax"));
    }
    let number = port.parse::<u16>().map_err(|_| wrong("value out of range"))?;
    let target = match parts.next() {
        None => json!(number),
        Some(target) => match target.parse::<i64>() {
            Ok(n @ 1..=65535) => json!(n),
            Ok(_) => return Err(Complaint::plain("must be between 1 and 65535, inclusive")),
            Err(_) => {
                let faults = names::port_name_errors(target);
                if !faults.is_empty() {
                    return Err(Complaint::Plain(faults.join(",")));
                }
                json!(target)
            }
        },
    };
    Ok((number.into(), target))
}

/// What a rule looks like (`create_ingress.go`); what follows is not looked at.
const RULE: &str = r"^([\w*.-]*)(/.*)=([\w-]+):([\w-]+)(,tls=?([\w-]+)?)?";

fn ingress(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let texts: Vec<&str> = args.all("rule").collect();
    let backend = args.get("default-backend").filter(|b| !b.is_empty());
    if texts.is_empty() && backend.is_none() {
        return Err(Complaint::plain(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all \
             traffic) or a list of rules (which catch specific paths)",
        ));
    }
    let mut spec = json!({});
    let rules = rules(&texts)?;
    let mut metadata = json!({"name": name, "namespace": run.namespace});
    for text in args.all("annotation") {
        let wrong =
            || Complaint::plain(format!("annotation {text} is invalid and should be in format key=[value]"));
        let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
        metadata["annotations"][key] = value.into();
    }
    if let Some(text) = backend {
        let wrong = || Complaint::plain("default-backend should be in format servicename:serviceport");
        let (service, port) = text.split_once(':').filter(|(_, p)| !p.contains(':')).ok_or_else(wrong)?;
        spec["defaultBackend"] = to(service, port);
    }
    if let Some(class) = args.get("class").filter(|c| !c.is_empty()) {
        spec["ingressClassName"] = class.into();
    }
    if !rules.is_empty() {
        spec["rules"] = rules.into();
    }
    let tls = certificates(&texts);
    if !tls.is_empty() {
        spec["tls"] = tls.into();
    }
    let value = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec,
        "status": {"loadBalancer": {}}});
    finish(run, Kind::Ingress, value).map_err(|c| failed(c.while_doing("failed to create ingress: ")))
}

/// The backend of a Service's port.
fn to(service: &str, port: &str) -> Value {
    let port = port.parse::<i32>().map_or_else(|_| json!({"name": port}), |n| json!({"number": n}));
    json!({"service": {"name": service, "port": port}})
}

/// The rules, the paths of a host together.
fn rules(texts: &[&str]) -> Result<Vec<Value>, Complaint> {
    let mut rules: Vec<(String, Vec<Value>)> = Vec::new();
    for text in texts {
        let wrong = || {
            Complaint::plain(format!(
                "rule {text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            ))
        };
        let parts = Regex::new(RULE).ok().and_then(|rule| rule.captures(text)).ok_or_else(wrong)?;
        let (path, kind) = match parts[2].strip_suffix('*') {
            Some(path) => (path.to_owned(), "Prefix"),
            None => (parts[2].to_owned(), "Exact"),
        };
        let entry = json!({"backend": to(&parts[3], &parts[4]), "path": path, "pathType": kind});
        match rules.iter_mut().find(|(host, _)| *host == parts[1]) {
            Some((_, paths)) => paths.push(entry),
            None => rules.push((parts[1].to_owned(), vec![entry])),
        }
    }
    let rule = |(host, paths): (String, Vec<Value>)| {
        let mut rule = json!({"http": {"paths": paths}});
        if !host.is_empty() {
            rule["host"] = host.into();
        }
        rule
    };
    Ok(rules.into_iter().map(rule).collect())
}

/// The TLS entries: hosts of one secret together, each host once.
fn certificates(texts: &[&str]) -> Vec<Value> {
    let mut entries: Vec<(String, Vec<&str>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for text in texts {
        let [_, option] = text.split(',').collect::<Vec<_>>()[..] else { continue };
        let host = text.split('/').next().unwrap_or_default();
        let secret = option.split('=').nth(1).unwrap_or_default();
        if !seen.insert(host) {
            continue;
        }
        match entries.iter_mut().find(|(known, _)| known == secret) {
            Some((_, hosts)) => hosts.push(host),
            None if host.is_empty() && secret.is_empty() => {}
            None => entries.push((secret.to_owned(), if host.is_empty() { vec![] } else { vec![host] })),
        }
    }
    let entry = |(secret, hosts): (String, Vec<&str>)| {
        let mut entry = Map::new();
        if !hosts.is_empty() {
            entry.insert("hosts".to_owned(), json!(hosts));
        }
        if !secret.is_empty() {
            entry.insert("secretName".to_owned(), secret.into());
        }
        Value::Object(entry)
    };
    entries.into_iter().map(entry).collect()
}
