//! The verdict on a lab: which goals hold, for how long, and what is still missing, in words for the learner. Looks at API objects
//! alone, so that any correct way to the goal counts.

use super::track::statuses;
use crate::course::lab::goal::{Condition, ContainerIs, Goal, PodIs};
use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::kubectl::status::pod_row;
use crate::sim::Cluster;
use std::collections::BTreeMap;

/// How far a goal is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Met {
    /// It holds, and has held long enough.
    Yes,
    /// It holds, but must hold some milliseconds longer.
    Holding {
        /// How long it still has to hold, in milliseconds.
        left: u64,
    },
    /// It does not hold; what is missing.
    NotYet(String),
}

/// Watches the goals of a lab over simulated time.
#[derive(Clone, Debug)]
pub struct Judge {
    goals: Vec<Goal>,
    /// Since when each goal holds without a break, or what is missing.
    state: Vec<Result<SimTime, String>>,
    /// Restarts that each Pod (by UID) had when the lab began.
    restarts: BTreeMap<String, i32>,
    answers: Vec<String>,
    revision: Option<u64>,
}

impl Judge {
    /// A judge of `goals` on a cluster as the learner finds it.
    pub fn new(goals: Vec<Goal>, cluster: &Cluster) -> Judge {
        let pods = cluster.store().list(Kind::Pod, None).filter_map(Object::as_pod);
        let restarts = pods.map(|pod| (pod.uid().to_owned(), restarts(pod))).collect();
        let state = goals.iter().map(|_| Err(String::new())).collect();
        let mut judge = Judge { goals, state, restarts, answers: Vec::new(), revision: None };
        judge.observe(cluster);
        judge
    }

    /// Takes in what the learner answered to a question.
    pub fn answer(&mut self, word: &str) {
        self.answers.push(word.trim().to_lowercase());
        self.revision = None;
    }

    /// Looks at the cluster; to be called after every change, so that no short break is missed.
    pub fn observe(&mut self, cluster: &Cluster) {
        // Logs grow without a change of the store, so they are looked at each time.
        let logs = self.goals.iter().any(|g| matches!(g.condition, Condition::Log { .. }));
        if self.revision == Some(cluster.store().revision()) && !logs {
            return;
        }
        self.revision = Some(cluster.store().revision());
        let found: Vec<_> = self.goals.iter().map(|g| self.missing(&g.condition, cluster)).collect();
        for (state, missing) in self.state.iter_mut().zip(found) {
            *state = match (missing, &*state) {
                (Some(missing), _) => Err(missing),
                (None, Ok(since)) => Ok(*since),
                (None, Err(_)) => Ok(cluster.now()),
            };
        }
    }

    /// Each goal's sentence and how far it is reached at `now`.
    pub fn verdicts(&self, now: SimTime) -> Vec<(String, Met)> {
        let each = self.goals.iter().zip(&self.state);
        each.map(|(goal, state)| (goal.to_string(), met(goal, state, now))).collect()
    }

    /// Whether all goals are reached at once.
    pub fn passed(&self, now: SimTime) -> bool {
        self.goals.iter().zip(&self.state).all(|(goal, state)| met(goal, state, now) == Met::Yes)
    }

    /// When a goal that holds will have held long enough, if nothing changes.
    pub fn next_at(&self, now: SimTime) -> Option<SimTime> {
        let ends = self.goals.iter().zip(&self.state).filter_map(|(goal, state)| {
            Some(state.as_ref().ok()?.plus(goal.seconds * 1000)).filter(|at| *at > now)
        });
        ends.min()
    }

