//! `StatefulSets` (pkg/controller/statefulset): Pods with lasting names, made and ended in order.

mod claims;

use super::history;
use super::owning::{Owner, controller_key};
use super::pods;
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::core::{PersistentVolumeClaimVolumeSource, PodTemplateSpec, Volume};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::api::{DeleteOptions, Subresource};
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetStatus};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The chapter about all this.
const CHAPTER: &str = "controllers";

/// Asks for the sync of `StatefulSets` a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::StatefulSet(_) if change.kind != ChangeKind::Deleted => {
            queue.add(Controller::StatefulSet, change.key.clone(), change.cause, context);
        }
        Object::Pod(_) => {
            if let Some(key) = controller_key(&change.key, &change.object, Kind::StatefulSet)
                && queue.is_concerned(Controller::StatefulSet, &key, change)
            {
                queue.add(Controller::StatefulSet, key, change.cause, context);
            }
        }
        _ => {}
    }
}

/// A `StatefulSet` at work.
struct Ordered {
    owner: Owner,
    set: StatefulSet,
    spec: StatefulSetSpec,
    /// The Pods by ordinal, those beyond the wanted number as well.
    pods: BTreeMap<i32, Pod>,
    /// The hash of the template Pods are to have, and of the one they had.
    update: String,
    current: String,
    /// Whether a Pod was refused.
    refused: bool,
}

/// Takes one step.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(Object::StatefulSet(set)) = context.store.get(&work.key).cloned() else { return };
    let Some(spec) = set.spec.clone() else { return };
    let cause = context.because(
        work.cause,
        CHAPTER,
        format!("the StatefulSet {} takes its next step", work.key.name),
    );
    let owner =
        Owner { object: Object::StatefulSet(set.clone()), component: "statefulset-controller", cause };
    let claimed = owner.claim(&spec.selector, context);
    let labels = spec.selector.match_labels.clone().unwrap_or_default();
    let update = history::hash_of(&history::current(&owner, &spec.template, labels, context));
    let set = Arc::unwrap_or_clone(set);
    let before = set.status.as_ref().and_then(|status| status.current_revision.clone());
    let current = before.filter(|hash| !hash.is_empty()).map_or_else(
        || update.clone(),
        |name| name.strip_prefix(&format!("{}-", work.key.name)).unwrap_or(&name).to_owned(),
    );
    let pods = claimed.into_iter().filter_map(|pod| Some((ordinal(&pod, &work.key.name)?, pod))).collect();
    let mut ordered = Ordered { owner, set, spec, pods, update, current, refused: false };
    if ordered.set.metadata.deletion_timestamp.is_none() {
        ordered.step(queue, work, context);
    }
    ordered.report(context);
    if ordered.refused {
        queue.retry(Controller::StatefulSet, work.key.clone(), context);
    } else {
        queue.forget(Controller::StatefulSet, &work.key);
    }
}

/// The number at the end of a Pod's name.
fn ordinal(pod: &Pod, set: &str) -> Option<i32> {
    pod.name().strip_prefix(set)?.strip_prefix('-')?.parse().ok()
}

