//! Graceful node shutdown (`pkg/kubelet/nodeshutdown`): a machine that goes down in good order waits for its kubelet, which ends the
//! Pods of the lowest priority first and the critical ones last. Off unless the kubelet's configuration grants time for it. Does not
//! know how the machine goes down and whether it comes back.

use super::desk::Desk;
use super::spec;
use super::worker::{Mode, Verdict, Worker};
use super::{Due, Kubelet};
use crate::kube::SimTime;
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context};
use crate::sim::events::EventType;
use std::sync::Arc;

/// What a Pod is told that ends with its machine.
const MESSAGE: &str = "Pod was terminated in response to imminent node shutdown.";
/// The priority from which on a Pod is critical.
const SYSTEM_CRITICAL: i32 = 2_000_000_000;
/// How often it is looked whether a band of Pods has ended, milliseconds.
const LOOK: u64 = 100;

/// The time the kubelet's configuration grants its Pods when the machine goes down, by their priority; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShutdownGrace(Vec<Band>);

/// The Pods from this priority on, up to that of the next band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The lowest priority.
    pub priority: i32,
    /// Milliseconds for all of them together.
    pub grace: u64,
}

impl ShutdownGrace {
    /// Bands in any order.
    pub fn new(mut bands: Vec<Band>) -> ShutdownGrace {
        bands.sort_by_key(|band| band.priority);
        ShutdownGrace(bands)
    }

    /// `whole` milliseconds, the last `critical` of which are for critical Pods.
    pub fn with_critical(whole: u64, critical: u64) -> ShutdownGrace {
        if whole == 0 {
            return ShutdownGrace::default();
        }
        let ordinary = Band { priority: 0, grace: whole.saturating_sub(critical) };
        ShutdownGrace(vec![ordinary, Band { priority: SYSTEM_CRITICAL, grace: critical }])
    }

    /// The band of a Pod: the highest it reaches, or the lowest there is.
    fn band_of(&self, priority: i32) -> usize {
        self.0.iter().rposition(|band| band.priority <= priority).unwrap_or(0)
    }
}

/// A shutdown under way.
#[derive(Clone, Copy, Debug)]
struct Shutdown {
    /// Which band is being ended.
    band: usize,
    until: SimTime,
    because: CauseId,
}

/// The shutdown manager.
#[derive(Clone, Debug, Default)]
pub(super) struct Manager {
    grace: ShutdownGrace,
    under_way: Option<Shutdown>,
}

impl Manager {
    /// Whether a Pod is one of a band.
    fn has(&self, band: usize, worker: &Worker) -> bool {
        !worker.is_static() && self.grace.band_of(worker.pod.spec.priority.unwrap_or(0)) == band
    }

    /// The machine is up again.
    pub fn forget(&mut self) {
        self.under_way = None;
    }
}

impl Kubelet {
    /// What the kubelet read of its configuration when it started.
    pub fn configure(&mut self, grace: ShutdownGrace) {
        self.shutdown.grace = grace;
    }

    /// The machine is to go down. Whether it has to wait for the Pods: if so, [`cluster::Due::Halt`] follows.
    pub fn shut_down(&mut self, because: CauseId, context: &mut Context) -> bool {
        if self.shutdown.under_way.is_some() {
            return true;
        }
        if self.shutdown.grace.0.is_empty() {
            return false;
        }
        let name = self.machine.spec.name.clone();
        let told = "Shutdown manager detected shutdown event".to_owned();
        self.say(EventType::Normal, "NodeShutdown", told, because, context);
        context.post_node_status(&name, because);
        self.end_band(0, because, context);
        true
    }

    /// Ends all Pods of a band at once, with the band's time at most.
    fn end_band(&mut self, band: usize, because: CauseId, context: &mut Context) {
        let time = self.shutdown.grace.0.get(band).map_or(0, |band| band.grace);
        for worker in self.workers.values_mut() {
            let due = self.shutdown.has(band, worker);
            if due && worker.mode == Mode::Syncing && worker.verdict.is_none() {
                let mut desk = Desk { machine: &mut self.machine, ctx: context };
                worker.shut_down(time / 1000, because, &mut desk);
            }
        }
        let until = context.now.plus(time);
        self.shutdown.under_way = Some(Shutdown { band, until, because });
        self.look_again(context);
    }

    fn look_again(&self, context: &mut Context) {
        let due = cluster::Due::Kubelet(self.machine.index, Due::Shutdown);
        context.agenda.push(context.now.plus(LOOK), due);
    }

    /// Goes on to the next band once this one has ended or its time is over.
    pub(super) fn go_on_down(&mut self, context: &mut Context) {
        let Some(Shutdown { band, until, because }) = self.shutdown.under_way else { return };
        let runs = |worker: &Worker| self.shutdown.has(band, worker) && worker.mode < Mode::Terminated;
        if context.now < until && self.workers.values().any(runs) {
            return self.look_again(context);
        }
        if band + 1 < self.shutdown.grace.0.len() {
            return self.end_band(band + 1, because, context);
        }
        let halt = cluster::Due::Halt(self.machine.index, because);
        // What was found of the last Pods is still being written.
        context.agenda.push(context.now.plus(LOOK), halt);
    }
}

impl Worker {
    /// Ends the Pod with its machine: it gets its own grace period, but not more than these seconds.
    fn shut_down(&mut self, seconds: u64, because: CauseId, desk: &mut Desk) {
        self.story.origin = because;
        let node = Arc::clone(&desk.machine.spec.name);
        let told = format!("the kubelet ends Pod {} because {node} is shut down", self.key.name);
        self.tell_failure("disruption", told, desk);
        self.disrupt(MESSAGE, desk);
        let verdict = Verdict { reason: "Terminated", message: MESSAGE.into() };
        self.end_with(verdict, spec::grace(&self.pod).min(seconds), desk);
    }
}

#[cfg(test)]
mod tests;
