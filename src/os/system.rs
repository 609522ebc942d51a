//! The kernel: containers, processes, descriptors, time. Everything a Pod's processes do happens in [`System::run`].
//! Knows nothing of Kubernetes; what leaves the box becomes a [`Notice`].

mod io;
mod load;
mod procfs;
mod run;
mod serve;
mod signals;
mod sockets;
mod spawn;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddrV4;

use super::cell::{Cell, CellId, CellSpec, Span};
use super::descriptor::{Capture, Chunk, OpenFile, Pipe, Stream};
use super::fs::Files;
use super::net::{HttpResponse, Reply, Request, RequestId, ServeId};
use super::process::{Pid, ProcKey, Process, ProcessInfo};
use super::rights::Rights;
use super::signal::Signal;
use super::volume::Volumes;
use crate::kube::{SimTime, WallClock};

pub(super) use run::Step;
pub use spawn::{ARGUMENT_MAX, DEFAULT_PATH, Spawn, StartError, Stdin};
pub(super) use spawn::{Child, Executable, locate, set_variable};

/// The release of the kernel everything runs on.
pub const KERNEL: &str = "6.18.44";
/// Memory of the machine unless the host says otherwise, in bytes: a process that takes more is killed. A machine of 24 GiB, less what
/// its kernel keeps for itself (the recordings' 24684092Ki).
pub const MACHINE_MEMORY: u64 = 24_684_092 * 1024;
/// Disk of the machine in bytes (the recordings' 264212084Ki): no file is larger.
pub const MACHINE_DISK: u64 = 264_212_084 * 1024;
/// Processes of one system at most; fork(2) fails with EAGAIN beyond.
pub const MAX_PROCESSES: usize = 512;

/// Something the host should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A process the host started has ended.
    Exited {
        /// When.
        at: SimTime,
        /// Its container.
        cell: CellId,
        /// Its number.
        pid: Pid,
        /// Exit code, 128 + n after signal n.
        code: i32,
        /// The signal that ended it.
        signal: Option<Signal>,
        /// Ended by the OOM killer.
        oom: bool,
        /// It was the container's first process.
        main: bool,
    },
    /// A process ran into the memory limit and was killed, but the container lives on.
    OomKilled {
        /// When.
        at: SimTime,
        /// Its container.
        cell: CellId,
        /// Its number.
        pid: Pid,
        /// Its command name.
        command: String,
    },
    /// A process asks the host; answer with [`System::answer`].
    Request {
        /// Names the question.
        id: RequestId,
        /// Its container.
        cell: CellId,
        /// Its number.
        pid: Pid,
        /// The question.
        request: Request,
    },
    /// A server's answer to [`System::serve_http`] that was not ready at once.
    Served {
        /// Names the request.
        id: ServeId,
        /// The answer; none if the server closed the connection or ended.
        response: Option<HttpResponse>,
    },
}

/// Which requests to a machine's own addresses go to the host, unless somebody inside listens.
#[derive(Clone, Debug)]
enum Beyond {
    /// Those to these ports.
    Ports(BTreeSet<u16>),
    /// All.
    All,
}

/// A small machine: one per Pod sandbox, node shell or learner's session.
#[derive(Clone, Debug)]
pub struct System {
    pub(super) hostname: String,
    pub(super) addresses: Vec<String>,
    pub(super) machine_memory: u64,
    pub(super) clock: SimTime,
    /// What programs are told when they ask for the time.
    pub(super) wall: WallClock,
    /// Large things stand in boxes: a map keeps room for more of them than there usually are.
    pub(super) cells: BTreeMap<CellId, Box<Cell>>,
    pub(super) procs: BTreeMap<ProcKey, Box<Process>>,
    pub(super) files: BTreeMap<u32, OpenFile>,
    pub(super) pipes: BTreeMap<u32, Pipe>,
    pub(super) captures: BTreeMap<ProcKey, Box<Capture>>,
    pub(super) listeners: BTreeMap<SocketAddrV4, ProcKey>,
    /// Sockets that are taken and not yet listened to.
    pub(super) bound: BTreeSet<(SocketAddrV4, ProcKey)>,
    /// Where others in the same network listen.
    pub(super) neighbours: BTreeSet<SocketAddrV4>,
    pub(super) requests: BTreeMap<RequestId, ProcKey>,
    pub(super) next_pid: BTreeMap<u32, u32>,
    ready: VecDeque<ProcKey>,
    timers: BTreeSet<(SimTime, ProcKey)>,
    notices: Vec<Notice>,
    next_id: u64,
    next_cell: u32,
    /// Of containers that have not all of them.
    rights: BTreeMap<CellId, Rights>,
    /// Forks in the present second of the clock.
    forks: (SimTime, u32),
    /// What of the machine's own addresses is answered outside of it.
    beyond: Beyond,
}

