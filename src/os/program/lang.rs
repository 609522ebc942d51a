//! Language runtimes. Of Python, JavaScript and Perl podlab runs what people put on one line of a manifest: print, sleep, loop, serve,
//! exit, fill memory. Anything else is said to be out of reach, with the line that is.

mod condition;
mod python;
mod script;

use std::collections::BTreeMap;
use std::sync::Arc;

use condition::Condition;

use super::super::system::Step;
use super::server;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;

/// Bytes a language keeps before it writes to a pipe (Python's and Perl's buffers).
const BUFFER: usize = 8192;
/// How Python begins to tell of an exception nobody catches.
const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n";
/// Bytes of text a variable holds at most.
const TEXT_MAX: usize = 1 << 20;

/// A value, as written in the source.
#[derive(Clone, Debug, PartialEq)]
enum Expr {
    Text(String),
    Number(i64),
    Variable(String),
    /// A variable of the environment, and what stands for it.
    Environment(String, Option<Box<Expr>>),
    /// A whole number, of what may be text.
    Whole(Box<Expr>),
    /// What remains of a division.
    Rest(Box<Expr>, i64),
    /// The Unix time.
    Now,
    Sum(Vec<Expr>),
}

/// One thing a script does.
#[derive(Clone, Debug)]
enum Act {
    /// Prints to a descriptor; what follows the text; at once.
    Print(Vec<Expr>, u32, String, bool),
    /// Milliseconds.
    Sleep(u64),
    Set(String, Expr),
    /// Takes so many bytes more.
    Memory(u64),
    Exit(i32),
    /// Ends with a message, as an exception nobody catches.
    Raise(String),
    Forever(Arc<[Act]>),
    /// As long as a condition holds.
    While(Condition, Arc<[Act]>),
    /// One body or the other.
    If(Condition, Arc<[Act]>, Arc<[Act]>),
    /// Leaves the innermost loop.
    Break,
    /// Begins the innermost loop's next round.
    Continue,
    /// A variable from 0 up to a number.
    Count(String, i64, Arc<[Act]>),
    /// Waits for signals.
    Pause,
}

/// What a running body belongs to.
#[derive(Clone, Debug)]
enum Round {
    /// It runs once.
    Once,
    /// The act before the next one of the body around it begins it again.
    Again,
    /// A variable with its value and end.
    Count(String, i64, i64),
}

/// A body that is running: its acts, the next one, and what it belongs to.
type Body = (Arc<[Act]>, usize, Round);

/// A script that runs.
#[derive(Clone, Debug)]
pub(in super::super) struct Script {
    /// Bodies that are running, the innermost last.
    frames: Vec<Body>,
    variables: BTreeMap<String, Expr>,
    until: Option<SimTime>,
    out: Output,
    /// Printed, not yet written: standard output into a pipe is written in blocks.
    held: Vec<u8>,
    buffered: bool,
    ending: Option<i32>,
}

fn run(acts: Vec<Act>, buffered: bool, call: &mut Call<'_, '_>, memory: u64) -> Program {
    let key = call.ctx.key;
    call.ctx.sys.set_load(key, |load| load.memory = memory);
    Program::Script(Box::new(Script {
        frames: vec![(acts.into(), 0, Round::Once)],
        variables: BTreeMap::new(),
        until: None,
        out: std::mem::take(&mut call.out),
        held: Vec::new(),
        buffered,
        ending: None,
    }))
}

