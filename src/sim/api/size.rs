//! How large a request may be, and what is stored of it. Measured as JSON; a real server stores the shorter protobuf.

use super::refusal::{Reason, Refusal};
use crate::kube::Object;

/// Bytes of a request's body at most (apiserver: `MaxRequestBodyBytes`).
const REQUEST_MAX: usize = 3 << 20;
/// Bytes etcd takes at most (`--max-request-bytes`).
const STORED_MAX: usize = 3 << 19;

/// Refuses what no client could send.
pub fn check_request(object: &Object) -> Result<(), Refusal> {
    if bytes(object) <= REQUEST_MAX {
        return Ok(());
    }
    let text = format!("Request entity too large: limit is {REQUEST_MAX}");
    Err(Refusal::new(Reason::RequestEntityTooLarge, text))
}

/// Refuses what etcd would not take.
pub fn check_stored(object: &Object) -> Result<(), Refusal> {
    if bytes(object) <= STORED_MAX {
        return Ok(());
    }
    Err(Refusal::new(Reason::Unknown, "etcdserver: request is too large"))
}

fn bytes(object: &Object) -> usize {
    object.to_value().to_string().len()
}
