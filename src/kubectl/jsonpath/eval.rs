//! Following paths through values, as `client-go/util/jsonpath/jsonpath.go` does with missing keys allowed.

use super::parse::{Filter, Node, Slice, Step, To};
use crate::kube::gotext::show as go;
use crate::kubectl::output::compact_json;
use serde_json::Value;
use std::cmp::Ordering;

/// A template runs no more nodes than this: ranges in ranges without ends would double with each.
const MOST: usize = 3_000_000;

/// Ranges inside ranges, no more than this.
const DEEPEST: usize = 64;

/// What a range without anything to go over works on.
const NOTHING: &Value = &Value::Null;

pub(super) fn print(nodes: &[Node], root: &Value) -> Result<String, String> {
    let mut text = String::new();
    let mut run = Run { nodes, last_end: None, left: MOST, text: &mut text };
    run.block(0, root, 0, Printing::On)?;
    Ok(text)
}

/// Whether what is found is printed: a range over nothing is gone through for its end only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Printing {
    On,
    Off,
}

/// One pass over a template. Ranges are not blocks: each runs the nodes after it until an end is met, which the outer one then takes up
/// from; without one, those nodes run once more outside.
struct Run<'a> {
    nodes: &'a [Node],
    last_end: Option<usize>,
    left: usize,
    text: &'a mut String,
}

impl Run<'_> {
    fn block(&mut self, start: usize, value: &Value, depth: usize, printing: Printing) -> Result<(), String> {
        let nodes = self.nodes;
        let mut at = start;
        while let Some(node) = nodes.get(at) {
            self.left = self.left.checked_sub(1).ok_or("the template runs too long")?;
            match node {
                Node::Text(piece) if printing == Printing::On => self.text.push_str(piece),
                Node::Text(_) => {}
                Node::Action(steps) if steps.contains(&Step::End) => {
                    if depth == 0 {
                        return Err("not in range, nothing to end".to_owned());
                    }
                    self.last_end = Some(at);
                    return Ok(());
                }
                Node::Action(steps) => {
                    let found = follow(steps, value)?;
                    if steps.contains(&Step::Range) {
                        self.range(at + 1, &found, depth + 1, printing)?;
                        at = self.last_end.filter(|end| *end > at).unwrap_or(at);
                    } else if printing == Printing::On {
                        let shown: Vec<String> = found.into_iter().map(show).collect();
                        self.text.push_str(&shown.join(" "));
                    }
                }
            }
            at += 1;
        }
        Ok(())
    }

    fn range(
        &mut self,
        start: usize,
        found: &[&Value],
        depth: usize,
        printing: Printing,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("ranges are nested too deeply".to_owned());
        }
        for value in found {
            self.block(start, value, depth, printing)?;
        }
        if found.is_empty() {
            self.block(start, NOTHING, depth, Printing::Off)?;
        }
        Ok(())
    }
}

