//! From the choice of a node to the Pod's binding: a Pod whose volumes are still being bound or made waits for them with its place kept
//! (`bindingCycle` and, of the plugin, `BindPodVolumes`).

use super::demand::Demand;
use super::volumes;
use super::{CHAPTER, Due, Scheduler, note, report};
use crate::kube::{Key, Object, Pod, SimTime};
use crate::sim::api::Write;
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context};
use crate::sim::events::EventType;
use std::sync::Arc;

/// How often the scheduler looks whether volumes are bound, milliseconds; the first look comes after one such wait.
const LOOK: u64 = 1000;
/// How long it waits for them, milliseconds (`bindTimeoutSeconds`).
const PATIENCE: u64 = 600_000;

/// A Pod whose node is chosen and whose volumes are not bound yet.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    demand: Arc<Demand>,
    node: Arc<str>,
    since: SimTime,
    cause: CauseId,
}

impl Scheduler {
    /// A node is chosen: keeps the place, asks for volumes, and binds the Pod, now or when it has them.
    pub(super) fn assume(
        &mut self,
        pod: &Pod,
        demand: &Arc<Demand>,
        node: &Arc<str>,
        because: Option<CauseId>,
        context: &mut Context,
    ) {
        let cause =
            context.because(because, CHAPTER, format!("the scheduler chose node {node} for {}", pod.name()));
        self.nodes.forget_nomination(&demand.key);
        self.nodes.place(demand, node);
        self.queue.remove(&demand.key);
        let place = self.nodes.place_of(node);
        let bindings = volumes::plan(demand, self.nodes.at(place), context.store).unwrap_or_default();
        if bindings.is_empty() {
            self.bind(pod, demand, node, cause, context);
            return;
        }
        bindings.ask(node, context, &Write::component(cause));
        let binding = Binding { demand: demand.clone(), node: node.clone(), since: context.now, cause };
        self.bindings.insert(demand.key.clone(), binding);
        context.after(LOOK, cluster::Due::Scheduler(Due::Bindings(demand.key.clone())));
    }

    /// Looks whether a Pod's volumes are bound.
    pub(super) fn look_at_bindings(&mut self, key: &Key, context: &mut Context) {
        let Some(binding) = self.bindings.get(key).cloned() else { return };
        // The reminder of an earlier Pod of this name.
        if !context.now.since(binding.since).is_multiple_of(LOOK) {
            return;
        }
        let Some(pod) = context.store.get(key).and_then(Object::as_pod).cloned() else { return };
        let late = context.now.since(binding.since) >= PATIENCE;
        match volumes::are_bound(&binding.demand, context.store) {
            Ok(true) => {
                self.bindings.remove(key);
                self.bind(&pod, &binding.demand, &binding.node, binding.cause, context);
            }
            Ok(false) if !late => {
                context.after(LOOK, cluster::Due::Scheduler(Due::Bindings(key.clone())));
            }
            Ok(false) => self.give_up(&pod, "context deadline exceeded", binding.cause, context),
            Err(why) => self.give_up(&pod, &why, binding.cause, context),
        }
    }

    /// Binds the Pod to its node and says so.
    fn bind(
        &mut self,
        pod: &Pod,
        demand: &Arc<Demand>,
        node: &Arc<str>,
        cause: CauseId,
        context: &mut Context,
    ) {
        if context.bind(&demand.key, node, &Write::component(cause)).is_err() {
            self.nodes.release(&demand.key);
            return;
        }
        let message = format!("Successfully assigned {}/{} to {node}", pod.namespace(), pod.name());
        let note = note(pod, EventType::Normal, "Scheduled", message);
        context.series_event(note, "Binding", cause);
    }

    /// The volumes do not come: gives the place back and tries again.
    fn give_up(&mut self, pod: &Pod, why: &str, because: CauseId, context: &mut Context) {
        let key = Key::pod(pod.namespace(), pod.name());
        self.bindings.remove(&key);
        self.nodes.release(&key);
        let message = format!("running PreBind plugin \"VolumeBinding\": binding volumes: {why}");
        let text = format!("the volumes of {} were not bound: {why}", pod.name());
        let cause = context.because(Some(because), CHAPTER, text);
        let note = note(pod, EventType::Warning, "FailedScheduling", message.clone());
        context.series_event(note, "Scheduling", cause);
        report(&key, ("SchedulerError", &message), None, cause, context);
        self.queue.again(pod, &key, cause);
        self.wake(context);
    }
}
