//! What a learner would see of Pods, told as (time in seconds, what the container does, restarts).

use crate::kube::core::ContainerStatus;
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::{DeleteOptions, Write};
use crate::sim::{ChangeKind, Cluster, ClusterConfig};
use serde_json::{Value, json};
use std::collections::BTreeSet;

mod bounds;
mod neighbours;
mod resizing;
mod storage;

fn cluster_with(pod: &Value) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let cause = cluster.command_cause("kubectl apply -f pod.yaml");
    let object = Object::from_value(Kind::Pod, pod.clone()).expect("a Pod");
    cluster.create(object, &Write::user(cause)).expect("accepted");
    cluster
}

fn pod(spec: Value) -> Value {
    json!({"metadata": {"name": "web", "namespace": "default"}, "spec": spec})
}

fn script(text: &str) -> Value {
    json!({"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", text]})
}

fn word(status: &ContainerStatus) -> String {
    let state = status.state.clone().unwrap_or_default();
    let waiting = state.waiting.and_then(|waiting| waiting.reason);
    let ended = state.terminated.and_then(|ended| ended.reason);
    waiting.or(ended).unwrap_or_else(|| "Running".into())
}

/// What the first container did, change by change, without repetitions.
fn rows(cluster: &Cluster) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for change in cluster.store().changes_since(0).into_iter().flatten() {
        let Some(pod) = change.object.as_pod().filter(|_| change.kind != ChangeKind::Deleted) else {
            continue;
        };
        let Some(status) = pod.status.container_statuses.iter().flatten().next() else { continue };
        let row = format!("{} {}", word(status), status.restart_count);
        if rows.last() != Some(&row) {
            rows.push(row);
        }
    }
    rows
}

#[test]
fn a_crashing_container_restarts_at_once_and_then_waits_longer_and_longer() {
    let mut cluster = cluster_with(&pod(json!({"containers": [script("exit 1")]})));
    cluster.advance(SimTime::from_secs(60));
    let expected = [
        "ContainerCreating 0",
        "Running 0",
        "Error 0",
        "Running 1",
        "Error 1",
        "CrashLoopBackOff 1",
        "Running 2",
        "Error 2",
        "CrashLoopBackOff 2",
        "Running 3",
        "Error 3",
    ];
    assert_eq!(rows(&cluster), expected);
}

#[test]
fn under_never_a_container_that_ends_well_makes_the_pod_succeed() {
    let mut cluster =
        cluster_with(&pod(json!({"restartPolicy": "Never", "containers": [script("sleep 3")]})));
    cluster.advance(SimTime::from_secs(20));
    assert_eq!(rows(&cluster), ["ContainerCreating 0", "Running 0", "Completed 0"]);
    let object = cluster.store().get(&Key::pod("default", "web")).and_then(Object::as_pod).cloned();
    assert_eq!(object.and_then(|pod| pod.status.phase.clone()).as_deref(), Some("Succeeded"));
}

#[test]
fn a_process_that_ignores_sigterm_is_killed_when_its_grace_is_over() {
    let spec = json!({"terminationGracePeriodSeconds": 5, "containers": [script("sleep 3600")]});
    let mut cluster = cluster_with(&pod(spec));
    cluster.advance(SimTime::from_secs(10));
    let cause = cluster.command_cause("kubectl delete pod web");
    let key = Key::pod("default", "web");
    cluster.delete(&key, &DeleteOptions::default(), &Write::user(cause)).expect("accepted");
    cluster.advance(SimTime::from_secs(14));
    assert!(cluster.store().get(&key).is_some(), "still within its grace period");
    cluster.advance(SimTime::from_secs(18));
    assert!(cluster.store().get(&key).is_none(), "gone after grace period and one look at the containers");
    assert_eq!(rows(&cluster).last().map(String::as_str), Some("Error 0"));
}

#[test]
fn a_missing_config_map_is_noticed_at_the_next_try() {
    let container = json!({"name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"],
        "envFrom": [{"configMapRef": {"name": "settings"}}]});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(rows(&cluster).last().map(String::as_str), Some("CreateContainerConfigError 0"));
    let map = json!({"metadata": {"name": "settings", "namespace": "default"}, "data": {"A": "1"}});
    let cause = cluster.command_cause("kubectl create configmap settings");
    let map = Object::from_value(Kind::ConfigMap, map).expect("a ConfigMap");
    cluster.create(map, &Write::user(cause)).expect("accepted");
    cluster.advance(SimTime::from_secs(30));
    assert_eq!(rows(&cluster).last().map(String::as_str), Some("Running 0"));
}

