//! Programs that read lines and write lines: one driver for all, so that every one of them streams, waits and breaks off as filters do.

mod awk;
mod base64;
mod digest;
mod grep;
mod lines;
pub(super) mod sed;
mod start;

use std::collections::VecDeque;

use super::super::descriptor::ReadResult;
use super::super::system::Step;
use super::{Call, Ctx, Flushed, Options, Output, Program};
pub(super) use awk::awk;
pub(super) use base64::base64;
pub(super) use grep::{from_basic, grep, regex};
pub(super) use sed::sed;
pub(super) use start::{cat, checksum, cut, head, nl, rev, size, sort, tac, tail, tee, tr, uniq, wc};

/// Bytes a program keeps in memory at most (`sort`, `tail`, `tac`).
pub(super) const HELD_MAX: usize = 8 << 20;
/// Bytes of output made before it is written.
const OUTPUT_MAX: usize = 64 << 10;

/// What a filter makes of its lines.
#[derive(Clone, Debug)]
pub(in super::super) enum Kind {
    Cat { shown: Shown, count: u64 },
    Head { lines: Option<u64>, bytes: Option<u64> },
    Awk(Box<awk::Awk>),
    Grep(Box<grep::Grep>),
    Sed(Box<sed::Sed>),
    Lines(lines::Lines),
}

/// What `cat` makes visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a letter of the command line")]
pub(in super::super) struct Shown {
    /// `-n`: the number of each line.
    pub number: bool,
    /// `-E`: a `$` where a line ends.
    pub ends: bool,
    /// `-T`: `^I` for a tab.
    pub tabs: bool,
    /// `-v`: `^M` and `M-a` for what does not print.
    pub controls: bool,
}

impl Shown {
    /// A line as it is shown, without its end.
    fn visible(self, line: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(line.len());
        for byte in line {
            let plain = byte & 0x7f;
            match byte {
                b'\t' if self.tabs => shown.extend(b"^I"),
                b'\t' => shown.push(b'\t'),
                _ if !self.controls => shown.push(*byte),
                _ => {
                    if *byte > 0x7f {
                        shown.extend(b"M-");
                    }
                    match plain {
                        0x7f => shown.extend(b"^?"),
                        0..0x20 => shown.extend([b'^', plain + 0x40]),
                        _ => shown.push(plain),
                    }
                }
            }
        }
        shown
    }
}

/// Whether a filter wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum More {
    Yes,
    /// Done with everything, with this exit code.
    Done(i32),
}

/// A running filter.
#[derive(Clone, Debug)]
pub(in super::super) struct Filter {
    name: String,
    gnu: bool,
    inputs: VecDeque<String>,
    open: Option<(u32, String)>,
    partial: Vec<u8>,
    out: Output,
    kind: Kind,
    ending: Option<i32>,
    failed: bool,
}

