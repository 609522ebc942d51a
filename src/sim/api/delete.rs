//! Deleting an object: at once, gracefully, or when its last finalizer is gone (registry/core/pod/strategy.go and the generic store).

use super::refusal::{Reason, Refusal};
use super::{Write, Written, status};
use crate::kube::core::NamespaceStatus;
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::cluster::Context;
use std::sync::Arc;

/// The finalizer of an owner that waits for its dependents.
pub const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an owner whose dependents are to be set free.
pub const ORPHAN: &str = "orphan";

/// What becomes of the objects a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// The garbage collector deletes them afterwards.
    #[default]
    Background,
    /// The owner stays until they are gone.
    Foreground,
    /// They lose their owner and stay.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Seconds a Pod may take; `None` for the Pod's own `terminationGracePeriodSeconds`.
    pub grace_seconds: Option<i64>,
    /// What becomes of what the object owns.
    pub propagation: Propagation,
    /// The UID the object must have.
    pub uid: Option<String>,
}

impl DeleteOptions {
    /// At once, whatever still runs.
    pub fn force() -> DeleteOptions {
        DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() }
    }
}

impl Context<'_> {
    /// Deletes the object at `key`; answers with its last state, or its state while it ends.
    pub fn delete(&mut self, key: &Key, options: &DeleteOptions, write: &Write) -> Result<Written, Refusal> {
        let object = self.store.get(key).cloned().ok_or_else(|| Refusal::not_found(key))?;
        check_uid(key, &object, options)?;
        if key.kind == Kind::Namespace && matches!(&*key.name, "default" | "kube-system" | "kube-public") {
            return Err(Refusal::forbidden(key.kind, &key.name, "this namespace may not be deleted"));
        }
        let marked = self.mark(object, options);
        if write.dry_run {
            return Ok(Written { object: marked, warnings: Vec::new() });
        }
        let waits = !finalizers(&marked).is_empty() || grace_left(&marked) > 0;
        let unchanged = self.store.get(key) == Some(&marked);
        if (key.kind == Kind::Pod || waits) && !unchanged {
            self.store.put(self.now, marked.clone(), write.cause);
        }
        if !waits {
            self.store.remove(self.now, key, write.cause);
        }
        Ok(Written { object: marked, warnings: Vec::new() })
    }

    /// Removes an object that was only waiting for its last finalizer.
    pub(super) fn finish_deletion(&mut self, object: &Object, write: &Write) {
        let ended = object.meta().deletion_timestamp.is_some()
            && finalizers(object).is_empty()
            && grace_left(object) == 0;
        if ended {
            self.store.remove(self.now, &object.key(), write.cause);
        }
    }

    /// The object with what deletion writes into it: deadline, finalizers, generation.
    fn mark(&self, mut object: Object, options: &DeleteOptions) -> Object {
        let first = object.meta().deletion_timestamp.is_none();
        let grace = match &object {
            Object::Pod(pod) => pod_grace(pod, options.grace_seconds),
            _ => 0,
        };
        match options.propagation {
            Propagation::Background => {}
            Propagation::Foreground => add_finalizer(&mut object, FOREGROUND),
            Propagation::Orphan => add_finalizer(&mut object, ORPHAN),
        }
        if let Object::Namespace(namespace) = &mut object {
            let namespace = Arc::make_mut(namespace);
            namespace.status = Some(NamespaceStatus {
                phase: Some("Terminating".into()),
                ..namespace.status.clone().unwrap_or_default()
            });
        }
        let counted = status::has_generation(object.kind());
        let deadline = self.now.plus(u64::try_from(grace).unwrap_or(0) * 1000).to_time();
        let meta = object.meta_mut();
        if first {
            meta.deletion_timestamp = Some(deadline);
            meta.deletion_grace_period_seconds = Some(grace);
            if counted {
                meta.generation = Some(meta.generation.unwrap_or_default() + 1);
            }
        } else if grace < meta.deletion_grace_period_seconds.unwrap_or_default() {
            // A second request may only shorten the wait.
            let earlier = meta.deletion_timestamp.as_ref().is_none_or(|at| deadline.0 < at.0);
            if earlier || grace == 0 {
                meta.deletion_timestamp = Some(deadline);
                meta.deletion_grace_period_seconds = Some(grace);
            }
        }
        object
    }
}

fn check_uid(key: &Key, object: &Object, options: &DeleteOptions) -> Result<(), Refusal> {
    let (Some(wanted), Some(current)) = (&options.uid, &object.meta().uid) else { return Ok(()) };
    if wanted == current {
        return Ok(());
    }
    let message = format!(
        "Operation cannot be fulfilled on {} \"{}\": the UID in the precondition ({wanted}) does not match the UID in record \
         ({current}). The object might have been deleted and then recreated",
        key.kind.name(),
        key.name
    );
    Err(Refusal::about(Reason::Conflict, key.kind, &key.name, message))
}

/// The grace a Pod gets: none if nothing can run for it any more.
fn pod_grace(pod: &Pod, requested: Option<i64>) -> i64 {
    let over = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
    if over || pod.spec.node_name.as_deref().unwrap_or_default().is_empty() {
        return 0;
    }
    let grace = requested.or(pod.spec.termination_grace_period_seconds).unwrap_or(30);
    if grace < 0 { 1 } else { grace }
}

fn grace_left(object: &Object) -> i64 {
    object.meta().deletion_grace_period_seconds.unwrap_or_default()
}

/// What still holds a deleted object: its finalizers, and for a namespace those of its spec.
fn finalizers(object: &Object) -> Vec<String> {
    let mut all = object.meta().finalizers.clone().unwrap_or_default();
    if let Object::Namespace(namespace) = object {
        all.extend(namespace.spec.iter().flat_map(|spec| spec.finalizers.clone().unwrap_or_default()));
    }
    all
}

fn add_finalizer(object: &mut Object, name: &str) {
    let list = object.meta_mut().finalizers.get_or_insert_default();
    if !list.iter().any(|f| f == name) {
        list.push(name.to_owned());
    }
}
