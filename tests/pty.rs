//! The real program in a pseudo-terminal: start, use, resize, kill, restore.
#![expect(
    clippy::disallowed_methods,
    reason = "the program runs in real time, and its output is read beside the test"
)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long something may take to appear before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running podlab and the screen it draws.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// What it says its background is, when asked.
    ground: &'static str,
}

impl Terminal {
    fn start(data: &Path, environment: &[(&str, &str)]) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_podlab"));
        command.arg("--data-dir");
        command.arg(data);
        Terminal::run(command, environment)
    }

    fn run(mut command: CommandBuilder, environment: &[(&str, &str)]) -> Terminal {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("podlab starts");
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let (send, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().expect("its input");
        Terminal {
            child,
            master: pair.master,
            keys,
            bytes,
            screen: vt100::Parser::new(24, 80, 0),
            ground: "0000/0000/0000",
        }
    }

    /// Waits until the screen shows `text`.
    fn until(&mut self, text: &str) {
        self.wait(&format!("'{text}' to appear"), |screen| screen.contents().contains(text));
    }

    fn wait(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self.screen.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("waited in vain for {what} ({why}):\n{}", self.screen.screen().contents()),
            }
        }
    }

    /// Draws what came, and answers what a terminal is asked: its colours, and that it is a VT220.
    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        let asked = |what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
        if asked(b"\x1b]10;?") {
            let letters = if self.ground.starts_with('f') { "0000/0000/0000" } else { "ffff/ffff/ffff" };
            self.press(&format!("\x1b]10;rgb:{letters}\x1b\\"));
        }
        if asked(b"\x1b]11;?") {
            self.press(&format!("\x1b]11;rgb:{}\x1b\\", self.ground));
        }
        if asked(b"\x1b[c") {
            self.press("\x1b[?62;c");
        }
    }

    /// The background of the first cell of the row that holds `text`.
    fn ground_of(&self, text: &str) -> vt100::Color {
        let screen = self.screen.screen();
        let row = screen.rows(0, 80).position(|row| row.contains(text)).expect("the row") as u16;
        screen.cell(row, 3).expect("a cell").bgcolor()
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("its id").to_string();
        let sent = std::process::Command::new("kill").args([name, &id]).status().expect("kill runs");
        assert!(sent.success(), "kill {name}");
    }

    /// Continues the stopped program. It may not have stopped yet when its screen is gone, so it is told until it draws again.
    #[cfg(unix)]
    fn wake(&mut self) {
        let end = Instant::now() + PATIENCE;
        while !self.screen.screen().alternate_screen() {
            assert!(Instant::now() < end, "it did not come back");
            self.signal("-CONT");
            if let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(300)) {
                self.take(&bytes);
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("podlab reads keys");
        self.keys.flush().expect("podlab reads keys");
    }

    fn end(mut self) -> u32 {
        let status = self.child.wait().expect("podlab ends");
        status.exit_code()
    }

    /// Reads what is left once podlab has ended.
    fn rest(&mut self) {
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_secs(5)) {
            self.screen.process(&bytes);
        }
    }
}

