//! A shell on a node (`ssh worker-1`): its disk, and the programs that speak to its kubelet and its runtime.

mod crictl;
mod editor;
mod follow;
mod inspect;
mod journal;
mod settings;
mod table;
mod unit;

use super::{AccessError, Cluster, ExecOptions, NodeIndex};
use crate::kube::SimTime;
use crate::os::{Body, Catalogue, CellSpec, Chunk, Mount, Node, Notice, Reference, Request, Signal, Stream};
use crate::sim::kubelet::MANIFESTS;
use crate::sim::runtime::{NODE_IMAGE, NodeVisit, SandboxId};
use follow::Follow;
pub(super) use follow::Link;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Folders of a node that are its own, not those of the image its tools come from.
const FOLDERS: [&str; 9] = ["etc/kubernetes", "var", "tmp", "opt", "mnt", "home", "root", "srv", "data"];
/// Commands that are answered here.
const FOREIGN: [&str; 7] = ["systemctl", "service", "crictl", "journalctl", "reboot", "poweroff", "shutdown"];

/// What a program of the node answers.
enum Answer {
    /// It has ended.
    Done { out: String, err: String, code: i32 },
    /// It shows what there is and ends.
    Once(Follow),
    /// It goes on.
    Follow(Follow),
}

impl Answer {
    fn done(out: impl Into<String>) -> Answer {
        Answer::Done { out: out.into(), err: String::new(), code: 0 }
    }

    fn failed(err: impl Into<String>) -> Answer {
        Answer::Done { out: String::new(), err: err.into(), code: 1 }
    }
}

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
            foreign: FOREIGN.iter().chain(&editor::EDITORS).map(|name| (*name).to_owned()).collect(),
            ..CellSpec::default()
        };
        let sandbox = self.runtime.add_node_shell(index, (address.into(), node), spec, self.now);
        let wall = self.machine(node).map(|machine| machine.wall.clone()).unwrap_or_default();
        self.runtime.set_clock(index, &wall);
        sandbox
    }

    /// Lets the processes of a node's shell run, answers them, and tells the kubelet if its manifests changed.
    pub(super) fn run_node_shell(&mut self, sandbox: SandboxId) {
        let now = self.now;
        loop {
            let (notices, next) = self.runtime.run_node_shell(sandbox, now);
            let asked = notices.is_empty();
            for notice in notices {
                match notice {
                    Notice::Request { cell, pid, request: Request::Foreign { argv, cwd, .. }, .. } => {
                        self.node_program(sandbox, NodeVisit { cell, pid }, (&argv, &cwd));
                    }
                    Notice::Request { id, request, .. } => {
                        let (_, mut context) = self.parts();
                        context.answer(sandbox, id, request);
                        self.settle();
                    }
                    _ => {}
                }
            }
            if asked {
                if let Some(next) = next {
                    self.runtime.set_wake(sandbox, next, &mut self.agenda);
                }
                break;
            }
        }
        self.follow_links(sandbox);
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

    fn node_program(&mut self, shell: SandboxId, process: NodeVisit, (argv, cwd): (&[String], &str)) {
        let Some(index) = self.runtime.node_of(shell) else { return };
        let node = self.kubelets[index.0 as usize].spec().name.to_string();
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let (program, rest) = words.split_first().map_or(("", &[][..]), |(program, rest)| (*program, rest));
        let answer = match program.rsplit('/').next().unwrap_or_default() {
            "systemctl" => self.systemctl(&node, rest),
            // Where systemd is, the older command passes its words on in their other order.
            "service" => match rest {
                [unit, verb, ..] => self.systemctl(&node, &[verb, unit]),
                _ => Answer::failed(
                    "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n",
                ),
            },
            "crictl" => self.crictl(index, rest),
            "journalctl" => self.journalctl(index, rest),
            name if editor::EDITORS.contains(&name) => {
                if self.runtime.foreign_tty(shell, process) {
                    editor::file_of(name, rest, cwd)
                        .map_or_else(Answer::failed, |path| Answer::Follow(Follow::Editor(path)))
                } else {
                    Answer::failed(format!("{name}: standard input is not a terminal\n"))
                }
            }
            "shutdown" if rest.iter().any(|word| matches!(*word, "-r" | "--reboot")) => {
                self.systemctl(&node, &["reboot"])
            }
            "shutdown" => self.systemctl(&node, &["poweroff"]),
            verb => self.systemctl(&node, &[verb]),
        };
        let (out, err, code) = match answer {
            Answer::Done { out, err, code } => (out, err, code),
            Answer::Once(Follow::Log { sandbox, id, written }) => {
                let chunks = self.log_behind(sandbox, &id, written);
                self.runtime.write_foreign(shell, process, &chunks, self.now);
                (String::new(), String::new(), 0)
            }
            Answer::Once(follow) | Answer::Follow(follow) => {
                self.link(shell, process, follow);
                return;
            }
        };
        let chunk = |stream, text: String| Chunk { at: self.now, stream, bytes: text.into_bytes() };
        let chunks = [chunk(Stream::Out, out), chunk(Stream::Err, err)];
        self.runtime.write_foreign(shell, process, &chunks, self.now);
        self.runtime.finish_foreign(shell, process, code, self.now);
    }

    /// Lets the processes of a Pod's sandbox run now.
    fn wake_pod(&mut self, sandbox: SandboxId) {
        let now = self.now;
        let (_, mut context) = self.parts();
        crate::sim::kubelet::wake(sandbox, now, &mut context);
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
