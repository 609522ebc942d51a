//! Commands people run in containers: `kubectl exec`, `attach`, `cp`.

use super::{ErrandId, Runtime, SandboxId, Visit};
use crate::kube::SimTime;
use crate::os::{Chunk, Pid, Signal, Spawn, Stdin};

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

impl Runtime {
    /// Starts a command in the newest instance of a container; the error is the end of runc's message.
    pub fn visit(
        &mut self,
        id: SandboxId,
        container: &str,
        (argv, stdin, tty): (Vec<String>, bool, bool),
        now: SimTime,
    ) -> Result<VisitId, String> {
        let sandbox = self.sandboxes.get_mut(&id).ok_or("sandbox not found")?;
        let found =
            sandbox.newest(container).filter(|c| c.state.is_running()).ok_or("container not running")?;
        let cell = found.cell;
        let stdin = if stdin { Stdin::Open } else { Stdin::Empty };
        let spawn = Spawn { argv, stdin, tty, ..Spawn::default() };
        let pid = sandbox.system.spawn(now, cell, spawn, &mut self.volumes).map_err(|error| error.text())?;
        let errand = ErrandId(self.next_errand);
        self.next_errand += 1;
        sandbox.visits.insert(errand, Visit { cell, pid, output: Vec::new(), code: None });
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
