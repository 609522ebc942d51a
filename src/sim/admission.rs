//! What the server does to an object between decoding and storing it: defaults, mutating and validating admission plugins
//! (pkg/kubeapiserver/options/plugins.go, in that order), validation. Knows nothing of storage.

/// Defaults of the API types.
pub mod defaults;
/// Bounds and defaults of a namespace.
pub mod limits;
/// What the server generates for Jobs.
pub mod job;
/// What admission does to Pods.
pub mod pod;
/// What a namespace may hold.
pub mod quota;
/// Addresses of Services.
pub mod service;
/// Validation of the API types.
pub mod validation;

use super::api::Refusal;
use super::cluster::Context;
use super::storage;
use crate::kube::core::PersistentVolumeClaim;
use crate::kube::{Kind, Object, requests};

/// What keeps a claim that a Pod uses.
pub const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
/// What keeps a volume that is bound.
pub const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// The mutating plugins: they complete an object or refuse it.
pub fn mutate(object: &mut Object, context: &mut Context) -> Result<(), Refusal> {
    match object {
        Object::Pod(pod) => pod::mutate(pod, context),
        Object::Service(object) => {
            service::complete(std::sync::Arc::make_mut(object), context);
            Ok(())
        }
        Object::PersistentVolumeClaim(claim) => {
            give_default_class(std::sync::Arc::make_mut(claim), context);
            protect(object, CLAIM_PROTECTION);
            Ok(())
        }
        Object::PersistentVolume(_) => {
            protect(object, VOLUME_PROTECTION);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Gives a claim that says nothing about its class the default one (plugin/pkg/admission/storage/storageclass/setdefault).
fn give_default_class(claim: &mut PersistentVolumeClaim, context: &Context) {
    if storage::names_class(claim) {
        return;
    }
    if let Some(class) = storage::Class::default(context.store) {
        claim.spec.get_or_insert_default().storage_class_name = Some(class.name().to_owned());
    }
}

/// Whether a claim may get larger (plugin/pkg/admission/storage/persistentvolume/resize).
fn may_grow(
    new: &PersistentVolumeClaim,
    old: &PersistentVolumeClaim,
    context: &Context,
) -> Result<(), Refusal> {
    if storage::size_asked(new) <= storage::size_asked(old) {
        return Ok(());
    }
    let name = new.metadata.name.as_deref().unwrap_or_default();
    let refused = |why: &str| Err(Refusal::forbidden(Kind::PersistentVolumeClaim, name, why));
    if old.status.as_ref().and_then(|status| status.phase.as_deref()) != Some("Bound") {
        return refused("only bound persistent volume claims can be expanded");
    }
    if storage::Class::find(storage::class_of(old), context.store).is_some_and(storage::Class::expands) {
        return Ok(());
    }
    refused(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
    )
}

/// Puts a finalizer under a new object (plugin/pkg/admission/storage/storageobjectinuseprotection).
fn protect(object: &mut Object, finalizer: &str) {
    let list = object.meta_mut().finalizers.get_or_insert_default();
    if !list.iter().any(|known| known == finalizer) {
        list.push(finalizer.to_owned());
    }
}

/// The validating plugins. `old` is the object before the write, `None` for a new one.
pub fn validate(object: &Object, old: Option<&Object>, context: &Context) -> Result<(), Refusal> {
    if old.is_none() && object.kind().info().namespaced && object.kind() != Kind::Event {
        limits::check(object, context.store)?;
        quota::check(object, None, context.store)?;
    }
    // Of a Pod only a resize changes what it asks for; both plugins look at that, too.
    if let (Object::Pod(new), Some(before @ Object::Pod(old))) = (object, old)
        && !std::sync::Arc::ptr_eq(&new.spec, &old.spec)
        && requests::of_all(&new.spec).ne(requests::of_all(&old.spec))
    {
        limits::check(object, context.store)?;
        quota::check(object, Some(before), context.store)?;
    }
    if let (Object::PersistentVolumeClaim(new), Some(Object::PersistentVolumeClaim(old))) = (object, old) {
        may_grow(new, old, context)?;
    }
    if let Object::Service(new) = object {
        let old = old.and_then(|old| if let Object::Service(old) = old { Some(&**old) } else { None });
        let faults = service::unavailable(new, old, context);
        if !faults.is_empty() {
            return Err(Refusal::invalid(Kind::Service, &object.key().name, faults));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
