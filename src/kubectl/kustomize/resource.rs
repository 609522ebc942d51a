//! Objects on their way through kustomizations, and what they were called before.

use crate::kube::Kind;
use serde_json::Value;
use std::fmt;

/// Group, version, kind, name and namespace of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
}

impl Id {
    /// What an object says it is.
    pub fn of(value: &Value) -> Id {
        let text =
            |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let api = text("/apiVersion");
        let (group, version) = api.split_once('/').unwrap_or(("", &api));
        Id {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text("/kind"),
            name: text("/metadata/name"),
            namespace: text("/metadata/namespace"),
        }
    }

    /// The namespace, `default` if none is written.
    pub fn home(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }

    /// Whether both mean the same object.
    pub fn is(&self, other: &Id) -> bool {
        (&self.group, &self.version, &self.kind, &self.name)
            == (&other.group, &other.version, &other.kind, &other.name)
            && self.home() == other.home()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or =
            |text: &str, none: &'static str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        let (version, group) = (or(&self.version, "[noVer]"), or(&self.group, "[noGrp]"));
        write!(f, "{}.{version}.{group}/{}.{}", self.kind, self.name, or(&self.namespace, "[noNs]"))
    }
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// As it is now.
    pub value: Value,
    /// What it was before, oldest first.
    pub before: Vec<Id>,
    /// Whether its name gets a hash at the end.
    pub hashed: bool,
    /// What was put before and behind its name so far.
    pub affixes: Vec<String>,
}

impl Resource {
    /// An object of a file or a generator.
    pub fn new(value: Value) -> Resource {
        Resource { value, before: Vec::new(), hashed: false, affixes: Vec::new() }
    }

    /// An object of a file, if it says enough of itself.
    pub fn read(value: Value) -> Result<Resource, String> {
        let Id { kind, name, .. } = Id::of(&value);
        if value.get("metadata").is_none_or(Value::is_null) {
            return Err("missing Resource metadata".to_owned());
        }
        let version = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        if kind.is_empty() {
            return Err(format!("missing kind in object {{{{{version} }} {{{{{name} }} map[] map[]}}}}"));
        }
        if name.is_empty() && value.pointer("/metadata/generateName").is_none() {
            return Err(format!(
                "missing metadata.name in object {{{{{version} {kind}}} {{{{ }} map[] map[]}}}}"
            ));
        }
        Ok(Resource::new(value))
    }

    /// What it is now.
    pub fn id(&self) -> Id {
        Id::of(&self.value)
    }

    /// What it is and was.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        self.before.iter().cloned().chain([self.id()])
    }

    /// Its name now.
    pub fn name(&self) -> String {
        self.id().name
    }

    /// Whether it lives in a namespace. Kinds podlab does not know do.
    pub fn namespaced(&self) -> bool {
        let id = self.id();
        let api =
            if id.group.is_empty() { id.version.clone() } else { format!("{}/{}", id.group, id.version) };
        Kind::of_manifest(&api, &id.kind).is_none_or(|kind| kind.info().namespaced)
    }

    /// Changes it, remembering what it was called.
    pub fn change_name(&mut self, change: impl FnOnce(&mut Value)) {
        let before = self.id();
        change(&mut self.value);
        if self.id() != before {
            self.before.push(before);
        }
    }
}

/// The items of a List, or the value itself.
pub(super) fn items(mut value: Value) -> Vec<Value> {
    let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match value.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => items,
        Some(other) => {
            value["items"] = other;
            vec![value]
        }
        None => vec![value],
    }
}

/// The objects of a kustomization.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    /// In the order in which they came.
    pub resources: Vec<Resource>,
}

/// Kinds that come before all others, in this order.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come after all others.
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

impl Set {
    /// Adds an object that is not there yet.
    pub fn add(&mut self, resource: Resource) -> Result<(), String> {
        let id = resource.id();
        if self.resources.iter().any(|other| other.id().is(&id)) {
            return Err(format!("may not add resource with an already registered id: {id}"));
        }
        self.resources.push(resource);
        Ok(())
    }

    /// Adds all of another folder.
    pub fn merge(&mut self, other: Set) -> Result<(), String> {
        other.resources.into_iter().try_for_each(|resource| self.add(resource))
    }

    /// Where the objects are that are or were called so.
    pub fn known_as(&self, id: &Id) -> Vec<usize> {
        let known = |resource: &Resource| resource.ids().any(|own| own.is(id));
        (0..self.resources.len()).filter(|i| known(&self.resources[*i])).collect()
    }

    /// Brings the objects in the order in which they can be applied.
    pub fn sort(&mut self) {
        self.resources.sort_by_cached_key(|resource| {
            let id = resource.id();
            let at = |list: &[&str]| list.iter().position(|kind| *kind == id.kind);
            let place = match (at(FIRST), at(LAST)) {
                (Some(i), _) => i,
                (None, Some(i)) => FIRST.len() + 1 + i,
                (None, None) => FIRST.len(),
            };
            let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
            let text = format!(
                "{}_{}_{}|{}|{}",
                or(&id.group, "~G"),
                id.version,
                id.kind,
                or(&id.namespace, "~X"),
                id.name
            );
            (place, text)
        });
    }
}
