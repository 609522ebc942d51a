//! The eviction and binding subresources of Pods (registry/core/pod/rest/eviction.go, registry/core/pod/storage).

use super::refusal::{FieldError, FieldReason, Reason, Refusal};
use super::{DeleteOptions, Subresource, Write, Written};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::cluster::Context;
use crate::sim::controllers::disruption;
use k8s_openapi::api::core::v1::PodCondition;
use std::sync::Arc;

impl Context<'_> {
    /// Asks a Pod to leave, if its disruption budget allows it.
    pub fn evict(&mut self, key: &Key, options: &DeleteOptions, write: &Write) -> Result<Written, Refusal> {
        let pod = self.store.get(key).and_then(Object::as_pod).cloned();
        let pod = pod.ok_or_else(|| Refusal::not_found(key))?;
        if needs_budget(&pod) {
            self.spend_budget(&pod, write)?;
        }
        if !write.dry_run {
            let condition = disruption_target("EvictionByEvictionAPI", "Eviction API: evicting");
            self.set_pod_condition(key, condition, write);
        }
        self.delete(key, options, write)
    }

    /// Writes one condition of a Pod, if that changes anything.
    pub fn set_pod_condition(&mut self, key: &Key, condition: PodCondition, write: &Write) {
        let Some(mut pod) = self.store.get(key).and_then(Object::as_pod).cloned() else { return };
        let now = self.now.to_time();
        if put_condition(&mut pod, condition, now) {
            let _ = self.update(Object::Pod(pod), Subresource::Status, write);
        }
    }

    /// Binds a Pod to a node, as the scheduler does. `condition` is written with it.
    pub fn bind(&mut self, key: &Key, node: &str, write: &Write) -> Result<(), Refusal> {
        let refuse = |why: String| {
            let message = format!("Operation cannot be fulfilled on pods/binding \"{}\": {why}", key.name);
            Refusal::about(Reason::Conflict, Kind::Pod, &key.name, message)
        };
        let mut pod =
            self.store.get(key).and_then(Object::as_pod).cloned().ok_or_else(|| Refusal::not_found(key))?;
        let name = &key.name;
        if pod.metadata.deletion_timestamp.is_some() {
            return Err(refuse(format!("pod {name} is being deleted, cannot be assigned to a host")));
        }
        if let Some(taken) = pod.spec.node_name.as_deref().filter(|n| !n.is_empty()) {
            return Err(refuse(format!("pod {name} is already assigned to node \"{taken}\"")));
        }
        if pod.spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
            return Err(refuse(format!("pod {name} has non-empty .spec.schedulingGates")));
        }
        Arc::make_mut(&mut pod.spec).node_name = Some(node.to_owned());
        let now = self.now.to_time();
        let scheduled =
            PodCondition { type_: "PodScheduled".into(), status: "True".into(), ..PodCondition::default() };
        put_condition(&mut pod, scheduled, now);
        let status = Arc::make_mut(&mut pod.status);
        for condition in status.conditions.iter_mut().flatten().filter(|c| c.type_ == "PodScheduled") {
            // The binding subresource does not record which generation it looked at.
            condition.observed_generation = None;
        }
        status.nominated_node_name = None;
        self.store.put(self.now, Object::Pod(pod), write.cause);
        Ok(())
    }

    fn spend_budget(&mut self, pod: &Pod, write: &Write) -> Result<(), Refusal> {
        let budgets = disruption::budgets_of(pod, self.store);
        let [name] = budgets.as_slice() else {
            if budgets.is_empty() {
                return Ok(());
            }
            return Err(Refusal::new(
                Reason::InternalError,
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        };
        match disruption::allow(pod, name, self, write) {
            Ok(()) => Ok(()),
            Err(why) => {
                let mut refusal = Refusal::about(
                    Reason::TooManyRequests,
                    Kind::Pod,
                    pod.name(),
                    "Cannot evict pod as it would violate the pod's disruption budget.",
                );
                refusal.causes.push(FieldError {
                    field: String::new(),
                    reason: FieldReason::Forbidden,
                    message: why,
                });
                Err(refusal)
            }
        }
    }
}

/// Pods that are pending, over or already leaving are evicted without asking a budget.
fn needs_budget(pod: &Pod) -> bool {
    !matches!(pod.status.phase.as_deref(), Some("Pending" | "Succeeded" | "Failed") | None)
        && pod.metadata.deletion_timestamp.is_none()
}

/// The condition of a Pod that is about to be disrupted.
pub fn disruption_target(reason: &str, message: &str) -> PodCondition {
    PodCondition {
        type_: "DisruptionTarget".into(),
        status: "True".into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        ..PodCondition::default()
    }
}

/// Sets a condition by type; its transition time moves only with its status. Whether anything changed.
pub fn put_condition(
    pod: &mut Pod,
    mut condition: PodCondition,
    now: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time,
) -> bool {
    condition.observed_generation = pod.metadata.generation;
    let list = Arc::make_mut(&mut pod.status).conditions.get_or_insert_default();
    if let Some(old) = list.iter_mut().find(|c| c.type_ == condition.type_) {
        condition.last_transition_time =
            if old.status == condition.status { old.last_transition_time.clone() } else { Some(now) };
        let changed = *old != condition;
        *old = condition;
        changed
    } else {
        condition.last_transition_time = Some(now);
        list.push(condition);
        true
    }
}
