//! Transcripts: commands and what they must print. One notation for console blocks of chapters, solutions of labs and tests. Runs
//! nothing: whoever runs the commands compares with [`Step::compare`] and repairs with [`bless`].
//!
//! `$ ` starts a command, `> ` continues it on the next line, every other line is expected output. A line `...` stands for any
//! lines, `<any>` within a line for any text. Blanks at the ends of lines do not count.

use super::diagnostic::{Place, Report};
use std::ops::Range;

/// Commands in order, each with what it prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The steps.
    pub steps: Vec<Step>,
}

/// A command and what it must print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The command line as the shell gets it; continued lines are joined by line feeds.
    pub command: String,
    /// The expected lines, wildcards included; standard output and error as a terminal would mix them.
    pub expected: Vec<String>,
    /// Where the command stands.
    pub place: Place,
    /// The lines of the transcript's text (from 0) that hold the expected output.
    pub lines: Range<usize>,
}

/// The line that stands for any lines.
pub const ANY_LINES: &str = "...";
/// What stands for any text within a line.
pub const ANY_TEXT: &str = "<any>";

/// What a reader sees where a transcript leaves a text open.
pub const OPEN: char = '…';

/// A transcript as a reader sees it: an ellipsis for each text left open, and the columns of tables in their places nevertheless.
pub fn shown(text: &str) -> String {
    if !text.contains(ANY_TEXT) {
        return text.to_owned();
    }
    let mut header: Vec<usize> = Vec::new();
    let line = |line: &str| {
        if command_of(line).is_some() {
            header.clear();
        }
        if is_header(line) {
            header = columns(line);
        }
        if line.contains(ANY_TEXT) { aligned(line, &header) } else { line.to_owned() }
    };
    let mut shown: String = text.lines().map(line).map(|line| line + "\n").collect();
    if !text.ends_with('\n') {
        shown.pop();
    }
    shown
}

/// Whether a line names the columns of a table.
fn is_header(line: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || matches!(c, ' ' | '(' | ')' | '-' | '%' | '/');
    line.contains("  ") && line.starts_with(|c: char| c.is_ascii_uppercase()) && line.chars().all(fits)
}

/// Where the columns of a line begin, two blanks or more before each but the first; in characters.
fn columns(line: &str) -> Vec<usize> {
    let chars: Vec<char> = line.chars().collect();
    let blank = |at: usize| chars.get(at) == Some(&' ');
    let begins = |at: &usize| !blank(*at) && (*at == 0 || (*at > 1 && blank(at - 1) && blank(at - 2)));
    (0..chars.len()).filter(begins).collect()
}

/// A row of a table with an ellipsis for what is left open, each cell below its name where the cells are as many as the `header`'s.
fn aligned(line: &str, header: &[usize]) -> String {
    let begins = columns(line);
    let short = |text: &str| text.replace(ANY_TEXT, "…");
    if begins.len() != header.len() || begins.is_empty() {
        return short(line);
    }
    let chars: Vec<char> = line.chars().collect();
    let mut row = String::new();
    for (at, from) in begins.iter().enumerate() {
        let until = begins.get(at + 1).copied().unwrap_or(chars.len());
        let cell: String = chars[*from..until].iter().collect();
        let used = row.chars().count();
        let gap = header[at].saturating_sub(used).max(if at == 0 { 0 } else { 3 });
        row.extend(std::iter::repeat_n(' ', gap));
        row.push_str(short(&cell).trim_end());
    }
    row
}

/// The transcript of `text`, whose first line stands at `place`. Output before the first command is complained about.
pub fn parse(text: &str, place: Place, report: &mut Report) -> Transcript {
    let mut steps: Vec<Step> = Vec::new();
    let (mut in_command, mut lost) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let at = place.below(index);
        if let Some(command) = command_of(line) {
            let lines = index + 1..index + 1;
            steps.push(Step { command: command.to_owned(), expected: Vec::new(), place: at, lines });
            in_command = true;
            continue;
        }
        let Some(step) = steps.last_mut() else {
            if !line.trim().is_empty() && !std::mem::replace(&mut lost, true) {
                report.error_hint(at, "output before the first command", "start the block with '$ command'");
            }
            continue;
        };
        match line.strip_prefix("> ").or((line == ">").then_some("")) {
            Some(more) if in_command => {
                step.command.push('\n');
                step.command.push_str(more);
                step.lines = index + 1..index + 1;
            }
            _ => {
                in_command = false;
                step.expected.push(line.trim_end().to_owned());
                step.lines.end = index + 1;
            }
        }
    }
    steps.iter_mut().for_each(drop_blank_end);
    Transcript { steps }
}

