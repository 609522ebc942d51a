//! What processes do. Each program is a small state machine that is asked for one step at a time and says what it waits for; time
//! is an argument. The table in [`table`] maps command names to their models.

pub(super) mod call;
mod client;
mod diff;
mod expr;
mod files;
mod filter;
mod find;
mod follow;
pub(super) mod foreign;
mod info;
mod lang;
mod list;
mod load;
mod machine;
mod network;
mod observe;
mod runner;
mod server;
pub(super) mod table;
pub(super) mod text;
mod wait;
mod watch;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use super::descriptor::ReadResult;
use super::descriptor::{FileKind, WriteResult};
use super::fs::Files;
use super::net::{Reply, RequestId};
use super::process::{ProcKey, Process};
use super::shell::Shell;
use super::signal::Signal;
use super::system::{Child, Executable, Step, System};
use super::tree::{Body, Device};
use super::volume::Volumes;
use super::{CellId, Errno};
use crate::kube::SimTime;
pub(super) use call::{Call, Flushed, Options, Output};
use k8s_openapi::jiff::Timestamp;
pub(super) use wait::millis;

/// The state of a running program.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// Taken out while it runs.
    Running,
    /// Has said all it has to say; what is left is to write it.
    Done(Output, i32),
    /// Waits for a moment.
    Sleep(SimTime),
    /// Waits for a signal.
    Pause,
    /// A shell.
    Shell(Box<Shell>),
    /// Reads lines, writes lines.
    Filter(Box<filter::Filter>),
    /// Listens.
    Server(Box<server::Server>),
    /// Asks over the network.
    Client(Box<client::Client>),
    /// Takes memory or CPU time.
    Load(load::Load),
    Yes(Box<info::Yes>),
    Timeout(runner::Timeout),
    Xargs(Box<runner::Xargs>),
    /// Run by the host.
    Foreign(foreign::Foreign),
    Watch(Box<watch::Watch>),
    Follow(Box<follow::Follow>),
    /// A line of Python, JavaScript or Perl.
    Script(Box<lang::Script>),
}

impl Program {
    /// Whether the program deals with this signal itself.
    pub fn handles(&self, signal: Signal) -> bool {
        match self {
            Program::Shell(shell) => shell.handles(signal),
            Program::Server(server) => server.handles(signal),
            Program::Pause => matches!(signal, Signal::TERM | Signal::INT),
            _ => false,
        }
    }
}

/// What a program sees of the machine while it takes a step.
pub(super) struct Ctx<'a> {
    pub sys: &'a mut System,
    pub volumes: &'a mut Volumes,
    pub key: ProcKey,
}

/// Lets a program take one step.
pub(super) fn step(program: &mut Program, ctx: &mut Ctx<'_>) -> Step {
    match program {
        Program::Running => Step::Exit(0),
        Program::Done(output, code) => match output.flush(ctx) {
            Flushed::Clean => Step::Exit(*code),
            Flushed::Wait => Step::Wait(None),
            Flushed::Broken => ctx.broken_pipe(),
        },
        Program::Sleep(until) => {
            if ctx.now() >= *until {
                Step::Exit(0)
            } else {
                Step::Wait(Some(*until))
            }
        }
        Program::Pause if !ctx.process().pending.is_empty() => Step::Exit(0),
        Program::Pause => Step::Wait(None),
        Program::Filter(filter) => filter.step(ctx),
        Program::Server(server) => server.step(ctx),
        Program::Client(client) => client.step(ctx),
        Program::Load(load) => load.step(ctx),
        Program::Yes(yes) => yes.step(ctx),
        Program::Timeout(timeout) => timeout.step(ctx),
        Program::Xargs(xargs) => xargs.step(ctx),
        Program::Shell(shell) => shell.step(ctx),
        Program::Foreign(foreign) => foreign.step(ctx),
        Program::Watch(watch) => watch.step(ctx),
        Program::Follow(follow) => follow.step(ctx),
        Program::Script(script) => script.step(ctx),
    }
}

