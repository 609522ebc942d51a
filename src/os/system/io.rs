//! Reading and writing through descriptors.

use super::super::descriptor::{FileKind, OpenFile, PIPE_SIZE, Pipe, ReadResult, Stream, WriteResult};
use super::super::process::ProcKey;
use super::super::tree::Body;
use super::super::volume::Volumes;
use super::super::{CellId, Errno};
use super::{Files, System};

/// Bytes one read gives at most.
const CHUNK: usize = 32_768;

impl System {
    pub(in super::super) fn open(&mut self, kind: FileKind) -> u32 {
        let id = self.fresh_id() as u32;
        match kind {
            FileKind::PipeRead(pipe) => self.pipes.entry(pipe).or_default().readers += 1,
            FileKind::PipeWrite(pipe) => self.pipes.entry(pipe).or_default().writers += 1,
            _ => {}
        }
        self.files.insert(id, OpenFile { kind, references: 0 });
        id
    }

    /// A new pipe: the file to read from and the file to write to.
    pub(in super::super) fn pipe(&mut self) -> (u32, u32) {
        let pipe = self.fresh_id() as u32;
        self.pipes.insert(pipe, Pipe::default());
        (self.open(FileKind::PipeRead(pipe)), self.open(FileKind::PipeWrite(pipe)))
    }

    pub(in super::super) fn retain(&mut self, file: u32) {
        if let Some(open) = self.files.get_mut(&file) {
            open.references += 1;
        }
    }

    pub(in super::super) fn release(&mut self, file: u32) {
        let Some(open) = self.files.get_mut(&file) else { return };
        open.references = open.references.saturating_sub(1);
        if open.references > 0 {
            return;
        }
        let Some(open) = self.files.remove(&file) else { return };
        let (FileKind::PipeRead(id) | FileKind::PipeWrite(id)) = open.kind else { return };
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        if matches!(open.kind, FileKind::PipeRead(_)) {
            pipe.readers = pipe.readers.saturating_sub(1);
        } else {
            pipe.writers = pipe.writers.saturating_sub(1);
        }
        if pipe.readers == 0 && pipe.writers == 0 {
            self.pipes.remove(&id);
        } else {
            self.wake_pipe(id);
        }
    }

    fn wake_pipe(&mut self, id: u32) {
        let waiting = self.pipes.get_mut(&id).map(|pipe| std::mem::take(&mut pipe.waiting));
        for key in waiting.into_iter().flatten() {
            self.wake(key);
        }
    }

    /// Puts `file` at descriptor `fd` of a process, closing what was there.
    pub(in super::super) fn set_fd(&mut self, key: ProcKey, fd: u32, file: u32) {
        self.retain(file);
        let old = self.procs.get_mut(&key).and_then(|process| process.fds.insert(fd, file));
        if let Some(old) = old {
            self.release(old);
        }
    }

    pub(in super::super) fn close_fd(&mut self, key: ProcKey, fd: u32) {
        let old = self.procs.get_mut(&key).and_then(|process| process.fds.remove(&fd));
        if let Some(old) = old {
            self.release(old);
        }
    }

    pub(in super::super) fn file_of(&self, key: ProcKey, fd: u32) -> Option<u32> {
        self.procs.get(&key)?.fds.get(&fd).copied()
    }

    /// Whether a captured stream of this process is still held open by some process.
    pub(super) fn writers_of(&self, key: ProcKey) -> bool {
        self.files.values().any(|open| matches!(open.kind, FileKind::Capture(owner, _) if owner == key))
    }

    /// Reads at most `limit` bytes. [`ReadResult::Wait`] registers the process to be woken.
    pub(in super::super) fn read_fd(
        &mut self,
        key: ProcKey,
        fd: u32,
        limit: usize,
        volumes: &mut Volumes,
    ) -> ReadResult {
        let Some(file) = self.file_of(key, fd) else { return ReadResult::Failed(Errno::BadDescriptor) };
        self.read_file(key, file, limit.min(CHUNK), volumes)
    }

