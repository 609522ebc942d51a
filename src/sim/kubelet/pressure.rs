//! Node-pressure eviction: the kubelet measures its machine every ten seconds, reports what is scarce and ends one Pod at a time until
//! enough is free again (`pkg/kubelet/eviction/eviction_manager.go`). Rounds take place only while something may be scarce; a quiet
//! machine costs nothing. Knows no limits of single Pods; those are in `eviction`.

mod rank;

use std::fmt::Write as _;

use super::desk::Desk;
use super::eviction::{PHASE, ROUND};
use super::worker::{Mode, Worker};
use super::{Due, Kubelet};
use crate::kube::SimTime;
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context};
use crate::sim::events::EventType;
use crate::sim::nodes::{DISK, Scarce};
use crate::sim::runtime::SandboxId;

/// Memory that must stay available, bytes (`memory.available<100Mi`).
const MEMORY_THRESHOLD: u64 = 100 << 20;
/// Disk that must stay available: a twentieth (the recordings' `nodefs.available<5%`).
const DISK_THRESHOLD: u64 = DISK / 20;
/// What a fault leaves of each, bytes: clearly under the thresholds.
const LEFT: (u64, u64) = (64 << 20, DISK / 25);
/// How long a condition stays after it was last found, milliseconds (evictionPressureTransitionPeriod).
const TRANSITION: u64 = 300_000;
/// How long a round waits for the Pod evicted before to be gone, milliseconds (podCleanupTimeout), and how often it looks.
const CLEANUP: (u64, u64) = (30_000, 1_000);

/// What the eviction manager remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct Pressure {
    /// The round on the agenda.
    round_at: Option<SimTime>,
    /// When each resource was last found scarce.
    found: [Option<SimTime>; 2],
    /// The Pod evicted last, while it is not gone, and since when.
    leaving: Option<(u64, SimTime)>,
}

/// What a round measures of one resource, bytes.
#[derive(Clone, Copy, Debug)]
struct Signal {
    what: Scarce,
    available: u64,
    threshold: u64,
}

impl Signal {
    fn is_met(self) -> bool {
        self.available < self.threshold
    }
}

impl Kubelet {
    /// Something outside of Pods takes nearly all there is of a resource.
    pub fn starve(&mut self, what: Scarce, because: CauseId, context: &mut Context) {
        let (left, whole) = match what {
            Scarce::Memory => (LEFT.0, self.machine.spec.memory),
            Scarce::Disk => (LEFT.1, DISK),
        };
        let taken = whole.saturating_sub(self.used(what, context) + left);
        if let Some(machine) = context.machines.get_mut(&self.machine.spec.name) {
            machine.taken.insert(what, taken);
        }
        self.ask_for_round(because, context);
    }

    /// Has a round take place, unless one is due anyway.
    fn ask_for_round(&mut self, because: CauseId, context: &mut Context) {
        let next = (context.now.0 + ROUND - PHASE) / ROUND * ROUND + PHASE;
        self.round_in(next - context.now.0, because, context);
    }

    fn round_in(&mut self, wait: u64, because: CauseId, context: &mut Context) {
        if self.machine.pressure.round_at.is_none() {
            let at = context.now.plus(wait);
            self.machine.pressure.round_at = Some(at);
            context.agenda.push(at, cluster::Due::Kubelet(self.machine.index, Due::Pressure(because)));
        }
    }

    /// A Pod's processes have run: if they hold much of the machine's memory, its sum is worth a look.
    pub(super) fn weigh(&mut self, sandbox: SandboxId, serial: u64, context: &mut Context) {
        let much = self.machine.spec.memory / 16;
        let heavy = context.runtime.get(sandbox).is_some_and(|s| s.system.is_heavy(much));
        if heavy && let Some(worker) = self.workers.get(&serial) {
            self.ask_for_round(worker.because, context);
        }
    }

    /// Bytes the node's Pods use of a resource.
    fn used(&self, what: Scarce, context: &Context) -> u64 {
        let workers = self.workers.values().filter(|worker| worker.mode != Mode::Finished);
        workers
            .map(|worker| rank::usage(worker, what, context).iter().map(|(_, bytes)| bytes).sum::<u64>())
            .sum()
    }

