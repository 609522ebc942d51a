//! The rules of the API server: what may be in an object, what may change in it, and what it warns of. Messages, field paths and
//! their order are the server's (`pkg/apis/*/validation` and `pkg/api/pod/warnings.go`). Objects come with their defaults filled in.
//! Knows nothing of other objects.

/// Limit ranges and quotas.
mod bounds;
/// Containers.
mod container;
/// Environment variables and what they refer to.
mod env;
/// Collecting faults.
mod faults;
/// Metadata.
mod meta;
/// Kinds that are only stored.
mod passive;
/// Pods.
mod pod;
/// Probes and hooks.
mod probe;
/// Resources of containers and Pods.
mod resources;
/// Kinds that hold no Pod template.
mod rest;
/// Affinity, tolerations, spread.
mod scheduling;
/// Security contexts.
mod security;
/// Persistent volumes.
mod storage;
/// What may change.
mod update;
/// Volumes.
mod volume;
/// What the server warns of.
mod warnings;
/// Kinds that hold a Pod template.
mod workload;

pub use warnings::warnings;

use crate::kube::Object;
use crate::sim::api::{FieldError, Subresource};
use faults::Faults;

/// What is wrong with a new object, in the server's order.
pub fn create(object: &Object) -> Vec<FieldError> {
    let mut faults = Faults::default();
    meta::metadata(object, &mut faults);
    match object {
        Object::Pod(pod) => pod::create(pod, &mut faults),
        Object::Deployment(o) => workload::deployment(o, &mut faults),
        Object::ReplicaSet(o) => workload::replica_set(o, &mut faults),
        Object::ReplicationController(o) => workload::replication_controller(o, &mut faults),
        Object::StatefulSet(o) => workload::stateful_set(o, &mut faults),
        Object::DaemonSet(o) => workload::daemon_set(o, &mut faults),
        Object::Job(o) => workload::job(o, &mut faults),
        Object::CronJob(o) => workload::cron_job(o, &mut faults),
        _ => rest::other(object, &mut faults),
    }
    faults.list
}

/// What is wrong with a change.
pub fn update(new: &Object, old: &Object, sub: Subresource) -> Vec<FieldError> {
    update::update(new, old, sub)
}

#[cfg(test)]
mod tests;