    fn read_file(&mut self, key: ProcKey, file: u32, limit: usize, volumes: &mut Volumes) -> ReadResult {
        let Some(open) = self.files.get(&file) else { return ReadResult::Failed(Errno::BadDescriptor) };
        match open.kind.clone() {
            FileKind::Null | FileKind::Capture(..) => ReadResult::End,
            FileKind::Zero | FileKind::Full => ReadResult::Data(vec![0; limit]),
            FileKind::Random => ReadResult::Data(self.random_bytes(limit)),
            FileKind::PipeWrite(_) | FileKind::Regular { readable: false, .. } => {
                ReadResult::Failed(Errno::BadDescriptor)
            }
            FileKind::Directory => ReadResult::Failed(Errno::IsDirectory),
            FileKind::PipeRead(id) => self.read_pipe(key, id, limit),
            FileKind::Input(owner) => self.read_input(key, owner, limit),
            FileKind::Regular { cell, parts, offset, .. } => {
                let data = self.read_regular(cell, &parts, (offset, limit), volumes);
                if let (Some(OpenFile { kind: FileKind::Regular { offset, .. }, .. }), Some(data)) =
                    (self.files.get_mut(&file), &data)
                {
                    *offset += data.len() as u64;
                }
                data.filter(|data| !data.is_empty()).map_or(ReadResult::End, ReadResult::Data)
            }
        }
    }

    fn read_regular(
        &mut self,
        cell: CellId,
        parts: &[String],
        (offset, limit): (u64, usize),
        volumes: &mut Volumes,
    ) -> Option<Vec<u8>> {
        let now = self.clock;
        let files = self.files(now, cell, volumes)?;
        let path = format!("/{}", parts.join("/"));
        match &files.resolve(&path, false).ok()?.node?.body {
            Body::File(content) => Some(content.read(offset, limit)),
            Body::Program(_) => files
                .read(&path)
                .ok()
                .map(|bytes| bytes.into_iter().skip(offset as usize).take(limit).collect()),
            _ => None,
        }
    }

    fn read_pipe(&mut self, key: ProcKey, id: u32, limit: usize) -> ReadResult {
        let Some(pipe) = self.pipes.get_mut(&id) else { return ReadResult::End };
        if pipe.data.is_empty() {
            if pipe.writers == 0 {
                return ReadResult::End;
            }
            pipe.waiting.push(key);
            return ReadResult::Wait;
        }
        let count = pipe.data.len().min(limit);
        let data = pipe.data.drain(..count).collect();
        self.wake_pipe(id);
        ReadResult::Data(data)
    }

    fn read_input(&mut self, key: ProcKey, owner: ProcKey, limit: usize) -> ReadResult {
        let Some(capture) = self.captures.get_mut(&owner) else { return ReadResult::End };
        if capture.input.is_empty() {
            if !capture.input_open {
                return ReadResult::End;
            }
            capture.waiting.push(key);
            return ReadResult::Wait;
        }
        let count = capture.input.len().min(limit);
        ReadResult::Data(capture.input.drain(..count).collect())
    }

    /// Gives bytes back that were read too far (`read` takes one line only).
    pub(in super::super) fn unread_fd(&mut self, key: ProcKey, fd: u32, bytes: &[u8]) {
        let Some(file) = self.file_of(key, fd) else { return };
        match self.files.get_mut(&file).map(|open| &mut open.kind) {
            Some(FileKind::Regular { offset, .. }) => *offset = offset.saturating_sub(bytes.len() as u64),
            Some(FileKind::PipeRead(id)) => {
                if let Some(pipe) = self.pipes.get_mut(id) {
                    bytes.iter().rev().for_each(|byte| pipe.data.push_front(*byte));
                }
            }
            Some(FileKind::Input(owner)) => {
                if let Some(capture) = self.captures.get_mut(owner) {
                    bytes.iter().rev().for_each(|byte| capture.input.push_front(*byte));
                }
            }
            _ => {}
        }
    }

