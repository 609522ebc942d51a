//! The frames of the machine: what is being done, and how far it is.

use std::sync::Arc;

use super::super::process::Status;
use super::script::{NodeId, Script};
use super::variables::Variable;

/// One level of what a shell is in the middle of.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    /// To be begun. `tail`: nothing follows, an external command may take this process's place.
    Run {
        script: Arc<Script>,
        node: NodeId,
        tail: bool,
    },
    /// The words of this node are to be expanded; `known` are the outputs of its command substitutions so far.
    Expand {
        script: Arc<Script>,
        node: NodeId,
        tail: bool,
        known: Vec<String>,
    },
    /// A command substitution is being read.
    Collect {
        pid: u32,
        fd: u32,
        buffer: Vec<u8>,
        open: bool,
        then: Box<Frame>,
    },
    List {
        script: Arc<Script>,
        node: NodeId,
        index: usize,
        tail: bool,
    },
    AndOr {
        script: Arc<Script>,
        node: NodeId,
        index: usize,
        tail: bool,
    },
    /// `!`
    Not,
    If {
        script: Arc<Script>,
        node: NodeId,
        arm: usize,
        tail: bool,
    },
    While {
        script: Arc<Script>,
        node: NodeId,
        in_condition: bool,
        status: i32,
    },
    For {
        script: Arc<Script>,
        node: NodeId,
        words: Arc<Vec<String>>,
        index: usize,
    },
    ArithmeticFor {
        script: Arc<Script>,
        node: NodeId,
        first: bool,
    },
    /// A function: what its caller had.
    Function {
        positional: Arc<Vec<String>>,
        locals: Vec<(String, Option<Variable>)>,
    },
    /// `.`
    Sourced,
    /// Source that is to be read once what stands before it has run.
    Rest(String),
    /// Descriptors to put back.
    Descriptors(Vec<(u32, Option<u32>)>),
    /// Variables to put back.
    Assignments(Vec<(String, Option<Variable>)>),
    /// Children in the foreground; the last one's status counts.
    Foreground {
        pids: Vec<u32>,
        ended: Vec<Option<Status>>,
    },
    /// The builtin `wait`.
    Wait {
        pids: Vec<u32>,
        all: bool,
    },
    /// The builtin `read`.
    Read(Box<Reading>),
    /// The action of a trap; the status to bring back.
    Trap(i32),
    /// `time`: when it began.
    Time(crate::kube::SimTime),
    Exit(i32),
}

/// The builtin `read` at work.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub names: Vec<String>,
    /// The array that takes all words.
    pub array: Option<String>,
    pub raw: bool,
    pub fd: u32,
    pub until: Option<crate::kube::SimTime>,
    pub limit: Option<usize>,
    pub delimiter: u8,
    pub line: Vec<u8>,
}

impl Frame {
    /// The children this frame waits for.
    pub fn children(&self) -> Option<Vec<u32>> {
        match self {
            Frame::Foreground { pids, .. } => Some(pids.clone()),
            Frame::Collect { pid, .. } => Some(vec![*pid]),
            _ => None,
        }
    }

    pub fn is_loop(&self) -> bool {
        matches!(self, Frame::While { .. } | Frame::For { .. } | Frame::ArithmeticFor { .. })
    }

    /// A command whose failure is looked at, not acted on by `set -e`.
    pub fn is_condition(&self) -> bool {
        matches!(
            self,
            Frame::If { .. } | Frame::AndOr { .. } | Frame::Not | Frame::While { in_condition: true, .. }
        )
    }

    /// A trap has to wait until this is over.
    pub fn defers_traps(&self) -> bool {
        matches!(
            self,
            Frame::Foreground { .. } | Frame::Collect { .. } | Frame::Descriptors(_) | Frame::Exit(_)
        )
    }
}
