//! The laws of the simulation, tried on seeded random workloads.

use super::{Cluster, ClusterConfig, NodeSpec};
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::chance;
use crate::sim::controllers::pods;
use crate::sim::store::ChangeKind;
use crate::sim::{DeleteOptions, Patch, Propagation, Subresource, Write};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const STEPS: u64 = 12;

fn draw(seed: u64, what: &str, n: u64, below: u64) -> u64 {
    chance::hash(seed, "laws", what, n) % below
}

fn new(seed: u64) -> Cluster {
    let nodes = (1..=1 + seed % 3).map(|i| NodeSpec::named(&format!("worker-{i}"))).collect();
    Cluster::new(ClusterConfig { seed, nodes, ..ClusterConfig::default() })
}

fn container(seed: u64, n: u64) -> Value {
    let scripts = ["exit 0", "exit 1", "sleep 3600", "sleep 3; exit 1", "sleep 5"];
    let script = scripts[draw(seed, "script", n, scripts.len() as u64) as usize];
    let cpu = ["0", "100m", "1500m"][draw(seed, "cpu", n, 3) as usize];
    json!({ "name": "app", "image": "busybox:1.36", "command": ["sh", "-c", script],
        "resources": { "requests": { "cpu": cpu } } })
}

fn manifest(seed: u64, n: u64) -> (Kind, Value) {
    let meta = json!({ "name": format!("x-{n}"), "namespace": "default" });
    let labels = json!({ "app": format!("x-{n}") });
    let template = |policy: &str| {
        json!({ "metadata": { "labels": labels }, "spec": { "containers": [container(seed, n)],
            "restartPolicy": policy, "terminationGracePeriodSeconds": 3 } })
    };
    let owned = json!({ "replicas": 1 + n % 3, "selector": { "matchLabels": labels }, "template": template("Always"),
        "serviceName": "" });
    match draw(seed, "kind", n, 6) {
        0 => (Kind::Deployment, json!({ "metadata": meta, "spec": owned })),
        1 => (Kind::StatefulSet, json!({ "metadata": meta, "spec": owned })),
        2 => {
            let spec = json!({ "selector": { "matchLabels": labels }, "template": template("Always") });
            (Kind::DaemonSet, json!({ "metadata": meta, "spec": spec }))
        }
        3 => {
            let spec = json!({ "template": template("Never"), "backoffLimit": 2, "completions": 2, "parallelism": 2 });
            (Kind::Job, json!({ "metadata": meta, "spec": spec }))
        }
        4 => (Kind::Pod, json!({ "metadata": meta, "spec": template("OnFailure")["spec"] })),
        _ => (Kind::Pod, json!({ "metadata": meta, "spec": template("Always")["spec"] })),
    }
}

/// One random thing a user does.
fn act(cluster: &mut Cluster, seed: u64, n: u64) {
    let cause = cluster.command_cause("kubectl");
    let write = Write::user(cause);
    let (kind, value) = manifest(seed, n);
    match draw(seed, "act", n, 4) {
        0 if n > 2 => {
            let victims: Vec<Key> =
                cluster.store().list(Kind::Pod, Some("default")).map(Object::key).collect();
            if let Some(key) = victims.get(draw(seed, "victim", n, victims.len().max(1) as u64) as usize) {
                let _ = cluster.delete(key, &DeleteOptions::default(), &write);
            }
        }
        1 if n > 2 => {
            let key = Key::new(Kind::Deployment, "default", &format!("x-{}", draw(seed, "which", n, n)));
            let change = Patch::Merge(json!({ "spec": { "replicas": n % 4 } }));
            let _ = cluster.patch(&key, &change, Subresource::Main, &write);
        }
        _ => {
            let _ = cluster.create(Object::from_value(kind, value).unwrap(), &write);
        }
    }
}

