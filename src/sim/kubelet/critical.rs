//! A critical Pod the node has no room for: less important ones are ended to make some
//! (`pkg/kubelet/preemption/preemption.go`, `CriticalPodAdmissionHandler`).

use super::Kubelet;
use super::admission::Shortage;
use super::desk::{Desk, PodDue, Said};
use super::spec;
use super::worker::{Mode, Verdict, Worker};
use crate::sim::cluster::Context;
use std::cmp::Reverse;

/// How often a critical Pod looks whether there is room by now, milliseconds.
const LOOK: u64 = 1_000;
/// The reason in the event and in the status.
const REASON: &str = "Preempting";

impl Kubelet {
    /// Makes room for a critical Pod that does not fit; whether it has to wait for that.
    pub(super) fn make_room(&mut self, serial: u64, context: &mut Context) -> bool {
        let Some(worker) = self.workers.get(&serial) else { return false };
        if !worker.is_critical() || worker.mode != Mode::Syncing {
            return false;
        }
        let Some(shortage) = self.machine.taken.shortage(&worker.pod, &self.machine.spec) else {
            return false;
        };
        let leaving = |worker: &Worker| {
            worker.mode < Mode::Terminated && worker.verdict.as_ref().is_some_and(|v| v.reason == REASON)
        };
        let because = worker.because;
        let mut desk = Desk { machine: &mut self.machine, ctx: context };
        if !self.workers.values().any(leaving) {
            let priority = worker.pod.spec.priority.unwrap_or_default();
            let name = worker.key.name.clone();
            let victims = victims(self.workers.values(), priority, shortage, &desk);
            if victims.is_empty() {
                return false;
            }
            for victim in victims {
                let Some(victim) = self.workers.get_mut(&victim) else { continue };
                victim.story.origin = because;
                let told =
                    format!("Pod {} is ended to make room for the critical Pod {name}", victim.key.name);
                victim.tell_failure("qos-eviction", told, &mut desk);
                victim.preempted(&mut desk);
            }
        }
        desk.later(LOOK, serial, PodDue::Start);
        true
    }
}

/// Who goes: as few as possible, those with the least promises first; none if all together are not enough.
fn victims<'a>(
    workers: impl Iterator<Item = &'a Worker>,
    priority: i32,
    mut shortage: Shortage,
    desk: &Desk,
) -> Vec<u64> {
    let lesser = |worker: &&Worker| {
        worker.mode == Mode::Syncing
            && !worker.is_static()
            && (!worker.is_critical() || worker.pod.spec.priority.unwrap_or_default() < priority)
    };
    let promised = |worker: &Worker| match worker.pod.status.qos_class.as_deref() {
        Some("BestEffort") => 0,
        Some("Burstable") => 1,
        _ => 2,
    };
    let held = |worker: &Worker| desk.machine.taken.of(worker.serial);
    let mut all: Vec<&Worker> = workers.filter(lesser).collect();
    // One that is enough by itself goes before several that are not; of those the smallest.
    all.sort_by_key(|worker| {
        let holds = held(worker);
        let enough = shortage.is_met_by(holds);
        let size = if enough { holds } else { (u64::MAX - holds.0, u64::MAX - holds.1) };
        (Reverse(enough), promised(worker), size, worker.serial)
    });
    let mut chosen = Vec::new();
    for worker in all {
        if shortage.is_over() {
            break;
        }
        if shortage.take(held(worker)) {
            chosen.push(worker.serial);
        }
    }
    if shortage.is_over() { chosen } else { Vec::new() }
}

impl Worker {
    fn preempted(&mut self, desk: &mut Desk) {
        let message = "Preempted in order to admit critical pod";
        desk.event(&self.events_pod(), Said::warning("", REASON, message), self.because);
        self.disrupt("Pod was preempted by Kubelet to accommodate a critical pod.", desk);
        let grace = spec::grace(&self.pod);
        self.end_with(Verdict { reason: REASON, message: message.into() }, grace, desk);
    }
}
