//! Reading a template into nodes.

use serde_json::Value;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Printed as it is.
    Text(String),
    /// A path, whose results are printed.
    Path(Vec<Step>),
    /// For each result of the path, the nodes inside.
    Range(Vec<Step>, Vec<Node>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Back to the start.
    Root,
    /// The value at hand.
    Current,
    /// A field by name.
    Field(String),
    /// Every element.
    Wildcard,
    /// This and everything below.
    Recursive,
    /// Elements from, to, every.
    Slice { from: Option<i64>, to: Option<i64>, every: Option<i64>, single: bool },
    /// The elements for which a comparison holds.
    Filter(Box<Filter>),
    /// The results of several paths.
    Union(Vec<Vec<Step>>),
    /// A constant.
    Constant(Value),
}

/// A comparison inside `?( )`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub left: Vec<Step>,
    pub operator: Option<&'static str>,
    pub right: Vec<Step>,
}

const OPERATORS: &[&str] = &["==", "!=", "<=", ">=", "<", ">"];

/// Paths and ranges nested deeper than this are refused.
const DEEPEST: usize = 64;

pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let mut rest = text;
    nodes(&mut rest, 0)
}

/// Nodes up to the end, or up to the `{end}` of the range at this depth.
fn nodes(rest: &mut &str, depth: usize) -> Result<Vec<Node>, String> {
    let mut found = Vec::new();
    if depth > DEEPEST {
        return Err("ranges are nested too deeply".to_owned());
    }
    loop {
        let Some(open) = rest.find('{') else {
            push_text(&mut found, rest);
            *rest = "";
            return if depth == 0 { Ok(found) } else { Err("not in range, nothing to end".to_owned()) };
        };
        push_text(&mut found, &rest[..open]);
        let close = action_end(&rest[open + 1..]).ok_or("unclosed action")? + open + 1;
        let action = rest[open + 1..close].trim();
        *rest = &rest[close + 1..];
        if action == "end" {
            return if depth == 0 { Err("not in range, nothing to end".to_owned()) } else { Ok(found) };
        }
        if let Some(path) = action.strip_prefix("range").filter(|p| !p.starts_with(char::is_alphanumeric)) {
            let path = steps(path.trim())?;
            found.push(Node::Range(path, nodes(rest, depth + 1)?));
            continue;
        }
        for part in words(action) {
            found.push(match quoted(part) {
                Some(text) => Node::Text(text?),
                None => Node::Path(steps(part)?),
            });
        }
    }
}

fn push_text(found: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        found.push(Node::Text(text.to_owned()));
    }
}

/// Where an action ends, quotes respected.
fn action_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            _ if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '}' => return Some(i),
            _ => {}
        }
    }
    None
}

/// The parts of an action: separated by blanks outside of quotes and brackets.
fn words(action: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut quote) = (Vec::new(), 0, 0i32, None);
    for (i, c) in action.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '[' || c == '(' => depth += 1,
            None if c == ']' || c == ')' => depth -= 1,
            None if c.is_whitespace() && depth == 0 => {
                if start < i {
                    found.push(&action[start..i]);
                }
                start = i + c.len_utf8();
            }
            None => {}
        }
    }
    if start < action.len() {
        found.push(&action[start..]);
    }
    found
}

