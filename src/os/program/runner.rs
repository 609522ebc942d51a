//! Programs that run other programs: `env`, `timeout`, `xargs`, entry points.

use std::collections::{BTreeMap, VecDeque};

use super::super::process::ProcKey;
use super::super::system::Step;
use super::{Call, Ctx, Program};
use crate::kube::SimTime;

pub(super) fn env(call: &mut Call<'_, '_>) -> Program {
    let mut words = call.args();
    let mut clear = false;
    let mut set: Vec<(String, String)> = Vec::new();
    let mut unset = Vec::new();
    while let Some(word) = words.first().cloned() {
        if word == "-i" || word == "-" {
            clear = true;
        } else if word == "-u" && words.len() > 1 {
            unset.push(words.remove(1));
        } else if let Some((name, value)) = word.split_once('=') {
            set.push((name.to_owned(), value.to_owned()));
        } else {
            break;
        }
        words.remove(0);
    }
    let mut env = if clear { Vec::new() } else { call.ctx.process().env.as_ref().clone() };
    env.retain(|(name, _)| !unset.contains(name));
    for (name, value) in set {
        super::super::system::set_variable(&mut env, name, value);
    }
    if words.is_empty() {
        for (name, value) in &env {
            call.line(&format!("{name}={value}"));
        }
        return call.done(0);
    }
    replace(call, words, env)
}

/// Runs another program in this one's place.
pub(super) fn replace(call: &mut Call<'_, '_>, argv: Vec<String>, env: Vec<(String, String)>) -> Program {
    match call.ctx.locate(&argv, None) {
        Ok(executable) => {
            if let Some(process) = call.ctx.process_mut() {
                process.comm = argv[0].rsplit('/').next().unwrap_or_default().into();
                process.argv = std::sync::Arc::new(argv);
                process.env = std::sync::Arc::new(env);
            }
            super::launch(call.ctx, executable)
        }
        Err(super::super::StartError::PermissionDenied { name }) => {
            call.complain(&format!("can't execute '{name}': Permission denied"));
            call.done(126)
        }
        Err(_) => {
            call.complain(&format!("can't execute '{}': No such file or directory", argv[0]));
            call.done(127)
        }
    }
}

/// Whether words that follow an entry point are meant for its program.
type Meant = fn(&mut Call<'_, '_>, &[String]) -> bool;

/// What the entry points of some official images put their program's name before, besides words that begin with `-`.
const MEANT_FOR: [(&str, Meant); 3] =
    [("redis-server", is_configuration), ("node", is_no_command), ("curl", is_no_command)];

fn is_configuration(_: &mut Call<'_, '_>, words: &[String]) -> bool {
    words[0].rsplit_once('.').is_some_and(|(_, end)| end == "conf")
}

fn is_no_command(call: &mut Call<'_, '_>, words: &[String]) -> bool {
    call.ctx.locate(words, None).is_err()
}

/// The command line of an image's entry point, which the catalogue gives the name of the image's program: that name stands before
/// what is no command but the program's arguments.
fn with_program(call: &mut Call<'_, '_>, words: Vec<String>) -> Vec<String> {
    let program = call.setting.clone();
    if program.is_empty() {
        return words;
    }
    let other = MEANT_FOR.iter().find(|(name, _)| *name == program);
    let meant = words[0].starts_with('-') || other.is_some_and(|(_, also)| also(call, &words));
    let before = meant.then_some(program).into_iter();
    let words: Vec<String> = before.chain(words).collect();
    let bound = words.iter().any(|word| word.starts_with("--bind_ip"));
    let mongod = words[0].rsplit('/').next() == Some("mongod") && !bound;
    words.into_iter().chain(mongod.then(|| "--bind_ip_all".to_owned())).collect()
}

/// `docker-entrypoint.sh`, `nohup`, `nice`: the rest of the line is the command.
pub(super) fn entrypoint(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let env = call.ctx.process().env.as_ref().clone();
    if words.is_empty() {
        if call.name() == "go-runner" {
            let stamp = super::info::strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
            call.error(&format!("{stamp} not enough arguments to run"));
            return call.done(1);
        }
        return call.done(0);
    }
    let server = words[0].rsplit('/').next() == Some("nginx");
    if call.name() == "docker-entrypoint.sh" && server {
        call.out.text(1, "/docker-entrypoint.sh: Configuration complete; ready for start up\n");
        let mut out = std::mem::take(&mut call.out);
        out.flush(call.ctx);
    }
    let words = if call.name() == "sudo" { as_root(words) } else { with_program(call, words) };
    replace(call, words, env)
}

/// What `sudo` runs: a shell if its options ask for one and no command follows, for who is root already.
fn as_root(words: Vec<String>) -> Vec<String> {
    let options = words.iter().take_while(|word| word.starts_with('-')).count();
    let shell = words[..options].iter().any(|word| matches!(word.as_str(), "-i" | "-s" | "-si" | "-is"));
    let command = words[options..].to_vec();
    match (shell, command.is_empty()) {
        (true, true) => vec!["sh".to_owned()],
        (false, true) => words,
        _ => command,
    }
}

