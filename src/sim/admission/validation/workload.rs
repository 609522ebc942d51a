//! Kinds that hold a Pod template.

use super::faults::Faults;
use super::{meta, pod};
use crate::kube::cron;
use crate::kube::duration::parse_span;
use crate::kube::selector::Selector;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1::{
    PersistentVolumeClaimVolumeSource, PodTemplateSpec, ReplicationController, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

fn count(value: Option<i32>, at: &str, faults: &mut Faults) {
    faults.non_negative(at, value.unwrap_or(0).into());
}

fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(std::collections::BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// A selector that must be there and choose something.
fn selector(selector: &LabelSelector, faults: &mut Faults) {
    if is_empty(selector) {
        faults.required("spec.selector", "");
    } else {
        meta::selector(selector, "spec.selector", faults);
    }
}

/// The template's metadata and Pod spec.
fn template(template: &PodTemplateSpec, at: &str, faults: &mut Faults) {
    if let Some(metadata) = &template.metadata {
        meta::labels(metadata.labels.as_ref(), &format!("{at}.labels"), faults);
        meta::annotations(metadata.annotations.as_ref(), &format!("{at}.annotations"), faults);
    }
    if let Some(spec) = &template.spec {
        pod::spec(spec, &format!("{at}.spec"), faults);
        if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
            let detail = "ephemeral containers not allowed in pod template";
            faults.forbidden(&format!("{at}.spec.ephemeralContainers"), detail);
        }
        super::container::image_blanks(spec, &format!("{at}.spec"), faults);
    }
}

/// The template of a workload whose Pods never end: chosen by the selector, and always restarted.
fn running_template(chosen: &LabelSelector, given: &PodTemplateSpec, faults: &mut Faults) {
    // A selector that cannot be read chooses nothing, and the template is not looked at.
    let mut unreadable = Faults::default();
    meta::selector(chosen, "", &mut unreadable);
    if !unreadable.list.is_empty() {
        let value = serde_json::to_value(chosen).unwrap_or_default();
        return faults.invalid("spec.selector", value, "invalid label selector");
    }
    let labels = given.metadata.as_ref().and_then(|m| m.labels.clone()).unwrap_or_default();
    if is_empty(chosen) || !Selector::of(Some(chosen)).matches(&labels) {
        let value = serde_json::to_value(&labels).unwrap_or_default();
        let value = if labels.is_empty() { Value::Null } else { value };
        let detail = "`selector` does not match template `labels`";
        faults.invalid("spec.template.metadata.labels", value, detail);
    }
    template(given, "spec.template", faults);
    let Some(spec) = &given.spec else { return };
    let restart = spec.restart_policy.as_deref().unwrap_or_default();
    if restart != "Always" {
        faults.unsupported("spec.template.spec.restartPolicy", restart, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        let detail = "activeDeadlineSeconds in ReplicaSet is not Supported";
        faults.forbidden("spec.template.spec.activeDeadlineSeconds", detail);
    }
}

pub(super) fn deployment(o: &apps::Deployment, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    count(spec.replicas, "spec.replicas", faults);
    selector(&spec.selector, faults);
    running_template(&spec.selector, &spec.template, faults);
    strategy(spec.strategy.as_ref(), faults);
    count(spec.min_ready_seconds, "spec.minReadySeconds", faults);
    count(spec.revision_history_limit, "spec.revisionHistoryLimit", faults);
    if let Some(seconds) = spec.progress_deadline_seconds {
        count(Some(seconds), "spec.progressDeadlineSeconds", faults);
        if seconds <= spec.min_ready_seconds.unwrap_or(0) {
            let detail = "must be greater than minReadySeconds";
            faults.invalid("spec.progressDeadlineSeconds", seconds, detail);
        }
    }
}

fn strategy(strategy: Option<&apps::DeploymentStrategy>, faults: &mut Faults) {
    let Some(strategy) = strategy else { return };
    match strategy.type_.as_deref().unwrap_or_default() {
        "Recreate" if strategy.rolling_update.is_some() => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            faults.forbidden("spec.strategy.rollingUpdate", detail);
        }
        "Recreate" => {}
        "RollingUpdate" => {
            let Some(rolling) = &strategy.rolling_update else { return };
            let at = |field: &str| format!("spec.strategy.rollingUpdate.{field}");
            let unavailable = int_or_percent(rolling.max_unavailable.as_ref(), &at("maxUnavailable"), faults);
            let surge = int_or_percent(rolling.max_surge.as_ref(), &at("maxSurge"), faults);
            if unavailable == Some(0) && surge == Some(0) {
                let shown = rolling.max_unavailable.clone().unwrap_or(IntOrString::Int(0));
                let shown = serde_json::to_value(shown).unwrap_or_default();
                faults.invalid(&at("maxUnavailable"), shown, "may not be 0 when `maxSurge` is 0");
            }
            if unavailable.is_some_and(|percent| percent > 100)
                && matches!(rolling.max_unavailable, Some(IntOrString::String(_)))
            {
                let shown = serde_json::to_value(&rolling.max_unavailable).unwrap_or_default();
                faults.invalid(&at("maxUnavailable"), shown, "must not be greater than 100%");
            }
        }
        other => faults.unsupported("spec.strategy", other, &["Recreate", "RollingUpdate"]),
    }
}

/// A count or a percentage; returns the number.
pub(super) fn int_or_percent(value: Option<&IntOrString>, at: &str, faults: &mut Faults) -> Option<i32> {
    match value? {
        IntOrString::Int(number) => {
            faults.non_negative(at, (*number).into());
            Some(*number)
        }
        IntOrString::String(text) => {
            let digits =
                text.strip_suffix('%').filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
            if digits.is_none() {
                let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
                faults.invalid(at, text.as_str(), detail);
            }
            digits?.parse().ok()
        }
    }
}

pub(super) fn replica_set(o: &apps::ReplicaSet, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    count(spec.replicas, "spec.replicas", faults);
    count(spec.min_ready_seconds, "spec.minReadySeconds", faults);
    selector(&spec.selector, faults);
    match &spec.template {
        Some(template) => running_template(&spec.selector, template, faults),
        None => faults.required("spec.template", ""),
    }
}

pub(super) fn replication_controller(o: &ReplicationController, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    count(spec.min_ready_seconds, "spec.minReadySeconds", faults);
    let chosen = LabelSelector { match_labels: spec.selector.clone(), ..LabelSelector::default() };
    selector(&chosen, faults);
    count(spec.replicas, "spec.replicas", faults);
    match &spec.template {
        Some(template) => running_template(&chosen, template, faults),
        None => faults.required("spec.template", ""),
    }
}

pub(super) fn stateful_set(o: &apps::StatefulSet, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    let policy = spec.pod_management_policy.as_deref().unwrap_or_default();
    if !["OrderedReady", "Parallel"].contains(&policy) {
        let detail = "must be 'OrderedReady' or 'Parallel'";
        faults.invalid("spec.podManagementPolicy", policy, detail);
    }
    let strategy = spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref()).unwrap_or_default();
    if !["RollingUpdate", "OnDelete"].contains(&strategy) {
        let detail = "must be 'RollingUpdate' or 'OnDelete'";
        faults.invalid("spec.updateStrategy", strategy, detail);
    }
    count(spec.replicas, "spec.replicas", faults);
    count(spec.min_ready_seconds, "spec.minReadySeconds", faults);
    selector(&spec.selector, faults);
    running_template(&spec.selector, &with_claims(spec), faults);
}

