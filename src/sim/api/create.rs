//! Creating an object.

use super::refusal::{Reason, Refusal};
use super::{Author, Write, Written, size, status};
use crate::kube::core::NamespaceStatus;
use crate::kube::{Key, Kind, Object};
use crate::sim::admission;
use crate::sim::chance;
use crate::sim::cluster::Context;
use std::sync::Arc;

/// How many characters of `generateName` survive (apiserver's names package: 63 - 5).
const GENERATED_PREFIX: usize = 58;
/// How many characters are appended to it.
const GENERATED_SUFFIX: usize = 5;
/// How often a colliding generated name is drawn again.
const GENERATE_TRIES: u64 = 8;

impl Context<'_> {
    /// Creates `object`, or says why not.
    pub fn create(&mut self, mut object: Object, write: &Write) -> Result<Written, Refusal> {
        if write.author == Author::User {
            size::check_request(&object)?;
        }
        self.name_it(&mut object)?;
        self.check_namespace(&object)?;
        admission::defaults::apply(&mut object);
        admission::mutate(&mut object, self)?;
        self.stamp(&mut object);
        let mut warnings = Vec::new();
        if write.author == Author::User {
            warnings = admission::validation::warnings(&object);
            let faults = admission::validation::create(&object);
            if !faults.is_empty() {
                return Err(Refusal::invalid(object.kind(), &object.key().name, faults));
            }
        }
        admission::validate(&object, None, self)?;
        let key = object.key();
        if self.store.get(&key).is_some() {
            return Err(Refusal::already_exists(&key));
        }
        if write.dry_run {
            return Ok(Written { object, warnings });
        }
        if write.author == Author::User {
            size::check_stored(&object)?;
        }
        let object = self.store.put(self.now, object, write.cause).object.clone();
        Ok(Written { object, warnings })
    }

    /// Draws a name for `generateName`.
    fn name_it(&mut self, object: &mut Object) -> Result<(), Refusal> {
        let kind = object.kind();
        let meta = object.meta();
        if meta.name.as_deref().is_some_and(|name| !name.is_empty()) {
            return Ok(());
        }
        let Some(base) = meta.generate_name.clone().filter(|base| !base.is_empty()) else {
            return Ok(());
        };
        let namespace = meta.namespace.clone().unwrap_or_default();
        let prefix: String = base.chars().take(GENERATED_PREFIX).collect();
        let subject = format!("{namespace}/{prefix}@{}", self.now.0);
        for _ in 0..GENERATE_TRIES {
            let n = self.names.next(self.now, &subject);
            let suffix = chance::suffix(self.seed, &subject, kind.name(), n, GENERATED_SUFFIX);
            let name = format!("{prefix}{suffix}");
            if self.store.find(kind, &namespace, &name).is_none() {
                object.meta_mut().name = Some(name);
                return Ok(());
            }
        }
        Err(Refusal::already_exists(&Key::new(kind, &namespace, &prefix)))
    }

    fn check_namespace(&self, object: &Object) -> Result<(), Refusal> {
        let kind = object.kind();
        if !kind.info().namespaced || kind == Kind::Event {
            return Ok(());
        }
        let key = object.key();
        let home = Key::new(Kind::Namespace, "", &key.namespace);
        let Some(namespace) = self.store.get(&home) else { return Err(Refusal::not_found(&home)) };
        if namespace.meta().deletion_timestamp.is_none() {
            return Ok(());
        }
        let why = format!(
            "unable to create new content in namespace {} because it is being terminated",
            key.namespace
        );
        Err(Refusal::forbidden(kind, &key.name, why))
    }

    /// What the server fills in itself: uid, creation time, generation, an empty status.
    fn stamp(&mut self, object: &mut Object) {
        let kind = object.kind();
        let uid = chance::uid(self.seed, &format!("{:?}", object.key()), self.now.0);
        let created = self.now.to_time();
        if status::has_status(kind) && kind != Kind::Node {
            status::clear_status(object);
        }
        let meta = object.meta_mut();
        meta.uid = Some(uid);
        meta.creation_timestamp = Some(created);
        meta.resource_version = None;
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        meta.generation = status::has_generation(kind).then_some(1);
        first_status(object);
    }
}

/// The status a new object has before anybody looked at it.
fn first_status(object: &mut Object) {
    match object {
        Object::Pod(pod) => {
            admission::pod::merge_label_keys(pod);
            admission::pod::first_status(pod);
        }
        Object::Job(job) => {
            let job = Arc::make_mut(job);
            admission::job::generate_selector(job);
            empty(&mut job.status);
        }
        Object::Namespace(namespace) => {
            let namespace = Arc::make_mut(namespace);
            namespace.status = Some(NamespaceStatus { phase: Some("Active".into()), ..Default::default() });
            let spec = namespace.spec.get_or_insert_default();
            spec.finalizers = Some(vec!["kubernetes".into()]);
        }
        Object::PersistentVolumeClaim(claim) => {
            Arc::make_mut(claim).status.get_or_insert_default().phase = Some("Pending".into());
        }
        Object::PersistentVolume(volume) => {
            Arc::make_mut(volume).status.get_or_insert_default().phase = Some("Pending".into());
        }
        Object::Service(service) => {
            Arc::make_mut(service).status.get_or_insert_default().load_balancer =
                Some(k8s_openapi::api::core::v1::LoadBalancerStatus::default());
        }
        Object::Deployment(o) => empty(&mut Arc::make_mut(o).status),
        Object::ReplicaSet(o) => empty(&mut Arc::make_mut(o).status),
        Object::ReplicationController(o) => empty(&mut Arc::make_mut(o).status),
        Object::StatefulSet(o) => {
            Arc::make_mut(o).status.get_or_insert_default().available_replicas.get_or_insert(0);
        }
        Object::DaemonSet(o) => empty(&mut Arc::make_mut(o).status),
        Object::CronJob(o) => empty(&mut Arc::make_mut(o).status),
        Object::ResourceQuota(o) => empty(&mut Arc::make_mut(o).status),
        _ => {}
    }
}

/// The server always writes the status of these kinds, if only as `{}`.
fn empty<T: Default>(status: &mut Option<T>) {
    status.get_or_insert_default();
}

impl Refusal {
    /// A request that makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(Reason::BadRequest, message)
    }
}
