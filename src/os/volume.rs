//! Volumes: file systems that containers mount, owned by the cluster and shared by reference. Knows nothing of Pods.

use std::collections::BTreeMap;

use super::tree::Tree;

/// Names a volume within a cluster; the host gives the numbers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeId(pub u64);

/// Where a volume's bytes live: in memory they count against the writers' memory and the size is a hard limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Medium {
    /// On the node's disk.
    #[default]
    Disk,
    /// A tmpfs.
    Memory,
}

/// One volume.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    /// Its files.
    pub tree: Tree,
    /// Disk or memory.
    pub medium: Medium,
    /// Size in bytes at which a memory volume is full (`df` shows it; writes beyond get ENOSPC).
    pub capacity: Option<u64>,
}

/// All volumes of the cluster.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    all: BTreeMap<VolumeId, Volume>,
}

impl Volumes {
    /// Adds or replaces a volume.
    pub fn insert(&mut self, id: VolumeId, volume: Volume) {
        self.all.insert(id, volume);
    }

    /// Forgets a volume and its files.
    pub fn remove(&mut self, id: VolumeId) -> Option<Volume> {
        self.all.remove(&id)
    }

    /// A volume.
    pub fn get(&self, id: VolumeId) -> Option<&Volume> {
        self.all.get(&id)
    }

    /// A volume, for change.
    pub fn get_mut(&mut self, id: VolumeId) -> Option<&mut Volume> {
        self.all.get_mut(&id)
    }

    /// Bytes of all files of a volume, 0 if there is none.
    pub fn usage(&self, id: VolumeId) -> u64 {
        self.get(id).map_or(0, |volume| volume.tree.usage())
    }
}
