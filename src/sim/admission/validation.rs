//! Validation of the API types.

use crate::kube::Object;
use crate::sim::api::{FieldError, Subresource};

/// What is wrong with a new object, in the server's order.
pub fn create(_object: &Object) -> Vec<FieldError> {
    Vec::new()
}

/// What is wrong with a change.
pub fn update(_new: &Object, _old: &Object, _sub: Subresource) -> Vec<FieldError> {
    Vec::new()
}

/// What the server warns of in an object it accepts.
pub fn warnings(_object: &Object) -> Vec<String> {
    Vec::new()
}
