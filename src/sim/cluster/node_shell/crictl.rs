//! `crictl` on a node: the containers, Pods and images of its runtime, in crictl's own columns (`cri-tools` v1.36, `cmd/crictl`).
//!
//! # Divergence from crictl
//! `inspect` and `inspectp` print the fields people look for, not the whole OCI spec. Images cannot be removed.

use super::follow::Follow;
use super::inspect;
use super::table::{ago, decimal_size, table};
use super::{Answer, Cluster, NodeIndex};
use crate::os::{Catalogue, Image, Reference, Signal};
use crate::sim::runtime::{Container, Sandbox, SandboxId, State};

/// Digits of an id in a table.
const SHORT: usize = 13;

/// A container of a node with the Pod around it.
pub(super) struct Seen<'a> {
    pub id: SandboxId,
    pub sandbox: &'a Sandbox,
    pub pod: String,
    pub container: &'a Container,
}

/// The words of a crictl command line, taken apart.
struct Words<'a> {
    flags: Vec<(&'a str, &'a str)>,
    rest: Vec<&'a str>,
}

/// Flags that take a value.
const VALUED: [&str; 18] = [
    "--name",
    "--pod",
    "-p",
    "--state",
    "-s",
    "--image",
    "-n",
    "--last",
    "-o",
    "--output",
    "--tail",
    "--timeout",
    "-t",
    "--namespace",
    "--label",
    "--since",
    "--runtime-endpoint",
    "-r",
];

impl<'a> Words<'a> {
    fn of(words: &[&'a str], command_follows: bool) -> Words<'a> {
        let mut found = Words { flags: Vec::new(), rest: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || *word == "-" {
                found.rest.push(word);
                if command_follows {
                    found.rest.extend(words.by_ref());
                }
            } else if let Some((name, value)) = word.split_once('=') {
                found.flags.push((name, value));
            } else if VALUED.contains(word) && !(command_follows && *word == "-t") {
                found.flags.push((word, words.next().copied().unwrap_or_default()));
            } else {
                found.flags.push((word, "true"));
            }
        }
        found
    }

    fn get(&self, names: &[&str]) -> Option<&'a str> {
        self.flags.iter().find(|(name, _)| names.contains(name)).map(|(_, value)| *value)
    }

    fn has(&self, names: &[&str]) -> bool {
        self.get(names).is_some()
    }
}

/// What crictl says of a thing the runtime does not know.
fn unknown(what: &str, id: &str) -> Answer {
    Answer::failed(format!(
        "FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find {what} \"{id}\": not found\n"
    ))
}

fn short(id: &str) -> &str {
    &id[..id.len().min(SHORT)]
}

fn digest(image_id: &str) -> &str {
    image_id.rsplit(':').next().unwrap_or_default()
}

fn state(container: &Container) -> &'static str {
    match container.state {
        State::Running(_) => "Running",
        State::Created => "Created",
        State::Exited(..) => "Exited",
    }
}

impl Cluster {
    /// Runs crictl with these words.
    pub(super) fn crictl(&mut self, index: NodeIndex, words: &[&str]) -> Answer {
        let global = words.iter().take_while(|word| word.starts_with('-')).count();
        let Some((verb, rest)) = words.get(global..).and_then(<[&str]>::split_first) else {
            return Answer::done(
                "NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options] [arguments...]\n\nCOMMANDS:\n   ps, pods, images, logs, inspect, inspectp, exec, stats, stop, stopp, rm, pull, info, version\n",
            );
        };
        let words = Words::of(rest, *verb == "exec");
        match *verb {
            "ps" => Answer::done(self.crictl_ps(index, &words)),
            "pods" => Answer::done(self.crictl_pods(index, &words)),
            "images" | "image" | "img" => Answer::done(self.crictl_images(index, &words)),
            "stats" => Answer::done(self.crictl_stats(index, &words)),
            "pull" => self.crictl_pull(index, &words),
            "inspectp" => self.crictl_inspect_pod(index, &words),
            "stopp" => self.crictl_stop_pod(index, &words),
            "version" => Answer::done(
                "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.3.4\nRuntimeApiVersion:  v1\n",
            ),
            "logs" | "inspect" | "exec" | "stop" | "rm" => self.crictl_one(index, verb, &words),
            "--help" | "help" | "-h" => self.crictl(index, &[]),
            other => Answer::failed(format!("podlab: crictl {other} is not simulated\n")),
        }
    }