/// The command of a `$ command` line.
pub fn command_of(line: &str) -> Option<&str> {
    line.strip_prefix("$ ").or((line == "$").then_some(""))
}

/// Empty lines before the next command are for the eye.
fn drop_blank_end(step: &mut Step) {
    while step.expected.last().is_some_and(String::is_empty) {
        step.expected.pop();
        step.lines.end -= 1;
    }
}

/// The first difference between what a command should have printed and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The line of the transcript's text (from 0) that was not met; the line after the last one if there is too much output.
    pub line: usize,
    /// What was expected there; `None`: nothing more.
    pub expected: Option<String>,
    /// What was printed instead; `None`: nothing more.
    pub actual: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.expected, &self.actual) {
            (Some(expected), Some(actual)) => write!(f, "expected '{expected}', got '{actual}'"),
            (Some(expected), None) => write!(f, "expected '{expected}', but the output ends"),
            (None, Some(actual)) => write!(f, "expected the output to end, got '{actual}'"),
            (None, None) => f.write_str("the output differs"),
        }
    }
}

impl Step {
    /// Compares with what was printed; `Ok` if every expected line was met in order and nothing is left over.
    pub fn compare(&self, printed: &str) -> Result<(), Difference> {
        let actual: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let mut actual = &actual[..];
        while let [rest @ .., ""] = actual {
            actual = rest;
        }
        match furthest(&self.expected, actual) {
            (line, at) if line == self.expected.len() && at == actual.len() => Ok(()),
            (line, at) => Err(Difference {
                line: self.lines.start + line,
                expected: self.expected.get(line).cloned(),
                actual: actual.get(at).map(|line| (*line).to_owned()),
            }),
        }
    }
}

/// How far the expected lines can be met: positions in both; both at their ends if everything matches.
fn furthest(expected: &[String], actual: &[&str]) -> (usize, usize) {
    let (mut line, mut at) = (0, 0);
    let mut gap: Option<(usize, usize)> = None;
    let mut best = (0, 0);
    loop {
        best = best.max((line, at));
        match (expected.get(line), actual.get(at)) {
            (None, None) => return (line, at),
            (Some(want), _) if want == ANY_LINES => {
                gap = Some((line + 1, at));
                line += 1;
            }
            (Some(want), Some(got)) if line_matches(want, got) => {
                line += 1;
                at += 1;
            }
            _ => match gap {
                Some((after, from)) if from < actual.len() => {
                    gap = Some((after, from + 1));
                    (line, at) = (after, from + 1);
                }
                _ => return best,
            },
        }
    }
}

/// Whether a line is what the pattern asks for; `<any>` stands for any text, also none.
pub fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.trim_end().split(ANY_TEXT);
    let Some(mut rest) = line.trim_end().strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// What should stand in the transcript instead, given what was printed: patterns that still hold are kept, as is one `...`.
pub fn blessed(step: &Step, printed: &str) -> Vec<String> {
    let actual: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
    let pick = |wanted: Option<&String>, got: &str| match wanted {
        Some(pattern) if line_matches(pattern, got) => pattern.clone(),
        _ => got.to_owned(),
    };
    let gap = step.expected.iter().position(|line| line == ANY_LINES);
    if let Some(gap) = gap {
        let tail = &step.expected[gap + 1..];
        if !tail.iter().any(|line| line == ANY_LINES) && gap + tail.len() <= actual.len() {
            let from = actual.len() - tail.len();
            let head = actual[..gap].iter().zip(&step.expected).map(|(got, want)| pick(Some(want), got));
            let end = actual[from..].iter().zip(tail).map(|(got, want)| pick(Some(want), got));
            return head.chain([ANY_LINES.to_owned()]).chain(end).collect();
        }
    }
    actual.iter().enumerate().map(|(index, got)| pick(step.expected.get(index), got)).collect()
}

/// The transcript's text with the output of some steps replaced: `(step, what it printed)`.
pub fn bless(text: &str, transcript: &Transcript, printed: &[(usize, String)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut ordered: Vec<&(usize, String)> = printed.iter().collect();
    ordered.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    for (index, output) in ordered {
        let Some(step) = transcript.steps.get(*index) else { continue };
        if step.lines.end <= lines.len() && step.compare(output).is_err() {
            lines.splice(step.lines.clone(), blessed(step, output));
        }
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
