//! Limit ranges and resource quotas (`ValidateLimitRange`, `ValidateResourceQuotaSpec`).

use super::faults::Faults;
use crate::kube::names;
use crate::kube::quantity::Amount;
use crate::sim::api::FieldReason;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::{BTreeMap, BTreeSet};

type Amounts = Option<BTreeMap<String, Quantity>>;

pub(super) fn limit_range(o: &core::LimitRange, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    let mut seen: Vec<&str> = Vec::new();
    for (i, item) in spec.limits.iter().enumerate() {
        let at = format!("spec.limits[{i}]");
        limit_type(&item.type_, &format!("{at}.type"), faults);
        if seen.contains(&item.type_.as_str()) {
            faults.duplicate(&format!("{at}.type"), &item.type_);
        }
        seen.push(&item.type_);
        if item.type_ == "Pod" {
            for (field, list) in [("default", &item.default), ("defaultRequest", &item.default_request)] {
                if list.as_ref().is_some_and(|list| !list.is_empty()) {
                    faults.forbidden(&format!("{at}.{field}"), "may not be specified when `type` is 'Pod'");
                }
            }
        }
        let has = |list: &Amounts| list.as_ref().is_some_and(|list| list.contains_key("storage"));
        if item.type_ == "PersistentVolumeClaim" && !has(&item.min) && !has(&item.max) {
            let detail = "either minimum or maximum storage value is required, but neither was provided";
            faults.required(&format!("{at}.limits"), detail);
        }
        limits_in_order(item, &at, faults);
    }
}

fn limit_type(name: &str, at: &str, faults: &mut Faults) {
    faults.invalid_all(at, name, names::label_key_errors(name));
    if !name.contains('/') && !["Pod", "Container", "PersistentVolumeClaim"].contains(&name) {
        faults.invalid(at, name, "must be a standard limit type or fully qualified");
    }
}

/// From the minimum by way of the defaults to the maximum nothing may go down.
fn limits_in_order(item: &core::LimitRangeItem, at: &str, faults: &mut Faults) {
    let of = |list: &Amounts, name: &str| list.as_ref().and_then(|list| list.get(name)).map(Amount::of);
    let pod = item.type_ == "Pod";
    let lists = [&item.min, &item.max, &item.default, &item.default_request, &item.max_limit_request_ratio];
    let names: BTreeSet<&String> = lists.into_iter().flatten().flat_map(BTreeMap::keys).collect();
    for name in names {
        let (min, max) = (of(&item.min, name), of(&item.max, name));
        // Defaults of Pods are refused as such.
        let default = of(&item.default, name).filter(|_| !pod);
        let request = of(&item.default_request, name).filter(|_| !pod);
        let pairs = [
            (("min", min), ("max", max), "min", min),
            (("min", min), ("default request", request), "defaultRequest", request),
            (("default request", request), ("max", max), "defaultRequest", request),
            (("default request", request), ("default limit", default), "defaultRequest", request),
            (("min", min), ("default", default), "default", min),
            (("default", default), ("max", max), "default", max),
        ];
        for ((low_name, low), (high_name, high), field, shown) in pairs {
            if let (Some(low), Some(high), Some(shown)) = (low, high, shown)
                && low > high
            {
                let detail = format!("{low_name} value {low} is greater than {high_name} value {high}");
                faults.invalid(&format!("{at}.{field}[{name}]"), shown.to_string(), &detail);
            }
        }
        if let Some(ratio) = of(&item.max_limit_request_ratio, name).filter(|ratio| *ratio < Amount::units(1))
        {
            let detail = format!("ratio {ratio} is less than 1");
            faults.invalid(&format!("{at}.maxLimitRequestRatio[{name}]"), ratio.to_string(), &detail);
        }
    }
}

/// What a quota counts by the piece.
const COUNTED: [&str; 9] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// What a quota adds up of the Pods' containers.
const COMPUTED: [&str; 6] =
    ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

/// What else a quota adds up.
const STORED: [&str; 4] =
    ["ephemeral-storage", "limits.ephemeral-storage", "requests.ephemeral-storage", "requests.storage"];

fn is_limited(name: &str) -> bool {
    COUNTED.contains(&name)
        || COMPUTED.contains(&name)
        || STORED.contains(&name)
        || name.starts_with("hugepages-")
        || name.starts_with("requests.hugepages-")
}

