//! Who stands behind a Service (pkg/controller/endpointslice, endpoint): the ready Pods its selector finds, as slices and, in the
//! older form, as one Endpoints object.

use super::owning::controller_reference;
use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::core::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, ObjectReference, Service, ServicePort,
};
use crate::kube::requests::containers;
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::api::{DeleteOptions, Subresource, Write};
use crate::sim::chance;
use crate::sim::cluster::Context;
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::discovery::v1::{self as discovery, Endpoint, EndpointConditions, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The chapter about traffic and readiness.
const CHAPTER: &str = "readiness";
/// The label that ties a slice to its Service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";
/// The label of a slice whose Service has no address of its own.
const HEADLESS: &str = "service.kubernetes.io/headless";
/// Who manages a slice.
const MANAGED_BY: (&str, &str) =
    ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");

/// Asks for the sync of Services a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::Service(_) => {
            queue.add(Controller::Endpoints, change.key.clone(), change.cause, context);
        }
        Object::Pod(_) if pods::only_containers_changed(change) => {}
        Object::Pod(pod) => {
            // A Pod whose labels changed concerns those that selected it by the old ones, too.
            let former = change.former.as_ref().and_then(|former| former.meta().labels.as_ref());
            let labels = [pod.metadata.labels.as_ref(), former];
            let services: Vec<Key> = context
                .store
                .list(Kind::Service, Some(pod.namespace()))
                .filter(|object| labels.iter().any(|labels| selects(object, *labels)))
                .map(Object::key)
                .collect();
            for key in services {
                queue.add(Controller::Endpoints, key, change.cause, context);
            }
        }
        Object::EndpointSlice(slice) if change.kind == ChangeKind::Deleted => {
            let labels = slice.metadata.labels.as_ref();
            if let Some(name) = labels.and_then(|labels| labels.get(SERVICE_LABEL)) {
                let key = Key::new(Kind::Service, &change.key.namespace, name);
                queue.add(Controller::Endpoints, key, change.cause, context);
            }
        }
        _ => {}
    }
}

fn selector_of(service: &Service) -> Option<&BTreeMap<String, String>> {
    // Nobody stands behind a mere name.
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName"))?;
    spec.selector.as_ref().filter(|selector| !selector.is_empty())
}

