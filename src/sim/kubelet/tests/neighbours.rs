//! What stands beside the everyday: refusals by the machine, resizes that restart, storage that is measured late, machines that come back.

use super::*;
use crate::sim::Subresource;
use crate::sim::api::Patch;
use crate::sim::cluster::ExecOptions;

fn web(cluster: &Cluster) -> &crate::kube::Pod {
    cluster.store().get(&Key::pod("default", "web")).and_then(Object::as_pod).expect("the Pod")
}

fn ssh(cluster: &mut Cluster, command: &str) {
    let argv = ["sh", "-c", command].map(str::to_owned).to_vec();
    cluster.node_exec("worker-1", &ExecOptions { argv, ..ExecOptions::default() }).expect("it runs");
}

/// The reasons of the Events about Pods, in the order of their first time.
fn reasons(cluster: &Cluster) -> Vec<String> {
    let mut reasons = Vec::new();
    for change in cluster.store().changes_since(0).into_iter().flatten() {
        let Object::Event(event) = &change.object else { continue };
        if change.kind == ChangeKind::Added {
            reasons.push(event.reason.clone().unwrap_or_default());
        }
    }
    reasons
}

fn resize(cluster: &mut Cluster, memory: &str) {
    let cause = cluster.command_cause("kubectl patch");
    let patch = Patch::Strategic(json!({"spec": {"containers": [{"name": "app",
        "resources": {"requests": {"memory": memory}, "limits": {"memory": memory}}}]}}));
    cluster
        .patch(&Key::pod("default", "web"), &patch, Subresource::Resize, &Write::user(cause))
        .expect("accepted");
}

fn resizable() -> Value {
    let mut container = script("trap 'exit 0' TERM; while true; do sleep 1; done");
    container["resources"] = json!({"requests": {"memory": "64Mi"}, "limits": {"memory": "64Mi"}});
    container["resizePolicy"] = json!([{"resourceName": "memory", "restartPolicy": "RestartContainer"}]);
    pod(json!({"containers": [container]}))
}

#[test]
fn a_resize_that_restarts_its_container_says_when_it_begins_and_when_it_is_done() {
    let mut cluster = cluster_with(&resizable());
    cluster.advance(SimTime::from_secs(5));
    resize(&mut cluster, "128Mi");
    cluster.advance(SimTime::from_secs(10));
    let told = reasons(&cluster);
    let place = |reason: &str| told.iter().position(|one| one == reason).expect("an Event");
    assert!(
        place("ResizeStarted") < place("Killing") && place("Killing") < place("ResizeCompleted"),
        "{told:?}"
    );
    assert_eq!(rows(&cluster).last().map(String::as_str), Some("Running 1"));
}

#[test]
fn a_resize_that_waits_for_room_restarts_nothing() {
    let mut cluster = cluster_with(&resizable());
    let other = json!({"metadata": {"name": "big", "namespace": "default"}, "spec": {"containers": [{"name": "app",
        "image": "nginx:1.27", "resources": {"requests": {"memory": "20Gi"}}}]}});
    let write = Write::user(cluster.command_cause("kubectl apply"));
    cluster.create(Object::from_value(Kind::Pod, other).unwrap(), &write).unwrap();
    cluster.advance(SimTime::from_secs(5));
    resize(&mut cluster, "10Gi");
    cluster.advance(SimTime::from_secs(30));
    assert!(reasons(&cluster).contains(&"ResizeDeferred".to_owned()));
    assert_eq!(web(&cluster).status.container_statuses.as_ref().unwrap()[0].restart_count, 0);
}

#[test]
fn a_pod_for_another_system_is_turned_away_by_the_machine() {
    let mut cluster =
        cluster_with(&pod(json!({"os": {"name": "windows"}, "containers": [script("sleep 9")]})));
    cluster.advance(SimTime::from_secs(5));
    assert_eq!(web(&cluster).status.reason.as_deref(), Some("PodOSNotSupported"));
    assert_eq!(
        web(&cluster).status.message.as_deref(),
        Some("Pod was rejected: Failed to admit pod as the OS field doesn't match node OS")
    );
}

