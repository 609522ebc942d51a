//! The status of a Deployment and its conditions (progress.go, `util/deployment_util.go`).

use super::{Rollout, available, size};
use crate::kube::{Object, SimTime};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::controllers::owning::name_only;
use crate::sim::controllers::queue::Queue;
use crate::sim::controllers::{Controller, Work};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet};
use std::sync::Arc;

/// Without progress for this long a rollout counts as stuck, seconds (progressDeadlineSeconds).
const DEADLINE: i32 = 600;

impl Rollout<'_> {
    fn counted(&self) -> DeploymentStatus {
        let sum = |of: &dyn Fn(&ReplicaSet) -> i32| self.sets().map(of).sum::<i32>();
        let some = |n: i32| Some(n).filter(|n| *n > 0);
        let status = |set: &ReplicaSet| set.status.clone().unwrap_or_default();
        let total = sum(&|set| status(set).replicas);
        let able = sum(&available);
        DeploymentStatus {
            replicas: some(total),
            updated_replicas: some(self.new.as_ref().map_or(0, |set| status(set).replicas)),
            ready_replicas: some(sum(&|set| status(set).ready_replicas.unwrap_or(0))),
            available_replicas: some(able),
            unavailable_replicas: some(sum(&size).max(total) - able),
            terminating_replicas: self.terminating(),
            observed_generation: self.deployment.metadata.generation,
            ..self.status.clone()
        }
    }

    /// The Pods that are leaving, as far as every set has counted its own (`GetTerminatingReplicaCountForReplicaSets`).
    fn terminating(&self) -> Option<i32> {
        let of = |set: &ReplicaSet| {
            let status = set.status.as_ref();
            let seen = status.and_then(|status| status.observed_generation).is_some_and(|seen| seen > 0);
            let count = status.and_then(|status| status.terminating_replicas);
            if seen { count } else { count.or(Some(0)) }
        };
        self.sets().map(of).sum()
    }

    /// Whether every Pod is of the new template and available.
    pub(super) fn is_complete(&self) -> bool {
        let status = self.counted();
        let wanted = Some(self.replicas()).filter(|n| *n > 0);
        status.updated_replicas == wanted && status.replicas == wanted && status.available_replicas == wanted
    }

    /// Writes status and conditions.
    pub(super) fn report(&mut self, context: &mut Context) {
        let mut status = self.counted();
        let least = self.replicas() - self.fenceposts().1;
        let (value, reason, message) = if status.available_replicas.unwrap_or(0) >= least {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        set(&mut status, condition("Available", value, reason, message), context.now);
        self.report_progress(&mut status, &self.status, context.now);
        self.report_failure(&mut status, context.now);
        self.status = status;
        // Most steps find nothing new, and big clusters take very many of them.
        if self.deployment.status.as_ref() == Some(&self.status) {
            return;
        }
        // Only the status is taken over.
        let metadata = name_only(&self.deployment.metadata);
        let new = Deployment { metadata, spec: None, status: Some(self.status.clone()) };
        let _ = context.update(Object::Deployment(Arc::new(new)), Subresource::Status, &self.owner.write());
    }

    fn report_progress(&self, status: &mut DeploymentStatus, old: &DeploymentStatus, now: SimTime) {
        if self.spec.progress_deadline_seconds == Some(i32::MAX) {
            return;
        }
        let current = find(status, "Progressing").cloned();
        let reason = current.as_ref().and_then(|c| c.reason.as_deref()).unwrap_or_default();
        let settled = status.replicas == status.updated_replicas && reason == "NewReplicaSetAvailable";
        if settled || reason == "DeploymentPaused" {
            return;
        }
        let new = self.new.as_ref().and_then(|set| set.metadata.name.clone());
        let named = |text: &str| match &new {
            Some(name) => format!("ReplicaSet \"{name}\" {text}"),
            None => format!("Deployment \"{}\" {text}", self.owner.name()),
        };
        if self.is_complete() {
            let message = named("has successfully progressed.");
            set(status, condition("Progressing", "True", "NewReplicaSetAvailable", &message), now);
        } else if moved(status, old) {
            let message = named("is progressing.");
            let mut progress = condition("Progressing", "True", "ReplicaSetUpdated", &message);
            progress.last_update_time = Some(now.to_time());
            replace(status, progress, now);
        } else if self.is_late(status, now) {
            let message = named("has timed out progressing.");
            set(status, condition("Progressing", "False", "ProgressDeadlineExceeded", &message), now);
        }
    }

    fn report_failure(&self, status: &mut DeploymentStatus, now: SimTime) {
        let failure = self.new.iter().chain(&self.old).find_map(|set| {
            let list = set.status.as_ref()?.conditions.as_ref()?;
            list.iter().find(|c| c.type_ == "ReplicaFailure").cloned()
        });
        match failure {
            Some(failure) => {
                let (reason, message) =
                    (failure.reason.unwrap_or_default(), failure.message.unwrap_or_default());
                set(status, condition("ReplicaFailure", "True", &reason, &message), now);
            }
            None => {
                if let Some(list) = &mut status.conditions {
                    list.retain(|c| c.type_ != "ReplicaFailure");
                }
            }
        }
    }

    fn deadline(&self) -> u64 {
        u64::try_from(self.spec.progress_deadline_seconds.unwrap_or(DEADLINE)).unwrap_or(0) * 1000
    }

    fn is_late(&self, status: &DeploymentStatus, now: SimTime) -> bool {
        let since = find(status, "Progressing").and_then(|c| c.last_update_time.as_ref());
        since.is_some_and(|at| now.since(SimTime::of(at)) > self.deadline())
    }

    /// Looks again when the deadline passes.
    pub(super) fn watch_deadline(&self, work: &Work, queue: &mut Queue, context: &mut Context) {
        let Some(progress) = find(&self.status, "Progressing") else { return };
        let over = matches!(
            progress.reason.as_deref(),
            Some("NewReplicaSetAvailable" | "ProgressDeadlineExceeded" | "DeploymentPaused")
        );
        let Some(since) = progress.last_update_time.as_ref().filter(|_| !over) else { return };
        let at = SimTime::of(since).plus(self.deadline() + 1000);
        queue.add_after(Controller::Deployment, work.key.clone(), at.since(context.now).max(1), context);
    }

    /// Notes that a set was made for a new template.
    pub(super) fn note_created(&mut self, name: &str, now: SimTime) {
        let message = format!("Created new replica set \"{name}\"");
        let status = &mut self.status;
        let mut progress = condition("Progressing", "True", "NewReplicaSetCreated", &message);
        progress.last_update_time = Some(now.to_time());
        replace(status, progress, now);
    }

    /// Notes that the Deployment is paused, or goes on.
    pub(super) fn mark_paused(&mut self, paused: bool, context: &Context) {
        let now = context.now;
        let status = &mut self.status;
        let was = find(status, "Progressing").and_then(|c| c.reason.as_deref()) == Some("DeploymentPaused");
        if paused && !was {
            replace(
                status,
                condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"),
                now,
            );
        } else if !paused && was {
            replace(
                status,
                condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed"),
                now,
            );
        }
    }
}

