//! JavaScript and Perl: a server that answers one text, prints, sleeps, exits.

use std::sync::Arc;

use regex_lite::Regex;

use super::{Act, Expr};

/// Digits of pi that are computed at most.
const DIGITS_MAX: usize = 5000;

/// What a piece of JavaScript comes to.
pub(super) enum JavaScript {
    /// An HTTP server, and what it says at its start.
    Serves {
        /// Empty for all addresses.
        host: String,
        port: u16,
        status: u16,
        body: String,
        said: Vec<String>,
    },
    Acts(Vec<Act>),
}

fn captured(pattern: &str, text: &str) -> Option<String> {
    let found = Regex::new(pattern).ok()?.captures(text)?;
    found.get(1).map(|text| {
        String::from_utf8_lossy(&super::super::text::unescape(text.as_str(), false).0).into_owned()
    })
}

/// What a source does, or the statement that cannot be run.
pub(super) fn javascript(source: &str) -> Result<JavaScript, String> {
    if source.contains("createServer") {
        let body = captured(r#"\.(?:end|send|write)\(\s*["'`]([^"'`]*)["'`]"#, source).unwrap_or_default();
        let port = captured(r"\.listen\(\s*(?:process\.env\.PORT\s*\|\|\s*)?([0-9]+)", source)
            .and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| "a server whose port is no number".to_owned())?;
        let host = captured(r#"\.listen\([^,()]*,\s*["'`]([^"'`]*)["'`]"#, source).unwrap_or_default();
        let status = captured(r"(?:writeHead\(|statusCode\s*=\s*)([0-9]+)", source)
            .and_then(|code| code.parse().ok())
            .unwrap_or(200);
        let said = source
            .rsplit("listen")
            .next()
            .and_then(|tail| captured(r#"console\.log\(\s*["'`]([^"'`]*)["'`]"#, tail));
        return Ok(JavaScript::Serves { host, port, status, body, said: said.into_iter().collect() });
    }
    let mut acts = Vec::new();
    for statement in source.split([';', '\n']).map(str::trim).filter(|statement| !statement.is_empty()) {
        acts.push(statement_act(statement).ok_or_else(|| statement.to_owned())?);
    }
    Ok(JavaScript::Acts(acts))
}

fn statement_act(statement: &str) -> Option<Act> {
    if let Some(text) = captured(r#"^console\.log\(\s*["'`]([^"'`]*)["'`]\s*\)$"#, statement) {
        return Some(Act::Print(vec![Expr::Text(text)], 1, "\n".to_owned(), true));
    }
    if let Some(text) = captured(r#"^console\.error\(\s*["'`]([^"'`]*)["'`]\s*\)$"#, statement) {
        return Some(Act::Print(vec![Expr::Text(text)], 2, "\n".to_owned(), true));
    }
    if let Some(number) = captured(r"^console\.log\(\s*([0-9]+)\s*\)$", statement) {
        return Some(Act::Print(vec![Expr::Text(number)], 1, "\n".to_owned(), true));
    }
    if let Some(name) = captured(r"^console\.log\(\s*process\.env\.([A-Za-z_0-9]+)\s*\)$", statement) {
        let missing = Some(Box::new(Expr::Text("undefined".to_owned())));
        return Some(Act::Print(vec![Expr::Environment(name, missing)], 1, "\n".to_owned(), true));
    }
    if let Some(code) = captured(r"^process\.exit\(\s*([0-9]*)\s*\)$", statement) {
        return Some(Act::Exit(code.parse().unwrap_or(0)));
    }
    if let Some(error) = captured(r#"^throw new Error\(\s*["'`]([^"'`]*)["'`]\s*\)$"#, statement) {
        return Some(Act::Raise(format!("[eval]:1\n{statement}\n^\n\nError: {error}\n")));
    }
    let timer = Regex::new(r"^(setInterval|setTimeout)\(\s*(?:\(\)\s*=>|function\s*\(\))\s*\{?\s*(.*?)\s*\}?\s*,\s*([0-9]+)\s*\)$").ok()?;
    let found = timer.captures(statement)?;
    let wait = Act::Sleep(found.get(3)?.as_str().parse().ok()?);
    let body = found.get(2)?.as_str();
    let body = if body.is_empty() { None } else { Some(statement_act(body)?) };
    let acts: Arc<[Act]> = std::iter::once(wait).chain(body).collect();
    Some(if &found[1] == "setInterval" { Act::Forever(acts) } else { Act::Count("_".to_owned(), 1, acts) })
}

/// What a piece of Perl does, or the statement that cannot be run; `newline`: `-l` adds one to each print.
pub(super) fn perl(source: &str, newline: bool) -> Result<Vec<Act>, String> {
    let end = if newline { "\n" } else { "" };
    let mut acts = Vec::new();
    for statement in source.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        if let Some(digits) = captured(r"^print\s+bpi\(\s*([0-9]+)\s*\)$", statement) {
            let digits = digits.parse::<usize>().unwrap_or(0).clamp(1, DIGITS_MAX);
            // bignum needs some seconds for two thousand digits, and more than twice as long for twice as many.
            acts.push(Act::Sleep((digits * digits / 800) as u64));
            acts.push(Act::Print(vec![Expr::Text(pi(digits))], 1, end.to_owned(), true));
        } else if let Some(text) = captured(r#"^print\s*\(?\s*["']([^"']*)["']\s*\)?$"#, statement) {
            acts.push(Act::Print(vec![Expr::Text(text)], 1, end.to_owned(), false));
        } else if let Some(number) = captured(r"^print\s*\(?\s*([0-9]+)\s*\)?$", statement) {
            acts.push(Act::Print(vec![Expr::Text(number)], 1, end.to_owned(), false));
        } else if let Some(seconds) = captured(r"^sleep\s*\(?\s*([0-9]+)\s*\)?$", statement) {
            acts.push(Act::Sleep(seconds.parse::<u64>().unwrap_or(0).saturating_mul(1000)));
        } else if let Some(code) = captured(r"^exit\s*\(?\s*([0-9]*)\s*\)?$", statement) {
            acts.push(Act::Exit(code.parse().unwrap_or(0)));
        } else if let Some(text) = captured(r#"^die\s*\(?\s*["']([^"']*)["']\s*\)?$"#, statement) {
            let text = if text.ends_with('\n') { text } else { format!("{text} at -e line 1.\n") };
            acts.push(Act::Raise(text));
        } else {
            return Err(statement.to_owned());
        }
    }
    Ok(acts)
}

/// Pi with so many significant digits (Machin's formula in a fixed point of base 10^9, some digits kept back for rounding).
fn pi(digits: usize) -> String {
    let limbs = digits / 9 + 4;
    let mut sum = arctangent(5, 16, limbs);
    subtract(&mut sum, &arctangent(239, 4, limbs));
    let mut text = sum[0].to_string();
    text.extend(sum[1..].iter().map(|limb| format!("{limb:09}")));
    rounded(&text, digits)
}

/// The first digits of a number, rounded, with the point after the first.
fn rounded(text: &str, digits: usize) -> String {
    let mut kept: Vec<u8> = text.bytes().take(digits).map(|digit| digit - b'0').collect();
    let mut carry = u8::from(text.as_bytes().get(digits).is_some_and(|next| *next >= b'5'));
    for digit in kept.iter_mut().rev() {
        *digit += carry;
        carry = *digit / 10;
        *digit %= 10;
    }
    let text: String = kept.iter().map(|digit| char::from(b'0' + digit)).collect();
    if digits > 1 { format!("{}.{}", &text[..1], &text[1..]) } else { text }
}

const BASE: u64 = 1_000_000_000;

/// `times` times the arctangent of `1 / of`.
fn arctangent(of: u64, times: u64, limbs: usize) -> Vec<u64> {
    let mut term = vec![0; limbs];
    term[0] = times;
    divide(&mut term, of);
    let mut sum = term.clone();
    let mut odd = 1;
    while term.iter().any(|limb| *limb > 0) {
        divide(&mut term, of * of);
        odd += 2;
        let mut part = term.clone();
        divide(&mut part, odd);
        if odd % 4 == 3 { subtract(&mut sum, &part) } else { add(&mut sum, &part) }
    }
    sum
}

fn divide(number: &mut [u64], by: u64) {
    let mut rest = 0;
    for limb in number {
        let value = rest * BASE + *limb;
        *limb = value / by;
        rest = value % by;
    }
}

fn add(number: &mut [u64], other: &[u64]) {
    let mut carry = 0;
    for (limb, other) in number.iter_mut().zip(other).rev() {
        let value = *limb + other + carry;
        *limb = value % BASE;
        carry = value / BASE;
    }
}

fn subtract(number: &mut [u64], other: &[u64]) {
    let mut borrow = 0;
    for (limb, other) in number.iter_mut().zip(other).rev() {
        let wanted = other + borrow;
        borrow = u64::from(*limb < wanted);
        *limb = *limb + borrow * BASE - wanted;
    }
}
