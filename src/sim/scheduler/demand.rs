//! What a Pod asks of a node, worked out once.

use crate::kube::core::{PodAffinityTerm, PodSpec, WeightedPodAffinityTerm};
use crate::kube::requests::{Resources, containers, pod_requests};
use crate::kube::selector::Selector;
use crate::kube::{Key, Kind, Pod};
use crate::sim::store::Store;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a container without a request counts for in scores: CPU in thousandths and memory in bytes (util.GetNonzeroRequests).
const NON_ZERO: (i64, i64) = (100, 200 << 20);

/// Amounts of resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Amounts {
    /// CPU in thousandths.
    pub cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// Local disk in bytes.
    pub disk: i64,
    /// Everything else, by name.
    pub other: BTreeMap<String, i64>,
}

impl Amounts {
    /// The amounts of a resource list.
    pub fn of(list: &Resources) -> Amounts {
        let mut amounts = Amounts::default();
        for (name, amount) in list {
            match name.as_str() {
                "cpu" => amounts.cpu = amount.milli(),
                "memory" => amounts.memory = amount.value(),
                "ephemeral-storage" => amounts.disk = amount.value(),
                _ => {
                    amounts.other.insert(name.clone(), amount.value());
                }
            }
        }
        amounts
    }

    /// Adds `other`, `sign` times.
    pub fn add(&mut self, other: &Amounts, sign: i64) {
        self.cpu += sign * other.cpu;
        self.memory += sign * other.memory;
        self.disk += sign * other.disk;
        for (name, amount) in &other.other {
            *self.other.entry(name.clone()).or_default() += sign * amount;
        }
    }

    /// Whether nothing is asked for.
    pub fn is_zero(&self) -> bool {
        self.cpu == 0 && self.memory == 0 && self.disk == 0 && self.other.values().all(|v| *v == 0)
    }
}

/// A port of the node that a container wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    ip: String,
    protocol: String,
    port: i32,
}

impl HostPort {
    /// Whether both cannot be on one node.
    pub fn collides(&self, other: &HostPort) -> bool {
        let any = |ip: &str| ip.is_empty() || ip == "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (any(&self.ip) || any(&other.ip) || self.ip == other.ip)
    }
}

/// An affinity term with its selector read.
#[derive(Clone, Debug)]
pub struct Term {
    /// Which Pods.
    pub selector: Selector,
    /// In which namespaces, by name.
    pub namespaces: Vec<String>,
    /// In which namespaces, by their labels, beside the named ones; an empty selector takes all.
    pub spaces: Option<Selector>,
    /// The node label that makes a place.
    pub topology_key: String,
    /// The weight of a preference, 0 for a requirement.
    pub weight: i64,
}

impl Term {
    /// Whether the term is about this Pod.
    pub fn matches(&self, namespace: &str, labels: Option<&BTreeMap<String, String>>, store: &Store) -> bool {
        self.selector.matches_opt(labels) && self.covers(namespace, store)
    }

    fn covers(&self, namespace: &str, store: &Store) -> bool {
        let by_labels = |spaces: &Selector| {
            let home = store.find(Kind::Namespace, "", namespace);
            home.is_some_and(|home| spaces.matches_opt(home.meta().labels.as_ref()))
        };
        self.namespaces.iter().any(|n| n == namespace) || self.spaces.as_ref().is_some_and(by_labels)
    }
}

/// What a Pod asks of a node.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The Pod.
    pub key: Key,
    /// Its name, labels, owners.
    pub meta: Arc<ObjectMeta>,
    /// Its spec.
    pub spec: Arc<PodSpec>,
    /// Its priority.
    pub priority: i32,
    /// What it requests.
    pub requests: Amounts,
    /// CPU and memory as scores count them.
    pub non_zero: (i64, i64),
    /// The ports of the node it wants.
    pub ports: Vec<HostPort>,
    /// Pods it must be near.
    pub near: Vec<Term>,
    /// Pods it must not be near.
    pub apart: Vec<Term>,
    /// Preferences of both kinds; those for distance have negative weight.
    pub prefers: Vec<Term>,
}

impl Demand {
    /// Whether this Pod must not be near the other.
    pub fn avoids(&self, other: &Demand, store: &Store) -> bool {
        self.apart.iter().any(|term| term.matches(other.namespace(), other.labels(), store))
    }

