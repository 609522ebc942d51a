//! Resource quotas (plugin/pkg/admission/resourcequota, pkg/quota/v1/evaluator/core): what a namespace may hold, what it holds, and
//! the refusal when both do not go together. The status is counted anew at each look; nothing is remembered.

use crate::kube::core::{PersistentVolumeClaim, ResourceQuota};
use crate::kube::qos::QosClass;
use crate::kube::quantity::Amount;
use crate::kube::requests::{Resources, containers, pod_limits, pod_requests, resources_of};
use crate::kube::{Kind, Object, Pod};
use crate::sim::api::Refusal;
use crate::sim::controllers::pods;
use crate::sim::storage;
use crate::sim::store::Store;
use std::sync::Arc;

/// What stands between a class and what is limited of it.
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

/// Checks an object against every quota of its namespace: all it uses, or what it uses more than before.
pub fn check(object: &Object, before: Option<&Object>, store: &Store) -> Result<(), Refusal> {
    let key = object.key();
    for quota in quotas(&key.namespace, store) {
        if !in_scope(&quota, object) {
            continue;
        }
        let hard = resources_of(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()));
        let had = before.map(|before| charge(before, &hard)).unwrap_or_default();
        let more = |(name, all): (String, Amount)| {
            let more = all.minus(had.get(&name).copied().unwrap_or_default());
            (name, if more.is_negative() { Amount::ZERO } else { more })
        };
        let wanted: Resources = charge(object, &hard).into_iter().map(more).collect();
        let name = quota.metadata.name.as_deref().unwrap_or_default();
        let missing = unspecified(object, &hard);
        if !missing.is_empty() {
            let why = format!("failed quota: {name}: must specify {missing}");
            return Err(Refusal::forbidden(key.kind, &key.name, why));
        }
        if wanted.is_empty() {
            continue;
        }
        let used = usage(&quota, store);
        let over: Vec<&String> = wanted
            .iter()
            .filter(|(name, amount)| {
                let have = used.get(*name).copied().unwrap_or_default();
                !amount.is_zero() && hard.get(*name).is_some_and(|most| have.plus(**amount) > *most)
            })
            .map(|(name, _)| name)
            .collect();
        if !over.is_empty() {
            let list = |of: &Resources| {
                let texts = over.iter().map(|n| format!("{n}={}", of.get(*n).copied().unwrap_or_default()));
                texts.collect::<Vec<_>>().join(",")
            };
            let why = format!(
                "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
                list(&wanted),
                list(&used),
                list(&hard)
            );
            return Err(Refusal::forbidden(key.kind, &key.name, why));
        }
    }
    Ok(())
}

fn quotas(namespace: &str, store: &Store) -> Vec<Arc<ResourceQuota>> {
    let all = store.list(Kind::ResourceQuota, Some(namespace));
    let quotas = all.filter_map(|object| match object {
        Object::ResourceQuota(quota) => Some(quota.clone()),
        _ => None,
    });
    quotas.collect()
}

/// What the objects of a quota's namespace use of what it limits.
pub fn usage(quota: &ResourceQuota, store: &Store) -> Resources {
    let hard = resources_of(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()));
    let namespace = quota.metadata.namespace.as_deref().unwrap_or_default();
    let mut used: Resources = hard.keys().map(|name| (name.clone(), Amount::ZERO)).collect();
    for kind in counted_kinds(&hard) {
        for object in store.list(kind, Some(namespace)).filter(|object| in_scope(quota, object)) {
            crate::kube::requests::add(&mut used, &charge(object, &hard));
        }
    }
    used
}

