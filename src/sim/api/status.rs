//! Spec and status as the server separates them: a write to one leaves the other alone.

use crate::kube::{Kind, Object};
use std::sync::Arc;

/// Runs `$body` for every kind whose type has both `spec` and `status`.
macro_rules! with_status {
    ($new:expr, $old:expr, $a:ident, $b:ident => $body:expr, passive $pa:ident, $pb:ident => $passive:expr, else $other:expr) => {
        match ($new, $old) {
            (Object::Node($a), Object::Node($b)) => $body,
            (Object::Namespace($a), Object::Namespace($b)) => $body,
            (Object::Service($a), Object::Service($b)) => $body,
            (Object::PersistentVolumeClaim($a), Object::PersistentVolumeClaim($b)) => $body,
            (Object::PersistentVolume($a), Object::PersistentVolume($b)) => $body,
            (Object::ResourceQuota($a), Object::ResourceQuota($b)) => $body,
            (Object::Deployment($a), Object::Deployment($b)) => $body,
            (Object::ReplicationController($a), Object::ReplicationController($b)) => $body,
            (Object::ReplicaSet($a), Object::ReplicaSet($b)) => $body,
            (Object::StatefulSet($a), Object::StatefulSet($b)) => $body,
            (Object::DaemonSet($a), Object::DaemonSet($b)) => $body,
            (Object::Job($a), Object::Job($b)) => $body,
            (Object::CronJob($a), Object::CronJob($b)) => $body,
            (Object::PodDisruptionBudget($a), Object::PodDisruptionBudget($b)) => $body,
            (Object::Passive(_, $pa), Object::Passive(_, $pb)) => $passive,
            _ => $other,
        }
    };
}

/// Whether objects of this kind have a status that only `/status` writes change.
pub fn has_status(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::ConfigMap
            | Kind::Secret
            | Kind::Endpoints
            | Kind::ServiceAccount
            | Kind::Event
            | Kind::LimitRange
            | Kind::PodTemplate
            | Kind::ControllerRevision
            | Kind::PriorityClass
            | Kind::EndpointSlice
            | Kind::Lease
            | Kind::RuntimeClass
            | Kind::IngressClass
            | Kind::NetworkPolicy
            | Kind::StorageClass
            | Kind::Role
            | Kind::RoleBinding
            | Kind::ClusterRole
            | Kind::ClusterRoleBinding
    )
}

/// Gives `new` the status of `old`.
pub(super) fn keep_status(new: &mut Object, old: &Object) {
    with_status!(&mut *new, old,
        a, b => Arc::make_mut(a).status.clone_from(&b.status),
        passive a, b => {
            let rest = &mut Arc::make_mut(a).rest;
            match b.rest.get("status") {
                Some(status) => rest.insert("status".into(), status.clone()),
                None => rest.remove("status"),
            };
        },
        else if let (Object::Pod(a), Object::Pod(b)) = (new, old) { a.status = b.status.clone(); });
}

/// Clears the status a client sent with a new object.
pub(super) fn clear_status(object: &mut Object) {
    let mut blank = object.clone();
    with_status!(&mut blank, &*object,
        a, _b => Arc::make_mut(a).status = None,
        passive a, _b => { Arc::make_mut(a).rest.remove("status"); },
        else if let Object::Pod(pod) = &mut blank { pod.status = Arc::default(); });
    *object = blank;
}

/// Whether two versions of an object want the same: the server raises `metadata.generation` when they do not.
pub fn same_spec(new: &Object, old: &Object) -> bool {
    with_status!(new, old,
    a, b => a.spec == b.spec,
    passive a, b => a.rest.get("spec") == b.rest.get("spec"),
    else match (new, old) {
        (Object::Pod(a), Object::Pod(b)) => Arc::ptr_eq(&a.spec, &b.spec) || a.spec == b.spec,
        // All of it but the metadata counts (registry/discovery/endpointslice, `PrepareForUpdate`).
        (Object::EndpointSlice(a), Object::EndpointSlice(b)) => a.endpoints == b.endpoints && a.ports == b.ports,
        _ => true,
    })
}

/// Whether the server counts generations of this kind.
pub(super) fn has_generation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Pod
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::ReplicationController
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget
            | Kind::PriorityClass
            | Kind::Ingress
            | Kind::IngressClass
            | Kind::NetworkPolicy
            | Kind::EndpointSlice
    )
}
