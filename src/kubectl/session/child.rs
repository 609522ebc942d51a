//! The programs of the shell that act on the cluster, from the question of the small Unix to their exit code.

/// Editors.
mod editor;

use super::files::Places;
use super::{EditorRequest, Session, fault, ssh};
use crate::kubectl::desk::Stream;
use crate::kubectl::run::Command;
use crate::kubectl::task::Task;
use crate::os::{Failure, Pid, Reply, Request, RequestId, Served, Signal, Stream as Out, is_loopback};
use crate::sim::Cluster;
use crate::sim::runtime::VisitId;
pub(super) use editor::NodeEditor;

/// What a foreign process does.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A kubectl.
    Kubectl(Box<Command>),
    /// A command on a node, or a shell there.
    Ssh {
        /// What runs there.
        visit: VisitId,
        /// Whether somebody types into it.
        shell: bool,
        /// Whether somebody pressed Ctrl-C since it was last polled.
        interrupted: bool,
        /// The file an editor is open on there.
        editor: NodeEditor,
    },
    /// A file on its way to a node.
    Copy(VisitId),
    /// A file on its way from a node.
    Fetch {
        /// The `cat` that reads it.
        visit: VisitId,
        /// The file or folder it goes to.
        to: String,
        /// Its name there.
        last: String,
        /// What is said if there is no such file.
        missing: String,
        /// What has come so far.
        bytes: Vec<u8>,
    },
    /// The editor, open on a file.
    Editor { path: String },
}

/// A foreign process and what it does.
#[derive(Clone, Debug)]
pub(super) struct Child {
    work: Work,
    places: Places,
    synced: bool,
    ended_input: bool,
    /// The process of `$EDITOR` that a kubectl waits for, and the file it changes.
    editor: Option<(Pid, String)>,
}

impl Child {
    /// Whether it would read its standard input now.
    pub fn reads(&self) -> bool {
        !self.ended_input
            && match &self.work {
                Work::Kubectl(command) => command.wants_input(),
                Work::Ssh { shell, .. } => *shell,
                Work::Copy(_) | Work::Fetch { .. } | Work::Editor { .. } => false,
            }
    }

    /// Ctrl-C: whether it passes that on to a process elsewhere.
    pub fn interrupt(&mut self) -> bool {
        match &mut self.work {
            Work::Kubectl(command) => command.interrupt(),
            Work::Ssh { shell, interrupted, .. } => {
                *interrupted = *shell;
                *shell
            }
            Work::Copy(_) | Work::Fetch { .. } | Work::Editor { .. } => false,
        }
    }

    /// When it wants to be polled even if nothing changes in the cluster.
    pub fn next_wake(&self) -> Option<crate::kube::SimTime> {
        if let Work::Kubectl(command) = &self.work { command.next_wake() } else { None }
    }
}

impl Session {
    pub(super) fn request(&mut self, cluster: &mut Cluster, (id, pid): (RequestId, Pid), request: Request) {
        let now = cluster.now();
        match request {
            Request::Foreign { argv, env, cwd } => self.foreign(cluster, pid, &argv, (&env, cwd)),
            Request::Http(http) if is_loopback(&http.host) => {
                let reply = self.forward_http(cluster, http);
                self.system.answer(now, id, reply);
            }
            Request::Tcp { host, port, .. } if is_loopback(&host) => {
                let found = self.forwarded(port).is_some();
                let reply = if found { Reply::Tcp(Vec::new()) } else { Reply::Failed(Failure::Refused) };
                self.system.answer(now, id, reply);
            }
            // The learner's machine stands beside the nodes.
            request => {
                let reply = cluster.from_beside(request);
                self.system.answer(now, id, reply);
            }
        }
    }

    /// The port-forward that listens on a local port.
    fn forwarded(&mut self, port: u16) -> Option<(Pid, crate::kube::Key, u16)> {
        self.children.iter().find_map(|(pid, child)| {
            let Work::Kubectl(command) = &child.work else { return None };
            let (key, to) = command.forwards(port)?;
            Some((*pid, key, to))
        })
    }