/// Whether anything got better since the last status.
fn moved(new: &DeploymentStatus, old: &DeploymentStatus) -> bool {
    let n = |v: Option<i32>| v.unwrap_or(0);
    let olds = |s: &DeploymentStatus| n(s.replicas) - n(s.updated_replicas);
    n(new.updated_replicas) > n(old.updated_replicas)
        || olds(new) < olds(old)
        || n(new.ready_replicas) > n(old.ready_replicas)
        || n(new.available_replicas) > n(old.available_replicas)
}

fn condition(type_: &str, status: &str, reason: &str, message: &str) -> DeploymentCondition {
    DeploymentCondition {
        type_: type_.into(),
        status: status.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        ..DeploymentCondition::default()
    }
}

fn find<'a>(status: &'a DeploymentStatus, type_: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().flatten().find(|c| c.type_ == type_)
}

/// Sets a condition unless status and reason are already so.
fn set(status: &mut DeploymentStatus, wanted: DeploymentCondition, now: SimTime) {
    let same =
        find(status, &wanted.type_).is_some_and(|c| c.status == wanted.status && c.reason == wanted.reason);
    if !same {
        replace(status, wanted, now);
    }
}

fn replace(status: &mut DeploymentStatus, mut wanted: DeploymentCondition, now: SimTime) {
    let before = find(status, &wanted.type_).filter(|c| c.status == wanted.status);
    wanted.last_transition_time =
        before.and_then(|c| c.last_transition_time.clone()).or_else(|| Some(now.to_time()));
    wanted.last_update_time = Some(now.to_time());
    let list = status.conditions.get_or_insert_default();
    list.retain(|c| c.type_ != wanted.type_);
    list.push(wanted);
}
