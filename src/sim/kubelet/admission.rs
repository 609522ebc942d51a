//! What a kubelet refuses to run although the Pod is bound to its node (pkg/kubelet/lifecycle/predicate.go, sysctl/allowlist.go):
//! somebody went around the scheduler, or was faster.

use super::desk::{Desk, Machine, Said};
use super::worker::{Mode, Verdict, Worker};
use crate::kube::core::{NodeSelectorTerm, PodSpec, PodStatus, Taint};
use crate::kube::{Kind, Object, Pod, requests};
use crate::sim::cluster::NodeSpec;
use crate::sim::nodes::Scarce;
use crate::sim::scheduler::{matches_term, tolerates};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a node that are kept back for the eviction threshold.
const RESERVED: u64 = 100 << 20;

/// Sysctls every kubelet lets Pods set.
const SAFE_SYSCTLS: [&str; 14] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_retries2",
    "net.ipv4.tcp_mtu_probing",
];

/// What the Pods on a node have taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// Requests of each Pod by its worker: CPU in thousandths, memory in bytes.
    pods: BTreeMap<u64, (u64, u64)>,
    cpu: u64,
    memory: u64,
    /// Host ports with the workers that use them.
    ports: BTreeMap<(u16, String), u64>,
}

/// What a node lacks for one more Pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shortage {
    cpu: u64,
    memory: u64,
    pods: u64,
}

impl Shortage {
    /// Whether nothing is missing (any more).
    pub fn is_over(self) -> bool {
        self.cpu == 0 && self.memory == 0 && self.pods == 0
    }

    /// Whether one Pod that leaves this is enough.
    pub fn is_met_by(mut self, left: (u64, u64)) -> bool {
        self.take(left);
        self.is_over()
    }

    /// Counts in what a Pod leaves; whether that helps at all.
    pub fn take(&mut self, (cpu, memory): (u64, u64)) -> bool {
        let helps = (self.cpu > 0 && cpu > 0) || (self.memory > 0 && memory > 0) || self.pods > 0;
        self.cpu = self.cpu.saturating_sub(cpu);
        self.memory = self.memory.saturating_sub(memory);
        self.pods = self.pods.saturating_sub(1);
        helps
    }
}

impl Taken {
    fn add(&mut self, serial: u64, (cpu, memory): (u64, u64), ports: Vec<(u16, String)>) {
        self.cpu += cpu;
        self.memory += memory;
        self.pods.insert(serial, (cpu, memory));
        for port in ports {
            self.ports.insert(port, serial);
        }
    }

    /// What a Pod has: CPU in thousandths, memory in bytes.
    pub fn of(&self, serial: u64) -> (u64, u64) {
        self.pods.get(&serial).copied().unwrap_or_default()
    }

    /// What is missing for a Pod; `None` if nothing is.
    pub fn shortage(&self, pod: &Pod, spec: &NodeSpec) -> Option<Shortage> {
        let (cpu, memory) = demand(&pod.spec);
        let over = |asked: u64, taken: u64, have: u64| {
            if asked == 0 { 0 } else { (taken + asked).saturating_sub(have) }
        };
        let shortage = Shortage {
            cpu: over(cpu, self.cpu, spec.cpu_millis),
            memory: over(memory, self.memory, spec.memory.saturating_sub(RESERVED)),
            pods: (self.pods.len() as u64 + 1).saturating_sub(u64::from(spec.max_pods)),
        };
        (!shortage.is_over()).then_some(shortage)
    }

    /// Gives back what a Pod had.
    pub fn release(&mut self, serial: u64) {
        if let Some((cpu, memory)) = self.pods.remove(&serial) {
            self.cpu -= cpu;
            self.memory -= memory;
            self.ports.retain(|_, user| *user != serial);
        }
    }
}

