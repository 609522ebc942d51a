//! Node objects and leases, as a kubelet writes them when it starts.

use super::{DISK, Machine, Scarce};
use crate::kube::core::{
    Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec, NodeStatus, NodeSystemInfo,
};
use crate::kube::quantity::Amount;
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::{Subresource, Write};
use crate::sim::cause::CauseId;
use crate::sim::chance;
use crate::sim::cluster::{Context, NodeIndex};
use crate::sim::events::{EventType, Note, Source, reference};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::DaemonEndpoint;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the kubelet keeps free of it: nodefs.available<5% in the recordings, so 95 % are allocatable (rounded as the kubelet does).
const ALLOCATABLE_DISK: u64 = 257_025_515_114;
/// Memory that Pods cannot have: the hard eviction threshold, bytes.
const RESERVED_MEMORY: u64 = 100 << 20;
/// The namespace of the nodes' leases.
const LEASES: &str = "kube-node-lease";
/// How long a lease lasts, seconds.
const LEASE_SECONDS: i32 = 40;

/// The conditions of a healthy node: type, status, reason, message.
pub const HEALTHY: [(&str, &str, &str, &str); 4] = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

impl Context<'_> {
    /// Writes the Node and the lease of every machine.
    pub fn register_nodes(&mut self, write: &Write) {
        let machines: Vec<Machine> = self.machines.iter().map(|(_, machine)| machine.clone()).collect();
        for (index, machine) in machines.iter().enumerate() {
            let node = Object::Node(Arc::new(node(machine, index, self.now, self.seed)));
            // Names of machines are distinct, so that nothing is refused.
            let _ = self.create(node, write);
            let _ = self.create(Object::Lease(Arc::new(lease(machine, self.now))), write);
        }
    }
}

impl Context<'_> {
    /// Writes the lease of a node as its kubelet renews it, by its own clock.
    pub fn renew_lease(&mut self, name: &str, cause: CauseId) {
        let Some(machine) = self.machines.get(name) else { return };
        let shown = machine.wall.timestamp(self.now);
        let Some(Object::Lease(old)) = self.store.get(&Key::new(Kind::Lease, LEASES, name)) else { return };
        let mut lease = Lease::clone(old);
        lease.metadata.resource_version = None;
        lease.spec.get_or_insert_default().renew_time = Some(MicroTime(shown));
        let _ = self.update(Object::Lease(Arc::new(lease)), Subresource::Main, &Write::component(cause));
    }

    /// Writes what a kubelet knows of its node into the Node object, and says what changed.
    pub fn post_node_status(&mut self, name: &str, cause: CauseId) {
        let Some(machine) = self.machines.get(name).cloned() else { return };
        let key = Key::new(Kind::Node, "", name);
        let Some(Object::Node(old)) = self.store.get(&key).cloned() else { return };
        if !machine.is_heard() {
            return;
        }
        let mut node = Arc::unwrap_or_clone(old);
        let now = machine.wall.time(self.now);
        let mut events: Vec<&'static str> = Vec::new();
        for condition in node.status.get_or_insert_default().conditions.iter_mut().flatten() {
            let Some((status, reason, message, event)) = observed(&machine, &condition.type_) else {
                continue;
            };
            condition.last_heartbeat_time = Some(now.clone());
            if condition.status != status {
                condition.last_transition_time = Some(now.clone());
                events.push(event);
            }
            condition.status = status.into();
            condition.reason = Some(reason.into());
            condition.message = Some(message.into());
        }
        if let Some(boot) = machine.boot {
            node.status.get_or_insert_default().node_info.get_or_insert_default().boot_id = boot;
        }
        node.metadata.resource_version = None;
        let object = Object::Node(Arc::new(node));
        for reason in events {
            let note = Note {
                source: Source::kubelet(&name.into()),
                about: reference(&object),
                kind: EventType::Normal,
                reason,
                message: format!("Node {name} status is now: {reason}"),
            };
            self.event(note, cause);
        }
        let _ = self.update(object, Subresource::Status, &Write::component(cause));
    }
}

/// What a kubelet reports for a condition: status, reason, message, and the event when that is new.
fn observed(
    machine: &Machine,
    type_: &str,
) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    let short = |what: Scarce| machine.scarce.contains(&what);
    match type_ {
        "MemoryPressure" if short(Scarce::Memory) => Some((
            "True",
            "KubeletHasInsufficientMemory",
            "kubelet has insufficient memory available",
            "NodeHasInsufficientMemory",
        )),
        "DiskPressure" if short(Scarce::Disk) => {
            Some(("True", "KubeletHasDiskPressure", "kubelet has disk pressure", "NodeHasDiskPressure"))
        }
        "Ready" if machine.going_down.is_some() => {
            Some(("False", "KubeletNotReady", "node is shutting down", "NodeNotReady"))
        }
        _ => {
            let (_, status, reason, message) = *HEALTHY.iter().find(|(name, ..)| *name == type_)?;
            let event = match type_ {
                "MemoryPressure" => "NodeHasSufficientMemory",
                "DiskPressure" => "NodeHasNoDiskPressure",
                "PIDPressure" => "NodeHasSufficientPID",
                _ => "NodeReady",
            };
            Some((status, reason, message, event))
        }
    }
}

