//! What is too large, refers to itself or has no end: answered, bounded, told.

use super::{cluster_with, pod, script};
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::{DeleteOptions, Write};
use crate::sim::{Cluster, ClusterConfig};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the first container said.
fn said(cluster: &Cluster) -> Vec<String> {
    let log = cluster.logs(&Key::pod("default", "web"), "app", false);
    log.unwrap_or_default().into_iter().map(|line| line.text).collect()
}

#[test]
fn variables_that_name_each_other_in_a_circle_stay_as_they_are_written() {
    let mut app = script("echo A=$A B=$B C=$C");
    app["env"] = json!([{ "name": "A", "value": "$(B)" }, { "name": "B", "value": "$(A)" }, { "name": "C", "value": "$(C)" }]);
    let mut cluster = cluster_with(&pod(json!({ "restartPolicy": "Never", "containers": [app] })));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(said(&cluster), ["A=$(B) B=$(B) C=$(C)"]);
}

#[test]
fn variables_that_double_and_double_are_more_than_a_program_can_be_given() {
    let mut app = script("echo up");
    let more =
        (1..60).map(|i| json!({ "name": format!("V{i}"), "value": format!("$(V{})$(V{})", i - 1, i - 1) }));
    app["env"] = std::iter::once(json!({ "name": "V0", "value": "0123456789" })).chain(more).collect();
    let mut cluster = cluster_with(&pod(json!({ "restartPolicy": "Never", "containers": [app] })));
    cluster.advance(SimTime::from_secs(5));
    let pod = cluster.store().pod("default", "web").cloned().unwrap();
    let status = pod.status.container_statuses.iter().flatten().next().cloned().unwrap();
    let ended = status.state.and_then(|state| state.terminated).unwrap();
    assert_eq!(ended.reason.as_deref(), Some("StartError"));
    let message = ended.message.unwrap_or_default();
    assert!(message.ends_with("error during container init: exec sh: argument list too long"), "{message}");
}

#[test]
fn a_pod_of_ten_thousand_containers_is_more_than_the_store_takes() {
    let many: Vec<Value> =
        (0..10_000).map(|i| json!({ "name": format!("c{i}"), "image": "busybox:1.36" })).collect();
    let mut cluster = Cluster::new(ClusterConfig::default());
    let mut create = |containers: &[Value]| {
        let cause = cluster.command_cause("kubectl create -f pod.yaml");
        let object = Object::from_value(Kind::Pod, pod(json!({ "containers": containers }))).unwrap();
        cluster.create(object, &Write::user(cause)).map(|_| ()).map_err(|refusal| refusal.to_string())
    };
    assert_eq!(create(&many), Err("etcdserver: request is too large".to_owned()));
    let long = json!({ "name": "c", "image": "busybox:1.36", "env": [{ "name": "A", "value": "x".repeat(4 << 20) }] });
    assert_eq!(create(&[long]), Err("Request entity too large: limit is 3145728".to_owned()));
    assert_eq!(create(&many[..1000]), Ok(()));
}

#[test]
fn a_node_gives_no_address_twice_however_many_pods_come_and_go() {
    let at_once = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
    let mut cluster = cluster_with(&pod(json!({ "containers": [script("sleep 100000")] })));
    for round in 0..3 {
        for i in 0..100 {
            let cause = cluster.command_cause("kubectl apply -f pod.yaml");
            let mut pod = pod(json!({ "containers": [script("sleep 100000")] }));
            pod["metadata"]["name"] = json!(format!("p{round}-{i}"));
            cluster.create(Object::from_value(Kind::Pod, pod).unwrap(), &Write::user(cause)).unwrap();
        }
        cluster.advance(cluster.now().plus(20_000));
        let pods: Vec<Object> = cluster.store().list(Kind::Pod, None).cloned().collect();
        let addresses: Vec<_> = pods.iter().filter_map(|pod| pod.as_pod()?.status.pod_ip.clone()).collect();
        let different: BTreeSet<_> = addresses.iter().collect();
        assert_eq!((addresses.len(), different.len()), (101, 101), "round {round}");
        for pod in pods.iter().filter(|pod| &*pod.key().name != "web") {
            let write = Write::user(cluster.command_cause("kubectl delete pod"));
            cluster.delete(&pod.key(), &at_once, &write).unwrap();
        }
        cluster.advance(cluster.now().plus(60_000));
    }
}
