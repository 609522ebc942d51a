//! Reading a template into nodes, as `client-go/util/jsonpath/parser.go` does: one pass without brackets that nest.

use serde_json::Value;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Printed as it is.
    Text(String),
    /// What stands between braces: each step works on what the one before it found, and the last one's findings are printed.
    Action(Vec<Step>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// A field by name.
    Field(String),
    /// Every element.
    Wildcard,
    /// This and everything below.
    Recursive,
    /// Elements from, to, every.
    Slice(Slice),
    /// The elements for which a comparison holds.
    Filter(Box<Filter>),
    /// The results of several paths.
    Union(Vec<Vec<Step>>),
    /// A constant.
    Constant(Value),
    /// The start of a loop over what the rest of the action finds.
    Range,
    /// The end of a loop.
    End,
    /// A bare word that means nothing, which only running it tells.
    Unknown(String),
}

/// `[from:to:every]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    pub from: Option<i64>,
    pub to: To,
    pub every: Option<i64>,
}

/// Where a slice ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum To {
    /// After the element it starts with: there was no colon.
    One,
    /// With the last element.
    Last,
    /// Before this one.
    Before(i64),
}

/// A comparison inside `?( )`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub left: Vec<Step>,
    /// As it was typed: an unknown one is only refused when it is used.
    pub operator: Option<String>,
    pub right: Vec<Step>,
}

/// Unions and filters nested deeper than this are refused.
const DEEPEST: usize = 64;

pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(open) = rest.find('{') {
        push_text(&mut found, &rest[..open]);
        let mut reader = Reader { rest: &rest[open + 1..], depth: 0 };
        found.push(Node::Action(reader.action()?));
        rest = reader.rest;
    }
    push_text(&mut found, rest);
    Ok(found)
}

fn push_text(found: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        found.push(Node::Text(text.to_owned()));
    }
}

fn ends_a_word(c: char) -> bool {
    c.is_whitespace() || ".,[]$@{}".contains(c)
}

