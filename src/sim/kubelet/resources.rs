//! Resources of a Pod in sum, as its status shows them.

use crate::kube::core::ResourceRequirements;
use crate::kube::quantity::Amount;
use crate::kube::{Pod, requests};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// Requests and limits of a Pod without resources of its own.
pub(super) fn totals(pod: &Pod) -> ResourceRequirements {
    let none = pod
        .spec
        .containers
        .iter()
        .all(|c| c.resources.as_ref().is_none_or(|r| r.limits.is_none() && r.requests.is_none()));
    if none && pod.spec.init_containers.is_none() {
        return ResourceRequirements::default();
    }
    let list = |amounts: BTreeMap<String, Amount>| -> Option<BTreeMap<String, Quantity>> {
        let list: BTreeMap<String, Quantity> =
            amounts.into_iter().map(|(name, amount)| (name, amount.to_quantity())).collect();
        Some(list).filter(|list| !list.is_empty())
    };
    ResourceRequirements {
        claims: None,
        limits: list(requests::pod_limits(&pod.spec)),
        requests: list(requests::pod_requests(&pod.spec, None)),
    }
}
