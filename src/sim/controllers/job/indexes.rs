//! Indexed Jobs: each Pod has a number, each number must succeed (pkg/controller/job: `indexed_job_utils.go`, `success_policy.go`).

use super::policy::Action;
use super::{Run, end_of, wait_after};
use crate::kube::core::{EnvVar, EnvVarSource, ObjectFieldSelector};
use crate::kube::{Pod, SimTime};
use crate::sim::cluster::Context;
use crate::sim::controllers::pods;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The annotation and label with a Pod's number.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The annotation with how often the number failed before this Pod.
const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";

/// Gives a new Pod its number: in name, host name, label, annotation and environment.
pub fn mark(pod: &mut Pod, job: &str, index: i32) {
    let metadata = Arc::make_mut(&mut pod.metadata);
    metadata.generate_name = Some(format!("{job}-{index}-"));
    metadata.annotations.get_or_insert_default().insert(INDEX.into(), index.to_string());
    metadata.labels.get_or_insert_default().insert(INDEX.into(), index.to_string());
    let spec = Arc::make_mut(&mut pod.spec);
    spec.hostname = Some(format!("{job}-{index}"));
    let variable = EnvVar {
        name: "JOB_COMPLETION_INDEX".into(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                api_version: None,
                field_path: format!("metadata.labels['{INDEX}']"),
            }),
            ..EnvVarSource::default()
        }),
    };
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        container.env.get_or_insert_default().push(variable.clone());
    }
}

fn index_of(pod: &Pod) -> Option<i32> {
    pod.metadata.annotations.as_ref()?.get(INDEX)?.parse().ok()
}

/// Reads `1,3-5`.
pub fn parse(text: &str) -> BTreeSet<i32> {
    let mut set = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.trim().parse::<i32>(), to.trim().parse::<i32>()) {
            set.extend(from..=to);
        }
    }
    set
}

/// Writes `1,3-5`.
pub fn format(set: &BTreeSet<i32>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = set.iter().copied().peekable();
    while let Some(from) = rest.next() {
        let mut to = from;
        while rest.peek() == Some(&(to + 1)) {
            to += 1;
            rest.next();
        }
        parts.push(match to - from {
            0 => from.to_string(),
            1 => format!("{from},{to}"),
            _ => format!("{from}-{to}"),
        });
    }
    parts.join(",")
}

impl Run {
    pub(super) fn is_indexed(&self) -> bool {
        self.spec.completion_mode.as_deref() == Some("Indexed")
    }

    /// Whether a Pod's number is none of the Job's, which was made smaller (`getValidPodsWithFilter`).
    pub(super) fn is_beyond(&self, pod: &Pod) -> bool {
        self.is_indexed() && index_of(pod).is_none_or(|index| index >= self.spec.completions.unwrap_or(0))
    }

    fn completed(&self) -> BTreeSet<i32> {
        parse(self.status.completed_indexes.as_deref().unwrap_or_default())
    }

    fn failed(&self) -> BTreeSet<i32> {
        parse(self.status.failed_indexes.as_deref().unwrap_or_default())
    }

    pub(super) fn note_index(&mut self, pod: &Pod) {
        let Some(index) = index_of(pod) else { return };
        let mut completed = self.completed();
        completed.insert(index);
        self.status.succeeded = Some(completed.len() as i32);
        self.status.completed_indexes = Some(format(&completed));
    }

    pub(super) fn note_failed_index(&mut self, pod: &Pod) {
        let Some(index) = index_of(pod) else { return };
        let mut failed = self.failed();
        failed.insert(index);
        self.status.failed_indexes = Some(format(&failed));
    }

    /// Counts a failure against its number; too many and the number has failed.
    pub(super) fn count_index_failure(&mut self, pod: &Pod) {
        let Some(limit) = self.spec.backoff_limit_per_index else { return };
        if failures_before(pod) + 1 > limit {
            self.note_failed_index(pod);
        }
    }

    /// Creates Pods for the lowest numbers that have none.
    pub(super) fn create_indexed(&mut self, missing: usize, context: &mut Context) {
        let mut taken = self.completed();
        taken.extend(self.failed());
        taken.extend(self.active().iter().filter_map(index_of));
        let count = self.spec.completions.unwrap_or(0);
        let free: Vec<i32> = (0..count).filter(|index| !taken.contains(index)).collect();
        if self.spec.backoff_limit_per_index.is_some() {
            return self.create_by_own_wait(&free, missing, context);
        }
        for index in free.into_iter().take(missing) {
            if !self.create(Some(index), context) {
                return;
            }
        }
    }

