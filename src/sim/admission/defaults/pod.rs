//! Defaults of Pods and of the Pod specs inside templates.

use super::{text, unless_zero};
use crate::kube::Pod;
use crate::kube::quantity::Amount;
use crate::kube::requests;
use k8s_openapi::api::core::v1 as api;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

type List = BTreeMap<String, Quantity>;

/// `420`, octal 0644: the mode of projected files.
const DEFAULT_MODE: i32 = 0o644;

/// A Pod: its spec, plus what a template does not get.
pub(super) fn pod(pod: &mut Pod) {
    let spec = Arc::make_mut(&mut pod.spec);
    pod_spec(spec);
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        if let Some(resources) = &mut container.resources {
            requests_from_limits(resources);
        }
    }
    pod_level_requests(spec);
    spec.enable_service_links.get_or_insert(true);
    // A negative grace period is legal in old objects and means "as short as can be".
    spec.termination_grace_period_seconds =
        spec.termination_grace_period_seconds.map(|s| if s < 0 { 1 } else { s });
}

/// What a Pod and a Pod template have in common.
pub(super) fn pod_spec(spec: &mut api::PodSpec) {
    let host_network = spec.host_network == Some(true);
    for volume in spec.volumes.iter_mut().flatten() {
        default_volume(volume);
    }
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        default_container(container, host_network);
    }
    default_ephemeral_containers(spec);
    // The feature gate of scheduling groups is off by default: the field is dropped without a word.
    spec.scheduling_group = None;
    text(&mut spec.restart_policy, "Always");
    text(&mut spec.dns_policy, "ClusterFirst");
    text(&mut spec.scheduler_name, "default-scheduler");
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.security_context.get_or_insert_default();
    if let Some(resources) = &mut spec.resources {
        canonical_resources(resources);
    }
    canonical(spec.overhead.as_mut());
}

/// The defaults of ephemeral containers, which are added to Pods that exist.
pub fn default_ephemeral_containers(spec: &mut api::PodSpec) {
    for c in spec.ephemeral_containers.iter_mut().flatten() {
        c.resources.get_or_insert_default();
        text(&mut c.termination_message_path, "/dev/termination-log");
        text(&mut c.termination_message_policy, "File");
        let image = c.image.as_deref().unwrap_or_default();
        text(&mut c.image_pull_policy, pull_policy(image));
        for env in c.env.iter_mut().flatten() {
            default_env(env);
        }
    }
}

fn default_container(c: &mut api::Container, host_network: bool) {
    text(&mut c.image_pull_policy, pull_policy(c.image.as_deref().unwrap_or_default()));
    text(&mut c.termination_message_path, "/dev/termination-log");
    text(&mut c.termination_message_policy, "File");
    canonical_resources(c.resources.get_or_insert_default());
    for port in c.ports.iter_mut().flatten() {
        text(&mut port.protocol, "TCP");
        if host_network && port.host_port.unwrap_or(0) == 0 {
            port.host_port = Some(port.container_port);
        }
    }
    for env in c.env.iter_mut().flatten() {
        default_env(env);
    }
    for probe in [&mut c.liveness_probe, &mut c.readiness_probe, &mut c.startup_probe].into_iter().flatten() {
        default_probe(probe);
    }
    if let Some(lifecycle) = &mut c.lifecycle {
        // The feature gate of `stopSignal` is off by default: the field is dropped without a word.
        lifecycle.stop_signal = None;
        for hook in [&mut lifecycle.post_start, &mut lifecycle.pre_stop].into_iter().flatten() {
            if let Some(get) = &mut hook.http_get {
                default_http_get(get);
            }
        }
    }
    c.lifecycle = c.lifecycle.take().filter(|l| *l != api::Lifecycle::default());
}

/// `Always` without a tag or with `latest`; `IfNotPresent` with another tag, with a digest alone, or if the text is no image name.
fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').map_or((image, false), |(name, _)| (name, true));
    let after_slash = name.rsplit('/').next().unwrap_or(name);
    let tag = after_slash.split_once(':').map(|(_, tag)| tag);
    let path = name.split_once('/').map_or(name, |(_, path)| path);
    let unparsable = image.is_empty()
        || image.bytes().any(|b| b.is_ascii_whitespace())
        || path.bytes().take_while(|b| *b != b':').any(|b| b.is_ascii_uppercase());
    match tag {
        _ if unparsable => "IfNotPresent",
        Some("latest") => "Always",
        None if !digest => "Always",
        _ => "IfNotPresent",
    }
}

fn default_env(env: &mut api::EnvVar) {
    if env.value.as_deref() == Some("") {
        env.value = None;
    }
    if let Some(from) = &mut env.value_from {
        if let Some(field) = &mut from.field_ref {
            text(&mut field.api_version, "v1");
        }
        if let Some(resource) = &mut from.resource_field_ref {
            default_divisor(resource);
        }
        if let Some(file) = &mut from.file_key_ref {
            file.optional.get_or_insert(false);
        }
    }
}

