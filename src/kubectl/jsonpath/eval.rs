//! Following paths through values.

use super::parse::{Filter, Node, Step};
use crate::kube::gotext::show as go;
use crate::kubectl::output::compact_json;
use serde_json::Value;
use std::cmp::Ordering;

/// Where a path starts: `$` and `@`.
#[derive(Clone, Copy)]
struct Place<'a> {
    root: &'a Value,
    current: &'a Value,
}

pub(super) fn print(nodes: &[Node], root: &Value) -> Result<String, String> {
    let mut text = String::new();
    run(nodes, Place { root, current: root }, &mut text)?;
    Ok(text)
}

fn run(nodes: &[Node], place: Place, text: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(piece) => text.push_str(piece),
            Node::Path(path) => {
                let found = follow(path, place)?;
                let shown: Vec<String> = found.into_iter().map(show).collect();
                text.push_str(&shown.join(" "));
            }
            Node::Range(path, inside) => {
                for current in follow(path, place)? {
                    run(inside, Place { root: place.root, current }, text)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn find<'a>(nodes: &'a [Node], root: &'a Value) -> Result<Vec<&'a Value>, String> {
    let mut found = Vec::new();
    for node in nodes {
        if let Node::Path(path) | Node::Range(path, _) = node {
            found.extend(follow(path, Place { root, current: root })?);
        }
    }
    Ok(found)
}

/// A value as a path prints it: text bare, everything else as JSON.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => compact_json(other),
    }
}

fn follow<'a>(path: &'a [Step], place: Place<'a>) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![place.current];
    for step in path {
        let mut next = Vec::new();
        for value in found {
            take(step, value, place, &mut next)?;
        }
        found = next;
    }
    Ok(found)
}

fn take<'a>(
    step: &'a Step,
    value: &'a Value,
    place: Place<'a>,
    next: &mut Vec<&'a Value>,
) -> Result<(), String> {
    match step {
        Step::Root => next.push(place.root),
        Step::Current => next.push(value),
        Step::Field(name) => next.extend(value.get(name.as_str())),
        Step::Wildcard => next.extend(children(value)),
        Step::Recursive => descend(value, next),
        Step::Constant(constant) => next.push(constant),
        Step::Slice { from, to, every, single } => match value {
            Value::Array(items) => slice(items, (*from, *to, *every, *single), next)?,
            Value::Null => {}
            other => return Err(format!("{} is not array or slice", go(other))),
        },
        Step::Union(paths) => {
            for path in paths {
                next.extend(follow(path, Place { root: place.root, current: value })?);
            }
        }
        Step::Filter(filter) => match value {
            Value::Array(items) => {
                for item in items {
                    if holds(filter, Place { root: place.root, current: item })? {
                        next.push(item);
                    }
                }
            }
            Value::Null => {}
            other => return Err(format!("{} is not array or slice and cannot be filtered", go(other))),
        },
    }
    Ok(())
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn descend<'a>(value: &'a Value, next: &mut Vec<&'a Value>) {
    next.push(value);
    for child in children(value) {
        if child.is_object() || child.is_array() {
            descend(child, next);
        }
    }
}

fn slice<'a>(
    items: &'a [Value],
    (from, to, every, single): (Option<i64>, Option<i64>, Option<i64>, bool),
    next: &mut Vec<&'a Value>,
) -> Result<(), String> {
    let length = items.len() as i64;
    let from_end = |index: i64| if index < 0 { index + length } else { index };
    let start = from_end(from.unwrap_or(0));
    if single {
        let index = from.unwrap_or(0);
        let item = usize::try_from(start).ok().and_then(|at| items.get(at));
        let outside = || format!("array index out of bounds: index {index}, length {length}");
        next.push(item.ok_or_else(outside)?);
        return Ok(());
    }
    let end = from_end(to.unwrap_or(length)).min(length);
    let every = every.unwrap_or(1);
    if every <= 0 {
        return Err("step must be > 0".to_owned());
    }
    let mut at = start.max(0);
    while at < end {
        next.push(&items[at as usize]);
        at += every;
    }
    Ok(())
}

fn holds(filter: &Filter, place: Place) -> Result<bool, String> {
    let left = follow(&filter.left, place)?;
    let Some(operator) = filter.operator else { return Ok(!left.is_empty()) };
    let right = follow(&filter.right, place)?;
    let (Some(left), Some(right)) = (left.first(), right.first()) else { return Ok(false) };
    let order = compare(left, right);
    Ok(match operator {
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        ">" => order == Some(Ordering::Greater),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) => (a == b).then_some(Ordering::Equal),
    }
}
