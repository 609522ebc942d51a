//! Signals that ask podlab to end or to stop for a while, turned into something the loop looks at.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was asked for so far.
#[derive(Debug, Default)]
pub struct Calls {
    end: Arc<AtomicBool>,
    suspend: Arc<AtomicBool>,
}

impl Calls {
    /// Whether podlab is to end.
    pub fn end(&self) -> bool {
        self.end.load(Ordering::SeqCst)
    }

    /// Whether podlab is to stop for a while; asked once.
    pub fn take_suspend(&self) -> bool {
        self.suspend.swap(false, Ordering::SeqCst)
    }
}

#[cfg(unix)]
impl Calls {
    /// Listens from now on. The loop may be asleep waiting for a key: a window-change signal wakes it, since that is one it waits for
    /// anyway.
    pub fn listen() -> io::Result<Calls> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
        let calls = Calls::default();
        let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP])?;
        let (end, suspend) = (Arc::clone(&calls.end), Arc::clone(&calls.suspend));
        let listen = move || {
            for signal in signals.forever() {
                let flag = if signal == SIGTSTP { &suspend } else { &end };
                flag.store(true, Ordering::SeqCst);
                let _ = signal_hook::low_level::raise(SIGWINCH);
                if signal != SIGTSTP {
                    end_at_last(signal);
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "this is the world: signals arrive beside the loop")]
        std::thread::spawn(listen);
        watch_terminal();
        Ok(calls)
    }
}

/// Treats a terminal that goes away as SIGHUP, from now on. The signal itself reaches only the session the terminal controls, which is
/// not podlab's under `su -c` or `setsid`.
#[cfg(unix)]
pub fn watch_terminal() {
    use rustix::event::{PollFd, PollFlags, poll};
    use std::io::IsTerminal;
    let watch = || {
        let terminal = io::stdin();
        let mut wanted = [PollFd::new(&terminal, PollFlags::empty())];
        // Nothing but a hang-up or an error is reported when nothing is asked for.
        while poll(&mut wanted, None) == Err(rustix::io::Errno::INTR) {}
        if wanted[0].revents().contains(PollFlags::HUP) {
            let _ = signal_hook::low_level::raise(signal_hook::consts::SIGHUP);
        }
    };
    if io::stdin().is_terminal() {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the world: a terminal goes away beside the loop"
        )]
        std::thread::spawn(watch);
    }
}

/// Nothing to watch here.
#[cfg(not(unix))]
pub fn watch_terminal() {}

/// Ends the process if the loop has not done so within a second: reading from a terminal that is gone returns at once and for ever,
/// and the loop never sees that it should end. Everything learned is on disk by then.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "the thread of signals, beside the loop, with nothing else to do"
)]
fn end_at_last(signal: i32) {
    std::thread::sleep(std::time::Duration::from_secs(1));
    super::terminal::give_back();
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

#[cfg(not(unix))]
impl Calls {
    /// Nothing to listen to here: the terminal's own events are enough.
    pub fn listen() -> io::Result<Calls> {
        Ok(Calls::default())
    }
}

/// Stops this process until the learner's shell continues it.
pub fn stop() {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGSTOP);
}
