//! The node agent: makes what runs on its node agree with the Pods bound to it, and reports. One worker for each Pod; two tickers for
//! all of them, computed rather than ticked. Knows other nodes and controllers only through the API.

mod actions;
mod admission;
mod backoff;
mod clock;
mod config;
mod credentials;
mod critical;
mod desk;
mod errands;
mod etc;
mod eviction;
mod images;
mod inbox;
mod kill;
mod machine;
mod names;
mod pressure;
mod probes;
mod pull;
mod report;
mod resize;
mod resources;
mod sandbox;
mod shutdown;
mod spec;
mod start;
mod static_pods;
mod status;
mod story;
mod sync;
mod volumes;
mod worker;

use super::cause::CauseId;
use super::cluster::{self, Context, NodeIndex, NodeSpec};
use super::nodes::Registry;
use super::runtime::{Happening, SandboxId};
use super::store::{Change, ChangeKind};
use crate::kube::{Object, Pod, SimTime};
use crate::os::Reference;
use clock::Clock;
pub use desk::PodDue;
use desk::{Desk, Latency, Machine};
use images::ImageStore;
pub use shutdown::{Band, ShutdownGrace};
pub use static_pods::MANIFESTS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use worker::{Mode, Worker};

/// What a kubelet asks to be reminded of.
#[derive(Clone, Debug)]
pub enum Due {
    /// Something of one Pod's worker.
    Pod(u64, PodDue),
    /// The look at all containers.
    Relist,
    /// Static Pods that wait for their predecessors.
    Manifests(CauseId),
    /// The eviction manager's look at the machine.
    Pressure(CauseId),
    /// The next look at what others wrote into the Node.
    OwnNode(CauseId),
    /// The Node's status, because of what the eviction manager found.
    NodeStatus(CauseId),
    /// The shutdown manager's next look at the Pods it ends.
    Shutdown,
    /// A resize is done: others may have room now.
    Resized(CauseId),
}

/// One node's kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    machine: Machine,
    workers: BTreeMap<u64, Worker>,
    by_uid: BTreeMap<Arc<str>, u64>,
    next_serial: u64,
    manifests: static_pods::Manifests,
    shutdown: shutdown::Manager,
}

impl Kubelet {
    /// The kubelet of a machine.
    pub fn new(index: NodeIndex, spec: NodeSpec) -> Kubelet {
        let offset = u64::from(index.0) * 137;
        let host = index.0 + 2;
        let ip = format!("10.{}.{}.{}", 10 + (host >> 16), (host >> 8) & 0xff, host & 0xff);
        Kubelet {
            machine: Machine {
                index,
                spec,
                ip: ip.into(),
                clock: Clock::new(850 + offset, 740 + offset),
                latency: Latency::default(),
                images: ImageStore::default(),
                watched: BTreeSet::new(),
                relist_at: SimTime(0),
                next_address: 0,
                taken: admission::Taken::default(),
                pressure: pressure::Pressure::default(),
                cordoned: false,
            },
            workers: BTreeMap::new(),
            by_uid: BTreeMap::new(),
            next_serial: 0,
            manifests: static_pods::Manifests::default(),
            shutdown: shutdown::Manager::default(),
        }
    }

    /// The machine.
    pub fn spec(&self) -> &NodeSpec {
        &self.machine.spec
    }

    /// Its place among the kubelets.
    pub fn index(&self) -> NodeIndex {
        self.machine.index
    }

    /// The sandbox of the Pod with this UID.
    pub fn sandbox_of(&self, uid: &str) -> Option<SandboxId> {
        self.workers.get(self.by_uid.get(uid)?)?.sandbox
    }

    /// The sandboxes of the node's Pods, with the Pods' names.
    pub fn sandboxes(&self) -> impl Iterator<Item = (String, SandboxId)> {
        self.workers.values().filter_map(|worker| Some((worker.key.name.to_string(), worker.sandbox?)))
    }

    /// Full names of the images on the node.
    pub fn images(&self) -> Vec<String> {
        self.machine.images.names()
    }

    /// Pulls an image for somebody on the node; the error is the runtime's.
    pub fn pull(&mut self, reference: &Reference, registry: Registry) -> Result<(), String> {
        self.machine.images.end_pull(reference, registry, &[]).map(|_| ())
    }

