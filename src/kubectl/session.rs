//! The learner's shell: a small Unix whose `kubectl` acts on the cluster. Plain data; polled as simulated time moves. Does not know
//! the terminal it is shown on.

use super::desk::{Desk, Stream};
use super::run::Command;
use crate::kube::SimTime;
use crate::os::{
    Catalogue, CellId, CellSpec, Meta, Node, Notice, Pid, Reference, Reply, Request, RequestId, Signal,
    Spawn, Stdin, System, Tree, User, Volumes,
};
use crate::sim::Cluster;
use crate::sim::cluster::{AccessError, ExecOptions};
use crate::sim::runtime::VisitId;
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

#[derive(Clone, Debug)]
struct Job {
    pid: Pid,
    exit: Option<i32>,
}

/// What a foreign process does: a kubectl, or a command on a node.
#[derive(Clone, Debug)]
enum Work {
    Kubectl(Box<Command>),
    Ssh(VisitId),
}

/// A foreign process and what it does.
#[derive(Clone, Debug)]
struct Child {
    work: Work,
    folder: String,
    synced: bool,
    ended_input: bool,
}

/// Where the learner's files are.
const HOME: &str = "/home/learner";
/// Commands the cluster answers.
const FOREIGN: &[&str] = &["kubectl", "k", "ssh", "scp", "vi", "vim", "nano", "edit"];
/// How many files of a folder a command sees, at most.
const FILES_MAX: usize = 2000;
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
    history: Vec<String>,
    next: u32,
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
            ..CellSpec::default()
        });
        Session {
            desk: Desk::new(BTreeMap::new()),
            system,
            volumes: Volumes::default(),
            cell,
            jobs: BTreeMap::new(),
            children: BTreeMap::new(),
            history: Vec::new(),
            next: 1,
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
        let now = SimTime(0);
        if let Some(mut files) = self.system.files(now, self.cell, &mut self.volumes) {
            let _ = files.write(&format!("{HOME}/{name}"), text.as_bytes());
        }
    }

    /// The text of a file in the learner's folder.
    pub fn read_file(&mut self, name: &str) -> Option<String> {
        let files = self.system.files(SimTime(0), self.cell, &mut self.volumes)?;
        let bytes = files.read(&format!("{HOME}/{name}")).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The lines typed so far, oldest first.
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// Starts a command line as a job of its own.
    pub fn start(&mut self, cluster: &mut Cluster, line: &str) -> JobId {
        let id = JobId(self.next);
        self.next += 1;
        self.history.push(line.to_owned());
        let spawn = Spawn {
            argv: vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()],
            workdir: Some(HOME.to_owned()),
            stdin: Stdin::Open,
            ..Spawn::default()
        };
        let started = self.system.spawn(cluster.now(), self.cell, spawn, &mut self.volumes);
        let job = match started {
            Ok(pid) => Job { pid, exit: None },
            Err(_) => Job { pid: Pid(0), exit: Some(126) },
        };
        self.jobs.insert(id, job);
        self.poll(cluster);
        id
    }

    /// Lets everything do what it can do now.
    pub fn poll(&mut self, cluster: &mut Cluster) {
        let now = cluster.now();
        for _ in 0..ROUNDS {
            let notices = self.system.run(now, &mut self.volumes);
            let quiet = notices.is_empty();
            for notice in notices {
                self.note(cluster, notice);
            }
            let moved = self.poll_children(cluster);
            if quiet && !moved {
                break;
            }
        }
    }

    fn note(&mut self, cluster: &mut Cluster, notice: Notice) {
        match notice {
            Notice::Exited { pid, code, .. } => {
                for job in self.jobs.values_mut().filter(|job| job.pid == pid && job.exit.is_none()) {
                    job.exit = Some(code);
                }
            }
            Notice::Request { id, pid, request, .. } => self.request(cluster, (id, pid), request),
            _ => {}
        }
    }

    fn request(&mut self, cluster: &mut Cluster, (id, pid): (RequestId, Pid), request: Request) {
        match request {
            Request::Foreign { argv, env, cwd } => self.foreign(cluster, pid, &argv, (&env, cwd)),
            _ => self.system.answer(cluster.now(), id, Reply::Failed(crate::os::Failure::UnknownHost)),
        }
    }

    fn foreign(
        &mut self,
        cluster: &mut Cluster,
        pid: Pid,
        argv: &[String],
        (env, cwd): (&[(String, String)], String),
    ) {
        let name = argv.first().map(|n| n.rsplit('/').next().unwrap_or_default()).unwrap_or_default();
        let work = match name {
            "kubectl" | "k" => {
                let variable = |wanted: &str| {
                    env.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
                };
                let cause = cluster.command_cause(&argv.join(" "));
                let editor = variable("KUBE_EDITOR").or_else(|| variable("EDITOR"));
                let terminal = self.system.foreign_tty(self.cell, pid, 0);
                let command = Command::new(&argv[1..], cause).with_editor(editor).on_terminal(terminal);
                Ok(Work::Kubectl(Box::new(command)))
            }
            "ssh" => ssh(cluster, &argv[1..]),
            "scp" => self.scp(cluster, &argv[1..], &cwd),
            _ => Err((format!("podlab: {name} opens in the tutor's own editor only"), 1)),
        };
        match work {
            Ok(work) => {
                self.children.insert(pid, Child { work, folder: cwd, synced: false, ended_input: false });
            }
            Err((text, code)) => {
                let (now, text) = (cluster.now(), format!("{text}\n"));
                let stream = crate::os::Stream::Err;
                self.system.foreign_write(
                    now,
                    (self.cell, pid),
                    (stream, text.as_bytes()),
                    &mut self.volumes,
                );
                self.system.foreign_exit(now, self.cell, pid, code);
            }
        }
    }

    /// `scp FILE NODE:PATH`: the file goes in as the input of a `cat` on the node.
    fn scp(&mut self, cluster: &mut Cluster, argv: &[String], cwd: &str) -> Result<Work, (String, i32)> {
        let words: Vec<&String> = argv.iter().filter(|w| !w.starts_with('-')).collect();
        let [from, to] = words.as_slice() else {
            return Err(("usage: scp FILE NODE:PATH".to_owned(), 1));
        };
        let Some((node, path)) = to.split_once(':') else {
            return Err(("podlab: scp copies to a node only: scp FILE NODE:PATH".to_owned(), 1));
        };
        let node = node.rsplit('@').next().unwrap_or_default();
        let file = if from.starts_with('/') { (*from).clone() } else { format!("{cwd}/{from}") };
        let files = self.system.files(cluster.now(), self.cell, &mut self.volumes);
        let bytes = files.and_then(|files| files.read(&file).ok());
        let bytes = bytes.ok_or_else(|| (format!("{from}: No such file or directory"), 1))?;
        let last = from.rsplit('/').next().unwrap_or_default();
        let target =
            if path.is_empty() || path.ends_with('/') { format!("{path}{last}") } else { path.to_owned() };
        let argv = ["sh", "-c", &format!("cat > '{target}'")].map(str::to_owned).to_vec();
        let options = ExecOptions { argv, stdin: true, tty: false };
        let visit = cluster.node_exec(node, &options).map_err(unreachable)?;
        cluster.exec_input(visit, Some(&bytes));
        cluster.exec_input(visit, None);
        Ok(Work::Ssh(visit))
    }

    /// Polls every kubectl; whether one of them did something.
    fn poll_children(&mut self, cluster: &mut Cluster) -> bool {
        let mut moved = false;
        for pid in self.children.keys().copied().collect::<Vec<_>>() {
            moved |= self.poll_child(cluster, pid);
        }
        moved
    }

    fn poll_child(&mut self, cluster: &mut Cluster, pid: Pid) -> bool {
        let now = cluster.now();
        let Some(mut child) = self.children.remove(&pid) else { return false };
        if !self.system.foreign_alive(self.cell, pid) {
            if let Work::Ssh(visit) = child.work {
                cluster.exec_signal(visit, Signal::HUP);
            }
            return true;
        }
        let mut moved = self.pass_input(cluster, pid, &mut child);
        let (output, exit) = match &mut child.work {
            Work::Ssh(visit) => {
                let exit = cluster.exec_status(*visit);
                let chunks = cluster.exec_output(*visit).into_iter().map(|chunk| (chunk.stream, chunk.bytes));
                (chunks.collect::<Vec<_>>(), exit)
            }
            Work::Kubectl(_) => self.poll_kubectl(cluster, &mut child),
        };
        for (stream, bytes) in output {
            moved = true;
            self.system.foreign_write(now, (self.cell, pid), (stream, &bytes), &mut self.volumes);
        }
        if let Some(code) = exit {
            self.system.foreign_exit(now, self.cell, pid, code);
            return true;
        }
        self.children.insert(pid, child);
        moved
    }

    /// Hands a process's standard input to what does its work.
    fn pass_input(&mut self, cluster: &mut Cluster, pid: Pid, child: &mut Child) -> bool {
        let mut moved = false;
        while !child.ended_input {
            let read = self.system.foreign_read(self.cell, pid, &mut self.volumes);
            if read.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
            moved = true;
            child.ended_input = read.is_none();
            match (&mut child.work, read) {
                (Work::Kubectl(command), Some(bytes)) => command.give_input(&bytes),
                (Work::Kubectl(command), None) => command.end_input(),
                (Work::Ssh(visit), bytes) => cluster.exec_input(*visit, bytes.as_deref()),
            }
        }
        moved
    }

    fn poll_kubectl(
        &mut self,
        cluster: &mut Cluster,
        child: &mut Child,
    ) -> (Vec<(crate::os::Stream, Vec<u8>)>, Option<i32>) {
        let now = cluster.now();
        let Work::Kubectl(command) = &mut child.work else { return (Vec::new(), None) };
        // A command looks at files before it waits for anything, not afterwards.
        if child.synced {
            command.poll(cluster, &mut self.desk);
        } else {
            self.load_files(now, &child.folder);
            let before = self.desk.files.clone();
            command.poll(cluster, &mut self.desk);
            self.save_files(now, &child.folder, &before);
        }
        child.synced = command.task().is_some();
        let output = command.take_output().into_iter().map(|(stream, text)| {
            let stream = if stream == Stream::Err { crate::os::Stream::Err } else { crate::os::Stream::Out };
            (stream, text.into_bytes())
        });
        (output.collect(), command.exit())
    }

    /// Hands the files of a folder to the desk.
    fn load_files(&mut self, now: SimTime, folder: &str) {
        self.desk.files.clear();
        let Some(files) = self.system.files(now, self.cell, &mut self.volumes) else { return };
        let mut open = vec![String::new()];
        while let Some(below) = open.pop() {
            let Ok(entries) = files.list(&format!("{folder}/{below}")) else { continue };
            for (name, node) in entries {
                let path = if below.is_empty() { name.to_string() } else { format!("{below}/{name}") };
                if node.entries().is_some() {
                    if path.matches('/').count() < 8 {
                        open.push(path);
                    }
                } else if self.desk.files.len() < FILES_MAX
                    && let Ok(bytes) = files.read(&format!("{folder}/{path}"))
                {
                    self.desk.files.insert(path, bytes);
                }
            }
        }
    }

    /// Writes back what a command has changed.
    fn save_files(&mut self, now: SimTime, folder: &str, before: &BTreeMap<String, Vec<u8>>) {
        let Some(mut files) = self.system.files(now, self.cell, &mut self.volumes) else { return };
        for (path, bytes) in &self.desk.files {
            if before.get(path) != Some(bytes) {
                let _ = files.write(&format!("{folder}/{path}"), bytes);
            }
        }
    }

    /// When something wants to be polled even if nothing changes in the cluster.
    pub fn next_wake(&self) -> Option<SimTime> {
        let children = self.children.values().filter_map(|child| match &child.work {
            Work::Kubectl(command) => command.next_wake(),
            Work::Ssh(_) => None,
        });
        children.chain(self.system.next_wake()).min()
    }

    /// Takes what a job has written.
    pub fn drain(&mut self, job: JobId) -> Written {
        let mut written = Written::default();
        if let Some(job) = self.jobs.get(&job) {
            for chunk in self.system.drain_output(self.cell, job.pid) {
                if chunk.stream == crate::os::Stream::Err {
                    written.stderr.extend(chunk.bytes);
                } else {
                    written.stdout.extend(chunk.bytes);
                }
            }
        }
        written
    }

    /// A job's exit code, once it has ended.
    pub fn finished(&self, job: JobId) -> Option<i32> {
        self.jobs.get(&job).map_or(Some(127), |job| job.exit)
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self, job: JobId) {
        let Some(job) = self.jobs.get(&job).filter(|job| job.exit.is_none()) else { return };
        let pid = job.pid;
        self.system.signal_group(SimTime(0), self.cell, pid, Signal::INT);
    }

    /// Types into a job.
    pub fn write_input(&mut self, job: JobId, bytes: &[u8]) {
        if let Some(job) = self.jobs.get(&job) {
            self.system.write_stdin(self.cell, job.pid, bytes);
        }
    }

    /// Ctrl-D.
    pub fn end_input(&mut self, job: JobId) {
        if let Some(job) = self.jobs.get(&job) {
            self.system.close_stdin(self.cell, job.pid);
        }
    }

    /// Answers the editor a command has opened: the text as saved, `None` if it was closed without saving.
    pub fn editor_done(&mut self, _text: Option<&str>) {}

    /// What stands before the line to type.
    pub fn prompt(&self) -> String {
        "$ ".to_owned()
    }
}

