//! Syntax errors in kubectl's words. kubectl's YAML parser is a port of libyaml, and so is the one inside `serde_yaml`: its problem
//! and marks give the same text and, by go-yaml's arithmetic, the same (often odd) line.

use serde::de::IgnoredAny;
use serde_yaml::Deserializer;

/// How much of a document is looked at beyond the place where another parser gave up.
const LOOK_BEYOND: usize = 4096;

/// A syntax error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// What kubectl says after `error converting YAML to JSON: `.
    pub(super) text: String,
    /// Where the fault really is: line and column, from 1.
    pub(super) place: Option<(usize, usize)>,
}

/// The error libyaml finds in the first document of `text`, if any. `until` is the byte where another parser failed, so that the
/// time stays bounded.
pub(super) fn check(text: &str, until: Option<usize>) -> Option<SyntaxError> {
    let text = match until {
        Some(at) => cut(text, at.saturating_add(LOOK_BEYOND)),
        None => text,
    };
    // Only syntax matters here: what the reader makes of the document is thrown away.
    let first = Deserializer::from_str(text).next()?;
    let error = serde::Deserialize::deserialize(first).map(|_: IgnoredAny| ()).err()?;
    Some(of_libyaml(&error.to_string()))
}

/// `text` up to about byte `at`, at the end of a line if one is near.
fn cut(text: &str, at: usize) -> &str {
    let rest = text.get(text.floor_char_boundary(at)..).unwrap_or_default();
    let near = &rest[..rest.floor_char_boundary(LOOK_BEYOND)];
    let more = near.find('\n').map_or(near.len(), |offset| offset + 1);
    &text[..text.len() - rest.len() + more]
}

/// Problems the scanner reports without naming what it was scanning.
const SCANNER_PROBLEMS: [&str; 3] = [
    "mapping values are not allowed in this context",
    "mapping keys are not allowed in this context",
    "block sequence entries are not allowed in this context",
];

/// Takes `problem at line L column C, while scanning … at line L column C` apart. go-yaml counts lines from 0 but adds one for
/// errors of the scanner, and names no line for the first.
fn of_libyaml(message: &str) -> SyntaxError {
    let (problem, context) = match message.split_once(", while ") {
        Some((problem, context)) => (problem, context),
        None => (message, ""),
    };
    let (problem, place) = split_mark(problem.split(" at position ").next().unwrap_or(problem));
    let scanner = context.starts_with("scanning") || SCANNER_PROBLEMS.contains(&problem);
    let text = match place.map_or(0, |(line, _)| line - 1) {
        0 => format!("yaml: {problem}"),
        line => format!("yaml: line {}: {problem}", line + usize::from(scanner)),
    };
    SyntaxError { text, place }
}

fn split_mark(text: &str) -> (&str, Option<(usize, usize)>) {
    let Some((before, mark)) = text.rsplit_once(" at line ") else { return (text, None) };
    let place = mark.split_once(" column ").and_then(|(l, c)| Some((l.parse().ok()?, c.parse().ok()?)));
    match place {
        Some(place) => (before, Some(place)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_as_kubectl_names_them() {
        for (text, error) in [
            ("a: b\nmetadata:\n\tname: x\n", "yaml: line 3: found character that cannot start any token"),
            ("a:\n  b: c\n d: e\n", "yaml: line 2: did not find expected key"),
            ("a: b\nkind Pod\nc: d\n", "yaml: line 3: could not find expected ':'"),
            ("a: b\n c: d\n", "yaml: line 2: mapping values are not allowed in this context"),
            ("a: [b\nc: d\n", "yaml: line 1: did not find expected ',' or ']'"),
            ("a: 1\n\tb: 2\n", "yaml: line 2: found a tab character that violates indentation"),
            ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
            ("- a\nb: c\n", "yaml: line 1: did not find expected '-' indicator"),
            ("a: b\n- c\n", "yaml: line 1: did not find expected key"),
            ("a: \"x\n", "yaml: line 2: found unexpected end of stream"),
            ("a: {b\n", "yaml: line 1: did not find expected ',' or '}'"),
            ("a: }\n", "yaml: did not find expected node content"),
            ("a: \"\\q\"\n", "yaml: found unknown escape character"),
            ("a: \u{1}\n", "yaml: control characters are not allowed"),
        ] {
            assert_eq!(check(text, None).map(|e| e.text).as_deref(), Some(error), "{text:?}");
        }
        assert_eq!(check("a: b\n", None), None);
    }
}
