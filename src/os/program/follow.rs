//! `tail -f` and `tail -F`: the last lines of files, then what is added to them, looked for once a second.

use super::super::descriptor::ReadResult;
use super::super::system::Step;
use super::{Call, Ctx, Flushed, Output, Program};

/// Bytes of each file's end that are kept while it is read for the first time.
const HELD_MAX: usize = 1 << 20;
/// Milliseconds between two looks (busybox, GNU tail without inotify).
const PERIOD: u64 = 1000;
/// Bytes taken from one file in one look.
const LOOK_MAX: usize = 1 << 20;

/// A file that is followed.
#[derive(Clone, Debug)]
struct Followed {
    path: String,
    fd: Option<u32>,
}

/// A `tail` that does not end.
#[derive(Clone, Debug)]
pub(in super::super) struct Follow {
    name: String,
    gnu: bool,
    files: Vec<Followed>,
    /// `-F`: the name is what counts; a file that is not there may come.
    by_name: bool,
    headed: bool,
    /// The file whose lines were printed last.
    shown: Option<usize>,
    out: Output,
    next: crate::kube::SimTime,
    ending: Option<i32>,
}

/// What of a file is shown first.
#[derive(Clone, Copy, Debug)]
pub(super) enum First {
    Lines(usize),
    Bytes(usize),
    /// All from this line on, 1 for the first.
    FromLine(u64),
}

pub(super) fn start(
    call: &mut Call<'_, '_>,
    paths: &[String],
    first: First,
    by_name: bool,
    quiet: bool,
) -> Program {
    let mut follow = Follow {
        name: call.name(),
        gnu: call.gnu(),
        files: Vec::new(),
        by_name,
        headed: paths.len() > 1 && !quiet,
        shown: None,
        out: std::mem::take(&mut call.out),
        next: call.ctx.now().plus(PERIOD),
        ending: None,
    };
    for path in paths {
        match call.ctx.open_read(path) {
            Ok(fd) => {
                follow.files.push(Followed { path: path.clone(), fd: Some(fd) });
                let bytes = read(call.ctx, fd, HELD_MAX * 8);
                let number = follow.files.len() - 1;
                follow.show(number, end_of(&bytes, first), true);
            }
            Err(error) => {
                follow.complain(&format!("can't open '{path}': {error}"));
                if by_name {
                    follow.files.push(Followed { path: path.clone(), fd: None });
                }
            }
        }
    }
    if follow.files.is_empty() {
        follow.complain("no files");
        follow.ending = Some(1);
    }
    Program::Follow(Box::new(follow))
}

/// The part of a file that is shown first.
fn end_of(bytes: &[u8], first: First) -> &[u8] {
    match first {
        First::Bytes(count) => &bytes[bytes.len().saturating_sub(count)..],
        First::Lines(0) => &[],
        First::Lines(count) => {
            let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            let ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
            let from = ends.map(|(at, _)| at + 1).nth(count - 1).unwrap_or(0);
            &bytes[from..]
        }
        First::FromLine(line) => {
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
            let mut starts = std::iter::once(0).chain(ends);
            starts
                .nth(line.saturating_sub(1).min(usize::MAX as u64) as usize)
                .map_or(&[], |from| &bytes[from..])
        }
    }
}

impl Follow {
    fn complain(&mut self, text: &str) {
        let text = if self.gnu { super::words::gnu(&self.name, text) } else { text.to_owned() };
        self.out.text(2, &format!("{}: {text}\n", self.name));
    }

    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match self.out.flush(ctx) {
            Flushed::Clean => {}
            Flushed::Wait => return Step::Wait(None),
            Flushed::Broken => return ctx.broken_pipe(),
        }
        if let Some(code) = self.ending {
            return Step::Exit(code);
        }
        if ctx.now() < self.next {
            return Step::Wait(Some(self.next));
        }
        self.next = ctx.now().plus(PERIOD);
        for number in 0..self.files.len() {
            self.look(number, ctx);
        }
        Step::Again
    }

    fn look(&mut self, number: usize, ctx: &mut Ctx<'_>) {
        let (path, fd) = (self.files[number].path.clone(), self.files[number].fd);
        let fd = if let Some(fd) = fd {
            fd
        } else {
            let Ok(fd) = ctx.open_read(&path) else { return };
            self.complain(&format!("{path} has appeared; following end of new file"));
            self.files[number].fd = Some(fd);
            fd
        };
        let bytes = read(ctx, fd, LOOK_MAX);
        self.show(number, &bytes, false);
        if self.by_name && ctx.files(&path).is_some_and(|files| files.readable(&path).is_err()) {
            let name = &self.name;
            self.out.text(
                2,
                &format!("{name}: {path} has become inaccessible: {}\n", super::super::Errno::NoEntry),
            );
            ctx.close(fd);
            self.files[number].fd = None;
        }
    }

    fn show(&mut self, number: usize, bytes: &[u8], first: bool) {
        if bytes.is_empty() && !first {
            return;
        }
        if self.headed && self.shown != Some(number) {
            let gap = if self.shown.is_some() { "\n" } else { "" };
            self.out.text(1, &format!("{gap}==> {} <==\n", self.files[number].path));
            self.shown = Some(number);
        }
        self.out.push(1, bytes);
    }
}

/// What there is to read now; at most `limit` bytes, the end of them kept.
fn read(ctx: &mut Ctx<'_>, fd: u32, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut taken = 0;
    while taken < limit {
        let ReadResult::Data(data) = ctx.read(fd) else { break };
        taken += data.len();
        ctx.sys.charge(ctx.key, 1 + data.len() as u32 / 2048);
        bytes.extend(data);
        let over = bytes.len().saturating_sub(HELD_MAX);
        bytes.drain(..over);
    }
    bytes
}
