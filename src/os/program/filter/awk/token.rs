//! The pieces of an `awk` program's text.

use regex_lite::Regex;

use super::text;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    Sign(&'static str),
    Line,
}

pub(super) const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "!~", "+=", "-=", "*=", "/=", "%=", "++", "--", "{", "}", "(", ")",
    "[", "]", ";", ",", "+", "-", "*", "/", "%", "!", "<", ">", "~", "=", "?", ":", "$",
];

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let operand = matches!(found.last(), Some(Token::Number(_) | Token::Text(_) | Token::Name(_)))
            || matches!(found.last(), Some(Token::Sign(")" | "]")));
        let length = if first == '\n' {
            found.push(Token::Line);
            1
        } else if let Some(after) = rest.strip_prefix("\\\n") {
            rest.len() - after.len()
        } else if first.is_whitespace() {
            first.len_utf8()
        } else if first == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' || (first == '/' && !operand) {
            let end = closing(rest, first).ok_or("unterminated string or regex")?;
            let inside = &rest[1..end];
            found.push(if first == '"' {
                let bytes = text::unescape(inside, false).0;
                Token::Text(String::from_utf8_lossy(&bytes).replace("\\\"", "\""))
            } else {
                Token::Regex(inside.replace("\\/", "/"))
            });
            end + 1
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            found.push(Token::Number(rest[..end].parse().map_err(|_| "bad number")?));
            end
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Name(rest[..end].to_owned()));
            end
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("unexpected '{first}'"))?;
            found.push(Token::Sign(sign));
            sign.len()
        };
        rest = &rest[length..];
    }
    Ok(found)
}

/// Where the text that begins with `quote` ends.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return Some(index),
            _ => {}
        }
    }
    None
}

/// A regular expression of bounded size.
pub(super) fn compile(source: &str) -> Result<Regex, String> {
    super::super::grep::regex(source, false)
}
