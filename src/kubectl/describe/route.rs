//! Ingresses and endpoint slices: where traffic goes.

use super::network::{endpoints_of, slices};
use super::page::Page;
use crate::kube::{Key, Kind, Object};
use crate::sim::Store;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend};

pub(super) fn ingress(page: &mut Page, o: &Ingress, store: &Store) {
    let spec = o.spec.clone().unwrap_or_default();
    let namespace = o.metadata.namespace.as_deref().unwrap_or_default();
    page.field(0, "Name", o.metadata.name.as_deref().unwrap_or_default());
    page.pairs(0, "Labels", o.metadata.labels.as_ref());
    page.field(0, "Namespace", namespace);
    let points =
        o.status.iter().filter_map(|s| s.load_balancer.as_ref()).flat_map(|b| b.ingress.iter().flatten());
    let addresses: Vec<&str> = points.filter_map(|i| i.ip.as_deref().or(i.hostname.as_deref())).collect();
    page.field(0, "Address", addresses.join(","));
    page.field(0, "Ingress Class", spec.ingress_class_name.as_deref().unwrap_or("<none>"));
    let backend = |backend: &IngressBackend| describe_backend(backend, namespace, store);
    let default = spec.default_backend.as_ref().map_or_else(|| "<default>".to_owned(), backend);
    page.field(0, "Default backend", &default);
    if let Some(tls) = spec.tls.as_deref().filter(|tls| !tls.is_empty()) {
        page.line(0, "TLS:");
        for entry in tls {
            let hosts = entry.hosts.clone().unwrap_or_default().join(",");
            match entry.secret_name.as_deref().filter(|name| !name.is_empty()) {
                Some(secret) => page.line(1, &format!("{secret} terminates {hosts}")),
                None => page.line(1, &format!("SNI routes {hosts}")),
            }
        }
    }
    page.line(0, "Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------");
    let mut any = false;
    for rule in spec.rules.iter().flatten() {
        let Some(http) = &rule.http else { continue };
        any = true;
        let host = rule.host.as_deref().filter(|host| !host.is_empty()).unwrap_or("*");
        page.line(1, &format!("{host}\t"));
        for path in &http.paths {
            let text = path.path.as_deref().unwrap_or_default();
            page.line(2, &format!("\t{text} \t{}", backend(&path.backend)));
        }
    }
    if !any {
        page.line(1, &format!("*\t*\t{default}"));
    }
    page.annotations(0, o.metadata.annotations.as_ref());
}

/// `svc:80 (10.244.0.5:8080)`
fn describe_backend(backend: &IngressBackend, namespace: &str, store: &Store) -> String {
    if let Some(resource) = &backend.resource {
        let group = resource.api_group.as_deref().unwrap_or("<none>");
        return format!("APIGroup: {group}, Kind: {}, Name: {}", resource.kind, resource.name);
    }
    let Some(service) = &backend.service else { return String::new() };
    let wanted = service.port.clone().unwrap_or_default();
    let port = wanted.number.map_or_else(|| wanted.name.clone().unwrap_or_default(), |n| n.to_string());
    let key = Key::new(Kind::Service, namespace, &service.name);
    let endpoints = match store.get(&key) {
        Some(Object::Service(found)) => {
            let ports = found.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
            let mut same = ports.filter(|p| {
                wanted.number == Some(p.port) || (wanted.name.is_some() && wanted.name == p.name)
            });
            same.next().map_or_else(|| "<none>".to_owned(), |port| endpoints_of(port, &slices(found, store)))
        }
        _ => format!("<error: services \"{}\" not found>", service.name),
    };
    format!("{}:{port} ({endpoints})", service.name)
}

pub(super) fn slice(page: &mut Page, o: &EndpointSlice) {
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    page.field(0, "AddressType", &o.address_type);
    match o.ports.as_deref().unwrap_or_default() {
        [] => page.line(0, "Ports: <unset>"),
        ports => {
            page.line(0, "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
                let number = port.port.map_or_else(|| "<unset>".to_owned(), |n| n.to_string());
                page.line(1, &format!("{name}\t{number}\t{}", port.protocol.as_deref().unwrap_or("TCP")));
            }
        }
    }
    let endpoints = o.endpoints.as_deref().unwrap_or_default();
    page.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
    for endpoint in endpoints {
        let or_unset = |text: &Option<String>| text.clone().unwrap_or_else(|| "<unset>".to_owned());
        page.field(1, "- Addresses", endpoint.addresses.join(","));
        page.line(2, "Conditions:");
        let ready = endpoint.conditions.as_ref().and_then(|c| c.ready);
        page.field(3, "Ready", ready.map_or_else(|| "<unset>".to_owned(), |ready| ready.to_string()));
        page.field(2, "Hostname", or_unset(&endpoint.hostname));
        if let Some(target) = &endpoint.target_ref {
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            page.field(2, "TargetRef", format!("{}/{}", text(&target.kind), text(&target.name)));
        }
        page.field(2, "NodeName", or_unset(&endpoint.node_name));
        page.field(2, "Zone", or_unset(&endpoint.zone));
    }
}
