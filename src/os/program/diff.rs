//! `diff`: which lines two files do not share. busybox shows them in unified form, GNU diff by default as changes.

use std::fmt::Write;

use super::filter::options;
use super::{Call, Program};

/// Lines of each file at most: the table of their pairs is kept.
const LINES_MAX: usize = 4000;
/// Lines around a change.
const CONTEXT: usize = 3;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

pub(super) fn diff(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "abBdiNqrTtwuU:yL:s",
        &[
            ("brief", 'q'),
            ("unified", 'u'),
            ("report-identical-files", 's'),
            ("recursive", 'r'),
            ("color", 'a'),
        ],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let [one, other] = options.rest.clone().try_into().unwrap_or_else(|_| [String::new(), String::new()]);
    if one.is_empty() || other.is_empty() {
        call.complain("two files are to be named");
        return call.done(2);
    }
    let mut texts = Vec::new();
    for path in [&one, &other] {
        match call.files(path).and_then(|files| files.read(path)) {
            Ok(bytes) => texts.push(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                call.complain(&if call.gnu() {
                    format!("{path}: {error}")
                } else {
                    format!("can't stat '{path}': {error}")
                });
                return call.done(2);
            }
        }
    }
    let lines: Vec<Vec<&str>> = texts.iter().map(|text| text.lines().collect()).collect();
    if texts[0] == texts[1] {
        if options.has('s') {
            call.line(&format!("Files {one} and {other} are identical"));
        }
        return call.done(0);
    }
    if options.has('q') {
        call.line(&format!("Files {one} and {other} differ"));
        return call.done(1);
    }
    if lines.iter().any(|lines| lines.len() > LINES_MAX) {
        call.complain(&format!("podlab: files of more than {LINES_MAX} lines are not compared"));
        return call.done(2);
    }
    let edits = edits(&lines[0], &lines[1]);
    let text = if call.gnu() && !options.has('u') && !options.has('U') {
        changes(&lines[0], &lines[1], &edits)
    } else {
        let context = options.value('U').and_then(|count| count.parse().ok()).unwrap_or(CONTEXT);
        format!("--- {one}\n+++ {other}\n{}", unified(&lines[0], &lines[1], &edits, context))
    };
    call.out.text(1, &text);
    call.done(1)
}

/// The shortest way from one text to the other, by their longest common lines.
fn edits(one: &[&str], other: &[&str]) -> Vec<Edit> {
    let width = other.len() + 1;
    let mut common = vec![0_u16; (one.len() + 1) * width];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            common[i * width + j] = if one[i] == other[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    while i < one.len() || j < other.len() {
        let edit = if i < one.len() && j < other.len() && one[i] == other[j] {
            Edit::Keep
        } else if j == other.len()
            || (i < one.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            Edit::Remove
        } else {
            Edit::Add
        };
        i += usize::from(edit != Edit::Add);
        j += usize::from(edit != Edit::Remove);
        edits.push(edit);
    }
    edits
}

/// A range as unified headings have it.
fn range(from: usize, count: usize) -> String {
    match count {
        0 => format!("{from},0"),
        1 => (from + 1).to_string(),
        _ => format!("{},{count}", from + 1),
    }
}

fn unified(one: &[&str], other: &[&str], edits: &[Edit], context: usize) -> String {
    let changed: Vec<usize> = (0..edits.len()).filter(|at| edits[*at] != Edit::Keep).collect();
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for at in changed {
        let (from, to) = (at.saturating_sub(context), (at + context + 1).min(edits.len()));
        match hunks.last_mut() {
            Some((_, end)) if *end >= from => *end = to,
            _ => hunks.push((from, to)),
        }
    }
    let mut text = String::new();
    for (from, to) in hunks {
        let before = |edit: Edit| edits[..from].iter().filter(|known| **known != edit).count();
        let (mut i, mut j) = (before(Edit::Add), before(Edit::Remove));
        let within = |edit: Edit| edits[from..to].iter().filter(|known| **known != edit).count();
        let _ = writeln!(text, "@@ -{} +{} @@", range(i, within(Edit::Add)), range(j, within(Edit::Remove)));
        for edit in &edits[from..to] {
            let (sign, line) = match edit {
                Edit::Keep => (' ', one[i]),
                Edit::Remove => ('-', one[i]),
                Edit::Add => ('+', other[j]),
            };
            let _ = writeln!(text, "{sign}{line}");
            i += usize::from(*edit != Edit::Add);
            j += usize::from(*edit != Edit::Remove);
        }
    }
    text
}

/// `1,2c1`, `3d2`, `0a1`: what GNU diff prints without options.
fn changes(one: &[&str], other: &[&str], edits: &[Edit]) -> String {
    let mut text = String::new();
    let (mut at, mut i, mut j) = (0, 0, 0);
    while at < edits.len() {
        if edits[at] == Edit::Keep {
            (at, i, j) = (at + 1, i + 1, j + 1);
            continue;
        }
        let run = edits[at..].iter().take_while(|edit| **edit != Edit::Keep).count();
        let removed = edits[at..at + run].iter().filter(|edit| **edit == Edit::Remove).count();
        let added = run - removed;
        let span = |from: usize, count: usize| match count {
            0 => from.to_string(),
            1 => (from + 1).to_string(),
            _ => format!("{},{}", from + 1, from + count),
        };
        let letter = match (removed, added) {
            (0, _) => 'a',
            (_, 0) => 'd',
            _ => 'c',
        };
        let _ = writeln!(text, "{}{letter}{}", span(i, removed), span(j, added));
        text.extend(one[i..i + removed].iter().map(|line| format!("< {line}\n")));
        if letter == 'c' {
            text.push_str("---\n");
        }
        text.extend(other[j..j + added].iter().map(|line| format!("> {line}\n")));
        (at, i, j) = (at + run, i + removed, j + added);
    }
    text
}
