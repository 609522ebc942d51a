//! Where volumes come from, as Pods and persistent volumes tell it alike: CSI, iSCSI, Fibre Channel.

use super::page::Page;
use crate::kube::core::{FCVolumeSource, ISCSIVolumeSource};
use std::collections::BTreeMap;

/// A CSI driver; only a persistent volume has a handle.
pub(super) struct Csi<'a> {
    pub driver: &'a str,
    pub fs_type: Option<&'a str>,
    pub handle: Option<&'a str>,
    pub read_only: Option<bool>,
    pub attributes: Option<&'a BTreeMap<String, String>>,
}

pub(super) fn csi(page: &mut Page, v: &Csi) {
    page.field(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)");
    page.field(2, "Driver", v.driver);
    page.field(2, "FSType", v.fs_type.unwrap_or_default());
    if let Some(handle) = v.handle {
        page.field(2, "VolumeHandle", handle);
    }
    page.field(2, "ReadOnly", (v.read_only == Some(true)).to_string());
    let mut key = "VolumeAttributes";
    for (name, value) in v.attributes.into_iter().flatten() {
        // Each value is indented like a line of its own.
        page.item(2, key, &format!("    {name}={value}"));
        key = "";
    }
    if !key.is_empty() {
        page.field(2, key, "<none>");
    }
}

pub(super) fn iscsi(page: &mut Page, v: &ISCSIVolumeSource) {
    let flag = |value: Option<bool>| (value == Some(true)).to_string();
    let text = "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)";
    page.field(2, "Type", text);
    page.field(2, "TargetPortal", &v.target_portal);
    page.field(2, "IQN", &v.iqn);
    page.field(2, "Lun", v.lun.to_string());
    // This one lacks its colon.
    page.line(2, &format!("ISCSIInterface\t{}", v.iscsi_interface.as_deref().unwrap_or_default()));
    page.field(2, "FSType", v.fs_type.as_deref().unwrap_or_default());
    page.field(2, "ReadOnly", flag(v.read_only));
    page.field(2, "Portals", format!("[{}]", v.portals.clone().unwrap_or_default().join(" ")));
    page.field(2, "DiscoveryCHAPAuth", flag(v.chap_auth_discovery));
    page.field(2, "SessionCHAPAuth", flag(v.chap_auth_session));
    let secret =
        v.secret_ref.as_ref().map(|secret| format!("&LocalObjectReference{{Name:{},}}", secret.name));
    page.field(2, "SecretRef", secret.as_deref().unwrap_or("nil"));
    page.field(2, "InitiatorName", v.initiator_name.as_deref().unwrap_or("<none>"));
}

pub(super) fn fibre_channel(page: &mut Page, v: &FCVolumeSource) {
    page.field(2, "Type", "FC (a Fibre Channel disk)");
    page.field(2, "TargetWWNs", v.target_wwns.clone().unwrap_or_default().join(", "));
    page.field(2, "LUN", v.lun.map_or_else(|| "<none>".to_owned(), |lun| lun.to_string()));
    page.field(2, "FSType", v.fs_type.as_deref().unwrap_or_default());
    page.field(2, "ReadOnly", (v.read_only == Some(true)).to_string());
}
