//! The cluster: a discrete-event simulation of a Kubernetes 1.36 control plane and its nodes, in virtual time.
//!
//! Components (scheduler, kubelets, controllers) see the cluster as real ones do: through the objects of the [`store`], by watching
//! its change log. Each is a plain struct with `observe(&Change)` and `handle(Due)`; what they want to happen later they put on the
//! [`agenda`]. Same seed and inputs give the same log; nothing here reads a clock or rolls dice (see [`chance`]).

/// From a request to the store: defaults and rules.
pub mod admission;
/// Things to do later, in order of simulated time.
pub mod agenda;
/// Why things happened: every change names its cause, and causes name theirs.
pub mod cause;
/// Jitter that depends only on what it is for.
pub mod chance;
/// The cluster and its main loop.
pub mod cluster;
/// The node agent: Pod workers, probes, images, volumes, status.
pub mod kubelet;
/// Sandboxes, containers, images on the nodes.
pub mod runtime;
/// Objects, revisions and the append-only change log.
pub mod store;

pub use cause::{Cause, CauseId};
pub use cluster::{Cluster, ClusterConfig, NodeIndex, NodeSpec};
pub use store::{Change, ChangeKind, Store};