#[test]
fn advancing_in_parts_gives_the_same_changes_as_advancing_at_once() {
    let make = || cluster_with(&pod(json!({"containers": [script("sleep 2; exit 3")]})));
    let (mut whole, mut parts) = (make(), make());
    whole.advance(SimTime::from_secs(90));
    for step in 1..=900 {
        parts.advance(SimTime(step * 100));
    }
    let log = |cluster: &Cluster| -> Vec<(u64, u64)> {
        cluster.store().changes_since(0).into_iter().flatten().map(|c| (c.revision, c.at.0)).collect()
    };
    assert_eq!(log(&whole), log(&parts));
}

#[test]
fn every_change_of_a_crash_loop_can_be_explained() {
    let mut cluster = cluster_with(&pod(json!({"containers": [script("exit 1")]})));
    cluster.advance(SimTime::from_secs(20));
    let told: Vec<String> = cluster
        .store()
        .changes_since(0)
        .into_iter()
        .flatten()
        .filter(|change| change.object.kind() == Kind::Pod)
        .flat_map(|change| cluster.explain(change.cause))
        .map(|why| why.text)
        .collect();
    assert!(told.iter().any(|text| text.contains("ended with exit code 1")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("waits 10s")), "{told:?}");
}

#[test]
fn a_memory_limit_too_small_for_the_sandbox_keeps_the_pod_creating() {
    let mut container = script("sleep 3600");
    container["resources"] = json!({"limits": {"memory": "1Mi"}});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(rows(&cluster), ["ContainerCreating 0"]);
    let events =
        cluster.store().changes_since(0).into_iter().flatten().filter(|c| c.object.kind() == Kind::Event);
    let failed = events.filter(|change| format!("{:?}", change.object).contains("FailedCreatePodSandBox"));
    assert!(failed.count() >= 3);
}

/// The last thing said when any change of a Pod is explained to its root.
fn roots(cluster: &Cluster) -> BTreeSet<String> {
    let changes = cluster.store().changes_since(0).into_iter().flatten();
    let pods = changes.filter(|change| change.object.kind() == Kind::Pod);
    pods.filter_map(|change| cluster.explain(change.cause).pop()).map(|why| why.text).collect()
}

#[test]
fn every_row_of_a_crash_loop_goes_back_to_the_command() {
    let mut cluster = cluster_with(&pod(json!({"containers": [script("exit 1")]})));
    cluster.advance(SimTime::from_secs(200));
    assert_eq!(roots(&cluster), BTreeSet::from(["you ran: kubectl apply -f pod.yaml".to_owned()]));
}

#[test]
fn every_row_of_probes_hooks_and_missing_things_goes_back_to_the_command() {
    let probe = json!({"exec": {"command": ["cat", "/none"]}, "periodSeconds": 1});
    let hook = json!({"postStart": {"exec": {"command": ["false"]}}});
    let with = |key: &str, value: Value| {
        let mut container = script("sleep 3600");
        container[key] = value;
        pod(
            json!({"terminationGracePeriodSeconds": 3, "activeDeadlineSeconds": 100, "containers": [container]}),
        )
    };
    let pods = [
        with("livenessProbe", probe.clone()),
        with("readinessProbe", probe.clone()),
        with("startupProbe", probe),
        with("lifecycle", hook),
        with("image", json!("nosuch:1.0")),
        with("command", json!(["nosuch"])),
        with("envFrom", json!([{"configMapRef": {"name": "none"}}])),
    ];
    for pod in pods {
        let mut cluster = cluster_with(&pod);
        cluster.advance(SimTime::from_secs(120));
        assert_eq!(
            roots(&cluster),
            BTreeSet::from(["you ran: kubectl apply -f pod.yaml".to_owned()]),
            "{pod}"
        );
    }
}

#[test]
fn an_exit_follows_from_the_start_and_the_start_from_the_exit_before() {
    let mut cluster = cluster_with(&pod(json!({"containers": [script("exit 1")]})));
    cluster.advance(SimTime::from_secs(2));
    let last = cluster
        .store()
        .changes_since(0)
        .into_iter()
        .flatten()
        .filter(|c| c.object.kind() == Kind::Pod)
        .last();
    let chain: Vec<String> =
        cluster.explain(last.expect("rows").cause).into_iter().map(|why| why.text).collect();
    let place = |word: &str| chain.iter().position(|text| text.contains(word)).unwrap_or(usize::MAX);
    assert!(place("ended") < place("started") && place("started") < place("sandbox"), "{chain:?}");
    assert_eq!(chain.iter().filter(|text| text.contains("ended with")).count(), 2, "{chain:?}");
}

