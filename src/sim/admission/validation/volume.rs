//! Volumes, and where containers mount them.

use super::faults::Faults;
use super::{container, env};
use crate::kube::names;
use crate::kube::quantity::Amount;
use k8s_openapi::api::core::v1 as api;
use serde_json::Value;

/// The volume types in the order the server looks at them. The second one found is refused.
const TYPES: [&str; 31] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "configMap",
    "csi",
    "ephemeral",
    "image",
    "podCertificate",
];
pub(super) const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

pub(super) fn volumes(spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, volume) in spec.volumes.iter().flatten().enumerate() {
        let at = format!("{path}.volumes[{i}]");
        source(volume, &at, faults);
        let name = volume.name.as_str();
        let at_name = format!("{at}.name");
        if name.is_empty() {
            faults.required(&at_name, "");
            continue;
        }
        let errors = names::label_errors(name);
        if errors.is_empty() && seen.contains(&name) {
            faults.duplicate(&at_name, name);
        }
        faults.invalid_all(&at_name, name, errors);
        seen.push(name);
    }
}

fn source(volume: &api::Volume, at: &str, faults: &mut Faults) {
    let value = serde_json::to_value(volume).unwrap_or_default();
    let given: Vec<&str> = TYPES.into_iter().filter(|kind| value.get(*kind).is_some()).collect();
    for extra in given.iter().skip(1) {
        faults.forbidden(&format!("{at}.{extra}"), "may not specify more than 1 volume type");
    }
    let Some(kind) = given.first() else { return };
    let at = format!("{at}.{kind}");
    match *kind {
        "emptyDir" => empty_dir(volume, &at, faults),
        "hostPath" => host_path(volume, &at, faults),
        "secret" => {
            let secret = volume.secret.as_ref();
            faults.not_empty(&format!("{at}.secretName"), secret.and_then(|s| s.secret_name.as_deref()));
            let items = secret.and_then(|s| s.items.as_ref());
            mode(secret.and_then(|s| s.default_mode), &format!("{at}.defaultMode"), faults);
            key_items(items, &at, faults);
        }
        "configMap" => {
            let map = volume.config_map.as_ref();
            faults.not_empty(&format!("{at}.name"), map.map(|m| m.name.as_str()));
            mode(map.and_then(|m| m.default_mode), &format!("{at}.defaultMode"), faults);
            key_items(map.and_then(|m| m.items.as_ref()), &at, faults);
        }
        "downwardAPI" => {
            let downward = volume.downward_api.as_ref();
            mode(downward.and_then(|d| d.default_mode), &format!("{at}.defaultMode"), faults);
            downward_items(downward.and_then(|d| d.items.as_ref()), &at, faults);
        }
        "projected" => projected(volume, &at, faults),
        "image" => image(volume, &at, faults),
        "ephemeral" => ephemeral(volume, &at, faults),
        other => by_text(&value[other], other, &at, faults),
    }
}

/// Types of which only single texts are checked.
fn by_text(value: &Value, kind: &str, at: &str, faults: &mut Faults) {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let required: &[&str] = match kind {
        "persistentVolumeClaim" => &["claimName"],
        "gitRepo" => &["repository"],
        "nfs" => &["server", "path"],
        "csi" => &["driver"],
        _ => &[],
    };
    for key in required {
        faults.not_empty(&format!("{at}.{key}"), Some(text(key)));
    }
    let path = text("path");
    if kind == "nfs" && !path.is_empty() && !path.starts_with('/') {
        faults.invalid(&format!("{at}.path"), path, "must be an absolute path");
    }
}

