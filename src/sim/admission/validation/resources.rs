//! Requests and limits of containers and of Pods as a whole.

use super::faults::Faults;
use crate::kube::names;
use crate::kube::quantity::Amount;
use crate::kube::requests;
use k8s_openapi::api::core::v1 as api;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

type List = BTreeMap<String, Quantity>;

const STANDARD: [&str; 9] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
];

/// Whether more of it may be promised than there is: everything native but huge pages.
fn may_overcommit(name: &str) -> bool {
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    native && !name.starts_with("hugepages-")
}

pub(super) fn container(
    resources: &api::ResourceRequirements,
    spec: &api::PodSpec,
    at: &str,
    faults: &mut Faults,
) {
    let empty = List::new();
    let limits = resources.limits.as_ref().unwrap_or(&empty);
    let requests = resources.requests.as_ref().unwrap_or(&empty);
    for (name, quantity) in limits {
        one(name, quantity, &format!("{at}.limits[{name}]"), faults);
    }
    for (name, quantity) in requests {
        one(name, quantity, &format!("{at}.requests[{name}]"), faults);
        against_limit(name, Amount::of(quantity), limits, at, faults);
    }
    let all = || limits.keys().chain(requests.keys());
    let huge = all().any(|name| name.starts_with("hugepages-"));
    if huge && !all().any(|name| name == "cpu" || name == "memory") {
        faults.forbidden(at, "HugePages require cpu or memory");
    }
    for (i, claim) in resources.claims.iter().flatten().enumerate() {
        let known: Vec<&str> = spec.resource_claims.iter().flatten().map(|c| c.name.as_str()).collect();
        let path = format!("{at}.claims[{i}]");
        if claim.name.is_empty() {
            faults.required(&format!("{path}.name"), "");
        } else if known.is_empty() {
            let detail = "must be one of the names in pod.spec.resourceClaims which is empty";
            faults.not_found(&path, &claim.name, detail);
        } else if !known.contains(&claim.name.as_str()) {
            let detail =
                format!("must be one of the names in pod.spec.resourceClaims: [{}]", known.join(", "));
            faults.not_found(&path, &claim.name, &detail);
        }
    }
}

/// One entry of a resource list: its name, then its amount.
fn one(name: &str, quantity: &Quantity, at: &str, faults: &mut Faults) {
    faults.invalid_all(at, name, names::label_key_errors(name));
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    let huge = name.starts_with("hugepages-");
    if !name.contains('/') {
        if !STANDARD.contains(&name) && !huge {
            faults.invalid(at, name, "must be a standard resource type or fully qualified");
        }
        if !["cpu", "memory", "ephemeral-storage"].contains(&name) && !huge {
            faults.invalid(at, name, "must be a standard resource for containers");
        }
    } else if !native && name.starts_with("requests.") {
        faults.invalid(at, name, "doesn't follow extended resource name standard");
    }
    let amount = Amount::of(quantity);
    if amount.is_negative() {
        faults.invalid(at, amount.to_string(), "must be greater than or equal to 0");
    }
    if !native && !amount.is_integer() {
        faults.invalid(at, amount.to_string(), "must be an integer");
    }
    if let Some(size) = name.strip_prefix("hugepages-").and_then(|size| Amount::parse(size).ok()) {
        let whole = size.value() > 0 && amount.value() % size.value() == 0;
        if !whole {
            let detail = format!("{amount} is not positive integer multiple of {name}");
            faults.invalid(at, amount.to_string(), &detail);
        }
    }
}

fn against_limit(name: &str, request: Amount, limits: &List, at: &str, faults: &mut Faults) {
    let path = format!("{at}.requests");
    match limits.get(name).map(Amount::of) {
        Some(limit) if request != limit && !may_overcommit(name) => {
            faults.invalid(&path, request.to_string(), &format!("must be equal to {name} limit of {limit}"));
        }
        Some(limit) if request > limit => {
            let detail = format!("must be less than or equal to {name} limit of {limit}");
            faults.invalid(&path, request.to_string(), &detail);
        }
        None if !may_overcommit(name) => {
            faults.required(&format!("{at}.limits"), "Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

pub(super) fn resize_policy(container: &api::Container, restart: &str, path: &str, faults: &mut Faults) {
    let at = format!("{path}.resizePolicy");
    let mut seen = Vec::new();
    for (i, policy) in container.resize_policy.iter().flatten().enumerate() {
        let (name, action) = (policy.resource_name.as_str(), policy.restart_policy.as_str());
        if seen.contains(&name) {
            faults.duplicate(&format!("{at}[{i}]"), name);
        }
        seen.push(name);
        faults.required_one_of(&at, Some(name), &["cpu", "memory"]);
        faults.required_one_of(&at, Some(action), &["NotRequired", "RestartContainer"]);
        if restart == "Never" && action == "RestartContainer" {
            faults.invalid(&at, action, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}

/// The resources of a Pod as a whole: their names, their order, and what the containers ask for within them.
pub(super) fn pod(spec: &api::PodSpec, faults: &mut Faults) {
    let Some(resources) = &spec.resources else { return };
    let empty = List::new();
    let limits = resources.limits.as_ref().unwrap_or(&empty);
    let requests = resources.requests.as_ref().unwrap_or(&empty);
    let asked = requests::aggregate(spec, |c| {
        requests::resources_of(c.resources.as_ref().and_then(|r| r.requests.as_ref()))
    });
    for (field, list) in [("limits", limits), ("requests", requests)] {
        for (name, quantity) in list {
            let at = format!("spec.resources.{field}[{name}]");
            if requests::is_pod_level(name) {
                one(name, quantity, &at, faults);
            } else {
                faults.unsupported(&at, name, &["cpu", "hugepages-", "memory"]);
            }
        }
    }
    for (name, quantity) in requests.iter().filter(|(name, _)| requests::is_pod_level(name)) {
        let request = Amount::of(quantity);
        against_limit(name, request, limits, "spec.resources", faults);
        if let Some(sum) = asked.get(name).filter(|sum| **sum > request) {
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            faults.invalid(&format!("spec.resources.requests[{name}]"), request.to_string(), &detail);
        }
    }
    for (list, i, container) in numbered(spec) {
        let own = container.resources.as_ref().and_then(|r| r.limits.as_ref());
        for (name, limit) in own.into_iter().flatten() {
            let (limit, whole) = (Amount::of(limit), limits.get(name).map(Amount::of));
            if let Some(whole) = whole.filter(|whole| limit > *whole) {
                let at = format!("spec.resources.{list}[{i}][{name}].limits");
                let detail = format!("must be less than or equal to pod limits of {whole}");
                faults.invalid(&at, limit.to_string(), &detail);
            }
        }
    }
}

fn numbered(spec: &api::PodSpec) -> impl Iterator<Item = (&'static str, usize, &api::Container)> {
    let main = spec.containers.iter().enumerate().map(|(i, c)| ("containers", i, c));
    main.chain(spec.init_containers.iter().flatten().enumerate().map(|(i, c)| ("initContainers", i, c)))
}
