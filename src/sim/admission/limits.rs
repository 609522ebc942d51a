//! Limit ranges (plugin/pkg/admission/limitranger): defaults for containers, and bounds for containers, Pods and claims.

use crate::kube::core::{Container, LimitRange, LimitRangeItem, ResourceRequirements};
use crate::kube::quantity::Amount;
use crate::kube::requests::{Resources, containers, pod_limits, pod_requests, resources_of};
use crate::kube::{Kind, Object, Pod};
use crate::sim::api::Refusal;
use crate::sim::store::Store;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The annotation that tells what was filled in.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

type List = BTreeMap<String, Quantity>;

fn items(namespace: &str, store: &Store) -> Vec<(Arc<LimitRange>, LimitRangeItem)> {
    let ranges = store.list(Kind::LimitRange, Some(namespace)).filter_map(|object| match object {
        Object::LimitRange(range) => Some(range.clone()),
        _ => None,
    });
    ranges
        .flat_map(|range| {
            let items = range.spec.as_ref().map(|spec| spec.limits.clone()).unwrap_or_default();
            items.into_iter().map(move |item| (range.clone(), item))
        })
        .collect()
}

/// Fills in what containers left out.
pub fn complete(pod: &mut Pod, store: &Store) {
    let items = items(pod.namespace(), store);
    let mut notes: Vec<String> = Vec::new();
    for (_, item) in items.iter().filter(|(_, item)| item.type_ == "Container") {
        let spec = Arc::make_mut(&mut pod.spec);
        for container in &mut spec.containers {
            notes.extend(fill(container, item, "container"));
        }
        for container in spec.init_containers.iter_mut().flatten() {
            notes.extend(fill(container, item, "init container"));
        }
    }
    if !notes.is_empty() {
        let text = format!("LimitRanger plugin set: {}", notes.join("; "));
        let metadata = Arc::make_mut(&mut pod.metadata);
        metadata.annotations.get_or_insert_default().insert(ANNOTATION.to_owned(), text);
    }
}

fn fill(container: &mut Container, item: &LimitRangeItem, what: &str) -> Vec<String> {
    let name = container.name.clone();
    let resources = container.resources.get_or_insert_with(ResourceRequirements::default);
    let limits = merge(&mut resources.limits, item.default.as_ref());
    let own_limits = resources.limits.clone().unwrap_or_default();
    // A request that is not given follows the container's own limit before any default.
    let mut defaults = item.default_request.clone().unwrap_or_default();
    for (name, limit) in &own_limits {
        if !limits.contains(name) {
            defaults.insert(name.clone(), limit.clone());
        }
    }
    let requests = merge(&mut resources.requests, Some(&defaults).filter(|list| !list.is_empty()));
    let mut notes = Vec::new();
    if !requests.is_empty() {
        notes.push(format!("{} request for {what} {name}", requests.join(", ")));
    }
    if !limits.is_empty() {
        notes.push(format!("{} limit for {what} {name}", limits.join(", ")));
    }
    notes
}

fn merge(list: &mut Option<List>, defaults: Option<&List>) -> Vec<String> {
    let mut set = Vec::new();
    for (name, amount) in defaults.into_iter().flatten() {
        let list = list.get_or_insert_default();
        if !list.contains_key(name) {
            list.insert(name.clone(), amount.clone());
            set.push(name.clone());
        }
    }
    set
}

/// Refuses what is out of bounds.
pub fn check(object: &Object, store: &Store) -> Result<(), Refusal> {
    let key = object.key();
    let mut faults: Vec<String> = Vec::new();
    for (_, item) in items(&key.namespace, store) {
        match (object, item.type_.as_str()) {
            (Object::Pod(pod), "Container") => {
                for container in containers(&pod.spec) {
                    let resources = container.resources.clone().unwrap_or_default();
                    let (requests, limits) =
                        (resources_of(resources.requests.as_ref()), resources_of(resources.limits.as_ref()));
                    faults.extend(out_of_bounds(&item, &requests, &limits));
                }
            }
            (Object::Pod(pod), "Pod") => {
                faults.extend(out_of_bounds(&item, &pod_requests(&pod.spec, None), &pod_limits(&pod.spec)));
            }
            (Object::PersistentVolumeClaim(claim), "PersistentVolumeClaim") => {
                let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
                let requests = resources_of(resources.and_then(|r| r.requests.as_ref()));
                faults.extend(out_of_bounds(&item, &requests, &Resources::new()));
            }
            _ => {}
        }
    }
    match faults.as_slice() {
        [] => Ok(()),
        [only] => Err(Refusal::forbidden(key.kind, &key.name, only)),
        many => Err(Refusal::forbidden(key.kind, &key.name, format!("[{}]", many.join(", ")))),
    }
}

/// The type of a limit that is for claims.
const CLAIM: &str = "PersistentVolumeClaim";

fn out_of_bounds(item: &LimitRangeItem, requests: &Resources, limits: &Resources) -> Vec<String> {
    let type_ = &item.type_;
    let mut faults = Vec::new();
    for (name, least) in resources_of(item.min.as_ref()) {
        let text = format!("minimum {name} usage per {type_} is {least}");
        match (requests.get(&name), limits.get(&name)) {
            (None, _) => faults.push(format!("{text}.  No request is specified")),
            (Some(asked), _) if *asked < least => faults.push(format!("{text}, but request is {asked}")),
            (_, Some(limit)) if *limit < least => faults.push(format!("{text}, but limit is {limit}")),
            _ => {}
        }
    }
    for (name, most) in resources_of(item.max.as_ref()) {
        let text = format!("maximum {name} usage per {type_} is {most}");
        match (requests.get(&name), limits.get(&name)) {
            // Of a claim its request is compared, for it has no limit.
            (None, None) if type_ == CLAIM => faults.push(format!("{text}.  No request is specified")),
            (Some(asked), None) if type_ == CLAIM && *asked > most => {
                faults.push(format!("{text}, but request is {asked}"));
            }
            (Some(_), None) if type_ == CLAIM => {}
            (_, None) => faults.push(format!("{text}.  No limit is specified")),
            (_, Some(limit)) if *limit > most => faults.push(format!("{text}, but limit is {limit}")),
            (Some(asked), _) if *asked > most => faults.push(format!("{text}, but request is {asked}")),
            _ => {}
        }
    }
    for (name, ratio) in resources_of(item.max_limit_request_ratio.as_ref()) {
        faults.extend(beyond_ratio(type_, &name, ratio, requests.get(&name), limits.get(&name)));
    }
    faults
}

fn beyond_ratio(
    type_: &str,
    name: &str,
    ratio: Amount,
    request: Option<&Amount>,
    limit: Option<&Amount>,
) -> Option<String> {
    let text = format!("{name} max limit to request ratio per {type_} is {ratio}");
    let (Some(request), Some(limit)) = (request.filter(|r| !r.is_zero()), limit.filter(|l| !l.is_zero()))
    else {
        return Some(format!("{text}, but no request is specified or request is 0"));
    };
    let actual = limit.milli() as f64 / request.milli() as f64;
    (actual > ratio.milli() as f64 / 1000.0).then(|| format!("{text}, but provided ratio is {actual:.6}"))
}
