//! Starting processes: looking up executables, setting up descriptors, running their first moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::Errno;
use super::super::cell::{CellId, Span, User};
use super::super::descriptor::{Capture, FileKind, Stream};
use super::super::fs::{Access, Files, may};
use super::super::process::{Load, Pid, ProcKey, Process, Spin};
use super::super::program::{self, Ctx, Program};
use super::super::tree::Body;
use super::super::volume::Volumes;
use super::run::{EXHAUSTED, SLICE_STEPS};
use super::{MAX_PROCESSES, System};
use crate::kube::SimTime;

/// Where commands are looked up when the environment says nothing (execvp(3), runc).
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Children made in a second before making more takes long.
const FORKS_A_SECOND: u32 = 1500;
/// Bytes of one argument or variable that execve(2) takes at most (`MAX_ARG_STRLEN`), and of all of them with their addresses (a quarter
/// of the usual stack of 8 MiB).
pub const ARGUMENT_MAX: (usize, usize) = (128 << 10, 2 << 20);
/// Scripts that name scripts as their interpreter, at most.
const INTERPRETERS: u32 = 4;

/// Standard input of a process the host starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stdin {
    /// `/dev/null`.
    #[default]
    Empty,
    /// Fed with [`System::write_stdin`] until [`System::close_stdin`].
    Open,
    /// These bytes, then the end.
    Text(Vec<u8>),
}

/// What the host wants started.
#[derive(Clone, Debug, Default)]
pub struct Spawn {
    /// Command and arguments.
    pub argv: Vec<String>,
    /// Variables besides those of the container.
    pub env: Vec<(String, String)>,
    /// Working directory; the container's if none.
    pub workdir: Option<String>,
    /// Standard input.
    pub stdin: Stdin,
    /// Input and output are a terminal.
    pub tty: bool,
    /// The user, if not the container's.
    pub user: Option<User>,
}

/// Why a process did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// No such command in `$PATH`.
    NotInPath {
        /// As given.
        name: String,
    },
    /// The path given does not exist.
    NoSuchFile {
        /// As given.
        name: String,
    },
    /// Not executable for this user, or a directory.
    PermissionDenied {
        /// As given.
        name: String,
    },
    /// Executable, but not a program.
    ExecFormat {
        /// As given.
        name: String,
    },
    /// More arguments and variables than the kernel hands over.
    TooLong {
        /// As given.
        name: String,
    },
    /// The working directory cannot be made or entered.
    Workdir {
        /// As given.
        path: String,
        /// Why.
        errno: Errno,
    },
    /// The container is gone or nothing was named.
    NoContainer,
    /// Too many processes.
    TooMany,
}

/// Whether execve(2) would answer E2BIG.
fn is_too_long(argv: &[String], env: &[(String, String)]) -> bool {
    let words = argv.iter().map(|word| word.len() + 1);
    let variables = env.iter().map(|(name, value)| name.len() + value.len() + 2);
    let mut total = 0;
    words.chain(variables).any(|size| {
        total += size + size_of::<usize>();
        size > ARGUMENT_MAX.0 || total > ARGUMENT_MAX.1
    })
}

impl StartError {
    /// The end of runc's message: after `unable to start container process: `, and for a container's first process after
    /// `error during container init: ` as well.
    pub fn text(&self) -> String {
        match self {
            StartError::NotInPath { name } => format!("exec: {name:?}: executable file not found in $PATH"),
            StartError::NoSuchFile { name } => {
                format!("exec: {name:?}: stat {name}: no such file or directory")
            }
            StartError::PermissionDenied { name } => format!("exec: {name:?}: permission denied"),
            StartError::ExecFormat { name } => format!("exec {name}: exec format error"),
            StartError::TooLong { name } => format!("exec {name}: argument list too long"),
            StartError::Workdir { path, errno: Errno::NotDirectory } => {
                format!("mkdir {path}: not a directory")
            }
            StartError::Workdir { path, errno } => {
                format!("mkdir {path}: {}", errno.text().to_lowercase())
            }
            StartError::NoContainer => "container is not running".to_owned(),
            StartError::TooMany => "fork/exec /proc/self/exe: resource temporarily unavailable".to_owned(),
        }
    }
}

