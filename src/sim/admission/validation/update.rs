//! What may change in an object that exists.

/// The diff between two specs.
mod diff;
/// Specs as the server holds them inside.
pub(super) mod internal;

use super::faults::Faults;
use super::{create, meta, pod, scheduling};
use crate::kube::qos::QosClass;
use crate::kube::requests::resources_of;
use crate::kube::{Object, Pod};
use crate::sim::api::{FieldError, Subresource};
use crate::sim::storage;
use k8s_openapi::api::core::v1 as api;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

const POD_UPDATES: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
const IMMUTABLE: &str = "field is immutable";

/// What is wrong with changing `old` to `new`.
pub(super) fn update(new: &Object, old: &Object, sub: Subresource) -> Vec<FieldError> {
    let mut faults = Faults::default();
    metadata(new.meta(), old.meta(), &mut faults);
    match (new, old, sub) {
        (Object::Pod(new), Object::Pod(old), Subresource::Main) => pod_update(new, old, &mut faults),
        (Object::Pod(new), Object::Pod(old), Subresource::Resize) => resize(new, old, &mut faults),
        (Object::Pod(new), Object::Pod(old), Subresource::EphemeralContainers) => {
            ephemeral(new, old, &mut faults);
        }
        (Object::Pod(new), Object::Pod(old), Subresource::Status) => status(new, old, &mut faults),
        (_, _, Subresource::Main) => {
            faults.list.extend(create(new));
            immutable_parts(new, old, &mut faults);
        }
        _ => {}
    }
    faults.list
}

/// Metadata the server keeps as it is.
fn metadata(new: &ObjectMeta, old: &ObjectMeta, faults: &mut Faults) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    for (field, new, old) in [
        ("name", text(&new.name), text(&old.name)),
        ("namespace", text(&new.namespace), text(&old.namespace)),
        ("uid", text(&new.uid), text(&old.uid)),
    ] {
        if new != old {
            faults.invalid(&format!("metadata.{field}"), new, IMMUTABLE);
        }
    }
    if new.deletion_timestamp != old.deletion_timestamp {
        let value = serde_json::to_value(&new.deletion_timestamp).unwrap_or_default();
        faults.invalid("metadata.deletionTimestamp", value, IMMUTABLE);
    }
    if old.deletion_timestamp.is_some() {
        let before = old.finalizers.as_deref().unwrap_or_default();
        let added: Vec<&String> = new.finalizers.iter().flatten().filter(|f| !before.contains(f)).collect();
        if !added.is_empty() {
            let names = added.iter().map(|f| format!("\"{f}\"")).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{names}}}"
            );
            faults.forbidden("metadata.finalizers", &detail);
        }
    }
}

fn pod_update(new: &Pod, old: &Pod, faults: &mut Faults) {
    meta::parts(&new.metadata, "metadata", faults);
    pod::changed(new, faults);
    super::container::image_blanks(&new.spec, "spec", faults);
    if !same_count(new, old, faults) {
        return;
    }
    for (list, containers) in [
        ("containers", new.spec.containers.as_slice()),
        ("initContainers", new.spec.init_containers.as_deref().unwrap_or_default()),
    ] {
        for (i, c) in containers.iter().enumerate() {
            if c.image.as_deref().unwrap_or_default().trim().is_empty() {
                faults.required(&format!("spec.{list}[{i}].image"), "");
            }
        }
    }
    if !deadline(&new.spec, &old.spec, faults) {
        return;
    }
    only_added_tolerations(&new.spec, &old.spec, faults);
    gates(&new.spec, &old.spec, faults);
    let munged = munged(&new.spec, &old.spec, faults);
    if munged != *old.spec {
        let hunks = diff::unified(&internal::pod_spec(&old.spec), &internal::pod_spec(&munged));
        faults.forbidden("spec", &format!("{POD_UPDATES}\n{hunks}"));
    }
}

