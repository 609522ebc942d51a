//! The kinds podlab stores. A closed set: a kind podlab does not know is refused as a real server refuses one without its CRD.

/// What an object is. The order is the order of `kubectl get all` and of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are Kubernetes' own kind names")]
pub enum Kind {
    Pod,
    Node,
    Namespace,
    ConfigMap,
    Secret,
    Service,
    Endpoints,
    ServiceAccount,
    PersistentVolumeClaim,
    PersistentVolume,
    Event,
    LimitRange,
    ResourceQuota,
    ReplicationController,
    PodTemplate,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ControllerRevision,
    Job,
    CronJob,
    HorizontalPodAutoscaler,
    PodDisruptionBudget,
    PriorityClass,
    EndpointSlice,
    Lease,
    RuntimeClass,
    Ingress,
    IngressClass,
    NetworkPolicy,
    StorageClass,
    Role,
    RoleBinding,
    ClusterRole,
    ClusterRoleBinding,
}

/// The names and the scope of a [`Kind`].
#[derive(Debug)]
pub struct KindInfo {
    /// The kind this row is about.
    pub kind: Kind,
    /// The kind as manifests write it (`Pod`).
    pub name: &'static str,
    /// The resource name, lower case plural (`pods`).
    pub plural: &'static str,
    /// The lower case singular (`pod`).
    pub singular: &'static str,
    /// The short name (`po`), empty if there is none.
    pub short: &'static str,
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The version within the group.
    pub version: &'static str,
    /// Whether objects of this kind live in a namespace.
    pub namespaced: bool,
}

/// Where objects of a kind live.
#[derive(Clone, Copy)]
enum Scope {
    Namespaced,
    Cluster,
}

