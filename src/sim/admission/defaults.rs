//! Defaults of the API types.

use crate::kube::Object;

/// Fills in what the server fills in.
pub fn apply(_object: &mut Object) {}
