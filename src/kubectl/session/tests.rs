mod jobs;
mod editors;
mod exam;
mod habits;
mod network;
mod nodes;
mod setup;

use super::*;
use crate::sim::cluster::{ClusterConfig, NodeSpec};

/// Two hours of simulated time: longer than any command here waits.
const PATIENCE: u64 = 7_200_000;

struct Desk {
    cluster: Cluster,
    session: Session,
}

impl Desk {
    fn new() -> Desk {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: \"nginx:1.27\"}\n";
        let files = BTreeMap::from([("pod.yaml".to_owned(), pod.as_bytes().to_vec())]);
        let nodes = vec![NodeSpec::named("worker-1")];
        let cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
        Desk { cluster, session: Session::new(files) }
    }

    /// A desk with a Pod that runs.
    fn with_pod() -> Desk {
        let mut desk = Desk::new();
        desk.run("kubectl apply -f pod.yaml; kubectl wait --for=condition=Ready pod/web");
        desk
    }

    fn until(&mut self, at: SimTime) {
        while let Some(next) = [self.cluster.next_at(), self.session.next_wake()]
            .into_iter()
            .flatten()
            .min()
            .filter(|next| *next <= at)
        {
            self.cluster.advance(next);
            self.session.poll(&mut self.cluster);
        }
        self.cluster.advance(at);
        self.session.poll(&mut self.cluster);
    }

    /// Types a line and waits for its end: what it printed, and its exit code.
    fn run(&mut self, line: &str) -> (String, i32) {
        let job = self.session.type_line(&mut self.cluster, line);
        let limit = self.cluster.now().plus(PATIENCE);
        while self.session.finished(job).is_none() && self.cluster.now() < limit {
            let next = [self.cluster.next_at(), self.session.next_wake()].into_iter().flatten().min();
            self.until(next.unwrap_or(limit).min(limit));
        }
        let code = self.session.finished(job).unwrap_or(-1);
        let written = self.session.drain(job);
        (String::from_utf8_lossy(&[written.stdout, written.stderr].concat()).into_owned(), code)
    }

    fn says(&mut self, line: &str, expected: &str) {
        assert_eq!(self.run(line).0, expected, "{line}");
    }

    fn complete(&self, before: &str) -> Vec<String> {
        self.session.complete(&self.cluster, before).1
    }
}

#[test]
fn the_shell_at_the_prompt_remembers() {
    let mut desk = Desk::new();
    desk.run("x=5; cd /tmp; f() { echo \"f $1\"; }");
    desk.says("pwd; echo $x; f a", "/tmp\n5\nf a\n");
    desk.says("for i in 1 2; do", "");
    assert_eq!(desk.session.prompt(), "> ");
    desk.says("echo $i; done", "1\n2\n");
    assert_eq!(desk.run("false").1, 1);
    assert_eq!(desk.run("exit 7").1, 7);
    assert_eq!(desk.session.left(), Some(7));
    desk.says("echo \"[$x]\"", "[]\n");
}

#[test]
fn an_interrupt_gives_the_prompt_back() {
    for line in [
        "sleep 1000",
        "kubectl get pods -w",
        "cat",
        "kubectl exec -it web -- sh",
        "trap '' INT; sleep 500; sleep 500",
    ] {
        let mut desk = Desk::with_pod();
        let job = desk.session.type_line(&mut desk.cluster, line);
        let now = desk.cluster.now();
        desk.until(now.plus(2000));
        assert_eq!(desk.session.finished(job), None, "{line}");
        for _ in 0..3 {
            desk.session.interrupt(job);
            desk.until(desk.cluster.now());
        }
        assert_eq!(desk.session.finished(job), Some(130), "{line}");
    }
}

#[test]
fn typed_lines_go_to_the_command_that_reads_and_an_end_is_only_for_it() {
    let mut desk = Desk::with_pod();
    let job = desk.session.type_line(&mut desk.cluster, "kubectl exec -i web -- cat");
    desk.session.write_input(job, b"hello\n");
    desk.session.end_input(job);
    desk.until(desk.cluster.now().plus(1000));
    assert_eq!(desk.session.finished(job), Some(0));
    assert_eq!(desk.session.drain(job).stdout, b"hello\n");
    let job = desk.session.type_line(&mut desk.cluster, "read x; echo \"x=$x\"");
    desk.session.write_input(job, b"again\n");
    desk.until(desk.cluster.now());
    assert_eq!(desk.session.drain(job).stdout, b"x=again\n");
}

