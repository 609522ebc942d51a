//! How the simulator grows: the same workloads on clusters of different size, each run once from its start in a process of its own, so
//! that no row takes over the memory of another. Run with `cargo bench --bench sim`; words after `--` choose among the rows by a part of
//! their name (`cargo bench --bench sim -- crash`). What counts is that the cost of an event stays flat from size to size; times are of
//! the machine.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench reads the clock and prints what it says"
)]

use podlab::kube::{Kind, Object, SimTime};
use podlab::sim::{Cluster, ClusterConfig, NodeSpec, Write};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

/// What the Pods of a row do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// From the manifests to running Pods that sleep, thirty on every node: scheduling, kubelets, controllers.
    Start,
    /// The same in one Deployment; a controller makes 500 Pods in 25 s.
    StartOne,
    /// A time in which nothing happens, after the start.
    Quiet,
    /// Pods that crash as soon as they start, a hundred on every node: in an hour the back-off makes some sixteen starts of each.
    Crash,
    /// The same in one Deployment.
    CrashOne,
    /// Pods whose readiness is asked for every second, after the start.
    Probe,
}

/// The rows: name, work, Pods, seconds of simulated time.
const ROWS: [(&str, Work, usize, u64); 14] = [
    ("start 100", Work::Start, 100, 120),
    ("start 1000", Work::Start, 1_000, 120),
    ("start 10000", Work::Start, 10_000, 120),
    ("start one 10000", Work::StartOne, 10_000, 660),
    ("quiet 1000", Work::Quiet, 1_000, 3_600),
    ("quiet 10000", Work::Quiet, 10_000, 3_600),
    ("probe 1000", Work::Probe, 1_000, 60),
    ("probe 10000", Work::Probe, 10_000, 60),
    ("crash 100", Work::Crash, 100, 3_600),
    ("crash 1000", Work::Crash, 1_000, 3_600),
    ("crash one 1000", Work::CrashOne, 1_000, 3_600),
    ("crash 10000", Work::Crash, 10_000, 3_600),
    ("crash one 10000", Work::CrashOne, 10_000, 3_600),
    // The largest cluster Kubernetes promises to support; its scheduler alone works through the Pods for five minutes.
    ("start 150000", Work::Start, 150_000, 600),
];

/// The word before the name of the one row that a process is for.
const ROW: &str = "--row";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, only] = words.as_slice()
        && flag == ROW
    {
        ROWS.iter()
            .filter(|row| row.0 == only)
            .for_each(|(name, work, pods, seconds)| row(name, *work, *pods, *seconds));
        return;
    }
    let chosen: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    println!(
        "{:<16}{:>8}{:>7}{:>10}{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}{:>11}",
        "workload",
        "Pods",
        "nodes",
        "seconds",
        "running",
        "changes",
        "events",
        "events/s",
        "µs/event",
        "sim s/s",
        "bytes/Pod"
    );
    for (name, ..) in ROWS {
        if chosen.is_empty() || chosen.iter().any(|word| name.contains(word.as_str())) {
            let itself = std::env::current_exe().map(|path| Command::new(path).args([ROW, name]).status());
            if !itself.is_ok_and(|status| status.is_ok_and(|status| status.success())) {
                println!("{name:<16} did not end well");
            }
        }
    }
}

/// Runs one row. An event is something that came due in the simulation, a change is one of an object; `running` counts the Pods in that
/// phase at the end.
fn row(name: &str, work: Work, pods: usize, seconds: u64) {
    let before = resident();
    let crashes = matches!(work, Work::Crash | Work::CrashOne);
    let nodes = pods.div_ceil(if crashes { 100 } else { 30 });
    let each = if matches!(work, Work::StartOne | Work::CrashOne) { pods } else { pods.min(50) };
    let mut cluster = filled(pods, each, nodes, &container(work));
    if matches!(work, Work::Quiet | Work::Probe) {
        cluster.advance(SimTime::from_secs(600));
    }
    let (first, from, due) = (cluster.store().revision(), cluster.now(), cluster.events());
    let began = Instant::now();
    cluster.advance(from.plus(seconds * 1000));
    let took = began.elapsed().as_secs_f64();
    let (changes, events) = (cluster.store().revision() - first, (cluster.events() - due) as f64);
    let memory = resident().saturating_sub(before) * 1024 / pods as u64;
    let running = cluster.store().list(Kind::Pod, None).filter_map(Object::as_pod);
    let running = running.filter(|pod| pod.status.phase.as_deref() == Some("Running")).count();
    println!(
        "{name:<16}{pods:>8}{nodes:>7}{took:>10.3}{running:>9}{changes:>10}{events:>10}{:>10.0}{:>10.1}{:>10.1}{memory:>11}",
        events / took,
        took * 1e6 / events.max(1.0),
        seconds as f64 / took,
    );
}

fn container(work: Work) -> Value {
    let command = match work {
        Work::Crash | Work::CrashOne => json!(["sh", "-c", "exit 1"]),
        _ => json!(["sleep", "1000000"]),
    };
    let mut container = json!({ "name": "app", "image": "busybox:1.36", "command": command,
        "resources": { "requests": { "cpu": "20m", "memory": "64Mi" } } });
    if work == Work::Probe {
        container["readinessProbe"] = json!({ "exec": { "command": ["true"] }, "periodSeconds": 1 });
    }
    container
}

/// A cluster whose Pods, in Deployments of `each`, have this container.
fn filled(pods: usize, each: usize, nodes: usize, container: &Value) -> Cluster {
    let nodes = (0..nodes).map(|i| NodeSpec::named(&format!("node-{i:05}"))).collect();
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    for i in 0..pods.div_ceil(each) {
        let name = format!("app-{i:05}");
        let deployment = json!({ "metadata": { "name": name, "namespace": "default" }, "spec": {
            "replicas": each, "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [container] } } } });
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
