//! Claims, volumes and classes: from the scheduler's choice to what is left when a claim is gone.

use super::*;
use crate::kube::core::{Event, PersistentVolumeClaim};
use std::sync::Arc;

fn class(cluster: &mut Cluster, name: &str, provisioner: &str, mode: &str, default: bool) {
    let annotations = json!({ "storageclass.kubernetes.io/is-default-class": default.to_string() });
    let value = json!({ "metadata": { "name": name, "annotations": annotations },
        "provisioner": provisioner, "volumeBindingMode": mode });
    apply(cluster, Kind::StorageClass, value);
}

fn claim(cluster: &mut Cluster, name: &str, spec: &Value) {
    let mut spec = spec.clone();
    if spec.get("accessModes").is_none() {
        spec["accessModes"] = json!(["ReadWriteOnce"]);
    }
    spec["resources"] = json!({ "requests": { "storage": "1Gi" } });
    let value = json!({ "metadata": { "name": name, "namespace": "default" }, "spec": spec });
    apply(cluster, Kind::PersistentVolumeClaim, value);
}

fn volume(cluster: &mut Cluster, name: &str, more: &Value) {
    let mut spec = json!({ "capacity": { "storage": "2Gi" }, "accessModes": ["ReadWriteOnce"],
        "storageClassName": "manual", "hostPath": { "path": format!("/mnt/{name}") } });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let value = json!({ "metadata": { "name": name, "labels": { "disk": name } }, "spec": spec });
    apply(cluster, Kind::PersistentVolume, value);
}

fn user(cluster: &mut Cluster, name: &str, volume: &Value) {
    let mut volume = volume.clone();
    volume["name"] = json!("v");
    let value = json!({ "metadata": { "name": name, "namespace": "default" }, "spec": {
        "terminationGracePeriodSeconds": 1, "volumes": [volume], "containers": [{ "name": "app",
            "image": "busybox:1.36", "command": ["sleep", "3600"], "volumeMounts": [{ "name": "v", "mountPath": "/v" }] }] } });
    apply(cluster, Kind::Pod, value);
}

fn uses(claim: &str) -> Value {
    json!({ "persistentVolumeClaim": { "claimName": claim } })
}

fn on(node: &str) -> Value {
    json!({ "required": { "nodeSelectorTerms": [{ "matchExpressions":
        [{ "key": "kubernetes.io/hostname", "operator": "In", "values": [node] }] }] } })
}

fn the_claim(cluster: &Cluster, name: &str) -> Option<Arc<PersistentVolumeClaim>> {
    crate::sim::storage::claim("default", name, cluster.store()).cloned()
}

fn phase(cluster: &Cluster, name: &str) -> String {
    let claim = the_claim(cluster, name);
    claim.and_then(|claim| claim.status.as_ref()?.phase.clone()).unwrap_or_default()
}

fn volume_phase(cluster: &Cluster, name: &str) -> Option<String> {
    crate::sim::storage::volume(name, cluster.store())?.status.as_ref()?.phase.clone()
}

fn node_of(cluster: &Cluster, name: &str) -> Option<String> {
    cluster.store().pod("default", name)?.spec.node_name.clone()
}

/// What was said of an object for this reason, the latest last, with how often.
fn said(cluster: &Cluster, reason: &str, name: &str) -> Vec<(String, i32)> {
    let about = |event: &&Event| {
        event.reason.as_deref() == Some(reason) && event.involved_object.name.as_deref() == Some(name)
    };
    let events = cluster.store().list(Kind::Event, None).filter_map(|object| match object {
        Object::Event(event) => Some(&**event),
        _ => None,
    });
    let told = events
        .filter(about)
        .map(|event| (event.message.clone().unwrap_or_default(), event.count.unwrap_or(1)));
    told.collect()
}

fn last_words(cluster: &Cluster, reason: &str, name: &str) -> String {
    said(cluster, reason, name).pop().map(|(text, _)| text).unwrap_or_default()
}

