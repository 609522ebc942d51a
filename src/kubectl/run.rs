//! One run of kubectl: what it was asked, what it has said so far, what it waits for. Plain data; polled as simulated time moves.
//! Does not know the shell it runs in nor how its output is shown.

use super::complaint::Complaint;
use super::desk::{Desk, Stream};
use super::flags::Args;
use super::task::Task;
use super::verbs;
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::{Patch, Refusal, Subresource, Write, Written};
use crate::sim::{CauseId, Cluster};

/// What a verb does next.
#[derive(Clone, Debug)]
pub enum Flow {
    /// It has ended well.
    Done,
    /// It has ended with this code.
    Exit(i32),
    /// It waits.
    Wait(Box<Task>),
    /// Look again no later than this.
    Until(SimTime),
}

impl Flow {
    /// Waits for `task`.
    pub fn wait(task: impl Into<Task>) -> Flow {
        Flow::Wait(Box::new(task.into()))
    }
}

/// Standard input of a command.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// What has come and was not taken yet.
    pub bytes: Vec<u8>,
    /// Whether no more will come.
    pub ended: bool,
}

/// What a verb acts on while it is polled.
pub struct Run<'a> {
    /// The cluster.
    pub cluster: &'a mut Cluster,
    /// Files and configuration.
    pub desk: &'a mut Desk,
    /// What was typed after the verb.
    pub args: &'a Args,
    /// The namespace in effect.
    pub namespace: &'a str,
    /// Standard input.
    pub input: &'a mut Input,
    /// What was written so far.
    pub output: &'a mut Vec<(Stream, String)>,
    /// The command, as the cause of what it does.
    pub cause: CauseId,
    /// The editor in the environment.
    pub editor: Option<&'a str>,
    /// Whether standard input and output are a terminal.
    pub terminal: bool,
    /// The verb at work.
    pub verb: &'static super::verb::Verb,
}

