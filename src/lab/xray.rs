//! A Pod as a picture's content: sandbox, volumes, containers in the order they start, what each is doing and did. Read from the Pod
//! alone; how it is drawn is not known here.

use super::track::{self, Doing, ProbeKind, Segment, Tracks};
use crate::kube::core::{Container, ContainerStatus, Probe};
use crate::kube::duration::go_millis;
use crate::kube::{Pod, SimTime};

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs to its end before the next one starts.
    Init,
    /// An init container that keeps running (`restartPolicy: Always`).
    Sidecar,
    /// One of `spec.containers`.
    Main,
    /// Added by `kubectl debug`.
    Ephemeral,
}

/// One probe of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeView {
    /// Which one.
    pub kind: ProbeKind,
    /// What it does, in a few words: `http :8080/healthz`, `exec cat /tmp/ok`.
    pub what: String,
    /// `every 10s, 3 failures` as far as it matters.
    pub rhythm: String,
    /// What is known of its result: passed, failing, or not yet.
    pub result: ProbeResult,
    /// When it failed, oldest first, as the Pod's events tell.
    pub failed: Vec<SimTime>,
}

/// What the Pod's status says about a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// It has succeeded.
    Passing,
    /// It has not (or no longer).
    Failing,
    /// The container does not run, or nothing has been tried.
    Unknown,
}

/// One container.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerView {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Its image as the spec says.
    pub image: String,
    /// What it is doing; `None` before the kubelet has reported.
    pub doing: Option<Doing>,
    /// The message that goes with waiting, if any.
    pub message: String,
    /// How often it was restarted.
    pub restarts: i32,
    /// Milliseconds until its back-off is over, while it is in one.
    pub backoff_left: Option<u64>,
    /// Its probes: startup, readiness, liveness.
    pub probes: Vec<ProbeView>,
    /// Names of the volumes it mounts, service account token aside.
    pub mounts: Vec<String>,
    /// The ports it declares.
    pub ports: Vec<i32>,
    /// What it did so far.
    pub track: Vec<Segment>,
}

/// One Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Xray {
    /// The Pod's name.
    pub name: String,
    /// `status.phase`.
    pub phase: String,
    /// The node, empty before it is bound.
    pub node: String,
    /// The Pod's address, empty before the sandbox is up.
    pub ip: String,
    /// Whether the sandbox stands (condition `PodReadyToStartContainers`).
    pub sandbox: bool,
    /// Whether deletion has begun.
    pub terminating: bool,
    /// Quality of service class.
    pub qos: String,
    /// Volumes with their kind (`emptyDir`, `configMap`…), service account token aside.
    pub volumes: Vec<(String, String)>,
    /// Init containers, sidecars among them, in order; then ordinary ones; then ephemeral ones.
    pub containers: Vec<ContainerView>,
    /// When the Pod was created.
    pub created: SimTime,
}

/// The picture of `pod` at `now`.
pub fn xray(pod: &Pod, tracks: &Tracks, now: SimTime) -> Xray {
    let status = &pod.status;
    let condition =
        |name: &str| status.conditions.iter().flatten().any(|c| c.type_ == name && c.status == "True");
    Xray {
        name: pod.name().to_owned(),
        phase: status.phase.clone().unwrap_or_default(),
        node: pod.spec.node_name.clone().unwrap_or_default(),
        ip: status.pod_ip.clone().unwrap_or_default(),
        sandbox: condition("PodReadyToStartContainers"),
        terminating: pod.metadata.deletion_timestamp.is_some(),
        qos: status.qos_class.clone().unwrap_or_default(),
        volumes: volumes(pod),
        containers: containers(pod, tracks, now),
        created: pod.metadata.creation_timestamp.as_ref().map_or(now, SimTime::of),
    }
}

