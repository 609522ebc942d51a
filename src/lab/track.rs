//! What each container did over time, read from the change log as a watcher would: one segment for each state, in order, and the
//! times at which its probes failed. A probe that passes leaves no trace in the API, so passes are not known here.

use crate::kube::core::{ContainerState, ContainerStatus};
use crate::kube::{Object, Pod, SimTime};
use crate::sim::{Change, ChangeKind};
use std::collections::BTreeMap;

/// What a container was doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// Not started yet, or kept from starting, with the reason as the API gives it.
    Waiting(String),
    /// Running; ready or not.
    Running {
        /// Whether it counted as ready.
        ready: bool,
    },
    /// Ended, with exit code and reason.
    Ended {
        /// The exit code.
        code: i32,
        /// `Completed`, `Error`, `OOMKilled` and so on.
        reason: String,
    },
}

/// One state and how long it lasted.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// When it began.
    pub from: SimTime,
    /// When it ended; `None` while it lasts.
    pub until: Option<SimTime>,
    /// What the container was doing.
    pub doing: Doing,
    /// How often it had been restarted by then.
    pub restarts: i32,
}

/// Tracks of the containers of every Pod seen, by Pod UID and container name.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    pods: BTreeMap<String, BTreeMap<String, Vec<Segment>>>,
    /// When probes failed: by Pod UID, then by container and kind of probe.
    failures: BTreeMap<String, BTreeMap<(String, ProbeKind), Vec<SimTime>>>,
}

/// Which of a container's probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Holds the others back until it has passed once.
    Startup,
    /// Decides whether the container counts as ready.
    Readiness,
    /// Has the container restarted when it fails.
    Liveness,
}

impl ProbeKind {
    /// Its name as manifests use it, without `Probe`.
    pub const fn name(self) -> &'static str {
        match self {
            ProbeKind::Startup => "startup",
            ProbeKind::Readiness => "readiness",
            ProbeKind::Liveness => "liveness",
        }
    }

    /// The probe an event's message is about: the kubelet begins it with `Readiness probe failed` and the like
    /// (pkg/kubelet/prober/prober.go).
    fn of_message(message: &str) -> Option<ProbeKind> {
        let (first, rest) = message.split_once(' ')?;
        let known = [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness];
        known.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(first) && rest.starts_with("probe "))
    }
}

/// Segments kept for each container: a crash loop of a day.
const KEPT: usize = 2000;

impl Tracks {
    /// Takes in one change of the log.
    pub fn observe(&mut self, change: &Change) {
        if let Object::Event(event) = &change.object {
            return self.note_failure(event, change);
        }
        let Some(pod) = change.object.as_pod() else { return };
        let tracks = self.pods.entry(pod.uid().to_owned()).or_default();
        if change.kind == ChangeKind::Deleted {
            for segment in tracks.values_mut().filter_map(|t| t.last_mut()) {
                segment.until.get_or_insert(change.at);
            }
            return;
        }
        for status in statuses(pod) {
            let Some(doing) = doing(status) else { continue };
            let track = tracks.entry(status.name.clone()).or_default();
            extend(track, change.at, doing, status.restart_count);
        }
    }

    fn note_failure(&mut self, event: &crate::kube::core::Event, change: &Change) {
        if event.reason.as_deref() != Some("Unhealthy") || change.kind == ChangeKind::Deleted {
            return;
        }
        let of = &event.involved_object;
        let container = of.field_path.as_deref().and_then(|path| path.split(['{', '}']).nth(1));
        let kind = event.message.as_deref().and_then(ProbeKind::of_message);
        if let (Some(uid), Some(container), Some(kind)) = (&of.uid, container, kind) {
            let of_pod = self.failures.entry(uid.clone()).or_default();
            let times = of_pod.entry((container.to_owned(), kind)).or_default();
            if times.len() >= KEPT {
                times.remove(0);
            }
            times.push(change.at);
        }
    }

    /// When a probe of a container of the Pod with this UID failed, oldest first.
    pub fn failures(&self, uid: &str, container: &str, kind: ProbeKind) -> &[SimTime] {
        let of_pod = self.failures.get(uid);
        of_pod.and_then(|p| p.get(&(container.to_owned(), kind))).map_or(&[], Vec::as_slice)
    }

    /// The track of a container of the Pod with this UID, oldest segment first.
    pub fn of(&self, uid: &str, container: &str) -> &[Segment] {
        self.pods.get(uid).and_then(|p| p.get(container)).map_or(&[], Vec::as_slice)
    }
}

/// All container statuses of a Pod: init containers first, then ordinary, then ephemeral ones.
pub fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = &pod.status;
    [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses]
        .into_iter()
        .flatten()
        .flatten()
}

/// What a status says its container is doing; `None` before it says anything.
pub fn doing(status: &ContainerStatus) -> Option<Doing> {
    let ContainerState { running, terminated, waiting } = status.state.as_ref()?;
    if let Some(end) = terminated {
        Some(Doing::Ended { code: end.exit_code, reason: end.reason.clone().unwrap_or_default() })
    } else if running.is_some() {
        Some(Doing::Running { ready: status.ready })
    } else {
        Some(Doing::Waiting(waiting.as_ref().and_then(|w| w.reason.clone()).unwrap_or_default()))
    }
}

fn extend(track: &mut Vec<Segment>, at: SimTime, doing: Doing, restarts: i32) {
    if let Some(last) = track.last_mut() {
        if last.doing == doing && last.restarts == restarts {
            return;
        }
        last.until = Some(at);
    }
    if track.len() >= KEPT {
        track.remove(0);
    }
    track.push(Segment { from: at, until: None, doing, restarts });
}