    /// What is missing for a condition to hold now; `None` if it holds.
    fn missing(&self, condition: &Condition, cluster: &Cluster) -> Option<String> {
        match condition {
            Condition::Pod { name, is } => pod_is(cluster, name, *is),
            Condition::Shows { pod, status } => with_pod(cluster, pod, |p| {
                let shown = pod_row(p, cluster.now()).status;
                (shown != *status).then(|| format!("{pod} shows {shown}"))
            }),
            Condition::Container { pod, container, is } => {
                with_pod(cluster, pod, |p| container_is(p, container, *is))
            }
            Condition::NoRestarts { pod } => with_pod(cluster, pod, |p| {
                let since = restarts(p) - self.restarts.get(p.uid()).copied().unwrap_or(0);
                (since > 0).then(|| format!("{pod} has restarted {since} {} since the start", times(since)))
            }),
            Condition::Answer { question, answer } => {
                let right = self.answers.iter().any(|a| *a == answer.to_lowercase());
                let hint =
                    if self.answers.is_empty() { "type `answer WORD` in the shell" } else { "not that" };
                (!right).then(|| format!("{question} ({hint})"))
            }
            Condition::Label { .. }
            | Condition::Image { .. }
            | Condition::Node { .. }
            | Condition::Keeps { .. } => pod_has(condition, cluster),
            _ => object_is(condition, cluster),
        }
    }
}

fn met(goal: &Goal, state: &Result<SimTime, String>, now: SimTime) -> Met {
    match state {
        Err(missing) => Met::NotYet(missing.clone()),
        Ok(since) => {
            let left = (goal.seconds * 1000).saturating_sub(now.since(*since));
            if left == 0 { Met::Yes } else { Met::Holding { left } }
        }
    }
}

fn times(n: i32) -> &'static str {
    if n == 1 { "time" } else { "times" }
}

fn restarts(pod: &Pod) -> i32 {
    statuses(pod).map(|s| s.restart_count).sum()
}

fn pod<'a>(cluster: &'a Cluster, name: &str) -> Option<&'a Pod> {
    cluster.store().get(&Key::pod("default", name))?.as_pod()
}

fn with_pod(cluster: &Cluster, name: &str, check: impl FnOnce(&Pod) -> Option<String>) -> Option<String> {
    match pod(cluster, name) {
        Some(pod) => check(pod),
        None => Some(format!("there is no Pod {name}")),
    }
}

fn is_ready(pod: &Pod) -> bool {
    pod.status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True")
}

fn pod_is(cluster: &Cluster, name: &str, is: PodIs) -> Option<String> {
    let found = pod(cluster, name);
    if is == PodIs::Gone {
        return found.map(|p| format!("{name} is still there ({})", pod_row(p, cluster.now()).status));
    }
    let Some(pod) = found else { return Some(format!("there is no Pod {name}")) };
    let phase = pod.status.phase.as_deref().unwrap_or("Pending");
    let holds = match is {
        PodIs::Ready => is_ready(pod) && pod.metadata.deletion_timestamp.is_none(),
        PodIs::Running => phase == "Running",
        PodIs::Succeeded => phase == "Succeeded",
        PodIs::Failed => phase == "Failed",
        PodIs::Pending => phase == "Pending",
        PodIs::Present | PodIs::Gone => true,
    };
    let row = pod_row(pod, cluster.now());
    (!holds).then(|| format!("{name} is {} {}", row.ready, row.status))
}

fn container_is(pod: &Pod, container: &str, is: ContainerIs) -> Option<String> {
    let Some(status) = statuses(pod).find(|s| s.name == container) else {
        return Some(format!("{} has no container {container}", pod.name()));
    };
    let state = status.state.clone().unwrap_or_default();
    let (holds, now) = match (&state.running, &state.terminated) {
        (Some(_), _) => (
            is == ContainerIs::Running || (is == ContainerIs::Ready && status.ready),
            if status.ready { "running and ready".to_owned() } else { "running, not ready".to_owned() },
        ),
        (None, Some(end)) => {
            (is == ContainerIs::Terminated(end.exit_code), format!("terminated with {}", end.exit_code))
        }
        (None, None) => (false, "waiting".to_owned()),
    };
    (!holds).then(|| format!("{container} is {now}"))
}