fn default_divisor(resource: &mut api::ResourceFieldSelector) {
    let divisor = resource.divisor.get_or_insert_with(|| Quantity("0".into()));
    *divisor = Amount::of(divisor).to_quantity();
}

fn default_probe(probe: &mut api::Probe) {
    unless_zero(&mut probe.timeout_seconds, 1);
    unless_zero(&mut probe.period_seconds, 10);
    unless_zero(&mut probe.success_threshold, 1);
    unless_zero(&mut probe.failure_threshold, 3);
    probe.initial_delay_seconds = probe.initial_delay_seconds.filter(|s| *s != 0);
    if let Some(get) = &mut probe.http_get {
        default_http_get(get);
    }
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn default_http_get(get: &mut api::HTTPGetAction) {
    text(&mut get.path, "/");
    text(&mut get.scheme, "HTTP");
}

/// Requests default to limits, resource by resource.
fn requests_from_limits(resources: &mut api::ResourceRequirements) {
    let Some(limits) = &resources.limits else { return };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in limits {
        requests.entry(name.clone()).or_insert_with(|| limit.clone());
    }
    if requests.is_empty() {
        resources.requests = None;
    }
}

/// Pod-level requests default to what the containers ask for, else to the Pod's limit.
fn pod_level_requests(spec: &mut api::PodSpec) {
    let containers = requests::aggregate(spec, |c| {
        requests::resources_of(c.resources.as_ref().and_then(|r| r.requests.as_ref()))
    });
    let Some(resources) = &mut spec.resources else { return };
    let Some(limits) = resources.limits.clone() else { return };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in limits.into_iter().filter(|(name, _)| requests::is_pod_level(name)) {
        let asked = containers.get(&name).map_or(limit, |amount| amount.to_quantity());
        requests.entry(name).or_insert(asked);
    }
}

/// Puts every quantity into canonical form, rounded up to thousandths.
pub fn canonical_resources(resources: &mut api::ResourceRequirements) {
    canonical(resources.limits.as_mut());
    canonical(resources.requests.as_mut());
}

/// Puts the quantities of a resource list into canonical form, rounded up to thousandths.
pub(super) fn canonical(list: Option<&mut List>) {
    for quantity in list.into_iter().flat_map(BTreeMap::values_mut) {
        if let Ok(amount) = Amount::parse(&quantity.0) {
            *quantity = amount.rounded_to_milli().to_quantity();
        }
    }
}

fn default_volume(volume: &mut api::Volume) {
    if let Some(config_map) = &mut volume.config_map {
        config_map.default_mode.get_or_insert(DEFAULT_MODE);
    }
    if let Some(secret) = &mut volume.secret {
        secret.default_mode.get_or_insert(DEFAULT_MODE);
    }
    if let Some(downward) = &mut volume.downward_api {
        downward.default_mode.get_or_insert(DEFAULT_MODE);
        default_downward_items(downward.items.as_mut());
    }
    if let Some(projected) = &mut volume.projected {
        default_projected(projected);
    }
    if let Some(path) = &mut volume.host_path {
        path.type_.get_or_insert_default();
    }
    if let Some(image) = &mut volume.image {
        text(&mut image.pull_policy, pull_policy(image.reference.as_deref().unwrap_or_default()));
    }
    if let Some(iscsi) = &mut volume.iscsi {
        text(&mut iscsi.iscsi_interface, "default");
    }
    if let Some(claim) = volume.ephemeral.as_mut().and_then(|e| e.volume_claim_template.as_mut()) {
        super::rest::claim_spec(&mut claim.spec);
    }
    if let Some(limit) = volume.empty_dir.as_mut().and_then(|e| e.size_limit.as_mut()) {
        *limit = Amount::parse(&limit.0).map_or_else(|_| limit.clone(), Amount::to_quantity);
    }
    if has_no_source(volume) {
        volume.empty_dir = Some(api::EmptyDirVolumeSource::default());
    }
}

/// Whether nothing but the name is set.
fn has_no_source(volume: &api::Volume) -> bool {
    let name = volume.name.clone();
    *volume == api::Volume { name, ..api::Volume::default() }
}

fn default_projected(projected: &mut api::ProjectedVolumeSource) {
    projected.default_mode.get_or_insert(DEFAULT_MODE);
    for source in projected.sources.iter_mut().flatten() {
        if let Some(token) = &mut source.service_account_token {
            token.expiration_seconds.get_or_insert(3600);
        }
        if let Some(downward) = &mut source.downward_api {
            default_downward_items(downward.items.as_mut());
        }
    }
}

fn default_downward_items(items: Option<&mut Vec<api::DownwardAPIVolumeFile>>) {
    for item in items.into_iter().flatten() {
        if let Some(field) = &mut item.field_ref {
            text(&mut field.api_version, "v1");
        }
        if let Some(resource) = &mut item.resource_field_ref {
            default_divisor(resource);
        }
    }
}