fn selects(object: &Object, labels: Option<&BTreeMap<String, String>>) -> bool {
    let (Object::Service(service), Some(labels)) = (object, labels) else { return false };
    selector_of(service)
        .is_some_and(|selector| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// Writes the slice and the Endpoints of a Service.
pub fn sync(work: &Work, context: &mut Context) {
    let Some(Object::Service(service)) = context.store.get(&work.key).cloned() else {
        remove_endpoints(work, context);
        return;
    };
    let Some(selector) = selector_of(&service).cloned() else { return };
    let mut standing: Vec<Pod> = context
        .store
        .pods_with_labels(&work.key.namespace, &selector)
        .filter(|pod| !pods::is_over(pod) && pod.status.pod_ip.is_some())
        .cloned()
        .collect();
    standing.sort_by(|a, b| a.name().cmp(b.name()));
    let text = format!("the endpoints of Service {} follow its Pods", work.key.name);
    let cause = context.because(work.cause, CHAPTER, text);
    let write = Write::component(cause);
    write_slice(&service, &standing, &write, context);
    write_endpoints(&service, &standing, &write, context);
}

fn remove_endpoints(work: &Work, context: &mut Context) {
    let key = Key::new(Kind::Endpoints, &work.key.namespace, &work.key.name);
    let cause = context.because(work.cause, CHAPTER, format!("the Service {} is gone", work.key.name));
    let _ = context.delete(&key, &DeleteOptions::default(), &Write::component(cause));
}

/// The port of a Pod that a Service's port leads to; `None` if the Pod has no port of that name.
pub(in crate::sim) fn port_of(port: &ServicePort, pod: Option<&Pod>) -> Option<i32> {
    match &port.target_port {
        None => Some(port.port),
        Some(IntOrString::Int(number)) => Some(*number),
        Some(IntOrString::String(name)) => {
            let mut ports = containers(&pod?.spec).flat_map(|c| c.ports.iter().flatten());
            ports.find(|p| p.name.as_deref() == Some(name)).map(|p| p.container_port)
        }
    }
}

fn publishes_unready(service: &Service) -> bool {
    service.spec.as_ref().is_some_and(|spec| spec.publish_not_ready_addresses == Some(true))
}

/// Whether a Pod behind a Service is to be found as ready.
pub(in crate::sim) fn is_published(service: &Service, pod: &Pod) -> bool {
    (pods::is_ready(pod) && !pods::is_leaving(pod)) || publishes_unready(service)
}

fn target(pod: &Pod) -> ObjectReference {
    ObjectReference {
        kind: Some("Pod".into()),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectReference::default()
    }
}

fn endpoint(service: &Service, pod: &Pod) -> Endpoint {
    let serving = pods::is_ready(pod);
    let leaving = pods::is_leaving(pod);
    Endpoint {
        addresses: pod.status.pod_ip.iter().cloned().collect(),
        conditions: Some(EndpointConditions {
            ready: Some(is_published(service, pod)),
            serving: Some(serving),
            terminating: Some(leaving),
        }),
        node_name: pod.spec.node_name.clone(),
        target_ref: Some(target(pod)),
        ..Endpoint::default()
    }
}

fn write_slice(service: &Arc<Service>, standing: &[Pod], write: &Write, context: &mut Context) {
    let object = Object::Service(service.clone());
    let (namespace, name) = (object.key().namespace, object.key().name);
    let uid = service.metadata.uid.clone().unwrap_or_default();
    let old = context.store.owned_by(&uid).find_map(|object| match object {
        Object::EndpointSlice(slice) => Some(slice.clone()),
        _ => None,
    });
    // Ports are those of Pods: the slice of a Service without any has none.
    let ports = service.spec.iter().filter(|_| !standing.is_empty());
    let ports = ports.flat_map(|spec| spec.ports.iter().flatten());
    let ports: Vec<discovery::EndpointPort> = ports
        .filter_map(|port| {
            // A port that the Pods have no name for is left out.
            let number = port_of(port, standing.first())?;
            Some(discovery::EndpointPort {
                name: Some(port.name.clone().unwrap_or_default()),
                port: Some(number),
                protocol: port.protocol.clone().or_else(|| Some("TCP".into())),
                app_protocol: port.app_protocol.clone(),
            })
        })
        .collect();
    let endpoints: Vec<Endpoint> = standing.iter().map(|pod| endpoint(service, pod)).collect();
    // A Service nobody stands behind has a placeholder without ports (endpointslice/utils.go: newEndpointSlice of no ports).
    let ports = if endpoints.is_empty() { None } else { some(ports) };
    let endpoints = some(endpoints);
    if let Some(old) = old {
        let mut slice = Arc::unwrap_or_clone(old);
        slice.endpoints = endpoints;
        slice.ports = ports;
        slice.metadata.resource_version = None;
        let _ = context.update(Object::EndpointSlice(Arc::new(slice)), Subresource::Main, write);
    } else {
        let suffix = chance::suffix(context.seed, &uid, "endpointslice", context.now.0, 5);
        let mut labels = BTreeMap::from([
            (SERVICE_LABEL.to_owned(), name.to_string()),
            (MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned()),
        ]);
        if service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some("None") {
            labels.insert(HEADLESS.to_owned(), String::new());
        }
        let slice = EndpointSlice {
            address_type: "IPv4".into(),
            endpoints,
            metadata: ObjectMeta {
                name: Some(format!("{name}-{suffix}")),
                generate_name: Some(format!("{name}-")),
                namespace: Some(namespace.to_string()),
                labels: Some(labels),
                owner_references: Some(vec![controller_reference(&object)]),
                ..ObjectMeta::default()
            },
            ports,
        };
        let _ = context.create(Object::EndpointSlice(Arc::new(slice)), write);
    }
}

fn write_endpoints(service: &Arc<Service>, standing: &[Pod], write: &Write, context: &mut Context) {
    let address = |pod: &Pod| EndpointAddress {
        ip: pod.status.pod_ip.clone().unwrap_or_default(),
        node_name: pod.spec.node_name.clone(),
        target_ref: Some(target(pod)),
        hostname: None,
    };
    let usable = |pod: &&Pod| is_published(service, pod);
    let ready: Vec<EndpointAddress> = standing.iter().filter(usable).map(address).collect();
    let unready: Vec<EndpointAddress> =
        standing.iter().filter(|pod| !usable(pod) && !pods::is_leaving(pod)).map(address).collect();
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let ports: Vec<EndpointPort> = ports
        .filter_map(|port| {
            Some(EndpointPort {
                name: port.name.clone(),
                port: port_of(port, standing.first())?,
                protocol: port.protocol.clone().or_else(|| Some("TCP".into())),
                app_protocol: port.app_protocol.clone(),
            })
        })
        .collect();
    let nobody = ready.is_empty() && unready.is_empty();
    let subset =
        EndpointSubset { addresses: some(ready), not_ready_addresses: some(unready), ports: some(ports) };
    let subsets = (!nobody).then(|| vec![subset]);
    let key = Object::Service(service.clone()).key();
    let place = Key::new(Kind::Endpoints, &key.namespace, &key.name);
    if let Some(Object::Endpoints(old)) = context.store.get(&place) {
        let mut endpoints = (**old).clone();
        endpoints.subsets = subsets;
        endpoints.metadata.resource_version = None;
        let _ = context.update(Object::Endpoints(Arc::new(endpoints)), Subresource::Main, write);
    } else {
        let metadata = ObjectMeta {
            name: Some(key.name.to_string()),
            namespace: Some(key.namespace.to_string()),
            labels: service.metadata.labels.clone(),
            ..ObjectMeta::default()
        };
        let _ = context.create(Object::Endpoints(Arc::new(Endpoints { metadata, subsets })), write);
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}
