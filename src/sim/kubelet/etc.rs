//! `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` are mounts of their own: a volume over `/etc` does not hide them. What they are
//! mounted on the runtime makes, in the volume, and where it cannot the container does not start (containerd `WithMounts`, runc).

use super::desk::Desk;
use super::worker::Worker;
use crate::kube::core::Container;
use crate::os::{CellSpec, Meta, Mount, Node, Tree, Volume};
use crate::sim::runtime::Runtime;

/// The files, the kubelet's own before the runtime's.
const FILES: [&str; 3] = ["hosts", "hostname", "resolv.conf"];

fn is_etc(path: &str) -> bool {
    path.trim_end_matches('/') == "/etc"
}

fn has(runtime: &Runtime, mount: &Mount, file: &str) -> bool {
    let path = format!("{}/{file}", mount.sub_path);
    let parts = path.split('/').filter(|part| !part.is_empty());
    runtime.volumes.get(mount.volume).is_some_and(|volume| volume.tree.get(parts).is_some())
}

/// Mounts the files over the volume that covers `/etc`, if one does and the image's are hidden.
pub(super) fn keep_visible(cell: &mut CellSpec, hostname: &str, runtime: &mut Runtime) {
    let Some(cover) = cell.mounts.iter().find(|mount| is_etc(&mount.path)).cloned() else { return };
    let texts = [cell.hosts.clone(), format!("{hostname}\n"), cell.resolv.clone()];
    let mut tree = Tree::new(Meta::root(0o755));
    for (file, text) in FILES.iter().zip(texts) {
        tree.put(file, Node::file(Meta::root(0o644), text.as_bytes()));
    }
    let volume = runtime.add_volume(Volume { tree, ..Volume::default() });
    for file in FILES {
        let path = format!("/etc/{file}");
        if cell.mounts.iter().any(|mount| mount.path == path) {
            continue;
        }
        if !has(runtime, &cover, file) && !cover.read_only {
            let place = format!("{}/{file}", cover.sub_path);
            runtime.put(cover.volume, &place, Node::file(Meta::root(0o644), b""));
        }
        cell.mounts.push(Mount { path, volume, sub_path: file.to_owned(), read_only: false });
    }
}

/// Why a container with a volume over `/etc` cannot start: there is no place for one of the files, and none can be made.
pub(super) fn without_place(worker: &Worker, container: &Container, desk: &Desk) -> Option<String> {
    let mount = container.volume_mounts.iter().flatten().find(|mount| is_etc(&mount.mount_path))?;
    let read_only = mount.read_only == Some(true) || super::volumes::is_read_only(&worker.pod, &mount.name);
    let (volume, base) = worker.volumes.place(&mount.name)?;
    let sub_path = format!("{base}/{}", mount.sub_path.as_deref().unwrap_or_default());
    let cover = Mount { path: mount.mount_path.clone(), volume, sub_path, read_only };
    let file = FILES.into_iter().find(|file| !has(desk.ctx.runtime, &cover, file)).filter(|_| read_only)?;
    Some(format!(
        "error mounting \"/var/lib/kubelet/pods/{}/etc-hosts\" to rootfs at \"/etc/{file}\": create mountpoint for /etc/{file} mount: \
         open /etc/{file}: read-only file system",
        worker.uid
    ))
}
