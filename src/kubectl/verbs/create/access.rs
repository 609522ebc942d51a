//! Generators of permissions: role, clusterrole and their bindings.

use crate::kube::Kind;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Args, Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name, pairs, required};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RULES: &[Flag] = &[
    flag("verb", Takes::List, "what is allowed: get,list"),
    flag("resource", Takes::List, "on what: pods,deployments.apps"),
    flag("resource-name", Takes::Texts, "on which objects"),
];

const CLUSTER_RULES: &[Flag] = &[
    flag("non-resource-url", Takes::List, "on which addresses"),
    flag("aggregation-rule", Takes::Text, "labels of the ClusterRoles it is made of: a=b,c=d"),
];

const ROLE_NAME: &[Flag] = &[flag("role", Takes::Text, "the Role to bind")];

const SUBJECTS: &[Flag] = &[
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
    flags: &[RULES, CLUSTER_RULES, OUTPUT, DRY_RUN, WRITE],
    run: |run| role(run, Kind::ClusterRole),
    ..Verb::EMPTY
};

pub(super) const BINDING: Verb = Verb {
    name: "rolebinding",
    path: "kubectl create rolebinding",
    summary: "Give a role to somebody, in a namespace.",
    usage: "NAME --clusterrole=NAME|--role=NAME [--user=username] [--serviceaccount=namespace:name] [options]",
    examples: "# A robot may read\nkubectl create rolebinding robot --role=reader --serviceaccount=default:robot",
    flags: &[ROLE_NAME, SUBJECTS, OUTPUT, DRY_RUN, WRITE],
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

/// The verbs of resources, and of addresses (`create_role.go`, `create_clusterrole.go`).
const VERBS: &[&str] = &[
    "get",
    "delete",
    "list",
    "create",
    "update",
    "patch",
    "watch",
    "proxy",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "*",
];
const ADDRESS_VERBS: &[&str] = &["get", "put", "post", "head", "options", "delete", "patch", "*"];

fn role(run: &mut Run, kind: Kind) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let mut metadata = json!({"name": name});
    if kind == Kind::Role {
        metadata["namespace"] = run.namespace.into();
    }
    let mut value =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind.name(), "metadata": metadata});
    if let Some(text) = run.args.get("aggregation-rule") {
        if ["verb", "resource", "resource-name", "non-resource-url"].iter().any(|f| run.args.get(f).is_some())
        {
            return Err(Complaint::plain(
                "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames",
            ));
        }
        value["aggregationRule"] =
            json!({"clusterRoleSelectors": [{"matchLabels": pairs(text, "aggregation rule")?}]});
        value["rules"] = Value::Null;
    } else {
        value["rules"] = rules(run)?.into();
    }
    finish(run, kind, value)
}

/// The rules that `--verb`, `--resource` and `--non-resource-url` describe.
fn rules(run: &mut Run) -> Result<Vec<Value>, Complaint> {
    let args = run.args;
    let mut verbs: Vec<&str> = Vec::new();
    for verb in args.all("verb") {
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    if verbs.contains(&"*") {
        verbs = vec!["*"];
    }
    let addresses: Vec<&str> = args.all("non-resource-url").collect();
    let mut resources = Vec::new();
    for text in args.all("resource") {
        let (word, part) = text.split_once('/').map_or((text, None), |(word, part)| (word, Some(part)));
        if word.is_empty() || word.starts_with('.') {
            return Err(Complaint::plain("resource must be specified if apiGroup/subresource specified"));
        }
        resources.push((word, part));
    }
    if verbs.is_empty() {
        return Err(Complaint::plain("at least one verb must be specified"));
    }
    if resources.is_empty() && addresses.is_empty() {
        return Err(Complaint::plain("at least one resource must be specified"));
    }
    for address in &addresses {
        if let Some(verb) = verbs.iter().find(|v| !ADDRESS_VERBS.contains(v)) {
            return Err(Complaint::plain(format!("invalid verb: '{verb}' for nonResourceURL")));
        }
        if *address != "*" && !address.starts_with('/') {
            return Err(Complaint::plain("nonResourceURL should start with /"));
        }
    }
    if !resources.is_empty() {
        for verb in verbs.iter().filter(|v| !VERBS.contains(v)) {
            run.warn(&format!("Warning: '{verb}' is not a standard resource verb"));
        }
    }
    let mut rules = on_resources(&resources, &verbs, &args.all("resource-name").collect::<Vec<_>>())?;
    if !addresses.is_empty() {
        rules.push(json!({"nonResourceURLs": addresses, "verbs": verbs}));
    }
    Ok(rules)
}

/// One rule for each API group.
fn on_resources(
    resources: &[(&str, Option<&str>)],
    verbs: &[&str],
    named: &[&str],
) -> Result<Vec<Value>, Complaint> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    if resources.contains(&("*", None)) {
        groups.insert("", vec!["*".to_owned()]);
    } else {
        for (word, part) in resources {
            let unknown = || Complaint::Raw(format!("the server doesn't have a resource type {word:?}"));
            let known = Kind::parse(word).ok_or_else(unknown)?.info();
            let resource = format!("{}{}", known.plural, part.map(|p| format!("/{p}")).unwrap_or_default());
            let group = groups.entry(known.group).or_default();
            if !group.contains(&resource) {
                group.push(resource);
            }
        }
    }
    let rule = |(group, resources): (&str, Vec<String>)| {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !named.is_empty() {
            rule["resourceNames"] = json!(named);
        }
        rule
    };
    Ok(groups.into_iter().map(rule).collect())
}

const GROUP: &str = "rbac.authorization.k8s.io";

/// Whom `--user`, `--group` and `--serviceaccount` name.
pub(in crate::kubectl::verbs) fn subjects_of(args: &Args) -> Result<Vec<Value>, Complaint> {
    let mut subjects: Vec<Value> = Vec::new();
    subjects.extend(args.all("user").map(|u| json!({"apiGroup": GROUP, "kind": "User", "name": u})));
    subjects.extend(args.all("group").map(|g| json!({"apiGroup": GROUP, "kind": "Group", "name": g})));
    for account in args.all("serviceaccount") {
        let wrong = || Complaint::plain("serviceaccount must be <namespace>:<name>");
        let parts = account
            .split_once(':')
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains(':'));
        let (namespace, name) = parts.ok_or_else(wrong)?;
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    Ok(subjects)
}

fn binding(run: &mut Run, kind: Kind) -> Result<Flow, Complaint> {
    if kind == Kind::ClusterRoleBinding {
        required(run, &["clusterrole"])?;
    }
    let name = name(run)?;
    let args = run.args;
    let (of, role) = match (args.get("role"), args.get("clusterrole")) {
        (Some(role), None) => ("Role", role),
        (None, Some(role)) => ("ClusterRole", role),
        _ => return Err(Complaint::plain("exactly one of clusterrole or role must be specified")),
    };
    let subjects = subjects_of(args)?;
    let mut metadata = json!({"name": name});
    if kind == Kind::RoleBinding {
        metadata["namespace"] = run.namespace.into();
    }
    let mut value = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind.name(), "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": of, "name": role}});
    if !subjects.is_empty() {
        value["subjects"] = subjects.into();
    }
    finish(run, kind, value)
}
