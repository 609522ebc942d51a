//! What runs on the nodes: one sandbox for each Pod, the container instances in it. Knows nothing of the API and takes no decision;
//! the kubelet asks, this obeys and remembers what happened.

mod process;
mod storage;
pub use storage::NODE_IMAGE;
mod visit;

use super::cluster::NodeIndex;
use crate::kube::core::ResourceRequirements;
use crate::kube::{SimTime, WallClock};
use crate::os::{CellId, Chunk, Medium, Meta, Pid, Signal, Stream, System, Tree, Volume, VolumeId, Volumes};
use k8s_openapi::jiff::Timestamp;
pub use process::{ErrandId, Happening, Outcome};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
pub use visit::{NodeVisit, VisitId};

/// Where a node itself listens: sshd, kube-proxy (health checks; metrics at loopback alone) and the kubelet (its API; healthz at loopback
/// alone).
const MACHINE_SOCKETS: [SocketAddrV4; 5] = [
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 22),
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, 10_248),
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, 10_249),
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 10_250),
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 10_256),
];

/// A sandbox's number in the whole cluster, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxId(pub u32);

/// How a container instance ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// The exit code, 128 + signal for a signal.
    pub code: i32,
    /// When.
    pub at: SimTime,
    /// Why, as the runtime says it.
    pub reason: ExitReason,
    /// The termination message or the start error.
    pub message: Option<Arc<str>>,
}

/// What the runtime calls an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// Exit code 0.
    Completed,
    /// Any other exit code.
    Error,
    /// The kernel killed it for its memory.
    OomKilled,
    /// The process could not be started.
    StartError,
    /// The machine went away under it.
    Unknown,
}

impl ExitReason {
    /// The word in `state.terminated.reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            ExitReason::Completed => "Completed",
            ExitReason::Error => "Error",
            ExitReason::OomKilled => "OOMKilled",
            ExitReason::StartError => "StartError",
            ExitReason::Unknown => "Unknown",
        }
    }
}

/// What a container instance does.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Its file system exists, its process does not yet.
    Created,
    /// Its process runs since then.
    Running(SimTime),
    /// Its process ended; started then, if it ever did.
    Exited(Option<SimTime>, Exit),
}

impl State {
    /// The end, if it has ended.
    pub fn exit(&self) -> Option<&Exit> {
        if let State::Exited(_, exit) = self { Some(exit) } else { None }
    }

    /// Whether the process runs.
    pub fn is_running(&self) -> bool {
        matches!(self, State::Running(_))
    }
}

/// One instance of a container: every restart makes a new one.
#[derive(Clone, Debug)]
pub struct Container {
    /// 64 hexadecimal digits.
    pub id: String,
    /// The container's name in its Pod.
    pub name: Arc<str>,
    /// How often the container was restarted before this instance.
    pub attempt: u32,
    /// The image's full name.
    pub image: Arc<str>,
    /// The image's digest reference.
    pub image_id: Arc<str>,
    /// A hash of the parts of the spec whose change restarts the container.
    pub spec_hash: u64,
    /// User, group and supplementary groups of the first process.
    pub user: (i64, i64, Vec<i64>),
    /// What it does now.
    pub state: State,
    /// What it did when the kubelet last looked; `None` before its first look.
    pub seen: Option<State>,
    /// All containers were told to start again since it ended: it counts for nothing but the history.
    pub discarded: bool,
    /// What it may use.
    pub resources: ResourceRequirements,
    /// Its part of the system.
    pub cell: CellId,
    /// Its first process.
    pub pid: Option<Pid>,
    /// What it runs.
    pub command: Vec<String>,
    /// Where it runs, if not where the image says.
    pub workdir: String,
    /// Whether its input stays open, and whether it is a terminal.
    pub stdin: (bool, bool),
    /// How it wants to be stopped.
    pub stop_signal: Signal,
    /// Where it leaves its last words, and whether its log stands in for them after a failure.
    pub last_words: (String, bool),
    /// What it wrote, once it has ended.
    pub log: Vec<LogLine>,
}

/// One line of a container's log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// What the node's clock showed then.
    pub stamp: Timestamp,
    /// Whether to standard error.
    pub stderr: bool,
    /// The text, without the end of line.
    pub text: String,
}

impl LogLine {
    /// The line as it was written, with its end.
    pub fn chunk(&self) -> Chunk {
        let stream = if self.stderr { Stream::Err } else { Stream::Out };
        Chunk { at: self.at, stream, bytes: format!("{}\n", self.text).into_bytes() }
    }
}