/// The program behind an executable, set up for the process `ctx` stands for.
pub(super) fn launch(ctx: &mut Ctx<'_>, executable: Executable) -> Program {
    match executable {
        Executable::Foreign => foreign::start(ctx),
        Executable::Program(name, argv) => {
            let (model, setting) = name.split_once(':').unwrap_or((&name, ""));
            if let Some(start) = table::find(model) {
                start(&mut Call { setting: setting.to_owned(), ..Call::new(ctx, argv) })
            } else {
                let mut call = Call::new(ctx, argv);
                call.error(&format!("podlab: {name} is not simulated"));
                call.done(1)
            }
        }
        Executable::Text(path) => {
            let argv = ["sh".to_owned(), path]
                .into_iter()
                .chain(ctx.process().argv.iter().skip(1).cloned())
                .collect();
            super::shell::start_ash(&mut Call::new(ctx, argv))
        }
    }
}

impl Ctx<'_> {
    pub fn now(&self) -> SimTime {
        self.sys.clock
    }

    /// What the machine's clock shows.
    pub fn wall(&self) -> Timestamp {
        self.sys.wall.timestamp(self.sys.clock)
    }

    /// The process this program runs in.
    pub fn process(&self) -> &Process {
        &self.sys.procs[&self.key]
    }

    pub fn process_mut(&mut self) -> Option<&mut Process> {
        self.sys.procs.get_mut(&self.key).map(Box::as_mut)
    }

    /// Whether a descriptor is a terminal.
    pub fn is_tty(&self, fd: u32) -> bool {
        self.sys.is_tty(self.key, fd)
    }

    pub fn cell(&self) -> CellId {
        self.process().cell
    }

    /// The files as this process sees them; `path` is what will be looked up (see [`System::files_of`]).
    pub fn files(&mut self, path: &str) -> Option<Files<'_>> {
        self.sys.files_of(self.key, path, self.volumes)
    }

    pub fn read(&mut self, fd: u32) -> ReadResult {
        self.sys.read_fd(self.key, fd, usize::MAX, self.volumes)
    }

    pub fn write(&mut self, fd: u32, bytes: &[u8]) -> WriteResult {
        let result = self.sys.write_fd(self.key, fd, bytes, self.volumes);
        if matches!(result, WriteResult::Wrote(count) if count > 256) {
            self.sys.charge(self.key, 8);
        }
        result
    }

    /// Opens a file for reading at a new descriptor.
    pub fn open_read(&mut self, path: &str) -> Result<u32, Errno> {
        let kind = self.readable_kind(path)?;
        let file = match kind {
            Opened::Kind(kind) => self.sys.open(kind),
            Opened::Same(file) => file,
        };
        Ok(self.install(file))
    }

    /// The file behind a path, to be read.
    pub fn readable_kind(&mut self, path: &str) -> Result<Opened, Errno> {
        let cell = self.cell();
        let files = self.files(path).ok_or(Errno::NoEntry)?;
        let place = files.resolve(path, true)?;
        let node = files.readable(path)?;
        Ok(match &node.body {
            Body::Device(device) => self.device(*device)?,
            Body::Directory(_) => Opened::Kind(FileKind::Directory),
            // What /proc says is said at the moment of opening.
            Body::File(content) if place.parts.first().is_some_and(|first| first == "proc") => {
                let (read, write) = self.sys.pipe();
                self.sys.fill_pipe(write, &content.to_vec());
                Opened::Same(read)
            }
            _ => Opened::Kind(FileKind::Regular {
                cell,
                parts: place.parts,
                offset: 0,
                append: false,
                readable: true,
                writable: false,
            }),
        })
    }

    /// The file behind a path, to be written.
    pub fn writable_kind(&mut self, path: &str, append: bool, read_too: bool) -> Result<Opened, Errno> {
        let cell = self.cell();
        let mut files = self.files(path).ok_or(Errno::NoEntry)?;
        let place = files.open_write(path, !append && !read_too)?;
        Ok(match place.node.as_ref().map(|node| &node.body) {
            Some(Body::Device(device)) => self.device(*device)?,
            _ => Opened::Kind(FileKind::Regular {
                cell,
                parts: place.parts,
                offset: 0,
                append,
                readable: read_too,
                writable: true,
            }),
        })
    }

    fn device(&self, device: Device) -> Result<Opened, Errno> {
        Ok(Opened::Kind(match device {
            Device::Null => FileKind::Null,
            Device::Zero => FileKind::Zero,
            Device::Full => FileKind::Full,
            Device::Random => FileKind::Random,
            Device::Tty => {
                let tty = (0..3).find(|fd| self.sys.is_tty(self.key, *fd)).ok_or(Errno::NoEntry)?;
                return self.sys.file_of(self.key, tty.max(1)).map(Opened::Same).ok_or(Errno::NoEntry);
            }
            Device::Descriptor { pid, fd } => {
                let key = if pid == 0 { self.key } else { ProcKey { pid, ..self.key } };
                return self.sys.file_of(key, fd).map(Opened::Same).ok_or(Errno::NoEntry);
            }
        }))
    }

    /// Puts a file at the lowest free descriptor from 3.
    pub fn install(&mut self, file: u32) -> u32 {
        let fds: &BTreeMap<u32, u32> = &self.process().fds;
        let fd = (3..=u32::MAX).find(|fd| !fds.contains_key(fd)).unwrap_or(3);
        self.sys.set_fd(self.key, fd, file);
        fd
    }

    /// Lets go of files held besides the descriptors.
    pub fn release_all(&mut self, files: Vec<u32>) {
        for file in files {
            self.sys.release(file);
        }
    }

    pub fn close(&mut self, fd: u32) {
        self.sys.close_fd(self.key, fd);
    }

    /// A child with this process's environment, directory and descriptors, that runs `argv`. What cannot be found is told by the
    /// error; the child is not made then.
    pub fn spawn(&mut self, argv: &[String], fds: BTreeMap<u32, u32>) -> Result<u32, super::StartError> {
        let executable = self.locate(argv, None)?;
        let child = self.child(argv.to_vec(), fds);
        let pid = self.sys.fork(self.key, child).map_err(|_| super::StartError::TooMany)?;
        self.sys.launch(ProcKey { pid, ..self.key }, executable, self.volumes);
        Ok(pid)
    }

    /// A child like this process, not yet running anything.
    pub fn child(&self, argv: Vec<String>, fds: BTreeMap<u32, u32>) -> Child {
        let process = self.process();
        let comm: Arc<str> = argv.first().map_or("", |name| name.rsplit('/').next().unwrap_or(name)).into();
        Child {
            argv,
            comm,
            env: Arc::clone(&process.env),
            cwd: process.cwd.clone(),
            fds,
            ignored: process.ignored.clone(),
            group: None,
            program: Program::Running,
        }
    }

    /// The executable of a command line, by `path` or this process's `$PATH`.
    pub fn locate(&mut self, argv: &[String], path: Option<&str>) -> Result<Executable, super::StartError> {
        let cell = self.cell();
        if self.sys.is_foreign(cell, argv.first()) {
            return Ok(Executable::Foreign);
        }
        let path = path.or_else(|| self.process().variable("PATH")).unwrap_or(super::DEFAULT_PATH).to_owned();
        let hint = argv.first().cloned().unwrap_or_default();
        let files = self.files(&hint).ok_or(super::StartError::NoContainer)?;
        super::system::locate(&files, argv, &path)
    }

    /// The child that ended first, taken from the list.
    pub fn reap(&mut self, pid: u32) -> Option<super::process::Status> {
        let ended = &mut self.process_mut()?.ended_children;
        let index = ended.iter().position(|(child, _)| *child == pid)?;
        Some(ended.remove(index).1)
    }

    /// The answer to a question, once it is there.
    pub fn reply(&mut self, id: RequestId) -> Option<Reply> {
        let replies = &mut self.process_mut()?.replies;
        let index = replies.iter().position(|(known, _)| *known == id)?;
        Some(replies.remove(index).1)
    }

    /// A write found nobody reading: the signal, or the exit code of a program that ignores it.
    pub fn broken_pipe(&mut self) -> Step {
        if self.process().ignored.contains(&Signal::PIPE) {
            return Step::Exit(1);
        }
        let key = self.key;
        self.sys.end(key, super::process::Status::Signal(Signal::PIPE), false);
        Step::Exit(141)
    }
}

/// A size such as `20`, `64k`, `1M`; 0 if it is none.
fn filter_size(text: &str) -> u64 {
    filter::size(text).unwrap_or(0)
}

/// A file to put at a descriptor.
pub(super) enum Opened {
    /// To be opened.
    Kind(FileKind),
    /// One that is open already.
    Same(u32),
}
