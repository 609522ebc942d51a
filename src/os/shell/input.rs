//! Where a shell gets its commands from when it was given none: its standard input, or lines the host feeds.

use super::super::cell::CellId;
use super::super::descriptor::ReadResult;
use super::super::process::Pid;
use super::super::program::{Call, Ctx, Program};
use super::super::system::{Step, System};
use super::compile::SyntaxError;
use super::frame::Frame;
use super::{Flavour, Shell};
use crate::kube::SimTime;

/// Bytes of unfinished input kept at most.
const PENDING_MAX: usize = 1 << 20;

#[derive(Clone, Debug, Default)]
pub(super) enum Input {
    /// No more commands.
    #[default]
    None,
    /// Standard input, line by line.
    Stdin { bytes: Vec<u8>, pending: String, ended: bool, prompted: bool },
    /// Lines from the host.
    Fed { pending: String },
}

impl Input {
    pub fn is_waiting(&self) -> bool {
        !matches!(self, Input::None)
    }
}

/// What became of a line fed to a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStatus {
    /// A whole command: it runs at the next [`System::run`].
    Complete,
    /// More lines are needed (an open quote, `do` without `done`).
    Incomplete,
    /// The message is in the output.
    Error,
    /// There is no such shell, or it is busy.
    Busy,
}

impl Shell {
    pub(super) fn take_input(&mut self, call: &mut Call<'_, '_>) {
        let key = call.ctx.key;
        self.options.interactive |= call.ctx.sys.is_tty(key, 0);
        self.input =
            Input::Stdin { bytes: Vec::new(), pending: String::new(), ended: false, prompted: false };
    }

    /// Gets the next command when all frames are done.
    pub(super) fn next_command(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match &self.input {
            Input::None => {
                self.exit(self.status);
                Step::Again
            }
            Input::Fed { .. } => Step::Wait(None),
            Input::Stdin { .. } => self.next_line(ctx),
        }
    }

    fn next_line(&mut self, ctx: &mut Ctx<'_>) -> Step {
        let prompt = self.prompt(ctx);
        let Input::Stdin { bytes, pending, ended, prompted } = &mut self.input else {
            return Step::Wait(None);
        };
        if let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = bytes.drain(..=end).collect();
            pending.push_str(&String::from_utf8_lossy(&line));
            *prompted = false;
            let source = std::mem::take(pending);
            if self.feed(source) == LineStatus::Complete {
                return Step::Again;
            }
            return Step::Again;
        }
        if *ended {
            let mut source = std::mem::take(pending);
            source.push_str(&String::from_utf8_lossy(&std::mem::take(bytes)));
            self.input = Input::None;
            if source.trim().is_empty() {
                self.exit(self.status);
            } else {
                self.run_source(&source, false);
            }
            return Step::Again;
        }
        if self.options.interactive && !*prompted {
            *prompted = true;
            self.out.text(2, &prompt);
            return Step::Again;
        }
        match ctx.read(0) {
            ReadResult::Data(data) if bytes.len() + data.len() < PENDING_MAX => bytes.extend(data),
            ReadResult::Wait => return Step::Wait(None),
            _ => *ended = true,
        }
        Step::Again
    }

    fn prompt(&self, ctx: &Ctx<'_>) -> String {
        let process = ctx.process();
        let mark = if process.user.uid == 0 { '#' } else { '$' };
        match &self.input {
            Input::Stdin { pending, .. } if !pending.is_empty() => "> ".to_owned(),
            _ => match self.flavour {
                Flavour::Ash => format!("{} {mark} ", process.cwd),
                Flavour::Dash => format!("{mark} "),
                Flavour::Bash => format!("root@{}:{}{mark} ", ctx.sys.hostname(), process.cwd),
            },
        }
    }

    /// Takes source text: runs it if it is whole, keeps it if more is needed.
    fn feed(&mut self, source: String) -> LineStatus {
        let parsed = self.parse(&source);
        if let Err(SyntaxError::Incomplete(_)) = parsed
            && source.len() < PENDING_MAX
        {
            if let Input::Stdin { pending, .. } | Input::Fed { pending } = &mut self.input {
                *pending = source;
            }
            return LineStatus::Incomplete;
        }
        let failed = parsed.is_err();
        self.run_parsed(parsed, false);
        if failed { LineStatus::Error } else { LineStatus::Complete }
    }

    fn feed_line(&mut self, text: &str) -> LineStatus {
        let Input::Fed { pending } = &mut self.input else { return LineStatus::Busy };
        let mut source = std::mem::take(pending);
        source.push_str(text);
        source.push('\n');
        self.feed(source)
    }
}