/// What stands behind a command name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Executable {
    /// A model, by name, with the command line to give it.
    Program(Arc<str>, Vec<String>),
    /// Text without `#!`: shells run it themselves, the kernel does not.
    Text(String),
    /// The host runs it.
    Foreign,
}

/// A process some process starts.
#[derive(Clone, Debug)]
pub(in super::super) struct Child {
    pub argv: Vec<String>,
    pub comm: Arc<str>,
    pub env: Arc<Vec<(String, String)>>,
    pub cwd: String,
    pub fds: BTreeMap<u32, u32>,
    pub ignored: BTreeSet<super::Signal>,
    pub group: Option<u32>,
    pub program: Program,
}

/// Finds the executable of a command line. `name` is looked up in `path` unless it holds a slash.
pub(in super::super) fn locate(
    files: &Files<'_>,
    argv: &[String],
    path: &str,
) -> Result<Executable, StartError> {
    let mut argv = argv.to_vec();
    for _ in 0..INTERPRETERS {
        let name = argv.first().cloned().ok_or(StartError::NoContainer)?;
        let (file, body) = find_file(files, &name, path)?;
        match body {
            Body::Program(program) => return Ok(Executable::Program(program, argv)),
            Body::File(content) => {
                let head = content.read(0, 256);
                let Some(line) = head.strip_prefix(b"#!") else {
                    let text = !head.contains(&0);
                    return if text {
                        Ok(Executable::Text(file))
                    } else {
                        Err(StartError::ExecFormat { name })
                    };
                };
                let line =
                    String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next().unwrap_or_default())
                        .trim()
                        .to_owned();
                let mut words = line
                    .splitn(2, char::is_whitespace)
                    .map(|word| word.trim().to_owned())
                    .filter(|word| !word.is_empty());
                let mut interpreted: Vec<String> = words.by_ref().collect();
                interpreted.push(file);
                interpreted.extend(argv.into_iter().skip(1));
                argv = interpreted;
            }
            _ => return Err(StartError::PermissionDenied { name }),
        }
    }
    Err(StartError::ExecFormat { name: argv.swap_remove(0) })
}

fn find_file(files: &Files<'_>, name: &str, path: &str) -> Result<(String, Body), StartError> {
    if name.contains('/') {
        return match executable_at(files, name) {
            Ok(found) => Ok(found),
            Err(Errno::Denied) => Err(StartError::PermissionDenied { name: name.to_owned() }),
            Err(_) => Err(StartError::NoSuchFile { name: name.to_owned() }),
        };
    }
    let mut denied = false;
    for directory in path.split(':') {
        let directory = if directory.is_empty() { "." } else { directory };
        match executable_at(files, &format!("{directory}/{name}")) {
            Ok(found) => return Ok(found),
            Err(Errno::Denied) => denied = true,
            Err(_) => {}
        }
    }
    if denied {
        Err(StartError::PermissionDenied { name: name.to_owned() })
    } else {
        Err(StartError::NotInPath { name: name.to_owned() })
    }
}

fn executable_at(files: &Files<'_>, path: &str) -> Result<(String, Body), Errno> {
    let place = files.resolve(path, true)?;
    let node = place.existing()?;
    if node.entries().is_some() || !may(&files.user, &node.meta, Access::Execute) {
        return Err(Errno::Denied);
    }
    Ok((path.to_owned(), node.body.clone()))
}

