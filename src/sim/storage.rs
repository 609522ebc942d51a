//! What claims, volumes and storage classes say, for every component that asks (component-helpers/storage/volume, pkg/volume/util).
//! Decides nothing and writes nothing.

use super::scheduler::matches_term;
use super::store::Store;
use crate::kube::core::{PersistentVolume, PersistentVolumeClaim, PodSpec};
use crate::kube::quantity::Amount;
use crate::kube::requests::resources_of;
use crate::kube::selector::Selector;
use crate::kube::{Kind, Object, Passive, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The annotation that tells a provisioner where the claim will be used.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// The annotation of a claim whose binding is complete.
pub const COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// The annotation of the side that did not ask for this binding itself.
pub const BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// The annotation of a volume that names its provisioner.
pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// The provisioner of classes that have none.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
/// The access mode of claims that only one Pod at a time may use.
pub const ONE_POD: &str = "ReadWriteOncePod";

/// What makes a class the one for claims that name none; the second form is the older one, still read.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The annotation that named a claim's class before there was a field.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// A storage class, as components read it.
#[derive(Clone, Copy, Debug)]
pub struct Class<'a>(&'a Passive);

impl<'a> Class<'a> {
    /// The class of this name.
    pub fn find(name: &str, store: &'a Store) -> Option<Class<'a>> {
        match store.find(Kind::StorageClass, "", name)? {
            Object::Passive(_, class) => Some(Class(class)),
            _ => None,
        }
    }

    /// The class for claims that name none: of several the newest, then the first by name
    /// (pkg/volume/util/storageclass.go, `GetDefaultClass`).
    pub fn default(store: &'a Store) -> Option<Class<'a>> {
        let classes = store.list(Kind::StorageClass, None).filter_map(|object| match object {
            Object::Passive(_, class) => Some(Class(class)),
            _ => None,
        });
        classes.filter(|class| class.is_default()).max_by_key(|class| {
            (class.0.metadata.creation_timestamp.clone(), Reverse(class.name().to_owned()))
        })
    }

    fn is_default(self) -> bool {
        DEFAULT_CLASS.iter().any(|name| annotation(&self.0.metadata, name) == Some("true"))
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.0.metadata.name.as_deref().unwrap_or_default()
    }

    /// Who makes its volumes.
    pub fn provisioner(self) -> &'a str {
        self.word("provisioner").unwrap_or_default()
    }

    /// What becomes of its volumes when their claim is gone.
    pub fn reclaim_policy(self) -> &'a str {
        self.word("reclaimPolicy").unwrap_or("Delete")
    }

    /// Whether its claims are bound only when a Pod uses them.
    pub fn waits_for_consumer(self) -> bool {
        self.word("volumeBindingMode") == Some("WaitForFirstConsumer")
    }

    /// Whether its claims may grow.
    pub fn expands(self) -> bool {
        self.0.rest.get("allowVolumeExpansion").and_then(Value::as_bool) == Some(true)
    }

    fn word(self, name: &str) -> Option<&'a str> {
        self.0.rest.get(name).and_then(Value::as_str)
    }
}

/// An annotation.
pub fn annotation<'a>(meta: &'a ObjectMeta, name: &str) -> Option<&'a str> {
    meta.annotations.as_ref()?.get(name).map(String::as_str)
}

/// A claim by its name.
pub fn claim<'a>(namespace: &str, name: &str, store: &'a Store) -> Option<&'a Arc<PersistentVolumeClaim>> {
    match store.find(Kind::PersistentVolumeClaim, namespace, name) {
        Some(Object::PersistentVolumeClaim(claim)) => Some(claim),
        _ => None,
    }
}

/// A volume by its name.
pub fn volume<'a>(name: &str, store: &'a Store) -> Option<&'a Arc<PersistentVolume>> {
    match store.find(Kind::PersistentVolume, "", name) {
        Some(Object::PersistentVolume(volume)) => Some(volume),
        _ => None,
    }
}

/// All volumes.
pub fn volumes(store: &Store) -> impl Iterator<Item = &Arc<PersistentVolume>> {
    store.list(Kind::PersistentVolume, None).filter_map(|object| match object {
        Object::PersistentVolume(volume) => Some(volume),
        _ => None,
    })
}

/// A claim that a volume of a Pod stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The claim's name.
    pub claim: String,
    /// Whether it is made for this Pod alone.
    pub made_for_pod: bool,
}

