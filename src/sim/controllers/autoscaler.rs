//! `HorizontalPodAutoscalers` (pkg/controller/podautoscaler) on a cluster without metrics: the controller keeps its target within the
//! bounds, and says every fifteen seconds what it could not measure. Does not know of any load.

use super::owning::Owner;
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::{Kind, Object};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::autoscaling::v2::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition, MetricSpec,
};
use std::sync::Arc;

/// Milliseconds between two looks, and before the first (`horizontalPodAutoscalerSyncPeriod`).
const PERIOD: u64 = 15_000;
/// The chapter about controllers.
const CHAPTER: &str = "controllers";
/// What the API server answers to a question for metrics.
const NO_METRICS: &str = "unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)";

/// Asks for the first look at an autoscaler.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    if change.key.kind == Kind::HorizontalPodAutoscaler && change.kind != ChangeKind::Deleted {
        queue.add_later(Controller::Autoscaler, change.key.clone(), PERIOD, change.cause, context);
    }
}

/// An autoscaler at work.
struct Scaler {
    owner: Owner,
    hpa: HorizontalPodAutoscaler,
}

/// Compares the target with the bounds, and with the load as far as that is known.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(object) = context.store.get(&work.key).cloned() else { return };
    let Ok(hpa) = serde_json::from_value::<HorizontalPodAutoscaler>(object.to_value()) else { return };
    let text = format!("the autoscaler {} looks at its target", work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    let owner = Owner { object, component: "horizontal-pod-autoscaler", cause };
    let mut scaler = Scaler { owner, hpa };
    scaler.reconcile(context);
    scaler.report(context);
    queue.add_after(Controller::Autoscaler, work.key.clone(), PERIOD, context);
}

impl Scaler {
    fn reconcile(&mut self, context: &mut Context) {
        let Some((target, current)) = self.target(context) else { return };
        let text = "the HPA controller was able to get the target's current scale";
        self.condition("AbleToScale", true, "SucceededGetScale", text, context);
        self.hpa.status.get_or_insert_default().current_replicas = Some(current);
        let (least, most) = (self.hpa.spec.min_replicas.unwrap_or(1), self.hpa.spec.max_replicas);
        if current == 0 && least != 0 {
            let text = "scaling is disabled since the replica count of the target is zero";
            self.condition("ScalingActive", false, "ScalingDisabled", text, context);
            self.hpa.status.get_or_insert_default().desired_replicas = 0;
        } else if current > most {
            self.scale(target, most, "Current number of replicas above Spec.MaxReplicas", context);
        } else if current < least {
            self.scale(target, least, "Current number of replicas below Spec.MinReplicas", context);
        } else {
            self.measure(context);
        }
    }

    /// What is to be scaled, and how many Pods it wants now.
    fn target(&mut self, context: &mut Context) -> Option<(Object, i32)> {
        let wanted = self.hpa.spec.scale_target_ref.clone();
        let kind = Kind::of_manifest(wanted.api_version.as_deref().unwrap_or("v1"), &wanted.kind);
        let found =
            kind.and_then(|kind| context.store.find(kind, self.owner.namespace(), &wanted.name)).cloned();
        if let Some(found) = found.and_then(|object| Some((object.clone(), replicas(&object)?))) {
            return Some(found);
        }
        let group =
            wanted.api_version.as_deref().and_then(|v| v.split_once('/')).map_or("", |(group, _)| group);
        let plural = kind
            .map_or_else(|| format!("{}s", wanted.kind.to_lowercase()), |kind| kind.info().plural.to_owned());
        let dot = if group.is_empty() { "" } else { "." };
        let error = format!("{plural}{dot}{group} \"{}\" not found", wanted.name);
        self.owner.event(EventType::Warning, "FailedGetScale", error.clone(), context);
        let text = format!("the HPA controller was unable to get the target's current scale: {error}");
        self.condition("AbleToScale", false, "FailedGetScale", &text, context);
        None
    }

    /// Brings the target back within the bounds.
    fn scale(&mut self, target: Object, count: i32, why: &str, context: &mut Context) {
        if context.update(with_replicas(target, count), Subresource::Main, &self.owner.write()).is_err() {
            return;
        }
        let told = format!("New size: {count}; reason: {why}");
        self.owner.event(EventType::Normal, "SuccessfulRescale", told, context);
        let text = format!("the HPA controller was able to update the target scale to {count}");
        self.condition("AbleToScale", true, "SucceededRescale", &text, context);
        let status = self.hpa.status.get_or_insert_default();
        status.desired_replicas = count;
        status.last_scale_time = Some(context.now.to_time());
    }