fn volumes(pod: &Pod) -> Vec<(String, String)> {
    let shown = pod.spec.volumes.iter().flatten().filter(|v| !v.name.starts_with("kube-api-access-"));
    shown
        .map(|volume| {
            let value = serde_json::to_value(volume).unwrap_or_default();
            let kind = value.as_object().and_then(|m| m.keys().find(|k| *k != "name").cloned());
            (volume.name.clone(), kind.unwrap_or_else(|| "emptyDir".to_owned()))
        })
        .collect()
}

fn containers(pod: &Pod, tracks: &Tracks, now: SimTime) -> Vec<ContainerView> {
    let init = pod.spec.init_containers.iter().flatten().map(|c| {
        let sidecar = c.restart_policy.as_deref() == Some("Always");
        (if sidecar { Role::Sidecar } else { Role::Init }, c)
    });
    let main = pod.spec.containers.iter().map(|c| (Role::Main, c));
    let mut views: Vec<ContainerView> =
        init.chain(main).map(|(role, c)| view(pod, role, c, tracks, now)).collect();
    for extra in pod.spec.ephemeral_containers.iter().flatten() {
        let plain =
            Container { name: extra.name.clone(), image: extra.image.clone(), ..Container::default() };
        views.push(view(pod, Role::Ephemeral, &plain, tracks, now));
    }
    views
}

fn view(pod: &Pod, role: Role, container: &Container, tracks: &Tracks, now: SimTime) -> ContainerView {
    let status = track::statuses(pod).find(|s| s.name == container.name);
    let waiting = status.and_then(|s| s.state.as_ref()?.waiting.as_ref());
    let mounts = container.volume_mounts.iter().flatten().map(|m| m.name.clone());
    ContainerView {
        name: container.name.clone(),
        role,
        image: container.image.clone().unwrap_or_default(),
        doing: status.and_then(track::doing),
        message: waiting.and_then(|w| w.message.clone()).unwrap_or_default(),
        restarts: status.map_or(0, |s| s.restart_count),
        backoff_left: status.and_then(|s| backoff_left(s, now)),
        probes: probes(container, status, pod.uid(), tracks, now),
        mounts: mounts.filter(|m| !m.starts_with("kube-api-access-")).collect(),
        ports: container.ports.iter().flatten().map(|p| p.container_port).collect(),
        track: tracks.of(pod.uid(), &container.name).to_vec(),
    }
}

fn probes(
    container: &Container,
    status: Option<&ContainerStatus>,
    uid: &str,
    tracks: &Tracks,
    now: SimTime,
) -> Vec<ProbeView> {
    let all = [
        (ProbeKind::Startup, &container.startup_probe),
        (ProbeKind::Readiness, &container.readiness_probe),
        (ProbeKind::Liveness, &container.liveness_probe),
    ];
    all.into_iter()
        .filter_map(|(kind, probe)| {
            let probe = probe.as_ref()?;
            let failed = tracks.failures(uid, &container.name, kind).to_vec();
            let result = result(kind, probe, status, &failed, now);
            Some(ProbeView { kind, what: handler(probe), rhythm: rhythm(probe), result, failed })
        })
        .collect()
}

/// What is known of a probe. The status tells it for startup and readiness; liveness shows only when it fails: it counts as failing
/// until a period has gone by without another failure, and for good once the failures reach the threshold, since the kubelet kills
/// the container then.
fn result(
    kind: ProbeKind,
    probe: &Probe,
    status: Option<&ContainerStatus>,
    failed: &[SimTime],
    now: SimTime,
) -> ProbeResult {
    let Some(status) = status else { return ProbeResult::Unknown };
    let Some(running) = status.state.as_ref().and_then(|state| state.running.as_ref()) else {
        return ProbeResult::Unknown;
    };
    let begun = running.started_at.as_ref().map_or(SimTime(0), SimTime::of);
    let failed = &failed[failed.partition_point(|at| *at < begun)..];
    let started = status.started == Some(true);
    let passing = match kind {
        ProbeKind::Startup => started,
        ProbeKind::Readiness => status.ready,
        ProbeKind::Liveness => started && !is_failing(probe, failed, now),
    };
    match (passing, failed.is_empty()) {
        (true, _) => ProbeResult::Passing,
        (false, false) => ProbeResult::Failing,
        (false, true) => ProbeResult::Unknown,
    }
}

