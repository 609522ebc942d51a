//! The nouns of Kubernetes.
//!
//! API objects are the types of `k8s-openapi`; here lives what those lack: one enum over every kind podlab stores, simulated time,
//! and (in the modules below) ages, quantities, selectors, QoS and the decoding of manifests. This layer knows nothing that takes
//! time: no cluster, no process, no command line.

/// Ages as kubectl prints them.
pub mod age;
/// Cron schedules and time zones.
pub mod cron;
/// JSON values to API objects, strictly.
pub mod decode;
/// Durations in Go's notation.
pub mod duration;
/// Field selectors.
pub mod fields;
/// Values as Go shows them.
pub mod gotext;
/// The kinds podlab stores, with the names kubectl accepts for them.
pub mod kind;
/// A learner's file as kubectl reads it.
pub mod manifest;
/// The parts of objects somebody looks at.
pub mod mask;
/// What Kubernetes accepts as a name, a label or a key.
pub mod names;
/// One enum over every API object, and the Pod with its parts shared.
pub mod object;
/// Quality-of-service classes.
pub mod qos;
/// Quantities as exact numbers.
pub mod quantity;
/// What a Pod asks for as a whole.
pub mod requests;
/// The fields of every API type.
pub mod schema;
/// Label selectors.
pub mod selector;
/// Simulated time and its place in the calendar.
pub mod time;
/// What a machine's clock shows.
pub mod wall;

pub use k8s_openapi::api::core::v1 as core;
pub use kind::Kind;
pub use mask::Mask;
pub use object::{Key, Object, Passive, Pod};
pub use time::SimTime;
pub use wall::WallClock;