    /// Asks for each metric, in vain.
    fn measure(&mut self, context: &mut Context) {
        let metrics = self.hpa.spec.metrics.clone().unwrap_or_default();
        let mut first = None;
        for metric in &metrics {
            let (reason, error, what) = failure(metric, self.owner.namespace());
            self.owner.event(EventType::Warning, reason, error.clone(), context);
            first.get_or_insert((
                reason,
                format!("the HPA was unable to compute the replica count: {error}"),
                format!("{what}: {error}"),
            ));
        }
        let Some((reason, text, error)) = first else { return };
        self.condition("ScalingActive", false, reason, &text, context);
        let count = metrics.len();
        let told = format!("invalid metrics ({count} invalid out of {count}), first error is: {error}");
        self.owner.event(EventType::Warning, "FailedComputeMetricsReplicas", told, context);
    }

    fn condition(&mut self, type_: &str, holds: bool, reason: &str, message: &str, context: &Context) {
        let list = self.hpa.status.get_or_insert_default().conditions.get_or_insert_default();
        let status = if holds { "True" } else { "False" };
        let place = list.iter().position(|c| c.type_ == type_).unwrap_or_else(|| {
            list.push(HorizontalPodAutoscalerCondition { type_: type_.into(), ..Default::default() });
            list.len() - 1
        });
        let condition = &mut list[place];
        if condition.status != status {
            condition.last_transition_time = Some(context.now.to_time());
        }
        condition.status = status.into();
        condition.reason = Some(reason.into());
        condition.message = Some(message.into());
    }

    fn report(&mut self, context: &mut Context) {
        self.hpa.metadata.resource_version = None;
        let Ok(value) = serde_json::to_value(&self.hpa) else { return };
        if let Ok(object) = Object::from_value(Kind::HorizontalPodAutoscaler, value) {
            let _ = context.update(object, Subresource::Status, &self.owner.write());
        }
    }
}

/// The event about a metric nobody has, its error, and what was to be found out.
fn failure(metric: &MetricSpec, namespace: &str) -> (&'static str, String, String) {
    let of_resource = |name: &str, by_share: bool| {
        let what = if by_share { "utilization" } else { "usage" };
        format!("failed to get {name} {what}: unable to get metrics for resource {name}: {NO_METRICS}")
    };
    if let Some(m) = &metric.resource {
        let error = of_resource(&m.name, m.target.average_utilization.is_some());
        return ("FailedGetResourceMetric", error, format!("failed to get {} resource metric value", m.name));
    }
    if let Some(m) = &metric.container_resource {
        let error = of_resource(&m.name, m.target.average_utilization.is_some());
        return (
            "FailedGetContainerResourceMetric",
            error,
            format!("failed to get {} container metric value", m.name),
        );
    }
    let custom = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered";
    if let Some(m) = &metric.pods {
        let error = format!("unable to get metric {}: {custom}", m.metric.name);
        return ("FailedGetPodsMetric", error, "failed to get pods metric value".into());
    }
    if let Some(m) = &metric.object {
        let about = &m.described_object;
        let error = format!(
            "unable to get metric {}: {} on {namespace} {}: {custom}",
            m.metric.name, about.kind, about.name
        );
        return ("FailedGetObjectMetric", error, "failed to get object metric value".into());
    }
    let name = metric.external.as_ref().map(|m| m.metric.name.clone()).unwrap_or_default();
    let error = format!(
        "unable to get external metric {namespace}/{name}/nil: unable to fetch metrics from external metrics API: the server could not \
         find the requested resource (get {name}.external.metrics.k8s.io)"
    );
    ("FailedGetExternalMetric", error, format!("failed to get {name} external metric value"))
}

fn replicas(object: &Object) -> Option<i32> {
    let count = match object {
        Object::Deployment(o) => o.spec.as_ref()?.replicas,
        Object::ReplicaSet(o) => o.spec.as_ref()?.replicas,
        Object::ReplicationController(o) => o.spec.as_ref()?.replicas,
        Object::StatefulSet(o) => o.spec.as_ref()?.replicas,
        _ => return None,
    };
    Some(count.unwrap_or(1))
}

fn with_replicas(mut object: Object, count: i32) -> Object {
    match &mut object {
        Object::Deployment(o) => Arc::make_mut(o).spec.get_or_insert_default().replicas = Some(count),
        Object::ReplicaSet(o) => Arc::make_mut(o).spec.get_or_insert_default().replicas = Some(count),
        Object::ReplicationController(o) => {
            Arc::make_mut(o).spec.get_or_insert_default().replicas = Some(count);
        }
        Object::StatefulSet(o) => Arc::make_mut(o).spec.get_or_insert_default().replicas = Some(count),
        _ => {}
    }
    object
}