impl Run<'_> {
    /// The simulated time.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// Writes to standard output.
    pub fn out(&mut self, text: impl Into<String>) {
        self.output.push((Stream::Out, text.into()));
    }

    /// Writes to standard error.
    pub fn err(&mut self, text: impl Into<String>) {
        self.output.push((Stream::Err, text.into()));
    }

    /// Writes a line to standard output.
    pub fn say(&mut self, line: &str) {
        self.out(format!("{line}\n"));
    }

    /// Writes a line to standard error.
    pub fn warn(&mut self, line: &str) {
        self.err(format!("{line}\n"));
    }

    /// All of standard input, once it has ended.
    pub fn all_input(&self) -> Result<String, Complaint> {
        if self.input.ended {
            Ok(String::from_utf8_lossy(&self.input.bytes).into_owned())
        } else {
            Err(Complaint::NeedsInput)
        }
    }

    /// The write this command makes.
    pub fn write(&self) -> Write {
        Write { dry_run: self.dry_run() == DryRun::Server, ..Write::user(self.cause) }
    }

    /// `--record`: the command is remembered as the cause of what it did to an object.
    pub fn record(&mut self, key: &Key) {
        if self.args.is("record") && self.dry_run() == DryRun::No {
            let change =
                serde_json::json!({"metadata": {"annotations": {CHANGE_CAUSE: self.command_line()}}});
            let write = self.write();
            // What is only remembered never fails the command.
            let _ = self.cluster.patch(key, &Patch::Merge(change), Subresource::Main, &write);
        }
    }

    /// The command as `--record` remembers it: its words, then its flags in the order of their names.
    pub fn command_line(&self) -> String {
        let mut words = vec![self.verb.path.to_owned()];
        words.extend(self.args.words.iter().cloned());
        words.extend(self.args.given().map(|(flag, value)| format!("--{flag}={value}")));
        words.join(" ")
    }

    /// What `--dry-run` asks for.
    pub fn dry_run(&self) -> DryRun {
        match self.args.get("dry-run") {
            Some("client" | "unchanged" | "true") => DryRun::Client,
            Some("server") => DryRun::Server,
            _ => DryRun::No,
        }
    }

    /// Refuses a `--dry-run` that does not exist.
    pub fn check_dry_run(&mut self) -> Result<(), Complaint> {
        match self.args.get("dry-run") {
            Some("unchanged") => {
                let clock = klog_time(self.now());
                self.warn(&format!(
                    "W{clock}       1 helpers.go:719] --dry-run is deprecated and can be replaced with --dry-run=client."
                ));
                Ok(())
            }
            None | Some("client" | "server" | "none" | "true" | "false") => Ok(()),
            Some(other) => Err(Complaint::plain(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// The object at a kind and name in the namespace in effect.
    pub fn get(&self, kind: Kind, name: &str) -> Result<Object, Complaint> {
        let key = self.key(kind, name);
        self.cluster.store().get(&key).cloned().ok_or_else(|| refused(Refusal::not_found(&key)))
    }

    /// Where an object of this kind and name is, in the namespace in effect.
    pub fn key(&self, kind: Kind, name: &str) -> Key {
        Key::new(kind, if kind.info().namespaced { self.namespace } else { "" }, name)
    }

    /// The written object, its warnings printed.
    pub fn accepted(&mut self, answer: Result<Written, Refusal>) -> Result<Object, Complaint> {
        let written = answer.map_err(refused)?;
        for warning in &written.warnings {
            self.warn(&format!("Warning: {warning}"));
        }
        Ok(written.object)
    }
}

/// The annotation in which the cause of a revision is remembered.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// What `--dry-run` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// Nothing: the command acts.
    No,
    /// Nothing is sent.
    Client,
    /// Nothing is stored.
    Server,
}

impl DryRun {
    /// What is put behind the line that tells what was done.
    pub fn suffix(self) -> &'static str {
        match self {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }
}

/// A refusal as kubectl words it.
pub fn refused(refusal: Refusal) -> Complaint {
    if refusal.reason == crate::sim::api::Reason::Invalid {
        // Without a kind in its details, the client does not look at the causes either.
        if refusal.causes.is_empty() || refusal.kind.is_empty() {
            return Complaint::Raw(format!("The request is invalid: {}", refusal.message));
        }
        let mut faults: Vec<String> = Vec::new();
        for cause in &refusal.causes {
            let text = cause.to_string();
            if !faults.contains(&text) {
                faults.push(text);
            }
        }
        let (kind, name, message) = (refusal.kind, refusal.name, refusal.message);
        return Complaint::Invalid { kind, name, faults, doing: String::new(), message };
    }
    Complaint::Refused {
        reason: refusal.reason.name().to_owned(),
        doing: String::new(),
        message: refusal.message,
    }
}

/// Month, day and time as Kubernetes' log library writes them.
pub fn klog_time(now: SimTime) -> String {
    now.timestamp().strftime("%m%d %H:%M:%S%.6f").to_string()
}

#[derive(Clone, Debug)]
enum State {
    Starting,
    Waiting(Box<Task>, Option<SimTime>),
    Ended(i32),
}

/// A kubectl that runs.
#[derive(Clone, Debug)]
pub struct Command {
    verb: Option<&'static super::verb::Verb>,
    argv: Vec<String>,
    args: Args,
    namespace: String,
    input: Input,
    output: Vec<(Stream, String)>,
    cause: CauseId,
    editor: Option<String>,
    terminal: bool,
    state: State,
}

impl Command {
    /// A kubectl that was asked for with these words (without `kubectl` itself), and has done nothing yet.
    pub fn new(argv: &[String], cause: CauseId) -> Command {
        Command {
            verb: None,
            argv: argv.to_vec(),
            args: Args::default(),
            namespace: String::new(),
            input: Input::default(),
            output: Vec::new(),
            cause,
            editor: None,
            terminal: false,
            state: State::Starting,
        }
    }

    /// The same with the editor of its environment.
    #[must_use]
    pub fn with_editor(mut self, editor: Option<String>) -> Command {
        self.editor = editor;
        self
    }

    /// The same on a terminal.
    #[must_use]
    pub fn on_terminal(mut self, terminal: bool) -> Command {
        self.terminal = terminal;
        self
    }

    /// Hands it standard input.
    pub fn give_input(&mut self, bytes: &[u8]) {
        self.input.bytes.extend_from_slice(bytes);
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.input.ended = true;
    }

    /// Takes what it has written.
    pub fn take_output(&mut self) -> Vec<(Stream, String)> {
        std::mem::take(&mut self.output)
    }

    /// Its exit code, once it has ended.
    pub fn exit(&self) -> Option<i32> {
        if let State::Ended(code) = self.state { Some(code) } else { None }
    }

    /// When it wants to be polled even if nothing changes.
    pub fn next_wake(&self) -> Option<SimTime> {
        if let State::Waiting(_, until) = self.state { until } else { None }
    }

    /// What it is waiting for, if it waits.
    pub fn task(&self) -> Option<&Task> {
        if let State::Waiting(task, _) = &self.state { Some(task) } else { None }
    }

    /// What it is waiting for, to answer it.
    pub fn task_mut(&mut self) -> Option<&mut Task> {
        if let State::Waiting(task, _) = &mut self.state { Some(task) } else { None }
    }

    /// Whether it reads standard input, as far as one can tell now.
    pub fn wants_input(&self) -> bool {
        match &self.state {
            State::Starting => self.verb.is_some(),
            State::Waiting(task, _) => task.reads_input(),
            State::Ended(_) => false,
        }
    }

    /// The editor in its environment.
    pub fn editor(&self) -> Option<&str> {
        self.editor.as_deref()
    }

    /// Whether its standard input is a terminal.
    pub fn is_on_terminal(&self) -> bool {
        self.terminal
    }

    /// The text it wants edited now.
    pub fn editor_request(&self) -> Option<super::session::EditorRequest> {
        if let Some(Task::Edit(editing)) = self.task() { editing.request() } else { None }
    }

    /// Answers [`Command::editor_request`].
    pub fn edited(&mut self, text: Option<&str>) {
        if let Some(Task::Edit(editing)) = self.task_mut() {
            editing.answer(text);
        }
    }

    /// The editor did not start, or failed.
    pub fn editor_failed(&mut self, editor: &str) {
        self.fail(&Complaint::plain(format!("there was a problem with the editor {editor:?}")));
    }

    /// The ports of this machine it listens on.
    pub fn local_ports(&self) -> Vec<u16> {
        if let Some(Task::Forward(forwarding)) = self.task() { forwarding.local_ports() } else { Vec::new() }
    }

    /// The Pod and its port behind a port of this machine.
    pub fn forwards(&self, local: u16) -> Option<(Key, u16)> {
        if let Some(Task::Forward(forwarding)) = self.task() { forwarding.target(local) } else { None }
    }

    /// Its connection ends before its time.
    pub fn hang_up(&self, cluster: &mut Cluster) {
        if let Some(Task::Exec(running)) = self.task() {
            running.hang_up(cluster);
        }
    }

    /// Finds the verb and reads its words, once.
    fn read(&mut self, desk: &Desk) {
        if let State::Starting = self.state
            && self.verb.is_none()
        {
            match verbs::find(&self.argv, desk) {
                Ok(verbs::Found::Verb(verb, args)) => {
                    let namespace = args.get("namespace").filter(|n| !n.is_empty());
                    namespace.unwrap_or_else(|| desk.namespace()).clone_into(&mut self.namespace);
                    if args.get("record").is_some() {
                        let text =
                            "Flag --record has been deprecated, --record will be removed in the future\n";
                        self.output.push((Stream::Err, text.to_owned()));
                    }
                    (self.verb, self.args) = (Some(verb), args);
                }
                Ok(verbs::Found::Text(stream, text, code)) => {
                    self.output.push((stream, text));
                    self.state = State::Ended(code);
                }
                Err(complaint) => self.fail(&complaint),
            }
        }
    }

    /// Does all that can be done now.
    pub fn poll(&mut self, cluster: &mut Cluster, desk: &mut Desk) {
        self.read(desk);
        let Some(verb) = self.verb else { return };
        // Each turn either waits, ends, or goes on to another task; tasks hand over a few times at most.
        for _ in 0..64 {
            let mut state = std::mem::replace(&mut self.state, State::Starting);
            let mut run = Run {
                cluster,
                desk,
                args: &self.args,
                namespace: &self.namespace,
                input: &mut self.input,
                output: &mut self.output,
                cause: self.cause,
                editor: self.editor.as_deref(),
                terminal: self.terminal,
                verb,
            };
            let flow = match &mut state {
                State::Starting if run.args.get("as").is_some() => {
                    verbs::auth::check(&run).and_then(|()| (verb.run)(&mut run))
                }
                State::Starting => (verb.run)(&mut run),
                State::Waiting(task, _) => task.poll(&mut run),
                State::Ended(_) => {
                    self.state = state;
                    return;
                }
            };
            match flow {
                Ok(Flow::Done) => self.state = State::Ended(0),
                Ok(Flow::Exit(code)) => self.state = State::Ended(code),
                Ok(Flow::Wait(task)) => {
                    self.state = State::Waiting(task, None);
                    continue;
                }
                Ok(Flow::Until(at)) => {
                    self.state = match state {
                        State::Waiting(task, _) => State::Waiting(task, (at != SimTime::NEVER).then_some(at)),
                        other => other,
                    };
                }
                Err(Complaint::NeedsInput) => self.state = State::Starting,
                Err(complaint) => self.fail(&complaint),
            }
            return;
        }
        self.fail(&Complaint::plain("the command does not come to an end"));
    }

    fn fail(&mut self, complaint: &Complaint) {
        if let Complaint::Telling { stdout, .. } = complaint {
            self.output.push((Stream::Out, stdout.clone()));
        }
        let text = complaint.to_string();
        if !text.is_empty() {
            self.output.push((Stream::Err, text));
        }
        self.state = State::Ended(complaint.exit_code());
    }

    /// Ctrl-C on its terminal: whether it passes that on to a process in a container, and goes on itself.
    pub fn interrupt(&mut self) -> bool {
        self.task_mut().is_some_and(Task::interrupt)
    }
}
