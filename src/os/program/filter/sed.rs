//! `sed`: addresses, `s`, `d`, `p`, `q`, `a`, `i`, `c`, `y` is left out and said so.

use regex_lite::Regex;

use super::super::{Call, Output, Program};
use super::grep::{from_basic, regex};
use super::{Filter, Kind, More, options};

#[derive(Clone, Debug)]
pub(in crate::os) struct Sed {
    commands: Vec<Command>,
    quiet: bool,
    number: u64,
    /// A line back: the last one is known only at the end.
    held: Option<String>,
    active: Vec<bool>,
    /// The line at which each command's range began last.
    begun: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
}

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Match(Regex),
    /// So many lines after the first address.
    After(u64),
}

#[derive(Clone, Debug)]
enum Action {
    Substitute { pattern: Regex, replacement: String, all: bool, nth: usize, print: bool },
    Delete,
    Print,
    Quit,
    Append(String),
    Insert(String),
    Change(String),
    Number,
}

struct Reader<'a> {
    rest: &'a str,
    extended: bool,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    /// Text up to an unescaped delimiter.
    fn until(&mut self, delimiter: char) -> Result<String, String> {
        let mut text = String::new();
        while let Some(letter) = self.take() {
            match letter {
                '\\' => match self.take() {
                    Some(next) if next == delimiter => text.push(next),
                    Some(next) => text.extend(['\\', next]),
                    None => break,
                },
                letter if letter == delimiter => return Ok(text),
                letter => text.push(letter),
            }
        }
        Err("unmatched '/'".to_owned())
    }

    fn regex(&self, source: &str, ignore_case: bool) -> Result<Regex, String> {
        regex(&if self.extended { source.to_owned() } else { from_basic(source) }, ignore_case)
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        let first = self.rest.chars().next();
        Ok(match first {
            Some(digit) if digit.is_ascii_digit() => {
                let end = self.rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.rest.len());
                let number = self.rest[..end].parse().unwrap_or(u64::MAX);
                self.rest = &self.rest[end..];
                Some(Address::Line(number))
            }
            Some('$') => {
                self.take();
                Some(Address::Last)
            }
            Some('/') => {
                self.take();
                let source = self.until('/')?;
                Some(Address::Match(self.regex(&source, false)?))
            }
            _ => None,
        })
    }

    fn command(&mut self) -> Result<Command, String> {
        let from = self.address()?;
        let mut to = None;
        if from.is_some() && self.rest.starts_with(',') {
            self.take();
            to = if self.rest.starts_with('+') {
                self.take();
                match self.address()? {
                    Some(Address::Line(count)) => Some(Address::After(count)),
                    _ => return Err("expected a number after +".to_owned()),
                }
            } else {
                self.address()?
            };
        }
        self.rest = self.rest.trim_start();
        let negated = self.rest.starts_with('!');
        if negated {
            self.take();
        }
        self.rest = self.rest.trim_start();
        let letter = self.take().ok_or("missing command")?;
        let action = match letter {
            's' => self.substitution()?,
            'd' => Action::Delete,
            'p' => Action::Print,
            'q' => Action::Quit,
            '=' => Action::Number,
            'a' | 'i' | 'c' => {
                let text =
                    self.rest.trim_start().trim_start_matches('\\').trim_start_matches('\n').to_owned();
                self.rest = "";
                match letter {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                }
            }
            other => return Err(format!("podlab: the command {other} of sed is not simulated")),
        };
        Ok(Command { from, to, negated, action })
    }

    fn substitution(&mut self) -> Result<Action, String> {
        let delimiter = self.take().ok_or("bad substitution")?;
        let source = self.until(delimiter)?;
        let replacement = self.until(delimiter)?;
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let flags = self.rest[..end].to_owned();
        self.rest = &self.rest[end..];
        let nth = flags.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(1);
        let pattern = self.regex(&source, flags.contains('i') || flags.contains('I'))?;
        Ok(Action::Substitute {
            pattern,
            replacement,
            all: flags.contains('g'),
            nth,
            print: flags.contains('p'),
        })
    }
}

fn parse(script: &str, extended: bool) -> Result<Vec<Command>, String> {
    let mut reader = Reader { rest: script, extended };
    let mut commands = Vec::new();
    loop {
        reader.rest = reader
            .rest
            .trim_start_matches(|letter: char| letter.is_whitespace() || letter == ';' || letter == '}');
        if reader.rest.is_empty() {
            return Ok(commands);
        }
        commands.push(reader.command()?);
    }
}

