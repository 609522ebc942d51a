//! `kubectl attach`, and what other verbs do once the container they made runs (`kubectl/pkg/cmd/attach`).

use super::exec::one_pod;
use crate::kube::{Key, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::desk::Stream;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::status;
use crate::kubectl::verb::{Verb, Words};

const FLAGS: &[Flag] = &[
    flag("container", Takes::Text, "Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen").short('c').offers(Offers::Containers),
    flag("detach-keys", Takes::Text, "the keys that detach").default("ctrl-p,ctrl-q"),
    flag("pod-running-timeout", Takes::Span, "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running").default("1m0s"),
    flag("quiet", Takes::Switch, "Only print output from the remote session").short('q'),
    flag("stdin", Takes::Switch, "Pass stdin to the container").short('i'),
    flag("tty", Takes::Switch, "Stdin is a TTY").short('t'),
];

pub(super) const VERB: Verb = Verb {
    name: "attach",
    path: "kubectl attach",
    summary: "Attach to a process that is already running inside an existing container.",
    usage: "(POD | TYPE/NAME) -c CONTAINER [options]",
    examples: "# Output of the Pod's container\nkubectl attach web\n\n# Of one of several containers\nkubectl attach web -c helper\n\n\
               # Type into a container that was made with stdin and tty\nkubectl attach web -c shell -i -t",
    flags: &[FLAGS],
    words: Words::Pods,
    run: attach,
    ..Verb::EMPTY
};

/// What is printed when somebody is attached.
const RECORDED: &str = "All commands and output from this session will be recorded in container logs, including credentials and \
                        sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing \
                        enter.\n";

/// An attached container: its input, and its output from some byte on.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the two ends of the connection")]
pub struct Attached {
    key: Key,
    container: String,
    written: usize,
    stdin: bool,
    tty: bool,
    closed: bool,
    /// Whether somebody pressed Ctrl-C on the terminal since it was last polled.
    interrupted: bool,
    farewell: Option<String>,
}

/// From where on somebody attached sees the output of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// All of it: the command has made the container (`kubectl run`, `kubectl debug`).
    Start,
    /// What comes from now on.
    Now,
}

impl Attached {
    /// Attaches to a running container by the command's `--stdin`, `--tty` and `--quiet`, and says so.
    pub(super) fn begin(run: &mut Run, pod: &Pod, container: &str, from: From) -> Attached {
        let (stdin, quiet) = (run.args.is("stdin"), run.args.is("quiet"));
        let mut tty = run.args.is("tty");
        if tty && !has_tty(pod, container) {
            run.warn(&format!("error: Unable to use a TTY - container {container} did not allocate one"));
            tty = false;
        } else if tty && !run.terminal {
            run.warn("Unable to use a TTY - input is not a terminal or the right kind of file");
            tty = false;
        }
        if !quiet {
            run.err(RECORDED);
        }
        let key = containers::key(pod);
        let size = |chunk: &crate::os::Chunk| chunk.bytes.len();
        let written = match from {
            From::Start => 0,
            From::Now => run.cluster.attach_output(&key, container, 0).iter().map(size).sum(),
        };
        let farewell = if stdin && tty && !quiet { farewell(pod, container) } else { None };
        Attached {
            key,
            container: container.to_owned(),
            written,
            stdin,
            tty: tty && stdin,
            closed: false,
            interrupted: false,
            farewell,
        }
    }

    /// Prints what a container wrote that has ended before anybody could attach to it, without a word about it.
    pub(super) fn to_log(run: &mut Run, key: &Key, container: &str) -> Attached {
        let mut log = Attached {
            key: key.clone(),
            container: container.to_owned(),
            written: 0,
            stdin: false,
            tty: false,
            closed: false,
            interrupted: false,
            farewell: None,
        };
        log.print(run);
        log
    }

    /// Ctrl-C: on a terminal it is for the process in the container; whether it is.
    pub fn interrupt(&mut self) -> bool {
        self.interrupted = self.tty;
        self.tty
    }

    /// Whether it passes standard input on.
    pub fn reads_input(&self) -> bool {
        self.stdin && !self.closed
    }

