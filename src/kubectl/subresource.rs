//! `--subresource`: which of them a kind has, and the `Scale` of what counts replicas. Does not know what is done with them.

use super::columns;
use super::complaint::Complaint;
use super::flags::{Flag, Offers, Takes, flag};
use super::grid::Grid;
use super::output;
use super::run::{Run, refused};
use crate::kube::{Kind, Object};
use crate::sim::api::{Refusal, Subresource};
use serde_json::{Value, json};

/// The flag, for verbs that take it.
pub const FLAG: &[Flag] = &[flag(
    "subresource",
    Takes::Text,
    "If specified, the command will operate on the subresource of the requested object. This flag is beta and may change in the \
     future.",
)
.offers(Offers::Words(&["status", "scale", "resize"]))];

/// What the server says of an address it does not know.
pub fn nowhere() -> Complaint {
    refused(Refusal {
        reason: crate::sim::api::Reason::NotFound,
        message: "the server could not find the requested resource".to_owned(),
        ..Refusal::bad_request("")
    })
}

/// Whether objects of a kind count replicas.
pub fn scales(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController)
}

/// The subresource a command names, if a kind has it.
pub fn of(run: &Run, kind: Kind) -> Result<Subresource, Complaint> {
    match (run.args.or("subresource", ""), kind) {
        ("", _) => Ok(Subresource::Main),
        ("scale", kind) if scales(kind) => Ok(Subresource::Scale),
        ("resize", Kind::Pod) => Ok(Subresource::Resize),
        ("status", kind) if has_status(kind) => Ok(Subresource::Status),
        _ => Err(nowhere()),
    }
}

/// Whether a kind's status is written at an address of its own.
fn has_status(kind: Kind) -> bool {
    scales(kind)
        || matches!(
            kind,
            Kind::Pod
                | Kind::Node
                | Kind::Namespace
                | Kind::Service
                | Kind::DaemonSet
                | Kind::Job
                | Kind::CronJob
                | Kind::PersistentVolume
                | Kind::PersistentVolumeClaim
                | Kind::ResourceQuota
                | Kind::Ingress
                | Kind::PodDisruptionBudget
                | Kind::HorizontalPodAutoscaler
        )
}

/// The object `Scale` of a workload, as the server makes it.
pub fn scale(object: &Object) -> Value {
    let value = output::shown(object);
    let meta = &value["metadata"];
    let selector = serde_json::from_value(value["spec"]["selector"].clone()).ok();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"]},
        "spec": {"replicas": value["spec"]["replicas"]},
        "status": {"replicas": value["status"]["replicas"].as_i64().unwrap_or(0),
            "selector": columns::label_selector(selector.as_ref())},
    })
}

/// The table of one `Scale`.
pub fn scale_table(object: &Object, run: &Run) -> String {
    let scale = scale(object);
    let number = |pointer: &str| scale.pointer(pointer).and_then(Value::as_i64).unwrap_or(0).to_string();
    let age = super::age::since(object.meta().creation_timestamp.as_ref(), run.now());
    let name = object.meta().name.clone().unwrap_or_default();
    let head = ["NAME", "DESIRED", "AVAILABLE", "AGE"].map(str::to_owned);
    let row = [name, number("/spec/replicas"), number("/status/replicas"), age];
    let rows: &[[String; 4]] = if run.args.is("no-headers") { &[row] } else { &[head, row] };
    Grid::default().print(rows.iter().map(<[String; 4]>::as_slice))
}
