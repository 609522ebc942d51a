//! What a kustomization does to all of its objects: namespaces, names, labels, annotations, replicas, images.

use super::file::{Field, Image, Kustomization, Label, Replica};
use super::path::{Missing, each};
use super::resource::{Id, Resource, Set};
use crate::kubectl::complaint::Complaint;
use serde_json::Value;
use std::collections::BTreeMap;

/// A field of objects: their API group and kind (empty for any), its path, and whether it is made where it is missing.
type Place = (&'static str, &'static str, &'static str, Missing);

const METADATA: &[Place] = &[("", "", "metadata/labels", Missing::Made)];

const SELECTORS: &[Place] = &[
    ("", "Service", "spec/selector", Missing::Made),
    ("", "ReplicationController", "spec/selector", Missing::Made),
    ("", "Deployment", "spec/selector/matchLabels", Missing::Made),
    ("", "ReplicaSet", "spec/selector/matchLabels", Missing::Made),
    ("", "DaemonSet", "spec/selector/matchLabels", Missing::Made),
    ("apps", "StatefulSet", "spec/selector/matchLabels", Missing::Made),
    ("batch", "Job", "spec/selector/matchLabels", Missing::Skipped),
    ("batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", Missing::Skipped),
    ("policy", "PodDisruptionBudget", "spec/selector/matchLabels", Missing::Skipped),
    ("networking.k8s.io", "NetworkPolicy", "spec/podSelector/matchLabels", Missing::Skipped),
    ("networking.k8s.io", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", Missing::Skipped),
    ("networking.k8s.io", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels", Missing::Skipped),
];

/// Selectors inside the Pods of these kinds.
const OF_PODS: &[&str] = &["Deployment", "StatefulSet"];

const INSIDE_PODS: &[&str] = &[
    "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

const TEMPLATES: &[Place] = &[
    ("", "ReplicationController", "spec/template/metadata", Missing::Made),
    ("", "Deployment", "spec/template/metadata", Missing::Made),
    ("", "ReplicaSet", "spec/template/metadata", Missing::Made),
    ("", "DaemonSet", "spec/template/metadata", Missing::Made),
    ("apps", "StatefulSet", "spec/template/metadata", Missing::Made),
    ("batch", "Job", "spec/template/metadata", Missing::Made),
    ("batch", "CronJob", "spec/jobTemplate/metadata", Missing::Made),
    ("batch", "CronJob", "spec/jobTemplate/spec/template/metadata", Missing::Made),
];

const CLAIMS: Place = ("apps", "StatefulSet", "spec/volumeClaimTemplates/metadata/labels", Missing::Made);

/// Kinds whose names get neither prefix nor suffix.
const KEEP_NAMES: &[&str] = &["CustomResourceDefinition", "APIService", "Namespace"];

/// Kinds that count replicas.
const COUNTED: &[&str] = &["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/// Whether a field of `group` and `kind` is one of this object.
fn meant(id: &Id, group: &str, kind: &str) -> bool {
    (group.is_empty() || group == id.group) && (kind.is_empty() || kind == id.kind)
}

/// Namespace, names, labels and annotations, in kustomize's order.
pub(super) fn all(kustomization: &Kustomization, set: &mut Set) -> Result<(), Complaint> {
    for resource in &mut set.resources {
        if !kustomization.namespace.is_empty() {
            move_to(resource, &kustomization.namespace);
        }
        rename(resource, &kustomization.name_prefix, "");
        rename(resource, "", &kustomization.name_suffix);
        let common =
            Label { pairs: kustomization.common_labels.clone(), include_selectors: true, ..Label::default() };
        for label in kustomization.labels.iter().chain([&common]).filter(|label| !label.pairs.is_empty()) {
            put_labels(resource, label);
        }
        if !kustomization.common_annotations.is_empty() {
            put_annotations(resource, &kustomization.common_annotations);
        }
    }
    let mut ids: Vec<Id> = Vec::new();
    for id in set.resources.iter().map(Resource::id) {
        if ids.iter().any(|other| other.is(&id)) {
            return Err(Complaint::plain(format!("namespace transformation produces ID conflict: {id}")));
        }
        ids.push(id);
    }
    Ok(())
}

/// Replicas and images, which come after the patches of old.
pub(super) fn last(kustomization: &Kustomization, set: &mut Set) -> Result<(), Complaint> {
    for replica in &kustomization.replicas {
        count(set, replica)?;
    }
    for image in &kustomization.images {
        for resource in &mut set.resources {
            put_image(&mut resource.value, image);
        }
    }
    Ok(())
}

fn move_to(resource: &mut Resource, namespace: &str) {
    let namespaced = resource.namespaced();
    let kind = resource.id().kind;
    resource.change_name(|value| {
        if kind == "Namespace" {
            value["metadata"]["name"] = namespace.into();
        } else if namespaced {
            value["metadata"]["namespace"] = namespace.into();
        }
    });
    if matches!(kind.as_str(), "RoleBinding" | "ClusterRoleBinding") {
        each(&mut resource.value, "subjects", Missing::Skipped, &mut |subject| {
            if subject["kind"] == "ServiceAccount" && subject["name"] == "default" {
                subject["namespace"] = namespace.into();
            }
        });
    }
}

fn rename(resource: &mut Resource, prefix: &str, suffix: &str) {
    if prefix.is_empty() && suffix.is_empty() || KEEP_NAMES.contains(&resource.id().kind.as_str()) {
        return;
    }
    let name = format!("{prefix}{}{suffix}", resource.name());
    resource.change_name(|value| value["metadata"]["name"] = name.into());
    resource.affixes.push(format!("{prefix}*{suffix}"));
}

/// Puts texts into the map at a place.
fn put(resource: &mut Resource, path: &str, missing: Missing, texts: &BTreeMap<String, String>) {
    each(&mut resource.value, path, missing, &mut |value| {
        if value.is_null() {
            *value = serde_json::json!({});
        }
        if let Value::Object(fields) = value {
            fields.extend(texts.iter().map(|(key, text)| (key.clone(), text.as_str().into())));
        }
    });
}

fn put_labels(resource: &mut Resource, label: &Label) {
    let id = resource.id();
    let mut places: Vec<Place> = METADATA.to_vec();
    if label.include_selectors {
        places.extend_from_slice(SELECTORS);
    }
    if label.include_selectors || label.include_templates {
        places.push(CLAIMS);
    }
    for (_, _, path, missing) in places.into_iter().filter(|(group, kind, ..)| meant(&id, group, kind)) {
        put(resource, path, missing, &label.pairs);
    }
    if label.include_selectors && id.group == "apps" && OF_PODS.contains(&id.kind.as_str()) {
        for path in INSIDE_PODS {
            put(resource, path, Missing::Skipped, &label.pairs);
        }
    }
    if label.include_selectors || label.include_templates {
        for (_, _, path, missing) in TEMPLATES.iter().filter(|(group, kind, ..)| meant(&id, group, kind)) {
            put(resource, &format!("{path}/labels"), *missing, &label.pairs);
        }
    }
    for Field { group, version, kind, path, create } in &label.fields {
        if meant(&id, group, kind) && (version.is_empty() || *version == id.version) {
            let missing = if *create { Missing::Made } else { Missing::Skipped };
            put(resource, path, missing, &label.pairs);
        }
    }
}

fn put_annotations(resource: &mut Resource, texts: &BTreeMap<String, String>) {
    let id = resource.id();
    put(resource, "metadata/annotations", Missing::Made, texts);
    for (_, _, path, missing) in TEMPLATES.iter().filter(|(group, kind, ..)| meant(&id, group, kind)) {
        put(resource, &format!("{path}/annotations"), *missing, texts);
    }
}

fn count(set: &mut Set, replica: &Replica) -> Result<(), Complaint> {
    let mut found = false;
    for resource in &mut set.resources {
        if resource.ids().any(|id| id.name == replica.name && COUNTED.contains(&id.kind.as_str())) {
            found = true;
            each(&mut resource.value, "spec/replicas", Missing::Made, &mut |value| {
                *value = replica.count.into();
            });
        }
    }
    if found {
        return Ok(());
    }
    let kinds: Vec<String> = COUNTED.iter().map(|kind| format!("{kind}.[noVer].[noGrp]")).collect();
    Err(Complaint::plain(format!(
        "resource with name {} does not match a config with the following GVK [{}]",
        replica.name,
        kinds.join(" ")
    )))
}

/// Changes the images of containers, wherever they are.
fn put_image(value: &mut Value, image: &Image) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| put_image(item, image)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if matches!(name.as_str(), "containers" | "initContainers") {
                    for container in value.as_array_mut().into_iter().flatten() {
                        if let Some(Value::String(text)) = container.get_mut("image")
                            && let Some(changed) = changed(text, image)
                        {
                            *text = changed;
                        }
                    }
                }
                put_image(value, image);
            }
        }
        _ => {}
    }
}

/// The image that stands for `text`, if it is the one that is meant.
fn changed(text: &str, image: &Image) -> Option<String> {
    let rest = text.strip_prefix(image.name.as_str())?;
    if !(rest.is_empty() || rest.starts_with([':', '@'])) || rest.contains('/') {
        return None;
    }
    let name = if image.new_name.is_empty() { &image.name } else { &image.new_name };
    let rest = match (image.new_tag.as_str(), image.digest.as_str()) {
        ("", "") if image.tag_suffix.is_empty() => rest.to_owned(),
        ("", "") => format!("{rest}{}", image.tag_suffix),
        (_, digest) if !digest.is_empty() => format!("@{digest}"),
        (tag, _) => format!(":{tag}{}", image.tag_suffix),
    };
    Some(format!("{name}{rest}"))
}
