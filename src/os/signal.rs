//! Signals: numbers, names, and what the kernel does by default. Knows nothing of who sends them.

/// The signals podlab's programs send and receive, with Linux's numbers (signal(7), x86-64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(pub u8);

/// What the kernel does with a signal nobody handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    /// Ends the process.
    Terminate,
    /// Nothing.
    Ignore,
    /// Stops the process until SIGCONT.
    Stop,
    /// Goes on with a stopped process.
    Continue,
}

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS",
];

impl Signal {
    /// Terminal hung up.
    pub const HUP: Signal = Signal(1);
    /// Ctrl-C.
    pub const INT: Signal = Signal(2);
    /// Ctrl-\, and nginx's graceful stop.
    pub const QUIT: Signal = Signal(3);
    /// Cannot be handled or ignored.
    pub const KILL: Signal = Signal(9);
    /// For the program to define.
    pub const USR1: Signal = Signal(10);
    /// A write to a pipe that nobody reads.
    pub const PIPE: Signal = Signal(13);
    /// A polite request to end.
    pub const TERM: Signal = Signal(15);
    /// A child ended.
    pub const CHLD: Signal = Signal(17);
    /// Goes on with a stopped process.
    pub const CONT: Signal = Signal(18);
    /// Stops, cannot be handled.
    pub const STOP: Signal = Signal(19);
    /// Apache's graceful stop.
    pub const WINCH: Signal = Signal(28);

    /// The signal of a name (`TERM`, `SIGTERM`, `term`) or number (`15`).
    pub fn parse(text: &str) -> Option<Signal> {
        if let Ok(number) = text.parse::<u8>() {
            return (1..=64).contains(&number).then_some(Signal(number));
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let index = NAMES.iter().position(|known| *known == name)?;
        Some(Signal(index as u8 + 1))
    }

    /// The name without `SIG`; real-time signals by number.
    pub fn name(self) -> String {
        NAMES
            .get(usize::from(self.0).wrapping_sub(1))
            .map_or_else(|| format!("RTMIN+{}", self.0.saturating_sub(34)), |name| (*name).to_owned())
    }

    /// What a shell prints when a foreground child is ended by this signal; none for INT and PIPE (as ash and bash do).
    pub fn epitaph(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "Hangup",
            3 => "Quit",
            4 => "Illegal instruction",
            6 => "Aborted",
            8 => "Floating point exception",
            9 => "Killed",
            10 => "User defined signal 1",
            11 => "Segmentation fault",
            12 => "User defined signal 2",
            14 => "Alarm clock",
            15 => "Terminated",
            _ => return None,
        })
    }

    /// What the kernel does when the process has no handler.
    pub fn default_action(self) -> DefaultAction {
        match self.0 {
            17 | 23 | 28 => DefaultAction::Ignore,
            18 => DefaultAction::Continue,
            19..=22 => DefaultAction::Stop,
            _ => DefaultAction::Terminate,
        }
    }

    /// Every named signal with its number, as `kill -l` lists them.
    pub fn all() -> impl Iterator<Item = (u8, &'static str)> {
        NAMES.iter().enumerate().map(|(index, name)| (index as u8 + 1, *name))
    }
}
