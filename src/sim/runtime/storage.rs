//! Volumes of the whole cluster: numbers, the nodes' own disks, what outlives Pods.

use super::{NodeIndex, Runtime};
use crate::os::{Body, Catalogue, Meta, Node, Reference, Tree, Volume, VolumeId};

/// The image whose files a node's system has.
pub const NODE_IMAGE: &str = "podlab.local/node:12";

/// The files of a node's system.
fn system_files() -> Tree {
    let image = Reference::parse(NODE_IMAGE).ok().and_then(|name| Catalogue::builtin().find(&name).ok());
    image.map_or_else(|| Tree::new(Meta::root(0o755)), |image| image.root)
}

impl Runtime {
    /// Adds a volume.
    pub fn add_volume(&mut self, volume: Volume) -> VolumeId {
        self.next_volume += 1;
        let id = VolumeId(self.next_volume);
        self.volumes.insert(id, volume);
        id
    }

    /// Replaces the files of a volume, if they differ.
    pub fn refresh_volume(&mut self, id: VolumeId, tree: Tree) {
        if let Some(volume) = self.volumes.get_mut(id) {
            volume.tree = tree;
        }
    }

    /// The volume that outlives Pods under this name.
    pub fn named_volume(&mut self, name: &str) -> VolumeId {
        if let Some(id) = self.named.get(name) {
            return *id;
        }
        let id = self.add_volume(Volume { tree: Tree::new(Meta::root(0o777)), ..Volume::default() });
        self.named.insert(name.to_owned(), id);
        id
    }

    /// The disk of a node.
    pub fn node_volume(&mut self, node: NodeIndex) -> VolumeId {
        let name = format!("node/{}", node.0);
        let fresh = !self.named.contains_key(&name);
        let id = self.named_volume(&name);
        if fresh {
            if let Some(volume) = self.volumes.get_mut(id) {
                volume.tree = system_files();
            }
            for path in [
                "/etc/kubernetes/manifests",
                "/var/log/pods",
                "/tmp",
                "/opt",
                "/mnt",
                "/home",
                "/root",
                "/srv",
                "/data",
            ] {
                self.put(id, path, Node::directory(Meta::root(0o755)));
            }
        }
        id
    }

    /// Whether a path of a volume is a folder; `None` if it does not exist.
    pub fn path_kind(&self, id: VolumeId, path: &str) -> Option<bool> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        let node = self.volumes.get(id)?.tree.get(parts)?;
        Some(matches!(node.body, Body::Directory(..)))
    }

    /// Puts something at a path of a volume, with the folders above it.
    pub fn put(&mut self, id: VolumeId, path: &str, node: Node) {
        if let Some(volume) = self.volumes.get_mut(id) {
            volume.tree.put(path, node);
        }
    }

    /// Removes a volume.
    pub fn remove_volume(&mut self, id: VolumeId) {
        if !self.named.values().any(|named| *named == id) {
            self.volumes.remove(id);
        }
    }

    /// Bytes of all files of a volume.
    pub fn volume_usage(&self, id: VolumeId) -> u64 {
        self.volumes.usage(id)
    }
}
