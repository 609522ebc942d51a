//! Jobs (pkg/controller/job): as many Pods as needed until enough have succeeded or too many have failed.

mod end;
mod indexes;
mod policy;

use super::owning::{Owner, controller_key};
use super::pods;
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::sim::api::{Subresource, Write};
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use crate::sim::store::Change;
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobSpec, JobStatus};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The finalizer that keeps a Pod until it is counted.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// Changes of Pods are looked at in batches, milliseconds (`SyncJobBatchPeriod`).
const BATCH: u64 = 1_000;
/// The first wait after a failed Pod and the longest, milliseconds (`DefaultJobPodFailureBackOff`, `MaxJobPodFailureBackOff`).
const BACKOFF: (u64, u64) = (10_000, 600_000);
/// The value of `managedBy` that means this controller (`JobControllerName`); Jobs with another one are none of its business.
const MANAGER: &str = "kubernetes.io/job-controller";
/// The chapter about all this.
const CHAPTER: &str = "controllers";

/// Asks for the sync of Jobs a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::Job(_) => queue.add(Controller::Job, change.key.clone(), change.cause, context),
        Object::Pod(_) => {
            if let Some(key) = controller_key(&change.key, &change.object, Kind::Job)
                && queue.is_concerned(Controller::Job, &key, change)
            {
                queue.add_later(Controller::Job, key, BATCH, change.cause, context);
            }
        }
        _ => {}
    }
}

/// What the controller remembers of failures, until a success.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: SimTime,
}

/// The memory of the Job controller.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    failures: BTreeMap<String, Failures>,
}

/// A Job at work.
struct Run {
    owner: Owner,
    job: Job,
    spec: JobSpec,
    status: JobStatus,
    pods: Vec<Pod>,
    failures: Failures,
    /// When there is something to do without a change.
    again: Option<SimTime>,
    /// Whether a Pod was refused.
    refused: bool,
    ignored: i32,
}

impl Jobs {
    /// Takes one step.
    pub fn sync(&mut self, work: &Work, queue: &mut Queue, context: &mut Context) {
        let Some(Object::Job(job)) = context.store.get(&work.key).cloned() else {
            release_orphans(work, context);
            return;
        };
        let Some(spec) = job.spec.clone() else { return };
        let uid = job.metadata.uid.clone().unwrap_or_default();
        if is_finished(&job) {
            self.failures.remove(&uid);
            end::clean_up(&job, work, queue, context);
            return;
        }
        if spec.managed_by.as_deref().is_some_and(|manager| manager != MANAGER) {
            return;
        }
        if job.metadata.deletion_timestamp.is_some() {
            release_orphans(work, context);
            return;
        }
        let cause =
            context.because(work.cause, CHAPTER, format!("the Job {} takes its next step", work.key.name));
        let owner = Owner { object: Object::Job(job.clone()), component: "job-controller", cause };
        let selector = spec.selector.clone().unwrap_or_default();
        let pods = owner.claim(&selector, context);
        let failures = self.failures.get(&uid).copied().unwrap_or_default();
        let status = job.status.clone().unwrap_or_default();
        let job = Arc::unwrap_or_clone(job);
        let mut run =
            Run { owner, job, spec, status, pods, failures, again: None, refused: false, ignored: 0 };
        run.step(context);
        run.report(context);
        self.failures.insert(uid, run.failures);
        if run.refused {
            queue.retry(Controller::Job, work.key.clone(), context);
        } else {
            queue.forget(Controller::Job, &work.key);
        }
        if let Some(at) = run.again {
            queue.add_after(Controller::Job, work.key.clone(), at.since(context.now).max(1), context);
        }
    }
}

/// Lets go of the Pods of a Job that is gone or going: nobody will count them.
fn release_orphans(work: &Work, context: &mut Context) {
    let labels = BTreeMap::from([("batch.kubernetes.io/job-name".to_owned(), work.key.name.to_string())]);
    let pods = context.store.pods_with_labels(&work.key.namespace, &labels);
    let tracked: Vec<Pod> = pods.filter(|pod| is_tracked(pod)).cloned().collect();
    if tracked.is_empty() {
        return;
    }
    let text = format!("the Job {} no longer counts its Pods", work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    for mut pod in tracked {
        untrack(&mut pod);
        let _ = context.update(Object::Pod(pod), Subresource::Main, &Write::component(cause));
    }
}

fn untrack(pod: &mut Pod) {
    let metadata = Arc::make_mut(&mut pod.metadata);
    if let Some(list) = &mut metadata.finalizers {
        list.retain(|finalizer| finalizer != TRACKING);
        if list.is_empty() {
            metadata.finalizers = None;
        }
    }
    metadata.resource_version = None;
}

fn is_finished(job: &Job) -> bool {
    has_condition(job.status.as_ref(), "Complete") || has_condition(job.status.as_ref(), "Failed")
}

fn has_condition(status: Option<&JobStatus>, type_: &str) -> bool {
    let conditions = status.and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|c| c.type_ == type_ && c.status == "True")
}