    /// Sees a change of a Pod bound to this node, or of the node.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        let pod = match &change.object {
            Object::Pod(pod) => pod,
            Object::Node(node) => return self.observe_node(node, change.cause, context),
            _ => return,
        };
        if self.observe_mirror(change, pod, context) {
            return;
        }
        let mut desk = Desk { machine: &mut self.machine, ctx: context };
        let Some(serial) = self.by_uid.get(pod.uid()).copied() else {
            if change.kind != ChangeKind::Deleted {
                self.adopt(change, pod, context);
            }
            return;
        };
        let Some(worker) = self.workers.get_mut(&serial) else { return };
        worker.hear(change, pod, &mut desk);
    }

    fn adopt(&mut self, change: &Change, pod: &Pod, context: &mut Context) {
        if pod.status.phase.as_deref().is_some_and(|phase| spec::is_terminal(Some(phase))) {
            return;
        }
        let serial = self.next_serial;
        self.next_serial += 1;
        let worker = Worker::new(serial, change.key.clone(), pod.clone(), (change.cause, context.now));
        self.by_uid.insert(worker.uid.clone(), serial);
        self.workers.insert(serial, worker);
        let mut desk = Desk { machine: &mut self.machine, ctx: context };
        desk.later(desk.machine.latency.watch, serial, PodDue::Start);
    }

    /// Does what is due.
    pub fn handle(&mut self, due: Due, context: &mut Context) {
        match due {
            Due::Relist => self.relist(context),
            Due::Manifests(because) => self.start_waiting(because, context),
            Due::Pressure(because) => self.look_for_pressure(because, context),
            Due::OwnNode(because) => self.read_node(because, context),
            Due::NodeStatus(because) => context.post_node_status(&self.machine.spec.name, because),
            Due::Shutdown => self.go_on_down(context),
            Due::Resized(because) => self.retry_resizes(because, context),
            Due::Pod(serial, PodDue::Start) if self.make_room(serial, context) => {}
            Due::Pod(serial, due) => {
                let mut desk = Desk { machine: &mut self.machine, ctx: context };
                if let Some(worker) = self.workers.get_mut(&serial) {
                    worker.handle(due, &mut desk);
                }
                self.drop_if_over(serial, context);
            }
        }
    }

    /// Looks at all containers that may have changed, and lets go on whoever waited for a look.
    fn relist(&mut self, context: &mut Context) {
        self.machine.relist_at = SimTime(0);
        for serial in std::mem::take(&mut self.machine.watched) {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            let Some(worker) = self.workers.get_mut(&serial) else { continue };
            let sandbox = worker.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id));
            let changes = sandbox.map_or(0, super::runtime::Sandbox::look);
            worker.looked(changes, &mut desk);
            self.drop_if_over(serial, context);
        }
    }

    /// Lets the processes of a sandbox run.
    pub fn run_sandbox(&mut self, id: SandboxId, context: &mut Context) {
        let Some(sandbox) = context.runtime.get_mut(id) else { return };
        if sandbox.wake_at > context.now {
            return;
        }
        sandbox.wake_at = SimTime::NEVER;
        let serial = sandbox.worker;
        let (happenings, next) = context.runtime.run(id, context.now);
        if let Some(next) = next {
            wake(id, next, context);
        }
        for happening in happenings {
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            match (happening, self.workers.get_mut(&serial)) {
                (Happening::Ended { name, id: instance }, Some(worker)) => {
                    worker.container_ended(&name, &instance, &mut desk);
                }
                (Happening::Done(errand, outcome), Some(worker)) => {
                    worker.errand_done(errand, outcome, &mut desk);
                }
                (Happening::Served(id, response), Some(worker)) => worker.served(id, response, &mut desk),
                (Happening::Asked(request, what), _) => context.answer(id, request, what),
                _ => {}
            }
        }
        self.weigh(id, serial, context);
        self.drop_if_over(serial, context);
    }

    /// Forgets a worker whose Pod is over and gone from the API.
    fn drop_if_over(&mut self, serial: u64, context: &mut Context) {
        let over = self.workers.get(&serial).is_some_and(|w| w.orphan && w.mode == Mode::Finished);
        if over && let Some(worker) = self.workers.remove(&serial) {
            if let Some(sandbox) = worker.sandbox {
                context.runtime.remove(sandbox);
            }
            self.by_uid.remove(&worker.uid);
            self.machine.taken.release(serial);
            self.retry_resizes(worker.because, context);
        }
    }
}

/// Asks for a sandbox's processes to be run at `at`, unless that happens earlier anyway.
pub(in crate::sim) fn wake(id: SandboxId, at: SimTime, context: &mut Context) {
    let at = at.max(context.now);
    if let Some(sandbox) = context.runtime.get_mut(id).filter(|sandbox| sandbox.wake_at > at) {
        sandbox.wake_at = at;
        context.agenda.push(at, cluster::Due::Sandbox(id));
    }
}

#[cfg(test)]
mod tests;
