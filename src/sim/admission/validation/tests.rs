use super::*;
use crate::kube::{Kind, decode};
use crate::sim::admission::defaults;
use crate::sim::api::Refusal;
use serde_json::Value;

/// Pods a real server refused: its message; accepted: its warnings.
#[test]
fn pods_are_judged_as_a_real_server_judged_them() {
    let cases = include_str!("../../../../tests/data/validation-cases.jsonl");
    let mut wrong = Vec::new();
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        // Other codes come from decoding or admission, and generated names differ each time.
        if !["201", "422"].contains(&case["code"].to_string().as_str()) || case["note"] == "gen name" {
            continue;
        }
        let mut object = decode::decode(Kind::Pod, &case["pod"]).strict(Kind::Pod).expect("decodes");
        defaults::apply(&mut object);
        let faults = create(&object);
        let name = object.key().name.to_string();
        let said = if faults.is_empty() {
            let texts = warnings(&object);
            let texts: Vec<String> =
                texts.iter().map(|w| format!("299 - {}", Value::from(w.as_str()))).collect();
            texts.join("\n")
        } else {
            Refusal::invalid(Kind::Pod, &name, faults).message
        };
        let warned = || {
            let texts = case["warnings"].as_array().cloned().unwrap_or_default();
            texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        };
        let expected = case["message"].as_str().map_or_else(warned, str::to_owned);
        if said != expected {
            wrong.push(format!("{}\n  said     {said}\n  expected {expected}", case["note"]));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
