//! Revisions of `StatefulSets` and `DaemonSets` (pkg/controller/history): each Pod template they ever had, numbered and named by its hash.

use super::deployment::revision::{safe, template_hash};
use super::owning::{Owner, controller_reference};
use crate::kube::core::PodTemplateSpec;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::{DeleteOptions, Subresource};
use crate::sim::cluster::Context;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label of revisions and of the Pods made from them.
pub const HASH_LABEL: &str = "controller-revision-hash";

/// The revision of the current template, made if there is none, with the highest number.
pub fn current(
    owner: &Owner,
    template: &PodTemplateSpec,
    labels: BTreeMap<String, String>,
    context: &mut Context,
) -> ControllerRevision {
    let mut value = serde_json::to_value(template).unwrap_or_default();
    value["$patch"] = json!("replace");
    let data = json!({ "spec": { "template": value } });
    let all = revisions(owner, context);
    let highest = all.iter().map(|revision| revision.revision).max().unwrap_or(0);
    match all.into_iter().find(|revision| data_of(revision) == Some(&data)) {
        Some(same) if same.revision == highest => same,
        Some(mut same) => {
            // A template that comes back gets the next number.
            same.revision = highest + 1;
            same.metadata.resource_version = None;
            let object = Object::ControllerRevision(Arc::new(same.clone()));
            let _ = context.update(object, Subresource::Main, &owner.write());
            same
        }
        None => create(owner, data, labels, highest + 1, context),
    }
}

fn create(
    owner: &Owner,
    data: Value,
    mut labels: BTreeMap<String, String>,
    number: i64,
    context: &mut Context,
) -> ControllerRevision {
    let hash = match &owner.object {
        // The DaemonSet controller names its revisions as a Deployment names its sets (daemon/update.go: snapshot).
        Object::DaemonSet(set) => {
            let collisions = set.status.as_ref().and_then(|status| status.collision_count);
            set.spec.as_ref().map(|spec| template_hash(&spec.template, collisions)).unwrap_or_default()
        }
        _ => data_hash(&data),
    };
    labels.insert(HASH_LABEL.to_owned(), hash.clone());
    let revision = ControllerRevision {
        metadata: ObjectMeta {
            name: Some(format!("{}-{hash}", owner.name())),
            namespace: Some(owner.namespace().to_owned()),
            labels: Some(labels),
            owner_references: Some(vec![controller_reference(&owner.object)]),
            ..ObjectMeta::default()
        },
        data: Some(RawExtension(data)),
        revision: number,
    };
    let _ = context.create(Object::ControllerRevision(Arc::new(revision.clone())), &owner.write());
    revision
}

/// The hash of what a revision holds (history.HashControllerRevision).
fn data_hash(data: &Value) -> String {
    // FNV-1: multiply, then mix, as Go's hash/fnv.New32 does.
    let mix = |hash: u32, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte);
    safe(&data.to_string().bytes().fold(0x811c_9dc5_u32, mix).to_string())
}

fn data_of(revision: &ControllerRevision) -> Option<&Value> {
    revision.data.as_ref().map(|data| &data.0)
}

fn revisions(owner: &Owner, context: &Context) -> Vec<ControllerRevision> {
    let mut all: Vec<ControllerRevision> = context
        .store
        .owned_by(owner.uid())
        .filter_map(|object| match object {
            Object::ControllerRevision(revision) => Some((**revision).clone()),
            _ => None,
        })
        .collect();
    all.sort_by_key(|revision| revision.revision);
    all
}

/// The hash of a revision, as its Pods carry it.
pub fn hash_of(revision: &ControllerRevision) -> String {
    revision.metadata.labels.as_ref().and_then(|labels| labels.get(HASH_LABEL)).cloned().unwrap_or_default()
}

/// The template a revision's hash stands for.
pub fn template_of(owner: &Owner, hash: &str, context: &Context) -> Option<PodTemplateSpec> {
    let revision = revisions(owner, context).into_iter().find(|revision| hash_of(revision) == hash)?;
    let mut template = data_of(&revision)?.pointer("/spec/template")?.clone();
    template.as_object_mut()?.remove("$patch");
    serde_json::from_value(template).ok()
}

/// Deletes the oldest revisions beyond `keep` that no Pod uses.
pub fn prune(owner: &Owner, keep: i32, used: &[String], context: &mut Context) {
    let idle: Vec<ControllerRevision> =
        revisions(owner, context).into_iter().filter(|r| !used.contains(&hash_of(r))).collect();
    let surplus = idle.len().saturating_sub(usize::try_from(keep).unwrap_or(0));
    for revision in idle.into_iter().take(surplus) {
        let name = revision.metadata.name.unwrap_or_default();
        let key = Key::new(Kind::ControllerRevision, owner.namespace(), &name);
        let _ = context.delete(&key, &DeleteOptions::default(), &owner.write());
    }
}
