//! The prompt of `podlab shell` on a terminal: a line that can be edited, a history that is kept, keys while a command runs.

use super::{Room, harmless};
use crate::app::Msg;
use crate::app::key::{Code, Key};
use crate::app::line_editor::LineEditor;
use crate::course::text::pasted;
use crate::kubectl::session::JobId;
use crate::ui::theme::Theme;
use crate::world::args::Global;
use crate::world::{colours, files, input, learn, signals};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, event, execute, queue, terminal};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// Real time between two looks at the simulation while a command runs.
const TICK: Duration = Duration::from_millis(50);
/// Lines of history that are kept.
const HISTORY_KEPT: usize = 500;

/// Raw keys as long as it lives.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Raw> {
        enable_raw_mode()?;
        // A paste comes in one piece then, however long it is.
        execute!(io::stdout(), event::EnableBracketedPaste)?;
        Ok(Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), event::DisableBracketedPaste);
        let _ = disable_raw_mode();
    }
}

/// What ended the typing of a line.
enum Typed {
    Line(String),
    Interrupt,
    End,
}

/// Reads and runs lines until the learner leaves; the last exit code.
pub(super) fn run(global: &Global, room: &mut Room) -> io::Result<i32> {
    let _raw = Raw::enter()?;
    signals::watch_terminal();
    let history = global.data_dir.clone().or_else(files::data_dir).map(|folder| folder.join("shell_history"));
    let theme = Theme::named(learn::named_theme(global)?.unwrap_or_else(colours::fitting));
    let mut prompt =
        Prompt { line: LineEditor::default(), pasted: String::new(), theme, row: 0, before: now(), last: 0 };
    for line in read_history(history.as_ref()) {
        prompt.line.remember(&line);
    }
    if room.play.is_none() {
        print("A simulated cluster: kubectl and the usual commands work here. Ctrl-D leaves.\n")?;
    }
    loop {
        match prompt.read(room)? {
            Typed::End => {
                print("\n")?;
                return Ok(prompt.last);
            }
            Typed::Interrupt => {
                room.stage.session.forget_line();
                prompt.pass_time(room);
                prompt.last = 130;
                print("^C\n")?;
            }
            Typed::Line(line) => {
                print("\n")?;
                keep_history(history.as_ref(), &line);
                prompt.pass_time(room);
                let (text, left) = room.own(&line);
                print(&text)?;
                if let Some(line) = left {
                    let job = room.stage.type_line(&line);
                    prompt.last = prompt.finish(room, job)?;
                }
                print(&room.news())?;
                if let Some(code) = room.stage.session.left() {
                    return Ok(code);
                }
            }
        }
    }
}

/// The line being typed, and when simulated time last followed real time.
struct Prompt {
    line: LineEditor,
    /// What was pasted and has not been typed yet: its lines are entered one after the other.
    pasted: String,
    theme: Theme,
    /// The row the cursor is in, counted from the first one of the line.
    row: u16,
    before: Instant,
    last: i32,
}

impl Prompt {
    /// Lets as much simulated time pass as real time has passed.
    fn pass_time(&mut self, room: &mut Room) {
        let millis = self.before.elapsed().as_millis() as u64;
        self.before = now();
        room.advance(room.stage.cluster.now().plus(millis));
    }

    fn read(&mut self, room: &mut Room) -> io::Result<Typed> {
        self.row = 0;
        self.draw(room)?;
        loop {
            if let Some(line) = self.pasted_line(room)? {
                return Ok(Typed::Line(line));
            }
            if room.is_live() && !event::poll(TICK * 4)? {
                self.show_background(room)?;
                continue;
            }
            let key = match input::message(event::read()?) {
                Some(Msg::Key(key)) => key,
                Some(Msg::Paste(text)) => {
                    self.pasted.push_str(&plain(&text));
                    continue;
                }
                _ => continue,
            };
            match (key.ctrl, key.code) {
                (true, Code::Char('c')) => {
                    self.line.abandon();
                    self.pasted.clear();
                    return Ok(Typed::Interrupt);
                }
                (true, Code::Char('d')) if self.line.text().is_empty() => return Ok(Typed::End),
                (true, Code::Char('l')) => {
                    queue!(io::stdout(), terminal::Clear(terminal::ClearType::All), cursor::MoveTo(0, 0))?;
                    self.row = 0;
                }
                (_, Code::Enter) => {
                    return self.enter(room).map(Typed::Line);
                }
                (_, Code::Tab) => self.complete(room)?,
                _ => {
                    self.line.key(key);
                }
            }
            // Keys that come faster than they can be shown are shown together.
            if !event::poll(Duration::ZERO)? {
                self.draw(room)?;
            }
        }
    }

