//! Defaults of the kinds that hold a Pod template.

use super::pod::pod_spec;
use super::{rest, text};
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1::{PodTemplateSpec, ReplicationController};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// How many old revisions of a template are kept.
const REVISION_HISTORY_LIMIT: i32 = 10;

fn template(template: &mut PodTemplateSpec) {
    template.metadata.get_or_insert_default();
    pod_spec(template.spec.get_or_insert_default());
}

pub(super) fn deployment(o: &mut apps::Deployment) {
    let spec = o.spec.get_or_insert_default();
    template(&mut spec.template);
    spec.replicas.get_or_insert(1);
    let strategy = spec.strategy.get_or_insert_default();
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::String("25%".into()));
        rolling.max_surge.get_or_insert(IntOrString::String("25%".into()));
    }
    spec.revision_history_limit.get_or_insert(REVISION_HISTORY_LIMIT);
    spec.progress_deadline_seconds.get_or_insert(600);
    o.status.get_or_insert_default();
}

pub(super) fn replica_set(o: &mut apps::ReplicaSet) {
    let spec = o.spec.get_or_insert_default();
    if let Some(t) = &mut spec.template {
        template(t);
    }
    spec.replicas.get_or_insert(1);
    o.status.get_or_insert_default();
}

/// Labels and selector are the template's unless given (`SetDefaults_ReplicationController`).
pub(super) fn replication_controller(o: &mut ReplicationController) {
    let spec = o.spec.get_or_insert_default();
    let labels = spec.template.as_ref().and_then(|t| t.metadata.as_ref()?.labels.clone());
    if let Some(labels) = labels.filter(|labels| !labels.is_empty()) {
        for own in [&mut spec.selector, &mut o.metadata.labels] {
            if own.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
                *own = Some(labels.clone());
            }
        }
    }
    if let Some(t) = &mut spec.template {
        template(t);
    }
    spec.replicas.get_or_insert(1);
    o.status.get_or_insert_default();
}

pub(super) fn stateful_set(o: &mut apps::StatefulSet) {
    let spec = o.spec.get_or_insert_default();
    template(&mut spec.template);
    text(&mut spec.pod_management_policy, "OrderedReady");
    let strategy = spec.update_strategy.get_or_insert_default();
    // Who names the strategy and nothing else has no partition (`SetDefaults_StatefulSet`).
    if strategy.type_.as_deref().unwrap_or_default().is_empty() {
        strategy.rolling_update.get_or_insert_default();
    }
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate")
        && let Some(rolling) = &mut strategy.rolling_update
    {
        rolling.partition.get_or_insert(0);
    }
    let retention = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
    text(&mut retention.when_deleted, "Retain");
    text(&mut retention.when_scaled, "Retain");
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(REVISION_HISTORY_LIMIT);
    for claim in spec.volume_claim_templates.iter_mut().flatten() {
        rest::claim(claim);
    }
    let status = o.status.get_or_insert_default();
    status.available_replicas.get_or_insert(0);
}

pub(super) fn daemon_set(o: &mut apps::DaemonSet) {
    let spec = o.spec.get_or_insert_default();
    template(&mut spec.template);
    let strategy = spec.update_strategy.get_or_insert_default();
    text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
    spec.revision_history_limit.get_or_insert(REVISION_HISTORY_LIMIT);
    o.status.get_or_insert_default();
}

pub(super) fn job(o: &mut batch::Job) {
    let spec = o.spec.get_or_insert_default();
    template(&mut spec.template);
    // Neither given means one Pod; with parallelism alone the Job is a work queue.
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    let per_index = spec.backoff_limit_per_index.is_some();
    spec.backoff_limit.get_or_insert(if per_index { i32::MAX } else { 6 });
    text(&mut spec.completion_mode, "NonIndexed");
    spec.suspend.get_or_insert(false);
    spec.manual_selector.get_or_insert(false);
    let replacement = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
    text(&mut spec.pod_replacement_policy, replacement);
    let labels = spec.template.metadata.as_ref().and_then(|m| m.labels.clone());
    if o.metadata.labels.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
        o.metadata.labels = labels;
    }
    o.status.get_or_insert_default();
}

pub(super) fn cron_job(o: &mut batch::CronJob) {
    let spec = &mut o.spec;
    spec.job_template.metadata.get_or_insert_default();
    template(&mut spec.job_template.spec.get_or_insert_default().template);
    text(&mut spec.concurrency_policy, "Allow");
    spec.suspend.get_or_insert(false);
    spec.successful_jobs_history_limit.get_or_insert(3);
    spec.failed_jobs_history_limit.get_or_insert(1);
    o.status.get_or_insert_default();
}
