//! Even distribution over places (framework/plugins/podtopologyspread).

use super::demand::Demand;
use super::filter::{untolerated, wants_node};
use super::node::{NodeInfo, Nodes};
use super::verdict::{Plugin, Reject};
use crate::kube::Key;
use crate::kube::core::TopologySpreadConstraint;
use crate::kube::selector::Selector;
use crate::sim::controllers::pods;
use crate::sim::store::Store;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::{BTreeMap, BTreeSet};

/// How far apart two places may be.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The node label that makes a place.
    pub topology_key: String,
    /// The allowed difference.
    pub max_skew: i64,
    /// How many places there must be at least before the smallest counts for more than 0.
    min_domains: usize,
    /// Which Pods count.
    selector: Option<LabelSelector>,
    /// Whether only nodes the Pod's node affinity allows make places.
    honours_affinity: bool,
    /// Whether only nodes whose taints the Pod tolerates make places.
    honours_taints: bool,
    /// How many Pods count in each place.
    pub counts: BTreeMap<String, i64>,
}

/// The constraints of one Pod with the counts they are about.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    /// The constraints.
    pub constraints: Vec<Constraint>,
}

impl Spread {
    /// The constraints that forbid.
    pub fn required(demand: &Demand, nodes: &Nodes, store: &Store, gone: &BTreeSet<Key>) -> Spread {
        let all = demand.spec.topology_spread_constraints.iter().flatten();
        let own = all.filter(|c| c.when_unsatisfiable == "DoNotSchedule").map(|c| read(c, demand));
        Spread::counted(own.collect(), demand, nodes, store, gone)
    }

    /// The constraints that prefer.
    pub fn preferred(demand: &Demand, nodes: &Nodes, store: &Store) -> Spread {
        let all = demand.spec.topology_spread_constraints.iter().flatten();
        let soft = all.filter(|c| c.when_unsatisfiable != "DoNotSchedule").map(|c| read(c, demand));
        Spread::counted(soft.collect(), demand, nodes, store, &BTreeSet::new())
    }

    fn counted(
        mut constraints: Vec<Constraint>,
        demand: &Demand,
        nodes: &Nodes,
        store: &Store,
        gone: &BTreeSet<Key>,
    ) -> Spread {
        if constraints.is_empty() {
            return Spread::default();
        }
        let keys: Vec<String> = constraints.iter().map(|c| c.topology_key.clone()).collect();
        for constraint in &mut constraints {
            for place in nodes.present() {
                let node = nodes.at(*place);
                let complete = keys.iter().all(|key| node.label(key).is_some());
                if complete
                    && constraint.counts_node(demand, node)
                    && let Some(value) = node.label(&constraint.topology_key)
                {
                    constraint.counts.entry(value.to_owned()).or_default();
                }
            }
            constraint.count(demand, nodes, store, gone);
        }
        Spread { constraints }
    }

    /// Whether a node keeps the distribution even enough.
    pub fn check(&self, demand: &Demand, node: &NodeInfo) -> Option<Reject> {
        for constraint in &self.constraints {
            let Some(value) = node.label(&constraint.topology_key) else {
                return Some(Reject::for_good(
                    Plugin::PodTopologySpread,
                    "node(s) didn't match pod topology spread constraints (missing required label)",
                ));
            };
            let here = constraint.counts.get(value).copied().unwrap_or_default();
            let itself = i64::from(constraint.selects(demand.labels()));
            if here + itself - constraint.smallest() > constraint.max_skew {
                return Some(Reject::of(
                    Plugin::PodTopologySpread,
                    "node(s) didn't match pod topology spread constraints",
                ));
            }
        }
        None
    }
}

/// Whether `other` is one of the Pods that a required constraint of `demand` counts.
pub fn counts(demand: &Demand, other: &Demand) -> bool {
    let mut required = demand.spec.topology_spread_constraints.iter().flatten();
    demand.namespace() == other.namespace()
        && required
            .any(|c| c.when_unsatisfiable == "DoNotSchedule" && read(c, demand).selects(other.labels()))
}

impl Constraint {
    fn counts_node(&self, demand: &Demand, node: &NodeInfo) -> bool {
        (!self.honours_affinity || wants_node(demand, node))
            && (!self.honours_taints || !untolerated(&demand.spec.tolerations, node.taints()))
    }

    fn count(&mut self, demand: &Demand, nodes: &Nodes, store: &Store, gone: &BTreeSet<Key>) {
        let selector = self.selector.clone();
        for pod in pods::selected(store, demand.namespace(), selector.as_ref()) {
            let key = Key::pod(pod.namespace(), pod.name());
            if pod.metadata.deletion_timestamp.is_some() || gone.contains(&key) {
                continue;
            }
            let Some(node) = nodes.node_of(&key) else { continue };
            if !self.counts_node(demand, node) {
                continue;
            }
            if let Some(value) = node.label(&self.topology_key)
                && let Some(count) = self.counts.get_mut(value)
            {
                *count += 1;
            }
        }
    }

    fn smallest(&self) -> i64 {
        if self.counts.len() < self.min_domains {
            return 0;
        }
        self.counts.values().copied().min().unwrap_or_default()
    }

    fn selects(&self, labels: Option<&BTreeMap<String, String>>) -> bool {
        Selector::of(self.selector.as_ref()).matches_opt(labels)
    }
}

fn read(constraint: &TopologySpreadConstraint, demand: &Demand) -> Constraint {
    let mut selector = constraint.label_selector.clone();
    for key in constraint.match_label_keys.iter().flatten() {
        if let Some(value) = demand.labels().and_then(|labels| labels.get(key)) {
            let labels = selector.get_or_insert_default().match_labels.get_or_insert_default();
            labels.insert(key.clone(), value.clone());
        }
    }
    Constraint {
        topology_key: constraint.topology_key.clone(),
        max_skew: i64::from(constraint.max_skew),
        min_domains: constraint.min_domains.map_or(1, |n| usize::try_from(n).unwrap_or(1)),
        selector,
        honours_affinity: constraint.node_affinity_policy.as_deref() != Some("Ignore"),
        honours_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
        counts: BTreeMap::new(),
    }
}
