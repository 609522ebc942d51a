//! Commands the host runs itself: the process has descriptors, a group and signals like any other; its work is done outside.

use super::super::descriptor::{Stream, WriteResult};
use super::super::net::Request;
use super::super::process::ProcKey;
use super::super::signal::Signal;
use super::super::system::{Step, System};
use super::super::volume::Volumes;
use super::{Ctx, Flushed, Output, Program};

/// A command the host runs.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Foreign {
    output: Output,
    exit: Option<i32>,
}

pub(in super::super) fn start(ctx: &mut Ctx<'_>) -> Program {
    let process = ctx.process();
    let request = Request::Foreign {
        argv: process.argv.as_ref().clone(),
        env: process.env.as_ref().clone(),
        cwd: process.cwd.clone(),
    };
    let key = ctx.key;
    ctx.sys.request(key, request);
    Program::Foreign(Foreign::default())
}

impl Foreign {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match (self.output.flush(ctx), self.exit) {
            (Flushed::Broken, _) => ctx.broken_pipe(),
            (Flushed::Clean, Some(code)) => Step::Exit(code),
            _ => Step::Wait(None),
        }
    }
}

/// Writes now what can be written and keeps the rest. False if nobody reads: the process has then got SIGPIPE.
pub(in super::super) fn write(
    sys: &mut System,
    key: ProcKey,
    stream: Stream,
    bytes: &[u8],
    volumes: &mut Volumes,
) -> bool {
    let fd = if stream == Stream::Out { 1 } else { 2 };
    let Some(Program::Foreign(foreign)) = sys.procs.get_mut(&key).map(|process| &mut process.program) else {
        return false;
    };
    if foreign.output.held() > 0 {
        foreign.output.push(fd, bytes);
        return true;
    }
    let written = match sys.write_fd(key, fd, bytes, volumes) {
        WriteResult::Wrote(count) => count,
        WriteResult::Wait => 0,
        WriteResult::Failed(_) => bytes.len(),
        WriteResult::Broken => {
            sys.send(key, Signal::PIPE, false);
            return false;
        }
    };
    if let Some(Program::Foreign(foreign)) = sys.procs.get_mut(&key).map(|process| &mut process.program) {
        foreign.output.push(fd, &bytes[written..]);
    }
    true
}

pub(in super::super) fn exit(sys: &mut System, key: ProcKey, code: i32) {
    if let Some(Program::Foreign(foreign)) = sys.procs.get_mut(&key).map(|process| &mut process.program) {
        foreign.exit = Some(code);
    }
    sys.wake(key);
}
