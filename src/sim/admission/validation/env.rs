//! Environment variables, `envFrom`, and the references to fields and resources they share with volumes.

use super::faults::Faults;
use crate::kube::names;
use crate::kube::quantity::Amount;
use k8s_openapi::api::core::v1 as api;

const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
pub(super) const VOLUME_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Fields of a Pod that have a label at all, beside those above.
const OTHER_FIELDS: [&str; 4] = ["spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

pub(super) fn env(container: &api::Container, spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    for (i, var) in container.env.iter().flatten().enumerate() {
        let at = format!("{path}.env[{i}]");
        if var.name.is_empty() {
            faults.required(&format!("{at}.name"), "");
        } else {
            faults.invalid_all(&format!("{at}.name"), &var.name, names::env_name_errors(&var.name));
        }
        let Some(from) = &var.value_from else { continue };
        value_from(var, from, spec, &format!("{at}.valueFrom"), faults);
    }
}

fn value_from(
    var: &api::EnvVar,
    from: &api::EnvVarSource,
    spec: &api::PodSpec,
    at: &str,
    faults: &mut Faults,
) {
    let mut sources = 0;
    if let Some(field) = &from.field_ref {
        sources += 1;
        field_ref(field, &ENV_FIELDS, &format!("{at}.fieldRef"), faults);
    }
    if let Some(resource) = &from.resource_field_ref {
        sources += 1;
        resource_ref(resource, &format!("{at}.resourceFieldRef"), faults);
    }
    if let Some(key) = &from.config_map_key_ref {
        sources += 1;
        key_ref(&key.name, &key.key, &format!("{at}.configMapKeyRef"), faults);
    }
    if let Some(key) = &from.secret_key_ref {
        sources += 1;
        key_ref(&key.name, &key.key, &format!("{at}.secretKeyRef"), faults);
    }
    if let Some(file) = &from.file_key_ref {
        sources += 1;
        file_ref(file, spec, &format!("{at}.fileKeyRef"), faults);
    }
    if sources == 0 {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        faults.invalid(at, "", detail);
    } else if !var.value.as_deref().unwrap_or_default().is_empty() {
        faults.invalid(at, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        faults.invalid(at, "", "may not have more than one field specified at a time");
    }
}

fn key_ref(name: &str, key: &str, at: &str, faults: &mut Faults) {
    faults.invalid_all(&format!("{at}.name"), name, names::subdomain_errors(name));
    if key.is_empty() {
        faults.required(&format!("{at}.key"), "");
    } else {
        faults.invalid_all(&format!("{at}.key"), key, names::config_key_errors(key));
    }
}

fn file_ref(file: &api::FileKeySelector, spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    for (field, value) in [("key", &file.key), ("path", &file.path), ("volumeName", &file.volume_name)] {
        if value.is_empty() {
            faults.required(&format!("{at}.{field}"), "");
        }
    }
    if file.volume_name.is_empty() {
        return;
    }
    let volume_name = format!("{at}.volumeName");
    match spec.volumes.iter().flatten().find(|volume| volume.name == file.volume_name) {
        None => faults.not_found(&volume_name, &file.volume_name, ""),
        Some(volume) if volume.empty_dir.is_none() => {
            let detail = "referenced volume must be of type emptyDir";
            faults.invalid(&volume_name, file.volume_name.as_str(), detail);
        }
        Some(_) => {}
    }
}

/// A reference to a field of the Pod; `allowed` depends on where it stands.
pub(super) fn field_ref(field: &api::ObjectFieldSelector, allowed: &[&str], at: &str, faults: &mut Faults) {
    let at_path = format!("{at}.fieldPath");
    let path = field.field_path.as_str();
    let version = field.api_version.as_deref().unwrap_or_default();
    if version.is_empty() {
        faults.required(&format!("{at}.apiVersion"), "");
    } else if path.is_empty() {
        faults.required(&at_path, "");
    } else if version != "v1" {
        faults.invalid(
            &at_path,
            path,
            &format!("error converting fieldPath: unsupported pod version: {version}"),
        );
    } else if let Some((map, key)) = subscript(path) {
        subscripted(map, key, at, faults);
    } else if !VOLUME_FIELDS.contains(&path) && !ENV_FIELDS.contains(&path) && !OTHER_FIELDS.contains(&path) {
        faults.invalid(
            &at_path,
            path,
            &format!("error converting fieldPath: field label not supported: {path}"),
        );
    } else if !allowed.contains(&path) {
        faults.unsupported(&at_path, path, allowed);
    }
}

/// `metadata.labels['key']` taken apart.
fn subscript(path: &str) -> Option<(&str, &str)> {
    path.strip_suffix("']")?.split_once("['")
}

fn subscripted(map: &str, key: &str, at: &str, faults: &mut Faults) {
    match map {
        "metadata.annotations" => faults.invalid_all(at, key, names::label_key_errors(&key.to_lowercase())),
        "metadata.labels" => faults.invalid_all(at, key, names::label_key_errors(key)),
        _ => faults.invalid(at, map, "does not support subscript"),
    }
}

/// What sizes may be divided by.
const SIZES: &str = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";

/// A reference to a request or limit.
pub(super) fn resource_ref(resource: &api::ResourceFieldSelector, at: &str, faults: &mut Faults) {
    let name = resource.resource.as_str();
    if name.is_empty() {
        faults.required(&format!("{at}.resource"), "");
        return;
    }
    let hugepages = name.strip_prefix("limits.").or_else(|| name.strip_prefix("requests."));
    if !RESOURCES.contains(&name) && !hugepages.is_some_and(|n| n.starts_with("hugepages-")) {
        faults.unsupported(&format!("{at}.resource"), name, &RESOURCES);
        return;
    }
    let measured = name.split_once('.').map_or(name, |(_, measured)| measured);
    let divisors = if measured == "cpu" { "1m and 1" } else { SIZES };
    let divisor = resource.divisor.as_ref().map(Amount::of).unwrap_or_default();
    let text = divisor.to_string();
    let fits = divisor.is_zero()
        || if measured == "cpu" {
            ["1m", "1"].contains(&text.as_str())
        } else {
            SIZES.split(", ").any(|s| s == text)
        };
    if !fits {
        let detail = format!("only divisor's values {divisors} are supported with the {measured} resource");
        faults.invalid(&format!("{at}.divisor"), name, &detail);
    }
}

pub(super) fn env_from(container: &api::Container, path: &str, faults: &mut Faults) {
    for (i, from) in container.env_from.iter().flatten().enumerate() {
        let at = format!("{path}.envFrom[{i}]");
        let prefix = from.prefix.as_deref().unwrap_or_default();
        if !prefix.is_empty() {
            faults.invalid_all(&format!("{at}.prefix"), prefix, names::env_name_errors(prefix));
        }
        let named = [
            ("configMapRef", from.config_map_ref.as_ref().map(|r| r.name.as_str())),
            ("secretRef", from.secret_ref.as_ref().map(|r| r.name.as_str())),
        ];
        for (field, name) in named.iter().filter_map(|(field, name)| Some((field, (*name)?))) {
            let at = format!("{at}.{field}.name");
            if name.is_empty() {
                faults.required(&at, "");
            } else {
                faults.invalid_all(&at, name, names::subdomain_errors(name));
            }
        }
        let detail = match named.iter().filter(|(_, name)| name.is_some()).count() {
            0 => "must specify one of: `configMapRef` or `secretRef`",
            1 => continue,
            _ => "may not have more than one field specified at a time",
        };
        faults.invalid(&format!("{path}.envFrom"), "", detail);
    }
}