const fn row(
    kind: Kind,
    names: [&'static str; 4],
    group: &'static str,
    version: &'static str,
    scope: Scope,
) -> KindInfo {
    let [name, plural, singular, short] = names;
    let namespaced = matches!(scope, Scope::Namespaced);
    KindInfo { kind, name, plural, singular, short, group, version, namespaced }
}

/// Every kind, in the order of [`Kind`] (checked by a test).
pub const KINDS: &[KindInfo] = &[
    row(Kind::Pod, ["Pod", "pods", "pod", "po"], "", "v1", Scope::Namespaced),
    row(Kind::Node, ["Node", "nodes", "node", "no"], "", "v1", Scope::Cluster),
    row(Kind::Namespace, ["Namespace", "namespaces", "namespace", "ns"], "", "v1", Scope::Cluster),
    row(Kind::ConfigMap, ["ConfigMap", "configmaps", "configmap", "cm"], "", "v1", Scope::Namespaced),
    row(Kind::Secret, ["Secret", "secrets", "secret", ""], "", "v1", Scope::Namespaced),
    row(Kind::Service, ["Service", "services", "service", "svc"], "", "v1", Scope::Namespaced),
    row(Kind::Endpoints, ["Endpoints", "endpoints", "endpoints", "ep"], "", "v1", Scope::Namespaced),
    row(
        Kind::ServiceAccount,
        ["ServiceAccount", "serviceaccounts", "serviceaccount", "sa"],
        "",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::PersistentVolumeClaim,
        ["PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim", "pvc"],
        "",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::PersistentVolume,
        ["PersistentVolume", "persistentvolumes", "persistentvolume", "pv"],
        "",
        "v1",
        Scope::Cluster,
    ),
    row(Kind::Event, ["Event", "events", "event", "ev"], "", "v1", Scope::Namespaced),
    row(Kind::LimitRange, ["LimitRange", "limitranges", "limitrange", "limits"], "", "v1", Scope::Namespaced),
    row(
        Kind::ResourceQuota,
        ["ResourceQuota", "resourcequotas", "resourcequota", "quota"],
        "",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::ReplicationController,
        ["ReplicationController", "replicationcontrollers", "replicationcontroller", "rc"],
        "",
        "v1",
        Scope::Namespaced,
    ),
    row(Kind::PodTemplate, ["PodTemplate", "podtemplates", "podtemplate", ""], "", "v1", Scope::Namespaced),
    row(
        Kind::Deployment,
        ["Deployment", "deployments", "deployment", "deploy"],
        "apps",
        "v1",
        Scope::Namespaced,
    ),
    row(Kind::ReplicaSet, ["ReplicaSet", "replicasets", "replicaset", "rs"], "apps", "v1", Scope::Namespaced),
    row(
        Kind::StatefulSet,
        ["StatefulSet", "statefulsets", "statefulset", "sts"],
        "apps",
        "v1",
        Scope::Namespaced,
    ),
    row(Kind::DaemonSet, ["DaemonSet", "daemonsets", "daemonset", "ds"], "apps", "v1", Scope::Namespaced),
    row(
        Kind::ControllerRevision,
        ["ControllerRevision", "controllerrevisions", "controllerrevision", ""],
        "apps",
        "v1",
        Scope::Namespaced,
    ),
    row(Kind::Job, ["Job", "jobs", "job", ""], "batch", "v1", Scope::Namespaced),
    row(Kind::CronJob, ["CronJob", "cronjobs", "cronjob", "cj"], "batch", "v1", Scope::Namespaced),
    row(
        Kind::HorizontalPodAutoscaler,
        ["HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler", "hpa"],
        "autoscaling",
        "v2",
        Scope::Namespaced,
    ),
    row(
        Kind::PodDisruptionBudget,
        ["PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget", "pdb"],
        "policy",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::PriorityClass,
        ["PriorityClass", "priorityclasses", "priorityclass", "pc"],
        "scheduling.k8s.io",
        "v1",
        Scope::Cluster,
    ),
    row(
        Kind::EndpointSlice,
        ["EndpointSlice", "endpointslices", "endpointslice", ""],
        "discovery.k8s.io",
        "v1",
        Scope::Namespaced,
    ),
    row(Kind::Lease, ["Lease", "leases", "lease", ""], "coordination.k8s.io", "v1", Scope::Namespaced),
    row(
        Kind::RuntimeClass,
        ["RuntimeClass", "runtimeclasses", "runtimeclass", ""],
        "node.k8s.io",
        "v1",
        Scope::Cluster,
    ),
    row(
        Kind::Ingress,
        ["Ingress", "ingresses", "ingress", "ing"],
        "networking.k8s.io",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::IngressClass,
        ["IngressClass", "ingressclasses", "ingressclass", ""],
        "networking.k8s.io",
        "v1",
        Scope::Cluster,
    ),
    row(
        Kind::NetworkPolicy,
        ["NetworkPolicy", "networkpolicies", "networkpolicy", "netpol"],
        "networking.k8s.io",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::StorageClass,
        ["StorageClass", "storageclasses", "storageclass", "sc"],
        "storage.k8s.io",
        "v1",
        Scope::Cluster,
    ),
    row(Kind::Role, ["Role", "roles", "role", ""], "rbac.authorization.k8s.io", "v1", Scope::Namespaced),
    row(
        Kind::RoleBinding,
        ["RoleBinding", "rolebindings", "rolebinding", ""],
        "rbac.authorization.k8s.io",
        "v1",
        Scope::Namespaced,
    ),
    row(
        Kind::ClusterRole,
        ["ClusterRole", "clusterroles", "clusterrole", ""],
        "rbac.authorization.k8s.io",
        "v1",
        Scope::Cluster,
    ),
    row(
        Kind::ClusterRoleBinding,
        ["ClusterRoleBinding", "clusterrolebindings", "clusterrolebinding", ""],
        "rbac.authorization.k8s.io",
        "v1",
        Scope::Cluster,
    ),
];

impl Kind {
    /// The row of [`KINDS`] about this kind.
    pub fn info(self) -> &'static KindInfo {
        &KINDS[self as usize]
    }

    /// The kind as manifests write it.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// `apiVersion` as manifests write it: `v1`, `apps/v1`.
    pub fn api_version(self) -> String {
        let info = self.info();
        if info.group.is_empty() {
            info.version.to_owned()
        } else {
            format!("{}/{}", info.group, info.version)
        }
    }

    /// The resource with its group, as kubectl prints it: `pods`, `deployments.apps`.
    pub fn resource(self) -> String {
        let info = self.info();
        if info.group.is_empty() { info.plural.to_owned() } else { format!("{}.{}", info.plural, info.group) }
    }

    /// The kind a learner means by `word`: kind, plural, singular or short name, in any case, with or without `.group`.
    pub fn parse(word: &str) -> Option<Kind> {
        let word = word.to_ascii_lowercase();
        let (resource, group) = word.split_once('.').map_or((word.as_str(), None), |(r, g)| (r, Some(g)));
        KINDS
            .iter()
            .find(|i| {
                let named = i.plural == resource
                    || i.singular == resource
                    || (!i.short.is_empty() && i.short == resource);
                named && group.is_none_or(|g| g == i.group || g == format!("{}.{}", i.version, i.group))
            })
            .map(|i| i.kind)
    }

    /// The kind of a manifest's `apiVersion` and `kind`.
    pub fn of_manifest(api_version: &str, kind: &str) -> Option<Kind> {
        KINDS.iter().find(|i| i.name == kind && i.kind.api_version() == api_version).map(|i| i.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (i, info) in KINDS.iter().enumerate() {
            assert_eq!(info.kind as usize, i, "{}", info.name);
        }
    }

    #[test]
    fn every_name_a_learner_types_is_found() {
        for (word, kind) in [
            ("po", Kind::Pod),
            ("Pods", Kind::Pod),
            ("deploy", Kind::Deployment),
            ("deployments.apps", Kind::Deployment),
            ("netpol", Kind::NetworkPolicy),
        ] {
            assert_eq!(Kind::parse(word), Some(kind), "{word}");
        }
        assert_eq!(Kind::parse("pods.apps"), None);
    }
}
