//! Running a template over a value.

use super::parse::{Node, Pipeline, Term};
use crate::kube::gotext::show as go;
use serde_json::Value;
use std::cmp::Ordering;

/// Variables in scope, innermost last; the unnamed one is the root.
type Variables = Vec<(String, Value)>;

/// A template prints no more than this: a loop in a loop in a loop is cut off.
const LONGEST: usize = 16 << 20;

pub(super) fn print(nodes: &[Node], root: &Value) -> Result<String, String> {
    let mut text = String::new();
    let mut variables = vec![(String::new(), root.clone())];
    run(nodes, root, &mut variables, &mut text)?;
    Ok(text)
}

fn run(nodes: &[Node], dot: &Value, variables: &mut Variables, text: &mut String) -> Result<(), String> {
    let scope = variables.len();
    for node in nodes {
        if text.len() > LONGEST {
            return Err("the output of the template is too long".to_owned());
        }
        match node {
            Node::Text(piece) => text.push_str(piece),
            Node::Action(pipeline) => {
                let value = evaluate(pipeline, dot, variables)?;
                match pipeline.variables.first() {
                    Some(name) => variables.push((name.clone(), value.unwrap_or_default())),
                    None => text.push_str(&value.map_or_else(|| "<no value>".to_owned(), |v| shown(&v))),
                }
            }
            Node::If(pipeline, inside, otherwise) => {
                let value = evaluate(pipeline, dot, variables)?;
                let branch = if is_true(value.as_ref()) { inside } else { otherwise };
                run(branch, dot, variables, text)?;
            }
            Node::With(pipeline, inside, otherwise) => match evaluate(pipeline, dot, variables)? {
                Some(value) if is_true(Some(&value)) => run(inside, &value, variables, text)?,
                _ => run(otherwise, dot, variables, text)?,
            },
            Node::Range(pipeline, inside, otherwise) => {
                let value = evaluate(pipeline, dot, variables)?;
                range((pipeline, value), (inside, otherwise), dot, (variables, text))?;
            }
        }
    }
    variables.truncate(scope);
    Ok(())
}

fn range(
    (pipeline, value): (&Pipeline, Option<Value>),
    (inside, otherwise): (&[Node], &[Node]),
    dot: &Value,
    (variables, text): (&mut Variables, &mut String),
) -> Result<(), String> {
    let items: Vec<(Value, Value)> = match value {
        Some(Value::Array(items)) => {
            items.into_iter().enumerate().map(|(i, item)| (i.into(), item)).collect()
        }
        Some(Value::Object(fields)) => fields.into_iter().map(|(k, v)| (k.into(), v)).collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(other) => return Err(format!("range can't iterate over {}", go(&other))),
    };
    if items.is_empty() {
        return run(otherwise, dot, variables, text);
    }
    for (key, item) in items {
        let scope = variables.len();
        match pipeline.variables.as_slice() {
            [value] => variables.push((value.clone(), item.clone())),
            [index, value, ..] => {
                variables.push((index.clone(), key));
                variables.push((value.clone(), item.clone()));
            }
            [] => {}
        }
        run(inside, &item, variables, text)?;
        variables.truncate(scope);
    }
    Ok(())
}

/// The value of a pipeline; `None` is Go's missing value.
fn evaluate(pipeline: &Pipeline, dot: &Value, variables: &Variables) -> Result<Option<Value>, String> {
    let mut result: Option<Option<Value>> = None;
    for command in &pipeline.commands {
        let Some(first) = command.first() else { continue };
        result = Some(match first {
            Term::Function(name) => {
                let mut arguments = Vec::new();
                for term in &command[1..] {
                    arguments.push(operand(term, dot, variables)?);
                }
                arguments.extend(result.take());
                call(name, &arguments)?
            }
            term => operand(term, dot, variables)?,
        });
    }
    Ok(result.flatten())
}

fn operand(term: &Term, dot: &Value, variables: &Variables) -> Result<Option<Value>, String> {
    match term {
        Term::Dot(fields) => select(Some(dot.clone()), fields),
        Term::Variable(name, fields) => {
            let found = variables.iter().rev().find(|(known, _)| known == name);
            let value = found.ok_or_else(|| format!("undefined variable \"${name}\""))?.1.clone();
            select(Some(value), fields)
        }
        Term::Constant(value) => Ok(Some(value.clone())),
        Term::Function(name) => call(name, &[]),
        Term::Group(pipeline, fields) => select(evaluate(pipeline, dot, variables)?, fields),
    }
}

fn select(mut value: Option<Value>, fields: &[String]) -> Result<Option<Value>, String> {
    for field in fields {
        value = match value {
            Some(Value::Object(mut map)) => map.remove(field),
            None | Some(Value::Null) => None,
            Some(other) => {
                return Err(format!("can't evaluate field {field} in type {}", type_of(&other)));
            }
        };
    }
    Ok(value)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "interface {}",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Number(n)) => n.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
    }
}

