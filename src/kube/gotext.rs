//! JSON values as Go's `%v` shows them, which reaches learners through messages that print a map as it is.

use serde_json::Value;

/// What Go says of a text that is no time in the form of RFC 3339.
pub fn time_fault(text: &str) -> String {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let mut rest = text;
    for part in ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"] {
        let number = part.starts_with(|c: char| c.is_ascii_digit());
        let fits = if number {
            rest.len() >= part.len() && rest.bytes().take(part.len()).all(|b| b.is_ascii_digit())
        } else {
            rest.starts_with(part)
        };
        if !fits {
            return format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {part:?}");
        }
        rest = &rest[part.len()..];
    }
    let fraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let rest = fraction.unwrap_or(rest);
    match rest.strip_prefix('Z') {
        Some("") => format!("parsing time {text:?}: out of range"),
        Some(extra) => format!("parsing time {text:?}: extra text: {extra:?}"),
        None => format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as \"Z07:00\""),
    }
}

/// A value as Go's `%v` shows it.
pub fn show(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k}:{}", show(v))).collect();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}