/// `ssh NODE [COMMAND…]`
fn ssh(cluster: &mut Cluster, argv: &[String]) -> Result<Work, (String, i32)> {
    let mut words = argv.iter().skip_while(|w| w.starts_with('-'));
    let Some(node) = words.next() else { return Err(("usage: ssh NODE [COMMAND]".to_owned(), 255)) };
    let node = node.rsplit('@').next().unwrap_or_default();
    let line = words.cloned().collect::<Vec<_>>().join(" ");
    let argv =
        if line.is_empty() { vec!["sh".to_owned()] } else { vec!["sh".to_owned(), "-c".to_owned(), line] };
    let options = ExecOptions { argv, stdin: true, tty: false };
    cluster.node_exec(node, &options).map(Work::Ssh).map_err(unreachable)
}

/// Why a node was not reached, and ssh's exit code.
fn unreachable(error: AccessError) -> (String, i32) {
    match error {
        AccessError::Refused(refusal) => (refusal.message, 255),
        AccessError::Unreachable(text, _) | AccessError::Failed(text) => (text, 255),
    }
}

/// The files of the learner's machine: a busybox, and the folder's files.
fn root(files: &BTreeMap<String, Vec<u8>>) -> Tree {
    let image = Reference::parse("busybox:1.36").ok().and_then(|r| Catalogue::builtin().find(&r).ok());
    let mut root = image.map_or_else(|| Tree::new(Meta::root(0o755)), |image| image.root);
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
