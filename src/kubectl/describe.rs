//! What `kubectl describe` prints (`kubectl/pkg/describe/describe.go`), from objects alone.

mod access;
mod config;
mod container;
mod events;
mod generic;
mod network;
mod node;
mod page;
mod pod;
mod policy;
mod route;
mod scaling;
mod source;
mod volume;
mod workload;

pub use page::{align, date};

use crate::kube::{Kind, Object, SimTime};
use crate::sim::Store;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::api::rbac::v1::{PolicyRule, Subject};
use page::Page;
use serde_json::Value;

/// What a description is made from, beside the object.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The other objects.
    pub store: &'a Store,
    /// When.
    pub now: SimTime,
    /// Whether the events are shown.
    pub events: bool,
}

/// A Pod template as `kubectl rollout history --revision` prints it: its columns are not aligned.
pub fn template(template: &PodTemplateSpec, now: SimTime) -> String {
    let mut page = Page::new(now);
    workload::template(&mut page, template);
    page.raw()
}

/// The description of an object.
pub fn describe(object: &Object, around: Around) -> String {
    let mut page = Page::new(around.now);
    match object {
        Object::Pod(pod) => pod::describe(&mut page, pod),
        Object::Node(o) => node::describe(&mut page, o, around.store),
        Object::Deployment(o) => workload::deployment(&mut page, o, around.store),
        Object::ReplicaSet(o) => workload::replica_set(&mut page, o, around.store),
        Object::ReplicationController(o) => workload::replication_controller(&mut page, o, around.store),
        Object::StatefulSet(o) => workload::stateful_set(&mut page, o, around.store),
        Object::DaemonSet(o) => workload::daemon_set(&mut page, o, around.store),
        Object::Job(o) => workload::job(&mut page, o),
        Object::CronJob(o) => workload::cron_job(&mut page, o),
        Object::PodDisruptionBudget(o) => workload::budget(&mut page, o),
        Object::Service(o) => network::service(&mut page, o, around.store),
        Object::Endpoints(o) => network::endpoints(&mut page, o),
        Object::ConfigMap(o) => config::config_map(&mut page, o),
        Object::Secret(o) => config::secret(&mut page, o),
        Object::Namespace(o) => config::namespace(&mut page, o, around.store),
        Object::ServiceAccount(o) => config::service_account(&mut page, o, around.store),
        Object::PersistentVolumeClaim(o) => config::claim(&mut page, o, around.store),
        Object::PersistentVolume(o) => config::volume(&mut page, o),
        Object::ResourceQuota(o) => config::quota(&mut page, o),
        Object::LimitRange(o) => config::limits(&mut page, o),
        Object::PriorityClass(o) => config::priority_class(&mut page, o),
        Object::EndpointSlice(o) => route::slice(&mut page, o),
        Object::Passive(kind, _) => passive(&mut page, *kind, object, around.store),
        other => generic::describe(&mut page, other),
    }
    let silent = matches!(
        object,
        Object::Secret(_)
            | Object::Namespace(_)
            | Object::ResourceQuota(_)
            | Object::LimitRange(_)
            | Object::Passive(
                Kind::NetworkPolicy
                    | Kind::Role
                    | Kind::RoleBinding
                    | Kind::ClusterRole
                    | Kind::ClusterRoleBinding,
                _
            )
    );
    if around.events && !silent {
        events::describe(&mut page, object, around.store);
    }
    page.finish()
}

/// The description of a kind that nothing in the simulation acts on.
fn passive(page: &mut Page, kind: Kind, object: &Object, store: &Store) {
    let value = object.to_value();
    let described = match kind {
        Kind::Role | Kind::ClusterRole => {
            let rules: Vec<PolicyRule> = part(&value, "rules").unwrap_or_default();
            access::role(page, object.meta(), &rules);
            true
        }
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            let subjects: Vec<Subject> = part(&value, "subjects").unwrap_or_default();
            access::binding(page, object.meta(), &part(&value, "roleRef").unwrap_or_default(), &subjects);
            true
        }
        Kind::StorageClass => typed(value).map(|o| config::storage_class(page, &o)).is_some(),
        Kind::IngressClass => typed(value).map(|o| config::ingress_class(page, &o)).is_some(),
        Kind::NetworkPolicy => typed(value).map(|o| policy::describe(page, &o)).is_some(),
        Kind::Ingress => typed(value).map(|o| route::ingress(page, &o, store)).is_some(),
        Kind::HorizontalPodAutoscaler => typed(value).map(|o| scaling::describe(page, &o)).is_some(),
        _ => false,
    };
    if !described {
        generic::describe(page, object);
    }
}

fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn part<T: serde::de::DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    typed(value.get(name)?.clone())
}

#[cfg(test)]
mod tests;
