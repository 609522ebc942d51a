//! Services, `DaemonSets`, budgets, quotas, limits, indexed Jobs and series of Events.

use super::*;
use k8s_openapi::api::discovery::v1::EndpointSlice;

fn sleeper(labels: &Value) -> Value {
    json!({ "metadata": { "labels": labels }, "spec": { "terminationGracePeriodSeconds": 1, "containers": [
        { "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } })
}

fn bare(name: &str, container: &Value) -> Value {
    let mut container = container.clone();
    container["name"] = json!("app");
    container["image"] = json!("busybox:1.36");
    container["command"] = json!(["sleep", "3600"]);
    json!({ "metadata": { "name": name, "namespace": "default", "labels": { "app": name } },
        "spec": { "containers": [container] } })
}

fn refusal(cluster: &mut Cluster, kind: Kind, value: Value) -> String {
    let cause = cluster.command_cause("kubectl apply");
    cluster.create(Object::from_value(kind, value).unwrap(), &Write::user(cause)).unwrap_err().message
}

fn slice(cluster: &Cluster) -> EndpointSlice {
    let of_a_service = |object: &&Object| object.key().name.as_ref() != "kubernetes";
    match cluster.store().list(Kind::EndpointSlice, Some("default")).find(of_a_service) {
        Some(Object::EndpointSlice(slice)) => (**slice).clone(),
        _ => EndpointSlice::default(),
    }
}

#[test]
fn a_pod_that_loses_its_label_leaves_the_service_at_once() {
    let mut cluster = cluster(1);
    let service = json!({ "metadata": { "name": "web", "namespace": "default" },
        "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80 }] } });
    apply(&mut cluster, Kind::Service, service);
    cluster.advance(SimTime::from_secs(1));
    assert_eq!(slice(&cluster).ports, None);
    apply(&mut cluster, Kind::Pod, bare("web", &json!({})));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(slice(&cluster).endpoints.unwrap_or_default().len(), 1);
    patch(&mut cluster, &Key::pod("default", "web"), json!({ "metadata": { "labels": { "app": "debug" } } }));
    cluster.advance(SimTime::from_secs(8));
    assert_eq!(slice(&cluster).endpoints.unwrap_or_default().len(), 0);
}

#[test]
fn a_daemon_runs_on_every_node_under_the_hash_a_real_controller_gives() {
    let mut cluster = cluster(3);
    // Recording drain-pdb.
    let set = json!({ "metadata": { "name": "agent", "namespace": "default" }, "spec": {
        "selector": { "matchLabels": { "app": "agent" } }, "template": { "metadata": { "labels": { "app": "agent" } },
            "spec": { "containers": [{ "name": "nginx", "image": "nginx:1.27" }] } } } });
    apply(&mut cluster, Kind::DaemonSet, set);
    cluster.advance(SimTime::from_secs(10));
    let mut nodes: Vec<_> = pods(&cluster).iter().filter_map(|pod| pod.spec.node_name.clone()).collect();
    nodes.sort();
    assert_eq!(nodes, ["worker-1", "worker-2", "worker-3"]);
    let labels = pods(&cluster)[0].metadata.labels.clone().unwrap();
    assert_eq!(labels["controller-revision-hash"], "669d67f9d5");
}

#[test]
fn an_eviction_is_refused_while_the_budget_has_nothing_left() {
    let mut cluster = cluster(1);
    let budget = json!({ "metadata": { "name": "web", "namespace": "default" },
        "spec": { "minAvailable": 2, "selector": { "matchLabels": { "app": "web" } } } });
    apply(&mut cluster, Kind::PodDisruptionBudget, budget);
    apply(&mut cluster, Kind::Deployment, deployment(3));
    cluster.advance(SimTime::from_secs(10));
    let keys: Vec<Key> = pods(&cluster).iter().map(|pod| Key::pod("default", pod.name())).collect();
    let cause = cluster.command_cause("kubectl drain");
    cluster.evict(&keys[0], &DeleteOptions::default(), &Write::user(cause)).unwrap();
    let refusal = cluster.evict(&keys[1], &DeleteOptions::default(), &Write::user(cause)).unwrap_err();
    assert_eq!(refusal.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    assert_eq!(refusal.code(), 429);
    // Its successor is ready: the budget allows one again.
    cluster.advance(SimTime::from_secs(60));
    cluster.evict(&keys[1], &DeleteOptions::default(), &Write::user(cause)).unwrap();
}

#[test]
fn a_quota_counts_what_is_there_and_gives_back_what_has_gone() {
    let mut cluster = cluster(1);
    let quota =
        json!({ "metadata": { "name": "q", "namespace": "default" }, "spec": { "hard": { "pods": "1" } } });
    apply(&mut cluster, Kind::ResourceQuota, quota);
    cluster.advance(SimTime::from_secs(1));
    apply(&mut cluster, Kind::Pod, bare("one", &json!({})));
    assert_eq!(
        refusal(&mut cluster, Kind::Pod, bare("two", &json!({}))),
        "pods \"two\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"
    );
    delete(&mut cluster, &Key::pod("default", "one"), Propagation::Background);
    cluster.advance(SimTime::from_secs(60));
    apply(&mut cluster, Kind::Pod, bare("two", &json!({})));
}

#[test]
fn a_limit_range_fills_in_and_refuses() {
    let mut cluster = cluster(1);
    let range = json!({ "metadata": { "name": "l", "namespace": "default" }, "spec": { "limits": [{ "type": "Container",
        "default": { "cpu": "200m" }, "defaultRequest": { "cpu": "100m" }, "max": { "cpu": "1" } }] } });
    apply(&mut cluster, Kind::LimitRange, range);
    apply(&mut cluster, Kind::Pod, bare("plain", &json!({})));
    let resources = pods(&cluster)[0].spec.containers[0].resources.clone().unwrap();
    let cpu = |list: Option<std::collections::BTreeMap<String, _>>| {
        list.and_then(|mut list| list.remove("cpu"))
            .map(|q: k8s_openapi::apimachinery::pkg::api::resource::Quantity| q.0)
    };
    assert_eq!(cpu(resources.requests).as_deref(), Some("100m"));
    assert_eq!(cpu(resources.limits).as_deref(), Some("200m"));
    let large = bare("large", &json!({ "resources": { "limits": { "cpu": "2" } } }));
    assert_eq!(
        refusal(&mut cluster, Kind::Pod, large),
        "pods \"large\" is forbidden: maximum cpu usage per Container is 1, but limit is 2"
    );
}

#[test]
fn an_indexed_job_gives_every_index_its_number() {
    let mut cluster = cluster(1);
    let mut template = sleeper(&json!({}));
    template["spec"]["containers"][0]["command"] = json!(["sh", "-c", "test $JOB_COMPLETION_INDEX -lt 3"]);
    template["spec"]["restartPolicy"] = json!("Never");
    let job = json!({ "metadata": { "name": "j", "namespace": "default" }, "spec": { "completionMode": "Indexed",
        "completions": 3, "parallelism": 2, "template": template } });
    apply(&mut cluster, Kind::Job, job);
    cluster.advance(SimTime::from_secs(60));
    let Some(Object::Job(job)) = cluster.store().get(&Key::new(Kind::Job, "default", "j")) else { panic!() };
    let status = job.status.clone().unwrap();
    assert_eq!((status.succeeded, status.completed_indexes.as_deref()), (Some(3), Some("0-2")));
    let mut names: Vec<&str> = pods(&cluster).iter().map(|pod| &pod.name()[..3]).collect();
    names.sort_unstable();
    assert_eq!(names, ["j-0", "j-1", "j-2"]);
}

#[test]
fn a_failure_policy_ends_the_job_at_once_for_a_hopeless_exit_code() {
    let mut cluster = cluster(1);
    let mut template = sleeper(&json!({}));
    template["spec"]["containers"][0]["command"] = json!(["sh", "-c", "exit 42"]);
    template["spec"]["restartPolicy"] = json!("Never");
    let rule = json!({ "action": "FailJob", "onExitCodes": { "operator": "In", "values": [42] } });
    let job = json!({ "metadata": { "name": "j", "namespace": "default" }, "spec": { "backoffLimit": 6,
        "podFailurePolicy": { "rules": [rule] }, "template": template } });
    apply(&mut cluster, Kind::Job, job);
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(pods(&cluster).len(), 1);
    let Some(Object::Job(job)) = cluster.store().get(&Key::new(Kind::Job, "default", "j")) else { panic!() };
    let conditions = job.status.clone().unwrap().conditions.unwrap();
    let failed = conditions.iter().find(|c| c.type_ == "Failed").unwrap();
    assert_eq!(failed.reason.as_deref(), Some("PodFailurePolicy"));
}

#[test]
fn a_class_with_a_provisioner_gets_a_volume_once_a_pod_needs_it_and_loses_it_with_the_claim() {
    let mut cluster = cluster(1);
    let class = json!({ "metadata": { "name": "standard" }, "provisioner": "rancher.io/local-path",
        "volumeBindingMode": "WaitForFirstConsumer" });
    apply(&mut cluster, Kind::StorageClass, class);
    let claim = json!({ "metadata": { "name": "data", "namespace": "default" }, "spec": { "accessModes": ["ReadWriteOnce"],
        "storageClassName": "standard", "resources": { "requests": { "storage": "1Gi" } } } });
    apply(&mut cluster, Kind::PersistentVolumeClaim, claim);
    cluster.advance(SimTime::from_secs(5));
    let volumes = |cluster: &Cluster| cluster.store().list(Kind::PersistentVolume, None).count();
    assert_eq!(volumes(&cluster), 0);
    let mut pod = bare("db", &json!({ "volumeMounts": [{ "name": "data", "mountPath": "/data" }] }));
    pod["spec"]["volumes"] = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": "data" } }]);
    apply(&mut cluster, Kind::Pod, pod);
    cluster.advance(SimTime::from_secs(10));
    assert_eq!(volumes(&cluster), 1);
    let key = Key::new(Kind::PersistentVolumeClaim, "default", "data");
    let Some(Object::PersistentVolumeClaim(claim)) = cluster.store().get(&key) else { panic!("the claim") };
    assert_eq!(claim.status.as_ref().and_then(|status| status.phase.as_deref()), Some("Bound"));
    assert_eq!(pods(&cluster)[0].status.phase.as_deref(), Some("Running"));
    delete(&mut cluster, &Key::pod("default", "db"), Propagation::Background);
    cluster.advance(SimTime::from_secs(60));
    delete(&mut cluster, &key, Propagation::Background);
    cluster.advance(SimTime::from_secs(65));
    assert_eq!(volumes(&cluster), 0);
}
