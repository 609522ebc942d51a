//! Children of a shell: programs, pipelines, subshells, background jobs, command substitutions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::process::ProcKey;
use super::super::program::{self, Ctx, Program};
use super::super::system::Executable;
use super::super::{Errno, StartError};
use super::execute::Command;
use super::frame::Frame;
use super::script::{Node, NodeId, RedirectKind, Script};
use super::{Flavour, Job, Shell, parse};

impl Shell {
    fn find_program(
        &mut self,
        assignments: &[(String, String)],
        args: &[String],
        ctx: &mut Ctx<'_>,
    ) -> Result<Executable, StartError> {
        let assigned =
            assignments.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
        let path =
            assigned.or_else(|| self.variables.get("PATH")).unwrap_or(super::super::DEFAULT_PATH).to_owned();
        ctx.locate(args, Some(&path))
    }

    /// A command that is a program: a child runs it, or this process if nothing comes after it.
    pub(super) fn external(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        let tail = command.tail
            && !self.options.interactive
            && self.traps.values().all(String::is_empty)
            && !self.frames.iter().any(|frame| matches!(frame, Frame::Descriptors(_) | Frame::Not));
        if tail {
            self.replace(command, ctx);
            return;
        }
        let mut opened = Vec::new();
        let fds = match self.descriptors(&command.redirects, &mut opened, ctx) {
            Ok(fds) => fds,
            Err(message) => {
                self.error(&message);
                ctx.release_all(opened);
                self.complete(1);
                return;
            }
        };
        let result = self.find_program(&command.assignments, &command.args, ctx);
        match result {
            Ok(executable) => self.start_child(command, fds, executable, ctx),
            Err(error) => self.not_started(&command.args[0], &error, &fds, ctx),
        }
        ctx.release_all(opened);
    }

    fn start_child(
        &mut self,
        command: Command,
        fds: BTreeMap<u32, u32>,
        executable: Executable,
        ctx: &mut Ctx<'_>,
    ) {
        let mut child = ctx.child(command.args, fds);
        child.env = self.environment_with(&command.assignments);
        child.group = self.options.interactive.then_some(0);
        match ctx.sys.fork(ctx.key, child) {
            Ok(pid) => {
                ctx.sys.launch(ProcKey { pid, ..ctx.key }, executable, ctx.volumes);
                self.frames.push(Frame::Foreground { pids: vec![pid], ended: vec![None] });
            }
            Err(error) => self.cannot_fork(error),
        }
    }

    fn cannot_fork(&mut self, error: Errno) {
        let text = match self.flavour {
            Flavour::Ash => format!("can't fork: {error}"),
            Flavour::Dash => "Cannot fork".to_owned(),
            Flavour::Bash => format!("fork: {error}"),
        };
        self.error(&text);
        self.status = if self.flavour == Flavour::Bash { 254 } else { 2 };
        if self.options.interactive {
            self.frames.clear();
        } else {
            self.exit(self.status);
        }
    }

    /// Says why a command did not start, where its errors go, and what `$?` becomes.
    fn not_started(&mut self, name: &str, error: &StartError, fds: &BTreeMap<u32, u32>, ctx: &mut Ctx<'_>) {
        let (text, code) = self.start_text(name, error);
        let message = format!("{}{text}\n", self.prefix());
        let own = ctx.process().fds.get(&2).copied();
        match fds.get(&2) {
            Some(file) if Some(*file) != own => {
                let fd = ctx.install(*file);
                ctx.write(fd, message.as_bytes());
                ctx.close(fd);
            }
            _ => self.out.text(2, &message),
        }
        self.complete(code);
    }

    fn start_text(&self, name: &str, error: &StartError) -> (String, i32) {
        match (error, self.flavour) {
            (StartError::PermissionDenied { .. }, _) => (format!("{name}: Permission denied"), 126),
            (StartError::ExecFormat { .. }, Flavour::Ash | Flavour::Dash) => {
                (format!("{name}: Exec format error"), 126)
            }
            (StartError::ExecFormat { .. }, Flavour::Bash) => {
                (format!("{name}: cannot execute binary file: Exec format error"), 126)
            }
            (StartError::NoSuchFile { .. }, Flavour::Bash) => {
                (format!("{name}: No such file or directory"), 127)
            }
            (_, Flavour::Bash) => (format!("{name}: command not found"), 127),
            _ => (format!("{name}: not found"), 127),
        }
    }

