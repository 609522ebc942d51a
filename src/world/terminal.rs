//! The terminal, taken and given back. Whatever ends podlab (a return, a panic, a signal), the screen the learner had before is
//! there again. Does not know what is drawn.

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, terminal};
use ratatui::backend::CrosstermBackend;
use std::io::{self, IsTerminal, Stdout, stdout};
use std::sync::Once;

/// The screen podlab draws on.
pub type Screen = ratatui::Terminal<CrosstermBackend<Stdout>>;

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
pub struct Guard {
    screen: Screen,
    mouse: bool,
}

impl Guard {
    /// Takes the terminal: raw keys, the alternate screen, the mouse if it is wanted. A panic from now on gives it back before its message is shown.
    pub fn enter(mouse: bool) -> io::Result<Guard> {
        restore_on_panic();
        take(mouse)?;
        let screen = ratatui::Terminal::new(CrosstermBackend::new(stdout()));
        match screen {
            Ok(screen) => Ok(Guard { screen, mouse }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// The screen.
    pub fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Takes the mouse, or leaves it to the terminal's own selection.
    pub fn use_mouse(&mut self, wanted: bool) -> io::Result<()> {
        self.mouse = wanted;
        if wanted { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
    }

    /// Gives the terminal back for a while: `meanwhile` runs on the learner's own screen.
    pub fn lend(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        give_back();
        meanwhile();
        take(self.mouse)?;
        // Everything is drawn afresh on an empty screen. `Terminal::clear` would first ask the terminal where its cursor is, and a
        // terminal that is slow to answer would end the tutor.
        execute!(stdout(), terminal::Clear(terminal::ClearType::All))?;
        self.screen = ratatui::Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Why there is no full screen here, as a sentence with what to use instead; `None` if there can be one.
pub fn why_not() -> Option<String> {
    let instead = "use `podlab list`, `podlab show CHAPTER`, `podlab quiz CHAPTER` or `podlab shell`, which print plain text";
    if !stdout().is_terminal() || !io::stdin().is_terminal() {
        return Some(format!("the tutor needs a terminal; {instead}"));
    }
    match std::env::var("TERM").as_deref() {
        Ok("dumb") => Some(format!("this terminal (TERM=dumb) cannot show the tutor; {instead}")),
        _ => None,
    }
}

/// Whether this terminal is known to follow links (OSC 8). Others would ignore them at best.
pub fn follows_links() -> bool {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    // Terminals on VTE (GNOME's and others) do since version 0.50.
    let vte = value("VTE_VERSION").parse::<u32>().is_ok_and(|version| version >= 5000);
    let program = value("TERM_PROGRAM");
    let term = value("TERM");
    let known = ["WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "WEZTERM_PANE", "DOMTERM"];
    vte || known.iter().any(|name| std::env::var_os(name).is_some())
        || ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "tmux", "rio"].contains(&program.as_str())
        || ["kitty", "alacritty", "ghostty", "foot", "wezterm", "contour"]
            .iter()
            .any(|name| term.contains(name))
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    let mut taken = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide);
    if mouse {
        taken = taken.and_then(|()| execute!(stdout(), EnableMouseCapture));
    }
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Errors are of no use here: the terminal may be gone, and there is nothing left to do about it.
pub(super) fn give_back() {
    let _ =
        execute!(stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panic_hook_is_set_once_and_calls_the_one_before_it() {
        use std::sync::atomic::{AtomicU32, Ordering};
        static CALLED: AtomicU32 = AtomicU32::new(0);
        let outer = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {
            CALLED.fetch_add(1, Ordering::SeqCst);
        }));
        restore_on_panic();
        restore_on_panic();
        let panicked = std::panic::catch_unwind(|| panic!("a planted fault")).is_err();
        std::panic::set_hook(outer);
        assert!(panicked);
        assert_eq!(CALLED.load(Ordering::SeqCst), 1);
    }
}