impl System {
    /// An empty machine.
    pub fn new(hostname: &str) -> System {
        System {
            hostname: hostname.to_owned(),
            addresses: Vec::new(),
            machine_memory: MACHINE_MEMORY,
            clock: SimTime(0),
            wall: WallClock::default(),
            cells: BTreeMap::new(),
            procs: BTreeMap::new(),
            files: BTreeMap::new(),
            pipes: BTreeMap::new(),
            captures: BTreeMap::new(),
            listeners: BTreeMap::new(),
            bound: BTreeSet::new(),
            neighbours: BTreeSet::new(),
            requests: BTreeMap::new(),
            next_pid: BTreeMap::new(),
            ready: VecDeque::new(),
            timers: BTreeSet::new(),
            notices: Vec::new(),
            next_id: 0,
            next_cell: 0,
            rights: BTreeMap::new(),
            forks: (SimTime(0), 0),
            beyond: Beyond::Ports(BTreeSet::new()),
        }
    }

    /// The addresses this machine answers to besides loopback (the Pod's).
    pub fn set_addresses(&mut self, addresses: Vec<String>) {
        self.addresses = addresses;
    }

    /// Sets the clock that programs read.
    pub fn set_wall(&mut self, wall: WallClock) {
        self.wall = wall;
    }

    /// The clock that programs read.
    pub fn wall(&self) -> &WallClock {
        &self.wall
    }

    /// Bytes of memory at which even a process without a limit is killed.
    pub fn set_machine_memory(&mut self, bytes: u64) {
        self.machine_memory = bytes;
    }

    /// The host name.
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// Makes a container; nothing runs in it yet.
    pub fn add_cell(&mut self, spec: CellSpec) -> CellId {
        let id = CellId(self.next_cell);
        self.next_cell += 1;
        let namespace =
            spec.share_pids_with.and_then(|other| self.cells.get(&other)).map_or(id.0, |cell| cell.namespace);
        if spec.span == Span::Machine {
            self.next_pid.entry(namespace).or_insert(1);
        }
        let cell = Cell::new(spec, namespace, &self.hostname);
        self.cells.insert(id, Box::new(cell));
        id
    }

    /// Ends all processes of a container without a notice and forgets its files.
    pub fn remove_cell(&mut self, cell: CellId) {
        let keys: Vec<ProcKey> = self.keys_of(cell);
        for key in keys {
            self.drop_process(key);
        }
        self.captures.retain(|_, capture| !capture.ended);
        self.rights.remove(&cell);
        if let Some(gone) = self.cells.remove(&cell)
            && !self.cells.values().any(|other| other.namespace == gone.namespace)
        {
            self.next_pid.remove(&gone.namespace);
        }
    }

    /// Whether the container exists.
    pub fn has_cell(&self, cell: CellId) -> bool {
        self.cells.contains_key(&cell)
    }

    /// Changes the limits of a running container (in-place resize).
    pub fn set_limits(&mut self, cell: CellId, memory: Option<u64>, cpu: Option<u64>) {
        if let Some(cell) = self.cells.get_mut(&cell) {
            cell.memory_limit = memory;
            cell.cpu_limit = cpu;
        }
    }

    /// Says what a container's processes may do.
    pub fn set_rights(&mut self, cell: CellId, rights: Rights) {
        self.rights.insert(cell, rights);
    }

    /// Command names in this container that the host runs itself.
    pub fn set_foreign(&mut self, cell: CellId, names: &[&str]) {
        if let Some(cell) = self.cells.get_mut(&cell) {
            cell.foreign = names.iter().map(|name| (*name).to_owned()).collect();
        }
    }

