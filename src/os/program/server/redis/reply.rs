//! Answers in Redis's protocol.

pub(super) fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

pub(super) fn array<'t>(items: impl IntoIterator<Item = &'t String>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| bulk(item)).collect();
    format!("*{}\r\n{}", items.len(), items.concat())
}

pub(super) fn number(value: impl std::fmt::Display) -> String {
    format!(":{value}\r\n")
}

/// Done.
pub(super) const OK: &str = "+OK\r\n";
/// Nothing is there.
pub(super) const NIL: &str = "$-1\r\n";
pub(super) const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