#[test]
fn a_line_typed_while_a_command_runs_is_the_next_command_unless_that_one_reads_it() {
    let mut desk = Desk::with_pod();
    let job = desk.session.type_line(&mut desk.cluster, "sleep 2");
    desk.session.write_input(job, b"for x in 1 2; do\necho $x\ndone\n");
    desk.until(desk.cluster.now().plus(1000));
    assert_eq!(desk.session.finished(job), None);
    desk.until(desk.cluster.now().plus(2000));
    assert_eq!(desk.session.finished(job), Some(0));
    let shown = String::from_utf8(desk.session.drain_terminal(job)).unwrap();
    assert_eq!(shown, "$ for x in 1 2; do\n> echo $x\n> done\n1\n2\n");
    assert!(desk.session.history().contains(&"done".to_owned()));
    let job = desk.session.type_line(&mut desk.cluster, "head -n 1");
    desk.session.write_input(job, b"for head\n");
    desk.until(desk.cluster.now().plus(1000));
    assert_eq!(desk.session.drain(job).stdout, b"for head\n");
}

#[test]
fn an_interrupt_throws_away_what_was_typed_ahead() {
    let mut desk = Desk::with_pod();
    let job = desk.session.type_line(&mut desk.cluster, "sleep 100");
    desk.session.write_input(job, b"echo late\n");
    desk.session.interrupt(job);
    desk.until(desk.cluster.now().plus(1000));
    assert_eq!(desk.session.finished(job), Some(130));
    desk.session.drain(job);
    let after = desk.session.type_line(&mut desk.cluster, "true");
    desk.until(desk.cluster.now().plus(1000));
    assert_eq!(desk.session.drain(after).stdout, b"");
}

#[test]
fn a_step_reads_nothing() {
    let mut desk = Desk::with_pod();
    for line in ["cat", "kubectl exec -i web -- cat", "ssh worker-1"] {
        let job = desk.session.start(&mut desk.cluster, line);
        desk.until(desk.cluster.now().plus(1000));
        assert_eq!(desk.session.finished(job), Some(0), "{line}");
    }
}

#[test]
fn a_kubectl_in_a_loop_leaves_the_input_of_the_loop_alone() {
    let mut desk = Desk::with_pod();
    desk.says(
        "printf 'web\\nweb\\n' | while read name; do kubectl get pod $name -o name; done",
        "pod/web\npod/web\n",
    );
}

#[test]
fn a_forwarded_port_reaches_the_pod() {
    let mut desk = Desk::with_pod();
    desk.until(desk.cluster.now().plus(2000));
    desk.run("kubectl port-forward pod/web 18080:80 &");
    let (text, code) = desk.run("wget -qO- http://127.0.0.1:18080/ | grep title");
    assert!(text.contains("<title>Welcome to nginx!</title>"), "{text}");
    assert_eq!(code, 0);
    assert_ne!(desk.run("wget -qO- http://127.0.0.1:18081/").1, 0);
}

#[test]
fn files_go_into_a_container_and_out_of_it() {
    let mut desk = Desk::with_pod();
    desk.says(
        "echo hello > a.txt; kubectl cp a.txt web:/tmp/; kubectl exec web -- cat /tmp/a.txt",
        "hello\n",
    );
    desk.says("kubectl cp web:/tmp/a.txt /tmp/b.txt >/dev/null; cat /tmp/b.txt", "hello\n");
    desk.says("kubectl cp nofile web:/tmp/", "error: nofile doesn't exist in local filesystem\n");
}

#[test]
fn tab_offers_what_is_there() {
    let desk = Desk::with_pod();
    assert_eq!(desk.complete("kubectl desc"), ["describe"]);
    assert_eq!(desk.complete("kubectl get pod w"), ["web"]);
    assert_eq!(desk.complete("kubectl get po/"), ["po/web"]);
    assert_eq!(desk.complete("kubectl logs web -c "), ["app"]);
    assert!(desk.complete("kubectl -n ").contains(&"kube-system".to_owned()));
    assert_eq!(desk.complete("kubectl apply -f p"), ["pod.yaml"]);
    assert_eq!(desk.complete("kubectl get pods -o js"), ["json", "jsonpath="]);
    assert_eq!(desk.complete("cat < po"), ["pod.yaml"]);
    assert_eq!(
        desk.session.complete(&desk.cluster, "ls; kubectl get pods --output=wi"),
        (30, vec!["wide".to_owned()])
    );
    assert_eq!(desk.complete("kubec"), ["kubectl"]);
}

