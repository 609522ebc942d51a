//! The functions `awk` has built in.

use super::tree::{Expr, Function};
use super::value::{Value, bounded, formatted, split};
use super::{Awk, Stop};

impl Awk {
    pub(super) fn call(&mut self, function: Function, arguments: &[Expr]) -> Result<Value, Stop> {
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
        if function == Function::Sprintf {
            let values: Result<Vec<Value>, Stop> =
                arguments.iter().map(|argument| self.value(argument)).collect();
            return bounded(String::from_utf8_lossy(&formatted(&values?)).into_owned());
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
}
