//! How a changed template reaches the nodes (pkg/controller/daemon/update.go): by making room on each first, or, with `maxSurge`, by
//! starting the new daemon beside the old one. Does not know which nodes want a daemon and never creates the first one.

use super::Daemons;
use crate::kube::Pod;
use crate::sim::cluster::Context;
use crate::sim::controllers::pods;
use crate::sim::controllers::share::{Round, share};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// What stands on a node.
enum Standing {
    Nothing,
    New(Pod),
    Old(Pod),
    Both { new: Pod, old: Pod },
}

impl Daemons {
    /// How many daemons may be missing, and how many nodes may have two of them.
    fn limits(&self) -> (i32, i32) {
        let nodes = self.wanted.len() as i32;
        let rolling =
            self.spec.update_strategy.as_ref().and_then(|s| s.rolling_update.clone()).unwrap_or_default();
        let missing = share(&rolling.max_unavailable.unwrap_or(IntOrString::Int(1)), nodes, Round::Up);
        let extra = share(&rolling.max_surge.unwrap_or(IntOrString::Int(0)), nodes, Round::Up);
        (if missing == 0 && extra == 0 { 1 } else { missing }, extra)
    }

    /// Which of several daemons on a node have to go; they come with the oldest first.
    pub(super) fn surplus(&self, standing: Vec<Pod>, context: &Context) -> Vec<Pod> {
        if self.limits().1 == 0 {
            return standing.into_iter().skip(1).collect();
        }
        let (new, old): (Vec<Pod>, Vec<Pod>) = standing.into_iter().partition(|pod| self.is_current(pod));
        let replaced = match (new.first(), old.first()) {
            (Some(new), Some(old)) if !pods::is_ready(old) || self.is_available(new, context) => {
                Some(old.clone())
            }
            _ => None,
        };
        new.into_iter().skip(1).chain(old.into_iter().skip(1)).chain(replaced).collect()
    }

    /// Replaces daemons of an older template, a few at a time.
    pub(super) fn rolling_update(&mut self, context: &mut Context) {
        let strategy = self.spec.update_strategy.as_ref();
        if strategy.and_then(|s| s.type_.as_deref()) == Some("OnDelete") {
            return;
        }
        match self.limits() {
            (missing, 0) => self.make_room(missing, context),
            (_, extra) => self.surge(extra, context),
        }
    }

    /// Deletes old daemons while no more than `most` are missing; the next look creates their successors.
    fn make_room(&self, most: i32, context: &mut Context) {
        let mut missing = 0;
        let mut old = Vec::new();
        for node in &self.wanted {
            match self.standing(node) {
                // One that does not work anyway is free to go.
                Standing::Old(pod) if !self.is_available(&pod, context) => self.owner.delete(&pod, context),
                Standing::Old(pod) => old.push(pod),
                Standing::New(pod) if self.is_available(&pod, context) => {}
                Standing::New(_) | Standing::Nothing | Standing::Both { .. } => missing += 1,
            }
        }
        let budget = usize::try_from(most - missing).unwrap_or(0);
        for pod in old.iter().take(budget) {
            self.owner.delete(pod, context);
        }
    }

    /// Starts new daemons beside old ones on no more than `most` nodes, and deletes the old ones whose successor is available.
    fn surge(&mut self, most: i32, context: &mut Context) {
        let mut starting = 0;
        let (mut free, mut in_turn) = (Vec::new(), Vec::new());
        for node in self.wanted.clone() {
            match self.standing(&node) {
                Standing::Both { new, old } if self.is_available(&new, context) => {
                    self.owner.delete(&old, context);
                }
                Standing::Both { .. } => starting += 1,
                Standing::Old(pod) if self.is_available(&pod, context) => in_turn.push(node),
                // Nothing is lost where the old one does not work.
                Standing::Old(_) => free.push(node),
                Standing::New(_) | Standing::Nothing => {}
            }
        }
        let budget = usize::try_from(most - starting).unwrap_or(0);
        in_turn.truncate(budget);
        for node in free.into_iter().chain(in_turn) {
            let pod = self.pod(&node);
            if let Ok(pod) = self.owner.create(pod, context) {
                self.by_node.entry(node).or_default().push(pod);
            }
        }
    }

    fn standing(&self, node: &str) -> Standing {
        let pods = self.by_node.get(node).map(Vec::as_slice).unwrap_or_default();
        let find = |current: bool| {
            let active = pods.iter().filter(|pod| pods::is_active(pod));
            active.clone().find(|pod| self.is_current(pod) == current).cloned()
        };
        match (find(true), find(false)) {
            (Some(new), Some(old)) => Standing::Both { new, old },
            (Some(new), None) => Standing::New(new),
            (None, Some(old)) => Standing::Old(old),
            (None, None) => Standing::Nothing,
        }
    }

    fn is_available(&self, pod: &Pod, context: &Context) -> bool {
        pods::is_available(pod, self.spec.min_ready_seconds.unwrap_or(0), context.now)
    }
}
