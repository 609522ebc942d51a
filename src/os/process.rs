//! One process: what the kernel keeps of it. What it does lives in [`super::program`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cell::{CellId, User};
use super::net::{Incoming, Reply, RequestId};
use super::program::Program;
use super::signal::Signal;
use crate::kube::SimTime;

/// A process number within its pid namespace; the first process of a container has 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub u32);

/// Pid namespace and number: unique within a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ProcKey {
    pub namespace: u32,
    pub pid: u32,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It said so.
    Code(i32),
    /// A signal ended it.
    Signal(Signal),
}

impl Status {
    /// The number a shell and a container runtime show: 128 + n for signal n.
    pub fn code(self) -> i32 {
        match self {
            Status::Code(code) => code & 0xff,
            Status::Signal(signal) => 128 + i32::from(signal.0),
        }
    }
}

/// What a process takes from the machine, as straight lines in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Bytes at `since`.
    pub memory: u64,
    /// Bytes gained each millisecond.
    pub growth: u64,
    /// Bytes it stops at.
    pub memory_cap: u64,
    /// Thousandths of a CPU in use.
    pub cpu: u64,
    pub since: SimTime,
}

impl Load {
    /// A program that takes `memory` bytes and no time.
    pub fn of(memory: u64) -> Load {
        Load { memory, memory_cap: u64::MAX, ..Load::default() }
    }

    /// Bytes in use at `now`.
    pub fn memory_at(&self, now: SimTime) -> u64 {
        self.memory
            .saturating_add(self.growth.saturating_mul(now.since(self.since)))
            .min(self.memory_cap.max(self.memory))
    }
}

/// How much a process ran without letting time pass; see `System::charge`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spin {
    pub at: SimTime,
    pub steps: u32,
    pub slices: u32,
    pub sliced: bool,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with its own life")]
pub(super) struct Process {
    pub parent: u32,
    pub cell: CellId,
    pub program: Program,
    pub argv: Arc<Vec<String>>,
    pub comm: Arc<str>,
    pub env: Arc<Vec<(String, String)>>,
    pub cwd: String,
    pub user: Arc<User>,
    pub umask: u16,
    pub fds: BTreeMap<u32, u32>,
    pub ignored: BTreeSet<Signal>,
    pub pending: Vec<Signal>,
    pub timer: Option<SimTime>,
    pub queued: bool,
    pub stopped: bool,
    /// Started by the host: its end is a notice.
    pub hosted: bool,
    /// The first process of its container: its end is the container's.
    pub main: bool,
    pub group: u32,
    pub started: SimTime,
    pub ended_children: Vec<(u32, Status)>,
    pub replies: Vec<(RequestId, Reply)>,
    pub inbox: Vec<Incoming>,
    pub load: Load,
    pub spin: Spin,
}

impl Process {
    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The command line as `ps` shows it.
    pub fn command_line(&self) -> String {
        self.argv.join(" ")
    }
}

/// What `ps`, `top` and `crictl` see of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Number in its namespace.
    pub pid: Pid,
    /// Parent.
    pub parent: Pid,
    /// The container.
    pub cell: CellId,
    /// User id.
    pub uid: u32,
    /// Command line.
    pub command: String,
    /// Bytes.
    pub memory: u64,
    /// Started at.
    pub started: SimTime,
}
