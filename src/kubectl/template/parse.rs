//! Reading a template into nodes.

use serde_json::Value;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Printed as it is.
    Text(String),
    /// Evaluated and printed, unless it sets a variable.
    Action(Pipeline),
    /// The branches of an `if`.
    If(Pipeline, Vec<Node>, Vec<Node>),
    /// The same with the value as the dot.
    With(Pipeline, Vec<Node>, Vec<Node>),
    /// Once for each element.
    Range(Pipeline, Vec<Node>, Vec<Node>),
}

/// Commands whose results flow into one another, perhaps into variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pipeline {
    pub variables: Vec<String>,
    pub commands: Vec<Vec<Term>>,
}

/// One operand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    /// The value at hand, and fields of it.
    Dot(Vec<String>),
    /// A variable, and fields of it.
    Variable(String, Vec<String>),
    /// A function.
    Function(String),
    /// A constant.
    Constant(Value),
    /// A pipeline in brackets, and fields of it.
    Group(Pipeline, Vec<String>),
}

pub(super) const FUNCTIONS: &[&str] = &[
    "and",
    "or",
    "not",
    "len",
    "index",
    "slice",
    "printf",
    "print",
    "println",
    "html",
    "js",
    "urlquery",
    "call",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "exists",
    "base64decode",
];

/// Blocks nested deeper than this are refused.
const DEEPEST: usize = 64;

pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let pieces = pieces(text)?;
    let mut reader = Reader { pieces: pieces.into_iter() };
    let (nodes, end) = reader.block(0)?;
    match end {
        None => Ok(nodes),
        Some(end) => Err(format!("1: unexpected {{{{{end}}}}}")),
    }
}

enum Piece {
    Text(String),
    Action(String, usize),
}

/// Cuts a template into text and actions, trimming blanks where `{{-` and `-}}` ask for it.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let (mut found, mut rest, mut line, mut trim) = (Vec::new(), text, 1, false);
    loop {
        let open = rest.find("{{");
        let mut plain = &rest[..open.unwrap_or(rest.len())];
        let plain_lines = plain.matches('\n').count();
        if trim {
            plain = plain.trim_start();
        }
        let Some(open) = open else {
            if !plain.is_empty() {
                found.push(Piece::Text(plain.to_owned()));
            }
            return Ok(found);
        };
        line += plain_lines;
        rest = &rest[open + 2..];
        if rest.starts_with("- ") {
            plain = plain.trim_end();
            rest = &rest[2..];
        }
        if !plain.is_empty() {
            found.push(Piece::Text(plain.to_owned()));
        }
        let close = action_end(rest).ok_or_else(|| format!("{line}: unclosed action"))?;
        let mut action = &rest[..close];
        rest = &rest[close + 2..];
        trim = action.ends_with(" -");
        if trim {
            action = &action[..action.len() - 2];
        }
        let comment = action.trim_start().starts_with("/*");
        if !comment {
            found.push(Piece::Action(action.trim().to_owned(), line));
        }
        line += action.matches('\n').count();
    }
}

fn action_end(text: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (i, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None if text[i..].starts_with("}}") => return Some(i),
            None => {}
        }
    }
    None
}

struct Reader {
    pieces: std::vec::IntoIter<Piece>,
}

impl Reader {
    /// Nodes up to an `end` or `else`, which is returned as it stands, or to the end of the template.
    fn block(&mut self, depth: usize) -> Result<(Vec<Node>, Option<String>), String> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (action, line) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action(action, line) => (action, line),
            };
            if depth > DEEPEST {
                return Err(format!("{line}: blocks are nested too deeply"));
            }
            let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((&action, ""));
            let node = match word {
                "end" | "else" => return Ok((nodes, Some(action))),
                "if" | "with" | "range" => self.branches(word, rest, (line, depth))?,
                "" => return Err(format!("{line}: missing value for command")),
                _ => Node::Action(pipeline(&action).map_err(|why| format!("{line}: {why}"))?),
            };
            nodes.push(node);
        }
        if depth == 0 { Ok((nodes, None)) } else { Err("1: unexpected EOF".to_owned()) }
    }

    fn branches(&mut self, word: &str, rest: &str, (line, depth): (usize, usize)) -> Result<Node, String> {
        let condition = pipeline(rest).map_err(|why| format!("{line}: {why}"))?;
        if condition.commands.is_empty() {
            return Err(format!("{line}: missing value for {word}"));
        }
        let (inside, end) = self.block(depth + 1)?;
        let mut otherwise = Vec::new();
        if let Some(end) = end.filter(|e| e.starts_with("else")) {
            let more = end["else".len()..].trim();
            match more.split_once(char::is_whitespace) {
                // `else if` holds a whole `if`, and shares its end.
                Some((inner @ ("if" | "with"), rest)) => {
                    otherwise.push(self.branches(inner, rest, (line, depth + 1))?);
                }
                _ => otherwise = self.block(depth + 1)?.0,
            }
        }
        Ok(match word {
            "if" => Node::If(condition, inside, otherwise),
            "with" => Node::With(condition, inside, otherwise),
            _ => Node::Range(condition, inside, otherwise),
        })
    }
}