    /// Creates Pods for numbers whose own wait is over; if there are none, comes back for the first (`getPodCreationInfoForIndependentIndexes`).
    fn create_by_own_wait(&mut self, free: &[i32], missing: usize, context: &mut Context) {
        let past = self.failures_by_index(context.now);
        let ready =
            |index: &i32| past.get(index).map_or(SimTime(0), |(count, at)| at.plus(wait_after(*count)));
        let now = context.now;
        let due: Vec<i32> = free.iter().copied().filter(|index| ready(index) <= now).take(missing).collect();
        if due.is_empty() {
            self.again = free.iter().map(ready).min().or(self.again);
        }
        for index in due {
            let failures = past.get(&index).map_or(0, |(count, _)| *count);
            if !self.create(Some(index), context) {
                return;
            }
            self.note_failures(failures as i32, context);
        }
    }

    /// How often each number failed and when last, by its Pods.
    fn failures_by_index(&self, now: SimTime) -> BTreeMap<i32, (u32, SimTime)> {
        let mut past = BTreeMap::new();
        for pod in self.pods.iter().filter(|pod| self.is_failed(pod)) {
            if let Some(index) = index_of(pod) {
                let one = (failures_before(pod).unsigned_abs() + 1, end_of(pod, now));
                let known = past.entry(index).or_insert(one);
                *known = one.max(*known);
            }
        }
        past
    }

    /// Whether a failed Pod is not counted yet because the next Pod of its number takes over its count first
    /// (`getPodsWithDelayedDeletionPerIndex`).
    pub(super) fn awaits_successor(&self, pod: &Pod) -> bool {
        let Some(limit) = self.spec.backoff_limit_per_index else { return false };
        let final_action = matches!(self.failure_action(pod), Action::FailIndex | Action::FailJob(_));
        if pods::phase(pod) == "Succeeded"
            || failures_before(pod) + 1 > limit
            || final_action
            || self.is_ending()
        {
            return false;
        }
        let index = index_of(pod);
        let later = |other: &Pod| index_of(other) == index && failures_before(other) > failures_before(pod);
        index.is_some() && !self.pods.iter().any(later)
    }

    fn note_failures(&mut self, failures: i32, context: &mut Context) {
        let Some(pod) = self.pods.last_mut() else { return };
        let metadata = Arc::make_mut(&mut pod.metadata);
        metadata.annotations.get_or_insert_default().insert(INDEX_FAILURES.into(), failures.to_string());
        metadata.resource_version = None;
        let object = crate::kube::Object::Pod(pod.clone());
        let _ = context.update(object, crate::sim::api::Subresource::Main, &self.owner.write());
    }

    /// Whether failed numbers end the Job.
    pub(super) fn index_failure(&self) -> Option<(&'static str, &'static str)> {
        self.spec.backoff_limit_per_index?;
        let failed = self.failed();
        if self.spec.max_failed_indexes.is_some_and(|most| failed.len() as i32 > most) {
            return Some((
                "MaxFailedIndexesExceeded",
                "Job has exceeded the specified maximal number of failed indexes",
            ));
        }
        let done = failed.len() + self.completed().len();
        let all = done as i32 >= self.spec.completions.unwrap_or(0) && !failed.is_empty();
        all.then_some(("FailedIndexes", "Job has failed indexes"))
    }

    /// Whether a success policy is met.
    pub(super) fn success_policy(&self) -> Option<(&'static str, String)> {
        let rules = &self.spec.success_policy.as_ref()?.rules;
        let completed = self.completed();
        for (i, rule) in rules.iter().enumerate() {
            let wanted = rule.succeeded_indexes.as_deref().map(parse);
            let met: BTreeSet<i32> = match &wanted {
                Some(wanted) => completed.intersection(wanted).copied().collect(),
                None => completed.clone(),
            };
            let enough = match (rule.succeeded_count, &wanted) {
                (Some(count), _) => met.len() as i32 >= count,
                (None, Some(wanted)) => met.len() == wanted.len(),
                (None, None) => false,
            };
            if enough {
                return Some(("SuccessPolicy", format!("Matched rules at index {i}")));
            }
        }
        None
    }
}

fn failures_before(pod: &Pod) -> i32 {
    let annotations = pod.metadata.annotations.as_ref();
    annotations.and_then(|a| a.get(INDEX_FAILURES)).and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ranges_and_read_back() {
        let set = BTreeSet::from([0, 1, 2, 4, 6, 7]);
        assert_eq!(format(&set), "0-2,4,6,7");
        assert_eq!(parse("0-2,4,6,7"), set);
        assert_eq!(parse(""), BTreeSet::new());
    }
}
