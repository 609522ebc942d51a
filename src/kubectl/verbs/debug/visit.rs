//! Waiting for the container that `kubectl debug` has made, then attached to it (`debug.go`, `handleAttachPod`).

use crate::kube::{Key, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verbs::attach::{Attached, From};

/// A debugging container that somebody wants to be attached to.
#[derive(Clone, Debug)]
pub struct Visiting {
    key: Key,
    container: String,
    /// The reason to wait that was told last.
    told: String,
    attached: Option<Attached>,
}

impl Visiting {
    /// Waits for a container of a Pod.
    pub(super) fn new(pod: &Object, container: String) -> Visiting {
        Visiting { key: pod.key(), container, told: String::new(), attached: None }
    }

    /// Whether it passes standard input on.
    pub fn reads_input(&self) -> bool {
        self.attached.as_ref().is_some_and(Attached::reads_input)
    }

    /// Ctrl-C: on a terminal it is for the process in the container; whether it is.
    pub fn interrupt(&mut self) -> bool {
        self.attached.as_mut().is_some_and(Attached::interrupt)
    }

    /// Goes on as the container does; one that has ended already shows its log.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if let Some(attached) = &mut self.attached {
            return attached.poll(run);
        }
        let pod = run.cluster.store().get(&self.key).and_then(Object::as_pod).cloned();
        let refusal = || crate::kubectl::run::refused(crate::sim::api::Refusal::not_found(&self.key));
        let pod = pod.ok_or_else(refusal)?;
        let state = containers::status_of(&pod, &self.container).and_then(|status| status.state.clone());
        let state = state.unwrap_or_default();
        if state.running.is_some() {
            let mut attached = Attached::begin(run, &pod, &self.container, From::Start);
            let flow = attached.poll(run);
            self.attached = Some(attached);
            return flow;
        }
        if state.terminated.is_some() {
            Attached::to_log(run, &self.key, &self.container);
            return Ok(Flow::Done);
        }
        let waiting = state.waiting.and_then(|waiting| waiting.message).unwrap_or_default();
        if !waiting.is_empty() && waiting != self.told && !run.args.is("quiet") {
            run.warn(&format!("Warning: container {}: {waiting}", self.container));
            self.told = waiting;
        }
        Ok(Flow::Until(SimTime::NEVER))
    }
}
