//! What goes wrong with machines and the registry: the faults a lab stages or a learner causes (`ssh worker-1 systemctl stop kubelet`).
//! Each has a name, a parser and its effect in this one file. What follows from a fault is left to the components.

use super::cause::CauseId;
use super::cluster::{Cluster, Context, Start};
use super::controllers::Controllers;
use super::nodes::{Registry, Scarce};
use crate::kube::duration::{go_duration, parse_span};
use std::fmt;

/// The chapter about nodes that fail.
const CHAPTER: &str = "disruption";

/// Something that goes wrong, or right again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A machine loses its power.
    PowerOff(String),
    /// It gets it back.
    PowerOn(String),
    /// The kubelet's process ends; containers go on.
    StopKubelet(String),
    /// It is started again.
    StartKubelet(String),
    /// A machine cannot reach the control plane.
    CutNetwork(String),
    /// It can again.
    RestoreNetwork(String),
    /// Something outside of Pods uses nearly all memory of a machine.
    MemoryPressure(String),
    /// It gives it back.
    MemoryRelief(String),
    /// Something outside of Pods fills a machine's disk.
    DiskPressure(String),
    /// It frees it.
    DiskRelief(String),
    /// A machine's clock is set forward by so many milliseconds, or back.
    ClockJump(String, i64),
    /// The image registry does not answer.
    RegistryDown,
    /// Pulls take this many times as long.
    RegistrySlow(u32),
    /// The registry works again.
    RegistryUp,
}

/// Makes the fault of the machine of that name.
type OfNode = fn(String) -> Fault;

/// The faults of one machine: name and constructor. The parser, the printer and completion read this table.
const OF_A_NODE: &[(&str, OfNode)] = &[
    ("power-off", Fault::PowerOff),
    ("power-on", Fault::PowerOn),
    ("stop-kubelet", Fault::StopKubelet),
    ("start-kubelet", Fault::StartKubelet),
    ("cut-network", Fault::CutNetwork),
    ("restore-network", Fault::RestoreNetwork),
    ("memory-pressure", Fault::MemoryPressure),
    ("memory-relief", Fault::MemoryRelief),
    ("disk-pressure", Fault::DiskPressure),
    ("disk-relief", Fault::DiskRelief),
];

impl Fault {
    /// Every name, for help and for "did you mean".
    pub fn names() -> impl Iterator<Item = &'static str> {
        OF_A_NODE.iter().map(|(name, _)| *name).chain([
            "clock-jump",
            "registry-down",
            "registry-slow",
            "registry-up",
        ])
    }

    /// Reads `stop-kubelet worker-1`, `clock-jump worker-1 -1h`, `registry-slow 5`, `registry-down`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Fault, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let argument = words.next();
        let more = words.next();
        if words.next().is_some() || (more.is_some() && name != "clock-jump") {
            return Err(format!("too many words after {name}"));
        }
        if name == "clock-jump" {
            let (Some(node), Some(by)) = (argument, more) else {
                return Err("clock-jump needs the name of a node and a time span".to_owned());
            };
            return Ok(Fault::ClockJump(node.to_owned(), parse_span(by)?));
        }
        if let Some((_, make)) = OF_A_NODE.iter().find(|(known, _)| *known == name) {
            let node = argument.ok_or_else(|| format!("{name} needs the name of a node"))?;
            return Ok(make(node.to_owned()));
        }
        match (name, argument) {
            ("registry-down", None) => Ok(Fault::RegistryDown),
            ("registry-up", None) => Ok(Fault::RegistryUp),
            ("registry-slow", Some(times)) => {
                times.parse().map(Fault::RegistrySlow).map_err(|_| format!("{times} is not a number"))
            }
            ("registry-slow", None) => Err("registry-slow needs a factor".to_owned()),
            ("registry-down" | "registry-up", Some(_)) => Err(format!("{name} takes no argument")),
            _ => Err(format!("unknown fault {name}")),
        }
    }

    /// The machine it is about.
    pub fn node(&self) -> Option<&str> {
        match self {
            Fault::PowerOff(node)
            | Fault::PowerOn(node)
            | Fault::StopKubelet(node)
            | Fault::StartKubelet(node)
            | Fault::CutNetwork(node)
            | Fault::RestoreNetwork(node)
            | Fault::MemoryPressure(node)
            | Fault::MemoryRelief(node)
            | Fault::DiskPressure(node)
            | Fault::DiskRelief(node)
            | Fault::ClockJump(node, _) => Some(node),
            Fault::RegistryDown | Fault::RegistrySlow(_) | Fault::RegistryUp => None,
        }
    }

    /// The sentence a learner reads.
    fn text(&self) -> String {
        match self {
            Fault::PowerOff(node) => format!("{node} lost its power"),
            Fault::PowerOn(node) => format!("{node} has power again"),
            Fault::StopKubelet(node) => format!("the kubelet of {node} was stopped"),
            Fault::StartKubelet(node) => format!("the kubelet of {node} was started"),
            Fault::CutNetwork(node) => format!("{node} was cut off the network"),
            Fault::RestoreNetwork(node) => format!("{node} is on the network again"),
            Fault::MemoryPressure(node) => format!("something on {node} uses nearly all its memory"),
            Fault::MemoryRelief(node) => format!("memory on {node} is free again"),
            Fault::DiskPressure(node) => format!("something on {node} fills its disk"),
            Fault::DiskRelief(node) => format!("disk on {node} is free again"),
            Fault::ClockJump(node, by) => {
                let (span, whereto) =
                    (go_duration(by.unsigned_abs()), if *by < 0 { "back" } else { "forward" });
                format!("the clock of {node} was set {whereto} by {span}")
            }
            Fault::RegistryDown => "the image registry stopped answering".to_owned(),
            Fault::RegistrySlow(times) => format!("the image registry became {times} times slower"),
            Fault::RegistryUp => "the image registry works again".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = |make: fn(String) -> Fault, node: &str| make(node.to_owned()) == *self;
        if let Some(node) = self.node()
            && let Some((name, _)) = OF_A_NODE.iter().find(|(_, make)| same(*make, node))
        {
            return write!(f, "{name} {node}");
        }
        match self {
            Fault::ClockJump(node, by) => {
                let sign = if *by < 0 { "-" } else { "" };
                write!(f, "clock-jump {node} {sign}{}", go_duration(by.unsigned_abs()))
            }
            Fault::RegistrySlow(times) => write!(f, "registry-slow {times}"),
            Fault::RegistryDown => f.write_str("registry-down"),
            _ => f.write_str("registry-up"),
        }
    }
}

