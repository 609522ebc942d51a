//! Manifests of the recordings, spoilt at random, are applied, left alone, shown and deleted: whatever comes, no panic, no hang, no log
//! that grows without end. Every case has a number and can be repeated by it.
//!
//! `PODLAB_FUZZ_CASES=100000 PODLAB_FUZZ_FIRST=100000 cargo test --release --test real fuzz` runs so many other cases.

use crate::dice::{Dice, cases};
use crate::each::each;
use crate::stage;
use podlab::kube::SimTime;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Cases of an ordinary run.
const CASES: u64 = 800;
/// More changes than any spoilt manifest may cause in four minutes.
const MOST_CHANGES: u64 = 60_000;

/// What is put where something else belongs.
fn odd(dice: &mut Dice) -> Value {
    let long = "a".repeat(300);
    dice.pick(&[
        Value::Null,
        json!(-1),
        json!(0),
        json!(1),
        json!(2_147_483_647_i64),
        json!(9_223_372_036_854_775_807_i64),
        json!(1e300),
        json!(true),
        json!(""),
        json!(" "),
        json!("0"),
        json!("-5"),
        json!("9999999999999999999Gi"),
        json!("1e999"),
        json!("100m"),
        json!("$(X)"),
        json!("../../etc"),
        json!("Never"),
        json!("Always"),
        json!("while true; do :; done"),
        json!("2006-01-02T15:04:05Z"),
        json!("\u{1b}[31m\u{7f}ü🦀"),
        json!(long),
        json!([]),
        json!({}),
        json!([{}]),
        json!([[1], null]),
        json!({"a": {"b": [1, "2", null]}}),
    ])
    .clone()
}

/// The places in a value, as JSON pointers.
fn places(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                places(inner, format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(list) => {
            for (i, inner) in list.iter().enumerate() {
                places(inner, format!("{here}/{i}"), found);
            }
        }
        _ => {}
    }
    found.push(here);
}

fn spoil(value: &mut Value, others: &[Value], dice: &mut Dice) {
    let mut all = Vec::new();
    places(value, String::new(), &mut all);
    let place: String = dice.pick(&all).clone();
    let Some(target) = value.pointer_mut(&place) else { return };
    match dice.roll(6) {
        1 => {
            let other = dice.pick(others);
            let mut places_there = Vec::new();
            places(other, String::new(), &mut places_there);
            let from: &String = dice.pick(&places_there);
            *target = other.pointer(from).cloned().unwrap_or_default();
        }
        2 => match target {
            Value::Array(list) if !list.is_empty() => {
                let again = dice.pick(list).clone();
                list.push(again);
            }
            Value::Object(map) if !map.is_empty() => {
                let keys: Vec<String> = map.keys().cloned().collect();
                let key: &String = dice.pick(&keys);
                map.remove(key);
            }
            _ => *target = odd(dice),
        },
        3 => match target {
            Value::Object(map) => {
                let name: &&str =
                    dice.pick(&["spec", "name", "resources", "livenessProbe", "x", "initContainers"]);
                map.insert((*name).to_owned(), odd(dice));
            }
            other => *other = Value::Array(vec![other.take()]),
        },
        4 => match target {
            Value::Number(_) => *target = json!(dice.roll(100_000) as i64 - 1000),
            Value::String(text) => {
                let more: &&str = dice.pick(&["-", ".", "$", "\n", "0", " x", "é", "{{}}"]);
                text.push_str(more);
            }
            other => *other = Value::Object(Map::from_iter([("value".to_owned(), other.take())])),
        },
        _ => *target = odd(dice),
    }
}

/// The manifest of case `number`.
fn manifest(number: u64, texts: &[String], values: &[Value]) -> String {
    let mut dice = Dice::of(number);
    if dice.roll(4) == 0 {
        let mut bytes = dice.pick(texts).clone().into_bytes();
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(bytes.len());
            match dice.roll(3) {
                0 => bytes[at] = dice.roll(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *dice.pick(b"{}[]:-&*!|>'\"# \n\t%@`0")),
            }
        }
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let mut value = dice.pick(values).clone();
    for _ in 0..=dice.roll(4) {
        spoil(&mut value, values, &mut dice);
    }
    value.to_string()
}

fn run(text: String) {
    let files = BTreeMap::from([("m.yaml".to_owned(), text.into_bytes())]);
    let mut stage = stage::stage(1, "fuzz", files);
    let lines = [
        (0, "kubectl apply -f m.yaml"),
        (2, "kubectl get all -o wide"),
        (30, "kubectl describe pods; kubectl get pods -o yaml; kubectl get events"),
        (60, "kubectl apply -f m.yaml; kubectl logs -l app=web --all-containers --prefix"),
        (90, "kubectl delete -f m.yaml --wait=false"),
    ];
    for (at, line) in lines {
        stage.advance(SimTime::from_secs(at));
        stage.start(line);
    }
    stage.advance(SimTime::from_secs(240));
    let changes = stage.cluster.store().revision();
    assert!(changes < MOST_CHANGES, "{changes} changes");
}

#[test]
fn no_spoilt_manifest_makes_podlab_panic_or_hang() {
    let texts: Vec<String> = stage::all().iter().filter_map(stage::Recorded::manifest).collect();
    let values: Vec<Value> = texts
        .iter()
        .flat_map(|text| serde_yaml::Deserializer::from_str(text).collect::<Vec<_>>())
        .filter_map(|document| serde::Deserialize::deserialize(document).ok())
        .collect();
    let results = each(cases(CASES), |case| {
        let text = manifest(case, &texts, &values);
        catch_unwind(AssertUnwindSafe(|| run(text.clone()))).err().map(|_| format!("case {case}: {text}"))
    });
    let failed: Vec<String> = results.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
