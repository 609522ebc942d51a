//! Revisions: which `ReplicaSet` belongs to the current template, its name, and the annotations that number the history.

use super::{Rollout, golang};
use crate::kube::core::PodTemplateSpec;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label that tells the sets of one Deployment apart.
const HASH_LABEL: &str = "pod-template-hash";
/// The number of a revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// How large the Deployment was when the set was last sized.
pub const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of a Deployment that its sets do not inherit.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];
/// How many old sets are kept (revisionHistoryLimit).
const HISTORY: i32 = 10;

/// Whether a set was made from this template.
pub fn same_template(set: &ReplicaSet, template: &PodTemplateSpec) -> bool {
    let strip = |template: &PodTemplateSpec| {
        let mut metadata = template.metadata.clone();
        if let Some(labels) = metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
            labels.remove(HASH_LABEL);
        }
        metadata
    };
    let own = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
    own.is_some_and(|own| own.spec == template.spec && strip(own) == strip(template))
}

/// The hash of a template: FNV-1a over the text Go prints for it, written with the safe alphabet. A template with fields whose Go
/// layout is not known here is hashed by its JSON instead: other letters, same length and alphabet.
pub fn template_hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let value = serde_json::to_value(template).unwrap_or_default();
    let mut text = golang::print(&value).unwrap_or_else(|| value.to_string());
    if let Some(collisions) = collisions {
        text.push_str(&collisions.to_string());
    }
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    safe(&hash.to_string())
}

/// Digits in the alphabet of generated names (apimachinery: rand.SafeEncodeString).
pub fn safe(digits: &str) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    digits.bytes().map(|b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()])).collect()
}