/// The environment all containers of one Pod share.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Its node.
    pub node: NodeIndex,
    /// The kubelet's worker it belongs to.
    pub worker: u64,
    /// The namespace of its Pod, where names are looked up.
    pub namespace: Arc<str>,
    /// Its address.
    pub ip: Arc<str>,
    /// Whether it is up.
    pub up: bool,
    /// Whether it was up when the kubelet last looked; `None` before its first look.
    pub seen: Option<bool>,
    /// Every container instance not yet removed, oldest first.
    pub containers: Vec<Container>,
    /// Its processes.
    pub system: System,
    /// What its containers find in `/dev/shm`.
    pub shared_memory: VolumeId,
    /// The reminder to run them that is already on the agenda.
    pub wake_at: SimTime,
    /// The pause container, once containers share their processes with it.
    pause: Option<CellId>,
    /// Commands the kubelet runs in it.
    errands: BTreeMap<(CellId, Pid), ErrandId>,
    /// Commands people run in it.
    visits: BTreeMap<ErrandId, Visit>,
}

/// A command somebody runs in a container (`kubectl exec`).
#[derive(Clone, Debug)]
struct Visit {
    cell: CellId,
    pid: Pid,
    /// What it wrote that nobody has taken yet, once it has ended.
    output: Vec<Chunk>,
    code: Option<i32>,
}

impl Sandbox {
    /// The newest instance of a container.
    pub fn newest(&self, name: &str) -> Option<&Container> {
        self.containers.iter().rev().find(|container| &*container.name == name)
    }

    /// The newest instance the kubelet has seen.
    pub fn seen(&self, name: &str) -> Option<&Container> {
        self.containers.iter().rev().find(|container| container.seen.is_some() && &*container.name == name)
    }

    /// The newest instance of a container, to change.
    pub fn newest_mut(&mut self, name: &str) -> Option<&mut Container> {
        self.containers.iter_mut().rev().find(|container| &*container.name == name)
    }

    /// Makes all ended instances count for nothing but the history.
    pub fn discard(&mut self) {
        for container in &mut self.containers {
            container.discarded = true;
        }
    }

    /// The machine lost its power: every process ends without a word.
    pub fn lose_power(&mut self, now: SimTime) {
        self.up = false;
        self.errands.clear();
        for container in self.containers.iter_mut().filter(|container| container.state.exit().is_none()) {
            let started = if let State::Running(since) = container.state { Some(since) } else { None };
            let exit = Exit { code: 255, at: now, reason: ExitReason::Unknown, message: None };
            container.state = State::Exited(started, exit);
            self.system.remove_cell(container.cell);
        }
    }

    /// The instance with this id.
    pub fn by_id(&mut self, id: &str) -> Option<&mut Container> {
        self.containers.iter_mut().rev().find(|container| container.id == id)
    }

    /// Lets the kubelet look; in how many things, the sandbox and its containers, it finds another state than at its last look.
    pub fn look(&mut self) -> usize {
        let mut changes = usize::from(self.seen != Some(self.up));
        self.seen = Some(self.up);
        for container in &mut self.containers {
            if container.seen.as_ref() != Some(&container.state) {
                container.seen = Some(container.state.clone());
                changes += 1;
            }
        }
        changes
    }

    /// Removes dead instances but the newest `keep` of each name.
    pub fn prune(&mut self, keep: usize) {
        let mut dead: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut kept: Vec<Container> = Vec::with_capacity(self.containers.len());
        for container in self.containers.drain(..).rev() {
            let count = dead.entry(container.name.clone()).or_default();
            if container.state.exit().is_some() {
                *count += 1;
            }
            if container.state.exit().is_none() || *count <= keep {
                kept.push(container);
            }
        }
        kept.reverse();
        self.containers = kept;
    }
}

/// The sandboxes of every node, and every volume.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    sandboxes: BTreeMap<SandboxId, Sandbox>,
    by_ip: BTreeMap<Arc<str>, SandboxId>,
    /// Files outside of containers.
    pub volumes: Volumes,
    next: u32,
    next_errand: u32,
    next_volume: u64,
    named: BTreeMap<String, VolumeId>,
    shells: BTreeMap<NodeIndex, SandboxId>,
}

impl Runtime {
    /// When the next process of any sandbox has something to do; `None` if all wait for something else than time.
    pub fn next_wake(&self) -> Option<SimTime> {
        self.sandboxes.values().filter_map(|sandbox| sandbox.system.next_wake()).min()
    }

    /// The node a sandbox is on.
    pub fn node_of(&self, sandbox: SandboxId) -> Option<NodeIndex> {
        self.sandboxes.get(&sandbox).map(|sandbox| sandbox.node)
    }