impl Run {
    fn step(&mut self, context: &mut Context) {
        let suspended = self.spec.suspend == Some(true);
        if self.status.start_time.is_none() && !suspended {
            self.status.start_time = Some(context.now.to_time());
        }
        self.count_finished(context);
        if !self.is_ending() {
            self.judge(context);
        }
        if self.is_ending() {
            self.delete_active(context);
            self.conclude(context);
        } else if suspended {
            self.suspend(context);
        } else {
            self.resume(context);
            self.manage(context);
        }
    }

    /// Whether it is decided how the Job ends.
    fn is_ending(&self) -> bool {
        ["FailureTarget", "SuccessCriteriaMet"].iter().any(|type_| has_condition(Some(&self.status), type_))
    }

    fn is_failed(&self, pod: &Pod) -> bool {
        let only_failed = self.spec.pod_replacement_policy.as_deref() == Some("Failed")
            || self.spec.pod_failure_policy.is_some();
        match pods::phase(pod) {
            "Failed" => true,
            "Succeeded" => false,
            _ => !only_failed && pods::is_leaving(pod),
        }
    }

    /// Counts Pods that ended since the last time and lets them go.
    fn count_finished(&mut self, context: &mut Context) {
        let fresh: Vec<Pod> = self.pods.iter().filter(|pod| is_tracked(pod)).cloned().collect();
        let mut ended: Vec<(SimTime, Pod)> = fresh
            .into_iter()
            .filter(|pod| pods::phase(pod) == "Succeeded" || self.is_failed(pod))
            .filter(|pod| !self.awaits_successor(pod))
            .map(|pod| (end_of(&pod, context.now), pod))
            .collect();
        ended.sort_by_key(|(at, _)| *at);
        for (at, pod) in ended {
            if !self.is_beyond(&pod) {
                self.note_end(&pod, at);
            }
            self.release(&pod, context);
        }
    }

    fn note_end(&mut self, pod: &Pod, at: SimTime) {
        if pods::phase(pod) == "Succeeded" {
            self.note_success(pod);
            self.failures = Failures::default();
        } else {
            self.note_failure(pod, at);
        }
    }

    fn note_success(&mut self, pod: &Pod) {
        if self.is_indexed() {
            self.note_index(pod);
        } else {
            self.status.succeeded = Some(self.status.succeeded.unwrap_or(0) + 1);
        }
    }

    fn note_failure(&mut self, pod: &Pod, at: SimTime) {
        match self.failure_action(pod) {
            policy::Action::Ignore => {
                self.ignored += 1;
                return;
            }
            policy::Action::FailJob(message) => self.fail_later("PodFailurePolicy", &message, at),
            policy::Action::FailIndex => self.note_failed_index(pod),
            policy::Action::Count => self.count_index_failure(pod),
        }
        self.status.failed = Some(self.status.failed.unwrap_or(0) + 1);
        self.failures.count += 1;
        self.failures.last = self.failures.last.max(at);
    }

    fn release(&mut self, pod: &Pod, context: &mut Context) {
        let key = Key::pod(pod.namespace(), pod.name());
        let Some(mut current) = context.store.get(&key).and_then(Object::as_pod).cloned() else { return };
        untrack(&mut current);
        let _ = context.update(Object::Pod(current.clone()), Subresource::Main, &self.owner.write());
        if let Some(mine) = self.pods.iter_mut().find(|p| p.name() == pod.name()) {
            *mine = current;
        }
    }

    fn active(&self) -> Vec<Pod> {
        self.pods.iter().filter(|pod| pods::is_active(pod)).cloned().collect()
    }

    fn terminating(&self) -> usize {
        self.pods.iter().filter(|pod| pods::is_leaving(pod) && !pods::is_over(pod)).count()
    }

    /// Creates or deletes Pods so that as many are active as wanted.
    fn manage(&mut self, context: &mut Context) {
        let active = self.active();
        let wanted = self.wanted(active.len());
        if active.len() > wanted {
            let surplus = active.len() - wanted;
            for pod in active.iter().rev().take(surplus) {
                self.owner.delete(pod, context);
            }
            return;
        }
        let waits_for_end = self.spec.pod_replacement_policy.as_deref() == Some("Failed")
            || self.spec.pod_failure_policy.is_some();
        let held = if waits_for_end { self.terminating() } else { 0 };
        let mut missing = wanted.saturating_sub(active.len() + held);
        if missing == 0 {
            return;
        }
        let room = pods::room_in_burst(self.owner.tally(context), context.now);
        if missing > room {
            missing = room;
            self.again = Some(context.now.plus(pods::NEXT_BURST));
        }
        // Where every number has its own limit it has its own wait, too.
        let ready =
            if self.spec.backoff_limit_per_index.is_some() { SimTime(0) } else { self.backoff_over() };
        if ready > context.now {
            self.again = Some(ready);
            return;
        }
        if self.is_indexed() {
            self.create_indexed(missing, context);
        } else {
            for _ in 0..missing {
                if !self.create(None, context) {
                    return;
                }
            }
        }
    }

