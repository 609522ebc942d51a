//! Network policies: what they let in and out, in sentences.

use super::page::Page;
use crate::kubectl::columns::label_selector;
use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Which way traffic goes, with the words for it.
struct Way {
    name: &'static str,
    peer: &'static str,
    anyone: &'static str,
}

const INGRESS: Way = Way { name: "ingress", peer: "From", anyone: "traffic not restricted by source" };
const EGRESS: Way = Way { name: "egress", peer: "To", anyone: "traffic not restricted by destination" };

type Rule<'a> = (&'a [NetworkPolicyPort], &'a [NetworkPolicyPeer]);

pub(super) fn describe(page: &mut Page, o: &NetworkPolicy) {
    page.heading(&o.metadata);
    let made = o.metadata.creation_timestamp.as_ref();
    let made =
        made.map_or_else(String::new, |time| time.0.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string());
    page.field(0, "Created on", made);
    page.labels(&o.metadata);
    let spec = o.spec.clone().unwrap_or_default();
    page.line(0, "Spec:");
    let pods = match label_selector(spec.pod_selector.as_ref()).as_str() {
        "<none>" => "<none> (Allowing the specific traffic to all pods in this namespace)".to_owned(),
        selector => selector.to_owned(),
    };
    page.line(1, &format!("PodSelector:     {pods}"));
    let types = spec.policy_types.clone().unwrap_or_default();
    let ingress: Vec<Rule> = spec
        .ingress
        .iter()
        .flatten()
        .map(|rule| (rule.ports.as_deref().unwrap_or_default(), rule.from.as_deref().unwrap_or_default()))
        .collect();
    let egress: Vec<Rule> = spec
        .egress
        .iter()
        .flatten()
        .map(|rule| (rule.ports.as_deref().unwrap_or_default(), rule.to.as_deref().unwrap_or_default()))
        .collect();
    for (kind, way, rules) in [("Ingress", INGRESS, ingress), ("Egress", EGRESS, egress)] {
        if types.iter().any(|known| known == kind) {
            page.line(1, &format!("Allowing {} traffic:", way.name));
            traffic(page, &way, &rules);
        } else {
            page.line(1, &format!("Not affecting {} traffic", way.name));
        }
    }
    page.line(1, &format!("Policy Types: {}", types.join(", ")));
}

fn traffic(page: &mut Page, way: &Way, rules: &[Rule]) {
    if rules.is_empty() {
        page.line(2, &format!("<none> (Selected pods are isolated for {} connectivity)", way.name));
    }
    for (i, (ports, peers)) in rules.iter().enumerate() {
        if i > 0 {
            page.line(2, "----------");
        }
        if ports.is_empty() {
            page.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for port in *ports {
            let number = match &port.port {
                Some(IntOrString::Int(number)) => number.to_string(),
                Some(IntOrString::String(name)) => name.clone(),
                None => "<any>".to_owned(),
            };
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            match port.end_port {
                Some(last) => page.line(2, &format!("To Port Range: {number}-{last}/{protocol}")),
                None => page.line(2, &format!("To Port: {number}/{protocol}")),
            }
        }
        if peers.is_empty() {
            page.line(2, &format!("{}: <any> ({})", way.peer, way.anyone));
        }
        for peer in *peers {
            page.line(2, &format!("{}:", way.peer));
            describe_peer(page, peer);
        }
    }
}

fn describe_peer(page: &mut Page, peer: &NetworkPolicyPeer) {
    if let Some(selector) = &peer.namespace_selector {
        page.line(3, &format!("NamespaceSelector: {}", label_selector(Some(selector))));
    }
    if let Some(selector) = &peer.pod_selector {
        page.line(3, &format!("PodSelector: {}", label_selector(Some(selector))));
    }
    if let Some(block) = &peer.ip_block {
        page.line(3, "IPBlock:");
        page.line(4, &format!("CIDR: {}", block.cidr));
        page.line(4, &format!("Except: {}", block.except.clone().unwrap_or_default().join(", ")));
    }
}
