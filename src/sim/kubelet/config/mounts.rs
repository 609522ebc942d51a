//! Where a container sees which volume, or which part of one (`pkg/kubelet/kubelet_pods.go`, `makeMounts`).

use super::environment::expand;
use crate::kube::core::{Container, VolumeMount};
use crate::os::{Mount, Node, Tree, Volume, VolumeId};
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::volumes;
use crate::sim::kubelet::worker::Worker;

/// The mounts of a container; what a `subPath` names is made if it is not there.
pub(super) fn of(
    worker: &Worker,
    container: &Container,
    env: &[(String, String)],
    desk: &mut Desk,
) -> Result<Vec<Mount>, String> {
    let mut mounts = Vec::new();
    for mount in container.volume_mounts.iter().flatten() {
        let sub = sub_path(mount, env)?;
        let Some((volume, base)) = worker.volumes.place(&mount.name) else { continue };
        let (volume, sub_path) = part(worker, &mount.name, (volume, &base), &sub, desk);
        let read_only = mount.read_only == Some(true) || volumes::is_read_only(&worker.pod, &mount.name);
        mounts.push(Mount { path: mount.mount_path.clone(), volume, sub_path, read_only });
    }
    Ok(mounts)
}

/// The part of the volume a mount wants, with variables replaced; a variable that is not there has no value to put in.
fn sub_path(mount: &VolumeMount, env: &[(String, String)]) -> Result<String, String> {
    let Some(text) = mount.sub_path_expr.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(mount.sub_path.clone().unwrap_or_default());
    };
    let mut missing: Vec<&str> =
        names(text).filter(|name| value(env, name).is_none_or(str::is_empty)).collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        return Err(format!("missing value for {}", missing.join(", ")));
    }
    let path = expand(text, |name| value(env, name));
    if path.starts_with('/') {
        return Err(format!("error SubPath `{path}` must not be an absolute path"));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(format!("unable to provision SubPath `{path}`: must not contain '..'"));
    }
    Ok(path)
}

fn value<'a>(env: &'a [(String, String)], name: &str) -> Option<&'a str> {
    env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The names in `$(…)`; `$$` escapes.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let bare = text.split("$$").flat_map(|piece| piece.split("$(").skip(1));
    bare.filter_map(|piece| piece.split_once(')').map(|(name, _)| name))
}

/// The volume and the path in it. Files that follow API objects are published anew when those change, but a container that mounts a
/// part of them keeps the files it started with.
fn part(
    worker: &Worker,
    name: &str,
    (volume, base): (VolumeId, &str),
    sub: &str,
    desk: &mut Desk,
) -> (VolumeId, String) {
    let parts: Vec<&str> =
        [base, sub].iter().flat_map(|path| path.split('/')).filter(|part| !part.is_empty()).collect();
    let path = parts.join("/");
    if sub.is_empty() {
        return (volume, path);
    }
    if volumes::follows_objects(&worker.pod, name) {
        let payload = desk.ctx.runtime.volumes.get(volume).and_then(|volume| volumes::payload(&volume.tree));
        let found =
            payload.and_then(|top| parts.iter().try_fold(top, |node, part| node.entries()?.get(*part)));
        let found = found.cloned();
        let mut tree = Tree::default();
        tree.put("/part", found.map_or_else(volumes::folder, |node| Node::clone(&node)));
        return (desk.ctx.runtime.add_volume(Volume { tree, ..Volume::default() }), "part".into());
    }
    if desk.ctx.runtime.path_kind(volume, &path).is_none() {
        desk.ctx.runtime.put(volume, &path, volumes::folder());
    }
    (volume, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_without_a_value_names_what_is_missing() {
        let mount = |text: &str| VolumeMount { sub_path_expr: Some(text.into()), ..VolumeMount::default() };
        let env = [("POD".to_owned(), "web".to_owned()), ("UP".to_owned(), "..".to_owned())];
        assert_eq!(sub_path(&mount("logs/$(POD)"), &env), Ok("logs/web".into()));
        assert_eq!(sub_path(&mount("$(B)/$(A)/$$(C)"), &env), Err("missing value for A, B".into()));
        assert_eq!(
            sub_path(&mount("$(UP)"), &env),
            Err("unable to provision SubPath `..`: must not contain '..'".into())
        );
    }
}