/// The template of a `StatefulSet` with its claims among the volumes: each Pod gets them so.
fn with_claims(spec: &apps::StatefulSetSpec) -> PodTemplateSpec {
    let mut template = spec.template.clone();
    let claims = spec.volume_claim_templates.iter().flatten().filter_map(|claim| claim.metadata.name.clone());
    let source = PersistentVolumeClaimVolumeSource { claim_name: "claim".to_owned(), ..Default::default() };
    if let Some(pod) = &mut template.spec {
        let volumes = pod.volumes.get_or_insert_default();
        // A claim takes the place of a volume of its name.
        let own: Vec<String> = volumes.iter().map(|volume| volume.name.clone()).collect();
        volumes.extend(claims.filter(|name| !own.contains(name)).map(|name| Volume {
            name,
            persistent_volume_claim: Some(source.clone()),
            ..Volume::default()
        }));
    }
    template
}

pub(super) fn daemon_set(o: &apps::DaemonSet, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    selector(&spec.selector, faults);
    running_template(&spec.selector, &spec.template, faults);
    count(spec.min_ready_seconds, "spec.minReadySeconds", faults);
    let strategy = spec.update_strategy.as_ref().and_then(|s| s.type_.as_deref()).unwrap_or_default();
    faults.one_of("spec.updateStrategy.type", strategy, &["RollingUpdate", "OnDelete"]);
    if strategy == "RollingUpdate" {
        spec.update_strategy
            .iter()
            .filter_map(|s| s.rolling_update.as_ref())
            .for_each(|r| daemons_roll(r, faults));
    }
    count(spec.revision_history_limit, "spec.revisionHistoryLimit", faults);
}

