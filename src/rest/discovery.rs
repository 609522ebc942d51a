//! What the server says it can do: groups, versions, kinds and their parts, in the aggregated form and in the older one.

use super::Response;
use super::address::Catalogue;
use crate::kube::Kind;
use crate::kube::kind::{KINDS, KindInfo};
use crate::kubectl::served::{categories, verbs};
use serde_json::{Value, json};

/// A part of an object that has an address of its own.
struct Part {
    kind: Kind,
    name: &'static str,
    /// Group, version and kind of what is exchanged there.
    exchanged: (&'static str, &'static str, &'static str),
    verbs: &'static [&'static str],
}

const CHANGE: &[&str] = &["get", "patch", "update"];
const CALL: &[&str] = &["create", "get"];
const SCALE: (&str, &str, &str) = ("autoscaling", "v1", "Scale");

const fn part(
    kind: Kind,
    name: &'static str,
    exchanged: (&'static str, &'static str, &'static str),
    verbs: &'static [&'static str],
) -> Part {
    Part { kind, name, exchanged, verbs }
}

const PARTS: &[Part] = &[
    part(Kind::Pod, "attach", ("", "v1", "PodAttachOptions"), CALL),
    part(Kind::Pod, "binding", ("", "v1", "Binding"), &["create"]),
    part(Kind::Pod, "ephemeralcontainers", ("", "v1", "Pod"), CHANGE),
    part(Kind::Pod, "eviction", ("policy", "v1", "Eviction"), &["create"]),
    part(Kind::Pod, "exec", ("", "v1", "PodExecOptions"), CALL),
    part(Kind::Pod, "log", ("", "v1", "Pod"), &["get"]),
    part(Kind::Pod, "resize", ("", "v1", "Pod"), CHANGE),
    part(Kind::ReplicationController, "scale", SCALE, CHANGE),
    part(Kind::Deployment, "scale", SCALE, CHANGE),
    part(Kind::ReplicaSet, "scale", SCALE, CHANGE),
    part(Kind::StatefulSet, "scale", SCALE, CHANGE),
];

/// Kinds nobody stores: questions that are posted and answered.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
];

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers a request for one of the lists.
pub fn answer(what: &Catalogue, accept: &str) -> Response {
    let aggregated = accept.contains("g=apidiscovery.k8s.io") && accept.contains("v=v2;");
    let mut response = match what {
        Catalogue::Core if aggregated => Response::json(200, &aggregate(&[("", "v1")])),
        Catalogue::Groups if aggregated => Response::json(200, &aggregate(&groups()[1..])),
        Catalogue::Core => Response::json(200, &json!({"kind": "APIVersions", "versions": ["v1"]})),
        Catalogue::Groups => Response::json(200, &group_list()),
        Catalogue::Kinds(group, version) => return kinds(group, version),
    };
    if aggregated {
        response.content_type = AGGREGATED;
    }
    response
}

/// Every group with its version, the core group first.
pub(super) fn groups() -> Vec<(&'static str, &'static str)> {
    let stored = KINDS.iter().map(|info| (info.group, info.version));
    let mut all: Vec<_> = stored.chain(QUESTIONS.iter().map(|(group, ..)| (*group, "v1"))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The kind of a question, by the resource it is posted to.
pub(super) fn question(plural: &str) -> Option<&'static str> {
    QUESTIONS.iter().find(|(_, known, _)| *known == plural).map(|(.., kind)| *kind)
}

fn short_names(info: &KindInfo) -> Vec<&'static str> {
    if info.short.is_empty() { Vec::new() } else { vec![info.short] }
}

fn parts(kind: Kind) -> impl Iterator<Item = &'static Part> {
    PARTS.iter().filter(move |part| part.kind == kind)
}

fn aggregate(groups: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, version)| {
            let mut resources: Vec<Value> =
                stored(group, version).into_iter().map(aggregated_kind).collect();
            resources.extend(QUESTIONS.iter().filter(|(g, ..)| g == group).map(|(g, plural, kind)| {
                json!({"resource": plural, "responseKind": {"group": g, "version": "v1", "kind": kind},
                    "scope": "Cluster", "singularResource": kind.to_lowercase(), "verbs": ["create"]})
            }));
            let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
            json!({"metadata": metadata, "versions": [{"version": version, "freshness": "Current", "resources": resources}]})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

/// The kinds of a group as a server lists them: by the name in their address.
fn stored(group: &str, version: &str) -> Vec<&'static KindInfo> {
    let mut all: Vec<_> =
        KINDS.iter().filter(|info| info.group == group && info.version == version).collect();
    all.sort_by_key(|info| info.plural);
    all
}

fn aggregated_kind(info: &KindInfo) -> Value {
    let subresources: Vec<Value> = parts(info.kind)
        .map(|part| {
            let (group, version, kind) = part.exchanged;
            json!({"subresource": part.name, "verbs": part.verbs,
                "responseKind": {"group": group, "version": version, "kind": kind}})
        })
        .collect();
    json!({
        "resource": info.plural, "singularResource": info.singular,
        "responseKind": {"group": info.group, "version": info.version, "kind": info.name},
        "scope": if info.namespaced { "Namespaced" } else { "Cluster" },
        "shortNames": short_names(info), "categories": categories(info.kind), "verbs": verbs(info.kind),
        "subresources": subresources,
    })
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn group_list() -> Value {
    let groups: Vec<Value> = groups()
        .iter()
        .filter(|(group, _)| !group.is_empty())
        .map(|(group, version)| {
            let entry = json!({"groupVersion": group_version(group, version), "version": version});
            json!({"name": group, "versions": [entry], "preferredVersion": entry})
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn kinds(group: &str, version: &str) -> Response {
    if !groups().contains(&(group, version)) {
        return Response::refusal(&super::nowhere());
    }
    let mut resources: Vec<Value> = Vec::new();
    for info in stored(group, version) {
        resources.push(json!({
            "name": info.plural, "singularName": info.singular, "namespaced": info.namespaced, "kind": info.name,
            "verbs": verbs(info.kind), "shortNames": short_names(info), "categories": categories(info.kind),
        }));
        resources.extend(parts(info.kind).map(|part| {
            let (group, version, kind) = part.exchanged;
            json!({"name": format!("{}/{}", info.plural, part.name), "singularName": "", "namespaced": info.namespaced,
                "group": group, "version": version, "kind": kind, "verbs": part.verbs})
        }));
    }
    let questions = QUESTIONS.iter().filter(|(g, ..)| *g == group);
    resources.extend(questions.map(|(_, plural, kind)| {
        json!({"name": plural, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"]})
    }));
    let list = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version(group, version),
        "resources": resources});
    Response::json(200, &list)
}
