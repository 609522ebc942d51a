//! The status manager: what was computed is written a moment later, what came in between is written at once with it
//! (`pkg/kubelet/status/status_manager.go`).

use super::desk::{Desk, PodDue};
use super::spec;
use super::status::{self, View};
use super::worker::{Mode, Worker};
use crate::kube::core::{PodCondition, PodStatus};
use crate::kube::{Object, Pod};
use crate::sim::cause::CauseId;
use std::sync::Arc;

/// The conditions no one but the kubelet keeps once it has spoken: those missing from its status are dropped
/// (`pkg/kubelet/types/pod_status.go`, `PodConditionByKubelet`).
const OWNED: [&str; 8] = [
    "PodScheduled",
    "Ready",
    "Initialized",
    "ContainersReady",
    "PodReadyToStartContainers",
    "PodResizeInProgress",
    "PodResizePending",
    "AllContainersRestarting",
];

/// What is to be reported about a Pod.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// The latest status computed.
    pub wanted: Arc<PodStatus>,
    /// What led to it.
    pub because: CauseId,
    /// What the API held when it was written last.
    written: Option<Arc<PodStatus>>,
    /// Whether writing it is already on the agenda.
    due: bool,
}

impl Report {
    /// The report of a Pod nothing was computed for yet; what the API holds is the start.
    pub fn new(pod: &Pod, because: CauseId) -> Report {
        Report { wanted: pod.status.clone(), because, written: None, due: false }
    }
}

impl Worker {
    /// Computes the status and has it written if it differs.
    pub fn write_status(&mut self, desk: &mut Desk) {
        self.sums.refresh(&self.pod);
        let view = View {
            pod: &self.pod,
            worker: self,
            sandbox: self.sandbox.and_then(|id| desk.ctx.runtime.get(id)),
            host_ip: &desk.machine.ip.clone(),
            now: desk.ctx.now,
            wall: desk.wall(),
        };
        let status = status::generate(&view);
        let done = |c: &PodCondition| c.type_ == "Initialized" && c.status == "True";
        self.was_initialized |= self.mode == Mode::Syncing && status.conditions.iter().flatten().any(done);
        if status == *self.report.wanted {
            return;
        }
        self.report.wanted = Arc::new(status);
        self.report_soon(desk);
    }

    /// Has the wanted status written a moment later.
    pub fn report_soon(&mut self, desk: &mut Desk) {
        self.report.because = self.because;
        if !self.report.due {
            self.report.due = true;
            desk.later(desk.machine.latency.report, self.serial, PodDue::Report);
        }
    }

    /// Writes the wanted status to the API, if the object is still there and differs.
    pub fn report(&mut self, desk: &mut Desk) {
        self.report.due = false;
        if !desk.is_connected() {
            return;
        }
        let Some(Object::Pod(stored)) = desk.ctx.store.get(&self.key) else { return };
        if !self.is_static() && stored.uid() != &*self.uid {
            return;
        }
        let mut pod = stored.clone();
        let status = self.merged(&pod);
        if status == pod.status {
            return;
        }
        pod.status = status;
        self.report.written = Some(pod.status.clone());
        desk.ctx.store.put(desk.ctx.now, Object::Pod(pod), self.report.because);
    }

    /// Somebody else has written the status of the Pod: what is the kubelet's in it is put right at the status manager's next full pass.
    pub fn repair_later(&mut self, desk: &mut Desk) {
        let Some(written) = &self.report.written else { return };
        if Arc::ptr_eq(written, &self.pod.status) || self.merged(&self.pod) == self.pod.status {
            return;
        }
        let at = desk.machine.clock.next_pass(desk.ctx.now);
        desk.at(at, self.serial, PodDue::Repair);
    }

    /// The kubelet's process has begun anew: it knows of the Pod what the API says, and writes what it then finds.
    pub fn forget_report(&mut self, desk: &Desk) {
        if let Some(Object::Pod(stored)) = desk.ctx.store.get(&self.key)
            && (self.is_static() || stored.uid() == &*self.uid)
        {
            self.report.wanted = stored.status.clone();
        }
    }

    /// The wanted status with what others have written: where that is nothing, the very same.
    fn merged(&self, stored: &Pod) -> Arc<PodStatus> {
        let (wanted, stored) = (&self.report.wanted, &stored.status);
        let owned = wanted.conditions.as_deref().unwrap_or_default();
        let foreign = |c: &&PodCondition| {
            !OWNED.contains(&c.type_.as_str()) && !owned.iter().any(|own| own.type_ == c.type_)
        };
        let mut foreign = stored.conditions.iter().flatten().filter(foreign).peekable();
        let held_back = self.mode < Mode::Terminated
            && spec::is_terminal(wanted.phase.as_deref())
            && !spec::is_terminal(stored.phase.as_deref());
        let same = foreign.peek().is_none()
            && !held_back
            && !wanted.conditions.as_ref().is_some_and(Vec::is_empty)
            && wanted.resize == stored.resize
            && wanted.nominated_node_name == stored.nominated_node_name
            && wanted.qos_class == stored.qos_class;
        if same {
            return wanted.clone();
        }
        let mut status = (**wanted).clone();
        let conditions: Vec<PodCondition> = foreign.chain(owned).cloned().collect();
        status.conditions = Some(conditions).filter(|list| !list.is_empty());
        status.resize.clone_from(&stored.resize);
        status.nominated_node_name.clone_from(&stored.nominated_node_name);
        status.qos_class.clone_from(&stored.qos_class);
        if held_back {
            status.phase.clone_from(&stored.phase);
            status.reason.clone_from(&stored.reason);
            status.message.clone_from(&stored.message);
        }
        Arc::new(status)
    }

    /// Removes the API object once nothing of the Pod is left on the node.
    pub fn remove_object(&mut self, desk: &mut Desk) {
        if !desk.is_connected() {
            return;
        }
        let Some(Object::Pod(stored)) = desk.ctx.store.get(&self.key) else { return };
        if !self.is_static() && stored.uid() != &*self.uid {
            return;
        }
        let (now, because) = (desk.ctx.now, self.because);
        let mut object = Object::Pod(stored.clone());
        let meta = object.meta_mut();
        meta.deletion_grace_period_seconds = Some(0);
        meta.deletion_timestamp = Some(now.to_time());
        let kept = meta.finalizers.as_ref().is_some_and(|list| !list.is_empty());
        desk.ctx.store.put(now, object, because);
        if !kept {
            desk.ctx.store.remove(now, &self.key, because);
        }
    }
}
