//! One container: its own root file system and mounts, environment, user and limits. Knows nothing of images or Pods; processes
//! belong to the [`super::System`].

use crate::kube::SimTime;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::tree::{Body, Device, Meta, Node, Tree};
use super::volume::VolumeId;

/// Names a container within its [`super::System`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);

/// A volume (or a part of it) at a path of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where the container sees it.
    pub path: String,
    /// The volume.
    pub volume: VolumeId,
    /// The part of the volume, empty for all of it; may name a single file.
    pub sub_path: String,
    /// Writes get EROFS.
    pub read_only: bool,
}

/// Who a process runs as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups (fsGroup among them).
    pub groups: Vec<u32>,
}

/// What the kernel does when a container's memory exceeds its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OomRule {
    /// cgroup v2 with `memory.oom.group`: every process of the container is killed (what kubelets since 1.28 ask for).
    #[default]
    Container,
    /// Only the largest process is killed (cgroup v1, or `singleProcessOOMKill`).
    Process,
}

/// How to make a container.
#[derive(Clone, Debug, Default)]
pub struct CellSpec {
    /// The image's files.
    pub root: Tree,
    /// Volumes.
    pub mounts: Vec<Mount>,
    /// The environment of every process, in the order `env` prints.
    pub env: Vec<(String, String)>,
    /// Working directory; `/` if empty.
    pub workdir: String,
    /// Who processes run as.
    pub user: User,
    /// Writes outside the mounts get EROFS.
    pub read_only_root: bool,
    /// Bytes.
    pub memory_limit: Option<u64>,
    /// Thousandths of a CPU.
    pub cpu_limit: Option<u64>,
    /// What happens over the memory limit.
    pub oom: OomRule,
    /// Content of `/etc/hosts`; a plain one is made if empty.
    pub hosts: String,
    /// Content of `/etc/resolv.conf`.
    pub resolv: String,
    /// Where on the host its user numbers begin and how many there are, if it has numbers of its own (a user namespace).
    pub host_ids: Option<(u32, u32)>,
    /// Sees and signals the processes of this container too (one pid namespace).
    pub share_pids_with: Option<CellId>,
    /// Command names the host runs itself (`kubectl`, `crictl`).
    pub foreign: Vec<String>,
    /// How long it lasts.
    pub span: Span,
}

/// How long a container lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// As long as its first process: when that ends, the others are killed.
    #[default]
    FirstProcess,
    /// Longer than any of its processes: it is a machine, on which an init that nobody sees has number 1.
    Machine,
}

/// A mount, taken apart for look-ups.
#[derive(Clone, Debug)]
pub(super) struct MountPoint {
    pub at: Vec<String>,
    pub volume: VolumeId,
    pub sub: Vec<String>,
    pub read_only: bool,
}

/// A container as the system keeps it.
#[derive(Clone, Debug)]
pub struct Cell {
    pub(super) namespace: u32,
    pub(super) root: Tree,
    pub(super) mounts: Vec<MountPoint>,
    pub(super) env: Arc<Vec<(String, String)>>,
    pub(super) workdir: String,
    pub(super) user: Arc<User>,
    pub(super) read_only_root: bool,
    pub(super) memory_limit: Option<u64>,
    pub(super) cpu_limit: Option<u64>,
    pub(super) oom: OomRule,
    pub(super) host_ids: Option<(u32, u32)>,
    pub(super) foreign: BTreeSet<String>,
    pub(super) span: Span,
    pub(super) oom_kills: u32,
    pub(super) cpu_used: u64,
    pub(super) weariness: Weariness,
}

/// How many slices of CPU time the processes of a container have used up lately, all together: a loop that is started again and again,
/// by a probe or by another loop, gets no new patience each time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weariness {
    at: SimTime,
    slices: u32,
}

/// Simulated milliseconds in which a container recovers from one slice.
const RECOVERY: u64 = 200;

impl Weariness {
    /// The slices that still count.
    pub fn slices(self, now: SimTime) -> u32 {
        let recovered = now.since(self.at) / RECOVERY;
        self.slices.saturating_sub(u32::try_from(recovered).unwrap_or(u32::MAX))
    }

    /// Counts one more.
    pub fn add(&mut self, now: SimTime) {
        *self = Weariness { at: now, slices: self.slices(now) + 1 };
    }
}

