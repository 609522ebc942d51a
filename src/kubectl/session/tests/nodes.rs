//! What a learner sees of nodes and their faults.

use super::*;

fn with_manifest(text: &str) -> Desk {
    let mut desk = Desk::new();
    desk.session.write_file("m.yaml", text);
    assert_eq!(desk.run("kubectl apply -f m.yaml").1, 0);
    desk.until(SimTime::from_secs(25));
    desk
}

fn pod(name: &str, spec: &str, script: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n  containers:\n  - {{name: c, image: busybox, command: [sh, -c, \
         \"{script}\"]}}\n---\n"
    )
}

const CRASH: &str = "kubectl get pod crash -o jsonpath='{.status.containerStatuses[0].restartCount}'";

#[test]
fn a_clock_set_forward_dates_what_the_node_writes_and_leaves_it_ready() {
    let mut desk = with_manifest(&pod("late", "activeDeadlineSeconds: 600", "sleep 999"));
    desk.says("fault clock-jump worker-1 9m", "");
    desk.says("ssh worker-1 date +%T", "09:09:25\n");
    desk.says("kubectl exec late -- date +%T", "09:09:25\n");
    desk.until(SimTime::from_secs(58));
    desk.says("kubectl get pod late --no-headers | awk '{print $3, $4, $5}'", "Running 0 58s\n");
    // Ten minutes after 09:00 by the node's clock is a minute after the start.
    desk.until(SimTime::from_secs(98));
    desk.says("kubectl get pod late -o jsonpath='{.status.reason}'", "DeadlineExceeded");
    desk.says("kubectl get node worker-1 --no-headers | awk '{print $2}'", "Ready\n");
    desk.says(
        "kubectl get events --field-selector reason=DeadlineExceeded --no-headers | awk '{print $1}'",
        "<invalid>\n",
    );
    assert!(desk.run("kubectl describe node worker-1 | grep RenewTime").0.contains("09:09:25"));
}

#[test]
fn a_clock_set_back_keeps_a_container_waiting_until_it_shows_the_time_of_the_crash_again() {
    let mut desk = with_manifest(&pod("crash", "restartPolicy: Always", "sleep 1; exit 1"));
    desk.until(SimTime::from_secs(45));
    let before = desk.run(CRASH).0;
    desk.says("fault clock-jump worker-1 -20m", "");
    desk.until(SimTime::from_secs(900));
    assert_eq!(desk.run(CRASH).0, before, "nothing starts again while the crash lies in the future");
    desk.until(SimTime::from_secs(1500));
    assert_ne!(desk.run(CRASH).0, before);
}

#[test]
fn a_log_keeps_the_time_that_the_clock_showed_when_it_was_written() {
    let mut desk =
        with_manifest(&pod("web", "restartPolicy: Always", "date +%T; sleep 40; date +%T; sleep 999"));
    desk.says("fault clock-jump worker-1 -1h", "");
    desk.until(SimTime::from_secs(60));
    desk.says("kubectl logs web --timestamps | cut -c12-19,31-39", "09:00:00 09:00:00\n08:00:40 08:00:40\n");
}

#[test]
fn the_journal_says_nothing_of_pods_while_no_kubelet_runs() {
    let mut desk = with_manifest(&pod("web", "restartPolicy: Always", "sleep 999"));
    desk.says("ssh worker-1 systemctl stop kubelet", "");
    desk.says(
        "kubectl run other --image=nginx; kubectl delete pod web --wait=false",
        "pod/other created\npod \"web\" deleted from default namespace\n",
    );
    desk.until(SimTime::from_secs(35));
    let loop_lines = "ssh worker-1 journalctl -u kubelet | grep -o 'SyncLoop [A-Z].*'";
    desk.says(loop_lines, "SyncLoop ADD\" source=\"api\" pods=[\"default/web\"]\n");
    desk.says("ssh worker-1 systemctl start kubelet", "");
    let after = desk.run(loop_lines).0;
    assert!(
        after.ends_with("SyncLoop ADD\" source=\"api\" pods=[\"default/other\",\"default/web\"]\n"),
        "{after}"
    );
}

#[test]
fn an_extended_resource_written_into_a_nodes_capacity_can_be_had_once_the_kubelet_has_seen_it() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: dongle}\nspec:\n  containers:\n  - name: c\n    image: nginx\n    resources: \
               {limits: {example.com/dongle: 3}}\n";
    let mut desk = with_manifest(pod);
    desk.says("kubectl get pod dongle -o jsonpath='{.status.phase}'", "Pending");
    let patch = r#"[{"op":"add","path":"/status/capacity/example.com~1dongle","value":"4"}]"#;
    desk.says(
        &format!("kubectl patch node worker-1 --subresource=status --type=json -p '{patch}'"),
        "node/worker-1 patched\n",
    );
    desk.until(SimTime::from_secs(40));
    desk.says("kubectl get pod dongle -o jsonpath='{.status.phase}'", "Running");
    desk.says("kubectl get node worker-1 -o jsonpath='{.status.allocatable.example\\.com/dongle}'", "4");
}

