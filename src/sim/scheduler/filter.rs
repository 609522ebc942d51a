//! The filters, in the scheduler's order; a node reports only the first that refuses (framework/plugins).

use super::affinity::Affinity;
use super::demand::Demand;
use super::node::{NodeInfo, Nodes};
use super::spread::Spread;
use super::verdict::{Failure, Plugin, Reject};
use super::volumes;
use crate::kube::Key;
use crate::kube::core::{NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration};
use crate::sim::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Below this many nodes all are looked at (minFeasibleNodesToFind).
const ALL_BELOW: usize = 100;
/// The taint of a cordoned node.
const UNSCHEDULABLE_TAINT: &str = "node.kubernetes.io/unschedulable";

/// A Pod with what its filters need to know of the other Pods.
#[derive(Clone, Debug)]
pub struct Prepared {
    demand: Arc<Demand>,
    affinity: Affinity,
    spread: Spread,
    /// Whether a claim of the Pod has the only user it may have.
    claim_taken: bool,
}

impl Prepared {
    /// Looks around once for all nodes.
    pub fn new(demand: &Arc<Demand>, nodes: &Nodes, store: &Store) -> Prepared {
        Prepared::without(demand, nodes, store, &BTreeSet::new())
    }

    /// The same, as if some Pods were gone.
    pub fn without(demand: &Arc<Demand>, nodes: &Nodes, store: &Store, gone: &BTreeSet<Key>) -> Prepared {
        Prepared {
            affinity: Affinity::of(demand, nodes, store, gone),
            spread: Spread::required(demand, nodes, store, gone),
            claim_taken: volumes::is_taken(demand, nodes, store, gone),
            demand: demand.clone(),
        }
    }

    /// What the Pod asks for.
    pub fn demand(&self) -> &Arc<Demand> {
        &self.demand
    }
}

/// The nodes that take the Pod (enough of them, on a big cluster), and why the others do not.
pub fn feasible(
    prepared: &Prepared,
    nodes: &Nodes,
    store: &Store,
    start: &mut usize,
) -> (Vec<usize>, Failure) {
    let present = nodes.present();
    let enough = sample_size(present.len());
    let mut fitting = Vec::new();
    let mut failure = Failure { nodes: present.len(), ..Failure::default() };
    let mut looked = 0;
    let nothing = BTreeSet::new();
    for i in 0..present.len() {
        let place = present[(*start + i) % present.len()];
        looked += 1;
        match check(prepared, place, nodes, store, &nothing) {
            None => fitting.push(place),
            Some(reject) => {
                failure.rejects.insert(place, reject);
            }
        }
        if fitting.len() >= enough {
            break;
        }
    }
    *start = (*start + looked) % present.len().max(1);
    (fitting, failure)
}