/// Whether the latest failures came one after the other and are recent, or were enough.
fn is_failing(probe: &Probe, failed: &[SimTime], now: SimTime) -> bool {
    let whole =
        |number: Option<i32>, default: u64| number.and_then(|n| u64::try_from(n).ok()).unwrap_or(default);
    let gap = whole(probe.period_seconds, 10) * 1000 + 1000;
    let Some(last) = failed.last() else { return false };
    let row = 1 + failed.windows(2).rev().take_while(|pair| pair[1].since(pair[0]) <= gap).count() as u64;
    now.since(*last) <= gap || row >= whole(probe.failure_threshold, 3)
}

fn handler(probe: &Probe) -> String {
    let port = |p: &k8s_openapi::apimachinery::pkg::util::intstr::IntOrString| match p {
        k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::Int(n) => n.to_string(),
        k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String(s) => s.clone(),
    };
    if let Some(http) = &probe.http_get {
        format!("http :{}{}", port(&http.port), http.path.as_deref().unwrap_or("/"))
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("tcp :{}", port(&tcp.port))
    } else if let Some(grpc) = &probe.grpc {
        format!("grpc :{}", grpc.port)
    } else if let Some(exec) = &probe.exec {
        format!("exec {}", exec.command.as_deref().unwrap_or_default().join(" "))
    } else {
        String::new()
    }
}

fn rhythm(probe: &Probe) -> String {
    let period = probe.period_seconds.unwrap_or(10);
    let failures = probe.failure_threshold.unwrap_or(3);
    format!("every {period}s, {failures}× to fail")
}

/// Milliseconds until the back-off that the waiting message names is over, counted as the kubelet does from the last exit.
fn backoff_left(status: &ContainerStatus, now: SimTime) -> Option<u64> {
    let message = status.state.as_ref()?.waiting.as_ref()?.message.as_deref()?;
    let word = message.strip_prefix("back-off ")?.split(' ').next()?;
    let ended = status.last_state.as_ref()?.terminated.as_ref()?.finished_at.as_ref()?;
    Some(SimTime::of(ended).plus(go_millis(word)?).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_count_until_a_period_without_one_and_for_good_at_the_threshold() {
        let probe = Probe { period_seconds: Some(10), failure_threshold: Some(3), ..Probe::default() };
        let at = |seconds: &[u64]| seconds.iter().map(|s| SimTime(s * 1000)).collect::<Vec<_>>();
        for (failed, now, failing) in [
            (at(&[]), 50, false),
            (at(&[10]), 15, true),
            (at(&[10]), 40, false),
            (at(&[10, 20]), 40, false),
            (at(&[10, 20, 30]), 50, true),
            (at(&[10, 20, 60]), 90, false),
        ] {
            assert_eq!(is_failing(&probe, &failed, SimTime(now * 1000)), failing, "{failed:?} at {now}s");
        }
    }

    #[test]
    fn containers_stand_in_the_order_they_start() {
        let yaml = serde_json::json!({
            "metadata": {"name": "web"},
            "spec": {
                "initContainers": [{"name": "wait", "image": "a"}, {"name": "proxy", "image": "b", "restartPolicy": "Always"}],
                "containers": [{"name": "app", "image": "c", "livenessProbe": {"httpGet": {"port": 80}}}]
            }
        });
        let object = crate::kube::Object::from_value(crate::kube::Kind::Pod, yaml).unwrap();
        let view = xray(object.as_pod().unwrap(), &Tracks::default(), SimTime(0));
        let order: Vec<_> = view.containers.iter().map(|c| (c.name.as_str(), c.role)).collect();
        assert_eq!(order, [("wait", Role::Init), ("proxy", Role::Sidecar), ("app", Role::Main)]);
        assert_eq!(view.containers[2].probes[0].what, "http :80/");
        assert_eq!(view.containers[2].probes[0].result, ProbeResult::Unknown);
    }
}
