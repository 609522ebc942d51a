//! Making and removing what a Pod runs in: addresses, sandboxes, container instances.

use super::config::Prepared;
use super::desk::Desk;
use super::etc;
use super::names;
use super::spec::{self, Target};
use super::worker::Worker;
use crate::kube::Pod;
use crate::kube::core::Container as Spec;
use crate::kube::quantity::Amount;
use crate::os::{CellId, CellSpec, Mount, Signal};
use crate::sim::chance;
use crate::sim::runtime::{Container, Sandbox, State};
use std::sync::Arc;

/// Where processes share memory by name.
const SHARED_MEMORY: &str = "/dev/shm";
/// How many addresses a node has for its Pods: all of its network but for the network's own, the gateway's and the one for all.
const ADDRESSES: u32 = 253;

impl Desk<'_, '_> {
    /// The next address of the node's range that no Pod has, from 2 on.
    fn address(&mut self) -> Arc<str> {
        let network = self.machine.index.pod_network();
        for _ in 0..ADDRESSES {
            let ip = format!("{network}.{}", 2 + self.machine.next_address % ADDRESSES);
            self.machine.next_address += 1;
            if !self.ctx.runtime.has_address(&ip) {
                return ip.into();
            }
        }
        format!("{network}.254").into()
    }

    /// Makes the Pod's sandbox, or makes it anew.
    pub fn make_sandbox(&mut self, worker: &mut Worker) {
        let hostname = names::hostname(&worker.pod, &self.machine.spec.name);
        let ip =
            if worker.pod.spec.host_network == Some(true) { self.machine.ip.clone() } else { self.address() };
        if let Some(id) = worker.sandbox {
            self.ctx.runtime.renew(id, ip, &hostname);
        } else {
            let place = (ip, worker.key.namespace.clone());
            worker.sandbox = Some(self.ctx.runtime.add(self.machine.index, worker.serial, place, &hostname));
        }
        let wall = self.wall();
        if let Some(sandbox) = worker.sandbox.and_then(|id| self.ctx.runtime.get_mut(id)) {
            sandbox.system.set_wall(wall);
        }
        self.machine.watched.insert(worker.serial);
    }

    /// Makes a new instance of a container.
    pub fn create_container(&mut self, worker: &mut Worker, target: Target, spec: &Spec, prepared: Prepared) {
        let Some(id) = worker.sandbox else { return };
        let seed = self.ctx.seed;
        let shared = worker.pod.spec.share_process_namespace == Some(true);
        let pause = if shared { self.ctx.runtime.pause(id, self.ctx.now) } else { None };
        let node = self.machine.spec.name.clone();
        let Some(sandbox) = self.ctx.runtime.get_mut(id) else { return };
        let attempt = sandbox.newest(&spec.name).map_or(0, |last| last.attempt + 1);
        let ephemeral_target = worker.target_of(target).and_then(|name| {
            sandbox.containers.iter().rev().find(|c| *c.name == *name && c.state.is_running()).map(|c| c.cell)
        });
        let share = ephemeral_target.or(pause);
        let mut cell = cell_spec(&prepared, share, (&node, sandbox), worker);
        let name = names::hostname(&worker.pod, &node);
        etc::keep_visible(&mut cell, &name, self.ctx.runtime);
        let Some(sandbox) = self.ctx.runtime.get_mut(id) else { return };
        let cell = sandbox.system.add_cell(cell);
        let purpose = format!("{}/{attempt}", spec.name);
        let groups = prepared.user.groups.iter().map(|group| i64::from(*group)).collect();
        sandbox.system.set_rights(cell, prepared.rights);
        sandbox.containers.push(Container {
            id: chance::hex(seed, &worker.uid, &purpose, 64),
            name: spec.name.as_str().into(),
            attempt,
            image: prepared.image.reference.to_string().into(),
            image_id: format!("{}@{}", prepared.image.reference.name(), prepared.image.digest).into(),
            spec_hash: spec::image_hash(spec),
            user: (i64::from(prepared.user.uid), i64::from(prepared.user.gid), groups),
            state: State::Created,
            seen: None,
            discarded: false,
            resources: spec.resources.clone().unwrap_or_default(),
            cell,
            pid: None,
            command: prepared.argv,
            workdir: prepared.workdir,
            stdin: (spec.stdin == Some(true), spec.tty == Some(true)),
            stop_signal: prepared.image.stop_signal.unwrap_or(Signal::TERM),
            last_words: (
                spec.termination_message_path.clone().unwrap_or_else(|| "/dev/termination-log".into()),
                spec.termination_message_policy.as_deref() == Some("FallbackToLogsOnError"),
            ),
            log: Vec::new(),
        });
    }

    /// Removes the Pod's volumes and its sandbox.
    pub fn clean_up(&mut self, worker: &mut Worker) {
        let ids: Vec<_> = worker.volumes.ids().map(|(_, id)| id).collect();
        for id in ids {
            self.ctx.runtime.remove_volume(id);
        }
    }
}

/// Bytes below which a sandbox's first process is killed for its memory: 1Mi is too little, 16Mi is enough (recordings); in between nothing was recorded.
const SMALLEST: i64 = 4 << 20;

/// Whether the memory limits of a Pod in sum, which bound its sandbox too, leave too little for it. A Pod with a container without a
/// limit has none.
pub(super) fn is_too_small(pod: &Pod) -> bool {
    let limit = |c: &Spec| Some(Amount::of(c.resources.as_ref()?.limits.as_ref()?.get("memory")?).value());
    let sum: Option<i64> = pod.spec.containers.iter().map(limit).sum();
    let largest = spec::inits(pod).iter().map(limit).try_fold(0, |most, one| one.map(|one| one.max(most)));
    sum.zip(largest).is_some_and(|(sum, largest)| sum.max(largest) < SMALLEST)
}

/// The numbers a Pod with a user namespace has on its node: 65536 of them, others for every Pod (`pkg/kubelet/userns`).
fn host_ids(serial: u64) -> (u32, u32) {
    const COUNT: u32 = 65_536;
    (COUNT * (1 + (serial % 32_000) as u32), COUNT)
}

fn cell_spec(
    prepared: &Prepared,
    share: Option<CellId>,
    (node, sandbox): (&str, &Sandbox),
    worker: &Worker,
) -> CellSpec {
    let mut mounts = prepared.mounts.clone();
    // The sandbox's shared memory, unless the Pod has something else there (containerd, `isInCRIMounts`).
    if !mounts.iter().any(|mount| mount.path.trim_end_matches('/') == SHARED_MEMORY) {
        let path = SHARED_MEMORY.to_owned();
        mounts.push(Mount { path, volume: sandbox.shared_memory, sub_path: String::new(), read_only: false });
    }
    CellSpec {
        root: prepared.image.root.clone(),
        mounts,
        env: prepared.env.clone(),
        workdir: prepared.workdir.clone(),
        user: prepared.user.clone(),
        read_only_root: prepared.read_only_root,
        memory_limit: prepared.memory_limit,
        cpu_limit: prepared.cpu_limit,
        hosts: names::hosts(&worker.pod, node, &sandbox.ip),
        resolv: names::resolv(&worker.pod),
        host_ids: (worker.pod.spec.host_users == Some(false)).then(|| host_ids(worker.serial)),
        share_pids_with: share,
        ..CellSpec::default()
    }
}
