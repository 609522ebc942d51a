//! What is in a volume, by its kind.

use super::{Hitch, set_up, source};
use crate::kube::core::{
    ConfigMapProjection, DownwardAPIVolumeFile, KeyToPath, SecretProjection, Volume as Spec,
};
use crate::kube::quantity::Amount;
use crate::kube::{Key, Kind, Object};
use crate::os::{Body, Medium, Meta, Node, Tree, Volume, VolumeId};
use crate::sim::chance;
use crate::sim::kubelet::config;
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::worker::Worker;
use crate::sim::token;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether the content follows API objects.
pub(super) fn changes(spec: &Spec) -> bool {
    spec.config_map.is_some()
        || spec.secret.is_some()
        || spec.projected.is_some()
        || spec.downward_api.is_some()
}

/// Mounts a volume: its number and the folder in it, or why not.
pub(super) fn mount(worker: &Worker, spec: &Spec, desk: &mut Desk) -> Result<(VolumeId, String), Hitch> {
    if let Some(path) = &spec.host_path {
        return source::host_path(path, desk).map_err(|why| Hitch::Failed(set_up(&spec.name, &why)));
    }
    if let Some(used) = source::claim_of(worker, spec) {
        return source::claimed(worker, &used, desk);
    }
    if !changes(spec) && spec.empty_dir.is_none() && spec.image.is_none() {
        return Err(source::absent(worker, spec));
    }
    let mut tree = tree(worker, spec, desk).map_err(|why| Hitch::Failed(set_up(&spec.name, &why)))?;
    if changes(spec) {
        tree = published(&tree, &worker.uid, desk);
    }
    let source = spec.empty_dir.as_ref();
    let memory = source.is_some_and(|dir| dir.medium.as_deref() == Some("Memory"));
    let capacity = source.and_then(|dir| dir.size_limit.as_ref()).map(Amount::of);
    let volume = Volume {
        tree,
        medium: if memory { Medium::Memory } else { Medium::Disk },
        capacity: capacity.filter(|_| memory).and_then(|amount| u64::try_from(amount.value()).ok()),
    };
    Ok((desk.ctx.runtime.add_volume(volume), String::new()))
}

/// The name of the link to what is published now (`pkg/volume/util/atomic_writer.go`).
const DATA: &str = "..data";

/// Files as the kubelet publishes those that change together: in a folder named after the time, behind a link that is swapped as a
/// whole, with a link for each name beside it.
pub(super) fn published(payload: &Tree, uid: &str, desk: &Desk) -> Tree {
    let now = desk.ctx.now;
    let draw = chance::hash(desk.ctx.seed, uid, "publish", now.0) % 10_000_000_000;
    let folder = format!("{}.{draw}", now.timestamp().strftime("..%Y_%m_%d_%H_%M_%S"));
    let mut tree = Tree::new(Meta::root(0o777));
    for name in payload.root().entries().into_iter().flatten().map(|(name, _)| name) {
        tree.put(name, Node::link(&format!("{DATA}/{name}")));
    }
    tree.put(DATA, Node::link(&folder));
    tree.put(&folder, Node { meta: Meta::root(0o755), body: payload.root().body.clone() });
    tree
}

/// What is published in a volume now.
pub(in crate::sim::kubelet) fn payload(tree: &Tree) -> Option<&Arc<Node>> {
    let Body::Link(folder) = &tree.get([DATA])?.body else { return None };
    tree.get([&**folder])
}

/// An empty folder as the kubelet makes it for a `subPath` that is not there.
pub(in crate::sim::kubelet) fn folder() -> Node {
    Node::directory(Meta::root(0o755))
}

/// The files of a volume whose content comes from the API; an empty folder for all other kinds.
pub(super) fn tree(worker: &Worker, spec: &Spec, desk: &Desk) -> Result<Tree, String> {
    let mut tree = Tree::new(Meta::root(0o777));
    if let Some(source) = &spec.config_map {
        let projection = ConfigMapProjection {
            name: source.name.clone(),
            items: source.items.clone(),
            optional: source.optional,
        };
        put_config_map(worker, &projection, source.default_mode, &mut tree, desk)?;
    } else if let Some(source) = &spec.secret {
        let projection = SecretProjection {
            name: source.secret_name.clone().unwrap_or_default(),
            items: source.items.clone(),
            optional: source.optional,
        };
        put_secret(worker, &projection, source.default_mode, &mut tree, desk)?;
    } else if let Some(source) = &spec.downward_api {
        put_downward(
            worker,
            source.items.as_deref().unwrap_or_default(),
            source.default_mode,
            &mut tree,
            desk,
        )?;
    } else if let Some(source) = &spec.projected {
        for part in source.sources.iter().flatten() {
            if let Some(map) = &part.config_map {
                put_config_map(worker, map, source.default_mode, &mut tree, desk)?;
            }
            if let Some(secret) = &part.secret {
                put_secret(worker, secret, source.default_mode, &mut tree, desk)?;
            }
            if let Some(fields) = &part.downward_api {
                put_downward(
                    worker,
                    fields.items.as_deref().unwrap_or_default(),
                    source.default_mode,
                    &mut tree,
                    desk,
                )?;
            }
            if let Some(token) = &part.service_account_token {
                let text = account_token(worker, token.audience.as_deref(), desk);
                put(&mut tree, &token.path, text.as_bytes(), source.default_mode);
            }
        }
    }
    let group = worker.pod.spec.security_context.as_ref().and_then(|security| security.fs_group);
    if let Some(group) = group.and_then(|group| u32::try_from(group).ok()) {
        tree.give_to_group(group, spec.empty_dir.is_none());
    }
    Ok(tree)
}

