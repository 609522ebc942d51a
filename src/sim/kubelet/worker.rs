//! One Pod's worker: at most one sync at a time, one slot for what came meanwhile, and a cache that must be newer than the last sync
//! before the next begins (`pkg/kubelet/pod_workers.go`). This file knows when to sync; `sync` knows what a sync does.

use super::backoff::Backoff;
use super::desk::{Desk, PodDue};
use super::errands::Pending;
use super::kill::{Kill, KillOrder};
use super::probes::Probes;
use super::report::Report;
use super::resize;
use super::resources::Sums;
use super::spec;
use super::story::Story;
use super::sync::{Run, StartFailure};
use super::volumes::Volumes;
use crate::kube::core::{PodCondition, PodSpec};
use crate::kube::{Key, Pod, SimTime};
use crate::sim::cause::CauseId;
use crate::sim::runtime::SandboxId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The priority from which Pods are critical (scheduling.SystemCriticalPriority).
const CRITICAL: i32 = 2_000_000_000;

/// How many changes found by one look are told before the worker wakes up: they make one sync. What is told after that waits for the
/// sync that has begun, and for the look after it (`UpdatePod` keeps one pending update). With two it may go either way on a real node.
const MERGED: usize = 2;

/// How far the worker is in its Pod's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Keeps the Pod running.
    Syncing,
    /// Stops it.
    Terminating,
    /// Everything has stopped; the last report is due.
    Terminated,
    /// Nothing is left to do but for the API object to go.
    Finished,
}

/// What the worker is doing.
#[derive(Clone, Debug)]
pub(super) enum Activity {
    /// Nothing.
    Idle,
    /// Waiting for a look at the containers that is newer than the last sync.
    Awaiting,
    /// A sync.
    Running(Run),
}

/// Why the kubelet itself ended a Pod.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// `status.reason`.
    pub reason: &'static str,
    /// `status.message`.
    pub message: String,
}

/// Why a container's last start did not happen or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    CrashLoopBackOff,
    ErrImagePull,
    ImagePullBackOff,
    InvalidImageName,
    ErrImageNeverPull,
    CreateContainerConfigError,
    RunContainerError,
    PostStartHookError,
}

impl Reason {
    /// The word in `state.waiting.reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::CrashLoopBackOff => "CrashLoopBackOff",
            Reason::ErrImagePull => "ErrImagePull",
            Reason::ImagePullBackOff => "ImagePullBackOff",
            Reason::InvalidImageName => "InvalidImageName",
            Reason::ErrImageNeverPull => "ErrImageNeverPull",
            Reason::CreateContainerConfigError => "CreateContainerConfigError",
            Reason::RunContainerError => "RunContainerError",
            Reason::PostStartHookError => "PostStartHookError",
        }
    }
}

/// Everything the kubelet remembers about one Pod.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with its own life")]
pub(super) struct Worker {
    /// Its number, never used twice on this node.
    pub serial: u64,
    /// The Pod's UID.
    pub uid: Arc<str>,
    /// Where the API keeps it.
    pub key: Key,
    /// What is to run: what the API wants, with the resources the node has granted.
    pub pod: Pod,
    /// The spec as the API has it.
    pub wish: Arc<PodSpec>,
    /// The hash of the manifest file, for a static Pod.
    pub static_hash: Option<Arc<str>>,
    pub mode: Mode,
    pub activity: Activity,
    /// Something asked for a sync while one was running.
    pub pending: bool,
    /// What led to the next sync.
    pub because: CauseId,
    /// What led to what.
    pub story: Story,
    /// Whether a sync has ever ended.
    pub synced_once: bool,
    /// When the kubelet learned of the Pod.
    pub seen: SimTime,
    pub last_sync: SimTime,
    /// When this Pod's containers were last looked at out of turn.
    pub inspected: SimTime,
    /// When it wants to be synced again.
    pub requeue_at: SimTime,
    /// How many syncs have begun: stale reminders carry another number.
    pub run: u32,
    pub sandbox: Option<SandboxId>,
    pub sandbox_attempt: u32,
    pub reasons: BTreeMap<Arc<str>, (Reason, String)>,
    pub crashes: BTreeMap<(Arc<str>, u64), Backoff>,
    pub pulls: BTreeMap<Arc<str>, (Backoff, SimTime, String)>,
    pub volumes: Volumes,
    pub report: Report,
    pub probes: Probes,
    pub verdict: Option<Verdict>,
    /// What the Pod's containers ask for in sum.
    pub sums: Sums,
    /// Conditions only some Pods have (disruption, resize).
    pub extra_conditions: Vec<PodCondition>,
    /// What stopping the Pod was asked with.
    pub order: Option<KillOrder>,
    pub kills: Vec<Kill>,
    /// The API object is gone.
    pub orphan: bool,
    /// Every init container had done its part while the Pod was still meant to run.
    pub was_initialized: bool,
    /// Nothing of the Pod runs any more and nothing will.
    pub ended: bool,
    /// What the API wants since the last time the worker heard, and why.
    pub inbox: Option<(Pod, CauseId)>,
    pub errands: Vec<Pending>,
    pub errand_number: u32,
}

