//! `kubectl exec`.

use crate::kube::{Key, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::desk::Stream;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::status;
use crate::kubectl::verb::{FILES, Verb, Words};
use crate::sim::cluster::{AccessError, ExecOptions};
use crate::sim::runtime::VisitId;

const FLAGS: &[Flag] = &[
    flag("container", Takes::Text, "Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen").short('c').offers(Offers::Containers),
    flag("stdin", Takes::Switch, "Pass stdin to the container").short('i'),
    flag("tty", Takes::Switch, "Stdin is a TTY").short('t'),
    flag("quiet", Takes::Switch, "Only print output from the remote session").short('q'),
    flag("pod-running-timeout", Takes::Span, "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running").default("1m0s"),
];

pub(super) const EXEC: Verb = Verb {
    name: "exec",
    path: "kubectl exec",
    summary: "Execute a command in a container.",
    usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]",
    examples: "# One command\nkubectl exec web -- ls /\n\n# A shell\nkubectl exec -it web -- sh\n\n# In one of several containers\n\
               kubectl exec web -c helper -- env",
    flags: &[FLAGS, FILES],
    words: Words::Pods,
    run: exec,
    ..Verb::EMPTY
};

/// A command that runs in a container.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the two ends of the connection")]
pub struct Running {
    visit: VisitId,
    stdin: bool,
    tty: bool,
    closed: bool,
    /// Whether somebody pressed Ctrl-C on the terminal since it was last polled.
    interrupted: bool,
}

impl Running {
    /// Whether it passes standard input on.
    pub fn reads_input(&self) -> bool {
        self.stdin && !self.closed
    }

    /// Ctrl-C: on a terminal it is for the command in the container; whether it is.
    pub fn interrupt(&mut self) -> bool {
        self.interrupted = self.tty;
        self.tty
    }

    /// The terminal it ran on has gone; without one, the command does not notice.
    pub fn hang_up(&self, cluster: &mut crate::sim::Cluster) {
        if self.tty && cluster.exec_status(self.visit).is_none() {
            cluster.exec_signal(self.visit, crate::os::Signal::HUP);
        }
    }

    /// Passes input and output on; ends as the command ends.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if std::mem::take(&mut self.interrupted) {
            run.cluster.exec_interrupt(self.visit);
        }
        if self.stdin && !run.input.bytes.is_empty() {
            let bytes = std::mem::take(&mut run.input.bytes);
            run.cluster.exec_input(self.visit, Some(&bytes));
        }
        if self.stdin && run.input.ended && !self.closed {
            self.closed = true;
            run.cluster.exec_input(self.visit, None);
        }
        let status = run.cluster.exec_status(self.visit);
        for chunk in run.cluster.exec_output(self.visit) {
            let stream = if chunk.stream == crate::os::Stream::Err { Stream::Err } else { Stream::Out };
            run.output.push((stream, String::from_utf8_lossy(&chunk.bytes).into_owned()));
        }
        match status {
            None => Ok(Flow::Until(SimTime::NEVER)),
            Some(0) => Ok(Flow::Done),
            Some(code) => {
                run.warn(&format!("command terminated with exit code {code}"));
                Ok(Flow::Exit(code))
            }
        }
    }
}

fn exec(run: &mut Run) -> Result<Flow, Complaint> {
    let args = run.args;
    let before = args.before_dash();
    if before.first().is_none_or(String::is_empty) && !args.has_files() {
        return Err(Complaint::plain("pod, type/name or --filename must be specified"));
    }
    if before.len() > 1 && args.dash.is_none() {
        return Err(Complaint::Usage(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead".to_owned(),
            run.verb.path,
        ));
    }
    let argv = args.after_dash().to_vec();
    if args.dash.is_none() || argv.is_empty() {
        return Err(Complaint::plain("you must specify at least one command for the container"));
    }
    let pod = if run.args.has_files() { of_file(run)? } else { one_pod(run, &before[0])? };
    if status::is_final(&pod.status) {
        let phase = pod.status.phase.as_deref().unwrap_or_default();
        return Err(Complaint::plain(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let (container, note) = containers::choose(&pod, args.get("container"), true)?;
    if let Some(note) = note.filter(|_| !args.is("quiet")) {
        run.warn(&note);
    }
    let (stdin, mut tty) = (args.is("stdin"), args.is("tty"));
    if tty && !run.terminal {
        run.warn("Unable to use a TTY - input is not a terminal or the right kind of file");
        tty = false;
    }
    start(run, &containers::key(&pod), &container, ExecOptions { argv, stdin, tty })
}

/// Starts a command in a container and waits for it.
pub(super) fn start(
    run: &mut Run,
    key: &Key,
    container: &str,
    options: ExecOptions,
) -> Result<Flow, Complaint> {
    let (stdin, tty) = (options.stdin, options.tty);
    let visit = run.cluster.exec(key, container, &options).map_err(access_error)?;
    Ok(Flow::wait(Running { visit, stdin, tty, closed: false, interrupted: false }))
}

/// A failed way into a container, as kubectl tells it.
pub(super) fn access_error(error: AccessError) -> Complaint {
    match error {
        AccessError::Refused(refusal) => {
            Complaint::plain(format!("unable to upgrade connection: {}", refusal.message))
        }
        AccessError::Unreachable(text, _) => Complaint::Raw(format!("Error from server: {text}")),
        AccessError::Failed(text) if text.starts_with("container not found") => {
            Complaint::plain(format!("unable to upgrade connection: {text}"))
        }
        AccessError::Failed(text) => Complaint::plain(format!(
            "Internal error occurred: Internal error occurred: error executing command in container: {text}"
        )),
    }
}

/// The Pod that files name: of several objects the first.
fn of_file(run: &mut Run) -> Result<Pod, Complaint> {
    let manifests = super::apply::manifests(run, "exec")?;
    let [manifest, ..] = manifests.as_slice() else { return Err(Complaint::nothing_named()) };
    one_pod(run, &format!("{}/{}", manifest.kind.resource(), manifest.name))
}

/// The one Pod a word means.
pub(super) fn one_pod(run: &mut Run, word: &str) -> Result<Pod, Complaint> {
    let mut found = containers::pods(run, word)?;
    Ok(found.swap_remove(0))
}