impl Worker {
    /// Whether the node takes the Pod; if not, it is reported as failed and nothing is ever started.
    pub fn is_admitted(&mut self, desk: &mut Desk) -> bool {
        let demand = demand(&self.pod.spec);
        let ports = host_ports(&self.pod);
        let refusal = refusal(self, demand, &ports, desk);
        let Some((reason, message)) = refusal else {
            desk.machine.taken.add(self.serial, demand, ports);
            return true;
        };
        self.because = desk.ctx.because(
            Some(self.because),
            "scheduling",
            format!("the kubelet of {} refuses Pod {}: {message}", desk.machine.spec.name, self.key.name),
        );
        desk.event(&self.events_pod(), Said::warning("", reason, message.clone()), self.because);
        self.report.wanted = Arc::new(PodStatus {
            phase: Some("Failed".into()),
            reason: Some(reason.into()),
            message: Some(format!("Pod was rejected: {message}")),
            start_time: Some(desk.stamp()),
            observed_generation: self.pod.metadata.generation,
            ..PodStatus::default()
        });
        self.verdict = Some(Verdict { reason, message: format!("Pod was rejected: {message}") });
        self.mode = Mode::Finished;
        self.ended = true;
        self.report_soon(desk);
        false
    }
}

/// Why a Pod cannot have more, in the kubelet's words.
pub(super) enum Lack {
    /// Others have it.
    ForNow(String),
    /// The node never had it.
    Forever(String),
}

impl Worker {
    /// Whether the Pod wants more than it has: CPU in thousandths, memory in bytes.
    pub fn wants_more(&self, machine: &Machine) -> bool {
        let ((cpu, memory), (own_cpu, own_memory)) = (demand(&self.wish), machine.taken.of(self.serial));
        cpu > own_cpu || memory > own_memory
    }

    /// Gives the Pod what the API wants for it by now, or says what the node lacks for that.
    pub fn reallocate(&self, desk: &mut Desk) -> Result<(), Lack> {
        let (cpu, memory) = demand(&self.wish);
        let (capacity, taken) = (desk.machine.spec.cpu_millis, &mut desk.machine.taken);
        let own = taken.pods.get(&self.serial).copied().unwrap_or_default();
        let (other_cpu, other_memory) = (taken.cpu - own.0, taken.memory - own.1);
        let allocatable = desk.machine.spec.memory.saturating_sub(RESERVED);
        let never = |what: &str, asked: u64, capacity: u64| {
            Lack::Forever(format!(
                "Node didn't have enough capacity: {what}, requested: {asked}, capacity: {capacity}"
            ))
        };
        if memory > own.1 && memory > allocatable {
            return Err(never("memory", memory, allocatable));
        }
        if cpu > own.0 && cpu > capacity {
            return Err(never("cpu", cpu, capacity));
        }
        if cpu > own.0 && other_cpu + cpu > capacity {
            return Err(Lack::ForNow(lacks("cpu", cpu, other_cpu, capacity)));
        }
        if memory > own.1 && other_memory + memory > allocatable {
            return Err(Lack::ForNow(lacks("memory", memory, other_memory, allocatable)));
        }
        taken.cpu = other_cpu + cpu;
        taken.memory = other_memory + memory;
        taken.pods.insert(self.serial, (cpu, memory));
        Ok(())
    }
}

fn lacks(what: &str, asked: u64, used: u64, capacity: u64) -> String {
    format!(
        "Node didn't have enough resource: {what}, requested: {asked}, used: {used}, capacity: {capacity}"
    )
}

fn demand(spec: &PodSpec) -> (u64, u64) {
    let wanted = requests::pod_requests(spec, None);
    let amount = |name: &str, milli: bool| {
        let amount = wanted.get(name).map_or(0, |amount| if milli { amount.milli() } else { amount.value() });
        u64::try_from(amount).unwrap_or(0)
    };
    (amount("cpu", true), amount("memory", false))
}

fn host_ports(pod: &Pod) -> Vec<(u16, String)> {
    let ports = pod.spec.containers.iter().flat_map(|c| c.ports.iter().flatten());
    let host = |p: &crate::kube::core::ContainerPort| {
        let port = u16::try_from(p.host_port.filter(|port| *port > 0)?).ok()?;
        Some((port, p.protocol.clone().unwrap_or_else(|| "TCP".into())))
    };
    ports.filter_map(host).collect()
}

