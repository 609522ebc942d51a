//! How Jobs end: success, failure, and what is left afterwards.

use super::{Run, has_condition};
use crate::kube::{Key, Kind, SimTime};
use crate::sim::api::{DeleteOptions, Propagation, Write};
use crate::sim::cluster::Context;
use crate::sim::controllers::queue::Queue;
use crate::sim::controllers::{Controller, Work, pods};
use crate::sim::events::EventType;
use k8s_openapi::api::batch::v1::Job;

/// How many Pods may fail (backoffLimit).
const LIMIT: i32 = 6;

impl Run {
    /// Decides whether the Job has to end.
    pub(super) fn judge(&mut self, context: &mut Context) {
        let now = context.now;
        if has_condition(Some(&self.status), "FailureTarget") {
            return;
        }
        if self.past_limit() {
            self.fail_later("BackoffLimitExceeded", "Job has reached the specified backoff limit", now);
        } else if self.past_deadline(now) {
            self.fail_later("DeadlineExceeded", "Job was active longer than specified deadline", now);
        } else if let Some((reason, message)) = self.index_failure() {
            self.fail_later(reason, message, now);
        } else if let Some((reason, message)) = self.success() {
            self.set_condition("SuccessCriteriaMet", "True", reason, &message, now);
        }
    }

    /// Marks the Job as failing; it has failed when its Pods have ended.
    pub(super) fn fail_later(&mut self, reason: &str, message: &str, now: SimTime) {
        self.set_condition("FailureTarget", "True", reason, message, now);
    }

    fn past_limit(&self) -> bool {
        if self.spec.backoff_limit_per_index.is_some() && self.spec.backoff_limit.is_none() {
            return false;
        }
        let limit = self.spec.backoff_limit.unwrap_or(LIMIT);
        if self.status.failed.unwrap_or(0) > limit {
            return true;
        }
        let on_failure = self.spec.template.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
        if on_failure != Some("OnFailure") {
            return false;
        }
        let restarts: i32 = self
            .active()
            .iter()
            .map(|pod| {
                let all = pod.status.init_container_statuses.iter().flatten();
                all.chain(pod.status.container_statuses.iter().flatten())
                    .map(|c| c.restart_count)
                    .sum::<i32>()
            })
            .sum();
        if limit == 0 { restarts > 0 } else { restarts >= limit }
    }

    fn past_deadline(&mut self, now: SimTime) -> bool {
        let (Some(seconds), Some(start)) = (self.spec.active_deadline_seconds, &self.status.start_time)
        else {
            return false;
        };
        if self.spec.suspend == Some(true) {
            return false;
        }
        let at = SimTime::of(start).plus(u64::try_from(seconds).unwrap_or(0) * 1000);
        if now >= at {
            return true;
        }
        self.again = Some(at);
        false
    }

    fn success(&self) -> Option<(&'static str, String)> {
        if let Some(reached) = self.success_policy() {
            return Some(reached);
        }
        let succeeded = self.status.succeeded.unwrap_or(0);
        let enough = match self.spec.completions {
            Some(completions) => succeeded >= completions,
            None => succeeded > 0 && self.active().is_empty(),
        };
        enough.then(|| ("CompletionsReached", "Reached expected number of succeeded pods".to_owned()))
    }

    /// Turns the target into the end once every Pod has ended.
    pub(super) fn conclude(&mut self, context: &mut Context) {
        let running = self.pods.iter().any(|pod| !pods::is_over(pod));
        if running {
            return;
        }
        let now = context.now;
        let target = |run: &Run, type_: &str| {
            let list = run.status.conditions.iter().flatten();
            let found = list.into_iter().find(|c| c.type_ == type_ && c.status == "True");
            found.map(|c| (c.reason.clone().unwrap_or_default(), c.message.clone().unwrap_or_default()))
        };
        if let Some((reason, message)) = target(self, "FailureTarget") {
            self.set_condition("Failed", "True", &reason, &message, now);
            let reason = FAILURES.iter().find(|known| **known == reason).copied().unwrap_or("JobFailed");
            self.owner.event(EventType::Warning, reason, message, context);
        } else if let Some((reason, message)) = target(self, "SuccessCriteriaMet") {
            self.set_condition("Complete", "True", &reason, &message, now);
            self.status.completion_time = Some(now.to_time());
            self.owner.event(EventType::Normal, "Completed", "Job completed".into(), context);
        }
    }
}

/// Why Jobs fail, as conditions and events name it.
const FAILURES: [&str; 5] = [
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "PodFailurePolicy",
    "FailedIndexes",
    "MaxFailedIndexesExceeded",
];

/// Deletes a finished Job with its Pods when its time is over.
pub fn clean_up(job: &Job, work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(seconds) = job.spec.as_ref().and_then(|spec| spec.ttl_seconds_after_finished) else { return };
    if job.metadata.deletion_timestamp.is_some() {
        return;
    }
    let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut ends =
        conditions.filter(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True");
    let Some(end) = ends.find_map(|c| c.last_transition_time.as_ref()) else { return };
    let at = SimTime::of(end).plus(u64::try_from(seconds).unwrap_or(0) * 1000);
    if context.now < at {
        queue.add_after(Controller::Job, work.key.clone(), at.since(context.now), context);
        return;
    }
    let text = format!("the Job {} ended {seconds} s ago and is deleted, as it asked", work.key.name);
    let cause = context.because(work.cause, super::CHAPTER, text);
    let options = DeleteOptions { propagation: Propagation::Foreground, ..DeleteOptions::default() };
    let key = Key::new(Kind::Job, &work.key.namespace, &work.key.name);
    let _ = context.delete(&key, &options, &Write::component(cause));
}