fn same_count(new: &Pod, old: &Pod, faults: &mut Faults) -> bool {
    let inits = |pod: &Pod| pod.spec.init_containers.as_ref().map_or(0, Vec::len);
    let same = new.spec.containers.len() == old.spec.containers.len();
    let same_inits = inits(new) == inits(old);
    for (same, list) in [(same, "containers"), (same_inits, "initContainers")] {
        if !same {
            faults.forbidden(&format!("spec.{list}"), "pod updates may not add or remove containers");
        }
    }
    same && same_inits
}

/// The deadline may be set, and lowered.
fn deadline(new: &api::PodSpec, old: &api::PodSpec, faults: &mut Faults) -> bool {
    let at = "spec.activeDeadlineSeconds";
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(new), Some(old)) if new > old => {
            faults.invalid(at, new, "must be less than or equal to previous value");
            false
        }
        (None, Some(_)) => {
            faults.invalid(
                at,
                serde_json::Value::Null,
                "must not update from a positive integer to nil value",
            );
            true
        }
        _ => true,
    }
}

fn only_added_tolerations(new: &api::PodSpec, old: &api::PodSpec, faults: &mut Faults) {
    let kept = |old: &&api::Toleration| {
        new.tolerations.iter().flatten().any(|new| {
            api::Toleration { toleration_seconds: new.toleration_seconds, ..(*old).clone() } == *new
        })
    };
    if !old.tolerations.iter().flatten().all(|toleration| kept(&toleration)) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        faults.forbidden("spec.tolerations", detail);
    }
}

fn gates(new: &api::PodSpec, old: &api::PodSpec, faults: &mut Faults) {
    let known = old.scheduling_gates.as_deref().unwrap_or_default();
    for (i, gate) in new.scheduling_gates.iter().flatten().enumerate() {
        if !known.contains(gate) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            faults.forbidden(&format!("spec.schedulingGates[{i}].name"), &detail);
        }
    }
}

/// The new spec with all that may change put back to what it was: what then differs must not.
fn munged(new: &api::PodSpec, old: &api::PodSpec, faults: &mut Faults) -> api::PodSpec {
    let mut spec = new.clone();
    let inits = (spec.init_containers.as_deref_mut(), old.init_containers.as_deref());
    let pairs = spec.containers.iter_mut().zip(&old.containers);
    let init_pairs = inits.0.unwrap_or_default().iter_mut().zip(inits.1.unwrap_or_default());
    for (new, old) in pairs.chain(init_pairs) {
        new.image.clone_from(&old.image);
    }
    spec.active_deadline_seconds = old.active_deadline_seconds;
    spec.scheduling_gates.clone_from(&old.scheduling_gates);
    spec.tolerations.clone_from(&old.tolerations);
    if old.termination_grace_period_seconds.is_some_and(|s| s < 0)
        && spec.termination_grace_period_seconds == Some(1)
    {
        spec.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    if old.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        gated(&mut spec, old, faults);
    }
    spec
}

/// While it waits, a Pod's node selector may become narrower.
fn gated(spec: &mut api::PodSpec, old: &api::PodSpec, faults: &mut Faults) {
    if spec.node_selector != old.node_selector {
        let new = spec.node_selector.clone().unwrap_or_default();
        let kept = old.node_selector.iter().flatten().all(|(key, value)| new.get(key) == Some(value));
        if !kept {
            let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            faults.invalid("spec.nodeSelector", serde_json::to_value(&new).unwrap_or_default(), detail);
        }
        spec.node_selector.clone_from(&old.node_selector);
    }
    let node_affinity = spec.affinity.as_ref().and_then(|a| a.node_affinity.clone());
    let before = old.affinity.as_ref().and_then(|a| a.node_affinity.clone());
    if node_affinity != before {
        if let Some(affinity) = &spec.affinity {
            scheduling::affinity(affinity, "spec.affinity", faults);
        }
        let required = |a: &Option<api::NodeAffinity>| {
            a.as_ref().and_then(|a| a.required_during_scheduling_ignored_during_execution.clone())
        };
        let narrower = match (required(&node_affinity), required(&before)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(new), Some(old)) => new.node_selector_terms.len() == old.node_selector_terms.len(),
        };
        if narrower && let Some(affinity) = &mut spec.affinity {
            affinity.node_affinity = before;
            if old.affinity.is_none() {
                spec.affinity = None;
            }
        }
    }
}

