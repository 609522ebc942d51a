//! Disruption budgets (pkg/controller/disruption): how many of their Pods are healthy, how many may be evicted. Evicting itself is a
//! verb of the API; this module only tells whether it may happen and remembers that it did.

use super::queue::Queue;
use super::share::{Round, is_percent, share};
use super::{Controller, Work, pods};
use crate::kube::selector::Selector;
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, Note, Source, reference};
use crate::sim::store::{Change, Store};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use std::sync::Arc;

/// How long an evicted Pod counts as disrupted although it is still there, seconds (`DeletionTimeout`).
const DELETION_TIMEOUT: i64 = 120;
/// The chapter about all this.
const CHAPTER: &str = "disruption";

/// Asks for the sync of budgets a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::PodDisruptionBudget(_) => {
            queue.add(Controller::Disruption, change.key.clone(), change.cause, context);
        }
        Object::Pod(pod) => {
            let namespace = pod.namespace();
            for name in budgets_of(pod, context.store) {
                let key = Key::new(Kind::PodDisruptionBudget, namespace, &name);
                queue.add(Controller::Disruption, key, change.cause, context);
            }
        }
        _ => {}
    }
}

/// The names of the budgets that select a Pod.
pub fn budgets_of(pod: &Pod, store: &Store) -> Vec<String> {
    let labels = pod.metadata.labels.as_ref();
    let budgets = store.list(Kind::PodDisruptionBudget, Some(pod.namespace()));
    budgets.filter_map(as_budget).filter(|b| selector(b).matches_opt(labels)).map(name_of).collect()
}

/// How many more disruptions a budget allows.
pub fn allowed(namespace: &str, name: &str, store: &Store) -> i32 {
    let key = Key::new(Kind::PodDisruptionBudget, namespace, name);
    let budget = store.get(&key).and_then(as_budget);
    let status = budget.and_then(|budget| budget.status.as_ref());
    status.and_then(|status| status.disruptions_allowed).unwrap_or_default()
}

