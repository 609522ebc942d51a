//! What the Pods that one object controls come to, kept with each write: a controller of ten thousand Pods must not look at all of
//! them whenever one changes. Knows nothing of what the controller wants.

use crate::kube::{Object, Pod, SimTime};
use crate::sim::controllers::pods;
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

/// The Pods that one object controls, in numbers.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By their labels: the Pods of one template share them, but for those that somebody relabelled.
    groups: BTreeMap<Labels, Count>,
    /// How many were made at which moment.
    made: BTreeMap<SimTime, usize>,
}

/// Pods with the same labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub pods: usize,
    /// Those that are neither over nor leaving.
    pub active: usize,
    /// Those of the active ones that are ready.
    pub ready: usize,
    /// Those that are leaving and not over yet.
    pub terminating: usize,
}

impl Tally {
    /// The labels there are among the Pods, with how many have them.
    pub fn groups(&self) -> impl Iterator<Item = (&Labels, &Count)> {
        self.groups.iter()
    }

    /// How many Pods are neither over nor leaving.
    pub fn active(&self) -> usize {
        self.groups.values().map(|count| count.active).sum()
    }

    /// How many of those are ready.
    pub fn ready(&self) -> usize {
        self.groups.values().map(|count| count.ready).sum()
    }

    /// How many Pods are leaving and have not ended yet.
    pub fn terminating(&self) -> usize {
        self.groups.values().map(|count| count.terminating).sum()
    }

    /// How many Pods were made after `time`.
    pub fn made_after(&self, time: SimTime) -> usize {
        self.made.range(time.plus(1)..).map(|(_, count)| count).sum()
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn change(&mut self, fact: &Fact, by: isize) {
        if !self.groups.contains_key(fact.labels) {
            self.groups.insert(fact.labels.clone(), Count::default());
        }
        if let Some(count) = self.groups.get_mut(fact.labels) {
            count.pods = count.pods.saturating_add_signed(by);
            count.active = count.active.saturating_add_signed(if fact.active { by } else { 0 });
            count.ready = count.ready.saturating_add_signed(if fact.ready { by } else { 0 });
            count.terminating =
                count.terminating.saturating_add_signed(if fact.terminating { by } else { 0 });
            if count.pods == 0 {
                self.groups.remove(fact.labels);
            }
        }
        let made = self.made.entry(fact.made).or_default();
        *made = made.saturating_add_signed(by);
        if *made == 0 {
            self.made.remove(&fact.made);
        }
    }
}

/// What counts of one Pod.
#[derive(Debug, PartialEq)]
struct Fact<'a> {
    owner: &'a str,
    labels: &'a Labels,
    made: SimTime,
    active: bool,
    ready: bool,
    terminating: bool,
}

impl Fact<'_> {
    fn of(pod: &Pod) -> Option<Fact<'_>> {
        static NONE: Labels = BTreeMap::new();
        let active = pods::is_active(pod);
        Some(Fact {
            owner: &pods::controller_of_pod(pod)?.uid,
            labels: pod.metadata.labels.as_ref().unwrap_or(&NONE),
            made: pod.metadata.creation_timestamp.as_ref().map_or(SimTime(0), SimTime::of),
            active,
            ready: active && pods::is_ready(pod),
            terminating: pods::is_leaving(pod) && !pods::is_over(pod),
        })
    }
}

/// The tallies of all objects that control Pods, by their UIDs.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies(BTreeMap<Box<str>, Tally>);

impl Tallies {
    pub(super) fn of(&self, owner: &str) -> Option<&Tally> {
        self.0.get(owner)
    }

    /// Sees a Pod change.
    pub(super) fn replace(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let old = old.and_then(Object::as_pod).and_then(Fact::of);
        let new = new.and_then(Object::as_pod).and_then(Fact::of);
        if old == new {
            return;
        }
        if let Some(fact) = new {
            match self.0.get_mut(fact.owner) {
                Some(tally) => tally.change(&fact, 1),
                None => self.0.entry(fact.owner.into()).or_default().change(&fact, 1),
            }
        }
        if let Some(fact) = old
            && let Some(tally) = self.0.get_mut(fact.owner)
        {
            tally.change(&fact, -1);
            if tally.is_empty() {
                self.0.remove(fact.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::Kind;
    use serde_json::json;

    fn pod(app: &str, owner: &str, ready: &str, phase: &str) -> Object {
        let owner = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "s", "uid": owner, "controller": true }]);
        let value = json!({ "metadata": { "name": "p", "labels": { "app": app }, "ownerReferences": owner },
            "spec": { "containers": [] },
            "status": { "phase": phase, "conditions": [{ "type": "Ready", "status": ready }] } });
        Object::from_value(Kind::Pod, value).unwrap()
    }

    #[test]
    fn a_tally_follows_its_pods_through_every_change_and_ends_with_the_last() {
        let mut tallies = Tallies::default();
        let steps = [
            pod("web", "a", "False", "Pending"),
            pod("web", "a", "True", "Running"),
            pod("mine", "a", "True", "Running"),
            pod("mine", "b", "True", "Running"),
            pod("mine", "b", "True", "Failed"),
        ];
        let mut seen = Vec::new();
        let mut before = None;
        for now in &steps {
            tallies.replace(before, Some(now));
            before = Some(now);
            let count = |owner| {
                tallies.of(owner).map(|tally| (tally.groups().count(), tally.active(), tally.ready()))
            };
            seen.push((count("a"), count("b")));
        }
        let expected = [
            (Some((1, 1, 0)), None),
            (Some((1, 1, 1)), None),
            (Some((1, 1, 1)), None),
            (None, Some((1, 1, 1))),
            (None, Some((1, 0, 0))),
        ];
        assert_eq!(seen, expected);
        tallies.replace(before, None);
        assert!(tallies.0.is_empty());
    }
}
