//! What controllers do with the Pods they own: claim, create from a template, delete, each with its event.

use super::pods;
use crate::kube::core::PodTemplateSpec;
use crate::kube::selector::Selector;
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::api::{DeleteOptions, Refusal, Subresource, Write};
use crate::sim::cause::CauseId;
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, Note, Source, reference};
use crate::sim::store::Tally;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A controller at work for one object.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The object.
    pub object: Object,
    /// The controller's name in events.
    pub component: &'static str,
    /// Why it works.
    pub cause: CauseId,
}

impl Owner {
    /// The reference its Pods carry.
    pub fn reference(&self) -> OwnerReference {
        controller_reference(&self.object)
    }

    /// The object's namespace.
    pub fn namespace(&self) -> &str {
        self.object.meta().namespace.as_deref().unwrap_or_default()
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        self.object.meta().name.as_deref().unwrap_or_default()
    }

    /// The object's uid.
    pub fn uid(&self) -> &str {
        self.object.meta().uid.as_deref().unwrap_or_default()
    }

    /// How the controller writes.
    pub fn write(&self) -> Write {
        Write::component(self.cause)
    }

    /// Says something about the object.
    pub fn event(&self, kind: EventType, reason: &'static str, message: String, context: &mut Context) {
        let note = Note {
            source: Source::controller(self.component),
            about: reference(&self.object),
            kind,
            reason,
            message,
        };
        context.event(note, self.cause);
    }

