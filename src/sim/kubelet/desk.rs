//! What a Pod's worker works with: its node's common state and the cluster around it.

use super::Due;
use super::admission::Taken;
use super::clock::Clock;
use super::images::ImageStore;
use super::pressure::Pressure;
use crate::kube::core::ObjectReference;
use crate::kube::{Pod, SimTime, WallClock};
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context, NodeIndex, NodeSpec};
use crate::sim::events::{EventType, Note, Source};
use crate::sim::{chance, runtime::SandboxId};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a Pod's worker asks to be reminded of.
#[derive(Clone, Copy, Debug)]
pub enum PodDue {
    /// The Pod is new to the node.
    Start,
    /// The API object has changed.
    Config,
    /// The next step of this sync.
    Step(u32),
    /// A look at this Pod's containers out of turn.
    Inspect,
    /// The status is due to be written.
    Report,
    /// The status manager looks whether the API still holds what it wrote.
    Repair,
    /// The time between two syncs is over.
    Requeue,
    /// A volume is to be tried again.
    Mount,
    /// A probe's tick: which probe, and the number it was asked under.
    Probe(u16, u32),
    /// A probe has waited long enough for its answer.
    ProbeTimeout(u16, u32),
    /// A stage of stopping a container is over: the container's id and the stage's number.
    Kill(u32, u32),
    /// The Pod's active deadline.
    Deadline,
    /// The API object can be removed.
    Remove,
    /// The eviction manager's round.
    Storage,
    /// Something has become of the mirror Pod.
    Mirror,
    /// A lifecycle hook that sleeps or times out is over.
    Hook(u32),
}

/// Milliseconds things take on a node (measured on recordings of an idle machine).
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    /// From a change in the API to its Pod worker.
    pub watch: u64,
    /// From a status to its being written.
    pub report: u64,
    /// A sandbox with its network.
    pub sandbox: u64,
    /// A container's file system.
    pub create: u64,
    /// A container's first process.
    pub start: u64,
    /// A start that fails in the runtime.
    pub failed_start: u64,
    /// A look at one Pod's containers.
    pub inspect: u64,
    /// Stopping a sandbox whose containers have ended.
    pub teardown: u64,
    /// Volumes that need nothing from outside.
    pub mount: u64,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency {
            watch: 8,
            report: 6,
            sandbox: 95,
            create: 45,
            start: 20,
            failed_start: 330,
            inspect: 12,
            teardown: 95,
            mount: 200,
        }
    }
}

/// What all workers of a node share.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub index: NodeIndex,
    pub spec: NodeSpec,
    pub ip: Arc<str>,
    pub clock: Clock,
    pub latency: Latency,
    pub images: ImageStore,
    /// Workers whose containers may have changed or that wait for the next look.
    pub watched: BTreeSet<u64>,
    /// The look that is already on the agenda.
    pub relist_at: SimTime,
    /// What the Pods on the node have taken.
    pub taken: Taken,
    /// Whether the node took no new Pods when the kubelet last said so.
    pub cordoned: bool,
    /// What the eviction manager remembers.
    pub pressure: Pressure,
    /// The next address to hand out.
    pub next_address: u32,
}

impl Machine {
    /// The address requests of the kubelet come from.
    pub fn gateway(&self) -> String {
        format!("{}.1", self.index.pod_network())
    }
}

/// A worker's surroundings for one step.
pub(super) struct Desk<'a, 'b> {
    pub machine: &'a mut Machine,
    pub ctx: &'a mut Context<'b>,
}

impl Desk<'_, '_> {
    /// Whether the API server can be reached.
    pub fn is_connected(&self) -> bool {
        self.ctx.machines.at(self.machine.index).is_none_or(|machine| machine.connected)
    }

    /// The node's clock.
    pub fn wall(&self) -> WallClock {
        let machine = self.ctx.machines.at(self.machine.index);
        machine.map(|machine| machine.wall.clone()).unwrap_or_default()
    }

    /// What the node's clock shows now.
    pub fn stamp(&self) -> Time {
        self.wall().time(self.ctx.now)
    }

    /// Asks for `due` in `millis` milliseconds.
    pub fn later(&mut self, millis: u64, serial: u64, due: PodDue) {
        self.at(self.ctx.now.plus(millis), serial, due);
    }

    /// Asks for `due` at `at`.
    pub fn at(&mut self, at: SimTime, serial: u64, due: PodDue) {
        self.ctx.agenda.push(at, cluster::Due::Kubelet(self.machine.index, Due::Pod(serial, due)));
    }

    /// Has the resizes that wait for room asked again.
    pub fn resized(&mut self, because: CauseId) {
        let now = self.ctx.now;
        self.ctx.agenda.push(now, cluster::Due::Kubelet(self.machine.index, Due::Resized(because)));
    }

    /// Makes sure that the next look at all containers happens and includes this worker.
    pub fn await_relist(&mut self, serial: u64) {
        self.machine.watched.insert(serial);
        let at = self.machine.clock.next_relist(self.ctx.now);
        if self.machine.relist_at != at {
            self.machine.relist_at = at;
            self.ctx.agenda.push(at, cluster::Due::Kubelet(self.machine.index, Due::Relist));
        }
    }

    /// A draw in `[0, 1)`, drawn towards the middle: two runs of the real kubelet differ by the full range, and the middle is nearest
    /// to both.
    pub fn draw(&self, subject: &str, purpose: &str, n: u64) -> f64 {
        let draw = chance::uniform(self.ctx.seed, subject, purpose, n);
        if self.ctx.seed == 0 { 0.35 + 0.3 * draw } else { draw }
    }

    /// Lets a sandbox run its processes at `at`, or earlier if it does so anyway.
    pub fn wake(&mut self, sandbox: SandboxId, at: SimTime) {
        super::wake(sandbox, at, self.ctx);
    }

    /// Writes an event about a Pod or one of its containers.
    pub fn event(&mut self, pod: &Pod, event: Said, because: CauseId) {
        let about = ObjectReference {
            api_version: Some("v1".into()),
            kind: Some("Pod".into()),
            name: pod.metadata.name.clone(),
            namespace: pod.metadata.namespace.clone(),
            uid: pod.metadata.uid.clone(),
            resource_version: pod.metadata.resource_version.clone(),
            field_path: Some(event.field).filter(|field| !field.is_empty()),
        };
        let note = Note {
            source: Source::kubelet(&self.machine.spec.name),
            about,
            kind: if event.warning { EventType::Warning } else { EventType::Normal },
            reason: event.reason,
            message: event.message,
        };
        if self.is_connected() {
            self.ctx.event(note, because);
        }
    }
}

/// What an event says.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Whether it is a warning.
    pub warning: bool,
    /// The container's field, empty for the Pod.
    pub field: String,
    /// One word.
    pub reason: &'static str,
    /// One sentence.
    pub message: String,
}

impl Said {
    /// Something normal.
    pub fn normal(field: &str, reason: &'static str, message: impl Into<String>) -> Said {
        Said { warning: false, field: field.into(), reason, message: message.into() }
    }

    /// Something wrong.
    pub fn warning(field: &str, reason: &'static str, message: impl Into<String>) -> Said {
        Said { warning: true, field: field.into(), reason, message: message.into() }
    }
}
