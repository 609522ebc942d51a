//! Where a Pod may run: node selectors, affinity, tolerations, spread, gates.

use super::faults::Faults;
use super::meta;
use crate::kube::names;
use k8s_openapi::api::core::v1 as api;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

pub(super) fn affinity(affinity: &api::Affinity, at: &str, faults: &mut Faults) {
    if let Some(node) = &affinity.node_affinity {
        node_affinity(node, &format!("{at}.nodeAffinity"), faults);
    }
    if let Some(pod) = &affinity.pod_affinity {
        let required = pod.required_during_scheduling_ignored_during_execution.as_deref();
        let preferred = pod.preferred_during_scheduling_ignored_during_execution.as_deref();
        pod_terms(required, preferred, &format!("{at}.podAffinity"), faults);
    }
    if let Some(pod) = &affinity.pod_anti_affinity {
        let required = pod.required_during_scheduling_ignored_during_execution.as_deref();
        let preferred = pod.preferred_during_scheduling_ignored_during_execution.as_deref();
        pod_terms(required, preferred, &format!("{at}.podAntiAffinity"), faults);
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

fn node_affinity(node: &api::NodeAffinity, at: &str, faults: &mut Faults) {
    if let Some(selector) = &node.required_during_scheduling_ignored_during_execution {
        let at = format!("{at}.{REQUIRED}.nodeSelectorTerms");
        if selector.node_selector_terms.is_empty() {
            faults.required(&at, "must have at least one node selector term");
        }
        for (i, term) in selector.node_selector_terms.iter().enumerate() {
            node_term(term, &format!("{at}[{i}]"), faults);
        }
    }
    let preferred = node.preferred_during_scheduling_ignored_during_execution.iter().flatten();
    for (i, term) in preferred.enumerate() {
        let at = format!("{at}.{PREFERRED}[{i}]");
        weight(term.weight, &at, faults);
        node_term(&term.preference, &format!("{at}.preference"), faults);
    }
}

fn weight(weight: i32, at: &str, faults: &mut Faults) {
    if !(1..=100).contains(&weight) {
        faults.invalid(&format!("{at}.weight"), weight, "must be in the range 1-100");
    }
}

fn node_term(term: &api::NodeSelectorTerm, at: &str, faults: &mut Faults) {
    for (i, expression) in term.match_expressions.iter().flatten().enumerate() {
        let at = |field: &str| format!("{at}.matchExpressions[{i}].{field}");
        let values = expression.values.as_deref().unwrap_or_default();
        match expression.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(&at("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                faults.forbidden(&at("values"), detail);
            }
            "Gt" | "Lt" if values.len() != 1 => {
                faults.required(
                    &at("values"),
                    "must be specified single value when `operator` is 'Lt' or 'Gt'",
                );
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => faults.invalid(&at("operator"), other, "not a valid selector operator"),
        }
        faults.invalid_all(&at("key"), &expression.key, names::label_key_errors(&expression.key));
        for (j, value) in values.iter().enumerate() {
            let at = format!("{}[{j}]", at("values"));
            faults.invalid_all(&at, value, names::label_value_errors(value));
        }
    }
    for (i, field) in term.match_fields.iter().flatten().enumerate() {
        let at = |name: &str| format!("{at}.matchFields[{i}].{name}");
        if !["In", "NotIn"].contains(&field.operator.as_str()) {
            faults.invalid(&at("operator"), field.operator.as_str(), "not a valid selector operator");
        } else if field.values.as_ref().is_none_or(|values| values.len() != 1) {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            faults.required(&at("values"), detail);
        }
        if field.key != "metadata.name" {
            faults.invalid(&at("key"), field.key.as_str(), "not a valid field selector key");
        }
    }
}

fn pod_terms(
    required: Option<&[api::PodAffinityTerm]>,
    preferred: Option<&[api::WeightedPodAffinityTerm]>,
    at: &str,
    faults: &mut Faults,
) {
    for (i, term) in required.unwrap_or_default().iter().enumerate() {
        pod_term(term, &format!("{at}.{REQUIRED}[{i}]"), faults);
    }
    for (i, term) in preferred.unwrap_or_default().iter().enumerate() {
        let at = format!("{at}.{PREFERRED}[{i}]");
        weight(term.weight, &at, faults);
        pod_term(&term.pod_affinity_term, &format!("{at}.podAffinityTerm"), faults);
    }
}

fn pod_term(term: &api::PodAffinityTerm, at: &str, faults: &mut Faults) {
    if let Some(selector) = &term.label_selector {
        meta::selector(selector, &format!("{at}.labelSelector"), faults);
    }
    if let Some(selector) = &term.namespace_selector {
        meta::selector(selector, &format!("{at}.namespaceSelector"), faults);
    }
    for namespace in term.namespaces.iter().flatten() {
        faults.invalid_all(&format!("{at}.namespace"), namespace, names::label_errors(namespace));
    }
    let at_key = format!("{at}.topologyKey");
    if term.topology_key.is_empty() {
        faults.required(&at_key, "can not be empty");
    }
    faults.invalid_all(&at_key, &term.topology_key, names::label_key_errors(&term.topology_key));
}

pub(super) fn tolerations(list: Option<&Vec<api::Toleration>>, at: &str, faults: &mut Faults) {
    for (i, toleration) in list.into_iter().flatten().enumerate() {
        let at = |field: &str| format!("{at}[{i}].{field}");
        let key = toleration.key.as_deref().unwrap_or_default();
        let operator = toleration.operator.as_deref().unwrap_or_default();
        let value = toleration.value.as_deref().unwrap_or_default();
        let effect = toleration.effect.as_deref().unwrap_or_default();
        if !key.is_empty() {
            faults.invalid_all(&at("key"), key, names::label_key_errors(key));
        }
        if key.is_empty() && operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            faults.invalid(&at("operator"), operator, detail);
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            faults.invalid(&at("effect"), effect, detail);
        }
        match operator {
            "" | "Equal" => faults.invalid_all(&at("operator"), value, names::label_value_errors(value)),
            "Exists" if !value.is_empty() => {
                faults.invalid(&at("operator"), value, "value must be empty when `operator` is 'Exists'");
            }
            "Exists" => {}
            // The gate of the comparing operators is off by default; the server's list names them all the same.
            "Lt" | "Gt" => faults.unsupported(&at("operator"), operator, &["Equal", "Exists", "Lt", "Gt"]),
            other => faults.unsupported(&at("operator"), other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            faults.one_of(&at("effect"), effect, &EFFECTS);
        }
    }
}

pub(super) fn spread(list: Option<&Vec<api::TopologySpreadConstraint>>, at: &str, faults: &mut Faults) {
    let all = list.map(Vec::as_slice).unwrap_or_default();
    for (i, constraint) in all.iter().enumerate() {
        let path = format!("{at}[{i}]");
        let at = |field: &str| format!("{path}.{field}");
        if constraint.max_skew <= 0 {
            faults.invalid(&at("maxSkew"), constraint.max_skew, "must be greater than zero");
        }
        if constraint.topology_key.is_empty() {
            faults.required(&at("topologyKey"), "can not be empty");
        } else {
            let errors = names::label_key_errors(&constraint.topology_key);
            faults.invalid_all(&at("topologyKey"), &constraint.topology_key, errors);
        }
        let when = constraint.when_unsatisfiable.as_str();
        faults.one_of(&at("whenUnsatisfiable"), when, &["DoNotSchedule", "ScheduleAnyway"]);
        let twin = |other: &api::TopologySpreadConstraint| {
            other.topology_key == constraint.topology_key && other.when_unsatisfiable == when
        };
        if all[i + 1..].iter().any(twin) {
            let pair = format!("{{{}, {when}}}", constraint.topology_key);
            faults.duplicate(&at("{topologyKey, whenUnsatisfiable}"), &pair);
        }
        if let Some(domains) = constraint.min_domains {
            if domains <= 0 {
                faults.invalid(&at("minDomains"), domains, "must be greater than zero");
            }
            if when != "DoNotSchedule" {
                let detail =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}");
                faults.invalid(&at("minDomains"), domains, &detail);
            }
        }
        for (field, policy) in [
            ("nodeAffinityPolicy", &constraint.node_affinity_policy),
            ("nodeTaintsPolicy", &constraint.node_taints_policy),
        ] {
            if let Some(policy) = policy {
                faults.one_of(&at(field), policy, &["Ignore", "Honor"]);
            }
        }
        if let Some(selector) = &constraint.label_selector {
            meta::selector(selector, &at("labelSelector"), faults);
        }
    }
}

pub(super) fn gates(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let errors = names::label_key_errors(&gate.condition_type);
        faults.invalid_all(&format!("{at}.readinessGates[{i}].conditionType"), &gate.condition_type, errors);
    }
    for (i, gate) in spec.scheduling_gates.iter().flatten().enumerate() {
        let at = format!("{at}.schedulingGates[{i}]");
        faults.invalid_all(&at, &gate.name, names::label_key_errors(&gate.name));
        if seen.contains(&gate.name.as_str()) {
            faults.duplicate(&at, &gate.name);
        }
        seen.push(&gate.name);
    }
}