    /// Whether the other is one this Pod must be near, by all that it asks for.
    pub fn wants_near(&self, other: &Demand, store: &Store) -> bool {
        !self.near.is_empty()
            && self.near.iter().all(|term| term.matches(other.namespace(), other.labels(), store))
    }

    /// Works out what `pod` asks for.
    pub fn of(pod: &Pod, key: Key) -> Demand {
        let spec = &pod.spec;
        let affinity = spec.affinity.as_ref();
        let near = affinity.and_then(|a| a.pod_affinity.as_ref());
        let apart = affinity.and_then(|a| a.pod_anti_affinity.as_ref());
        let terms = |list: Option<&Vec<PodAffinityTerm>>| -> Vec<Term> {
            list.into_iter().flatten().map(|t| term(t, pod, 0)).collect()
        };
        let weighted = |list: Option<&Vec<WeightedPodAffinityTerm>>, sign: i64| -> Vec<Term> {
            list.into_iter()
                .flatten()
                .map(|t| term(&t.pod_affinity_term, pod, sign * i64::from(t.weight)))
                .collect()
        };
        let mut prefers =
            weighted(near.and_then(|n| n.preferred_during_scheduling_ignored_during_execution.as_ref()), 1);
        prefers.extend(weighted(
            apart.and_then(|n| n.preferred_during_scheduling_ignored_during_execution.as_ref()),
            -1,
        ));
        Demand {
            key,
            meta: pod.metadata.clone(),
            spec: spec.clone(),
            priority: spec.priority.unwrap_or_default(),
            requests: Amounts::of(&pod_requests(spec, Some(&pod.status))),
            non_zero: non_zero(spec),
            ports: host_ports(spec),
            near: terms(near.and_then(|n| n.required_during_scheduling_ignored_during_execution.as_ref())),
            apart: terms(apart.and_then(|n| n.required_during_scheduling_ignored_during_execution.as_ref())),
            prefers,
        }
    }

    /// Whether nothing that matters here changed since.
    pub fn describes(&self, pod: &Pod) -> bool {
        (Arc::ptr_eq(&self.spec, &pod.spec) || self.spec == pod.spec)
            && self.meta.labels == pod.metadata.labels
            && self.meta.deletion_timestamp == pod.metadata.deletion_timestamp
            && self.meta.uid == pod.metadata.uid
    }

    /// The Pod's namespace.
    pub fn namespace(&self) -> &str {
        &self.key.namespace
    }

    /// The Pod's labels.
    pub fn labels(&self) -> Option<&BTreeMap<String, String>> {
        self.meta.labels.as_ref()
    }

    /// The uid of what controls the Pod.
    pub fn owner(&self) -> Option<&str> {
        let owners = self.meta.owner_references.iter().flatten();
        owners.into_iter().find(|o| o.controller == Some(true)).map(|o| o.uid.as_str())
    }
}

fn term(term: &PodAffinityTerm, pod: &Pod, weight: i64) -> Term {
    let namespaces = term.namespaces.clone().unwrap_or_default();
    let spaces = term.namespace_selector.as_ref().map(|selector| Selector::of(Some(selector)));
    let own = namespaces.is_empty() && spaces.is_none();
    Term {
        selector: Selector::of(term.label_selector.as_ref()),
        namespaces: if own { vec![pod.namespace().to_owned()] } else { namespaces },
        spaces,
        topology_key: term.topology_key.clone(),
        weight,
    }
}

fn non_zero(spec: &PodSpec) -> (i64, i64) {
    let mut total = (0, 0);
    for container in &spec.containers {
        let list = container.resources.as_ref().and_then(|r| r.requests.as_ref());
        let asked = Amounts::of(&crate::kube::requests::resources_of(list));
        let has = |name: &str| list.is_some_and(|list| list.contains_key(name));
        total.0 += if has("cpu") { asked.cpu } else { NON_ZERO.0 };
        total.1 += if has("memory") { asked.memory } else { NON_ZERO.1 };
    }
    total
}

fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let ports = containers(spec).flat_map(|c| c.ports.iter().flatten());
    let wanted = ports.filter_map(|p| {
        let port = p.host_port.filter(|port| *port > 0)?;
        Some(HostPort {
            ip: p.host_ip.clone().unwrap_or_default(),
            protocol: p.protocol.clone().unwrap_or_else(|| "TCP".into()),
            port,
        })
    });
    wanted.collect()
}