    /// Adds an empty sandbox.
    pub fn add(
        &mut self,
        node: NodeIndex,
        worker: u64,
        (ip, namespace): (Arc<str>, Arc<str>),
        hostname: &str,
    ) -> SandboxId {
        let id = SandboxId(self.next);
        self.next += 1;
        self.by_ip.insert(ip.clone(), id);
        let shared_memory = self.add_volume(shared_memory());
        self.sandboxes.insert(
            id,
            Sandbox {
                shared_memory,
                node,
                worker,
                up: true,
                seen: None,
                containers: Vec::new(),
                system: system(hostname, &ip, node),
                wake_at: SimTime::NEVER,
                pause: None,
                errands: BTreeMap::new(),
                visits: BTreeMap::new(),
                ip,
                namespace,
            },
        );
        id
    }

    /// Gives a sandbox that has gone a new network and new processes; the history of its containers stays.
    pub fn renew(&mut self, id: SandboxId, ip: Arc<str>, hostname: &str) {
        if let Some(sandbox) = self.sandboxes.get_mut(&id) {
            self.by_ip.remove(&sandbox.ip);
            self.by_ip.insert(ip.clone(), id);
            sandbox.system = system(hostname, &ip, sandbox.node);
            sandbox.pause = None;
            sandbox.errands.clear();
            sandbox.ip = ip;
            sandbox.up = true;
            self.volumes.insert(sandbox.shared_memory, shared_memory());
        }
    }

    /// Sets the clock of everything that runs on a node.
    pub fn set_clock(&mut self, node: NodeIndex, wall: &WallClock) {
        for sandbox in self.sandboxes.values_mut().filter(|sandbox| sandbox.node == node) {
            sandbox.system.set_wall(wall.clone());
        }
    }

    /// A sandbox.
    pub fn get(&self, id: SandboxId) -> Option<&Sandbox> {
        self.sandboxes.get(&id)
    }

    /// A sandbox, to change.
    pub fn get_mut(&mut self, id: SandboxId) -> Option<&mut Sandbox> {
        self.sandboxes.get_mut(&id)
    }

    /// The sandbox that has this address.
    pub fn at_address(&self, ip: &str) -> Option<SandboxId> {
        self.by_ip.get(ip).copied().filter(|id| self.sandboxes.get(id).is_some_and(|sandbox| sandbox.up))
    }

    /// The sandboxes with an address: the network of a node is that of many.
    fn with_address<'a>(&'a self, ip: &'a str) -> impl Iterator<Item = (SandboxId, &'a Sandbox)> {
        let all = self.sandboxes.iter().filter(move |(_, sandbox)| sandbox.up && &*sandbox.ip == ip);
        all.map(|(id, sandbox)| (*id, sandbox))
    }

    /// The sandbox with the address `ip` in which somebody listens where something is sent to.
    pub fn listener(&self, ip: &str, to: SocketAddrV4) -> Option<SandboxId> {
        self.with_address(ip).find(|(_, sandbox)| sandbox.system.listens(to)).map(|(id, _)| id)
    }

    /// The sandbox that takes what is sent within the network of one: itself, or another in the network of its node.
    pub fn listener_beside(&self, id: SandboxId, to: SocketAddrV4) -> SandboxId {
        let shared = self.sandboxes.get(&id).filter(|sandbox| sandbox.system.shares_network());
        shared.filter(|own| !own.system.listens(to)).and_then(|own| self.listener(&own.ip, to)).unwrap_or(id)
    }

    /// A sandbox that is about to run, and the volumes. In the network of its node it learns where others listen.
    fn enter(&mut self, id: SandboxId) -> Option<(&mut Sandbox, &mut Volumes)> {
        let shared = self.sandboxes.get(&id).filter(|sandbox| sandbox.system.shares_network());
        let others = shared.map(|own| {
            let others = self.with_address(&own.ip).filter(|(other, _)| *other != id);
            others.flat_map(|(_, sandbox)| sandbox.system.sockets()).chain(MACHINE_SOCKETS).collect()
        });
        let sandbox = self.sandboxes.get_mut(&id)?;
        if let Some(others) = others {
            sandbox.system.set_neighbours(others);
        }
        Some((sandbox, &mut self.volumes))
    }

    /// Whether a sandbox has the address, up or not.
    pub fn has_address(&self, ip: &str) -> bool {
        self.by_ip.contains_key(ip)
    }

    /// Removes a sandbox with everything in it.
    pub fn remove(&mut self, id: SandboxId) {
        if let Some(sandbox) = self.sandboxes.remove(&id) {
            self.by_ip.remove(&sandbox.ip);
            self.volumes.remove(sandbox.shared_memory);
        }
    }
}

/// A sandbox's `/dev/shm` (containerd, `defaultShmSize`).
fn shared_memory() -> Volume {
    Volume { tree: Tree::new(Meta::root(0o1777)), medium: Medium::Memory, capacity: Some(64 << 20) }
}

fn system(hostname: &str, ip: &str, node: NodeIndex) -> System {
    let mut system = System::new(hostname);
    if ip.parse() == Ok(node.address()) {
        system.share_network();
    }
    system.set_addresses(vec![ip.to_owned()]);
    system
}
