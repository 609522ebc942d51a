//! Why a Pod fits nowhere, and how the scheduler words it (framework/types.go: `FitError`).

use super::preempt::Outcome;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The filters that can refuse a node; they also say which later change is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plugin {
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    VolumeBinding,
    PodTopologySpread,
    InterPodAffinity,
}

/// One node's refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Reject {
    /// The filter.
    pub plugin: Plugin,
    /// Its reasons, as the scheduler words them.
    pub reasons: Vec<Cow<'static, str>>,
    /// Whether removing Pods from the node could not help.
    pub unresolvable: bool,
}

impl Reject {
    /// A refusal that removing Pods could lift.
    pub fn of(plugin: Plugin, reason: impl Into<Cow<'static, str>>) -> Reject {
        Reject { plugin, reasons: vec![reason.into()], unresolvable: false }
    }

    /// A refusal that stands whatever Pods are removed.
    pub fn for_good(plugin: Plugin, reason: impl Into<Cow<'static, str>>) -> Reject {
        Reject { unresolvable: true, ..Reject::of(plugin, reason) }
    }
}

/// Why a Pod fits nowhere.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// How many nodes there are.
    pub nodes: usize,
    /// What spoke against every node alike, before the filters ran.
    pub before: Option<String>,
    /// Each node's refusal, by place.
    pub rejects: BTreeMap<usize, Reject>,
}

impl Failure {
    /// There is no node at all.
    pub fn no_nodes() -> Failure {
        Failure::default()
    }

    /// Something speaks against every node.
    pub fn before_filters(nodes: usize, reason: String) -> Failure {
        Failure { nodes, before: Some(reason), rejects: BTreeMap::new() }
    }

    /// The filters that refused.
    pub fn plugins(&self) -> BTreeSet<Plugin> {
        if self.before.is_some() {
            return BTreeSet::from([Plugin::VolumeBinding]);
        }
        self.rejects.values().map(|reject| reject.plugin).collect()
    }

    /// The text of the event and of the condition.
    pub fn message(&self, outcome: &Outcome) -> String {
        if self.nodes == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        let first = match &self.before {
            Some(reason) => format!("{}{reason}.", available(self.nodes)),
            None => summary(self.nodes, self.rejects.values().flat_map(|r| r.reasons.iter().cloned())),
        };
        match outcome {
            Outcome::Nominated { .. } => first,
            Outcome::NotTried => format!("{first} not found"),
            Outcome::NotEligible(why) => {
                format!("{first} no new claims to deallocate, preemption: not eligible due to {why}.")
            }
            Outcome::Useless(reasons) => {
                let second = summary(self.nodes, reasons.iter().cloned());
                format!("{first} no new claims to deallocate, preemption: {second}")
            }
        }
    }
}

fn available(nodes: usize) -> String {
    format!("0/{nodes} nodes are available: ")
}

/// `0/N nodes are available: 1 a, 2 b.`
fn summary(nodes: usize, reasons: impl Iterator<Item = Cow<'static, str>>) -> String {
    let mut counts: BTreeMap<Cow<'static, str>, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut texts: Vec<String> = counts.into_iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    texts.sort();
    format!("{}{}.", available(nodes), texts.join(", "))
}
