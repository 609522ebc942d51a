//! Pods that must or must not be near others (framework/plugins/interpodaffinity).

use super::demand::{Demand, Term};
use super::node::{NodeInfo, Nodes};
use super::verdict::{Plugin, Reject};
use crate::kube::{Key, Kind, Object};
use crate::sim::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// Places by node label and value, with how many Pods count there.
type Places = BTreeMap<(String, String), i64>;

/// What the other Pods mean for one Pod's required terms.
#[derive(Clone, Debug, Default)]
pub struct Affinity {
    near: Places,
    apart: Places,
    repelled: Places,
    /// No Pod matches the attraction, but the newcomer itself does: it may be the first.
    first_of_its_kind: bool,
}

impl Affinity {
    /// Looks at every Pod that matters.
    pub fn of(demand: &Demand, nodes: &Nodes, store: &Store, gone: &BTreeSet<Key>) -> Affinity {
        let mut affinity = Affinity::default();
        for (node, other) in nodes.social() {
            if other.apart.is_empty() || gone.contains(&other.key) {
                continue;
            }
            for term in &other.apart {
                if term.matches(demand.namespace(), demand.labels(), store) {
                    count(&mut affinity.repelled, node, &term.topology_key);
                }
            }
        }
        if !demand.near.is_empty() {
            affinity.count_near(demand, nodes, store, gone);
        }
        for term in &demand.apart {
            for (node, _) in matching(std::slice::from_ref(term), nodes, store, gone) {
                count(&mut affinity.apart, node, &term.topology_key);
            }
        }
        affinity
    }

    fn count_near(&mut self, demand: &Demand, nodes: &Nodes, store: &Store, gone: &BTreeSet<Key>) {
        // A Pod counts only if it matches all terms.
        let mut any = false;
        for (node, _) in matching(&demand.near, nodes, store, gone) {
            any = true;
            for term in &demand.near {
                count(&mut self.near, node, &term.topology_key);
            }
        }
        let itself = demand.near.iter().all(|term| term.matches(demand.namespace(), demand.labels(), store));
        self.first_of_its_kind = !any && itself;
    }

    /// Whether a node is in the right company.
    pub fn check(&self, demand: &Demand, node: &NodeInfo) -> Option<Reject> {
        if !self.is_near(demand, node) {
            return Some(Reject::for_good(
                Plugin::InterPodAffinity,
                "node(s) didn't match pod affinity rules",
            ));
        }
        let crowded = |places: &Places| {
            places.iter().any(|((key, value), n)| *n > 0 && node.label(key) == Some(value.as_str()))
        };
        if crowded(&self.apart) {
            return Some(Reject::of(
                Plugin::InterPodAffinity,
                "node(s) didn't match pod anti-affinity rules",
            ));
        }
        crowded(&self.repelled).then(|| {
            Reject::of(Plugin::InterPodAffinity, "node(s) didn't satisfy existing pods anti-affinity rules")
        })
    }

    fn is_near(&self, demand: &Demand, node: &NodeInfo) -> bool {
        let mut found = true;
        for term in &demand.near {
            let Some(value) = node.label(&term.topology_key) else { return false };
            let here = self.near.get(&(term.topology_key.clone(), value.to_owned()));
            found &= here.is_some_and(|n| *n > 0);
        }
        found || self.first_of_its_kind
    }
}

fn count(places: &mut Places, node: &NodeInfo, key: &str) {
    if let Some(value) = node.label(key) {
        *places.entry((key.to_owned(), value.to_owned())).or_default() += 1;
    }
}

/// The placed Pods that match all terms, each with its node.
pub fn matching<'a>(
    terms: &'a [Term],
    nodes: &'a Nodes,
    store: &'a Store,
    gone: &'a BTreeSet<Key>,
) -> Vec<(&'a NodeInfo, &'a Key)> {
    let Some(first) = terms.first() else { return Vec::new() };
    let pods: Box<dyn Iterator<Item = &Object>> = if first.spaces.is_some() {
        Box::new(store.list(Kind::Pod, None))
    } else {
        Box::new(first.namespaces.iter().flat_map(|namespace| store.list(Kind::Pod, Some(namespace))))
    };
    let mut found = Vec::new();
    for pod in pods.filter_map(Object::as_pod) {
        let labels = pod.metadata.labels.as_ref();
        if !terms.iter().all(|term| term.matches(pod.namespace(), labels, store)) {
            continue;
        }
        let key = Key::pod(pod.namespace(), pod.name());
        if gone.contains(&key) {
            continue;
        }
        if let (Some(node), Some(demand)) = (nodes.node_of(&key), nodes.demand(&key)) {
            found.push((node, &demand.key));
        }
    }
    found
}
