//! A `ReplicationController` is kept like a `ReplicaSet`: it is read as one, and what is said of the set is written to it
//! (pkg/controller/replication/conversion.go).

use crate::kube::{Kind, Object};
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetSpec, ReplicaSetStatus};
use k8s_openapi::api::core::v1::{
    ReplicationController, ReplicationControllerCondition, ReplicationControllerStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::sync::Arc;

/// The controller's name in Events.
pub fn component(kind: Kind) -> &'static str {
    match kind {
        Kind::ReplicationController => "replication-controller",
        _ => "replicaset-controller",
    }
}

/// The set an object is, or is kept like.
pub fn as_set(object: &Object) -> Option<Arc<ReplicaSet>> {
    match object {
        Object::ReplicaSet(set) => Some(set.clone()),
        Object::ReplicationController(o) => {
            let spec = o.spec.clone().unwrap_or_default();
            Some(Arc::new(ReplicaSet {
                metadata: o.metadata.clone(),
                spec: Some(ReplicaSetSpec {
                    min_ready_seconds: spec.min_ready_seconds,
                    replicas: spec.replicas,
                    selector: LabelSelector { match_labels: spec.selector, ..LabelSelector::default() },
                    template: spec.template,
                }),
                status: o.status.clone().map(status_of_set),
            }))
        }
        _ => None,
    }
}

/// A set with its metadata and status as an object of a kind that is kept like one.
pub fn as_kind(kind: Kind, set: ReplicaSet) -> Object {
    match kind {
        Kind::ReplicationController => Object::ReplicationController(Arc::new(ReplicationController {
            metadata: set.metadata,
            spec: None,
            status: set.status.map(status_of_controller),
        })),
        _ => Object::ReplicaSet(Arc::new(set)),
    }
}

fn status_of_set(status: ReplicationControllerStatus) -> ReplicaSetStatus {
    let condition = |c: ReplicationControllerCondition| ReplicaSetCondition {
        last_transition_time: c.last_transition_time,
        message: c.message,
        reason: c.reason,
        status: c.status,
        type_: c.type_,
    };
    ReplicaSetStatus {
        available_replicas: status.available_replicas,
        conditions: status.conditions.map(|list| list.into_iter().map(condition).collect()),
        fully_labeled_replicas: status.fully_labeled_replicas,
        observed_generation: status.observed_generation,
        ready_replicas: status.ready_replicas,
        replicas: status.replicas,
        terminating_replicas: None,
    }
}

fn status_of_controller(status: ReplicaSetStatus) -> ReplicationControllerStatus {
    let condition = |c: ReplicaSetCondition| ReplicationControllerCondition {
        last_transition_time: c.last_transition_time,
        message: c.message,
        reason: c.reason,
        status: c.status,
        type_: c.type_,
    };
    ReplicationControllerStatus {
        available_replicas: status.available_replicas,
        conditions: status.conditions.map(|list| list.into_iter().map(condition).collect()),
        fully_labeled_replicas: status.fully_labeled_replicas,
        observed_generation: status.observed_generation,
        ready_replicas: status.ready_replicas,
        replicas: status.replicas,
    }
}
