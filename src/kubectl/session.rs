//! The learner's shell: a small Unix whose `kubectl` acts on the cluster. Plain data; polled as simulated time moves. Does not know
//! the terminal it is shown on.

mod child;
mod complete;
mod fault;
mod files;
mod forward;
mod ssh;

#[cfg(test)]
mod tests;

use super::desk::Desk;
use crate::kube::SimTime;
use crate::os::{
    Body, Catalogue, CellId, CellSpec, LineStatus, Meta, Node, Notice, Pid, Reference, Signal, Span, Spawn,
    Stdin, Stream, System, Tree, User, Volumes,
};
use crate::sim::Cluster;
use child::Child;
use std::collections::BTreeMap;

/// A command line that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// What a job has written since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// A text to be changed in an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorRequest {
    /// The path of the file.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Where the lines of a job go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Via {
    /// A shell of its own.
    Own,
    /// The shell that lives as long as the session.
    Prompt,
}

#[derive(Clone, Debug)]
struct Job {
    pid: Pid,
    via: Via,
    exit: Option<i32>,
    interrupts: u32,
    /// Whether the last Ctrl-C went to a process in a container, and nothing was typed since.
    passed_on: bool,
}

/// Where the learner's files are.
const HOME: &str = "/home/learner";
/// Commands the cluster answers.
const FOREIGN: &[&str] = &["kubectl", "k", "ssh", "scp", "fault", "vi", "vim", "nano", "edit"];
/// How many lines typed are remembered.
const HISTORY_KEPT: usize = 1000;
/// How many jobs that have ended are remembered.
const JOBS_KEPT: u32 = 1000;
/// How often the session looks at what can go on at one moment.
const ROUNDS: usize = 200;

/// The learner's shell.
#[derive(Clone, Debug)]
pub struct Session {
    desk: Desk,
    system: System,
    volumes: Volumes,
    cell: CellId,
    jobs: BTreeMap<JobId, Job>,
    children: BTreeMap<Pid, Child>,
    /// The shell at the prompt, once a line was typed.
    shell: Option<Pid>,
    /// Whether the line typed last needs more lines.
    unfinished: bool,
    /// The exit code of the shell at the prompt, if `exit` ended it.
    left: Option<i32>,
    history: Vec<String>,
    next: u32,
    now: SimTime,
}

