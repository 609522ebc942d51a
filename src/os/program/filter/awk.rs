//! `awk`: patterns and actions, fields, arrays, the common functions. Not modelled, and said so: functions of one's own, `getline`,
//! output to files and commands.

mod parse;

use std::collections::BTreeMap;

use regex_lite::Regex;

use super::super::{Call, Options, Output, Program, text};
use super::{Filter, Kind, More};

/// Steps one line of input may take.
const STEPS_MAX: u32 = 200_000;
/// Bytes of a text, and entries of all arrays, at most.
const SIZE_MAX: usize = 1 << 20;

#[derive(Clone, Debug)]
enum Expr {
    Number(f64),
    Text(String),
    Regex(Regex),
    Var(String),
    Field(Box<Expr>),
    Item(String, Box<Expr>),
    Group(Box<Expr>),
    Assign(Box<Expr>, Box<Expr>),
    Step {
        target: Box<Expr>,
        by: f64,
        before: bool,
    },
    Not(Box<Expr>),
    /// An operator by its sign; the empty one joins texts.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    In(Box<Expr>, String),
    Choice(Box<[Expr; 3]>),
    Call(Function, Vec<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Length,
    Substr,
    Index,
    Upper,
    Lower,
    Int,
    Split,
    Sub,
    Gsub,
}

impl Function {
    fn find(name: &str) -> Option<Function> {
        Some(match name {
            "length" => Function::Length,
            "substr" => Function::Substr,
            "index" => Function::Index,
            "toupper" => Function::Upper,
            "tolower" => Function::Lower,
            "int" => Function::Int,
            "split" => Function::Split,
            "sub" => Function::Sub,
            "gsub" => Function::Gsub,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
enum Stmt {
    Print(Vec<Expr>),
    Printf(Vec<Expr>),
    Do(Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    While(Expr, Vec<Stmt>),
    Each(String, String, Vec<Stmt>),
    Block(Vec<Stmt>),
    Next,
    Exit(Option<Expr>),
}

#[derive(Clone, Debug)]
enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: Pattern,
    action: Vec<Stmt>,
}

/// A value; text from input that looks like a number compares as one.
#[derive(Clone, Debug)]
enum Value {
    Number(f64),
    Text(String),
    Input(String),
}

/// Why the rest of an action is not run.
enum Stop {
    Next,
    Exit(i32),
    Wrong(String),
}

/// A running program.
#[derive(Clone, Debug)]
pub(in crate::os) struct Awk {
    rules: std::sync::Arc<Vec<Rule>>,
    variables: BTreeMap<String, Value>,
    arrays: BTreeMap<String, BTreeMap<String, Value>>,
    line: String,
    fields: Vec<String>,
    steps: u32,
}

pub(in super::super) fn awk(call: &mut Call<'_, '_>) -> Program {
    let options = match Options::parse(&call.args(), "+F:v:", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let Some((source, files)) = options.rest.split_first() else {
        call.error("Usage: awk [-F SEP] [-v VAR=VAL]... 'PROGRAM' [FILE]...");
        return call.done(1);
    };
    let rules = match parse::parse(source) {
        Ok(rules) => rules,
        Err(message) => return call.fail(&format!("cmd. line:1: {message}")),
    };
    let reads = rules.iter().any(|rule| !matches!(rule.pattern, Pattern::Begin));
    let mut awk = Awk {
        rules: std::sync::Arc::new(rules),
        variables: BTreeMap::new(),
        arrays: BTreeMap::new(),
        line: String::new(),
        fields: Vec::new(),
        steps: 0,
    };
    awk.set("FS", Value::Text(options.value('F').unwrap_or(" ").replace("\\t", "\t")));
    awk.set("OFS", Value::Text(" ".to_owned()));
    awk.set("ORS", Value::Text("\n".to_owned()));
    for (name, value) in options.values('v').filter_map(|word| word.split_once('=')) {
        awk.set(name, Value::Input(value.to_owned()));
    }
    let begun = awk.run(|pattern| matches!(pattern, Pattern::Begin), &mut call.out);
    if let (More::Done(code), _) | (More::Yes, Some(code)) = (begun, (!reads).then_some(0)) {
        return call.done(code);
    }
    Filter::start(call, files.to_vec(), Kind::Awk(Box::new(awk)))
}

impl Awk {
    /// Takes a line of input.
    pub fn line(&mut self, line: &[u8], out: &mut Output) -> More {
        self.line = String::from_utf8_lossy(line).into_owned();
        self.fields = split(&self.line, &self.text("FS"));
        let count = self.get("NR").number() + 1.0;
        self.set("NR", Value::Number(count));
        self.run(|pattern| matches!(pattern, Pattern::Always | Pattern::When(_)), out)
    }

    /// The end of input; the exit code.
    pub fn end(&mut self, out: &mut Output) -> i32 {
        match self.run(|pattern| matches!(pattern, Pattern::End), out) {
            More::Done(code) => code,
            More::Yes => 0,
        }
    }

    fn run(&mut self, chosen: impl Fn(&Pattern) -> bool, out: &mut Output) -> More {
        self.steps = 0;
        let rules = std::sync::Arc::clone(&self.rules);
        for rule in rules.iter().filter(|rule| chosen(&rule.pattern)) {
            let result = match &rule.pattern {
                Pattern::When(condition) => self
                    .value(condition)
                    .and_then(|value| if value.truth() { self.block(&rule.action, out) } else { Ok(()) }),
                _ => self.block(&rule.action, out),
            };
            match result {
                Ok(()) => {}
                Err(Stop::Next) => return More::Yes,
                Err(Stop::Exit(code)) => return More::Done(code),
                Err(Stop::Wrong(message)) => {
                    out.text(2, &format!("awk: cmd. line:1: {message}\n"));
                    return More::Done(2);
                }
            }
        }
        More::Yes
    }

    fn block(&mut self, statements: &[Stmt], out: &mut Output) -> Result<(), Stop> {
        statements.iter().try_for_each(|statement| self.statement(statement, out))
    }

    fn tick(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(Stop::Wrong("podlab: runs too long".to_owned())) } else { Ok(()) }
    }

    fn statement(&mut self, statement: &Stmt, out: &mut Output) -> Result<(), Stop> {
        self.tick()?;
        match statement {
            Stmt::Print(list) => {
                let mut words = Vec::new();
                for expr in list {
                    words.push(self.value(expr)?.text());
                }
                let line = if list.is_empty() { self.line.clone() } else { words.join(&self.text("OFS")) };
                out.text(1, &line);
                out.text(1, &self.text("ORS"));
            }
            Stmt::Printf(list) => {
                let mut values = Vec::new();
                for expr in list {
                    values.push(self.value(expr)?);
                }
                out.push(1, &formatted(&values));
            }
            Stmt::Do(expr) => drop(self.value(expr)?),
            Stmt::If(condition, yes, no) => {
                let chosen = if self.value(condition)?.truth() { yes } else { no };
                self.block(chosen, out)?;
            }
            Stmt::While(condition, body) => {
                while self.value(condition)?.truth() {
                    self.tick()?;
                    self.block(body, out)?;
                }
            }
            Stmt::Each(name, array, body) => {
                let keys: Vec<String> =
                    self.arrays.get(array).into_iter().flatten().map(|(key, _)| key.clone()).collect();
                for key in keys {
                    self.set(name, Value::Input(key));
                    self.block(body, out)?;
                }
            }
            Stmt::Block(body) => self.block(body, out)?,
            Stmt::Next => return Err(Stop::Next),
            Stmt::Exit(code) => {
                let code = code
                    .as_ref()
                    .map_or(Ok(0), |code| self.value(code).map(|value| value.number() as i32))?;
                return Err(Stop::Exit(code & 0xff));
            }
        }
        Ok(())
    }

    fn value(&mut self, expr: &Expr) -> Result<Value, Stop> {
        self.tick()?;
        Ok(match expr {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Regex(regex) => truth(regex.is_match(&self.line)),
            Expr::Var(name) => self.get(name),
            Expr::Field(index) => {
                let index = self.value(index)?.number();
                Value::Input(self.field(index as usize))
            }
            Expr::Item(name, key) => {
                let key = self.value(key)?.text();
                let found = self.arrays.get(name).and_then(|array| array.get(&key));
                found.cloned().unwrap_or_else(|| Value::Input(String::new()))
            }
            Expr::Group(inner) => self.value(inner)?,
            Expr::Assign(target, value) => {
                let value = self.value(value)?;
                self.assign(target, value.clone())?;
                value
            }
            Expr::Step { target, by, before } => {
                let old = self.value(target)?.number();
                self.assign(target, Value::Number(old + by))?;
                Value::Number(if *before { old + by } else { old })
            }
            Expr::Not(inner) => truth(!self.value(inner)?.truth()),
            Expr::Binary(operator, left, right) => self.binary(operator, left, right)?,
            Expr::In(key, array) => {
                let key = self.value(key)?.text();
                truth(self.arrays.get(array).is_some_and(|array| array.contains_key(&key)))
            }
            Expr::Choice(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let chosen = if self.value(condition)?.truth() { yes } else { no };
                self.value(chosen)?
            }
            Expr::Call(function, arguments) => self.call(*function, arguments)?,
        })
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) -> Result<Value, Stop> {
        if matches!(operator, "~" | "!~") {
            let subject = self.value(left)?.text();
            let found = self.regex(right)?.is_match(&subject);
            return Ok(truth(found == (operator == "~")));
        }
        let left = self.value(left)?;
        if matches!(operator, "&&" | "||") && left.truth() == (operator == "||") {
            return Ok(truth(operator == "||"));
        }
        let right = self.value(right)?;
        let (one, two) = (left.number(), right.number());
        Ok(match operator {
            "&&" | "||" => truth(right.truth()),
            "+" => Value::Number(one + two),
            "-" => Value::Number(one - two),
            "*" => Value::Number(one * two),
            "/" | "%" if two == 0.0 => return Err(Stop::Wrong("Division by zero".to_owned())),
            "/" => Value::Number(one / two),
            "%" => Value::Number(one % two),
            "" => bounded(left.text() + &right.text())?,
            _ => {
                let order = left.compare(&right);
                truth(match operator {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    ">=" => order.is_ge(),
                    "==" => order.is_eq(),
                    _ => order.is_ne(),
                })
            }
        })
    }

    fn regex(&mut self, expr: &Expr) -> Result<Regex, Stop> {
        match expr {
            Expr::Regex(regex) => Ok(regex.clone()),
            other => parse::compile(&self.value(other)?.text()).map_err(Stop::Wrong),
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expr]) -> Result<Value, Stop> {
        let wrong = || Stop::Wrong("too few arguments".to_owned());
        if let (Function::Sub | Function::Gsub, [pattern, with, target @ ..]) = (function, arguments) {
            let whole = Expr::Field(Box::new(Expr::Number(0.0)));
            let target = target.first().unwrap_or(&whole);
            let (regex, with) =
                (self.regex(pattern)?, self.value(with)?.text().replace('$', "$$").replace('&', "${0}"));
            let old = self.value(target)?.text();
            let most = if function == Function::Sub { 1 } else { usize::MAX };
            let count = regex.find_iter(&old).take(most).count();
            let limit = usize::from(function == Function::Sub);
            let fresh = regex.replacen(&old, limit, with.as_str()).into_owned();
            self.assign(target, bounded(fresh)?)?;
            return Ok(Value::Number(count as f64));
        }
        let subject = match arguments.first() {
            Some(Expr::Var(name)) if function == Function::Length && self.arrays.contains_key(name) => {
                return Ok(Value::Number(self.arrays[name].len() as f64));
            }
            Some(first) => self.value(first)?,
            None if function == Function::Length => Value::Text(self.line.clone()),
            None => return Err(wrong()),
        };
        Ok(match (function, &arguments[arguments.len().min(1)..]) {
            (Function::Length, _) => Value::Number(subject.text().chars().count() as f64),
            (Function::Upper, _) => Value::Text(subject.text().to_uppercase()),
            (Function::Lower, _) => Value::Text(subject.text().to_lowercase()),
            (Function::Int, _) => Value::Number(subject.number().trunc()),
            (Function::Index, [needle, ..]) => {
                let (text, needle) = (subject.text(), self.value(needle)?.text());
                let found = text.find(&needle).map_or(0, |at| text[..at].chars().count() + 1);
                Value::Number(found as f64)
            }
            (Function::Substr, [from, rest @ ..]) => {
                let from = self.value(from)?.number().round();
                let length =
                    rest.first().map_or(Ok(1e9), |length| self.value(length).map(|value| value.number()))?;
                let (first, last) = (from.max(1.0), from + length.round());
                let count = (last - first).max(0.0) as usize;
                Value::Text(subject.text().chars().skip(first as usize - 1).take(count).collect())
            }
            (Function::Split, [Expr::Var(array), rest @ ..]) => {
                let separator = match rest.first() {
                    Some(separator) => self.value(separator)?.text(),
                    None => self.text("FS"),
                };
                let parts = split(&subject.text(), &separator);
                let count = parts.len();
                let parts = (1..).map(|at: usize| at.to_string()).zip(parts.into_iter().map(Value::Input));
                self.arrays.insert(array.clone(), parts.collect());
                Value::Number(count as f64)
            }
            _ => return Err(wrong()),
        })
    }

    fn field(&self, index: usize) -> String {
        if index == 0 { self.line.clone() } else { self.fields.get(index - 1).cloned().unwrap_or_default() }
    }

    fn assign(&mut self, target: &Expr, value: Value) -> Result<(), Stop> {
        match target {
            Expr::Var(name) => self.set(name, value),
            Expr::Item(name, key) => {
                let key = self.value(key)?.text();
                if self.arrays.values().map(BTreeMap::len).sum::<usize>() > SIZE_MAX / 16 {
                    return Err(Stop::Wrong("out of memory".to_owned()));
                }
                self.arrays.entry(name.clone()).or_default().insert(key, value);
            }
            Expr::Field(index) => {
                let index = self.value(index)?.number() as usize;
                if index == 0 {
                    self.line = value.text();
                    self.fields = split(&self.line, &self.text("FS"));
                } else if index <= 10_000 {
                    self.fields.resize(self.fields.len().max(index), String::new());
                    self.fields[index - 1] = value.text();
                    self.line = self.fields.join(&self.text("OFS"));
                }
            }
            _ => return Err(Stop::Wrong("assignment to what is no variable".to_owned())),
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Value {
        if name == "NF" {
            return Value::Number(self.fields.len() as f64);
        }
        self.variables.get(name).cloned().unwrap_or_else(|| Value::Input(String::new()))
    }

    fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    fn text(&self, name: &str) -> String {
        self.get(name).text()
    }
}

impl Value {
    fn number(&self) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Text(text) | Value::Input(text) => super::lines::leading_number(text),
        }
    }

    fn text(&self) -> String {
        match self {
            Value::Number(number) => number_text(*number),
            Value::Text(text) | Value::Input(text) => text.clone(),
        }
    }

    /// The number this compares as, if it does.
    fn numeric(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Input(text) if text.is_empty() => Some(0.0),
            Value::Input(text) => text.trim().parse().ok(),
            Value::Text(_) => None,
        }
    }

    fn truth(&self) -> bool {
        match (self, self.numeric()) {
            (Value::Input(text), _) if text.is_empty() => false,
            (_, Some(number)) => number != 0.0,
            (_, None) => !self.text().is_empty(),
        }
    }

    fn compare(&self, other: &Value) -> std::cmp::Ordering {
        match (self.numeric(), other.numeric()) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            _ => self.text().cmp(&other.text()),
        }
    }
}

fn truth(yes: bool) -> Value {
    Value::Number(f64::from(u8::from(yes)))
}

fn bounded(text: String) -> Result<Value, Stop> {
    if text.len() > SIZE_MAX { Err(Stop::Wrong("out of memory".to_owned())) } else { Ok(Value::Text(text)) }
}

/// A number as `%.6g`, whole ones in full.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if !number.is_finite() {
        return format!("{number}").to_lowercase();
    }
    let exponent = number.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        let scaled = format!("{:.5}", number / 10f64.powi(exponent));
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(&scaled), exponent.abs());
    }
    trimmed(&format!("{number:.*}", (5 - exponent).max(0) as usize)).to_owned()
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// The fields of a line: by blanks, by one letter, or by an expression.
fn split(line: &str, separator: &str) -> Vec<String> {
    let mut letters = separator.chars();
    match (letters.next(), letters.next()) {
        _ if line.is_empty() => Vec::new(),
        (None, _) | (Some(' '), None) => line.split_whitespace().map(str::to_owned).collect(),
        (Some(letter), None) => line.split(letter).map(str::to_owned).collect(),
        _ => match parse::compile(separator) {
            Ok(regex) => regex.split(line).map(str::to_owned).collect(),
            Err(_) => line.split(separator).map(str::to_owned).collect(),
        },
    }
}

/// `printf`: each value as its conversion wants it; what is left over is not printed.
fn formatted(values: &[Value]) -> Vec<u8> {
    let Some((format, values)) = values.split_first() else { return Vec::new() };
    let format = format.text();
    let mut words = vec![format.clone()];
    let mut values = values.iter();
    let plain = format.replace("%%", "");
    for part in plain.split('%').skip(1) {
        let conversion = part.chars().find(char::is_ascii_alphabetic);
        let stars =
            part.chars().take_while(|letter| !letter.is_ascii_alphabetic()).filter(|letter| *letter == '*');
        for _ in stars {
            words.extend(values.next().map(|value| number_text(value.number().trunc())));
        }
        let value = values.next().cloned().unwrap_or_else(|| Value::Input(String::new()));
        words.push(match conversion {
            Some('d' | 'i' | 'u' | 'x' | 'X' | 'o') => number_text(value.number().trunc()),
            Some('e' | 'f' | 'F' | 'g') => format!("{}", value.number()),
            _ => value.text(),
        });
    }
    text::printf(&words).0
}
