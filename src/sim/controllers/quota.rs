//! The status of resource quotas (pkg/controller/resourcequota): what is allowed and what is used.

use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::{Key, Kind, Object};
use crate::sim::admission::quota;
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::store::Change;
use std::sync::Arc;

/// Asks for the sync of quotas a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    let key = &change.key;
    if key.kind == Kind::ResourceQuota {
        queue.add(Controller::Quota, key.clone(), change.cause, context);
        return;
    }
    if key.namespace.is_empty() || matches!(key.kind, Kind::Event | Kind::Lease) {
        return;
    }
    let quotas: Vec<Key> =
        context.store.list(Kind::ResourceQuota, Some(&key.namespace)).map(Object::key).collect();
    for quota in quotas {
        queue.add(Controller::Quota, quota, change.cause, context);
    }
}

/// Counts anew.
pub fn sync(work: &Work, context: &mut Context) {
    let Some(Object::ResourceQuota(object)) = context.store.get(&work.key).cloned() else { return };
    let used = quota::usage(&object, context.store);
    let mut object = Arc::unwrap_or_clone(object);
    let hard = object.spec.as_ref().and_then(|spec| spec.hard.clone());
    let status = object.status.get_or_insert_default();
    status.hard = hard;
    status.used = Some(used.into_iter().map(|(name, amount)| (name, amount.to_quantity())).collect());
    object.metadata.resource_version = None;
    let text = format!("the quota {} counts what its namespace uses", work.key.name);
    let cause = context.because(work.cause, "resources", text);
    let _ = context.update(
        Object::ResourceQuota(Arc::new(object)),
        Subresource::Status,
        &Write::component(cause),
    );
}