    /// Takes the line as it stands.
    fn enter(&mut self, room: &Room) -> io::Result<String> {
        self.line.key(Key { code: Code::End, ctrl: false, alt: false, shift: false });
        self.draw(room)?;
        Ok(self.line.take())
    }

    /// Types what was pasted, up to the end of its first line, which is entered.
    fn pasted_line(&mut self, room: &Room) -> io::Result<Option<String>> {
        if self.pasted.is_empty() {
            return Ok(None);
        }
        let text = std::mem::take(&mut self.pasted);
        let Some((line, rest)) = text.split_once('\n') else {
            self.line.insert(&text);
            self.draw(room)?;
            return Ok(None);
        };
        self.line.insert(line);
        rest.clone_into(&mut self.pasted);
        self.enter(room).map(Some)
    }

    /// Lets time pass for what goes on while nobody types, and shows above the line what there is to say of it.
    fn show_background(&mut self, room: &mut Room) -> io::Result<()> {
        self.pass_time(room);
        let mut text = String::from_utf8_lossy(&room.stage.session.drain_prompt()).into_owned();
        text.push_str(&room.news());
        if text.is_empty() {
            return Ok(());
        }
        self.wipe(&mut io::stdout().lock())?;
        print(&text)?;
        if !text.ends_with('\n') {
            print("\n")?;
        }
        self.row = 0;
        self.draw(room)
    }

    /// Clears the line, and puts the cursor where it began.
    fn wipe(&self, out: &mut impl Write) -> io::Result<()> {
        if self.row > 0 {
            queue!(out, cursor::MoveUp(self.row))?;
        }
        queue!(out, cursor::MoveToColumn(0), terminal::Clear(terminal::ClearType::FromCursorDown))
    }

    /// Draws the line anew, however many rows of the terminal it takes.
    fn draw(&mut self, room: &Room) -> io::Result<()> {
        let prompt = match self.line.searching() {
            Some(wanted) => format!("(search `{wanted}') "),
            None => room.stage.session.prompt(),
        };
        let width = usize::from(terminal::size().map_or(80, |size| size.0)).max(1);
        let before =
            UnicodeWidthStr::width(prompt.as_str()) + UnicodeWidthStr::width(self.line.before_cursor());
        let whole = UnicodeWidthStr::width(prompt.as_str()) + UnicodeWidthStr::width(self.line.text());
        let rows = |cells: usize| u16::try_from(cells / width).unwrap_or(u16::MAX);
        let mut out = io::stdout().lock();
        self.wipe(&mut out)?;
        write!(out, "{prompt}{}", self.line.text())?;
        if whole > 0 && whole.is_multiple_of(width) {
            // A terminal goes to the next row only with the next character.
            write!(out, " \r")?;
        }
        self.row = rows(before);
        if rows(whole) > self.row {
            queue!(out, cursor::MoveUp(rows(whole) - self.row))?;
        }
        queue!(out, cursor::MoveToColumn((before % width) as u16))?;
        out.flush()
    }

    fn complete(&mut self, room: &mut Room) -> io::Result<()> {
        let (start, candidates) = room.stage.session.complete(&room.stage.cluster, self.line.before_cursor());
        match candidates.as_slice() {
            [] => {}
            [only] => {
                let end = if only.ends_with(['/', '=']) { "" } else { " " };
                self.line.replace_from(start, &format!("{only}{end}"));
            }
            many => {
                let shared = shared_start(many);
                if start + shared.len() > self.line.cursor() {
                    self.line.replace_from(start, &shared);
                } else {
                    print(&format!("\n{}\n", many.join("  ")))?;
                    self.row = 0;
                }
            }
        }
        Ok(())
    }