fn pipeline(text: &str) -> Result<Pipeline, String> {
    let mut rest = text.trim();
    let mut found = Pipeline::default();
    if let Some((names, value)) = rest.split_once(":=").filter(|(names, _)| names.starts_with('$')) {
        found.variables = names.split(',').map(|n| n.trim().trim_start_matches('$').to_owned()).collect();
        rest = value;
    }
    found.commands = commands(&mut rest, 0)?;
    Ok(found)
}

/// Commands up to the end or the closing bracket, which is taken.
fn commands(rest: &mut &str, depth: usize) -> Result<Vec<Vec<Term>>, String> {
    let (mut all, mut current) = (Vec::new(), Vec::new());
    if depth > DEEPEST {
        return Err("brackets are nested too deeply".to_owned());
    }
    loop {
        *rest = rest.trim_start();
        let Some(c) = rest.chars().next() else {
            if depth > 0 {
                return Err("unclosed left paren".to_owned());
            }
            break;
        };
        match c {
            '|' => {
                if current.is_empty() {
                    return Err("missing value for command".to_owned());
                }
                all.push(std::mem::take(&mut current));
                *rest = &rest[1..];
            }
            ')' if depth > 0 => {
                *rest = &rest[1..];
                break;
            }
            '(' => {
                *rest = &rest[1..];
                let inner = Pipeline { variables: Vec::new(), commands: commands(rest, depth + 1)? };
                let fields = fields(rest);
                current.push(Term::Group(inner, fields));
            }
            _ => current.push(term(rest)?),
        }
    }
    if !current.is_empty() {
        all.push(current);
    }
    Ok(all)
}

/// `.a.b` that follows a term without a blank.
fn fields(rest: &mut &str) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(after) = rest.strip_prefix('.') {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        if end == 0 {
            break;
        }
        found.push(after[..end].to_owned());
        *rest = &after[end..];
    }
    found
}

fn term(rest: &mut &str) -> Result<Term, String> {
    let text = *rest;
    let c = text.chars().next().unwrap_or_default();
    if c == '.' {
        let found = fields(rest);
        if found.is_empty() {
            *rest = &text[1..];
        }
        return Ok(Term::Dot(found));
    }
    if c == '$' {
        let end = text[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(text.len(), |e| e + 1);
        let name = text[1..end].to_owned();
        *rest = &text[end..];
        return Ok(Term::Variable(name, fields(rest)));
    }
    if c == '"' || c == '`' {
        return constant(rest, c);
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && !"_-+.".contains(c)).unwrap_or(text.len());
    let word = &text[..end];
    if word.is_empty() {
        return Err(format!("unexpected {c:?} in operand"));
    }
    *rest = &text[end..];
    if let Ok(number) = word.parse::<i64>() {
        return Ok(Term::Constant(number.into()));
    }
    match word {
        "true" => Ok(Term::Constant(true.into())),
        "false" => Ok(Term::Constant(false.into())),
        "nil" => Ok(Term::Constant(Value::Null)),
        _ if FUNCTIONS.contains(&word) => Ok(Term::Function(word.to_owned())),
        _ => Err(format!("function {word:?} not defined")),
    }
}

fn constant(rest: &mut &str, quote: char) -> Result<Term, String> {
    let (mut text, mut chars) = (String::new(), rest[1..].char_indices());
    while let Some((i, c)) = chars.next() {
        match c {
            c if c == quote => {
                *rest = &rest[i + 2..];
                return Ok(Term::Constant(text.into()));
            }
            '\\' if quote == '"' => match chars.next().map(|(_, c)| c) {
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
