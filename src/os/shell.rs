//! The shell: POSIX, with what people use of bash. One interpreter for container scripts, `-c` lines, files and the learner's prompt.
//!
//! It is a machine with an explicit stack of frames, so that it can stop anywhere (a child runs, a pipe is full) and be copied there.
//! Scripts are parsed once ([`parse`]) and shared. Knows nothing of time: it waits for children, pipes and signals only.

mod alias;
mod arithmetic;
mod array;
mod braces;
mod builtins;
mod compile;
mod control;
mod execute;
mod expand;
mod fields;
mod frame;
mod input;
mod launch;
mod parse;
pub(super) mod pattern;
mod redirect;
mod script;
pub(super) mod test;
mod variables;
mod word;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::program::{Call, Ctx, Flushed, Output, Program};
use super::signal::Signal;
use super::system::Step;
pub(super) use builtins::send_signals;
use frame::Frame;
use input::Input;
pub use input::LineStatus;
use script::{NodeId, Script};
use variables::{Variables, is_name};

/// Frames within frames at most; functions that call themselves end here.
const FRAMES_MAX: usize = 4000;
/// The longest source in bytes that is parsed command by command, for the sake of aliases made in it.
const STEPWISE_MAX: usize = 64 << 10;

/// Which shell this is, where they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flavour {
    /// busybox
    #[default]
    Ash,
    /// Debian's sh
    Dash,
    Bash,
}

impl Flavour {
    fn unbound(self) -> &'static str {
        if self == Flavour::Bash { "unbound variable" } else { "parameter not set" }
    }
}

/// What `set` switches.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of `set`, as a shell has them")]
struct Options {
    errexit: bool,
    nounset: bool,
    xtrace: bool,
    pipefail: bool,
    noglob: bool,
    braces: bool,
    interactive: bool,
    /// bash's `shopt -s expand_aliases`.
    aliases: bool,
}

impl Options {
    fn letters(self) -> String {
        let all = [
            ('B', self.braces),
            ('e', self.errexit),
            ('f', self.noglob),
            ('i', self.interactive),
            ('u', self.nounset),
            ('x', self.xtrace),
        ];
        all.iter().filter(|(_, on)| *on).map(|(letter, _)| *letter).collect()
    }
}

/// A background job.
#[derive(Clone, Debug)]
struct Job {
    number: u32,
    pid: u32,
    command: String,
    ended: Option<super::process::Status>,
}

/// The state of a running shell.
#[derive(Clone, Debug, Default)]
pub(super) struct Shell {
    name: String,
    flavour: Flavour,
    options: Options,
    variables: Variables,
    functions: BTreeMap<String, (Arc<Script>, NodeId)>,
    aliases: Arc<alias::Aliases>,
    positional: Arc<Vec<String>>,
    status: i32,
    pid: u32,
    background: Option<u32>,
    frames: Vec<Frame>,
    out: Output,
    /// Signal number (0 = EXIT) to action; an empty action ignores.
    traps: BTreeMap<u8, String>,
    jobs: Vec<Job>,
    input: Input,
    line: usize,
    subshell: bool,
    /// Files opened for a redirection that is being set up.
    held: Vec<u32>,
}

pub(super) fn start_ash(call: &mut Call<'_, '_>) -> Program {
    start_as(call, Flavour::Ash)
}

pub(super) fn start_dash(call: &mut Call<'_, '_>) -> Program {
    start_as(call, Flavour::Dash)
}

pub(super) fn start_bash(call: &mut Call<'_, '_>) -> Program {
    start_as(call, Flavour::Bash)
}

