//! `podlab shell`: the simulated shell on a plain terminal, for one line, or for a script; and the lines of a lab that is played without
//! the screen. Without a terminal, simulated time passes only while a command waits; at a prompt it passes as real time does.

/// The editor on a terminal.
mod edit;
/// A lab played by line.
mod play;
/// The prompt on a terminal.
mod prompt;
/// Where lines are typed.
mod room;

pub use play::Play;
pub use room::Room;

use super::args::{Global, Shell};
use super::setup;
use crate::kubectl::session::JobId;
use crate::lab::escape::sequence;
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
    let stage = setup::stage(&args.nodes, args.seed, &args.namespace, setup::folder_files())?;
    let mut room = Room { stage, play: None };
    if let Some(line) = &args.command {
        let job = room.start_script(&["sh", "-B", "-c", line]);
        return Ok(code(finish(&mut room, job)?));
    }
    if let Some((path, text)) = script {
        let job = room.start_script(&["sh", "-B", "-c", &text, path]);
        return Ok(code(finish(&mut room, job)?));
    }
    converse(global, &mut room).map(code)
}

/// Takes lines until there are no more: at a prompt, or from standard input. The exit code of the last one.
pub fn converse(global: &Global, room: &mut Room) -> io::Result<i32> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return prompt::run(global, room);
    }
    let code = lines(room)?;
    room.wait_for_goals();
    say(&room.news())?;
    Ok(code)
}

/// Runs the lines of standard input as if they were typed one after the other.
fn lines(room: &mut Room) -> io::Result<i32> {
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
        let line = line.trim_end_matches(['\n', '\r']);
        let (text, left) = room.own(line);
        say(&text)?;
        if let Some(line) = left {
            let job = room.stage.type_line(&line);
            last = finish(room, job)?;
        }
        say(&room.news())?;
        if let Some(code) = room.stage.session.left() {
            return Ok(code);
        }
    }
}

/// Lets time pass until a job has ended, and prints what it writes meanwhile; its exit code.
fn finish(room: &mut Room, job: JobId) -> io::Result<i32> {
    let limit = room.stage.cluster.now().plus(LONGEST);
    loop {
        write_out(&mut room.stage, job)?;
        if let Some(code) = room.stage.session.finished(job) {
            return Ok(code);
        }
        if let Some(request) = room.stage.session.editor_request() {
            writeln!(
                io::stderr(),
                "podlab: no terminal to edit {} on; set KUBE_EDITOR to a program",
                request.name
            )?;
            room.stage.session.editor_done(None);
            room.settle();
            continue;
        }
        if room.stage.session.wants_input(job) && !io::stdin().is_terminal() {
            pass_input(room, job)?;
            continue;
        }
        if let Some(next) = room.next_at().filter(|at| *at <= limit) {
            room.advance(next);
        } else {
            writeln!(io::stderr(), "podlab: the command waits for something that never comes")?;
            // Ctrl-C, and again for what does not heed it.
            for _ in 0..2 {
                room.stage.session.interrupt(job);
                room.settle();
            }
            return Ok(124);
        }
    }
}

/// Hands what stands on standard input to a job that reads.
fn pass_input(room: &mut Room, job: JobId) -> io::Result<()> {
    let mut bytes = vec![0; CHUNK];
    let count = io::stdin().lock().read(&mut bytes)?;
    if count == 0 {
        room.stage.session.end_input(job);
    } else {
        room.stage.session.write_input(job, &bytes[..count]);
    }
    room.settle();
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

/// Prints what podlab itself has to say.
fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let shown = out.is_terminal();
    out.write_all(&fit(text.as_bytes().to_vec(), shown))?;
    out.flush()
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
        assert_eq!(harmless("\u{1b}]0;x\nnext\u{1b}[\nlast"), "0;x\nnext\nlast");
    }
}
