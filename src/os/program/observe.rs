//! Programs that show processes: `ps` of busybox and of procps, `top`.

use super::super::process::ProcKey;
use super::info::strftime;
use super::{Call, Ctx, Program};
use crate::kube::SimTime;

/// A process as these programs show it.
struct Row {
    pid: u32,
    parent: u32,
    user: String,
    uid: u32,
    command: String,
    name: String,
    /// Kilobytes.
    memory: u64,
    started: SimTime,
    stopped: bool,
}

fn rows(ctx: &mut Ctx<'_>) -> Vec<Row> {
    let own = ctx.key;
    let range = ProcKey { pid: 0, ..own }..=ProcKey { pid: u32::MAX, ..own };
    let now = ctx.now();
    let mut rows: Vec<Row> = ctx
        .sys
        .procs
        .range(range)
        .map(|(key, process)| Row {
            pid: key.pid,
            parent: process.parent,
            user: String::new(),
            uid: process.user.uid,
            command: process.command_line(),
            name: process.comm.to_string(),
            memory: process.load.memory_at(now) / 1024,
            started: process.started,
            stopped: process.stopped,
        })
        .collect();
    for row in &mut rows {
        row.user = super::list::name_of(ctx, row.uid, "/etc/passwd");
    }
    rows
}

impl Row {
    fn state(&self, own: u32) -> String {
        let letter = if self.pid == own {
            'R'
        } else if self.stopped {
            'T'
        } else {
            'S'
        };
        format!("{letter}{}", if self.pid == 1 { "s" } else { "" })
    }

    /// The user as procps cuts it.
    fn short_user(&self) -> String {
        if self.user.len() > 8 {
            format!("{}+", &self.user.chars().take(7).collect::<String>())
        } else {
            self.user.clone()
        }
    }

    fn field(&self, name: &str, own: u32, now: SimTime) -> String {
        match name {
            "pid" => self.pid.to_string(),
            "ppid" => self.parent.to_string(),
            "user" | "uname" | "euser" | "ruser" => self.user.clone(),
            "uid" => self.uid.to_string(),
            "comm" | "ucmd" => self.name.clone(),
            "args" | "cmd" | "command" => self.command.clone(),
            "rss" => self.memory.to_string(),
            "vsz" => (self.memory * 4).to_string(),
            "stat" | "state" | "s" => self.state(own),
            "etime" => elapsed(now.since(self.started)),
            "time" => "00:00:00".to_owned(),
            "tty" | "tt" => "?".to_owned(),
            "%cpu" | "pcpu" | "%mem" | "pmem" => "0.0".to_owned(),
            _ => String::new(),
        }
    }
}

/// `MM:SS`, `HH:MM:SS`, `D-HH:MM:SS`
fn elapsed(millis: u64) -> String {
    let seconds = millis / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes:02}:{:02}", seconds % 60),
        (0, _) => format!("{hours:02}:{minutes:02}:{:02}", seconds % 60),
        _ => format!("{days}-{hours:02}:{minutes:02}:{:02}", seconds % 60),
    }
}

pub(super) fn ps(call: &mut Call<'_, '_>) -> Program {
    if call.setting == "procps" { procps(call) } else { busybox(call) }
}

/// The names after `-o`, also `-opid,comm`.
fn asked(words: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let list = match word.strip_prefix("-o").or_else(|| word.strip_prefix("--format=")) {
            Some("") => words.next().map_or("", String::as_str),
            Some(list) => list,
            None => match word.strip_prefix('-').and_then(|rest| rest.strip_suffix('o')) {
                Some(_) => words.next().map_or("", String::as_str),
                None => continue,
            },
        };
        names.extend(
            list.split([',', ' '])
                .filter(|name| !name.is_empty())
                .map(|name| name.trim_end_matches('=').to_owned()),
        );
    }
    names
}

/// busybox's `ps` knows `-o` and passes over other options.
fn busybox(call: &mut Call<'_, '_>) -> Program {
    let own = call.ctx.key;
    let parent = ProcKey { pid: call.ctx.process().parent, ..own };
    // busybox's shell runs ps without exec: the command line is still the shell's.
    let shell =
        call.ctx.sys.procs.get(&parent).filter(|process| matches!(process.program, Program::Shell(_)));
    let shell = shell.map(|process| process.command_line());
    let mut rows = rows(call.ctx);
    if let (Some(shell), Some(row)) = (shell, rows.iter_mut().find(|row| row.pid == own.pid)) {
        row.command = format!("{{ps}} {shell}");
    }
    let names = asked(&call.args());
    if names.is_empty() {
        call.line("PID   USER     COMMAND");
        for row in &rows {
            call.line(&format!("{:5} {:<8} {}", row.pid, row.user, row.command));
        }
        return call.done(0);
    }
    table(call, &rows, &names, own.pid)
}

