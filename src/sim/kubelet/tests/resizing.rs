//! Resizes that cannot take place at once: for want of room on the node, or because the memory is in use.

use super::*;
use crate::kube::Pod;
use crate::sim::Subresource;
use crate::sim::api::Patch;

fn create(cluster: &mut Cluster, name: &str, priority: i32, resources: &Value) {
    let class = json!({"metadata": {"name": format!("p{priority}")}, "value": priority});
    let write = Write::user(cluster.command_cause("kubectl apply"));
    let _ = cluster.create(Object::from_value(Kind::PriorityClass, class).unwrap(), &write);
    let mut container = script("trap 'exit 0' TERM; while true; do sleep 1; done");
    container["resources"] = resources.clone();
    let pod = json!({"metadata": {"name": name, "namespace": "default"},
        "spec": {"priorityClassName": format!("p{priority}"), "containers": [container]}});
    cluster.create(Object::from_value(Kind::Pod, pod).unwrap(), &write).unwrap();
}

fn resize(cluster: &mut Cluster, name: &str, resources: &Value) {
    let cause = cluster.command_cause("kubectl patch");
    let patch = Patch::Strategic(json!({"spec": {"containers": [{"name": "app", "resources": resources}]}}));
    let write = Write::user(cause);
    cluster.patch(&Key::pod("default", name), &patch, Subresource::Resize, &write).expect("accepted");
}

fn named<'a>(cluster: &'a Cluster, name: &str) -> &'a Pod {
    cluster.store().get(&Key::pod("default", name)).and_then(Object::as_pod).expect("the Pod")
}

fn cpu(milli: u32) -> Value {
    json!({"requests": {"cpu": format!("{milli}m")}})
}

/// The cpu the kubelet says it has allocated to the container.
fn allocated(cluster: &Cluster, name: &str) -> String {
    let status = &named(cluster, name).status.container_statuses.as_ref().unwrap()[0];
    status.allocated_resources.as_ref().unwrap()["cpu"].0.clone()
}

/// A resize condition's reason, with its message, if there is one.
fn condition(cluster: &Cluster, name: &str) -> Option<(String, String)> {
    let conditions = named(cluster, name).status.conditions.as_ref()?;
    let found = conditions.iter().find(|c| c.type_.starts_with("PodResize"))?;
    Some((found.reason.clone().unwrap_or_default(), found.message.clone().unwrap_or_default()))
}

fn delete(cluster: &mut Cluster, name: &str) {
    let write = Write::user(cluster.command_cause("kubectl delete"));
    cluster.delete(&Key::pod("default", name), &DeleteOptions::default(), &write).unwrap();
}

/// Three Pods on a node with two CPUs: `low` and `high` wait for more than there is.
fn crowded() -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    create(&mut cluster, "low", 0, &cpu(600));
    create(&mut cluster, "high", 100, &cpu(300));
    create(&mut cluster, "other", 0, &cpu(900));
    cluster.advance(SimTime::from_secs(5));
    resize(&mut cluster, "low", &cpu(1200));
    cluster.advance(SimTime::from_secs(6));
    resize(&mut cluster, "high", &cpu(900));
    cluster.advance(SimTime::from_secs(7));
    cluster
}

#[test]
fn what_waits_for_room_is_not_shown_as_allocated() {
    let cluster = crowded();
    assert_eq!(condition(&cluster, "low").map(|(reason, _)| reason).as_deref(), Some("Deferred"));
    assert_eq!((allocated(&cluster, "low"), allocated(&cluster, "high")), ("600m".into(), "300m".into()));
}

#[test]
fn the_more_important_pod_has_its_resize_first_and_the_other_when_there_is_room_again() {
    let mut cluster = crowded();
    delete(&mut cluster, "other");
    cluster.advance(SimTime::from_secs(20));
    assert_eq!((allocated(&cluster, "low"), allocated(&cluster, "high")), ("600m".into(), "900m".into()));
    resize(&mut cluster, "high", &cpu(300));
    cluster.advance(SimTime::from_secs(25));
    assert_eq!((allocated(&cluster, "low"), allocated(&cluster, "high")), ("1200m".into(), "300m".into()));
    assert_eq!(condition(&cluster, "low"), None);
}

#[test]
fn a_memory_limit_is_not_lowered_below_what_is_in_use() {
    let memory = |mib: u32| json!({"requests": {"memory": "10Mi"}, "limits": {"memory": format!("{mib}Mi")}});
    let mut container = json!({"name": "app", "image": "polinux/stress",
        "command": ["stress", "--vm", "1", "--vm-bytes", "150M", "--vm-hang", "1"]});
    container["resources"] = memory(200);
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(5));
    resize(&mut cluster, "web", &memory(100));
    cluster.advance(SimTime::from_secs(40));
    let (reason, message) = condition(&cluster, "web").expect("a condition");
    assert_eq!(reason, "Error");
    assert!(message.contains("memory limit (104857600) below current usage"), "{message}");
    let status = &named(&cluster, "web").status.container_statuses.as_ref().unwrap()[0];
    assert_eq!(status.resources.as_ref().unwrap().limits.as_ref().unwrap()["memory"].0, "200Mi");
    assert_eq!(status.restart_count, 0);
}
