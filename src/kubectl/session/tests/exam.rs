//! What an exam asks for: policies between Pods, names of other names, claims in use, the history of a rollout.

use super::*;

/// A web server behind a Service, and a Pod to ask from.
fn with_server() -> Desk {
    let mut desk = Desk::with_pod();
    desk.run("kubectl label pod web app=web; kubectl expose pod web --port=80");
    desk.run("kubectl run ask --image=busybox:1.36 --labels=role=ask -- sleep 9999");
    desk.run("kubectl wait --for=condition=Ready pod/ask");
    desk
}

const ASK: &str =
    "kubectl exec ask -- wget -qO- -T2 http://web 2>/dev/null | grep -c 'Welcome to nginx!</title>'";

fn policy(desk: &mut Desk, spec: &str) {
    desk.session.write_file(
        "policy.yaml",
        &format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {spec}\n"
        ),
    );
    assert_eq!(desk.run("kubectl apply -f policy.yaml").1, 0, "{spec}");
}

#[test]
fn a_pod_that_a_policy_selects_takes_only_what_some_rule_lets_in() {
    let mut desk = with_server();
    desk.says(ASK, "1\n");
    let (selects, server) = ("podSelector: {matchLabels: {app: web}}", "policyTypes: [Ingress]");
    for (rules, open) in [
        ("[]", false),
        ("[{}]", true),
        ("[{from: [{podSelector: {matchLabels: {role: ask}}}]}]", true),
        ("[{from: [{podSelector: {matchLabels: {role: other}}}]}]", false),
        ("[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}]}]", true),
        ("[{from: [{namespaceSelector: {matchLabels: {team: none}}, podSelector: {}}]}]", false),
        ("[{from: [{ipBlock: {cidr: 10.244.0.0/16}}]}]", true),
        ("[{from: [{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.0.0/24]}}]}]", false),
        ("[{ports: [{port: 80}]}]", true),
        ("[{ports: [{port: 8080}]}]", false),
        ("[{ports: [{port: 8080}]}, {ports: [{port: 70, endPort: 90}]}]", true),
    ] {
        policy(&mut desk, &format!("{{{selects}, {server}, ingress: {rules}}}"));
        let before = desk.cluster.now();
        desk.says(ASK, if open { "1\n" } else { "0\n" });
        let took = desk.cluster.now().since(before);
        assert_eq!(took >= 2000, !open, "{rules}: {took} ms");
    }
}

#[test]
fn without_a_way_out_not_even_the_name_is_found() {
    let mut desk = with_server();
    let selects = "podSelector: {matchLabels: {role: ask}}, policyTypes: [Egress]";
    let to_web = "{to: [{podSelector: {matchLabels: {app: web}}}]}";
    policy(&mut desk, &format!("{{{selects}, egress: [{to_web}]}}"));
    desk.says(ASK, "0\n");
    let ip = desk.run("kubectl get svc web -o jsonpath='{.spec.clusterIP}'").0;
    desk.says(&ASK.replace("http://web", &format!("http://{ip}")), "1\n");
    policy(
        &mut desk,
        &format!("{{{selects}, egress: [{to_web}, {{ports: [{{port: 53, protocol: UDP}}]}}]}}"),
    );
    desk.says(ASK, "1\n");
}

#[test]
fn an_external_name_leads_to_the_service_it_names() {
    let mut desk = with_server();
    desk.run("kubectl create service externalname front --external-name web.default.svc.cluster.local");
    desk.says(&ASK.replace("//web", "//front"), "1\n");
    assert!(desk.run("kubectl exec ask -- nslookup front").0.contains("web.default.svc.cluster.local"));
    desk.run("kubectl create service externalname far --external-name web.default");
    desk.says(&ASK.replace("//web", "//far"), "0\n");
    desk.run("kubectl create service externalname loop --external-name loop.default.svc.cluster.local");
    desk.says(&ASK.replace("//web", "//loop"), "0\n");
}

#[test]
fn a_claim_in_use_waits_for_its_pod_and_a_bound_volume_for_its_claim() {
    let mut desk = Desk::new();
    desk.session.write_file(
        "claim.yaml",
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: disk}\nspec:\n  accessModes: [ReadWriteOnce]\n  capacity: {storage: \
         1Gi}\n  hostPath: {path: /data}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: mine}\nspec:\n  accessModes: \
         [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: user}\nspec:\n  \
         terminationGracePeriodSeconds: 1\n  containers:\n  - {name: app, image: busybox, command: [sleep, '9999'], volumeMounts: [{name: v, \
         mountPath: /v}]}\n  volumes:\n  - {name: v, persistentVolumeClaim: {claimName: mine}}\n",
    );
    desk.run("kubectl apply -f claim.yaml; kubectl wait --for=condition=Ready pod/user");
    let notes = desk.run("kubectl describe pvc mine; kubectl describe pv disk").0;
    for note in [
        "pv.kubernetes.io/bind-completed: yes",
        "pv.kubernetes.io/bound-by-controller: yes",
        "[kubernetes.io/pvc-protection]",
        "[kubernetes.io/pv-protection]",
    ] {
        assert!(notes.contains(note), "{note}: {notes}");
    }
    desk.run("kubectl delete pv disk --wait=false; kubectl delete pvc mine --wait=false; sleep 60");
    desk.says("kubectl get pvc mine --no-headers | awk '{print $2}'", "Terminating\n");
    desk.says("kubectl get pv disk --no-headers | awk '{print $5}'", "Terminating\n");
    desk.run("kubectl delete pod user; sleep 1");
    desk.says("kubectl get pvc,pv", "No resources found\n");
}