impl Rollout<'_> {
    /// Makes sure that the current template has its set, with the highest revision.
    pub(super) fn ensure_new(&mut self, context: &mut Context) {
        if self.new.is_none() {
            self.create_set(context);
        }
        self.number_revision(context);
    }

    fn create_set(&mut self, context: &mut Context) {
        let collisions = self.status.collision_count;
        let hash = template_hash(&self.spec.template, collisions);
        let name = format!("{}-{hash}", self.owner.name());
        let key = Key::new(Kind::ReplicaSet, self.owner.namespace(), &name);
        if context.store.get(&key).is_some() {
            // Somebody else's set has the name: another hash next time.
            self.status.collision_count = Some(collisions.unwrap_or(0) + 1);
            return;
        }
        let replicas = self.size_of_new(0);
        let set = self.blank_set(&name, &hash, replicas);
        let Ok(written) = context.create(Object::ReplicaSet(Arc::new(set)), &self.owner.write()) else {
            return;
        };
        let Object::ReplicaSet(set) = written.object else { return };
        self.new = Some(set);
        if replicas > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            self.owner.event(EventType::Normal, "ScalingReplicaSet", message, context);
        }
        self.note_created(&name, context.now);
    }

    fn blank_set(&self, name: &str, hash: &str, replicas: i32) -> ReplicaSet {
        let mut template = self.spec.template.clone();
        let label = |labels: &mut BTreeMap<String, String>| labels.insert(HASH_LABEL.into(), hash.to_owned());
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        label(labels);
        let labels = labels.clone();
        let mut selector = self.spec.selector.clone();
        label(selector.match_labels.get_or_insert_default());
        let mut annotations: BTreeMap<String, String> = self.inherited().collect();
        annotations.insert(REVISION.to_owned(), (self.highest_old_revision() + 1).to_string());
        let mut set = ReplicaSet {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: Some(self.owner.namespace().to_owned()),
                labels: Some(labels),
                annotations: Some(annotations),
                owner_references: Some(vec![self.owner.reference()]),
                ..ObjectMeta::default()
            },
            spec: Some(ReplicaSetSpec {
                replicas: Some(replicas),
                selector,
                template: Some(template),
                min_ready_seconds: self.spec.min_ready_seconds,
            }),
            status: None,
        };
        self.note_sizes(&mut set);
        set
    }

    /// The Deployment's annotations that its newest set has, too.
    fn inherited(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let own = self.deployment.metadata.annotations.clone().unwrap_or_default();
        own.into_iter().filter(|(key, _)| !NOT_COPIED.contains(&key.as_str()))
    }

    /// Whether a set says how large the Deployment is and may become.
    pub(super) fn sizes_noted(&self, set: &ReplicaSet) -> bool {
        let says = |name: &str, size: i32| {
            let text = set.metadata.annotations.as_ref().and_then(|all| all.get(name));
            text.is_some_and(|text| *text == size.to_string())
        };
        says(DESIRED, self.replicas()) && says(MAX, self.replicas() + self.fenceposts().0)
    }

    /// Records in a set how large the Deployment is and may become.
    pub(super) fn note_sizes(&self, set: &mut ReplicaSet) {
        let most = self.replicas() + self.fenceposts().0;
        let annotations = set.metadata.annotations.get_or_insert_default();
        annotations.insert(DESIRED.to_owned(), self.replicas().to_string());
        annotations.insert(MAX.to_owned(), most.to_string());
    }

    fn highest_old_revision(&self) -> i64 {
        self.old.iter().map(|set| revision_of(set)).max().unwrap_or(0)
    }

    /// A template that comes back gets a new number, and the current set the Deployment's annotations (`SetNewReplicaSetAnnotations`);
    /// the Deployment shows the number of its current set.
    pub(super) fn number_revision(&mut self, context: &mut Context) {
        let next = self.highest_old_revision() + 1;
        let inherited = self.inherited();
        let Some(set) = &mut self.new else { return };
        let own = revision_of(set);
        let mut wanted = (**set).clone();
        let annotations = wanted.metadata.annotations.get_or_insert_default();
        annotations.extend(inherited);
        if own < next {
            annotations.insert(REVISION.to_owned(), next.to_string());
            if own > 0 {
                let history = annotations.entry(REVISION_HISTORY.to_owned()).or_default();
                *history = if history.is_empty() { own.to_string() } else { format!("{history},{own}") };
            }
        }
        if wanted.metadata.annotations != set.metadata.annotations {
            wanted.metadata.resource_version = None;
            let write = self.owner.write();
            if let Ok(written) =
                context.update(Object::ReplicaSet(Arc::new(wanted)), Subresource::Main, &write)
                && let Object::ReplicaSet(written) = written.object
            {
                *set = written;
            }
        }
        let number = revision_of(set).to_string();
        let shown = self.deployment.metadata.annotations.as_ref().and_then(|all| all.get(REVISION));
        if shown != Some(&number) {
            let mut numbered = self.deployment.clone();
            numbered.metadata.annotations.get_or_insert_default().insert(REVISION.to_owned(), number);
            numbered.metadata.resource_version = None;
            let object = Object::Deployment(Arc::new(numbered));
            let _ = context.update(object, Subresource::Main, &self.owner.write());
        }
    }

    /// Deletes the oldest sets beyond the history limit, once the rollout is complete.
    pub(super) fn clean_up(&mut self, context: &mut Context) {
        if !self.is_complete() {
            return;
        }
        let keep = usize::try_from(self.spec.revision_history_limit.unwrap_or(HISTORY)).unwrap_or(0);
        let idle = |set: &ReplicaSet| {
            super::size(set) == 0 && set.status.as_ref().is_none_or(|status| status.replicas == 0)
        };
        let mut idle: Vec<&Arc<ReplicaSet>> = self.old.iter().filter(|set| idle(set)).collect();
        idle.sort_by_key(|set| revision_of(set));
        let surplus = self.old.len().saturating_sub(keep);
        for set in idle.into_iter().take(surplus) {
            let name = set.metadata.name.as_deref().unwrap_or_default();
            let key = Key::new(Kind::ReplicaSet, self.owner.namespace(), name);
            let _ = context.delete(&key, &crate::sim::DeleteOptions::default(), &self.owner.write());
        }
    }
}

/// The revision number of a set, 0 if it has none.
pub fn revision_of(set: &ReplicaSet) -> i64 {
    let annotations = set.metadata.annotations.as_ref();
    annotations.and_then(|a| a.get(REVISION)).and_then(|text| text.parse().ok()).unwrap_or(0)
}