fn resize(new: &Pod, old: &Pod, faults: &mut Faults) {
    pod::spec(&new.spec, "spec", faults);
    if !same_names(new, old) {
        faults.forbidden("spec.containers", "containers may not be added or removed on resize");
        return;
    }
    if QosClass::of(&new.spec) != QosClass::of(&old.spec) {
        let class = QosClass::of(&new.spec).as_str();
        faults.invalid("spec", class, "Pod QOS Class may not change as a result of resizing");
    }
    for (i, (new, old)) in new.spec.containers.iter().zip(&old.spec.containers).enumerate() {
        let at = format!("spec.containers[{i}].resources");
        let lists = |c: &api::Container| {
            let r = c.resources.clone().unwrap_or_default();
            [("requests", r.requests.unwrap_or_default()), ("limits", r.limits.unwrap_or_default())]
        };
        for ((field, new), (_, old)) in lists(new).into_iter().zip(lists(old)) {
            for name in old.keys().chain(new.keys()).filter(|name| new.get(*name) != old.get(*name)) {
                if name != "cpu" && name != "memory" {
                    faults.forbidden("spec", "only cpu and memory resources are mutable");
                } else if !new.contains_key(name) {
                    faults
                        .forbidden(&format!("{at}.{field}"), &format!("resource {field} cannot be removed"));
                }
            }
        }
    }
}

fn same_names(new: &Pod, old: &Pod) -> bool {
    let names = |pod: &Pod| pod.spec.containers.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    names(new) == names(old)
}

fn ephemeral(new: &Pod, old: &Pod, faults: &mut Faults) {
    pod::changed(new, faults);
    let news = new.spec.ephemeral_containers.as_deref().unwrap_or_default();
    for was in old.spec.ephemeral_containers.iter().flatten() {
        match news.iter().find(|is| is.name == was.name) {
            None => {
                let detail = format!("existing ephemeral containers \"{}\" may not be removed\n", was.name);
                faults.forbidden("spec.ephemeralContainers", &detail);
            }
            Some(is) if is != was => {
                let detail = format!("existing ephemeral containers \"{}\" may not be changed\n", was.name);
                faults.forbidden("spec.ephemeralContainers", &detail);
            }
            Some(_) => {}
        }
    }
}

/// A container that ended for good stays ended.
fn status(new: &Pod, old: &Pod, faults: &mut Faults) {
    if old.spec.restart_policy.as_deref() == Some("Always") {
        return;
    }
    let terminated = |s: &api::ContainerStatus| s.state.as_ref().is_some_and(|s| s.terminated.is_some());
    for was in old.status.container_statuses.iter().flatten().filter(|s| terminated(s)) {
        let again = old.spec.restart_policy.as_deref() == Some("OnFailure")
            && was.state.as_ref().and_then(|s| s.terminated.as_ref()).is_some_and(|t| t.exit_code != 0);
        let statuses = new.status.container_statuses.iter().flatten().enumerate();
        for (i, is) in statuses.filter(|(_, s)| s.name == was.name) {
            if !terminated(is) && !again {
                let at = format!("status.containerStatuses[{i}].state");
                faults.forbidden(&at, "may not be transitioned to non-terminated state");
            }
        }
    }
}

fn selector_change(new: &LabelSelector, old: &LabelSelector, faults: &mut Faults) {
    if new != old {
        let value = serde_json::to_value(new).unwrap_or_default();
        faults.invalid("spec.selector", value, IMMUTABLE);
    }
}

