//! Role-based access control, judged as the API server judges it (`plugin/pkg/auth/authorizer/rbac`): rules add up, nothing takes away.

use super::store::Store;
use crate::kube::{Kind, Object};
use serde_json::{Value, json};

/// Somebody who wants something.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The name, `system:serviceaccount:NAMESPACE:NAME` for a service account.
    pub user: String,
    /// What the name belongs to.
    pub groups: Vec<String>,
}

impl Subject {
    /// The administrator of the cluster.
    pub fn administrator() -> Subject {
        let groups = ["system:masters", "system:authenticated"].map(str::to_owned).to_vec();
        Subject { user: "kubernetes-admin".to_owned(), groups }
    }

    /// Somebody who proved a name, with the groups that come with it; `more` are those given besides.
    pub fn named(user: &str, more: impl IntoIterator<Item = String>) -> Subject {
        let mut groups: Vec<String> = more.into_iter().collect();
        if let Some((namespace, _)) =
            user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
        {
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        groups.push("system:authenticated".to_owned());
        Subject { user: user.to_owned(), groups }
    }

    /// Somebody who said nothing of who they are.
    pub fn anonymous() -> Subject {
        Subject { user: "system:anonymous".to_owned(), groups: vec!["system:unauthenticated".to_owned()] }
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
pub struct Wish<'a> {
    /// `get`, `list`, `create`…
    pub verb: &'a str,
    /// The API group, empty for the core one.
    pub group: &'a str,
    /// The kind's plural.
    pub resource: &'a str,
    /// The part of the object, empty for the object itself.
    pub subresource: &'a str,
    /// The object's name, empty for all.
    pub name: &'a str,
    /// An address that is no resource, empty otherwise.
    pub url: &'a str,
    /// Empty for the whole cluster.
    pub namespace: &'a str,
}

/// Whether some rule grants the wish.
pub fn allows(store: &Store, who: &Subject, wish: &Wish) -> bool {
    who.groups.iter().any(|group| group == "system:masters")
        || rules(store, who, wish.namespace).iter().any(|rule| grants(rule, wish))
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
pub fn rules(store: &Store, who: &Subject, namespace: &str) -> Vec<Value> {
    let known = who.groups.iter().any(|group| group == "system:authenticated");
    let mut found = if known { everybody() } else { public() };
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
            found.extend(rules_of(store, role, name));
        }
    };
    store.list(Kind::ClusterRoleBinding, None).for_each(|binding| add(binding, ""));
    if !namespace.is_empty() {
        store.list(Kind::RoleBinding, Some(namespace)).for_each(|binding| add(binding, namespace));
    }
    found
}

fn rules_of(store: &Store, (kind, namespace): (Kind, &str), name: &str) -> Vec<Value> {
    let key = crate::kube::Key::new(kind, namespace, name);
    match store.get(&key) {
        Some(role) => role.to_value()["rules"].as_array().cloned().unwrap_or_default(),
        None if kind == Kind::ClusterRole => ordinary(name),
        None => Vec::new(),
    }
}

/// The rules of the cluster roles that every cluster has and podlab does not store. Those of `view` to `admin` are shortened to groups.
pub fn ordinary(name: &str) -> Vec<Value> {
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

/// What even strangers may do (`system:public-info-viewer`).
fn public() -> Vec<Value> {
    let urls = ["/healthz", "/livez", "/readyz", "/version/", "/version"];
    urls.map(|url| json!({"nonResourceURLs": [url], "verbs": ["get"]})).to_vec()
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
