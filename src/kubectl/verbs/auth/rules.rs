//! Role-based access control, judged as the API server judges it (`plugin/pkg/auth/authorizer/rbac`): rules add up, nothing takes away.

use crate::kube::{Kind, Object};
use crate::kubectl::grid::Grid;
use crate::kubectl::run::Run;
use serde_json::{Value, json};

/// Somebody who wants something.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub user: String,
    pub groups: Vec<String>,
}

impl Subject {
    /// The user of the kubeconfig, or the one that `--as` and `--as-group` name.
    pub fn of(run: &Run) -> Subject {
        let Some(user) = run.args.get("as") else {
            let groups = ["system:masters", "system:authenticated"].map(str::to_owned).to_vec();
            return Subject { user: "kubernetes-admin".to_owned(), groups };
        };
        let mut groups: Vec<String> = run.args.all("as-group").map(str::to_owned).collect();
        if let Some((namespace, _)) =
            user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
        {
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        groups.push("system:authenticated".to_owned());
        Subject { user: user.to_owned(), groups }
    }

    /// Whether an entry of a binding's `subjects` means this one; a service account without a namespace is of the binding's.
    fn is(&self, entry: &Value, namespace: &str) -> bool {
        let name = entry["name"].as_str().unwrap_or_default();
        match entry["kind"].as_str() {
            Some("User") => name == self.user,
            Some("Group") => self.groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                let namespace = entry["namespace"].as_str().unwrap_or(namespace);
                self.user == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => false,
        }
    }
}

/// Something somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    pub resource: &'a str,
    pub subresource: &'a str,
    /// The object's name, empty for all.
    pub name: &'a str,
    /// An address that is no resource, empty otherwise.
    pub url: &'a str,
    /// Empty for the whole cluster.
    pub namespace: &'a str,
}

/// Whether some rule grants the wish.
pub(super) fn allows(run: &Run, who: &Subject, wish: &Wish) -> bool {
    who.groups.iter().any(|group| group == "system:masters")
        || rules(run, who, wish.namespace).iter().any(|rule| grants(rule, wish))
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    let list = rule[field].as_array();
    list.is_some_and(|list| list.iter().any(|entry| entry == "*" || entry == wanted))
}

fn grants(rule: &Value, wish: &Wish) -> bool {
    if !has(rule, "verbs", wish.verb) {
        return false;
    }
    if !wish.url.is_empty() {
        let urls = rule["nonResourceURLs"].as_array();
        return urls.into_iter().flatten().filter_map(Value::as_str).any(|url| match url.strip_suffix('*') {
            Some(start) => wish.url.starts_with(start),
            None => wish.url == url,
        });
    }
    let resource = if wish.subresource.is_empty() {
        wish.resource.to_owned()
    } else {
        format!("{}/{}", wish.resource, wish.subresource)
    };
    let names = rule["resourceNames"].as_array().filter(|names| !names.is_empty());
    has(rule, "apiGroups", wish.group)
        && (has(rule, "resources", &resource) || has(rule, "resources", &format!("*/{}", wish.subresource)))
        && names.is_none_or(|names| names.iter().any(|name| name == wish.name))
}

/// Every rule that holds for somebody: of the whole cluster, and of a namespace.
fn rules(run: &Run, who: &Subject, namespace: &str) -> Vec<Value> {
    let store = run.cluster.store();
    let mut found = everybody();
    let mut add = |binding: &Object, namespace: &str| {
        let value = binding.to_value();
        let subjects = value["subjects"].as_array();
        if subjects.into_iter().flatten().any(|entry| who.is(entry, namespace)) {
            let name = value["roleRef"]["name"].as_str().unwrap_or_default();
            let role = if value["roleRef"]["kind"] == "Role" {
                (Kind::Role, namespace)
            } else {
                (Kind::ClusterRole, "")
            };
            found.extend(rules_of(run, role, name));
        }
    };
    store.list(Kind::ClusterRoleBinding, None).for_each(|binding| add(binding, ""));
    if !namespace.is_empty() {
        store.list(Kind::RoleBinding, Some(namespace)).for_each(|binding| add(binding, namespace));
    }
    found
}

