//! Resources of a Pod in sum, as its status shows them.

use crate::kube::core::{PodSpec, ResourceRequirements};
use crate::kube::quantity::Amount;
use crate::kube::{Pod, requests};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The sums of one Pod's spec, worked out once for as long as the spec is the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums(Option<(Arc<PodSpec>, ResourceRequirements)>);

impl Sums {
    /// Works the sums out anew if they are of another spec.
    pub fn refresh(&mut self, pod: &Pod) {
        if self.known(pod).is_none() {
            self.0 = Some((pod.spec.clone(), of(pod)));
        }
    }

    /// What the Pod's containers ask for in sum.
    pub fn of(&self, pod: &Pod) -> ResourceRequirements {
        self.known(pod).cloned().unwrap_or_else(|| of(pod))
    }

    fn known(&self, pod: &Pod) -> Option<&ResourceRequirements> {
        self.0.as_ref().filter(|(spec, _)| Arc::ptr_eq(spec, &pod.spec)).map(|(_, sums)| sums)
    }
}

fn of(pod: &Pod) -> ResourceRequirements {
    pod.spec.resources.clone().unwrap_or_else(|| totals(pod))
}

/// Requests and limits of a Pod without resources of its own.
fn totals(pod: &Pod) -> ResourceRequirements {
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