pub(in super::super) fn sed(call: &mut Call<'_, '_>) -> Program {
    let mut options = match options(
        call,
        "nEre:f:is",
        &[("quiet", 'n'), ("expression", 'e'), ("in-place", 'i'), ("regexp-extended", 'E')],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let mut scripts: Vec<String> = options.values('e').map(str::to_owned).collect();
    if scripts.is_empty() {
        if options.rest.is_empty() {
            return call.fail("no script");
        }
        scripts.push(options.rest.remove(0));
    }
    let mut commands = Vec::new();
    for script in &scripts {
        match parse(script, options.has('E') || options.has('r')) {
            Ok(more) => commands.extend(more),
            Err(message) => return call.fail(&message),
        }
    }
    let (active, begun) = (vec![false; commands.len()], vec![0; commands.len()]);
    let sed = Sed { commands, quiet: options.has('n'), number: 0, held: None, active, begun };
    if options.has('i') {
        return in_place(call, &sed, &options.rest);
    }
    Filter::start(call, options.rest, Kind::Sed(Box::new(sed)))
}

fn in_place(call: &mut Call<'_, '_>, sed: &Sed, paths: &[String]) -> Program {
    let mut code = 0;
    for path in paths {
        let read = call.files(path).and_then(|files| files.read(path));
        let result = read.and_then(|bytes| {
            let mut sed = sed.clone();
            let mut out = Output::default();
            for line in String::from_utf8_lossy(&bytes).lines() {
                if sed.line(line.as_bytes(), &mut out) != More::Yes {
                    break;
                }
            }
            sed.end(&mut out);
            call.files(path)?.write(path, &out.take_bytes())
        });
        if let Err(error) = result {
            call.complain(&format!("{path}: {error}"));
            code = 1;
        }
    }
    call.done(code)
}

impl Sed {
    pub fn line(&mut self, line: &[u8], out: &mut Output) -> More {
        let next = String::from_utf8_lossy(line).into_owned();
        match self.held.replace(next) {
            Some(previous) => self.run(previous, false, out),
            None => More::Yes,
        }
    }

    pub fn end(&mut self, out: &mut Output) -> i32 {
        if let Some(last) = self.held.take() {
            self.run(last, true, out);
        }
        0
    }

    fn selected(&mut self, index: usize, line: &str, last: bool) -> bool {
        let number = self.number;
        let hits = |address: &Address| match address {
            Address::Line(wanted) => *wanted == number,
            Address::Last => last,
            Address::Match(regex) => regex.is_match(line),
            Address::After(_) => false,
        };
        let command = &self.commands[index];
        let chosen = match (&command.from, &command.to) {
            (None, _) => true,
            (Some(from), None) => hits(from),
            (Some(from), Some(to)) => {
                let was = self.active[index];
                let begins = !was && hits(from);
                if begins {
                    self.begun[index] = number;
                }
                let passed = match to {
                    Address::Line(end) => *end <= number,
                    Address::After(count) => self.begun[index].saturating_add(*count) <= number,
                    Address::Last | Address::Match(_) => false,
                };
                self.active[index] = if was { !(hits(to) || passed) } else { begins && !passed };
                was || begins
            }
        };
        chosen != command.negated
    }

    fn run(&mut self, mut line: String, last: bool, out: &mut Output) -> More {
        self.number += 1;
        let mut after = String::new();
        let mut more = More::Yes;
        for index in 0..self.commands.len() {
            if !self.selected(index, &line, last) {
                continue;
            }
            match &self.commands[index].action {
                Action::Substitute { pattern, replacement, all, nth, print } => {
                    if let Some(changed) = substitute(&line, pattern, replacement, *all, *nth) {
                        line = changed;
                        if *print {
                            out.text(1, &format!("{line}\n"));
                        }
                    }
                }
                Action::Delete => {
                    out.text(1, &after);
                    return More::Yes;
                }
                Action::Print => out.text(1, &format!("{line}\n")),
                Action::Number => out.text(1, &format!("{}\n", self.number)),
                Action::Append(text) => after.extend([text.as_str(), "\n"]),
                Action::Insert(text) => out.text(1, &format!("{text}\n")),
                Action::Change(text) => {
                    out.text(1, &format!("{text}\n"));
                    return More::Yes;
                }
                Action::Quit => {
                    more = More::Done(0);
                    break;
                }
            }
        }
        if !self.quiet {
            out.text(1, &format!("{line}\n"));
        }
        out.text(1, &after);
        if more != More::Yes {
            self.held = None;
        }
        more
    }
}

/// The line with matches replaced; none if nothing matched.
fn substitute(line: &str, pattern: &Regex, replacement: &str, all: bool, nth: usize) -> Option<String> {
    let mut result = String::new();
    let mut at = 0;
    let mut count = 0;
    for captures in pattern.captures_iter(line) {
        let Some(whole) = captures.get(0) else { continue };
        count += 1;
        if count < nth || (count > nth && !all) {
            continue;
        }
        result.push_str(&line[at..whole.start()]);
        let mut letters = replacement.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '&' => result.push_str(whole.as_str()),
                '\\' => match letters.next() {
                    Some(digit) if digit.is_ascii_digit() => result.push_str(
                        captures.get(digit as usize - '0' as usize).map_or("", |group| group.as_str()),
                    ),
                    Some('n') => result.push('\n'),
                    Some('t') => result.push('\t'),
                    Some(other) => result.push(other),
                    None => {}
                },
                other => result.push(other),
            }
        }
        at = whole.end();
    }
    (count >= nth).then(|| result + &line[at..])
}