/// What a script in a container prints, with a config map `settings` (colour: blue) at `/cfg` and its key alone at `/one`.
fn printed(script_text: &str, change_at: u64, until: u64) -> String {
    let mut container = script(script_text);
    container["volumeMounts"] = json!([
        {"name": "cfg", "mountPath": "/cfg"}, {"name": "cfg", "mountPath": "/one", "subPath": "colour"}]);
    let volume = json!({"name": "cfg", "configMap": {"name": "settings"}});
    let pod = pod(json!({"containers": [container], "volumes": [volume]}));
    let mut cluster = Cluster::new(ClusterConfig::default());
    let write = Write::user(cluster.command_cause("kubectl apply -f pod.yaml"));
    let map = |colour: &str| {
        let map =
            json!({"metadata": {"name": "settings", "namespace": "default"}, "data": {"colour": colour}});
        Object::from_value(Kind::ConfigMap, map).expect("a ConfigMap")
    };
    cluster.create(map("blue"), &write).expect("accepted");
    cluster.create(Object::from_value(Kind::Pod, pod).expect("a Pod"), &write).expect("accepted");
    cluster.advance(SimTime::from_secs(change_at));
    cluster.update(map("red"), crate::sim::Subresource::Main, &write).expect("accepted");
    cluster.advance(SimTime::from_secs(until));
    let lines = cluster.logs(&Key::pod("default", "web"), "app", false).expect("a log");
    lines.iter().map(|line| format!("{}\n", line.text)).collect()
}

#[test]
fn files_that_follow_an_object_are_published_behind_links_and_swapped_as_a_whole() {
    let text = printed("ls -a /cfg; readlink /cfg/colour; sleep 100; cat /cfg/colour; sleep 900", 5, 150);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[3], lines[4], lines[5]), ("..data", "colour", "..data/colour"), "{text}");
    assert_eq!(lines.last(), Some(&"red"));
}

#[test]
fn a_part_of_a_volume_keeps_what_it_held_when_the_container_started() {
    assert_eq!(printed("sleep 100; cat /one; echo; cat /cfg/colour; sleep 900", 5, 150), "blue\nred\n");
}

fn reasons_of(cluster: &Cluster, name: &str) -> Vec<String> {
    let events = cluster.store().list(Kind::Event, None).filter_map(|object| match object {
        Object::Event(event) if event.involved_object.name.as_deref() == Some(name) => event.reason.clone(),
        _ => None,
    });
    events.collect()
}

/// A Pod that answers HTTP after a second, asked by a readiness probe that waits so long.
fn slow_server(timeout: u32) -> Cluster {
    let mut container =
        script("while true; do (sleep 1; printf 'HTTP/1.1 200 OK\\r\\n\\r\\nok') | nc -l -p 8080; done");
    container["readinessProbe"] =
        json!({"httpGet": {"port": 8080}, "timeoutSeconds": timeout, "periodSeconds": 5});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(20));
    cluster
}

#[test]
fn an_answer_that_comes_in_time_is_a_good_answer() {
    let cluster = slow_server(3);
    let object = cluster.store().get(&Key::pod("default", "web")).and_then(Object::as_pod).cloned().unwrap();
    assert!(
        object.status.container_statuses.iter().flatten().all(|c| c.ready),
        "{:?}",
        reasons_of(&cluster, "web")
    );
}

#[test]
fn a_critical_pod_takes_the_room_of_a_lesser_one_that_is_enough() {
    let demand = |name: &str, cpu: &str, class: &str| {
        let mut container = script("trap 'exit 0' TERM; while true; do sleep 1; done");
        container["resources"] = json!({"requests": {"cpu": cpu}});
        json!({"metadata": {"name": name, "namespace": "default"},
            "spec": {"nodeName": "worker-1", "priorityClassName": class, "containers": [container]}})
    };
    let mut cluster = Cluster::new(ClusterConfig::default());
    let write = Write::user(cluster.command_cause("kubectl apply -f pods.yaml"));
    let pods = [
        demand("small", "300m", ""),
        demand("big", "1500m", ""),
        demand("vital", "600m", "system-node-critical"),
    ];
    for (at, pod) in pods.into_iter().enumerate() {
        cluster.create(Object::from_value(Kind::Pod, pod).unwrap(), &write).expect("accepted");
        cluster.advance(SimTime::from_secs(5 * (at as u64 + 1)));
    }
    cluster.advance(SimTime::from_secs(30));
    let status = |name: &str| {
        cluster.store().get(&Key::pod("default", name)).and_then(Object::as_pod).unwrap().status.clone()
    };
    assert_eq!(status("big").reason.as_deref(), Some("Preempting"));
    assert_eq!(status("small").phase.as_deref(), Some("Running"));
    assert_eq!(status("vital").phase.as_deref(), Some("Running"));
    assert!(reasons_of(&cluster, "big").iter().any(|reason| reason == "Preempting"));
}