/// A whole run; `cut` splits each advance in two.
fn run(seed: u64, cut: bool) -> Cluster {
    let mut cluster = new(seed);
    for n in 0..STEPS {
        act(&mut cluster, seed, n);
        let from = cluster.now();
        let step = 1 + draw(seed, "step", n, 20_000);
        if cut {
            cluster.advance(from.plus(draw(seed, "cut", n, step)));
        }
        cluster.advance(from.plus(step));
    }
    cluster
}

fn log(cluster: &Cluster) -> Vec<String> {
    let changes = cluster.store().changes_since(0).unwrap();
    changes.map(|c| format!("{} {:?} {:?} {}", c.at.0, c.kind, c.object.key(), c.object.to_value())).collect()
}

#[test]
fn the_same_seed_gives_the_same_log_however_time_is_cut() {
    for seed in 0..3 {
        let whole = log(&run(seed, false));
        assert_eq!(whole, log(&run(seed, false)), "seed {seed}: a second run differs");
        assert_eq!(whole, log(&run(seed, true)), "seed {seed}: cutting an advance in two matters");
    }
}

#[test]
fn revisions_rise_restarts_never_fall_and_what_has_ended_stays_so() {
    for seed in 10..13 {
        let cluster = run(seed, false);
        let mut revision = 0;
        let mut restarts: BTreeMap<String, i32> = BTreeMap::new();
        let mut over: BTreeMap<String, String> = BTreeMap::new();
        for change in cluster.store().changes_since(0).unwrap() {
            assert!(change.revision > revision);
            revision = change.revision;
            let Some(pod) = change.object.as_pod() else { continue };
            let count = pod.status.container_statuses.iter().flatten().map(|c| c.restart_count).sum();
            let before = restarts.insert(pod.uid().to_owned(), count).unwrap_or(0);
            assert!(count >= before, "seed {seed}: restarts of {} fell from {before} to {count}", pod.name());
            let phase = pods::phase(pod).to_owned();
            if let Some(end) = over.get(pod.uid()) {
                assert_eq!(*end, phase, "seed {seed}: {} left {end}", pod.name());
            }
            if pods::is_over(pod) {
                over.insert(pod.uid().to_owned(), phase);
            }
        }
    }
}

#[test]
fn no_two_running_pods_share_an_address() {
    for seed in 20..23 {
        let cluster = run(seed, false);
        let mut holders: BTreeMap<String, String> = BTreeMap::new();
        for change in cluster.store().changes_since(0).unwrap() {
            let Some(pod) = change.object.as_pod() else { continue };
            holders.retain(|_, uid| uid != pod.uid());
            if change.kind == ChangeKind::Deleted || pods::is_over(pod) {
                continue;
            }
            if let Some(ip) = pod.status.pod_ip.clone() {
                let other = holders.insert(ip.clone(), pod.uid().to_owned());
                assert_eq!(other, None, "seed {seed}: {ip} is taken twice");
            }
        }
    }
}

#[test]
fn deleting_everything_leaves_nothing() {
    for seed in 30..34 {
        let mut cluster = run(seed, false);
        let fresh: BTreeSet<Key> = new(seed).store().all().map(Object::key).collect();
        for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Pod] {
            let keys: Vec<Key> = cluster.store().list(kind, Some("default")).map(Object::key).collect();
            for key in keys {
                let cause = cluster.command_cause("kubectl delete");
                let options =
                    DeleteOptions { propagation: Propagation::Background, ..DeleteOptions::default() };
                let _ = cluster.delete(&key, &options, &Write::user(cause));
            }
        }
        let end = cluster.now().plus(120_000);
        cluster.advance(end);
        let left: Vec<Key> = cluster
            .store()
            .all()
            .map(Object::key)
            .filter(|key| key.kind != Kind::Event && !fresh.contains(key))
            .collect();
        assert!(left.is_empty(), "seed {seed}: {left:?}");
    }
}

#[test]
fn a_fresh_cluster_waits_for_nothing() {
    let mut cluster = new(0);
    cluster.advance(SimTime::from_secs(3600));
    assert_eq!(cluster.next_at(), None);
}
