//! Deployments (pkg/controller/deployment): one `ReplicaSet` for each Pod template, and the way from the old ones to the new one.

mod golang;
pub(super) mod revision;
mod rollout;
mod status;

use super::owning::{Owner, controller_key};
use super::queue::Queue;
use super::share::{Round, share};
use super::{Controller, Work};
use crate::kube::{Key, Kind, Object};
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::sync::Arc;

/// The chapter about all this.
const CHAPTER: &str = "controllers";

/// Asks for the sync of Deployments a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::Deployment(_) => {
            queue.add(Controller::Deployment, change.key.clone(), change.cause, context);
        }
        Object::ReplicaSet(_) => {
            if let Some(key) = controller_key(&change.key, &change.object, Kind::Deployment) {
                queue.add(Controller::Deployment, key, change.cause, context);
            }
        }
        Object::Pod(_) if change.kind == ChangeKind::Deleted => {
            if let Some(key) = emptied(change, context) {
                queue.add(Controller::Deployment, key, change.cause, context);
            }
        }
        _ => {}
    }
}

/// The Deployment with the strategy Recreate whose last Pod has just gone (`deletePod`). That a Pod has ended and is still there, it
/// learns from the status of the set.
fn emptied(change: &Change, context: &Context) -> Option<Key> {
    let set = controller_key(&change.key, &change.object, Kind::ReplicaSet)?;
    let key = controller_key(&set, context.store.get(&set)?, Kind::Deployment)?;
    let Object::Deployment(deployment) = context.store.get(&key)? else { return None };
    let mut sets = context.store.owned_by(deployment.metadata.uid.as_deref()?);
    let empty = sets.all(|set| context.store.tally(set.meta().uid.as_deref().unwrap_or_default()).is_none());
    (is_recreate(deployment.spec.as_ref()?) && empty).then_some(key)
}

fn is_recreate(spec: &DeploymentSpec) -> bool {
    spec.strategy.as_ref().and_then(|s| s.type_.as_deref()) == Some("Recreate")
}

/// A Deployment at work: its `ReplicaSets` as they stand now.
struct Rollout<'a> {
    owner: Owner,
    deployment: &'a Deployment,
    spec: &'a DeploymentSpec,
    /// The status as it will be reported.
    status: DeploymentStatus,
    new: Option<Arc<ReplicaSet>>,
    old: Vec<Arc<ReplicaSet>>,
}

/// Takes one step.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(Object::Deployment(deployment)) = context.store.get(&work.key).cloned() else { return };
    let Some(spec) = &deployment.spec else { return };
    let cause =
        context.because(work.cause, CHAPTER, format!("the Deployment {} takes its next step", work.key.name));
    let owner =
        Owner { object: Object::Deployment(deployment.clone()), component: "deployment-controller", cause };
    let status = deployment.status.clone().unwrap_or_default();
    let mut rollout = Rollout { owner, deployment: &deployment, spec, status, new: None, old: Vec::new() };
    rollout.find_sets(context);
    if rollout.deployment.metadata.deletion_timestamp.is_some() {
        rollout.report(context);
        return;
    }
    let paused = rollout.spec.paused == Some(true);
    rollout.mark_paused(paused, context);
    if paused || rollout.is_scaling() {
        rollout.number_revision(context);
        rollout.scale(context);
    } else if rollout.is_recreate() {
        rollout.number_revision(context);
        rollout.recreate(context);
    } else {
        rollout.ensure_new(context);
        rollout.rolling_update(context);
    }
    rollout.clean_up(context);
    rollout.report(context);
    rollout.watch_deadline(work, queue, context);
}

impl Rollout<'_> {
    fn is_recreate(&self) -> bool {
        is_recreate(self.spec)
    }

    fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// How many Pods there may be beyond and how many fewer than wanted (`ResolveFenceposts`).
    fn fenceposts(&self) -> (i32, i32) {
        if self.is_recreate() {
            return (0, 0);
        }
        let quarter = IntOrString::String("25%".into());
        let strategy = self.spec.strategy.as_ref().and_then(|s| s.rolling_update.as_ref());
        let surge = strategy.and_then(|s| s.max_surge.clone()).unwrap_or_else(|| quarter.clone());
        let missing = strategy.and_then(|s| s.max_unavailable.clone()).unwrap_or(quarter);
        let surge = share(&surge, self.replicas(), Round::Up);
        let missing = share(&missing, self.replicas(), Round::Down);
        // With neither, nothing could ever move.
        if surge == 0 && missing == 0 { (0, 1) } else { (surge, missing.min(self.replicas().max(1))) }
    }

    fn sets(&self) -> impl Iterator<Item = &ReplicaSet> {
        self.new.iter().chain(&self.old).map(AsRef::as_ref)
    }

    /// The `ReplicaSets` of this Deployment, oldest first, the one of the current template apart.
    fn find_sets(&mut self, context: &Context) {
        let sets = context.store.owned_by(self.owner.uid()).filter_map(|object| match object {
            Object::ReplicaSet(set) => Some(set.clone()),
            _ => None,
        });
        let mut sets: Vec<Arc<ReplicaSet>> = sets.collect();
        sets.sort_by_key(|set| age_of(set));
        let current = sets.iter().position(|set| revision::same_template(set, &self.spec.template));
        self.new = current.map(|at| sets.remove(at));
        self.old = sets;
    }

    /// Writes a `ReplicaSet`'s size with the annotations that record what it was meant for.
    fn resize(&self, set: &Arc<ReplicaSet>, replicas: i32, context: &mut Context) -> Arc<ReplicaSet> {
        let before = size(set);
        if replicas == before && self.sizes_noted(set) {
            return set.clone();
        }
        let mut wanted = (**set).clone();
        wanted.spec.get_or_insert_default().replicas = Some(replicas);
        self.note_sizes(&mut wanted);
        wanted.metadata.resource_version = None;
        if wanted.spec == set.spec && wanted.metadata.annotations == set.metadata.annotations {
            return set.clone();
        }
        let written = context.update(
            Object::ReplicaSet(Arc::new(wanted)),
            crate::sim::api::Subresource::Main,
            &self.owner.write(),
        );
        let Ok(written) = written else { return set.clone() };
        if replicas != before {
            let name = set.metadata.name.as_deref().unwrap_or_default();
            let direction = if replicas > before { "up" } else { "down" };
            let message = format!("Scaled {direction} replica set {name} from {before} to {replicas}");
            self.owner.event(EventType::Normal, "ScalingReplicaSet", message, context);
        }
        match written.object {
            Object::ReplicaSet(set) => set,
            _ => set.clone(),
        }
    }

    fn resize_new(&mut self, replicas: i32, context: &mut Context) {
        if let Some(set) = self.new.take() {
            self.new = Some(self.resize(&set, replicas, context));
        }
    }

    fn resize_old(&mut self, at: usize, replicas: i32, context: &mut Context) {
        self.old[at] = self.resize(&self.old[at], replicas, context);
    }
}

/// `spec.replicas` of a set.
fn size(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0)
}

/// Available Pods of a set.
fn available(set: &ReplicaSet) -> i32 {
    set.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0)
}

fn age_of(set: &ReplicaSet) -> (Option<i64>, Option<String>) {
    (set.metadata.creation_timestamp.as_ref().map(|t| t.0.as_millisecond()), set.metadata.name.clone())
}