#[test]
fn a_schedule_whose_time_span_is_none_is_refused_in_gos_words() {
    let mut desk = Desk::new();
    let (text, code) = desk.run("kubectl create cronjob x --image=busybox --schedule='@every 5x' -- date");
    assert_eq!(code, 1);
    let wanted = "failed to parse duration @every 5x: time: unknown unit \"x\" in duration \"5x\"";
    assert!(text.contains(wanted), "{text}");
    assert_eq!(desk.run("kubectl create cronjob y --image=busybox --schedule='@every 90s' -- date").1, 0);
}

#[test]
fn a_drain_tells_each_pod_its_first_problem_only() {
    let volume = "volumes: [{name: e, emptyDir: {}}]";
    let mut desk =
        with_manifest(&(pod("both", volume, "sleep 999") + &pod("bare", "priority: 0", "sleep 999")));
    let told = desk.run("kubectl drain worker-1 2>&1").0;
    assert!(
        told.contains(
            "cannot delete Pods with local storage (use --delete-emptydir-data to override): default/both\n"
        ),
        "{told}"
    );
    assert!(
        told.contains(
            "cannot delete Pods that declare no controller (use --force to override): default/bare\n"
        ),
        "{told}"
    );
    let told = desk.run("kubectl drain worker-1 --delete-emptydir-data 2>&1").0;
    assert!(
        told.contains("declare no controller (use --force to override): default/bare, default/both\n"),
        "{told}"
    );
}

#[test]
fn the_journal_tells_of_a_manifest_that_is_no_static_pod_until_it_is_mended() {
    let mut desk = Desk::new();
    desk.session.write_file("b.yaml", "kind: Pod\nspec: [\n");
    desk.session.write_file("c.yaml", &pod("c", "serviceAccountName: x", "sleep 999"));
    for file in ["b.yaml", "c.yaml"] {
        desk.says(&format!("scp -q {file} worker-1:/etc/kubernetes/manifests/"), "");
    }
    desk.until(SimTime::from_secs(45));
    let (told, _) = desk.run("ssh worker-1 journalctl -u kubelet | grep -c 'file.go:187.*b.yaml: couldn.t parse as pod(yaml: line '");
    assert_eq!(told, "2\n", "{}", desk.run("ssh worker-1 journalctl -u kubelet").0);
    let (told, _) =
        desk.run("ssh worker-1 journalctl -u kubelet | grep file_linux.go | grep -o 'c.yaml: couldn.t.*)'");
    assert_eq!(told, "c.yaml: couldn't parse as pod(static pods may not reference serviceaccounts)\n");
    desk.session.write_file("b.yaml", &pod("b", "restartPolicy: Always", "sleep 999"));
    desk.run("scp b.yaml worker-1:/etc/kubernetes/manifests/");
    desk.until(SimTime::from_secs(125));
    let (told, _) = desk.run("ssh worker-1 journalctl -u kubelet | grep -c 'file.go:187.*b.yaml'");
    assert_eq!(told, "2\n");
    desk.says("kubectl get pod b-worker-1 --no-headers | awk '{print $3}'", "Running\n");
}

#[test]
fn a_node_out_of_service_gives_up_the_pods_that_should_have_ended_on_it() {
    let mut desk = with_manifest(&pod("held", "tolerations: []", "sleep 999"));
    desk.run("ssh worker-1 systemctl stop kubelet");
    desk.until(SimTime::from_secs(100));
    desk.run("kubectl delete pod held --wait=false");
    desk.run("kubectl taint node worker-1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute");
    desk.says("kubectl get pod held --no-headers | awk '{print $3}'", "Terminating\n");
    desk.until(SimTime::from_secs(121));
    desk.says("kubectl get pods", "No resources found in default namespace.\n");
}
