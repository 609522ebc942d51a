//! Persistent volumes (`ValidatePersistentVolume`, `ValidatePersistentVolumeUpdate`).

use super::faults::Faults;
use super::update::structs_differ;
use super::volume::{HOST_PATH_TYPES, no_ascent};
use crate::kube::names;
use crate::kube::quantity::Amount;
use crate::sim::api::FieldReason;
use k8s_openapi::api::core::v1 as core;
use serde_json::Value;

/// Sources of a volume in the order in which they are looked at, and their names in Go's structure.
const SOURCES: [(&str, &str); 22] = [
    ("gcePersistentDisk", "GCEPersistentDisk"),
    ("awsElasticBlockStore", "AWSElasticBlockStore"),
    ("hostPath", "HostPath"),
    ("glusterfs", "Glusterfs"),
    ("nfs", "NFS"),
    ("rbd", "RBD"),
    ("quobyte", "Quobyte"),
    ("iscsi", "ISCSI"),
    ("flexVolume", "FlexVolume"),
    ("cinder", "Cinder"),
    ("cephfs", "CephFS"),
    ("fc", "FC"),
    ("flocker", "Flocker"),
    ("azureFile", "AzureFile"),
    ("vsphereVolume", "VsphereVolume"),
    ("azureDisk", "AzureDisk"),
    ("photonPersistentDisk", "PhotonPersistentDisk"),
    ("portworxVolume", "PortworxVolume"),
    ("scaleIO", "ScaleIO"),
    ("local", "Local"),
    ("storageos", "StorageOS"),
    ("csi", "CSI"),
];

pub(super) fn volume(o: &core::PersistentVolume, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    access_modes(spec.access_modes.as_deref().unwrap_or_default(), faults);
    capacity(spec, faults);
    if let Some(policy) = spec.persistent_volume_reclaim_policy.as_deref().filter(|policy| !policy.is_empty())
    {
        faults.one_of("spec.persistentVolumeReclaimPolicy", policy, &["Delete", "Recycle", "Retain"]);
    }
    sources(spec, faults);
    let recycled = spec.persistent_volume_reclaim_policy.as_deref() == Some("Recycle");
    if recycled && spec.host_path.as_ref().is_some_and(|host| host.path == "/") {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        faults.forbidden("spec.persistentVolumeReclaimPolicy", detail);
    }
    if let Some(class) = spec.storage_class_name.as_deref().filter(|class| !class.is_empty()) {
        faults.invalid_all("spec.storageClassName", class, names::subdomain_errors(class));
    }
    if let Some(mode) = &spec.volume_mode {
        faults.one_of("spec.volumeMode", mode, &["Block", "Filesystem"]);
    }
}

fn access_modes(modes: &[String], faults: &mut Faults) {
    if modes.is_empty() {
        faults.required("spec.accessModes", "");
    }
    for mode in modes {
        let known = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
        faults.one_of("spec.accessModes", mode, &known);
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        let detail = "may not use ReadWriteOncePod with other access modes";
        faults.forbidden("spec.accessModes", detail);
    }
}

fn capacity(spec: &core::PersistentVolumeSpec, faults: &mut Faults) {
    let given = spec.capacity.clone().unwrap_or_default();
    if given.is_empty() {
        faults.required("spec.capacity", "");
    }
    if !given.contains_key("storage") || given.len() > 1 {
        let shown = serde_json::to_string(&given).unwrap_or_default();
        let message = format!("Unsupported value: {shown}: supported values: \"storage\"");
        faults.add(FieldReason::NotSupported, "spec.capacity", message);
    }
    for (name, amount) in &given {
        let amount = Amount::of(amount);
        if amount <= Amount::ZERO {
            let at = format!("spec.capacity[{name}]");
            faults.invalid(&at, amount.to_string(), "must be greater than zero");
        }
    }
}

/// A volume has one source.
fn sources(spec: &core::PersistentVolumeSpec, faults: &mut Faults) {
    let value = serde_json::to_value(spec).unwrap_or_default();
    // The path on the host is looked at first.
    let order = std::iter::once("hostPath")
        .chain(SOURCES.iter().map(|(name, _)| *name).filter(|name| *name != "hostPath"));
    let given: Vec<&str> = order.filter(|name| value.get(*name).is_some()).collect();
    for (i, name) in given.iter().enumerate() {
        if i > 0 {
            faults.forbidden(&format!("spec.{name}"), "may not specify more than 1 volume type");
            continue;
        }
        match *name {
            "hostPath" => spec.host_path.iter().for_each(|host| host_path(host, faults)),
            "local" => local(spec, faults),
            "nfs" => spec.nfs.iter().for_each(|nfs| nfs_export(nfs, faults)),
            _ => {}
        }
    }
    if given.is_empty() {
        faults.required("spec", "must specify a volume type");
    }
}

fn host_path(host: &core::HostPathVolumeSource, faults: &mut Faults) {
    if host.path.is_empty() {
        return faults.required("spec.hostPath.path", "");
    }
    no_ascent(&host.path, "spec.hostPath.path", faults);
    faults.one_of("spec.hostPath.type", host.type_.as_deref().unwrap_or_default(), &HOST_PATH_TYPES);
}

fn local(spec: &core::PersistentVolumeSpec, faults: &mut Faults) {
    let path = spec.local.as_ref().map(|local| local.path.as_str()).unwrap_or_default();
    if path.is_empty() {
        faults.required("spec.local.path", "");
    } else {
        no_ascent(path, "spec.local.path", faults);
    }
    if spec.node_affinity.is_none() {
        faults.required("spec.nodeAffinity", "Local volume requires node affinity");
    }
}

fn nfs_export(nfs: &core::NFSVolumeSource, faults: &mut Faults) {
    faults.not_empty("spec.nfs.server", Some(&nfs.server));
    faults.not_empty("spec.nfs.path", Some(&nfs.path));
    if !nfs.path.is_empty() && !nfs.path.starts_with('/') {
        faults.invalid("spec.nfs.path", nfs.path.as_str(), "must be an absolute path");
    }
}

/// The source of a volume as Go's structure holds it.
fn source(spec: &core::PersistentVolumeSpec) -> Value {
    let value = serde_json::to_value(spec).unwrap_or_default();
    let fields = SOURCES.map(|(name, inside)| (inside.to_owned(), capitalised(&value[name])));
    Value::Object(fields.into_iter().collect())
}

/// Fields with the names of Go's structures.
fn capitalised(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let upper = |name: &String| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    Value::Object(fields.iter().map(|(name, value)| (upper(name), capitalised(value))).collect())
}

/// What may not change in a volume.
pub(super) fn update(new: &core::PersistentVolume, old: &core::PersistentVolume, faults: &mut Faults) {
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let (is, was) = (source(new), source(old));
    if is != was {
        let detail = "spec.persistentvolumesource is immutable after creation";
        let hunks = structs_differ(&was, &is);
        faults.forbidden("spec.persistentvolumesource", &format!("{detail}\n{hunks}"));
    }
    if new.volume_mode != old.volume_mode {
        let mode = new.volume_mode.clone().unwrap_or_default();
        faults.invalid("volumeMode", mode, "field is immutable");
    }
}
