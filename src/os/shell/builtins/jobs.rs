//! Builtins about processes: `kill`, `wait`, `trap`, `jobs`, `fg`.

use std::fmt::Write;

use super::super::super::process::ProcKey;
use super::super::super::program::Ctx;
use super::super::super::signal::Signal;
use super::super::super::system::Step;
use super::super::frame::Frame;
use super::super::{Flavour, Shell};
use super::Flow;

pub(super) fn kill(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let args: Vec<String> = args.iter().map(|word| shell.job_pid(word)).collect();
    let (printed, complaints) = send_signals(&args[1..], ctx);
    shell.out.text(1, &printed);
    for complaint in &complaints {
        shell.error(complaint);
    }
    Flow::Status(i32::from(!complaints.is_empty()))
}

/// What the command `kill` does: text to print, and complaints.
pub(in super::super::super) fn send_signals(args: &[String], ctx: &mut Ctx<'_>) -> (String, Vec<String>) {
    let mut signal = Signal::TERM;
    let mut words = args.iter().peekable();
    match words.peek().map(|word| word.as_str()) {
        Some("-l") => return (list_signals(args.get(1)), Vec::new()),
        Some("-s" | "-n") => {
            words.next();
            let name = words.next().cloned().unwrap_or_default();
            match Signal::parse(&name) {
                Some(known) => signal = known,
                None if name == "0" => signal = Signal(0),
                None => return (String::new(), vec![format!("kill: bad signal name '{name}'")]),
            }
        }
        Some("--") => drop(words.next()),
        Some(word) if word.starts_with('-') && word.len() > 1 => {
            match Signal::parse(&word[1..]) {
                Some(known) => signal = known,
                None if word == "-0" => signal = Signal(0),
                None => return (String::new(), vec![format!("kill: bad signal name '{}'", &word[1..])]),
            }
            words.next();
        }
        _ => {}
    }
    let mut complaints = Vec::new();
    let targets: Vec<String> = words.filter(|word| *word != "--").cloned().collect();
    if targets.is_empty() {
        complaints.push("kill: you need to specify whom to kill".to_owned());
    }
    for target in targets {
        match target.parse::<i64>() {
            Ok(pid) => complaints.extend(
                signal_one(ctx, pid, signal).err().map(|text| format!("kill: can't kill pid {pid}: {text}")),
            ),
            Err(_) => complaints.push(format!("kill: invalid number '{target}'")),
        }
    }
    (String::new(), complaints)
}

fn list_signals(number: Option<&String>) -> String {
    if let Some(word) = number {
        let number = word.parse::<u8>().map(|number| if number > 128 { number - 128 } else { number });
        return match number {
            Ok(number) => format!("{}\n", Signal(number).name()),
            Err(_) => Signal::parse(word).map_or(String::new(), |signal| format!("{}\n", signal.0)),
        };
    }
    Signal::all().fold(String::new(), |mut text, (number, name)| {
        let _ = writeln!(text, "{number:2}) {name}");
        text
    })
}