#[test]
fn a_guest_joins_a_pod_and_a_copy_of_it_is_made() {
    let mut desk = Desk::with_pod();
    desk.says("kubectl debug web --image=busybox:1.36 -c look -- sh -c 'hostname; sleep 1d'", "");
    desk.says("sleep 3; kubectl logs web -c look", "web\n");
    let (text, code) = desk.run("echo 'echo $((6*7))' | kubectl debug web -i --image=busybox:1.36 -q -- sh");
    assert_eq!((text.as_str(), code), ("42\n", 0));
    let (text, _) = desk.run("kubectl debug web --image=busybox:1.36 --target=nosuch");
    assert!(
        text.contains("spec.ephemeralContainers[2].targetContainerName: Not found: \"nosuch\""),
        "{text}"
    );
    desk.says("kubectl debug web --copy-to=web2 -c app -- sleep 1d; kubectl get pod web2 -o jsonpath='{.spec.containers[0].command}'", "[\"sleep\",\"1d\"]");
    desk.says("kubectl debug web", "error: you must specify --image when not using --copy-to.\n");
    let (text, _) = desk.run("kubectl debug node/worker-1 --image=busybox:1.36 -- ls /host/etc/kubernetes");
    assert!(text.starts_with("Creating debugging pod node-debugger-worker-1-"), "{text}");
    desk.says("sleep 5; kubectl logs -l app.kubernetes.io/managed-by=kubectl-debug", "manifests\n");
}

#[test]
fn the_programs_of_a_node_see_what_runs_there() {
    let mut desk = Desk::with_pod();
    let (ids, _) = desk.run("ssh worker-1 crictl ps -q --name app");
    assert_eq!(ids.trim().len(), 64, "{ids}");
    desk.says("ssh worker-1 'crictl exec $(crictl ps -q --name app) hostname'", "web\n");
    let (log, _) = desk.run("ssh worker-1 'journalctl -u kubelet --no-pager -n 2'");
    assert!(log.contains("\"SyncLoop (PLEG): event for pod\" pod=\"default/web\""), "{log}");
    desk.says(
        "ssh worker-1 'systemctl stop kubelet; systemctl is-active kubelet; systemctl start kubelet'",
        "inactive\n",
    );
    desk.says("echo hi > a; scp a worker-1:/tmp/; scp worker-1:/tmp/a b; cat b", "hi\n");
    let (text, code) = desk.run("ssh worker-1 crictl logs nosuch");
    assert!(text.contains("code = NotFound") && code == 1, "{text}");
    // Ctrl-C ends what is followed on the node, not the shell there.
    let job = desk.session.type_line(&mut desk.cluster, "timeout 5 ssh worker-1 journalctl -fu kubelet");
    desk.until(desk.cluster.now().plus(7000));
    assert!(desk.session.finished(job).is_some());
}

#[test]
fn roles_and_bindings_decide_who_may_what() {
    let mut desk = Desk::with_pod();
    let robot = "--as=system:serviceaccount:default:robot";
    desk.says(&format!("kubectl auth can-i list pods {robot}"), "no\n");
    desk.run("kubectl create role r --verb=get,list --resource=pods; kubectl create rolebinding rb --role=r --serviceaccount=default:robot");
    desk.says(&format!("kubectl auth can-i list pods {robot}"), "yes\n");
    desk.says(&format!("kubectl auth can-i delete pods {robot}"), "no\n");
    desk.says(&format!("kubectl auth can-i list pods {robot} -n kube-system"), "no\n");
    desk.says(&format!("kubectl get pods -o name {robot}"), "pod/web\n");
    desk.says(
        &format!("kubectl delete pod web {robot}"),
        "Error from server (Forbidden): pods \"web\" is forbidden: User \"system:serviceaccount:default:robot\" cannot delete resource \
         \"pods\" in API group \"\" in the namespace \"default\"\n",
    );
    let (text, _) = desk.run(&format!("kubectl auth can-i --list {robot}"));
    assert!(text.contains("pods                                            []                  []               [get list]\n"), "{text}");
    desk.says("kubectl auth can-i '*' '*'", "yes\n");
}

