//! The claims of a `StatefulSet`'s Pods, and whose they are: what `persistentVolumeClaimRetentionPolicy` deletes belongs to the set or to a
//! Pod beyond the wanted number, and goes with its owner (`stateful_set_utils.go`, `updateClaimOwnerRefForSetAndPod`).

use super::Ordered;
use crate::kube::core::PersistentVolumeClaim;
use crate::kube::{Object, Pod};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::controllers::owning::controller_reference;
use crate::sim::storage;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use std::sync::Arc;

impl Ordered {
    /// Makes the claims a Pod needs; one that outlived an earlier Pod is used again.
    pub(super) fn create_claims(&self, pod: &str, context: &mut Context) {
        for template in self.spec.volume_claim_templates.clone().into_iter().flatten() {
            let volume = template.metadata.name.clone().unwrap_or_default();
            let mut claim = PersistentVolumeClaim { status: None, ..template };
            claim.metadata.name = Some(claim_name(&volume, pod));
            claim.metadata.namespace = Some(self.owner.namespace().to_owned());
            claim
                .metadata
                .labels
                .get_or_insert_default()
                .extend(self.spec.selector.match_labels.clone().unwrap_or_default());
            let _ = context.create(Object::PersistentVolumeClaim(Arc::new(claim)), &self.owner.write());
        }
    }

    /// Sees to it that the claims of a Pod have the owner the policy gives them.
    pub(super) fn own_claims(&self, pod: &Pod, wanted: bool, context: &mut Context) {
        let set = controller_reference(&self.owner.object);
        let own = controller_reference(&Object::Pod(pod.clone()));
        let policy = self.spec.persistent_volume_claim_retention_policy.as_ref();
        let deletes = |word: Option<&String>| word.is_some_and(|word| word == "Delete");
        let when_deleted = deletes(policy.and_then(|policy| policy.when_deleted.as_ref()));
        let when_scaled = deletes(policy.and_then(|policy| policy.when_scaled.as_ref()));
        let owner = match (wanted, when_scaled, when_deleted) {
            (false, true, _) => Some(&own),
            (true, _, true) | (false, false, true) => Some(&set),
            _ => None,
        };
        for template in self.spec.volume_claim_templates.iter().flatten() {
            let name = claim_name(template.metadata.name.as_deref().unwrap_or_default(), pod.name());
            self.give_claim(&name, owner, (&set, &own), context);
        }
    }

    fn give_claim(
        &self,
        name: &str,
        owner: Option<&OwnerReference>,
        (set, pod): (&OwnerReference, &OwnerReference),
        context: &mut Context,
    ) {
        let Some(claim) = storage::claim(self.owner.namespace(), name, context.store) else { return };
        let before = claim.metadata.owner_references.clone().unwrap_or_default();
        // What somebody else controls is left alone.
        let ours = |known: &OwnerReference| known.uid == set.uid || known.uid == pod.uid;
        if before.iter().any(|known| known.controller == Some(true) && !ours(known)) {
            return;
        }
        let mut after: Vec<OwnerReference> = before
            .iter()
            .filter(|known| !ours(known) || owner.is_some_and(|o| o.uid == known.uid))
            .cloned()
            .collect();
        if let Some(owner) = owner.filter(|owner| !after.iter().any(|known| known.uid == owner.uid)) {
            after.push(owner.clone());
        }
        if after == before {
            return;
        }
        let mut claim = (**claim).clone();
        claim.metadata.resource_version = None;
        claim.metadata.owner_references = Some(after).filter(|owners| !owners.is_empty());
        let object = Object::PersistentVolumeClaim(Arc::new(claim));
        // A claim that has gone meanwhile has no owner.
        let _ = context.update(object, Subresource::Main, &self.owner.write());
    }
}

/// The name of the claim a template makes for a Pod.
pub(super) fn claim_name(volume: &str, pod: &str) -> String {
    format!("{volume}-{pod}")
}