#[test]
fn a_machine_that_was_started_again_says_nothing_of_rules_that_restart_all() {
    let first = json!([{"name": "first", "image": "busybox:1.36", "command": ["true"]}]);
    let spec = json!({"initContainers": first, "containers": [script("sleep 3600")]});
    let mut cluster = cluster_with(&pod(spec));
    cluster.advance(SimTime::from_secs(5));
    ssh(&mut cluster, "reboot");
    cluster.advance(SimTime::from_secs(60));
    assert_eq!(rows(&cluster).last().map(String::as_str), Some("Running 1"));
    assert!(web(&cluster).status.conditions.iter().flatten().all(|c| c.type_ != "AllContainersRestarting"));
}

#[test]
fn files_are_measured_every_ten_seconds_and_volumes_every_minute() {
    let seconds_until_evicted = |place: &str| {
        let mut container = script(&format!("dd if=/dev/zero of={place} bs=1M count=20; sleep 3600"));
        container["resources"] = json!({"limits": {"ephemeral-storage": "5Mi"}});
        container["volumeMounts"] = json!([{"name": "cache", "mountPath": "/cache"}]);
        let spec = json!({"containers": [container], "volumes": [{"name": "cache", "emptyDir": {}}]});
        let mut cluster = cluster_with(&pod(spec));
        (1..200).find(|second| {
            cluster.advance(SimTime::from_secs(*second));
            web(&cluster).status.reason.as_deref() == Some("Evicted")
        })
    };
    let files = seconds_until_evicted("/big").expect("an eviction");
    assert!((10..=21).contains(&files), "{files}");
    let volumes = seconds_until_evicted("/cache/big").expect("an eviction");
    assert!((60..=110).contains(&volumes), "{volumes}");
}

/// A cluster with a static Pod that prints a line and goes on.
fn with_static_pod() -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: app\n    image: busybox:1.36\n    \
                    command: [sh, -c, echo up; sleep 3600]\n";
    cluster.write_node_file("worker-1", "/etc/kubernetes/manifests/web.yaml", manifest.as_bytes()).unwrap();
    cluster.advance(SimTime::from_secs(5));
    cluster
}

#[test]
fn the_log_of_a_static_pod_is_read_through_its_mirror() {
    let cluster = with_static_pod();
    let log = cluster.logs(&Key::pod("default", "web-worker-1"), "app", false).expect("a log");
    assert_eq!(log.len(), 1);
}

#[test]
fn a_mirror_made_anew_is_pending_until_the_next_look_at_the_containers() {
    let mut cluster = with_static_pod();
    let key = Key::pod("default", "web-worker-1");
    let phase = |cluster: &Cluster| cluster.store().get(&key).and_then(Object::as_pod)?.status.phase.clone();
    cluster.advance(SimTime(12_200));
    let write = Write::user(cluster.command_cause("kubectl delete pod web-worker-1"));
    cluster.delete(&key, &DeleteOptions::default(), &write).unwrap();
    cluster.advance(SimTime(12_500));
    assert_eq!(phase(&cluster).as_deref(), Some("Pending"));
    cluster.advance(SimTime(13_500));
    assert_eq!(phase(&cluster).as_deref(), Some("Running"));
}

#[test]
fn a_registry_on_the_machine_itself_refuses_the_connection() {
    let container = json!({"name": "app", "image": "localhost:5000/app:v1"});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(3));
    let state = web(&cluster).status.container_statuses.as_ref().unwrap()[0].state.clone().unwrap();
    let message = state.waiting.and_then(|waiting| waiting.message).unwrap_or_default();
    let end = "Head \"http://localhost:5000/v2/app/manifests/v1\": dial tcp 127.0.0.1:5000: connect: connection refused";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn a_sandbox_that_was_stopped_behind_the_kubelets_back_is_made_anew_with_all_that_ran_in_it() {
    let spec = json!({"initContainers": [{"name": "first", "image": "busybox:1.36", "command": ["true"]}],
        "containers": [script("sleep 3600")]});
    let mut cluster = cluster_with(&pod(spec));
    cluster.advance(SimTime::from_secs(5));
    let before = web(&cluster).status.pod_ip.clone();
    ssh(&mut cluster, "crictl stopp $(crictl pods -q --name web)");
    cluster.advance(SimTime::from_secs(15));
    assert!(reasons(&cluster).contains(&"SandboxChanged".to_owned()));
    let shown = rows(&cluster);
    assert_eq!(shown.last().map(String::as_str), Some("Running 1"), "{shown:?}");
    assert_ne!(web(&cluster).status.pod_ip, before);
    let first = &web(&cluster).status.init_container_statuses.as_ref().unwrap()[0];
    assert_eq!(first.restart_count, 1);
}

