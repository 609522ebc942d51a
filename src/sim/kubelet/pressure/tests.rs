use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::sim::api::Write;
use crate::sim::{Cluster, ClusterConfig, Fault, NodeSpec};
use serde_json::{Value, json};

fn cluster(memory: u64, pods: &[Value]) -> Cluster {
    let node = NodeSpec { memory, ..NodeSpec::named("worker-1") };
    let mut cluster = Cluster::new(ClusterConfig { nodes: vec![node], ..ClusterConfig::default() });
    for pod in pods {
        add(&mut cluster, pod);
    }
    cluster
}

fn add(cluster: &mut Cluster, pod: &Value) {
    let cause = cluster.command_cause("kubectl apply -f pod.yaml");
    let object = Object::from_value(Kind::Pod, pod.clone()).expect("a Pod");
    cluster.create(object, &Write::user(cause)).expect("accepted");
}

/// A Pod that holds some MiB of memory, with a request and a priority.
fn hog(name: &str, holds: u32, request: &str, class: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "default"}, "spec": {
        "priorityClassName": class,
        "containers": [{"name": "app", "image": "polinux/stress",
            "command": ["stress", "--vm", "1", "--vm-bytes", format!("{holds}M"), "--vm-hang", "0"],
            "resources": {"requests": {"memory": request}}}]}})
}

fn pod(cluster: &Cluster, name: &str) -> Pod {
    cluster.store().get(&Key::pod("default", name)).and_then(Object::as_pod).cloned().expect("the Pod")
}

/// The names of the Pods that were evicted, in order.
fn evicted(cluster: &Cluster) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for change in cluster.store().changes_since(0).into_iter().flatten() {
        let Some(pod) = change.object.as_pod() else { continue };
        if pod.status.reason.as_deref() == Some("Evicted") && !names.iter().any(|name| name == pod.name()) {
            names.push(pod.name().to_owned());
        }
    }
    names
}

fn condition(cluster: &Cluster, type_: &str) -> String {
    let Some(Object::Node(node)) = cluster.store().get(&Key::new(Kind::Node, "", "worker-1")) else {
        return String::new();
    };
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.filter(|c| c.type_ == type_).map(|c| c.status.clone()).collect()
}

#[test]
fn pods_above_their_request_go_first_and_one_at_a_time_until_enough_is_free() {
    let pods =
        [hog("modest", 60, "200Mi", ""), hog("greedy", 60, "10Mi", ""), hog("greedier", 80, "10Mi", "")];
    let mut cluster = cluster(4 << 30, &pods);
    cluster.advance(SimTime::from_secs(12));
    cluster.inject(&Fault::MemoryPressure("worker-1".into())).unwrap();
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(evicted(&cluster), ["greedier"]);
    assert_eq!(condition(&cluster, "MemoryPressure"), "True");
    let gone = pod(&cluster, "greedier");
    let message = gone.status.message.clone().unwrap_or_default();
    assert!(message.starts_with(
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 65536Ki. "
    ));
    assert!(message.ends_with("request is 10Mi, has larger consumption of memory. "), "{message}");
    let disrupted = gone.status.conditions.iter().flatten().find(|c| c.type_ == "DisruptionTarget");
    assert_eq!(disrupted.and_then(|c| c.reason.as_deref()), Some("TerminationByKubelet"));
}

#[test]
fn the_condition_lasts_five_minutes_beyond_the_last_bad_measurement() {
    let mut cluster = cluster(4 << 30, &[hog("greedy", 60, "10Mi", "")]);
    cluster.advance(SimTime::from_secs(12));
    cluster.inject(&Fault::MemoryPressure("worker-1".into())).unwrap();
    cluster.advance(SimTime::from_secs(300));
    assert_eq!(condition(&cluster, "MemoryPressure"), "True");
    cluster.advance(SimTime::from_secs(360));
    assert_eq!(condition(&cluster, "MemoryPressure"), "False");
}

#[test]
fn critical_pods_are_never_evicted() {
    let mut cluster = cluster(4 << 30, &[hog("vital", 60, "10Mi", "system-node-critical")]);
    cluster.advance(SimTime::from_secs(12));
    cluster.inject(&Fault::MemoryPressure("worker-1".into())).unwrap();
    cluster.advance(SimTime::from_secs(120));
    assert!(evicted(&cluster).is_empty());
    assert_eq!(condition(&cluster, "MemoryPressure"), "True");
}

#[test]
fn what_pods_really_hold_is_enough_for_pressure() {
    let mut cluster = cluster(1 << 30, &[hog("first", 500, "10Mi", ""), hog("second", 450, "10Mi", "")]);
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(evicted(&cluster), ["first"]);
}

#[test]
fn a_node_short_of_disk_takes_no_pod_that_goes_around_the_scheduler() {
    let mut cluster = cluster(4 << 30, &[]);
    cluster.inject(&Fault::DiskPressure("worker-1".into())).unwrap();
    cluster.advance(SimTime::from_secs(30));
    assert_eq!(condition(&cluster, "DiskPressure"), "True");
    let late = json!({"metadata": {"name": "late", "namespace": "default"},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "app", "image": "nginx:1.27"}]}});
    add(&mut cluster, &late);
    cluster.advance(SimTime::from_secs(40));
    let status = pod(&cluster, "late").status;
    assert_eq!(status.reason.as_deref(), Some("Evicted"));
    assert_eq!(status.message.as_deref(), Some("Pod was rejected: The node had condition: [DiskPressure]. "));
}
