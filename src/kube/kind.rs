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

/// Every kind, in the order of [`Kind`] (checked by a test).
pub const KINDS: &[KindInfo] = &[
    KindInfo {
        kind: Kind::Pod,
        name: "Pod",
        plural: "pods",
        singular: "pod",
        short: "po",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Node,
        name: "Node",
        plural: "nodes",
        singular: "node",
        short: "no",
        group: "",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::Namespace,
        name: "Namespace",
        plural: "namespaces",
        singular: "namespace",
        short: "ns",
        group: "",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::ConfigMap,
        name: "ConfigMap",
        plural: "configmaps",
        singular: "configmap",
        short: "cm",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Secret,
        name: "Secret",
        plural: "secrets",
        singular: "secret",
        short: "",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Service,
        name: "Service",
        plural: "services",
        singular: "service",
        short: "svc",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Endpoints,
        name: "Endpoints",
        plural: "endpoints",
        singular: "endpoints",
        short: "ep",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::ServiceAccount,
        name: "ServiceAccount",
        plural: "serviceaccounts",
        singular: "serviceaccount",
        short: "sa",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::PersistentVolumeClaim,
        name: "PersistentVolumeClaim",
        plural: "persistentvolumeclaims",
        singular: "persistentvolumeclaim",
        short: "pvc",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::PersistentVolume,
        name: "PersistentVolume",
        plural: "persistentvolumes",
        singular: "persistentvolume",
        short: "pv",
        group: "",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::Event,
        name: "Event",
        plural: "events",
        singular: "event",
        short: "ev",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::LimitRange,
        name: "LimitRange",
        plural: "limitranges",
        singular: "limitrange",
        short: "limits",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::ResourceQuota,
        name: "ResourceQuota",
        plural: "resourcequotas",
        singular: "resourcequota",
        short: "quota",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::ReplicationController,
        name: "ReplicationController",
        plural: "replicationcontrollers",
        singular: "replicationcontroller",
        short: "rc",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::PodTemplate,
        name: "PodTemplate",
        plural: "podtemplates",
        singular: "podtemplate",
        short: "",
        group: "",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Deployment,
        name: "Deployment",
        plural: "deployments",
        singular: "deployment",
        short: "deploy",
        group: "apps",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::ReplicaSet,
        name: "ReplicaSet",
        plural: "replicasets",
        singular: "replicaset",
        short: "rs",
        group: "apps",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::StatefulSet,
        name: "StatefulSet",
        plural: "statefulsets",
        singular: "statefulset",
        short: "sts",
        group: "apps",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::DaemonSet,
        name: "DaemonSet",
        plural: "daemonsets",
        singular: "daemonset",
        short: "ds",
        group: "apps",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::ControllerRevision,
        name: "ControllerRevision",
        plural: "controllerrevisions",
        singular: "controllerrevision",
        short: "",
        group: "apps",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Job,
        name: "Job",
        plural: "jobs",
        singular: "job",
        short: "",
        group: "batch",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::CronJob,
        name: "CronJob",
        plural: "cronjobs",
        singular: "cronjob",
        short: "cj",
        group: "batch",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::HorizontalPodAutoscaler,
        name: "HorizontalPodAutoscaler",
        plural: "horizontalpodautoscalers",
        singular: "horizontalpodautoscaler",
        short: "hpa",
        group: "autoscaling",
        version: "v2",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::PodDisruptionBudget,
        name: "PodDisruptionBudget",
        plural: "poddisruptionbudgets",
        singular: "poddisruptionbudget",
        short: "pdb",
        group: "policy",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::PriorityClass,
        name: "PriorityClass",
        plural: "priorityclasses",
        singular: "priorityclass",
        short: "pc",
        group: "scheduling.k8s.io",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::EndpointSlice,
        name: "EndpointSlice",
        plural: "endpointslices",
        singular: "endpointslice",
        short: "",
        group: "discovery.k8s.io",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::Lease,
        name: "Lease",
        plural: "leases",
        singular: "lease",
        short: "",
        group: "coordination.k8s.io",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::RuntimeClass,
        name: "RuntimeClass",
        plural: "runtimeclasses",
        singular: "runtimeclass",
        short: "",
        group: "node.k8s.io",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::Ingress,
        name: "Ingress",
        plural: "ingresses",
        singular: "ingress",
        short: "ing",
        group: "networking.k8s.io",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::IngressClass,
        name: "IngressClass",
        plural: "ingressclasses",
        singular: "ingressclass",
        short: "",
        group: "networking.k8s.io",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::NetworkPolicy,
        name: "NetworkPolicy",
        plural: "networkpolicies",
        singular: "networkpolicy",
        short: "netpol",
        group: "networking.k8s.io",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::StorageClass,
        name: "StorageClass",
        plural: "storageclasses",
        singular: "storageclass",
        short: "sc",
        group: "storage.k8s.io",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::Role,
        name: "Role",
        plural: "roles",
        singular: "role",
        short: "",
        group: "rbac.authorization.k8s.io",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::RoleBinding,
        name: "RoleBinding",
        plural: "rolebindings",
        singular: "rolebinding",
        short: "",
        group: "rbac.authorization.k8s.io",
        version: "v1",
        namespaced: true,
    },
    KindInfo {
        kind: Kind::ClusterRole,
        name: "ClusterRole",
        plural: "clusterroles",
        singular: "clusterrole",
        short: "",
        group: "rbac.authorization.k8s.io",
        version: "v1",
        namespaced: false,
    },
    KindInfo {
        kind: Kind::ClusterRoleBinding,
        name: "ClusterRoleBinding",
        plural: "clusterrolebindings",
        singular: "clusterrolebinding",
        short: "",
        group: "rbac.authorization.k8s.io",
        version: "v1",
        namespaced: false,
    },
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
