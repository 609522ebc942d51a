//! Collecting faults in the server's wording (apimachinery's `field.Error`).

use crate::sim::api::{FieldError, FieldReason};
use serde_json::Value;

/// The faults found so far, in order.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) list: Vec<FieldError>,
}

/// A value as the server prints it: JSON, but with Go's two escapes less.
fn shown(value: impl Into<Value>) -> String {
    value.into().to_string()
}

fn quoted(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| shown(*value)).collect();
    quoted.join(", ")
}

impl Faults {
    pub(super) fn add(&mut self, reason: FieldReason, path: &str, message: String) {
        self.list.push(FieldError { field: path.into(), reason, message });
    }

    pub(super) fn invalid(&mut self, path: &str, value: impl Into<Value>, detail: &str) {
        self.add(FieldReason::Invalid, path, format!("Invalid value: {}: {detail}", shown(value)));
    }

    /// As [`Faults::invalid`] for a value that is JSON already.
    pub(super) fn invalid_json(&mut self, path: &str, value: &str, detail: &str) {
        self.add(FieldReason::Invalid, path, format!("Invalid value: {value}: {detail}"));
    }

    /// One fault for each message.
    pub(super) fn invalid_all(&mut self, path: &str, value: &str, details: Vec<String>) {
        for detail in details {
            self.invalid(path, value, &detail);
        }
    }

    pub(super) fn required(&mut self, path: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add(FieldReason::Required, path, format!("Required value{colon}{detail}"));
    }

    pub(super) fn forbidden(&mut self, path: &str, detail: &str) {
        self.add(FieldReason::Forbidden, path, format!("Forbidden: {detail}"));
    }

    pub(super) fn duplicate(&mut self, path: &str, value: &str) {
        self.add(FieldReason::Duplicate, path, format!("Duplicate value: {}", shown(value)));
    }

    pub(super) fn not_found(&mut self, path: &str, value: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add(FieldReason::NotFound, path, format!("Not found: {}{colon}{detail}", shown(value)));
    }

    pub(super) fn too_long(&mut self, path: &str, limit: usize) {
        self.add(FieldReason::TooLong, path, format!("Too long: may not be more than {limit} bytes"));
    }

    pub(super) fn unsupported(&mut self, path: &str, value: &str, supported: &[&str]) {
        let message = format!("Unsupported value: {}: supported values: {}", shown(value), quoted(supported));
        self.add(FieldReason::NotSupported, path, message);
    }

    /// Refuses a value that is none of `supported`.
    pub(super) fn one_of(&mut self, path: &str, value: &str, supported: &[&str]) {
        if !supported.contains(&value) {
            self.unsupported(path, value, supported);
        }
    }

    /// As [`Faults::one_of`]; an absent or empty value is missing.
    pub(super) fn required_one_of(&mut self, path: &str, value: Option<&str>, supported: &[&str]) {
        match value.unwrap_or_default() {
            "" => self.required(path, ""),
            value => self.one_of(path, value, supported),
        }
    }

    pub(super) fn non_negative(&mut self, path: &str, value: i64) {
        if value < 0 {
            self.invalid(path, value, "must be greater than or equal to 0");
        }
    }

    pub(super) fn not_empty(&mut self, path: &str, value: Option<&str>) {
        if value.unwrap_or_default().is_empty() {
            self.required(path, "");
        }
    }
}
