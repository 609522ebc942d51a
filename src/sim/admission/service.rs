//! What the server fills into a new Service: its address and the defaults that depend on it (registry/core/service).

mod change;

pub use change::adapt;

use crate::kube::core::{Service, ServicePort};
use crate::kube::{Kind, Object};
use crate::sim::api::{FieldError, FieldReason};
use crate::sim::chance;
use crate::sim::cluster::Context;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// How many addresses are drawn from: 10.96.0.0/12 without its ends.
const ADDRESSES: u64 = (1 << 20) - 2;
/// The node ports that are given out.
const NODE_PORTS: (i32, i32) = (30_000, 32_767);

/// The draw for the port at which load balancers ask for a node's health, after those of a hundred ports.
const HEALTH_PORT: u64 = 100;

/// Fills in cluster address, node ports and families.
pub fn complete(service: &mut Service, context: &Context) {
    let name = format!(
        "{}/{}",
        service.metadata.namespace.as_deref().unwrap_or_default(),
        service.metadata.name.as_deref().unwrap_or_default()
    );
    let spec = service.spec.get_or_insert_default();
    spec.session_affinity.get_or_insert_with(|| "None".into());
    let type_ = spec.type_.get_or_insert_with(|| "ClusterIP".into()).clone();
    for port in spec.ports.iter_mut().flatten() {
        complete_port(port);
    }
    if type_ == "ExternalName" {
        return;
    }
    if spec.cluster_ip.as_deref().unwrap_or_default().is_empty() {
        spec.cluster_ip = Some(free_address(&name, context));
    }
    let families =
        ["None"].contains(&spec.cluster_ip.as_deref().unwrap_or_default()) && spec.selector.is_none();
    spec.cluster_ips.get_or_insert_with(|| spec.cluster_ip.iter().cloned().collect());
    spec.ip_families.get_or_insert_with(|| vec!["IPv4".into()]);
    let policy = if families { "RequireDualStack" } else { "SingleStack" };
    spec.ip_family_policy.get_or_insert_with(|| policy.into());
    spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".into());
    if type_ != "ClusterIP" {
        spec.external_traffic_policy.get_or_insert_with(|| "Cluster".into());
    }
    let taken = node_ports(context);
    let wanted = change::needs_node_port(spec);
    for (i, port) in spec.ports.iter_mut().flatten().enumerate().filter(|_| wanted) {
        if port.node_port.unwrap_or(0) == 0 {
            port.node_port = Some(free_node_port(&name, i as u64, &taken, context.seed));
        }
    }
    if change::needs_health_port(spec) && spec.health_check_node_port.unwrap_or(0) == 0 {
        spec.health_check_node_port = Some(free_node_port(&name, HEALTH_PORT, &taken, context.seed));
    }
    if type_ == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
}

fn complete_port(port: &mut ServicePort) {
    port.protocol.get_or_insert_with(|| "TCP".into());
    let same = IntOrString::Int(port.port);
    port.target_port.get_or_insert(same);
}

fn services<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Service> {
    context.store.list(Kind::Service, None).filter_map(|object| match object {
        Object::Service(service) => Some(&**service),
        _ => None,
    })
}

fn free_address(name: &str, context: &Context) -> String {
    let taken: BTreeSet<&str> =
        services(context).filter_map(|s| s.spec.as_ref()?.cluster_ip.as_deref()).collect();
    let draws = (0..ADDRESSES).map(|n| {
        let host = chance::hash(context.seed, name, "cluster-ip", n) % ADDRESSES + 1;
        format!("10.{}.{}.{}", 96 + (host >> 16), (host >> 8) & 0xff, host & 0xff)
    });
    draws.into_iter().find(|address| !taken.contains(address.as_str())).unwrap_or_default()
}

/// What a Service asks for and cannot have: ports and addresses that are taken or out of range. What it had before is its own.
pub fn unavailable(new: &Service, old: Option<&Service>, context: &Context) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut refuse = |field: String, value: String, why: &str| {
        let message = format!("Invalid value: {value}: {why}");
        faults.push(FieldError { field, reason: FieldReason::Invalid, message });
    };
    let ports_of = |service: &Service| -> Vec<i32> {
        let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        ports.filter_map(|port| port.node_port).collect()
    };
    let address_of = |service: &Service| service.spec.as_ref().and_then(|spec| spec.cluster_ip.clone());
    let (own, taken) = (old.map(ports_of).unwrap_or_default(), node_ports(context));
    let ports =
        new.spec.iter().flat_map(|spec| spec.ports.iter().flatten()).map(|port| port.node_port.unwrap_or(0));
    for (i, port) in ports.enumerate().filter(|(_, port)| *port != 0 && !own.contains(port)) {
        let field = format!("spec.ports[{i}].nodePort");
        let (first, last) = NODE_PORTS;
        if port < first || port > last {
            let why = format!(
                "provided port is not in the valid range. The range of valid ports is {first}-{last}"
            );
            refuse(field, port.to_string(), &why);
        } else if taken.contains(&port) {
            refuse(field, port.to_string(), "provided port is already allocated");
        }
    }
    let address = address_of(new).filter(|address| old.and_then(address_of).as_ref() != Some(address));
    if let Some(address) = address.as_deref().and_then(|address| address.parse::<Ipv4Addr>().ok()) {
        let in_use = services(context).any(|service| address_of(service) == Some(address.to_string()));
        let why = if !is_cluster_address(address) {
            format!(
                "the provided IP ({address}) is not in the valid range. The range of valid IPs is 10.96.0.0/12"
            )
        } else if in_use {
            "provided IP is already allocated".to_owned()
        } else {
            return faults;
        };
        let why = format!("failed to allocate IP {address}: {why}");
        refuse("spec.clusterIPs".to_owned(), format!("[{:?}]", address.to_string()), &why);
    }
    faults
}

/// Whether an address is one of those that Services get.
fn is_cluster_address(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 10 && (96..112).contains(&second)
}

fn node_ports(context: &Context) -> BTreeSet<i32> {
    let ports = services(context).flat_map(|s| s.spec.iter().flat_map(|spec| spec.ports.iter().flatten()));
    ports.filter_map(|port| port.node_port).collect()
}

fn free_node_port(name: &str, i: u64, taken: &BTreeSet<i32>, seed: u64) -> i32 {
    let span = (NODE_PORTS.1 - NODE_PORTS.0 + 1) as u64;
    let draws =
        (0..span).map(|n| NODE_PORTS.0 + (chance::hash(seed, name, "node-port", i * span + n) % span) as i32);
    draws.into_iter().find(|port| !taken.contains(port)).unwrap_or(NODE_PORTS.0)
}
