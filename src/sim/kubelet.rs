//! The node agent: makes what runs on its node agree with the Pods bound to it, and reports.

use super::cluster::{Context, NodeIndex, NodeSpec};
use super::runtime::SandboxId;
use super::store::Change;

/// What a kubelet asks to be reminded of.
#[derive(Clone, Debug)]
pub enum Due {
    /// The next step of a Pod worker.
    Worker(u64),
}

/// One node's kubelet.
#[derive(Clone, Debug)]
pub struct Kubelet {
    index: NodeIndex,
    spec: NodeSpec,
}

impl Kubelet {
    /// The kubelet of a machine.
    pub fn new(index: NodeIndex, spec: NodeSpec) -> Kubelet {
        Kubelet { index, spec }
    }

    /// The machine.
    pub fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    /// Its place among the kubelets.
    pub fn index(&self) -> NodeIndex {
        self.index
    }

    /// Sees a change of a Pod bound to this node.
    pub fn observe(&mut self, _change: &Change, _context: &mut Context) {}

    /// Does what is due.
    pub fn handle(&mut self, due: Due, _context: &mut Context) {
        match due {
            Due::Worker(_) => {}
        }
    }

    /// Lets the processes of a sandbox run.
    pub fn run_sandbox(&mut self, _sandbox: SandboxId, _context: &mut Context) {}
}
