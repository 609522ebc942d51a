//! `NetworkPolicies`, enforced as by a network plugin that knows them: whether a connection between two Pods is let through. A Pod
//! that no policy selects for a direction takes and makes every connection; one that is selected only those some policy allows. What
//! comes from the node itself (probes, its shell) is always let through, and what is denied gets no answer. Knows nothing of how a
//! connection found its target: a Service is left behind by then.

use super::Context;
use super::route::{Origin, Place};
use crate::kube::requests::containers;
use crate::kube::selector::{Labels, Selector};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::runtime::SandboxId;
use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::net::Ipv4Addr;

/// Where the cluster's name service stands in the eyes of a policy.
const DNS: (&str, &str, &str) = ("kube-system", "k8s-app", "kube-dns");

/// What a connection is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// TCP to a port of the target.
    Tcp(u16),
    /// UDP to a port of the target.
    Udp(u16),
    /// A ping: a rule that names ports does not let it through.
    Icmp,
}

/// One end of a connection.
struct End<'a> {
    namespace: &'a str,
    labels: Labels,
    ip: Option<Ipv4Addr>,
    pod: Option<&'a Pod>,
}

impl End<'_> {
    /// A machine: nothing but its address is known of it.
    fn stranger(ip: Ipv4Addr) -> Self {
        End { namespace: "", labels: Labels::default(), ip: Some(ip), pod: None }
    }
}

/// A direction, seen from the Pod that a policy selects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

impl Context<'_> {
    /// Whether there is any policy at all.
    fn has_policies(&self) -> bool {
        self.store.list(Kind::NetworkPolicy, None).next().is_some()
    }

    /// Whether the policies let a connection to a sandbox through, which sees `peer` as its other end.
    pub(super) fn may_connect(
        &self,
        from: &Origin,
        (to, peer): (SandboxId, Ipv4Addr),
        traffic: Traffic,
    ) -> bool {
        if !self.has_policies() {
            return true;
        }
        let Some(target) = self.end_of(to) else { return true };
        // What comes from the machine a Pod runs on is always let in.
        let own_node = self.runtime.node_of(to).is_some_and(|node| node.address() == peer);
        let Place::Pod(id) = from.place else {
            return own_node || self.lets_through(&target, &End::stranger(peer), Direction::Ingress, traffic);
        };
        let Some(source) = self.end_of(id) else { return true };
        let let_out = self.lets_through(&source, &target, Direction::Egress, traffic);
        let seen = if source.ip == Some(peer) { source } else { End::stranger(peer) };
        id == to || (let_out && (own_node || self.lets_through(&target, &seen, Direction::Ingress, traffic)))
    }

    /// Whether the policies let a connection out that ends at a machine.
    pub(super) fn may_leave(&self, from: &Origin, ip: Ipv4Addr, traffic: Traffic) -> bool {
        let Place::Pod(id) = from.place else { return true };
        if !self.has_policies() {
            return true;
        }
        let source = self.end_of(id);
        source.is_none_or(|source| self.lets_through(&source, &End::stranger(ip), Direction::Egress, traffic))
    }

    /// Whether the policies let somebody ask the cluster's name service.
    pub(super) fn may_resolve(&self, from: &Origin) -> bool {
        let Place::Pod(id) = from.place else { return true };
        if !self.has_policies() {
            return true;
        }
        let Some(source) = self.end_of(id) else { return true };
        let (namespace, key, value) = DNS;
        let labels = Labels::from([(key.to_owned(), value.to_owned())]);
        let service = End { namespace, labels, ip: None, pod: None };
        self.lets_through(&source, &service, Direction::Egress, Traffic::Udp(53))
    }

    /// The Pod of a sandbox; `None` for the shell of a node and for Pods in the network of their node.
    fn end_of(&self, id: SandboxId) -> Option<End<'_>> {
        let sandbox = self.runtime.get(id).filter(|_| !self.runtime.is_node_shell(id))?;
        let here = self.store.pods_on(&self.machines.at(sandbox.node)?.spec.name);
        let pod = here
            .filter(|pod| pod.namespace() == &*sandbox.namespace)
            .filter(|pod| pod.status.pod_ip.as_deref() == Some(&*sandbox.ip))
            .find(|pod| !matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed")))?;
        (pod.spec.host_network != Some(true)).then(|| End {
            namespace: pod.namespace(),
            labels: pod.metadata.labels.clone().unwrap_or_default(),
            ip: sandbox.ip.parse().ok(),
            pod: Some(pod),
        })
    }

    /// Whether `own` may have this traffic with `other`, as far as the policies of its namespace say.
    fn lets_through(&self, own: &End, other: &End, direction: Direction, traffic: Traffic) -> bool {
        let policies = self.store.list(Kind::NetworkPolicy, Some(own.namespace)).filter_map(spec_of);
        let mut concerned = policies.filter(|spec| governs(spec, own, direction)).peekable();
        // The port belongs to the end that is connected to.
        let target = if direction == Direction::Ingress { own } else { other };
        let opens = |ports: Option<&Vec<NetworkPolicyPort>>, peers: Option<&Vec<NetworkPolicyPeer>>| {
            some(ports).is_none_or(|ports| ports.iter().any(|port| covers(port, traffic, target.pod)))
                && some(peers)
                    .is_none_or(|peers| peers.iter().any(|peer| self.is_peer(peer, own.namespace, other)))
        };
        concerned.peek().is_none()
            || concerned.any(|spec| match direction {
                Direction::Ingress => {
                    spec.ingress.iter().flatten().any(|rule| opens(rule.ports.as_ref(), rule.from.as_ref()))
                }
                Direction::Egress => {
                    spec.egress.iter().flatten().any(|rule| opens(rule.ports.as_ref(), rule.to.as_ref()))
                }
            })
    }

    /// Whether an end is one of those a rule of a policy in `home` names.
    fn is_peer(&self, peer: &NetworkPolicyPeer, home: &str, end: &End) -> bool {
        if let Some(block) = &peer.ip_block {
            return end.ip.is_some_and(|ip| within(block, ip));
        }
        if end.namespace.is_empty() {
            return false;
        }
        let right_namespace = match &peer.namespace_selector {
            None => end.namespace == home,
            selector => {
                let namespace = self.store.get(&Key::new(Kind::Namespace, "", end.namespace));
                let labels = namespace.and_then(|namespace| namespace.meta().labels.as_ref());
                Selector::of(selector.as_ref()).matches_opt(labels)
            }
        };
        right_namespace
            && peer
                .pod_selector
                .as_ref()
                .is_none_or(|selector| Selector::of(Some(selector)).matches(&end.labels))
    }
}