/// The claims the volumes of a Pod stand for, those made for it alone included.
pub fn claims_of<'a>(pod: &'a str, spec: &'a PodSpec) -> impl Iterator<Item = Used> + 'a {
    spec.volumes.iter().flatten().filter_map(move |volume| {
        match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(source), _) => Some(Used { claim: source.claim_name.clone(), made_for_pod: false }),
            (None, Some(_)) => Some(Used { claim: made_for(pod, &volume.name), made_for_pod: true }),
            (None, None) => None,
        }
    })
}

/// The name of the claim made for one volume of a Pod.
pub fn made_for(pod: &str, volume: &str) -> String {
    format!("{pod}-{volume}")
}

/// Whether a claim was made for this very Pod (component-helpers/storage/ephemeral, `VolumeIsForPod`); if not, in what words.
pub fn belongs_to(
    claim: &PersistentVolumeClaim,
    namespace: &str,
    pod: &str,
    uid: &str,
) -> Result<(), String> {
    let owners = claim.metadata.owner_references.iter().flatten();
    if owners.into_iter().any(|owner| owner.controller == Some(true) && owner.uid == uid) {
        return Ok(());
    }
    let name = claim.metadata.name.as_deref().unwrap_or_default();
    Err(format!("PVC {namespace}/{name} was not created for pod {namespace}/{pod} (pod is not owner)"))
}

/// The volume a claim names.
pub fn volume_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.volume_name.as_deref().filter(|name| !name.is_empty())
}

/// Whether the two sides of a claim's binding are complete.
pub fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    volume_of(claim).is_some() && annotation(&claim.metadata, COMPLETED).is_some()
}

/// The class a claim asks for; empty for volumes of no class.
pub fn class_of(claim: &PersistentVolumeClaim) -> &str {
    let field = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
    annotation(&claim.metadata, CLASS_ANNOTATION).or(field).unwrap_or_default()
}

/// Whether a claim says anything about its class, were it that it wants none.
pub fn names_class(claim: &PersistentVolumeClaim) -> bool {
    let field = claim.spec.as_ref().is_some_and(|spec| spec.storage_class_name.is_some());
    field || annotation(&claim.metadata, CLASS_ANNOTATION).is_some()
}

/// Whether a claim's class binds only when a Pod uses it.
pub fn waits_for_consumer(claim: &PersistentVolumeClaim, store: &Store) -> bool {
    Class::find(class_of(claim), store).is_some_and(Class::waits_for_consumer)
}

/// The size of a volume.
pub fn size_of(volume: &PersistentVolume) -> Amount {
    let list = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    resources_of(list).get("storage").copied().unwrap_or_default()
}

/// The size a claim asks for.
pub fn size_asked(claim: &PersistentVolumeClaim) -> Amount {
    let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let requests = resources.and_then(|resources| resources.requests.as_ref());
    resources_of(requests).get("storage").copied().unwrap_or_default()
}

/// Whether a volume is kept for this claim (`IsVolumeBoundToClaim`).
pub fn is_kept_for(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let Some(by) = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref()) else { return false };
    let same = by.name == claim.metadata.name && by.namespace == claim.metadata.namespace;
    let uid = by.uid.as_deref().filter(|uid| !uid.is_empty());
    same && uid.is_none_or(|uid| Some(uid) == claim.metadata.uid.as_deref())
}

/// A node on which a volume is to be used.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// The node's labels.
    pub labels: &'a BTreeMap<String, String>,
    /// The node's name.
    pub name: &'a str,
}

/// Whether a volume can be used on a node.
pub fn is_reachable(volume: &PersistentVolume, spot: Spot) -> bool {
    let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref());
    let Some(required) = affinity.and_then(|affinity| affinity.required.as_ref()) else { return true };
    required.node_selector_terms.iter().any(|term| matches_term(term, spot.labels, spot.name))
}

/// Who looks for a volume.
#[derive(Clone, Copy, Debug)]
pub enum Seeker<'a> {
    /// The volume controller, which leaves claims that wait for a consumer to the scheduler.
    Controller,
    /// The scheduler, for one node.
    Scheduler(Spot<'a>),
}

