//! The Service `kubernetes` and what stands behind it, which the API server itself keeps
//! (pkg/controlplane/controller/kubernetesservice): what of it is missing is made anew, within ten seconds.

use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::core::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service, ServicePort, ServiceSpec,
};
use crate::kube::{Key, Kind, Object};
use crate::sim::api::Write;
use crate::sim::cluster::Context;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::discovery::v1::{self as discovery, Endpoint, EndpointConditions, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// The chapter about Services.
const CHAPTER: &str = "readiness";
/// The namespace and name of the Service and of what stands behind it.
const PLACE: (&str, &str) = ("default", "kubernetes");
/// How often the API server looks, milliseconds.
const INTERVAL: u64 = 10_000;
/// Where the API server listens: a machine of its own beside the nodes.
const ADDRESS: (&str, i32) = ("10.10.0.1", 6443);

/// Where the API server listens.
pub(in crate::sim) fn address() -> (Ipv4Addr, u16) {
    (ADDRESS.0.parse().unwrap_or(Ipv4Addr::UNSPECIFIED), ADDRESS.1 as u16)
}

fn key(kind: Kind) -> Key {
    Key::new(kind, PLACE.0, PLACE.1)
}

/// Notes that a part is missing until the next look.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    let kinds = [Kind::Service, Kind::Endpoints, Kind::EndpointSlice];
    if change.kind == ChangeKind::Deleted && kinds.iter().any(|kind| change.key == key(*kind)) {
        let wait = INTERVAL - context.now.0 % INTERVAL;
        queue.add_later(Controller::KubernetesService, key(Kind::Service), wait, change.cause, context);
    }
}

/// Makes what is missing.
pub fn sync(work: &Work, context: &mut Context) {
    let text = "the API server keeps the Service that leads to it";
    let cause = context.because(work.cause, CHAPTER, text);
    restore(&Write::component(cause), context);
}

/// Makes what is missing of the Service, its Endpoints and its slice.
pub fn restore(write: &Write, context: &mut Context) {
    for object in [kubernetes_service(), endpoints(), slice()] {
        if context.store.get(&object.key()).is_none() {
            // It is complete and has its name: nothing to refuse.
            let _ = context.create(object, write);
        }
    }
}

fn named() -> ObjectMeta {
    ObjectMeta {
        name: Some(PLACE.1.to_owned()),
        namespace: Some(PLACE.0.to_owned()),
        ..ObjectMeta::default()
    }
}

fn endpoints() -> Object {
    let mut metadata = named();
    let mirrored = "endpointslice.kubernetes.io/skip-mirror".to_owned();
    metadata.labels = Some(BTreeMap::from([(mirrored, "true".to_owned())]));
    let address = EndpointAddress { ip: ADDRESS.0.to_owned(), ..EndpointAddress::default() };
    let port = EndpointPort {
        name: Some("https".into()),
        port: ADDRESS.1,
        protocol: Some("TCP".into()),
        app_protocol: None,
    };
    let subset =
        EndpointSubset { addresses: Some(vec![address]), not_ready_addresses: None, ports: Some(vec![port]) };
    Object::Endpoints(Arc::new(Endpoints { metadata, subsets: Some(vec![subset]) }))
}

fn slice() -> Object {
    let mut metadata = named();
    metadata.labels = Some(BTreeMap::from([("kubernetes.io/service-name".to_owned(), PLACE.1.to_owned())]));
    let endpoint = Endpoint {
        addresses: vec![ADDRESS.0.to_owned()],
        conditions: Some(EndpointConditions { ready: Some(true), ..EndpointConditions::default() }),
        ..Endpoint::default()
    };
    let port = discovery::EndpointPort {
        name: Some("https".into()),
        port: Some(ADDRESS.1),
        protocol: Some("TCP".into()),
        app_protocol: None,
    };
    Object::EndpointSlice(Arc::new(EndpointSlice {
        address_type: "IPv4".into(),
        endpoints: Some(vec![endpoint]),
        metadata,
        ports: Some(vec![port]),
    }))
}

fn kubernetes_service() -> Object {
    let mut metadata = named();
    metadata.labels = Some(BTreeMap::from([
        ("component".to_owned(), "apiserver".to_owned()),
        ("provider".to_owned(), "kubernetes".to_owned()),
    ]));
    let port = ServicePort {
        name: Some("https".into()),
        port: 443,
        protocol: Some("TCP".into()),
        target_port: Some(IntOrString::Int(6443)),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        cluster_ip: Some("10.96.0.1".into()),
        cluster_ips: Some(vec!["10.96.0.1".into()]),
        type_: Some("ClusterIP".into()),
        ports: Some(vec![port]),
        session_affinity: Some("None".into()),
        ip_families: Some(vec!["IPv4".into()]),
        ip_family_policy: Some("SingleStack".into()),
        internal_traffic_policy: Some("Cluster".into()),
        ..ServiceSpec::default()
    };
    Object::Service(Arc::new(Service { metadata, spec: Some(spec), status: None }))
}