/// One target: a process, a group (negative), or all (-1).
fn signal_one(ctx: &mut Ctx<'_>, pid: i64, signal: Signal) -> Result<(), &'static str> {
    let namespace = ctx.key.namespace;
    let own = ctx.process();
    let (uid, group) = (own.user.uid, own.group);
    let range = ProcKey { namespace, pid: 0 }..=ProcKey { namespace, pid: u32::MAX };
    let wanted = |key: &ProcKey, in_group: u32| match pid {
        -1 => key.pid != 1 && *key != ctx.key,
        0 => in_group == group,
        pid if pid < 0 => u64::from(in_group) == pid.unsigned_abs(),
        pid => i64::from(key.pid) == pid,
    };
    let targets: Vec<(ProcKey, u32)> = ctx
        .sys
        .procs
        .range(range)
        .filter(|(key, process)| wanted(key, process.group))
        .map(|(key, process)| (*key, process.user.uid))
        .collect();
    if targets.is_empty() {
        return Err("No such process");
    }
    for (key, owner) in targets {
        if uid != 0 && uid != owner {
            return Err("Operation not permitted");
        }
        if signal.0 != 0 {
            ctx.sys.send(key, signal, false);
        }
    }
    Ok(())
}

impl Shell {
    /// `%1` as a pid; anything else as it is.
    fn job_pid(&self, word: &str) -> String {
        let Some(name) = word.strip_prefix('%') else { return word.to_owned() };
        let job = match name {
            "" | "%" | "+" => self.jobs.last(),
            _ => self.jobs.iter().find(|job| name.parse() == Ok(job.number)),
        };
        job.map_or_else(|| word.to_owned(), |job| job.pid.to_string())
    }

    /// Notes which background jobs have ended.
    fn update_jobs(&mut self, ctx: &mut Ctx<'_>) {
        for job in self.jobs.iter_mut().filter(|job| job.ended.is_none()) {
            job.ended = ctx.reap(job.pid);
        }
    }

    /// Goes on with the builtin `wait`.
    pub(in super::super) fn wait_step(&mut self, pids: Vec<u32>, all: bool, ctx: &mut Ctx<'_>) -> Step {
        self.update_jobs(ctx);
        let running =
            pids.iter().any(|pid| self.jobs.iter().any(|job| job.pid == *pid && job.ended.is_none()));
        if running {
            self.frames.push(Frame::Wait { pids, all });
            return Step::Wait(None);
        }
        let last = pids.last().and_then(|pid| self.jobs.iter().find(|job| job.pid == *pid));
        let code = last.and_then(|job| job.ended).map_or(127, super::super::super::process::Status::code);
        self.jobs.retain(|job| !pids.contains(&job.pid));
        self.complete(if all { 0 } else { code });
        Step::Again
    }
}

pub(super) fn wait(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    shell.update_jobs(ctx);
    let words: Vec<String> =
        args[1..].iter().filter(|word| *word != "-n").map(|word| shell.job_pid(word)).collect();
    let all = words.is_empty();
    let pids = if all {
        shell.jobs.iter().map(|job| job.pid).collect()
    } else {
        words.iter().filter_map(|word| word.parse().ok()).collect()
    };
    shell.frames.push(Frame::Wait { pids, all });
    Flow::Elsewhere
}

pub(super) fn jobs(shell: &mut Shell, ctx: &mut Ctx<'_>, _: &[String]) -> Flow {
    shell.update_jobs(ctx);
    let count = shell.jobs.len();
    let lines: String = shell.jobs.iter().enumerate().fold(String::new(), |mut lines, (index, job)| {
        let mark = if index + 1 == count {
            '+'
        } else if index + 2 == count {
            '-'
        } else {
            ' '
        };
        let state = match job.ended.map(super::super::super::process::Status::code) {
            None => "Running".to_owned(),
            Some(0) => "Done".to_owned(),
            Some(code) => format!("Done({code})"),
        };
        let _ = writeln!(lines, "[{}]{mark}  {state:<24}{}", job.number, job.command);
        lines
    });
    shell.out.text(1, &lines);
    shell.jobs.retain(|job| job.ended.is_none());
    Flow::Status(0)
}

pub(super) fn fg(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let word = shell.job_pid(args.get(1).map_or("%+", String::as_str));
    let index = shell.jobs.iter().position(|job| word.parse() == Ok(job.pid));
    let Some(index) = index else {
        shell.complain("fg", "no current job");
        return Flow::Status(1);
    };
    let job = shell.jobs.remove(index);
    shell.out.text(1, &format!("{}\n", job.command));
    shell.frames.push(Frame::Foreground { pids: vec![job.pid], ended: vec![job.ended] });
    Flow::Elsewhere
}

pub(super) fn trap(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let words: Vec<&String> = args[1..].iter().filter(|word| *word != "--").collect();
    let name_of = |number: u8| if number == 0 { "EXIT".to_owned() } else { Signal(number).name() };
    if words.is_empty() || words[0] == "-p" {
        for (number, action) in &shell.traps {
            shell.out.text(1, &format!("trap -- '{action}' {}\n", name_of(*number)));
        }
        return Flow::Status(0);
    }
    let resets = words.len() == 1 || words[0] == "-" || words[0].parse::<u8>().is_ok();
    let signals = if words.len() == 1 || words[0].parse::<u8>().is_ok() { &words[..] } else { &words[1..] };
    for word in signals {
        let number = if *word == "EXIT" || *word == "0" {
            Some(0)
        } else {
            Signal::parse(word).map(|signal| signal.0)
        };
        let Some(number) = number else {
            if matches!(word.as_str(), "ERR" | "DEBUG" | "RETURN") && shell.flavour == Flavour::Bash {
                continue;
            }
            shell.complain("trap", &format!("{word}: invalid signal specification"));
            return Flow::Status(1);
        };
        let ignored = !resets && words[0].is_empty();
        if let Some(process) = ctx.process_mut() {
            if ignored {
                process.ignored.insert(Signal(number));
            } else {
                process.ignored.remove(&Signal(number));
            }
        }
        if resets {
            shell.traps.remove(&number);
        } else {
            shell.traps.insert(number, words[0].clone());
        }
    }
    Flow::Status(0)
}
