//! What happens to an object between a request and the store: defaults, then rules.

/// What the API server fills in.
pub mod defaults;
