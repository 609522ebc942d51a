//! The nouns of Kubernetes.
//!
//! API objects are the types of `k8s-openapi`; here lives what those lack: one enum over every kind podlab stores, simulated time,
//! and (in the modules below) ages, quantities, selectors, QoS and the decoding of manifests. This layer knows nothing that takes
//! time: no cluster, no process, no command line.

/// The kinds podlab stores, with the names kubectl accepts for them.
pub mod kind;
/// One enum over every API object, and the Pod with its parts shared.
pub mod object;
/// Simulated time and its place in the calendar.
pub mod time;

pub use k8s_openapi::api::core::v1 as core;
pub use kind::Kind;
pub use object::{Key, Object, Passive, Pod};
pub use time::SimTime;
