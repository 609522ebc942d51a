//! What becomes of a Service's addresses and ports when it changes, its type above all (pkg/registry/core/service/storage/storage.go,
//! strategy.go). What nobody wrote stays as it was given out, what the new type has no use for goes.

use crate::kube::core::{Service, ServiceSpec};
use crate::sim::cluster::Context;
use std::collections::{BTreeMap, BTreeSet};

/// Brings a changed Service in line with what it was.
pub fn adapt(new: &mut Service, old: &Service, context: &Context) {
    if let (Some(new), Some(old)) = (&mut new.spec, &old.spec) {
        keep_allocated(new, old);
    }
    super::complete(new, context);
    if let (Some(new), Some(old)) = (&mut new.spec, &old.spec) {
        drop_needless(new, old);
    }
}

fn is(spec: &ServiceSpec, type_: &str) -> bool {
    spec.type_.as_deref() == Some(type_)
}

fn needs_address(spec: &ServiceSpec) -> bool {
    !is(spec, "ExternalName")
}

/// Whether a port of every node leads to the Service.
pub fn needs_node_port(spec: &ServiceSpec) -> bool {
    is(spec, "NodePort")
        || (is(spec, "LoadBalancer") && spec.allocate_load_balancer_node_ports.unwrap_or(true))
}

/// Whether a load balancer asks the nodes which of them have an endpoint.
pub fn needs_health_port(spec: &ServiceSpec) -> bool {
    is(spec, "LoadBalancer") && spec.external_traffic_policy.as_deref() == Some("Local")
}

fn needs_external_policy(spec: &ServiceSpec) -> bool {
    is(spec, "NodePort")
        || is(spec, "LoadBalancer")
        || spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty())
}

/// Gives back what the client did not write (`patchAllocatedValues`).
fn keep_allocated(new: &mut ServiceSpec, old: &ServiceSpec) {
    if needs_address(old) && needs_address(new) {
        if new.cluster_ip.as_deref().unwrap_or_default().is_empty() {
            new.cluster_ip.clone_from(&old.cluster_ip);
        }
        if new.cluster_ips.as_ref().is_none_or(Vec::is_empty) && new.cluster_ip == old.cluster_ip {
            new.cluster_ips.clone_from(&old.cluster_ips);
        }
    }
    if needs_node_port(old) && needs_node_port(new) {
        let still: BTreeSet<i32> =
            node_ports(new).filter(|port| node_ports(old).any(|own| own == *port)).collect();
        let by_name: BTreeMap<Option<String>, i32> = old
            .ports
            .iter()
            .flatten()
            .filter_map(|port| Some((port.name.clone(), port.node_port?)))
            .collect();
        for port in new.ports.iter_mut().flatten().filter(|port| port.node_port.unwrap_or(0) == 0) {
            port.node_port = by_name.get(&port.name).copied().filter(|known| !still.contains(known));
        }
    }
    if needs_health_port(old) && needs_health_port(new) && new.health_check_node_port.unwrap_or(0) == 0 {
        new.health_check_node_port = old.health_check_node_port;
    }
}

fn node_ports(spec: &ServiceSpec) -> impl Iterator<Item = i32> {
    spec.ports.iter().flatten().filter_map(|port| port.node_port).filter(|port| *port != 0)
}

/// Clears what the new type has no use for and nobody changed (`dropTypeDependentFields`).
fn drop_needless(new: &mut ServiceSpec, old: &ServiceSpec) {
    if needs_address(old) && !needs_address(new) {
        if new.cluster_ip == old.cluster_ip && new.cluster_ips == old.cluster_ips {
            (new.cluster_ip, new.cluster_ips) = (None, None);
        }
        new.ip_families.take_if(|families| old.ip_families.as_ref() == Some(families));
        new.ip_family_policy.take_if(|policy| old.ip_family_policy.as_ref() == Some(policy));
    }
    if needs_node_port(old) && !needs_node_port(new) && node_ports(new).eq(node_ports(old)) {
        new.ports.iter_mut().flatten().for_each(|port| port.node_port = None);
    }
    if needs_health_port(old) && !needs_health_port(new) {
        new.health_check_node_port.take_if(|port| old.health_check_node_port == Some(*port));
    }
    if is(old, "LoadBalancer") && !is(new, "LoadBalancer") {
        let allocates = old.allocate_load_balancer_node_ports;
        new.allocate_load_balancer_node_ports.take_if(|value| allocates == Some(*value));
        new.load_balancer_class.take_if(|class| old.load_balancer_class.as_ref() == Some(class));
    }
    if needs_external_policy(old) && !needs_external_policy(new) {
        new.external_traffic_policy.take_if(|policy| old.external_traffic_policy.as_ref() == Some(policy));
    }
}
