//! Namespaces: what every new one is given, and how a deleted one is emptied (pkg/controller/namespace, serviceaccount,
//! certificates/rootcacertpublisher).
//!
//! # Divergence from Kubernetes
//! The service account and the root certificate stand in a new namespace at once; a real one is without them for some milliseconds.

use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{DeleteOptions, Write};
use crate::sim::cluster::{Context, home};
use crate::sim::store::{Change, ChangeKind};
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
    let left: Vec<&Object> = context.store.in_namespace(&name).collect();
    if left.is_empty() {
        let mut namespace = Arc::unwrap_or_clone(namespace);
        namespace.spec = None;
        namespace.metadata.resource_version = None;
        let _ = context.update(Object::Namespace(Arc::new(namespace)), crate::sim::Subresource::Main, &write);
        return;
    }
    let running = left.iter().filter_map(|o| o.as_pod()).filter(|pod| !pods::is_over(pod));
    let grace = running.filter_map(|pod| pod.metadata.deletion_grace_period_seconds).max().unwrap_or(0);
    // It looks again after half of the longest grace among its Pods.
    let wait = u64::try_from(grace).unwrap_or(0) / 2 + 1;
    queue.add_after(Controller::Namespace, work.key.clone(), wait * 1000, context);
}
