use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::Write;
use crate::sim::nodes::AfterHalt;
use crate::sim::{Cluster, ClusterConfig, Fault};
use serde_json::json;

fn cluster() -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let pod = json!({"metadata": {"name": "web", "namespace": "default"},
        "spec": {"containers": [{"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 2; exit 1"]}]}});
    let write = Write::user(cluster.command_cause("kubectl apply -f pod.yaml"));
    cluster.create(Object::from_value(Kind::Pod, pod).expect("a Pod"), &write).expect("accepted");
    cluster.advance(SimTime::from_secs(10));
    cluster
}

fn reasons(cluster: &Cluster, kind: &str) -> Vec<String> {
    let events = cluster.store().list(Kind::Event, None).filter_map(|object| match object {
        Object::Event(event) if event.involved_object.kind.as_deref() == Some(kind) => event.reason.clone(),
        _ => None,
    });
    events.collect()
}

fn restarts(cluster: &Cluster) -> i32 {
    let pod = cluster.store().get(&Key::pod("default", "web")).and_then(Object::as_pod);
    pod.and_then(|pod| pod.status.container_statuses.as_ref()?.first().map(|c| c.restart_count)).unwrap_or(-1)
}

#[test]
fn a_reboot_takes_its_time_and_every_container_starts_again_because_of_it() {
    let mut cluster = cluster();
    let before = cluster.store().revision();
    cluster.go_down("worker-1", AfterHalt::ComesBack);
    cluster.advance(SimTime::from_secs(34));
    assert_eq!(reasons(&cluster, "Node"), [""; 0]);
    cluster.advance(SimTime::from_secs(37));
    assert!(reasons(&cluster, "Node").iter().any(|reason| reason == "Rebooted"));
    assert!(reasons(&cluster, "Pod").iter().any(|reason| reason == "SandboxChanged"));
    for change in cluster.store().changes_since(before).into_iter().flatten() {
        let why = cluster.explain(change.cause);
        assert_eq!(why.last().map(|why| why.text.as_str()), Some("worker-1 was told to reboot"));
    }
}

#[test]
fn a_kubelet_that_was_started_again_has_forgotten_its_back_offs() {
    let mut cluster = cluster();
    let before = restarts(&cluster);
    for fault in [Fault::StopKubelet("worker-1".into()), Fault::StartKubelet("worker-1".into())] {
        cluster.inject(&fault).unwrap();
    }
    cluster.advance(SimTime::from_secs(13));
    assert!(restarts(&cluster) > before, "{} {before}", restarts(&cluster));
}

#[test]
fn a_cordon_is_told_at_the_next_look_at_the_machine() {
    let mut cluster = cluster();
    let write = Write::user(cluster.command_cause("kubectl cordon worker-1"));
    let Some(Object::Node(mut node)) = cluster.store().get(&Key::new(Kind::Node, "", "worker-1")).cloned()
    else {
        panic!("the node");
    };
    std::sync::Arc::make_mut(&mut node).spec.get_or_insert_default().unschedulable = Some(true);
    cluster.update(Object::Node(node), crate::sim::Subresource::Main, &write).expect("accepted");
    cluster.advance(SimTime::from_secs(22));
    assert_eq!(reasons(&cluster, "Node"), ["NodeNotSchedulable"]);
}
