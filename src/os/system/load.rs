//! Memory and CPU: who uses how much, and the OOM killer.

use super::super::cell::{CellId, OomRule};
use super::super::process::{Load, Pid, ProcKey, Status};
use super::super::signal::Signal;
use super::super::volume::{Medium, Volumes};
use super::{Notice, System};
use crate::kube::SimTime;

impl System {
    /// Bytes in use by the processes of a container.
    pub fn memory(&self, cell: CellId, now: SimTime) -> u64 {
        self.keys_of(cell).iter().map(|key| self.procs[key].load.memory_at(now)).sum()
    }

    /// Whether any process holds this many bytes, or takes more and more.
    pub fn is_heavy(&self, bytes: u64) -> bool {
        self.procs.values().any(|process| process.load.growth > 0 || process.load.memory >= bytes)
    }

    /// Milliseconds of CPU time used by a container since it was made.
    pub fn cpu_time(&self, cell: CellId, now: SimTime) -> u64 {
        let Some(used) = self.cells.get(&cell).map(|cell| cell.cpu_used) else { return 0 };
        used + self
            .keys_of(cell)
            .iter()
            .map(|key| self.running_cpu(&self.procs[key].load, cell, now))
            .sum::<u64>()
    }

    fn running_cpu(&self, load: &Load, cell: CellId, now: SimTime) -> u64 {
        let limit = self.cells.get(&cell).and_then(|cell| cell.cpu_limit).unwrap_or(u64::MAX);
        now.since(load.since) * load.cpu.min(limit) / 1000
    }

    /// How often the OOM killer struck in a container.
    pub fn oom_kills(&self, cell: CellId) -> u32 {
        self.cells.get(&cell).map_or(0, |cell| cell.oom_kills)
    }

    /// Changes what a process takes, from now on.
    pub(in super::super) fn set_load(&mut self, key: ProcKey, change: impl FnOnce(&mut Load)) {
        let clock = self.clock;
        let Some(process) = self.procs.get(&key) else { return };
        let (cell, old) = (process.cell, process.load);
        let spent = self.running_cpu(&old, cell, clock);
        if let Some(cell) = self.cells.get_mut(&cell) {
            cell.cpu_used += spent;
        }
        if let Some(process) = self.procs.get_mut(&key) {
            process.load.memory = old.memory_at(clock);
            process.load.since = clock;
            change(&mut process.load);
        }
    }

    /// Bytes a process may still take before its container (or the machine) is out of memory.
    pub(in super::super) fn headroom(&self, key: ProcKey, volumes: &Volumes) -> u64 {
        let Some(process) = self.procs.get(&key) else { return 0 };
        let used = self.memory(process.cell, self.clock) + self.memory_volumes(process.cell, volumes);
        self.limit_of(process.cell).saturating_sub(used)
    }

    fn limit_of(&self, cell: CellId) -> u64 {
        self.cells
            .get(&cell)
            .and_then(|cell| cell.memory_limit)
            .unwrap_or(self.machine_memory)
            .min(self.machine_memory)
    }

    /// Bytes in the memory-backed volumes a container mounts.
    fn memory_volumes(&self, cell: CellId, volumes: &Volumes) -> u64 {
        let mounts = self.cells.get(&cell).into_iter().flat_map(|cell| &cell.mounts);
        let in_memory = mounts
            .filter_map(|mount| volumes.get(mount.volume))
            .filter(|volume| volume.medium == Medium::Memory);
        in_memory.map(|volume| volume.tree.usage()).sum()
    }

    /// Kills if a container uses more than its limit. The process that grew is the one to go under [`OomRule::Process`].
    pub(in super::super) fn check_memory(&mut self, cell: CellId, volumes: &Volumes) {
        let limit = self.limit_of(cell);
        if self.memory(cell, self.clock) + self.memory_volumes(cell, volumes) <= limit {
            return;
        }
        let clock = self.clock;
        let Some(victim) =
            self.keys_of(cell).into_iter().max_by_key(|key| (self.procs[key].load.memory_at(clock), key.pid))
        else {
            return;
        };
        let Some(container) = self.cells.get_mut(&cell) else { return };
        container.oom_kills += 1;
        let rule = container.oom;
        let main = self.keys_of(cell).into_iter().find(|key| self.procs[key].main);
        let (victim, whole) = match (rule, main) {
            (OomRule::Container, Some(main)) => (main, true),
            _ => (victim, false),
        };
        if !whole && Some(victim) != main {
            let command = self.procs[&victim].comm.to_string();
            self.notice(Notice::OomKilled { at: clock, cell, pid: Pid(victim.pid), command });
        }
        self.end(victim, Status::Signal(Signal::KILL), true);
    }
}