impl Script {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match self.out.flush(ctx) {
            Flushed::Clean => {}
            Flushed::Wait => return Step::Wait(None),
            Flushed::Broken => return ctx.broken_pipe(),
        }
        if let Some(code) = self.ending {
            if self.held.is_empty() {
                return Step::Exit(code);
            }
            let held = std::mem::take(&mut self.held);
            self.out.push(1, &held);
            return Step::Again;
        }
        if let Some(until) = self.until {
            if ctx.now() < until {
                return Step::Wait(Some(until));
            }
            self.until = None;
        }
        ctx.sys.charge(ctx.key, 5);
        match self.next() {
            Some(Act::Pause) => Step::Wait(None),
            Some(act) => {
                self.perform(act, ctx);
                Step::Again
            }
            None => {
                self.ending = Some(0);
                Step::Again
            }
        }
    }

    /// The next act; loops begin again.
    fn next(&mut self) -> Option<Act> {
        loop {
            let (acts, at, counter) = self.frames.last_mut()?;
            if let Some(act) = acts.get(*at) {
                if matches!(act, Act::Pause) {
                    return Some(Act::Pause);
                }
                *at += 1;
                return Some(act.clone());
            }
            match counter {
                Round::Count(name, value, end) if *value + 1 < *end => {
                    *value += 1;
                    *at = 0;
                    let (name, value) = (name.clone(), *value);
                    self.variables.insert(name, Expr::Number(value));
                }
                _ => drop(self.frames.pop()),
            }
        }
    }

    fn perform(&mut self, act: Act, ctx: &mut Ctx<'_>) {
        match act {
            Act::Print(words, fd, end, at_once) => {
                let words: Vec<String> = words.iter().map(|word| self.text(word, ctx)).collect();
                let text = format!("{}{end}", words.join(" "));
                if fd == 1 && self.buffered {
                    self.held.extend(text.as_bytes());
                    if at_once || self.held.len() >= BUFFER {
                        let held = std::mem::take(&mut self.held);
                        self.out.push(1, &held);
                    }
                } else {
                    self.out.text(fd, &text);
                }
            }
            Act::Sleep(millis) => self.until = Some(ctx.now().plus(millis)),
            Act::Set(name, value) => {
                if let Expr::Whole(of) = &value
                    && let Err(error) = self.whole(of, ctx)
                {
                    return self.perform(Act::Raise(format!("{TRACEBACK}{error}\n")), ctx);
                }
                let value = match self.evaluate(&value, ctx) {
                    Expr::Text(text) if text.len() > TEXT_MAX => {
                        Expr::Text(text.chars().take(TEXT_MAX).collect())
                    }
                    other => other,
                };
                self.variables.insert(name, value);
            }
            Act::Memory(bytes) => {
                let key = ctx.key;
                let cell = ctx.cell();
                ctx.sys.set_load(key, |load| load.memory = load.memory.saturating_add(bytes));
                ctx.sys.check_memory(cell, ctx.volumes);
            }
            Act::Exit(code) => self.ending = Some(code),
            Act::Raise(text) => {
                self.out.text(2, &text);
                self.ending = Some(1);
            }
            act => self.turn(act, ctx),
        }
    }

    /// An act that decides which act is next.
    fn turn(&mut self, act: Act, ctx: &Ctx<'_>) {
        match act {
            Act::Forever(body) => {
                // Runs for ever: the body's end leads back to this act.
                if let Some((_, at, _)) = self.frames.last_mut() {
                    *at -= 1;
                }
                self.frames.push((body, 0, Round::Again));
            }
            Act::While(condition, body) if condition.holds(self, ctx) => self.turn(Act::Forever(body), ctx),
            Act::If(condition, then, otherwise) => {
                let body = if condition.holds(self, ctx) { then } else { otherwise };
                self.frames.push((body, 0, Round::Once));
            }
            Act::Break | Act::Continue => self.leave(matches!(act, Act::Break)),
            Act::Count(name, end, body) if end > 0 => {
                self.variables.insert(name.clone(), Expr::Number(0));
                self.frames.push((body, 0, Round::Count(name, 0, end)));
            }
            _ => {}
        }
    }

    /// Leaves the bodies up to the innermost loop's: the loop too, or only this round of it.
    fn leave(&mut self, loop_too: bool) {
        while let Some((acts, at, round)) = self.frames.last_mut() {
            match round {
                Round::Once => drop(self.frames.pop()),
                _ if !loop_too => {
                    *at = acts.len();
                    return;
                }
                round => {
                    let led_back = matches!(round, Round::Again);
                    self.frames.pop();
                    if let Some((_, at, _)) = self.frames.last_mut().filter(|_| led_back) {
                        *at += 1;
                    }
                    return;
                }
            }
        }
    }

    /// A value as a whole number; the error is what an interpreter says.
    fn whole(&self, value: &Expr, ctx: &Ctx<'_>) -> Result<i64, String> {
        let text = self.text(value, ctx);
        text.trim()
            .parse()
            .map_err(|_| format!("ValueError: invalid literal for int() with base 10: '{text}'"))
    }

    fn evaluate(&self, value: &Expr, ctx: &Ctx<'_>) -> Expr {
        match value {
            Expr::Variable(name) => self.variables.get(name).cloned().unwrap_or(Expr::Text(String::new())),
            Expr::Environment(name, otherwise) => match (ctx.process().variable(name), otherwise) {
                (Some(value), _) => Expr::Text(value.to_owned()),
                (None, Some(otherwise)) => self.evaluate(otherwise, ctx),
                (None, None) => Expr::Text("None".to_owned()),
            },
            Expr::Whole(of) => self.whole(of, ctx).map_or(Expr::Text(String::new()), Expr::Number),
            Expr::Rest(of, by) => {
                self.whole(of, ctx).map_or(Expr::Text(String::new()), |n| Expr::Number(n.rem_euclid(*by)))
            }
            Expr::Now => Expr::Text(super::info::strftime(ctx.wall(), "%s.0")),
            Expr::Sum(parts) => {
                let parts: Vec<Expr> = parts.iter().map(|part| self.evaluate(part, ctx)).collect();
                let numbers: Option<Vec<i64>> = parts
                    .iter()
                    .map(|part| if let Expr::Number(number) = part { Some(*number) } else { None })
                    .collect();
                match numbers {
                    Some(numbers) => {
                        Expr::Number(numbers.iter().fold(0, |sum: i64, next| sum.saturating_add(*next)))
                    }
                    None => Expr::Text(parts.iter().map(|part| self.text(part, ctx)).collect()),
                }
            }
            plain => plain.clone(),
        }
    }

    fn text(&self, value: &Expr, ctx: &Ctx<'_>) -> String {
        match self.evaluate(value, ctx) {
            Expr::Text(text) => text,
            Expr::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }
}

