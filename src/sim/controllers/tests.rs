use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::sim::{
    Cluster, ClusterConfig, DeleteOptions, Fault, NodeSpec, Patch, Propagation, Subresource, Write,
};
use serde_json::{Value, json};

fn cluster(nodes: usize) -> Cluster {
    let nodes = (1..=nodes).map(|i| NodeSpec::named(&format!("worker-{i}"))).collect();
    Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() })
}

fn apply(cluster: &mut Cluster, kind: Kind, value: Value) {
    let cause = cluster.command_cause("kubectl apply");
    cluster.create(Object::from_value(kind, value).unwrap(), &Write::user(cause)).unwrap();
}

fn patch(cluster: &mut Cluster, key: &Key, value: Value) {
    let cause = cluster.command_cause("kubectl patch");
    cluster.patch(key, &Patch::Merge(value), Subresource::Main, &Write::user(cause)).unwrap();
}

fn delete(cluster: &mut Cluster, key: &Key, propagation: Propagation) {
    let cause = cluster.command_cause("kubectl delete");
    let options = DeleteOptions { propagation, ..DeleteOptions::default() };
    cluster.delete(key, &options, &Write::user(cause)).unwrap();
}

fn deployment(replicas: i32) -> Value {
    json!({ "metadata": { "name": "web", "namespace": "default" }, "spec": { "replicas": replicas,
        "selector": { "matchLabels": { "app": "web" } },
        "template": { "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } } } })
}

fn web() -> Key {
    Key::new(Kind::Deployment, "default", "web")
}

fn pods(cluster: &Cluster) -> Vec<&Pod> {
    cluster.store().list(Kind::Pod, Some("default")).filter_map(Object::as_pod).collect()
}

fn sets(cluster: &Cluster) -> usize {
    cluster.store().list(Kind::ReplicaSet, Some("default")).count()
}

#[test]
fn a_deployment_makes_a_set_and_the_set_makes_pods() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(3));
    cluster.advance(SimTime(200));
    assert_eq!(sets(&cluster), 1);
    let names: Vec<&str> = pods(&cluster).iter().map(|pod| pod.name()).collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.starts_with("web-")), "{names:?}");
}

#[test]
fn a_new_template_replaces_pods_without_going_below_what_must_be_available() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(4));
    cluster.advance(SimTime::from_secs(10));
    patch(
        &mut cluster,
        &web(),
        json!({ "spec": { "template": { "spec": { "terminationGracePeriodSeconds": 5 } } } }),
    );
    for tenth in 100..1000 {
        cluster.advance(SimTime(tenth * 100));
        let ready = pods(&cluster).into_iter().filter(|pod| super::pods::is_ready(pod)).count();
        assert!(ready >= 3, "{ready} ready at {tenth}");
    }
    assert_eq!(sets(&cluster), 2);
    assert_eq!(pods(&cluster).len(), 4);
    assert!(pods(&cluster).iter().all(|pod| pod.spec.termination_grace_period_seconds == Some(5)));
}

#[test]
fn deleting_a_deployment_leaves_nothing() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(3));
    cluster.advance(SimTime::from_secs(10));
    delete(&mut cluster, &web(), Propagation::Background);
    cluster.advance(SimTime::from_secs(60));
    assert_eq!((pods(&cluster).len(), sets(&cluster)), (0, 0));
}

#[test]
fn a_foreground_deletion_keeps_the_owner_until_its_pods_are_gone() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(2));
    cluster.advance(SimTime::from_secs(10));
    delete(&mut cluster, &web(), Propagation::Foreground);
    assert!(cluster.store().get(&web()).is_some());
    cluster.advance(SimTime::from_secs(60));
    assert!(cluster.store().get(&web()).is_none());
    assert!(pods(&cluster).is_empty());
}

