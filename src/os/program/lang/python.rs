//! Python: simple statements and the two loops people write in manifests.

use std::sync::Arc;

use super::condition::Condition;
use super::{Act, Expr};

/// Loops within loops at most.
const DEPTH_MAX: usize = 16;

/// The acts of a source, or the line that cannot be run.
pub(super) fn parse(source: &str) -> Result<Vec<Act>, String> {
    let lines: Vec<(usize, &str)> = source
        .lines()
        .map(|line| (line.len() - line.trim_start().len(), line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut at = 0;
    let acts = block(&lines, &mut at, 0)?;
    match lines.get(at) {
        Some((_, line)) => Err((*line).to_owned()),
        None => Ok(acts),
    }
}

fn block(lines: &[(usize, &str)], at: &mut usize, depth: usize) -> Result<Vec<Act>, String> {
    let mut acts = Vec::new();
    let Some((indent, _)) = lines.get(*at).copied() else { return Ok(acts) };
    while let Some((own, line)) = lines.get(*at).copied().filter(|(own, _)| *own >= indent) {
        if own > indent || depth > DEPTH_MAX {
            return Err(line.to_owned());
        }
        *at += 1;
        if let Some((condition, rest)) = branch_head(line, "if") {
            acts.push(branch(condition, rest, (lines, &mut *at, indent), depth)?);
            continue;
        }
        // `import time; while True: …` is no Python, but people write it with a newline in quotes; a loop may follow on its own line only.
        let Some((head, rest)) = loop_head(line) else {
            for statement in statements(line) {
                acts.extend(simple(statement.trim())?);
            }
            continue;
        };
        let body = body(line, rest, (lines, &mut *at, indent), depth)?;
        acts.push(looped(head, body.into()).ok_or_else(|| line.to_owned())?);
    }
    Ok(acts)
}

/// The lines, the next one, and the indentation of the statement that is being read.
type Place<'p, 's> = (&'p [(usize, &'s str)], &'p mut usize, usize);

/// What belongs to a statement that ends in a colon: the rest of its line, or the indented lines below.
fn body(
    line: &str,
    rest: &str,
    (lines, at, indent): Place<'_, '_>,
    depth: usize,
) -> Result<Vec<Act>, String> {
    if rest.is_empty() {
        if lines.get(*at).is_none_or(|(below, _)| *below <= indent) {
            return Err(format!(
                "  File \"<string>\", line {at}\n    {line}\nIndentationError: expected an indented block after '{}' statement on line {at}",
                line.split([' ', ':']).next().unwrap_or_default()
            ));
        }
        return block(lines, at, depth + 1);
    }
    let mut acts = Vec::new();
    for statement in statements(rest) {
        acts.extend(simple(statement.trim())?);
    }
    Ok(acts)
}

/// The condition and the rest of a line that begins with `if` or `elif`.
fn branch_head<'s>(line: &'s str, word: &str) -> Option<(&'s str, &'s str)> {
    let after = line.strip_prefix(word).filter(|after| after.starts_with([' ', '(']))?;
    let colon = split(after, ':').first()?.len();
    let (condition, rest) = after.split_at(colon);
    Some((condition.trim(), rest.strip_prefix(':')?.trim()))
}

/// An `if` with what follows it at the same indentation.
fn branch(
    condition: &str,
    rest: &str,
    (lines, at, indent): Place<'_, '_>,
    depth: usize,
) -> Result<Act, String> {
    if depth > DEPTH_MAX {
        return Err(condition.to_owned());
    }
    let parsed = Condition::parse(condition).ok_or_else(|| format!("if {condition}:"))?;
    let then = body("if", rest, (lines, &mut *at, indent), depth)?;
    let next = lines.get(*at).copied().filter(|(own, _)| *own == indent).map(|(_, line)| line);
    let mut otherwise = Vec::new();
    if let Some((condition, rest)) = next.and_then(|line| branch_head(line, "elif")) {
        *at += 1;
        otherwise.push(branch(condition, rest, (lines, &mut *at, indent), depth + 1)?);
    } else if let Some(rest) = next.and_then(|line| line.strip_prefix("else")?.trim_start().strip_prefix(':'))
    {
        *at += 1;
        otherwise = body("else", rest.trim(), (lines, &mut *at, indent), depth)?;
    }
    Ok(Act::If(parsed, then.into(), otherwise.into()))
}

