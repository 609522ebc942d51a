//! Which of the nodes that fit is best (framework/plugins, weights of the default profile). Scores are whole numbers from 0 to 100,
//! as in the real one; what still ties goes to the node with the fewest Pods of the same owner, then by name (a real scheduler draws).

use super::affinity::matching;
use super::demand::Demand;
use super::filter::{Prepared, matches_term, tolerates};
use super::node::{NodeInfo, Nodes};
use super::spread::Spread;
use crate::sim::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// The best score of one plugin.
const MAX: i64 = 100;
/// The image sizes between which locality counts, bytes (imagelocality: 23 MB and 1000 MB a container).
const IMAGE_SIZES: (i64, i64) = (23 << 20, 1000 << 20);
/// The default constraints on hosts and zones: allowed difference (systemDefaultConstraints).
const DEFAULT_SKEW: [(&str, i64); 2] = [("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5)];

/// The place of the best of several nodes.
pub fn best(prepared: &Prepared, places: &[usize], nodes: &Nodes, store: &Store) -> usize {
    let demand = &**prepared.demand();
    let infos: Vec<&NodeInfo> = places.iter().map(|place| nodes.at(*place)).collect();
    let mut totals = vec![0_i64; infos.len()];
    let mut add = |scores: &[i64], weight: i64| {
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += score * weight;
        }
    };
    add(&avoided_taints(demand, &infos), 3);
    add(&preferred_nodes(demand, &infos), 2);
    let owned = owned(demand, places, nodes);
    add(&spread(demand, (&infos, &owned), nodes, store), 2);
    add(&company(demand, &infos, nodes, store), 2);
    add(&each(&infos, |node| least_allocated(demand, node)), 1);
    add(&each(&infos, |node| balanced(demand, node)), 1);
    add(&images(demand, &infos), 1);
    let order = |i: usize| (owned[i], &infos[i].name);
    let better = |a: &usize, b: &usize| totals[*b].cmp(&totals[*a]).then_with(|| order(*a).cmp(&order(*b)));
    (0..infos.len()).min_by(better).map_or(places[0], |i| places[i])
}

/// How many Pods of the same owner each of the nodes has.
fn owned(demand: &Demand, places: &[usize], nodes: &Nodes) -> Vec<i64> {
    let known = demand.owner().and_then(|owner| nodes.owned(owner));
    let Some(known) = known else { return vec![0; places.len()] };
    places.iter().map(|place| known.get(place).copied().unwrap_or_default()).collect()
}

fn each(infos: &[&NodeInfo], score: impl Fn(&NodeInfo) -> i64) -> Vec<i64> {
    infos.iter().map(|node| score(node)).collect()
}

/// Scales to 0..100 by the largest; `reverse` makes small ones good (helper.DefaultNormalizeScore).
fn normalized(mut scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let max = scores.iter().copied().max().unwrap_or_default();
    for score in &mut scores {
        let scaled = if max == 0 { 0 } else { *score * MAX / max };
        *score = if reverse { MAX - scaled } else { scaled };
    }
    scores
}

fn avoided_taints(demand: &Demand, infos: &[&NodeInfo]) -> Vec<i64> {
    let tolerations = demand.spec.tolerations.as_deref().unwrap_or_default();
    let bad = |node: &NodeInfo| {
        let soft = node.taints().iter().filter(|taint| taint.effect == "PreferNoSchedule");
        soft.filter(|taint| !tolerations.iter().any(|t| tolerates(t, taint))).count() as i64
    };
    normalized(each(infos, bad), true)
}

fn preferred_nodes(demand: &Demand, infos: &[&NodeInfo]) -> Vec<i64> {
    let affinity = demand.spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
    let terms = affinity.and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_ref());
    let Some(terms) = terms else { return vec![0; infos.len()] };
    let none = BTreeMap::new();
    let score = |node: &NodeInfo| {
        let labels = node.labels().unwrap_or(&none);
        let matching = terms.iter().filter(|t| matches_term(&t.preference, labels, &node.name));
        matching.map(|t| i64::from(t.weight)).sum()
    };
    normalized(each(infos, score), false)
}

fn spread(demand: &Demand, (infos, owned): (&[&NodeInfo], &[i64]), nodes: &Nodes, store: &Store) -> Vec<i64> {
    let explicit = demand.spec.topology_spread_constraints.as_ref().is_some_and(|list| !list.is_empty());
    let raw = if explicit {
        let spread = Spread::preferred(demand, nodes, store);
        if spread.constraints.is_empty() {
            return vec![0; infos.len()];
        }
        each(infos, |node| {
            let sum = spread.constraints.iter().map(|constraint| {
                let here = node.label(&constraint.topology_key).and_then(|v| constraint.counts.get(v));
                skew(here.copied().unwrap_or_default(), constraint.counts.len(), constraint.max_skew)
            });
            sum.sum::<f64>().round() as i64
        })
    } else {
        default_spread(demand, infos, owned)
    };
    let (min, max) =
        (raw.iter().min().copied().unwrap_or_default(), raw.iter().max().copied().unwrap_or_default());
    let scaled = raw.iter().map(|score| if max == 0 { MAX } else { MAX * (max + min - score) / max });
    scaled.collect()
}