/// The text of a quoted constant.
fn quoted(part: &str) -> Option<Result<String, String>> {
    let quote = part.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let Some(inner) = part[1..].strip_suffix(quote) else {
        return Some(Err("unterminated quoted string".to_owned()));
    };
    let (mut text, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match if c == '\\' {
            chars.next()
        } else {
            text.push(c);
            continue;
        } {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    Some(Ok(text))
}

/// The steps of one path.
fn steps(text: &str) -> Result<Vec<Step>, String> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some(c) = rest.chars().next() {
        match c {
            '$' => {
                found.push(Step::Root);
                rest = &rest[1..];
            }
            '@' => {
                found.push(Step::Current);
                rest = &rest[1..];
            }
            '.' if rest.starts_with("..") => {
                found.push(Step::Recursive);
                rest = &rest[2..];
                if rest.starts_with(|c: char| c.is_alphanumeric() || "*_".contains(c)) {
                    rest = field(rest, &mut found);
                }
            }
            '.' => rest = field(&rest[1..], &mut found),
            '[' => {
                let end = bracket_end(rest).ok_or("unterminated array")?;
                found.push(bracket(&rest[1..end])?);
                rest = &rest[end + 1..];
            }
            c if c.is_alphanumeric() || "*-_\\".contains(c) => match constant(rest) {
                Some(value) if found.is_empty() => {
                    found.push(Step::Constant(value));
                    rest = "";
                }
                _ if found.is_empty() && !rest.starts_with('*') => {
                    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                    return Err(format!("unrecognized identifier {}", &rest[..end]));
                }
                _ => rest = field(rest, &mut found),
            },
            c => return Err(format!("unrecognized character in action: U+{:04X} {c:?}", u32::from(c))),
        }
    }
    Ok(found)
}

/// Reads a field name; a backslash takes the meaning from the next character.
fn field<'a>(text: &'a str, found: &mut Vec<Step>) -> &'a str {
    let (mut name, mut chars) = (String::new(), text.char_indices());
    let mut end = text.len();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' | ']' | ')' | '(' | ' ' | ',' | '=' | '!' | '<' | '>' | '\'' | '"' | '$' | '@'
            | '|' => {
                end = i;
                break;
            }
            c => name.push(c),
        }
    }
    match name.as_str() {
        "" => {}
        "*" => found.push(Step::Wildcard),
        _ => found.push(Step::Field(name)),
    }
    &text[end..]
}

fn constant(text: &str) -> Option<Value> {
    match text.trim() {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        number => number
            .parse::<i64>()
            .ok()
            .map(Value::from)
            .or_else(|| number.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from)),
    }
}

/// Where the bracket that opens `text` closes.
fn bracket_end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '[' => depth += 1,
            None if c == ']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            None => {}
        }
    }
    None
}

fn bracket(inner: &str) -> Result<Step, String> {
    let inner = inner.trim();
    if let Some(filter) = inner.strip_prefix("?(") {
        let filter = filter.strip_suffix(')').ok_or("unclosed array expect ]")?;
        return comparison(filter).map(|filter| Step::Filter(Box::new(filter)));
    }
    if inner == "*" {
        return Ok(Step::Wildcard);
    }
    let parts = split_outside_quotes(inner, ',');
    if parts.len() > 1 {
        let each = parts.iter().map(|part| bracket(part).map(|step| vec![step]));
        return Ok(Step::Union(each.collect::<Result<_, _>>()?));
    }
    if let Some(text) = quoted(inner) {
        return Ok(Step::Field(text?));
    }
    slice(inner)
}

fn slice(inner: &str) -> Result<Step, String> {
    let invalid = || format!("invalid array index {inner}");
    let number = |part: &str| match part.trim() {
        "" => Ok(None),
        part => part.parse::<i64>().map(Some).map_err(|_| invalid()),
    };
    let parts: Vec<&str> = inner.split(':').collect();
    match parts.as_slice() {
        [one] => {
            let at = number(one)?.ok_or_else(invalid)?;
            Ok(Step::Slice { from: Some(at), to: None, every: None, single: true })
        }
        [from, to] => Ok(Step::Slice { from: number(from)?, to: number(to)?, every: None, single: false }),
        [from, to, every] => {
            Ok(Step::Slice { from: number(from)?, to: number(to)?, every: number(every)?, single: false })
        }
        _ => Err(invalid()),
    }
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut found, mut start, mut quote) = (Vec::new(), 0, None);
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == separator => {
                found.push(&text[start..i]);
                start = i + separator.len_utf8();
            }
            None => {}
        }
    }
    found.push(&text[start..]);
    found
}

fn comparison(text: &str) -> Result<Filter, String> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {
                if let Some(operator) = OPERATORS.iter().find(|o| text[i..].starts_with(**o)) {
                    let left = side(&text[..i])?;
                    let right = side(&text[i + operator.len()..])?;
                    return Ok(Filter { left, operator: Some(operator), right });
                }
            }
        }
    }
    Ok(Filter { left: side(text)?, operator: None, right: Vec::new() })
}

fn side(text: &str) -> Result<Vec<Step>, String> {
    let text = text.trim();
    match quoted(text) {
        Some(constant) => Ok(vec![Step::Constant(Value::String(constant?))]),
        None => steps(text),
    }
}