#[test]
fn a_newcomer_reads_applies_answers_resizes_and_leaves() {
    let data = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(data.path(), &[]);
    terminal.until("Three keys are all you need");
    terminal.press("\r");
    terminal.until("01 Why Pods");
    terminal.press("a");
    terminal.until("kubectl apply -f");
    terminal.until("Running");
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    terminal.master.resize(size).expect("a larger window");
    terminal.screen.screen_mut().set_size(40, 120);
    terminal.until("x-ray");
    terminal.until("shell");
    terminal.press("t");
    terminal.until("1 of ");
    terminal.press("\x1b");
    terminal.until("01 Why Pods");
    terminal.press("\x03\x03");
    terminal.wait("the alternate screen to be left", |screen| !screen.alternate_screen());
    assert!(!terminal.screen.screen().hide_cursor(), "the cursor is back");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_quiz_killed_in_the_middle_goes_on_where_it_was() {
    let data = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(data.path(), &[]);
    terminal.until("Three keys are all you need");
    terminal.press("t");
    terminal.until("1 of ");
    terminal.press("2/2\r");
    terminal.until("of 1 point");
    terminal.until("next question");
    terminal.child.kill().expect("killed");
    terminal.end();
    let mut again = Terminal::start(data.path(), &[]);
    again.until("Welcome back");
    again.press("t");
    again.until("2 of ");
    again.press("\x03\x03");
    assert_eq!(again.end(), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_to_end_restores_the_terminal() {
    let data = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(data.path(), &[("NO_COLOR", "1")]);
    terminal.until("Three keys are all you need");
    assert!(terminal.screen.screen().alternate_screen());
    terminal.signal("-TERM");
    terminal.wait("the alternate screen to be left", |screen| !screen.alternate_screen());
    terminal.rest();
    assert!(!terminal.screen.screen().hide_cursor(), "the cursor is back");
    assert_eq!(terminal.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

/// `setsid` puts podlab into a session of its own, so that no signal tells it; the shell outlives the terminal and says when podlab is gone.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_goes_away_without_a_signal_ends_podlab() {
    let data = tempfile::tempdir().expect("a folder");
    let mut command = CommandBuilder::new("sh");
    command.arg("-c");
    command.arg("trap '' HUP; setsid --wait \"$0\" --data-dir \"$1\" learn 1; exit 7");
    command.arg(env!("CARGO_BIN_EXE_podlab"));
    command.arg(data.path());
    let mut terminal = Terminal::run(command, &[]);
    terminal.until("01 Why Pods");
    terminal.press("a");
    terminal.until("Running");
    let Terminal { mut child, master, keys, bytes, .. } = terminal;
    // The thread that reads lets go with the next frame, and the running clock draws one soon.
    drop((master, keys, bytes));
    assert_eq!(child.wait().expect("the shell ends").exit_code(), 7);
}

#[cfg(unix)]
#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let data = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(data.path(), &[]);
    terminal.until("Three keys are all you need");
    terminal.press("\x1a");
    terminal.wait("the alternate screen to be left", |screen| !screen.alternate_screen());
    assert_eq!(terminal.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    terminal.wake();
    terminal.until("Three keys are all you need");
    terminal.press("\r");
    terminal.until("01 Why Pods");
    terminal.signal("-HUP");
    terminal.wait("the alternate screen to be left", |screen| !screen.alternate_screen());
}

#[test]
fn the_mouse_opens_scrolls_and_pastes_go_where_text_is_typed() {
    let data = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(data.path(), &[]);
    terminal.until("Three keys are all you need");
    terminal.until("03 One IP");
    let row = |terminal: &Terminal, text: &str| {
        terminal.screen.screen().rows(0, 80).position(|row| row.contains(text)).expect("the row") + 1
    };
    let at = row(&terminal, "03 One IP");
    // A click chooses, a second one opens: SGR reports of the left button.
    terminal.press(&format!("\x1b[<0;10;{at}M\x1b[<0;10;{at}m\x1b[<0;10;{at}M\x1b[<0;10;{at}m"));
    terminal.until("0%");
    terminal.press(&"\x1b[<65;10;8M".repeat(20));
    terminal.wait("the page to scroll", |screen| !screen.contents().contains(" 0% "));
    terminal.press("/\x1b[200~OOMKilled\x1b[201~");
    terminal.until("/ OOMKilled");
    terminal.until("places");
    terminal.press("\x03\x03");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_light_ground_gets_light_colours_and_no_color_none() {
    let chosen = |ground: &'static str, environment: &[(&str, &str)]| {
        let data = tempfile::tempdir().expect("a folder");
        let mut terminal = Terminal::start(data.path(), environment);
        terminal.ground = ground;
        terminal.until("Esc quit");
        let colour = terminal.ground_of("01 Why Pods");
        terminal.press("\x03\x03");
        assert_eq!(terminal.end(), 0);
        colour
    };
    assert_eq!(chosen("ffff/ffff/ffff", &[]), vt100::Color::Idx(253));
    assert_eq!(chosen("0000/0000/0000", &[]), vt100::Color::Idx(238));
    assert_eq!(chosen("0000/0000/0000", &[("NO_COLOR", "1")]), vt100::Color::Default);
}

#[test]
fn without_a_terminal_podlab_says_what_to_use_instead() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_podlab")).output().expect("podlab runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("podlab list") && said.contains("podlab show"), "{said}");
    assert!(!output.status.success());
    let mut terminal = Terminal::start(tempfile::tempdir().expect("a folder").path(), &[("TERM", "dumb")]);
    terminal.until("TERM=dumb");
    assert_ne!(terminal.end(), 0);
}
