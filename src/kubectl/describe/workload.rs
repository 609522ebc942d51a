//! The controllers that run Pods, and their templates.

use super::container::{self, Shown};
use super::page::{Page, date, date_or};
use super::{pod, volume};
use crate::kube::core::PodTemplateSpec;
use crate::kube::selector::Selector;
use crate::kube::{Kind, Object};
use crate::kubectl::{age, columns};
use crate::sim::Store;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};
use k8s_openapi::api::core::v1::ReplicationController;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) fn template(page: &mut Page, template: &PodTemplateSpec) {
    page.line(0, "Pod Template:");
    let meta = template.metadata.clone().unwrap_or_default();
    page.pairs(1, "Labels", meta.labels.as_ref());
    if meta.annotations.as_ref().is_some_and(|a| !a.is_empty()) {
        page.annotations(1, meta.annotations.as_ref());
    }
    let Some(spec) = &template.spec else {
        page.line(1, "<unset>");
        return;
    };
    page.optional(1, "Service Account", spec.service_account_name.as_deref());
    let shown = |containers| Shown { containers, statuses: &[], pod: None, names_at: "   " };
    if let Some(inits) = spec.init_containers.as_deref().filter(|i| !i.is_empty()) {
        container::describe(page, "Init Containers", &shown(inits));
    }
    container::describe(page, "Containers", &shown(&spec.containers));
    volume::describe(page, spec.volumes.as_deref().unwrap_or_default(), "   ");
    pod::spread(page, 1, spec.topology_spread_constraints.as_deref().unwrap_or_default());
    page.optional(1, "Priority Class Name", spec.priority_class_name.as_deref());
    page.pairs(1, "Node-Selectors", spec.node_selector.as_ref());
    pod::tolerations(page, 1, spec.tolerations.as_deref().unwrap_or_default());
}

/// `2 Running / 0 Waiting / 0 Succeeded / 0 Failed`
fn pods_status(meta: &ObjectMeta, selector: &LabelSelector, store: &Store) -> String {
    let (mut running, mut waiting, mut succeeded, mut failed) = (0, 0, 0, 0);
    let selector = Selector::of(Some(selector));
    for pod in store.list(Kind::Pod, meta.namespace.as_deref()).filter_map(Object::as_pod) {
        let owned = pod.metadata.owner_references.iter().flatten().any(|o| Some(&o.uid) == meta.uid.as_ref());
        if !owned || !selector.matches_opt(pod.metadata.labels.as_ref()) {
            continue;
        }
        match pod.status.phase.as_deref() {
            Some("Running") => running += 1,
            Some("Succeeded") => succeeded += 1,
            Some("Failed") => failed += 1,
            _ => waiting += 1,
        }
    }
    format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed")
}

fn bound(value: Option<&IntOrString>, other: &str) -> String {
    match value {
        Some(IntOrString::Int(n)) => n.to_string(),
        Some(IntOrString::String(text)) => text.clone(),
        None => other.to_owned(),
    }
}

fn created(page: &mut Page, meta: &ObjectMeta) {
    page.field(0, "CreationTimestamp", date_or(meta.creation_timestamp.as_ref(), "<unset>"));
}

pub(super) fn deployment(page: &mut Page, o: &Deployment, store: &Store) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    page.heading(&o.metadata);
    created(page, &o.metadata);
    page.labels(&o.metadata);
    page.field(0, "Selector", columns::label_selector(Some(&spec.selector)));
    let n = |count: Option<i32>| count.unwrap_or_default();
    page.field(
        0,
        "Replicas",
        format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            spec.replicas.unwrap_or(1),
            n(status.updated_replicas),
            n(status.replicas),
            n(status.available_replicas),
            n(status.unavailable_replicas)
        ),
    );
    let strategy = spec.strategy.clone().unwrap_or_default();
    page.field(0, "StrategyType", strategy.type_.as_deref().unwrap_or("RollingUpdate"));
    page.field(0, "MinReadySeconds", n(spec.min_ready_seconds).to_string());
    if let Some(rolling) = &strategy.rolling_update {
        let (down, up) =
            (bound(rolling.max_unavailable.as_ref(), "25%"), bound(rolling.max_surge.as_ref(), "25%"));
        page.field(0, "RollingUpdateStrategy", format!("{down} max unavailable, {up} max surge"));
    }
    template(page, &spec.template);
    let rows = status.conditions.iter().flatten();
    conditions(page, rows.map(|c| (c.type_.as_str(), c.status.as_str(), c.reason.as_deref())));
    replica_sets(page, o, store);
}