/// Parts of other kinds that stay as they were made.
fn immutable_parts(new: &Object, old: &Object, faults: &mut Faults) {
    match (new, old) {
        (Object::Deployment(new), Object::Deployment(old)) => {
            if let (Some(new), Some(old)) = (&new.spec, &old.spec) {
                selector_change(&new.selector, &old.selector, faults);
            }
        }
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => {
            if let (Some(new), Some(old)) = (&new.spec, &old.spec) {
                selector_change(&new.selector, &old.selector, faults);
            }
        }
        (Object::DaemonSet(new), Object::DaemonSet(old)) => {
            if let (Some(new), Some(old)) = (&new.spec, &old.spec) {
                selector_change(&new.selector, &old.selector, faults);
            }
        }
        (Object::StatefulSet(new), Object::StatefulSet(old)) => stateful_set(new, old, faults),
        (Object::Job(new), Object::Job(old)) => job(new, old, faults),
        (Object::ConfigMap(new), Object::ConfigMap(old)) if old.immutable == Some(true) => {
            let same = new.data == old.data && new.binary_data == old.binary_data;
            frozen(new.immutable == Some(true), same, faults);
        }
        (Object::Secret(new), Object::Secret(old)) => {
            if new.type_ != old.type_ {
                faults.invalid("type", new.type_.clone().unwrap_or_default(), IMMUTABLE);
            }
            if old.immutable == Some(true) {
                frozen(new.immutable == Some(true), new.data == old.data, faults);
            }
        }
        (Object::PersistentVolumeClaim(new), Object::PersistentVolumeClaim(old)) => {
            claim(new, old, faults);
        }
        (Object::PersistentVolume(new), Object::PersistentVolume(old)) => {
            super::storage::update(new, old, faults);
        }
        (Object::Node(new), Object::Node(old)) => super::rest::node_update(new, old, faults),
        (Object::PriorityClass(new), Object::PriorityClass(old)) if new.value != old.value => {
            faults.forbidden("value", "may not be changed in an update.");
        }
        (Object::Service(new), Object::Service(old)) => service(new, old, faults),
        (Object::Passive(kind, new), Object::Passive(_, old)) => {
            super::passive::update(*kind, new, old, faults);
        }
        _ => {}
    }
}

/// How two structures, written as JSON, differ.
pub(super) fn structs_differ(old: &serde_json::Value, new: &serde_json::Value) -> String {
    let text = |value| serde_json::to_string_pretty(value).unwrap_or_default();
    diff::unified(&text(old), &text(new))
}

fn frozen(still: bool, same: bool, faults: &mut Faults) {
    let detail = "field is immutable when `immutable` is set";
    if !still {
        faults.forbidden("immutable", detail);
    }
    if !same {
        faults.forbidden("data", detail);
    }
}

fn stateful_set(
    new: &k8s_openapi::api::apps::v1::StatefulSet,
    old: &k8s_openapi::api::apps::v1::StatefulSet,
    faults: &mut Faults,
) {
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let mut allowed = new.clone();
    allowed.replicas = old.replicas;
    allowed.ordinals.clone_from(&old.ordinals);
    allowed.template = old.template.clone();
    allowed.update_strategy.clone_from(&old.update_strategy);
    allowed.min_ready_seconds = old.min_ready_seconds;
    allowed.revision_history_limit = old.revision_history_limit;
    allowed
        .persistent_volume_claim_retention_policy
        .clone_from(&old.persistent_volume_claim_retention_policy);
    if allowed != *old {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        faults.forbidden("spec", detail);
    }
}