impl Worker {
    /// A worker for a Pod new to the node.
    pub fn new(serial: u64, key: Key, pod: Pod, (because, now): (CauseId, SimTime)) -> Worker {
        Worker {
            serial,
            uid: pod.uid().into(),
            key,
            wish: pod.spec.clone(),
            static_hash: None,
            mode: Mode::Syncing,
            activity: Activity::Idle,
            pending: false,
            because,
            story: Story::new(because),
            synced_once: false,
            seen: now,
            last_sync: SimTime(0),
            inspected: SimTime(0),
            requeue_at: SimTime::NEVER,
            run: 0,
            sandbox: None,
            sandbox_attempt: 0,
            reasons: BTreeMap::new(),
            crashes: BTreeMap::new(),
            pulls: BTreeMap::new(),
            volumes: Volumes::default(),
            report: Report::new(&pod, because),
            probes: Probes::default(),
            verdict: None,
            sums: Sums::default(),
            extra_conditions: Vec::new(),
            order: None,
            kills: Vec::new(),
            orphan: false,
            was_initialized: false,
            ended: false,
            inbox: None,
            errands: Vec::new(),
            errand_number: 0,
            pod,
        }
    }

    /// Whether the Pod comes from a manifest file on the node.
    pub fn is_static(&self) -> bool {
        self.static_hash.is_some()
    }

    /// Whether nothing less important may push it out (`pkg/kubelet/types`, `IsCriticalPod`).
    pub fn is_critical(&self) -> bool {
        self.is_static() || self.pod.spec.priority.is_some_and(|priority| priority >= CRITICAL)
    }

    /// Asks for a sync: now if the worker is idle, after the current one if not.
    pub fn trigger(&mut self, because: CauseId, desk: &mut Desk) {
        if self.mode == Mode::Finished {
            return;
        }
        self.because = because;
        if matches!(self.activity, Activity::Idle) {
            self.pick_up(desk);
        } else {
            self.pending = true;
        }
    }

    fn pick_up(&mut self, desk: &mut Desk) {
        self.pending = false;
        let seen = self.inspected.max(desk.machine.clock.last_relist(desk.ctx.now));
        if !self.synced_once || seen > self.last_sync {
            self.begin(desk);
        } else {
            self.activity = Activity::Awaiting;
            desk.await_relist(self.serial);
        }
    }

    /// A look at the containers has just ended; it found `changes` new states, each of which is told to the worker.
    pub fn looked(&mut self, changes: usize, desk: &mut Desk) {
        if matches!(self.activity, Activity::Awaiting) {
            self.begin(desk);
        }
        if changes > 0 {
            self.trigger(self.because, desk);
        }
        if changes > MERGED {
            self.trigger(self.because, desk);
        }
    }

    fn begin(&mut self, desk: &mut Desk) {
        self.requeue_at = SimTime::NEVER;
        self.run += 1;
        self.activity = Activity::Running(Run::default());
        match self.mode {
            Mode::Syncing => self.sync(desk),
            Mode::Terminating => self.sync_terminating(desk),
            Mode::Terminated => self.sync_terminated(desk),
            Mode::Finished => self.activity = Activity::Idle,
        }
    }