/// Of the Pods on a node one has to be allowed to go first (`ValidateRollingUpdateDaemonSet`).
fn daemons_roll(rolling: &apps::RollingUpdateDaemonSet, faults: &mut Faults) {
    let at = |field: &str| format!("spec.updateStrategy.rollingUpdate.{field}");
    let unavailable = int_or_percent(rolling.max_unavailable.as_ref(), &at("maxUnavailable"), faults);
    let surge = int_or_percent(rolling.max_surge.as_ref(), &at("maxSurge"), faults);
    let shown = |value: &Option<IntOrString>| serde_json::to_value(value).unwrap_or_default();
    match (unavailable.unwrap_or(0), surge.unwrap_or(0)) {
        (0, 0) => {
            let value = shown(&rolling.max_unavailable);
            faults.invalid(&at("maxUnavailable"), value, "cannot be 0 when maxSurge is 0");
        }
        (1.., 1..) => {
            let value = shown(&rolling.max_surge);
            faults.invalid(&at("maxSurge"), value, "may not be set when maxUnavailable is non-zero");
        }
        _ => {}
    }
}

/// A selector by the Job's uid, and the labels that go with it, are the server's to make (`ValidateGeneratedSelector`).
fn generated_selector(o: &batch::Job, spec: &batch::JobSpec, faults: &mut Faults) {
    let own = |key: &str| {
        let of = if key.ends_with("job-name") { &o.metadata.name } else { &o.metadata.uid };
        of.clone().unwrap_or_default()
    };
    let labels = spec.template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
    for key in
        ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"]
    {
        let (at, detail) =
            (format!("spec.template.metadata.labels[{key}]"), format!("must be '{}'", own(key)));
        match labels.get(key) {
            None => faults.required(&at, &detail),
            Some(value) if *value != own(key) => faults.invalid(&at, value.as_str(), &detail),
            Some(_) => {}
        }
    }
    let expected =
        ["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"]
            .map(|key| (key.to_owned(), own(key)));
    if let Some(selector) = &spec.selector
        && !Selector::of(Some(selector)).matches(&expected.into_iter().collect())
    {
        let value = serde_json::to_value(selector).unwrap_or_default();
        faults.invalid("spec.selector", value, "`selector` not auto-generated");
    }
}

/// A selector of one's own has to be there, and to choose what the template makes.
fn own_selector(spec: &batch::JobSpec, faults: &mut Faults) {
    let labels = spec.template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
    match &spec.selector {
        None => faults.required("spec.selector", ""),
        Some(selector) => meta::selector(selector, "spec.selector", faults),
    }
    if spec.selector.as_ref().is_none_or(|chosen| !Selector::of(Some(chosen)).matches(&labels)) {
        let value =
            if labels.is_empty() { Value::Null } else { serde_json::to_value(&labels).unwrap_or_default() };
        faults.invalid("spec.template.metadata.labels", value, "`selector` does not match template `labels`");
    }
}

pub(super) fn job(o: &batch::Job, faults: &mut Faults) {
    if let Some(spec) = &o.spec {
        if spec.manual_selector == Some(true) {
            own_selector(spec, faults);
        } else if o.metadata.uid.is_some() {
            // A file that is judged before a server took it has none of what the server makes.
            generated_selector(o, spec, faults);
        }
        job_spec(spec, "spec", faults);
    }
}

fn job_spec(spec: &batch::JobSpec, at: &str, faults: &mut Faults) {
    let at = |field: &str| format!("{at}.{field}");
    count(spec.parallelism, &at("parallelism"), faults);
    count(spec.completions, &at("completions"), faults);
    faults.non_negative(&at("activeDeadlineSeconds"), spec.active_deadline_seconds.unwrap_or(0));
    count(spec.backoff_limit, &at("backoffLimit"), faults);
    count(spec.ttl_seconds_after_finished, &at("ttlSecondsAfterFinished"), faults);
    if let Some(mode) = &spec.completion_mode {
        if !["NonIndexed", "Indexed"].contains(&mode.as_str()) {
            faults.unsupported(&at("completionMode"), mode, &["NonIndexed", "Indexed"]);
        }
        if mode == "Indexed" && spec.completions.is_none() {
            faults.required(&at("completions"), "when completion mode is Indexed");
        }
    }
    if let Some(policy) = &spec.pod_replacement_policy {
        faults.one_of(&at("podReplacementPolicy"), policy, &["Failed", "TerminatingOrFailed"]);
    }
    template(&spec.template, &at("template"), faults);
    // Left out, the policy defaults to what a Job cannot have: hence "required".
    let restart = spec.template.spec.as_ref().and_then(|s| s.restart_policy.as_deref()).unwrap_or_default();
    let at_restart = at("template.spec.restartPolicy");
    match restart {
        "OnFailure" | "Never" => {}
        "" | "Always" => faults.required(&at_restart, "valid values: \"OnFailure\", \"Never\""),
        other => faults.unsupported(&at_restart, other, &["OnFailure", "Never"]),
    }
    if restart == "OnFailure" && spec.pod_failure_policy.is_some() {
        let detail = "only \"Never\" is supported when podFailurePolicy is specified";
        faults.invalid(&at_restart, restart, detail);
    }
}