impl System {
    /// Makes a running shell (spawned without a script, standard input open) take its lines from [`System::feed_line`], as the shell of
    /// an interactive terminal whose line editing is the host's.
    pub fn make_interactive(&mut self, cell: CellId, pid: Pid) -> bool {
        let Some(shell) = self.shell_mut(cell, pid) else { return false };
        shell.input = Input::Fed { pending: String::new() };
        shell.options.interactive = true;
        true
    }

    /// Gives one line to an interactive shell.
    pub fn feed_line(&mut self, now: SimTime, cell: CellId, pid: Pid, text: &str) -> LineStatus {
        self.clock = self.clock.max(now);
        let Some(shell) = self.shell_mut(cell, pid) else { return LineStatus::Busy };
        if !shell.idle() {
            return LineStatus::Busy;
        }
        let status = shell.feed_line(text);
        if let Some(key) = self.key(cell, pid) {
            self.wake(key);
        }
        status
    }

    /// Ctrl-C on the terminal of a process: forgets the unfinished command of an interactive shell, or interrupts what runs in its
    /// foreground; another program is interrupted itself.
    pub fn interrupt(&mut self, now: SimTime, cell: CellId, pid: Pid) {
        self.clock = self.clock.max(now);
        let Some(key) = self.key(cell, pid) else { return };
        let Some(shell) = self.shell_mut(cell, pid) else {
            let group = self.procs.get(&key).map_or(pid.0, |process| process.group);
            return self.signal_group(now, cell, Pid(group), super::Signal::INT);
        };
        if let Input::Fed { pending } = &mut shell.input {
            pending.clear();
        }
        let groups: Vec<u32> = shell.foreground();
        let groups: std::collections::BTreeSet<u32> = groups
            .iter()
            .filter_map(|pid| self.procs.get(&super::super::process::ProcKey { pid: *pid, ..key }))
            .map(|process| process.group)
            .collect();
        for group in groups {
            self.signal_group(now, cell, Pid(group), super::Signal::INT);
        }
        self.send(key, super::Signal::INT, true);
    }

    /// Whether an interactive shell waits for its next line; its last exit status if so.
    pub fn shell_idle(&self, cell: CellId, pid: Pid) -> Option<i32> {
        let key = self.key(cell, pid)?;
        match &self.procs.get(&key)?.program {
            Program::Shell(shell) if shell.idle() => Some(shell.last_status()),
            _ => None,
        }
    }

    /// A shell's working directory, for a prompt and completion.
    pub fn working_directory(&self, cell: CellId, pid: Pid) -> Option<&str> {
        let key = self.key(cell, pid)?;
        self.procs.get(&key).map(|process| process.cwd.as_str())
    }

    /// A variable of a shell, for a prompt and completion.
    pub fn shell_variable(&self, cell: CellId, pid: Pid, name: &str) -> Option<&str> {
        match &self.procs.get(&self.key(cell, pid)?)?.program {
            Program::Shell(shell) => shell.variables.get(name),
            _ => None,
        }
    }

    /// The names of a shell's variables, sorted.
    pub fn shell_variables(&self, cell: CellId, pid: Pid) -> Vec<String> {
        match self.key(cell, pid).and_then(|key| self.procs.get(&key)).map(|process| &process.program) {
            Some(Program::Shell(shell)) => shell.variables.iter().map(|(name, _)| name.to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// The aliases of a shell, for completion.
    pub fn shell_aliases(
        &self,
        cell: CellId,
        pid: Pid,
    ) -> Option<&std::collections::BTreeMap<String, String>> {
        match &self.procs.get(&self.key(cell, pid)?)?.program {
            Program::Shell(shell) => Some(&shell.aliases),
            _ => None,
        }
    }

    fn shell_mut(&mut self, cell: CellId, pid: Pid) -> Option<&mut Shell> {
        let key = self.key(cell, pid)?;
        match &mut self.procs.get_mut(&key)?.program {
            Program::Shell(shell) => Some(shell),
            _ => None,
        }
    }
}

impl Shell {
    /// Ends the shell, by way of its EXIT trap.
    pub(super) fn exit(&mut self, code: i32) {
        self.frames.clear();
        self.frames.push(Frame::Exit(code));
        if let Some(action) = self.traps.remove(&0).filter(|action| !action.is_empty()) {
            self.status = code;
            self.run_source(&action, false);
        }
    }
}