impl Ordered {
    fn first(&self) -> i32 {
        self.spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0)
    }

    fn end(&self) -> i32 {
        self.first().saturating_add(self.spec.replicas.unwrap_or(1))
    }

    fn in_order(&self) -> bool {
        self.spec.pod_management_policy.as_deref() != Some("Parallel")
    }

    fn partition(&self) -> i32 {
        let strategy = self.spec.update_strategy.as_ref().and_then(|s| s.rolling_update.as_ref());
        strategy.and_then(|rolling| rolling.partition).unwrap_or(0)
    }

    fn is_healthy(&self, pod: &Pod, context: &Context) -> bool {
        let min_ready = self.spec.min_ready_seconds.unwrap_or(0);
        pods::phase(pod) == "Running"
            && pods::is_available(pod, min_ready, context.now)
            && !pods::is_leaving(pod)
    }

    fn step(&mut self, queue: &mut Queue, work: &Work, context: &mut Context) {
        let mut room = pods::room_in_burst(self.owner.tally(context), context.now);
        for ordinal in self.first()..self.end() {
            if !self.pods.contains_key(&ordinal) {
                if room == 0 {
                    queue.add_after(Controller::StatefulSet, work.key.clone(), pods::NEXT_BURST, context);
                    return;
                }
                room -= 1;
            }
            let healthy = self.ensure(ordinal, context);
            if self.refused {
                return;
            }
            if !healthy && self.in_order() {
                self.look_again(ordinal, queue, work, context);
                return;
            }
        }
        if self.condemn(context) {
            self.update_pods(context);
        }
    }

    /// A Pod that is ready but not yet available becomes so without a change.
    fn look_again(&self, ordinal: i32, queue: &mut Queue, work: &Work, context: &mut Context) {
        let wait = u64::try_from(self.spec.min_ready_seconds.unwrap_or(0)).unwrap_or(0) * 1000;
        let since = self.pods.get(&ordinal).and_then(pods::ready_since);
        if let Some(since) = since.filter(|_| wait > 0) {
            let at = since.plus(wait).since(context.now).max(1);
            queue.add_after(Controller::StatefulSet, work.key.clone(), at, context);
        }
    }

    /// Makes sure that a Pod stands in its place; whether it is healthy there.
    fn ensure(&mut self, ordinal: i32, context: &mut Context) -> bool {
        match self.pods.get(&ordinal).cloned() {
            None => {
                self.create(ordinal, context);
                false
            }
            Some(pod) if pods::is_over(&pod) => {
                // A Pod that ended is replaced under its own name, once it is gone.
                if !pods::is_leaving(&pod) {
                    self.delete(&pod, context);
                }
                false
            }
            Some(pod) => {
                self.own_claims(&pod, true, context);
                self.is_healthy(&pod, context)
            }
        }
    }

    /// Ends Pods beyond the wanted number, the last first; whether none is left.
    fn condemn(&mut self, context: &mut Context) -> bool {
        let (first, end) = (self.first(), self.end());
        let beyond: Vec<Pod> = self
            .pods
            .iter()
            .rev()
            .filter(|(i, _)| **i >= end || **i < first)
            .map(|(_, p)| p.clone())
            .collect();
        let none = beyond.is_empty();
        for pod in &beyond {
            self.own_claims(pod, false, context);
        }
        for pod in beyond {
            if pods::is_leaving(&pod) {
                if self.in_order() {
                    return false;
                }
                continue;
            }
            self.delete(&pod, context);
            if self.in_order() {
                return false;
            }
        }
        none
    }

    /// Replaces Pods of an older template, the last first, one at a time.
    fn update_pods(&mut self, context: &mut Context) {
        let strategy = self.spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref());
        if strategy == Some("OnDelete") {
            return;
        }
        let from = self.first().max(self.partition());
        for ordinal in (from..self.end()).rev() {
            let Some(pod) = self.pods.get(&ordinal).cloned() else { return };
            if hash_of(&pod) != Some(&self.update) && !pods::is_leaving(&pod) {
                self.delete(&pod, context);
                return;
            }
            if !self.is_healthy(&pod, context) {
                return;
            }
        }
    }

    fn create(&mut self, ordinal: i32, context: &mut Context) {
        let name = format!("{}-{ordinal}", self.owner.name());
        // Below the partition the former template stays in force.
        let old = ordinal < self.partition() && self.current != self.update;
        let hash = if old { self.current.clone() } else { self.update.clone() };
        let template =
            history::template_of(&self.owner, &hash, context).unwrap_or_else(|| self.spec.template.clone());
        let pod = self.pod(&name, ordinal, &hash, &template);
        self.create_claims(&name, context);
        match context.create(Object::Pod(pod), &self.owner.write()) {
            Ok(written) => {
                let message = format!("Create Pod {name} in StatefulSet {} successful", self.owner.name());
                self.owner.event(EventType::Normal, "SuccessfulCreate", message, context);
                if let Some(pod) = written.object.as_pod() {
                    self.own_claims(pod, true, context);
                    self.pods.insert(ordinal, pod.clone());
                }
            }
            Err(refusal) => {
                let set = self.owner.name();
                let message = format!("Create Pod {name} in StatefulSet {set} failed error: {refusal}");
                self.owner.event(EventType::Warning, "FailedCreate", message, context);
                self.refused = true;
            }
        }
    }

    fn pod(&self, name: &str, ordinal: i32, hash: &str, template: &PodTemplateSpec) -> Pod {
        let mut pod = self.owner.pod(template);
        let metadata = Arc::make_mut(&mut pod.metadata);
        metadata.name = Some(name.to_owned());
        metadata.generate_name = Some(format!("{}-", self.owner.name()));
        let labels = metadata.labels.get_or_insert_default();
        labels.insert("apps.kubernetes.io/pod-index".into(), ordinal.to_string());
        labels.insert(history::HASH_LABEL.into(), format!("{}-{hash}", self.owner.name()));
        labels.insert("statefulset.kubernetes.io/pod-name".into(), name.to_owned());
        let spec = Arc::make_mut(&mut pod.spec);
        spec.hostname = Some(name.to_owned());
        spec.subdomain = self.spec.service_name.clone().filter(|s| !s.is_empty());
        for template in self.spec.volume_claim_templates.iter().flatten() {
            let volume = template.metadata.name.clone().unwrap_or_default();
            let volumes = spec.volumes.get_or_insert_default();
            volumes.retain(|old| old.name != volume);
            volumes.push(Volume {
                persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                    claim_name: claims::claim_name(&volume, name),
                    read_only: None,
                }),
                name: volume,
                ..Volume::default()
            });
        }
        pod
    }

    fn delete(&self, pod: &Pod, context: &mut Context) {
        let key = Key::pod(pod.namespace(), pod.name());
        if context.delete(&key, &DeleteOptions::default(), &self.owner.write()).is_ok() {
            let message =
                format!("Delete Pod {} in StatefulSet {} successful", pod.name(), self.owner.name());
            self.owner.event(EventType::Normal, "SuccessfulDelete", message, context);
        }
    }

    fn report(&self, context: &mut Context) {
        let named = |hash: &str| format!("{}-{hash}", self.owner.name());
        let count = |test: &dyn Fn(&Pod) -> bool| self.pods.values().filter(|pod| test(pod)).count() as i32;
        let some = |n: i32| Some(n).filter(|n| *n > 0);
        let (first, end) = (self.first(), self.end());
        let wanted = count(&|pod| !pods::is_leaving(pod) || ordinal(pod, self.owner.name()).is_some());
        let updated = count(&|pod| hash_of(pod) == Some(&self.update) && !pods::is_leaving(pod));
        let settled = updated == end - first && self.pods.values().all(|pod| self.is_healthy(pod, context));
        let current = if settled { &self.update } else { &self.current };
        let min_ready = self.spec.min_ready_seconds.unwrap_or(0);
        let status = StatefulSetStatus {
            replicas: wanted,
            ready_replicas: some(count(&|pod| pods::is_ready(pod) && pods::phase(pod) == "Running")),
            available_replicas: Some(count(&|pod| pods::is_available(pod, min_ready, context.now))),
            current_replicas: some(count(&|pod| hash_of(pod) == Some(current) && !pods::is_leaving(pod))),
            updated_replicas: some(updated),
            current_revision: Some(named(current)),
            update_revision: Some(named(&self.update)),
            observed_generation: self.set.metadata.generation,
            collision_count: Some(0),
            ..StatefulSetStatus::default()
        };
        let mut set = self.set.clone();
        set.status = Some(status);
        set.metadata.resource_version = None;
        let _ = context.update(Object::StatefulSet(Arc::new(set)), Subresource::Status, &self.owner.write());
        let used = vec![self.update.clone(), self.current.clone()];
        history::prune(&self.owner, self.spec.revision_history_limit.unwrap_or(10), &used, context);
    }
}

/// The template hash a Pod carries, without the set's name.
fn hash_of(pod: &Pod) -> Option<&str> {
    let label = pod.metadata.labels.as_ref()?.get(history::HASH_LABEL)?;
    label.rsplit('-').next()
}
