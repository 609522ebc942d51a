//! Configuration, storage, quotas.

use super::page::{Page, date_or};
use super::source::{self, Csi};
use crate::kube::core::{
    ConfigMap, LimitRange, Namespace, NodeSelector, PersistentVolume, PersistentVolumeClaim, ResourceQuota,
    Secret, ServiceAccount,
};
use crate::kube::{Key, Kind, Object};
use crate::kubectl::columns;
use crate::sim::Store;
use k8s_openapi::api::networking::v1::IngressClass;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

pub(super) fn config_map(page: &mut Page, o: &ConfigMap) {
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    page.line(0, "\nData\n====");
    for (key, value) in o.data.iter().flatten() {
        page.line(0, &format!("{key}:\n----\n{value}\n"));
    }
    page.line(0, "\nBinaryData\n====");
    for (key, value) in o.binary_data.iter().flatten() {
        page.line(0, &format!("{key}: {} bytes", value.0.len()));
    }
    page.line(0, "");
}

pub(super) fn secret(page: &mut Page, o: &Secret) {
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    page.line(0, &format!("\nType:\t{}\n\nData\n====", o.type_.as_deref().unwrap_or("Opaque")));
    for (key, value) in o.data.iter().flatten() {
        page.field(0, key, format!("{} bytes", value.0.len()));
    }
}

pub(super) fn namespace(page: &mut Page, o: &Namespace, store: &Store) {
    let name = o.metadata.name.as_deref().unwrap_or_default();
    page.field(0, "Name", name);
    page.labels(&o.metadata);
    page.field(0, "Status", o.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default());
    let conditions = o.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if !conditions.is_empty() {
        page.line(0, "Conditions:");
        page.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        page.line(1, "----\t------\t------------------\t------\t-------");
    }
    for c in conditions {
        let since = date_or(c.last_transition_time.as_ref(), "");
        let (reason, message) =
            (c.reason.as_deref().unwrap_or_default(), c.message.as_deref().unwrap_or_default());
        page.line(1, &format!("{}\t{}\t{since}\t{reason}\t{message}", c.type_, c.status));
    }
    let mut quotas = store.list(Kind::ResourceQuota, Some(name)).peekable();
    if quotas.peek().is_none() {
        page.line(0, "\nNo resource quota.");
    } else {
        page.line(0, "\nResource Quotas");
    }
    for object in quotas {
        if let Object::ResourceQuota(o) = object {
            page.field(1, "Name", o.metadata.name.as_deref().unwrap_or_default());
            quota_scopes(page, 1, "*", o);
            quota_table(page, 1, "---", o);
        }
    }
    let mut ranges = store.list(Kind::LimitRange, Some(name)).peekable();
    if ranges.peek().is_none() {
        page.line(0, "\nNo LimitRange resource.");
    } else {
        page.line(0, "\nResource Limits");
        limit_head(page, " ");
    }
    for object in ranges {
        if let Object::LimitRange(o) = object {
            limit_rows(page, " ", o);
        }
    }
}

/// What is used of what is allowed; `rule` is the line under two of the words above.
fn quota_table(page: &mut Page, level: usize, rule: &str, o: &ResourceQuota) {
    let status = o.status.clone().unwrap_or_default();
    let used = status.used.unwrap_or_default();
    page.line(level, "Resource\tUsed\tHard");
    page.line(level, &format!("--------\t{rule}\t{rule}"));
    for (name, hard) in status.hard.iter().flatten() {
        let amount = used.get(name).map_or("0", |q| q.0.as_str());
        page.line(level, &format!("{name}\t{amount}\t{}", hard.0));
    }
}

/// The head of a table of limits, each line after a `margin`.
fn limit_head(page: &mut Page, margin: &str) {
    let names = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio";
    let rule = "----\t--------\t---\t---\t---------------\t-------------\t-----------------------";
    page.line(0, &format!("{margin}{names}"));
    page.line(0, &format!("{margin}{rule}"));
}

fn limit_rows(page: &mut Page, margin: &str, o: &LimitRange) {
    for item in o.spec.iter().flat_map(|s| &s.limits) {
        let lists =
            [&item.min, &item.max, &item.default_request, &item.default, &item.max_limit_request_ratio];
        let mut names: Vec<&String> = lists.iter().copied().flatten().flat_map(BTreeMap::keys).collect();
        names.sort();
        names.dedup();
        for name in names {
            let of = |list: &Option<BTreeMap<String, Quantity>>| {
                list.as_ref().and_then(|l| l.get(name)).map_or("-".to_owned(), |q| q.0.clone())
            };
            let cells: Vec<String> = lists.iter().map(|list| of(list)).collect();
            page.line(0, &format!("{margin}{}\t{name}\t{}", item.type_, cells.join("\t")));
        }
    }
}