    /// The verbs that take one container.
    fn crictl_one(&mut self, index: NodeIndex, verb: &str, words: &Words) -> Answer {
        let Some(wanted) = words.rest.first().copied() else {
            return Answer::failed("FATA[0000] ID cannot be empty\n");
        };
        let Some(seen) = self.seen(index).into_iter().find(|seen| seen.container.id.starts_with(wanted))
        else {
            return unknown("container", wanted);
        };
        let (sandbox, id, name) = (seen.id, seen.container.id.clone(), seen.container.name.clone());
        let (running, newest) = (
            seen.container.state.is_running(),
            seen.sandbox.newest(&name).is_some_and(|newest| newest.id == id),
        );
        match verb {
            "inspect" => Answer::done(inspect::container(self, &seen)),
            "logs" => {
                let tail = words.get(&["--tail"]).and_then(|n| n.parse().ok());
                let log = Follow::Log { sandbox, id, written: self.log_start(sandbox, wanted, tail) };
                if words.has(&["-f", "--follow"]) { Answer::Follow(log) } else { Answer::Once(log) }
            }
            "exec" if !running => Answer::failed(
                "FATA[0000] execing command in container: rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_EXITED state\n",
            ),
            "exec" => {
                let argv: Vec<String> = words.rest[1..].iter().map(|word| (*word).to_owned()).collect();
                let terminal = words.flags.iter().any(|(flag, _)| flag.contains('t'));
                let stdin = words.flags.iter().any(|(flag, _)| flag.contains('i'));
                self.crictl_exec((sandbox, &name), argv, (stdin, terminal && stdin))
            }
            "stop" => {
                let now = self.now;
                self.runtime.stop(sandbox, &id, Some(Signal::KILL), now);
                self.wake_pod(sandbox);
                Answer::done(format!("{wanted}\n"))
            }
            _ if running => Answer::failed(format!(
                "ERRO[0000] removing container \"{wanted}\" failed: rpc error: code = Unknown desc = container is running, please stop first\nFATA[0000] unable to remove container(s)\n"
            )),
            _ if newest => {
                Answer::failed("podlab: removing the newest container of a Pod is not simulated\n")
            }
            _ => {
                if let Some(sandbox) = self.runtime.get_mut(sandbox) {
                    sandbox.containers.retain(|container| container.id != id);
                }
                Answer::done(format!("{wanted}\n"))
            }
        }
    }

    fn crictl_exec(
        &mut self,
        (sandbox, name): (SandboxId, &str),
        argv: Vec<String>,
        (stdin, tty): (bool, bool),
    ) -> Answer {
        if argv.is_empty() {
            return Answer::failed("FATA[0000] execing command in container: command cannot be empty\n");
        }
        let now = self.now;
        match self.runtime.visit(sandbox, name, (argv, stdin, tty), now) {
            Ok(visit) => {
                self.wake_pod(sandbox);
                Answer::Follow(Follow::Exec { visit, stdin })
            }
            Err(why) => Answer::failed(format!(
                "FATA[0000] execing command in container: rpc error: code = Unknown desc = failed to exec in container: failed to start \
                 exec: OCI runtime exec failed: exec failed: unable to start container process: {why}\n"
            )),
        }
    }

    /// How many bytes of a log stand before its last `tail` lines.
    fn log_start(&self, sandbox: SandboxId, id: &str, tail: Option<usize>) -> usize {
        let Some(tail) = tail else { return 0 };
        let Some(sandbox) = self.runtime.get(sandbox) else { return 0 };
        let Some(container) = sandbox.containers.iter().find(|c| c.id.starts_with(id)) else { return 0 };
        let lines = sandbox.log(container);
        lines[..lines.len().saturating_sub(tail)].iter().map(|line| line.text.len() + 1).sum()
    }