fn conditions<'a>(page: &mut Page, rows: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    page.line(0, "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------");
    for (kind, status, reason) in rows {
        page.line(1, &format!("{kind} \t{status}\t{}", reason.unwrap_or_default()));
    }
}

fn replica_sets(page: &mut Page, o: &Deployment, store: &Store) {
    let owned = store.list(Kind::ReplicaSet, o.metadata.namespace.as_deref()).filter_map(|r| match r {
        Object::ReplicaSet(set)
            if set
                .metadata
                .owner_references
                .iter()
                .flatten()
                .any(|r| Some(&r.uid) == o.metadata.uid.as_ref()) =>
        {
            Some(set)
        }
        _ => None,
    });
    let revision = |meta: &ObjectMeta| {
        let all = meta.annotations.as_ref();
        all.and_then(|a| a.get("deployment.kubernetes.io/revision")).and_then(|r| r.parse::<u64>().ok())
    };
    let mut sets: Vec<_> = owned.collect();
    sets.sort_by_key(|set| revision(&set.metadata));
    let text = |set: &ReplicaSet| {
        let desired = set.spec.as_ref().and_then(|s| s.replicas).unwrap_or_default();
        let current = set.status.as_ref().map_or(0, |s| s.replicas);
        format!("{} ({current}/{desired} replicas created)", set.metadata.name.as_deref().unwrap_or_default())
    };
    let newest = sets.pop();
    let old: Vec<String> = sets.iter().map(|set| text(set)).collect();
    page.field(0, "OldReplicaSets", if old.is_empty() { "<none>".to_owned() } else { old.join(", ") });
    page.field(0, "NewReplicaSet", newest.map_or_else(|| "<none>".to_owned(), |set| text(set)));
}

pub(super) fn replica_set(page: &mut Page, o: &ReplicaSet, store: &Store) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    page.heading(&o.metadata);
    page.field(0, "Selector", columns::label_selector(Some(&spec.selector)));
    page.labels(&o.metadata);
    page.controlled_by(&o.metadata);
    page.field(
        0,
        "Replicas",
        format!("{} current / {} desired", status.replicas, spec.replicas.unwrap_or(1)),
    );
    page.field(0, "Pods Status", pods_status(&o.metadata, &spec.selector, store));
    template(page, &spec.template.unwrap_or_default());
    let rows = status.conditions.iter().flatten();
    conditions(page, rows.map(|c| (c.type_.as_str(), c.status.as_str(), c.reason.as_deref())));
}

pub(super) fn replication_controller(page: &mut Page, o: &ReplicationController, store: &Store) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    let selector = LabelSelector { match_labels: spec.selector, ..LabelSelector::default() };
    page.heading(&o.metadata);
    page.field(0, "Selector", columns::label_selector(Some(&selector)));
    page.labels(&o.metadata);
    let desired = spec.replicas.unwrap_or(1);
    page.field(0, "Replicas", format!("{} current / {desired} desired", status.replicas));
    page.field(0, "Pods Status", pods_status(&o.metadata, &selector, store));
    template(page, &spec.template.unwrap_or_default());
    let rows = status.conditions.iter().flatten();
    conditions(page, rows.map(|c| (c.type_.as_str(), c.status.as_str(), c.reason.as_deref())));
}