/// The kinds a quota speaks of.
fn counted_kinds(hard: &Resources) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = hard.keys().filter_map(|name| kind_of(name)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn kind_of(resource: &str) -> Option<Kind> {
    if let Some(counted) = resource.strip_prefix("count/") {
        return Kind::parse(counted);
    }
    if resource.contains(OF_CLASS) {
        return Some(Kind::PersistentVolumeClaim);
    }
    match resource {
        "services" | "services.nodeports" | "services.loadbalancers" => Some(Kind::Service),
        "persistentvolumeclaims" | "requests.storage" => Some(Kind::PersistentVolumeClaim),
        "configmaps" | "secrets" | "resourcequotas" | "replicationcontrollers" => Kind::parse(resource),
        _ => Some(Kind::Pod),
    }
}

/// What one object uses of what is limited.
fn charge(object: &Object, hard: &Resources) -> Resources {
    let kind = object.kind();
    let mut used = Resources::new();
    for name in hard.keys().filter(|name| kind_of(name) == Some(kind)) {
        let amount = match object {
            Object::Pod(pod) if !name.starts_with("count/") => pod_charge(pod, name),
            Object::Service(service) => service_charge(service, name),
            Object::PersistentVolumeClaim(claim) if !name.starts_with("count/") => claim_charge(claim, name),
            _ => Amount::units(1),
        };
        used.insert(name.clone(), amount);
    }
    used
}

/// What a claim takes of all storage, or of that of its class.
fn claim_charge(claim: &PersistentVolumeClaim, name: &str) -> Amount {
    let what = match name.split_once(OF_CLASS) {
        Some((class, _)) if class != storage::class_of(claim) => return Amount::ZERO,
        Some((_, what)) => what,
        None => name,
    };
    if what == "requests.storage" { storage::size_asked(claim) } else { Amount::units(1) }
}

fn pod_charge(pod: &Pod, name: &str) -> Amount {
    if pods::is_over(pod) {
        return Amount::ZERO;
    }
    let of = |list: Resources, name: &str| list.get(name).copied().unwrap_or_default();
    match name {
        "pods" => Amount::units(1),
        "cpu" | "memory" | "ephemeral-storage" => of(pod_requests(&pod.spec, None), name),
        _ => match name.split_once('.') {
            Some(("requests", resource)) => of(pod_requests(&pod.spec, None), resource),
            Some(("limits", resource)) => of(pod_limits(&pod.spec), resource),
            _ => Amount::ZERO,
        },
    }
}

fn service_charge(service: &crate::kube::core::Service, name: &str) -> Amount {
    let type_ = service.spec.as_ref().and_then(|spec| spec.type_.as_deref()).unwrap_or("ClusterIP");
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten()).count() as i64;
    match name {
        "services.nodeports" if matches!(type_, "NodePort" | "LoadBalancer") => Amount::units(ports),
        "services.nodeports" => Amount::ZERO,
        "services.loadbalancers" => Amount::units(i64::from(type_ == "LoadBalancer")),
        _ => Amount::units(1),
    }
}

/// Compute resources a Pod has to say something about because a quota limits them: `limits.memory for: app; …`.
fn unspecified(object: &Object, hard: &Resources) -> String {
    let Object::Pod(pod) = object else { return String::new() };
    let mut parts: Vec<String> = Vec::new();
    for name in hard.keys() {
        let (requests, resource) = match name.as_str() {
            "cpu" | "memory" => (true, name.as_str()),
            "requests.cpu" | "requests.memory" => (true, &name["requests.".len()..]),
            "limits.cpu" | "limits.memory" => (false, &name["limits.".len()..]),
            _ => continue,
        };
        let says = |c: &crate::kube::core::Container| {
            let resources = c.resources.as_ref();
            let list = resources.and_then(|r| if requests { r.requests.as_ref() } else { r.limits.as_ref() });
            list.is_some_and(|list| list.contains_key(resource))
        };
        let silent: Vec<&str> = containers(&pod.spec).filter(|c| !says(c)).map(|c| c.name.as_str()).collect();
        if !silent.is_empty() {
            parts.push(format!("{name} for: {}", silent.join(",")));
        }
    }
    parts.join("; ")
}

/// Whether a quota counts an object, by its scopes.
fn in_scope(quota: &ResourceQuota, object: &Object) -> bool {
    let Some(spec) = &quota.spec else { return true };
    let Object::Pod(pod) = object else {
        return spec.scopes.as_ref().is_none_or(Vec::is_empty) && spec.scope_selector.is_none();
    };
    let plain = spec.scopes.iter().flatten().all(|scope| matches_scope(scope, "Exists", &[], pod));
    let selected = spec
        .scope_selector
        .iter()
        .flat_map(|s| s.match_expressions.iter().flatten())
        .all(|e| matches_scope(&e.scope_name, &e.operator, e.values.as_deref().unwrap_or_default(), pod));
    plain && selected
}

fn matches_scope(scope: &str, operator: &str, values: &[String], pod: &Pod) -> bool {
    let best_effort = QosClass::of(&pod.spec).as_str() == "BestEffort";
    let limited = pod.spec.active_deadline_seconds.is_some();
    match scope {
        "BestEffort" => best_effort,
        "NotBestEffort" => !best_effort,
        "Terminating" => limited,
        "NotTerminating" => !limited,
        "PriorityClass" => {
            let class = pod.spec.priority_class_name.clone().unwrap_or_default();
            match operator {
                "In" => values.contains(&class),
                "NotIn" => !values.contains(&class),
                "DoesNotExist" => class.is_empty(),
                _ => !class.is_empty(),
            }
        }
        _ => true,
    }
}
