//! READY, STATUS and RESTARTS of a Pod, by the API server's own printer (`pkg/printers/internalversion/printers.go`, `printPod`).
//! Knows only the object: a reason shown here was written by the kubelet, the scheduler or the garbage collector.

use super::age;
use crate::kube::{Pod, SimTime};
use k8s_openapi::api::core::v1::{Container, ContainerStateTerminated, ContainerStatus, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// The cells of a Pod's row beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRow {
    /// `1/2`: ready containers of all that count (sidecars do, other init containers do not).
    pub ready: String,
    /// One word for what the Pod is doing.
    pub status: String,
    /// `3 (12s ago)`, or just the count.
    pub restarts: String,
    /// Time since creation.
    pub age: String,
}

/// What is gathered while walking the container statuses.
#[derive(Default)]
struct Tally<'a> {
    ready: usize,
    restarts: i32,
    last: Option<&'a Time>,
}

impl<'a> Tally<'a> {
    fn restarted(&mut self, status: &'a ContainerStatus) {
        self.restarts += status.restart_count;
        let last = status.last_state.as_ref().and_then(|s| s.terminated.as_ref());
        if let Some(finished) = last.and_then(|t| t.finished_at.as_ref())
            && self.last.is_none_or(|known| finished.0 > known.0)
        {
            self.last = Some(finished);
        }
    }

    fn text(&self, now: SimTime) -> String {
        match self.last {
            Some(last) if self.restarts != 0 => {
                format!("{} ({} ago)", self.restarts, age::since(Some(last), now))
            }
            _ => self.restarts.to_string(),
        }
    }
}

/// The row of `pod` at `now`.
pub fn pod_row(pod: &Pod, now: SimTime) -> PodRow {
    let status = &*pod.status;
    let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
    let total = pod.spec.containers.len() + inits.iter().filter(|c| is_sidecar(c)).count();
    let (mut reason, mut tally, sidecars) = walk_inits(status, inits, start_reason(status));
    let initializing = reason.initializing;
    if !initializing || condition(status, "Initialized") == Some("True") {
        tally.restarts = sidecars.restarts;
        tally.last = sidecars.last;
        reason.text = walk_containers(status, reason.text, &mut tally);
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason.as_deref() == Some("NodeLost") {
            "Unknown".clone_into(&mut reason.text);
        } else if !is_final(status) {
            "Terminating".clone_into(&mut reason.text);
        }
    }
    PodRow {
        ready: format!("{}/{total}", tally.ready),
        status: reason.text,
        restarts: tally.text(now),
        age: age::since(pod.metadata.creation_timestamp.as_ref(), now),
    }
}

/// Whether the Pod's phase will not change any more.
pub fn is_final(status: &PodStatus) -> bool {
    matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// The status of the condition `kind`, if the Pod has it.
pub fn condition<'a>(status: &'a PodStatus, kind: &str) -> Option<&'a str> {
    status.conditions.iter().flatten().find(|c| c.type_ == kind).map(|c| c.status.as_str())
}

/// Whether an init container keeps running beside the Pod's containers.
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

struct Reason {
    text: String,
    initializing: bool,
}

fn start_reason(status: &PodStatus) -> String {
    let gated = status
        .conditions
        .iter()
        .flatten()
        .any(|c| c.type_ == "PodScheduled" && c.reason.as_deref() == Some("SchedulingGated"));
    if gated {
        return "SchedulingGated".to_owned();
    }
    let reason = status.reason.as_deref().filter(|r| !r.is_empty());
    reason.or(status.phase.as_deref()).unwrap_or_default().to_owned()
}