fn loop_head(line: &str) -> Option<(&str, &str)> {
    let begins = line.starts_with("while ") || line.starts_with("for ") || line.starts_with("while(");
    let (head, rest) = line.split_once(':').filter(|_| begins)?;
    Some((head.trim(), rest.trim()))
}

fn looped(head: &str, body: Arc<[Act]>) -> Option<Act> {
    if let Some(condition) = head.strip_prefix("while") {
        if matches!(condition.trim().trim_matches(['(', ')']), "True" | "1") {
            return Some(Act::Forever(body));
        }
        return Some(Act::While(Condition::parse(condition.trim())?, body));
    }
    let (name, range) = head.strip_prefix("for ")?.split_once(" in ")?;
    let end = range.trim().strip_prefix("range(")?.strip_suffix(')')?;
    Some(Act::Count(name.trim().to_owned(), whole(end)?, body))
}

/// The statements of a line, split at semicolons outside of quotes.
fn statements(line: &str) -> Vec<&str> {
    split(line, ';')
}

fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_i32, None);
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, letter) {
            (Some(_), '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, letter) if letter == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The text between the brackets of a call of this function.
fn arguments<'s>(statement: &'s str, name: &str) -> Option<&'s str> {
    statement.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')')
}

fn simple(statement: &str) -> Result<Vec<Act>, String> {
    let refused = || statement.to_owned();
    if statement.starts_with("import ") || statement.starts_with("from ") || statement == "pass" {
        return Ok(Vec::new());
    }
    if statement == "break" || statement == "continue" {
        return Ok(vec![if statement == "break" { Act::Break } else { Act::Continue }]);
    }
    if let Some(words) = arguments(statement, "print") {
        return print(words).map(|act| vec![act]).ok_or_else(refused);
    }
    for name in ["time.sleep", "sleep"] {
        if let Some(seconds) = arguments(statement, name) {
            let seconds: f64 = seconds.trim().parse().map_err(|_| refused())?;
            return Ok(vec![Act::Sleep((seconds.max(0.0) * 1000.0).min(1e15) as u64)]);
        }
    }
    for name in ["sys.exit", "exit", "quit", "os._exit"] {
        if let Some(code) = arguments(statement, name) {
            let code = if code.trim().is_empty() { 0 } else { code.trim().parse().map_err(|_| refused())? };
            return Ok(vec![Act::Exit(code)]);
        }
    }
    if arguments(statement, "sys.stdout.flush").is_some() {
        return Ok(vec![Act::Print(Vec::new(), 1, String::new(), true)]);
    }
    if arguments(statement, "signal.pause").is_some() {
        return Ok(vec![Act::Pause]);
    }
    if let Some(error) = statement.strip_prefix("raise ") {
        let (name, text) = error.split_once('(').unwrap_or((error, ")"));
        let text = expression(text.trim_end_matches(')')).map_or(String::new(), |text| {
            if let Expr::Text(text) = text { format!(": {text}") } else { String::new() }
        });
        return Ok(vec![Act::Raise(format!(
            "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n    {statement}\n{name}{text}\n"
        ))]);
    }
    assignment(statement).ok_or_else(refused)
}