/// The volume for a claim: the one kept for it, else the smallest that does, one with few access modes before others
/// (`FindMatchingVolume`, and the order in which the controller goes through its index).
pub fn best_volume(
    claim: &PersistentVolumeClaim,
    seeker: Seeker,
    taken: &BTreeSet<String>,
    store: &Store,
) -> Option<Arc<PersistentVolume>> {
    let usable = |volume: &&Arc<PersistentVolume>| {
        !taken.contains(volume.metadata.name.as_deref().unwrap_or_default()) && could_serve(volume, claim)
    };
    if let Some(kept) = volumes(store).filter(usable).find(|volume| is_kept_for(volume, claim)) {
        let here = match seeker {
            Seeker::Controller => true,
            Seeker::Scheduler(spot) => is_reachable(kept, spot),
        };
        return here.then(|| kept.clone());
    }
    if matches!(seeker, Seeker::Controller) && waits_for_consumer(claim, store) {
        return None;
    }
    let selector = claim.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    let selector = selector.map(|selector| Selector::of(Some(selector)));
    let fits = |volume: &&Arc<PersistentVolume>| {
        is_free(volume)
            && selector.as_ref().is_none_or(|wanted| wanted.matches_opt(volume.metadata.labels.as_ref()))
            && volume_class(volume) == class_of(claim)
            && match seeker {
                Seeker::Controller => true,
                Seeker::Scheduler(spot) => is_reachable(volume, spot),
            }
    };
    volumes(store)
        .filter(|volume| usable(volume) && fits(volume))
        .min_by_key(|volume| (modes_of(volume).len(), size_of(volume)))
        .cloned()
}

/// What stands against a volume for a claim that names it, in the controller's words (`checkVolumeSatisfyClaim`).
pub fn objection(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<String> {
    if volume.metadata.deletion_timestamp.is_some() {
        let name = volume.metadata.name.as_deref().unwrap_or_default();
        return Some(format!("the volume is marked for deletion \"{name}\""));
    }
    if size_of(volume) < size_asked(claim) {
        return Some("requested PV is too small".to_owned());
    }
    if volume_class(volume) != class_of(claim) {
        return Some("storageClassName does not match".to_owned());
    }
    if mode_of_volume(volume) != mode_of_claim(claim) {
        return Some("incompatible volumeMode".to_owned());
    }
    (!allows(volume, claim)).then(|| "incompatible accessMode".to_owned())
}

/// Whether a volume is large enough, of the right form and access, and not somebody else's.
fn could_serve(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let kept = volume.spec.as_ref().is_some_and(|spec| spec.claim_ref.is_some());
    (!kept || is_kept_for(volume, claim))
        && size_of(volume) >= size_asked(claim)
        && mode_of_volume(volume) == mode_of_claim(claim)
        && allows(volume, claim)
        && volume.metadata.deletion_timestamp.is_none()
}

/// Whether a volume waits for a claim. One that the controller has not seen yet will.
fn is_free(volume: &PersistentVolume) -> bool {
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Available" | "Pending") | None)
}

fn volume_class(volume: &PersistentVolume) -> &str {
    volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default()
}

fn mode_of_volume(volume: &PersistentVolume) -> &str {
    volume.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()).unwrap_or("Filesystem")
}

/// Whether a claim wants files or a raw device.
pub fn mode_of_claim(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()).unwrap_or("Filesystem")
}

fn modes_of(volume: &PersistentVolume) -> &[String] {
    volume.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default()
}

fn allows(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let wanted = claim.spec.iter().flat_map(|spec| spec.access_modes.iter().flatten());
    wanted.into_iter().all(|mode| modes_of(volume).contains(mode))
}

/// Whether only one Pod at a time may use a claim.
pub fn is_for_one_pod(claim: &PersistentVolumeClaim) -> bool {
    claim.spec.iter().flat_map(|spec| spec.access_modes.iter().flatten()).any(|mode| mode == ONE_POD)
}

/// The Pods that use a claim and have no node yet, by name.
pub fn waiting_pods<'a>(claim: &'a PersistentVolumeClaim, store: &'a Store) -> impl Iterator<Item = &'a Pod> {
    let name = claim.metadata.name.as_deref().unwrap_or_default();
    let pods = store.list(Kind::Pod, claim.metadata.namespace.as_deref()).filter_map(Object::as_pod);
    pods.filter(|pod| pod.spec.node_name.as_deref().unwrap_or_default().is_empty())
        .filter(move |pod| claims_of(pod.name(), &pod.spec).any(|used| used.claim == name))
}
