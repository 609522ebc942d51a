//! One enum over every API object. Objects are cheap to clone: their parts are shared until written.

use super::kind::Kind;
use super::mask::Mask;
use k8s_openapi::api::core::v1::{PodSpec, PodStatus};
use k8s_openapi::api::{apps, batch, coordination, core, discovery, policy, scheduling};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// A Pod whose three parts are shared separately: a status change copies the status, not the spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// Name, labels, owner references, deletion.
    pub metadata: Arc<ObjectMeta>,
    /// What is wanted.
    pub spec: Arc<PodSpec>,
    /// What was last reported.
    pub status: Arc<PodStatus>,
}

impl From<core::v1::Pod> for Pod {
    fn from(pod: core::v1::Pod) -> Pod {
        Pod {
            metadata: Arc::new(pod.metadata),
            spec: Arc::new(pod.spec.unwrap_or_default()),
            status: Arc::new(pod.status.unwrap_or_default()),
        }
    }
}

impl Pod {
    /// The same Pod as the API type, parts copied.
    pub fn to_api(&self) -> core::v1::Pod {
        core::v1::Pod {
            metadata: (*self.metadata).clone(),
            spec: Some((*self.spec).clone()),
            status: Some((*self.status).clone()),
        }
    }

    /// Whether its Ready condition is True.
    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True")
    }

    /// `metadata.name`, empty if unset.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// `metadata.namespace`, empty if unset.
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// `metadata.uid`, empty if unset.
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }
}

/// An object that is stored and shown but that nothing in the simulation acts on (a Role, an Ingress).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Passive {
    /// Name, labels, owner references, deletion.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// Everything beside `apiVersion`, `kind` and `metadata`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Any API object podlab stores.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are Kubernetes' own kind names")]
pub enum Object {
    Pod(Pod),
    Node(Arc<core::v1::Node>),
    Namespace(Arc<core::v1::Namespace>),
    ConfigMap(Arc<core::v1::ConfigMap>),
    Secret(Arc<core::v1::Secret>),
    Service(Arc<core::v1::Service>),
    Endpoints(Arc<core::v1::Endpoints>),
    ServiceAccount(Arc<core::v1::ServiceAccount>),
    PersistentVolumeClaim(Arc<core::v1::PersistentVolumeClaim>),
    PersistentVolume(Arc<core::v1::PersistentVolume>),
    Event(Arc<core::v1::Event>),
    LimitRange(Arc<core::v1::LimitRange>),
    ResourceQuota(Arc<core::v1::ResourceQuota>),
    ReplicationController(Arc<core::v1::ReplicationController>),
    Deployment(Arc<apps::v1::Deployment>),
    ReplicaSet(Arc<apps::v1::ReplicaSet>),
    StatefulSet(Arc<apps::v1::StatefulSet>),
    DaemonSet(Arc<apps::v1::DaemonSet>),
    ControllerRevision(Arc<apps::v1::ControllerRevision>),
    Job(Arc<batch::v1::Job>),
    CronJob(Arc<batch::v1::CronJob>),
    PodDisruptionBudget(Arc<policy::v1::PodDisruptionBudget>),
    PriorityClass(Arc<scheduling::v1::PriorityClass>),
    EndpointSlice(Arc<discovery::v1::EndpointSlice>),
    Lease(Arc<coordination::v1::Lease>),
    /// A kind that is stored and shown, but that nothing acts on.
    Passive(Kind, Arc<Passive>),
}

/// Runs `$body` with `$o` bound to the typed, shared object of every variant but `Pod`.
macro_rules! each {
    ($self:expr, Pod($pod:ident) => $for_pod:expr, $o:ident => $body:expr) => {
        match $self {
            Object::Pod($pod) => $for_pod,
            Object::Node($o) => $body,
            Object::Namespace($o) => $body,
            Object::ConfigMap($o) => $body,
            Object::Secret($o) => $body,
            Object::Service($o) => $body,
            Object::Endpoints($o) => $body,
            Object::ServiceAccount($o) => $body,
            Object::PersistentVolumeClaim($o) => $body,
            Object::PersistentVolume($o) => $body,
            Object::Event($o) => $body,
            Object::LimitRange($o) => $body,
            Object::ResourceQuota($o) => $body,
            Object::ReplicationController($o) => $body,
            Object::Deployment($o) => $body,
            Object::ReplicaSet($o) => $body,
            Object::StatefulSet($o) => $body,
            Object::DaemonSet($o) => $body,
            Object::ControllerRevision($o) => $body,
            Object::Job($o) => $body,
            Object::CronJob($o) => $body,
            Object::PodDisruptionBudget($o) => $body,
            Object::PriorityClass($o) => $body,
            Object::EndpointSlice($o) => $body,
            Object::Lease($o) => $body,
            Object::Passive(_, $o) => $body,
        }
    };
}