/// The token of the Pod's service account, good for a year from the Pod's creation: the API server extends those of Pods
/// (`ExpirationExtensionSeconds`).
fn account_token(worker: &Worker, audience: Option<&str>, desk: &Desk) -> String {
    const LASTS: i64 = 365 * 24 * 3600 + 7;
    let meta = &worker.pod.metadata;
    let (namespace, pod) = (worker.pod.namespace(), worker.pod.name());
    let account = worker.pod.spec.service_account_name.as_deref().unwrap_or("default");
    let known = desk.ctx.store.get(&Key::new(Kind::ServiceAccount, namespace, account));
    let issued = meta.creation_timestamp.as_ref().map_or(0, |at| at.0.as_second());
    token::signed(&json!({
        "aud": [audience.unwrap_or(token::ISSUER)],
        "exp": issued + LASTS,
        "iat": issued,
        "iss": token::ISSUER,
        "jti": chance::hex(desk.ctx.seed, &worker.uid, "token", 32),
        "kubernetes.io": {
            "namespace": namespace,
            "node": {"name": desk.machine.spec.name},
            "pod": {"name": pod, "uid": meta.uid},
            "serviceaccount": {"name": account, "uid": known.and_then(|account| account.meta().uid.clone())},
        },
        "nbf": issued,
        "sub": format!("system:serviceaccount:{namespace}:{account}"),
    }))
}

fn put(tree: &mut Tree, path: &str, bytes: &[u8], mode: Option<i32>) {
    let mode = u16::try_from(mode.unwrap_or(0o644)).unwrap_or(0o644);
    tree.put(path, Node::file(Meta::root(mode), bytes));
}

/// Puts the wanted keys of a map; all of them if none are named.
fn put_keys(
    entries: &BTreeMap<String, Vec<u8>>,
    items: Option<&[KeyToPath]>,
    (what, optional, mode): (&str, bool, Option<i32>),
    tree: &mut Tree,
) -> Result<(), String> {
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        for (key, value) in entries {
            put(tree, key, value, mode);
        }
        return Ok(());
    };
    for item in items {
        match entries.get(&item.key) {
            Some(value) => put(tree, &item.path, value, item.mode.or(mode)),
            None if optional => {}
            None => {
                return Err(format!("{what} references non-existent {} key: {}", key_word(what), item.key));
            }
        }
    }
    Ok(())
}

fn key_word(what: &str) -> &'static str {
    if what == "configmap" { "config" } else { "secret" }
}

fn put_config_map(
    worker: &Worker,
    source: &ConfigMapProjection,
    mode: Option<i32>,
    tree: &mut Tree,
    desk: &Desk,
) -> Result<(), String> {
    let optional = source.optional == Some(true);
    let key = Key::new(Kind::ConfigMap, &worker.key.namespace, &source.name);
    let Some(Object::ConfigMap(map)) = desk.ctx.store.get(&key) else {
        return if optional { Ok(()) } else { Err(format!("configmap \"{}\" not found", source.name)) };
    };
    let text = map.data.iter().flatten().map(|(key, value)| (key.clone(), value.clone().into_bytes()));
    let binary = map.binary_data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone()));
    put_keys(&text.chain(binary).collect(), source.items.as_deref(), ("configmap", optional, mode), tree)
}

fn put_secret(
    worker: &Worker,
    source: &SecretProjection,
    mode: Option<i32>,
    tree: &mut Tree,
    desk: &Desk,
) -> Result<(), String> {
    let optional = source.optional == Some(true);
    let key = Key::new(Kind::Secret, &worker.key.namespace, &source.name);
    let Some(Object::Secret(secret)) = desk.ctx.store.get(&key) else {
        return if optional { Ok(()) } else { Err(format!("secret \"{}\" not found", source.name)) };
    };
    let entries = secret.data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone())).collect();
    put_keys(&entries, source.items.as_deref(), ("secret", optional, mode), tree)
}

fn put_downward(
    worker: &Worker,
    items: &[DownwardAPIVolumeFile],
    mode: Option<i32>,
    tree: &mut Tree,
    desk: &Desk,
) -> Result<(), String> {
    for item in items {
        let text = if let Some(field) = &item.field_ref {
            config::pod_field(worker, &field.field_path, desk)?
        } else if let Some(resource) = &item.resource_field_ref {
            config::resource_field(worker, &worker.pod.spec.containers[0], resource, desk)?
        } else {
            continue;
        };
        put(tree, &item.path, text.as_bytes(), item.mode.or(mode));
    }
    Ok(())
}
