//! The steps of a rollout: which set grows, which shrinks (rolling.go, recreate.go, sync.go).

use super::revision::DESIRED;
use super::{Rollout, available, size};
use crate::kube::Object;
use crate::sim::cluster::Context;
use crate::sim::controllers::pods;
use k8s_openapi::api::apps::v1::ReplicaSet;

impl Rollout<'_> {
    /// How large the new set may be, given its size.
    pub(super) fn size_of_new(&self, now: i32) -> i32 {
        if self.is_recreate() {
            return self.replicas();
        }
        let most = self.replicas() + self.fenceposts().0;
        let total: i32 = self.sets().map(size).sum();
        if total >= most {
            return now;
        }
        now + (most - total).min(self.replicas() - now).max(0)
    }

    /// Whether `spec.replicas` of the Deployment changed since its sets were sized.
    pub(super) fn is_scaling(&self) -> bool {
        self.sets().filter(|set| size(set) > 0).any(|set| {
            let annotations = set.metadata.annotations.as_ref();
            let desired = annotations.and_then(|a| a.get(DESIRED)).and_then(|text| text.parse::<i32>().ok());
            desired.is_some_and(|desired| desired != self.replicas())
        })
    }

    /// Passes a change of size on to the sets: to the only one that is active, or in proportion during a rollout.
    pub(super) fn scale(&mut self, context: &mut Context) {
        let active = self.sets().filter(|set| size(set) > 0).count();
        if active <= 1 {
            let wanted = self.replicas();
            match self.old.iter().position(|set| size(set) > 0) {
                Some(at) => self.resize_old(at, wanted, context),
                None if self.new.is_some() => self.resize_new(wanted, context),
                // A paused Deployment that never had a set keeps its youngest old one.
                None => {}
            }
            return;
        }
        if self.new.as_ref().is_some_and(|set| size(set) == self.replicas() && available(set) == size(set)) {
            for at in 0..self.old.len() {
                self.resize_old(at, 0, context);
            }
        } else if !self.is_recreate() {
            self.scale_in_proportion(context);
        }
    }

    fn scale_in_proportion(&mut self, context: &mut Context) {
        let total: i32 = self.sets().map(size).sum();
        let most = if self.replicas() > 0 { self.replicas() + self.fenceposts().0 } else { 0 };
        let mut left = most - total;
        let mut order: Vec<(i32, Option<usize>)> = Vec::new();
        order.extend(self.old.iter().enumerate().map(|(at, set)| (size(set), Some(at))));
        order.extend(self.new.iter().map(|set| (size(set), None)));
        order.retain(|(size, _)| *size > 0);
        // The largest set takes the largest part, and what rounding leaves over.
        order.sort_by_key(|(size, at)| (-*size, at.is_some()));
        let parts = parts(&order, total, most, &mut left);
        for ((size, at), part) in order.into_iter().zip(parts) {
            let wanted = (size + part).max(0);
            match at {
                Some(at) => self.resize_old(at, wanted, context),
                None => self.resize_new(wanted, context),
            }
        }
    }

    /// New Pods as far as the surge allows, then old ones away as far as availability allows.
    pub(super) fn rolling_update(&mut self, context: &mut Context) {
        let now = self.new.as_ref().map_or(0, |set| size(set));
        let wanted = if now > self.replicas() { self.replicas() } else { self.size_of_new(now) };
        if wanted != now {
            self.resize_new(wanted, context);
            return;
        }
        if let Some(set) = self.new.clone() {
            // Sizes are noted even when nothing grows.
            self.resize_new(size(&set), context);
        }
        self.shrink_old(context);
    }

    fn shrink_old(&mut self, context: &mut Context) {
        let old_total: i32 = self.old.iter().map(|set| size(set)).sum();
        if old_total == 0 {
            return;
        }
        let total: i32 = self.sets().map(size).sum();
        let least = self.replicas() - self.fenceposts().1;
        let new_unavailable = self.new.as_ref().map_or(0, |set| size(set) - available(set));
        let mut budget = total - least - new_unavailable;
        if budget <= 0 {
            return;
        }
        // Old Pods that do not work go first: they are no loss.
        for at in 0..self.old.len() {
            let broken = size(&self.old[at]) - available(&self.old[at]);
            let cut = broken.min(budget).max(0);
            if cut > 0 {
                self.resize_old(at, size(&self.old[at]) - cut, context);
                budget -= cut;
            }
        }
        let mut spare = self.sets().map(available).sum::<i32>() - least;
        for at in 0..self.old.len() {
            let cut = size(&self.old[at]).min(spare);
            if cut > 0 {
                self.resize_old(at, size(&self.old[at]) - cut, context);
                spare -= cut;
            }
        }
    }

    /// All old Pods away, then the new set, so that it does not grow before (recreate.go, `rolloutRecreate`).
    pub(super) fn recreate(&mut self, context: &mut Context) {
        let mut shrunk = false;
        for at in 0..self.old.len() {
            if size(&self.old[at]) > 0 {
                self.resize_old(at, 0, context);
                shrunk = true;
            }
        }
        if shrunk || self.old_pods_run(context) {
            return;
        }
        self.ensure_new(context);
        self.resize_new(self.replicas(), context);
    }

    /// Whether a Pod of an old template has not ended yet, or a set has not said so (`oldPodsRunning`).
    fn old_pods_run(&self, context: &Context) -> bool {
        let runs = |set: &ReplicaSet| {
            let uid = set.metadata.uid.as_deref().unwrap_or_default();
            let counted = set.status.as_ref().is_some_and(|status| status.replicas > 0);
            counted || context.store.owned_by(uid).filter_map(Object::as_pod).any(|pod| !pods::is_over(pod))
        };
        self.old.iter().any(|set| runs(set))
    }
}

fn parts(order: &[(i32, Option<usize>)], total: i32, most: i32, left: &mut i32) -> Vec<i32> {
    let mut parts: Vec<i32> = Vec::new();
    for (size, _) in order {
        let fraction = f64::from(*size) * f64::from(most) / f64::from(total.max(1)) - f64::from(*size);
        let part = fraction.round() as i32;
        let part = if *left > 0 { part.min(*left) } else { part.max(*left) };
        *left -= part;
        parts.push(part);
    }
    if let Some(first) = parts.first_mut() {
        *first += *left;
    }
    parts
}