impl Object {
    /// What this object is.
    pub fn kind(&self) -> Kind {
        match self {
            Object::Pod(_) => Kind::Pod,
            Object::Node(_) => Kind::Node,
            Object::Namespace(_) => Kind::Namespace,
            Object::ConfigMap(_) => Kind::ConfigMap,
            Object::Secret(_) => Kind::Secret,
            Object::Service(_) => Kind::Service,
            Object::Endpoints(_) => Kind::Endpoints,
            Object::ServiceAccount(_) => Kind::ServiceAccount,
            Object::PersistentVolumeClaim(_) => Kind::PersistentVolumeClaim,
            Object::PersistentVolume(_) => Kind::PersistentVolume,
            Object::Event(_) => Kind::Event,
            Object::LimitRange(_) => Kind::LimitRange,
            Object::ResourceQuota(_) => Kind::ResourceQuota,
            Object::ReplicationController(_) => Kind::ReplicationController,
            Object::Deployment(_) => Kind::Deployment,
            Object::ReplicaSet(_) => Kind::ReplicaSet,
            Object::StatefulSet(_) => Kind::StatefulSet,
            Object::DaemonSet(_) => Kind::DaemonSet,
            Object::ControllerRevision(_) => Kind::ControllerRevision,
            Object::Job(_) => Kind::Job,
            Object::CronJob(_) => Kind::CronJob,
            Object::PodDisruptionBudget(_) => Kind::PodDisruptionBudget,
            Object::PriorityClass(_) => Kind::PriorityClass,
            Object::EndpointSlice(_) => Kind::EndpointSlice,
            Object::Lease(_) => Kind::Lease,
            Object::Passive(kind, _) => *kind,
        }
    }

    /// The object's metadata.
    pub fn meta(&self) -> &ObjectMeta {
        each!(self, Pod(pod) => &pod.metadata, o => &o.metadata)
    }

    /// The object's metadata, to change; copies what is shared.
    pub fn meta_mut(&mut self) -> &mut ObjectMeta {
        each!(self, Pod(pod) => Arc::make_mut(&mut pod.metadata), o => &mut Arc::make_mut(o).metadata)
    }

    /// Where the object is stored.
    pub fn key(&self) -> Key {
        let meta = self.meta();
        let namespace =
            if self.kind().info().namespaced { meta.namespace.as_deref().unwrap_or_default() } else { "" };
        Key::new(self.kind(), namespace, meta.name.as_deref().unwrap_or_default())
    }

    /// The Pod, if this is one.
    pub fn as_pod(&self) -> Option<&Pod> {
        if let Object::Pod(pod) = self { Some(pod) } else { None }
    }

    /// The object as JSON, `apiVersion` and `kind` included, keys sorted as kubectl prints them.
    pub fn to_value(&self) -> Value {
        self.to_masked(&Mask::everything())
    }

    /// The parts of the object that a mask wants, as JSON.
    pub fn to_masked(&self, mask: &Mask) -> Value {
        let mut value =
            each!(self, Pod(pod) => pod_value(pod, mask), o => mask.apply(&**o).unwrap_or_default());
        if let Value::Object(map) = &mut value {
            map.insert("apiVersion".into(), self.kind().api_version().into());
            map.insert("kind".into(), self.kind().name().into());
            for name in always_written(self) {
                map.entry(*name).or_insert(Value::Null);
            }
            map.retain(|name, _| mask.of(name).is_some());
        }
        value
    }

