//! Daemons that surge, numbers that wait for themselves, namespaces that cannot go.

use super::*;

fn daemons(strategy: &Value) -> Value {
    json!({ "metadata": { "name": "agent", "namespace": "default" }, "spec": {
        "selector": { "matchLabels": { "app": "agent" } }, "updateStrategy": strategy,
        "template": { "metadata": { "labels": { "app": "agent" } },
            "spec": { "containers": [{ "name": "nginx", "image": "nginx:1.27" }] } } } })
}

fn with_image(cluster: &mut Cluster, image: &str) {
    let template = json!({ "spec": { "containers": [{ "name": "nginx", "image": image }] } });
    let key = Key::new(Kind::DaemonSet, "default", "agent");
    patch(cluster, &key, json!({ "spec": { "template": template } }));
}

/// How many daemons of each image run and are not about to end.
fn running(cluster: &Cluster) -> [usize; 2] {
    ["nginx:1.27", "nginx:1.29"].map(|image| {
        let of = |pod: &&&Pod| pod.spec.containers[0].image.as_deref() == Some(image);
        let runs = |pod: &&&Pod| {
            pod.metadata.deletion_timestamp.is_none() && pod.status.phase.as_deref() == Some("Running")
        };
        pods(cluster).iter().filter(of).filter(runs).count()
    })
}

#[test]
fn a_set_that_may_surge_starts_each_new_daemon_before_the_old_one_goes() {
    let mut cluster = cluster(3);
    let strategy =
        json!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } });
    apply(&mut cluster, Kind::DaemonSet, daemons(&strategy));
    cluster.advance(SimTime::from_secs(10));
    with_image(&mut cluster, "nginx:1.29");
    let mut seen = Vec::new();
    for step in 0..100 {
        cluster.advance(SimTime(10_000 + step * 100));
        let now = running(&cluster);
        assert!(now[0] + now[1] >= 3, "{now:?}");
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    assert_eq!(seen.first(), Some(&[3, 0]));
    assert_eq!(seen.last(), Some(&[0, 3]));
    let mut deleted: Vec<String> = Vec::new();
    for change in cluster.store().changes_since(0).into_iter().flatten() {
        let Object::Event(event) = &change.object else { continue };
        if event.reason.as_deref() == Some("SuccessfulDelete") {
            deleted.push(event.message.clone().unwrap_or_default());
        }
    }
    assert_eq!(deleted.len(), 3, "{deleted:?}");
}

#[test]
fn a_set_without_surge_makes_room_on_one_node_after_the_other() {
    let mut cluster = cluster(2);
    apply(&mut cluster, Kind::DaemonSet, daemons(&json!({})));
    cluster.advance(SimTime::from_secs(10));
    with_image(&mut cluster, "nginx:1.29");
    cluster.advance(SimTime(10_400));
    assert_eq!(running(&cluster), [1, 0]);
    cluster.advance(SimTime::from_secs(20));
    assert_eq!(running(&cluster), [0, 2]);
}

#[test]
fn a_daemon_whose_node_was_deleted_is_left_to_the_collector_of_pods() {
    let mut cluster = cluster(2);
    apply(&mut cluster, Kind::DaemonSet, daemons(&json!({})));
    cluster.advance(SimTime::from_secs(10));
    delete(&mut cluster, &Key::new(Kind::Node, "", "worker-2"), Propagation::Background);
    cluster.advance(SimTime::from_secs(30));
    let leaving = |cluster: &Cluster| {
        pods(cluster).iter().filter(|pod| pod.metadata.deletion_timestamp.is_some()).count()
    };
    assert_eq!((pods(&cluster).len(), leaving(&cluster)), (2, 0));
    cluster.advance(SimTime::from_secs(120));
    assert_eq!(pods(&cluster).len(), 1);
}

#[test]
fn a_number_that_failed_waits_ten_seconds_and_its_failure_counts_once_the_next_pod_is_there() {
    let mut cluster = cluster(1);
    let template = json!({ "spec": { "restartPolicy": "Never", "containers": [{ "name": "app", "image": "busybox:1.36",
        "command": ["sh", "-c", "test $JOB_COMPLETION_INDEX != 1"] }] } });
    let job = json!({ "metadata": { "name": "j", "namespace": "default" }, "spec": { "completionMode": "Indexed",
        "completions": 3, "parallelism": 3, "backoffLimitPerIndex": 1, "template": template } });
    apply(&mut cluster, Kind::Job, job);
    let status = |cluster: &Cluster| {
        let Some(Object::Job(job)) = cluster.store().get(&Key::new(Kind::Job, "default", "j")) else {
            panic!()
        };
        job.status.clone().unwrap()
    };
    cluster.advance(SimTime::from_secs(8));
    assert_eq!((pods(&cluster).len(), status(&cluster).failed.unwrap_or(0)), (3, 0));
    cluster.advance(SimTime(11_400));
    assert_eq!((pods(&cluster).len(), status(&cluster).failed), (4, Some(1)));
    cluster.advance(SimTime::from_secs(30));
    let end = status(&cluster);
    assert_eq!(
        (end.failed, end.failed_indexes.as_deref(), end.completed_indexes.as_deref()),
        (Some(2), Some("1"), Some("0,2"))
    );
    assert!(
        end.conditions
            .unwrap()
            .iter()
            .any(|c| c.type_ == "Failed" && c.reason.as_deref() == Some("FailedIndexes"))
    );
}

