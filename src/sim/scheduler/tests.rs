use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::{Cluster, ClusterConfig, NodeSpec, Write};
use serde_json::{Value, json};

fn cluster(nodes: usize) -> Cluster {
    let nodes = (1..=nodes).map(|i| NodeSpec::named(&format!("worker-{i}"))).collect();
    Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() })
}

fn apply(cluster: &mut Cluster, kind: Kind, value: Value) {
    let cause = cluster.command_cause("kubectl apply");
    let object = Object::from_value(kind, value).unwrap();
    cluster.create(object, &Write::user(cause)).unwrap();
}

fn pod(name: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["containers"] = json!([{ "name": "app", "image": "nginx:1.27",
        "resources": { "requests": spec.get("requests").cloned().unwrap_or(json!({})) } }]);
    spec.as_object_mut().unwrap().remove("requests");
    json!({ "metadata": { "name": name, "namespace": "default", "labels": { "app": name } }, "spec": spec })
}

fn node_of(cluster: &Cluster, name: &str) -> Option<String> {
    cluster.store().pod("default", name).unwrap().spec.node_name.clone()
}

fn why_not(cluster: &Cluster, name: &str) -> String {
    let pod = cluster.store().pod("default", name).unwrap();
    let condition = pod.status.conditions.iter().flatten().find(|c| c.type_ == "PodScheduled").unwrap();
    condition.message.clone().unwrap()
}

#[test]
fn a_pod_is_bound_within_milliseconds_and_an_event_says_so() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::Pod, pod("web", &json!({})));
    cluster.advance(SimTime(20));
    assert_eq!(node_of(&cluster, "web").as_deref(), Some("worker-1"));
    let events: Vec<_> = cluster.store().list(Kind::Event, Some("default")).collect();
    assert_eq!(events.len(), 1);
}

#[test]
fn what_does_not_fit_is_worded_as_the_scheduler_words_it() {
    let mut cluster = cluster(2);
    apply(
        &mut cluster,
        Kind::Pod,
        pod(
            "mixed",
            &json!({
        "requests": { "cpu": "1" }, "nodeSelector": { "kubernetes.io/hostname": "worker-2" } }),
        ),
    );
    apply(
        &mut cluster,
        Kind::Pod,
        pod(
            "big",
            &json!({
        "requests": { "cpu": "1500m" }, "nodeSelector": { "kubernetes.io/hostname": "worker-2" } }),
        ),
    );
    cluster.advance(SimTime(100));
    assert_eq!(
        why_not(&cluster, "big"),
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector. no new claims to \
         deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not \
         helpful for scheduling."
    );
}

#[test]
fn a_missing_claim_is_said_before_any_filter_runs() {
    let mut cluster = cluster(1);
    let volumes = json!([{ "name": "d", "persistentVolumeClaim": { "claimName": "data" } }]);
    apply(&mut cluster, Kind::Pod, pod("web", &json!({ "volumes": volumes })));
    cluster.advance(SimTime(100));
    assert_eq!(
        why_not(&cluster, "web"),
        "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found"
    );
}

#[test]
fn an_important_pod_takes_the_place_of_a_lesser_one() {
    let mut cluster = cluster(1);
    apply(&mut cluster, Kind::PriorityClass, json!({ "metadata": { "name": "high" }, "value": 1000 }));
    apply(&mut cluster, Kind::Pod, pod("low", &json!({ "requests": { "cpu": "1500m" } })));
    cluster.advance(SimTime(1000));
    apply(
        &mut cluster,
        Kind::Pod,
        pod(
            "high",
            &json!({
        "requests": { "cpu": "1" }, "priorityClassName": "high" }),
        ),
    );
    cluster.advance(SimTime(1100));
    let low = cluster.store().pod("default", "low").unwrap();
    assert!(low.metadata.deletion_timestamp.is_some());
    assert_eq!(why_not(&cluster, "high"), "0/1 nodes are available: 1 Insufficient cpu.");
    let high = cluster.store().get(&Key::pod("default", "high")).and_then(Object::as_pod).unwrap();
    assert_eq!(high.status.nominated_node_name.as_deref(), Some("worker-1"));
    cluster.advance(SimTime::from_secs(10));
    let high = cluster.store().pod("default", "high").unwrap();
    assert_eq!(high.status.phase.as_deref(), Some("Running"));
    assert!(cluster.store().pod("default", "low").is_none());
}

#[test]
fn an_affinity_term_finds_namespaces_by_their_labels() {
    let mut cluster = cluster(1);
    for (name, team) in [("red", "red"), ("blue", "blue")] {
        let meta = json!({ "name": name, "labels": { "team": team } });
        apply(&mut cluster, Kind::Namespace, json!({ "metadata": meta }));
        let mut noisy = pod("noisy", &json!({}));
        noisy["metadata"]["namespace"] = json!(name);
        noisy["metadata"]["labels"]["team"] = json!(team);
        apply(&mut cluster, Kind::Pod, noisy);
    }
    cluster.advance(SimTime(100));
    let away = |team: &str, noise: &str| {
        json!({ "affinity": { "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [{
            "topologyKey": "kubernetes.io/hostname", "labelSelector": { "matchLabels": { "team": noise } },
            "namespaceSelector": { "matchLabels": { "team": team } } }] } } })
    };
    apply(&mut cluster, Kind::Pod, pod("free", &away("red", "blue")));
    apply(&mut cluster, Kind::Pod, pod("kept-away", &away("red", "red")));
    cluster.advance(SimTime(200));
    assert!(node_of(&cluster, "free").is_some());
    assert!(node_of(&cluster, "kept-away").is_none());
}

#[test]
fn pods_of_one_kind_spread_over_the_nodes() {
    let mut cluster = cluster(2);
    for i in 0..4 {
        apply(&mut cluster, Kind::Pod, pod(&format!("web-{i}"), &json!({})));
    }
    cluster.advance(SimTime(100));
    let on_first = (0..4).filter(|i| node_of(&cluster, &format!("web-{i}")).as_deref() == Some("worker-1"));
    assert_eq!(on_first.count(), 2);
}
