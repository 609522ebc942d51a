//! The cluster and its main loop: take the next thing due, let its component act, then let every component see what changed.

use super::agenda::Agenda;
use super::cause::{CauseId, Causes};
use super::kubelet::{self, Kubelet};
use super::runtime::{Runtime, SandboxId};
use super::store::{Change, Store};
use crate::kube::{Object, SimTime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What can be due. One variant for each component.
#[derive(Clone, Debug)]
pub enum Due {
    /// A kubelet has something to do.
    Kubelet(NodeIndex, kubelet::Due),
    /// Processes of a sandbox want to run.
    Sandbox(SandboxId),
}

/// A node's place among the kubelets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeIndex(pub u32);

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
    /// The machine of the recordings: 2 CPUs, 24 GiB, 250 Pods.
    pub fn named(name: &str) -> NodeSpec {
        NodeSpec {
            name: name.into(),
            cpu_millis: 2000,
            memory: 24 << 30,
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
}

impl Default for ClusterConfig {
    fn default() -> ClusterConfig {
        ClusterConfig { seed: 0, nodes: vec![NodeSpec::named("worker-1")] }
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
    kubelets: Vec<Kubelet>,
    node_index: BTreeMap<Arc<str>, NodeIndex>,
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
            cluster.kubelets.push(Kubelet::new(index, spec));
        }
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
        let (kubelets, mut context) = self.parts();
        match due {
            Due::Kubelet(node, due) => kubelets[node.0 as usize].handle(due, &mut context),
            Due::Sandbox(sandbox) => {
                let node = context.runtime.node_of(sandbox);
                if let Some(kubelet) = node.and_then(|node| kubelets.get_mut(node.0 as usize)) {
                    kubelet.run_sandbox(sandbox, &mut context);
                }
            }
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
        if let Object::Pod(pod) = &change.object
            && let Some(node) = pod.spec.node_name.as_deref()
            && let Some(&index) = self.node_index.get(node)
        {
            let (kubelets, mut context) = self.parts();
            kubelets[index.0 as usize].observe(change, &mut context);
        }
    }

    fn parts(&mut self) -> (&mut Vec<Kubelet>, Context<'_>) {
        let context = Context {
            now: self.now,
            store: &mut self.store,
            agenda: &mut self.agenda,
            causes: &mut self.causes,
            runtime: &mut self.runtime,
            seed: self.seed,
        };
        (&mut self.kubelets, context)
    }
}