fn shown(value: &Value) -> String {
    if value.is_null() { "<no value>".to_owned() } else { go(value) }
}

fn call(name: &str, arguments: &[Option<Value>]) -> Result<Option<Value>, String> {
    let get = |i: usize| arguments.get(i).cloned().flatten();
    let wanted =
        |n: usize| format!("wrong number of args for {name}: want at least {n} got {}", arguments.len());
    let needed = match name {
        "not" | "len" | "html" | "js" | "urlquery" | "base64decode" | "printf" | "index" => 1,
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => 2,
        _ => 0,
    };
    if arguments.len() < needed {
        return Err(wanted(needed));
    }
    Ok(match name {
        "and" => arguments.iter().find(|a| !is_true(a.as_ref())).or(arguments.last()).cloned().flatten(),
        "or" => arguments.iter().find(|a| is_true(a.as_ref())).or(arguments.last()).cloned().flatten(),
        "not" => Some((!is_true(get(0).as_ref())).into()),
        "len" => Some(length(get(0))?.into()),
        "index" => index(arguments)?,
        "slice" => get(0),
        "exists" => Some(index(arguments).is_ok_and(|found| found.is_some()).into()),
        "base64decode" => Some(crate::kubectl::base64::decode_text(get(0).as_ref()).into()),
        "printf" => Some(printf(arguments).into()),
        "print" | "html" | "js" | "urlquery" => Some(joined(arguments, "").into()),
        "println" => Some(format!("{}\n", joined(arguments, " ")).into()),
        "eq" => Some(arguments[1..].iter().any(|other| *other == arguments[0]).into()),
        "ne" => Some((arguments[0] != arguments[1]).into()),
        _ => Some(ordered(name, get(0), get(1))?.into()),
    })
}

fn joined(arguments: &[Option<Value>], between: &str) -> String {
    arguments.iter().map(|a| a.as_ref().map_or("<nil>".to_owned(), go)).collect::<Vec<_>>().join(between)
}

fn length(value: Option<Value>) -> Result<usize, String> {
    match value {
        Some(Value::Array(items)) => Ok(items.len()),
        Some(Value::Object(fields)) => Ok(fields.len()),
        Some(Value::String(text)) => Ok(text.len()),
        None | Some(Value::Null) => Err("error calling len: len of nil pointer".to_owned()),
        Some(other) => Err(format!("error calling len: len of type {}", type_of(&other))),
    }
}

fn index(arguments: &[Option<Value>]) -> Result<Option<Value>, String> {
    let mut value = arguments.first().cloned().flatten();
    for key in &arguments[1..] {
        value =
            match (value, key) {
                (Some(Value::Array(items)), Some(Value::Number(n))) => {
                    let at = n.as_u64().map(|n| n as usize);
                    let item = at.and_then(|at| items.get(at));
                    Some(item.cloned().ok_or_else(|| {
                        format!("error calling index: reflect: slice index out of range: {n}")
                    })?)
                }
                (Some(Value::Object(mut fields)), Some(Value::String(key))) => fields.remove(key),
                (None | Some(Value::Null), _) => {
                    return Err("error calling index: index of untyped nil".to_owned());
                }
                (Some(other), _) => {
                    return Err(format!("error calling index: can't index item of type {}", type_of(&other)));
                }
            };
    }
    Ok(value)
}

fn ordered(name: &str, left: Option<Value>, right: Option<Value>) -> Result<bool, String> {
    let order = match (left, right) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64().partial_cmp(&b.as_f64()),
        (Some(Value::String(a)), Some(Value::String(b))) => Some(a.cmp(&b)),
        _ => None,
    };
    let order = order.ok_or_else(|| format!("error calling {name}: incompatible types for comparison"))?;
    Ok(match name {
        "lt" => order == Ordering::Less,
        "le" => order != Ordering::Greater,
        "gt" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })
}

fn printf(arguments: &[Option<Value>]) -> String {
    let format = arguments.first().and_then(|a| a.as_ref()).map(go).unwrap_or_default();
    let (mut text, mut chars, mut rest) = (String::new(), format.chars().peekable(), arguments[1..].iter());
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut width = String::new();
        while let Some(c) = chars.peek().filter(|c| c.is_ascii_digit() || "-.+".contains(**c)) {
            width.push(*c);
            chars.next();
        }
        let verb = chars.next().unwrap_or('%');
        if verb == '%' {
            text.push('%');
            continue;
        }
        let value = match rest.next() {
            Some(value) => value.as_ref().map_or("<nil>".to_owned(), go),
            None => format!("%!{verb}(MISSING)"),
        };
        let value = if verb == 'q' { format!("{value:?}") } else { value };
        let columns: usize = width.trim_start_matches('-').parse().unwrap_or(0).min(1000);
        let left = width.starts_with('-');
        text.push_str(&if left { format!("{value:<columns$}") } else { format!("{value:>columns$}") });
    }
    text
}