fn rules_of(run: &Run, (kind, namespace): (Kind, &str), name: &str) -> Vec<Value> {
    let key = crate::kube::Key::new(kind, namespace, name);
    match run.cluster.store().get(&key) {
        Some(role) => role.to_value()["rules"].as_array().cloned().unwrap_or_default(),
        None if kind == Kind::ClusterRole => ordinary(name),
        None => Vec::new(),
    }
}

/// The rules of the cluster roles that every cluster has and podlab does not store. Those of `view` to `admin` are shortened to groups.
fn ordinary(name: &str) -> Vec<Value> {
    const GROUPS: [&str; 6] = ["", "apps", "batch", "autoscaling", "policy", "networking.k8s.io"];
    let looking = ["get", "list", "watch"];
    let writing = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let seen = json!([
        "configmaps",
        "endpoints",
        "events",
        "persistentvolumeclaims",
        "pods",
        "pods/log",
        "pods/status",
        "replicationcontrollers",
        "serviceaccounts",
        "services",
        "daemonsets",
        "deployments",
        "deployments/scale",
        "replicasets",
        "statefulsets",
        "cronjobs",
        "jobs",
        "horizontalpodautoscalers",
        "poddisruptionbudgets",
        "ingresses",
        "networkpolicies",
        "namespaces",
        "resourcequotas",
        "limitranges",
    ]);
    let view = json!({"apiGroups": GROUPS, "resources": seen, "verbs": looking});
    let mut rules = vec![view];
    if matches!(name, "edit" | "admin") {
        let more = ["secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/eviction"];
        let mut changed: Vec<Value> = seen.as_array().cloned().unwrap_or_default();
        changed.retain(|resource| {
            !["namespaces", "resourcequotas", "limitranges", "events"].iter().any(|r| resource == r)
        });
        changed.extend(more.iter().map(|resource| json!(resource)));
        rules.push(json!({"apiGroups": GROUPS, "resources": changed, "verbs": writing}));
    }
    if name == "admin" {
        let roles = json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": writing});
        rules.push(roles);
    }
    match name {
        "cluster-admin" => vec![
            json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
            json!({"nonResourceURLs": ["*"], "verbs": ["*"]}),
        ],
        "view" | "edit" | "admin" => rules,
        _ => Vec::new(),
    }
}

/// What everybody may do who is known to the cluster (`system:basic-user`, `system:discovery`).
fn everybody() -> Vec<Value> {
    let create = |group: &str, resource: &str| json!({"apiGroups": [group], "resources": [resource], "verbs": ["create"]});
    let mut rules = vec![
        create("authentication.k8s.io", "selfsubjectreviews"),
        create("authorization.k8s.io", "selfsubjectaccessreviews"),
        create("authorization.k8s.io", "selfsubjectrulesreviews"),
    ];
    let urls = [
        "/api/*",
        "/api",
        "/apis/*",
        "/apis",
        "/healthz",
        "/livez",
        "/openapi/*",
        "/openapi",
        "/readyz",
        "/version/",
        "/version",
    ];
    rules.extend(urls.map(|url| json!({"nonResourceURLs": [url], "verbs": ["get"]})));
    rules
}

/// The table of `--list`.
pub(super) fn list(run: &Run, who: &Subject) -> String {
    let mut all = rules(run, who, run.namespace);
    if who.groups.iter().any(|group| group == "system:masters") {
        all = ordinary("cluster-admin");
    }
    let words = |value: &Value| {
        let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        list.collect::<Vec<_>>().join(" ")
    };
    all.sort_by_key(|rule| {
        (format!("{}]", words(&rule["verbs"])), words(&rule["apiGroups"]), words(&rule["resources"]))
    });
    let mut rows =
        vec![["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].map(str::to_owned).to_vec()];
    for rule in &all {
        let rest = |resource: String| {
            let (urls, names) = (words(&rule["nonResourceURLs"]), words(&rule["resourceNames"]));
            vec![resource, format!("[{urls}]"), format!("[{names}]"), format!("[{}]", words(&rule["verbs"]))]
        };
        let resources = rule["resources"].as_array().filter(|list| !list.is_empty());
        let Some(resources) = resources else {
            rows.push(rest(String::new()));
            continue;
        };
        for resource in resources.iter().filter_map(Value::as_str) {
            for group in rule["apiGroups"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                rows.push(rest(if group.is_empty() {
                    resource.to_owned()
                } else {
                    format!("{resource}.{group}")
                }));
            }
        }
    }
    Grid::default().print(rows.iter().map(Vec::as_slice))
}