/// `python3`: a module, a line, a file, or standard input.
pub(super) fn python(call: &mut Call<'_, '_>) -> Program {
    let mut words = call.args();
    let mut unbuffered =
        call.variable("PYTHONUNBUFFERED").is_some_and(|value| !value.is_empty()) || call.ctx.is_tty(1);
    while words.first().is_some_and(|word| matches!(word.as_str(), "-u" | "-B" | "-E" | "-I" | "-s" | "-W")) {
        unbuffered |= words.remove(0) == "-u";
    }
    let version = call.variable("PYTHON_VERSION").unwrap_or_else(|| "3.13.7".to_owned());
    let source = match words.first().map(String::as_str) {
        Some("-V" | "--version") => {
            call.line(&format!("Python {version}"));
            return call.done(0);
        }
        Some("-m") if words.get(1).is_some_and(|module| module == "http.server") => {
            return server::python_http(call, &words[2..]);
        }
        Some("-m") => {
            let module = words.get(1).cloned().unwrap_or_default();
            return call.fail(&format!("podlab: python module {module} is not simulated"));
        }
        Some("-c") => words.get(1).cloned().unwrap_or_default(),
        Some(path) if !path.starts_with('-') => match source(call, path) {
            Ok(text) => text,
            Err(error) => {
                let name = call.name();
                let full = call.argv.first().cloned().unwrap_or(name);
                call.error(&format!("{full}: can't open file '{path}': [Errno {}] {error}", error.number()));
                return call.done(2);
            }
        },
        // Without a terminal and without input Python has nothing to do; at a terminal it asks.
        None if !call.ctx.is_tty(0) => return call.done(0),
        _ => return call.fail("podlab: an interactive Python is not simulated; use python3 -c"),
    };
    match python::parse(&source) {
        Ok(acts) => run(acts, !unbuffered, call, 9 << 20),
        Err(error) if error.starts_with("  File") => {
            call.error(&error);
            call.done(1)
        }
        Err(line) => call.fail(&format!("podlab: this Python is not simulated: {line}")),
    }
}

