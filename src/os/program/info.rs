//! Programs that say something about the machine, the process or the time.

use std::collections::BTreeMap;

use super::super::process::ProcKey;
use super::super::system::Step;
use super::filter::options;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;

/// A size as `ls -h` and `df -h` write it: `16.0M`.
pub(super) fn human(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["", "K", "M", "G", "T"] {
        if value < 1024.0 {
            return if unit.is_empty() { bytes.to_string() } else { format!("{value:.1}{unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1}P")
}

/// A time by a format of date(1).
pub(super) fn strftime(at: SimTime, format: &str) -> String {
    let zoned = at.timestamp().to_zoned(k8s_openapi::jiff::tz::TimeZone::UTC);
    let format = format.replace("%N", "000000000");
    k8s_openapi::jiff::fmt::strtime::format(&format, &zoned).unwrap_or_else(|_| format.clone())
}

pub(super) fn date(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "uRI:d:D:r:s:", &[("utc", 'u'), ("date", 'd')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let format = options.rest.iter().find_map(|word| word.strip_prefix('+')).map(str::to_owned);
    let default = if options.has('R') { "%a, %d %b %Y %H:%M:%S +0000" } else { "%a %b %e %H:%M:%S UTC %Y" };
    let text = strftime(call.ctx.now(), format.as_deref().unwrap_or(default));
    call.line(&text);
    call.done(0)
}

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

/// `docker-entrypoint.sh`, `nohup`, `nice`: the rest of the line is the command.
pub(super) fn entrypoint(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let env = call.ctx.process().env.as_ref().clone();
    if words.is_empty() {
        return call.done(0);
    }
    let server = words[0].rsplit('/').next() == Some("nginx");
    if call.name() == "docker-entrypoint.sh" && server {
        call.out.text(1, "/docker-entrypoint.sh: Configuration complete; ready for start up\n");
        let mut out = std::mem::take(&mut call.out);
        out.flush(call.ctx);
    }
    let words = if words[0].starts_with('-') && call.name() == "entrypoint.sh" {
        std::iter::once("curl".to_owned()).chain(words).collect()
    } else {
        words
    };
    replace(call, words, env)
}

pub(super) fn printenv(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let env = call.ctx.process().env.as_ref().clone();
    let mut code = 0;
    for (name, value) in env.iter().filter(|_| words.is_empty()) {
        call.line(&format!("{name}={value}"));
    }
    for word in &words {
        match env.iter().find(|(name, _)| name == word) {
            Some((_, value)) => call.line(value),
            None => code = 1,
        }
    }
    call.done(code)
}

pub(super) fn hostname(call: &mut Call<'_, '_>) -> Program {
    let text = if call.args().iter().any(|word| word == "-i" || word == "-I") {
        call.ctx.sys.addresses.join(" ")
    } else {
        call.ctx.sys.hostname().to_owned()
    };
    call.line(&text);
    call.done(0)
}

pub(super) fn id(call: &mut Call<'_, '_>) -> Program {
    let user = std::sync::Arc::clone(&call.ctx.process().user);
    let name = super::files::name_of(call.ctx, user.uid, "/etc/passwd");
    let group = super::files::name_of(call.ctx, user.gid, "/etc/group");
    let options = call.args().join("");
    let text = if call.name() == "whoami" {
        if name.parse::<u32>().is_ok() {
            return call.fail(&format!("unknown uid {}", user.uid));
        }
        name
    } else if options.contains('u') {
        if options.contains('n') { name } else { user.uid.to_string() }
    } else if options.contains('g') {
        if options.contains('n') { group } else { user.gid.to_string() }
    } else if options.contains('G') {
        std::iter::once(user.gid)
            .chain(user.groups.iter().copied())
            .map(|id| id.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        let named = |id: u32, name: &str| {
            if name.parse::<u32>().is_ok() { id.to_string() } else { format!("{id}({name})") }
        };
        let mut groups = vec![named(user.gid, &group)];
        for extra in user.groups.iter().filter(|extra| **extra != user.gid) {
            let name = super::files::name_of(call.ctx, *extra, "/etc/group");
            groups.push(named(*extra, &name));
        }
        format!("uid={} gid={} groups={}", named(user.uid, &name), named(user.gid, &group), groups.join(","))
    };
    call.line(&text);
    call.done(0)
}

pub(super) fn uname(call: &mut Call<'_, '_>) -> Program {
    let letters: String = call
        .args()
        .iter()
        .flat_map(|word| word.trim_start_matches('-').chars().collect::<Vec<_>>())
        .collect();
    let host = call.ctx.sys.hostname().to_owned();
    let parts = [
        ('s', "Linux"),
        ('n', host.as_str()),
        ('r', "6.12.0"),
        ('v', "#1 SMP"),
        ('m', "x86_64"),
        ('o', "GNU/Linux"),
    ];
    let wanted = |letter: char| {
        letters.contains('a') || letters.contains(letter) || (letters.is_empty() && letter == 's')
    };
    let text: Vec<&str> = parts.iter().filter(|(letter, _)| wanted(*letter)).map(|(_, text)| *text).collect();
    call.line(&text.join(" "));
    call.done(0)
}

pub(super) fn ps(call: &mut Call<'_, '_>) -> Program {
    let own = call.ctx.key;
    let parent = ProcKey { pid: call.ctx.process().parent, ..own };
    let in_shell =
        matches!(call.ctx.sys.procs.get(&parent).map(|process| &process.program), Some(Program::Shell(_)));
    let shell_line =
        call.ctx.sys.procs.get(&parent).map(super::super::process::Process::command_line).unwrap_or_default();
    call.line("PID   USER     COMMAND");
    let range = ProcKey { pid: 0, ..own }..=ProcKey { pid: u32::MAX, ..own };
    let rows: Vec<(u32, u32, String)> = call
        .ctx
        .sys
        .procs
        .range(range)
        .map(|(key, process)| (key.pid, process.user.uid, process.command_line()))
        .collect();
    for (pid, uid, command) in rows {
        let user = super::files::name_of(call.ctx, uid, "/etc/passwd");
        // busybox's shell runs ps without exec: the command line is still the shell's.
        let command = if pid == own.pid && in_shell { format!("{{ps}} {shell_line}") } else { command };
        call.line(&format!("{pid:5} {user:<8} {command}"));
    }
    call.done(0)
}

pub(super) fn kill(call: &mut Call<'_, '_>) -> Program {
    let args = call.args();
    let (text, complaints) = super::super::shell::send_signals(&args, call.ctx);
    call.out.text(1, &text);
    for complaint in &complaints {
        call.error(complaint);
    }
    call.done(i32::from(!complaints.is_empty()))
}

/// `killall`, `pkill`, `pgrep`, `pidof`
pub(super) fn by_name(call: &mut Call<'_, '_>) -> Program {
    let name = call.name();
    let words = call.args();
    let signal = words
        .iter()
        .find_map(|word| word.strip_prefix('-'))
        .and_then(super::super::Signal::parse)
        .unwrap_or(super::super::Signal::TERM);
    let wanted: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let own = call.ctx.key;
    let full = words.iter().any(|word| word == "-f");
    let hits = |process: &super::Process| {
        let text = if full { process.command_line() } else { process.comm.to_string() };
        wanted.iter().any(|word| {
            if name.starts_with('p') && name != "pidof" {
                text.contains(word.as_str())
            } else {
                text == **word
            }
        })
    };
    let found: Vec<ProcKey> = call
        .ctx
        .sys
        .procs
        .iter()
        .filter(|(key, process)| key.namespace == own.namespace && **key != own && hits(process))
        .map(|(key, _)| *key)
        .collect();
    if found.is_empty() {
        if name == "killall" {
            let text = format!("{}: no process killed", wanted.first().map_or("", |word| word.as_str()));
            call.complain(&text);
        }
        return call.done(1);
    }
    match name.as_str() {
        "pgrep" => found.iter().for_each(|key| call.line(&key.pid.to_string())),
        "pidof" => {
            call.line(&found.iter().rev().map(|key| key.pid.to_string()).collect::<Vec<_>>().join(" "));
        }
        _ => {
            for key in &found {
                call.ctx.sys.send(*key, signal, false);
            }
        }
    }
    call.done(0)
}

pub(super) fn seq(call: &mut Call<'_, '_>) -> Program {
    let words: Vec<String> = call.args().into_iter().filter(|word| word != "-w").collect();
    let numbers: Vec<Option<f64>> = words.iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers.as_slice() {
        [Some(last)] => (1.0, 1.0, *last),
        [Some(first), Some(last)] => (*first, 1.0, *last),
        [Some(first), Some(step), Some(last)] if *step != 0.0 => (*first, *step, *last),
        _ => return call.fail("invalid number"),
    };
    let decimals = words
        .iter()
        .map(|word| word.split_once('.').map_or(0, |(_, digits)| digits.len()))
        .max()
        .unwrap_or(0);
    let count = ((last - first) / step + 1e-9).floor();
    if count > 1_000_000.0 {
        return call.fail("podlab: more than a million numbers");
    }
    for index in 0..=count.max(-1.0) as i64 {
        if count < 0.0 {
            break;
        }
        let value = first + step * index as f64;
        call.line(&format!("{value:.decimals$}"));
    }
    call.done(0)
}

pub(super) fn df(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "hkmPTaiB:t:", &[]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let show = |bytes: u64| {
        if bytes == 0 {
            "0".to_owned()
        } else if options.has('h') {
            human(bytes)
        } else {
            (bytes / 1024).to_string()
        }
    };
    let heading = if options.has('h') {
        "Filesystem                Size      Used Available Use% Mounted on"
    } else {
        "Filesystem           1K-blocks      Used Available Use% Mounted on"
    };
    call.line(heading);
    let disk: u64 = 100 << 30;
    let mut rows = vec![("overlay", disk, disk / 5, "/".to_owned())];
    let cell = call.ctx.cell();
    for mount in call.ctx.sys.cells.get(&cell).into_iter().flat_map(|cell| &cell.mounts) {
        let Some(volume) = call.ctx.volumes.get(mount.volume) else { continue };
        let memory = volume.medium == super::super::Medium::Memory;
        let size = if memory { volume.capacity.unwrap_or(12 << 30) } else { disk };
        let used = if memory { volume.tree.usage() } else { disk / 5 };
        rows.push((
            if memory { "tmpfs" } else { "/dev/sda1" },
            size,
            used,
            format!("/{}", mount.at.join("/")),
        ));
    }
    let wanted = options.rest.clone();
    for path in &wanted {
        if call
            .files(path)
            .is_ok_and(|files| files.resolve(path, true).is_ok_and(|place| place.node.is_some()))
        {
            continue;
        }
        call.complain(&format!("{path}: can't find mount point"));
        return call.done(1);
    }
    let holds = |at: &str| {
        wanted.is_empty()
            || wanted.iter().any(|path| {
                rows.iter()
                    .filter(|row| path.starts_with(&row.3))
                    .max_by_key(|row| row.3.len())
                    .is_some_and(|row| row.3 == at)
            })
    };
    let lines: Vec<String> = rows
        .iter()
        .filter(|row| holds(&row.3))
        .map(|(name, size, used, at)| {
            let percent = (used * 100).div_ceil((*size).max(1));
            format!(
                "{name:<20} {:>9} {:>9} {:>9} {percent:3}% {at}",
                show(*size),
                show(*used),
                show(size - used)
            )
        })
        .collect();
    lines.iter().for_each(|line| call.line(line));
    call.done(0)
}

pub(super) fn free(call: &mut Call<'_, '_>) -> Program {
    let unit = if call.args().iter().any(|word| word == "-m") { 1 << 20 } else { 1 << 10 };
    let total = call.ctx.sys.machine_memory / unit;
    let used = total / 5;
    call.line("              total        used        free      shared  buff/cache   available");
    call.line(&format!(
        "Mem:     {total:10}  {used:10}  {:10}           0           0  {:10}",
        total - used,
        total - used
    ));
    call.line("Swap:             0           0           0");
    call.done(0)
}

pub(super) fn nproc(call: &mut Call<'_, '_>) -> Program {
    call.line("2");
    call.done(0)
}

pub(super) fn uptime(call: &mut Call<'_, '_>) -> Program {
    let clock = strftime(call.ctx.now(), "%H:%M:%S");
    call.line(&format!(" {clock} up 1 day,  0 users,  load average: 0.08, 0.03, 0.01"));
    call.done(0)
}

pub(super) fn basename(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let Some(path) = words.first().map(|path| path.trim_end_matches('/')) else {
        return call.fail("missing operand");
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = words
        .get(1)
        .and_then(|suffix| name.strip_suffix(suffix.as_str()))
        .filter(|name| !name.is_empty())
        .unwrap_or(name);
    call.line(if name.is_empty() { "/" } else { name });
    call.done(0)
}

pub(super) fn dirname(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let Some(path) = words.first().map(|path| path.trim_end_matches('/')) else {
        return call.fail("missing operand");
    };
    let folder =
        path.rsplit_once('/').map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    call.line(folder);
    call.done(0)
}

pub(super) fn pwd(call: &mut Call<'_, '_>) -> Program {
    let cwd = call.ctx.process().cwd.clone();
    call.line(&cwd);
    call.done(0)
}

pub(super) fn test(call: &mut Call<'_, '_>) -> Program {
    let mut args = call.args();
    if call.name() == "[" && args.pop().as_deref() != Some("]") {
        return call.fail("missing ]");
    }
    match super::super::shell::test::evaluate(&args, call.ctx) {
        Ok(truth) => call.done(i32::from(!truth)),
        Err(message) => {
            call.complain(&message);
            call.done(2)
        }
    }
}

pub(super) fn which(call: &mut Call<'_, '_>) -> Program {
    let path = call.variable("PATH").unwrap_or_else(|| super::super::DEFAULT_PATH.to_owned());
    let mut code = 0;
    for name in call.args() {
        let found = path.split(':').map(|folder| format!("{folder}/{name}")).find(|file| {
            call.files(file)
                .is_ok_and(|files| files.resolve(file, true).is_ok_and(|place| place.node.is_some()))
        });
        match found {
            Some(file) => call.line(&file),
            None => code = 1,
        }
    }
    call.done(code)
}

/// `yes`: the same line for ever.
#[derive(Clone, Debug)]
pub(in super::super) struct Yes {
    line: Vec<u8>,
    out: Output,
}

pub(super) fn yes(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let text = if words.is_empty() { "y".to_owned() } else { words.join(" ") };
    Program::Yes(Box::new(Yes { line: format!("{text}\n").into_bytes(), out: Output::default() }))
}

impl Yes {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if self.out.held() == 0 {
            self.out.push(1, &self.line.repeat((1024 / self.line.len()).max(1)));
        }
        match self.out.flush(ctx) {
            Flushed::Clean => Step::Again,
            Flushed::Wait => Step::Wait(None),
            Flushed::Broken => ctx.broken_pipe(),
        }
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
        let signal = options
            .value('s')
            .and_then(super::super::Signal::parse)
            .unwrap_or(super::super::Signal::TERM);
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
    words: Vec<String>,
    child: Option<u32>,
    code: i32,
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
        words: Vec::new(),
        child: None,
        code: 0,
    }))
}

impl Xargs {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        use super::ReadResult;
        if let Some(pid) = self.child {
            let Some(status) = ctx.reap(pid) else { return Step::Wait(None) };
            self.child = None;
            if status.code() != 0 {
                self.code = 123;
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
