//! What the server does to an object between decoding and storing it: defaults, mutating and validating admission plugins
//! (pkg/kubeapiserver/options/plugins.go, in that order), validation. Knows nothing of storage.

/// Defaults of the API types.
pub mod defaults;
/// What the server generates for Jobs.
pub mod job;
/// What admission does to Pods.
pub mod pod;
/// Validation of the API types.
pub mod validation;

use super::api::Refusal;
use super::cause::CauseId;
use super::cluster::Context;
use crate::kube::Object;

/// The mutating plugins: they complete an object or refuse it.
pub fn mutate(object: &mut Object, context: &mut Context) -> Result<(), Refusal> {
    match object {
        Object::Pod(pod) => pod::mutate(pod, context),
        _ => Ok(()),
    }
}

/// The validating plugins. `old` is the object before the write, `None` for a new one.
pub fn validate(_object: &Object, _old: Option<&Object>, _context: &mut Context) -> Result<(), Refusal> {
    Ok(())
}

/// Counts an accepted new object where it is to be counted: against its namespace's quotas.
pub fn charge(_object: &Object, _context: &mut Context, _cause: CauseId) {}
