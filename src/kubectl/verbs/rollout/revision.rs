//! The revisions of a workload: the `ReplicaSet`s of a Deployment, the `ControllerRevision`s of a `StatefulSet` or `DaemonSet`.

use crate::kube::core::PodTemplateSpec;
use crate::kube::{Kind, Object};
use crate::kubectl::run::Run;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Why a revision was made, in its author's words.
pub(super) use crate::kubectl::run::CHANGE_CAUSE;

/// One revision.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub number: i64,
    pub cause: Option<String>,
    pub template: PodTemplateSpec,
    /// The object that holds it.
    pub holder: Object,
}

/// The revisions of an object, oldest first.
pub(super) fn revisions(run: &Run, object: &Object) -> Vec<Revision> {
    let kind = if object.kind() == Kind::Deployment { Kind::ReplicaSet } else { Kind::ControllerRevision };
    let all = run.cluster.store().list(kind, object.meta().namespace.as_deref());
    let owned = |meta: &ObjectMeta| {
        meta.owner_references.iter().flatten().any(|owner| Some(&owner.uid) == object.meta().uid.as_ref())
    };
    let mut found: Vec<Revision> = all.filter(|o| owned(o.meta())).filter_map(revision).collect();
    found.sort_by_key(|revision| revision.number);
    found
}

fn revision(object: &Object) -> Option<Revision> {
    let annotations = object.meta().annotations.as_ref();
    let (number, template) = match object {
        Object::ReplicaSet(set) => {
            let number = annotations?.get("deployment.kubernetes.io/revision")?.parse().ok()?;
            (number, set.spec.as_ref()?.template.clone().unwrap_or_default())
        }
        Object::ControllerRevision(held) => {
            let mut template = held.data.as_ref()?.0.pointer("/spec/template")?.clone();
            template.as_object_mut()?.remove("$patch");
            (held.revision, serde_json::from_value(template).ok()?)
        }
        _ => return None,
    };
    let cause = annotations.and_then(|annotations| annotations.get(CHANGE_CAUSE)).cloned();
    Some(Revision { number, cause, template, holder: object.clone() })
}