pub(super) fn cron_job(o: &batch::CronJob, faults: &mut Faults) {
    let spec = &o.spec;
    if spec.schedule.is_empty() {
        faults.required("spec.schedule", "");
    } else if let Some(fault) = schedule_fault(&spec.schedule) {
        faults.invalid("spec.schedule", spec.schedule.as_str(), &fault);
    }
    if let Some(zone) = spec.time_zone.as_deref()
        && let Some(fault) = zone_fault(zone)
    {
        faults.invalid("spec.timeZone", zone, &fault);
    }
    faults.non_negative("spec.startingDeadlineSeconds", spec.starting_deadline_seconds.unwrap_or(0));
    let policy = spec.concurrency_policy.as_deref();
    faults.required_one_of("spec.concurrencyPolicy", policy, &["Allow", "Forbid", "Replace"]);
    count(spec.successful_jobs_history_limit, "spec.successfulJobsHistoryLimit", faults);
    count(spec.failed_jobs_history_limit, "spec.failedJobsHistoryLimit", faults);
    // The name of a Job gets eleven more characters.
    let name = o.metadata.name.as_deref().unwrap_or_default();
    if name.len() > 52 {
        faults.invalid("metadata.name", name, "must be no more than 52 characters");
    }
    if let Some(job) = &spec.job_template.spec {
        job_spec(job, "spec.jobTemplate.spec", faults);
    }
}

/// What is wrong with a time zone.
fn zone_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("timeZone must be nil or non-empty string".to_owned());
    }
    if name.eq_ignore_ascii_case("local") {
        let fault = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        return Some(fault.to_owned());
    }
    cron::zone(name).is_none().then(|| format!("unknown time zone {name}"))
}

/// Schedules with a name.
const KNOWN: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
/// The lowest and highest number of each field of a schedule, and the names of its numbers.
const BOUNDS: [(u32, u32, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// What the cron parser says of a schedule it cannot read.
fn schedule_fault(schedule: &str) -> Option<String> {
    if schedule.contains("TZ") {
        return Some("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".to_owned());
    }
    if schedule.starts_with('@') {
        if let Some(every) = schedule.strip_prefix("@every ") {
            let fault = parse_span(every).err();
            return fault.map(|fault| format!("failed to parse duration {schedule}: {fault}"));
        }
        return (!KNOWN.contains(&schedule)).then(|| format!("unrecognized descriptor: {schedule}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    fields
        .iter()
        .zip(BOUNDS)
        .find_map(|(field, bounds)| field.split(',').find_map(|part| range_fault(part, bounds)))
}

fn range_fault(part: &str, (low, high, names): (u32, u32, &[&str])) -> Option<String> {
    let number = |text: &str| -> Result<u32, String> {
        let at = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        if let Some(at) = at {
            return Ok(at as u32 + low);
        }
        text.parse().map_err(|_| {
            format!("failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax")
        })
    };
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if let Some(Err(fault)) = step.map(number) {
        return Some(fault);
    }
    if range == "*" || range == "?" {
        return None;
    }
    let (start, end) = range.split_once('-').unwrap_or((range, range));
    let (start, end) = match (number(start), number(end)) {
        (Ok(start), Ok(end)) => (start, end),
        (Err(fault), _) | (_, Err(fault)) => return Some(fault),
    };
    if start < low {
        return Some(format!("beginning of range ({start}) below minimum ({low}): {part}"));
    }
    if end > high {
        return Some(format!("end of range ({end}) above maximum ({high}): {part}"));
    }
    (start > end).then(|| format!("beginning of range ({start}) beyond end of range ({end}): {part}"))
}
