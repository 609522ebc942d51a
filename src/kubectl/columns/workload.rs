//! Tables of the controllers that run Pods.

use super::{AGE, CONTAINERS, Column, IMAGES, NAME, SELECTOR, always, text};
use crate::kube::{Kind, SimTime};
use crate::kubectl::age;
use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job, JobStatus};
use k8s_openapi::api::core::v1::{PodTemplateSpec, ReplicationController};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

pub(super) fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Deployment => {
            const {
                &[
                    NAME,
                    always("READY"),
                    always("UP-TO-DATE"),
                    always("AVAILABLE"),
                    AGE,
                    CONTAINERS,
                    IMAGES,
                    SELECTOR,
                ]
            }
        }
        Kind::StatefulSet => const { &[NAME, always("READY"), AGE, CONTAINERS, IMAGES] },
        Kind::DaemonSet => DAEMON_SET,
        Kind::Job => {
            const {
                &[
                    NAME,
                    always("STATUS"),
                    always("COMPLETIONS"),
                    always("DURATION"),
                    AGE,
                    CONTAINERS,
                    IMAGES,
                    SELECTOR,
                ]
            }
        }
        Kind::CronJob => CRON_JOB,
        Kind::ControllerRevision => const { &[NAME, always("CONTROLLER"), always("REVISION"), AGE] },
        Kind::PodDisruptionBudget => {
            const {
                &[
                    NAME,
                    always("MIN AVAILABLE"),
                    always("MAX UNAVAILABLE"),
                    always("ALLOWED DISRUPTIONS"),
                    AGE,
                ]
            }
        }
        _ => {
            const {
                &[
                    NAME,
                    always("DESIRED"),
                    always("CURRENT"),
                    always("READY"),
                    AGE,
                    CONTAINERS,
                    IMAGES,
                    SELECTOR,
                ]
            }
        }
    }
}

