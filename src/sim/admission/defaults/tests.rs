use super::*;
use crate::kube::Kind;
use serde_json::{Value, json};

fn defaulted(kind: Kind, value: Value) -> Value {
    let mut object = Object::from_value(kind, value).expect("decodes");
    apply(&mut object);
    let once = object.clone();
    apply(&mut object);
    assert_eq!(once, object, "defaulting twice changes nothing");
    object.to_value()
}

/// The Pods a real server accepted, with what it made of them; what other objects decide (service account, priority,
/// tolerations, token volume) is taken out on both sides.
#[test]
fn pods_are_filled_in_as_a_real_server_filled_them_in() {
    let cases = include_str!("../../../../tests/data/validation-cases.jsonl");
    let mut compared = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let Some(expected) = case.get("result").and_then(|r| r.get("spec")) else { continue };
        let spec = without_admission(defaulted(Kind::Pod, case["pod"].clone())["spec"].take());
        assert_eq!(spec, without_admission(expected.clone()), "{}", case["note"]);
        compared += 1;
    }
    assert!(compared > 20, "only {compared} compared");
}

fn without_admission(mut spec: Value) -> Value {
    let map = spec.as_object_mut().expect("a spec");
    for key in ["serviceAccountName", "serviceAccount", "priority", "preemptionPolicy", "tolerations"] {
        map.remove(key);
    }
    let mut drop_token = |holder: &str, field: &str| {
        let Some(list) = map.get_mut(holder).and_then(Value::as_array_mut) else { return };
        if field.is_empty() {
            list.retain(|v| !is_token(v));
        }
        for item in list.iter_mut().filter(|_| !field.is_empty()) {
            if let Some(mounts) = item.get_mut(field).and_then(Value::as_array_mut) {
                mounts.retain(|v| !is_token(v));
                if mounts.is_empty() {
                    item.as_object_mut().expect("an object").remove(field);
                }
            }
        }
    };
    drop_token("volumes", "");
    drop_token("containers", "volumeMounts");
    drop_token("initContainers", "volumeMounts");
    if map.get("volumes").is_some_and(|v| v == &json!([])) {
        map.remove("volumes");
    }
    // A Go list without `omitempty` prints as null when empty, an optional text when it is empty not at all.
    prune(&mut spec);
    spec
}

fn is_token(value: &Value) -> bool {
    value["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-"))
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, v| !(v.is_null() || key != "service" && v == "" || v == &json!([])));
            map.values_mut().for_each(prune);
        }
        Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

fn spec_of(kind: Kind, value: Value) -> Value {
    let mut spec = defaulted(kind, value)["spec"].take();
    if let Some(map) = spec.as_object_mut() {
        map.remove("template");
        map.remove("selector");
    }
    spec
}

#[test]
fn workloads_get_their_own_defaults() {
    assert_eq!(
        spec_of(Kind::Deployment, json!({"spec": {"template": {}}})),
        json!({"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}})
    );
    assert_eq!(
        spec_of(Kind::Job, json!({"spec": {"parallelism": 3}})),
        json!({"parallelism": 3, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
            "manualSelector": false, "podReplacementPolicy": "TerminatingOrFailed"})
    );
    assert_eq!(spec_of(Kind::Job, json!({"spec": {}}))["completions"], 1);
    assert_eq!(
        spec_of(Kind::DaemonSet, json!({}))["updateStrategy"]["rollingUpdate"],
        json!({"maxSurge": 0, "maxUnavailable": 1})
    );
}

#[test]
fn a_template_does_not_get_what_only_pods_get() {
    let template =
        json!({"spec": {"containers": [{"name": "a", "image": "b", "resources": {"limits": {"cpu": "1"}}}]}});
    let spec =
        defaulted(Kind::Deployment, json!({"spec": {"template": template}}))["spec"]["template"]["spec"]
            .take();
    assert!(spec.get("enableServiceLinks").is_none());
    assert!(spec["containers"][0]["resources"].get("requests").is_none());
    assert_eq!(spec["restartPolicy"], "Always");
}

#[test]
fn a_services_target_port_defaults_to_its_port() {
    let spec = spec_of(
        Kind::Service,
        json!({"spec": {"ports": [{"port": 80}, {"port": 81, "targetPort": "http"}]}}),
    );
    assert_eq!(spec["ports"][0], json!({"port": 80, "protocol": "TCP", "targetPort": 80}));
    assert_eq!(spec["ports"][1]["targetPort"], "http");
}

#[test]
fn images_without_a_tag_or_with_latest_are_always_pulled() {
    for (image, policy) in [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("reg:5000/x", "Always"),
        ("reg:5000/x:1", "IfNotPresent"),
        ("x:latest@sha256:0", "Always"),
        ("x@sha256:0", "IfNotPresent"),
        ("UPPER:bad tag", "IfNotPresent"),
    ] {
        let pod = json!({"spec": {"containers": [{"name": "a", "image": image}]}});
        assert_eq!(defaulted(Kind::Pod, pod)["spec"]["containers"][0]["imagePullPolicy"], policy, "{image}");
    }
}

#[test]
fn string_data_becomes_data() {
    let secret =
        defaulted(Kind::Secret, json!({"stringData": {"a": "b"}, "data": {"a": "eA==", "c": "eA=="}}));
    assert_eq!(secret["data"], json!({"a": "Yg==", "c": "eA=="}));
    assert!(secret.get("stringData").is_none());
}
