//! What a program gets when it starts: its command line, and a place for what it prints.

use std::collections::VecDeque;

use super::super::Errno;
use super::super::descriptor::WriteResult;
use super::super::fs::Files;
use super::{Ctx, Program};

/// Bytes on their way to descriptors, in order.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Output {
    queue: VecDeque<(u32, Vec<u8>)>,
    bytes: usize,
    /// The first write that failed, if any.
    pub failed: Option<Errno>,
}

/// What became of an attempt to write everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Flushed {
    /// All is written (or could not be, see [`Output::failed`]).
    Clean,
    /// A pipe is full.
    Wait,
    /// Nobody reads.
    Broken,
}

impl Output {
    pub fn push(&mut self, fd: u32, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.bytes += bytes.len();
        match self.queue.back_mut() {
            Some((last, held)) if *last == fd => held.extend_from_slice(bytes),
            _ => self.queue.push_back((fd, bytes.to_vec())),
        }
    }

    pub fn text(&mut self, fd: u32, text: &str) {
        self.push(fd, text.as_bytes());
    }

    /// Everything for standard output, taken out.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.queue)
            .into_iter()
            .filter(|(fd, _)| *fd == 1)
            .flat_map(|(_, bytes)| bytes)
            .collect()
    }

    /// Bytes not yet written.
    pub fn held(&self) -> usize {
        self.bytes
    }

    /// Writes what can be written.
    pub fn flush(&mut self, ctx: &mut Ctx<'_>) -> Flushed {
        while let Some((fd, bytes)) = self.queue.front_mut() {
            match ctx.write(*fd, bytes) {
                WriteResult::Wrote(count) => {
                    self.bytes -= count;
                    if count == bytes.len() {
                        self.queue.pop_front();
                    } else {
                        bytes.drain(..count);
                    }
                }
                WriteResult::Wait => return Flushed::Wait,
                WriteResult::Broken => return Flushed::Broken,
                WriteResult::Failed(error) => {
                    self.failed.get_or_insert(error);
                    self.bytes -= bytes.len();
                    self.queue.pop_front();
                }
            }
        }
        Flushed::Clean
    }
}

/// A program at its start.
pub(in super::super) struct Call<'a, 'b> {
    pub ctx: &'a mut Ctx<'b>,
    /// Command line, name first.
    pub argv: Vec<String>,
    /// What the catalogue says of this executable besides its model: `name=model:setting`.
    pub setting: String,
    pub out: Output,
}

impl<'a, 'b> Call<'a, 'b> {
    pub fn new(ctx: &'a mut Ctx<'b>, argv: Vec<String>) -> Call<'a, 'b> {
        Call { ctx, argv, setting: String::new(), out: Output::default() }
    }

    /// The name the program was called by, without its folder.
    pub fn name(&self) -> String {
        let name = self.argv.first().map_or("", String::as_str);
        name.rsplit('/').next().unwrap_or(name).to_owned()
    }

    /// The arguments.
    pub fn args(&self) -> Vec<String> {
        self.argv.iter().skip(1).cloned().collect()
    }

    /// A line on standard output.
    pub fn line(&mut self, text: &str) {
        self.out.text(1, text);
        self.out.text(1, "\n");
    }

    /// A line on standard error.
    pub fn error(&mut self, text: &str) {
        self.out.text(2, text);
        self.out.text(2, "\n");
    }

    /// `name: text` on standard error.
    pub fn complain(&mut self, text: &str) {
        let name = self.name();
        let text = if self.gnu() { super::words::gnu(&name, text) } else { text.to_owned() };
        self.error(&format!("{name}: {text}"));
    }

    /// Whether this is GNU's program, not busybox's.
    pub fn gnu(&self) -> bool {
        self.setting == "gnu"
    }

    /// The program's end, once its output is written.
    pub fn done(&mut self, code: i32) -> Program {
        Program::Done(std::mem::take(&mut self.out), code)
    }

    /// Complains and ends with 1.
    pub fn fail(&mut self, text: &str) -> Program {
        self.complain(text);
        self.done(1)
    }

    /// What busybox says to an option it does not know, and its exit code.
    pub fn bad_option(&mut self, option: &str) -> Program {
        let letter = option.trim_start_matches('-');
        let text = if option.starts_with("--") {
            format!("unrecognized option '{option}'")
        } else {
            format!("invalid option -- '{letter}'")
        };
        self.fail(&text)
    }

    pub fn files(&mut self, path: &str) -> Result<Files<'_>, Errno> {
        self.ctx.files(path).ok_or(Errno::NoEntry)
    }

    /// The port the catalogue gives this executable, or `default`.
    pub fn setting_port(&self, default: u16) -> u16 {
        self.setting.parse().unwrap_or(default)
    }

    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.ctx.process().variable(name).map(str::to_owned)
    }
}

/// Single-letter options, as getopt(3) reads them.
pub(in super::super) struct Options {
    found: Vec<(char, Option<String>)>,
    /// What is left after the options.
    pub rest: Vec<String>,
}

impl Options {
    /// Reads options by a getopt string: letters, `:` after those that take a value; a leading `+` stops at the first word that is
    /// no option. Long options are looked up in `long`. An unknown option is the error.
    pub fn parse(args: &[String], letters: &str, long: &[(&str, char)]) -> Result<Options, String> {
        let in_order = letters.starts_with('+');
        let mut options = Options { found: Vec::new(), rest: Vec::new() };
        let mut words = args.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                options.rest.extend(words.cloned());
                break;
            }
            if let Some(name) = word.strip_prefix("--") {
                let (name, value) =
                    name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value.to_owned())));
                let letter = long
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, letter)| *letter)
                    .ok_or_else(|| word.clone())?;
                let takes_value = letters.contains(&format!("{letter}:"));
                let value = if takes_value && value.is_none() { words.next().cloned() } else { value };
                options.found.push((letter, value));
            } else if word.len() > 1 && word.starts_with('-') {
                options.cluster(&word[1..], letters, &mut words)?;
            } else if in_order {
                options.rest.push(word.clone());
                options.rest.extend(words.cloned());
                break;
            } else {
                options.rest.push(word.clone());
            }
        }
        Ok(options)
    }

    fn cluster<'w>(
        &mut self,
        cluster: &str,
        letters: &str,
        words: &mut impl Iterator<Item = &'w String>,
    ) -> Result<(), String> {
        for (index, letter) in cluster.char_indices() {
            let known = letter != ':' && letter != '+' && letters.contains(letter);
            if !known {
                return Err(format!("-{letter}"));
            }
            if letters.contains(&format!("{letter}:")) {
                let attached = &cluster[index + letter.len_utf8()..];
                let value =
                    if attached.is_empty() { words.next().cloned() } else { Some(attached.to_owned()) };
                if value.is_none() {
                    return Err(format!("-{letter}"));
                }
                self.found.push((letter, value));
                return Ok(());
            }
            self.found.push((letter, None));
        }
        Ok(())
    }

    pub fn has(&self, letter: char) -> bool {
        self.found.iter().any(|(known, _)| *known == letter)
    }

    /// The value of the last such option.
    pub fn value(&self, letter: char) -> Option<&str> {
        self.found.iter().rev().find(|(known, _)| *known == letter).and_then(|(_, value)| value.as_deref())
    }

    /// The values of all such options.
    pub fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.found.iter().filter(move |(known, _)| *known == letter).filter_map(|(_, value)| value.as_deref())
    }

    /// The last of several options that exclude each other.
    pub fn last_of(&self, letters: &str) -> Option<char> {
        self.found.iter().rev().map(|(letter, _)| *letter).find(|letter| letters.contains(*letter))
    }
}
