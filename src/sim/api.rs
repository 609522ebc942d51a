//! The API server: the verbs every client uses, a learner's kubectl and the cluster's own components alike.
//!
//! A write passes the same stations as on a real server: namespace, defaults, admission, validation, quota, storage. Components are
//! trusted to write valid objects and skip only validation. This module does not know how refusals are printed.

/// Paths, taken apart.
pub mod address;
mod create;
mod delete;
mod evict;
/// Patches of the three kinds, on plain JSON.
pub mod patch;
mod refusal;
mod size;
mod status;
mod update;

pub use delete::{DeleteOptions, FOREGROUND, ORPHAN, Propagation};
pub use evict::{disruption_target, put_condition};
pub use refusal::{FieldError, FieldReason, Reason, Refusal};
pub use status::{has_status, same_spec};
pub use update::check_name;

use super::cause::CauseId;
use crate::kube::Object;
use serde_json::Value;

/// Who writes: users' objects are validated, the cluster's own components are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person or a program outside the cluster.
    User,
    /// A component of the cluster.
    Component,
}

/// What accompanies a write.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// Why it is made.
    pub cause: CauseId,
    /// Who makes it.
    pub author: Author,
    /// Whether everything is checked but nothing stored (`--dry-run=server`).
    pub dry_run: bool,
}

impl Write {
    /// A user's write.
    pub fn user(cause: CauseId) -> Write {
        Write { cause, author: Author::User, dry_run: false }
    }

    /// A component's write.
    pub fn component(cause: CauseId) -> Write {
        Write { cause, author: Author::Component, dry_run: false }
    }
}

/// An accepted write.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The object as stored (or as it would be, for a dry run).
    pub object: Object,
    /// What the server wants the client to print to the user.
    pub warnings: Vec<String>,
}

/// The part of an object a write addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subresource {
    /// Metadata and spec; status is left alone.
    Main,
    /// Status alone.
    Status,
    /// Container resources of a Pod.
    Resize,
    /// Ephemeral containers of a Pod.
    EphemeralContainers,
    /// `spec.replicas` alone.
    Scale,
}

/// A change to an object, to be applied by the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// RFC 7386: objects merge, lists replace, null removes.
    Merge(Value),
    /// Like merge, but known lists merge by key.
    Strategic(Value),
    /// RFC 6902: a list of operations.
    Json(Value),
}