/// Takes one disruption of `pod` from the budget `name`, or says why it has none left.
pub fn allow(pod: &Pod, name: &str, context: &mut Context, write: &Write) -> Result<(), String> {
    let key = Key::new(Kind::PodDisruptionBudget, pod.namespace(), name);
    let Some(budget) = context.store.get(&key).and_then(as_budget).cloned() else { return Ok(()) };
    let status = budget.status.clone().unwrap_or_default();
    let (healthy, desired, left) = (
        status.current_healthy.unwrap_or_default(),
        status.desired_healthy.unwrap_or_default(),
        status.disruptions_allowed.unwrap_or_default(),
    );
    if status.observed_generation.unwrap_or_default() < budget.metadata.generation.unwrap_or_default() {
        return Err(format!("The disruption budget {name} is still being processed by the server."));
    }
    if !pods::is_ready(pod) {
        let always = budget.spec.as_ref().and_then(|s| s.unhealthy_pod_eviction_policy.as_deref())
            == Some("AlwaysAllow");
        let enough = healthy >= desired && desired > 0;
        if always || enough {
            return Ok(());
        }
    }
    if left <= 0 {
        return Err(format!(
            "The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        ));
    }
    if write.dry_run {
        return Ok(());
    }
    let mut budget = Arc::unwrap_or_clone(budget);
    let now = context.now.to_time();
    let status = budget.status.get_or_insert_default();
    status.disruptions_allowed = Some(left - 1);
    if left == 1 {
        set_condition(status, budget.metadata.generation, &now);
    }
    status.disrupted_pods.get_or_insert_default().insert(pod.name().to_owned(), now);
    let _ = context.update(Object::PodDisruptionBudget(Arc::new(budget)), Subresource::Status, write);
    Ok(())
}

/// Brings the status of a budget up to date.
pub fn sync(work: &Work, context: &mut Context) {
    let Some(budget) = context.store.get(&work.key).and_then(as_budget).cloned() else { return };
    let pods: Vec<Pod> = selected(&budget, context.store).collect();
    let cause = context.because(
        work.cause,
        CHAPTER,
        format!("the disruption budget {} counts its Pods", work.key.name),
    );
    if pods.is_empty() {
        let note = Note {
            source: Source::controller("controllermanager"),
            about: reference(&Object::PodDisruptionBudget(budget.clone())),
            kind: EventType::Normal,
            reason: "NoPods",
            message: "No matching pods found".into(),
        };
        context.event(note, cause);
    }
    let (expected, desired) = wanted(&budget, &pods, context.store);
    let mut status = budget.status.clone().unwrap_or_default();
    let now = context.now.to_time();
    still_disrupted(&mut status, &pods, &now);
    let disrupted = status.disrupted_pods.clone().unwrap_or_default();
    let healthy = pods.iter().filter(|pod| {
        pod.metadata.deletion_timestamp.is_none()
            && !disrupted.contains_key(pod.name())
            && pods::is_ready(pod)
    });
    let healthy = healthy.count() as i32;
    status.current_healthy = Some(healthy);
    status.expected_pods = Some(expected);
    status.desired_healthy = Some(desired);
    status.disruptions_allowed = Some(if expected > 0 { (healthy - desired).max(0) } else { 0 });
    status.observed_generation = budget.metadata.generation;
    set_condition(&mut status, budget.metadata.generation, &now);
    let mut budget = Arc::unwrap_or_clone(budget);
    budget.status = Some(status);
    let _ = context.update(
        Object::PodDisruptionBudget(Arc::new(budget)),
        Subresource::Status,
        &Write::component(cause),
    );
}

/// How many Pods there should be, and how many of them must stay healthy.
fn wanted(budget: &PodDisruptionBudget, pods: &[Pod], store: &Store) -> (i32, i32) {
    let spec = budget.spec.clone().unwrap_or_default();
    if let Some(unavailable) = &spec.max_unavailable {
        let expected = pods::expected_count(pods, store);
        return (expected, (expected - share(unavailable, expected, Round::Up)).max(0));
    }
    match &spec.min_available {
        Some(percent) if is_percent(percent) => {
            let expected = pods::expected_count(pods, store);
            (expected, share(percent, expected, Round::Up))
        }
        Some(number) => (pods.len() as i32, share(number, 0, Round::Up)),
        None => (0, 0),
    }
}

/// Drops evicted Pods that are gone, on their way out, or did not go after all.
fn still_disrupted(status: &mut PodDisruptionBudgetStatus, pods: &[Pod], now: &Time) {
    let Some(disrupted) = &mut status.disrupted_pods else { return };
    disrupted.retain(|name, at| {
        let fresh = now.0.as_second() - at.0.as_second() < DELETION_TIMEOUT;
        fresh && pods.iter().any(|p| p.name() == name && p.metadata.deletion_timestamp.is_none())
    });
    if disrupted.is_empty() {
        status.disrupted_pods = None;
    }
}

fn set_condition(status: &mut PodDisruptionBudgetStatus, generation: Option<i64>, now: &Time) {
    let (value, reason) = if status.disruptions_allowed > Some(0) {
        ("True", "SufficientPods")
    } else {
        ("False", "InsufficientPods")
    };
    let list = status.conditions.get_or_insert_default();
    let since = list.iter().find(|c| c.type_ == "DisruptionAllowed" && c.status == value);
    let condition = Condition {
        type_: "DisruptionAllowed".into(),
        status: value.into(),
        reason: reason.into(),
        message: String::new(),
        observed_generation: generation,
        last_transition_time: since.map_or_else(|| now.clone(), |c| c.last_transition_time.clone()),
    };
    list.retain(|c| c.type_ != "DisruptionAllowed");
    list.push(condition);
}

fn selected<'a>(budget: &'a PodDisruptionBudget, store: &'a Store) -> impl Iterator<Item = Pod> + 'a {
    let namespace = budget.metadata.namespace.as_deref().unwrap_or_default();
    let label_selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    pods::selected(store, namespace, label_selector).cloned()
}

fn selector(budget: &PodDisruptionBudget) -> Selector {
    Selector::of(budget.spec.as_ref().and_then(|spec| spec.selector.as_ref()))
}

fn as_budget(object: &Object) -> Option<&Arc<PodDisruptionBudget>> {
    if let Object::PodDisruptionBudget(budget) = object { Some(budget) } else { None }
}

fn name_of(budget: &Arc<PodDisruptionBudget>) -> String {
    budget.metadata.name.clone().unwrap_or_default()
}