/// Reads the shell's own command line.
fn start_as(call: &mut Call<'_, '_>, flavour: Flavour) -> Program {
    let process = call.ctx.process();
    let mut shell = Shell { name: call.name(), flavour, pid: call.ctx.key.pid, ..Shell::default() };
    // bash hands on what cannot be a variable's name; the Almquist shells forget it.
    let kept = |(name, _): &&(String, String)| flavour == Flavour::Bash || is_name(name);
    let environment: Vec<(String, String)> = process.env.iter().filter(kept).cloned().collect();
    shell.variables = Variables::from_environment(&environment);
    let cwd = process.cwd.clone();
    let depth = shell.variables.get("SHLVL").and_then(|level| level.parse::<u32>().ok()).unwrap_or(0);
    for (name, value) in [("PWD", cwd), ("SHLVL", (depth + 1).to_string())] {
        let _ = shell.variables.set(name, &value);
        shell.variables.export(name, true);
    }
    let mut args = call.args().into_iter().peekable();
    let mut command = false;
    while let Some(option) =
        args.peek().filter(|word| word.len() > 1 && word.starts_with(['-', '+'])).cloned()
    {
        args.next();
        match option.as_str() {
            "--" => break,
            "--login" | "--norc" | "--noprofile" | "--posix" => {}
            "-o" | "+o" => shell.option_named(&args.next().unwrap_or_default(), option == "-o"),
            _ => {
                command |= option.contains('c');
                for letter in option.chars().skip(1).filter(|letter| !"cls".contains(*letter)) {
                    // A letter this shell does not know is passed over, as at a real shell's start.
                    let _known = shell.option_letter(letter, option.starts_with('-'));
                }
            }
        }
    }
    let source = if command { args.next() } else { None };
    if command && source.is_none() {
        return call.fail("-c requires an argument");
    }
    match (source, args.next()) {
        (Some(source), name) => {
            shell.name = name.unwrap_or(shell.name);
            shell.positional = Arc::new(args.collect());
            shell.run_source(&source, true);
        }
        (None, Some(file)) => {
            shell.positional = Arc::new(args.collect());
            if let Err(failed) = shell.load(call, &file) {
                return failed;
            }
        }
        (None, None) => shell.take_input(call),
    }
    call.ctx.sys.set_load(call.ctx.key, |load| load.memory = 640 << 10);
    Program::Shell(Box::new(shell))
}

impl Shell {
    fn load(&mut self, call: &mut Call<'_, '_>, file: &str) -> Result<(), Program> {
        match call.files(file).and_then(|files| files.read(file)) {
            Ok(source) => {
                file.clone_into(&mut self.name);
                self.run_source(&String::from_utf8_lossy(&source), true);
                Ok(())
            }
            Err(error) => {
                let text = match self.flavour {
                    Flavour::Ash => format!("can't open '{file}': {error}"),
                    Flavour::Dash => format!("0: cannot open {file}: No such file"),
                    Flavour::Bash => format!("{file}: {error}"),
                };
                call.complain(&text);
                Err(call.done(if self.flavour == Flavour::Bash { 127 } else { 2 }))
            }
        }
    }

    pub fn handles(&self, signal: Signal) -> bool {
        let trapped = self.traps.get(&signal.0).is_some_and(|action| !action.is_empty());
        trapped || (self.options.interactive && matches!(signal, Signal::INT | Signal::TERM | Signal::QUIT))
    }

    /// Waits for the next line rather than running one.
    pub fn idle(&self) -> bool {
        self.frames.is_empty() && self.out.held() == 0 && self.input.is_waiting()
    }

    /// The exit status of the last command.
    pub fn last_status(&self) -> i32 {
        self.status
    }

