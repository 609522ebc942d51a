//! What a Job makes of a failed Pod (`pkg/controller/job/pod_failure_policy.go`).

use super::Run;
use crate::kube::Pod;
use crate::sim::controllers::pods;
use k8s_openapi::api::batch::v1::{PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule};

/// What follows from a failure.
pub enum Action {
    /// It counts towards the limit.
    Count,
    /// It does not.
    Ignore,
    /// The number has failed for good.
    FailIndex,
    /// The Job has failed, for this reason.
    FailJob(String),
}

impl Run {
    /// The action of the first rule that matches.
    pub(super) fn failure_action(&self, pod: &Pod) -> Action {
        let Some(policy) = &self.spec.pod_failure_policy else { return Action::Count };
        for (i, rule) in policy.rules.iter().enumerate() {
            let Some(what) = matched(rule, pod) else { continue };
            return match rule.action.as_str() {
                "Ignore" => Action::Ignore,
                "FailIndex" => Action::FailIndex,
                "FailJob" => Action::FailJob(format!("{what} matching FailJob rule at index {i}")),
                _ => Action::Count,
            };
        }
        Action::Count
    }
}

fn matched(rule: &PodFailurePolicyRule, pod: &Pod) -> Option<String> {
    if let Some(codes) = &rule.on_exit_codes {
        return exit_code(codes, pod);
    }
    let pattern = rule.on_pod_conditions.iter().flatten().find(|pattern| {
        pods::condition(pod, &pattern.type_)
            .is_some_and(|c| c.status == pattern.status.clone().unwrap_or_else(|| "True".into()))
    })?;
    Some(format!("Pod {}/{} has condition {}", pod.namespace(), pod.name(), pattern.type_))
}

fn exit_code(wanted: &PodFailurePolicyOnExitCodesRequirement, pod: &Pod) -> Option<String> {
    let all = pod.status.container_statuses.iter().flatten();
    for status in all.chain(pod.status.init_container_statuses.iter().flatten()) {
        let Some(ended) = status.state.as_ref().and_then(|state| state.terminated.as_ref()) else { continue };
        let other = wanted.container_name.as_ref().is_some_and(|name| *name != status.name);
        if other || ended.exit_code == 0 {
            continue;
        }
        if wanted.values.contains(&ended.exit_code) == (wanted.operator == "In") {
            return Some(format!(
                "Container {} for pod {}/{} failed with exit code {}",
                status.name,
                pod.namespace(),
                pod.name(),
                ended.exit_code
            ));
        }
    }
    None
}