/// What is left to read of a template.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// The steps up to the closing brace, which is taken.
    fn action(&mut self) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        loop {
            if let Some(after) = self.rest.strip_prefix('}') {
                self.rest = after;
                return Ok(steps);
            }
            if let Some(after) = self.rest.strip_prefix("[?(") {
                self.rest = after;
                steps.push(self.filter()?);
                continue;
            }
            if let Some(after) = self.rest.strip_prefix("..") {
                self.rest = after;
                self.recursive(&mut steps)?;
                continue;
            }
            let c = self.rest.chars().next().filter(|c| *c != '\n').ok_or("unclosed action")?;
            match c {
                ' ' | '@' | '$' => self.rest = &self.rest[1..],
                '[' => self.brackets(&mut steps)?,
                '"' | '\'' => steps.push(Step::Constant(self.quote(c)?.into())),
                '.' => {
                    self.rest = &self.rest[1..];
                    steps.push(self.field());
                }
                '+' | '-' | '0'..='9' => steps.push(self.number()?),
                c if c.is_alphanumeric() || c == '_' => steps.push(self.identifier()),
                c => return Err(format!("unrecognized character in action: U+{:04X} {c:?}", u32::from(c))),
            }
        }
    }

    /// Takes what stands before `end`.
    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn recursive(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        if steps.last() == Some(&Step::Recursive) {
            return Err("invalid multiple recursive descent".to_owned());
        }
        steps.push(Step::Recursive);
        if self.rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            steps.push(self.field());
        }
        Ok(())
    }

    /// A field name; a backslash takes the meaning from the next character.
    fn field(&mut self) -> Step {
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                c if ends_a_word(c) => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        match self.take(end) {
            "*" => Step::Wildcard,
            name => Step::Field(name.replace('\\', "")),
        }
    }

    fn identifier(&mut self) -> Step {
        let word = self.take(self.rest.find(ends_a_word).unwrap_or(self.rest.len()));
        match word {
            "true" => Step::Constant(true.into()),
            "false" => Step::Constant(false.into()),
            "range" => Step::Range,
            "end" => Step::End,
            _ => Step::Unknown(word.to_owned()),
        }
    }

    fn number(&mut self) -> Result<Step, String> {
        let sign = usize::from(self.rest.starts_with(['+', '-']));
        let digits = self.rest[sign..].find(|c: char| !c.is_ascii_digit() && c != '.');
        let text = self.take(digits.map_or(self.rest.len(), |end| end + sign));
        let number = text.parse::<i64>().ok().map(Value::from);
        let number = number.or_else(|| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from));
        number.map(Step::Constant).ok_or_else(|| format!("cannot parse number {text}"))
    }

    fn quote(&mut self, quote: char) -> Result<String, String> {
        let (mut text, mut chars) = (String::new(), self.rest[1..].char_indices());
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = &self.rest[at + 2..];
                    return Ok(text);
                }
                '\n' => break,
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    other => text.extend(other),
                },
                c => text.push(c),
            }
        }
        Err("unterminated quoted string".to_owned())
    }

    /// `[…]` up to the first closing bracket, whatever stands in it.
    fn brackets(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        let end = self.rest.find([']', '\n']).filter(|at| self.rest[*at..].starts_with(']'));
        let inner = &self.take(end.ok_or("unterminated array")?)[1..];
        self.rest = &self.rest[1..];
        if inner.contains(',') {
            let each = inner.split(',').map(|part| self.nested(&format!("[{}]", part.trim_matches(' '))));
            steps.push(Step::Union(each.collect::<Result<_, _>>()?));
        } else if let Some(key) = quoted_key(inner) {
            steps.extend(self.nested(&format!(".{key}"))?);
        } else {
            steps.push(Step::Slice(slice(if inner == "*" { ":" } else { inner })?));
        }
        Ok(())
    }

    /// The steps of a text that is not in braces itself.
    fn nested(&self, text: &str) -> Result<Vec<Step>, String> {
        if self.depth >= DEEPEST {
            return Err("brackets are nested too deeply".to_owned());
        }
        let braced = format!("{text}}}");
        Reader { rest: &braced, depth: self.depth + 1 }.action()
    }

    fn filter(&mut self) -> Result<Step, String> {
        let end = filter_end(self.rest).ok_or("unterminated filter")?;
        let text = self.take(end);
        self.rest = self.rest[1..].strip_prefix(']').ok_or("unclosed array expect ]")?;
        let sign = |c: char| "!<>=".contains(c);
        let parts = text.find(sign).filter(|at| *at > 0).and_then(|at| {
            let after = &text[at..];
            let length = after.find(|c: char| !sign(c)).unwrap_or(after.len());
            Some((&text[..at], &after[..length], &after[length..])).filter(|(_, _, right)| !right.is_empty())
        });
        let filter = match parts {
            None => Filter { left: self.nested(text)?, operator: None, right: Vec::new() },
            Some((left, operator, right)) => Filter {
                left: self.nested(left)?,
                operator: Some(operator.to_owned()),
                right: self.nested(right)?,
            },
        };
        Ok(Step::Filter(Box::new(filter)))
    }
}

/// Where the bracket of a filter closes: after its one quoted text, if there is any.
fn filter_end(text: &str) -> Option<usize> {
    let (mut pair, mut before) = (None, ' ');
    let mut closed = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return None,
            '"' | '\'' if pair.is_none() => pair = Some(c),
            '"' | '\'' if before != '\\' && pair == Some(c) => closed = true,
            ')' if pair.is_some() == closed => return Some(at),
            _ => {}
        }
        before = c;
    }
    None
}

fn quoted_key(inner: &str) -> Option<&str> {
    inner.strip_prefix('\'')?.strip_suffix('\'').filter(|key| !key.contains('\''))
}

fn slice(inner: &str) -> Result<Slice, String> {
    let invalid = || format!("invalid array index {inner}");
    let number = |part: &str| match part {
        "" => Ok(None),
        part => {
            let digits = part.strip_prefix('-').unwrap_or(part);
            let plain = digits.bytes().all(|b| b.is_ascii_digit());
            part.parse()
                .map(Some)
                .map_err(|_| if plain { format!("array index {part} is not a number") } else { invalid() })
        }
    };
    let parts: Vec<&str> = inner.split(':').collect();
    if parts.len() > 3 {
        return Err(invalid());
    }
    let part = |i: usize| parts.get(i).map_or(Ok(None), |part| number(part));
    let to = match part(1)? {
        Some(before) => To::Before(before),
        None if parts.len() == 1 => To::One,
        None => To::Last,
    };
    Ok(Slice { from: part(0)?, to, every: part(2)? })
}