pub(super) fn stateful_set(page: &mut Page, o: &StatefulSet, store: &Store) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    page.heading(&o.metadata);
    created(page, &o.metadata);
    page.field(0, "Selector", columns::label_selector(Some(&spec.selector)));
    page.labels(&o.metadata);
    page.field(0, "Replicas", format!("{} desired | {} total", spec.replicas.unwrap_or(1), status.replicas));
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    page.field(0, "Update Strategy", strategy.type_.as_deref().unwrap_or("RollingUpdate"));
    if let Some(rolling) = &strategy.rolling_update {
        page.field(1, "Partition", rolling.partition.unwrap_or_default().to_string());
        if rolling.max_unavailable.is_some() {
            page.field(1, "MaxUnavailable", bound(rolling.max_unavailable.as_ref(), ""));
        }
    }
    page.field(0, "Pods Status", pods_status(&o.metadata, &spec.selector, store));
    template(page, &spec.template);
    let claims = spec.volume_claim_templates.unwrap_or_default();
    if claims.is_empty() {
        page.field(0, "Volume Claims", "<none>");
    } else {
        page.line(0, "Volume Claims:");
    }
    for claim in &claims {
        let spec = claim.spec.clone().unwrap_or_default();
        page.field(1, "Name", claim.metadata.name.as_deref().unwrap_or_default());
        page.field(1, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
        page.pairs(1, "Labels", claim.metadata.labels.as_ref());
        page.annotations(1, claim.metadata.annotations.as_ref());
        let storage = spec.resources.and_then(|r| r.requests).and_then(|r| r.get("storage").cloned());
        page.field(1, "Capacity", storage.map_or("<default>".to_owned(), |q| q.0));
        page.field(1, "Access Modes", format!("[{}]", spec.access_modes.unwrap_or_default().join(" ")));
    }
}

pub(super) fn daemon_set(page: &mut Page, o: &DaemonSet, store: &Store) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    page.heading(&o.metadata);
    page.field(0, "Selector", columns::label_selector(Some(&spec.selector)));
    let nodes = spec.template.spec.as_ref().and_then(|s| s.node_selector.clone());
    let nodes = nodes.filter(|n| !n.is_empty()).map(|n| columns::joined_selector(&n));
    page.field(0, "Node-Selector", nodes.unwrap_or_else(|| "<none>".to_owned()));
    page.labels(&o.metadata);
    let counts = [
        ("Desired Number of Nodes Scheduled", status.desired_number_scheduled),
        ("Current Number of Nodes Scheduled", status.current_number_scheduled),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            status.updated_number_scheduled.unwrap_or_default(),
        ),
        ("Number of Nodes Scheduled with Available Pods", status.number_available.unwrap_or_default()),
        ("Number of Nodes Misscheduled", status.number_misscheduled),
    ];
    for (key, count) in counts {
        page.line(0, &format!("{key}: {count}"));
    }
    page.field(0, "Pods Status", pods_status(&o.metadata, &spec.selector, store));
    template(page, &spec.template);
}

pub(super) fn job(page: &mut Page, o: &Job) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    page.heading(&o.metadata);
    if spec.selector.is_some() {
        page.field(0, "Selector", columns::label_selector(spec.selector.as_ref()));
    }
    page.labels(&o.metadata);
    page.controlled_by(&o.metadata);
    let unset = |value: Option<i32>| value.map_or("<unset>".to_owned(), |v| v.to_string());
    page.field(0, "Parallelism", unset(spec.parallelism));
    page.field(0, "Completions", unset(spec.completions));
    page.optional(0, "Completion Mode", spec.completion_mode.as_deref());
    if let Some(suspend) = spec.suspend {
        page.field(0, "Suspend", suspend.to_string());
    }
    page.field(0, "Backoff Limit", unset(spec.backoff_limit));
    if let Some(seconds) = spec.ttl_seconds_after_finished {
        page.field(0, "TTL Seconds After Finished", seconds.to_string());
    }
    if let Some(start) = &status.start_time {
        page.field(0, "Start Time", date(start));
    }
    if let Some(end) = &status.completion_time {
        page.field(0, "Completed At", date(end));
    }
    if let (Some(start), Some(end)) = (&status.start_time, &status.completion_time) {
        page.field(0, "Duration", age::human(end.0.as_second() - start.0.as_second()));
    }
    if let Some(seconds) = spec.active_deadline_seconds {
        page.field(0, "Active Deadline Seconds", format!("{seconds}s"));
    }
    let n = |count: Option<i32>| count.unwrap_or_default();
    let ready = status.ready.map(|r| format!(" ({r} Ready)")).unwrap_or_default();
    let counts = format!(
        "{} Active{ready} / {} Succeeded / {} Failed",
        n(status.active),
        n(status.succeeded),
        n(status.failed)
    );
    page.field(0, "Pods Statuses", counts);
    if spec.completion_mode.as_deref() == Some("Indexed") {
        let indexes = status.completed_indexes.filter(|i| !i.is_empty());
        page.field(0, "Completed Indexes", indexes.unwrap_or_else(|| "<none>".to_owned()));
    }
    template(page, &spec.template);
}

