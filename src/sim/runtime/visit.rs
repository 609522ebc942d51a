//! Commands people run in containers: `kubectl exec`, `attach`, `cp`.

use super::{Container, ErrandId, Runtime, Sandbox, SandboxId, State, Visit};
use crate::kube::SimTime;
use crate::os::{CellId, CellSpec, Chunk, Notice, Pid, Signal, Spawn, Stdin};
use crate::sim::agenda::Agenda;
use crate::sim::cluster::{Due, NodeIndex};
use std::sync::Arc;

/// A command somebody runs in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VisitId {
    sandbox: SandboxId,
    errand: ErrandId,
}

impl VisitId {
    /// The sandbox it runs in.
    pub fn sandbox(self) -> SandboxId {
        self.sandbox
    }
}

/// A process of a node's shell that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct NodeVisit {
    /// Its part of the system.
    pub cell: CellId,
    /// Its number.
    pub pid: Pid,
}

impl Runtime {
    /// The sandbox that stands for a node itself, if anybody has visited it.
    pub fn node_shell(&self, node: NodeIndex) -> Option<SandboxId> {
        self.shells.get(&node).copied()
    }

    /// Whether a sandbox stands for a node itself.
    pub fn is_node_shell(&self, id: SandboxId) -> bool {
        self.shells.values().any(|shell| *shell == id)
    }

    /// Makes the sandbox that stands for a node: one container called `host`.
    pub fn add_node_shell(
        &mut self,
        node: NodeIndex,
        (ip, name): (Arc<str>, &str),
        spec: CellSpec,
        now: SimTime,
    ) -> SandboxId {
        let id = self.add(node, u64::MAX, (ip, "default".into()), name);
        self.shells.insert(node, id);
        if let Some(sandbox) = self.sandboxes.get_mut(&id) {
            let cell = sandbox.system.add_cell(spec);
            // The machine's own first process never ends, so that commands come and go beside it.
            let init = Spawn { argv: vec!["sleep".into(), "infinity".into()], ..Spawn::default() };
            let _ = sandbox.system.spawn(now, cell, init, &mut self.volumes);
            sandbox.containers.push(Container {
                id: "0".repeat(64),
                name: "host".into(),
                attempt: 0,
                image: "".into(),
                image_id: "".into(),
                spec_hash: 0,
                user: (0, 0, Vec::new()),
                state: State::Running(now),
                seen: None,
                discarded: false,
                resources: crate::kube::core::ResourceRequirements::default(),
                cell,
                pid: None,
                command: Vec::new(),
                workdir: String::new(),
                stdin: (false, false),
                stop_signal: Signal::TERM,
                last_words: (String::new(), false),
                log: Vec::new(),
            });
        }
        id
    }

    /// Lets the processes of a node's shell run; what they ask, and when they want to run again.
    pub fn run_node_shell(&mut self, id: SandboxId, now: SimTime) -> (Vec<Notice>, Option<SimTime>) {
        let Some((sandbox, volumes)) = self.enter(id) else { return (Vec::new(), None) };
        sandbox.wake_at = SimTime::NEVER;
        let notices = sandbox.system.run(now, volumes);
        let (asked, ended): (Vec<Notice>, Vec<Notice>) =
            notices.into_iter().partition(|notice| matches!(notice, Notice::Request { .. }));
        for notice in ended {
            sandbox.note_visit(&notice);
        }
        (asked, sandbox.system.next_wake())
    }

    /// Asks for a node's shell to be run at `at`.
    pub fn set_wake(&mut self, id: SandboxId, at: SimTime, agenda: &mut Agenda<Due>) {
        if let Some(sandbox) = self.sandboxes.get_mut(&id).filter(|sandbox| sandbox.wake_at > at) {
            sandbox.wake_at = at;
            agenda.push(at, Due::Sandbox(id));
        }
    }

    /// Ends a process of a node's shell that was answered by the host.
    pub fn finish_foreign(&mut self, id: SandboxId, process: NodeVisit, code: i32, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        sandbox.system.foreign_exit(now, process.cell, process.pid, code);
    }

    /// Writes what the host answers to a process of a node's shell.
    pub fn write_foreign(&mut self, id: SandboxId, process: NodeVisit, chunks: &[Chunk], now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        let place = (process.cell, process.pid);
        for chunk in chunks.iter().filter(|chunk| !chunk.bytes.is_empty()) {
            sandbox.system.foreign_write(now, place, (chunk.stream, &chunk.bytes), &mut self.volumes);
        }
    }

    /// What was typed into a process of a node's shell: nothing yet if empty, `None` at its end.
    pub fn read_foreign(&mut self, id: SandboxId, process: NodeVisit) -> Option<Vec<u8>> {
        let sandbox = self.sandboxes.get_mut(&id)?;
        sandbox.system.foreign_read(process.cell, process.pid, &mut self.volumes)
    }

    /// Whether a process of a node's shell still runs.
    pub fn foreign_alive(&self, id: SandboxId, process: NodeVisit) -> bool {
        self.sandboxes.get(&id).is_some_and(|sandbox| sandbox.system.foreign_alive(process.cell, process.pid))
    }

    /// Whether a process of a node's shell reads from a terminal.
    pub fn foreign_tty(&self, id: SandboxId, process: NodeVisit) -> bool {
        let tty = |sandbox: &Sandbox| sandbox.system.foreign_tty(process.cell, process.pid, 0);
        self.sandboxes.get(&id).is_some_and(tty)
    }

