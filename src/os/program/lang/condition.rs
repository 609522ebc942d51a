//! Conditions of Python: comparisons and what joins them.

use super::python::expression;
use super::{Ctx, Expr, Script};
use std::cmp::Ordering;

/// Something that holds or not.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Two values in one of these orders.
    Compare(Expr, &'static [Ordering], Expr),
    /// A value that is not nothing.
    Truth(Expr),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// The operators, longer ones before those they begin with, and the orders in which each holds.
const OPERATORS: [(&str, &[Ordering]); 6] = [
    ("==", &[Ordering::Equal]),
    ("!=", &[Ordering::Less, Ordering::Greater]),
    ("<=", &[Ordering::Less, Ordering::Equal]),
    (">=", &[Ordering::Greater, Ordering::Equal]),
    ("<", &[Ordering::Less]),
    (">", &[Ordering::Greater]),
];

impl Condition {
    /// Reads a condition; `None` if it is beyond podlab.
    pub fn parse(text: &str) -> Option<Condition> {
        let text = text.trim();
        let any = joined(text, " or ");
        if any.len() > 1 {
            return any.into_iter().map(Condition::parse).collect::<Option<_>>().map(Condition::Any);
        }
        let all = joined(text, " and ");
        if all.len() > 1 {
            return all.into_iter().map(Condition::parse).collect::<Option<_>>().map(Condition::All);
        }
        if let Some(negated) = text.strip_prefix("not ") {
            return Some(Condition::Not(Box::new(Condition::parse(negated)?)));
        }
        let inside = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        if let Some(inner) = inside.filter(|inner| !inner.contains(['(', ')'])) {
            return Condition::parse(inner);
        }
        for (operator, orders) in OPERATORS {
            if let [left, right] = joined(text, operator).as_slice() {
                return Some(Condition::Compare(expression(left)?, orders, expression(right)?));
            }
        }
        match text {
            "True" => Some(Condition::All(Vec::new())),
            "False" => Some(Condition::Any(Vec::new())),
            _ => Some(Condition::Truth(expression(text)?)),
        }
    }

    /// Whether it holds now. Numbers compare as numbers, texts as texts; a number and a text are never equal.
    pub fn holds(&self, script: &Script, ctx: &Ctx<'_>) -> bool {
        match self {
            Condition::Compare(left, orders, right) => {
                match (script.evaluate(left, ctx), script.evaluate(right, ctx)) {
                    (Expr::Number(left), Expr::Number(right)) => orders.contains(&left.cmp(&right)),
                    (Expr::Text(left), Expr::Text(right)) => orders.contains(&left.cmp(&right)),
                    _ => orders.len() == 2 && !orders.contains(&Ordering::Equal),
                }
            }
            Condition::Truth(value) => match script.evaluate(value, ctx) {
                Expr::Number(number) => number != 0,
                // What is missing in the environment is None.
                Expr::Text(text) => !text.is_empty() && text != "None",
                _ => false,
            },
            Condition::Not(condition) => !condition.holds(script, ctx),
            Condition::All(all) => all.iter().all(|condition| condition.holds(script, ctx)),
            Condition::Any(any) => any.iter().any(|condition| condition.holds(script, ctx)),
        }
    }
}

/// The parts of a text between occurrences of `word` that stand outside of quotes and brackets.
fn joined<'s>(text: &'s str, word: &str) -> Vec<&'s str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_i32, None);
    for (at, letter) in text.char_indices().filter(|(_, letter)| letter.is_ascii()) {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            _ if at >= start && depth == 0 && text[at..].starts_with(word) => {
                parts.push(text[start..at].trim());
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_outside_of_quotes_and_brackets_only() {
        assert_eq!(joined("a == 'x or y' or f(b or c)", " or "), ["a == 'x or y'", "f(b or c)"]);
        assert_eq!(joined("os.environ.get(\"A\") == \"2\"", "=="), ["os.environ.get(\"A\")", "\"2\""]);
    }
}
