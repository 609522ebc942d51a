//! Services and endpoints.

use super::page::Page;
use crate::kube::core::{Endpoints, Service, ServicePort};
use crate::kube::{Kind, Object};
use crate::sim::Store;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) fn service(page: &mut Page, o: &Service, store: &Store) {
    let spec = o.spec.clone().unwrap_or_default();
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    let selector =
        spec.selector.as_ref().filter(|s| !s.is_empty()).map(crate::kubectl::columns::joined_selector);
    page.field(0, "Selector", selector.unwrap_or_else(|| "<none>".to_owned()));
    page.field(0, "Type", spec.type_.as_deref().unwrap_or("ClusterIP"));
    page.optional(0, "IP Family Policy", spec.ip_family_policy.as_deref());
    let families = spec.ip_families.as_deref().filter(|families| !families.is_empty());
    page.field(0, "IP Families", families.map_or_else(|| "<none>".to_owned(), |families| families.join(",")));
    page.field(0, "IP", spec.cluster_ip.as_deref().unwrap_or_default());
    page.field(0, "IPs", spec.cluster_ips.clone().map_or("<none>".to_owned(), |ips| ips.join(",")));
    if let Some(external) = spec.external_ips.as_deref().filter(|e| !e.is_empty()) {
        page.field(0, "External IPs", external.join(","));
    }
    page.optional(0, "Desired LoadBalancer IP", spec.load_balancer_ip.as_deref());
    page.optional(0, "External Name", spec.external_name.as_deref());
    let slices = slices(o, store);
    for port in spec.ports.iter().flatten() {
        describe_port(page, port, &slices);
    }
    page.field(0, "Session Affinity", spec.session_affinity.as_deref().unwrap_or("None"));
    page.optional(0, "External Traffic Policy", spec.external_traffic_policy.as_deref());
    page.optional(0, "Internal Traffic Policy", spec.internal_traffic_policy.as_deref());
    if let Some(port) = spec.health_check_node_port.filter(|port| *port != 0) {
        page.field(0, "HealthCheck NodePort", port.to_string());
    }
}

fn describe_port(page: &mut Page, port: &ServicePort, slices: &[&EndpointSlice]) {
    let name = port.name.as_deref().filter(|n| !n.is_empty()).unwrap_or("<unset>");
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    page.field(0, "Port", format!("{name}\t{}/{protocol}", port.port));
    let target = match &port.target_port {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
        None => port.port.to_string(),
    };
    page.field(0, "TargetPort", format!("{target}/{protocol}"));
    page.optional(0, "AppProtocol", port.app_protocol.as_deref());
    if let Some(node_port) = port.node_port.filter(|n| *n > 0) {
        page.field(0, "NodePort", format!("{name}\t{node_port}/{protocol}"));
    }
    page.field(0, "Endpoints", endpoints_of(port, slices));
}

pub(super) fn slices<'a>(o: &Service, store: &'a Store) -> Vec<&'a EndpointSlice> {
    let of_service = |slice: &EndpointSlice| {
        let label = slice.metadata.labels.as_ref().and_then(|l| l.get("kubernetes.io/service-name"));
        label == o.metadata.name.as_ref()
    };
    let all = store.list(Kind::EndpointSlice, o.metadata.namespace.as_deref());
    all.filter_map(|s| if let Object::EndpointSlice(s) = s { Some(&**s) } else { None })
        .filter(|s| of_service(s))
        .collect()
}

pub(super) fn endpoints_of(port: &ServicePort, slices: &[&EndpointSlice]) -> String {
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let mut found = Vec::new();
    for slice in slices {
        let named = |p: &&k8s_openapi::api::discovery::v1::EndpointPort| {
            p.name.as_deref().unwrap_or_default() == port.name.as_deref().unwrap_or_default()
        };
        let number = slice.ports.iter().flatten().find(named).and_then(|p| p.port);
        for endpoint in slice.endpoints.iter().flatten() {
            let ready = endpoint.conditions.as_ref().and_then(|c| c.ready) != Some(false);
            if let (true, Some(number)) = (ready, number) {
                found.extend(endpoint.addresses.iter().map(|a| format!("{a}:{number}")));
            }
        }
    }
    let shown = found.iter().take(3).cloned().collect::<Vec<_>>().join(",");
    match found.len() {
        0..=3 => shown,
        n => format!("{shown} + {} more...", n - 3),
    }
}

pub(super) fn endpoints(page: &mut Page, o: &Endpoints) {
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    page.line(0, "Subsets:");
    for subset in o.subsets.iter().flatten() {
        let list = |all: &Option<Vec<crate::kube::core::EndpointAddress>>| {
            let ips: Vec<&str> = all.iter().flatten().map(|a| a.ip.as_str()).collect();
            if ips.is_empty() { "<none>".to_owned() } else { ips.join(",") }
        };
        page.field(1, "Addresses", list(&subset.addresses));
        page.field(1, "NotReadyAddresses", list(&subset.not_ready_addresses));
        page.line(1, "Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------");
        for port in subset.ports.iter().flatten() {
            let name = port.name.as_deref().unwrap_or("<unset>");
            page.line(2, &format!("{name}\t{}\t{}", port.port, port.protocol.as_deref().unwrap_or("TCP")));
        }
        page.line(0, "");
    }
}
