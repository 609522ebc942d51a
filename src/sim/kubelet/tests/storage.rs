//! What containers find in their volumes, and what becomes of those nobody has.

use super::*;

fn with_volume(volume: &Value, at: &str, text: &str) -> Value {
    let mut container = script(text);
    container["volumeMounts"] = json!([{"name": "v", "mountPath": at}]);
    let mut volume = volume.clone();
    volume["name"] = json!("v");
    pod(json!({"automountServiceAccountToken": false, "volumes": [volume], "containers": [container]}))
}

/// A cluster with the `ConfigMap` and the Secret `c`, both with the key `k`, and a Pod.
fn configured(pod: &Value) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let cause = cluster.command_cause("kubectl apply");
    let meta = json!({"name": "c", "namespace": "default"});
    for (kind, value) in [
        (Kind::ConfigMap, json!({"metadata": meta, "data": {"k": "v"}})),
        (Kind::Secret, json!({"metadata": meta, "stringData": {"k": "v"}})),
        (Kind::Pod, pod.clone()),
    ] {
        let object = Object::from_value(kind, value).expect("an object");
        cluster.create(object, &Write::user(cause)).expect("accepted");
    }
    cluster
}

fn log(cluster: &Cluster) -> String {
    let lines = cluster.logs(&Key::pod("default", "web"), "app", false).unwrap_or_default();
    lines.iter().map(|line| format!("{}\n", line.text)).collect()
}

/// The messages of the Events with this reason, with how often they were said.
fn said(cluster: &Cluster, reason: &str) -> Vec<(String, i32)> {
    let events = cluster.store().list(Kind::Event, None).filter_map(|object| match object {
        Object::Event(event) if event.reason.as_deref() == Some(reason) => Some(event),
        _ => None,
    });
    events.map(|event| (event.message.clone().unwrap_or_default(), event.count.unwrap_or(1))).collect()
}

#[test]
fn what_is_made_of_objects_can_only_be_read_whatever_the_mount_says() {
    for volume in [
        json!({"configMap": {"name": "c"}}),
        json!({"secret": {"secretName": "c"}}),
        json!({"projected": {"sources": [{"configMap": {"name": "c"}}]}}),
    ] {
        let mut cluster =
            configured(&with_volume(&volume, "/d", "echo $(cat /d/k); echo x > /d/new; sleep 3600"));
        cluster.advance(SimTime::from_secs(5));
        assert_eq!(log(&cluster), "v\nsh: can't create /d/new: Read-only file system\n", "{volume}");
    }
}

#[test]
fn a_volume_over_etc_leaves_the_files_that_are_mounts_of_their_own() {
    let volume = json!({"emptyDir": {}});
    let mut cluster = configured(&with_volume(
        &volume,
        "/etc",
        "ls /etc; cat /etc/hostname; echo x > /etc/new; sleep 3600",
    ));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(log(&cluster), "hostname\nhosts\nresolv.conf\nweb\n");
}

#[test]
fn a_volume_over_etc_that_has_no_place_for_them_and_cannot_be_written_keeps_the_container_from_starting() {
    let mut cluster = configured(&with_volume(&json!({"configMap": {"name": "c"}}), "/etc", "sleep 3600"));
    cluster.advance(SimTime::from_secs(5));
    assert!(rows(&cluster).iter().any(|row| row.starts_with("RunContainerError")), "{:?}", rows(&cluster));
    let (text, _) = said(&cluster, "Failed").remove(0);
    assert!(text.contains("create mountpoint for /etc/hosts mount"), "{text}");
}

#[test]
fn a_volume_of_a_driver_nobody_has_is_tried_again_and_again() {
    let volume = json!({"csi": {"driver": "inline.storage.kubernetes.io"}});
    let mut cluster = configured(&with_volume(&volume, "/d", "sleep 3600"));
    cluster.advance(SimTime::from_secs(20));
    assert_eq!(rows(&cluster), ["ContainerCreating 0"]);
    let text = "MountVolume.SetUp failed for volume \"v\" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name \
                inline.storage.kubernetes.io not found in the list of registered CSI drivers";
    assert_eq!(said(&cluster, "FailedMount"), [(text.to_owned(), 6)]);
}

#[test]
fn a_file_server_that_does_not_answer_is_waited_for_two_minutes_before_anything_is_said() {
    let volume = json!({"nfs": {"server": "10.1.2.3", "path": "/x"}});
    let mut cluster = configured(&with_volume(&volume, "/d", "sleep 3600"));
    cluster.advance(SimTime::from_secs(120));
    assert_eq!(said(&cluster, "FailedMount"), []);
    cluster.advance(SimTime::from_secs(130));
    let (text, count) = said(&cluster, "FailedMount").remove(0);
    assert!(text.ends_with("Output: mount.nfs: Connection timed out") && count == 1, "{text}");
}

#[test]
fn a_volume_holds_the_files_of_its_image_or_keeps_the_container_waiting_for_them() {
    let image = |name: &str| json!({"image": {"reference": name}});
    let text = "test -d /d/usr && echo files; touch /d/x; sleep 3600";
    let mut cluster = configured(&with_volume(&image("nginx:1.27"), "/d", text));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(log(&cluster), "files\ntouch: /d/x: Read-only file system\n");
    let mut cluster = configured(&with_volume(&image("quay.io/nobody/nothing:v2"), "/d", text));
    cluster.advance(SimTime::from_secs(30));
    let told = rows(&cluster);
    assert_eq!(told[..3], ["ContainerCreating 0", "ErrImagePull 0", "ImagePullBackOff 0"], "{told:?}");
}

#[test]
fn a_secret_that_is_deleted_is_missed_at_the_next_sync_and_the_container_runs_on() {
    let volume = json!({"secret": {"secretName": "c"}});
    let mut cluster =
        configured(&with_volume(&volume, "/d", "while true; do echo $(cat /d/k); sleep 30; done"));
    cluster.advance(SimTime::from_secs(5));
    let cause = cluster.command_cause("kubectl delete secret c");
    let key = Key::new(Kind::Secret, "default", "c");
    cluster.delete(&key, &DeleteOptions::default(), &Write::user(cause)).expect("deleted");
    cluster.advance(SimTime::from_secs(50));
    assert_eq!(said(&cluster, "FailedMount"), []);
    cluster.advance(SimTime::from_secs(120));
    let (text, count) = said(&cluster, "FailedMount").remove(0);
    assert_eq!(text, "MountVolume.SetUp failed for volume \"v\" : secret \"c\" not found");
    assert!(count > 3, "{count}");
    assert_eq!(rows(&cluster).last().map(String::as_str), Some("Running 0"));
    assert!(log(&cluster).starts_with("v\nv\nv\nv\n"));
    let meta = json!({"metadata": {"name": "c", "namespace": "default"}, "stringData": {"k": "new"}});
    let object = Object::from_value(Kind::Secret, meta).expect("a Secret");
    cluster.create(object, &Write::user(cause)).expect("accepted");
    cluster.advance(SimTime::from_secs(300));
    assert!(log(&cluster).ends_with("new\n"));
}
