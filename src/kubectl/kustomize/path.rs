//! Walking along field names: lists on the way are walked through.

use serde_json::{Map, Value};

/// What happens where a field on the way is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is made.
    Made,
    /// The walk ends.
    Skipped,
}

/// Calls `act` with every value at `path`, whose names are separated by slashes.
pub(super) fn each(value: &mut Value, path: &str, missing: Missing, act: &mut dyn FnMut(&mut Value)) {
    if let Value::Array(items) = value {
        return items.iter_mut().for_each(|item| each(item, path, missing, act));
    }
    if path.is_empty() {
        return act(value);
    }
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    if value.is_null() && missing == Missing::Made {
        *value = Value::Object(Map::new());
    }
    let Value::Object(fields) = value else { return };
    match (fields.get_mut(name), missing) {
        (Some(next), _) => each(next, rest, missing, act),
        (None, Missing::Made) => each(fields.entry(name).or_insert(Value::Null), rest, missing, act),
        (None, Missing::Skipped) => {}
    }
}
