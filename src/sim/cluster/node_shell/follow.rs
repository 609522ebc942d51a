//! Programs of a node's shell that do not end at once: a command in a container, a log or a journal that is followed.

use super::journal::Journal;
use super::{Cluster, NodeIndex};
use crate::os::{Chunk, Signal, Stream};
use crate::sim::runtime::{NodeVisit, SandboxId, VisitId};

/// Milliseconds between two looks at what is followed.
const LOOK: u64 = 200;

/// What a program of a node's shell goes on with.
#[derive(Clone, Debug)]
pub(in crate::sim::cluster) enum Follow {
    /// A command in a container, and whether it reads what is typed.
    Exec { visit: VisitId, stdin: bool },
    /// The log of a container, from some byte on.
    Log { sandbox: SandboxId, id: String, written: usize },
    /// The journal.
    Journal(Journal),
    /// An editor, open on the file at this path of the node's disk until somebody closes it.
    Editor(String),
}

/// A process of a node's shell and what it goes on with.
#[derive(Clone, Debug)]
pub(in crate::sim::cluster) struct Link {
    pub(super) shell: SandboxId,
    pub(super) process: NodeVisit,
    pub(super) follow: Follow,
}

impl Link {
    /// The file it is open on, if it is an editor of that shell.
    pub(super) fn edits(&self, shell: SandboxId) -> Option<&str> {
        match &self.follow {
            Follow::Editor(path) if self.shell == shell => Some(path),
            _ => None,
        }
    }
}

impl Cluster {
    /// Lets a process of a node's shell go on until what it follows has ended, or it is ended itself.
    pub(super) fn link(&mut self, shell: SandboxId, process: NodeVisit, follow: Follow) {
        self.links.push(Link { shell, process, follow });
    }

    /// Passes on what has come since the last look; asks for another one.
    pub(super) fn follow_links(&mut self, shell: SandboxId) {
        let (mine, others): (Vec<Link>, Vec<Link>) =
            std::mem::take(&mut self.links).into_iter().partition(|link| link.shell == shell);
        self.links = others;
        let before = mine.len();
        for mut link in mine {
            if !self.runtime.foreign_alive(shell, link.process) {
                if let Follow::Exec { visit, .. } = link.follow {
                    self.exec_signal(visit, Signal::HUP);
                }
                continue;
            }
            let (chunks, ended) = self.go_on(&mut link);
            self.runtime.write_foreign(shell, link.process, &chunks, self.now);
            match ended {
                Some(code) => self.runtime.finish_foreign(shell, link.process, code, self.now),
                None => self.links.push(link),
            }
        }
        let left = self.links.iter().filter(|link| link.shell == shell).count();
        // Whoever waits for what has ended goes on at once.
        let wait = if left < before { Some(1) } else { (left > 0).then_some(LOOK) };
        if let Some(wait) = wait {
            self.runtime.set_wake(shell, self.now.plus(wait), &mut self.agenda);
        }
    }

    fn go_on(&mut self, link: &mut Link) -> (Vec<Chunk>, Option<i32>) {
        match &mut link.follow {
            Follow::Exec { visit, stdin } => {
                while *stdin {
                    match self.runtime.read_foreign(link.shell, link.process) {
                        Some(bytes) if bytes.is_empty() => break,
                        Some(bytes) => self.exec_input(*visit, Some(&bytes)),
                        None => {
                            *stdin = false;
                            self.exec_input(*visit, None);
                        }
                    }
                }
                let status = self.exec_status(*visit);
                (self.exec_output(*visit), status)
            }
            Follow::Log { sandbox, id, written } => {
                let chunks = self.log_behind(*sandbox, id, *written);
                *written += chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>();
                let ended = self.runtime.get(*sandbox).and_then(|sandbox| {
                    sandbox
                        .containers
                        .iter()
                        .find(|container| container.id == *id)
                        .map(|c| !c.state.is_running())
                });
                (chunks, ended.unwrap_or(true).then_some(0))
            }
            Follow::Editor(_) => (Vec::new(), None),
            Follow::Journal(journal) => {
                let node = self.runtime.node_of(link.shell).unwrap_or(NodeIndex(0));
                let text = journal.news(self, node);
                let chunk = Chunk { at: self.now, stream: Stream::Out, bytes: text.into_bytes() };
                (vec![chunk], None)
            }
        }
    }

    /// What a container has written behind some byte.
    pub(super) fn log_behind(&self, sandbox: SandboxId, id: &str, from: usize) -> Vec<Chunk> {
        let Some(sandbox) = self.runtime.get(sandbox) else { return Vec::new() };
        let found = sandbox.containers.iter().find(|container| container.id == id);
        found.map(|container| sandbox.written(container, from)).unwrap_or_default()
    }
}
