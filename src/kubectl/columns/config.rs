//! Tables of configuration, storage and quotas.

use super::{AGE, Column, NAME, always, text, wide};
use crate::kube::Kind;
use crate::kube::core::{ConfigMap, PersistentVolume, PersistentVolumeClaim, ResourceQuota, Secret};

pub(super) fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::ConfigMap => const { &[NAME, always("DATA"), AGE] },
        Kind::Secret => const { &[NAME, always("TYPE"), always("DATA"), AGE] },
        Kind::PersistentVolumeClaim => CLAIM,
        Kind::PersistentVolume => VOLUME,
        Kind::ResourceQuota => const { &[NAME, always("REQUEST"), always("LIMIT"), AGE] },
        Kind::LimitRange => const { &[NAME, always("CREATED AT")] },
        _ => const { &[NAME, AGE] },
    }
}

const CLAIM: &[Column] = &[
    NAME,
    always("STATUS"),
    always("VOLUME"),
    always("CAPACITY"),
    always("ACCESS MODES"),
    always("STORAGECLASS"),
    always("VOLUMEATTRIBUTESCLASS"),
    AGE,
    wide("VOLUMEMODE"),
];

const VOLUME: &[Column] = &[
    NAME,
    always("CAPACITY"),
    always("ACCESS MODES"),
    always("RECLAIM POLICY"),
    always("STATUS"),
    always("CLAIM"),
    always("STORAGECLASS"),
    always("VOLUMEATTRIBUTESCLASS"),
    always("REASON"),
    AGE,
    wide("VOLUMEMODE"),
];

pub(super) fn config_map(name: String, age: String, o: &ConfigMap) -> Vec<String> {
    let keys = o.data.as_ref().map_or(0, std::collections::BTreeMap::len)
        + o.binary_data.as_ref().map_or(0, std::collections::BTreeMap::len);
    vec![name, keys.to_string(), age]
}

pub(super) fn secret(name: String, age: String, o: &Secret) -> Vec<String> {
    let keys = o.data.as_ref().map_or(0, std::collections::BTreeMap::len).to_string();
    vec![name, text::or(o.type_.as_deref(), "Opaque"), keys, age]
}

/// Access modes in their short form and their usual order (`GetAccessModesAsString`).
fn modes(modes: Option<&Vec<String>>) -> String {
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |name: &str| modes.into_iter().flatten().any(|mode| mode == name);
    let all: Vec<&str> = known.iter().filter(|(name, _)| has(name)).map(|(_, short)| *short).collect();
    all.join(",")
}

pub(super) fn claim(name: String, age: String, o: &PersistentVolumeClaim) -> Vec<String> {
    let spec = o.spec.clone().unwrap_or_default();
    let status = o.status.as_ref();
    let deleted = o.metadata.deletion_timestamp.is_some();
    let phase = if deleted { Some("Terminating") } else { status.and_then(|s| s.phase.as_deref()) };
    let volume = spec.volume_name.filter(|v| !v.is_empty());
    let (mut capacity, mut access) = (String::new(), String::new());
    if volume.is_some() {
        access = modes(status.and_then(|s| s.access_modes.as_ref()));
        let storage = status.and_then(|s| s.capacity.as_ref()).and_then(|c| c.get("storage"));
        capacity = storage.map(|q| q.0.clone()).unwrap_or_default();
    }
    vec![
        name,
        text::or(phase, ""),
        volume.unwrap_or_default(),
        capacity,
        access,
        spec.storage_class_name.unwrap_or_default(),
        text::or(spec.volume_attributes_class_name.as_deref(), "<unset>"),
        age,
        text::or(spec.volume_mode.as_deref(), "<unset>"),
    ]
}

pub(super) fn volume(name: String, age: String, o: &PersistentVolume) -> Vec<String> {
    let spec = o.spec.clone().unwrap_or_default();
    let status = o.status.clone().unwrap_or_default();
    let deleted = o.metadata.deletion_timestamp.is_some();
    let phase = if deleted { Some("Terminating") } else { status.phase.as_deref() };
    let claim =
        spec.claim_ref.map(|c| format!("{}/{}", c.namespace.unwrap_or_default(), c.name.unwrap_or_default()));
    let storage = spec.capacity.as_ref().and_then(|c| c.get("storage")).map(|q| q.0.clone());
    vec![
        name,
        storage.unwrap_or_default(),
        modes(spec.access_modes.as_ref()),
        spec.persistent_volume_reclaim_policy.unwrap_or_default(),
        text::or(phase, ""),
        claim.unwrap_or_default(),
        spec.storage_class_name.unwrap_or_default(),
        text::or(spec.volume_attributes_class_name.as_deref(), "<unset>"),
        status.reason.unwrap_or_default(),
        age,
        text::or(spec.volume_mode.as_deref(), "<unset>"),
    ]
}

pub(super) fn quota(name: String, age: String, o: &ResourceQuota) -> Vec<String> {
    let status = o.status.clone().unwrap_or_default();
    let used = status.used.unwrap_or_default();
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in status.hard.iter().flatten() {
        let amount = used.get(resource).map_or("0", |q| q.0.as_str());
        let text = format!("{resource}: {amount}/{}", hard.0);
        if resource.starts_with("limits.") { limits.push(text) } else { requests.push(text) }
    }
    vec![name, requests.join(", "), limits.join(", "), age]
}