impl System {
    /// Starts a process in a container. The first of a container is its main process, unless it outlives them all.
    pub fn spawn(
        &mut self,
        now: SimTime,
        id: CellId,
        spawn: Spawn,
        volumes: &mut Volumes,
    ) -> Result<Pid, StartError> {
        self.clock = self.clock.max(now);
        let cell = self.cells.get(&id).ok_or(StartError::NoContainer)?;
        let (namespace, span) = (cell.namespace, cell.span);
        let user = spawn.user.clone().map_or_else(|| Arc::clone(&cell.user), Arc::new);
        let mut env = cell.env.as_ref().clone();
        for (name, value) in spawn.env {
            set_variable(&mut env, name, value);
        }
        let cwd = spawn.workdir.clone().unwrap_or_else(|| cell.workdir.clone());
        let mut files = self.files(now, id, volumes).ok_or(StartError::NoContainer)?;
        make_workdir(&mut files, &cwd)?;
        files.user = Arc::clone(&user);
        files.cwd.clone_from(&cwd);
        default_variable(&mut env, "HOME", || home_of(&files, user.uid));
        if spawn.tty {
            default_variable(&mut env, "TERM", || "xterm".to_owned());
        }
        let path =
            env.iter().find(|(name, _)| name == "PATH").map_or(DEFAULT_PATH, |(_, value)| value.as_str());
        let executable = if self.is_foreign(id, spawn.argv.first()) {
            Executable::Foreign
        } else {
            let mut files = self.files(now, id, volumes).ok_or(StartError::NoContainer)?;
            files.user = Arc::clone(&user);
            files.cwd.clone_from(&cwd);
            locate(&files, &spawn.argv, path)?
        };
        if let Executable::Text(name) = executable {
            return Err(StartError::ExecFormat { name });
        }
        if is_too_long(&spawn.argv, &env) {
            return Err(StartError::TooLong { name: spawn.argv.into_iter().next().unwrap_or_default() });
        }
        let key = self.fresh_key(namespace).ok_or(StartError::TooMany)?;
        let fds = self.captured(key, &spawn.stdin, spawn.tty);
        let comm: Arc<str> = basename(spawn.argv.first().map_or("", String::as_str)).into();
        let child = Child {
            argv: spawn.argv,
            comm,
            env: Arc::new(env),
            cwd,
            fds,
            ignored: BTreeSet::new(),
            group: None,
            program: Program::Running,
        };
        let main = span == Span::FirstProcess
            && !self.procs.values().any(|process| process.main && process.cell == id);
        self.insert_process(key, 0, child, (id, user));
        if let Some(process) = self.procs.get_mut(&key) {
            (process.hosted, process.main) = (true, main);
        }
        self.launch(key, executable, volumes);
        Ok(Pid(key.pid))
    }

    /// Descriptors 0, 1 and 2 as the host sees them.
    fn captured(&mut self, key: ProcKey, stdin: &Stdin, tty: bool) -> BTreeMap<u32, u32> {
        let input = match stdin {
            Stdin::Text(bytes) => bytes.iter().copied().collect(),
            _ => std::collections::VecDeque::new(),
        };
        let capture = Capture { input, input_open: *stdin == Stdin::Open, tty, ..Capture::default() };
        self.captures.insert(key, Box::new(capture));
        let kind = if *stdin == Stdin::Empty { FileKind::Null } else { FileKind::Input(key) };
        let stderr = if tty { Stream::Out } else { Stream::Err };
        let files = [
            self.open(kind),
            self.open(FileKind::Capture(key, Stream::Out)),
            self.open(FileKind::Capture(key, stderr)),
        ];
        (0..).zip(files).collect()
    }

    pub(in super::super) fn is_foreign(&self, cell: CellId, name: Option<&String>) -> bool {
        let foreign = self.cells.get(&cell).map(|cell| &cell.foreign);
        name.zip(foreign).is_some_and(|(name, foreign)| foreign.contains(basename(name)))
    }

    fn fresh_key(&mut self, namespace: u32) -> Option<ProcKey> {
        if self.procs.len() >= MAX_PROCESSES.max(self.cells.len() * 8) {
            return None;
        }
        let next = self.next_pid.entry(namespace).or_insert(0);
        *next += 1;
        Some(ProcKey { namespace, pid: *next })
    }

    fn insert_process(&mut self, key: ProcKey, parent: u32, child: Child, (cell, user): (CellId, Arc<User>)) {
        for file in child.fds.values() {
            self.retain(*file);
        }
        let umask = self.procs.get(&ProcKey { pid: parent, ..key }).map_or(0o022, |parent| parent.umask);
        let process = Process {
            parent,
            cell,
            program: child.program,
            argv: Arc::new(child.argv),
            comm: child.comm,
            env: child.env,
            cwd: child.cwd,
            user,
            umask,
            fds: child.fds,
            ignored: child.ignored,
            pending: Vec::new(),
            timer: None,
            queued: false,
            stopped: false,
            hosted: false,
            main: false,
            group: child.group.unwrap_or(key.pid),
            started: self.clock,
            ended_children: Vec::new(),
            replies: Vec::new(),
            inbox: Vec::new(),
            load: Load { since: self.clock, ..Load::of(720 << 10) },
            spin: Spin::default(),
        };
        self.procs.insert(key, Box::new(process));
        self.wake(key);
    }