fn node(machine: &Machine, index: usize, now: SimTime, seed: u64) -> Node {
    let name = &machine.spec.name;
    let mut labels = machine.spec.labels.clone();
    for (key, value) in [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
    ] {
        labels.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
    let annotations = BTreeMap::from([
        ("node.alpha.kubernetes.io/ttl".to_owned(), "0".to_owned()),
        ("volumes.kubernetes.io/controller-managed-attach-detach".to_owned(), "true".to_owned()),
    ]);
    let cidr = format!("{}.0/24", NodeIndex(index as u32).pod_network());
    Node {
        metadata: ObjectMeta {
            name: Some(name.to_string()),
            labels: Some(labels),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        },
        spec: Some(NodeSpec {
            pod_cidr: Some(cidr.clone()),
            pod_cidrs: Some(vec![cidr]),
            ..NodeSpec::default()
        }),
        status: Some(status(machine, now, seed)),
    }
}

/// An amount of memory as the API carries it: `24Gi`, and `24684092Ki` of what is no whole number of anything larger.
fn bytes(bytes: u64) -> String {
    Amount::from_bytes(i64::try_from(bytes).unwrap_or(i64::MAX)).to_string()
}

fn status(machine: &Machine, now: SimTime, seed: u64) -> NodeStatus {
    let spec = &machine.spec;
    let cpu = if spec.cpu_millis.is_multiple_of(1000) {
        (spec.cpu_millis / 1000).to_string()
    } else {
        format!("{}m", spec.cpu_millis)
    };
    let list = |disk: String, memory: u64| {
        let entry = |name: &str, value: String| (name.to_owned(), Quantity(value));
        BTreeMap::from([
            entry("cpu", cpu.clone()),
            entry("ephemeral-storage", disk),
            entry("hugepages-1Gi", "0".into()),
            entry("hugepages-2Mi", "0".into()),
            entry("memory", bytes(memory)),
            entry("pods", spec.max_pods.to_string()),
        ])
    };
    let address = |kind: &str, address: &str| NodeAddress { type_: kind.into(), address: address.into() };
    NodeStatus {
        capacity: Some(list(format!("{}Ki", DISK / 1024), spec.memory)),
        allocatable: Some(list(ALLOCATABLE_DISK.to_string(), spec.memory.saturating_sub(RESERVED_MEMORY))),
        addresses: Some(vec![address("InternalIP", &machine.address), address("Hostname", &spec.name)]),
        conditions: Some(HEALTHY.iter().map(|condition| healthy(*condition, now)).collect()),
        daemon_endpoints: Some(NodeDaemonEndpoints {
            kubelet_endpoint: Some(DaemonEndpoint { port: 10250 }),
        }),
        node_info: Some(system_info(&spec.name, seed)),
        ..NodeStatus::default()
    }
}

fn healthy((type_, status, reason, message): (&str, &str, &str, &str), now: SimTime) -> NodeCondition {
    NodeCondition {
        type_: type_.into(),
        status: status.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_heartbeat_time: Some(now.to_time()),
        last_transition_time: Some(now.to_time()),
    }
}

fn system_info(name: &str, seed: u64) -> NodeSystemInfo {
    NodeSystemInfo {
        machine_id: chance::hex(seed, name, "machine-id", 32),
        system_uuid: chance::hex(seed, name, "machine-id", 32),
        boot_id: chance::uid(seed, name, 0),
        kernel_version: crate::os::KERNEL.into(),
        os_image: "Debian GNU/Linux 12 (bookworm)".into(),
        operating_system: "linux".into(),
        architecture: "amd64".into(),
        container_runtime_version: "containerd://2.3.4".into(),
        kubelet_version: super::VERSION.into(),
        ..NodeSystemInfo::default()
    }
}

fn lease(machine: &Machine, now: SimTime) -> Lease {
    let name = machine.spec.name.to_string();
    Lease {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            namespace: Some(LEASES.into()),
            ..ObjectMeta::default()
        },
        spec: Some(LeaseSpec {
            holder_identity: Some(name),
            lease_duration_seconds: Some(LEASE_SECONDS),
            renew_time: Some(MicroTime(now.timestamp())),
            ..LeaseSpec::default()
        }),
    }
}
