//! Names that follow the objects they refer to, when those were renamed on the way (`kustomize/api/internal/accumulator`).

use super::path::{Missing, each};
use super::resource::{Id, Resource, Set};
use serde_json::Value;

/// Where the specification of Pods is in the kinds that hold one.
const PODS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// The kind of what a Pod refers to, and where below its specification.
const IN_PODS: &[(&str, &str)] = &[
    ("ConfigMap", "volumes/configMap/name"),
    ("ConfigMap", "volumes/projected/sources/configMap/name"),
    ("ConfigMap", "containers/env/valueFrom/configMapKeyRef/name"),
    ("ConfigMap", "initContainers/env/valueFrom/configMapKeyRef/name"),
    ("ConfigMap", "containers/envFrom/configMapRef/name"),
    ("ConfigMap", "initContainers/envFrom/configMapRef/name"),
    ("Secret", "volumes/secret/secretName"),
    ("Secret", "volumes/projected/sources/secret/name"),
    ("Secret", "containers/env/valueFrom/secretKeyRef/name"),
    ("Secret", "initContainers/env/valueFrom/secretKeyRef/name"),
    ("Secret", "containers/envFrom/secretRef/name"),
    ("Secret", "initContainers/envFrom/secretRef/name"),
    ("Secret", "imagePullSecrets/name"),
    ("ServiceAccount", "serviceAccountName"),
    ("ServiceAccount", "serviceAccount"),
    ("PersistentVolumeClaim", "volumes/persistentVolumeClaim/claimName"),
    ("PriorityClass", "priorityClassName"),
];

/// The kind that refers (empty for any), the kind it refers to, and where.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("ServiceAccount", "Secret", "secrets/name"),
    ("ServiceAccount", "Secret", "imagePullSecrets/name"),
    ("Ingress", "Secret", "spec/tls/secretName"),
    ("Ingress", "Service", "spec/rules/http/paths/backend/service/name"),
    ("Ingress", "Service", "spec/defaultBackend/service/name"),
    ("Ingress", "IngressClass", "spec/ingressClassName"),
    ("StatefulSet", "Service", "spec/serviceName"),
    ("PersistentVolumeClaim", "PersistentVolume", "spec/volumeName"),
    ("PersistentVolumeClaim", "StorageClass", "spec/storageClassName"),
    ("PersistentVolume", "StorageClass", "spec/storageClassName"),
    ("PersistentVolume", "PersistentVolumeClaim", "spec/claimRef/name"),
    ("StatefulSet", "StorageClass", "spec/volumeClaimTemplates/spec/storageClassName"),
    ("HorizontalPodAutoscaler", "Deployment", "spec/scaleTargetRef"),
    ("HorizontalPodAutoscaler", "StatefulSet", "spec/scaleTargetRef"),
    ("HorizontalPodAutoscaler", "ReplicaSet", "spec/scaleTargetRef"),
    ("HorizontalPodAutoscaler", "ReplicationController", "spec/scaleTargetRef"),
    ("RoleBinding", "Role", "roleRef"),
    ("RoleBinding", "ClusterRole", "roleRef"),
    ("ClusterRoleBinding", "ClusterRole", "roleRef"),
    ("RoleBinding", "ServiceAccount", "subjects"),
    ("ClusterRoleBinding", "ServiceAccount", "subjects"),
];

/// One object that others may refer to.
struct Candidate {
    now: Id,
    ids: Vec<Id>,
    affixes: Vec<String>,
    namespaced: bool,
}

/// Brings every reference up to date.
pub(super) fn fix(set: &mut Set) {
    let candidates: Vec<Candidate> = set.resources.iter().map(candidate).collect();
    for resource in &mut set.resources {
        let own = candidate(resource);
        let pods = PODS
            .iter()
            .filter(|(kind, _)| *kind == own.now.kind)
            .flat_map(|(_, spec)| IN_PODS.iter().map(move |(kind, path)| (*kind, format!("{spec}/{path}"))));
        let others = ELSEWHERE.iter().filter(|(from, ..)| *from == own.now.kind);
        let all: Vec<(&str, String)> =
            pods.chain(others.map(|(_, kind, path)| (*kind, (*path).to_owned()))).collect();
        for (kind, path) in all {
            let find = |name: &str, namespace: Option<&str>| best(&candidates, &own, kind, name, namespace);
            each(&mut resource.value, &path, Missing::Skipped, &mut |value| update(value, kind, &find));
        }
    }
}

fn candidate(resource: &Resource) -> Candidate {
    Candidate {
        now: resource.id(),
        ids: resource.ids().collect(),
        affixes: resource.affixes.clone(),
        namespaced: resource.namespaced(),
    }
}

/// A name, or an object that holds a kind, a name and maybe a namespace.
fn update<'a>(value: &mut Value, kind: &str, find: &dyn Fn(&str, Option<&str>) -> Option<&'a Id>) {
    match value {
        Value::String(name) => {
            if let Some(id) = find(name, None) {
                name.clone_from(&id.name);
            }
        }
        Value::Object(fields) if fields.get("kind").and_then(Value::as_str) == Some(kind) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            let namespace = text("namespace").map(str::to_owned);
            let Some(id) = text("name").and_then(|name| find(name, namespace.as_deref())) else { return };
            fields.insert("name".to_owned(), id.name.clone().into());
            if namespace.is_some() && !id.namespace.is_empty() {
                fields.insert("namespace".to_owned(), id.namespace.clone().into());
            }
        }
        _ => {}
    }
}

/// The object of `kind` that was once called `name`: in the namespace that is named or in that of who refers to it, and if there are
/// several, the one that went the same way.
fn best<'a>(
    all: &'a [Candidate],
    own: &Candidate,
    kind: &str,
    name: &str,
    namespace: Option<&str>,
) -> Option<&'a Id> {
    let near = |id: &Id| match namespace {
        Some(namespace) => id.home() == namespace,
        None => own.ids.iter().any(|o| o.home() == id.home()),
    };
    let found: Vec<&Candidate> = all
        .iter()
        .filter(|c| {
            c.ids.iter().any(|id| {
                id.kind == kind && id.name == name && (!c.namespaced || !own.namespaced || near(id))
            })
        })
        .collect();
    let same = found.iter().find(|c| c.now.home() == own.now.home() && c.affixes == own.affixes);
    same.or(found.first()).map(|c| &c.now)
}