    /// The typed object of a JSON value; unknown fields are ignored, wrong types are the error.
    pub fn from_value(kind: Kind, value: Value) -> Result<Object, serde_json::Error> {
        Ok(match kind {
            Kind::Pod => Object::Pod(serde_json::from_value::<core::v1::Pod>(value)?.into()),
            Kind::Node => Object::Node(Arc::new(serde_json::from_value(value)?)),
            Kind::Namespace => Object::Namespace(Arc::new(serde_json::from_value(value)?)),
            Kind::ConfigMap => Object::ConfigMap(Arc::new(serde_json::from_value(value)?)),
            Kind::Secret => Object::Secret(Arc::new(serde_json::from_value(value)?)),
            Kind::Service => Object::Service(Arc::new(serde_json::from_value(value)?)),
            Kind::Endpoints => Object::Endpoints(Arc::new(serde_json::from_value(value)?)),
            Kind::ServiceAccount => Object::ServiceAccount(Arc::new(serde_json::from_value(value)?)),
            Kind::PersistentVolumeClaim => {
                Object::PersistentVolumeClaim(Arc::new(serde_json::from_value(value)?))
            }
            Kind::PersistentVolume => Object::PersistentVolume(Arc::new(serde_json::from_value(value)?)),
            Kind::Event => Object::Event(Arc::new(serde_json::from_value(value)?)),
            Kind::LimitRange => Object::LimitRange(Arc::new(serde_json::from_value(value)?)),
            Kind::ResourceQuota => Object::ResourceQuota(Arc::new(serde_json::from_value(value)?)),
            Kind::ReplicationController => {
                Object::ReplicationController(Arc::new(serde_json::from_value(value)?))
            }
            Kind::Deployment => Object::Deployment(Arc::new(serde_json::from_value(value)?)),
            Kind::ReplicaSet => Object::ReplicaSet(Arc::new(serde_json::from_value(value)?)),
            Kind::StatefulSet => Object::StatefulSet(Arc::new(serde_json::from_value(value)?)),
            Kind::DaemonSet => Object::DaemonSet(Arc::new(serde_json::from_value(value)?)),
            Kind::ControllerRevision => Object::ControllerRevision(Arc::new(serde_json::from_value(value)?)),
            Kind::Job => Object::Job(Arc::new(serde_json::from_value(value)?)),
            Kind::CronJob => Object::CronJob(Arc::new(serde_json::from_value(value)?)),
            Kind::PodDisruptionBudget => {
                Object::PodDisruptionBudget(Arc::new(serde_json::from_value(value)?))
            }
            Kind::PriorityClass => Object::PriorityClass(Arc::new(serde_json::from_value(value)?)),
            Kind::EndpointSlice => Object::EndpointSlice(Arc::new(serde_json::from_value(value)?)),
            Kind::Lease => Object::Lease(Arc::new(serde_json::from_value(value)?)),
            other => {
                let mut passive: Passive = serde_json::from_value(value)?;
                passive.rest.remove("apiVersion");
                passive.rest.remove("kind");
                Object::Passive(other, Arc::new(passive))
            }
        })
    }
}

/// Fields that are written as `null` when there is nothing in them: an Event's times (`omitempty` does not leave out Go's times), and
/// lists of an `EndpointSlice`, which have no `omitempty`.
fn always_written(object: &Object) -> &'static [&'static str] {
    match object {
        Object::Event(_) => &["eventTime", "firstTimestamp", "lastTimestamp"],
        Object::EndpointSlice(_) => &["endpoints", "ports"],
        _ => &[],
    }
}

fn pod_value(pod: &Pod, mask: &Mask) -> Value {
    let mut map = Map::new();
    let metadata = mask.of("metadata").map(|mask| mask.apply(&*pod.metadata).unwrap_or_default());
    let spec = mask.of("spec").map(|mask| mask.apply(&*pod.spec).unwrap_or_default());
    let status = mask.of("status").map(|mask| pod_status_value(&pod.status, mask));
    for (name, part) in [("metadata", metadata), ("spec", spec), ("status", status)] {
        map.extend(part.map(|part| (name.to_owned(), part)));
    }
    Value::Object(map)
}

/// The status, with the times that the API's own types always print: those of a condition are `null` unless set.
fn pod_status_value(status: &core::v1::PodStatus, mask: &Mask) -> Value {
    let mut value = mask.apply(status).unwrap_or_default();
    let Some(mask) = mask.of("conditions") else { return value };
    let conditions = value.get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten().filter_map(Value::as_object_mut) {
        for name in ["lastProbeTime", "lastTransitionTime"].into_iter().filter(|name| mask.of(name).is_some())
        {
            condition.entry(name).or_insert(Value::Null);
        }
    }
    value
}

/// Where an object is stored: kind, namespace (empty for cluster-wide kinds) and name, in that order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is.
    pub kind: Kind,
    /// Its namespace, empty for cluster-wide kinds.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl Key {
    /// The key of `kind` `name` in `namespace`.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Key {
        Key { kind, namespace: namespace.into(), name: name.into() }
    }

    /// The key of a Pod.
    pub fn pod(namespace: &str, name: &str) -> Key {
        Key::new(Kind::Pod, namespace, name)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind.info().singular, self.namespace, self.name)
    }
}
