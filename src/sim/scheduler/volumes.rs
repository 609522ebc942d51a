//! Claims of a Pod: whether they exist, are bound or can be, where their volumes may be used, and by how many Pods
//! (framework/plugins/volumebinding, volumerestrictions).

use super::demand::Demand;
use super::node::{NodeInfo, Nodes};
use super::verdict::{Plugin, Reject};
use crate::kube::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::kube::{Key, Object};
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::events::reference;
use crate::sim::storage::{self, BY_CONTROLLER, Class, NO_PROVISIONER, SELECTED_NODE, Seeker, Spot, Used};
use crate::sim::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What speaks against every node alike.
pub fn refusal(demand: &Demand, store: &Store) -> Option<String> {
    // Whether a claim may have a second user is asked first, and that question needs every claim that is named.
    let named = claims(demand).filter(|used| !used.made_for_pod);
    let lost = named.map(|used| used.claim).find(|name| find(demand, name, store).is_none());
    if let Some(name) = lost {
        return Some(format!("persistentvolumeclaim \"{name}\" not found"));
    }
    if let Some(why) = claims(demand).find_map(|used| unusable(demand, &used, store)) {
        return Some(why);
    }
    let bound_elsewhere = |claim: &Arc<PersistentVolumeClaim>| {
        let waits = storage::volume_of(claim).is_none() && storage::waits_for_consumer(claim, store);
        !storage::is_bound(claim) && !waits
    };
    claims_there(demand, store)
        .any(bound_elsewhere)
        .then(|| "pod has unbound immediate PersistentVolumeClaims".to_owned())
}

/// Why a claim is of no use to the Pod (`podHasPVCs`).
fn unusable(demand: &Demand, used: &Used, store: &Store) -> Option<String> {
    let name = &used.claim;
    let Some(claim) = find(demand, name, store) else {
        return Some(format!(
            "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
        ));
    };
    if claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Lost") {
        let volume = storage::volume_of(claim).unwrap_or_default();
        return Some(format!(
            "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
        ));
    }
    if claim.metadata.deletion_timestamp.is_some() {
        return Some(format!("persistentvolumeclaim \"{name}\" is being deleted"));
    }
    let uid = demand.meta.uid.as_deref().unwrap_or_default();
    let owned = || storage::belongs_to(claim, demand.namespace(), &demand.key.name, uid).err();
    used.made_for_pod.then(owned).flatten()
}

/// Whether a claim that only one Pod may use has a user already, Pods in `gone` not counted.
pub fn is_taken(demand: &Demand, nodes: &Nodes, store: &Store, gone: &BTreeSet<Key>) -> bool {
    let named = claims(demand).filter(|used| !used.made_for_pod);
    let exclusive: Vec<String> = named
        .filter(|used| find(demand, &used.claim, store).is_some_and(|claim| storage::is_for_one_pod(claim)))
        .map(|used| used.claim)
        .collect();
    !exclusive.is_empty()
        && nodes.pods().any(|other| {
            !gone.contains(&other.key)
                && other.namespace() == demand.namespace()
                && claims(other).any(|used| exclusive.contains(&used.claim))
        })
}

/// Whether two Pods name a claim in common.
pub fn share_claim(one: &Demand, other: &Demand) -> bool {
    one.namespace() == other.namespace()
        && claims(one).any(|mine| claims(other).any(|theirs| theirs.claim == mine.claim))
}

/// Whether the Pod uses this claim.
pub fn uses(demand: &Demand, claim: &Key) -> bool {
    *claim.namespace == *demand.namespace() && claims(demand).any(|used| *used.claim == *claim.name)
}

/// Whether a node can use the Pod's volumes.
pub fn check(demand: &Demand, node: &NodeInfo, store: &Store) -> Option<Reject> {
    let mut reject = Reject { plugin: Plugin::VolumeBinding, reasons: Vec::new(), unresolvable: true };
    for claim in claims_there(demand, store).filter(|claim| storage::is_bound(claim)) {
        let Some(volume) = storage::volume_of(claim).and_then(|name| storage::volume(name, store)) else {
            reject.reasons =
                vec!["node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)".into()];
            return Some(reject);
        };
        let none = BTreeMap::new();
        if !storage::is_reachable(volume, spot(node, &none)) {
            reject.reasons = vec!["node(s) didn't match PersistentVolume's node affinity".into()];
        }
    }
    if plan(demand, node, store).is_none() {
        reject.reasons.push("node(s) didn't find available persistent volumes to bind".into());
    }
    (!reject.reasons.is_empty()).then_some(reject)
}