fn source(call: &mut Call<'_, '_>, path: &str) -> Result<String, super::super::Errno> {
    let bytes = call.files(path)?.read(path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `node`: `-e CODE`, `-p CODE`, `-v`, a file.
pub(super) fn node(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let text = match words.first().map(String::as_str) {
        Some("-v" | "--version") => {
            let version = call.variable("NODE_VERSION").unwrap_or_else(|| "22.19.0".to_owned());
            call.line(&format!("v{version}"));
            return call.done(0);
        }
        Some("-e" | "--eval" | "-p") => words.get(1).cloned().unwrap_or_default(),
        Some(path) if !path.starts_with('-') => {
            if let Ok(text) = source(call, path) {
                text
            } else {
                let cwd = call.ctx.process().cwd.clone();
                let full = if path.starts_with('/') {
                    path.to_owned()
                } else {
                    format!("{}/{path}", cwd.trim_end_matches('/'))
                };
                call.error(&format!("node:internal/modules/cjs/loader\n  throw err;\n  ^\n\nError: Cannot find module '{full}'"));
                return call.done(1);
            }
        }
        None if !call.ctx.is_tty(0) => return call.done(0),
        _ => return call.fail("podlab: an interactive Node.js is not simulated; use node -e"),
    };
    match script::javascript(&text) {
        Ok(script::JavaScript::Serves { host, port, status, body, said }) => {
            server::fixed(call, (&host, port), (status, body), &said).unwrap_or_else(|complaint| {
                call.error(&complaint);
                call.done(1)
            })
        }
        Ok(script::JavaScript::Acts(acts)) => run(acts, false, call, 40 << 20),
        Err(line) => call.fail(&format!("podlab: this JavaScript is not simulated: {line}")),
    }
}

/// `perl -e`; `bpi(N)` of the documentation's Job is computed.
pub(super) fn perl(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    if words.iter().any(|word| word == "-v") {
        call.line("\nThis is perl 5, version 40, subversion 0 (v5.40.0) built for x86_64-linux-gnu");
        return call.done(0);
    }
    let code =
        words.iter().position(|word| word.starts_with('-') && word.ends_with('e') && !word.starts_with("-M"));
    let Some(code) = code.and_then(|at| words.get(at + 1)) else {
        return call.fail("podlab: only perl -e is simulated");
    };
    let newline =
        words.iter().any(|word| word.starts_with('-') && !word.starts_with("-M") && word.contains('l'));
    match script::perl(code, newline) {
        Ok(acts) => {
            let buffered = !call.ctx.is_tty(1);
            run(acts, buffered, call, 5 << 20)
        }
        Err(line) => call.fail(&format!("podlab: this Perl is not simulated: {line}")),
    }
}

/// `java`: its version; programs are out of reach.
pub(super) fn java(call: &mut Call<'_, '_>) -> Program {
    let version = call.variable("JAVA_VERSION").map_or_else(
        || "21.0.8".to_owned(),
        |version| version.trim_start_matches("jdk-").split('+').next().unwrap_or("21.0.8").to_owned(),
    );
    match call.args().first().map(String::as_str) {
        Some("-version") => {
            call.error(&format!("openjdk version \"{version}\"\nOpenJDK Runtime Environment (build {version})\nOpenJDK 64-Bit Server VM (build {version}, mixed mode, sharing)"));
            call.done(0)
        }
        Some("--version") => {
            call.line(&format!("openjdk {version}"));
            call.done(0)
        }
        Some("-jar") => {
            let path = call.args().get(1).cloned().unwrap_or_default();
            if call.files(&path).is_ok_and(|files| files.read(&path).is_ok()) {
                return call.fail("podlab: Java programs are not simulated");
            }
            call.error(&format!("Error: Unable to access jarfile {path}"));
            call.done(1)
        }
        _ => call.fail("podlab: Java programs are not simulated"),
    }
}