fn assignment(statement: &str) -> Option<Vec<Act>> {
    if let Some((list, value)) = statement.strip_suffix(')').and_then(|rest| rest.split_once(".append(")) {
        return (is_name(list)).then(|| memory(value)).flatten().map(|bytes| vec![Act::Memory(bytes)]);
    }
    let (name, value) = statement.split_once('=')?;
    let (name, adds) = match name.trim().strip_suffix('+') {
        Some(name) => (name.trim(), true),
        None => (name.trim(), false),
    };
    if !is_name(name) {
        return None;
    }
    if let Some(bytes) = memory(value) {
        return Some(vec![Act::Memory(bytes)]);
    }
    if value.trim() == "[]" {
        return Some(Vec::new());
    }
    let value = expression(value)?;
    let value = if adds { Expr::Sum(vec![Expr::Variable(name.to_owned()), value]) } else { value };
    Some(vec![Act::Set(name.to_owned(), value)])
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// Bytes of `"x" * 1000`, `bytearray(1000)`.
fn memory(value: &str) -> Option<u64> {
    let value = value.trim();
    if let Some(size) = arguments(value, "bytearray").or_else(|| arguments(value, "bytes")) {
        return u64::try_from(whole(size)?).ok();
    }
    let (text, count) = value.split_once('*')?;
    let Expr::Text(text) = expression(text)? else { return None };
    u64::try_from(whole(count)?.saturating_mul(text.len() as i64)).ok()
}

/// A product of numbers and powers: `1024 * 1024`, `10**6`.
fn whole(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')').replace("**", "^");
    text.split('*').try_fold(1_i64, |product, factor| {
        let (base, power) = factor.split_once('^').unwrap_or((factor, "1"));
        let base: i64 = base.trim().replace('_', "").parse().ok()?;
        Some(product.saturating_mul(base.saturating_pow(power.trim().parse().ok()?)))
    })
}

fn print(words: &str) -> Option<Act> {
    let (mut values, mut fd, mut end, mut flush) = (Vec::new(), 1, "\n".to_owned(), false);
    for word in split(words, ',') {
        let word = word.trim();
        if let Some(value) = word.strip_prefix("flush=") {
            flush = value == "True";
        } else if let Some(value) = word.strip_prefix("end=") {
            let Expr::Text(text) = expression(value)? else { return None };
            end = text;
        } else if let Some(value) = word.strip_prefix("file=") {
            fd = match value {
                "sys.stderr" => 2,
                "sys.stdout" => 1,
                _ => return None,
            };
        } else {
            values.push(expression(word)?);
        }
    }
    Some(Act::Print(values, fd, end, flush))
}

/// A value: text, a number, a variable, one of the environment, or a sum of such.
pub(super) fn expression(text: &str) -> Option<Expr> {
    let parts = split(text, '+');
    if parts.len() > 1 {
        return Some(Expr::Sum(parts.into_iter().map(expression).collect::<Option<_>>()?));
    }
    if let [of, by] = split(text, '%').as_slice()
        && let Some(by) = whole(by).filter(|by| *by > 0)
    {
        return Some(Expr::Rest(Box::new(expression(of)?), by));
    }
    let text = text.trim();
    if let Some(quoted) = text.strip_prefix('f').filter(|rest| rest.starts_with(['"', '\''])) {
        return template(&quoted[1..quoted.len().checked_sub(1)?]);
    }
    if let Some(literal) = literal(text) {
        return Some(Expr::Text(literal));
    }
    if let Ok(number) = text.parse() {
        return Some(Expr::Number(number));
    }
    if let Some(inner) = arguments(text, "str") {
        return expression(inner);
    }
    if let Some(inner) = arguments(text, "int") {
        return Some(Expr::Whole(Box::new(expression(inner)?)));
    }
    if text == "time.time()" {
        return Some(Expr::Now);
    }
    for begin in ["os.environ.get", "os.getenv"] {
        if let Some(words) = arguments(text, begin) {
            let words = split(words, ',');
            let otherwise = match words.get(1) {
                Some(word) => Some(Box::new(expression(word)?)),
                None => None,
            };
            return Some(Expr::Environment(literal(words.first()?.trim())?, otherwise));
        }
    }
    if let Some(name) = text.strip_prefix("os.environ[").and_then(|rest| rest.strip_suffix(']')) {
        return Some(Expr::Environment(literal(name.trim())?, None));
    }
    is_name(text).then(|| Expr::Variable(text.to_owned()))
}

fn literal(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(String::from_utf8_lossy(&super::super::text::unescape(inner, false).0).into_owned())
}

/// `f"run {n}"`
fn template(text: &str) -> Option<Expr> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(Expr::Text(before.to_owned()));
        let (inner, after) = after.split_once('}')?;
        parts.push(expression(inner)?);
        rest = after;
    }
    parts.push(Expr::Text(rest.to_owned()));
    // A sum of numbers alone would be added up: the text parts make it text.
    Some(Expr::Sum(parts))
}
