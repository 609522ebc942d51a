//! Tables of Services, their endpoints, Ingresses and network policies.

use super::{AGE, Column, NAME, SELECTOR, always, text};
use crate::kube::Kind;
use crate::kube::core::{Endpoints, Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use std::collections::BTreeSet;

pub(super) fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Service => {
            const {
                &[
                    NAME,
                    always("TYPE"),
                    always("CLUSTER-IP"),
                    always("EXTERNAL-IP"),
                    always("PORT(S)"),
                    AGE,
                    SELECTOR,
                ]
            }
        }
        Kind::EndpointSlice => {
            const { &[NAME, always("ADDRESSTYPE"), always("PORTS"), always("ENDPOINTS"), AGE] }
        }
        Kind::Ingress => {
            const { &[NAME, always("CLASS"), always("HOSTS"), always("ADDRESS"), always("PORTS"), AGE] }
        }
        Kind::NetworkPolicy => const { &[NAME, always("POD-SELECTOR"), AGE] },
        _ => const { &[NAME, always("ENDPOINTS"), AGE] },
    }
}

pub(super) fn service(name: String, age: String, service: &Service) -> Vec<String> {
    let spec = service.spec.clone().unwrap_or_default();
    let cluster_ip = spec.cluster_ips.iter().flatten().next().or(spec.cluster_ip.as_ref());
    vec![
        name,
        text::or(spec.type_.as_deref(), "ClusterIP"),
        text::or(cluster_ip.map(String::as_str), "<none>"),
        external_ip(service),
        ports(spec.ports.as_deref().unwrap_or_default()),
        age,
        text::pairs(spec.selector.as_ref()),
    ]
}

fn external_ip(service: &Service) -> String {
    let Some(spec) = &service.spec else { return "<none>".to_owned() };
    let external = spec.external_ips.clone().unwrap_or_default();
    match spec.type_.as_deref().unwrap_or("ClusterIP") {
        "ClusterIP" | "NodePort" if external.is_empty() => "<none>".to_owned(),
        "ClusterIP" | "NodePort" => external.join(","),
        "ExternalName" => text::or(spec.external_name.as_deref(), ""),
        "LoadBalancer" => {
            let status = service.status.as_ref().and_then(|s| s.load_balancer.as_ref());
            let ingress = status.and_then(|l| l.ingress.as_deref()).unwrap_or_default();
            let given: BTreeSet<&str> =
                ingress.iter().filter_map(|i| i.ip.as_deref().or(i.hostname.as_deref())).collect();
            let mut all: Vec<String> = given.into_iter().map(str::to_owned).collect();
            all.extend(external);
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        _ => "<unknown>".to_owned(),
    }
}

fn ports(ports: &[ServicePort]) -> String {
    if ports.is_empty() {
        return "<none>".to_owned();
    }
    let one = |port: &ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        match port.node_port {
            Some(node_port) if node_port > 0 => format!("{}:{node_port}/{protocol}", port.port),
            _ => format!("{}/{protocol}", port.port),
        }
    };
    ports.iter().map(one).collect::<Vec<_>>().join(",")
}

pub(super) fn endpoints(name: String, age: String, endpoints: &Endpoints) -> Vec<String> {
    let subsets = endpoints.subsets.as_deref().unwrap_or_default();
    if subsets.is_empty() {
        return vec![name, "<none>".to_owned(), age];
    }
    let mut all = Vec::new();
    for subset in subsets {
        let addresses = subset.addresses.as_deref().unwrap_or_default();
        match subset.ports.as_deref() {
            None | Some([]) => all.extend(addresses.iter().map(|a| a.ip.clone())),
            Some(ports) => {
                for port in ports {
                    all.extend(addresses.iter().map(|a| format!("{}:{}", a.ip, port.port)));
                }
            }
        }
    }
    vec![name, text::at_most_three(&all), age]
}

pub(super) fn slice(name: String, age: String, slice: &EndpointSlice) -> Vec<String> {
    let ports: Vec<String> = slice
        .ports
        .iter()
        .flatten()
        .map(|p| p.port.map_or_else(|| text::or(p.name.as_deref(), "*"), |number| number.to_string()))
        .collect();
    let addresses: Vec<String> =
        slice.endpoints.iter().flatten().flat_map(|e| e.addresses.iter().cloned()).collect();
    let listed = |items: &[String]| {
        if items.is_empty() { "<unset>".to_owned() } else { text::at_most_three(items) }
    };
    vec![name, slice.address_type.clone(), listed(&ports), listed(&addresses), age]
}
