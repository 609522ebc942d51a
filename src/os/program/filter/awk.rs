//! `awk`: patterns and actions, fields, arrays, the common functions. Not modelled, and said so: functions of one's own, `getline`,
//! output to files and commands.

mod function;
mod parse;
mod token;
mod tree;
mod value;

use std::collections::BTreeMap;

use regex_lite::Regex;

use super::super::{Call, Options, Output, Program, text};
use super::{Filter, Kind, More};
use tree::{Expr, Pattern, Rule, Stmt};
use value::{Value, bounded, formatted, split, truth};

/// Steps one line of input may take.
const STEPS_MAX: u32 = 200_000;
/// Bytes of a text, and entries of all arrays, at most.
const SIZE_MAX: usize = 1 << 20;

/// Why the rest of an action is not run.
enum Stop {
    Break,
    Continue,
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
                Err(Stop::Next | Stop::Break | Stop::Continue) => return More::Yes,
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
            Stmt::Print(list) => self.print(list, out)?,
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
            Stmt::While(condition, body, step) => {
                while self.value(condition)?.truth() {
                    self.tick()?;
                    if !self.turn(body, out)? {
                        break;
                    }
                    if let Some(step) = step {
                        self.value(step)?;
                    }
                }
            }
            Stmt::Each(name, array, body) => {
                let keys: Vec<String> =
                    self.arrays.get(array).into_iter().flatten().map(|(key, _)| key.clone()).collect();
                for key in keys {
                    self.set(name, Value::Input(key));
                    if !self.turn(body, out)? {
                        break;
                    }
                }
            }
            Stmt::Block(body) => self.block(body, out)?,
            Stmt::Delete(array, None) => drop(self.arrays.remove(array)),
            Stmt::Delete(array, Some(key)) => {
                let key = self.value(key)?.text();
                self.arrays.get_mut(array).map(|array| array.remove(&key));
            }
            Stmt::Break => return Err(Stop::Break),
            Stmt::Continue => return Err(Stop::Continue),
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

    fn print(&mut self, list: &[Expr], out: &mut Output) -> Result<(), Stop> {
        let mut words = Vec::new();
        for expr in list {
            words.push(self.value(expr)?.text());
        }
        let line = if list.is_empty() { self.line.clone() } else { words.join(&self.text("OFS")) };
        out.text(1, &line);
        out.text(1, &self.text("ORS"));
        Ok(())
    }

    /// One turn of a loop. False if it was left.
    fn turn(&mut self, body: &[Stmt], out: &mut Output) -> Result<bool, Stop> {
        match self.block(body, out) {
            Err(Stop::Break) => Ok(false),
            Err(Stop::Continue) => Ok(true),
            other => other.map(|()| true),
        }
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
            other => token::compile(&self.value(other)?.text()).map_err(Stop::Wrong),
        }
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
