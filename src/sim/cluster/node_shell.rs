//! A shell on a node (`ssh worker-1`): its disk, and the programs that speak to its kubelet and its runtime.

use super::{AccessError, Cluster, ExecOptions, NodeIndex};
use crate::kube::SimTime;
use crate::os::{Body, Catalogue, CellSpec, Mount, Node, Notice, Reference, Request, Signal, Stream};
use crate::sim::fault::Fault;
use crate::sim::kubelet::MANIFESTS;
use crate::sim::runtime::{NODE_IMAGE, NodeVisit, SandboxId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Folders of a node that are its own, not those of the image its tools come from.
const FOLDERS: [&str; 9] = ["etc/kubernetes", "var", "tmp", "opt", "mnt", "home", "root", "srv", "data"];
/// Commands that are answered here.
const FOREIGN: [&str; 5] = ["systemctl", "crictl", "journalctl", "reboot", "poweroff"];

impl Cluster {
    /// Runs a command on a node, as `ssh` does. Ask after it with [`Cluster::exec_output`] and its neighbours.
    pub fn node_exec(
        &mut self,
        node: &str,
        options: &ExecOptions,
    ) -> Result<crate::sim::runtime::VisitId, AccessError> {
        let failed = |text: String| Err(AccessError::Failed(text));
        let Some(&index) = self.node_index.get(node) else {
            return failed(format!("ssh: Could not resolve hostname {node}: Name or service not known"));
        };
        match self.machine(node) {
            Some(machine) if machine.powered && machine.connected => {}
            _ => return failed(format!("ssh: connect to host {node} port 22: No route to host")),
        }
        let sandbox = self.node_sandbox(index, node);
        let now = self.now;
        let command = (options.argv.clone(), options.stdin, options.tty);
        let id = self.runtime.visit(sandbox, "host", command, now).map_err(AccessError::Failed)?;
        self.run_node_shell(sandbox);
        Ok(id)
    }

    /// The sandbox that stands for the node itself.
    fn node_sandbox(&mut self, index: NodeIndex, node: &str) -> SandboxId {
        if let Some(sandbox) = self.runtime.node_shell(index) {
            return sandbox;
        }
        let address = self.machine(node).map(|machine| machine.address.clone()).unwrap_or_default();
        let disk = self.runtime.node_volume(index);
        for folder in FOLDERS {
            if self.runtime.path_kind(disk, folder).is_none() {
                self.runtime.put(disk, folder, Node::directory(crate::os::Meta::root(0o755)));
            }
        }
        let mount = |folder: &&str| Mount {
            path: format!("/{folder}"),
            volume: disk,
            sub_path: (*folder).to_owned(),
            read_only: false,
        };
        let image = Reference::parse(NODE_IMAGE)
            .ok()
            .and_then(|reference| Catalogue::builtin().find(&reference).ok());
        let spec = CellSpec {
            root: image.map(|image| image.root).unwrap_or_default(),
            mounts: FOLDERS.iter().map(mount).collect(),
            env: vec![
                ("PATH".into(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into()),
                ("HOME".into(), "/root".into()),
            ],
            workdir: "/root".into(),
            foreign: FOREIGN.map(str::to_owned).to_vec(),
            ..CellSpec::default()
        };
        self.runtime.add_node_shell(index, (address.into(), node), spec, self.now)
    }

    /// Lets the processes of a node's shell run, answers them, and tells the kubelet if its manifests changed.
    pub(super) fn run_node_shell(&mut self, sandbox: SandboxId) {
        let now = self.now;
        loop {
            let (notices, next) = self.runtime.run_node_shell(sandbox, now);
            let asked = notices.is_empty();
            for notice in notices {
                if let Notice::Request { cell, pid, request: Request::Foreign { argv, .. }, .. } = notice {
                    self.node_program(sandbox, NodeVisit { cell, pid }, &argv);
                }
            }
            if asked {
                if let Some(next) = next {
                    self.runtime.set_wake(sandbox, next, &mut self.agenda);
                }
                break;
            }
        }
        self.look_at_manifests(sandbox);
    }

    fn look_at_manifests(&mut self, sandbox: SandboxId) {
        let Some(index) = self.runtime.node_of(sandbox) else { return };
        let files = self.manifests(index);
        if self.kubelets[index.0 as usize].knows_manifests(&files) {
            return;
        }
        let name = self.kubelets[index.0 as usize].spec().name.clone();
        let cause = self.root_cause("static-pods", format!("the manifests on {name} were changed"));
        let (parts, mut context) = self.parts();
        parts.kubelets[index.0 as usize].read_manifests(&files, cause, &mut context);
        self.settle();
    }

    fn manifests(&mut self, index: NodeIndex) -> BTreeMap<String, Vec<u8>> {
        let disk = self.runtime.node_volume(index);
        let parts = MANIFESTS.split('/').filter(|part| !part.is_empty());
        let folder: Option<Arc<Node>> =
            self.runtime.volumes.get(disk).and_then(|volume| volume.tree.get(parts)).cloned();
        let entries = folder.as_ref().and_then(|folder| folder.entries());
        let file = |(name, node): (&Arc<str>, &Arc<Node>)| match &node.body {
            Body::File(content) => Some((name.to_string(), content.to_vec())),
            _ => None,
        };
        entries.into_iter().flatten().filter_map(file).collect()
    }

    fn node_program(&mut self, sandbox: SandboxId, process: NodeVisit, argv: &[String]) {
        let Some(index) = self.runtime.node_of(sandbox) else { return };
        let node = self.kubelets[index.0 as usize].spec().name.to_string();
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let (text, code) = match words.as_slice() {
            ["systemctl", "stop", unit] if is_kubelet(unit) => self.fault(&Fault::StopKubelet(node)),
            ["systemctl", "start", unit] if is_kubelet(unit) => self.fault(&Fault::StartKubelet(node)),
            ["systemctl", "restart", unit] if is_kubelet(unit) => {
                let (text, code) = self.fault(&Fault::StopKubelet(node.clone()));
                if code == 0 { self.fault(&Fault::StartKubelet(node)) } else { (text, code) }
            }
            ["systemctl", "status", unit] if is_kubelet(unit) => self.kubelet_unit(&node),
            ["systemctl", "is-active", unit] if is_kubelet(unit) => {
                if self.kubelet_runs(&node) {
                    ("active\n".into(), 0)
                } else {
                    ("inactive\n".into(), 3)
                }
            }
            ["reboot"] | ["systemctl", "reboot"] => {
                self.reboot(&node);
                (String::new(), 0)
            }
            ["poweroff"] | ["systemctl", "poweroff"] => self.fault(&Fault::PowerOff(node)),
            ["crictl", "ps", ..] => (self.crictl_ps(index, words.contains(&"-a")), 0),
            ["crictl", "pods", ..] => (self.crictl_pods(index), 0),
            [program, ..] => (format!("podlab: {program} {} is not simulated\n", words[1..].join(" ")), 1),
            [] => (String::new(), 0),
        };
        let stream = if code == 0 { Stream::Out } else { Stream::Err };
        self.runtime.finish_foreign(sandbox, process, (stream, &text, code), self.now);
    }

    fn fault(&mut self, fault: &Fault) -> (String, i32) {
        match self.inject(fault) {
            Ok(_) => (String::new(), 0),
            Err(text) => (format!("{text}\n"), 1),
        }
    }

    fn kubelet_runs(&self, node: &str) -> bool {
        self.machine(node).is_some_and(|machine| machine.kubelet_runs)
    }

    fn kubelet_unit(&self, node: &str) -> (String, i32) {
        let (state, code) =
            if self.kubelet_runs(node) { ("active (running)", 0) } else { ("inactive (dead)", 3) };
        let text = format!(
            "● kubelet.service - kubelet: The Kubernetes Node Agent\n     Loaded: loaded (/usr/lib/systemd/system/kubelet.service; enabled)\n     \
             Active: {state}\n"
        );
        (text, code)
    }

    fn crictl_ps(&self, index: NodeIndex, all: bool) -> String {
        let mut text = format!(
            "{:<20}{:<26}{:<20}{:<12}{:<20}{:<10}{:<16}{}\n",
            "CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD"
        );
        for (sandbox, pod) in self.node_pods(index) {
            for container in &sandbox.containers {
                let running = container.state.is_running();
                if !running && !all {
                    continue;
                }
                let since = match &container.state {
                    crate::sim::runtime::State::Running(since) => *since,
                    crate::sim::runtime::State::Exited(since, exit) => since.unwrap_or(exit.at),
                    crate::sim::runtime::State::Created => self.now,
                };
                let image: String =
                    container.image_id.rsplit(':').next().unwrap_or_default().chars().take(13).collect();
                text.push_str(&format!(
                    "{:<20}{image:<26}{:<20}{:<12}{:<20}{:<10}{:<16}{pod}\n",
                    &container.id[..13],
                    ago(self.now, since),
                    if running { "Running" } else { "Exited" },
                    container.name,
                    container.attempt,
                    &crate::sim::chance::hex(self.seed, &pod, "sandbox", 13),
                ));
            }
        }
        text
    }

    fn crictl_pods(&self, index: NodeIndex) -> String {
        let mut text =
            format!("{:<20}{:<12}{:<32}{:<20}{}\n", "POD ID", "STATE", "NAME", "NAMESPACE", "ATTEMPT");
        for (sandbox, pod) in self.node_pods(index) {
            let state = if sandbox.up { "Ready" } else { "NotReady" };
            let id = crate::sim::chance::hex(self.seed, &pod, "sandbox", 13);
            text.push_str(&format!("{id:<20}{state:<12}{pod:<32}{:<20}0\n", sandbox.namespace));
        }
        text
    }

    fn node_pods(&self, index: NodeIndex) -> Vec<(&crate::sim::runtime::Sandbox, String)> {
        let kubelet = &self.kubelets[index.0 as usize];
        kubelet.sandboxes().filter_map(|(name, id)| Some((self.runtime.get(id)?, name))).collect()
    }

    /// Puts a file on a node's disk, as `scp` does.
    pub fn write_node_file(&mut self, node: &str, path: &str, bytes: &[u8]) -> Result<(), AccessError> {
        let Some(&index) = self.node_index.get(node) else {
            return Err(AccessError::Failed(format!(
                "ssh: Could not resolve hostname {node}: Name or service not known"
            )));
        };
        let sandbox = self.node_sandbox(index, node);
        let disk = self.runtime.node_volume(index);
        self.runtime.put(disk, path, Node::file(crate::os::Meta::root(0o644), bytes));
        self.look_at_manifests(sandbox);
        Ok(())
    }

    /// Interrupts a command on a node.
    pub fn node_interrupt(&mut self, id: crate::sim::runtime::VisitId) {
        let now: SimTime = self.now;
        self.runtime.visit_signal(id, Signal::INT, now);
        self.run_node_shell(id.sandbox());
    }
}

fn is_kubelet(unit: &str) -> bool {
    matches!(unit, "kubelet" | "kubelet.service")
}

fn ago(now: SimTime, since: SimTime) -> String {
    let seconds = now.since(since) / 1000;
    match seconds {
        0 => "Less than a second ago".into(),
        1..=59 => format!("{seconds} seconds ago"),
        60..=119 => "About a minute ago".into(),
        120..=3599 => format!("{} minutes ago", seconds / 60),
        _ => format!("{} hours ago", seconds / 3600),
    }
}