    /// Follows a command until it has ended; keys go to it.
    fn finish(&mut self, room: &mut Room, job: JobId) -> io::Result<i32> {
        self.before = now();
        let mut typed = LineEditor::default();
        // Whether the cursor stands behind a `^C`.
        let mut caret = false;
        loop {
            let written = room.stage.session.drain_terminal(job);
            caret &= written.is_empty();
            print(&String::from_utf8_lossy(&written))?;
            if let Some(code) = room.stage.session.finished(job) {
                print(if caret { "\n" } else { "" })?;
                // What was typed meanwhile and not entered stands behind the next prompt.
                self.line.insert(typed.text());
                return Ok(code);
            }
            if let Some(request) = room.stage.session.editor_request() {
                let text = super::edit::edit(&request, self.theme)?;
                room.stage.session.editor_done(text.as_deref());
                self.before = now();
            } else if event::poll(TICK)? {
                match input::message(event::read()?) {
                    Some(Msg::Key(key)) => {
                        caret = key.ctrl && key.code == Code::Char('c');
                        type_key(room, job, &mut typed, key)?;
                    }
                    Some(Msg::Paste(text)) => type_text(room, job, &mut typed, &plain(&text))?,
                    _ => {}
                }
            }
            self.pass_time(room);
        }
    }
}

/// Pasted text with line feeds, and blanks for what would ask for a completion.
fn plain(text: &str) -> String {
    pasted(text).replace('\t', "    ")
}

/// Text that is pasted while a command runs: its lines are the command's input.
fn type_text(room: &mut Room, job: JobId, typed: &mut LineEditor, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        print(line)?;
        print("\n")?;
        typed.insert(line);
        let line = typed.take();
        room.stage.session.write_input(job, format!("{line}\n").as_bytes());
        rest = after;
    }
    typed.insert(rest);
    print(rest)
}

/// A key while a command runs.
fn type_key(room: &mut Room, job: JobId, typed: &mut LineEditor, key: Key) -> io::Result<()> {
    match (key.ctrl, key.code) {
        (true, Code::Char('c')) => {
            print("^C")?;
            typed.set("");
            room.stage.session.interrupt(job);
        }
        (true, Code::Char('d')) if typed.text().is_empty() => room.stage.session.end_input(job),
        (_, Code::Enter) => {
            print("\n")?;
            let line = typed.take();
            room.stage.session.write_input(job, format!("{line}\n").as_bytes());
        }
        _ => {
            let (text, cursor) = (typed.text().to_owned(), typed.cursor());
            typed.key(key);
            match typed.text().strip_prefix(text.as_str()) {
                Some(added) if cursor == text.len() && typed.cursor() == typed.text().len() => print(added)?,
                _ => retype(&text[..cursor], typed)?,
            }
        }
    }
    Ok(())
}

/// Draws a line anew that is typed behind what a command has written; `before` is what stood before the cursor.
fn retype(before: &str, typed: &LineEditor) -> io::Result<()> {
    let back = |text: &str| u16::try_from(UnicodeWidthStr::width(text)).unwrap_or(u16::MAX);
    let mut out = io::stdout().lock();
    if !before.is_empty() {
        queue!(out, cursor::MoveLeft(back(before)))?;
    }
    queue!(out, terminal::Clear(terminal::ClearType::UntilNewLine))?;
    write!(out, "{}", typed.text())?;
    let behind = &typed.text()[typed.cursor()..];
    if !behind.is_empty() {
        queue!(out, cursor::MoveLeft(back(behind)))?;
    }
    out.flush()
}

/// Prints text to a raw terminal, without what could command it.
fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(harmless(text).replace('\n', "\r\n").as_bytes())?;
    out.flush()
}

fn shared_start(words: &[String]) -> String {
    let Some(first) = words.first() else { return String::new() };
    let shared = |word: &String| first.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
    let count = words.iter().map(shared).min().unwrap_or_default();
    first.chars().take(count).collect()
}

fn read_history(path: Option<&PathBuf>) -> Vec<String> {
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[lines.len().saturating_sub(HISTORY_KEPT)..].to_vec()
}

/// Adds a line to the history file; a history that cannot be kept is no reason to stop.
fn keep_history(path: Option<&PathBuf>, line: &str) {
    let Some(path) = path.filter(|_| !line.trim().is_empty()) else { return };
    let mut lines = read_history(Some(path));
    lines.push(line.to_owned());
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let _ = std::fs::write(path, lines.join("\n") + "\n");
}

/// The machine's clock.
#[expect(clippy::disallowed_methods, reason = "world is where the clock is read")]
fn now() -> Instant {
    Instant::now()
}