    /// Runs a program in this process's place.
    fn replace(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        let Command { assignments, args, redirects, .. } = command;
        if !self.redirect_for_good(&redirects, ctx) {
            self.exit(1);
            return;
        }
        match self.find_program(&assignments, &args, ctx) {
            Ok(executable) => {
                let environment = self.environment_with(&assignments);
                let comm: Arc<str> = args[0].rsplit('/').next().unwrap_or_default().into();
                if let Some(process) = ctx.process_mut() {
                    process.argv = Arc::new(args);
                    process.comm = comm;
                    process.env = environment;
                    process.pending.clear();
                }
                let program = program::launch(ctx, executable);
                if let Some(process) = ctx.process_mut() {
                    process.program = program;
                }
                let cell = ctx.cell();
                ctx.sys.check_memory(cell, ctx.volumes);
            }
            Err(error) => {
                let (text, code) = self.start_text(&args[0], &error);
                self.error(&text);
                self.exit(code);
            }
        }
    }

    /// `exec`: the shell's own descriptors change, or another program takes its place.
    pub(super) fn exec(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        let args: Vec<String> = command.args.into_iter().skip(1).skip_while(|word| word == "--").collect();
        if args.is_empty() {
            for (name, value) in command.assignments {
                self.assign(&name, &value);
            }
            if self.redirect_for_good(&command.redirects, ctx) {
                self.complete(0);
            } else {
                self.exit(1);
            }
            return;
        }
        self.replace(Command { args, ..command }, ctx);
    }

    /// Forks this shell to run a node.
    fn fork(
        &mut self,
        frames: Vec<Frame>,
        fds: BTreeMap<u32, u32>,
        group: Option<u32>,
        ctx: &mut Ctx<'_>,
    ) -> Result<u32, Errno> {
        let argv = ctx.process().argv.as_ref().clone();
        let mut child = ctx.child(argv, fds);
        child.comm = Arc::clone(&ctx.process().comm);
        child.group = group;
        child.program = Program::Shell(Box::new(self.for_child(frames)));
        ctx.sys.fork(ctx.key, child)
    }

    /// A new process group for a job of an interactive shell.
    fn job_group(&self, first: Option<u32>) -> Option<u32> {
        self.options.interactive.then(|| first.unwrap_or(0))
    }

    pub(super) fn subshell(&mut self, script: &Arc<Script>, body: NodeId, tail: bool, ctx: &mut Ctx<'_>) {
        if tail && self.traps.is_empty() && !self.options.interactive && self.frames.is_empty() {
            self.subshell = true;
            self.frames.push(Frame::Run { script: Arc::clone(script), node: body, tail: true });
            return;
        }
        let frames = vec![Frame::Run { script: Arc::clone(script), node: body, tail: true }];
        let fds = ctx.process().fds.clone();
        match self.fork(frames, fds, self.job_group(None), ctx) {
            Ok(pid) => self.frames.push(Frame::Foreground { pids: vec![pid], ended: vec![None] }),
            Err(error) => self.cannot_fork(error),
        }
    }