/// How many feasible nodes are enough (`numFeasibleNodesToFind` with an adaptive percentage).
fn sample_size(nodes: usize) -> usize {
    if nodes < ALL_BELOW {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(ALL_BELOW)
}

/// Whether a node takes the Pod if the Pods in `gone` were not there.
pub fn check(
    prepared: &Prepared,
    place: usize,
    nodes: &Nodes,
    store: &Store,
    gone: &BTreeSet<Key>,
) -> Option<Reject> {
    let node = nodes.at(place);
    let demand = &*prepared.demand;
    unschedulable(demand, node)
        .or_else(|| node_name(demand, node))
        .or_else(|| taints(demand, node))
        .or_else(|| node_affinity(demand, node))
        .or_else(|| ports(demand, node, gone))
        .or_else(|| resources(demand, place, nodes, gone))
        .or_else(|| restrictions(prepared))
        .or_else(|| volumes::check(demand, node, store))
        .or_else(|| prepared.spread.check(demand, node))
        .or_else(|| prepared.affinity.check(demand, node))
}

fn unschedulable(demand: &Demand, node: &NodeInfo) -> Option<Reject> {
    let spec = node.object.as_ref()?.spec.as_ref()?;
    if spec.unschedulable != Some(true) {
        return None;
    }
    let taint = Taint { key: UNSCHEDULABLE_TAINT.into(), effect: "NoSchedule".into(), ..Taint::default() };
    let tolerated = demand.spec.tolerations.iter().flatten().any(|t| tolerates(t, &taint));
    (!tolerated).then(|| Reject::for_good(Plugin::NodeUnschedulable, "node(s) were unschedulable"))
}

fn node_name(demand: &Demand, node: &NodeInfo) -> Option<Reject> {
    let wanted = demand.spec.node_name.as_deref().filter(|name| !name.is_empty())?;
    (wanted != &*node.name)
        .then(|| Reject::for_good(Plugin::NodeName, "node(s) didn't match the requested node name"))
}

fn taints(demand: &Demand, node: &NodeInfo) -> Option<Reject> {
    untolerated(&demand.spec.tolerations, node.taints())
        .then(|| Reject::for_good(Plugin::TaintToleration, "node(s) had untolerated taint(s)"))
}

/// Whether one of the taints keeps Pods with these tolerations away.
#[expect(clippy::ref_option, reason = "the field of the API type as it is")]
pub fn untolerated(tolerations: &Option<Vec<Toleration>>, taints: &[Taint]) -> bool {
    taints
        .iter()
        .filter(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
        .any(|taint| !tolerations.iter().flatten().any(|toleration| tolerates(toleration, taint)))
}

/// Whether a toleration covers a taint (component-helpers: `Toleration.ToleratesTaint`).
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let unset = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    if !unset(&toleration.effect) && toleration.effect.as_deref() != Some(&taint.effect) {
        return false;
    }
    if !unset(&toleration.key) && toleration.key.as_deref() != Some(&taint.key) {
        return false;
    }
    match toleration.operator.as_deref() {
        Some("Exists") => true,
        _ => toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default(),
    }
}

fn node_affinity(demand: &Demand, node: &NodeInfo) -> Option<Reject> {
    (!wants_node(demand, node))
        .then(|| Reject::for_good(Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector"))
}

/// Whether the Pod's node selector and required node affinity match a node.
pub fn wants_node(demand: &Demand, node: &NodeInfo) -> bool {
    let none = BTreeMap::new();
    let labels = node.labels().unwrap_or(&none);
    let selected = demand.spec.node_selector.iter().flatten().all(|(k, v)| labels.get(k) == Some(v));
    let affinity = demand.spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
    let required = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
    selected && required.is_none_or(|selector| matches_selector(selector, labels, &node.name))
}

fn matches_selector(selector: &NodeSelector, labels: &BTreeMap<String, String>, name: &str) -> bool {
    selector.node_selector_terms.iter().any(|term| matches_term(term, labels, name))
}

/// Whether one term of a node selector matches; an empty term matches nothing.
pub fn matches_term(term: &NodeSelectorTerm, labels: &BTreeMap<String, String>, name: &str) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    expressions.iter().all(|r| matches_requirement(r, labels.get(&r.key).map(String::as_str)))
        && fields.iter().all(|r| matches_requirement(r, Some(name)))
}

fn matches_requirement(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = || value.is_some_and(|value| values.iter().any(|v| v == value));
    let number = |text: Option<&str>| text.and_then(|t| t.parse::<i64>().ok());
    let bound = number(values.first().map(String::as_str));
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number(value).zip(bound).is_some_and(|(a, b)| a > b),
        "Lt" => number(value).zip(bound).is_some_and(|(a, b)| a < b),
        _ => false,
    }
}

fn ports(demand: &Demand, node: &NodeInfo, gone: &BTreeSet<Key>) -> Option<Reject> {
    if demand.ports.is_empty() || node.with_ports == 0 {
        return None;
    }
    let taken = node.pods.iter().filter(|(key, _)| !gone.contains(*key)).flat_map(|(_, pod)| &pod.ports);
    let collides = taken.into_iter().any(|port| demand.ports.iter().any(|mine| mine.collides(port)));
    collides
        .then(|| Reject::of(Plugin::NodePorts, "node(s) didn't have free ports for the requested pod ports"))
}

fn resources(demand: &Demand, place: usize, nodes: &Nodes, gone: &BTreeSet<Key>) -> Option<Reject> {
    let node = nodes.at(place);
    let mut taken = None;
    let mut pods = node.pods.len() as i64;
    let leaving = gone.iter().filter_map(|key| node.pods.get(key));
    for pod in leaving {
        taken.get_or_insert_with(|| node.requested.clone()).add(&pod.requests, -1);
        pods -= 1;
    }
    for pod in nodes.nominated_before(place, demand) {
        taken.get_or_insert_with(|| node.requested.clone()).add(&pod.requests, 1);
        pods += 1;
    }
    lacking(demand, node, taken.as_ref().unwrap_or(&node.requested), pods)
}

/// A claim for one Pod has its user: no other node is any better.
fn restrictions(prepared: &Prepared) -> Option<Reject> {
    let reason =
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
    prepared.claim_taken.then(|| Reject::of(Plugin::VolumeRestrictions, reason))
}

/// Which resources a node lacks, all of them.
fn lacking(demand: &Demand, node: &NodeInfo, taken: &super::demand::Amounts, pods: i64) -> Option<Reject> {
    let mut reject = Reject { plugin: Plugin::NodeResourcesFit, reasons: Vec::new(), unresolvable: false };
    if pods + 1 > node.max_pods {
        reject.reasons.push("Too many pods".into());
    }
    let (want, have) = (&demand.requests, &node.allocatable);
    let mut compare = |name: &str, want: i64, have: i64, taken: i64| {
        if want > 0 && want > have - taken {
            reject.reasons.push(format!("Insufficient {name}").into());
            reject.unresolvable |= want > have;
        }
    };
    compare("cpu", want.cpu, have.cpu, taken.cpu);
    compare("memory", want.memory, have.memory, taken.memory);
    compare("ephemeral-storage", want.disk, have.disk, taken.disk);
    for (name, amount) in &want.other {
        let of = |list: &super::demand::Amounts| list.other.get(name).copied().unwrap_or_default();
        compare(name, *amount, of(have), of(taken));
    }
    (!reject.reasons.is_empty()).then_some(reject)
}
