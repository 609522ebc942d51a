//! How the simulator grows: the same workload on clusters of different size. Run with `cargo bench --bench sim`; what counts is the
//! ratio between sizes, which is to stay near the ratio of the Pods.

use podlab::kube::{Kind, Object, SimTime};
use podlab::sim::{Cluster, ClusterConfig, NodeSpec, Write};
use serde_json::json;

fn main() {
    divan::main();
}

/// A cluster with one node for every thirty Pods; the Pods sleep.
fn cluster(pods: usize) -> Cluster {
    filled(pods, pods.div_ceil(30), &["sleep", "1000000"])
}

/// A cluster whose Pods, in Deployments of fifty, run `command`.
fn filled(pods: usize, nodes: usize, command: &[&str]) -> Cluster {
    let nodes = (0..nodes).map(|i| NodeSpec::named(&format!("node-{i:05}"))).collect();
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    for i in 0..pods.div_ceil(50) {
        let name = format!("app-{i:05}");
        let deployment = json!({ "metadata": { "name": name, "namespace": "default" }, "spec": { "replicas": 50,
            "selector": { "matchLabels": { "app": name } },
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

/// From the manifests to running Pods: scheduling, kubelets, controllers.
#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn start_and_settle(bencher: divan::Bencher, pods: usize) {
    bencher.with_inputs(|| cluster(pods)).bench_values(|mut cluster| {
        cluster.advance(SimTime::from_secs(120));
        cluster.store().revision()
    });
}

/// One hour in which nothing happens.
#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn one_quiet_hour(bencher: divan::Bencher, pods: usize) {
    let prepare = || {
        let mut cluster = cluster(pods);
        cluster.advance(SimTime::from_secs(120));
        cluster
    };
    bencher.with_inputs(prepare).bench_values(|mut cluster| {
        cluster.advance(SimTime::from_secs(3720));
        cluster.store().revision()
    });
}

/// One hour of Pods that crash as soon as they start, a hundred on every node: the back-off makes some sixteen starts of each.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 3, sample_size = 1)]
fn one_crashing_hour(bencher: divan::Bencher, pods: usize) {
    bencher.with_inputs(|| filled(pods, pods.div_ceil(100), &["sh", "-c", "exit 1"])).bench_values(
        |mut cluster| {
            cluster.advance(SimTime::from_secs(3600));
            cluster.store().revision()
        },
    );
}

/// The largest cluster Kubernetes promises to support: 150,000 Pods on 5,000 nodes, from the manifests to running Pods.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn start_the_largest_cluster(bencher: divan::Bencher) {
    bencher.with_inputs(|| cluster(150_000)).bench_values(|mut cluster| {
        cluster.advance(SimTime::from_secs(600));
        cluster.store().revision()
    });
}
