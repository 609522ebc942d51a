//! Parts of objects that have addresses of their own: status, scale, eviction, binding, resize, ephemeral containers, logs.

use super::address::Resource;
use super::calendar::Calendar;
use super::{Answer, Method, Request, Response, logs, write};
use crate::kube::{Key, Kind, Object};
use crate::kubectl::columns;
use crate::sim::Cluster;
use crate::sim::api::{Patch, Refusal, Subresource};
use serde_json::{Value, json};

/// Answers a request for a part of an object.
pub fn answer(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Answer, Refusal> {
    let (Some(key), Some(part)) = (resource.key(), resource.part.as_deref()) else {
        return Err(super::nowhere());
    };
    let whole = |sub| (sub, &key);
    let (sub, key) = match (part, key.kind) {
        ("log", Kind::Pod) if request.method == Method::Get => {
            return logs::answer(cluster, calendar, request, &key);
        }
        ("eviction", Kind::Pod) => return evict(cluster, request, &key).map(Answer::Whole),
        ("binding", Kind::Pod) => return bind(cluster, request, &key).map(Answer::Whole),
        ("scale", kind) if has_scale(kind) => {
            return scale(cluster, calendar, request, &key).map(Answer::Whole);
        }
        ("status" | "finalize", _) => whole(Subresource::Status),
        ("resize", Kind::Pod) => whole(Subresource::Resize),
        ("ephemeralcontainers", Kind::Pod) => whole(Subresource::EphemeralContainers),
        _ => return Err(super::nowhere()),
    };
    match request.method {
        Method::Get => {
            let plain = Resource { part: None, ..resource.clone() };
            super::read::answer(cluster, calendar, request, &plain).map(Answer::Whole)
        }
        Method::Put => write::replace(cluster, calendar, request, key, sub).map(Answer::Whole),
        Method::Patch => write::patch(cluster, calendar, request, key, sub).map(Answer::Whole),
        _ => Err(write::not_allowed()),
    }
}

/// Kinds with a number of replicas to set.
fn has_scale(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController)
}

fn evict(cluster: &mut Cluster, request: &Request, key: &Key) -> Result<Response, Refusal> {
    let body = request.json()?;
    let options = write::delete_options(&body["deleteOptions"], request);
    let change = write::write_of(cluster, request);
    cluster.evict(key, &options, &change)?;
    Ok(done(201))
}

fn bind(cluster: &mut Cluster, request: &Request, key: &Key) -> Result<Response, Refusal> {
    let body = request.json()?;
    let change = write::write_of(cluster, request);
    cluster.bind(key, body["target"]["name"].as_str().unwrap_or_default(), &change)?;
    Ok(done(201))
}

fn done(code: u16) -> Response {
    Response::json(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}),
    )
}

fn scale(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    key: &Key,
) -> Result<Response, Refusal> {
    let change = match request.method {
        Method::Get => None,
        Method::Put | Method::Patch if request.content_type.contains("json-patch") => {
            Some(Patch::Json(request.json()?))
        }
        Method::Put | Method::Patch => {
            let body = request.json()?;
            let mut change = json!({"spec": {"replicas": body["spec"]["replicas"]}});
            if let Some(version) = body["metadata"]["resourceVersion"].as_str().filter(|v| !v.is_empty()) {
                change["metadata"] = json!({"resourceVersion": version});
            }
            Some(Patch::Merge(change))
        }
        _ => return Err(write::not_allowed()),
    };
    if let Some(change) = change {
        let write = write::write_of(cluster, request);
        cluster.patch(key, &change, Subresource::Scale, &write)?;
    }
    let object = cluster.store().get(key).ok_or_else(|| Refusal::not_found(key))?;
    Ok(Response::json(200, &scale_of(object, calendar)))
}

/// The object `Scale` of a workload.
fn scale_of(object: &Object, calendar: Calendar) -> Value {
    let value = super::table::whole(object, calendar);
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