    /// One round of the eviction manager.
    pub(super) fn look_for_pressure(&mut self, because: CauseId, context: &mut Context) {
        self.machine.pressure.round_at = None;
        if let Some((serial, since)) = self.machine.pressure.leaving {
            let gone = self.workers.get(&serial).is_none_or(|worker| worker.mode == Mode::Finished);
            if !gone && context.now.since(since) < CLEANUP.0 {
                return self.round_in(CLEANUP.1, because, context);
            }
            self.machine.pressure.leaving = None;
        }
        let signals = self.measure(context);
        let met = signals.into_iter().find(|signal| signal.is_met());
        for signal in signals.into_iter().filter(|signal| signal.is_met()) {
            self.machine.pressure.found[signal.what as usize] = Some(context.now);
        }
        let lasting = self.report_pressure(because, context);
        if let Some(signal) = met
            && self.reclaim(signal, because, context)
        {
            return self.round_in(CLEANUP.1, because, context);
        }
        let name = &self.machine.spec.name;
        let starved = context.machines.get(name).is_some_and(|machine| !machine.taken.is_empty());
        let half = self.machine.spec.memory / 2;
        if lasting || starved || self.used(Scarce::Memory, context) > half {
            self.ask_for_round(because, context);
        }
    }

    fn measure(&self, context: &Context) -> [Signal; 2] {
        let machine = context.machines.get(&self.machine.spec.name);
        [(Scarce::Memory, self.machine.spec.memory, MEMORY_THRESHOLD), (Scarce::Disk, DISK, DISK_THRESHOLD)]
            .map(|(what, whole, threshold)| {
                let others = machine.and_then(|m| m.taken.get(&what)).copied().unwrap_or_default();
                let used = self.used(what, context).saturating_add(others);
                Signal { what, available: whole.saturating_sub(used), threshold }
            })
    }

    /// Notes which resources are or were lately scarce; the node's status says so when it is written next. Whether any is.
    fn report_pressure(&mut self, because: CauseId, context: &mut Context) -> bool {
        let (now, found) = (context.now, self.machine.pressure.found);
        let name = self.machine.spec.name.clone();
        let Some(machine) = context.machines.get_mut(&name) else { return false };
        let mut news = Vec::new();
        for what in [Scarce::Memory, Scarce::Disk] {
            let scarce = found[what as usize].is_some_and(|at| now.since(at) < TRANSITION);
            if scarce != machine.scarce.contains(&what) {
                news.push(match (what, scarce) {
                    (Scarce::Memory, true) => "runs out of memory",
                    (Scarce::Memory, false) => "has had enough memory for five minutes",
                    (Scarce::Disk, true) => "runs out of disk",
                    (Scarce::Disk, false) => "has had enough disk for five minutes",
                });
                if scarce {
                    machine.scarce.insert(what)
                } else {
                    machine.scarce.remove(&what)
                };
            }
        }
        let (lasting, next) = (!machine.scarce.is_empty(), machine.next_renewal(now));
        if !news.is_empty() {
            let text = format!("the kubelet of {name} found that its machine {}", news.join(" and "));
            let cause = context.because(Some(because), "qos-eviction", text);
            let due = cluster::Due::Kubelet(self.machine.index, Due::NodeStatus(cause));
            context.agenda.push(next, due);
        }
        lasting
    }

    /// Ends the Pod that comes first; whether there was one.
    fn reclaim(&mut self, signal: Signal, because: CauseId, context: &mut Context) -> bool {
        let word = rank::resource(signal.what);
        let message = format!("Attempting to reclaim {word}");
        self.say(EventType::Warning, "EvictionThresholdMet", message, because, context);
        let Some((serial, message)) = self.first_to_go(signal, context) else { return false };
        let mut desk = Desk { machine: &mut self.machine, ctx: context };
        let Some(worker) = self.workers.get_mut(&serial) else { return false };
        worker.story.origin = because;
        worker.disrupt(&message, &desk);
        worker.evict(message, &mut desk);
        self.machine.pressure.leaving = Some((serial, context.now));
        true
    }

    fn first_to_go(&self, signal: Signal, context: &Context) -> Option<(u64, String)> {
        let candidates = self.workers.values().filter(|worker| may_go(worker));
        let first = candidates.min_by_key(|worker| rank::order(worker, signal.what, context))?;
        Some((first.serial, message(first, signal, context)))
    }
}

/// Critical Pods are never evicted, nor those that go anyway.
fn may_go(worker: &Worker) -> bool {
    worker.mode == Mode::Syncing && worker.verdict.is_none() && !worker.is_critical()
}

fn message(worker: &Worker, signal: Signal, context: &Context) -> String {
    let word = rank::resource(signal.what);
    let threshold = match signal.what {
        Scarce::Memory => "100Mi".to_owned(),
        Scarce::Disk => signal.threshold.to_string(),
    };
    let mut text = format!(
        "The node was low on resource: {word}. Threshold quantity: {threshold}, available: {}Ki. ",
        signal.available / 1024
    );
    for (container, used, request) in rank::above_request(worker, signal.what, context) {
        let _ = write!(
            text,
            "Container {container} was using {}Ki, request is {request}, has larger consumption of {word}. ",
            used.div_ceil(4096) * 4
        );
    }
    text
}

#[cfg(test)]
mod tests;
