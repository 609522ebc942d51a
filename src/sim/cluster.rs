//! The cluster and its main loop: take the next thing due, let its component act, then let every component see what changed.

mod access;
mod node_shell;
mod bootstrap;
mod outage;
mod requests;

pub use access::{AccessError, ExecOptions};
pub(super) use bootstrap::home;
pub(super) use outage::Start;
pub use requests::Why;

use super::agenda::Agenda;
use super::cause::{CauseId, Causes};
use super::controllers::{self, Controllers};
use super::events::Recorder;
use super::kubelet::{self, Kubelet};
use super::nodes::Machines;
use super::runtime::{Runtime, SandboxId};
use super::scheduler::{self, Scheduler};
use super::store::{Change, Store};
use crate::kube::{Object, SimTime};
use crate::os::MACHINE_MEMORY;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// What can be due. One variant for each component.
#[derive(Clone, Debug)]
pub enum Due {
    /// A kubelet has something to do.
    Kubelet(NodeIndex, kubelet::Due),
    /// Processes of a sandbox want to run.
    Sandbox(SandboxId),
    /// The scheduler has something to do.
    Scheduler(scheduler::Due),
    /// A controller has something to do.
    Controller(controllers::Due),
    /// A machine that was told to reboot is up again.
    PowerOn(NodeIndex, CauseId),
    /// A machine that goes down in good order has nothing left to wait for.
    Halt(NodeIndex, CauseId),
    /// Events have reached their age.
    ExpireEvents,
}

/// Distinguishes names generated within one millisecond; draws depend on nothing else that happens.
#[derive(Clone, Debug, Default)]
pub struct Names {
    at: SimTime,
    drawn: BTreeMap<String, u64>,
}

impl Names {
    /// How many names were drawn for `subject` at `now` before this one.
    pub fn next(&mut self, now: SimTime, subject: &str) -> u64 {
        if self.at != now {
            self.at = now;
            self.drawn.clear();
        }
        let count = self.drawn.entry(subject.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

/// A node's place among the kubelets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeIndex(pub u32);

impl NodeIndex {
    /// The first three numbers of the addresses of the node's Pods: `10.244.0` and so on, past `10.255.255` in `11.0.0`.
    pub fn pod_network(self) -> String {
        let block = 244 + (self.0 >> 8);
        format!("{}.{}.{}", 10 + (block >> 8), block & 0xff, self.0 & 0xff)
    }

    /// The node's own address: `10.10.0.2` and so on, behind that of the API server.
    pub fn address(self) -> Ipv4Addr {
        let host = self.0 + 2;
        Ipv4Addr::from(0x0a0a_0000 + host)
    }
}

/// What a machine is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSpec {
    /// The node's name.
    pub name: Arc<str>,
    /// CPU in thousandths.
    pub cpu_millis: u64,
    /// Memory in bytes.
    pub memory: u64,
    /// How many Pods it takes.
    pub max_pods: u32,
    /// Labels beside those every node has.
    pub labels: BTreeMap<String, String>,
}

impl NodeSpec {
    /// The machine of the recordings: 2 CPUs, 250 Pods, and of 24 GiB what the kernel leaves.
    pub fn named(name: &str) -> NodeSpec {
        NodeSpec {
            name: name.into(),
            cpu_millis: 2000,
            memory: MACHINE_MEMORY,
            max_pods: 250,
            labels: BTreeMap::new(),
        }
    }
}

/// What a cluster is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterConfig {
    /// The seed of every draw.
    pub seed: u64,
    /// The machines, in order.
    pub nodes: Vec<NodeSpec>,
    /// Namespaces that were made long before time 0, beside those every cluster has.
    pub namespaces: Vec<String>,
}

impl Default for ClusterConfig {
    fn default() -> ClusterConfig {
        ClusterConfig { seed: 0, nodes: vec![NodeSpec::named("worker-1")], namespaces: Vec::new() }
    }
}

/// What every component acts on: the time, the store, the agenda, the causes, the seed.
#[derive(Debug)]
pub struct Context<'a> {
    /// The simulated time of this step.
    pub now: SimTime,
    /// Objects and their change log.
    pub store: &'a mut Store,
    /// Things to do later.
    pub agenda: &'a mut Agenda<Due>,
    /// Why things happen.
    pub causes: &'a mut Causes,
    /// The sandboxes of every node.
    pub runtime: &'a mut Runtime,
    /// The recorder of Events.
    pub recorder: &'a mut Recorder,
    /// The machines and what is wrong with them.
    pub machines: &'a mut Machines,
    /// Names drawn in this millisecond.
    pub names: &'a mut Names,
    /// The seed of every draw.
    pub seed: u64,
}

impl Context<'_> {
    /// Asks for `due` in `millis` milliseconds.
    pub fn after(&mut self, millis: u64, due: Due) {
        self.agenda.push(self.now.plus(millis), due);
    }

    /// Records why something happens now.
    pub fn because(
        &mut self,
        because: Option<CauseId>,
        chapter: &'static str,
        text: impl Into<String>,
    ) -> CauseId {
        self.causes.add(self.now, because, chapter, text)
    }
}

