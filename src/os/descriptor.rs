//! Open files and pipes: what a descriptor of a process points to.

use std::collections::VecDeque;

use super::cell::CellId;
use super::process::ProcKey;
use crate::kube::SimTime;

/// Bytes a pipe holds before a writer waits (pipe(7)).
pub(super) const PIPE_SIZE: usize = 65_536;
/// Bytes of captured output kept until the host takes them; what is written beyond is dropped, oldest first.
const CAPTURE_SIZE: usize = 8 << 20;

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// Descriptor 1.
    Out,
    /// Descriptor 2.
    Err,
}

/// Something written to a captured stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When.
    pub at: SimTime,
    /// Where to.
    pub stream: Stream,
    /// What.
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Null,
    Zero,
    Full,
    Random,
    PipeRead(u32),
    PipeWrite(u32),
    Regular {
        cell: CellId,
        parts: Vec<String>,
        offset: u64,
        append: bool,
        readable: bool,
        writable: bool,
    },
    Directory,
    /// Output the host collects for this process.
    Capture(ProcKey, Stream),
    /// Input the host feeds.
    Input(ProcKey),
}

#[derive(Clone, Debug)]
pub(super) struct OpenFile {
    pub kind: FileKind,
    pub references: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    pub data: VecDeque<u8>,
    pub readers: u32,
    pub writers: u32,
    pub waiting: Vec<ProcKey>,
}

/// What the host sees of a process it started: its output, and the input it gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture {
    pub chunks: VecDeque<Chunk>,
    pub held: usize,
    pub input: VecDeque<u8>,
    pub input_open: bool,
    pub tty: bool,
    pub waiting: Vec<ProcKey>,
    pub ended: bool,
}

impl Capture {
    /// Keeps what was written, joined to the last chunk if it is of the same moment and stream.
    pub fn push(&mut self, at: SimTime, stream: Stream, bytes: &[u8]) {
        self.held += bytes.len();
        match self.chunks.back_mut() {
            Some(last) if last.at == at && last.stream == stream && last.bytes.len() < PIPE_SIZE => {
                last.bytes.extend_from_slice(bytes);
            }
            _ => self.chunks.push_back(Chunk { at, stream, bytes: bytes.to_vec() }),
        }
        while self.held > CAPTURE_SIZE {
            let Some(oldest) = self.chunks.pop_front() else { break };
            self.held -= oldest.bytes.len();
        }
    }
}

/// What a read gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadResult {
    Data(Vec<u8>),
    End,
    Wait,
    Failed(super::Errno),
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteResult {
    Wrote(usize),
    Wait,
    Broken,
    Failed(super::Errno),
}
