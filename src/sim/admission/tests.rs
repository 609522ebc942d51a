use crate::kube::{Key, Kind, Object};
use crate::sim::api::{Patch, Refusal, Write};
use crate::sim::{Cluster, ClusterConfig, Subresource};
use serde_json::{Value, json};

fn create(cluster: &mut Cluster, kind: Kind, value: Value) -> Value {
    let write = Write::user(cluster.command_cause("kubectl apply"));
    cluster.create(Object::from_value(kind, value).unwrap(), &write).expect("accepted").object.to_value()
}

fn patch(cluster: &mut Cluster, key: &Key, sub: Subresource, change: Value) -> Result<Value, Refusal> {
    let write = Write::user(cluster.command_cause("kubectl patch"));
    cluster.patch(key, &Patch::Strategic(change), sub, &write).map(|written| written.object.to_value())
}

fn pod(spec: &Value) -> Value {
    json!({"metadata": {"name": "web", "namespace": "default", "labels": {"app": "a", "hash": "xyz"}}, "spec": spec})
}

#[test]
fn a_service_gives_its_node_port_back_when_its_type_no_longer_has_one() {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let service = json!({"metadata": {"name": "web", "namespace": "default"},
        "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30001}]}});
    let made = create(&mut cluster, Kind::Service, service);
    let key = Key::new(Kind::Service, "default", "web");
    let plain = patch(&mut cluster, &key, Subresource::Main, json!({"spec": {"type": "ClusterIP"}})).unwrap();
    assert_eq!(plain["spec"]["ports"][0].get("nodePort"), None);
    assert_eq!(plain["spec"].get("externalTrafficPolicy"), None);
    assert_eq!(plain["spec"]["clusterIP"], made["spec"]["clusterIP"]);
    let again = patch(&mut cluster, &key, Subresource::Main, json!({"spec": {"type": "NodePort"}})).unwrap();
    assert!(again["spec"]["ports"][0]["nodePort"].as_i64().is_some_and(|port| port >= 30_000));
    let refused = patch(
        &mut cluster,
        &key,
        Subresource::Main,
        json!({"spec": {"type": "ClusterIP", "ports": [{"port": 80, "nodePort": 30005}]}}),
    );
    assert!(refused.unwrap_err().message.contains("may not be used when `type` is 'ClusterIP'"));
}

#[test]
fn a_balancer_that_asks_for_local_endpoints_has_a_port_for_their_health() {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let service = json!({"metadata": {"name": "web", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [{"port": 80}]}});
    let made = create(&mut cluster, Kind::Service, service);
    let port = made["spec"]["healthCheckNodePort"].as_i64();
    assert!(port.is_some_and(|port| port >= 30_000 && Some(port) != made["spec"]["ports"][0]["nodePort"].as_i64()));
}

#[test]
fn a_runtime_class_says_where_its_pods_go() {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let class = json!({"metadata": {"name": "kata"}, "handler": "kata", "scheduling": {
        "nodeSelector": {"runtime": "kata"}, "tolerations": [{"key": "kata", "operator": "Exists"}]}});
    create(&mut cluster, Kind::RuntimeClass, class);
    let spec = json!({"runtimeClassName": "kata", "containers": [{"name": "a", "image": "nginx"}]});
    let made = create(&mut cluster, Kind::Pod, pod(&spec));
    assert_eq!(made["spec"]["nodeSelector"], json!({"runtime": "kata"}));
    let last = made["spec"]["tolerations"].as_array().and_then(|list| list.last().cloned());
    assert_eq!(last, Some(json!({"key": "kata", "operator": "Exists"})));
}

#[test]
fn label_keys_become_requirements_with_the_pods_own_values() {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let selector = json!({"matchLabels": {"app": "a"}});
    let term = json!({"labelSelector": selector, "matchLabelKeys": ["hash", "none"], "mismatchLabelKeys": ["app"],
        "topologyKey": "kubernetes.io/hostname"});
    let spread = json!({"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector, "matchLabelKeys": ["hash"]});
    let spec = json!({"containers": [{"name": "a", "image": "nginx"}], "topologySpreadConstraints": [spread],
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}});
    let made = create(&mut cluster, Kind::Pod, pod(&spec));
    let hash = json!({"key": "hash", "operator": "In", "values": ["xyz"]});
    let app = json!({"key": "app", "operator": "NotIn", "values": ["a"]});
    let terms =
        &made["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    assert_eq!(terms[0]["labelSelector"]["matchExpressions"], json!([hash, app]));
    let constraint = &made["spec"]["topologySpreadConstraints"][0];
    assert_eq!(constraint["labelSelector"]["matchExpressions"], json!([hash]));
}

#[test]
fn bounds_and_quotas_of_the_namespace_hold_for_a_resize() {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let cpu = |request: &str, limit: &str| json!({"requests": {"cpu": request}, "limits": {"cpu": limit}});
    let spec = json!({"containers": [{"name": "a", "image": "nginx", "resources": cpu("300m", "400m")}]});
    create(&mut cluster, Kind::Pod, pod(&spec));
    let named =
        |name: &str, spec: Value| json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec});
    let limits = json!({"limits": [{"type": "Container", "max": {"cpu": "600m"}}]});
    create(&mut cluster, Kind::LimitRange, named("l", limits));
    create(&mut cluster, Kind::ResourceQuota, named("q", json!({"hard": {"requests.cpu": "500m"}})));
    let mut resize = |request: &str, limit: &str| {
        let change = json!({"spec": {"containers": [{"name": "a", "resources": cpu(request, limit)}]}});
        let key = Key::pod("default", "web");
        patch(&mut cluster, &key, Subresource::Resize, change).map_err(|refusal| refusal.message)
    };
    assert_eq!(
        resize("300m", "700m").unwrap_err(),
        "pods \"web\" is forbidden: maximum cpu usage per Container is 600m, but limit is 700m"
    );
    assert_eq!(
        resize("600m", "600m").unwrap_err(),
        "pods \"web\" is forbidden: exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=300m, \
         limited: requests.cpu=500m"
    );
    assert!(resize("500m", "500m").is_ok() && resize("100m", "200m").is_ok());
}
