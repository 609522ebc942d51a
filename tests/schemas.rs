//! The JSON Schemas that authors' editors use agree with the content and with what podlab reads: everything shipped is valid by
//! them, and what podlab refuses for its shape they refuse too.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

use podlab::course::front;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The keywords the schemas may use: those that [`faults`] knows, and notes for people.
const KEYWORDS: &[&str] = &[
    "$schema",
    "title",
    "description",
    "default",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minLength",
    "pattern",
    "enum",
    "const",
    "oneOf",
];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root("assets/schemas").join(name)).unwrap()).unwrap()
}

fn yaml(text: &str) -> Value {
    let read: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    json(&read)
}

/// YAML as JSON; keys such as `true` and `137` are the text they are written as.
fn json(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Mapping(map) => {
            let key = |key: &serde_yaml::Value| match key {
                serde_yaml::Value::String(text) => text.clone(),
                other => serde_json::to_value(other).unwrap().to_string(),
            };
            Value::Object(map.iter().map(|(name, value)| (key(name), json(value))).collect())
        }
        serde_yaml::Value::Sequence(items) => Value::Array(items.iter().map(json).collect()),
        other => serde_json::to_value(other).unwrap(),
    }
}

/// Why a value is not valid by a schema, with the path of each fault; the part of JSON Schema that ours use.
fn faults(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !has_type(schema, value) {
        return vec![format!("{path}: not a {}", schema["type"])];
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        found.push(format!("{path}: none of {known:?}"));
    }
    if let Some(only) = schema.get("const").filter(|only| *only != value) {
        found.push(format!("{path}: not {only}"));
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let failed: Vec<Vec<String>> = ways.iter().map(|way| faults(way, value, path)).collect();
        let valid = failed.iter().filter(|faults| faults.is_empty()).count();
        if valid != 1 {
            let nearest = failed.iter().min_by_key(|faults| faults.len()).cloned().unwrap_or_default();
            found.push(format!("{path}: valid in {valid} ways; {nearest:?}"));
        }
    }
    match value {
        Value::Object(_) => found.extend(of_object(schema, value, path)),
        Value::Array(items) => found.extend(of_list(schema, items, path)),
        Value::String(text) => found.extend(of_text(schema, text, path)),
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            if schema["minimum"].as_f64().is_some_and(|least| number < least)
                || schema["maximum"].as_f64().is_some_and(|most| number > most)
            {
                found.push(format!("{path}: {number} is out of range"));
            }
        }
        _ => {}
    }
    found
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => false,
    };
    match schema.get("type") {
        None => true,
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name),
    }
}

fn of_object(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.push(format!("{path}: no {name}"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let below = format!("{path}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(known), _) => found.extend(faults(known, field, &below)),
            (None, Some(Value::Bool(false))) => found.push(format!("{below}: unknown")),
            (None, Some(other @ Value::Object(_))) => found.extend(faults(other, field, &below)),
            (None, _) => {}
        }
    }
    found
}

fn of_list(schema: &Value, items: &[Value], path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let count = items.len() as u64;
    if schema["minItems"].as_u64().is_some_and(|least| count < least)
        || schema["maxItems"].as_u64().is_some_and(|most| count > most)
    {
        found.push(format!("{path}: {count} items"));
    }
    if let Some(each) = schema.get("items") {
        found.extend(
            items.iter().enumerate().flat_map(|(i, item)| faults(each, item, &format!("{path}[{i}]"))),
        );
    }
    found
}

fn of_text(schema: &Value, text: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if schema["minLength"].as_u64().is_some_and(|least| (text.chars().count() as u64) < least) {
        found.push(format!("{path}: too short"));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && !regex_lite::Regex::new(pattern).unwrap().is_match(text)
    {
        found.push(format!("{path}: '{text}' does not match {pattern}"));
    }
    found
}

/// Every word of the schemas that stands where a keyword is expected.
fn keywords(schema: &Value, found: &mut Vec<String>) {
    for (name, value) in schema.as_object().into_iter().flatten() {
        found.push(name.clone());
        match name.as_str() {
            "properties" => {
                value.as_object().into_iter().flatten().for_each(|(_, each)| keywords(each, found));
            }
            "oneOf" => value.as_array().into_iter().flatten().for_each(|each| keywords(each, found)),
            "items" | "additionalProperties" => keywords(value, found),
            _ => {}
        }
    }
}

#[test]
fn the_schemas_use_only_keywords_that_are_judged_here() {
    for name in ["quiz.json", "lab.json", "front-matter.json", "misconceptions.json"] {
        let mut found = Vec::new();
        keywords(&schema(name), &mut found);
        for word in found {
            assert!(KEYWORDS.contains(&word.as_str()), "{name}: {word}");
        }
    }
}

/// Content files with the schema each must be valid by.
fn shipped() -> Vec<(PathBuf, Value, &'static str)> {
    let mut found = Vec::new();
    for (folder, name) in
        [("quizzes", "quiz.json"), ("assets/labs", "lab.json"), ("lessons", "front-matter.json")]
    {
        for entry in fs::read_dir(root(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let value = if folder == "lessons" { yaml(front::split(&text).unwrap().0) } else { yaml(&text) };
            found.push((path, value, name));
        }
    }
    let path = root("assets/misconceptions.yaml");
    let value = yaml(&fs::read_to_string(&path).unwrap());
    found.push((path, value, "misconceptions.json"));
    found
}

#[test]
fn everything_shipped_is_valid_by_the_schemas() {
    let all = shipped();
    assert!(all.len() > 70);
    for (path, value, name) in all {
        assert_eq!(faults(&schema(name), &value, ""), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn what_podlab_refuses_for_its_shape_the_schemas_refuse_too() {
    let refused = [
        ("quiz.json", "questions: [{id: a, kind: choose-on, ask: x, options: []}]"),
        ("quiz.json", "questions: [{id: a, kind: order, ask: x, items: [a, b], becuase: x}]"),
        ("quiz.json", "questions: [{id: a, kind: true-false, ask: x, answer: true, because: {true: x}}]"),
        ("quiz.json", "questions: [{id: A, kind: order, ask: x, items: [a, b], because: x}]"),
        ("quiz.json", "questions: [{id: a, kind: find-line, ask: x, yaml: x, line: 0, because: x}]"),
        ("quiz.json", "question: []"),
        ("lab.json", "{title: x, chapter: y}"),
        ("front-matter.json", "{title: x, part: y, minuts: 5}"),
        ("front-matter.json", "{title: x, part: y, minutes: many}"),
        ("misconceptions.json", "- {id: a, claim: x, truth: y, chapter: c, experiment: {watch: 3, look: z}}"),
        ("misconceptions.json", "- {id: a, claim: x, chapter: c}"),
    ];
    for (name, text) in refused {
        assert!(!faults(&schema(name), &yaml(text), "").is_empty(), "{name} takes {text}");
    }
}