fn job(new: &k8s_openapi::api::batch::v1::Job, old: &k8s_openapi::api::batch::v1::Job, faults: &mut Faults) {
    // A Job that is suspended and does not run may still be given another place to run.
    let idle = old.spec.as_ref().is_some_and(|spec| spec.suspend == Some(true))
        && old.status.as_ref().is_none_or(|status| status.start_time.is_none());
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let indexed = new.completion_mode.as_deref() == Some("Indexed");
    if new.completions != old.completions && !indexed {
        let value = serde_json::to_value(new.completions).unwrap_or_default();
        faults.invalid("spec.completions", value, IMMUTABLE);
    }
    if let Some(completions) = new.completions.filter(|_| indexed && new.completions != old.completions)
        && new.parallelism != Some(completions)
    {
        let detail = "can only be modified in tandem with spec.parallelism";
        faults.invalid("spec.completions", completions, detail);
    }
    if new.selector != old.selector {
        faults.invalid("spec.selector", serde_json::to_value(&new.selector).unwrap_or_default(), IMMUTABLE);
    }
    if template_changed(new, old, idle) {
        faults.invalid_json("spec.template", &internal::template(&new.template), IMMUTABLE);
    }
    if new.completion_mode != old.completion_mode {
        let value = new.completion_mode.clone().unwrap_or_default();
        faults.invalid("spec.completionMode", value, IMMUTABLE);
    }
}

/// Whether the template of a Job differs in what may not change: in a Job that does not run, all but where its Pods may go and what
/// their containers ask for.
fn template_changed(
    new: &k8s_openapi::api::batch::v1::JobSpec,
    old: &k8s_openapi::api::batch::v1::JobSpec,
    idle: bool,
) -> bool {
    let mut allowed = new.template.clone();
    if idle && let (Some(spec), Some(was)) = (&mut allowed.spec, &old.template.spec) {
        spec.node_selector.clone_from(&was.node_selector);
        spec.affinity.clone_from(&was.affinity);
        spec.tolerations.clone_from(&was.tolerations);
        spec.scheduling_gates.clone_from(&was.scheduling_gates);
        for (container, was) in spec.containers.iter_mut().zip(&was.containers) {
            container.resources.clone_from(&was.resources);
        }
        if let (Some(meta), Some(was)) = (&mut allowed.metadata, &old.template.metadata) {
            meta.labels.clone_from(&was.labels);
            meta.annotations.clone_from(&was.annotations);
        }
    }
    allowed != old.template
}

fn claim(new: &api::PersistentVolumeClaim, old: &api::PersistentVolumeClaim, faults: &mut Faults) {
    let capacity = old.status.as_ref().and_then(|status| status.capacity.as_ref());
    let capacity = resources_of(capacity).get("storage").copied().unwrap_or_default();
    let bound = new.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Bound"));
    let (size, before) = (storage::size_asked(new), storage::size_asked(old));
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let mut allowed = new.clone();
    if bound {
        let was = old.resources.as_ref().and_then(|r| r.requests.as_ref()?.get("storage").cloned());
        let now = allowed.resources.as_mut().and_then(|r| r.requests.as_mut());
        if let (Some(now), Some(was)) = (now, was) {
            now.insert("storage".to_owned(), was);
        }
        allowed.volume_attributes_class_name.clone_from(&old.volume_attributes_class_name);
    }
    if old.volume_name.as_deref().unwrap_or_default().is_empty() {
        allowed.volume_name.clone_from(&old.volume_name);
    }
    // A claim that named no class may still get one.
    if old.storage_class_name.is_none() {
        allowed.storage_class_name = None;
    }
    if allowed != *old {
        let hunks = diff::unified(&internal::claim_spec(old), &internal::claim_spec(&allowed));
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        faults.forbidden("spec", &format!("{detail}\n{hunks}"));
    }
    if size < before && size <= capacity {
        faults.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
    }
}

fn service(new: &api::Service, old: &api::Service, faults: &mut Faults) {
    let (Some(new), Some(old)) = (&new.spec, &old.spec) else { return };
    let address = |spec: &api::ServiceSpec| spec.cluster_ip.clone().unwrap_or_default();
    let outside = [new, old].iter().any(|spec| spec.type_.as_deref() == Some("ExternalName"));
    if !outside && !address(old).is_empty() && address(new) != address(old) {
        // A patch of the one address leaves the list of them as it was; the server brings both in line.
        let value = serde_json::to_value([address(new)]);
        faults.invalid("spec.clusterIPs[0]", value.unwrap_or_default(), "may not change once set");
    }
}
