//! What a command and a press of Tab cost on a cluster of a thousand Pods. Run with `cargo bench --bench cli`: a command is to answer in
//! under 5 ms, a completion in under 2 ms.

use podlab::kube::{Kind, Object, SimTime};
use podlab::kubectl::session::Session;
use podlab::sim::{Cluster, ClusterConfig, NodeSpec, Write};
use serde_json::json;
use std::collections::BTreeMap;

fn main() {
    divan::main();
}

/// A settled cluster of a thousand sleeping Pods in Deployments of fifty, and a shell on it.
fn prepared() -> (Cluster, Session) {
    let nodes = (0..34).map(|i| NodeSpec::named(&format!("node-{i:02}"))).collect();
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    for i in 0..20 {
        let name = format!("app-{i:02}");
        let deployment = json!({ "metadata": { "name": name, "namespace": "default" }, "spec": { "replicas": 50,
            "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [{ "name": "app",
                "image": "busybox:1.36", "command": ["sleep", "1000000"] }] } } } });
        let cause = cluster.command_cause("kubectl apply");
        if let Ok(object) = Object::from_value(Kind::Deployment, deployment) {
            let _ = cluster.create(object, &Write::user(cause));
        }
    }
    cluster.advance(SimTime::from_secs(300));
    (cluster, Session::new(BTreeMap::new()))
}

const LINES: &[&str] = &[
    "kubectl get pods",
    "kubectl get pods -o wide",
    "kubectl get pods -A -l app=app-07",
    "kubectl get pods --sort-by=.metadata.name",
    "kubectl get pods -o name | wc -l",
    "kubectl get pods -o jsonpath='{.items[*].metadata.name}'",
    "kubectl get pods -o go-template='{{range .items}}{{.metadata.name}} {{end}}'",
    "kubectl get pods -o custom-columns=N:.metadata.name",
    "kubectl get pods -o yaml",
    "kubectl get events",
    "kubectl get deployments",
    "kubectl describe deployment app-03",
    "kubectl describe node node-01",
    "kubectl label deployment app-03 --overwrite bench=1",
    "kubectl explain pod.spec",
    "echo hello | tr a-z A-Z",
];

/// From the line to all of its output.
#[divan::bench(args = LINES, sample_count = 20, sample_size = 1)]
fn command(bencher: divan::Bencher, line: &str) {
    let (mut cluster, mut session) = prepared();
    bencher.bench_local(|| {
        let job = session.type_line(&mut cluster, line);
        session.poll(&mut cluster);
        assert_eq!(session.finished(job), Some(0), "{line}");
        session.drain(job).stdout.len()
    });
}

/// What Tab offers behind a word that has been begun.
#[divan::bench(args = ["kubectl ge", "kubectl get po", "kubectl describe pod app-0", "kubectl logs app-07", "kubectl get pods --"],
    sample_count = 50, sample_size = 1)]
fn completion(bencher: divan::Bencher, line: &str) {
    let (cluster, session) = prepared();
    bencher.bench_local(|| session.complete(&cluster, line).1.len());
}
