//! Pieces of text that several tables share.

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

/// `value`, or `other` if it is unset or empty.
pub fn or(value: Option<&str>, other: &str) -> String {
    value.filter(|v| !v.is_empty()).unwrap_or(other).to_owned()
}

/// A count, 0 if unset.
pub fn count(value: Option<i32>) -> String {
    value.unwrap_or_default().to_string()
}

/// `k=v,k=v` in order of the keys, `<none>` if there are none.
pub fn pairs(labels: Option<&BTreeMap<String, String>>) -> String {
    match labels {
        Some(labels) if !labels.is_empty() => joined_selector(labels),
        _ => "<none>".to_owned(),
    }
}

/// `k=v,k=v` in order of the keys.
pub fn joined_selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

/// A label selector as kubectl writes it (`FormatLabelSelector`), `<none>` when it is unset or empty.
pub fn label_selector(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "<none>".to_owned() };
    let mut parts: Vec<String> =
        selector.match_labels.iter().flatten().map(|(k, v)| format!("{k}={v}")).collect();
    for requirement in selector.match_expressions.iter().flatten() {
        let (key, mut values) = (&requirement.key, requirement.values.clone().unwrap_or_default());
        values.sort();
        parts.push(match requirement.operator.as_str() {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.clone(),
            _ => format!("!{key}"),
        });
    }
    if parts.is_empty() { "<none>".to_owned() } else { parts.join(",") }
}

/// The names of a template's containers and their images, each joined.
pub fn containers(template: Option<&PodTemplateSpec>) -> (String, String) {
    let containers: &[Container] =
        template.and_then(|t| t.spec.as_ref()).map(|s| s.containers.as_slice()).unwrap_or_default();
    let join = |pick: fn(&Container) -> &str| containers.iter().map(pick).collect::<Vec<_>>().join(",");
    (join(|c| &c.name), join(|c| c.image.as_deref().unwrap_or_default()))
}

/// A number or a percentage.
pub fn int_or_string(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}

/// At most three of `items`, and how many more there are.
pub fn at_most_three(items: &[String]) -> String {
    let shown = items.iter().take(3).cloned().collect::<Vec<_>>().join(",");
    match items.len().checked_sub(3) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} + {more} more..."),
    }
}

/// The creation time as kinds without a printer of their own show it.
pub fn created(meta: &ObjectMeta) -> String {
    meta.creation_timestamp.as_ref().map_or_else(|| "<unknown>".to_owned(), |t| t.0.to_string())
}