impl Cluster {
    /// Makes something go wrong, or right again. The error names a node that does not exist.
    pub fn inject(&mut self, fault: &Fault) -> Result<CauseId, String> {
        if let Some(node) = fault.node()
            && self.machine(node).is_none()
        {
            return Err(format!("there is no node {node}"));
        }
        let cause = self.root_cause(CHAPTER, fault.text());
        self.strike(fault, cause);
        Ok(cause)
    }

    /// Makes something of a node that exists go wrong, or right again.
    pub(in crate::sim) fn strike(&mut self, fault: &Fault, cause: CauseId) {
        self.with_controllers(|controllers, context| strike(fault, cause, controllers, context));
        match fault {
            Fault::StartKubelet(node) => self.kubelet_started(node, Start::Process, cause),
            Fault::PowerOn(node) => self.kubelet_started(node, Start::Machine, cause),
            Fault::MemoryPressure(node) => self.starve(node, Scarce::Memory, cause),
            Fault::DiskPressure(node) => self.starve(node, Scarce::Disk, cause),
            Fault::ClockJump(node, _) => self.clock_set(node, cause),
            _ => {}
        }
        if let Some(node) = fault.node() {
            self.release_held(node);
        }
        if let Fault::RestoreNetwork(node) = fault {
            self.reconnected(node, cause);
        }
    }
}

fn strike(fault: &Fault, cause: CauseId, controllers: &mut Controllers, context: &mut Context) {
    match fault {
        Fault::RegistryDown => context.machines.registry = Registry::Down,
        Fault::RegistrySlow(times) => context.machines.registry = Registry::Slow(*times),
        Fault::RegistryUp => context.machines.registry = Registry::Up,
        _ => {}
    }
    let Some(node) = fault.node() else { return };
    let now = context.now;
    let Some(machine) = context.machines.get_mut(node) else { return };
    let heard = machine.is_heard();
    match fault {
        Fault::PowerOff(_) => machine.powered = false,
        Fault::PowerOn(_) => {
            machine.powered = true;
            machine.going_down = None;
            machine.run_kubelet(true, now);
        }
        Fault::StopKubelet(_) => machine.run_kubelet(false, now),
        Fault::StartKubelet(_) => machine.run_kubelet(true, now),
        Fault::CutNetwork(_) => machine.connected = false,
        Fault::RestoreNetwork(_) => machine.connected = true,
        Fault::ClockJump(_, by) => machine.wall.jump(now, *by),
        Fault::MemoryRelief(_) => drop(machine.taken.remove(&Scarce::Memory)),
        Fault::DiskRelief(_) => drop(machine.taken.remove(&Scarce::Disk)),
        // How much a pressure takes depends on the node's Pods: its kubelet sees to it. Registries are no node's.
        Fault::MemoryPressure(_)
        | Fault::DiskPressure(_)
        | Fault::RegistryDown
        | Fault::RegistrySlow(_)
        | Fault::RegistryUp => {}
    }
    match (heard, machine.is_heard()) {
        (true, false) => {
            machine.silent_since = Some(now);
            controllers.watch_silence(node, cause, context);
        }
        (false, true) => {
            machine.silent_since = None;
            context.post_node_status(node, cause);
        }
        (true, true) | (false, false) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_and_prints_back() {
        for name in Fault::names() {
            let text = match name {
                "registry-down" | "registry-up" => name.to_owned(),
                "registry-slow" => format!("{name} 4"),
                "clock-jump" => format!("{name} worker-1 -1h30m0s"),
                _ => format!("{name} worker-1"),
            };
            assert_eq!(Fault::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_answered_with_what_is_wrong() {
        for text in [
            "",
            "stop-kubelet",
            "registry-slow many",
            "explode worker-1",
            "power-off a b",
            "clock-jump a",
            "clock-jump a soon",
        ] {
            assert!(Fault::parse(text).is_err(), "{text}");
        }
        assert!(
            Cluster::new(crate::sim::ClusterConfig::default())
                .inject(&Fault::PowerOff("nowhere".into()))
                .is_err()
        );
    }
}