#[test]
fn an_evicted_pod_is_killed_in_the_moment_it_is_told() {
    let mut container = script("dd if=/dev/zero of=/big bs=1M count=20; sleep 3600");
    container["resources"] = json!({"limits": {"ephemeral-storage": "5Mi"}});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(30));
    let at = |reason: &str| {
        let changes = cluster.store().changes_since(0).into_iter().flatten();
        let of = |change: &&crate::sim::Change| matches!(&change.object, Object::Event(event) if event.reason.as_deref() == Some(reason));
        changes.into_iter().find(of).map(|change| change.at).expect("an Event")
    };
    assert!(at("Killing").since(at("Evicted")) < 50);
}

#[test]
fn a_probe_that_names_another_host_asks_there() {
    let ready = |host: &str| {
        let mut container = json!({"name": "app", "image": "nginx:1.27"});
        container["readinessProbe"] = json!({"httpGet": {"port": 80, "host": host}, "periodSeconds": 2});
        let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
        cluster.advance(SimTime::from_secs(10));
        web(&cluster).status.container_statuses.as_ref().unwrap()[0].ready
    };
    assert_eq!(["10.244.0.2", "10.1.2.3", "127.0.0.1"].map(ready), [true, false, false]);
}

#[test]
fn a_failed_post_start_hook_is_followed_by_the_word_of_the_kill_even_if_nothing_is_left_to_kill() {
    let mut container = script("exit 2");
    container["lifecycle"] = json!({"postStart": {"exec": {"command": ["sleep", "3"]}}});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(3));
    let told = reasons(&cluster);
    let hook = told.iter().position(|reason| reason == "FailedPostStartHook").expect("an Event");
    assert_eq!(told.get(hook + 1).map(String::as_str), Some("Killing"), "{told:?}");
}

/// An nginx that listens to port 80 and, with TLS, to 443.
fn with_tls(probed: u16) -> Value {
    let answer = "location / { return 200 ok; }";
    let config = format!("server {{ listen 80; {answer} }} server {{ listen 443 ssl; {answer} }}");
    let script = format!("echo '{config}' > /etc/nginx/conf.d/default.conf; exec nginx -g 'daemon off;'");
    json!({"name": "app", "image": "nginx:1.27", "command": ["sh", "-c", script],
        "readinessProbe": {"httpGet": {"port": probed, "scheme": "HTTPS"}, "periodSeconds": 2}})
}

#[test]
fn a_probe_over_tls_of_a_server_that_does_not_speak_it_fails_in_the_words_of_go() {
    let mut cluster = cluster_with(&pod(json!({"containers": [with_tls(80)]})));
    cluster.advance(SimTime::from_secs(10));
    let status = &web(&cluster).status.container_statuses.as_ref().unwrap()[0];
    assert!(!status.ready && status.state.as_ref().unwrap().running.is_some());
    let told = format!("{:?}", cluster.store().list(Kind::Event, None).collect::<Vec<_>>());
    assert!(told.contains(":80/\\\": http: server gave HTTP response to HTTPS client"), "{told}");
    let mut other = cluster_with(&pod(json!({"containers": [with_tls(443)]})));
    other.advance(SimTime::from_secs(10));
    assert!(web(&other).status.container_statuses.as_ref().unwrap()[0].ready);
}

#[test]
fn a_hook_over_tls_asks_again_without_and_says_so() {
    let mut container = json!({"name": "app", "image": "nginx:1.27"});
    container["lifecycle"] = json!({"preStop": {"httpGet": {"port": 80, "scheme": "HTTPS"}}});
    let mut cluster = cluster_with(&pod(json!({"containers": [container]})));
    cluster.advance(SimTime::from_secs(3));
    let write = Write::user(cluster.command_cause("kubectl delete pod web"));
    cluster.delete(&Key::pod("default", "web"), &DeleteOptions::default(), &write).unwrap();
    cluster.advance(SimTime::from_secs(10));
    let told = reasons(&cluster);
    assert!(told.contains(&"LifecycleHTTPFallback".to_owned()), "{told:?}");
    assert!(!told.contains(&"FailedPreStopHook".to_owned()), "{told:?}");
}
