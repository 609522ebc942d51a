//! The machines: what they are made of, what is wrong with them, and how they appear as Node objects and leases. Knows nothing of
//! Pods; what becomes of those when a machine fails is up to the controllers and the kubelet.

mod register;

use super::cluster::{NodeIndex, NodeSpec};
use crate::kube::{SimTime, WallClock};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a kubelet renews its lease, milliseconds.
pub const LEASE_PERIOD: u64 = 10_000;

/// The version of Kubernetes that kubelets and API server say they are.
pub const VERSION: &str = "v1.36.2";

/// Disk of every machine, bytes.
pub const DISK: u64 = crate::os::MACHINE_DISK;

/// What a machine can run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scarce {
    /// Its memory.
    Memory,
    /// Its disk.
    Disk,
}

/// What becomes of a machine that goes down in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterHalt {
    /// It starts again.
    ComesBack,
    /// It stays off.
    StaysOff,
}

/// A file in a node's manifest folder that is no static Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The file's path.
    pub path: String,
    /// What the kubelet says of it.
    pub why: String,
    /// When it was read first.
    pub from: SimTime,
    /// When it was changed or removed; none while it lies there.
    pub until: Option<SimTime>,
}

/// What works on a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// What it is made of.
    pub spec: NodeSpec,
    /// Its address.
    pub address: String,
    /// Whether it has power.
    pub powered: bool,
    /// What it was told if it is going down in good order.
    pub going_down: Option<AfterHalt>,
    /// Whether its kubelet's process runs.
    pub kubelet_runs: bool,
    /// When its kubelet was started (true) and stopped.
    pub kubelet_log: Vec<(SimTime, bool)>,
    /// When its kubelet would not start, and why: its configuration file is wrong.
    pub refusals: Vec<(SimTime, String)>,
    /// Static Pods' manifests that its kubelet could not use.
    pub unusable: Vec<Unusable>,
    /// Its clock.
    pub wall: WallClock,
    /// Whether it reaches the API server and the other nodes.
    pub connected: bool,
    /// Bytes that something outside of Pods takes.
    pub taken: BTreeMap<Scarce, u64>,
    /// What its kubelet found scarce; the node's status says so once it is written.
    pub scarce: BTreeSet<Scarce>,
    /// The boot id since the last reboot.
    pub boot: Option<String>,
    /// When the lease was renewed last, as far as that is over; see [`Machine::last_renewal`].
    pub silent_since: Option<SimTime>,
    /// Where in the ten-second rhythm of renewals this machine stands, milliseconds.
    phase: u64,
}

impl Machine {
    /// Starts or stops the kubelet's process.
    pub fn run_kubelet(&mut self, runs: bool, now: SimTime) {
        self.kubelet_runs = runs;
        self.kubelet_log.push((now, runs));
    }

    /// Whether the API server hears from this machine's kubelet.
    pub fn is_heard(&self) -> bool {
        self.powered && self.kubelet_runs && self.connected
    }

    /// When the kubelet renews its lease and looks at its machine next.
    pub fn next_renewal(&self, now: SimTime) -> SimTime {
        self.last_renewal(now).plus(LEASE_PERIOD)
    }

    /// When the lease was last renewed, seen from `now`.
    pub fn last_renewal(&self, now: SimTime) -> SimTime {
        let until = self.silent_since.map_or(now, |silent| silent.min(now));
        SimTime(
            (until.0 + LEASE_PERIOD - self.phase) / LEASE_PERIOD * LEASE_PERIOD + self.phase - LEASE_PERIOD,
        )
        .max(SimTime(0))
    }
}

/// How the image registry answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registry {
    /// As always.
    #[default]
    Up,
    /// Taking this many times as long.
    Slow(u32),
    /// Not at all.
    Down,
}

/// All machines, by node name.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    /// The image registry they pull from.
    pub registry: Registry,
    /// By the nodes' numbers.
    all: Vec<Machine>,
    /// Those numbers by name.
    numbers: BTreeMap<Arc<str>, usize>,
}

impl Machines {
    /// Puts up a machine.
    pub fn add(&mut self, spec: &NodeSpec) {
        let n = self.all.len() as u64;
        let machine = Machine {
            spec: spec.clone(),
            address: NodeIndex(n as u32).address().to_string(),
            powered: true,
            going_down: None,
            refusals: Vec::new(),
            unusable: Vec::new(),
            kubelet_runs: true,
            kubelet_log: vec![(SimTime(0), true)],
            wall: WallClock::default(),
            connected: true,
            taken: BTreeMap::new(),
            scarce: BTreeSet::new(),
            boot: None,
            silent_since: None,
            phase: (n * 1_370) % LEASE_PERIOD,
        };
        self.numbers.insert(spec.name.clone(), self.all.len());
        self.all.push(machine);
    }

    /// The machine of the node with this number.
    pub fn at(&self, index: NodeIndex) -> Option<&Machine> {
        self.all.get(index.0 as usize)
    }

    /// The machine of a node.
    pub fn get(&self, node: &str) -> Option<&Machine> {
        self.all.get(*self.numbers.get(node)?)
    }

    /// The machine of a node, to change.
    pub fn get_mut(&mut self, node: &str) -> Option<&mut Machine> {
        self.all.get_mut(*self.numbers.get(node)?)
    }

    /// Every machine, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Machine)> {
        self.numbers.iter().map(|(name, number)| (name, &self.all[*number]))
    }
}
