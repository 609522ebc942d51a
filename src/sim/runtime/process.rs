//! Processes in sandboxes: starting, stopping, commands on behalf of the kubelet, and what comes of all that.

use super::{Container, Exit, ExitReason, LogLine, Runtime, Sandbox, SandboxId, State};
use crate::kube::{SimTime, WallClock};
use crate::os::{
    Catalogue, CellId, CellSpec, Chunk, Health, HttpRequest, HttpResponse, Notice, Pid, Reference, Request,
    RequestId, ServeId, Served, Signal, Spawn, Stdin, Stream, User, Volumes,
};
use std::net::SocketAddrV4;
use std::sync::Arc;

/// Milliseconds from the decision of the runtime to the first instruction of a process.
const EXEC_DELAY: u64 = 45;
/// Bytes of a container's last words (pkg/kubelet/container, `MaxContainerTerminationMessageLength`).
const LAST_WORDS: usize = 4096;
/// Lines and bytes of log that stand in for them.
const LAST_LINES: (usize, usize) = (80, 2048);

/// A command the kubelet runs in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrandId(pub u32);

/// How such a command ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// What it wrote, both streams.
    pub output: String,
}

/// What happened in a sandbox.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A container's first process has ended.
    Ended {
        /// The container's name.
        name: Arc<str>,
        /// The instance.
        id: String,
    },
    /// A command of the kubelet has ended.
    Done(ErrandId, Outcome),
    /// A server has answered a request that had to wait; none if it closed the connection or ended.
    Served(ServeId, Option<HttpResponse>),
    /// A process asks for something outside of the sandbox.
    Asked(RequestId, Request),
}

/// The image of the process that holds a sandbox's namespaces.
const PAUSE_IMAGE: &str = "registry.k8s.io/pause:3.10";

impl Runtime {
    /// The pause container, whose process is the first where all containers of a Pod share theirs.
    pub fn pause(&mut self, id: SandboxId, now: SimTime) -> Option<CellId> {
        let sandbox = self.sandboxes.get_mut(&id)?;
        if sandbox.pause.is_none() {
            let image = Catalogue::builtin().find(&Reference::parse(PAUSE_IMAGE).ok()?).ok()?;
            let user = User { uid: 65_535, gid: 65_535, groups: Vec::new() };
            let cell = sandbox.system.add_cell(CellSpec { root: image.root, user, ..CellSpec::default() });
            let spawn = Spawn { argv: vec!["/pause".to_owned()], ..Spawn::default() };
            sandbox.system.spawn(now, cell, spawn, &mut self.volumes).ok()?;
            sandbox.pause = Some(cell);
        }
        sandbox.pause
    }

    /// Starts the first process of the newest instance of a container; the error is the end of runc's message.
    pub fn launch(&mut self, id: SandboxId, name: &str, now: SimTime) -> Result<SimTime, String> {
        let (sandbox, volumes) = self.enter(id).ok_or("sandbox not found")?;
        let Some(index) = sandbox.containers.iter().rposition(|c| &*c.name == name) else {
            return Err("container not found".into());
        };
        let container = &sandbox.containers[index];
        let (open, tty) = container.stdin;
        let spawn = Spawn {
            argv: container.command.clone(),
            workdir: Some(container.workdir.clone()).filter(|dir| !dir.is_empty()),
            stdin: if open { Stdin::Open } else { Stdin::Empty },
            tty,
            ..Spawn::default()
        };
        let started = sandbox.system.spawn(now.plus(EXEC_DELAY), container.cell, spawn, volumes);
        let pid = started.map_err(|error| error.text())?;
        let container = &mut sandbox.containers[index];
        container.pid = Some(pid);
        container.state = State::Running(now);
        Ok(now.plus(EXEC_DELAY))
    }

    /// Runs a command in the newest instance of a container; the error is the end of runc's message.
    pub fn exec(
        &mut self,
        id: SandboxId,
        name: &str,
        argv: Vec<String>,
        now: SimTime,
    ) -> Result<ErrandId, String> {
        let (sandbox, volumes) = self.enter(id).ok_or("sandbox not found")?;
        let container =
            sandbox.newest(name).filter(|c| c.state.is_running()).ok_or("container not running")?;
        let cell = container.cell;
        let spawn = Spawn { argv, ..Spawn::default() };
        let pid = sandbox.system.spawn(now, cell, spawn, volumes).map_err(|error| error.text())?;
        let errand = ErrandId(self.next_errand);
        self.next_errand += 1;
        if let Some(sandbox) = self.sandboxes.get_mut(&id) {
            sandbox.errands.insert((cell, pid), errand);
        }
        Ok(errand)
    }

