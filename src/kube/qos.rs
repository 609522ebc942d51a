//! The quality-of-service class of a Pod, after component-helpers' `qos.ComputePodQOS`.

use super::quantity::Amount;
use k8s_openapi::api::core::v1::{PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// A Pod's quality-of-service class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QosClass {
    /// Nothing asked for: first to be evicted.
    BestEffort,
    /// Something asked for.
    Burstable,
    /// Limits equal to requests for cpu and memory in every container.
    Guaranteed,
}

impl QosClass {
    /// The class of a Pod with this spec (requests already defaulted from limits).
    pub fn of(spec: &PodSpec) -> QosClass {
        if let Some(resources) = spec.resources.as_ref().filter(|r| has_compute(r)) {
            return class(std::slice::from_ref(&resources));
        }
        let all: Vec<_> =
            super::requests::containers(spec).map(|c| c.resources.as_ref().unwrap_or(&EMPTY)).collect();
        class(&all)
    }

    /// The class as the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            QosClass::BestEffort => "BestEffort",
            QosClass::Burstable => "Burstable",
            QosClass::Guaranteed => "Guaranteed",
        }
    }
}

const EMPTY: ResourceRequirements = ResourceRequirements { claims: None, limits: None, requests: None };
const COMPUTE: [&str; 2] = ["cpu", "memory"];

/// The amount of `name` in a list, `None` if it is absent or not above zero.
fn positive(list: Option<&BTreeMap<String, Quantity>>, name: &str) -> Option<Amount> {
    list?.get(name).map(Amount::of).filter(|amount| *amount > Amount::ZERO)
}

fn has_compute(resources: &ResourceRequirements) -> bool {
    COMPUTE.into_iter().any(|name| {
        resources.requests.as_ref().is_some_and(|r| r.contains_key(name))
            || resources.limits.as_ref().is_some_and(|r| r.contains_key(name))
    })
}

fn class(all: &[&ResourceRequirements]) -> QosClass {
    let request = |r: &ResourceRequirements, name| positive(r.requests.as_ref(), name);
    let limit = |r: &ResourceRequirements, name| positive(r.limits.as_ref(), name);
    let asks = |r: &&&ResourceRequirements| COMPUTE.iter().any(|n| request(r, n).or(limit(r, n)).is_some());
    if !all.iter().any(|r| asks(&r)) {
        return QosClass::BestEffort;
    }
    let sum = |of: &dyn Fn(&ResourceRequirements) -> Option<Amount>| {
        all.iter().filter_map(|r| of(r)).fold(Amount::ZERO, Amount::plus)
    };
    let guaranteed = COMPUTE.into_iter().all(|name| {
        all.iter().all(|r| limit(r, name).is_some()) && sum(&|r| request(r, name)) == sum(&|r| limit(r, name))
    });
    if guaranteed { QosClass::Guaranteed } else { QosClass::Burstable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn class_of(containers: &Value) -> QosClass {
        let spec = json!({"containers": containers});
        QosClass::of(&serde_json::from_value(spec).expect("a spec"))
    }

    fn with(resources: &Value) -> Value {
        json!([{"name": "a", "resources": resources}])
    }

    #[test]
    fn the_class_follows_from_requests_and_limits() {
        let both = json!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(class_of(&with(&json!({}))), QosClass::BestEffort);
        assert_eq!(class_of(&with(&json!({"requests": both}))), QosClass::Burstable);
        assert_eq!(class_of(&with(&json!({"requests": both, "limits": both}))), QosClass::Guaranteed);
        assert_eq!(
            class_of(&with(&json!({"requests": {"cpu": "1000m", "memory": "1024Mi"}, "limits": both}))),
            QosClass::Guaranteed
        );
        assert_eq!(class_of(&with(&json!({"limits": {"ephemeral-storage": "1Gi"}}))), QosClass::BestEffort);
        assert_eq!(
            class_of(&with(&json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}))),
            QosClass::Burstable
        );
    }

    #[test]
    fn one_container_without_limits_spoils_guaranteed() {
        let both = json!({"cpu": "1", "memory": "1Gi"});
        let full = json!({"name": "a", "resources": {"limits": both, "requests": both}});
        assert_eq!(class_of(&json!([full, {"name": "b"}])), QosClass::Burstable);
    }

    #[test]
    fn pod_level_resources_decide_alone() {
        let both = json!({"cpu": "1", "memory": "1Gi"});
        let spec = json!({"containers": [{"name": "a"}], "resources": {"limits": both, "requests": both}});
        assert_eq!(QosClass::of(&serde_json::from_value(spec).expect("a spec")), QosClass::Guaranteed);
    }
}