fn empty_dir(volume: &api::Volume, at: &str, faults: &mut Faults) {
    let limit = volume.empty_dir.as_ref().and_then(|e| e.size_limit.as_ref());
    if limit.is_some_and(|limit| Amount::of(limit).is_negative()) {
        faults.forbidden(&format!("{at}.sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

fn host_path(volume: &api::Volume, at: &str, faults: &mut Faults) {
    let Some(host) = &volume.host_path else { return };
    if host.path.is_empty() {
        faults.required(&format!("{at}.path"), "");
        return;
    }
    no_ascent(&host.path, &format!("{at}.path"), faults);
    faults.one_of(&format!("{at}.type"), host.type_.as_deref().unwrap_or_default(), &HOST_PATH_TYPES);
}

pub(super) fn no_ascent(path: &str, at: &str, faults: &mut Faults) {
    if path.split('/').any(|part| part == "..") {
        faults.invalid(at, path, "must not contain '..'");
    }
}

/// A path that stays below where it starts.
pub(super) fn descending_path(path: &str, at: &str, faults: &mut Faults) {
    if path.starts_with('/') {
        faults.invalid(at, path, "must be a relative path");
    }
    no_ascent(path, at, faults);
}

/// A path inside a volume made of files, which must not start with `..` either.
fn file_path(path: &str, at: &str, faults: &mut Faults) {
    descending_path(path, at, faults);
    if path.starts_with("..") && !path.split('/').any(|part| part == "..") {
        faults.invalid(at, path, "must not start with '..'");
    }
}

fn mode(mode: Option<i32>, at: &str, faults: &mut Faults) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        faults.invalid(at, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn key_items(items: Option<&Vec<api::KeyToPath>>, at: &str, faults: &mut Faults) {
    for (i, item) in items.into_iter().flatten().enumerate() {
        let at = |field: &str| format!("{at}.items[{i}].{field}");
        faults.not_empty(&at("key"), Some(&item.key));
        faults.not_empty(&at("path"), Some(&item.path));
        file_path(&item.path, &at("path"), faults);
        mode(item.mode, &at("mode"), faults);
    }
}

fn downward_items(items: Option<&Vec<api::DownwardAPIVolumeFile>>, at: &str, faults: &mut Faults) {
    for item in items.into_iter().flatten() {
        faults.not_empty(&format!("{at}.path"), Some(&item.path));
        file_path(&item.path, &format!("{at}.path"), faults);
        match (&item.field_ref, &item.resource_field_ref) {
            (Some(field), other) => {
                env::field_ref(field, &env::VOLUME_FIELDS, &format!("{at}.fieldRef"), faults);
                if other.is_some() {
                    let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                    faults.invalid(at, "resource", detail);
                }
            }
            (None, Some(resource)) => {
                let at = format!("{at}.resourceFieldRef");
                if resource.container_name.as_deref().unwrap_or_default().is_empty() {
                    faults.required(&format!("{at}.containerName"), "");
                } else {
                    env::resource_ref(resource, &at, faults);
                }
            }
            (None, None) => faults.required(at, "one of fieldRef and resourceFieldRef is required"),
        }
        mode(item.mode, &format!("{at}.mode"), faults);
    }
}

fn projected(volume: &api::Volume, at: &str, faults: &mut Faults) {
    let Some(projected) = &volume.projected else { return };
    mode(projected.default_mode, &format!("{at}.defaultMode"), faults);
    let mut paths: Vec<&str> = Vec::new();
    for (i, source) in projected.sources.iter().flatten().enumerate() {
        let at_source = format!("{at}.sources[{i}]");
        let mut count = 0;
        if let Some(secret) = &source.secret {
            count += 1;
            faults.not_empty(&format!("{at_source}.secret.name"), Some(&secret.name));
            key_items(secret.items.as_ref(), &format!("{at_source}.secret"), faults);
        }
        if let Some(map) = &source.config_map {
            count += 1;
            if count == 1 {
                faults.not_empty(&format!("{at_source}.configMap.name"), Some(&map.name));
                key_items(map.items.as_ref(), &format!("{at_source}.configMap"), faults);
            }
        }
        if let Some(downward) = &source.downward_api {
            count += 1;
            downward_items(downward.items.as_ref(), &format!("{at_source}.downwardAPI"), faults);
        }
        if let Some(token) = &source.service_account_token {
            count += 1;
            token_source(token, at, &at_source, faults);
        }
        count += usize::from(source.cluster_trust_bundle.is_some());
        count += usize::from(source.pod_certificate.is_some());
        if count > 1 {
            faults.forbidden(&at_source, "may not specify more than 1 volume type per source");
        }
        let items = source.config_map.iter().flat_map(|m| m.items.iter().flatten());
        let items = items.chain(source.secret.iter().flat_map(|s| s.items.iter().flatten()));
        for item in items.filter(|item| !item.path.is_empty()) {
            if paths.contains(&item.path.as_str()) {
                faults.invalid(&at_source, item.path.as_str(), "conflicting duplicate paths");
            }
            paths.push(&item.path);
        }
    }
}

fn token_source(token: &api::ServiceAccountTokenProjection, at: &str, at_source: &str, faults: &mut Faults) {
    let seconds = token.expiration_seconds.unwrap_or(0);
    let at_seconds = format!("{at_source}.serviceAccountToken.expirationSeconds");
    if seconds < 600 {
        faults.invalid(&at_seconds, seconds, "may not specify a duration less than 10 minutes");
    } else if seconds > 1 << 32 {
        faults.invalid(&at_seconds, seconds, "may not specify a duration larger than 2^32 seconds");
    }
    faults.not_empty(&format!("{at}.path"), Some(&token.path));
}

fn image(volume: &api::Volume, at: &str, faults: &mut Faults) {
    let Some(image) = &volume.image else { return };
    faults.not_empty(&format!("{at}.reference"), image.reference.as_deref());
    container::pull_policy(image.pull_policy.as_deref(), &format!("{at}.pullPolicy"), faults);
}

fn ephemeral(volume: &api::Volume, at: &str, faults: &mut Faults) {
    let template = volume.ephemeral.as_ref().and_then(|e| e.volume_claim_template.as_ref());
    match template {
        None => faults.required(&format!("{at}.volumeClaimTemplate"), ""),
        Some(template) => {
            super::rest::claim_spec(&template.spec, &format!("{at}.volumeClaimTemplate.spec"), faults);
        }
    }
}

pub(super) fn mounts(c: &api::Container, spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, mount) in c.volume_mounts.iter().flatten().enumerate() {
        let at = |field: &str| format!("{path}.volumeMounts[{i}].{field}");
        let list = |field: &str| format!("{path}.volumeMounts.{field}");
        faults.not_empty(&at("name"), Some(&mount.name));
        if !spec.volumes.iter().flatten().any(|volume| volume.name == mount.name) {
            faults.not_found(&at("name"), &mount.name, "");
        }
        faults.not_empty(&at("mountPath"), Some(&mount.mount_path));
        if seen.contains(&mount.mount_path.as_str()) {
            faults.invalid(&at("mountPath"), mount.mount_path.as_str(), "must be unique");
        }
        seen.push(&mount.mount_path);
        let sub_path = mount.sub_path.as_deref().unwrap_or_default();
        let expression = mount.sub_path_expr.as_deref().unwrap_or_default();
        if !sub_path.is_empty() {
            descending_path(sub_path, &list("subPath"), faults);
        }
        if !expression.is_empty() {
            if !sub_path.is_empty() {
                let detail = "subPathExpr and subPath are mutually exclusive";
                faults.invalid(&at("subPathExpr"), expression, detail);
            }
            descending_path(expression, &list("subPathExpr"), faults);
        }
        propagation(mount, c, &list("mountPropagation"), faults);
        let recursive = mount.recursive_read_only.as_deref();
        if let Some(recursive) = recursive {
            let at = list("recursiveReadOnly");
            faults.one_of(&at, recursive, &["Disabled", "Enabled", "IfPossible"]);
            if recursive != "Disabled" && mount.read_only != Some(true) {
                faults.forbidden(&at, "may only be specified when readOnly is true");
            }
        }
    }
}

fn propagation(mount: &api::VolumeMount, c: &api::Container, at: &str, faults: &mut Faults) {
    let Some(mode) = mount.mount_propagation.as_deref() else { return };
    faults.one_of(at, mode, &["Bidirectional", "HostToContainer", "None"]);
    let privileged = c.security_context.as_ref().is_some_and(|s| s.privileged == Some(true));
    if mode == "Bidirectional" && !privileged {
        faults.forbidden(at, "Bidirectional mount propagation is available only to privileged containers");
    }
}

pub(super) fn devices(c: &api::Container, spec: &api::PodSpec, path: &str, faults: &mut Faults) {
    for (i, device) in c.volume_devices.iter().flatten().enumerate() {
        let at = |field: &str| format!("{path}.volumeDevices[{i}].{field}");
        faults.not_empty(&at("name"), Some(&device.name));
        match spec.volumes.iter().flatten().find(|volume| volume.name == device.name) {
            None => faults.not_found(&at("name"), &device.name, ""),
            Some(volume) if volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none() => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                faults.invalid(&at("name"), device.name.as_str(), detail);
            }
            Some(_) => {}
        }
        faults.not_empty(&at("devicePath"), Some(&device.device_path));
    }
}