#[test]
fn a_claim_that_waits_for_a_pod_takes_the_pod_to_the_node_of_its_volume() {
    let mut cluster = cluster(2);
    class(&mut cluster, "manual", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", false);
    volume(&mut cluster, "disk", &json!({ "nodeAffinity": on("worker-2") }));
    claim(&mut cluster, "data", &json!({ "storageClassName": "manual" }));
    cluster.advance(SimTime(100));
    assert_eq!(phase(&cluster, "data"), "Pending");
    user(&mut cluster, "web", &uses("data"));
    // The scheduler looks once a second whether its choice has been carried out.
    cluster.advance(SimTime(1000));
    assert_eq!((node_of(&cluster, "web"), &*phase(&cluster, "data")), (None, "Bound"));
    cluster.advance(SimTime(1200));
    assert_eq!(node_of(&cluster, "web").as_deref(), Some("worker-2"));
}

#[test]
fn a_pod_gets_no_node_while_no_volume_can_be_had_for_its_claim() {
    let mut cluster = cluster(2);
    class(&mut cluster, "manual", "kubernetes.io/no-provisioner", "WaitForFirstConsumer", false);
    claim(&mut cluster, "data", &json!({ "storageClassName": "manual" }));
    user(&mut cluster, "web", &uses("data"));
    cluster.advance(SimTime::from_secs(10));
    assert_eq!(
        last_words(&cluster, "FailedScheduling", "web"),
        "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, \
         preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    );
    assert_eq!(last_words(&cluster, "WaitForPodScheduled", "data"), "waiting for pod web to be scheduled");
    volume(&mut cluster, "disk", &json!({}));
    cluster.advance(SimTime::from_secs(12));
    assert!(node_of(&cluster, "web").is_some());
}

#[test]
fn a_bound_volume_keeps_its_pods_on_its_node() {
    let mut cluster = cluster(2);
    volume(&mut cluster, "disk", &json!({ "nodeAffinity": on("worker-3") }));
    claim(&mut cluster, "data", &json!({ "storageClassName": "manual" }));
    cluster.advance(SimTime(100));
    user(&mut cluster, "web", &uses("data"));
    cluster.advance(SimTime::from_secs(1));
    assert_eq!(
        last_words(&cluster, "FailedScheduling", "web"),
        "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. no new claims to deallocate, preemption: \
         0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    );
}

#[test]
fn a_claim_for_one_pod_has_one_user_at_a_time() {
    let mut cluster = cluster(1);
    volume(&mut cluster, "disk", &json!({ "accessModes": ["ReadWriteOncePod"] }));
    claim(
        &mut cluster,
        "data",
        &json!({ "storageClassName": "manual", "accessModes": ["ReadWriteOncePod"] }),
    );
    user(&mut cluster, "first", &uses("data"));
    cluster.advance(SimTime::from_secs(5));
    user(&mut cluster, "second", &uses("data"));
    cluster.advance(SimTime::from_secs(6));
    assert_eq!(
        last_words(&cluster, "FailedScheduling", "second"),
        "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. \
         no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    );
    delete(&mut cluster, &Key::pod("default", "first"), Propagation::Background);
    cluster.advance(SimTime::from_secs(12));
    assert!(node_of(&cluster, "second").is_some());
}

#[test]
fn a_volume_that_nobody_makes_holds_its_pod_for_ten_minutes_before_the_scheduler_complains() {
    let mut cluster = cluster(1);
    class(&mut cluster, "foreign", "ebs.csi.aws.com", "WaitForFirstConsumer", false);
    claim(&mut cluster, "data", &json!({ "storageClassName": "foreign" }));
    user(&mut cluster, "web", &uses("data"));
    cluster.advance(SimTime::from_secs(590));
    assert!(said(&cluster, "FailedScheduling", "web").is_empty());
    cluster.advance(SimTime::from_secs(605));
    assert_eq!(
        last_words(&cluster, "FailedScheduling", "web"),
        "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded"
    );
    assert_eq!(node_of(&cluster, "web"), None);
}

#[test]
fn a_volume_of_one_pod_gets_a_claim_that_goes_with_the_pod() {
    let mut cluster = cluster(1);
    class(&mut cluster, "local-path", "rancher.io/local-path", "WaitForFirstConsumer", false);
    let template = json!({ "metadata": { "labels": { "kind": "scratch" } }, "spec": { "accessModes": ["ReadWriteOnce"],
        "storageClassName": "local-path", "resources": { "requests": { "storage": "1Gi" } } } });
    user(&mut cluster, "web", &json!({ "ephemeral": { "volumeClaimTemplate": template } }));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(
        said(&cluster, "FailedScheduling", "web"),
        [(
            "0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim \"web-v\". not found"
                .to_owned(),
            1
        )]
    );
    let made = the_claim(&cluster, "web-v").unwrap();
    assert_eq!(made.metadata.labels.as_ref().unwrap()["kind"], "scratch");
    assert_eq!(made.metadata.owner_references.as_ref().unwrap()[0].kind, "Pod");
    assert_eq!(phase(&cluster, "web-v"), "Bound");
    assert_eq!(cluster.store().pod("default", "web").unwrap().status.phase.as_deref(), Some("Running"));
    delete(&mut cluster, &Key::pod("default", "web"), Propagation::Background);
    cluster.advance(SimTime::from_secs(15));
    assert!(the_claim(&cluster, "web-v").is_none());
    assert_eq!(cluster.store().list(Kind::PersistentVolume, None).count(), 0);
}

#[test]
fn a_default_class_serves_new_claims_at_once_and_older_ones_at_the_next_look() {
    let mut cluster = cluster(1);
    claim(&mut cluster, "early", &json!({}));
    claim(&mut cluster, "none", &json!({ "storageClassName": "" }));
    cluster.advance(SimTime::from_secs(1));
    class(&mut cluster, "standard", "rancher.io/local-path", "Immediate", true);
    claim(&mut cluster, "late", &json!({}));
    cluster.advance(SimTime::from_secs(2));
    assert_eq!((&*phase(&cluster, "early"), &*phase(&cluster, "late")), ("Pending", "Bound"));
    cluster.advance(SimTime::from_secs(17));
    assert_eq!((&*phase(&cluster, "early"), &*phase(&cluster, "none")), ("Bound", "Pending"));
    let class = the_claim(&cluster, "early").unwrap().spec.as_ref().unwrap().storage_class_name.clone();
    assert_eq!(class.as_deref(), Some("standard"));
}

#[test]
fn an_unbound_claim_is_looked_at_every_fifteen_seconds() {
    let mut cluster = cluster(1);
    claim(&mut cluster, "data", &json!({}));
    cluster.advance(SimTime::from_secs(60));
    let text = "no persistent volumes available for this claim and no storage class is set";
    assert_eq!(said(&cluster, "FailedBinding", "data"), [(text.to_owned(), 5)]);
    volume(&mut cluster, "disk", &json!({ "storageClassName": "" }));
    cluster.advance(SimTime::from_secs(61));
    assert_eq!(phase(&cluster, "data"), "Pending");
    cluster.advance(SimTime::from_secs(70));
    assert_eq!(phase(&cluster, "data"), "Bound");
}

#[test]
fn a_claim_is_choosy_about_labels_and_says_what_is_wrong_with_the_volume_it_names() {
    let mut cluster = cluster(1);
    volume(&mut cluster, "one", &json!({ "accessModes": ["ReadWriteOnce", "ReadWriteMany"] }));
    let by_label =
        |disk: &str| json!({ "storageClassName": "manual", "selector": { "matchLabels": { "disk": disk } } });
    claim(&mut cluster, "picky", &by_label("two"));
    claim(&mut cluster, "other", &json!({ "storageClassName": "", "volumeName": "one" }));
    cluster.advance(SimTime(100));
    assert_eq!(phase(&cluster, "picky"), "Pending");
    assert_eq!(
        last_words(&cluster, "VolumeMismatch", "other"),
        "Cannot bind to requested volume \"one\": storageClassName does not match"
    );
    claim(&mut cluster, "happy", &by_label("one"));
    claim(&mut cluster, "late", &json!({ "storageClassName": "manual", "volumeName": "one" }));
    cluster.advance(SimTime(200));
    assert_eq!(phase(&cluster, "happy"), "Bound");
    assert_eq!(
        last_words(&cluster, "FailedBinding", "late"),
        "volume \"one\" already bound to a different claim."
    );
}

#[test]
fn a_volume_to_be_deleted_goes_with_its_claim_if_anybody_can_delete_it() {
    let mut cluster = cluster(1);
    let gone = json!({ "persistentVolumeReclaimPolicy": "Delete" });
    let mut in_tmp = gone.clone();
    in_tmp["hostPath"] = json!({ "path": "/tmp/data" });
    volume(&mut cluster, "kept", &gone);
    volume(&mut cluster, "temporary", &in_tmp);
    for name in ["kept", "temporary"] {
        claim(&mut cluster, name, &json!({ "storageClassName": "manual", "volumeName": name }));
    }
    cluster.advance(SimTime::from_secs(1));
    for name in ["kept", "temporary"] {
        delete(
            &mut cluster,
            &Key::new(Kind::PersistentVolumeClaim, "default", name),
            Propagation::Background,
        );
    }
    cluster.advance(SimTime::from_secs(20));
    assert_eq!(volume_phase(&cluster, "temporary"), None);
    assert_eq!(volume_phase(&cluster, "kept").as_deref(), Some("Failed"));
    let why = "host_path deleter only supports /tmp/.+ but received provided /mnt/kept";
    assert_eq!(said(&cluster, "VolumeFailedDelete", "kept"), [(why.to_owned(), 1)]);
}

#[test]
fn a_volume_kept_for_a_claim_that_is_not_there_is_available_and_one_that_is_lost_is_missed() {
    let mut cluster = cluster(1);
    let by = json!({ "claimRef": { "name": "later", "namespace": "default" } });
    volume(&mut cluster, "disk", &by);
    cluster.advance(SimTime(100));
    assert_eq!(volume_phase(&cluster, "disk").as_deref(), Some("Available"));
    claim(&mut cluster, "later", &json!({ "storageClassName": "manual" }));
    cluster.advance(SimTime(200));
    assert_eq!(phase(&cluster, "later"), "Bound");
    let key = Key::new(Kind::PersistentVolume, "", "disk");
    patch(&mut cluster, &key, json!({ "metadata": { "finalizers": null } }));
    delete(&mut cluster, &key, Propagation::Background);
    cluster.advance(SimTime(300));
    assert_eq!(phase(&cluster, "later"), "Lost");
}

#[test]
fn a_set_that_says_so_takes_its_claims_along() {
    let mut cluster = cluster(1);
    class(&mut cluster, "local-path", "rancher.io/local-path", "WaitForFirstConsumer", false);
    let set = json!({ "metadata": { "name": "db", "namespace": "default" }, "spec": { "replicas": 2, "serviceName": "db",
        "persistentVolumeClaimRetentionPolicy": { "whenDeleted": "Delete", "whenScaled": "Delete" },
        "selector": { "matchLabels": { "app": "db" } },
        "template": { "metadata": { "labels": { "app": "db" } }, "spec": { "terminationGracePeriodSeconds": 1,
            "containers": [{ "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"] }] } },
        "volumeClaimTemplates": [{ "metadata": { "name": "data" }, "spec": { "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local-path", "resources": { "requests": { "storage": "1Gi" } } } }] } });
    apply(&mut cluster, Kind::StatefulSet, set);
    cluster.advance(SimTime::from_secs(20));
    let owner = |cluster: &Cluster, name: &str| {
        let owners = the_claim(cluster, name)?.metadata.owner_references.clone()?;
        owners.first().map(|owner| owner.kind.clone())
    };
    assert_eq!(owner(&cluster, "data-db-1").as_deref(), Some("StatefulSet"));
    let key = Key::new(Kind::StatefulSet, "default", "db");
    patch(&mut cluster, &key, json!({ "spec": { "replicas": 1 } }));
    cluster.advance(SimTime(20_100));
    assert_eq!(owner(&cluster, "data-db-1").as_deref(), Some("Pod"));
    cluster.advance(SimTime::from_secs(40));
    assert!(the_claim(&cluster, "data-db-1").is_none());
    assert_eq!(phase(&cluster, "data-db-0"), "Bound");
    delete(&mut cluster, &key, Propagation::Background);
    cluster.advance(SimTime::from_secs(60));
    assert!(the_claim(&cluster, "data-db-0").is_none());
}

#[test]
fn a_quota_may_limit_the_storage_of_one_class() {
    let mut cluster = cluster(1);
    let hard = json!({ "gold.storageclass.storage.k8s.io/requests.storage": "1Gi" });
    let quota = json!({ "metadata": { "name": "q", "namespace": "default" }, "spec": { "hard": hard } });
    apply(&mut cluster, Kind::ResourceQuota, quota);
    claim(&mut cluster, "plain", &json!({ "storageClassName": "silver" }));
    claim(&mut cluster, "first", &json!({ "storageClassName": "gold" }));
    let second = json!({ "metadata": { "name": "second", "namespace": "default" }, "spec": { "storageClassName": "gold",
        "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } });
    let cause = cluster.command_cause("kubectl apply");
    let object = Object::from_value(Kind::PersistentVolumeClaim, second).unwrap();
    assert_eq!(
        cluster.create(object, &Write::user(cause)).unwrap_err().message,
        "persistentvolumeclaims \"second\" is forbidden: exceeded quota: q, requested: \
         gold.storageclass.storage.k8s.io/requests.storage=1Gi, used: gold.storageclass.storage.k8s.io/requests.storage=1Gi, \
         limited: gold.storageclass.storage.k8s.io/requests.storage=1Gi"
    );
}

#[test]
fn a_claim_grows_only_where_its_class_lets_it_and_never_shrinks_below_its_volume() {
    let mut cluster = cluster(1);
    let mut growing = json!({ "metadata": { "name": "growing" }, "provisioner": "rancher.io/local-path" });
    growing["allowVolumeExpansion"] = json!(true);
    apply(&mut cluster, Kind::StorageClass, growing);
    volume(&mut cluster, "disk", &json!({}));
    claim(&mut cluster, "fixed", &json!({ "storageClassName": "manual" }));
    claim(&mut cluster, "growing", &json!({ "storageClassName": "growing" }));
    cluster.advance(SimTime::from_secs(1));
    let mut resize = |name: &str, size: &str| {
        let key = Key::new(Kind::PersistentVolumeClaim, "default", name);
        let change = json!({ "spec": { "resources": { "requests": { "storage": size } } } });
        let cause = cluster.command_cause("kubectl patch");
        let done = cluster.patch(&key, &Patch::Merge(change), Subresource::Main, &Write::user(cause));
        done.map(drop).map_err(|refusal| refusal.message)
    };
    assert_eq!(
        resize("fixed", "2Gi").unwrap_err(),
        "persistentvolumeclaims \"fixed\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that \
         provisions the pvc must support resize"
    );
    assert_eq!(
        resize("growing", "500Mi").unwrap_err(),
        "PersistentVolumeClaim \"growing\" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than \
         status.capacity"
    );
    resize("growing", "2Gi").unwrap();
}