fn refusal(
    worker: &Worker,
    (cpu, memory): (u64, u64),
    ports: &[(u16, String)],
    desk: &Desk,
) -> Option<(&'static str, String)> {
    let context = worker.pod.spec.security_context.as_ref();
    for sysctl in context.and_then(|context| context.sysctls.as_ref()).into_iter().flatten() {
        if !SAFE_SYSCTLS.contains(&sysctl.name.as_str()) {
            return Some((
                "SysctlForbidden",
                format!("forbidden sysctl: \"{}\" not allowlisted", sysctl.name),
            ));
        }
    }
    if worker.pod.spec.os.as_ref().is_some_and(|os| os.name != "linux") {
        let text = "Failed to admit pod as the OS field doesn't match node OS";
        return Some(("PodOSNotSupported", text.into()));
    }
    if desk.ctx.machines.at(desk.machine.index).is_some_and(|machine| machine.going_down.is_some()) {
        return Some(("NodeShutdown", "Pod was rejected as the node is shutting down.".into()));
    }
    if let Some(conditions) = pressure_against(worker, desk) {
        return Some(("Evicted", format!("The node had condition: [{conditions}]. ")));
    }
    let (taken, spec) = (&desk.machine.taken, &desk.machine.spec);
    let pods = taken.pods.len() as u64;
    if pods + 1 > u64::from(spec.max_pods) {
        return Some(("OutOfpods", lacks("pods", 1, pods, u64::from(spec.max_pods))));
    }
    if cpu > 0 && taken.cpu + cpu > spec.cpu_millis {
        return Some(("OutOfcpu", lacks("cpu", cpu, taken.cpu, spec.cpu_millis)));
    }
    let allocatable = spec.memory.saturating_sub(RESERVED);
    if memory > 0 && taken.memory + memory > allocatable {
        return Some(("OutOfmemory", lacks("memory", memory, taken.memory, allocatable)));
    }
    by_node(&worker.pod, desk).or_else(|| {
        ports.iter().any(|port| taken.ports.contains_key(port)).then(|| {
            (
                "NodePorts",
                "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
                    .into(),
            )
        })
    })
}

/// The pressures that keep a Pod out (`pkg/kubelet/eviction/eviction_manager.go`, `Admit`): memory those that asked for none, disk all
/// that are not critical.
fn pressure_against(worker: &Worker, desk: &Desk) -> Option<&'static str> {
    let scarce = &desk.ctx.machines.at(desk.machine.index)?.scarce;
    if scarce.is_empty() || worker.is_critical() {
        return None;
    }
    let memory = scarce.contains(&Scarce::Memory);
    if !scarce.contains(&Scarce::Disk) {
        let taint = Taint {
            key: "node.kubernetes.io/memory-pressure".into(),
            effect: "NoSchedule".into(),
            ..Taint::default()
        };
        let asked = worker.pod.status.qos_class.as_deref() != Some("BestEffort");
        let tolerated = worker.pod.spec.tolerations.iter().flatten().any(|t| tolerates(t, &taint));
        return (!asked && !tolerated).then_some("MemoryPressure");
    }
    Some(if memory { "DiskPressure MemoryPressure" } else { "DiskPressure" })
}

/// What the node's labels and taints say against the Pod.
fn by_node(pod: &Pod, desk: &Desk) -> Option<(&'static str, String)> {
    let name = &desk.machine.spec.name;
    let Some(Object::Node(node)) = desk.ctx.store.find(Kind::Node, "", name) else { return None };
    let labels = node.metadata.labels.clone().unwrap_or_default();
    let selected = pod.spec.node_selector.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
    let any = |terms: &[NodeSelectorTerm]| terms.iter().any(|term| matches_term(term, &labels, name));
    if !selected || !required.is_none_or(|selector| any(&selector.node_selector_terms)) {
        let text = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
        return Some(("NodeAffinity", text.into()));
    }
    let taints: Vec<Taint> = node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
    let stands =
        |taint: &Taint| !pod.spec.tolerations.iter().flatten().any(|toleration| tolerates(toleration, taint));
    if taints.iter().any(|taint| taint.effect == "NoExecute" && stands(taint)) {
        let text = "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate";
        return Some(("TaintToleration", text.into()));
    }
    None
}
