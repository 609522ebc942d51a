//! Comparing what was typed with what was expected: words without regard to case, numbers with their unit, command lines word by
//! word with flags in any order. Runs nothing.

use super::Expected;
use crate::kube::kind::KINDS;
use std::collections::BTreeSet;

/// Whether what was typed counts as right.
pub fn accepts(expected: &Expected, typed: &str) -> bool {
    match expected {
        Expected::Word(words) => words.iter().any(|word| same_word(word, typed)),
        Expected::Number { value, within, unit } => number(typed, unit)
            .is_some_and(|typed| (typed - value).abs() <= within + f64::EPSILON * value.abs()),
        Expected::Command(lines) => {
            let typed = Command::of(typed);
            lines.iter().any(|line| Command::of(line) == typed)
        }
    }
}

/// The expected answer as it is shown afterwards.
pub fn shown(expected: &Expected) -> String {
    match expected {
        Expected::Word(words) | Expected::Command(words) => words.first().cloned().unwrap_or_default(),
        Expected::Number { value, within, unit } => {
            let space = if unit.is_empty() { "" } else { " " };
            let range = if *within > 0.0 { format!(" (± {within})") } else { String::new() };
            format!("{value}{space}{unit}{range}")
        }
    }
}

/// Whether two words are the same but for case, blanks and quotes around.
pub fn same_word(one: &str, other: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().trim_matches(['\'', '"', '`']);
        text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
    };
    bare(one) == bare(other)
}

/// Whether two answers say the same: as words, or as numbers in the unit that is expected.
pub fn same_answer(expected: &Expected, one: &str, other: &str) -> bool {
    let Expected::Number { unit, .. } = expected else { return same_word(one, other) };
    let (one_number, other_number) = (number(one, unit), number(other, unit));
    same_word(one, other)
        || one_number.zip(other_number).is_some_and(|(one, other)| (one - other).abs() < f64::EPSILON)
}

/// A number with or without its unit; where the unit is `s`, `1m30s` is 90.
pub fn number(typed: &str, unit: &str) -> Option<f64> {
    let typed = typed.trim().trim_start_matches(['~', '≈']).trim();
    let lower = typed.to_lowercase();
    let bare = lower.strip_suffix(&unit.to_lowercase()).filter(|_| !unit.is_empty()).unwrap_or(&lower).trim();
    let plain = bare.parse::<f64>().ok().filter(|value| value.is_finite());
    plain.or_else(|| if unit == "s" { seconds(&lower) } else { None })
}

/// A duration such as `1h5m30s` or `90 seconds`, in seconds.
pub fn seconds(typed: &str) -> Option<f64> {
    let mut rest = typed.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let value: f64 = rest[..digits].parse().ok()?;
        let after = rest[digits..].trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        total += value
            * match &after[..letters] {
                "" | "s" | "sec" | "second" | "seconds" => 1.0,
                "m" | "min" | "minute" | "minutes" => 60.0,
                "h" | "hour" | "hours" => 3600.0,
                _ => return None,
            };
        rest = after[letters..].trim_start();
    }
    Some(total)
}

/// A command line in a form in which the order of flags and the ways to write one do not matter.
#[derive(Debug, PartialEq, Eq)]
struct Command {
    words: Vec<String>,
    flags: BTreeSet<(String, Option<String>)>,
    /// What follows `--` or a pipe: kept as it is.
    rest: Vec<String>,
}

/// One-letter flags and what they stand for; those of `logs` come first.
const SHORT: &[(&str, char, &str)] = &[
    ("logs", 'f', "follow"),
    ("logs", 'p', "previous"),
    ("", 'f', "filename"),
    ("", 'p', "patch"),
    ("", 'n', "namespace"),
    ("", 'c', "container"),
    ("", 'l', "selector"),
    ("", 'o', "output"),
    ("", 'w', "watch"),
    ("", 'A', "all-namespaces"),
    ("", 'i', "stdin"),
    ("", 't', "tty"),
    ("", 'k', "kustomize"),
    ("", 'L', "label-columns"),
];

/// Flags that stand alone; all others take the next word if they hold no `=`.
const ALONE: &[&str] = &[
    "follow",
    "previous",
    "watch",
    "all-namespaces",
    "stdin",
    "tty",
    "force",
    "all",
    "all-containers",
    "timestamps",
    "show-labels",
    "overwrite",
    "recursive",
    "ignore-daemonsets",
    "delete-emptydir-data",
    "rm",
    "now",
    "wait",
    "no-headers",
    "help",
    "prefix",
    "list",
    "watch-only",
    "quiet",
    "current",
    "server-side",
    "dry-run",
    "cascade",
];

impl Command {
    fn of(line: &str) -> Command {
        let tokens = tokens(line);
        let verb = tokens.get(1).cloned().unwrap_or_default();
        let mut command = Command { words: Vec::new(), flags: BTreeSet::new(), rest: Vec::new() };
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if token == "--" || token == "|" {
                command.rest = std::iter::once(token).chain(tokens).collect();
                break;
            }
            for (name, value) in flags(&token, &verb) {
                let alone = ALONE.contains(&name.as_str());
                let value = value.or_else(|| if alone { None } else { tokens.next_if(|next| next != "--") });
                command.flags.insert((name, value.filter(|value| value != "true")));
            }
            if !is_flag(&token) {
                command.words.extend(words(&token, command.words.len()));
            }
        }
        command
    }
}

fn is_flag(token: &str) -> bool {
    token.len() > 1 && token.starts_with('-')
}

/// The flags one token sets, each with its value if the token holds it.
fn flags(token: &str, verb: &str) -> Vec<(String, Option<String>)> {
    if !is_flag(token) {
        return Vec::new();
    }
    if let Some(long) = token.strip_prefix("--") {
        return vec![match long.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (long.to_owned(), None),
        }];
    }
    let mut found = Vec::new();
    let mut letters = token[1..].chars();
    while let Some(letter) = letters.next() {
        let known = SHORT.iter().find(|(of, short, _)| *short == letter && (of.is_empty() || *of == verb));
        let name = known.map_or_else(|| letter.to_string(), |(_, _, long)| (*long).to_owned());
        let rest = letters.as_str();
        if ALONE.contains(&name.as_str()) || rest.is_empty() {
            found.push((name, None));
            continue;
        }
        found.push((name, Some(rest.trim_start_matches('=').to_owned())));
        break;
    }
    found
}

/// A word in the one form compared: `po/web` is `pod web`, `pods` is `pod`, `k` is `kubectl`.
fn words(token: &str, position: usize) -> Vec<String> {
    let kind = |word: &str| {
        let named = |info: &&crate::kube::kind::KindInfo| {
            info.plural == word || info.singular == word || (!info.short.is_empty() && info.short == word)
        };
        KINDS.iter().find(named).map(|info| info.singular.to_owned())
    };
    if position == 0 && token == "k" {
        return vec!["kubectl".to_owned()];
    }
    if let Some((kind, name)) = token.split_once('/').and_then(|(of, name)| Some((kind(of)?, name))) {
        return vec![kind, name.to_owned()];
    }
    match kind(token) {
        Some(kind) if position == 2 => vec![kind],
        _ => vec![token.to_owned()],
    }
}

/// The words of a line, quotes taken off.
fn tokens(line: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.trim().trim_start_matches("$ ").chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                token.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => tokens.extend(token.take()),
            (_, c) => token.get_or_insert_default().push(c),
        }
    }
    tokens.extend(token);
    tokens
}