    /// Ends the current sync: keeps its results, asks for the next one.
    pub fn finish(&mut self, desk: &mut Desk) {
        let run = self.close();
        for name in &run.started {
            self.reasons.remove(name);
        }
        let failures = run.failures;
        for failure in &failures {
            self.reasons.insert(failure.name.clone(), (failure.reason, failure.message.clone()));
        }
        self.last_sync = desk.ctx.now;
        let wait = self.requeue(&failures, run.generic_error, desk);
        self.requeue_in(wait, desk);
        if run.acted && failures.is_empty() && !run.generic_error {
            desk.later(desk.machine.latency.inspect, self.serial, PodDue::Inspect);
        } else if run.acted {
            desk.await_relist(self.serial);
        }
        if let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id)) {
            sandbox.prune(2);
        }
        if self.pending {
            self.pick_up(desk);
        }
    }

    /// Ends the current sync because the Pod enters another part of its life.
    pub fn transition(&mut self, mode: Mode, desk: &mut Desk) {
        self.close();
        self.mode = mode;
        self.last_sync = desk.ctx.now;
        if mode == Mode::Finished {
            self.leave(desk);
        } else {
            self.pick_up(desk);
        }
    }

    fn close(&mut self) -> Run {
        self.synced_once = true;
        match std::mem::replace(&mut self.activity, Activity::Idle) {
            Activity::Running(run) => run,
            _ => Run::default(),
        }
    }

    /// Milliseconds until the next sync (`pkg/kubelet/pod_workers.go`, `completeWork`).
    fn requeue(&self, failures: &[StartFailure], generic: bool, desk: &Desk) -> u64 {
        let draw = desk.draw(&self.uid, "requeue", u64::from(self.run));
        let now = desk.ctx.now;
        if let Some(until) = failures.iter().filter_map(|failure| failure.until).min() {
            let remaining = until.since(now).min(60_000);
            return (remaining as f64 * (1.0 + 0.5 * draw)) as u64;
        }
        if generic || !failures.is_empty() {
            return (10_000.0 * (1.0 + 0.5 * draw)) as u64;
        }
        (60_000.0 * (1.0 + 0.5 * draw)) as u64
    }

    fn requeue_in(&mut self, wait: u64, desk: &mut Desk) {
        let at = desk.machine.clock.tick(desk.ctx.now.plus(wait));
        self.requeue_at = at;
        desk.at(at, self.serial, PodDue::Requeue);
    }

    /// The reminder of [`Worker::requeue_in`] arrives; a newer one may have replaced it.
    pub fn requeued(&mut self, desk: &mut Desk) {
        if self.requeue_at <= desk.ctx.now && self.mode == Mode::Syncing {
            self.requeue_at = SimTime::NEVER;
            self.trigger(self.because, desk);
        }
    }

    /// Whether this is what the worker knows to be wanted.
    pub fn wants(&self, pod: &Pod) -> bool {
        same_metadata(&self.pod, pod) && same_spec(&self.wish, &pod.spec)
    }

    /// Takes the Pod as the API has it; of changed resources only what was granted (`UpdatePodFromAllocation`).
    pub fn take(&mut self, pod: Pod) {
        self.wish = pod.spec.clone();
        let granted = resize::with_granted(pod, &self.pod.spec);
        self.pod = granted;
    }

    /// The API (or the manifest file) wants something else of the Pod.
    pub fn update(&mut self, pod: Pod, because: CauseId, desk: &mut Desk) {
        let same = self.wants(&pod);
        let gates = pod.spec.readiness_gates.as_ref().is_some_and(|gates| !gates.is_empty());
        self.take(pod);
        self.story.origin = because;
        if spec::deleting(&self.pod) {
            let grace = self.pod.metadata.deletion_grace_period_seconds.unwrap_or(30);
            self.stop(KillOrder::deleted(grace), because, desk);
        } else if !same {
            self.trigger(because, desk);
            return;
        } else if gates && self.synced_once && self.mode == Mode::Syncing {
            self.because = because;
            self.write_status(desk);
        }
        if !same && self.mode > Mode::Syncing && self.synced_once {
            self.because = because;
            self.write_status(desk);
        }
    }

    /// Asks for the Pod to be stopped; the first order stands.
    pub fn stop(&mut self, order: KillOrder, because: CauseId, desk: &mut Desk) {
        if self.mode != Mode::Syncing {
            self.try_leave(desk);
            return;
        }
        self.order.get_or_insert(order);
        self.because = because;
        self.mode = Mode::Terminating;
        self.probes.terminating();
        if matches!(self.activity, Activity::Running(_)) {
            self.cancel(desk);
        } else if matches!(self.activity, Activity::Idle) {
            self.pick_up(desk);
        }
    }

    /// Breaks off the current sync: what it waited for is no longer wanted.
    pub fn cancel(&mut self, desk: &mut Desk) {
        self.kills.clear();
        self.close();
        self.last_sync = desk.ctx.now;
        desk.await_relist(self.serial);
        self.synced_once = true;
        self.pick_up(desk);
    }
}

pub(super) fn same_wish(old: &Pod, new: &Pod) -> bool {
    same_metadata(old, new) && same_spec(&old.spec, &new.spec)
}

fn same_metadata(old: &Pod, new: &Pod) -> bool {
    let (a, b) = (&old.metadata, &new.metadata);
    a.labels == b.labels && a.annotations == b.annotations && a.deletion_timestamp == b.deletion_timestamp
}

fn same_spec(old: &Arc<PodSpec>, new: &Arc<PodSpec>) -> bool {
    Arc::ptr_eq(old, new) || old == new
}
