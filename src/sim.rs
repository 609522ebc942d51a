//! The cluster: a discrete-event simulation of a Kubernetes 1.36 control plane and its nodes, in virtual time.
//!
//! Components (scheduler, kubelets, controllers) see the cluster as real ones do: through the objects of the [`store`], by watching
//! its change log. Each is a plain struct with `observe(&Change)` and `handle(Due)`; what they want to happen later they put on the
//! [`agenda`]. Same seed and inputs give the same log; nothing here reads a clock or rolls dice (see [`chance`]).

/// What the server does to objects before it stores them.
pub mod admission;
/// Things to do later, in order of simulated time.
pub mod agenda;
/// The API server's verbs.
pub mod api;
/// Why things happened: every change names its cause, and causes name theirs.
pub mod cause;
/// Jitter that depends only on what it is for.
pub mod chance;
/// The cluster and its main loop.
pub mod cluster;
/// The control loops: workloads, endpoints, disruption, garbage, namespaces.
pub mod controllers;
/// Events and their recorder.
pub mod events;
/// What goes wrong with machines.
pub mod fault;
/// The node agent: Pod workers, probes, images, volumes, status.
pub mod kubelet;
/// Machines: power, network, pressure; Node objects and leases.
pub mod nodes;
/// What processes ask of the world outside their Pod: names, connections.
pub mod network;
/// Who may do what, by the roles and bindings there are.
pub mod rights;
/// Sandboxes, containers, images on the nodes.
pub mod runtime;
/// Where Pods go.
pub mod scheduler;
/// What claims, volumes and storage classes say.
pub mod storage;
/// Objects, revisions and the append-only change log.
pub mod store;
/// Tokens of service accounts.
pub mod token;

pub use api::{Author, DeleteOptions, Patch, Propagation, Reason, Refusal, Subresource, Write, Written};
pub use cause::{Cause, CauseId};
pub use cluster::{Cluster, ClusterConfig, NodeIndex, NodeSpec};
pub use fault::Fault;
pub use store::{Change, ChangeKind, Store};