#[test]
fn a_stateful_set_goes_back_to_a_revision() {
    let mut desk = Desk::new();
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  replicas: 1\n  selector: {matchLabels: \
               {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers:\n      - {name: app, image: \"nginx:1.27\"}\n";
    desk.session.write_file("db.yaml", set);
    desk.run("kubectl create -f db.yaml; kubectl rollout status sts/db");
    desk.run("kubectl set image sts/db app=nginx:1.29; kubectl rollout status sts/db");
    desk.says(
        "kubectl rollout history sts/db",
        "statefulset.apps/db \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n",
    );
    desk.says("kubectl rollout undo sts/db", "statefulset.apps/db rolled back\n");
    desk.says("kubectl get sts db -o jsonpath='{.spec.template.spec.containers[0].image}'", "nginx:1.27");
}

/// Command lines that mutations start from.
const CORPUS: &[&str] = &[
    "kubectl get pods -o wide -A --sort-by=.metadata.name",
    "kubectl get pod web -o jsonpath='{.status.containerStatuses[?(@.name==\"app\")].state}'",
    "kubectl get pods -o custom-columns=A:.metadata.name,B:.spec.containers[*].image",
    "kubectl get pods -o go-template='{{range .items}}{{.metadata.name}}{{end}}'",
    "kubectl debug web -it --image=busybox:1.36 --target=app -- sh -c 'ps; ls /proc/1/root'",
    "kubectl debug node/worker-1 --image=busybox -- ls /host",
    "kubectl run tmp --rm -i --image=busybox:1.36 --restart=Never -- wget -qO- web",
    "kubectl exec -i web -- sh -c 'echo hi | tr a-z A-Z' && echo $?",
    "kubectl patch pod web -p '{\"metadata\":{\"labels\":{\"a\":\"b\"}}}' --type=merge",
    "kubectl create deploy d --image=nginx --replicas=3 --dry-run=client -o yaml | kubectl apply -f -",
    "cat <<EOF | kubectl apply -f -\napiVersion: v1\nkind: Pod\nEOF",
    "for i in 1 2 3; do kubectl get pod web$i; done 2>&1 | sort | uniq -c | head -2",
    "ssh worker-1 'crictl ps -a; journalctl -u kubelet -n 3 --since \"5m ago\"; systemctl status kubelet | head'",
    "kubectl auth can-i --list --as=system:serviceaccount:default:x; kubectl rollout history deploy/d --revision=2",
    "yes | head -3; seq 100000 | tail -1; x=$(kubectl get ns -o name); echo \"${x%%/*}\" > f; cat f",
];

/// A line with a part cut out, doubled, or with something odd put into it.
fn mutated(line: &str, at: usize, length: usize, odd: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let (from, to) = (at % chars.len(), (at % chars.len() + length % 12).min(chars.len()));
    let text = |part: &[char]| part.iter().collect::<String>();
    match length % 3 {
        0 => format!("{}{odd}{}", text(&chars[..from]), text(&chars[to..])),
        1 => format!("{}{odd}{}{}", text(&chars[..to]), text(&chars[from..to]), text(&chars[from..])),
        _ => format!("{}{}{odd}", text(&chars[from..]), text(&chars[..to])),
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn no_mutated_line_panics_or_hangs(
        which in 0..CORPUS.len(), at in 0_usize..200, length in 0_usize..200, again in 0_usize..200,
        odd in "'|\"|`|\\$\\(|\\||&|;|<<|>|\\{|\\}|\\[|\\x00|\\x1b\\[2J|\\\\|\n|--|=|,|[\\PC]{0,9}|[\\x00-\\xff]{0,5}|(-o ){1,40}|9{1,30}",
    ) {
        let mut desk = Desk::with_pod();
        let line = mutated(&mutated(CORPUS[which], at, length, &odd), again, at, "");
        desk.session.complete(&desk.cluster, &line);
        let job = desk.session.type_line(&mut desk.cluster, &line);
        desk.until(desk.cluster.now().plus(20_000));
        for _ in 0..3 {
            desk.session.interrupt(job);
            desk.until(desk.cluster.now().plus(1));
        }
        proptest::prop_assert!(desk.session.finished(job).is_some(), "{line:?} gives no prompt back");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn no_line_panics_or_hangs(words in proptest::collection::vec("kubectl|get|pod|web|-o|yaml|edit|cp|exec|--|sh|\\||;|&|>|x|\\$\\(|\\)|'|config|diff|-f|pod.yaml|port-forward|1:1|ssh|worker-1|[ -~]{1,6}", 1..8)) {
        let mut desk = Desk::with_pod();
        let line = words.join(" ");
        desk.session.complete(&desk.cluster, &line);
        let job = desk.session.type_line(&mut desk.cluster, &line);
        desk.until(desk.cluster.now().plus(30_000));
        desk.session.interrupt(job);
        desk.until(desk.cluster.now());
    }
}

#[test]
fn a_kind_alone_means_all_of_its_objects_where_kubectl_takes_it_so() {
    let mut desk = Desk::new();
    desk.run(
        "kubectl create deployment a --image=nginx:1.27; kubectl create deployment b --image=nginx:1.27",
    );
    desk.says(
        "kubectl rollout restart deployment",
        "deployment.apps/a restarted\ndeployment.apps/b restarted\n",
    );
    let (text, code) = desk.run("kubectl rollout status deployment");
    assert!(text.ends_with("deployment \"b\" successfully rolled out\n"), "{text}");
    assert!(text.contains("deployment \"a\" successfully rolled out\n") && code == 0, "{text}");
    desk.says("kubectl scale deployment -l x=y --replicas=2", "error: no objects passed to scale\n");
}

#[test]
fn a_folder_comes_out_of_a_container_as_it_went_in() {
    let mut desk = Desk::with_pod();
    desk.run("mkdir -p d/below; echo one > d/a; echo two > d/below/b; kubectl cp d web:/tmp/d");
    desk.says("kubectl cp web:/tmp/d back", "tar: removing leading '/' from member names\n");
    desk.says("cat back/a back/below/b", "one\ntwo\n");
}

#[test]
fn what_was_applied_last_is_shown_and_set() {
    let mut desk = Desk::with_pod();
    let (text, _) = desk.run("kubectl apply view-last-applied pod/web");
    assert!(text.starts_with("apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: {}\n"), "{text}");
    desk.says("kubectl apply set-last-applied -f pod.yaml", "set-last-applied web: no changes required.\n");
    desk.says(
        "kubectl run bare --image=nginx:1.27 >/dev/null; kubectl apply view-last-applied pod/bare",
        "error: no last-applied-configuration annotation found on resource: bare\n",
    );
    desk.says("kubectl apply -f pod.yaml -l app=x", "error: no objects passed to apply\n");
}

#[test]
fn a_budget_applied_again_is_configured_as_its_selector_is_replaced() {
    let mut desk = Desk::new();
    desk.run("kubectl create pdb p --selector=app=x --min-available=1 --dry-run=client -o yaml > p.yaml");
    desk.says("kubectl apply -f p.yaml", "poddisruptionbudget.policy/p created\n");
    desk.says("kubectl apply -f p.yaml", "poddisruptionbudget.policy/p configured\n");
}

#[test]
fn a_patch_the_server_cannot_carry_out_is_refused_in_its_words() {
    let mut desk = Desk::with_pod();
    desk.says(
        "kubectl patch pod web --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/labels/x\"}]'",
        "The request is invalid: the server rejected our request due to an error in our request\n",
    );
    desk.says(
        "kubectl patch pod web --subresource=nope -p '{}'",
        "Error from server (NotFound): the server could not find the requested resource\n",
    );
}

#[test]
fn variables_taken_over_are_told_listed_and_resolved() {
    let mut desk = Desk::new();
    desk.run("kubectl create deployment a --image=nginx:1.27; kubectl create cm c --from-literal=color=blue");
    desk.says(
        "kubectl set env deploy/a --from=cm/c",
        "Warning: key color transferred to COLOR\ndeployment.apps/a env updated\n",
    );
    desk.says("kubectl set env deploy/a --list --resolve", "# Deployment a, container nginx\nCOLOR=blue\n");
}
