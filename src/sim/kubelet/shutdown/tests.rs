use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::Write;
use crate::sim::cluster::ExecOptions;
use crate::sim::{Cluster, ClusterConfig};
use serde_json::{Value, json};

/// A cluster whose kubelet grants 20 s, 5 of them to critical Pods.
fn cluster(pods: &[Value]) -> Cluster {
    cluster_with("shutdownGracePeriod: 20s\nshutdownGracePeriodCriticalPods: 5s\n", pods)
}

fn cluster_with(settings: &str, pods: &[Value]) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    cluster.write_node_file("worker-1", "/var/lib/kubelet/config.yaml", settings.as_bytes()).unwrap();
    ssh(&mut cluster, "systemctl restart kubelet");
    for pod in pods {
        let write = Write::user(cluster.command_cause("kubectl apply -f pod.yaml"));
        cluster.create(Object::from_value(Kind::Pod, pod.clone()).unwrap(), &write).expect("accepted");
    }
    cluster.advance(SimTime::from_secs(10));
    cluster
}

fn ssh(cluster: &mut Cluster, command: &str) {
    let argv = ["sh", "-c", command].map(str::to_owned).to_vec();
    cluster.node_exec("worker-1", &ExecOptions { argv, ..ExecOptions::default() }).expect("it runs");
}

fn pod(name: &str, priority: Option<&str>, command: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": if priority.is_some() { "kube-system" } else { "default" }},
        "spec": {"priorityClassName": priority, "containers": [
            {"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", command]}]}})
}

/// Phase, reason and the type of the disruption of a Pod.
fn state(cluster: &Cluster, namespace: &str, name: &str) -> String {
    let pod = cluster.store().get(&Key::pod(namespace, name)).and_then(Object::as_pod).expect("the Pod");
    let disrupted = pod.status.conditions.iter().flatten().find(|c| c.type_ == "DisruptionTarget");
    format!(
        "{} {} {}",
        pod.status.phase.as_deref().unwrap_or_default(),
        pod.status.reason.as_deref().unwrap_or_default(),
        disrupted.and_then(|c| c.reason.as_deref()).unwrap_or_default()
    )
}

const STUBBORN: &str = "while true; do sleep 1; done";
const POLITE: &str = "trap 'exit 0' TERM; while true; do sleep 1; done";

#[test]
fn ordinary_pods_end_first_and_critical_ones_after_them() {
    let critical = pod("dns", Some("system-cluster-critical"), POLITE);
    let mut cluster = cluster(&[pod("web", None, POLITE), pod("slow", None, STUBBORN), critical]);
    ssh(&mut cluster, "reboot");
    cluster.advance(SimTime::from_secs(14));
    assert_eq!(state(&cluster, "default", "web"), "Failed Terminated TerminationByKubelet");
    assert_eq!(state(&cluster, "kube-system", "dns"), "Running  ");
    // The one that ignores SIGTERM is killed after the fifteen seconds of the ordinary ones.
    cluster.advance(SimTime::from_secs(30));
    assert!(state(&cluster, "default", "slow").ends_with("TerminationByKubelet"));
    assert_eq!(state(&cluster, "kube-system", "dns"), "Failed Terminated TerminationByKubelet");
    assert!(!cluster.machine("worker-1").unwrap().powered);
    cluster.advance(SimTime::from_secs(60));
    assert!(cluster.machine("worker-1").unwrap().powered);
}

#[test]
fn a_node_that_goes_down_says_so_and_takes_no_pods() {
    let mut cluster = cluster(&[pod("slow", None, STUBBORN)]);
    ssh(&mut cluster, "shutdown -h now");
    let mut late = pod("late", None, STUBBORN);
    late["spec"]["nodeName"] = json!("worker-1");
    let write = Write::user(cluster.command_cause("kubectl apply -f late.yaml"));
    cluster.create(Object::from_value(Kind::Pod, late).unwrap(), &write).expect("accepted");
    cluster.advance(SimTime::from_secs(12));
    assert_eq!(state(&cluster, "default", "late"), "Failed NodeShutdown ");
    let Some(Object::Node(node)) = cluster.store().get(&Key::new(Kind::Node, "", "worker-1")) else {
        panic!("the node");
    };
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let ready = conditions.iter().find(|c| c.type_ == "Ready").expect("the condition");
    assert_eq!((ready.status.as_str(), ready.message.as_deref()), ("False", Some("node is shutting down")));
    cluster.advance(SimTime::from_secs(90));
    assert!(!cluster.machine("worker-1").unwrap().powered);
}

#[test]
fn without_time_for_it_a_node_takes_its_pods_down_with_it() {
    let mut cluster = cluster(&[pod("web", None, POLITE)]);
    ssh(
        &mut cluster,
        "echo 'shutdownGracePeriod: 0s' > /var/lib/kubelet/config.yaml; systemctl restart kubelet; poweroff",
    );
    cluster.advance(SimTime::from_secs(11));
    assert!(!cluster.machine("worker-1").unwrap().powered);
    assert_eq!(state(&cluster, "default", "web"), "Running  ");
}

#[test]
fn a_kubelet_does_not_start_with_a_configuration_that_contradicts_itself() {
    let mut cluster = cluster(&[]);
    ssh(
        &mut cluster,
        "echo 'shutdownGracePeriodCriticalPods: 1m0s' > /var/lib/kubelet/config.yaml; systemctl restart kubelet",
    );
    cluster.advance(SimTime::from_secs(11));
    let machine = cluster.machine("worker-1").unwrap();
    assert!(!machine.kubelet_runs);
    let (_, why) = machine.refusals.last().expect("it says why");
    assert!(
        why.contains("shutdownGracePeriodCriticalPods {1m0s} must be <= shutdownGracePeriod {0s}"),
        "{why}"
    );
}

#[test]
fn with_bands_of_priorities_each_has_its_own_time_and_the_lowest_goes_first() {
    let settings = "shutdownGracePeriodByPodPriority:\n- priority: 2000000000\n  shutdownGracePeriodSeconds: 5\n- priority: 0\n  \
                    shutdownGracePeriodSeconds: 8\n";
    let critical = pod("dns", Some("system-cluster-critical"), STUBBORN);
    let mut cluster = cluster_with(settings, &[pod("slow", None, STUBBORN), critical]);
    ssh(&mut cluster, "poweroff");
    cluster.advance(SimTime::from_secs(17));
    assert_eq!(state(&cluster, "kube-system", "dns"), "Running  ");
    cluster.advance(SimTime::from_secs(20));
    assert_eq!(state(&cluster, "default", "slow"), "Failed Terminated TerminationByKubelet");
    assert!(cluster.machine("worker-1").unwrap().powered);
    cluster.advance(SimTime::from_secs(26));
    assert!(!cluster.machine("worker-1").unwrap().powered);
}