pub(super) fn quota(page: &mut Page, o: &ResourceQuota) {
    page.heading(&o.metadata);
    quota_scopes(page, 0, " *", o);
    quota_table(page, 0, "----", o);
}

/// What a quota is limited to, each scope explained after a `bullet`.
fn quota_scopes(page: &mut Page, level: usize, bullet: &str, o: &ResourceQuota) {
    let mut scopes = o.spec.as_ref().and_then(|spec| spec.scopes.clone()).unwrap_or_default();
    if scopes.is_empty() {
        return;
    }
    scopes.sort();
    page.field(level, "Scopes", scopes.join(", "));
    for meaning in scopes.iter().filter_map(|scope| scope_meaning(scope)) {
        page.line(level, &format!("{bullet} {meaning}"));
    }
}

/// Which Pods a scope counts (`helpTextForResourceQuotaScope`).
fn scope_meaning(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively \
             terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container \
             command is not expected to terminate."
        }
        "BestEffort" => {
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service."
        }
        "NotBestEffort" => {
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality \
             of service."
        }
        _ => return None,
    })
}

pub(super) fn limits(page: &mut Page, o: &LimitRange) {
    page.heading(&o.metadata);
    limit_head(page, "");
    limit_rows(page, "", o);
}

pub(super) fn service_account(page: &mut Page, o: &ServiceAccount, store: &Store) {
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    let known = |name: &str| {
        let namespace = o.metadata.namespace.as_deref().unwrap_or_default();
        store.get(&Key::new(Kind::Secret, namespace, name)).is_some()
    };
    let secrets: Vec<String> = o
        .image_pull_secrets
        .iter()
        .flatten()
        .map(|s| if known(&s.name) { s.name.clone() } else { format!("{} (not found)", s.name) })
        .collect();
    page.field(
        0,
        "Image pull secrets",
        if secrets.is_empty() { "<none>".to_owned() } else { secrets.join("\n\t") },
    );
}

pub(super) fn claim(page: &mut Page, o: &PersistentVolumeClaim, store: &Store) {
    let cells = columns::cells(&Object::PersistentVolumeClaim(o.clone().into()), page.now);
    let spec = o.spec.clone().unwrap_or_default();
    page.heading(&o.metadata);
    page.field(0, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
    page.field(0, "Status", &cells[1]);
    page.field(0, "Volume", &cells[2]);
    page.labels(&o.metadata);
    page.field(0, "Finalizers", format!("[{}]", o.metadata.finalizers.clone().unwrap_or_default().join(" ")));
    page.field(0, "Capacity", &cells[3]);
    page.field(0, "Access Modes", &cells[4]);
    page.field(0, "VolumeMode", spec.volume_mode.as_deref().unwrap_or("Filesystem"));
    let uses = |object: &&Object| {
        let volumes = object.as_pod().and_then(|p| p.spec.volumes.as_deref()).unwrap_or_default();
        volumes.iter().any(|v| {
            let named = v.persistent_volume_claim.as_ref().map(|c| c.claim_name.clone());
            let own = || v.ephemeral.as_ref().map(|_| format!("{}-{}", object.key().name, v.name));
            let claim = named.or_else(own);
            claim.is_some() && claim == o.metadata.name
        })
    };
    let users: Vec<&str> = store
        .list(Kind::Pod, o.metadata.namespace.as_deref())
        .filter(uses)
        .filter_map(|p| p.meta().name.as_deref())
        .collect();
    page.field(0, "Used By", if users.is_empty() { "<none>".to_owned() } else { users.join("\n\t") });
}

/// The nodes a volume can be reached from.
fn node_affinity(page: &mut Page, required: Option<&NodeSelector>) {
    let Some(required) = required else { return page.field(0, "Node Affinity", "<none>") };
    page.field(0, "Node Affinity", "");
    page.field(1, "Required Terms", "");
    for (i, term) in required.node_selector_terms.iter().enumerate() {
        let wanted: Vec<String> = term
            .match_expressions
            .iter()
            .flatten()
            .map(|wish| {
                let values = wish.values.as_deref().unwrap_or_default();
                let values =
                    if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) };
                format!("{} {}{values}", wish.key, wish.operator.to_lowercase())
            })
            .collect();
        let (first, rest) =
            wanted.split_first().map_or(("<none>", &[][..]), |(first, rest)| (first.as_str(), rest));
        page.field(2, &format!("Term {i}"), first);
        for wish in rest {
            page.line(2, &format!("\t{wish}"));
        }
    }
}

