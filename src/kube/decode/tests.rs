use super::*;
use serde_json::json;

fn pod(container: &Value) -> Value {
    let mut whole = json!({"name": "a", "image": "b"});
    whole.as_object_mut().expect("a map").extend(container.as_object().expect("a map").clone());
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [whole]}})
}

fn fault(container: &Value) -> String {
    decode(Kind::Pod, &pod(container)).object.expect_err("a fault").text
}

#[test]
fn wrong_types_are_named_in_gos_words() {
    for (container, text) in [
        (
            json!({"command": "a"}),
            "json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string",
        ),
        (
            json!({"command": [1]}),
            "json: cannot unmarshal number into Go struct field Container.spec.containers.command of type string",
        ),
        (
            json!({"env": {"A": "b"}}),
            "json: cannot unmarshal object into Go struct field Container.spec.containers.env of type []v1.EnvVar",
        ),
        (
            json!({"imagePullPolicy": 5}),
            "json: cannot unmarshal number into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy",
        ),
        (
            json!({"ports": [5]}),
            "json: cannot unmarshal number into Go struct field Container.spec.containers.ports of type v1.ContainerPort",
        ),
        (
            json!({"ports": [{"containerPort": 99_999_999_999_i64}]}),
            "json: cannot unmarshal number 99999999999 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
        ),
        (
            json!({"resources": {"limits": 5}}),
            "json: cannot unmarshal number into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList",
        ),
        (
            json!({"securityContext": {"capabilities": {"add": [5]}}}),
            "json: cannot unmarshal number into Go struct field Capabilities.spec.containers.securityContext.capabilities.add of type v1.Capability",
        ),
        (
            json!({"livenessProbe": {"periodSeconds": 1.5}}),
            "json: cannot unmarshal number 1.5 into Go struct field Probe.spec.containers.livenessProbe.periodSeconds of type int32",
        ),
        (
            json!({"livenessProbe": {"httpGet": {"port": true}}}),
            "json: cannot unmarshal bool into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
        ),
        (
            json!({"resources": {"limits": {"cpu": true}}}),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ] {
        assert_eq!(fault(&container), text);
    }
}

#[test]
fn unknown_fields_are_listed_with_their_indexes_and_a_wrong_type_silences_them() {
    let mut value = pod(&json!({"comand": []}));
    value["spec"]["restartpolicy"] = json!("Always");
    let decoded = decode(Kind::Pod, &value);
    assert_eq!(decoded.unknown, ["spec.containers[0].comand", "spec.restartpolicy"]);
    assert_eq!(
        decoded.strict(Kind::Pod).expect_err("refused"),
        "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.containers[0].comand\", unknown field \"spec.restartpolicy\""
    );
    value["spec"]["hostPID"] = json!(1);
    let text = decode(Kind::Pod, &value).strict(Kind::Pod).expect_err("refused");
    assert!(text.ends_with("PodSpec.spec.hostPID of type bool"), "{text}");
}

#[test]
fn what_go_cannot_tell_from_nothing_is_dropped() {
    let mut value = pod(
        &json!({"command": [], "workingDir": "", "stdin": false, "env": null, "securityContext": {"runAsUser": 0, "privileged": false}}),
    );
    value["metadata"]["labels"] = json!({"a": null});
    value["spec"]["automountServiceAccountToken"] = json!(false);
    value["spec"]["hostNetwork"] = json!(false);
    let read = decode(Kind::Pod, &value).object.expect("a Pod").to_value();
    assert_eq!(
        read["spec"],
        json!({"automountServiceAccountToken": false, "containers": [{"name": "a", "image": "b", "securityContext": {"runAsUser": 0, "privileged": false}}]})
    );
    assert_eq!(read["metadata"]["labels"], json!({"a": ""}));
}

#[test]
fn quantities_become_canonical() {
    let read = decode(Kind::Pod, &pod(&json!({"resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}})));
    let limits =
        read.object.expect("a Pod").to_value()["spec"]["containers"][0]["resources"]["limits"].take();
    assert_eq!(limits, json!({"cpu": "500m", "memory": "1Gi"}));
}

#[test]
fn faults_of_the_metadata_are_kubectls_to_find() {
    let text = |value: Value| metadata_fault(&value).map(|f| f.text).unwrap_or_default();
    assert_eq!(
        text(json!({"metadata": {"labels": {"a": 1}}})),
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
    );
    assert_eq!(
        text(json!({"metadata": {"labels": ["a"]}})),
        "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string"
    );
    assert_eq!(
        text(json!({"metadata": "name:x1"})),
        "json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"
    );
    assert_eq!(text(json!({"metadata": null})), "");
}

#[test]
fn every_case_the_server_could_not_decode_is_refused_in_its_words() {
    let cases = include_str!("../../../tests/data/validation-cases.jsonl");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let expected = case["message"].as_str().filter(|m| m.starts_with("Pod in version"));
        let read = decode(Kind::Pod, &case["pod"]).strict(Kind::Pod);
        assert_eq!(read.err().as_deref(), expected, "{}", case["note"]);
    }
}
