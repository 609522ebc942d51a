//! Roles and their bindings.

use super::page::Page;
use k8s_openapi::api::rbac::v1::{PolicyRule, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// A Role or `ClusterRole`: its rules, taken apart by resource and put together by verb.
pub(super) fn role(page: &mut Page, meta: &ObjectMeta, rules: &[PolicyRule]) {
    page.field(0, "Name", meta.name.as_deref().unwrap_or_default());
    page.labels(meta);
    page.line(0, "PolicyRule:\n  Resources\tNon-Resource URLs\tResource Names\tVerbs");
    page.line(0, "  ---------\t-----------------\t--------------\t-----");
    let mut compact = compacted(rules);
    compact.sort_by_key(Row::order);
    for row in compact {
        let cells =
            [resource(&row.resource, &row.group), list(&row.urls), list(&row.names), list(&row.verbs)];
        page.line(1, &cells.join("\t"));
    }
}

/// What one line of the table is about.
#[derive(Debug, Default, PartialEq)]
struct Row {
    group: String,
    resource: String,
    urls: Vec<String>,
    names: Vec<String>,
    verbs: Vec<String>,
}

impl Row {
    fn is_about(&self, other: &Row) -> bool {
        (&self.group, &self.resource, &self.urls, &self.names)
            == (&other.group, &other.resource, &other.urls, &other.names)
    }

    /// kubectl sorts by the text Go's generated code makes of a rule.
    fn order(&self) -> String {
        let one = |text: &String| {
            if text.is_empty() && !self.urls.is_empty() { String::new() } else { text.clone() }
        };
        format!(
            "&PolicyRule{{Verbs:{},APIGroups:[{}],Resources:[{}],ResourceNames:{},NonResourceURLs:{},}}",
            list(&self.verbs),
            one(&self.group),
            one(&self.resource),
            list(&self.names),
            list(&self.urls)
        )
    }
}

fn list(words: &[String]) -> String {
    format!("[{}]", words.join(" "))
}

/// `deployments.apps`, `deployments.apps/scale`.
fn resource(name: &str, group: &str) -> String {
    match (group, name.split_once('/')) {
        ("", _) => name.to_owned(),
        (group, Some((name, part))) => format!("{name}.{group}/{part}"),
        (group, None) => format!("{name}.{group}"),
    }
}

fn compacted(rules: &[PolicyRule]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for row in rules.iter().flat_map(taken_apart) {
        match rows.iter_mut().find(|known| known.is_about(&row)) {
            Some(known) => {
                for verb in row.verbs {
                    if !known.verbs.contains(&verb) {
                        known.verbs.push(verb);
                    }
                }
            }
            None => rows.push(row),
        }
    }
    rows
}

fn taken_apart(rule: &PolicyRule) -> Vec<Row> {
    let mut rows = Vec::new();
    for group in rule.api_groups.iter().flatten() {
        for resource in rule.resources.iter().flatten() {
            let row = |names: Vec<String>| Row {
                group: group.clone(),
                resource: resource.clone(),
                names,
                verbs: rule.verbs.clone(),
                ..Row::default()
            };
            match rule.resource_names.as_deref().unwrap_or_default() {
                [] => rows.push(row(Vec::new())),
                names => rows.extend(names.iter().map(|name| row(vec![name.clone()]))),
            }
        }
    }
    let urls = rule.non_resource_urls.iter().flatten();
    rows.extend(urls.map(|url| Row { urls: vec![url.clone()], verbs: rule.verbs.clone(), ..Row::default() }));
    rows
}

/// A `RoleBinding` or `ClusterRoleBinding`.
pub(super) fn binding(page: &mut Page, meta: &ObjectMeta, role: &RoleRef, subjects: &[Subject]) {
    page.field(0, "Name", meta.name.as_deref().unwrap_or_default());
    page.labels(meta);
    page.line(0, "Role:");
    page.field(1, "Kind", &role.kind);
    page.field(1, "Name", &role.name);
    page.line(0, "Subjects:\n  Kind\tName\tNamespace\n  ----\t----\t---------");
    for subject in subjects {
        let namespace = subject.namespace.as_deref().unwrap_or_default();
        page.line(1, &format!("{}\t{}\t{namespace}", subject.kind, subject.name));
    }
}
