//! Reading a template into nodes (`text/template/parse/parse.go`).

use super::lex::{Kind, Spot, Token, tokens};
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// Out of the loop, or on to its next element.
    Break,
    Continue,
    /// Another template, with its dot.
    Call(Spot, String, Option<Pipeline>),
}

/// Commands whose results flow into one another, perhaps into variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pipeline {
    pub variables: Vec<String>,
    /// Whether the variables were there before: `=` instead of `:=`.
    pub assigns: bool,
    pub commands: Vec<Command>,
}

/// One command: a value, or a function and what it is called with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Command {
    pub terms: Vec<Term>,
}

/// One operand, with its place for messages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub kind: Operand,
    pub spot: Spot,
    /// As Go writes it in messages.
    pub text: String,
}

/// What an operand is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// The value at hand, and fields of it.
    Dot(Vec<String>),
    /// A variable, and fields of it.
    Variable(String, Vec<String>),
    Function(String),
    Constant(Value),
    Nil,
    /// A pipeline in brackets, and fields of it.
    Group(Pipeline, Vec<String>),
}

impl Command {
    pub(super) fn text(&self) -> String {
        self.terms.iter().map(|term| term.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Pipeline {
    pub(super) fn text(&self) -> String {
        let commands: Vec<String> = self.commands.iter().map(Command::text).collect();
        let names: Vec<String> = self.variables.iter().map(|name| format!("${name}")).collect();
        let sign = if self.assigns { "=" } else { ":=" };
        let set = if names.is_empty() { String::new() } else { format!("{} {sign} ", names.join(", ")) };
        format!("{set}{}", commands.join(" | "))
    }
}

/// The functions templates may call: Go's own, and `exists` and `base64decode` of kubectl.
const FUNCTIONS: &[&str] = &[
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

/// A whole template: its nodes, and the templates it defines.
pub(super) type Parsed = (Vec<Node>, BTreeMap<String, Vec<Node>>);

pub(super) fn template(text: &str) -> Result<Parsed, String> {
    let mut parser =
        Parser { tokens: tokens(text)?, at: 0, variables: vec![String::new()], defined: BTreeMap::new() };
    match parser.block(0, Loop::Outside)? {
        (nodes, None) => Ok((nodes, parser.defined)),
        (_, Some(end)) => parser.error(format!("unexpected {{{{{}}}}}", end.word())),
    }
}

/// What ended a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    End,
    Else,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            End::End => "end",
            End::Else => "else",
        }
    }
}

/// Whether `break` means something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loop {
    Inside,
    Outside,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    variables: Vec<String>,
    defined: BTreeMap<String, Vec<Node>>,
}