    /// Kills a command nobody waits for any more.
    pub fn abandon(&mut self, id: SandboxId, errand: ErrandId, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        let found = sandbox.errands.iter().find(|(_, known)| **known == errand).map(|(place, _)| *place);
        if let Some((cell, pid)) = found {
            sandbox.errands.remove(&(cell, pid));
            sandbox.system.signal(now, cell, pid, Signal::KILL);
        }
    }

    /// Sends a signal to the first process of an instance; its own stop signal if none is named.
    pub fn stop(&mut self, id: SandboxId, instance: &str, signal: Option<Signal>, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        let Some(container) = sandbox.by_id(instance) else { return };
        let (cell, signal) = (container.cell, signal.unwrap_or(container.stop_signal));
        if let Some(pid) = container.pid {
            sandbox.system.signal(now, cell, pid, signal);
        }
    }

    /// Sends an HTTP request to whoever listens there in the sandbox.
    pub fn http(&mut self, id: SandboxId, to: SocketAddrV4, request: HttpRequest, now: SimTime) -> Served {
        match self.enter(id).filter(|(sandbox, _)| sandbox.up) {
            Some((sandbox, volumes)) => sandbox.system.serve_http(now, to, request, volumes),
            None => Served::Refused,
        }
    }

    /// Sends bytes to whoever listens there in the sandbox; what it says at once, or nothing if nobody listens.
    pub fn tcp(&mut self, id: SandboxId, to: SocketAddrV4, payload: &[u8], now: SimTime) -> Option<Vec<u8>> {
        let (sandbox, volumes) = self.enter(id).filter(|(sandbox, _)| sandbox.up)?;
        sandbox.system.serve_tcp(now, to, payload, volumes)
    }

    /// Whether anybody listens there in the sandbox.
    pub fn listens(&self, id: SandboxId, to: SocketAddrV4) -> bool {
        self.sandboxes.get(&id).is_some_and(|sandbox| sandbox.up && sandbox.system.listens(to))
    }

    /// Whether somebody listens there in the sandbox who answers in plain text only.
    pub fn is_plain(&self, id: SandboxId, to: SocketAddrV4) -> bool {
        self.listens(id, to) && self.sandboxes.get(&id).is_some_and(|sandbox| !sandbox.system.speaks_tls(to))
    }

    /// What a server of the sandbox says of a service's health over gRPC.
    pub fn health(&self, id: SandboxId, to: SocketAddrV4, service: &str) -> Option<Health> {
        self.sandboxes.get(&id).filter(|sandbox| sandbox.up)?.system.health(to, service)
    }

    /// Lets the processes of a sandbox run; what happened, and when they want to run again.
    pub fn run(&mut self, id: SandboxId, now: SimTime) -> (Vec<Happening>, Option<SimTime>) {
        let Some((sandbox, volumes)) = self.enter(id) else { return (Vec::new(), None) };
        let mut happenings = Vec::new();
        for notice in sandbox.system.run(now, volumes) {
            sandbox.take(notice, now, volumes, &mut happenings);
        }
        (happenings, sandbox.system.next_wake())
    }
}

impl Sandbox {
    fn take(&mut self, notice: Notice, now: SimTime, volumes: &mut Volumes, happenings: &mut Vec<Happening>) {
        match notice {
            Notice::Exited { at, cell, pid, code, oom, main, .. } => {
                if let Some(errand) = self.errands.remove(&(cell, pid)) {
                    let output = text(&self.system.drain_output(cell, pid));
                    happenings.push(Happening::Done(errand, Outcome { code, output }));
                } else if let Some(visit) = self.visits.values_mut().find(|v| v.cell == cell && v.pid == pid)
                {
                    visit.output = self.system.drain_output(cell, pid);
                    visit.code = Some(code);
                } else if main {
                    self.container_ended((cell, pid), (at.max(now), code, oom), volumes, happenings);
                }
            }
            Notice::Request { id, request, .. } => happenings.push(Happening::Asked(id, request)),
            Notice::Served { id, response } => happenings.push(Happening::Served(id, response)),
            Notice::OomKilled { .. } => {}
        }
    }

