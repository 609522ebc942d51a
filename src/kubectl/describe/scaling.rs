//! Horizontal Pod autoscalers.

use super::page::{Page, date_or};
use k8s_openapi::api::autoscaling::v2::{
    HPAScalingRules, HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricSpec, MetricTarget,
    MetricValueStatus,
};

pub(super) fn describe(page: &mut Page, o: &HorizontalPodAutoscaler) {
    let spec = &o.spec;
    let status = o.status.clone().unwrap_or_default();
    page.heading(&o.metadata);
    page.labels(&o.metadata);
    page.field(0, "CreationTimestamp", date_or(o.metadata.creation_timestamp.as_ref(), "<unset>"));
    let target = &spec.scale_target_ref;
    page.field(0, "Reference", format!("{}/{}", target.kind, target.name));
    page.field(0, "Metrics", "( current / target )");
    for (i, metric) in spec.metrics.iter().flatten().enumerate() {
        let (name, value) = row(metric, i, &status);
        page.field(1, &name, value);
    }
    let least = spec.min_replicas.map_or_else(|| "<unset>".to_owned(), |n| n.to_string());
    page.field(0, "Min replicas", least);
    page.field(0, "Max replicas", spec.max_replicas.to_string());
    if let Some(behavior) = &spec.behavior {
        page.line(0, "Behavior:");
        direction(page, "Up", behavior.scale_up.as_ref());
        direction(page, "Down", behavior.scale_down.as_ref());
    }
    let (current, desired) = (status.current_replicas.unwrap_or_default(), status.desired_replicas);
    page.field(0, &format!("{} pods", target.kind), format!("{current} current / {desired} desired"));
    if let Some(conditions) = status.conditions.as_deref().filter(|c| !c.is_empty()) {
        page.line(0, "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------");
        for c in conditions {
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            page.line(1, &format!("{}\t{}\t{}\t{}", c.type_, c.status, text(&c.reason), text(&c.message)));
        }
    }
}

/// What is measured, and its present and wanted value.
fn row(metric: &MetricSpec, i: usize, status: &HorizontalPodAutoscalerStatus) -> (String, String) {
    let now = status.current_metrics.as_ref().and_then(|all| all.get(i));
    if let Some(m) = &metric.resource {
        let current = now.and_then(|now| now.resource.as_ref()).map(|now| &now.current);
        return named(format!("resource {} on pods", m.name), &m.target, current);
    }
    if let Some(m) = &metric.container_resource {
        let current = now.and_then(|now| now.container_resource.as_ref()).map(|now| &now.current);
        return named(
            format!("resource {} of container \"{}\" on pods", m.name, m.container),
            &m.target,
            current,
        );
    }
    if let Some(m) = &metric.pods {
        let current = now.and_then(|now| now.pods.as_ref()).map(|now| &now.current);
        return named(format!("\"{}\" on pods", m.metric.name), &m.target, current);
    }
    if let Some(m) = &metric.object {
        let current = now.and_then(|now| now.object.as_ref()).map(|now| &now.current);
        let of = format!("{}/{}", m.described_object.kind, m.described_object.name);
        let (name, value) = named(format!("\"{}\" on {of}", m.metric.name), &m.target, current);
        return (
            format!("{name} (target {})", if m.target.type_ == "Value" { "value" } else { "average value" }),
            value,
        );
    }
    if let Some(m) = &metric.external {
        let current = now.and_then(|now| now.external.as_ref()).map(|now| &now.current);
        let (name, value) = named(format!("\"{}\"", m.metric.name), &m.target, current);
        return (
            format!("{name} (target {})", if m.target.type_ == "Value" { "value" } else { "average value" }),
            value,
        );
    }
    (format!("<unknown metric type \"{}\">", metric.type_), String::new())
}

fn named(name: String, target: &MetricTarget, current: Option<&MetricValueStatus>) -> (String, String) {
    if let Some(wanted) = target.average_utilization {
        let value = current.map_or_else(
            || "<unknown>".to_owned(),
            |now| {
                let absolute = now.average_value.as_ref().map_or("", |q| q.0.as_str());
                format!("{}% ({absolute})", now.average_utilization.unwrap_or_default())
            },
        );
        return (format!("{name}  (as a percentage of request)"), format!("{value} / {wanted}%"));
    }
    let amount = |average: Option<&_>, value: Option<&_>| {
        let held: Option<&k8s_openapi::apimachinery::pkg::api::resource::Quantity> = average.or(value);
        held.map_or_else(|| "<unknown>".to_owned(), |q| q.0.clone())
    };
    let wanted = amount(target.average_value.as_ref(), target.value.as_ref());
    let value = amount(
        current.and_then(|now| now.average_value.as_ref()),
        current.and_then(|now| now.value.as_ref()),
    );
    (name, format!("{value} / {wanted}"))
}

fn direction(page: &mut Page, name: &str, rules: Option<&HPAScalingRules>) {
    let Some(rules) = rules else { return };
    page.line(1, &format!("Scale {name}:"));
    if let Some(seconds) = rules.stabilization_window_seconds {
        page.line(2, &format!("Stabilization Window: {seconds} seconds"));
    }
    if let Some(policies) = rules.policies.as_deref().filter(|p| !p.is_empty()) {
        page.line(2, &format!("Select Policy: {}", rules.select_policy.as_deref().unwrap_or("Max")));
        page.line(2, "Policies:");
        for policy in policies {
            page.line(
                3,
                &format!(
                    "- Type: {}\tValue: {}\tPeriod: {} seconds",
                    policy.type_, policy.value, policy.period_seconds
                ),
            );
        }
    }
}