#[test]
fn orphans_stay_and_lose_their_owner() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Deployment, deployment(2));
    cluster.advance(SimTime::from_secs(10));
    delete(&mut cluster, &web(), Propagation::Orphan);
    cluster.advance(SimTime::from_secs(20));
    assert!(cluster.store().get(&web()).is_none());
    assert_eq!(pods(&cluster).len(), 2);
    let set = cluster.store().list(Kind::ReplicaSet, Some("default")).next().unwrap();
    assert_eq!(set.meta().owner_references, None);
}

#[test]
fn a_deleted_namespace_takes_everything_with_it() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Namespace, json!({ "metadata": { "name": "lab" } }));
    let mut deployment = deployment(2);
    deployment["metadata"]["namespace"] = json!("lab");
    apply(&mut cluster, Kind::Deployment, deployment);
    cluster.advance(SimTime::from_secs(10));
    delete(&mut cluster, &Key::new(Kind::Namespace, "", "lab"), Propagation::Background);
    cluster.advance(SimTime::from_secs(80));
    assert_eq!(cluster.store().in_namespace("lab").count(), 0);
    assert!(cluster.store().get(&Key::new(Kind::Namespace, "", "lab")).is_none());
}

#[test]
fn a_silent_node_is_not_ready_after_fifty_seconds_and_loses_its_pods_after_five_minutes() {
    let mut cluster = cluster(2);
    apply(&mut cluster, Kind::Deployment, deployment(2));
    cluster.advance(SimTime::from_secs(10));
    let node = pods(&cluster)[0].spec.node_name.clone().unwrap();
    cluster.inject(&Fault::StopKubelet(node.clone())).unwrap();
    let ready = |cluster: &Cluster| match cluster.store().get(&Key::new(Kind::Node, "", &node)) {
        Some(Object::Node(node)) => node
            .status
            .as_ref()
            .unwrap()
            .conditions
            .iter()
            .flatten()
            .find(|c| c.type_ == "Ready")
            .unwrap()
            .status
            .clone(),
        _ => String::new(),
    };
    cluster.advance(SimTime::from_secs(48));
    assert_eq!(ready(&cluster), "True");
    cluster.advance(SimTime::from_secs(70));
    assert_eq!(ready(&cluster), "Unknown");
    assert_eq!(pods(&cluster).len(), 2);
    cluster.advance(SimTime::from_secs(380));
    let leaving = pods(&cluster).into_iter().filter(|pod| super::pods::is_leaving(pod)).count();
    assert_eq!((pods(&cluster).len(), leaving), (3, 1));
    cluster.inject(&Fault::StartKubelet(node.clone())).unwrap();
    cluster.advance(SimTime::from_secs(480));
    assert_eq!(ready(&cluster), "True");
    assert_eq!(pods(&cluster).len(), 2);
}

mod ends;
mod others;
mod refused;
mod storage;
mod strategies;

#[test]
fn a_wish_for_two_billion_pods_is_met_as_fast_as_a_real_controller_can_ask() {
    for (kind, spec) in [
        (Kind::ReplicaSet, json!({ "replicas": i32::MAX })),
        (
            Kind::StatefulSet,
            json!({ "replicas": i32::MAX, "podManagementPolicy": "Parallel", "serviceName": "x" }),
        ),
        (Kind::Job, json!({ "parallelism": i32::MAX })),
    ] {
        let mut cluster = cluster(1);
        let mut spec = spec;
        spec["template"] = json!({ "metadata": { "labels": { "app": "x" } }, "spec": { "restartPolicy": "Never",
            "containers": [{ "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } });
        if kind != Kind::Job {
            spec["selector"] = json!({ "matchLabels": { "app": "x" } });
            spec["template"]["spec"]["restartPolicy"] = json!("Always");
        }
        let object = json!({ "metadata": { "name": "x", "namespace": "default" }, "spec": spec });
        apply(&mut cluster, kind, object);
        cluster.advance(SimTime::from_secs(10));
        let made = pods(&cluster).len();
        assert!(made == 500, "{kind:?}: {made}");
    }
}
