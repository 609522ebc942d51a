//! `podlab shell`: the simulated shell on a plain terminal, for one line, or for a script. Without a terminal, simulated time passes
//! only while a command waits; at a prompt it passes as real time does.

/// The editor on a terminal.
mod edit;
/// The prompt on a terminal.
mod prompt;

use super::args::{Global, Shell};
use super::setup;
use crate::kube::SimTime;
use crate::kubectl::session::JobId;
use crate::lab::stage::Stage;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

/// Simulated milliseconds after which a command is taken never to end: two days.
const LONGEST: u64 = 172_800_000;
/// Bytes of a line that is not taken any more.
const LONGEST_LINE: usize = 4 << 20;
/// Bytes read from standard input at a time.
const CHUNK: usize = 64 << 10;

/// Runs what the arguments ask for; the exit code is that of the last command.
pub fn run(global: &Global, args: &Shell) -> io::Result<ExitCode> {
    let script = match &args.script {
        Some(path) => Some((path, String::from_utf8_lossy(&setup::read(path)?).into_owned())),
        None => None,
    };
    let mut stage = setup::stage(&args.nodes, args.seed, &args.namespace, setup::folder_files())?;
    if let Some(line) = &args.command {
        let job = stage.session.start_script(&mut stage.cluster, &["sh", "-B", "-c", line]);
        return Ok(code(finish(&mut stage, job)?));
    }
    if let Some((path, text)) = script {
        let job = stage.session.start_script(&mut stage.cluster, &["sh", "-B", "-c", &text, path]);
        return Ok(code(finish(&mut stage, job)?));
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return prompt::run(global, &mut stage).map(code);
    }
    lines(&mut stage).map(code)
}

/// Runs the lines of standard input as if they were typed one after the other.
fn lines(stage: &mut Stage) -> io::Result<i32> {
    let mut last = 0;
    loop {
        let mut bytes = Vec::new();
        let mut stdin = io::stdin().lock();
        stdin.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(last);
        }
        if bytes.len() == LONGEST_LINE && !bytes.ends_with(b"\n") {
            stdin.skip_until(b'\n')?;
            writeln!(io::stderr(), "podlab: a line of more than {LONGEST_LINE} bytes is not taken")?;
            last = 2;
            continue;
        }
        drop(stdin);
        let line = String::from_utf8_lossy(&bytes);
        let job = stage.session.type_line(&mut stage.cluster, line.trim_end_matches(['\n', '\r']));
        last = finish(stage, job)?;
        if let Some(code) = stage.session.left() {
            return Ok(code);
        }
    }
}

/// Lets time pass until a job has ended, and prints what it writes meanwhile; its exit code.
fn finish(stage: &mut Stage, job: JobId) -> io::Result<i32> {
    let limit = stage.cluster.now().plus(LONGEST);
    loop {
        write_out(stage, job)?;
        if let Some(code) = stage.session.finished(job) {
            return Ok(code);
        }
        if let Some(request) = stage.session.editor_request() {
            writeln!(
                io::stderr(),
                "podlab: no terminal to edit {} on; set KUBE_EDITOR to a program",
                request.name
            )?;
            stage.session.editor_done(None);
            let now = stage.cluster.now();
            stage.advance(now);
            continue;
        }
        if stage.session.wants_input(job) && !io::stdin().is_terminal() {
            pass_input(stage, job)?;
            continue;
        }
        if let Some(next) = stage.next_at().filter(|at| *at <= limit) {
            stage.advance(next);
        } else {
            writeln!(io::stderr(), "podlab: the command waits for something that never comes")?;
            // Ctrl-C, and again for what does not heed it.
            for _ in 0..2 {
                stage.session.interrupt(job);
                let now = stage.cluster.now();
                stage.advance(now);
            }
            return Ok(124);
        }
    }
}

/// Hands what stands on standard input to a job that reads.
fn pass_input(stage: &mut Stage, job: JobId) -> io::Result<()> {
    let mut bytes = vec![0; CHUNK];
    let count = io::stdin().lock().read(&mut bytes)?;
    if count == 0 {
        stage.session.end_input(job);
    } else {
        stage.session.write_input(job, &bytes[..count]);
    }
    let now: SimTime = stage.cluster.now();
    stage.advance(now);
    Ok(())
}

fn write_out(stage: &mut Stage, job: JobId) -> io::Result<()> {
    let written = stage.session.drain(job);
    if !written.stdout.is_empty() {
        let mut out = io::stdout().lock();
        let shown = out.is_terminal();
        out.write_all(&fit(written.stdout, shown))?;
        out.flush()?;
    }
    let mut out = io::stderr().lock();
    let shown = out.is_terminal();
    out.write_all(&fit(written.stderr, shown))
}

/// Output as it may go out: on a terminal nothing that could command it, anywhere else the bytes as they are.
fn fit(bytes: Vec<u8>, terminal: bool) -> Vec<u8> {
    if terminal { harmless(&String::from_utf8_lossy(&bytes)).into_bytes() } else { bytes }
}

/// Text without control characters, except for line ends, tabs and what `clear` and `watch` write: go home, erase.
fn harmless(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = if c == '\u{1b}' { sequence(rest) } else { c.len_utf8() };
        let (head, tail) = rest.split_at(end);
        let cleans = ["\u{1b}[H", "\u{1b}[J", "\u{1b}[2J", "\u{1b}[3J"].contains(&head);
        if cleans || matches!(c, '\n' | '\r' | '\t' | '\u{8}') || !c.is_control() {
            kept.push_str(head);
        }
        rest = tail;
    }
    kept
}

/// How long the escape sequence is that a text begins with, in bytes.
fn sequence(text: &str) -> usize {
    let found = match text[1..].chars().next() {
        Some('[') => text[2..].find(|c| ('\u{40}'..='\u{7e}').contains(&c)).map(|at| 3 + at),
        Some(']') => text.find(['\u{7}', '\\']).map(|at| at + 1),
        Some(c) => Some(1 + c.len_utf8()),
        None => Some(1),
    };
    found.unwrap_or(text.len())
}

fn code(code: i32) -> ExitCode {
    ExitCode::from(code.rem_euclid(256) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_gets_out() {
        assert_eq!(harmless("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x\u{0}y\u{1b}"), "red xy");
        assert_eq!(harmless("\u{1b}[H\u{1b}[Ja\tb\r\n"), "\u{1b}[H\u{1b}[Ja\tb\r\n");
        assert_eq!(harmless("\u{9b}2Jé\u{1b}[12"), "2Jé");
    }
}
