//! What the API server fills in before it looks at an object: the values `-o yaml` shows that nobody wrote. After the
//! `zz_generated.defaults.go` and `defaults.go` of each API group, and the registries' preparation for create. Knows nothing of
//! other objects: what depends on those (service accounts, priorities, cluster IPs) is not done here.

/// Pods and everything inside them.
mod pod;
/// Kinds beside Pods and workloads.
mod rest;
/// Kinds that hold a Pod template.
mod workload;

pub use pod::{canonical_resources, default_ephemeral_containers};

use crate::kube::Object;
use std::sync::Arc;

/// Fills in every default of `object`. Doing it twice changes nothing.
pub fn apply(object: &mut Object) {
    match object {
        Object::Pod(pod) => pod::pod(pod),
        Object::Deployment(o) => workload::deployment(Arc::make_mut(o)),
        Object::ReplicaSet(o) => workload::replica_set(Arc::make_mut(o)),
        Object::ReplicationController(o) => workload::replication_controller(Arc::make_mut(o)),
        Object::StatefulSet(o) => workload::stateful_set(Arc::make_mut(o)),
        Object::DaemonSet(o) => workload::daemon_set(Arc::make_mut(o)),
        Object::Job(o) => workload::job(Arc::make_mut(o)),
        Object::CronJob(o) => workload::cron_job(Arc::make_mut(o)),
        Object::Service(o) => rest::service(Arc::make_mut(o)),
        Object::Secret(o) => rest::secret(Arc::make_mut(o)),
        Object::Namespace(o) => rest::namespace(Arc::make_mut(o)),
        Object::PersistentVolumeClaim(o) => rest::claim(Arc::make_mut(o)),
        Object::PersistentVolume(o) => rest::volume(Arc::make_mut(o)),
        Object::LimitRange(o) => rest::limit_range(Arc::make_mut(o)),
        Object::ResourceQuota(o) => rest::quota(Arc::make_mut(o)),
        Object::Endpoints(o) => rest::endpoints(Arc::make_mut(o)),
        Object::EndpointSlice(o) => rest::slice(Arc::make_mut(o)),
        Object::PriorityClass(o) => rest::priority_class(Arc::make_mut(o)),
        Object::Passive(kind, o) => rest::passive(*kind, Arc::make_mut(o)),
        Object::Node(_)
        | Object::ConfigMap(_)
        | Object::ServiceAccount(_)
        | Object::Event(_)
        | Object::ControllerRevision(_)
        | Object::PodDisruptionBudget(_)
        | Object::Lease(_) => {}
    }
}

/// Sets an absent or empty text.
fn text(field: &mut Option<String>, value: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(value.into());
    }
}

/// Sets an absent or zero number: fields where Kubernetes cannot tell the two apart.
fn unless_zero(field: &mut Option<i32>, value: i32) {
    if field.unwrap_or(0) == 0 {
        *field = Some(value);
    }
}

#[cfg(test)]
mod tests;