    /// Starts a command in the newest instance of a container; the error is the end of runc's message.
    pub fn visit(
        &mut self,
        id: SandboxId,
        container: &str,
        (argv, stdin, tty): (Vec<String>, bool, bool),
        now: SimTime,
    ) -> Result<VisitId, String> {
        let (sandbox, volumes) = self.enter(id).ok_or("sandbox not found")?;
        let found =
            sandbox.newest(container).filter(|c| c.state.is_running()).ok_or("container not running")?;
        let cell = found.cell;
        let stdin = if stdin { Stdin::Open } else { Stdin::Empty };
        let spawn = Spawn { argv, stdin, tty, ..Spawn::default() };
        let pid = sandbox.system.spawn(now, cell, spawn, volumes).map_err(|error| error.text())?;
        let errand = ErrandId(self.next_errand);
        self.next_errand += 1;
        if let Some(sandbox) = self.sandboxes.get_mut(&id) {
            sandbox.visits.insert(errand, Visit { cell, pid, output: Vec::new(), code: None });
        }
        Ok(VisitId { sandbox: id, errand })
    }

    /// What the command has written since it was last asked.
    pub fn visit_output(&mut self, id: VisitId) -> Vec<Chunk> {
        let Some(sandbox) = self.sandboxes.get_mut(&id.sandbox) else { return Vec::new() };
        let Some(visit) = sandbox.visits.get_mut(&id.errand) else { return Vec::new() };
        match visit.code {
            Some(_) => std::mem::take(&mut visit.output),
            None => sandbox.system.drain_output(visit.cell, visit.pid),
        }
    }

    /// The command's exit code, once it has ended; 137 if its container has gone.
    pub fn visit_status(&self, id: VisitId) -> Option<i32> {
        match self.sandboxes.get(&id.sandbox).and_then(|sandbox| sandbox.visits.get(&id.errand)) {
            Some(visit) => visit.code,
            None => Some(137),
        }
    }

    /// Types into the command; no bytes mean the end of its input.
    pub fn visit_input(&mut self, id: VisitId, bytes: Option<&[u8]>) {
        let Some(sandbox) = self.sandboxes.get_mut(&id.sandbox) else { return };
        let Some((cell, pid)) = sandbox.visits.get(&id.errand).map(|visit| (visit.cell, visit.pid)) else {
            return;
        };
        match bytes {
            Some(bytes) => sandbox.system.write_stdin(cell, pid, bytes),
            None => sandbox.system.close_stdin(cell, pid),
        }
    }

    /// Sends the command a signal.
    pub fn visit_signal(&mut self, id: VisitId, signal: Signal, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id.sandbox) else { return };
        if let Some(visit) = sandbox.visits.get(&id.errand) {
            sandbox.system.signal(now, visit.cell, visit.pid, signal);
        }
    }

    /// Ctrl-C on the terminal of the command.
    pub fn visit_interrupt(&mut self, id: VisitId, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id.sandbox) else { return };
        if let Some(visit) = sandbox.visits.get(&id.errand) {
            sandbox.system.interrupt(now, visit.cell, visit.pid);
        }
    }

    /// Ctrl-C on the terminal of a container's first process.
    pub fn attach_interrupt(&mut self, id: SandboxId, container: &str, now: SimTime) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        let found = sandbox.newest(container).and_then(|c| c.pid.map(|pid| (c.cell, pid)));
        if let Some((cell, pid)) = found {
            sandbox.system.interrupt(now, cell, pid);
        }
    }

    /// Types into the first process of a container (`kubectl attach -i`); no bytes mean the end of its input.
    pub fn attach_input(&mut self, id: SandboxId, container: &str, bytes: Option<&[u8]>) {
        let Some(sandbox) = self.sandboxes.get_mut(&id) else { return };
        let found = sandbox.newest(container).and_then(|c| c.pid.map(|pid| (c.cell, pid)));
        let Some((cell, pid)): Option<(_, Pid)> = found else { return };
        match bytes {
            Some(bytes) => sandbox.system.write_stdin(cell, pid, bytes),
            None => sandbox.system.close_stdin(cell, pid),
        }
    }

    /// Reads a file of the newest instance of a container.
    pub fn read_file(
        &mut self,
        id: SandboxId,
        container: &str,
        path: &str,
        now: SimTime,
    ) -> Result<Vec<u8>, String> {
        let sandbox = self.sandboxes.get_mut(&id).ok_or("sandbox not found")?;
        let cell = sandbox.newest(container).map(|c| c.cell).ok_or("container not found")?;
        let files = sandbox.system.files(now, cell, &mut self.volumes).ok_or("container not running")?;
        files.read(path).map_err(|error| error.text().to_owned())
    }

    /// Writes a file of the newest instance of a container.
    pub fn write_file(
        &mut self,
        id: SandboxId,
        container: &str,
        (path, bytes): (&str, &[u8]),
        now: SimTime,
    ) -> Result<(), String> {
        let sandbox = self.sandboxes.get_mut(&id).ok_or("sandbox not found")?;
        let cell = sandbox.newest(container).map(|c| c.cell).ok_or("container not found")?;
        let mut files = sandbox.system.files(now, cell, &mut self.volumes).ok_or("container not running")?;
        files.write(path, bytes).map_err(|error| error.text().to_owned())
    }
}

impl Sandbox {
    /// Notes the end of a command somebody runs.
    pub(super) fn note_visit(&mut self, notice: &Notice) -> bool {
        let Notice::Exited { cell, pid, code, .. } = notice else { return false };
        let Some(visit) = self.visits.values_mut().find(|visit| visit.cell == *cell && visit.pid == *pid)
        else {
            return false;
        };
        visit.output = self.system.drain_output(*cell, *pid);
        visit.code = Some(*code);
        true
    }
}