impl Session {
    /// A shell that sees these files.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Session {
        let mut system = System::new("podlab");
        let cell = system.add_cell(CellSpec {
            root: root(&files),
            env: [
                ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                ("HOME", HOME),
                ("PWD", HOME),
                ("SHELL", "/bin/sh"),
                ("TERM", "xterm"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            workdir: HOME.to_owned(),
            user: User::default(),
            foreign: FOREIGN.iter().map(|name| (*name).to_owned()).collect(),
            span: Span::Machine,
            ..CellSpec::default()
        });
        Session {
            desk: Desk::new(BTreeMap::new()),
            system,
            volumes: Volumes::default(),
            cell,
            jobs: BTreeMap::new(),
            children: BTreeMap::new(),
            shell: None,
            unfinished: false,
            left: None,
            history: Vec::new(),
            next: 1,
            now: SimTime(0),
        }
    }

    /// Sets the current namespace.
    pub fn set_namespace(&mut self, namespace: &str) {
        self.desk.set_namespace(namespace);
    }

    /// The current namespace.
    pub fn namespace(&self) -> &str {
        self.desk.namespace()
    }

    /// Puts a file into the learner's folder.
    pub fn write_file(&mut self, name: &str, text: &str) {
        self.write_path(self.now, &format!("{HOME}/{name}"), text.as_bytes());
    }

    /// The text of a file in the learner's folder.
    pub fn read_file(&mut self, name: &str) -> Option<String> {
        let bytes = self.read_path(self.now, &format!("{HOME}/{name}"))?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The lines typed so far, oldest first.
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// Starts a command line as a job of its own, in a shell of its own that nobody types into.
    pub fn start(&mut self, cluster: &mut Cluster, line: &str) -> JobId {
        self.start_shell(cluster, &["sh", "-B", "-c", line], Stdin::Empty)
    }

    /// Runs a shell with these words as its command line; its standard input is [`Session::write_input`].
    pub fn start_script(&mut self, cluster: &mut Cluster, argv: &[&str]) -> JobId {
        self.start_shell(cluster, argv, Stdin::Open)
    }

    fn start_shell(&mut self, cluster: &mut Cluster, argv: &[&str], stdin: Stdin) -> JobId {
        self.now = cluster.now();
        let spawn = Spawn {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            workdir: Some(HOME.to_owned()),
            stdin,
            ..Spawn::default()
        };
        let (pid, exit) = match self.system.spawn(self.now, self.cell, spawn, &mut self.volumes) {
            Ok(pid) => (pid, None),
            Err(_) => (Pid(0), Some(126)),
        };
        self.add_job(cluster, Job { pid, via: Via::Own, exit, interrupts: 0, passed_on: false })
    }

    fn add_job(&mut self, cluster: &mut Cluster, job: Job) -> JobId {
        let id = JobId(self.next);
        self.next += 1;
        // What has ended and was read to its end is of no more use.
        let over = self.next.saturating_sub(JOBS_KEPT);
        self.jobs.retain(|id, job| id.0 >= over || job.exit.is_none());
        self.jobs.insert(id, job);
        self.poll(cluster);
        id
    }

    /// Types a line at the prompt: variables, functions, the folder and jobs in the background outlive it. An unfinished line ends at
    /// once; the next one goes on with it.
    pub fn type_line(&mut self, cluster: &mut Cluster, line: &str) -> JobId {
        self.now = cluster.now();
        self.remember(line);
        let Some(pid) = self.prompt_shell() else {
            return self.add_job(
                cluster,
                Job { pid: Pid(0), via: Via::Own, exit: Some(126), interrupts: 0, passed_on: false },
            );
        };
        let status = self.system.feed_line(self.now, self.cell, pid, line);
        self.unfinished = status == LineStatus::Incomplete;
        let exit = match status {
            LineStatus::Complete | LineStatus::Error => None,
            LineStatus::Incomplete => Some(0),
            LineStatus::Busy => Some(126),
        };
        self.add_job(cluster, Job { pid, via: Via::Prompt, exit, interrupts: 0, passed_on: false })
    }

    fn remember(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.history.push(line.to_owned());
            let extra = self.history.len().saturating_sub(HISTORY_KEPT);
            self.history.drain(..extra);
        }
    }

    /// The shell at the prompt; a new one if there is none yet or the last one has ended.
    fn prompt_shell(&mut self) -> Option<Pid> {
        if let Some(pid) = self.shell {
            return Some(pid);
        }
        let spawn = Spawn {
            // Words are expanded as in the shell of an exam's terminal.
            argv: vec!["sh".to_owned(), "-B".to_owned()],
            workdir: Some(HOME.to_owned()),
            stdin: Stdin::Open,
            tty: true,
            ..Spawn::default()
        };
        let pid = self.system.spawn(self.now, self.cell, spawn, &mut self.volumes).ok()?;
        self.system.make_interactive(self.cell, pid);
        self.shell = Some(pid);
        self.left = None;
        Some(pid)
    }

    /// The exit code of the shell at the prompt, if `exit` has ended it.
    pub fn left(&self) -> Option<i32> {
        self.left
    }

    /// Lets everything do what it can do now.
    pub fn poll(&mut self, cluster: &mut Cluster) {
        self.now = cluster.now();
        loop {
            for _ in 0..ROUNDS {
                let notices = self.system.run(self.now, &mut self.volumes);
                let quiet = notices.is_empty();
                for notice in notices {
                    self.note(cluster, notice);
                }
                let moved = self.poll_children(cluster);
                self.offer_ports();
                if quiet && !moved {
                    break;
                }
            }
            if !self.end_typed_line() {
                return;
            }
        }
    }

    fn note(&mut self, cluster: &mut Cluster, notice: Notice) {
        match notice {
            Notice::Exited { pid, code, .. } => {
                for job in self.jobs.values_mut().filter(|job| job.pid == pid && job.exit.is_none()) {
                    job.exit = Some(code);
                }
                if self.shell == Some(pid) {
                    (self.shell, self.left) = (None, Some(code));
                }
                self.editor_ended(cluster.now(), pid, code);
            }
            Notice::Request { id, pid, request, .. } => self.request(cluster, (id, pid), request),
            _ => {}
        }
    }

    /// A line typed at the prompt has ended when the shell waits for the next one. A line that was typed meanwhile, and that no command
    /// has read, is for the shell, as on any terminal; true if there was one. Ctrl-C throws such lines away.
    fn end_typed_line(&mut self) -> bool {
        let Some(pid) = self.shell else { return false };
        let Some(status) = self.system.shell_idle(self.cell, pid) else { return false };
        let Some(job) = self.jobs.values_mut().find(|job| job.pid == pid && job.exit.is_none()) else {
            return false;
        };
        // The end of input was for that command.
        let ahead = self.system.renew_stdin(self.cell, pid);
        if job.interrupts > 0 {
            job.exit = Some(130);
            return false;
        }
        let Some(end) = ahead.iter().position(|byte| *byte == b'\n') else {
            job.exit = Some(status);
            return false;
        };
        self.system.write_stdin(self.cell, pid, &ahead[end + 1..]);
        let line = String::from_utf8_lossy(&ahead[..end]).into_owned();
        self.remember(&line);
        let shown = format!("{}{line}\n", self.prompt());
        self.system.echo(self.now, self.cell, pid, &shown);
        self.unfinished = self.system.feed_line(self.now, self.cell, pid, &line) == LineStatus::Incomplete;
        true
    }

    /// When something wants to be polled even if nothing changes in the cluster.
    pub fn next_wake(&self) -> Option<SimTime> {
        let children = self.children.values().filter_map(Child::next_wake);
        // Whatever was due and is still not done is looked at again a moment later: time goes on in any case.
        children.chain(self.system.next_wake()).map(|at| at.max(self.now.plus(1))).min()
    }

    /// Takes what a job has written.
    pub fn drain(&mut self, job: JobId) -> Written {
        let mut written = Written::default();
        if let Some(job) = self.jobs.get(&job) {
            for chunk in self.system.drain_output(self.cell, job.pid) {
                let into =
                    if chunk.stream == Stream::Err { &mut written.stderr } else { &mut written.stdout };
                into.extend(chunk.bytes);
            }
        }
        written
    }

    /// Takes what jobs in the background have written while nothing ran at the prompt.
    pub fn drain_prompt(&mut self) -> Vec<u8> {
        let Some(pid) = self.shell else { return Vec::new() };
        let chunks = self.system.drain_output(self.cell, pid);
        chunks.into_iter().flat_map(|chunk| chunk.bytes).collect()
    }

    /// Whether something runs that may write while nothing runs at the prompt.
    pub fn is_busy(&self) -> bool {
        !self.children.is_empty() || self.system.processes(self.cell, self.now).len() > 1
    }

    /// A job's exit code, once it has ended.
    pub fn finished(&self, job: JobId) -> Option<i32> {
        self.jobs.get(&job).map_or(Some(127), |job| job.exit)
    }

    /// Whether a job waits for somebody to type.
    pub fn wants_input(&self, job: JobId) -> bool {
        let Some(job) = self.jobs.get(&job).filter(|job| job.exit.is_none()) else { return false };
        self.system.wants_input(self.cell, job.pid) || self.children.values().any(Child::reads)
    }

    /// Ctrl-C: what runs gets an interrupt; the second time it is killed. On a terminal in a container the interrupt is for what runs
    /// there, unless it comes twice with nothing typed in between.
    pub fn interrupt(&mut self, job: JobId) {
        let Some(job) = self.jobs.get_mut(&job).filter(|job| job.exit.is_none()) else { return };
        if !job.passed_on && self.children.values_mut().any(Child::interrupt) {
            job.passed_on = true;
            return;
        }
        job.interrupts += 1;
        let (pid, via, again) = (job.pid, job.via, job.interrupts > 1);
        match via {
            Via::Prompt => self.system.interrupt(self.now, self.cell, pid),
            Via::Own => self.system.signal_group(self.now, self.cell, pid, Signal::INT),
        }
        if again {
            let others: Vec<Pid> = self.system.processes(self.cell, self.now).iter().map(|p| p.pid).collect();
            for other in others.into_iter().filter(|other| via == Via::Own || *other != pid) {
                self.system.signal(self.now, self.cell, other, Signal::KILL);
            }
        }
    }

    /// Ctrl-C at the prompt: forgets the lines of an unfinished command.
    pub fn forget_line(&mut self) {
        self.unfinished = false;
        if let Some(pid) = self.shell {
            self.system.interrupt(self.now, self.cell, pid);
        }
    }

    /// Types into a job.
    pub fn write_input(&mut self, job: JobId, bytes: &[u8]) {
        if let Some(job) = self.jobs.get_mut(&job) {
            job.passed_on = false;
            self.system.write_stdin(self.cell, job.pid, bytes);
        }
    }

    /// Ctrl-D.
    pub fn end_input(&mut self, job: JobId) {
        if let Some(job) = self.jobs.get(&job) {
            self.system.close_stdin(self.cell, job.pid);
        }
    }

    /// Whether the next line goes on with a command that was begun.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// What stands before the line to type.
    pub fn prompt(&self) -> String {
        if self.unfinished { "> ".to_owned() } else { "$ ".to_owned() }
    }
}

/// The files of the learner's machine: a busybox with curl, and the folder's files.
fn root(files: &BTreeMap<String, Vec<u8>>) -> Tree {
    let image = Reference::parse("busybox:1.36").ok().and_then(|r| Catalogue::builtin().find(&r).ok());
    let mut root = image.map_or_else(|| Tree::new(Meta::root(0o755)), |image| image.root);
    root.put("/usr/bin/curl", Node { meta: Meta::root(0o755), body: Body::Program("curl".into()) });
    root.put("/tmp/.keep", Node::file(Meta::root(0o644), b""));
    for (name, bytes) in files {
        root.put(&format!("{HOME}/{name}"), Node::file(Meta::root(0o644), bytes));
    }
    root.put(&format!("{HOME}/.kube/config"), Node::file(Meta::root(0o644), b"current-context: podlab\n"));
    root
}

impl Session {
    /// Takes what a job has written to both streams, in the order in which a terminal would show it.
    pub fn drain_terminal(&mut self, job: JobId) -> Vec<u8> {
        let Some(job) = self.jobs.get(&job) else { return Vec::new() };
        let chunks = self.system.drain_output(self.cell, job.pid);
        chunks.into_iter().flat_map(|chunk| chunk.bytes).collect()
    }
}