    pub(super) fn pipeline(&mut self, script: Arc<Script>, node: NodeId, tail: bool, ctx: &mut Ctx<'_>) {
        let Node::Pipeline { bang, timed, commands } = &script.nodes[node] else { return };
        if *timed {
            self.frames.push(Frame::Time(ctx.now()));
        }
        if *bang {
            self.frames.push(Frame::Not);
        }
        if let [only] = commands.as_slice() {
            let (only, tail) = (*only, tail && !*bang && !*timed);
            self.frames.push(Frame::Run { script, node: only, tail });
            return;
        }
        let mut pids: Vec<u32> = Vec::new();
        let mut input: Option<u32> = None;
        for (index, command) in commands.iter().enumerate() {
            let pipe = (index + 1 < commands.len()).then(|| ctx.sys.pipe());
            let mut fds = ctx.process().fds.clone();
            if let Some(input) = input {
                fds.insert(0, input);
            }
            if let Some((_, write)) = pipe {
                fds.insert(1, write);
            }
            let frames = vec![Frame::Run { script: Arc::clone(&script), node: *command, tail: true }];
            // Held while the child is made, let go after: its copy keeps them open.
            let held: Vec<u32> = input.into_iter().chain(pipe.map(|(_, write)| write)).collect();
            for file in &held {
                ctx.sys.retain(*file);
            }
            let forked = self.fork(frames, fds, self.job_group(pids.first().copied()), ctx);
            ctx.release_all(held);
            input = pipe.map(|(read, _)| read);
            match forked {
                Ok(pid) => pids.push(pid),
                Err(error) => {
                    self.cannot_fork(error);
                    return;
                }
            }
        }
        let ended = vec![None; pids.len()];
        self.frames.push(Frame::Foreground { pids, ended });
    }

    pub(super) fn background_job(&mut self, script: &Arc<Script>, node: NodeId, ctx: &mut Ctx<'_>) {
        let frames = vec![Frame::Run { script: Arc::clone(script), node, tail: true }];
        let mut fds = ctx.process().fds.clone();
        let mut null = None;
        if !self.options.interactive {
            let file = ctx.sys.open(super::super::descriptor::FileKind::Null);
            ctx.sys.retain(file);
            fds.insert(0, file);
            null = Some(file);
        }
        let forked = self.fork(frames, fds, self.job_group(None), ctx);
        if let Some(file) = null {
            ctx.sys.release(file);
        }
        match forked {
            Ok(pid) => {
                self.background = Some(pid);
                self.status = 0;
                let number = self.jobs.last().map_or(0, |job| job.number) + 1;
                if self.jobs.len() >= 1000 {
                    self.jobs.remove(0);
                }
                self.jobs.push(Job { number, pid, command: describe(&script.nodes[node]), ended: None });
                if self.options.interactive {
                    self.out.text(2, &format!("[{number}] {pid}\n"));
                }
            }
            Err(error) => self.cannot_fork(error),
        }
    }

    /// Starts a command substitution; `then` goes on when its output is known.
    pub(super) fn substitute(&mut self, source: &str, then: Frame, ctx: &mut Ctx<'_>) {
        let script = match self.parse(source) {
            Ok(script) => script,
            Err(error) => {
                let text = parse::describe(&error, self.flavour);
                self.error(&text);
                self.expansion_failed();
                return;
            }
        };
        let (read, write) = ctx.sys.pipe();
        ctx.sys.retain(read);
        ctx.sys.retain(write);
        let mut fds = ctx.process().fds.clone();
        fds.insert(1, write);
        let node = script.root;
        let forked = self.fork(vec![Frame::Run { script, node, tail: true }], fds, None, ctx);
        let fd = ctx.install(read);
        ctx.sys.release(read);
        ctx.sys.release(write);
        match forked {
            Ok(pid) => self.frames.push(Frame::Collect {
                pid,
                fd,
                buffer: Vec::new(),
                open: true,
                then: Box::new(then),
            }),
            Err(error) => {
                ctx.close(fd);
                self.cannot_fork(error);
            }
        }
    }
}

/// A background command as `jobs` shows it.
fn describe(node: &Node) -> String {
    match node {
        Node::Simple(simple) => {
            let words = simple.words.iter().map(|word| {
                word.0
                    .iter()
                    .map(|piece| match piece {
                        super::script::Piece::Text { text, .. } => text.as_str(),
                        _ => "…",
                    })
                    .collect::<String>()
            });
            let redirected =
                simple.redirects.iter().any(|redirect| !matches!(redirect.kind, RedirectKind::Unsupported));
            let mut text = words.collect::<Vec<_>>().join(" ");
            if redirected {
                text.push_str(" …");
            }
            text
        }
        _ => "{ … }".to_owned(),
    }
}