    fn container_ended(
        &mut self,
        (cell, pid): (crate::os::CellId, Pid),
        (at, code, oom): (SimTime, i32, bool),
        volumes: &mut Volumes,
        happenings: &mut Vec<Happening>,
    ) {
        // Cells and processes of a sandbox that was made anew are numbered anew: an ended instance may have had the same numbers.
        let ran = |c: &Container| c.cell == cell && c.pid == Some(pid) && c.state.exit().is_none();
        let Some(index) = self.containers.iter().position(ran) else { return };
        let log = lines(&self.system.drain_output(cell, pid), self.system.wall());
        let (path, fallback) = self.containers[index].last_words.clone();
        let words = self.system.files(at, cell, volumes).and_then(|files| files.read(&path).ok());
        let container = &mut self.containers[index];
        container.log = log;
        let message = words.filter(|words| !words.is_empty()).map(|words| {
            let end = words.len().min(LAST_WORDS);
            String::from_utf8_lossy(&words[..end]).into_owned()
        });
        let message =
            message.or_else(|| (fallback && code != 0).then(|| last_lines(&container.log)).flatten());
        let reason = match (oom, code) {
            (true, _) => ExitReason::OomKilled,
            (_, 0) => ExitReason::Completed,
            _ => ExitReason::Error,
        };
        let started = if let State::Running(since) = container.state { Some(since) } else { None };
        container.state = State::Exited(started, Exit { code, at, reason, message: message.map(Into::into) });
        happenings.push(Happening::Ended { name: container.name.clone(), id: container.id.clone() });
        for visit in self.visits.values_mut().filter(|visit| visit.cell == cell && visit.code.is_none()) {
            visit.output = self.system.drain_output(cell, visit.pid);
            visit.code = Some(137);
        }
        self.system.remove_cell(cell);
    }

    /// Bytes an instance has written outside of volumes, its log included.
    pub fn disk_usage(&self, container: &Container) -> u64 {
        let files = self.system.disk_usage(container.cell);
        let log: usize = container.log.iter().map(|line| line.text.len() + 1).sum();
        files + log as u64
    }

    /// What an instance has written to its streams behind the first `from` bytes, as somebody attached to it sees it. A last line
    /// without an end gets one when the instance ends.
    pub fn written(&self, container: &Container, from: usize) -> Vec<Chunk> {
        let mut skip = from;
        let behind = |mut chunk: Chunk| {
            let cut = skip.min(chunk.bytes.len());
            skip -= cut;
            chunk.bytes.drain(..cut);
            (!chunk.bytes.is_empty()).then_some(chunk)
        };
        match container.pid {
            Some(pid) if container.state.is_running() => {
                self.system.output(container.cell, pid).cloned().filter_map(behind).collect()
            }
            _ => container.log.iter().map(LogLine::chunk).filter_map(behind).collect(),
        }
    }

    /// The log of an instance, as far as it is written.
    pub fn log(&self, container: &Container) -> Vec<LogLine> {
        match container.pid {
            Some(pid) if container.state.is_running() => {
                let chunks: Vec<Chunk> = self.system.output(container.cell, pid).cloned().collect();
                lines(&chunks, self.system.wall())
            }
            _ => container.log.clone(),
        }
    }
}

fn text(chunks: &[Chunk]) -> String {
    let bytes: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Chunks as lines, each stream by itself; a line has the time of its end.
fn lines(chunks: &[Chunk], wall: &WallClock) -> Vec<LogLine> {
    let mut open: [Vec<u8>; 2] = [Vec::new(), Vec::new()];
    let mut lines = Vec::new();
    let mut last = SimTime(0);
    for chunk in chunks {
        let stderr = chunk.stream == Stream::Err;
        last = chunk.at;
        for byte in &chunk.bytes {
            let line = &mut open[usize::from(stderr)];
            if *byte == b'\n' {
                lines.push(LogLine {
                    at: chunk.at,
                    stamp: wall.timestamp(chunk.at),
                    stderr,
                    text: String::from_utf8_lossy(line).into_owned(),
                });
                line.clear();
            } else {
                line.push(*byte);
            }
        }
    }
    for (stderr, rest) in [(false, &open[0]), (true, &open[1])] {
        if !rest.is_empty() {
            let text = String::from_utf8_lossy(rest).into_owned();
            lines.push(LogLine { at: last, stamp: wall.timestamp(last), stderr, text });
        }
    }
    lines
}

fn last_lines(log: &[LogLine]) -> Option<String> {
    let from = log.len().saturating_sub(LAST_LINES.0);
    let text: String = log[from..].iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
    let mut start = text.len().saturating_sub(LAST_LINES.1);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    Some(text[start..].to_owned()).filter(|text| !text.is_empty())
}
