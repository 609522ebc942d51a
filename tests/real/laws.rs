//! Laws that hold in every replayed recording: everything has a cause that leads back to a root, revisions rise, restarts never fall,
//! addresses are not shared, and how time is cut makes no difference.

use crate::each::each;
use crate::stage;
use podlab::kube::{Object, Pod};
use podlab::sim::{Change, ChangeKind, Cluster};
use std::collections::BTreeMap;

/// How the sentence of a root begins: a person's doing, a fault, or a fact about the cluster.
const ROOTS: [&str; 5] = [
    "you ran: ",
    "the cluster was set up",
    "the kubelet of worker-",
    "Events are kept for an hour",
    "the manifests on worker-",
];

fn changes(cluster: &Cluster) -> Vec<Change> {
    cluster.store().changes_since(0).into_iter().flatten().cloned().collect()
}

/// What is wrong with the causes of a change.
fn unexplained(cluster: &Cluster, change: &Change) -> Option<String> {
    let key = change.object.key();
    let chain = cluster.explain(change.cause);
    let Some(root) = chain.last() else { return Some(format!("{key:?} has no cause")) };
    if !ROOTS.iter().any(|start| root.text.starts_with(start)) {
        return Some(format!("{key:?} goes back to {:?}", root.text));
    }
    let mut at = change.at;
    for link in &chain {
        if link.at > at {
            return Some(format!("{key:?} rests on something later: {:?}", link.text));
        }
        at = link.at;
    }
    None
}

/// Restart counts by Pod UID and container.
#[derive(Default)]
struct Restarts(BTreeMap<(String, String), i32>);

impl Restarts {
    fn fallen(&mut self, pod: &Pod) -> Option<String> {
        let all = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses).flatten();
        for status in all {
            let key = (pod.uid().to_owned(), status.name.clone());
            let before = self.0.insert(key, status.restart_count).unwrap_or(0);
            if status.restart_count < before {
                return Some(format!(
                    "{} restarted {before} times, then {}",
                    status.name, status.restart_count
                ));
            }
        }
        None
    }
}

/// The Pods that run now, by address.
#[derive(Default)]
struct Addresses(BTreeMap<String, String>);

impl Addresses {
    fn shared(&mut self, pod: &Pod, gone: bool) -> Option<String> {
        let uid = pod.uid().to_owned();
        self.0.retain(|_, owner| *owner != uid);
        let running = pod.status.phase.as_deref() == Some("Running") && !gone;
        let ip = pod.status.pod_ip.clone().filter(|_| running && pod.spec.host_network != Some(true))?;
        let other = self.0.insert(ip.clone(), uid.clone()).filter(|other| *other != uid)?;
        Some(format!("{ip} is used by {other} and {uid}"))
    }
}

/// Everything that is wrong with a log of changes.
fn broken(cluster: &Cluster) -> Vec<String> {
    let (mut found, mut revision) = (Vec::new(), 0);
    let (mut restarts, mut addresses) = (Restarts::default(), Addresses::default());
    for change in changes(cluster) {
        if change.revision <= revision {
            found.push(format!("revision {} after {revision}", change.revision));
        }
        revision = change.revision;
        found.extend(unexplained(cluster, &change));
        if let Object::Pod(pod) = &change.object {
            found.extend(restarts.fallen(pod));
            found.extend(addresses.shared(pod, change.kind == ChangeKind::Deleted));
        }
    }
    found.dedup();
    found
}

#[test]
fn every_replayed_recording_obeys_the_laws() {
    let found = each(stage::all(), |recorded| {
        let stage = stage::run(&recorded, u64::MAX);
        let found = broken(&stage.cluster);
        (!found.is_empty())
            .then(|| format!("{}: {}", recorded.name, found[..found.len().min(5)].join("\n    ")))
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn however_time_is_cut_the_same_happens() {
    // One in eight is enough: what could differ is the main loop, not what is simulated.
    let some: Vec<_> = stage::all().into_iter().step_by(8).collect();
    let found = each(some, |recorded| {
        let told = |slice: u64| -> Vec<String> {
            let stage = stage::run(&recorded, slice);
            changes(&stage.cluster)
                .iter()
                .map(|c| format!("{} {} {:?}", c.revision, c.at.0, c.object.key()))
                .collect()
        };
        (told(u64::MAX) != told(777)).then_some(recorded.name)
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert!(found.is_empty(), "{found:?}");
}