fn table(call: &mut Call<'_, '_>, rows: &[Row], names: &[String], own: u32) -> Program {
    let width = |name: &str| match name {
        "pid" | "ppid" | "rss" | "vsz" => 5,
        "user" | "uname" => 8,
        "comm" => 16,
        _ => 4,
    };
    let known = |name: &String| {
        [
            "pid", "ppid", "user", "uname", "euser", "ruser", "uid", "comm", "ucmd", "args", "cmd",
            "command", "rss", "vsz", "stat", "state", "s", "etime", "time", "tty", "tt", "%cpu", "pcpu",
            "%mem", "pmem",
        ]
        .contains(&name.as_str())
    };
    if let Some(bad) = names.iter().find(|name| !known(name)) {
        let text = if call.setting == "procps" {
            format!("error: unknown user-defined format specifier \"{bad}\"")
        } else {
            format!("bad -o argument '{bad}'")
        };
        call.error(&if call.setting == "procps" { text } else { format!("ps: {text}") });
        return call.done(1);
    }
    let now = call.ctx.now();
    let line = |cells: Vec<String>| {
        let last = cells.len().saturating_sub(1);
        let cells = cells.into_iter().enumerate().map(|(at, cell)| {
            let name = names[at].as_str();
            let width = width(name);
            if matches!(name, "pid" | "ppid" | "rss" | "vsz" | "uid") {
                format!("{cell:>width$}")
            } else if at == last {
                cell
            } else {
                format!("{cell:<width$}")
            }
        });
        cells.collect::<Vec<_>>().join(" ")
    };
    let heading = names.iter().map(|name| match name.as_str() {
        "args" | "command" | "comm" => "COMMAND".to_owned(),
        "pcpu" => "%CPU".to_owned(),
        "pmem" => "%MEM".to_owned(),
        other => other.to_uppercase(),
    });
    let heading = line(heading.collect());
    call.line(&heading);
    for row in rows {
        let text = line(names.iter().map(|name| row.field(name, own, now)).collect());
        call.line(&text);
    }
    call.done(0)
}

/// `ps`, `ps -ef`, `ps aux`, `ps -o …`
fn procps(call: &mut Call<'_, '_>) -> Program {
    let own = call.ctx.key.pid;
    let words = call.args();
    let letters: String = words.iter().map(|word| word.trim_start_matches('-').to_owned()).collect();
    let all_rows = rows(call.ctx);
    let everyone =
        letters.contains('e') || letters.contains('A') || letters.contains('a') || letters.contains('x');
    // Without options: those of the own terminal, which are the command and its shell.
    let parent = call.ctx.process().parent;
    let shown: Vec<Row> =
        all_rows.into_iter().filter(|row| everyone || row.pid == own || row.pid == parent).collect();
    let names = asked(&words);
    if !names.is_empty() {
        return table(call, &shown, &names, own);
    }
    let wall = call.ctx.sys.wall.clone();
    let clock = |at: SimTime| strftime(wall.timestamp(at), "%H:%M");
    let bsd = words.first().is_some_and(|word| word.contains('u') && !word.starts_with("-e"));
    if bsd {
        call.line("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND");
        for row in &shown {
            let (user, memory) = (row.short_user(), row.memory);
            call.line(&format!(
                "{user:<8} {:7}  0.0  0.0 {:6} {memory:5} ?        {:<4} {}   0:00 {}",
                row.pid,
                memory * 4,
                row.state(own),
                clock(row.started),
                row.command
            ));
        }
    } else if letters.contains('f') {
        call.line("UID          PID    PPID  C STIME TTY          TIME CMD");
        for row in &shown {
            call.line(&format!(
                "{:<8} {:7} {:7}  0 {} ?        00:00:00 {}",
                row.short_user(),
                row.pid,
                row.parent,
                clock(row.started),
                row.command
            ));
        }
    } else {
        call.line("    PID TTY          TIME CMD");
        for row in &shown {
            call.line(&format!("{:7} ?        00:00:00 {}", row.pid, row.name));
        }
    }
    call.done(0)
}

/// `top -b -n 1`; without `-b` it needs a screen.
pub(super) fn top(call: &mut Call<'_, '_>) -> Program {
    let batch = call.args().iter().any(|word| word.starts_with('-') && word.contains('b'));
    if !batch {
        return call.fail("podlab: top is simulated for one look only: top -bn1");
    }
    let own = call.ctx.key.pid;
    let total = call.ctx.sys.machine_memory / 1024;
    let used = total / 5;
    call.line(&format!("Mem: {used}K used, {}K free, 0K shrd, 0K buff, 0K cached", total - used));
    call.line("CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq");
    let rows = rows(call.ctx);
    call.line(&format!("Load average: 0.08 0.03 0.01 1/{} {own}", rows.len()));
    call.line("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND");
    for row in &rows {
        let share = row.memory * 4 * 100 / total.max(1);
        let state = row.state(own).chars().next().unwrap_or('S');
        call.line(&format!(
            "{:5} {:5} {:<8} {state}    {:6} {share:3}%   0   0% {}",
            row.pid,
            row.parent,
            row.user,
            row.memory * 4,
            row.command
        ));
    }
    call.done(0)
}