#[test]
fn a_namespace_that_cannot_go_says_what_is_left_and_whose_finalizers() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Namespace, json!({ "metadata": { "name": "shop" } }));
    let held =
        json!({ "metadata": { "name": "held", "namespace": "shop", "finalizers": ["example.com/x"] } });
    apply(&mut cluster, Kind::ConfigMap, held);
    let key = Key::new(Kind::Namespace, "", "shop");
    delete(&mut cluster, &key, Propagation::Background);
    cluster.advance(SimTime::from_secs(20));
    let Some(Object::Namespace(namespace)) = cluster.store().get(&key) else { panic!("the namespace") };
    let conditions = namespace.status.clone().unwrap().conditions.unwrap();
    assert_eq!(conditions.len(), 5);
    let told = |type_: &str| {
        let condition = conditions.iter().find(|c| c.type_ == type_).unwrap();
        format!("{} {}", condition.status, condition.message.clone().unwrap_or_default())
    };
    assert_eq!(
        told("NamespaceContentRemaining"),
        "True Some resources are remaining: configmaps. has 1 resource instances"
    );
    assert_eq!(
        told("NamespaceFinalizersRemaining"),
        "True Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances"
    );
    assert!(told("NamespaceDeletionDiscoveryFailure").starts_with("False"));
}

#[test]
fn an_interval_counts_from_the_time_before_and_not_from_the_last_look() {
    let mut cluster = cluster(1);
    let template = json!({ "spec": { "restartPolicy": "Never",
        "containers": [{ "name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 20"] }] } });
    let cron = json!({ "metadata": { "name": "tick", "namespace": "default" }, "spec": { "schedule": "@every 1m",
        "jobTemplate": { "spec": { "template": template } } } });
    apply(&mut cluster, Kind::CronJob, cron);
    cluster.advance(SimTime::from_secs(190));
    let starts: Vec<i64> = pods(&cluster)
        .iter()
        .map(|pod| pod.metadata.creation_timestamp.as_ref().unwrap().0.as_second() % 60)
        .collect();
    assert_eq!(starts, [0, 0, 0]);
}

fn autoscaler(cluster: &Cluster) -> Value {
    cluster.store().get(&Key::new(Kind::HorizontalPodAutoscaler, "default", "web")).unwrap().to_value()
}

fn bounds(least: i32) -> Value {
    json!({ "metadata": { "name": "web", "namespace": "default" }, "spec": { "minReplicas": least, "maxReplicas": 5,
        "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" } } })
}

#[test]
fn an_autoscaler_says_every_fifteen_seconds_that_nothing_is_measured() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(2));
    apply(&mut cluster, Kind::HorizontalPodAutoscaler, bounds(1));
    cluster.advance(SimTime::from_secs(10));
    assert_eq!(autoscaler(&cluster).pointer("/status/conditions"), None);
    cluster.advance(SimTime::from_secs(50));
    let shown = autoscaler(&cluster);
    assert_eq!(shown.pointer("/status/currentReplicas"), Some(&json!(2)));
    assert_eq!(shown.pointer("/status/conditions/0/reason"), Some(&json!("SucceededGetScale")));
    assert_eq!(shown.pointer("/status/conditions/1/reason"), Some(&json!("FailedGetResourceMetric")));
    let counts: Vec<i32> = cluster
        .store()
        .list(Kind::Event, Some("default"))
        .filter_map(|object| match object {
            Object::Event(event) if event.reason.as_deref() == Some("FailedComputeMetricsReplicas") => {
                event.count
            }
            _ => None,
        })
        .collect();
    assert_eq!(counts, [3]);
}

#[test]
fn an_autoscaler_brings_its_target_into_its_bounds() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(1));
    apply(&mut cluster, Kind::HorizontalPodAutoscaler, bounds(3));
    cluster.advance(SimTime::from_secs(25));
    assert_eq!(pods(&cluster).len(), 3);
    assert_eq!(autoscaler(&cluster).pointer("/status/conditions/0/reason"), Some(&json!("SucceededRescale")));
}