/// A simulated cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    now: SimTime,
    seed: u64,
    store: Store,
    agenda: Agenda<Due>,
    causes: Causes,
    runtime: Runtime,
    recorder: Recorder,
    machines: Machines,
    names: Names,
    kubelets: Vec<Kubelet>,
    scheduler: Scheduler,
    controllers: Controllers,
    node_index: BTreeMap<Arc<str>, NodeIndex>,
    /// Programs of nodes' shells that have not ended.
    links: Vec<node_shell::Link>,
    /// What waits for nodes that cannot act.
    held: outage::Held,
    /// The revision up to which the components have seen the change log.
    seen: u64,
}

impl Cluster {
    /// A cluster of these machines, each with its kubelet.
    pub fn new(config: ClusterConfig) -> Cluster {
        let mut cluster = Cluster { seed: config.seed, ..Cluster::default() };
        for (i, spec) in config.nodes.into_iter().enumerate() {
            let index = NodeIndex(i as u32);
            cluster.node_index.insert(spec.name.clone(), index);
            cluster.machines.add(&spec);
            cluster.kubelets.push(Kubelet::new(index, spec));
        }
        cluster.bootstrap(&config.namespaces);
        cluster
    }

    /// The simulated time reached so far.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The objects and the change log.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Why things happened.
    pub fn causes(&self) -> &Causes {
        &self.causes
    }

    /// The sandboxes and their processes.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// When something can change next without anybody acting; `None` if never.
    pub fn next_at(&self) -> Option<SimTime> {
        self.agenda.next_at()
    }

    /// How many things have come due so far: the events of the simulation, whether or not they changed an object.
    pub fn events(&self) -> u64 {
        self.agenda.taken()
    }

    /// Lets time pass until `until`. Advancing in parts gives the same log as advancing at once.
    pub fn advance(&mut self, until: SimTime) {
        self.settle();
        while let Some((at, due)) = self.agenda.pop_until(until) {
            self.now = at;
            self.dispatch(due);
            self.settle();
        }
        self.now = self.now.max(until);
    }

    fn dispatch(&mut self, due: Due) {
        match due {
            Due::PowerOn(node, because) => return self.power_on(node, because),
            Due::Halt(node, because) => return self.halt(node, because),
            Due::Kubelet(node, _) if !self.works(node) => return self.held.hold(node, due),
            Due::Sandbox(sandbox) if self.runtime.is_node_shell(sandbox) => {
                return self.run_node_shell(sandbox);
            }
            Due::Sandbox(sandbox) => {
                if let Some(node) = self.runtime.node_of(sandbox).filter(|node| !self.has_power(*node)) {
                    return self.held.hold(node, due);
                }
            }
            _ => {}
        }
        let (parts, mut context) = self.parts();
        match due {
            Due::Kubelet(node, due) => parts.kubelets[node.0 as usize].handle(due, &mut context),
            Due::Sandbox(sandbox) => {
                let node = context.runtime.node_of(sandbox);
                if let Some(kubelet) = node.and_then(|node| parts.kubelets.get_mut(node.0 as usize)) {
                    kubelet.run_sandbox(sandbox, &mut context);
                }
            }
            Due::Scheduler(due) => parts.scheduler.handle(due, &mut context),
            Due::Controller(due) => parts.controllers.handle(due, &mut context),
            Due::PowerOn(..) | Due::Halt(..) => {}
            Due::ExpireEvents => context.expire_events(),
        }
    }

    /// Lets every component see what was committed since it last looked.
    fn settle(&mut self) {
        while self.seen < self.store.revision() {
            let change = self.store.changes_since(self.seen).and_then(|mut changes| changes.next().cloned());
            self.seen += 1;
            if let Some(change) = change {
                self.observe(&change);
            }
        }
    }

    fn observe(&mut self, change: &Change) {
        let node = match &change.object {
            // What is said about things moves nothing.
            Object::Event(_) => return,
            Object::Pod(pod) => {
                pod.spec.node_name.as_deref().and_then(|node| self.node_index.get(node)).copied()
            }
            Object::Node(node) => {
                self.node_index.get(node.metadata.name.as_deref().unwrap_or_default()).copied()
            }
            _ => None,
        };
        let deaf = node.filter(|node| !self.hears(*node));
        let (parts, mut context) = self.parts();
        parts.scheduler.observe(change, &mut context);
        parts.controllers.observe(change, &mut context);
        if let Some(index) = node.filter(|_| deaf.is_none()) {
            parts.kubelets[index.0 as usize].observe(change, &mut context);
        }
        if let Some(index) = deaf {
            self.held.hide(index, change);
        }
    }

    fn parts(&mut self) -> (Components<'_>, Context<'_>) {
        let context = Context {
            now: self.now,
            store: &mut self.store,
            agenda: &mut self.agenda,
            causes: &mut self.causes,
            runtime: &mut self.runtime,
            recorder: &mut self.recorder,
            machines: &mut self.machines,
            names: &mut self.names,
            seed: self.seed,
        };
        let components = Components {
            kubelets: &mut self.kubelets,
            scheduler: &mut self.scheduler,
            controllers: &mut self.controllers,
        };
        (components, context)
    }
}

/// The components, apart from what they act on.
struct Components<'a> {
    kubelets: &'a mut Vec<Kubelet>,
    scheduler: &'a mut Scheduler,
    controllers: &'a mut Controllers,
}

#[cfg(test)]
mod tests;
