//! Metadata: names, labels, annotations, finalizers, owners.

use super::faults::Faults;
use crate::kube::names;
use crate::kube::{Kind, Object};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use std::collections::BTreeMap;

/// All annotations of an object together, in bytes.
const MAX_ANNOTATIONS: usize = 256 << 10;

pub(super) fn metadata(object: &Object, faults: &mut Faults) {
    let meta = object.meta();
    let rule = name_rule(object.kind());
    let prefix = meta.generate_name.as_deref().unwrap_or_default();
    if !prefix.is_empty() {
        // A prefix may end in what only the generated name completes.
        let masked = prefix.strip_suffix('-').map_or_else(|| prefix.to_owned(), |stem| format!("{stem}a"));
        faults.invalid_all("metadata.generateName", prefix, rule(&masked));
    }
    match meta.name.as_deref().unwrap_or_default() {
        "" => faults.required("metadata.name", "name or generateName is required"),
        name => faults.invalid_all("metadata.name", name, rule(name)),
    }
    parts(meta, "metadata", faults);
}

/// What a kind asks of its names.
fn name_rule(kind: Kind) -> fn(&str) -> Vec<String> {
    match kind {
        Kind::Namespace => names::label_errors,
        Kind::Service => names::label_1035_errors,
        Kind::Role | Kind::RoleBinding | Kind::ClusterRole | Kind::ClusterRoleBinding => path_segment_errors,
        _ => names::subdomain_errors,
    }
}

/// Names that are only used in paths.
fn path_segment_errors(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    ['/', '%'].into_iter().filter(|c| name.contains(*c)).map(|c| format!("may not contain '{c}'")).collect()
}

/// What metadata of objects and of templates have in common.
pub(super) fn parts(meta: &ObjectMeta, path: &str, faults: &mut Faults) {
    if meta.generation.is_some_and(|generation| generation < 0) {
        faults.non_negative(&format!("{path}.generation"), meta.generation.unwrap_or(0));
    }
    labels(meta.labels.as_ref(), &format!("{path}.labels"), faults);
    annotations(meta.annotations.as_ref(), &format!("{path}.annotations"), faults);
    for owner in meta.owner_references.iter().flatten() {
        let at = |field: &str| format!("{path}.ownerReferences.{field}");
        if owner.api_version.is_empty() {
            faults.invalid(&at("apiVersion"), "", "version must not be empty");
        }
        for (field, value) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
            if value.is_empty() {
                faults.invalid(&at(field), "", "must not be empty");
            }
        }
    }
    finalizers(meta, path, faults);
}

fn finalizers(meta: &ObjectMeta, path: &str, faults: &mut Faults) {
    const STANDARD: [&str; 3] = ["orphan", "foregroundDeletion", "kubernetes"];
    for (i, finalizer) in meta.finalizers.iter().flatten().enumerate() {
        let list = format!("{path}.finalizers");
        faults.invalid_all(&list, finalizer, names::label_key_errors(finalizer));
        if !finalizer.contains('/') && !STANDARD.contains(&finalizer.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            faults.invalid(&format!("{list}[{i}]"), finalizer.as_str(), detail);
        }
    }
}

/// Labels, or anything that must be labels (a node selector).
pub(super) fn labels(labels: Option<&BTreeMap<String, String>>, path: &str, faults: &mut Faults) {
    for (key, value) in labels.into_iter().flatten() {
        faults.invalid_all(path, key, names::label_key_errors(key));
        faults.invalid_all(path, value, names::label_value_errors(value));
    }
}

pub(super) fn annotations(annotations: Option<&BTreeMap<String, String>>, path: &str, faults: &mut Faults) {
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        faults.invalid_all(path, key, names::label_key_errors(&key.to_lowercase()));
        size += key.len() + value.len();
    }
    if size > MAX_ANNOTATIONS {
        faults.too_long(path, MAX_ANNOTATIONS);
    }
}

/// A selector's labels and expressions.
pub(super) fn selector(selector: &LabelSelector, path: &str, faults: &mut Faults) {
    labels(selector.match_labels.as_ref(), &format!("{path}.matchLabels"), faults);
    for (i, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let at = |field: &str| format!("{path}.matchExpressions[{i}].{field}");
        let values = expression.values.as_deref().unwrap_or_default();
        match expression.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(&at("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                faults.forbidden(&at("values"), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => faults.invalid(&at("operator"), other, "not a valid selector operator"),
        }
        faults.invalid_all(&at("key"), &expression.key, names::label_key_errors(&expression.key));
        for (j, value) in values.iter().enumerate() {
            faults.invalid_all(&format!("{}[{j}]", at("values")), value, names::label_value_errors(value));
        }
    }
}