    /// The containers of a node, newest first.
    pub(super) fn seen(&self, index: NodeIndex) -> Vec<Seen<'_>> {
        let kubelet = &self.kubelets[index.0 as usize];
        let sandboxes = kubelet.sandboxes().filter_map(|(pod, id)| Some((self.runtime.get(id)?, pod, id)));
        let mut all: Vec<Seen> = sandboxes
            .flat_map(|(sandbox, pod, id)| {
                let seen = move |container| Seen { id, sandbox, pod: pod.clone(), container };
                sandbox.containers.iter().map(seen)
            })
            .collect();
        all.sort_by_key(|seen| std::cmp::Reverse(created(seen.container, self.now)));
        all
    }

    /// The id of a sandbox, as 64 hexadecimal digits.
    pub(super) fn sandbox_name(&self, pod: &str, id: SandboxId) -> String {
        crate::sim::chance::hex(self.seed, &format!("{pod}/{}", id.0), "sandbox", 64)
    }

    fn crictl_ps(&self, index: NodeIndex, words: &Words) -> String {
        let all = words.has(&["-a", "--all"]);
        let limit = match (words.has(&["-l", "--latest"]), words.get(&["-n", "--last"])) {
            (true, _) => 1,
            (_, Some(n)) => n.parse().unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let wanted_state = words.get(&["-s", "--state"]).map(str::to_lowercase);
        let rows = self.seen(index).into_iter().filter(|seen| {
            let pod = self.sandbox_name(&seen.pod, seen.id);
            let shown = match &wanted_state {
                Some(wanted) => state(seen.container).to_lowercase() == *wanted,
                None => all || limit != usize::MAX || seen.container.state.is_running(),
            };
            shown
                && words.get(&["--name"]).is_none_or(|name| seen.container.name.contains(name))
                && words.get(&["-p", "--pod"]).is_none_or(|id| pod.starts_with(id))
        });
        let rows: Vec<Seen> = rows.take(limit).collect();
        if words.has(&["-q", "--quiet"]) {
            return rows.iter().map(|seen| format!("{}\n", seen.container.id)).collect();
        }
        let cells = rows.iter().map(|seen| {
            vec![
                short(&seen.container.id).to_owned(),
                short(digest(&seen.container.image_id)).to_owned(),
                ago(self.now, created(seen.container, self.now)),
                state(seen.container).to_owned(),
                seen.container.name.to_string(),
                seen.container.attempt.to_string(),
                short(&self.sandbox_name(&seen.pod, seen.id)).to_owned(),
                seen.pod.clone(),
                seen.sandbox.namespace.to_string(),
            ]
        });
        let head =
            ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"];
        table(&head, cells)
    }

    fn crictl_pods(&self, index: NodeIndex, words: &Words) -> String {
        let kubelet = &self.kubelets[index.0 as usize];
        let mut pods: Vec<_> =
            kubelet.sandboxes().filter_map(|(pod, id)| Some((self.runtime.get(id)?, pod, id))).collect();
        pods.sort_by_key(|(_, _, id)| std::cmp::Reverse(*id));
        pods.retain(|(sandbox, pod, _)| {
            words.get(&["--name"]).is_none_or(|name| pod.contains(name))
                && words.get(&["--namespace"]).is_none_or(|namespace| *sandbox.namespace == *namespace)
                && words
                    .get(&["-s", "--state"])
                    .is_none_or(|state| (state.eq_ignore_ascii_case("ready")) == sandbox.up)
        });
        if words.has(&["-q", "--quiet"]) {
            return pods.iter().map(|(_, pod, id)| format!("{}\n", self.sandbox_name(pod, *id))).collect();
        }
        let cells = pods.iter().map(|(sandbox, pod, id)| {
            let oldest = sandbox.containers.iter().map(|container| created(container, self.now)).min();
            vec![
                short(&self.sandbox_name(pod, *id)).to_owned(),
                ago(self.now, oldest.unwrap_or(self.now)),
                if sandbox.up { "Ready" } else { "NotReady" }.to_owned(),
                pod.clone(),
                sandbox.namespace.to_string(),
                "0".to_owned(),
                "(default)".to_owned(),
            ]
        });
        table(&["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"], cells)
    }

    fn images_on(&self, index: NodeIndex) -> Vec<Image> {
        let names = self.kubelets[index.0 as usize].images();
        let image = |name: String| Catalogue::builtin().find(&Reference::parse(&name).ok()?).ok();
        names.into_iter().filter_map(image).collect()
    }

    fn crictl_images(&self, index: NodeIndex, words: &Words) -> String {
        let images = self.images_on(index);
        if words.has(&["-q", "--quiet"]) {
            return images.iter().map(|image| format!("{}\n", image.digest)).collect();
        }
        let cells = images.iter().map(|image| {
            let tag = image.reference.tag.clone().unwrap_or_else(|| "<none>".to_owned());
            vec![
                image.reference.name(),
                tag,
                short(digest(&image.digest)).to_owned(),
                decimal_size(image.size),
            ]
        });
        table(&["IMAGE", "TAG", "IMAGE ID", "SIZE"], cells)
    }

    fn crictl_stats(&self, index: NodeIndex, words: &Words) -> String {
        let wanted = words.rest.first().copied().unwrap_or_default();
        let cells = self
            .seen(index)
            .into_iter()
            .filter(|seen| seen.container.state.is_running() && seen.container.id.starts_with(wanted));
        let cells = cells.map(|seen| {
            let memory = seen.sandbox.system.memory(seen.container.cell, self.now);
            vec![
                short(&seen.container.id).to_owned(),
                seen.container.name.to_string(),
                "0.00".to_owned(),
                decimal_size(memory),
                decimal_size(seen.sandbox.disk_usage(seen.container)),
                "9".to_owned(),
                "0B".to_owned(),
            ]
        });
        table(&["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES", "SWAP"], cells)
    }

    fn crictl_pull(&mut self, index: NodeIndex, words: &Words) -> Answer {
        let Some(name) = words.rest.first() else {
            return Answer::failed("FATA[0000] image name cannot be empty\n");
        };
        let pulled = Reference::parse(name).map_err(|why| why.to_string()).and_then(|reference| {
            let registry = self.machines.registry;
            self.kubelets[index.0 as usize].pull(&reference, registry).map(|()| reference)
        });
        let found = pulled.map(|reference| Catalogue::builtin().find(&reference));
        match found {
            Ok(Ok(image)) => Answer::done(format!("Image is up to date for {}\n", image.digest)),
            Ok(Err(_)) => Answer::failed("FATA[0000] pulling image: not found\n"),
            Err(why) => Answer::failed(format!("FATA[0000] pulling image: {why}\n")),
        }
    }

    /// Ends a sandbox behind the kubelet's back: its containers are killed without a grace period.
    fn crictl_stop_pod(&mut self, index: NodeIndex, words: &Words) -> Answer {
        let Some(wanted) = words.rest.first() else {
            return Answer::failed("FATA[0000] ID cannot be empty\n");
        };
        let kubelet = &self.kubelets[index.0 as usize];
        let found = kubelet.sandboxes().find(|(pod, id)| self.sandbox_name(pod, *id).starts_with(wanted));
        let Some((_, id)) = found else { return unknown("sandbox", wanted) };
        let containers =
            self.runtime.get(id).map(|sandbox| sandbox.containers.as_slice()).unwrap_or_default();
        let running = containers.iter().filter(|container| container.state.is_running());
        let running: Vec<String> = running.map(|container| container.id.clone()).collect();
        for container in running {
            let now = self.now;
            self.runtime.stop(id, &container, Some(Signal::KILL), now);
        }
        self.wake_pod(id);
        if let Some(sandbox) = self.runtime.get_mut(id) {
            sandbox.up = false;
        }
        Answer::done(format!("Stopped sandbox {wanted}\n"))
    }

    fn crictl_inspect_pod(&self, index: NodeIndex, words: &Words) -> Answer {
        let Some(wanted) = words.rest.first() else {
            return Answer::failed("FATA[0000] ID cannot be empty\n");
        };
        let kubelet = &self.kubelets[index.0 as usize];
        let found = kubelet.sandboxes().find(|(pod, id)| self.sandbox_name(pod, *id).starts_with(wanted));
        match found.and_then(|(pod, id)| Some((pod, id, self.runtime.get(id)?))) {
            Some((pod, id, sandbox)) => Answer::done(inspect::pod(self, (&pod, id), sandbox)),
            None => unknown("sandbox", wanted),
        }
    }
}

/// When a container was made, as far as one can tell from its process.
pub(super) fn created(container: &Container, now: crate::kube::SimTime) -> crate::kube::SimTime {
    match &container.state {
        State::Running(since) => *since,
        State::Exited(since, exit) => since.unwrap_or(exit.at),
        State::Created => now,
    }
}