    /// Puts the executable's program into a process and lets it set itself up.
    pub(in super::super) fn launch(&mut self, key: ProcKey, executable: Executable, volumes: &mut Volumes) {
        let cell = self.procs.get(&key).map(|process| process.cell);
        let mut ctx = Ctx { sys: self, volumes, key };
        let program = program::launch(&mut ctx, executable);
        if let Some(process) = self.procs.get_mut(&key) {
            process.program = program;
        }
        self.wake(key);
        if let Some(cell) = cell {
            self.check_memory(cell, volumes);
        }
    }

    /// fork(2): a child of `parent` with this program. Fails when there are too many processes.
    pub(in super::super) fn fork(&mut self, parent: ProcKey, mut child: Child) -> Result<u32, Errno> {
        let process = self.procs.get(&parent).ok_or(Errno::NoProcess)?;
        let (cell, user, group) = (process.cell, Arc::clone(&process.user), process.group);
        let key = self.fresh_key(parent.namespace).ok_or(Errno::Again)?;
        child.group = Some(child.group.unwrap_or(group));
        if child.group == Some(0) {
            child.group = Some(key.pid);
        }
        // A fork bomb never runs out of processes, only of time: beyond what a machine forks in a second, a fork takes one.
        let second = SimTime(self.clock.0 / 1000);
        let hasty = self.forks.0 == second && self.forks.1 > FORKS_A_SECOND;
        self.forks = (second, if self.forks.0 == second { self.forks.1 + 1 } else { 0 });
        if let Some(parent) = self.procs.get_mut(&parent).filter(|_| hasty) {
            parent.spin.slices = EXHAUSTED;
        }
        self.charge(parent, if hasty { SLICE_STEPS } else { 20 });
        self.insert_process(key, parent.pid, child, (cell, user));
        // A child has no more patience than its parent, or a fork bomb would never let time pass.
        let spin = self.procs.get(&parent).map(|parent| parent.spin);
        if let (Some(child), Some(spin)) = (self.procs.get_mut(&key), spin) {
            child.spin = spin;
        }
        Ok(key.pid)
    }
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub(in super::super) fn set_variable(env: &mut Vec<(String, String)>, name: String, value: String) {
    match env.iter_mut().find(|(known, _)| *known == name) {
        Some(entry) => entry.1 = value,
        None => env.push((name, value)),
    }
}

fn default_variable(env: &mut Vec<(String, String)>, name: &str, value: impl FnOnce() -> String) {
    if !env.iter().any(|(known, _)| known == name) {
        env.push((name.to_owned(), value()));
    }
}

/// The runtime makes a missing working directory.
fn make_workdir(files: &mut Files<'_>, path: &str) -> Result<(), StartError> {
    let mut made = String::new();
    for part in super::super::cell::parts_of(path) {
        made = format!("{made}/{part}");
        let result = files.resolve(&made, true).and_then(|place| match place.node {
            Some(node) if node.entries().is_some() => Ok(()),
            Some(_) => Err(Errno::NotDirectory),
            None => files.mkdir(&made, 0o755),
        });
        result.map_err(|errno| StartError::Workdir { path: path.to_owned(), errno })?;
    }
    Ok(())
}

/// The home directory of a user by `/etc/passwd`; `/` for strangers.
fn home_of(files: &Files<'_>, uid: u32) -> String {
    let passwd = files.read("/etc/passwd").unwrap_or_default();
    let passwd = String::from_utf8_lossy(&passwd).into_owned();
    let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&uid.to_string()));
    let home = line.and_then(|line| line.split(':').nth(5)).map(str::to_owned);
    home.unwrap_or_else(|| if uid == 0 { "/root".to_owned() } else { "/".to_owned() })
}