/// The devices every container has.
static DEVICES: LazyLock<Arc<Node>> = LazyLock::new(|| {
    let descriptor = |fd| Body::Device(Device::Descriptor { pid: 0, fd });
    let nodes = [
        ("null", Body::Device(Device::Null)),
        ("zero", Body::Device(Device::Zero)),
        ("full", Body::Device(Device::Full)),
        ("random", Body::Device(Device::Random)),
        ("urandom", Body::Device(Device::Random)),
        ("tty", Body::Device(Device::Tty)),
        ("stdin", descriptor(0)),
        ("stdout", descriptor(1)),
        ("stderr", descriptor(2)),
        ("shm", Body::Directory(BTreeMap::new())),
        ("pts", Body::Directory(BTreeMap::new())),
        ("mqueue", Body::Directory(BTreeMap::new())),
    ];
    let entries = nodes.into_iter().map(|(name, body)| {
        let mode = if matches!(body, Body::Directory(_)) { 0o1777 } else { 0o666 };
        (Arc::from(name), Arc::new(Node { meta: Meta::root(mode), body }))
    });
    Arc::new(Node { meta: Meta::root(0o755), body: Body::Directory(entries.collect()) })
});

/// The non-empty parts of a path, `.` dropped and `..` resolved by name.
pub(super) fn parts_of(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name.to_owned()),
        }
    }
    parts
}

impl Cell {
    pub(super) fn new(spec: CellSpec, namespace: u32, hostname: &str) -> Cell {
        let mut root = spec.root;
        let zero = crate::kube::SimTime(0);
        let _ = root.insert(&[], "dev", Arc::clone(&DEVICES), zero);
        for directory in ["proc", "sys", "tmp"] {
            if root.get([directory]).is_none() {
                let mode = if directory == "tmp" { 0o1777 } else { 0o555 };
                let _ = root.insert(&[], directory, Arc::new(Node::directory(Meta::root(mode))), zero);
            }
        }
        let hosts = if spec.hosts.is_empty() {
            format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t{hostname}\n")
        } else {
            spec.hosts
        };
        root.put("/etc/hostname", Node::file(Meta::root(0o644), format!("{hostname}\n").as_bytes()));
        root.put("/etc/hosts", Node::file(Meta::root(0o644), hosts.as_bytes()));
        root.put("/etc/resolv.conf", Node::file(Meta::root(0o644), spec.resolv.as_bytes()));
        let mut mounts: Vec<MountPoint> = spec.mounts.iter().map(|mount| mount_point(mount, &root)).collect();
        mounts.sort_by_key(|mount| mount.at.len());
        for mount in &mounts {
            make_mount_point(&mut root, &mount.at);
        }
        Cell {
            namespace,
            root,
            mounts,
            env: Arc::new(spec.env),
            workdir: if spec.workdir.is_empty() { "/".to_owned() } else { spec.workdir },
            host_ids: spec.host_ids,
            user: Arc::new(spec.user),
            read_only_root: spec.read_only_root,
            memory_limit: spec.memory_limit,
            cpu_limit: spec.cpu_limit,
            oom: spec.oom,
            foreign: spec.foreign.into_iter().collect(),
            span: spec.span,
            oom_kills: 0,
            cpu_used: 0,
            weariness: Weariness::default(),
        }
    }
}

fn mount_point(mount: &Mount, root: &Tree) -> MountPoint {
    MountPoint {
        at: without_links(root, &mount.path),
        volume: mount.volume,
        sub: parts_of(&mount.sub_path),
        read_only: mount.read_only,
    }
}

/// The place a path leads to when the image's links are followed: runtimes mount there (securejoin).
fn without_links(root: &Tree, path: &str) -> Vec<String> {
    let mut todo: Vec<String> = parts_of(path).into_iter().rev().collect();
    let mut done: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        done.push(part);
        let node = root.get(done.iter().map(String::as_str));
        let Some(Body::Link(target)) = node.map(|node| &node.body) else { continue };
        links += 1;
        if links > 40 {
            continue;
        }
        done.pop();
        if target.starts_with('/') {
            done.clear();
        }
        todo.extend(parts_of(target).into_iter().rev());
    }
    done
}

/// The runtime makes the directory a volume is mounted on.
fn make_mount_point(root: &mut Tree, at: &[String]) {
    if root.get(at.iter().map(String::as_str)).is_none() {
        root.put(&at.join("/"), Node::directory(Meta::root(0o755)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_tires_with_each_slice_and_recovers_in_time() {
        let mut weariness = Weariness::default();
        for slice in 0..30 {
            weariness.add(SimTime(1000 + slice * 10));
        }
        let now = SimTime(1290);
        assert_eq!(weariness.slices(now), 30);
        assert_eq!(weariness.slices(now.plus(RECOVERY * 10)), 20);
        assert_eq!(weariness.slices(now.plus(RECOVERY * 1000)), 0);
    }
}