/// A list that names something: an empty one restricts no more than a missing one.
fn some<T>(list: Option<&Vec<T>>) -> Option<&Vec<T>> {
    list.filter(|list| !list.is_empty())
}

fn spec_of(object: &Object) -> Option<NetworkPolicySpec> {
    let Object::Passive(_, policy) = object else { return None };
    serde_json::from_value(policy.rest.get("spec")?.clone()).ok()
}

/// Whether a policy selects this end for a direction.
fn governs(spec: &NetworkPolicySpec, end: &End, direction: Direction) -> bool {
    let wanted = if direction == Direction::Ingress { "Ingress" } else { "Egress" };
    let named = spec.policy_types.iter().flatten().any(|name| name == wanted);
    let selected =
        spec.pod_selector.as_ref().is_none_or(|selector| Selector::of(Some(selector)).matches(&end.labels));
    named && selected
}

/// Whether an entry of `ports` covers this traffic to `target`.
fn covers(entry: &NetworkPolicyPort, traffic: Traffic, target: Option<&Pod>) -> bool {
    let (protocol, port) = match traffic {
        Traffic::Tcp(port) => ("TCP", port),
        Traffic::Udp(port) => ("UDP", port),
        Traffic::Icmp => return false,
    };
    if entry.protocol.as_deref().unwrap_or("TCP") != protocol {
        return false;
    }
    let port = i32::from(port);
    match &entry.port {
        None => true,
        Some(IntOrString::Int(first)) => (*first..=entry.end_port.unwrap_or(*first)).contains(&port),
        Some(IntOrString::String(name)) => target.is_some_and(|pod| {
            containers(&pod.spec)
                .flat_map(|container| container.ports.iter().flatten())
                .any(|known| known.name.as_deref() == Some(name) && known.container_port == port)
        }),
    }
}

/// Whether an address lies in a block and in none of its exceptions.
fn within(block: &IPBlock, ip: Ipv4Addr) -> bool {
    let excepted = block.except.iter().flatten().any(|cidr| contains(cidr, ip));
    contains(&block.cidr, ip) && !excepted
}

fn contains(cidr: &str, ip: Ipv4Addr) -> bool {
    let Some((base, length)) = cidr.split_once('/') else { return false };
    let (Ok(base), Ok(length)) = (base.parse::<Ipv4Addr>(), length.parse::<u32>()) else { return false };
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(length)).unwrap_or(0);
    u32::from(base) & mask == u32::from(ip) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_the_addresses_of_its_mask() {
        let ip = Ipv4Addr::new(10, 244, 1, 7);
        for (cidr, inside) in [
            ("10.244.0.0/16", true),
            ("10.244.1.7/32", true),
            ("10.245.0.0/16", false),
            ("0.0.0.0/0", true),
            ("10.244.1.8/30", false),
        ] {
            assert_eq!(contains(cidr, ip), inside, "{cidr}");
        }
        let block = IPBlock { cidr: "10.0.0.0/8".into(), except: Some(vec!["10.244.0.0/16".into()]) };
        assert!(!within(&block, ip));
    }

    #[test]
    fn a_port_is_a_number_a_range_or_a_name_of_its_protocol() {
        let entry = |port, end_port, protocol: &str| NetworkPolicyPort {
            port: Some(port),
            end_port,
            protocol: Some(protocol.to_owned()),
        };
        let range = entry(IntOrString::Int(8000), Some(8010), "TCP");
        assert!(covers(&range, Traffic::Tcp(8010), None));
        assert!(!covers(&range, Traffic::Tcp(8011), None));
        assert!(!covers(&range, Traffic::Udp(8000), None));
        assert!(!covers(&entry(IntOrString::String("http".into()), None, "TCP"), Traffic::Tcp(80), None));
        assert!(!covers(&NetworkPolicyPort::default(), Traffic::Icmp, None));
    }
}