pub(super) fn quota(o: &core::ResourceQuota, faults: &mut Faults) {
    let Some(spec) = &o.spec else { return };
    for (name, amount) in spec.hard.iter().flatten() {
        let at = format!("spec.hard[{name}]");
        let misnamed = names::label_key_errors(name);
        let plain = !name.contains('/') && !is_limited(name);
        if misnamed.is_empty() && plain && name != "storage" {
            faults.invalid(&at, name.as_str(), "must be a standard resource type or fully qualified");
        }
        faults.invalid_all(&at, name, misnamed);
        if plain {
            faults.invalid(&at, name.as_str(), "must be a standard resource for quota");
        }
        let amount = Amount::of(amount);
        if amount.is_negative() {
            faults.invalid(&at, amount.to_string(), "must be greater than or equal to 0");
        }
        if COUNTED.contains(&name.as_str()) && amount.milli() % 1000 != 0 {
            faults.invalid(&at, amount.to_string(), "must be an integer");
        }
    }
    scopes(spec, faults);
}

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// Whether a quota of a scope may limit a resource (`IsResourceQuotaScopeValidForResource`).
fn fits(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "Terminating"
        | "NotTerminating"
        | "NotBestEffort"
        | "PriorityClass"
        | "CrossNamespacePodAffinity" => resource == "pods" || COMPUTED.contains(&resource),
        _ => true,
    }
}

fn scopes(spec: &core::ResourceQuotaSpec, faults: &mut Faults) {
    let scopes = spec.scopes.as_deref().unwrap_or_default();
    let shown = serde_json::to_string(scopes).unwrap_or_default();
    let mut refuse = |detail: &str| {
        faults.add(FieldReason::Invalid, "spec.scopes", format!("Invalid value: {shown}: {detail}"));
    };
    for scope in scopes {
        if !SCOPES.contains(&scope.as_str()) {
            refuse("unsupported scope");
        }
        let limited = spec.hard.iter().flatten().map(|(name, _)| name).filter(|name| is_limited(name));
        for _ in limited.filter(|name| !fits(scope, name)) {
            refuse("unsupported scope applied to resource");
        }
    }
    let has = |scope: &str| scopes.iter().any(|known| known == scope);
    if (has("Terminating") && has("NotTerminating")) || (has("BestEffort") && has("NotBestEffort")) {
        refuse("conflicting scopes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn limits(items: &Value) -> Vec<String> {
        let mut faults = Faults::default();
        let object = json!({"metadata": {"name": "l"}, "spec": {"limits": items}});
        limit_range(&serde_json::from_value(object).unwrap(), &mut faults);
        faults.list.iter().map(ToString::to_string).collect()
    }

    fn quotas(spec: &Value) -> Vec<String> {
        let mut faults = Faults::default();
        quota(
            &serde_json::from_value(json!({"metadata": {"name": "q"}, "spec": spec})).unwrap(),
            &mut faults,
        );
        faults.list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_limit_range_names_a_kind_that_there_is_and_each_once() {
        assert_eq!(
            limits(&json!([{"type": "container"}])),
            [
                "spec.limits[0].type: Invalid value: \"container\": must be a standard limit type or fully qualified"
            ]
        );
        assert_eq!(
            limits(&json!([{"type": "Container"}, {"type": "Container"}])),
            ["spec.limits[1].type: Duplicate value: \"Container\""]
        );
        assert_eq!(
            limits(&json!([{"type": "Pod", "default": {"cpu": "1"}}])),
            ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"]
        );
    }

    #[test]
    fn bounds_and_defaults_are_in_order() {
        assert_eq!(
            limits(&json!([{"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "2"}}])),
            [
                "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than default limit value 1"
            ]
        );
        assert_eq!(
            limits(&json!([{"type": "Container", "min": {"cpu": "3"}, "default": {"cpu": "2"}}])),
            [
                "spec.limits[0].default[cpu]: Invalid value: \"3\": min value 3 is greater than default value 2"
            ]
        );
    }

    #[test]
    fn a_quota_counts_whole_objects_that_its_scopes_allow() {
        assert_eq!(
            quotas(&json!({"hard": {"pods": "1.5"}})),
            ["spec.hard[pods]: Invalid value: \"1500m\": must be an integer"]
        );
        assert_eq!(
            quotas(&json!({"hard": {"pod": "1"}})),
            [
                "spec.hard[pod]: Invalid value: \"pod\": must be a standard resource type or fully qualified",
                "spec.hard[pod]: Invalid value: \"pod\": must be a standard resource for quota"
            ]
        );
        assert_eq!(
            quotas(&json!({"hard": {"pods": "1", "requests.cpu": "1"}, "scopes": ["BestEffort"]})),
            ["spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to resource"]
        );
    }
}