fn pod_has(condition: &Condition, cluster: &Cluster) -> Option<String> {
    match condition {
        Condition::Label { pod, key, value } => with_pod(cluster, pod, |p| {
            let found = p.metadata.labels.as_ref().and_then(|l| l.get(key));
            (found != Some(value))
                .then(|| found.map_or(format!("{pod} has no label {key}"), |v| format!("{key} is {v}")))
        }),
        Condition::Image { pod, image } => with_pod(cluster, pod, |p| {
            let all = || p.spec.containers.iter().chain(p.spec.init_containers.iter().flatten());
            let used: Vec<_> = all().filter_map(|c| c.image.as_deref()).collect();
            (!used.contains(&image.as_str())).then(|| format!("{pod} uses {}", used.join(", ")))
        }),
        Condition::Node { pod, node } => with_pod(cluster, pod, |p| {
            let on = p.spec.node_name.as_deref();
            (on != Some(node))
                .then(|| on.map_or(format!("{pod} is on no node yet"), |n| format!("{pod} is on {n}")))
        }),
        Condition::Keeps { pod, path, value } => with_pod(cluster, pod, |p| {
            let found = field(p, path);
            (found.as_deref() != Some(value)).then(|| {
                format!("{path} of {pod} must stay {value}, and is {}", found.as_deref().unwrap_or("gone"))
            })
        }),
        _ => None,
    }
}

/// The value at a path such as `spec.containers[0].image`, as it is printed.
fn field(pod: &Pod, path: &str) -> Option<String> {
    let pointer = path.replace('[', ".").replace(']', "");
    let value = Object::Pod(pod.clone()).to_value();
    let found = pointer.split('.').try_fold(&value, |v, part| match part.parse::<usize>() {
        Ok(index) if v.is_array() => v.get(index),
        _ => v.get(part),
    })?;
    Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
}

fn object_is(condition: &Condition, cluster: &Cluster) -> Option<String> {
    let store = cluster.store();
    let get = |kind: Kind, name: &str| {
        let namespace = if kind.info().namespaced { "default" } else { "" };
        store.get(&Key::new(kind, namespace, name))
    };
    match condition {
        Condition::Exists { kind, name } => {
            get(*kind, name).is_none().then(|| format!("there is no {} {name}", kind.info().singular))
        }
        Condition::Gone { kind, name } => {
            get(*kind, name).map(|_| format!("{} {name} is still there", kind.info().singular))
        }
        Condition::ReadyPods { deployment, pods } => match get(Kind::Deployment, deployment) {
            Some(Object::Deployment(d)) => {
                let ready = d.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0);
                (i64::from(ready) != *pods as i64).then(|| format!("{deployment} has {ready} ready Pods"))
            }
            _ => Some(format!("there is no Deployment {deployment}")),
        },
        Condition::Complete { job } => match get(Kind::Job, job) {
            Some(Object::Job(j)) => {
                let conditions = j.status.as_ref().and_then(|s| s.conditions.as_ref());
                let done = conditions
                    .is_some_and(|all| all.iter().any(|c| c.type_ == "Complete" && c.status == "True"));
                (!done).then(|| format!("{job} is not complete"))
            }
            _ => Some(format!("there is no Job {job}")),
        },
        Condition::Endpoints { service, endpoints } => {
            let ready = ready_endpoints(cluster, service);
            (ready != *endpoints).then(|| format!("{service} has {ready} ready endpoints"))
        }
        Condition::Log { pod, text } => with_pod(cluster, pod, |p| {
            (!log_contains(cluster, p, text)).then(|| format!("the log of {pod} does not contain it"))
        }),
        _ => None,
    }
}

fn ready_endpoints(cluster: &Cluster, service: &str) -> usize {
    let slices = cluster.store().list(Kind::EndpointSlice, Some("default"));
    let ready = slices.filter_map(|object| match object {
        Object::EndpointSlice(slice) => {
            let of = slice.metadata.labels.as_ref().and_then(|l| l.get("kubernetes.io/service-name"));
            let count = || {
                let all = slice
                    .endpoints
                    .iter()
                    .flatten()
                    .filter(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true)));
                all.count()
            };
            (of.map(String::as_str) == Some(service)).then(count)
        }
        _ => None,
    });
    ready.sum()
}

/// Looks at what `kubectl logs` can still show: each container's newest instance and the one before it, so that what was said before a
/// restart or an end counts.
fn log_contains(cluster: &Cluster, pod: &Pod, text: &str) -> bool {
    let key = Key::pod(pod.namespace(), pod.name());
    let logs = statuses(pod)
        .flat_map(|status| [false, true].map(|previous| cluster.logs(&key, &status.name, previous)));
    logs.flatten().flatten().any(|line| line.text.contains(text))
}