pub(super) fn find<'a>(nodes: &'a [Node], root: &'a Value) -> Result<Vec<&'a Value>, String> {
    let mut found = Vec::new();
    for node in nodes {
        if let Node::Action(steps) = node {
            found.extend(follow(steps, root)?);
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

fn follow<'a>(steps: &'a [Step], value: &'a Value) -> Result<Vec<&'a Value>, String> {
    follow_all(steps, vec![value])
}

fn follow_all<'a>(steps: &'a [Step], mut found: Vec<&'a Value>) -> Result<Vec<&'a Value>, String> {
    for step in steps {
        let mut next = Vec::new();
        match step {
            Step::Range => continue,
            Step::Constant(constant) => next.push(constant),
            Step::End => return Err("not in range, nothing to end".to_owned()),
            Step::Unknown(word) => return Err(format!("unrecognized identifier {word}")),
            Step::Union(paths) => {
                for path in paths {
                    next.extend(follow_all(path, found.clone())?);
                }
            }
            step => {
                for value in found {
                    take(step, value, &mut next)?;
                }
            }
        }
        found = next;
    }
    Ok(found)
}

fn take<'a>(step: &'a Step, value: &'a Value, next: &mut Vec<&'a Value>) -> Result<(), String> {
    match (step, value) {
        (Step::Field(name), value) => next.extend(value.get(name.as_str())),
        (Step::Wildcard, value) => next.extend(children(value)),
        (Step::Recursive, value) => descend(value, next),
        (Step::Slice(_) | Step::Filter(_), Value::Null) => {}
        (Step::Slice(part), Value::Array(items)) => slice(items, *part, next)?,
        (Step::Slice(_), other) => return Err(format!("{} is not array or slice", type_of(other))),
        (Step::Filter(filter), Value::Array(items)) => {
            for item in items {
                if holds(filter, item)? {
                    next.push(item);
                }
            }
        }
        (Step::Filter(_), other) => {
            return Err(format!("{} is not array or slice and cannot be filtered", go(other)));
        }
        _ => {}
    }
    Ok(())
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn descend<'a>(value: &'a Value, next: &mut Vec<&'a Value>) {
    let below = children(value);
    if !below.is_empty() {
        next.push(value);
        for child in below {
            descend(child, next);
        }
    }
}

fn slice<'a>(items: &'a [Value], part: Slice, next: &mut Vec<&'a Value>) -> Result<(), String> {
    let length = items.len() as i64;
    let from_end = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
    let from = part.from.unwrap_or(0);
    let start = from_end(from);
    let end = match part.to {
        // The element after -1 is counted from the start again.
        To::One if from == -1 => length,
        To::One => from_end(from.saturating_add(1)),
        To::Last => length,
        To::Before(index) => from_end(index),
    };
    if start == end {
        return Ok(());
    }
    let outside = |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
    if start >= length || start < 0 {
        return outside(start);
    }
    if end > length || end < 0 {
        return outside(end - 1);
    }
    if start > end {
        return Err(format!("starting index {start} is greater than ending index {end}"));
    }
    let every = part.every.unwrap_or(1);
    let every = usize::try_from(every).ok().filter(|every| *every > 0).ok_or("step must be > 0")?;
    next.extend(items[start as usize..end as usize].iter().step_by(every));
    Ok(())
}

fn holds(filter: &Filter, item: &Value) -> Result<bool, String> {
    let left = follow(&filter.left, item);
    let Some(operator) = &filter.operator else { return Ok(left.is_ok_and(|found| !found.is_empty())) };
    let (Some(left), Some(right)) = (only(left?)?, only(follow(&filter.right, item)?)?) else {
        return Ok(false);
    };
    Ok(match operator.as_str() {
        "==" => compare(left, right, &[Ordering::Equal])?,
        "!=" => !compare(left, right, &[Ordering::Equal])?,
        "<" => compare(left, right, &[Ordering::Less])?,
        ">" => compare(left, right, &[Ordering::Greater])?,
        "<=" => compare(left, right, &[Ordering::Less, Ordering::Equal])?,
        ">=" => compare(left, right, &[Ordering::Greater, Ordering::Equal])?,
        other => return Err(format!("unrecognized filter operator {other}")),
    })
}

fn only(found: Vec<&Value>) -> Result<Option<&Value>, String> {
    match found.as_slice() {
        [_, _, ..] => Err("can only compare one element at a time".to_owned()),
        found => Ok(found.first().copied()),
    }
}

/// Whether two values stand in one of these orders; values of two types have none.
fn compare(left: &Value, right: &Value, wanted: &[Ordering]) -> Result<bool, String> {
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() == b.is_f64() => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Greater)
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) if wanted == [Ordering::Equal] => a.cmp(b),
        (Value::Number(_) | Value::String(_) | Value::Bool(_), _)
            if matches!(right, Value::Number(_) | Value::String(_) | Value::Bool(_)) =>
        {
            return Err("incompatible types for comparison".to_owned());
        }
        _ => return Err("invalid type for comparison".to_owned()),
    };
    Ok(wanted.contains(&order))
}