/// What becomes of the claims that waited for their first consumer.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// Claims that get a volume there is.
    existing: Vec<(Arc<PersistentVolumeClaim>, Arc<PersistentVolume>)>,
    /// Claims for which one is to be made.
    to_provision: Vec<Arc<PersistentVolumeClaim>>,
}

/// How the Pod's claims would be bound on a node; `None` if they cannot be (`FindPodVolumes`).
pub fn plan(demand: &Demand, node: &NodeInfo, store: &Store) -> Option<Bindings> {
    let mut waiting: Vec<&Arc<PersistentVolumeClaim>> =
        claims_there(demand, store).filter(|claim| !storage::is_bound(claim)).collect();
    waiting.sort_by_key(|claim| storage::size_asked(claim));
    let none = BTreeMap::new();
    let (mut bindings, mut taken) = (Bindings::default(), BTreeSet::new());
    for claim in waiting {
        match storage::annotation(&claim.metadata, SELECTED_NODE) {
            Some(selected) if selected != &*node.name => return None,
            Some(_) => bindings.to_provision.push(claim.clone()),
            None => match storage::best_volume(claim, Seeker::Scheduler(spot(node, &none)), &taken, store) {
                Some(volume) => {
                    taken.extend(volume.metadata.name.clone());
                    bindings.existing.push((claim.clone(), volume));
                }
                None => bindings.to_provision.push(claim.clone()),
            },
        }
    }
    let made = |claim: &Arc<PersistentVolumeClaim>| {
        let class = Class::find(storage::class_of(claim), store);
        class.is_some_and(|class| !matches!(class.provisioner(), "" | NO_PROVISIONER))
    };
    bindings.to_provision.iter().all(made).then_some(bindings)
}

impl Bindings {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.existing.is_empty() && self.to_provision.is_empty()
    }

    /// Asks for what was planned: volumes get their claim, provisioners are told the node (`bindAPIUpdate`).
    pub fn ask(self, node: &str, context: &mut Context, write: &Write) {
        for (claim, volume) in self.existing {
            let mut taken = Arc::unwrap_or_clone(volume);
            taken.metadata.resource_version = None;
            let object = Object::PersistentVolumeClaim(claim);
            let spec = taken.spec.get_or_insert_default();
            if spec.claim_ref.is_none() {
                taken.metadata.annotations.get_or_insert_default().insert(BY_CONTROLLER.into(), "yes".into());
            }
            spec.claim_ref = Some(ObjectReference { field_path: None, ..reference(&object) });
            let _ = context.update(Object::PersistentVolume(Arc::new(taken)), Subresource::Main, write);
        }
        for claim in self.to_provision {
            let mut claim = Arc::unwrap_or_clone(claim);
            let annotations = claim.metadata.annotations.get_or_insert_default();
            annotations.insert(SELECTED_NODE.to_owned(), node.to_owned());
            claim.metadata.resource_version = None;
            let _ = context.update(Object::PersistentVolumeClaim(Arc::new(claim)), Subresource::Main, write);
        }
    }
}

/// Whether every claim of the Pod has its volume; an error if one cannot get it any more (`checkBindings`).
pub fn are_bound(demand: &Demand, store: &Store) -> Result<bool, String> {
    for used in claims(demand) {
        let Some(claim) = find(demand, &used.claim, store) else {
            let (namespace, name) = (demand.namespace(), &used.claim);
            return Err(format!(
                "failed to check provisioning pvc: could not find v1.PersistentVolumeClaim \"{namespace}/{name}\""
            ));
        };
        if !storage::is_bound(claim) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn spot<'a>(node: &'a NodeInfo, none: &'a BTreeMap<String, String>) -> Spot<'a> {
    Spot { labels: node.labels().unwrap_or(none), name: &node.name }
}

fn claims(demand: &Demand) -> impl Iterator<Item = Used> {
    storage::claims_of(&demand.key.name, &demand.spec)
}

fn claims_there<'a>(
    demand: &'a Demand,
    store: &'a Store,
) -> impl Iterator<Item = &'a Arc<PersistentVolumeClaim>> {
    claims(demand).filter_map(move |used| find(demand, &used.claim, store))
}

fn find<'a>(demand: &Demand, name: &str, store: &'a Store) -> Option<&'a Arc<PersistentVolumeClaim>> {
    storage::claim(demand.namespace(), name, store)
}
