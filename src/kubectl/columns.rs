//! The tables the API server makes of its objects: for each kind its columns and the cells of one object
//! (`pkg/printers/internalversion/printers.go`). Does not pad, sort or select: see `grid` and `get`.

mod cluster;
mod config;
mod event;
mod network;
mod passive;
mod text;
mod workload;

pub(crate) use cluster::node_roles;
pub use event::last_seen;
pub use text::{joined_selector, label_selector};

use super::{age, status};
use crate::kube::{Kind, Object, Pod, SimTime};

/// One column of a kind's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The header.
    pub name: &'static str,
    /// Whether it is shown with `-o wide` only.
    pub wide: bool,
}

const fn always(name: &'static str) -> Column {
    Column { name, wide: false }
}

const fn wide(name: &'static str) -> Column {
    Column { name, wide: true }
}

const NAME: Column = always("NAME");
const AGE: Column = always("AGE");
const CONTAINERS: Column = wide("CONTAINERS");
const IMAGES: Column = wide("IMAGES");
const SELECTOR: Column = wide("SELECTOR");

/// The columns of a kind, in the server's order.
pub fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Pod => POD,
        Kind::Node | Kind::Namespace | Kind::PriorityClass | Kind::Lease | Kind::RuntimeClass => {
            cluster::columns(kind)
        }
        Kind::Event => event::COLUMNS,
        Kind::Service | Kind::Endpoints | Kind::EndpointSlice | Kind::Ingress | Kind::NetworkPolicy => {
            network::columns(kind)
        }
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Job
        | Kind::CronJob
        | Kind::ControllerRevision
        | Kind::PodDisruptionBudget => workload::columns(kind),
        Kind::ConfigMap
        | Kind::Secret
        | Kind::ServiceAccount
        | Kind::PersistentVolumeClaim
        | Kind::PersistentVolume
        | Kind::ResourceQuota
        | Kind::LimitRange => config::columns(kind),
        Kind::PodTemplate
        | Kind::HorizontalPodAutoscaler
        | Kind::IngressClass
        | Kind::StorageClass
        | Kind::Role
        | Kind::RoleBinding
        | Kind::ClusterRole
        | Kind::ClusterRoleBinding => passive::columns(kind),
    }
}

/// The cells of `object`, one for each of its kind's [`columns`].
pub fn cells(object: &Object, now: SimTime) -> Vec<String> {
    let name = object.meta().name.clone().unwrap_or_default();
    let age = age::since(object.meta().creation_timestamp.as_ref(), now);
    match object {
        Object::Pod(pod) => pod_cells(pod, now),
        Object::Node(node) => cluster::node(name, age, node),
        Object::Namespace(namespace) => {
            vec![name, text::or(namespace.status.as_ref().and_then(|s| s.phase.as_deref()), ""), age]
        }
        Object::PriorityClass(class) => cluster::priority_class(name, age, class),
        Object::Lease(lease) => {
            vec![name, text::or(lease.spec.as_ref().and_then(|s| s.holder_identity.as_deref()), ""), age]
        }
        Object::Event(event) => event::cells(event, now),
        Object::Service(service) => network::service(name, age, service),
        Object::Endpoints(endpoints) => network::endpoints(name, age, endpoints),
        Object::EndpointSlice(slice) => network::slice(name, age, slice),
        Object::Deployment(o) => workload::deployment(name, age, o),
        Object::ReplicaSet(o) => workload::replica_set(name, age, o),
        Object::ReplicationController(o) => workload::replication_controller(name, age, o),
        Object::StatefulSet(o) => workload::stateful_set(name, age, o),
        Object::DaemonSet(o) => workload::daemon_set(name, age, o),
        Object::Job(o) => workload::job(name, age, o, now),
        Object::CronJob(o) => workload::cron_job(name, age, o, now),
        Object::ControllerRevision(o) => workload::revision(name, age, o),
        Object::PodDisruptionBudget(o) => workload::budget(name, age, o),
        Object::ConfigMap(o) => config::config_map(name, age, o),
        Object::Secret(o) => config::secret(name, age, o),
        Object::ServiceAccount(_) => vec![name, age],
        Object::PersistentVolumeClaim(o) => config::claim(name, age, o),
        Object::PersistentVolume(o) => config::volume(name, age, o),
        Object::ResourceQuota(o) => config::quota(name, age, o),
        Object::LimitRange(o) => vec![name, text::created(&o.metadata)],
        Object::Passive(kind, o) => passive::cells(*kind, name, age, o),
    }
}

const POD: &[Column] = &[
    NAME,
    always("READY"),
    always("STATUS"),
    always("RESTARTS"),
    AGE,
    wide("IP"),
    wide("NODE"),
    wide("NOMINATED NODE"),
    wide("READINESS GATES"),
];

fn pod_cells(pod: &Pod, now: SimTime) -> Vec<String> {
    let row = status::pod_row(pod, now);
    let ip = pod.status.pod_ips.iter().flatten().next().map(|ip| ip.ip.as_str());
    vec![
        pod.name().to_owned(),
        row.ready,
        row.status,
        row.restarts,
        row.age,
        text::or(ip, "<none>"),
        text::or(pod.spec.node_name.as_deref(), "<none>"),
        text::or(pod.status.nominated_node_name.as_deref(), "<none>"),
        readiness_gates(pod),
    ]
}

fn readiness_gates(pod: &Pod) -> String {
    let gates = pod.spec.readiness_gates.as_deref().unwrap_or_default();
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates.iter().filter(|g| status::condition(&pod.status, &g.condition_type) == Some("True"));
    format!("{}/{}", open.count(), gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kind::KINDS;
    use serde_json::json;

    #[test]
    fn every_kind_has_as_many_cells_as_columns() {
        for info in KINDS {
            let mut value = json!({"metadata": {"name": "x", "namespace": "default"}});
            match info.kind {
                Kind::Pod => value["spec"] = json!({"containers": []}),
                Kind::Event => value["involvedObject"] = json!({}),
                Kind::PriorityClass => value["value"] = json!(1),
                Kind::ControllerRevision => value["revision"] = json!(1),
                Kind::EndpointSlice => {
                    value["addressType"] = json!("IPv4");
                    value["endpoints"] = json!([]);
                }
                Kind::LimitRange => value["spec"] = json!({"limits": []}),
                _ => {}
            }
            let object = Object::from_value(info.kind, value).unwrap();
            let count = cells(&object, SimTime(0)).len();
            assert_eq!(count, columns(info.kind).len(), "{}", info.name);
        }
    }
}
