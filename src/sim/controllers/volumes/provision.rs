//! Volumes made on demand, for classes whose provisioner the cluster runs: a folder on the node that needs it, as the local-path
//! provisioner of small clusters does.

use super::{bound_to, class_of, size_asked};
use crate::kube::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::kube::{Key, Kind, Object};
use crate::sim::api::DeleteOptions;
use crate::sim::cluster::Context;
use crate::sim::controllers::owning::Owner;
use crate::sim::events::{EventType, reference};
use crate::sim::scheduler::SELECTED_NODE;
use serde_json::{Value, json};

/// The provisioner there is.
const LOCAL_PATH: &str = "rancher.io/local-path";
/// The provisioner of classes that have none.
const NONE: &str = "kubernetes.io/no-provisioner";
/// The annotation of a volume that names its provisioner.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// No volume fits the claim: says what its class makes of that, or makes one.
pub(super) fn provision(claim: &PersistentVolumeClaim, owner: &Owner, context: &mut Context) {
    let class = class_of(claim);
    let Some(Object::Passive(_, found)) = context.store.find(Kind::StorageClass, "", class) else {
        let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
        return owner.event(EventType::Warning, "ProvisioningFailed", message, context);
    };
    let word = |name: &str| found.rest.get(name).and_then(Value::as_str).map(str::to_owned);
    let provisioner = word("provisioner").unwrap_or_default();
    let policy = word("reclaimPolicy").unwrap_or_else(|| "Delete".into());
    if provisioner == NONE || bound_to(claim).is_some() {
        return;
    }
    let waiting = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. \
         If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    owner.event(EventType::Normal, "ExternalProvisioning", waiting, context);
    if provisioner == LOCAL_PATH {
        make(claim, &policy, owner, context);
    }
}

fn make(claim: &PersistentVolumeClaim, policy: &str, owner: &Owner, context: &mut Context) {
    let meta = &claim.metadata;
    let (namespace, name) =
        (meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default());
    let asked = meta.annotations.as_ref().and_then(|annotations| annotations.get(SELECTED_NODE)).cloned();
    let first = || context.store.list(Kind::Node, None).next().map(|node| node.key().name.to_string());
    let Some(node) = asked.or_else(first) else { return };
    let begun = format!("External provisioner is provisioning volume for claim \"{namespace}/{name}\"");
    owner.event(EventType::Normal, "Provisioning", begun, context);
    let volume = format!("pvc-{}", meta.uid.as_deref().unwrap_or_default());
    let by = ObjectReference { field_path: None, ..reference(&owner.object) };
    let value = json!({
        "metadata": {"name": volume, "annotations": {PROVISIONED_BY: LOCAL_PATH}},
        "spec": {
            "accessModes": claim.spec.as_ref().and_then(|spec| spec.access_modes.clone()),
            "capacity": {"storage": size_asked(claim).to_quantity()},
            "claimRef": by,
            "hostPath": {"path": format!("/opt/local-path-provisioner/{volume}_{namespace}_{name}"), "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
                [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]}},
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": class_of(claim),
            "volumeMode": "Filesystem",
        }
    });
    let made = Object::from_value(Kind::PersistentVolume, value).ok();
    if made.is_some_and(|made| context.create(made, &owner.write()).is_ok()) {
        let done = format!("Successfully provisioned volume {volume}");
        owner.event(EventType::Normal, "ProvisioningSucceeded", done, context);
    }
}

/// Whether a volume goes with its claim.
pub(super) fn goes_with_claim(volume: &PersistentVolume) -> bool {
    let ours = volume.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(PROVISIONED_BY));
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    ours && policy == Some("Delete")
}

/// Removes a volume with its data.
pub(super) fn remove(volume: &PersistentVolume, owner: &crate::sim::api::Write, context: &mut Context) {
    let name = volume.metadata.name.as_deref().unwrap_or_default();
    // Somebody may have removed it already.
    let _ = context.delete(&Key::new(Kind::PersistentVolume, "", name), &DeleteOptions::default(), owner);
}
