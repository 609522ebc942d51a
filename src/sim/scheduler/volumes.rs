//! Claims of a Pod: whether they exist, are bound, and where their volumes may be used (framework/plugins/volumebinding).

use super::demand::Demand;
use super::filter::matches_term;
use super::node::NodeInfo;
use super::verdict::{Plugin, Reject};
use crate::kube::core::{PersistentVolume, PersistentVolumeClaim};
use crate::kube::{Kind, Object};
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The annotation that tells a provisioner where the claim will be used.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// What speaks against every node alike.
pub fn refusal(demand: &Demand, store: &Store) -> Option<String> {
    for name in claims(demand) {
        let Some(claim) = claim(demand.namespace(), name, store) else {
            return Some(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        if claim.metadata.deletion_timestamp.is_some() {
            return Some(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        if volume_name(claim).is_none() && !waits_for_consumer(claim, store) {
            return Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
    }
    None
}

/// Whether a node can use the Pod's volumes.
pub fn check(demand: &Demand, node: &NodeInfo, store: &Store) -> Option<Reject> {
    let none = BTreeMap::new();
    for name in claims(demand) {
        let Some(volume) = claim(demand.namespace(), name, store).and_then(volume_name) else { continue };
        let Some(Object::PersistentVolume(volume)) = store.find(Kind::PersistentVolume, "", volume) else {
            return Some(Reject::for_good(
                Plugin::VolumeBinding,
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
            ));
        };
        if !reachable(volume, node.labels().unwrap_or(&none), &node.name) {
            return Some(Reject::for_good(
                Plugin::VolumeBinding,
                "node(s) didn't match PersistentVolume's node affinity",
            ));
        }
    }
    None
}

/// Tells the claims that waited for their first consumer which node was chosen.
pub fn bind(demand: &Demand, node: &str, context: &mut Context, write: &Write) {
    let waiting: Vec<Arc<PersistentVolumeClaim>> = claims(demand)
        .filter_map(|name| claim(demand.namespace(), name, context.store).cloned())
        .filter(|claim| volume_name(claim).is_none())
        .collect();
    for claim in waiting {
        let mut claim = Arc::unwrap_or_clone(claim);
        let annotations = claim.metadata.annotations.get_or_insert_default();
        annotations.insert(SELECTED_NODE.to_owned(), node.to_owned());
        let _ = context.update(Object::PersistentVolumeClaim(Arc::new(claim)), Subresource::Main, write);
    }
}

fn claims(demand: &Demand) -> impl Iterator<Item = &str> {
    let volumes = demand.spec.volumes.iter().flatten();
    volumes
        .filter_map(|volume| volume.persistent_volume_claim.as_ref())
        .map(|source| source.claim_name.as_str())
}

fn claim<'a>(namespace: &str, name: &str, store: &'a Store) -> Option<&'a Arc<PersistentVolumeClaim>> {
    match store.find(Kind::PersistentVolumeClaim, namespace, name) {
        Some(Object::PersistentVolumeClaim(claim)) => Some(claim),
        _ => None,
    }
}

fn volume_name(claim: &Arc<PersistentVolumeClaim>) -> Option<&str> {
    claim.spec.as_ref()?.volume_name.as_deref().filter(|name| !name.is_empty())
}

/// Whether the claim's class binds only when a Pod uses it.
pub fn waits_for_consumer(claim: &PersistentVolumeClaim, store: &Store) -> bool {
    let class = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
    match store.find(Kind::StorageClass, "", class) {
        Some(Object::Passive(_, class)) => {
            class.rest.get("volumeBindingMode").and_then(|v| v.as_str()) == Some("WaitForFirstConsumer")
        }
        _ => false,
    }
}

fn reachable(volume: &PersistentVolume, labels: &BTreeMap<String, String>, node: &str) -> bool {
    let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref());
    let Some(required) = affinity.and_then(|affinity| affinity.required.as_ref()) else { return true };
    required.node_selector_terms.iter().any(|term| matches_term(term, labels, node))
}
