//! How old Pods make way for new ones, and who makes Pods at all.

use super::*;

fn image_of(pod: &Pod) -> &str {
    pod.spec.containers[0].image.as_deref().unwrap_or_default()
}

fn recreated() -> Value {
    let mut deployment = deployment(2);
    deployment["spec"]["strategy"] = json!({ "type": "Recreate" });
    deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(10);
    deployment
}

fn set_image(cluster: &mut Cluster, key: &Key) {
    let containers = json!([{ "name": "app", "image": "busybox:1.35", "command": ["sleep", "3600"] }]);
    patch(cluster, key, json!({ "spec": { "template": { "spec": { "containers": containers } } } }));
}

#[test]
fn recreate_starts_no_new_pod_while_an_old_one_has_not_ended() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, recreated());
    cluster.advance(SimTime::from_secs(5));
    set_image(&mut cluster, &web());
    let mut first = None;
    for tenth in 50..200 {
        cluster.advance(SimTime(tenth * 100));
        let old: Vec<&Pod> =
            pods(&cluster).into_iter().filter(|pod| image_of(pod) == "busybox:1.36").collect();
        let new = pods(&cluster).len() - old.len();
        if new > 0 {
            first.get_or_insert(tenth);
            assert!(old.iter().all(|pod| super::super::pods::is_over(pod)), "at {tenth}");
        }
    }
    // Nothing listens to SIGTERM: the grace of ten seconds is used up.
    assert!(first.is_some_and(|tenth| (150..157).contains(&tenth)), "{first:?}");
    assert_eq!(pods(&cluster).len(), 2);
    let scaled: Vec<String> = events(&cluster, "ScalingReplicaSet");
    let directions: Vec<&str> = scaled.iter().filter_map(|text| text.split(' ').nth(1)).collect();
    assert_eq!(directions, ["up", "down", "up"], "{scaled:?}");
}

fn events(cluster: &Cluster, reason: &str) -> Vec<String> {
    let events = cluster.store().list(Kind::Event, Some("default")).filter_map(|object| match object {
        Object::Event(event) if event.reason.as_deref() == Some(reason) => Some(event),
        _ => None,
    });
    let mut events: Vec<_> = events.collect();
    events.sort_by_key(|event| event.metadata.name.clone());
    events.into_iter().filter_map(|event| event.message.clone()).collect()
}

#[test]
fn sets_and_deployments_count_the_pods_that_are_leaving() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, recreated());
    cluster.advance(SimTime::from_secs(5));
    let terminating = |cluster: &Cluster| match cluster.store().get(&web()) {
        Some(Object::Deployment(o)) => o.status.as_ref().and_then(|status| status.terminating_replicas),
        _ => None,
    };
    assert_eq!(terminating(&cluster), Some(0));
    set_image(&mut cluster, &web());
    cluster.advance(SimTime::from_secs(8));
    assert_eq!(terminating(&cluster), Some(2));
}

#[test]
fn a_surge_goes_on_once_the_new_daemon_has_been_ready_for_long_enough() {
    let mut cluster = cluster(2);
    let set = json!({ "metadata": { "name": "ds", "namespace": "default" }, "spec": {
        "selector": { "matchLabels": { "app": "ds" } }, "minReadySeconds": 5,
        "updateStrategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } },
        "template": { "metadata": { "labels": { "app": "ds" } }, "spec": { "terminationGracePeriodSeconds": 1,
            "containers": [{ "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } } } });
    apply(&mut cluster, Kind::DaemonSet, set);
    cluster.advance(SimTime::from_secs(9));
    set_image(&mut cluster, &Key::new(Kind::DaemonSet, "default", "ds"));
    let mut done = None;
    for second in 10..60 {
        cluster.advance(SimTime::from_secs(second));
        let new = pods(&cluster).into_iter().filter(|pod| image_of(pod) == "busybox:1.35").count();
        if new == 2 && pods(&cluster).len() == 2 {
            done.get_or_insert(second);
        }
    }
    // Twice a start, five seconds, a second more, and a second of grace.
    assert!(done.is_some_and(|second| (22..28).contains(&second)), "{done:?}");
}

fn replication_controller() -> Value {
    let mut controller = deployment(2);
    controller["spec"]["selector"] = json!({ "app": "web" });
    controller
}

#[test]
fn a_replication_controller_keeps_its_pods_as_a_replica_set_does() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::ReplicationController, replication_controller());
    cluster.advance(SimTime::from_secs(5));
    let names: Vec<String> = pods(&cluster).iter().map(|pod| pod.name().to_owned()).collect();
    assert_eq!(names.len(), 2);
    delete(&mut cluster, &Key::pod("default", &names[0]), Propagation::Background);
    cluster.advance(SimTime::from_secs(50));
    assert_eq!(pods(&cluster).len(), 2);
    let key = Key::new(Kind::ReplicationController, "default", "web");
    let Some(Object::ReplicationController(controller)) = cluster.store().get(&key) else {
        panic!("it is gone")
    };
    let status = controller.status.clone().unwrap_or_default();
    assert_eq!((status.replicas, status.ready_replicas, status.available_replicas), (2, Some(2), Some(2)));
    delete(&mut cluster, &key, Propagation::Background);
    cluster.advance(SimTime::from_secs(100));
    assert!(pods(&cluster).is_empty());
}

fn job(spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["template"] = json!({ "spec": { "restartPolicy": "Never", "containers": [
        { "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } });
    json!({ "metadata": { "name": "j", "namespace": "default" }, "spec": spec })
}

#[test]
fn a_job_that_somebody_else_manages_is_left_alone() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Job, job(&json!({ "managedBy": "example.com/custom" })));
    cluster.advance(SimTime::from_secs(10));
    assert!(pods(&cluster).is_empty());
    let Some(Object::Job(job)) = cluster.store().get(&Key::new(Kind::Job, "default", "j")) else {
        panic!("it is gone")
    };
    assert_eq!(job.status.as_ref().and_then(|status| status.start_time.clone()), None);
}

#[test]
fn numbers_an_indexed_job_gives_up_do_not_count_as_failed() {
    let mut cluster = cluster(1);
    let indexed = json!({ "completionMode": "Indexed", "completions": 3, "parallelism": 3 });
    apply(&mut cluster, Kind::Job, job(&indexed));
    cluster.advance(SimTime::from_secs(5));
    let key = Key::new(Kind::Job, "default", "j");
    patch(&mut cluster, &key, json!({ "spec": { "completions": 1, "parallelism": 1 } }));
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(pods(&cluster).len(), 1);
    let Some(Object::Job(job)) = cluster.store().get(&key) else { panic!("it is gone") };
    assert_eq!(job.status.as_ref().and_then(|status| status.failed).unwrap_or(0), 0);
}