pub(super) fn volume(page: &mut Page, o: &PersistentVolume) {
    let cells = columns::cells(&Object::PersistentVolume(o.clone().into()), page.now);
    let spec = o.spec.clone().unwrap_or_default();
    page.field(0, "Name", &cells[0]);
    page.labels(&o.metadata);
    page.field(0, "Finalizers", format!("[{}]", o.metadata.finalizers.clone().unwrap_or_default().join(" ")));
    page.field(0, "StorageClass", &cells[6]);
    page.field(0, "Status", &cells[4]);
    page.field(0, "Claim", &cells[5]);
    page.field(0, "Reclaim Policy", &cells[3]);
    page.field(0, "Access Modes", &cells[2]);
    page.field(0, "VolumeMode", spec.volume_mode.as_deref().unwrap_or("Filesystem"));
    page.field(0, "Capacity", &cells[1]);
    node_affinity(page, spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref()));
    let message = o.status.as_ref().and_then(|status| status.message.as_deref());
    page.field(0, "Message", message.unwrap_or_default());
    page.line(0, "Source:");
    if let Some(path) = &spec.host_path {
        page.field(2, "Type", "HostPath (bare host directory volume)");
        page.field(2, "Path", &path.path);
        page.field(2, "HostPathType", path.type_.as_deref().unwrap_or("<none>"));
    } else if let Some(nfs) = &spec.nfs {
        page.field(2, "Type", "NFS (an NFS mount that lasts the lifetime of a pod)");
        page.field(2, "Server", &nfs.server);
        page.field(2, "Path", &nfs.path);
        page.field(2, "ReadOnly", nfs.read_only.unwrap_or_default().to_string());
    } else if let Some(local) = &spec.local {
        page.field(2, "Type", "LocalVolume (a persistent volume backed by local storage on a node)");
        page.field(2, "Path", &local.path);
    } else if let Some(v) = &spec.csi {
        let csi = Csi {
            driver: &v.driver,
            fs_type: v.fs_type.as_deref(),
            handle: Some(&v.volume_handle),
            read_only: v.read_only,
            attributes: v.volume_attributes.as_ref(),
        };
        source::csi(page, &csi);
    }
}

pub(super) fn ingress_class(page: &mut Page, o: &IngressClass) {
    page.field(0, "Name", o.metadata.name.as_deref().unwrap_or_default());
    page.labels(&o.metadata);
    let spec = o.spec.clone().unwrap_or_default();
    page.field(0, "Controller", spec.controller.as_deref().unwrap_or_default());
    if let Some(parameters) = &spec.parameters {
        page.line(0, "Parameters:");
        page.optional(1, "APIGroup", parameters.api_group.as_deref());
        page.field(1, "Kind", &parameters.kind);
        page.field(1, "Name", &parameters.name);
    }
}

pub(super) fn storage_class(page: &mut Page, o: &StorageClass) {
    const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
    let pairs = |all: Option<&BTreeMap<String, String>>| {
        all.filter(|all| !all.is_empty()).map_or_else(|| "<none>".to_owned(), columns::joined_selector)
    };
    let annotations = o.metadata.annotations.as_ref();
    let default = annotations.and_then(|all| all.get(DEFAULT)).is_some_and(|value| value == "true");
    page.field(0, "Name", o.metadata.name.as_deref().unwrap_or_default());
    page.field(0, "IsDefaultClass", if default { "Yes" } else { "No" });
    page.field(0, "Annotations", pairs(annotations));
    page.field(0, "Provisioner", &o.provisioner);
    page.field(0, "Parameters", pairs(o.parameters.as_ref()));
    let expansion = match o.allow_volume_expansion {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    page.field(0, "AllowVolumeExpansion", expansion);
    match o.mount_options.as_deref().filter(|options| !options.is_empty()) {
        None => page.field(0, "MountOptions", "<none>"),
        Some(options) => {
            page.line(0, "MountOptions:");
            for option in options {
                page.line(1, option);
            }
        }
    }
    page.optional(0, "ReclaimPolicy", o.reclaim_policy.as_deref());
    page.optional(0, "VolumeBindingMode", o.volume_binding_mode.as_deref());
}

pub(super) fn priority_class(page: &mut Page, o: &PriorityClass) {
    page.field(0, "Name", o.metadata.name.as_deref().unwrap_or_default());
    page.field(0, "Value", o.value.unwrap_or_default().to_string());
    page.field(0, "GlobalDefault", o.global_default.unwrap_or_default().to_string());
    page.field(0, "PreemptionPolicy", o.preemption_policy.as_deref().unwrap_or("PreemptLowerPriority"));
    page.field(0, "Description", o.description.as_deref().unwrap_or_default());
    let all = o.metadata.annotations.as_ref().filter(|all| !all.is_empty());
    page.field(0, "Annotations", all.map_or_else(|| "<none>".to_owned(), columns::joined_selector));
}