/// Walks the init containers: the first that has not done its work gives the reason.
fn walk_inits<'a>(
    status: &'a PodStatus,
    inits: &[Container],
    reason: String,
) -> (Reason, Tally<'a>, Tally<'a>) {
    let (mut all, mut sidecars) = (Tally::default(), Tally::default());
    for (i, container) in status.init_container_statuses.iter().flatten().enumerate() {
        all.restarted(container);
        let sidecar = inits.iter().any(|c| c.name == container.name && is_sidecar(c));
        if sidecar {
            sidecars.restarted(container);
        }
        let state = container.state.as_ref();
        let terminated = state.and_then(|s| s.terminated.as_ref());
        if terminated.is_some_and(|t| t.exit_code == 0) {
            continue;
        }
        if sidecar && container.started == Some(true) {
            all.ready += usize::from(container.ready);
            continue;
        }
        let waiting = state.and_then(|s| s.waiting.as_ref()).and_then(|w| w.reason.as_deref());
        let text = match (terminated, waiting) {
            (Some(t), _) => format!("Init:{}", ended(t)),
            (None, Some(why)) if !why.is_empty() && why != "PodInitializing" => format!("Init:{why}"),
            _ => format!("Init:{i}/{}", inits.len()),
        };
        return (Reason { text, initializing: true }, all, sidecars);
    }
    (Reason { text: reason, initializing: false }, all, sidecars)
}

/// The reason of a terminated container, or what stands for it.
fn ended(state: &ContainerStateTerminated) -> String {
    match (state.reason.as_deref(), state.signal) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", state.exit_code),
    }
}

/// Walks the containers from last to first, so that the first one with something to say has the last word.
fn walk_containers<'a>(status: &'a PodStatus, mut reason: String, tally: &mut Tally<'a>) -> String {
    let (mut has_running, mut error) = (false, String::new());
    for container in status.container_statuses.iter().flatten().rev() {
        tally.restarted(container);
        let Some(state) = container.state.as_ref() else { continue };
        let waiting = state.waiting.as_ref().and_then(|w| w.reason.as_deref()).filter(|r| !r.is_empty());
        if let Some(why) = waiting {
            why.clone_into(&mut reason);
        } else if let Some(terminated) = &state.terminated {
            reason = ended(terminated);
            if terminated.exit_code != 0 {
                error.clone_from(&reason);
            }
        } else if container.ready && state.running.is_some() {
            has_running = true;
            tally.ready += 1;
        }
    }
    if reason != "Completed" {
        return reason;
    }
    if has_running && condition(status, "Ready") == Some("True") {
        return "Running".to_owned();
    }
    match (error.is_empty(), has_running) {
        (false, _) => error,
        (true, true) => "NotReady".to_owned(),
        (true, false) => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(spec: Value, status: Value) -> Pod {
        let value = json!({"metadata": {"name": "p"}, "spec": spec, "status": status});
        serde_json::from_value::<crate::kube::core::Pod>(value).unwrap().into()
    }

    fn check(spec: Value, status: Value, expected: (&str, &str)) {
        let row = pod_row(&pod(spec, status), SimTime::from_secs(60));
        assert_eq!((row.ready.as_str(), row.status.as_str()), expected);
    }

    #[test]
    fn a_container_that_waits_says_why() {
        let spec = json!({"containers": [{"name": "a"}]});
        let status = json!({"phase": "Pending", "containerStatuses": [
            {"name": "a", "ready": false, "restartCount": 0, "image": "", "imageID": "",
             "state": {"waiting": {"reason": "ErrImagePull"}}}]});
        check(spec, status, ("0/1", "ErrImagePull"));
    }

    #[test]
    fn a_sidecar_counts_for_ready_and_an_init_container_does_not() {
        let spec = json!({"containers": [{"name": "app"}],
            "initContainers": [{"name": "proxy", "restartPolicy": "Always"}, {"name": "setup"}]});
        let status = json!({"phase": "Pending", "initContainerStatuses": [
            {"name": "proxy", "ready": true, "started": true, "restartCount": 0, "image": "", "imageID": "",
             "state": {"running": {}}},
            {"name": "setup", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": {"running": {}}}]});
        check(spec, status, ("1/2", "Init:1/2"));
    }

    #[test]
    fn a_pod_of_one_failed_and_one_completed_container_shows_the_error() {
        let spec = json!({"containers": [{"name": "a"}, {"name": "b"}]});
        let ended = |name: &str, reason: &str, code: i32| {
            json!({"name": name, "ready": false, "restartCount": 0, "image": "", "imageID": "",
                "state": {"terminated": {"exitCode": code, "reason": reason}}})
        };
        let status = json!({"phase": "Failed",
            "containerStatuses": [ended("a", "Completed", 0), ended("b", "Error", 1)]});
        check(spec, status, ("0/2", "Error"));
    }
}
