//! What a fresh cluster holds before anybody asks for anything: namespaces, service accounts, the root certificate, the
//! `kubernetes` Service, the two system priority classes and the nodes. All of it is older than simulated time 0.

use super::Cluster;
use crate::kube::Object;
use crate::kube::core::{ConfigMap, Namespace, ServiceAccount};
use crate::sim::api::Write;
use crate::sim::controllers::kubernetes_service;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The namespaces every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// The certificate a Pod finds in `ca.crt`. It certifies nothing; it only looks like one.
const ROOT_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\npodlab simulates the cluster this certificate would belong to\n-----END CERTIFICATE-----\n";

impl Cluster {
    /// Fills the store of a new cluster, `more` namespaces included.
    pub(super) fn bootstrap(&mut self, more: &[String]) {
        let cause = self.causes.add(self.now, None, "", "the cluster was set up");
        let write = Write::component(cause);
        let (_, mut context) = self.parts();
        let more = more.iter().map(String::as_str).filter(|name| !NAMESPACES.contains(name));
        let namespaces: Vec<&str> = NAMESPACES.into_iter().chain(more).collect();
        let mut objects: Vec<Object> = namespaces.iter().map(|name| namespace(name)).collect();
        objects.extend(namespaces.iter().flat_map(|name| home(name)));
        objects.push(system_class("system-cluster-critical", 2_000_000_000, CLUSTER_CRITICAL));
        objects.push(system_class("system-node-critical", 2_000_001_000, NODE_CRITICAL));
        for object in objects {
            // Refused can only be a namespace whose name is none: who uses it will be told by the server.
            let _ = context.create(object, &write);
        }
        kubernetes_service::restore(&write, &mut context);
        context.register_nodes(&write);
        self.settle();
    }
}

const CLUSTER_CRITICAL: &str = "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.";
const NODE_CRITICAL: &str = "Used for system critical pods that must not be moved from their current node.";

fn named(name: &str, namespace: Option<&str>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(ToOwned::to_owned),
        ..ObjectMeta::default()
    }
}

fn namespace(name: &str) -> Object {
    let mut metadata = named(name, None);
    metadata.labels = Some(BTreeMap::from([("kubernetes.io/metadata.name".to_owned(), name.to_owned())]));
    Object::Namespace(Arc::new(Namespace { metadata, ..Namespace::default() }))
}

/// What controllers put into every namespace.
pub(in crate::sim) fn home(namespace: &str) -> [Object; 2] {
    let account = ServiceAccount { metadata: named("default", Some(namespace)), ..ServiceAccount::default() };
    let mut metadata = named("kube-root-ca.crt", Some(namespace));
    metadata.annotations = Some(BTreeMap::from([(
        "kubernetes.io/description".to_owned(),
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal \
         service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
            .to_owned(),
    )]));
    let data = BTreeMap::from([("ca.crt".to_owned(), ROOT_CERTIFICATE.to_owned())]);
    let root = ConfigMap { metadata, data: Some(data), ..ConfigMap::default() };
    [Object::ServiceAccount(Arc::new(account)), Object::ConfigMap(Arc::new(root))]
}

fn system_class(name: &str, value: i32, description: &str) -> Object {
    Object::PriorityClass(Arc::new(PriorityClass {
        metadata: named(name, None),
        value: Some(value),
        description: Some(description.to_owned()),
        global_default: None,
        preemption_policy: Some("PreemptLowerPriority".into()),
    }))
}