    fn forward_http(&mut self, cluster: &mut Cluster, http: crate::os::HttpRequest) -> Reply {
        let Some((pid, key, to)) = self.forwarded(http.port) else {
            return Reply::Failed(Failure::Refused);
        };
        let now = cluster.now();
        let line = format!("Handling connection for {}\n", http.port);
        self.system.foreign_write(now, (self.cell, pid), (Out::Out, line.as_bytes()), &mut self.volumes);
        let port = http.port;
        match cluster.http(&key, to, http) {
            Ok(Served::Response(response)) => Reply::Http(response, Some(std::net::Ipv4Addr::LOCALHOST)),
            Ok(Served::Refused) => {
                let text = super::forward::refused(now, port, to, cluster.store().get(&key));
                self.system.foreign_write(
                    now,
                    (self.cell, pid),
                    (Out::Err, text.as_bytes()),
                    &mut self.volumes,
                );
                self.system.foreign_exit(now, self.cell, pid, 1);
                self.children.remove(&pid);
                Reply::Failed(Failure::Closed)
            }
            Ok(_) => Reply::Failed(Failure::TimedOut),
            Err(_) => Reply::Failed(Failure::Closed),
        }
    }

    /// Tells the small Unix which ports of the loopback address lead out of it.
    pub(super) fn offer_ports(&mut self) {
        let commands = self.children.values().filter_map(|child| match &child.work {
            Work::Kubectl(command) => Some(command),
            _ => None,
        });
        let ports = commands.flat_map(|command| command.local_ports()).collect();
        self.system.set_host_ports(ports);
    }

    fn foreign(
        &mut self,
        cluster: &mut Cluster,
        pid: Pid,
        argv: &[String],
        (env, cwd): (&[(String, String)], String),
    ) {
        let name = argv.first().map(|n| n.rsplit('/').next().unwrap_or_default()).unwrap_or_default();
        let terminal = self.system.foreign_tty(self.cell, pid, 0);
        let work = match name {
            "kubectl" | "k" => {
                let variable = |wanted: &str| {
                    let found = env.iter().find(|(name, value)| name == wanted && !value.is_empty());
                    found.map(|(_, value)| value.clone())
                };
                let cause = cluster.command_cause(&argv.join(" "));
                let editor = variable("KUBE_EDITOR").or_else(|| variable("EDITOR"));
                let command = Command::new(&argv[1..], cause).with_editor(editor).on_terminal(terminal);
                Ok(Work::Kubectl(Box::new(command)))
            }
            "ssh" => ssh::ssh(cluster, &argv[1..], terminal),
            "scp" => self.scp(cluster, &argv[1..], &cwd),
            "fault" => Err(fault::fault(cluster, &argv[1..])),
            _ if !terminal => Err((format!("{name}: standard input is not a terminal"), 1)),
            _ => match argv.iter().skip(1).find(|word| !word.starts_with(['-', '+'])) {
                Some(file) if file.starts_with('/') => Ok(Work::Editor { path: file.clone() }),
                Some(file) => Ok(Work::Editor { path: format!("{cwd}/{file}") }),
                None => Err((format!("podlab: {name} needs the name of a file"), 1)),
            },
        };
        match work {
            Ok(work) => {
                let places = Places::of(&cwd, argv);
                let child = Child { work, places, synced: false, ended_input: false, editor: None };
                self.children.insert(pid, child);
            }
            Err((text, code)) => {
                let now = cluster.now();
                let text = if text.is_empty() { text } else { text + "\n" };
                self.system.foreign_write(
                    now,
                    (self.cell, pid),
                    (Out::Err, text.as_bytes()),
                    &mut self.volumes,
                );
                self.system.foreign_exit(now, self.cell, pid, code);
            }
        }
    }

