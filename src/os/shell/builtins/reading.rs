//! The builtin `read`.

use super::super::super::descriptor::ReadResult;
use super::super::super::program::{Ctx, millis};
use super::super::super::system::Step;
use super::super::Shell;
use super::super::frame::{Frame, Reading};
use super::Flow;

/// Bytes of one line at most.
const LINE_MAX: usize = 1 << 20;

pub(super) fn read(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let mut reading = Reading {
        names: Vec::new(),
        array: None,
        raw: false,
        fd: 0,
        until: None,
        limit: None,
        delimiter: b'\n',
        line: Vec::new(),
    };
    let mut words = args[1..].iter();
    while let Some(word) = words.next() {
        let Some(options) = word.strip_prefix('-').filter(|options| !options.is_empty()) else {
            reading.names.push(word.clone());
            continue;
        };
        for (index, letter) in options.char_indices() {
            if matches!(letter, 'r' | 's' | 'e') {
                reading.raw |= letter == 'r';
                continue;
            }
            let attached = &options[index + letter.len_utf8()..];
            let value = if attached.is_empty() {
                words.next().cloned().unwrap_or_default()
            } else {
                attached.to_owned()
            };
            match letter {
                't' => reading.until = millis(&value).map(|wait| ctx.now().plus(wait)),
                'n' | 'N' => reading.limit = value.parse().ok(),
                'u' => reading.fd = value.parse().unwrap_or(0),
                'd' => reading.delimiter = value.bytes().next().unwrap_or(0),
                'a' => reading.array = Some(value),
                'p' => shell.out.text(2, &value),
                _ => {
                    shell.complain("read", &format!("illegal option -{letter}"));
                    return Flow::Status(2);
                }
            }
            break;
        }
    }
    shell.frames.push(Frame::Read(Box::new(reading)));
    Flow::Elsewhere
}

impl Shell {
    /// Goes on with the builtin `read`.
    pub(in super::super) fn read_step(&mut self, mut reading: Reading, ctx: &mut Ctx<'_>) -> Step {
        loop {
            match ctx.read(reading.fd) {
                ReadResult::Data(data) => {
                    let stop = Self::take_bytes(&mut reading, &data, ctx);
                    if stop || reading.line.len() > LINE_MAX {
                        self.finish_read(&reading, true);
                        return Step::Again;
                    }
                    if ctx.sys.charge(ctx.key, 4).is_some() {
                        self.frames.push(Frame::Read(Box::new(reading)));
                        return Step::Again;
                    }
                }
                ReadResult::Wait => {
                    let until = reading.until;
                    if until.is_some_and(|until| ctx.now() >= until) {
                        self.status = 142;
                        self.finish_read(&reading, false);
                        return Step::Again;
                    }
                    self.frames.push(Frame::Read(Box::new(reading)));
                    return Step::Wait(until);
                }
                ReadResult::End | ReadResult::Failed(_) => {
                    self.finish_read(&reading, false);
                    return Step::Again;
                }
            }
        }
    }

    /// Takes bytes up to the delimiter and gives the rest back. True at the end of the line.
    fn take_bytes(reading: &mut Reading, data: &[u8], ctx: &mut Ctx<'_>) -> bool {
        for (index, byte) in data.iter().enumerate() {
            let escaped =
                !reading.raw && reading.line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
            if *byte == reading.delimiter {
                if escaped && *byte == b'\n' {
                    reading.line.pop();
                    continue;
                }
                ctx.sys.unread_fd(ctx.key, reading.fd, &data[index + 1..]);
                return true;
            }
            reading.line.push(*byte);
            if reading.limit.is_some_and(|limit| reading.line.len() >= limit) {
                ctx.sys.unread_fd(ctx.key, reading.fd, &data[index + 1..]);
                return true;
            }
        }
        false
    }

    fn finish_read(&mut self, reading: &Reading, whole: bool) {
        let text = String::from_utf8_lossy(&reading.line).into_owned();
        let separators = self.variables.get("IFS").unwrap_or(" \t\n").to_owned();
        if let Some(array) = &reading.array {
            self.read_array(array, &text, &separators);
        }
        let names = if reading.array.is_some() {
            Vec::new()
        } else if reading.names.is_empty() {
            vec!["REPLY".to_owned()]
        } else {
            reading.names.clone()
        };
        let blank = |letter: char| letter.is_ascii_whitespace() && separators.contains(letter);
        let mut rest = if reading.names.is_empty() { text.as_str() } else { text.trim_start_matches(blank) };
        for (index, name) in names.iter().enumerate() {
            let value = if index + 1 == names.len() {
                if reading.names.is_empty() { rest } else { rest.trim_end_matches(blank) }
            } else {
                let end = rest.find(|letter| separators.contains(letter)).unwrap_or(rest.len());
                let value = &rest[..end];
                let after = rest[end..].trim_start_matches(blank);
                let separated = after.chars().next().filter(|letter| {
                    separators.contains(*letter)
                        && after.len() == rest[end..].trim_start_matches(blank).len()
                        && !blank(*letter)
                });
                rest = separated.map_or(after, |letter| after[letter.len_utf8()..].trim_start_matches(blank));
                value
            };
            let value = if reading.raw { value.to_owned() } else { unbackslash(value) };
            self.assign(name, &value);
        }
        let timed_out = !whole && self.status == 142;
        self.complete(if whole {
            0
        } else if timed_out {
            142
        } else {
            1
        });
    }
}

impl Shell {
    /// `read -a`: the words of a line as elements.
    fn read_array(&mut self, array: &str, text: &str, separators: &str) {
        self.assign(&format!("{array}[]"), "");
        let blank = separators.chars().all(char::is_whitespace);
        let parts = text.trim_end().split(|letter| separators.contains(letter));
        for (index, part) in parts.filter(|part| !(blank && part.is_empty())).enumerate() {
            self.assign(&format!("{array}[{index}]"), part);
        }
    }
}

fn unbackslash(text: &str) -> String {
    let mut result = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' { result.extend(letters.next()) } else { result.push(letter) }
    }
    result
}
