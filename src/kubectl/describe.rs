//! What `kubectl describe` prints (`kubectl/pkg/describe/describe.go`), from objects alone.

mod config;
mod container;
mod events;
mod network;
mod node;
mod page;
mod pod;
mod volume;
mod workload;

pub use page::{align, date};

use crate::kube::{Object, SimTime};
use crate::sim::Store;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use page::Page;

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
        Object::ServiceAccount(o) => config::service_account(&mut page, o),
        Object::PersistentVolumeClaim(o) => config::claim(&mut page, o, around.store),
        Object::PersistentVolume(o) => config::volume(&mut page, o),
        Object::ResourceQuota(o) => config::quota(&mut page, o),
        Object::LimitRange(o) => config::limits(&mut page, o),
        Object::PriorityClass(o) => config::priority_class(&mut page, o),
        other => config::generic(&mut page, other),
    }
    let silent = matches!(
        object,
        Object::Secret(_) | Object::Namespace(_) | Object::ResourceQuota(_) | Object::LimitRange(_)
    );
    if around.events && !silent {
        events::describe(&mut page, object, around.store);
    }
    page.finish()
}
