//! A cluster and a shell in front of it, moving through simulated time together.

use super::track::statuses;
use crate::kube::{Kind, Object, Pod, SimTime};
use crate::kubectl::session::{JobId, Session};
use crate::sim::Cluster;

/// A cluster and a learner's shell.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The cluster.
    pub cluster: Cluster,
    /// The shell in front of it.
    pub session: Session,
}

impl Stage {
    /// Starts a command line as a job of its own.
    pub fn start(&mut self, line: &str) -> JobId {
        self.session.start(&mut self.cluster, line)
    }

    /// Types a line at the prompt of the shell that lives as long as the session.
    pub fn type_line(&mut self, line: &str) -> JobId {
        self.session.type_line(&mut self.cluster, line)
    }

    /// When something is due next, in the cluster or in the shell.
    pub fn next_at(&self) -> Option<SimTime> {
        [self.cluster.next_at(), self.session.next_wake()].into_iter().flatten().min()
    }

    /// Whether nothing a watcher of Pods could see is still to come: no process has anything to do before `until`, and no container
    /// waits to be started.
    pub fn is_settled(&self, until: SimTime) -> bool {
        let pods = self.cluster.store().list(Kind::Pod, None).filter_map(Object::as_pod);
        pods.into_iter().all(is_at_rest) && self.cluster.runtime().next_wake().is_none_or(|at| at > until)
    }

    /// Lets time pass until `until`: to the next thing due, again and again, so that waiting commands see every change.
    pub fn advance(&mut self, until: SimTime) {
        while let Some(next) = self.next_at().filter(|at| *at <= until) {
            self.cluster.advance(next);
            self.session.poll(&mut self.cluster);
        }
        self.cluster.advance(until);
        self.session.poll(&mut self.cluster);
    }
}

/// Whether nothing drives this Pod on: it has ended, or all of it runs.
fn is_at_rest(pod: &Pod) -> bool {
    let ended = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let runs = statuses(pod).all(|s| {
        let state = s.state.clone().unwrap_or_default();
        state.running.is_some() || state.terminated.is_some_and(|t| t.exit_code == 0)
    });
    let begun = pod.status.container_statuses.is_some();
    pod.metadata.deletion_timestamp.is_none() && (ended || (begun && runs))
}
