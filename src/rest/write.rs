//! Creating, replacing, patching and deleting, as the client's body and query say.

use super::address::Resource;
use super::calendar::Calendar;
use super::read::Selection;
use super::table::Form;
use super::{Method, Request, Response};
use crate::kube::decode::{self, Decoded};
use crate::kube::{Key, Kind, Object};
use crate::sim::Cluster;
use crate::sim::api::{
    DeleteOptions, Patch, Propagation, Reason, Refusal, Subresource, Write, Written, check_name,
};
use serde_json::{Value, json};

/// Answers a POST, PUT, PATCH or DELETE of objects.
pub fn answer(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Response, Refusal> {
    match (request.method, resource.key()) {
        (Method::Post, None) => create(cluster, calendar, request, resource),
        (Method::Put, Some(key)) => replace(cluster, calendar, request, &key, Subresource::Main),
        (Method::Patch, Some(key)) => patch(cluster, calendar, request, &key, Subresource::Main),
        (Method::Delete, Some(key)) => delete(cluster, calendar, request, &key),
        (Method::Delete, None) => delete_all(cluster, calendar, request, resource),
        _ => Err(not_allowed()),
    }
}

/// What the server says to a method that an address does not take.
pub fn not_allowed() -> Refusal {
    Refusal::new(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource")
}

/// Why and how the request writes.
pub fn write_of(cluster: &mut Cluster, request: &Request) -> Write {
    let line = if request.command.is_empty() {
        format!("{:?} {}", request.method, request.path)
    } else {
        request.command.clone()
    };
    let cause = cluster.command_cause(&line);
    Write { dry_run: request.get("dryRun") == Some("All"), ..Write::user(cause) }
}

/// The typed object of a body, judged as `fieldValidation` says.
fn decoded(request: &Request, calendar: Calendar, kind: Kind) -> Result<(Object, Vec<String>), Refusal> {
    let mut value = request.json()?;
    calendar.inward(kind, &mut value);
    let bad = |text: &str| Refusal::new(Reason::BadRequest, decode::cannot_be_handled(kind, text));
    let Decoded { object, unknown } = decode::decode(kind, &value);
    let object = object.map_err(|fault| bad(&fault.text))?;
    match request.get("fieldValidation") {
        Some("Strict") if !unknown.is_empty() => {
            Err(bad(&format!("strict decoding error: {}", decode::list_of_unknown(&unknown))))
        }
        Some("Ignore") => Ok((object, Vec::new())),
        _ => Ok((object, unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect())),
    }
}

fn create(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Response, Refusal> {
    let (mut object, unknown) = decoded(request, calendar, resource.kind)?;
    if let Some(namespace) = &resource.namespace {
        let own = object.meta_mut().namespace.get_or_insert_default();
        if own.is_empty() {
            own.clone_from(namespace);
        }
        let own = own.clone();
        let key = Key::new(resource.kind, namespace, object.meta().name.as_deref().unwrap_or_default());
        check_name(&key, &key.name, &own)?;
    }
    let write = write_of(cluster, request);
    let written = cluster.create(object, &write)?;
    Ok(respond(201, written, unknown, (cluster, calendar, request)))
}

/// Replaces an object or a part of it by the body.
pub fn replace(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    key: &Key,
    sub: Subresource,
) -> Result<Response, Refusal> {
    let (mut object, unknown) = decoded(request, calendar, key.kind)?;
    if key.kind.info().namespaced {
        let own = object.meta_mut().namespace.get_or_insert_default();
        if own.is_empty() {
            key.namespace.as_ref().clone_into(own);
        }
    }
    let meta = object.meta();
    check_name(key, meta.name.as_deref().unwrap_or_default(), meta.namespace.as_deref().unwrap_or_default())?;
    let write = write_of(cluster, request);
    let written = cluster.update(object, sub, &write)?;
    Ok(respond(200, written, unknown, (cluster, calendar, request)))
}

/// Applies the body to an object as a patch of its media type.
pub fn patch(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    key: &Key,
    sub: Subresource,
) -> Result<Response, Refusal> {
    let mut value = request.json()?;
    calendar.inward(key.kind, &mut value);
    let change = match request.content_type.split(';').next().unwrap_or_default() {
        "application/json-patch+json" => Patch::Json(value),
        "application/merge-patch+json" => Patch::Merge(value),
        "application/strategic-merge-patch+json" => Patch::Strategic(value),
        other => {
            let text = format!(
                "podlab does not simulate patches of the type {other}: use kubectl apply without --server-side"
            );
            return Err(Refusal::new(Reason::UnsupportedMediaType, text));
        }
    };
    let write = write_of(cluster, request);
    let strict = request.get("fieldValidation") == Some("Strict");
    let trial = Write { dry_run: true, ..write };
    if strict && let Some(fault) = unknown_fields(&cluster.patch(key, &change, sub, &trial)?) {
        let (Patch::Json(body) | Patch::Merge(body) | Patch::Strategic(body)) = &change;
        let shown = Value::from(crate::kube::gotext::show(body));
        let text = format!("patch: Invalid value: {shown}: strict decoding error: {fault}");
        return Err(Refusal::new(Reason::Invalid, text));
    }
    let mut written = cluster.patch(key, &change, sub, &write)?;
    if request.get("fieldValidation") == Some("Ignore") {
        written.warnings.retain(|warning| !warning.starts_with(UNKNOWN));
    }
    Ok(respond(200, written, Vec::new(), (cluster, calendar, request)))
}

/// How the server's warning of an unknown field begins.
const UNKNOWN: &str = "unknown field ";

/// The unknown fields that a write warned of.
fn unknown_fields(written: &Written) -> Option<String> {
    let all: Vec<&str> =
        written.warnings.iter().filter(|warning| warning.starts_with(UNKNOWN)).map(String::as_str).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The written object in the form the client wants, with the server's warnings.
fn respond(
    code: u16,
    written: Written,
    unknown: Vec<String>,
    (cluster, calendar, request): (&Cluster, Calendar, &Request),
) -> Response {
    let form = Form::wanted(&request.accept, request.get("includeObject"));
    let mut response = Response::json(code, &form.show(&written.object, cluster.now(), calendar));
    response.warnings = [unknown, written.warnings].concat();
    response
}

/// The options in the body of a DELETE or of an eviction.
pub fn delete_options(value: &Value, request: &Request) -> DeleteOptions {
    let asked = |name: &str| value[name].as_i64().or_else(|| request.get(name)?.parse().ok());
    let policy = value["propagationPolicy"].as_str().or_else(|| request.get("propagationPolicy"));
    DeleteOptions {
        grace_seconds: asked("gracePeriodSeconds"),
        propagation: match policy {
            Some("Foreground") => Propagation::Foreground,
            Some("Orphan") => Propagation::Orphan,
            _ => Propagation::Background,
        },
        uid: value["preconditions"]["uid"].as_str().map(str::to_owned),
    }
}

/// How a DELETE is meant, by its body and its query.
fn deletion(cluster: &mut Cluster, request: &Request) -> Result<(DeleteOptions, Write), Refusal> {
    let body = request.json()?;
    let mut write = write_of(cluster, request);
    write.dry_run |= body["dryRun"].as_array().is_some_and(|list| list.iter().any(|entry| entry == "All"));
    Ok((delete_options(&body, request), write))
}

fn delete(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    key: &Key,
) -> Result<Response, Refusal> {
    let (options, write) = deletion(cluster, request)?;
    let written = cluster.delete(key, &options, &write)?;
    let uid = written.object.meta().uid.clone();
    let stays = cluster.store().get(key).is_some_and(|object| object.meta().uid == uid);
    if stays && !write.dry_run || key.kind == Kind::Pod {
        return Ok(respond(200, written, Vec::new(), (cluster, calendar, request)));
    }
    let info = key.kind.info();
    let mut details = json!({"name": &*key.name, "kind": info.plural, "uid": uid});
    if !info.group.is_empty() {
        details["group"] = json!(info.group);
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(Response::json(200, &status))
}

fn delete_all(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Response, Refusal> {
    let (options, write) = deletion(cluster, request)?;
    let selection = Selection::of(request, resource)?;
    let keys: Vec<Key> = selection.objects(cluster).map(Object::key).collect();
    let mut gone = Vec::new();
    for key in keys {
        gone.push(cluster.delete(&key, &options, &write)?.object);
    }
    let gone: Vec<&Object> = gone.iter().collect();
    let at = (cluster.now(), cluster.store().revision());
    Ok(Response::json(200, &Form::Object.show_list(resource.kind, &gone, at, calendar)))
}
