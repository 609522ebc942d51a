//! Namespaces: what every new one is given, and how a deleted one is emptied (pkg/controller/namespace, serviceaccount,
//! certificates/rootcacertpublisher).
//!
//! # Divergence from Kubernetes
//! The service account and the root certificate stand in a new namespace at once; a real one is without them for some milliseconds.

use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{DeleteOptions, Subresource, Write};
use crate::sim::cluster::{Context, home};
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a deleted namespace is left alone first, milliseconds (namespaceDeletionGracePeriod).
const GRACE: u64 = 5_000;
/// The chapter about how things end.
const CHAPTER: &str = "termination";

/// Sees to namespaces and to what each must have.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    let key = &change.key;
    match &change.object {
        Object::Namespace(_) if change.kind == ChangeKind::Added => {
            furnish(&key.name, change, context);
        }
        Object::Namespace(namespace)
            if namespace.metadata.deletion_timestamp.is_some() && change.kind == ChangeKind::Modified =>
        {
            queue.add_later(Controller::Namespace, key.clone(), GRACE, change.cause, context);
        }
        Object::ServiceAccount(_) | Object::ConfigMap(_) if change.kind == ChangeKind::Deleted => {
            let ours = matches!(&*key.name, "default" | "kube-root-ca.crt");
            let open = namespace_of(key, context).is_some_and(|n| n.meta().deletion_timestamp.is_none());
            if ours && open {
                furnish(&key.namespace, change, context);
            }
        }
        _ => {}
    }
}

fn namespace_of<'a>(key: &Key, context: &'a Context) -> Option<&'a Object> {
    context.store.find(Kind::Namespace, "", &key.namespace)
}

fn furnish(namespace: &str, change: &Change, context: &mut Context) {
    let text =
        format!("every namespace has a default service account and the root certificate, {namespace} too");
    let cause = context.because(Some(change.cause), "", text);
    for object in home(namespace) {
        // One of them may be there still.
        let _ = context.create(object, &Write::component(cause));
    }
}

/// Deletes what is in a namespace, and the namespace when nothing is left.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(Object::Namespace(namespace)) = context.store.get(&work.key).cloned() else { return };
    let name = work.key.name.clone();
    let cause = context.because(work.cause, CHAPTER, format!("the namespace {name} is emptied"));
    let write = Write::component(cause);
    let inside: Vec<Key> = context.store.in_namespace(&name).map(Object::key).collect();
    for key in inside {
        let leaving = context.store.get(&key).is_some_and(|o| o.meta().deletion_timestamp.is_some());
        if !leaving {
            let _ = context.delete(&key, &DeleteOptions::default(), &write);
        }
    }
    let left: Vec<Object> = context.store.in_namespace(&name).cloned().collect();
    if left.is_empty() {
        let mut namespace = Arc::unwrap_or_clone(namespace);
        namespace.spec = None;
        namespace.metadata.resource_version = None;
        let _ = context.update(Object::Namespace(Arc::new(namespace)), Subresource::Main, &write);
        return;
    }
    say_what_is_left(namespace, &left, &write, context);
    let running = left.iter().filter_map(|o| o.as_pod()).filter(|pod| !pods::is_over(pod));
    let grace = running.filter_map(|pod| pod.metadata.deletion_grace_period_seconds).max().unwrap_or(0);
    // It looks again after half of the longest grace among its Pods.
    let wait = u64::try_from(grace).unwrap_or(0) / 2 + 1;
    queue.add_after(Controller::Namespace, work.key.clone(), wait * 1000, context);
}

/// The conditions of a namespace that goes, in their order: type, reason and message while nothing stands in the way
/// (`pkg/controller/namespace/deletion/status_condition_utils.go`).
const FINE: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

/// Tells in the status of a namespace what keeps it.
fn say_what_is_left(namespace: Arc<Namespace>, left: &[Object], write: &Write, context: &mut Context) {
    let (mut kinds, mut finalizers) = (BTreeMap::new(), BTreeMap::new());
    for object in left {
        let info = object.kind().info();
        *kinds.entry(format!("{}.{}", info.plural, info.group)).or_insert(0) += 1;
        for finalizer in object.meta().finalizers.iter().flatten() {
            *finalizers.entry(finalizer.clone()).or_insert(0) += 1;
        }
    }
    let list = |counts: &BTreeMap<String, i32>, has: &str| {
        counts
            .iter()
            .map(|(name, n)| format!("{name} {has} {n} resource instances"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let remaining = ("SomeResourcesRemain", format!("Some resources are remaining: {}", list(&kinds, "has")));
    let holding = (
        "SomeFinalizersRemain",
        format!("Some content in the namespace has finalizers remaining: {}", list(&finalizers, "in")),
    );
    let now = context.now.to_time();
    let mut namespace = Arc::unwrap_or_clone(namespace);
    let status = namespace.status.get_or_insert_default();
    let old = status.conditions.take().unwrap_or_default();
    let conditions = FINE.iter().map(|&(type_, reason, message)| match type_ {
        "NamespaceContentRemaining" => condition(&old, type_, "True", &remaining, &now),
        "NamespaceFinalizersRemaining" if !finalizers.is_empty() => {
            condition(&old, type_, "True", &holding, &now)
        }
        _ => condition(&old, type_, "False", &(reason, message.to_owned()), &now),
    });
    status.conditions = Some(conditions.collect());
    namespace.metadata.resource_version = None;
    let _ = context.update(Object::Namespace(Arc::new(namespace)), Subresource::Status, write);
}

/// A condition that keeps the time of its last change.
fn condition(
    old: &[NamespaceCondition],
    type_: &str,
    status: &str,
    (reason, message): &(&str, String),
    now: &Time,
) -> NamespaceCondition {
    let before = old.iter().find(|c| c.type_ == type_ && c.status == status);
    NamespaceCondition {
        last_transition_time: before
            .and_then(|c| c.last_transition_time.clone())
            .or_else(|| Some(now.clone())),
        message: Some(message.clone()),
        reason: Some((*reason).to_owned()),
        status: status.to_owned(),
        type_: type_.to_owned(),
    }
}
