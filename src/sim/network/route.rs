//! Where connections end: Pods by their address, Services by theirs and, as kube-proxy's iptables do, by a port of every node, ports of
//! nodes that Pods or Services have, the API server. Knows nothing of what is sent.

use super::Context;
use super::policy::Traffic;
use crate::kube::core::{Service, ServicePort};
use crate::kube::requests::containers;
use crate::kube::{Kind, Object, Pod};
use crate::os::Failure;
use crate::sim::controllers::endpoints::port_of;
use crate::sim::controllers::kubernetes_service;
use crate::sim::runtime::SandboxId;
use k8s_openapi::api::discovery::v1 as discovery;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The address of a machine beside the cluster, in the network of the nodes.
const BESIDE: Ipv4Addr = Ipv4Addr::new(10, 10, 255, 254);

/// Which network a connection begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A Pod's own.
    Pod(SandboxId),
    /// That of a node: its shell, and Pods that share it.
    Node(SandboxId, Ipv4Addr),
    /// That of the nodes, on a machine that is none of them.
    Beside,
}

/// Where a connection begins.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// In which network.
    pub place: Place,
    /// The namespace in which names of Services are looked up; `None` where the cluster's name service is not asked.
    pub namespace: Option<String>,
}

/// Where a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// In a sandbox, at an address and a port there.
    Sandbox(SandboxId, SocketAddrV4),
    /// At the API server.
    ApiServer,
}

/// A connection that comes about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// Where it ends.
    pub end: End,
    /// The address the client has of the other side.
    pub ip: Ipv4Addr,
    /// The address the other side has of the client.
    pub peer: Ipv4Addr,
}

/// What lies at an address and a port.
struct Found {
    end: End,
    /// The node through which the connection comes, if it takes the client's place.
    by_way_of: Option<Ipv4Addr>,
}

impl Found {
    fn straight(end: End) -> Found {
        Found { end, by_way_of: None }
    }
}

