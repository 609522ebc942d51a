//! Volumes whose claim is gone: they keep their data and are not given to another, unless their policy says that they go too.

use super::{CHAPTER, COMPONENT, Settled, phase_of, set_phase};
use crate::kube::core::PersistentVolume;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{DeleteOptions, Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::controllers::Work;
use crate::sim::controllers::owning::Owner;
use crate::sim::events::EventType;
use crate::sim::storage::{BY_CONTROLLER, PROVISIONED_BY, annotation};
use std::sync::Arc;

/// The provisioner whose volumes can be removed.
const LOCAL_PATH: &str = super::provision::LOCAL_PATH;

/// The claim of a volume is gone.
pub(super) fn release(volume: &Arc<PersistentVolume>, work: &Work, context: &mut Context) -> Settled {
    if !matches!(phase_of(volume), "Released" | "Failed") {
        set_phase(volume, ("Released", None), work.cause, context);
    }
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    if policy != Some("Delete") || volume.metadata.deletion_timestamp.is_some() {
        return Settled::Yes;
    }
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    let text = format!("the claim of the volume {name} is gone, and with it the volume");
    let cause = context.because(work.cause, CHAPTER, text);
    match remover(volume) {
        Ok(Remover::Here) => {
            // Somebody may have removed it already.
            let key = Key::new(Kind::PersistentVolume, "", name);
            let _ = context.delete(&key, &DeleteOptions::default(), &Write::component(cause));
            Settled::Yes
        }
        Ok(Remover::Elsewhere) => Settled::Yes,
        Err(why) => {
            if phase_of(volume) != "Failed" {
                set_phase(volume, ("Failed", Some(&why)), work.cause, context);
                let object = Object::PersistentVolume(volume.clone());
                let owner = Owner { object, component: COMPONENT, cause };
                owner.event(EventType::Warning, "VolumeFailedDelete", why, context);
            }
            Settled::No
        }
    }
}

/// Who removes a volume.
enum Remover {
    /// The cluster.
    Here,
    /// A provisioner that is not there.
    Elsewhere,
}

/// Who removes a volume with its data, or why nobody can (`findDeletablePlugin`, pkg/volume/hostpath).
fn remover(volume: &PersistentVolume) -> Result<Remover, String> {
    match annotation(&volume.metadata, PROVISIONED_BY) {
        Some(LOCAL_PATH) => return Ok(Remover::Here),
        Some(other) if !other.is_empty() && !other.starts_with("kubernetes.io/") => {
            return Ok(Remover::Elsewhere);
        }
        _ => {}
    }
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    let Some(path) = volume.spec.as_ref().and_then(|spec| spec.host_path.as_ref()) else {
        return Err(format!(
            "error getting deleter volume plugin for volume \"{name}\": no deletable volume plugin matched"
        ));
    };
    // The expression is not anchored.
    let allowed = path.path.split_once("/tmp/").is_some_and(|(_, rest)| !rest.is_empty());
    if allowed {
        return Ok(Remover::Here);
    }
    Err(format!("host_path deleter only supports /tmp/.+ but received provided {}", path.path))
}

/// The volume's claim took another volume: this one is free again, unless it was made for that claim (`unbindVolume`).
pub(super) fn let_go(volume: &Arc<PersistentVolume>, work: &Work, context: &mut Context) -> Settled {
    if annotation(&volume.metadata, PROVISIONED_BY).is_some() {
        return release(volume, work, context);
    }
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    let cause = context.because(work.cause, CHAPTER, format!("the claim of the volume {name} took another"));
    let mut free = (**volume).clone();
    free.metadata.resource_version = None;
    let spec = free.spec.get_or_insert_default();
    if annotation(&volume.metadata, BY_CONTROLLER).is_some() {
        spec.claim_ref = None;
        free.metadata.annotations.get_or_insert_default().remove(BY_CONTROLLER);
    } else if let Some(by) = &mut spec.claim_ref {
        by.uid = None;
    }
    let object = Object::PersistentVolume(Arc::new(free));
    let _ = context.update(object, Subresource::Main, &Write::component(cause));
    Settled::Yes
}