    /// Passes input and output on; ends with the container.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if std::mem::take(&mut self.interrupted) {
            run.cluster.attach_interrupt(&self.key, &self.container);
        }
        if self.reads_input() && !run.input.bytes.is_empty() {
            let bytes = std::mem::take(&mut run.input.bytes);
            let _ = run.cluster.attach_input(&self.key, &self.container, Some(&bytes));
        }
        if self.reads_input() && run.input.ended {
            self.closed = true;
            let _ = run.cluster.attach_input(&self.key, &self.container, None);
        }
        self.print(run);
        let pod = run.cluster.store().get(&self.key).and_then(|object| object.as_pod());
        if pod.is_some_and(|pod| is_running(pod, &self.container)) {
            return Ok(Flow::Until(SimTime::NEVER));
        }
        if let Some(farewell) = self.farewell.take() {
            run.say(&farewell);
        }
        Ok(Flow::Done)
    }
}

impl Attached {
    fn print(&mut self, run: &mut Run) {
        let chunks = run.cluster.attach_output(&self.key, &self.container, self.written);
        // The end that the log gives an unfinished line is not the container's.
        if self.written > 0 && matches!(chunks.as_slice(), [only] if only.bytes == b"\n") {
            return;
        }
        for chunk in chunks {
            self.written += chunk.bytes.len();
            let stream = if chunk.stream == crate::os::Stream::Err { Stream::Err } else { Stream::Out };
            run.output.push((stream, String::from_utf8_lossy(&chunk.bytes).into_owned()));
        }
    }
}

/// What is said at the end of a session on a terminal, if one can come back to it (`attach.go`, `reattachMessage`).
fn farewell(pod: &Pod, container: &str) -> Option<String> {
    let back = format!("kubectl attach {} -c {container} -n {} -i -t", pod.name(), pod.namespace());
    let guest = pod.spec.ephemeral_containers.iter().flatten().any(|c| c.name == container);
    if guest {
        return Some(format!(
            "Session ended, the ephemeral container will not be restarted but may be reattached using '{back}' if it is still running"
        ));
    }
    let restarted = pod.spec.restart_policy.as_deref() == Some("Always");
    restarted.then(|| format!("Session ended, resume using '{back}' command when the pod is running"))
}

fn has_tty(pod: &Pod, name: &str) -> bool {
    let ordinary = pod.spec.containers.iter().chain(pod.spec.init_containers.iter().flatten());
    let guests = pod.spec.ephemeral_containers.iter().flatten();
    ordinary
        .map(|c| (&c.name, c.tty))
        .chain(guests.map(|c| (&c.name, c.tty)))
        .any(|(n, tty)| n == name && tty == Some(true))
}

fn is_running(pod: &Pod, container: &str) -> bool {
    let state = containers::status_of(pod, container).and_then(|status| status.state.as_ref());
    state.is_some_and(|state| state.running.is_some())
}

fn attach(run: &mut Run) -> Result<Flow, Complaint> {
    let word = match run.args.words.as_slice() {
        [] => return Err(Complaint::plain("at least 1 argument is required for attach")),
        [word] => word.clone(),
        [kind, name] => format!("{kind}/{name}"),
        words => {
            let count = words.len();
            return Err(Complaint::plain(format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {count}: [{}]",
                words.join(" ")
            )));
        }
    };
    let pod = one_pod(run, &word)?;
    if status::is_final(&pod.status) {
        let phase = pod.status.phase.as_deref().unwrap_or_default();
        return Err(Complaint::plain(format!(
            "cannot attach a container in a completed pod; current phase is {phase}"
        )));
    }
    let (container, note) = containers::choose(&pod, run.args.get("container"), true)?;
    if let Some(note) = note.filter(|_| !run.args.is("quiet")) {
        run.warn(&note);
    }
    if !is_running(&pod, &container) {
        let text = format!("container {container} not found in pod {}_{}", pod.name(), pod.namespace());
        return Err(Complaint::plain(format!("unable to upgrade connection: {text}")));
    }
    Ok(Flow::wait(Attached::begin(run, &pod, &container, From::Now)))
}