    /// Writes as much as fits. [`WriteResult::Wait`] registers the process to be woken.
    pub(in super::super) fn write_fd(
        &mut self,
        key: ProcKey,
        fd: u32,
        bytes: &[u8],
        volumes: &mut Volumes,
    ) -> WriteResult {
        let Some(file) = self.file_of(key, fd) else { return WriteResult::Failed(Errno::BadDescriptor) };
        let Some(open) = self.files.get(&file) else { return WriteResult::Failed(Errno::BadDescriptor) };
        match open.kind.clone() {
            FileKind::Null | FileKind::Zero | FileKind::Random => WriteResult::Wrote(bytes.len()),
            FileKind::Full => WriteResult::Failed(Errno::NoSpace),
            FileKind::PipeRead(_) | FileKind::Input(_) | FileKind::Directory => {
                WriteResult::Failed(Errno::BadDescriptor)
            }
            FileKind::PipeWrite(id) => self.write_pipe(key, id, bytes),
            FileKind::Capture(owner, stream) => {
                self.write_capture(owner, stream, bytes);
                WriteResult::Wrote(bytes.len())
            }
            FileKind::Regular { writable: false, .. } => WriteResult::Failed(Errno::BadDescriptor),
            FileKind::Regular { cell, parts, offset, append, .. } => {
                let now = self.clock;
                let Some(mut files) = self.files(now, cell, volumes) else {
                    return WriteResult::Failed(Errno::NoEntry);
                };
                let end = match files.write_at(&parts, (!append).then_some(offset), bytes) {
                    Ok(end) => end,
                    Err(Errno::NoEntry) => offset + bytes.len() as u64,
                    Err(error) => return WriteResult::Failed(error),
                };
                if let Some(OpenFile { kind: FileKind::Regular { offset, .. }, .. }) =
                    self.files.get_mut(&file)
                {
                    *offset = end;
                }
                WriteResult::Wrote(bytes.len())
            }
        }
    }

    fn write_capture(&mut self, owner: ProcKey, stream: Stream, bytes: &[u8]) {
        let now = self.clock;
        if let Some(capture) = self.captures.get_mut(&owner) {
            capture.push(now, stream, bytes);
        }
    }

    fn write_pipe(&mut self, key: ProcKey, id: u32, bytes: &[u8]) -> WriteResult {
        let Some(pipe) = self.pipes.get_mut(&id) else { return WriteResult::Broken };
        if pipe.readers == 0 {
            return WriteResult::Broken;
        }
        let room = PIPE_SIZE.saturating_sub(pipe.data.len());
        if room == 0 {
            pipe.waiting.push(key);
            return WriteResult::Wait;
        }
        let count = room.min(bytes.len());
        pipe.data.extend(&bytes[..count]);
        self.wake_pipe(id);
        WriteResult::Wrote(count)
    }

    /// Whether a descriptor is a terminal.
    pub(in super::super) fn is_tty(&self, key: ProcKey, fd: u32) -> bool {
        let kind = self.file_of(key, fd).and_then(|file| self.files.get(&file)).map(|open| &open.kind);
        let Some(FileKind::Capture(owner, _) | FileKind::Input(owner)) = kind else { return false };
        self.captures.get(owner).is_some_and(|capture| capture.tty)
    }

    /// Bytes that look random and are the same in every run.
    fn random_bytes(&mut self, count: usize) -> Vec<u8> {
        let mut state = self.fresh_id().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.clock.0;
        let next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    /// The files of a process's container as that process sees them. `path` is a hint: `/proc` is only made when it is named.
    pub(in super::super) fn files_of<'a>(
        &'a mut self,
        key: ProcKey,
        path: &str,
        volumes: &'a mut Volumes,
    ) -> Option<Files<'a>> {
        let process = self.procs.get(&key)?;
        let (user, cwd, umask, cell) =
            (std::sync::Arc::clone(&process.user), process.cwd.clone(), process.umask, process.cell);
        let proc = (path.contains("proc") || cwd.starts_with("/proc")).then(|| self.proc_tree(key));
        let now = self.clock;
        let cell = self.cells.get_mut(&cell)?;
        Some(Files { cell, volumes, user, cwd, now, proc, umask })
    }
}
