//! `grep`.

use std::collections::VecDeque;

use regex_lite::{Regex, RegexBuilder};

use super::super::{Call, Options, Output, Program};
use super::{Filter, Kind, More, options};

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "options of the command, each independent of the others")]
pub(in crate::os) struct Grep {
    patterns: Vec<Regex>,
    invert: bool,
    count_only: bool,
    quiet: bool,
    only: bool,
    number: bool,
    names_only: bool,
    with_name: bool,
    limit: u64,
    after: usize,
    before: usize,
    file: String,
    line: u64,
    matched: u64,
    any: bool,
    held: VecDeque<(u64, Vec<u8>)>,
    owed: usize,
    last_printed: u64,
    pub failed: bool,
}

/// A basic regular expression in the syntax of extended ones: `\(`, `\|`, `\+` lose their backslash, the plain ones gain one.
pub(in super::super) fn from_basic(pattern: &str) -> String {
    let mut result = String::new();
    let mut letters = pattern.chars().peekable();
    let mut start = true;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(next @ ('(' | ')' | '|' | '+' | '?' | '{' | '}')) => result.push(next),
                Some('<' | '>') => result.push_str("\\b"),
                Some(next) => result.extend(['\\', next]),
                None => result.push_str("\\\\"),
            },
            '*' if start => result.push_str("\\*"),
            '(' | ')' | '|' | '+' | '?' | '{' | '}' => result.extend(['\\', letter]),
            '[' => {
                result.push('[');
                for inside in bracket(&mut letters) {
                    result.push(inside);
                }
            }
            _ => result.push(letter),
        }
        start = matches!(letter, '^');
    }
    result
}

/// The rest of a bracket expression, with its closing bracket.
fn bracket(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Vec<char> {
    let mut inside = Vec::new();
    inside.extend(letters.next_if_eq(&'^'));
    if letters.next_if_eq(&']').is_some() {
        inside.extend(['\\', ']']);
    }
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => inside.extend(['\\', '\\']),
            '[' if letters.peek() == Some(&':') => {
                inside.push('[');
                for class in letters.by_ref() {
                    inside.push(class);
                    if class == ']' {
                        break;
                    }
                }
                continue;
            }
            '[' => inside.extend(['\\', '[']),
            _ => inside.push(letter),
        }
        if letter == ']' {
            break;
        }
    }
    inside
}

pub(in super::super) fn regex(pattern: &str, ignore_case: bool) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| format!("bad regex '{pattern}'"))
}