#[test]
fn the_service_of_the_api_server_comes_back() {
    let mut desk = Desk::new();
    let behind = "kubectl get ep kubernetes -o jsonpath='{.subsets[0].addresses[0].ip}' 2>/dev/null";
    desk.says(behind, "10.10.0.1");
    desk.says(
        "kubectl describe svc kubernetes | grep Endpoints",
        "Endpoints:                10.10.0.1:6443\n",
    );
    desk.run("kubectl delete svc kubernetes");
    assert_eq!(desk.run("kubectl get svc kubernetes").1, 1);
    desk.run("sleep 10");
    desk.says("kubectl get svc kubernetes -o jsonpath='{.spec.clusterIP}'", "10.96.0.1");
    desk.says(behind, "10.10.0.1");
}

#[test]
fn a_cause_of_change_written_afterwards_stands_in_the_history() {
    let mut desk = Desk::new();
    desk.run("kubectl create deploy d --image=nginx:1.27; sleep 5");
    desk.run("kubectl annotate deploy d kubernetes.io/change-cause=first; sleep 5");
    desk.run("kubectl set image deploy d nginx=nginx:1.28; sleep 5");
    desk.run("kubectl annotate deploy d --overwrite kubernetes.io/change-cause=second; sleep 5");
    desk.says(
        "kubectl rollout history deploy d | awk '{print $1, $2}' | tail -n +3 | head -2",
        "1 first\n2 second\n",
    );
}

#[test]
fn the_learners_shell_expands_braces_and_a_busybox_one_does_not() {
    let mut desk = Desk::with_pod();
    desk.run(
        "kubectl run ask --image=busybox:1.36 -- sleep 9999; kubectl wait --for=condition=Ready pod/ask",
    );
    desk.says("echo {a,b}{1..2} \"{a,b}\"", "a1 a2 b1 b2 {a,b}\n");
    desk.says("kubectl exec ask -- sh -c 'echo {a,b}'", "{a,b}\n");
}

#[test]
fn events_without_a_last_time_come_first() {
    let mut desk = Desk::with_pod();
    let first = "kubectl get events --sort-by=.lastTimestamp -o jsonpath='{.items[0].reason}'";
    let table = "kubectl get events --sort-by=.lastTimestamp --no-headers | awk '{print $3}' | head -1";
    desk.says(table, "Scheduled\n");
    desk.says(first, "Scheduled");
}

#[test]
fn a_default_class_says_so_after_its_kind_too() {
    let mut desk = Desk::new();
    desk.session.write_file(
        "class.yaml",
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: quick\n  annotations: {storageclass.kubernetes.io/is-default-class: \
         'true'}\nprovisioner: example.com/quick\nparameters: {a: b}\n",
    );
    desk.run("kubectl create -f class.yaml");
    desk.says(
        "kubectl get svc,sc --no-headers | awk '/class/ {print $1, $2}'",
        "storageclass.storage.k8s.io/quick (default)\n",
    );
    let described = desk.run("kubectl describe sc quick").0;
    for line in
        ["IsDefaultClass:        Yes\n", "Parameters:            a=b\n", "AllowVolumeExpansion:  <unset>\n"]
    {
        assert!(described.contains(line), "{described}");
    }
}

#[test]
fn a_node_is_looked_at_as_root_and_lists_its_units() {
    let mut desk = Desk::new();
    desk.says("ssh worker-1 sudo -i id -un", "root\n");
    desk.says("ssh worker-1 systemctl is-active kubelet", "active\n");
    let units = "ssh worker-1 systemctl list-units | awk '/running/ {print $1}'";
    desk.says(units, "containerd.service\nkubelet.service\n");
    desk.says("ssh worker-1 systemctl cat kubelet | grep -c ExecStart=", "3\n");
    desk.run("ssh worker-1 systemctl stop kubelet");
    desk.says(units, "containerd.service\n");
    desk.says("ssh worker-1 uname -r", "6.18.44\n");
}

#[test]
fn cat_shows_what_does_not_print() {
    let mut desk = Desk::new();
    desk.says("printf 'a\\tb\\r\\n' | cat -A", "a^Ib^M$\n");
    desk.says("printf 'a\\tb\\r\\n' | cat -e", "a\tb^M$\n");
    desk.says("printf 'a\\tb' | cat -t", "a^Ib");
    desk.says("printf 'a\\tb\\n' | cat -nv", "     1  a\tb\n");
}