    /// What the Pods it controls come to; `None` if there are none.
    pub fn tally<'a>(&self, context: &'a Context) -> Option<&'a Tally> {
        context.store.tally(self.uid())
    }

    /// The Pods it controls.
    pub fn pods<'a>(&self, context: &'a Context) -> impl Iterator<Item = &'a Pod> {
        let uid = self.uid().to_owned();
        let controlled = move |pod: &&Pod| pods::controller_of_pod(pod).is_some_and(|owner| owner.uid == uid);
        context.store.owned_by(self.uid()).filter_map(Object::as_pod).filter(controlled)
    }

    /// The Pods that are this object's: its own that still match, and orphans that do. The others are let go.
    pub fn claim(&self, selector: &LabelSelector, context: &mut Context) -> Vec<Pod> {
        self.settle_claims(selector, context);
        let full = Selector::of(Some(selector));
        self.pods(context).filter(|pod| full.matches_opt(pod.metadata.labels.as_ref())).cloned().collect()
    }

    /// Lets go of Pods that no longer match and takes in orphans that do; looks at no other Pod.
    pub fn settle_claims(&self, selector: &LabelSelector, context: &mut Context) {
        let full = Selector::of(Some(selector));
        if self.tally(context).is_some_and(|tally| tally.groups().any(|(labels, _)| !full.matches(labels))) {
            let strange = self.pods(context).filter(|pod| !full.matches_opt(pod.metadata.labels.as_ref()));
            let strange: Vec<Pod> = strange.filter(|pod| !pods::is_leaving(pod)).cloned().collect();
            for pod in strange {
                self.release(pod, context);
            }
        }
        if self.object.meta().deletion_timestamp.is_none() {
            let none = BTreeMap::new();
            let labels = selector.match_labels.as_ref().unwrap_or(&none);
            let orphans = context.store.uncontrolled_pods(self.namespace(), labels);
            let orphans: Vec<Pod> = orphans
                .filter(|pod| pods::is_active(pod) && full.matches_opt(pod.metadata.labels.as_ref()))
                .cloned()
                .collect();
            for pod in orphans {
                self.adopt(pod, context);
            }
        }
    }

    fn release(&self, mut pod: Pod, context: &mut Context) {
        let uid = self.uid().to_owned();
        let metadata = Arc::make_mut(&mut pod.metadata);
        if let Some(owners) = &mut metadata.owner_references {
            owners.retain(|owner| owner.uid != uid);
            if owners.is_empty() {
                metadata.owner_references = None;
            }
        }
        let _ = context.update(Object::Pod(pod), Subresource::Main, &self.write());
    }

    fn adopt(&self, mut pod: Pod, context: &mut Context) {
        let metadata = Arc::make_mut(&mut pod.metadata);
        metadata.owner_references.get_or_insert_default().push(self.reference());
        let _ = context.update(Object::Pod(pod), Subresource::Main, &self.write());
    }

    /// A Pod of a template, owned by the object, without a name.
    pub fn pod(&self, template: &PodTemplateSpec) -> Pod {
        let wanted = template.metadata.clone().unwrap_or_default();
        let metadata = ObjectMeta {
            namespace: Some(self.namespace().to_owned()),
            labels: wanted.labels,
            annotations: wanted.annotations,
            finalizers: wanted.finalizers,
            owner_references: Some(vec![self.reference()]),
            ..ObjectMeta::default()
        };
        Pod {
            metadata: Arc::new(metadata),
            spec: Arc::new(template.spec.clone().unwrap_or_default()),
            status: Arc::default(),
        }
    }

    /// Creates a Pod and says so; a refusal is said, too.
    pub fn create(&self, pod: Pod, context: &mut Context) -> Result<Pod, Refusal> {
        let (created, refused) = self.create_batch([pod], context);
        refused.map_or_else(|| Ok(created.into_iter().next().unwrap_or_default()), Err)
    }

    /// Creates Pods as controllers do: one, then twice as many at a time as long as none is refused (`slowStartBatch`). Gives what was
    /// created and the first refusal.
    pub fn create_slowly(
        &self,
        pods: impl IntoIterator<Item = Pod>,
        context: &mut Context,
    ) -> (Vec<Pod>, Option<Refusal>) {
        let mut pods = pods.into_iter().peekable();
        let (mut all, mut batch) = (Vec::new(), 1);
        while pods.peek().is_some() {
            let (created, refused) = self.create_batch(pods.by_ref().take(batch), context);
            all.extend(created);
            if refused.is_some() {
                return (all, refused);
            }
            batch *= 2;
        }
        (all, None)
    }

    /// Asks for Pods all at once. A refusal comes back before what was granted is written, so it is said first.
    fn create_batch(
        &self,
        pods: impl IntoIterator<Item = Pod>,
        context: &mut Context,
    ) -> (Vec<Pod>, Option<Refusal>) {
        let (mut created, mut refused) = (Vec::new(), Vec::new());
        for pod in pods {
            match context.create(Object::Pod(pod), &self.write()) {
                Ok(written) => created.extend(written.object.as_pod().cloned()),
                Err(refusal) => refused.push(refusal),
            }
        }
        for refusal in &refused {
            self.event(EventType::Warning, "FailedCreate", format!("Error creating: {refusal}"), context);
        }
        for pod in &created {
            self.event(
                EventType::Normal,
                "SuccessfulCreate",
                format!("Created pod: {}", pod.name()),
                context,
            );
        }
        (created, refused.into_iter().next())
    }

    /// Deletes a Pod with its own grace and says so.
    pub fn delete(&self, pod: &Pod, context: &mut Context) {
        let key = Key::pod(pod.namespace(), pod.name());
        if context.delete(&key, &DeleteOptions::default(), &self.write()).is_ok() {
            let message = format!("Deleted pod: {}", pod.name());
            self.event(EventType::Normal, "SuccessfulDelete", message, context);
        }
    }
}

/// The metadata of an object of which only the status is written: its place.
pub fn name_only(meta: &ObjectMeta) -> ObjectMeta {
    ObjectMeta { name: meta.name.clone(), namespace: meta.namespace.clone(), ..ObjectMeta::default() }
}

/// The reference objects carry to what controls them.
pub fn controller_reference(object: &Object) -> OwnerReference {
    let meta = object.meta();
    OwnerReference {
        api_version: object.kind().api_version(),
        kind: object.kind().name().to_owned(),
        name: meta.name.clone().unwrap_or_default(),
        uid: meta.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// The key of what controls the object at `key`, if it is of this kind.
pub fn controller_key(key: &Key, object: &Object, kind: Kind) -> Option<Key> {
    let owner = pods::controller_of(object)?;
    (owner.kind == kind.name()).then(|| Key {
        kind,
        namespace: key.namespace.clone(),
        name: owner.name.as_str().into(),
    })
}
