//! Kinds without a description of their own (`describe.go`, `GenericDescriber`): all their fields, in the order of their names.

use super::page::Page;
use crate::kube::Object;
use crate::kubectl::output;
use serde_json::{Map, Value};

/// What is told above already, or never.
const SKIPPED: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

pub(super) fn describe(page: &mut Page, object: &Object) {
    let meta = object.meta();
    page.field(0, "Name", meta.name.as_deref().unwrap_or_default());
    page.field(0, "Namespace", meta.namespace.as_deref().unwrap_or_default());
    page.labels(meta);
    if let Value::Object(fields) = output::shown(object) {
        tree(page, 0, &fields, "");
    }
}

fn tree(page: &mut Page, level: usize, fields: &Map<String, Value>, above: &str) {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    for name in names {
        let path = format!("{above}.{name}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let label = label(name);
        match &fields[name] {
            Value::Object(below) => {
                page.line(level, &format!("{label}:"));
                tree(page, level + 1, below, &path);
            }
            Value::Array(items) => {
                page.line(level, &format!("{label}:"));
                for item in items {
                    match item {
                        Value::Object(below) => tree(page, level + 1, below, &path),
                        other => page.line(level + 1, &plain(other)),
                    }
                }
            }
            other => page.field(level, &label, plain(other)),
        }
    }
}

/// A value as Go's `%v` prints it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A field's name in words: `clusterIP` is `Cluster IP` (`smartLabelFor`).
fn label(name: &str) -> String {
    if name.chars().any(|letter| !letter.is_alphabetic() && letter != '-') {
        return name.to_owned();
    }
    let words: Vec<String> = split(name)
        .into_iter()
        .map(|word| {
            let upper = word.to_uppercase();
            if ["API", "URL", "UID", "OSB", "GUID"].contains(&upper.as_str()) {
                return upper;
            }
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        })
        .collect();
    words.join(" ")
}

/// The words of a name in camel case; of several capitals the last begins the next word.
fn split(name: &str) -> Vec<String> {
    let class = |letter: char| (letter.is_lowercase(), letter.is_uppercase());
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if last == Some(class(letter)) => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        last = Some(class(letter));
    }
    for i in 1..words.len() {
        let upper = words[i - 1].chars().all(char::is_uppercase);
        if upper
            && words[i].chars().all(char::is_lowercase)
            && let Some(first) = words[i - 1].pop()
        {
            words[i].insert(0, first);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        let pairs = [
            ("apiVersion", "API Version"),
            ("clusterIP", "Cluster IP"),
            ("uid", "UID"),
            ("podFixed", "Pod Fixed"),
            ("IPBlock", "IP Block"),
            ("a.b", "a.b"),
        ];
        for (name, words) in pairs {
            assert_eq!(label(name), words);
        }
    }
}