    /// The files of a container, as root sees them.
    pub fn files<'a>(
        &'a mut self,
        now: SimTime,
        cell: CellId,
        volumes: &'a mut Volumes,
    ) -> Option<Files<'a>> {
        let proc = None;
        let cell = self.cells.get_mut(&cell)?;
        Some(Files {
            cell,
            volumes,
            user: std::sync::Arc::default(),
            cwd: "/".to_owned(),
            now,
            proc,
            umask: 0o022,
        })
    }

    /// What is at a path among a container's own files (mounts and links are not followed).
    pub fn node(&self, cell: CellId, path: &str) -> Option<&super::tree::Node> {
        let cell = self.cells.get(&cell)?;
        cell.root.get(path.split('/').filter(|part| !part.is_empty() && *part != ".")).map(AsRef::as_ref)
    }

    /// Bytes the container's processes wrote outside the mounts and the image (its writable layer) are not told apart from the
    /// image; this is the size of all its own files.
    pub fn disk_usage(&self, cell: CellId) -> u64 {
        self.cells.get(&cell).map_or(0, |cell| cell.root.usage())
    }

    /// Output of a process the host started since the last call, in order.
    pub fn drain_output(&mut self, cell: CellId, pid: Pid) -> Vec<Chunk> {
        let Some(key) = self.key(cell, pid) else { return Vec::new() };
        let Some(capture) = self.captures.get_mut(&key) else { return Vec::new() };
        capture.held = 0;
        let chunks = std::mem::take(&mut capture.chunks).into();
        if capture.ended && !self.procs.contains_key(&key) && !self.writers_of(key) {
            self.captures.remove(&key);
        }
        chunks
    }

    /// Output so far, without taking it.
    pub fn output(&self, cell: CellId, pid: Pid) -> impl Iterator<Item = &Chunk> {
        self.key(cell, pid)
            .and_then(|key| self.captures.get(&key))
            .into_iter()
            .flat_map(|capture| &capture.chunks)
    }

    /// Feeds the standard input of a process started with [`Stdin::Open`].
    pub fn write_stdin(&mut self, cell: CellId, pid: Pid, bytes: &[u8]) {
        let Some(key) = self.key(cell, pid) else { return };
        if let Some(capture) = self.captures.get_mut(&key)
            && capture.input_open
        {
            capture.input.extend(bytes);
        }
        self.wake_input(key);
    }

    /// Ends the standard input of a process.
    pub fn close_stdin(&mut self, cell: CellId, pid: Pid) {
        let Some(key) = self.key(cell, pid) else { return };
        if let Some(capture) = self.captures.get_mut(&key) {
            capture.input_open = false;
        }
        self.wake_input(key);
    }

    /// Opens standard input of a process again, for an end typed at a terminal is no end for good; what nothing has read of it so far.
    pub fn renew_stdin(&mut self, cell: CellId, pid: Pid) -> Vec<u8> {
        let Some(capture) = self.key(cell, pid).and_then(|key| self.captures.get_mut(&key)) else {
            return Vec::new();
        };
        capture.input_open = true;
        std::mem::take(&mut capture.input).into()
    }

    /// Shows on the terminal of a process what its host writes there, such as a line that was typed.
    pub fn echo(&mut self, now: SimTime, cell: CellId, pid: Pid, text: &str) {
        if let Some(capture) = self.key(cell, pid).and_then(|key| self.captures.get_mut(&key)) {
            capture.push(now, Stream::Out, text.as_bytes());
        }
    }

    /// Whether a program of this system waits for the standard input of a process; commands that the host runs do not count.
    pub fn wants_input(&self, cell: CellId, pid: Pid) -> bool {
        let capture = self.key(cell, pid).and_then(|key| self.captures.get(&key));
        capture.into_iter().flat_map(|capture| &capture.waiting).any(|key| {
            let program = self.procs.get(key).map(|process| &process.program);
            program.is_some_and(|program| !matches!(program, super::program::Program::Foreign(_)))
        })
    }

    /// Ports of the loopback address at which the host answers, besides the servers inside.
    pub fn set_host_ports(&mut self, ports: BTreeSet<u16>) {
        self.beyond = Beyond::Ports(ports);
    }

    fn wake_input(&mut self, key: ProcKey) {
        let waiting = self.captures.get_mut(&key).map(|capture| std::mem::take(&mut capture.waiting));
        for reader in waiting.into_iter().flatten() {
            self.wake(reader);
        }
    }

    /// Answers a question; the process goes on at the next [`System::run`].
    pub fn answer(&mut self, now: SimTime, id: RequestId, reply: Reply) {
        self.clock = self.clock.max(now);
        let Some(key) = self.requests.remove(&id) else { return };
        if let Some(process) = self.procs.get_mut(&key) {
            process.replies.push((id, reply));
        }
        self.wake(key);
    }

    /// Whether a question still waits for its answer.
    pub fn is_waiting(&self, id: RequestId) -> bool {
        self.requests.contains_key(&id)
    }

    /// The running processes of a container.
    pub fn processes(&self, cell: CellId, now: SimTime) -> Vec<ProcessInfo> {
        self.keys_of(cell).into_iter().filter_map(|key| self.info(key, now)).collect()
    }

    pub(super) fn info(&self, key: ProcKey, now: SimTime) -> Option<ProcessInfo> {
        let process = self.procs.get(&key)?;
        Some(ProcessInfo {
            pid: Pid(key.pid),
            parent: Pid(process.parent),
            cell: process.cell,
            uid: process.user.uid,
            command: process.command_line(),
            memory: process.load.memory_at(now),
            started: process.started,
        })
    }

    /// The first process of a container, while it runs.
    pub fn main_process(&self, cell: CellId) -> Option<Pid> {
        self.procs
            .iter()
            .find(|(_, process)| process.main && process.cell == cell)
            .map(|(key, _)| Pid(key.pid))
    }

    pub(super) fn key(&self, cell: CellId, pid: Pid) -> Option<ProcKey> {
        Some(ProcKey { namespace: self.cells.get(&cell)?.namespace, pid: pid.0 })
    }

    pub(super) fn keys_of(&self, cell: CellId) -> Vec<ProcKey> {
        let Some(namespace) = self.cells.get(&cell).map(|cell| cell.namespace) else { return Vec::new() };
        let range = ProcKey { namespace, pid: 0 }..=ProcKey { namespace, pid: u32::MAX };
        self.procs.range(range).filter(|(_, process)| process.cell == cell).map(|(key, _)| *key).collect()
    }

    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