impl Context<'_> {
    /// Where a process of a sandbox is.
    pub(super) fn origin(&self, id: SandboxId) -> Origin {
        let Some(sandbox) = self.runtime.get(id) else {
            return Origin { place: Place::Beside, namespace: None };
        };
        let node = sandbox.node.address();
        let shared = sandbox.ip.parse() == Ok(node);
        let place = if shared { Place::Node(id, node) } else { Place::Pod(id) };
        let namespace = (!self.runtime.is_node_shell(id)).then(|| sandbox.namespace.to_string());
        Origin { place, namespace }
    }

    /// Where a machine beside the cluster is.
    pub(super) fn beside() -> Origin {
        Origin { place: Place::Beside, namespace: None }
    }

    /// Where a connection to a host and port ends, or why it does not come about.
    pub(super) fn route(&self, from: &Origin, (host, port): (&str, u16)) -> Result<Route, Failure> {
        let (_, ip) = self.looked_up(from, host).ok_or(Failure::UnknownHost)?;
        let found = self.target(from, ip, port)?;
        let own = self.address(from);
        let peer = found.by_way_of.unwrap_or(own);
        let let_through = self.in_reach(from, found.end)
            && match found.end {
                End::Sandbox(to, at) => self.may_connect(from, (to, peer), Traffic::Tcp(at.port())),
                End::ApiServer => self.may_leave(from, ip, Traffic::Tcp(port)),
            };
        let route = Route { end: found.end, ip, peer };
        if let_through { Ok(route) } else { Err(Failure::TimedOut) }
    }

    /// The sandbox or machine that answers pings at an address: whether it does.
    pub(super) fn answers_ping(&self, from: &Origin, ip: Ipv4Addr) -> bool {
        if self.node_at(ip).is_some() || ip == kubernetes_service::address().0 {
            return self.may_leave(from, ip, Traffic::Icmp);
        }
        let sandbox = self.runtime.at_address(&ip.to_string()).filter(|_| from.place != Place::Beside);
        sandbox.is_some_and(|to| {
            self.in_reach(from, End::Sandbox(to, SocketAddrV4::new(ip, 0)))
                && self.may_connect(from, (to, self.address(from)), Traffic::Icmp)
        })
    }

    fn address(&self, from: &Origin) -> Ipv4Addr {
        match from.place {
            Place::Pod(id) => {
                let ip = self.runtime.get(id).and_then(|sandbox| sandbox.ip.parse().ok());
                ip.unwrap_or(Ipv4Addr::UNSPECIFIED)
            }
            Place::Node(_, ip) => ip,
            Place::Beside => BESIDE,
        }
    }

    /// Whether the machines at both ends reach each other.
    fn in_reach(&self, from: &Origin, end: End) -> bool {
        let node_of = |id| self.runtime.node_of(id);
        let start = match from.place {
            Place::Pod(id) | Place::Node(id, _) => node_of(id),
            Place::Beside => None,
        };
        let goal = if let End::Sandbox(id, _) = end { node_of(id) } else { None };
        let connected = |index| self.machines.at(index).is_none_or(|machine| machine.connected);
        start == goal || [start, goal].into_iter().flatten().all(connected)
    }

    /// What an address and a port lead to.
    fn target(&self, from: &Origin, ip: Ipv4Addr, port: u16) -> Result<Found, Failure> {
        if let Place::Node(_, own) = from.place
            && ip.is_loopback()
        {
            return self.at_node(from, own, SocketAddrV4::new(ip, port));
        }
        let (master, master_port) = kubernetes_service::address();
        if ip == master {
            return if port == master_port {
                Ok(Found::straight(End::ApiServer))
            } else {
                Err(Failure::Refused)
            };
        }
        if let Some(node) = self.node_at(ip) {
            return self.at_node(from, node, SocketAddrV4::new(node, port));
        }
        // Neither the Pods' network nor that of Services has a way in for a machine that is no node.
        if from.place == Place::Beside {
            return Err(Failure::TimedOut);
        }
        let text = ip.to_string();
        let by_ip = |s: &Service| {
            s.spec.as_ref().is_some_and(|spec| spec.cluster_ip.as_deref() == Some(text.as_str()))
        };
        if let Some(service) = self.service(by_ip, None) {
            let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
            let entry = ports.iter().find(|p| p.port == i32::from(port)).ok_or(Failure::TimedOut)?;
            return self.behind(service, entry, None).map(Found::straight);
        }
        let sandbox = self.runtime.at_address(&text).ok_or(Failure::TimedOut)?;
        Ok(Found::straight(End::Sandbox(sandbox, SocketAddrV4::new(ip, port))))
    }

    /// The address of a node that has power, if it is one.
    fn node_at(&self, ip: Ipv4Addr) -> Option<Ipv4Addr> {
        let mut all = self.machines.iter().map(|(_, machine)| machine);
        let text = ip.to_string();
        all.find(|machine| machine.address == text && machine.powered).map(|_| ip)
    }

    /// What a port of a node leads to: a Service that has it on every node, a Pod that has it on this one, or who listens there.
    fn at_node(&self, from: &Origin, node: Ipv4Addr, to: SocketAddrV4) -> Result<Found, Failure> {
        let port = to.port();
        if let Some((service, entry)) = self.service_of_node_port(port) {
            let local = service
                .spec
                .as_ref()
                .is_some_and(|spec| spec.external_traffic_policy.as_deref() == Some("Local"));
            // What comes from a Pod or the node itself is not bound to the node's own Pods (kube-proxy's short circuit).
            let strange = match from.place {
                Place::Pod(_) => false,
                Place::Node(_, own) => own != node,
                Place::Beside => true,
            };
            if !(local && strange) {
                return Ok(Found { end: self.behind(service, entry, None)?, by_way_of: Some(node) });
            }
            let end = self.behind(service, entry, Some(node)).map_err(|_| Failure::TimedOut)?;
            return Ok(Found::straight(end));
        }
        if let Some(end) = self.pod_with_host_port(node, port) {
            return Ok(Found::straight(end));
        }
        let listener = self.runtime.listener(&node.to_string(), to).ok_or(Failure::Refused)?;
        Ok(Found::straight(End::Sandbox(listener, to)))
    }

    fn service_of_node_port(&self, port: u16) -> Option<(&Service, &ServicePort)> {
        self.store.list(Kind::Service, None).find_map(|object| {
            let Object::Service(service) = object else { return None };
            let ports = service.spec.as_ref()?.ports.as_deref()?;
            Some((&**service, ports.iter().find(|entry| entry.node_port == Some(i32::from(port)))?))
        })
    }

    fn pod_with_host_port(&self, node: Ipv4Addr, port: u16) -> Option<End> {
        let mut machines = self.machines.iter();
        let (name, _) = machines.find(|(_, machine)| machine.address.parse() == Ok(node))?;
        self.store.pods_on(name).find_map(|pod| {
            let mut ports = containers(&pod.spec).flat_map(|c| c.ports.iter().flatten());
            let entry = ports.find(|entry| entry.host_port == Some(i32::from(port)))?;
            let address = pod.status.pod_ip.as_deref().filter(|ip| ip.parse() != Ok(node))?;
            let inside = SocketAddrV4::new(address.parse().ok()?, u16::try_from(entry.container_port).ok()?);
            Some(End::Sandbox(self.runtime.at_address(address)?, inside))
        })
    }

    /// Where a port of a Service leads: to the first Pod that takes requests, on one node if that is asked for. A Service without a selector
    /// leads where its slices say.
    fn behind(&self, service: &Service, entry: &ServicePort, node: Option<Ipv4Addr>) -> Result<End, Failure> {
        let home = service.metadata.namespace.as_deref().unwrap_or_default();
        if service.spec.as_ref().is_none_or(|spec| spec.selector.as_ref().is_none_or(BTreeMap::is_empty)) {
            return self.by_slices(service, entry, home).ok_or(Failure::Refused);
        }
        let node = node.map(|ip| ip.to_string());
        let here = |pod: &&Pod| node.is_none() || pod.status.host_ip.as_deref() == node.as_deref();
        let backend = self.backend(service, home, here).ok_or(Failure::Refused)?;
        let target = port_of(entry, Some(backend)).ok_or(Failure::Refused)?;
        let address = backend.status.pod_ip.as_deref().unwrap_or_default();
        let port = u16::try_from(target).map_err(|_| Failure::Refused)?;
        let to = SocketAddrV4::new(address.parse().map_err(|_| Failure::TimedOut)?, port);
        let shared = backend.spec.host_network == Some(true);
        let listener = if shared { self.runtime.listener(address, to) } else { None };
        let sandbox = listener.or_else(|| self.runtime.at_address(address)).ok_or(Failure::TimedOut)?;
        Ok(End::Sandbox(sandbox, to))
    }

    fn by_slices(&self, service: &Service, entry: &ServicePort, home: &str) -> Option<End> {
        let name = service.metadata.name.as_deref()?;
        self.store.list(Kind::EndpointSlice, Some(home)).find_map(|object| {
            let Object::EndpointSlice(slice) = object else { return None };
            let of = slice.metadata.labels.as_ref()?.get("kubernetes.io/service-name")?;
            let same = |port: &&discovery::EndpointPort| {
                port.name.as_deref().unwrap_or_default() == entry.name.as_deref().unwrap_or_default()
            };
            let port = slice.ports.as_ref()?.iter().find(same)?.port?;
            let ready = |endpoint: &&discovery::Endpoint| {
                endpoint.conditions.as_ref().is_none_or(|conditions| conditions.ready != Some(false))
            };
            let address = slice.endpoints.iter().flatten().find(ready)?.addresses.first()?;
            let to = SocketAddrV4::new(address.parse().ok()?, u16::try_from(port).ok()?);
            if of != name {
                None
            } else if (*to.ip(), to.port()) == kubernetes_service::address() {
                Some(End::ApiServer)
            } else {
                Some(End::Sandbox(self.runtime.at_address(address)?, to))
            }
        })
    }
}
