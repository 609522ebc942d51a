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

fn pod(spec: Value) -> Object {
    let value = serde_json::json!({"metadata": {"name": "x1", "uid": "1"}, "spec": spec});
    let mut object = decode::decode(Kind::Pod, &value).object.expect("decodes");
    defaults::apply(&mut object);
    object
}

fn changed(old: Value, new: Value) -> String {
    let faults = update(&pod(new), &pod(old), Subresource::Main);
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n* ")
}

#[test]
fn a_change_of_what_may_not_change_is_shown_as_the_server_shows_it() {
    let old =
        serde_json::json!({"containers": [{"name": "app", "image": "a:1", "command": ["sleep", "3600"]}]});
    let mut new = old.clone();
    new["containers"][0]["image"] = "a:2".into();
    new["activeDeadlineSeconds"] = 60.into();
    assert_eq!(changed(old.clone(), new.clone()), "", "images and a deadline may change");
    new["containers"][0]["command"][1] = "60".into();
    let said = changed(old.clone(), new);
    assert!(said.starts_with(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"
    ));
    assert!(
        said.ends_with(
            "@@ -7,7 +7,7 @@\n    \"Image\": \"a:1\",\n    \"Command\": [\n     \"sleep\",\n-    \"3600\"\n+    \"60\"\n    ],\n    \"Args\": null,\n    \"WorkingDir\": \"\",\n"
        ),
        "{said}"
    );
    let mut more = old.clone();
    more["containers"] = serde_json::json!([old["containers"][0], {"name": "b", "image": "b"}]);
    assert_eq!(
        changed(old, more),
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    );
}

#[test]
fn a_deadline_is_only_lowered() {
    let with = |seconds: Value| serde_json::json!({"containers": [{"name": "a", "image": "b"}], "activeDeadlineSeconds": seconds});
    assert_eq!(
        changed(with(600.into()), with(900.into())),
        "spec.activeDeadlineSeconds: Invalid value: 900: must be less than or equal to previous value"
    );
    assert_eq!(changed(with(600.into()), with(300.into())), "");
}