    /// The processes a Ctrl-C at this shell's terminal is for.
    pub fn foreground(&self) -> Vec<u32> {
        self.frames.iter().rev().find_map(Frame::children).unwrap_or_default()
    }

    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match self.out.flush(ctx) {
            Flushed::Clean => {}
            Flushed::Wait => return Step::Wait(None),
            Flushed::Broken => return ctx.broken_pipe(),
        }
        if let Some(error) = self.out.failed.take() {
            self.status = 1;
            self.error(&format!("write error: {error}"));
        }
        if !ctx.process().pending.is_empty() && self.take_signal(ctx) {
            return Step::Again;
        }
        if self.frames.len() > FRAMES_MAX {
            self.error("maximum function nesting level exceeded");
            self.unwind_all(ctx);
            self.frames.push(Frame::Exit(2));
        }
        match self.frames.pop() {
            Some(frame) => self.resume(frame, ctx),
            None => self.next_command(ctx),
        }
    }

    /// What stands before the shell's own messages.
    fn prefix(&self) -> String {
        match self.flavour {
            Flavour::Ash => format!("{}: ", self.name),
            Flavour::Dash => format!("{}: {}: ", self.name, self.line.max(1)),
            Flavour::Bash if self.options.interactive => "bash: ".to_owned(),
            Flavour::Bash => format!("{}: line {}: ", self.name, self.line.max(1)),
        }
    }

    fn error(&mut self, text: &str) {
        let message = format!("{}{text}\n", self.prefix());
        self.out.text(2, &message);
    }

    /// A message of a builtin command.
    fn complain(&mut self, name: &str, text: &str) {
        let message = match self.flavour {
            Flavour::Ash if self.options.interactive => format!("{}: {name}: {text}\n", self.name),
            Flavour::Ash => format!("{}: {name}: line {}: {text}\n", self.name, self.line.max(1)),
            _ => format!("{}{name}: {text}\n", self.prefix()),
        };
        self.out.text(2, &message);
    }

    /// Variables the shell makes up.
    fn special(&self, name: &str, ctx: &Ctx<'_>) -> Option<String> {
        match name {
            "RANDOM" => {
                Some(((ctx.now().0 ^ ctx.sys.noise()).wrapping_mul(2_654_435_761) >> 7 & 0x7fff).to_string())
            }
            "PPID" => Some(ctx.process().parent.to_string()),
            "LINENO" => Some(self.line.max(1).to_string()),
            "SECONDS" if self.flavour == Flavour::Bash => {
                Some((ctx.now().since(ctx.process().started) / 1000).to_string())
            }
            _ => None,
        }
    }

    /// Whether `{a,b}` is two words: in bash, and where `set -B` says so.
    fn expands_braces(&self) -> bool {
        self.options.braces || self.flavour == Flavour::Bash
    }

    /// Whether aliases are replaced: bash does so for those who type.
    fn knows_aliases(&self) -> bool {
        self.flavour != Flavour::Bash || self.options.interactive || self.options.aliases
    }

    /// Parses a source, its aliases replaced.
    fn parse(&self, source: &str) -> Result<Arc<Script>, compile::SyntaxError> {
        let braces = self.expands_braces();
        if self.knows_aliases() {
            parse::parse(&alias::expand(source, &self.aliases), braces)
        } else {
            parse::parse(source, braces)
        }
    }

    fn run_source(&mut self, source: &str, tail: bool) {
        if let Some((script, rest)) = self.first_lines(source) {
            self.frames.push(Frame::Rest(rest));
            let node = script.root;
            self.frames.push(Frame::Run { script, node, tail: false });
        } else {
            let parsed = self.parse(source);
            self.run_parsed(parsed, tail);
        }
    }

    /// The first command of a source in which an alias may be made, and the rest, which is to be read with that alias. What was read
    /// stays there as empty lines, so that lines keep their numbers.
    fn first_lines(&self, source: &str) -> Option<(Arc<Script>, String)> {
        if source.len() > STEPWISE_MAX || !source.contains("alias") || !self.knows_aliases() {
            return None;
        }
        let begin = source.len() - source.trim_start_matches('\n').len();
        let ends = source[begin..].match_indices('\n').map(|(at, _)| begin + at + 1);
        for end in ends.take_while(|end| !source[*end..].trim().is_empty()) {
            match self.parse(&source[..end]) {
                Ok(script) => {
                    let lines = source[..end].matches('\n').count();
                    return Some((script, "\n".repeat(lines) + &source[end..]));
                }
                Err(compile::SyntaxError::Incomplete(_)) => {}
                Err(_) => return None,
            }
        }
        None
    }

    fn run_parsed(&mut self, parsed: Result<Arc<Script>, compile::SyntaxError>, tail: bool) {
        match parsed {
            Ok(script) => {
                let node = script.root;
                self.frames.push(Frame::Run { script, node, tail });
            }
            Err(error) => {
                let text = parse::describe(&error, self.flavour);
                self.error(&text);
                self.status = 2;
                if !self.options.interactive {
                    self.frames.push(Frame::Exit(2));
                }
            }
        }
    }

    fn assign(&mut self, name: &str, value: &str) -> bool {
        match self.variables.set(name, value) {
            Ok(()) => true,
            Err(message) => {
                self.error(&message);
                false
            }
        }
    }

    /// A copy to run in a child process.
    fn for_child(&self, frames: Vec<Frame>) -> Shell {
        let mut child = self.clone();
        child.frames = frames;
        child.out = Output::default();
        child.traps.retain(|_, action| action.is_empty());
        child.jobs.clear();
        child.input = Input::None;
        child.options.interactive = false;
        child.subshell = true;
        child
    }
}