impl Filter {
    /// A filter over files, or standard input if none are named.
    pub fn start(call: &mut Call<'_, '_>, files: Vec<String>, kind: Kind) -> Program {
        let inputs = if files.is_empty() { VecDeque::from(["-".to_owned()]) } else { files.into() };
        Program::Filter(Box::new(Filter {
            name: call.name(),
            gnu: call.gnu(),
            inputs,
            open: None,
            partial: Vec::new(),
            out: std::mem::take(&mut call.out),
            kind,
            ending: None,
            failed: false,
        }))
    }

    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match self.out.flush(ctx) {
            Flushed::Clean => {}
            Flushed::Wait => return Step::Wait(None),
            Flushed::Broken => return ctx.broken_pipe(),
        }
        if self.out.failed.is_some() {
            self.failed = true;
        }
        if let Some(code) = self.ending {
            return Step::Exit(code);
        }
        let Some((fd, _)) = &self.open else { return self.open_next(ctx) };
        match ctx.read(*fd) {
            ReadResult::Data(data) => {
                // Bytes that are looked at take longer than bytes that are passed on.
                let at_once = if self.whole_bytes() { 2048 } else { 256 };
                ctx.sys.charge(ctx.key, 1 + data.len() as u32 / at_once);
                self.take(&data);
                Step::Again
            }
            ReadResult::Wait => Step::Wait(None),
            ReadResult::End => self.end_of_input(ctx),
            ReadResult::Failed(error) => {
                let path = self.open.as_ref().map_or(String::new(), |(_, path)| path.clone());
                self.complain(&format!(
                    "{}: {error}",
                    if matches!(self.kind, Kind::Cat { .. }) { "read error".to_owned() } else { path }
                ));
                self.close(ctx);
                Step::Again
            }
        }
    }

    fn complain(&mut self, text: &str) {
        let text = if self.gnu { super::words::gnu(&self.name, text) } else { text.to_owned() };
        let message = format!("{}: {text}\n", self.name);
        self.out.text(2, &message);
        self.failed = true;
    }

    fn close(&mut self, ctx: &mut Ctx<'_>) {
        if let Some((fd, _)) = self.open.take()
            && fd > 2
        {
            ctx.close(fd);
        }
    }

    fn open_next(&mut self, ctx: &mut Ctx<'_>) -> Step {
        let Some(path) = self.inputs.pop_front() else {
            self.flush_partial();
            if self.ending.is_none() {
                let code = self.kind_end();
                self.ending = Some(if self.failed && code == 0 { 1 } else { code });
            }
            return Step::Again;
        };
        if path == "-" {
            self.open = Some((0, "-".to_owned()));
            self.begin_file("-");
            return Step::Again;
        }
        match ctx.open_read(&path) {
            Ok(fd) => {
                self.begin_file(&path);
                self.open = Some((fd, path));
                Step::Again
            }
            Err(error) => {
                let text = format!("can't open '{path}': {error}");
                self.complain(&text);
                if let Kind::Grep(grep) = &mut self.kind {
                    grep.failed = true;
                }
                Step::Again
            }
        }
    }

    fn begin_file(&mut self, path: &str) {
        match &mut self.kind {
            Kind::Grep(grep) => grep.begin(path),
            Kind::Lines(lines) => lines.begin(path, &mut self.out),
            _ => {}
        }
    }

    fn end_of_input(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if !self.whole_bytes() {
            self.flush_partial();
        }
        if let Kind::Grep(grep) = &mut self.kind {
            grep.end_file(&mut self.out);
        }
        if let Kind::Lines(lines) = &mut self.kind {
            lines.end_file(&mut self.out);
        }
        self.close(ctx);
        Step::Again
    }

    /// Kinds that take bytes as they come.
    fn whole_bytes(&self) -> bool {
        match &self.kind {
            Kind::Cat { shown, .. } => *shown == Shown::default(),
            Kind::Head { bytes, .. } => bytes.is_some(),
            Kind::Lines(lines) => lines.takes_bytes(),
            _ => false,
        }
    }

    fn take(&mut self, data: &[u8]) {
        if self.whole_bytes() {
            match &mut self.kind {
                Kind::Head { bytes: Some(left), .. } => {
                    let count = (*left).min(data.len() as u64) as usize;
                    self.out.push(1, &data[..count]);
                    *left -= count as u64;
                    if *left == 0 {
                        self.ending = Some(0);
                    }
                }
                Kind::Lines(lines) => lines.bytes(data, &mut self.out),
                _ => self.out.push(1, data),
            }
            return;
        }
        let mut rest = data;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            if self.ending.is_some() || self.out.held() > OUTPUT_MAX * 16 {
                return;
            }
            let mut line = std::mem::take(&mut self.partial);
            line.extend_from_slice(&rest[..end]);
            self.line(&line, true);
            rest = &rest[end + 1..];
        }
        if self.partial.len() + rest.len() > HELD_MAX {
            self.complain("line too long");
            self.ending = Some(1);
        } else {
            self.partial.extend_from_slice(rest);
        }
    }

    fn flush_partial(&mut self) {
        let partial = std::mem::take(&mut self.partial);
        if !partial.is_empty() && self.ending.is_none() {
            self.line(&partial, false);
        }
    }

    fn line(&mut self, line: &[u8], ended: bool) {
        let more = match &mut self.kind {
            Kind::Cat { shown, count } => {
                *count += 1;
                if shown.number {
                    self.out.text(1, &format!("{count:6}  "));
                }
                self.out.push(1, &shown.visible(line));
                self.out.text(1, if ended && shown.ends { "$" } else { "" });
                self.out.text(1, if ended { "\n" } else { "" });
                More::Yes
            }
            Kind::Head { lines, .. } => {
                let left = lines.get_or_insert(10);
                if *left > 0 {
                    self.out.push(1, line);
                    self.out.text(1, if ended { "\n" } else { "" });
                    *left -= 1;
                }
                if *left == 0 { More::Done(0) } else { More::Yes }
            }
            Kind::Grep(grep) => grep.line(line, &mut self.out),
            Kind::Sed(sed) => sed.line(line, &mut self.out),
            Kind::Awk(awk) => awk.line(line, &mut self.out),
            Kind::Lines(lines) => lines.line(line, ended, &mut self.out),
        };
        if let More::Done(code) = more {
            self.ending = Some(if self.failed && code == 0 { 1 } else { code });
        }
    }

    fn kind_end(&mut self) -> i32 {
        match &mut self.kind {
            Kind::Cat { .. } | Kind::Head { .. } => 0,
            Kind::Grep(grep) => grep.end(),
            Kind::Sed(sed) => sed.end(&mut self.out),
            Kind::Awk(awk) => awk.end(&mut self.out),
            Kind::Lines(lines) => {
                lines.end(&mut self.out);
                0
            }
        }
    }
}

/// Options of a call, or what the program says to one it does not know.
pub(super) fn options(
    call: &mut Call<'_, '_>,
    letters: &str,
    long: &[(&str, char)],
) -> Result<Options, Program> {
    Options::parse(&call.args(), letters, long).map_err(|bad| call.bad_option(&bad))
}
