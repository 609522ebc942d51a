//! The system as its hosts use it.

use super::*;
use crate::kube::SimTime;

/// A container of an image, and what its main process printed and did.
struct Box_ {
    system: System,
    volumes: Volumes,
    cell: CellId,
    pid: Pid,
    out: String,
    err: String,
    exits: Vec<(u64, i32)>,
    notices: Vec<Notice>,
}

impl Box_ {
    fn start(image: &str, argv: &[&str]) -> Box_ {
        let image = Catalogue::builtin().find(&Reference::parse(image).unwrap()).unwrap();
        let env = [("PATH", DEFAULT_PATH), ("HOSTNAME", "web")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        if argv.is_empty() {
            argv = image.entrypoint.iter().chain(&image.cmd).cloned().collect();
        }
        let env = env.into_iter().chain(image.env.clone()).collect();
        let spec = CellSpec {
            root: image.root.clone(),
            env,
            user: image.run_as().unwrap(),
            workdir: image.workdir.clone(),
            ..CellSpec::default()
        };
        Box_::with(spec, argv)
    }

    fn with(spec: CellSpec, argv: Vec<String>) -> Box_ {
        let mut system = System::new("web");
        let mut volumes = Volumes::default();
        let cell = system.add_cell(spec);
        let pid = system.spawn(SimTime(0), cell, Spawn { argv, ..Spawn::default() }, &mut volumes).unwrap();
        Box_ {
            system,
            volumes,
            cell,
            pid,
            out: String::new(),
            err: String::new(),
            exits: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn until(mut self, millis: u64) -> Box_ {
        self.advance(millis);
        self
    }

    fn advance(&mut self, millis: u64) {
        for notice in self.system.run(SimTime(millis), &mut self.volumes) {
            if let Notice::Exited { at, code, pid, .. } = &notice
                && *pid == self.pid
            {
                self.exits.push((at.0, *code));
            }
            self.notices.push(notice);
        }
        for chunk in self.system.drain_output(self.cell, self.pid) {
            let text = String::from_utf8_lossy(&chunk.bytes).into_owned();
            if chunk.stream == Stream::Out { self.out.push_str(&text) } else { self.err.push_str(&text) }
        }
    }

    /// Runs another command in the container to its end.
    fn exec(&mut self, now: u64, argv: &[&str]) -> (String, i32) {
        let argv = argv.iter().map(|word| (*word).to_owned()).collect();
        let pid = self
            .system
            .spawn(SimTime(now), self.cell, Spawn { argv, ..Spawn::default() }, &mut self.volumes)
            .unwrap();
        let mut code = -1;
        for notice in self.system.run(SimTime(now), &mut self.volumes) {
            if let Notice::Exited { pid: ended, code: exit, .. } = &notice
                && *ended == pid
            {
                code = *exit;
            }
            self.notices.push(notice);
        }
        let chunks = self.system.drain_output(self.cell, pid);
        (chunks.iter().map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect(), code)
    }
}

/// Runs a script in busybox to its end (an hour at most): output, errors, exit code.
fn sh(script: &str) -> (String, String, i32) {
    let done = Box_::start("busybox:1.36", &["sh", "-c", script]).until(3_600_000);
    (done.out, done.err, done.exits.first().map_or(-1, |exit| exit.1))
}

mod laws;
mod programs;
mod scripts;
mod sockets;
mod sql;