    /// When the wait after the last failure is over.
    fn backoff_over(&self) -> SimTime {
        self.failures.last.plus(wait_after(self.failures.count))
    }

    fn wanted(&self, active: usize) -> usize {
        let parallelism = usize::try_from(self.spec.parallelism.unwrap_or(1)).unwrap_or(0);
        let succeeded = usize::try_from(self.status.succeeded.unwrap_or(0)).unwrap_or(0);
        match self.spec.completions {
            None if succeeded > 0 => active,
            None => parallelism,
            Some(completions) => {
                let left = usize::try_from(completions).unwrap_or(0).saturating_sub(succeeded);
                left.min(parallelism)
            }
        }
    }

    /// Creates one Pod, for an index if there is one.
    fn create(&mut self, index: Option<i32>, context: &mut Context) -> bool {
        let mut pod = self.owner.pod(&self.spec.template);
        let metadata = Arc::make_mut(&mut pod.metadata);
        metadata.finalizers.get_or_insert_default().push(TRACKING.to_owned());
        metadata.generate_name = Some(format!("{}-", self.owner.name()));
        if let Some(index) = index {
            indexes::mark(&mut pod, self.owner.name(), index);
        }
        if let Ok(pod) = self.owner.create(pod, context) {
            self.pods.push(pod);
            true
        } else {
            self.refused = true;
            false
        }
    }

    fn delete_active(&mut self, context: &mut Context) {
        for pod in self.active() {
            self.owner.delete(&pod, context);
            let key = Key::pod(pod.namespace(), pod.name());
            let current = context.store.get(&key).and_then(Object::as_pod).cloned();
            if let (Some(current), Some(mine)) =
                (current, self.pods.iter_mut().find(|p| p.name() == pod.name()))
            {
                *mine = current;
            }
        }
    }

    fn report(&mut self, context: &mut Context) {
        let active = self.active();
        let some = |n: usize| Some(n as i32);
        self.status.active = some(active.len()).filter(|n| *n > 0);
        self.status.ready = some(active.iter().filter(|pod| pods::is_ready(pod)).count());
        self.status.terminating = some(self.terminating());
        self.status.uncounted_terminated_pods =
            Some(k8s_openapi::api::batch::v1::UncountedTerminatedPods::default());
        self.job.status = Some(self.status.clone());
        let mut job = self.job.clone();
        job.metadata.resource_version = None;
        let _ = context.update(Object::Job(Arc::new(job)), Subresource::Status, &self.owner.write());
    }

    fn set_condition(&mut self, type_: &str, value: &str, reason: &str, message: &str, now: SimTime) -> bool {
        let list = self.status.conditions.get_or_insert_default();
        let wanted = JobCondition {
            type_: type_.into(),
            status: value.into(),
            reason: Some(reason.into()).filter(|r: &String| !r.is_empty()),
            message: Some(message.into()).filter(|m: &String| !m.is_empty()),
            last_probe_time: Some(now.to_time()),
            last_transition_time: Some(now.to_time()),
        };
        match list.iter_mut().find(|c| c.type_ == type_) {
            Some(old) if old.status == value => false,
            Some(old) => {
                *old = wanted;
                true
            }
            None => {
                list.push(wanted);
                true
            }
        }
    }

    fn suspend(&mut self, context: &mut Context) {
        self.delete_active(context);
        if self.set_condition("Suspended", "True", "JobSuspended", "Job suspended", context.now) {
            self.owner.event(EventType::Normal, "Suspended", "Job suspended".into(), context);
        }
        self.status.start_time = None;
    }

    fn resume(&mut self, context: &mut Context) {
        if has_condition(Some(&self.status), "Suspended") {
            self.set_condition("Suspended", "False", "JobResumed", "Job resumed", context.now);
            self.status.start_time = Some(context.now.to_time());
            self.owner.event(EventType::Normal, "Resumed", "Job resumed".into(), context);
        }
    }
}

/// How long to wait after so many failures, milliseconds.
fn wait_after(failures: u32) -> u64 {
    if failures == 0 { 0 } else { (BACKOFF.0 << (failures - 1).min(16)).min(BACKOFF.1) }
}

fn is_tracked(pod: &Pod) -> bool {
    pod.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == TRACKING)
}

/// When a Pod ended: its last container's end, else when it stopped being ready, else when its deletion was asked for.
fn end_of(pod: &Pod, now: SimTime) -> SimTime {
    let statuses = pod.status.container_statuses.iter().flatten();
    let ends = statuses.filter_map(|c| c.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref());
    if let Some(last) = ends.map(SimTime::of).max().filter(|_| pods::is_over(pod)) {
        return last;
    }
    if let Some(deadline) = pod.metadata.deletion_timestamp.as_ref() {
        let grace = u64::try_from(pod.metadata.deletion_grace_period_seconds.unwrap_or(0)).unwrap_or(0);
        return SimTime(SimTime::of(deadline).0.saturating_sub(grace * 1000));
    }
    let ready = pods::condition(pod, "Ready").and_then(|c| c.last_transition_time.as_ref());
    ready.map_or(now, SimTime::of)
}
