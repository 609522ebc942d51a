//! Volumes made on demand, for classes whose provisioner the cluster runs: a folder on the node that needs it, as the local-path
//! provisioner of small clusters does.

use crate::kube::core::{ObjectReference, PersistentVolumeClaim};
use crate::kube::{Kind, Object};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::controllers::owning::Owner;
use crate::sim::events::{EventType, reference};
use crate::sim::storage::{self, Class, PROVISIONED_BY, SELECTED_NODE};
use serde_json::json;
use std::sync::Arc;

/// The provisioner there is.
pub(super) const LOCAL_PATH: &str = "rancher.io/local-path";
/// How it is called in events: by its Pod, which nobody sees, and a number of its own.
const LOCAL_PATH_POD: &str =
    "rancher.io/local-path_local-path-provisioner-7dc846544d-w8x2l_5c1f0a2e-93d4-4a5b-8a0e-6f1d3b7c9e24";
/// The annotations that tell a provisioner of its work; the second is the older one, still written.
const PROVISIONER: [&str; 2] =
    ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"];

/// No volume fits the claim: says what its class makes of that, or has one made (`provisionClaim`).
pub(super) fn provision(claim: &PersistentVolumeClaim, owner: &Owner, context: &mut Context) {
    let name = storage::class_of(claim);
    let Some(class) = Class::find(name, context.store) else {
        let message = format!("storageclass.storage.k8s.io \"{name}\" not found");
        return owner.event(EventType::Warning, "ProvisioningFailed", message, context);
    };
    let (provisioner, policy) = (class.provisioner().to_owned(), class.reclaim_policy().to_owned());
    // The plugins that came with Kubernetes are gone: theirs became drivers, and this one never made anything.
    if provisioner.starts_with("kubernetes.io/") {
        let message = format!("no volume plugin matched name: {provisioner}");
        return owner.event(EventType::Warning, "ProvisioningFailed", message, context);
    }
    tell(claim, &provisioner, owner, context);
    let waiting = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. \
         If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    owner.event(EventType::Normal, "ExternalProvisioning", waiting, context);
    if provisioner == LOCAL_PATH {
        let provisioner = Owner { component: LOCAL_PATH_POD, ..owner.clone() };
        make(claim, &policy, &provisioner, context);
    }
}

/// Writes the provisioner into the claim, where it looks for its work.
fn tell(claim: &PersistentVolumeClaim, provisioner: &str, owner: &Owner, context: &mut Context) {
    let mut told = claim.clone();
    told.metadata.resource_version = None;
    let annotations = told.metadata.annotations.get_or_insert_default();
    annotations.extend(PROVISIONER.map(|name| (name.to_owned(), provisioner.to_owned())));
    let object = Object::PersistentVolumeClaim(Arc::new(told));
    // A claim that has gone meanwhile needs no provisioner.
    let _ = context.update(object, Subresource::Main, &owner.write());
}

fn make(claim: &PersistentVolumeClaim, policy: &str, owner: &Owner, context: &mut Context) {
    let meta = &claim.metadata;
    let (namespace, name) =
        (meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default());
    let asked = storage::annotation(meta, SELECTED_NODE).map(str::to_owned);
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
            "capacity": {"storage": storage::size_asked(claim).to_quantity()},
            "claimRef": by,
            "hostPath": {"path": format!("/opt/local-path-provisioner/{volume}_{namespace}_{name}"), "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
                [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]}},
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": storage::class_of(claim),
            "volumeMode": "Filesystem",
        }
    });
    let made = Object::from_value(Kind::PersistentVolume, value).ok();
    if made.is_some_and(|made| context.create(made, &owner.write()).is_ok()) {
        let done = format!("Successfully provisioned volume {volume}");
        owner.event(EventType::Normal, "ProvisioningSucceeded", done, context);
    }
}