const DAEMON_SET: &[Column] = &[
    NAME,
    always("DESIRED"),
    always("CURRENT"),
    always("READY"),
    always("UP-TO-DATE"),
    always("AVAILABLE"),
    always("NODE SELECTOR"),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

const CRON_JOB: &[Column] = &[
    NAME,
    always("SCHEDULE"),
    always("TIMEZONE"),
    always("SUSPEND"),
    always("ACTIVE"),
    always("LAST SCHEDULE"),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// `row` with the names and images of the template's containers behind it.
fn with_containers(mut row: Vec<String>, template: Option<&PodTemplateSpec>) -> Vec<String> {
    let (names, images) = text::containers(template);
    row.extend([names, images]);
    row
}

pub(super) fn deployment(name: String, age: String, o: &Deployment) -> Vec<String> {
    let status = o.status.clone().unwrap_or_default();
    let spec = o.spec.as_ref();
    let desired = spec.and_then(|s| s.replicas).unwrap_or(1);
    let row = vec![
        name,
        format!("{}/{desired}", status.ready_replicas.unwrap_or_default()),
        text::count(status.updated_replicas),
        text::count(status.available_replicas),
        age,
    ];
    let mut row = with_containers(row, spec.map(|s| &s.template));
    row.push(text::label_selector(spec.map(|s| &s.selector)));
    row
}

pub(super) fn replica_set(name: String, age: String, o: &ReplicaSet) -> Vec<String> {
    let (spec, status) = (o.spec.as_ref(), o.status.clone().unwrap_or_default());
    let counts = (spec.and_then(|s| s.replicas), status.replicas, status.ready_replicas);
    replicas(name, age, counts, spec.and_then(|s| s.template.as_ref()), spec.map(|s| &s.selector))
}

pub(super) fn replication_controller(name: String, age: String, o: &ReplicationController) -> Vec<String> {
    let (spec, status) = (o.spec.as_ref(), o.status.clone().unwrap_or_default());
    let counts = (spec.and_then(|s| s.replicas), status.replicas, status.ready_replicas);
    let match_labels = spec.and_then(|s| s.selector.clone());
    let selector = LabelSelector { match_labels, ..LabelSelector::default() };
    replicas(name, age, counts, spec.and_then(|s| s.template.as_ref()), Some(&selector))
}

/// The row of what keeps a number of Pods: how many are wanted, there and ready.
fn replicas(
    name: String,
    age: String,
    (wanted, there, ready): (Option<i32>, i32, Option<i32>),
    template: Option<&PodTemplateSpec>,
    selector: Option<&LabelSelector>,
) -> Vec<String> {
    let row = vec![name, wanted.unwrap_or(1).to_string(), there.to_string(), text::count(ready), age];
    let mut row = with_containers(row, template);
    row.push(text::label_selector(selector));
    row
}

pub(super) fn stateful_set(name: String, age: String, o: &StatefulSet) -> Vec<String> {
    let spec = o.spec.as_ref();
    let desired = spec.and_then(|s| s.replicas).unwrap_or(1);
    let ready = o.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or_default();
    with_containers(vec![name, format!("{ready}/{desired}"), age], spec.map(|s| &s.template))
}

pub(super) fn daemon_set(name: String, age: String, o: &DaemonSet) -> Vec<String> {
    let status = o.status.clone().unwrap_or_default();
    let spec = o.spec.as_ref();
    let template = spec.map(|s| &s.template);
    let node_selector = template.and_then(|t| t.spec.as_ref()).and_then(|s| s.node_selector.as_ref());
    let row = vec![
        name,
        status.desired_number_scheduled.to_string(),
        status.current_number_scheduled.to_string(),
        status.number_ready.to_string(),
        text::count(status.updated_number_scheduled),
        text::count(status.number_available),
        text::pairs(node_selector),
        age,
    ];
    let mut row = with_containers(row, template);
    row.push(text::label_selector(spec.map(|s| &s.selector)));
    row
}

pub(super) fn job(name: String, age: String, o: &Job, now: SimTime) -> Vec<String> {
    let spec = o.spec.as_ref();
    let status = o.status.clone().unwrap_or_default();
    let succeeded = status.succeeded.unwrap_or_default();
    let parallelism = spec.and_then(|s| s.parallelism).unwrap_or_default();
    let completions = match spec.and_then(|s| s.completions) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        None => format!("{succeeded}/1"),
    };
    let deleted = o.metadata.deletion_timestamp.is_some();
    let row =
        vec![name, job_status(&status, deleted).to_owned(), completions, job_duration(&status, now), age];
    let mut row = with_containers(row, spec.map(|s| &s.template));
    row.push(text::label_selector(spec.and_then(|s| s.selector.as_ref())));
    row
}

fn job_status(status: &JobStatus, deleted: bool) -> &'static str {
    let is = |kind: &str| status.conditions.iter().flatten().any(|c| c.type_ == kind && c.status == "True");
    if is("Complete") {
        "Complete"
    } else if is("Failed") {
        "Failed"
    } else if deleted {
        "Terminating"
    } else if is("Suspended") {
        "Suspended"
    } else if is("FailureTarget") {
        "FailureTarget"
    } else if is("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

fn job_duration(status: &JobStatus, now: SimTime) -> String {
    match (&status.start_time, &status.completion_time) {
        (None, _) => String::new(),
        (Some(start), Some(end)) => age::human(end.0.as_second() - start.0.as_second()),
        (Some(start), None) => age::since(Some(start), now),
    }
}

pub(super) fn cron_job(name: String, age: String, o: &CronJob, now: SimTime) -> Vec<String> {
    let spec = Some(&o.spec);
    let status = o.status.as_ref();
    let suspend = match spec.and_then(|s| s.suspend) {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let last = status.and_then(|s| s.last_schedule_time.as_ref());
    let row = vec![
        name,
        spec.map(|s| s.schedule.clone()).unwrap_or_default(),
        text::or(spec.and_then(|s| s.time_zone.as_deref()), "<none>"),
        suspend.to_owned(),
        status.and_then(|s| s.active.as_ref()).map_or(0, Vec::len).to_string(),
        last.map_or_else(|| "<none>".to_owned(), |at| age::since(Some(at), now)),
        age,
    ];
    let job = spec.and_then(|s| s.job_template.spec.as_ref());
    let mut row = with_containers(row, job.map(|j| &j.template));
    row.push(text::label_selector(job.and_then(|j| j.selector.as_ref())));
    row
}

pub(super) fn revision(name: String, age: String, o: &ControllerRevision) -> Vec<String> {
    let owner = o.metadata.owner_references.iter().flatten().find(|r| r.controller == Some(true));
    let controller = owner.map_or_else(
        || "<none>".to_owned(),
        |r| {
            let group = r.api_version.split_once('/').map(|(group, _)| format!(".{group}"));
            format!("{}{}/{}", r.kind.to_lowercase(), group.unwrap_or_default(), r.name)
        },
    );
    vec![name, controller, o.revision.to_string(), age]
}

pub(super) fn budget(name: String, age: String, o: &PodDisruptionBudget) -> Vec<String> {
    let spec = o.spec.as_ref();
    let not_set = || "N/A".to_owned();
    vec![
        name,
        spec.and_then(|s| s.min_available.as_ref()).map_or_else(not_set, text::int_or_string),
        spec.and_then(|s| s.max_unavailable.as_ref()).map_or_else(not_set, text::int_or_string),
        o.status.as_ref().and_then(|s| s.disruptions_allowed).unwrap_or_default().to_string(),
        age,
    ]
}