/// Long options and the letters they stand for.
const LONG: &[(&str, char)] = &[
    ("ignore-case", 'i'),
    ("invert-match", 'v'),
    ("count", 'c'),
    ("quiet", 'q'),
    ("silent", 'q'),
    ("only-matching", 'o'),
    ("line-number", 'n'),
    ("recursive", 'r'),
    ("extended-regexp", 'E'),
    ("fixed-strings", 'F'),
    ("color", 'y'),
    ("regexp", 'e'),
    ("files-with-matches", 'l'),
    ("line-buffered", 'y'),
    ("no-messages", 's'),
    ("word-regexp", 'w'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("max-count", 'm'),
];

/// The expressions behind the patterns of the command line, one a line.
fn patterns(name: &str, options: &Options, sources: &[String]) -> Result<Vec<Regex>, String> {
    let extended = options.has('E') || options.has('P') || name == "egrep";
    let fixed = options.has('F') || name == "fgrep";
    let expression = |source: &str| {
        let mut pattern = if fixed {
            regex_lite::escape(source)
        } else if extended {
            source.to_owned()
        } else {
            from_basic(source)
        };
        if options.has('w') {
            pattern = format!("\\b(?:{pattern})\\b");
        }
        if options.has('x') {
            pattern = format!("^(?:{pattern})$");
        }
        regex(&pattern, options.has('i'))
    };
    sources.iter().flat_map(|source| source.split('\n')).map(expression).collect()
}

pub(in super::super) fn grep(call: &mut Call<'_, '_>) -> Program {
    let mut options = match options(call, "ivcqonrREFPHhlLswxye:f:A:B:C:m:", LONG) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let mut sources: Vec<String> = options.values('e').map(str::to_owned).collect();
    if sources.is_empty() {
        if options.rest.is_empty() {
            call.error("BusyBox v1.35.0 () multi-call binary.\n\nUsage: grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...");
            return call.done(2);
        }
        sources.push(options.rest.remove(0));
    }
    let patterns = match patterns(&call.name(), &options, &sources) {
        Ok(patterns) => patterns,
        Err(message) => {
            call.complain(&message);
            return call.done(2);
        }
    };
    let number = |letter| options.value(letter).and_then(|value| value.parse::<usize>().ok());
    let recursive = options.has('r') || options.has('R');
    let mut files = options.rest.clone();
    if recursive {
        let roots = if files.is_empty() { vec![".".to_owned()] } else { files };
        files = roots
            .iter()
            .flat_map(|root| super::super::files::walk(call.ctx, root))
            .filter(|(_, node)| node.entries().is_none())
            .map(|(path, _)| path)
            .collect();
        if files.is_empty() {
            return call.done(1);
        }
    }
    let with_name = options.has('H') || (!options.has('h') && (recursive || files.len() > 1));
    let grep = Grep {
        patterns,
        invert: options.has('v'),
        count_only: options.has('c'),
        quiet: options.has('q'),
        only: options.has('o'),
        number: options.has('n'),
        names_only: options.has('l'),
        with_name,
        limit: number('m').map_or(u64::MAX, |limit| limit as u64),
        after: number('A').or(number('C')).unwrap_or(0),
        before: number('B').or(number('C')).unwrap_or(0),
        file: String::new(),
        line: 0,
        matched: 0,
        any: false,
        held: VecDeque::new(),
        owed: 0,
        last_printed: 0,
        failed: false,
    };
    Filter::start(call, files, Kind::Grep(Box::new(grep)))
}

impl Grep {
    pub fn begin(&mut self, path: &str) {
        self.file = if path == "-" { "(standard input)".to_owned() } else { path.to_owned() };
        (self.line, self.matched, self.owed, self.last_printed) = (0, 0, 0, 0);
        self.held.clear();
    }

    fn print(&mut self, number: u64, mark: char, text: &[u8], out: &mut Output) {
        if self.with_name {
            out.text(1, &format!("{}{mark}", self.file));
        }
        if self.number {
            out.text(1, &format!("{number}{mark}"));
        }
        out.push(1, text);
        out.text(1, "\n");
        self.last_printed = number;
    }

    pub fn line(&mut self, line: &[u8], out: &mut Output) -> More {
        self.line += 1;
        let text = String::from_utf8_lossy(line).into_owned();
        let found = self.patterns.iter().any(|pattern| pattern.is_match(&text)) != self.invert;
        if !found || self.matched >= self.limit {
            self.context(line, out);
            return More::Yes;
        }
        self.matched += 1;
        self.any = true;
        if self.quiet {
            return More::Done(0);
        }
        if self.count_only || self.names_only {
            return More::Yes;
        }
        if self.only && !self.invert {
            let pieces: Vec<String> = self
                .patterns
                .iter()
                .flat_map(|pattern| pattern.find_iter(&text))
                .map(|found| found.as_str().to_owned())
                .collect();
            for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
                self.print(self.line, ':', piece.as_bytes(), out);
            }
            return More::Yes;
        }
        let held = std::mem::take(&mut self.held);
        let first = held.front().map_or(self.line, |(number, _)| *number);
        if (self.after > 0 || self.before > 0) && self.last_printed > 0 && first > self.last_printed + 1 {
            out.text(1, "--\n");
        }
        for (number, before) in held {
            self.print(number, '-', &before, out);
        }
        self.print(self.line, ':', line, out);
        self.owed = self.after;
        More::Yes
    }

    fn context(&mut self, line: &[u8], out: &mut Output) {
        if self.owed > 0 {
            self.owed -= 1;
            self.print(self.line, '-', line, out);
        } else if self.before > 0 {
            self.held.push_back((self.line, line.to_vec()));
            if self.held.len() > self.before {
                self.held.pop_front();
            }
        }
    }

    pub fn end_file(&mut self, out: &mut Output) {
        if self.count_only && !self.quiet {
            let name = if self.with_name { format!("{}:", self.file) } else { String::new() };
            out.text(1, &format!("{name}{}\n", self.matched));
        } else if self.names_only && self.matched > 0 {
            out.text(1, &format!("{}\n", self.file));
        }
    }

    pub fn end(&self) -> i32 {
        if self.failed { 2 } else { i32::from(!self.any) }
    }
}
