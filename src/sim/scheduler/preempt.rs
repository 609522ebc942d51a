//! Making room for a Pod by removing less important ones (framework/preemption, plugins/defaultpreemption).

use super::demand::Demand;
use super::filter::{Prepared, check};
use super::node::{NodeInfo, Nodes};
use super::note;
use super::verdict::Failure;
use crate::kube::{Key, Object, SimTime};
use crate::sim::api::{DeleteOptions, Write, disruption_target};
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::controllers::disruption;
use crate::sim::events::EventType;
use crate::sim::store::Store;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What came of it.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The filters did not run, so there was nothing to try.
    NotTried,
    /// The Pod may not preempt, for this reason.
    NotEligible(&'static str),
    /// It would not help: a reason for each node.
    Useless(Vec<Cow<'static, str>>),
    /// These Pods have to go from this node.
    Nominated {
        /// The node.
        node: Arc<str>,
        /// The Pods.
        victims: Vec<Key>,
    },
}

/// A node that would do, with what it costs.
struct Candidate {
    place: usize,
    victims: Vec<Key>,
    cost: (usize, i32, i64, usize, Reverse<SimTime>),
}

/// Looks for the node where the least has to go.
pub fn attempt(demand: &Arc<Demand>, failure: &Failure, nodes: &Nodes, context: &mut Context) -> Outcome {
    if failure.before.is_some() || failure.nodes == 0 {
        return Outcome::NotTried;
    }
    if demand.spec.preemption_policy.as_deref() == Some("Never") {
        return Outcome::NotEligible("preemptionPolicy=Never");
    }
    if waits_for_victims(demand, nodes, context.store) {
        return Outcome::NotEligible("a terminating pod on the nominated node");
    }
    let mut reasons: Vec<Cow<'static, str>> = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for (place, reject) in &failure.rejects {
        if reject.unresolvable {
            reasons.push("Preemption is not helpful for scheduling".into());
            continue;
        }
        match victims_on(demand, *place, nodes, context.store) {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => reasons.extend(why),
        }
    }
    match candidates.into_iter().min_by(|a, b| a.cost.cmp(&b.cost)) {
        Some(best) => Outcome::Nominated { node: nodes.at(best.place).name.clone(), victims: best.victims },
        None => Outcome::Useless(reasons),
    }
}

/// Whether the Pod was promised a node and lesser Pods there are still leaving.
fn waits_for_victims(demand: &Demand, nodes: &Nodes, store: &Store) -> bool {
    let pod = store.get(&demand.key).and_then(Object::as_pod);
    let Some(name) = pod.and_then(|pod| pod.status.nominated_node_name.as_deref()) else { return false };
    let Some(node) = nodes.present().iter().map(|p| nodes.at(*p)).find(|n| &*n.name == name) else {
        return false;
    };
    node.pods.values().any(|other| {
        other.priority < demand.priority
            && store.get(&other.key).is_some_and(|pod| pod.meta().deletion_timestamp.is_some())
    })
}

/// The Pods that have to leave one node, or why that would not help.
fn victims_on(
    demand: &Arc<Demand>,
    place: usize,
    nodes: &Nodes,
    store: &Store,
) -> Result<Candidate, Vec<Cow<'static, str>>> {
    let node = nodes.at(place);
    let mut lesser: Vec<&Arc<Demand>> = node.pods.values().filter(|p| p.priority < demand.priority).collect();
    if lesser.is_empty() {
        return Err(vec!["No preemption victims found for incoming pod".into()]);
    }
    let mut gone: BTreeSet<Key> = lesser.iter().map(|pod| pod.key.clone()).collect();
    let fits = |gone: &BTreeSet<Key>| {
        let prepared = Prepared::without(demand, nodes, store, gone);
        check(&prepared, place, nodes, store, gone)
    };
    if let Some(reject) = fits(&gone) {
        return Err(reject.reasons);
    }
    // The most important Pods get their place back first, those whose disruption budget forbids it before the others.
    let protected: BTreeSet<Key> =
        lesser.iter().filter(|pod| violates_budget(pod, store)).map(|pod| pod.key.clone()).collect();
    lesser.sort_by_key(|pod| {
        (!protected.contains(&pod.key), Reverse(pod.priority), started(pod, store), Reverse(pod.key.clone()))
    });
    for pod in lesser {
        gone.remove(&pod.key);
        if fits(&gone).is_some() {
            gone.insert(pod.key.clone());
        }
    }
    Ok(cost(place, node, gone, &protected, store))
}

/// The order in which nodes are preferred: budgets broken, highest victim, sum of priorities, victims, youngest top victim.
fn cost(
    place: usize,
    node: &NodeInfo,
    gone: BTreeSet<Key>,
    protected: &BTreeSet<Key>,
    store: &Store,
) -> Candidate {
    let victims: Vec<&Arc<Demand>> = gone.iter().filter_map(|key| node.pods.get(key)).collect();
    let top = victims.iter().map(|v| v.priority).max().unwrap_or(i32::MIN);
    let sum = victims.iter().map(|v| i64::from(v.priority) + i64::from(i32::MAX) + 1).sum();
    let broken = gone.iter().filter(|key| protected.contains(*key)).count();
    let earliest =
        victims.iter().filter(|v| v.priority == top).map(|v| started(v, store)).min().unwrap_or_default();
    let cost = (broken, top, sum, victims.len(), Reverse(earliest));
    Candidate { place, victims: gone.into_iter().collect(), cost }
}

fn started(demand: &Demand, store: &Store) -> SimTime {
    let pod = store.get(&demand.key).and_then(Object::as_pod);
    pod.and_then(|pod| pod.status.start_time.as_ref()).map_or(SimTime::NEVER, SimTime::of)
}

fn violates_budget(demand: &Demand, store: &Store) -> bool {
    let Some(pod) = store.get(&demand.key).and_then(Object::as_pod) else { return false };
    disruption::budgets_of(pod, store)
        .iter()
        .any(|name| disruption::allowed(pod.namespace(), name, store) <= 0)
}

/// Tells the victims and deletes them, each with its own grace.
pub fn evict(demand: &Demand, node: &str, victims: &[Key], because: CauseId, context: &mut Context) {
    let uid = demand.meta.uid.clone().unwrap_or_default();
    for key in victims {
        let Some(victim) = context.store.get(key).and_then(Object::as_pod).cloned() else { continue };
        let text =
            format!("{} made room on {node} for {}, which is more important", victim.name(), demand.key.name);
        let cause = context.because(Some(because), super::CHAPTER, text);
        let message = format!("Preempted by pod {uid} on node {node}");
        context.series_event(note(&victim, EventType::Normal, "Preempted", message), "Preempting", cause);
        let write = Write::component(cause);
        let condition = disruption_target(
            "PreemptionByScheduler",
            "default-scheduler: preempting to accommodate a higher priority pod",
        );
        context.set_pod_condition(key, condition, &write);
        // A victim that is gone already is no loss.
        let _ = context.delete(key, &DeleteOptions::default(), &write);
    }
}