/// A place's count, weighted by how many places there are.
fn skew(count: i64, places: usize, max_skew: i64) -> f64 {
    count as f64 * (places as f64 + 2.0).ln() + (max_skew - 1) as f64
}

/// The cluster's default constraints, by owner rather than by its selector.
fn default_spread(demand: &Demand, infos: &[&NodeInfo], owned: &[i64]) -> Vec<i64> {
    if demand.owner().is_none() {
        return vec![0; infos.len()];
    }
    let mut zones: BTreeMap<&str, i64> = BTreeMap::new();
    for (node, count) in infos.iter().zip(owned) {
        if let Some(zone) = node.label(DEFAULT_SKEW[1].0) {
            *zones.entry(zone).or_default() += count;
        }
    }
    let score = |(node, count): (&&NodeInfo, &i64)| {
        let mut sum = skew(*count, infos.len(), DEFAULT_SKEW[0].1);
        if let Some(count) = node.label(DEFAULT_SKEW[1].0).and_then(|zone| zones.get(zone)) {
            sum += skew(*count, zones.len(), DEFAULT_SKEW[1].1);
        }
        sum.round() as i64
    };
    infos.iter().zip(owned).map(score).collect()
}

fn company(demand: &Demand, infos: &[&NodeInfo], nodes: &Nodes, store: &Store) -> Vec<i64> {
    let mut places: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut weigh = |node: &NodeInfo, key: &str, weight: i64| {
        if let Some(value) = node.label(key) {
            *places.entry((key.to_owned(), value.to_owned())).or_default() += weight;
        }
    };
    let nothing = BTreeSet::new();
    for term in &demand.prefers {
        for (node, _) in matching(std::slice::from_ref(term), nodes, store, &nothing) {
            weigh(node, &term.topology_key, term.weight);
        }
    }
    for (node, other) in nodes.social() {
        // A Pod that must be near pulls with weight 1 (hardPodAffinityWeight), one that would like to with its own.
        let pulls = other.near.iter().map(|t| (t, 1)).chain(other.prefers.iter().map(|t| (t, t.weight)));
        for (term, weight) in pulls {
            if term.matches(demand.namespace(), demand.labels(), store) {
                weigh(node, &term.topology_key, weight);
            }
        }
    }
    if places.is_empty() {
        return vec![0; infos.len()];
    }
    let score = |node: &NodeInfo| {
        let here = places.iter().filter(|((key, value), _)| node.label(key) == Some(value.as_str()));
        here.map(|(_, weight)| *weight).sum::<i64>()
    };
    let raw = each(infos, score);
    let (min, max) =
        (raw.iter().min().copied().unwrap_or_default(), raw.iter().max().copied().unwrap_or_default());
    raw.iter().map(|s| if max == min { 0 } else { MAX * (s - min) / (max - min) }).collect()
}

fn least_allocated(demand: &Demand, node: &NodeInfo) -> i64 {
    let part =
        |have: i64, taken: i64| if have <= 0 || taken > have { 0 } else { (have - taken) * MAX / have };
    let cpu = part(node.allocatable.cpu, node.non_zero.0 + demand.non_zero.0);
    let memory = part(node.allocatable.memory, node.non_zero.1 + demand.non_zero.1);
    i64::midpoint(cpu, memory)
}

fn balanced(demand: &Demand, node: &NodeInfo) -> i64 {
    if demand.requests.cpu == 0 && demand.requests.memory == 0 {
        return 0;
    }
    let fraction =
        |taken: i64, have: i64| if have <= 0 { 1.0 } else { (taken as f64 / have as f64).min(1.0) };
    let balance = |cpu: i64, memory: i64| {
        let (cpu, memory) = (fraction(cpu, node.allocatable.cpu), fraction(memory, node.allocatable.memory));
        (1.0 - (cpu - memory).abs() / 2.0) * MAX as f64
    };
    let before = balance(node.requested.cpu, node.requested.memory);
    let after =
        balance(node.requested.cpu + demand.requests.cpu, node.requested.memory + demand.requests.memory);
    (50.0 + (50.0 + after - before) / 2.0) as i64
}

fn images(demand: &Demand, infos: &[&NodeInfo]) -> Vec<i64> {
    if infos.iter().all(|node| !node.has_images()) {
        return vec![0; infos.len()];
    }
    let wanted: Vec<&str> = demand.spec.containers.iter().filter_map(|c| c.image.as_deref()).collect();
    let top = IMAGE_SIZES.1 * wanted.len() as i64;
    let mut sums = vec![0; infos.len()];
    for image in wanted {
        let sizes: Vec<Option<i64>> = infos.iter().map(|node| node.image_size(image)).collect();
        let holders = sizes.iter().flatten().count() as i64;
        for (sum, size) in sums.iter_mut().zip(sizes) {
            *sum += size.unwrap_or_default() * holders;
        }
    }
    let score = |sum: i64| {
        let sum = (sum / infos.len() as i64).clamp(IMAGE_SIZES.0, top.max(IMAGE_SIZES.0));
        MAX * (sum - IMAGE_SIZES.0) / (top - IMAGE_SIZES.0).max(1)
    };
    sums.into_iter().map(score).collect()
}