pub(super) fn cron_job(page: &mut Page, o: &CronJob) {
    let spec = &o.spec;
    let unset = || "<unset>".to_owned();
    let number = |value: Option<i32>| value.map_or_else(unset, |v| v.to_string());
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    page.field(0, "Schedule", &spec.schedule);
    page.field(0, "Concurrency Policy", spec.concurrency_policy.as_deref().unwrap_or("Allow"));
    let suspend = spec.suspend.map_or_else(unset, |s| if s { "True" } else { "False" }.to_owned());
    page.field(0, "Suspend", suspend);
    page.field(0, "Time Zone", spec.time_zone.clone().unwrap_or_else(unset));
    page.field(0, "Successful Job History Limit", number(spec.successful_jobs_history_limit));
    page.field(0, "Failed Job History Limit", number(spec.failed_jobs_history_limit));
    let deadline = spec.starting_deadline_seconds.map_or_else(unset, |s| format!("{s}s"));
    page.field(0, "Starting Deadline Seconds", deadline);
    let job = spec.job_template.spec.clone().unwrap_or_default();
    cron_job_template(page, &job);
    let status = o.status.clone().unwrap_or_default();
    let last = status.last_schedule_time.as_ref().map(|t: &Time| date(t));
    page.field(0, "Last Schedule Time", last.unwrap_or_else(unset));
    let active: Vec<String> = status.active.into_iter().flatten().filter_map(|r| r.name).collect();
    page.field(0, "Active Jobs", if active.is_empty() { "<none>".to_owned() } else { active.join(", ") });
}

fn cron_job_template(page: &mut Page, job: &JobSpec) {
    let unset = || "<unset>".to_owned();
    let number = |value: Option<i32>| value.map_or_else(unset, |v| v.to_string());
    let selector = job.selector.as_ref();
    page.field(0, "Selector", selector.map_or_else(unset, |s| columns::label_selector(Some(s))));
    page.field(0, "Parallelism", number(job.parallelism));
    page.field(0, "Completions", number(job.completions));
    if let Some(seconds) = job.active_deadline_seconds {
        page.field(0, "Active Deadline Seconds", format!("{seconds}s"));
    }
    template(page, &job.template);
}

pub(super) fn budget(page: &mut Page, o: &PodDisruptionBudget) {
    let (spec, status) = (o.spec.clone().unwrap_or_default(), o.status.clone().unwrap_or_default());
    page.heading(&o.metadata);
    if spec.min_available.is_some() {
        page.field(0, "Min available", bound(spec.min_available.as_ref(), ""));
    } else if spec.max_unavailable.is_some() {
        page.field(0, "Max unavailable", bound(spec.max_unavailable.as_ref(), ""));
    }
    let selector = spec.selector.as_ref();
    page.field(0, "Selector", selector.map_or("<unset>".to_owned(), |s| columns::label_selector(Some(s))));
    page.line(0, "Status:");
    let n = |count: Option<i32>| count.unwrap_or_default().to_string();
    page.field(2, "Allowed disruptions", n(status.disruptions_allowed));
    page.field(2, "Current", n(status.current_healthy));
    page.field(2, "Desired", n(status.desired_healthy));
    page.field(2, "Total", n(status.expected_pods));
}
