//! What the API server says it serves: its version, and of each kind the verbs and categories.

use super::select;
use crate::kube::Kind;

/// The version of Kubernetes that the server says it is.
pub use crate::sim::nodes::VERSION;

/// Its minor version as the answer of `/version` has it.
pub const MINOR: &str = "36";

/// The verbs of a kind that is stored.
pub const VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The verbs of one kind.
pub fn verbs(kind: Kind) -> Vec<&'static str> {
    // A namespace is deleted by itself only.
    VERBS.iter().copied().filter(|verb| kind != Kind::Namespace || *verb != "deletecollection").collect()
}

/// The categories of a kind: whether `all` means it too.
pub fn categories(kind: Kind) -> Vec<&'static str> {
    if select::ALL.contains(&kind) { vec!["all"] } else { Vec::new() }
}
