//! Generators of permissions: role, clusterrole and their bindings.

use crate::kube::Kind;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RULES: &[Flag] = &[
    flag("verb", Takes::List, "what is allowed: get,list"),
    flag("resource", Takes::List, "on what: pods,deployments.apps"),
    flag("resource-name", Takes::Texts, "on which objects"),
    flag("non-resource-url", Takes::List, "on which addresses"),
];

const SUBJECTS: &[Flag] = &[
    flag("role", Takes::Text, "the Role to bind"),
    flag("clusterrole", Takes::Text, "the ClusterRole to bind"),
    flag("user", Takes::Texts, "users"),
    flag("group", Takes::Texts, "groups"),
    flag("serviceaccount", Takes::Texts, "service accounts: namespace:name"),
];

pub(super) const ROLE: Verb = Verb {
    name: "role",
    path: "kubectl create role",
    summary: "Create a Role.",
    usage: "NAME --verb=verb --resource=resource.group/subresource [options]",
    examples: "# Reading Pods\nkubectl create role reader --verb=get,list,watch --resource=pods",
    flags: &[RULES, OUTPUT, DRY_RUN, WRITE],
    run: |run| role(run, Kind::Role),
    ..Verb::EMPTY
};

pub(super) const CLUSTER_ROLE: Verb = Verb {
    name: "clusterrole",
    path: "kubectl create clusterrole",
    summary: "Create a ClusterRole.",
    usage: "NAME --verb=verb --resource=resource.group [options]",
    examples: "# Reading nodes\nkubectl create clusterrole reader --verb=get,list --resource=nodes",
    flags: &[RULES, OUTPUT, DRY_RUN, WRITE],
    run: |run| role(run, Kind::ClusterRole),
    ..Verb::EMPTY
};

pub(super) const BINDING: Verb = Verb {
    name: "rolebinding",
    path: "kubectl create rolebinding",
    summary: "Give a role to somebody, in a namespace.",
    usage: "NAME --clusterrole=NAME|--role=NAME [--user=username] [--serviceaccount=namespace:name] [options]",
    examples: "# A robot may read\nkubectl create rolebinding robot --role=reader --serviceaccount=default:robot",
    flags: &[SUBJECTS, OUTPUT, DRY_RUN, WRITE],
    run: |run| binding(run, Kind::RoleBinding),
    ..Verb::EMPTY
};

pub(super) const CLUSTER_BINDING: Verb = Verb {
    name: "clusterrolebinding",
    path: "kubectl create clusterrolebinding",
    summary: "Give a role to somebody, in the whole cluster.",
    usage: "NAME --clusterrole=NAME [--user=username] [--serviceaccount=namespace:name] [options]",
    examples: "# A robot may read\nkubectl create clusterrolebinding robot --clusterrole=view --serviceaccount=default:robot",
    flags: &[SUBJECTS, OUTPUT, DRY_RUN, WRITE],
    run: |run| binding(run, Kind::ClusterRoleBinding),
    ..Verb::EMPTY
};

fn role(run: &mut Run, kind: Kind) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let verbs: Vec<&str> = run.args.all("verb").collect();
    if verbs.is_empty() {
        return Err(Complaint::plain("at least one verb must be specified"));
    }
    let addresses: Vec<&str> = run.args.all("non-resource-url").collect();
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for text in run.args.all("resource") {
        let (word, part) = text.split_once('/').map_or((text, None), |(word, part)| (word, Some(part)));
        let known = crate::kubectl::select::kind(word)?.info();
        let part = part.map(|p| format!("/{p}")).unwrap_or_default();
        groups.entry(known.group).or_default().push(format!("{}{part}", known.plural));
    }
    if groups.is_empty() && addresses.is_empty() {
        return Err(Complaint::plain("at least one resource must be specified"));
    }
    let named: Vec<&str> = run.args.all("resource-name").collect();
    let mut rules: Vec<Value> = Vec::new();
    for (group, resources) in groups {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !named.is_empty() {
            rule["resourceNames"] = json!(named);
        }
        rules.push(rule);
    }
    if !addresses.is_empty() {
        rules.push(json!({"nonResourceURLs": addresses, "verbs": verbs}));
    }
    let mut metadata = json!({"name": name});
    if kind == Kind::Role {
        metadata["namespace"] = run.namespace.into();
    }
    let value = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind.name(), "metadata": metadata, "rules": rules});
    finish(run, kind, value)
}

fn binding(run: &mut Run, kind: Kind) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let (of, role) = match (args.get("role"), args.get("clusterrole")) {
        (Some(role), None) => ("Role", role),
        (None, Some(role)) => ("ClusterRole", role),
        _ if kind == Kind::ClusterRoleBinding => {
            return Err(Complaint::plain("clusterrole must be specified"));
        }
        _ => return Err(Complaint::plain("exactly one of clusterrole or role must be specified")),
    };
    let group = "rbac.authorization.k8s.io";
    let mut subjects: Vec<Value> = Vec::new();
    subjects.extend(args.all("user").map(|u| json!({"apiGroup": group, "kind": "User", "name": u})));
    subjects.extend(args.all("group").map(|g| json!({"apiGroup": group, "kind": "Group", "name": g})));
    for account in args.all("serviceaccount") {
        let wrong = || Complaint::plain("serviceaccount must be <namespace>:<name>");
        let (namespace, name) = account.split_once(':').ok_or_else(wrong)?;
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    let mut metadata = json!({"name": name});
    if kind == Kind::RoleBinding {
        metadata["namespace"] = run.namespace.into();
    }
    let mut value = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind.name(), "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": of, "name": role}});
    if !subjects.is_empty() {
        value["subjects"] = subjects.into();
    }
    finish(run, kind, value)
}
