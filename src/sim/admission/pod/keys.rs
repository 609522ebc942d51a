//! `matchLabelKeys` and `mismatchLabelKeys`: the server turns them into requirements with the values of the Pod's own labels, once, when
//! the Pod is made (pkg/registry/core/pod: `applyMatchLabelKeysAndMismatchLabelKeys`, `mutateTopologySpreadConstraints`).

use crate::kube::Pod;
use crate::kube::core::PodAffinityTerm;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use std::collections::BTreeMap;
use std::sync::Arc;

type Labels = BTreeMap<String, String>;

/// Adds the requirements.
pub fn merge(pod: &mut Pod) {
    let Some(labels) = pod.metadata.labels.clone() else { return };
    if pod.spec.affinity.is_none() && pod.spec.topology_spread_constraints.is_none() {
        return;
    }
    let spec = Arc::make_mut(&mut pod.spec);
    if let Some(affinity) = &mut spec.affinity {
        if let Some(near) = &mut affinity.pod_affinity {
            let preferred = near.preferred_during_scheduling_ignored_during_execution.iter_mut().flatten();
            preferred.for_each(|weighted| of_term(&mut weighted.pod_affinity_term, &labels));
            let required = near.required_during_scheduling_ignored_during_execution.iter_mut().flatten();
            required.for_each(|term| of_term(term, &labels));
        }
        if let Some(far) = &mut affinity.pod_anti_affinity {
            let preferred = far.preferred_during_scheduling_ignored_during_execution.iter_mut().flatten();
            preferred.for_each(|weighted| of_term(&mut weighted.pod_affinity_term, &labels));
            let required = far.required_during_scheduling_ignored_during_execution.iter_mut().flatten();
            required.for_each(|term| of_term(term, &labels));
        }
    }
    for constraint in spec.topology_spread_constraints.iter_mut().flatten() {
        require(constraint.label_selector.as_mut(), constraint.match_label_keys.as_ref(), "In", &labels);
    }
}

fn of_term(term: &mut PodAffinityTerm, labels: &Labels) {
    require(term.label_selector.as_mut(), term.match_label_keys.as_ref(), "In", labels);
    require(term.label_selector.as_mut(), term.mismatch_label_keys.as_ref(), "NotIn", labels);
}

/// A selector that is missing matches nothing and stays so.
fn require(
    selector: Option<&mut LabelSelector>,
    keys: Option<&Vec<String>>,
    operator: &str,
    labels: &Labels,
) {
    let (Some(selector), Some(keys)) = (selector, keys) else { return };
    let known = keys.iter().filter_map(|key| Some((key, labels.get(key)?)));
    let added = known.map(|(key, value)| LabelSelectorRequirement {
        key: key.clone(),
        operator: operator.to_owned(),
        values: Some(vec![value.clone()]),
    });
    let added: Vec<_> = added.collect();
    if !added.is_empty() {
        selector.match_expressions.get_or_insert_default().extend(added);
    }
}
