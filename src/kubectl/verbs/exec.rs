//! `kubectl exec` and `kubectl attach`.

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
    flag("container", Takes::Text, "the container").short('c').offers(Offers::Containers),
    flag("stdin", Takes::Switch, "pass standard input on").short('i'),
    flag("tty", Takes::Switch, "standard input is a terminal").short('t'),
    flag("quiet", Takes::Switch, "print only what the command prints").short('q'),
    flag("pod-running-timeout", Takes::Span, "how long to wait for a running Pod").default("1m0s"),
    flag("detach-keys", Takes::Text, "the keys that detach").default("ctrl-p,ctrl-q"),
];

pub(super) const EXEC: Verb = Verb {
    name: "exec",
    path: "kubectl exec",
    summary: "Run a command in a container.",
    usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]",
    examples: "# One command\nkubectl exec web -- ls /\n\n# A shell\nkubectl exec -it web -- sh\n\n# In one of several containers\n\
               kubectl exec web -c helper -- env",
    flags: &[FLAGS, FILES],
    words: Words::Pods,
    run: exec,
    ..Verb::EMPTY
};

pub(super) const ATTACH: Verb = Verb {
    name: "attach",
    path: "kubectl attach",
    summary: "Attach to the process of a container that runs.",
    usage: "(POD | TYPE/NAME) -c CONTAINER [options]",
    examples: "# See what it prints\nkubectl attach web",
    flags: &[FLAGS],
    words: Words::Pods,
    run: attach,
    ..Verb::EMPTY
};

/// A command that runs in a container.
#[derive(Clone, Debug)]
pub struct Running {
    visit: VisitId,
    stdin: bool,
    tty: bool,
    closed: bool,
}

impl Running {
    /// Whether it passes standard input on.
    pub fn reads_input(&self) -> bool {
        self.stdin && !self.closed
    }

    /// The terminal it ran on has gone; without one, the command does not notice.
    pub fn hang_up(&self, cluster: &mut crate::sim::Cluster) {
        if self.tty && cluster.exec_status(self.visit).is_none() {
            cluster.exec_signal(self.visit, crate::os::Signal::HUP);
        }
    }

    /// Passes input and output on; ends as the command ends.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
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
    if before.is_empty() && args.get("filename").is_none() {
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
    let pod = one_pod(run, &before[0])?;
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
    Ok(Flow::wait(Running { visit, stdin, tty, closed: false }))
}

/// A failed way into a container, as kubectl tells it.
pub(super) fn access_error(error: AccessError) -> Complaint {
    match error {
        AccessError::Refused(refusal) => {
            Complaint::plain(format!("unable to upgrade connection: {}", refusal.message))
        }
        AccessError::Unreachable(text, _) => Complaint::plain(text),
        AccessError::Failed(text) if text.starts_with("container not found") => {
            Complaint::plain(format!("unable to upgrade connection: {text}"))
        }
        AccessError::Failed(text) => Complaint::plain(format!(
            "Internal error occurred: Internal error occurred: error executing command in container: {text}"
        )),
    }
}

/// The one Pod a word means.
pub(super) fn one_pod(run: &mut Run, word: &str) -> Result<Pod, Complaint> {
    let mut found = containers::pods(run, word)?;
    Ok(found.swap_remove(0))
}

/// What is printed when a terminal is passed on.
pub(super) const RECORDED: &str = "All commands and output from this session will be recorded in container logs, including \
                                   credentials and sensitive information passed through the command prompt.\nIf you don't see \
                                   a command prompt, try pressing enter.\n";

/// An attached container: its output from now on.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The Pod.
    pub key: Key,
    /// The container.
    pub container: String,
    /// How many lines of its log were there before.
    pub printed: usize,
    /// Whether input is passed on.
    pub stdin: bool,
}

impl Attached {
    /// Prints what the container writes; ends with it.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if self.stdin && !run.input.bytes.is_empty() {
            let bytes = std::mem::take(&mut run.input.bytes);
            let _ = run.cluster.attach_input(&self.key, &self.container, Some(&bytes));
        }
        self.print(run);
        let running = run.cluster.store().get(&self.key).and_then(|o| o.as_pod()).is_some_and(|pod| {
            containers::status_of(pod, &self.container)
                .and_then(|s| s.state.as_ref())
                .is_some_and(|s| s.running.is_some())
        });
        if running { Ok(Flow::Until(SimTime::NEVER)) } else { Ok(Flow::Done) }
    }

    /// Prints the lines that are new.
    pub fn print(&mut self, run: &mut Run) {
        if let Ok(lines) = run.cluster.logs(&self.key, &self.container, false) {
            for line in lines.get(self.printed..).unwrap_or_default() {
                let text = line.text.clone();
                run.say(text.trim_end_matches('\n'));
            }
            self.printed = lines.len().max(self.printed);
        }
    }
}

fn attach(run: &mut Run) -> Result<Flow, Complaint> {
    let Some(word) = run.args.words.first().cloned() else {
        return Err(Complaint::Usage("at least 1 argument is required for attach".to_owned(), run.verb.path));
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
    let running = containers::status_of(&pod, &container)
        .and_then(|s| s.state.as_ref())
        .is_some_and(|s| s.running.is_some());
    if !running {
        let text = format!("container {container} not found in pod {}_{}", pod.name(), pod.namespace());
        return Err(Complaint::plain(format!("unable to upgrade connection: {text}")));
    }
    run.err(RECORDED);
    let key = containers::key(&pod);
    let printed = run.cluster.logs(&key, &container, false).map_or(0, |lines| lines.len());
    Ok(Flow::wait(Attached { key, container, printed, stdin: run.args.is("stdin") }))
}