    /// Polls every foreign process; whether one of them did something.
    pub(super) fn poll_children(&mut self, cluster: &mut Cluster) -> bool {
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
            self.abandon(cluster, &child);
            return true;
        }
        let mut moved = self.pass_input(cluster, pid, &mut child);
        if let Work::Ssh { visit, interrupted, editor, .. } = &mut child.work {
            if std::mem::take(interrupted) {
                cluster.exec_interrupt(*visit);
                moved = true;
            }
            if let NodeEditor::Closed(text) = std::mem::take(editor) {
                cluster.close_node_editor(*visit, text.as_deref());
                moved = true;
            }
            if let Some((name, text)) = cluster.node_editor(*visit) {
                *editor = NodeEditor::Open(EditorRequest { name, text });
            }
        }
        let read_before = child.reads();
        let (output, exit) = match &mut child.work {
            Work::Ssh { visit, .. } | Work::Copy(visit) => {
                let exit = cluster.exec_status(*visit);
                let chunks = cluster.exec_output(*visit).into_iter().map(|chunk| (chunk.stream, chunk.bytes));
                (chunks.collect::<Vec<_>>(), exit)
            }
            Work::Fetch { .. } => self.poll_fetch(cluster, &mut child.work),
            Work::Kubectl(_) => self.poll_kubectl(cluster, &mut child),
            Work::Editor { .. } => (Vec::new(), None),
        };
        moved |= child.reads() && !read_before;
        for (stream, bytes) in output {
            moved = true;
            self.system.foreign_write(now, (self.cell, pid), (stream, &bytes), &mut self.volumes);
        }
        if let Some(code) = exit {
            self.system.foreign_exit(now, self.cell, pid, code);
            return true;
        }
        moved |= self.start_editor(now, &mut child);
        self.children.insert(pid, child);
        moved
    }

    /// Ends what a process did that is no more (Ctrl-C, a closed pipe, `kill`).
    fn abandon(&mut self, cluster: &mut Cluster, child: &Child) {
        match &child.work {
            Work::Ssh { visit, .. } | Work::Copy(visit) | Work::Fetch { visit, .. } => {
                cluster.exec_signal(*visit, Signal::HUP);
            }
            Work::Kubectl(command) => command.hang_up(cluster),
            Work::Editor { .. } => {}
        }
        if let Some((editor, _)) = child.editor {
            self.system.signal(cluster.now(), self.cell, editor, Signal::HUP);
        }
    }

    /// Hands a process's standard input to what does its work, if that reads it.
    fn pass_input(&mut self, cluster: &mut Cluster, pid: Pid, child: &mut Child) -> bool {
        let mut moved = false;
        while child.reads() || (matches!(child.work, Work::Ssh { .. }) && !child.ended_input) {
            let read = self.system.foreign_read(self.cell, pid, &mut self.volumes);
            if read.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
            moved = true;
            child.ended_input = read.is_none();
            match (&mut child.work, read) {
                (Work::Kubectl(command), Some(bytes)) => command.give_input(&bytes),
                (Work::Kubectl(command), None) => command.end_input(),
                (Work::Ssh { visit, .. } | Work::Copy(visit), bytes) => {
                    cluster.exec_input(*visit, bytes.as_deref());
                }
                (Work::Editor { .. } | Work::Fetch { .. }, _) => {}
            }
        }
        moved
    }

    /// Takes in what comes of a file; once it is whole, writes it.
    fn poll_fetch(&mut self, cluster: &mut Cluster, work: &mut Work) -> (Vec<(Out, Vec<u8>)>, Option<i32>) {
        let Work::Fetch { visit, to, last, missing, bytes } = work else { return (Vec::new(), None) };
        let exit = cluster.exec_status(*visit);
        let chunks = cluster.exec_output(*visit).into_iter().filter(|chunk| chunk.stream == Out::Out);
        bytes.extend(chunks.flat_map(|chunk| chunk.bytes));
        match exit {
            None => (Vec::new(), None),
            Some(0) => {
                let now = cluster.now();
                let folder = self.system.node(self.cell, to).is_some_and(|node| node.entries().is_some());
                let path = if folder { format!("{to}/{last}") } else { to.clone() };
                self.write_path(now, &path, bytes);
                (Vec::new(), Some(0))
            }
            Some(_) => (vec![(Out::Err, missing.clone().into_bytes())], Some(1)),
        }
    }

    fn poll_kubectl(
        &mut self,
        cluster: &mut Cluster,
        child: &mut Child,
    ) -> (Vec<(Out, Vec<u8>)>, Option<i32>) {
        let now = cluster.now();
        let Work::Kubectl(command) = &mut child.work else { return (Vec::new(), None) };
        // A command looks at files before it waits for anything, not afterwards, unless it waits for files.
        if child.synced && !command.task().is_some_and(Task::writes_files) {
            command.poll(cluster, &mut self.desk);
        } else {
            self.load_files(now, &child.places);
            let before = self.desk.files.clone();
            command.poll(cluster, &mut self.desk);
            self.save_files(now, &child.places, &before);
        }
        child.synced = command.task().is_some();
        let output = command.take_output().into_iter().map(|(stream, text)| {
            (if stream == Stream::Err { Out::Err } else { Out::Out }, text.into_bytes())
        });
        (output.collect(), command.exit())
    }
}
