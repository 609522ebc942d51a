//! What runs on the nodes: one sandbox for each Pod, the containers in it. Knows nothing of the API; the kubelet asks, this obeys.

use super::cluster::NodeIndex;

/// A sandbox's number in the whole cluster, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxId(pub u32);

/// The sandboxes of every node.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    nodes: Vec<NodeIndex>,
}

impl Runtime {
    /// The node a sandbox is on.
    pub fn node_of(&self, sandbox: SandboxId) -> Option<NodeIndex> {
        self.nodes.get(sandbox.0 as usize).copied()
    }
}