/// `timeout`: a command with an end.
#[derive(Clone, Debug)]
pub(in super::super) struct Timeout {
    pid: u32,
    until: SimTime,
    signal: super::super::Signal,
    fired: bool,
}

pub(super) fn timeout(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(
        &call.args(),
        "+s:k:t:f",
        &[("signal", 's'), ("kill-after", 'k'), ("foreground", 'f')],
    ) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let Some((wait, argv)) = options.rest.split_first().filter(|(_, argv)| !argv.is_empty()) else {
        return call.fail("missing operand");
    };
    let Some(wait) = super::millis(wait) else { return call.fail(&format!("invalid number '{wait}'")) };
    let fds: BTreeMap<u32, u32> = call.ctx.process().fds.clone();
    if let Ok(pid) = call.ctx.spawn(argv, fds) {
        let until = if wait == 0 { SimTime::NEVER } else { call.ctx.now().plus(wait) };
        let signal =
            options.value('s').and_then(super::super::Signal::parse).unwrap_or(super::super::Signal::TERM);
        Program::Timeout(Timeout { pid, until, signal, fired: false })
    } else {
        call.complain(&format!("can't execute '{}': No such file or directory", argv[0]));
        call.done(127)
    }
}

impl Timeout {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if let Some(status) = ctx.reap(self.pid) {
            return Step::Exit(if self.fired {
                if status.code() == 137 { 137 } else { 124 }
            } else {
                status.code()
            });
        }
        if ctx.now() >= self.until && !self.fired {
            self.fired = true;
            let key = ProcKey { pid: self.pid, ..ctx.key };
            ctx.sys.send(key, self.signal, false);
            return Step::Again;
        }
        Step::Wait((!self.fired && self.until != SimTime::NEVER).then_some(self.until))
    }
}

/// `xargs`: standard input as arguments of one command.
#[derive(Clone, Debug)]
pub(in super::super) struct Xargs {
    argv: Vec<String>,
    each: usize,
    replace: Option<String>,
    input: Vec<u8>,
    ended: bool,
    words: VecDeque<String>,
    child: Option<u32>,
    code: i32,
    /// The exit code if a command fails.
    failure: i32,
}

pub(super) fn xargs(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&call.args(), "+n:I:rt0P:L:d:", &[("no-run-if-empty", 'r')]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let replace = options.value('I').map(str::to_owned);
    let each = if replace.is_some() {
        1
    } else {
        options
            .value('n')
            .or_else(|| options.value('L'))
            .and_then(|count| count.parse().ok())
            .unwrap_or(usize::MAX)
    };
    let argv = if options.rest.is_empty() { vec!["echo".to_owned()] } else { options.rest };
    Program::Xargs(Box::new(Xargs {
        argv,
        each,
        replace,
        input: Vec::new(),
        ended: false,
        words: VecDeque::new(),
        child: None,
        code: 0,
        failure: 123,
    }))
}

/// `find -exec`: a command for each path, or one for all.
pub(super) fn for_each(argv: Vec<String>, together: bool, paths: Vec<String>, code: i32) -> Program {
    Program::Xargs(Box::new(Xargs {
        argv,
        each: if together { usize::MAX } else { 1 },
        replace: (!together).then(|| "{}".to_owned()),
        input: Vec::new(),
        ended: true,
        words: paths.into(),
        child: None,
        code,
        failure: i32::from(together),
    }))
}

impl Xargs {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        use super::ReadResult;
        if let Some(pid) = self.child {
            let Some(status) = ctx.reap(pid) else { return Step::Wait(None) };
            self.child = None;
            if status.code() != 0 {
                self.code = self.code.max(self.failure);
            }
        }
        if !self.ended {
            match ctx.read(0) {
                ReadResult::Data(data) if self.input.len() < 1 << 20 => self.input.extend(data),
                ReadResult::Wait => return Step::Wait(None),
                _ => {
                    self.ended = true;
                    let text = String::from_utf8_lossy(&self.input).into_owned();
                    self.words = if self.replace.is_some() {
                        text.lines().map(str::to_owned).collect()
                    } else {
                        text.split_whitespace().map(str::to_owned).collect()
                    };
                }
            }
            return Step::Again;
        }
        if self.words.is_empty() {
            return Step::Exit(self.code);
        }
        let taken: Vec<String> = self.words.drain(..self.each.min(self.words.len())).collect();
        let argv: Vec<String> = match &self.replace {
            Some(mark) => self.argv.iter().map(|word| word.replace(mark.as_str(), &taken[0])).collect(),
            None => self.argv.iter().cloned().chain(taken).collect(),
        };
        let fds = ctx.process().fds.clone();
        match ctx.spawn(&argv, fds) {
            Ok(pid) => {
                self.child = Some(pid);
                Step::Again
            }
            Err(_) => Step::Exit(127),
        }
    }
}