impl Parser {
    fn error<T>(&self, why: impl std::fmt::Display) -> Result<T, String> {
        let last = self.at.saturating_sub(1);
        Err(format!("{}: {why}", self.tokens.get(last).map_or(1, |token| token.spot.line)))
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|t| t.kind == Kind::Sign && t.text == sign);
        self.at += usize::from(found);
        found
    }

    fn unexpected<T>(&self, token: Option<&Token>, place: &str) -> Result<T, String> {
        match token.filter(|token| token.kind != Kind::End) {
            None => self.error(format!("unexpected EOF in {place}")),
            Some(token) if KEYWORDS.contains(&token.text.as_str()) => {
                self.error(format!("unexpected <{}> in {place}", token.text))
            }
            Some(token) => self.error(format!("unexpected {:?} in {place}", token.text)),
        }
    }

    /// Nodes up to an `end` or `else`, or to the end of the template.
    fn block(&mut self, depth: usize, inside: Loop) -> Result<(Vec<Node>, Option<End>), String> {
        let mut nodes = Vec::new();
        if depth > DEEPEST {
            return self.error("blocks are nested too deeply");
        }
        while let Some(token) = self.peek().cloned() {
            let word = if token.kind == Kind::Word { token.text.as_str() } else { "" };
            match (token.kind.clone(), word) {
                (Kind::Text, _) => nodes.push(Node::Text(token.text)),
                (Kind::End, _) if depth == 0 => return Ok((nodes, None)),
                (Kind::End, _) => {
                    self.at += 1;
                    return self.error("unexpected EOF");
                }
                (_, "end") => {
                    self.at += 1;
                    self.close("end")?;
                    return Ok((nodes, Some(End::End)));
                }
                (_, "else") => {
                    self.at += 1;
                    return Ok((nodes, Some(End::Else)));
                }
                (_, "define") => {
                    self.at += 1;
                    self.define(depth)?;
                    continue;
                }
                (_, word) if KEYWORDS.contains(&word) => {
                    self.at += 1;
                    nodes.push(self.keyword(word, depth, inside)?);
                    continue;
                }
                _ => {
                    nodes.push(Node::Action(self.pipeline("command")?));
                    continue;
                }
            }
            self.at += 1;
        }
        self.error("unexpected EOF")
    }

    fn close(&mut self, place: &str) -> Result<(), String> {
        match self.next() {
            Some(token) if token.kind == Kind::Close => Ok(()),
            other => self.unexpected(other.as_ref(), place),
        }
    }

    fn keyword(&mut self, word: &str, depth: usize, inside: Loop) -> Result<Node, String> {
        match word {
            "break" | "continue" => {
                if inside == Loop::Outside {
                    return self.error(format!("{{{{{word}}}}} outside {{{{range}}}}"));
                }
                self.close(&format!("{{{{{word}}}}}"))?;
                Ok(if word == "break" { Node::Break } else { Node::Continue })
            }
            "template" | "block" => {
                let (spot, name) = self.name(&format!("{word} clause"))?;
                let closed = word == "template" && self.peek().is_some_and(|t| t.kind == Kind::Close);
                let dot = if closed { None } else { Some(self.pipeline(&format!("{word} clause"))?) };
                if closed {
                    self.at += 1;
                }
                if word == "block" {
                    self.body(&name, depth)?;
                }
                Ok(Node::Call(spot, name, dot))
            }
            _ => self.branches(word, depth, inside),
        }
    }

    /// The quoted name of a template.
    fn name(&mut self, place: &str) -> Result<(Spot, String), String> {
        match self.next() {
            Some(Token { kind: Kind::Constant(Value::String(name)), spot, .. }) => Ok((spot, name)),
            other => self.unexpected(other.as_ref(), place),
        }
    }

    fn define(&mut self, depth: usize) -> Result<(), String> {
        if depth > 0 {
            return self.error("unexpected {{define}}");
        }
        let (_, name) = self.name("define clause")?;
        self.close("define clause")?;
        self.body(&name, depth)
    }

    fn body(&mut self, name: &str, depth: usize) -> Result<(), String> {
        let outer = std::mem::replace(&mut self.variables, vec![String::new()]);
        let (nodes, end) = self.block(depth + 1, Loop::Outside)?;
        if end == Some(End::Else) {
            return self.error("unexpected {{else}} in define clause");
        }
        self.variables = outer;
        self.defined.insert(name.to_owned(), nodes);
        Ok(())
    }

    fn branches(&mut self, word: &str, depth: usize, inside: Loop) -> Result<Node, String> {
        let scope = self.variables.len();
        let condition = self.pipeline(word)?;
        let within = if word == "range" { Loop::Inside } else { inside };
        let (body, end) = self.block(depth + 1, within)?;
        let mut otherwise = Vec::new();
        if end == Some(End::Else) {
            let chained =
                self.peek().filter(|t| ["if", "with"].contains(&t.text.as_str()) && word != "range");
            if let Some(inner) = chained.map(|token| token.text.clone()) {
                // `else if` holds a whole `if`, and shares its end.
                self.at += 1;
                otherwise.push(self.branches(&inner, depth + 1, inside)?);
            } else {
                self.close("else")?;
                let (nodes, end) = self.block(depth + 1, inside)?;
                if end == Some(End::Else) {
                    return self.error("expected end; found {{else}}");
                }
                otherwise = nodes;
            }
        }
        self.variables.truncate(scope);
        Ok(match word {
            "if" => Node::If(condition, body, otherwise),
            "with" => Node::With(condition, body, otherwise),
            _ => Node::Range(condition, body, otherwise),
        })
    }

    /// A pipeline up to the end of its action, or to the bracket that closes it; both are taken.
    fn pipeline(&mut self, place: &str) -> Result<Pipeline, String> {
        let mut found = Pipeline::default();
        self.declarations(place, &mut found)?;
        loop {
            let bracket = place == PARENTHESIZED && self.takes(")");
            if bracket || (place != PARENTHESIZED && self.peek().is_some_and(|t| t.kind == Kind::Close)) {
                self.at += usize::from(!bracket);
                if found.commands.is_empty() {
                    return self.error(format!("missing value for {place}"));
                }
                return self.check(found);
            }
            match self.peek() {
                Some(token) if starts_operand(token) => {
                    let command = self.command()?;
                    found.commands.push(command);
                }
                _ => {
                    let token = self.next();
                    return self.unexpected(token.as_ref(), place);
                }
            }
        }
    }

    /// Only the first command may be a mere value.
    fn check(&self, pipeline: Pipeline) -> Result<Pipeline, String> {
        let mere = |command: &Command| match command.terms.first().map(|term| &term.kind) {
            Some(Operand::Dot(fields)) => fields.is_empty(),
            Some(Operand::Constant(_) | Operand::Nil) => true,
            _ => false,
        };
        match pipeline.commands.iter().skip(1).position(mere) {
            Some(stage) => self.error(format!("non executable command in pipeline stage {}", stage + 2)),
            None => Ok(pipeline),
        }
    }

    fn declarations(&mut self, place: &str, found: &mut Pipeline) -> Result<(), String> {
        let start = self.at;
        let mut names = Vec::new();
        while let Some(Token { kind: Kind::Variable(name), .. }) = self.peek().cloned() {
            self.at += 1;
            names.push(name);
            if self.takes(",") {
                if place != "range" || names.len() > 1 {
                    return self.error(format!("too many declarations in {place}"));
                }
                continue;
            }
            found.assigns = self.takes("=");
            if found.assigns || self.takes(":=") {
                self.variables.extend(names.iter().cloned());
                found.variables = names;
                return Ok(());
            }
            break;
        }
        if names.len() > 1 {
            return self.error("range can only initialize variables");
        }
        self.at = start;
        Ok(())
    }

    fn command(&mut self) -> Result<Command, String> {
        let mut command = Command::default();
        loop {
            match self.peek().cloned() {
                Some(token) if starts_operand(&token) => {
                    if !command.terms.is_empty() && !token.spaced {
                        let token = self.next();
                        return self.unexpected(token.as_ref(), "operand");
                    }
                    command.terms.push(self.operand()?);
                }
                Some(token) if token.kind == Kind::Close || token.text == ")" => return Ok(command),
                _ if self.takes("|") => return Ok(command),
                _ => {
                    let token = self.next();
                    return self.unexpected(token.as_ref(), "operand");
                }
            }
        }
    }

    fn operand(&mut self) -> Result<Term, String> {
        let Some(token) = self.next() else { return self.error("unexpected EOF") };
        let (mut text, mut spot) = (token.text.clone(), token.spot);
        let mut fields = Vec::new();
        if let Kind::Field(name) = &token.kind {
            fields.push(name.clone());
        }
        let group = if token.text == "(" && token.kind == Kind::Sign {
            let inner = self.pipeline(PARENTHESIZED)?;
            text = format!("({})", inner.text());
            Some(inner)
        } else {
            None
        };
        let mut first = None;
        while let Some(Token { kind: Kind::Field(name), spaced: false, spot, text: more }) =
            self.peek().cloned()
        {
            self.at += 1;
            first.get_or_insert(spot);
            fields.push(name);
            text.push_str(&more);
        }
        let takes_fields = !matches!(token.kind, Kind::Constant(_) | Kind::Nil | Kind::Word);
        if let Some(first) = first {
            if !takes_fields && token.kind != Kind::Word {
                return self.error(format!("unexpected . after term {:?}", token.text));
            }
            spot = first;
        }
        let kind = match (token.kind, group) {
            (_, Some(inner)) => Operand::Group(inner, fields),
            (Kind::Field(_) | Kind::Dot, _) => Operand::Dot(fields),
            (Kind::Variable(name), _) if self.variables.contains(&name) => Operand::Variable(name, fields),
            (Kind::Variable(name), _) => return self.error(format!("undefined variable \"${name}\"")),
            (Kind::Constant(value), _) => Operand::Constant(value),
            (Kind::Nil, _) => Operand::Nil,
            _ if FUNCTIONS.contains(&token.text.as_str()) => Operand::Function(token.text),
            _ => return self.error(format!("function {:?} not defined", token.text)),
        };
        Ok(Term { kind, spot, text })
    }
}

const KEYWORDS: &[&str] =
    &["if", "with", "range", "end", "else", "define", "template", "block", "break", "continue"];

const PARENTHESIZED: &str = "parenthesized pipeline";

fn starts_operand(token: &Token) -> bool {
    match token.kind {
        Kind::Text | Kind::Close | Kind::End => false,
        Kind::Sign => token.text == "(",
        Kind::Word => !KEYWORDS.contains(&token.text.as_str()),
        _ => true,
    }
}
