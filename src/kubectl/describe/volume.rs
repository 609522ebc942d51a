//! Volumes of Pods and templates.

use super::page::Page;
use super::source::{self, Csi};
use crate::kube::core::{
    DownwardAPIVolumeFile, PersistentVolumeClaimTemplate, PersistentVolumeClaimVolumeSource,
    ProjectedVolumeSource, Volume,
};

/// The volumes; `names_at` is what stands before a volume's name.
pub(super) fn describe(page: &mut Page, volumes: &[Volume], names_at: &str) {
    let level = usize::from(names_at.len() > 2);
    if volumes.is_empty() {
        page.field(level, "Volumes", "<none>");
        return;
    }
    page.line(level, "Volumes:");
    for volume in volumes {
        page.line(0, &format!("{names_at}{}:", volume.name));
        one(page, volume);
    }
}

fn one(page: &mut Page, volume: &Volume) {
    let yes = |value: Option<bool>| (value == Some(true)).to_string();
    if let Some(v) = &volume.host_path {
        page.field(2, "Type", "HostPath (bare host directory volume)");
        page.field(2, "Path", &v.path);
        page.field(2, "HostPathType", v.type_.as_deref().unwrap_or("<none>"));
    } else if let Some(v) = &volume.empty_dir {
        page.field(2, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
        page.field(2, "Medium", v.medium.as_deref().unwrap_or_default());
        page.field(2, "SizeLimit", v.size_limit.as_ref().map_or("<unset>", |q| q.0.as_str()));
    } else if let Some(v) = &volume.secret {
        page.field(2, "Type", "Secret (a volume populated by a Secret)");
        page.field(2, "SecretName", v.secret_name.as_deref().unwrap_or_default());
        page.field(2, "Optional", yes(v.optional));
    } else if let Some(v) = &volume.config_map {
        page.field(2, "Type", "ConfigMap (a volume populated by a ConfigMap)");
        page.field(2, "Name", &v.name);
        page.field(2, "Optional", yes(v.optional));
    } else if let Some(v) = &volume.persistent_volume_claim {
        claim(page, v);
    } else if let Some(v) = &volume.projected {
        projected(page, v);
    } else if let Some(v) = &volume.downward_api {
        page.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
        page.line(2, "Items:");
        v.items.iter().flatten().for_each(|file| page.line(3, &item(file)));
    } else if let Some(v) = &volume.image {
        page.field(2, "Type", "Image (a container image or OCI artifact)");
        page.field(2, "Reference", v.reference.as_deref().unwrap_or_default());
        page.field(2, "PullPolicy", v.pull_policy.as_deref().unwrap_or_default());
    } else if let Some(v) = &volume.nfs {
        page.field(2, "Type", "NFS (an NFS mount that lasts the lifetime of a pod)");
        page.field(2, "Server", &v.server);
        page.field(2, "Path", &v.path);
        page.field(2, "ReadOnly", yes(v.read_only));
    } else if let Some(v) = &volume.csi {
        let csi = Csi {
            driver: &v.driver,
            fs_type: v.fs_type.as_deref(),
            handle: None,
            read_only: v.read_only,
            attributes: v.volume_attributes.as_ref(),
        };
        source::csi(page, &csi);
    } else if let Some(v) = &volume.iscsi {
        source::iscsi(page, v);
    } else if let Some(v) = &volume.fc {
        source::fibre_channel(page, v);
    } else if let Some(v) = &volume.ephemeral {
        page.field(
            2,
            "Type",
            "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        );
        if let Some(template) = &v.volume_claim_template {
            claim_template(page, template);
        }
    } else {
        page.line(1, "<unknown>");
    }
}

fn claim(page: &mut Page, v: &PersistentVolumeClaimVolumeSource) {
    page.field(
        2,
        "Type",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
    );
    page.field(2, "ClaimName", &v.claim_name);
    page.field(2, "ReadOnly", (v.read_only == Some(true)).to_string());
}

/// What the claim of a volume will be like.
fn claim_template(page: &mut Page, template: &PersistentVolumeClaimTemplate) {
    let meta = template.metadata.clone().unwrap_or_default();
    let spec = &template.spec;
    page.field(2, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
    page.field(2, "Volume", spec.volume_name.as_deref().unwrap_or_default());
    page.pairs(2, "Labels", meta.labels.as_ref());
    page.annotations(2, meta.annotations.as_ref());
    page.field(2, "Capacity", "");
    page.field(2, "Access Modes", "");
    page.optional(2, "VolumeMode", spec.volume_mode.as_deref());
}

fn projected(page: &mut Page, v: &ProjectedVolumeSource) {
    page.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for source in v.sources.iter().flatten() {
        if let Some(secret) = &source.secret {
            page.field(2, "SecretName", &secret.name);
            page.field(2, "Optional", (secret.optional == Some(true)).to_string());
        } else if source.downward_api.is_some() {
            page.field(2, "DownwardAPI", "true");
        } else if let Some(map) = &source.config_map {
            page.field(2, "ConfigMapName", &map.name);
            page.field(2, "Optional", (map.optional == Some(true)).to_string());
        } else if let Some(token) = &source.service_account_token {
            let seconds = token.expiration_seconds.unwrap_or_default();
            page.field(2, "TokenExpirationSeconds", seconds.to_string());
        }
    }
}

fn item(file: &DownwardAPIVolumeFile) -> String {
    let field = file.field_ref.as_ref().map(|f| f.field_path.as_str());
    let resource = file.resource_field_ref.as_ref().map(|r| r.resource.as_str());
    format!("{} -> {}", field.or(resource).unwrap_or_default(), file.path)
}
