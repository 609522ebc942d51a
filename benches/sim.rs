//! How the simulator grows: the same workloads on clusters of different size, each run once from its start. Run with
//! `cargo bench --bench sim`; words after `--` choose among the rows by a part of their name (`cargo bench --bench sim -- crash`).
//! What counts is that the cost of a change stays flat from size to size; times are of the machine.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench reads the clock and prints what it says"
)]

use podlab::kube::{Kind, Object, SimTime};
use podlab::sim::{Cluster, ClusterConfig, NodeSpec, Write};
use serde_json::json;
use std::time::Instant;

/// What the Pods of a row do.
#[derive(Clone, Copy)]
enum Work {
    /// From the manifests to running Pods that sleep, thirty on every node: scheduling, kubelets, controllers.
    Start,
    /// An hour in which nothing happens, after the start.
    Quiet,
    /// An hour of Pods that crash as soon as they start, a hundred on every node: the back-off makes some sixteen starts of each.
    Crash,
}

/// The rows: name, work, Pods, seconds of simulated time.
const ROWS: [(&str, Work, usize, u64); 10] = [
    ("start 100", Work::Start, 100, 120),
    ("start 1000", Work::Start, 1_000, 120),
    ("start 10000", Work::Start, 10_000, 120),
    ("quiet 1000", Work::Quiet, 1_000, 3_600),
    ("quiet 10000", Work::Quiet, 10_000, 3_600),
    ("crash 1", Work::Crash, 1, 3_600),
    ("crash 100", Work::Crash, 100, 3_600),
    ("crash 1000", Work::Crash, 1_000, 3_600),
    ("crash 10000", Work::Crash, 10_000, 3_600),
    // The largest cluster Kubernetes promises to support; its scheduler alone works through the Pods for five minutes.
    ("start 150000", Work::Start, 150_000, 600),
];

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!(
        "{:<14}{:>9}{:>8}{:>10}{:>10}{:>12}{:>12}{:>12}{:>10}",
        "workload", "Pods", "nodes", "seconds", "changes", "changes/s", "µs/change", "sim s/s", "kB/Pod"
    );
    for (name, work, pods, seconds) in ROWS {
        if chosen.is_empty() || chosen.iter().any(|word| name.contains(word.as_str())) {
            row(name, work, pods, seconds);
        }
    }
}

fn row(name: &str, work: Work, pods: usize, seconds: u64) {
    let before = resident();
    let nodes = pods.div_ceil(if matches!(work, Work::Crash) { 100 } else { 30 });
    let mut cluster = match work {
        Work::Crash => filled(pods, nodes, &["sh", "-c", "exit 1"]),
        Work::Start | Work::Quiet => filled(pods, nodes, &["sleep", "1000000"]),
    };
    if matches!(work, Work::Quiet) {
        cluster.advance(SimTime::from_secs(600));
    }
    let (first, from) = (cluster.store().revision(), cluster.now());
    let began = Instant::now();
    cluster.advance(from.plus(seconds * 1000));
    let took = began.elapsed().as_secs_f64();
    let changes = (cluster.store().revision() - first) as f64;
    let memory = resident().saturating_sub(before) / pods as u64;
    println!(
        "{name:<14}{pods:>9}{nodes:>8}{took:>10.3}{changes:>10}{:>12.0}{:>12.1}{:>12.0}{memory:>10}",
        changes / took,
        took * 1e6 / changes.max(1.0),
        seconds as f64 / took,
    );
    if matches!(work, Work::Start) {
        let running = cluster.store().list(Kind::Pod, None).filter_map(Object::as_pod);
        let running = running.filter(|pod| pod.status.phase.as_deref() == Some("Running")).count();
        println!("{:14}{running:>9} of them running", "");
    }
}

/// A cluster whose Pods, in Deployments of fifty, run `command`.
fn filled(pods: usize, nodes: usize, command: &[&str]) -> Cluster {
    let nodes = (0..nodes).map(|i| NodeSpec::named(&format!("node-{i:05}"))).collect();
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    for i in 0..pods.div_ceil(50) {
        let name = format!("app-{i:05}");
        let deployment = json!({ "metadata": { "name": name, "namespace": "default" }, "spec": {
            "replicas": pods.min(50), "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [{ "name": "app",
                "image": "busybox:1.36", "command": command,
                "resources": { "requests": { "cpu": "20m", "memory": "64Mi" } } }] } } } });
        let cause = cluster.command_cause("kubectl apply");
        if let Ok(object) = Object::from_value(Kind::Deployment, deployment) {
            let _ = cluster.create(object, &Write::user(cause));
        }
    }
    cluster
}

/// Kilobytes of memory this process holds; 0 where the system does not say so.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
