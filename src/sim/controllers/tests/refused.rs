//! Pods a quota does not grant: how controllers ask again.

use super::*;
use crate::sim::Store;

fn quota(pods: &str) -> Value {
    json!({ "metadata": { "name": "q", "namespace": "default" }, "spec": { "hard": { "pods": pods } } })
}

fn raise(cluster: &mut Cluster) {
    let key = Key::new(Kind::ResourceQuota, "default", "q");
    patch(cluster, &key, json!({ "spec": { "hard": { "pods": "20" } } }));
}

/// The reasons of the Events about an object of `kind`, in the order they were made, each with how often it was said.
fn said(store: &Store, kind: &str) -> Vec<(String, i32)> {
    let events = store.list(Kind::Event, Some("default")).filter_map(|object| match object {
        Object::Event(event) => Some(event),
        _ => None,
    });
    events
        .filter(|event| event.involved_object.kind.as_deref() == Some(kind))
        .map(|event| (event.reason.clone().unwrap_or_default(), event.count.unwrap_or(1)))
        .collect()
}

fn refusals(cluster: &Cluster, kind: &str) -> i32 {
    said(cluster.store(), kind).iter().filter(|(reason, _)| reason == "FailedCreate").map(|(_, n)| n).sum()
}

fn statefulset() -> Value {
    let mut set = deployment(2);
    set["spec"]["serviceName"] = json!("web");
    set
}

#[test]
fn a_replica_set_asks_again_after_ever_longer_waits() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::ResourceQuota, quota("2"));
    apply(&mut cluster, Kind::Deployment, deployment(9));
    cluster.advance(SimTime::from_secs(20));
    // Waits double from 5 ms on: some thirteen tries, and a few more when the Pods change.
    let tries = refusals(&cluster, "ReplicaSet");
    assert!((12..25).contains(&tries), "{tries}");
    assert_eq!(pods(&cluster).len(), 2);
    raise(&mut cluster);
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(pods(&cluster).len(), 9);
}

#[test]
fn of_two_pods_asked_for_at_once_the_refusal_is_told_before_the_grant() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::ResourceQuota, quota("2"));
    apply(&mut cluster, Kind::Deployment, deployment(3));
    cluster.advance(SimTime(100));
    let reasons: Vec<String> =
        said(cluster.store(), "ReplicaSet").into_iter().take(3).map(|(reason, _)| reason).collect();
    assert_eq!(reasons, ["SuccessfulCreate", "FailedCreate", "SuccessfulCreate"]);
}

#[test]
fn a_stateful_set_asks_again_too() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::ResourceQuota, quota("1"));
    apply(&mut cluster, Kind::StatefulSet, statefulset());
    cluster.advance(SimTime::from_secs(20));
    assert!(refusals(&cluster, "StatefulSet") > 5);
    assert_eq!(pods(&cluster).len(), 1);
    raise(&mut cluster);
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(pods(&cluster).len(), 2);
}

#[test]
fn a_job_waits_a_second_and_then_twice_as_long_each_time() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::ResourceQuota, quota("0"));
    let job = json!({ "metadata": { "name": "j", "namespace": "default" }, "spec": { "template": { "spec": {
        "restartPolicy": "Never",
        "containers": [{ "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } } } });
    apply(&mut cluster, Kind::Job, job);
    cluster.advance(SimTime(900));
    let early = refusals(&cluster, "Job");
    cluster.advance(SimTime::from_secs(16));
    // At 1, 3, 7 and 15 s.
    assert!((3..=5).contains(&(refusals(&cluster, "Job") - early)), "{early}");
    raise(&mut cluster);
    cluster.advance(SimTime::from_secs(40));
    assert_eq!(pods(&cluster).len(), 1);
}
