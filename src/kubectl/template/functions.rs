//! The functions a template may call (`text/template/funcs.go`), and the two kubectl adds.

use super::printf::printf;
use crate::kube::gotext::show as go;
use serde_json::Value;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// What a function is called with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Arg {
    /// `None` is Go's missing value.
    pub value: Option<Value>,
    /// Whether it was written in the template: whole numbers there are an `int`, those of objects an `int64`.
    pub constant: bool,
}

impl Arg {
    /// Its type in Go's words.
    pub(super) fn type_name(&self) -> &'static str {
        match &self.value {
            None | Some(Value::Null) => "<nil>",
            Some(Value::Bool(_)) => "bool",
            Some(Value::Number(n)) if n.is_f64() => "float64",
            Some(Value::Number(_)) if self.constant => "int",
            Some(Value::Number(_)) => "int64",
            Some(Value::String(_)) => "string",
            Some(Value::Array(_)) => "[]interface {}",
            Some(Value::Object(_)) => "map[string]interface {}",
        }
    }

    fn is_nothing(&self) -> bool {
        self.value.as_ref().is_none_or(Value::is_null)
    }
}

pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Number(n)) => n.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
    }
}

pub(super) fn call(name: &str, arguments: &[Arg]) -> Result<Arg, String> {
    let (least, most) = match name {
        "not" | "len" | "base64decode" => (1, Some(1)),
        "and" | "or" | "printf" | "index" | "slice" | "exists" | "call" | "eq" => (1, None),
        "ne" | "lt" | "le" | "gt" | "ge" => (2, Some(2)),
        _ => (0, None),
    };
    let got = arguments.len();
    if most.is_none() && got < least {
        return Err(format!("wrong number of args for {name}: want at least {least} got {got}"));
    }
    if most.is_some_and(|most| got != most) {
        return Err(format!("wrong number of args for {name}: want {least} got {got}"));
    }
    let value = value_of(name, arguments).map_err(|why| match name {
        "printf" => why,
        _ => format!("error calling {name}: {why}"),
    })?;
    // What Go counts itself is an `int`.
    Ok(Arg { value, constant: name == "len" || (name == "index" && arguments[0].constant) })
}

fn value_of(name: &str, arguments: &[Arg]) -> Result<Option<Value>, String> {
    let any = |wanted: bool| arguments.iter().find(|a| is_true(a.value.as_ref()) == wanted);
    let chosen = |found: Option<&Arg>| found.or(arguments.last()).and_then(|a| a.value.clone());
    Ok(match name {
        "and" => chosen(any(false)),
        "or" => chosen(any(true)),
        "not" => Some((!is_true(arguments[0].value.as_ref())).into()),
        "len" => Some(length(&arguments[0])?.into()),
        "index" => index(arguments)?,
        "slice" => Some(slice(arguments)?),
        "exists" => Some(index(arguments).is_ok_and(|found| found.is_some()).into()),
        "base64decode" => Some(crate::kubectl::base64::decode_text(arguments[0].value.as_ref()).into()),
        "printf" => Some(printf(arguments)?.into()),
        "print" => Some(printed(arguments, "<nil>").into()),
        "println" => {
            let shown: Vec<String> = arguments.iter().map(|a| shown(a, "<nil>")).collect();
            Some(format!("{}\n", shown.join(" ")).into())
        }
        "html" => Some(html(&printed(arguments, NO_VALUE)).into()),
        "js" => Some(js(&printed(arguments, NO_VALUE)).into()),
        "urlquery" => Some(query(&printed(arguments, NO_VALUE)).into()),
        "call" if arguments[0].is_nothing() => return Err("call of nil".to_owned()),
        "call" => return Err(format!("non-function {} of type {}", "arg 0", arguments[0].type_name())),
        "eq" if arguments.len() < 2 => return Err("missing argument for comparison".to_owned()),
        "eq" => {
            let mut same = false;
            for other in &arguments[1..] {
                same = same || equal(&arguments[0], other)?;
            }
            Some(same.into())
        }
        "ne" => Some((!equal(&arguments[0], &arguments[1])?).into()),
        _ => Some(ordered(name, &arguments[0], &arguments[1])?.into()),
    })
}

fn shown(argument: &Arg, nothing: &str) -> String {
    argument.value.as_ref().filter(|v| !v.is_null()).map_or_else(|| nothing.to_owned(), go)
}

/// What stands for nothing where text is escaped.
const NO_VALUE: &str = "<no value>";

/// Values one after the other, a blank between two of which neither is a text.
fn printed(arguments: &[Arg], nothing: &str) -> String {
    let mut text = String::new();
    let mut before: Option<&Arg> = None;
    for argument in arguments {
        // Where nothing is written as a text, it is one.
        let is_text =
            |a: &Arg| matches!(a.value, Some(Value::String(_))) || (a.is_nothing() && nothing == NO_VALUE);
        if before.is_some_and(|before| !is_text(before) && !is_text(argument)) {
            text.push(' ');
        }
        text.push_str(&shown(argument, nothing));
        before = Some(argument);
    }
    text
}

fn html(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\0' => escaped.push('\u{fffd}'),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn js(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => escaped.extend(['\\', c]),
            c if "<>&=".contains(c) || c.is_control() => {
                let _ = write!(escaped, "\\u{:04X}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text as the value of a query in a URL.
fn query(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn length(argument: &Arg) -> Result<usize, String> {
    match &argument.value {
        Some(Value::Array(items)) => Ok(items.len()),
        Some(Value::Object(fields)) => Ok(fields.len()),
        Some(Value::String(text)) => Ok(text.len()),
        None | Some(Value::Null) => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        Some(_) => Err(format!("len of type {}", argument.type_name())),
    }
}

/// A whole number that may be an index up to `limit`.
fn position(argument: &Arg, limit: usize) -> Result<usize, String> {
    match &argument.value {
        Some(Value::Number(n)) if !n.is_f64() => n
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|at| *at <= limit)
            .ok_or_else(|| format!("index out of range: {n}")),
        None | Some(Value::Null) => Err("cannot index slice/array with nil".to_owned()),
        Some(_) => Err(format!("cannot index slice/array with type {}", argument.type_name())),
    }
}

fn index(arguments: &[Arg]) -> Result<Option<Value>, String> {
    if arguments[0].is_nothing() {
        return Err("index of untyped nil".to_owned());
    }
    let mut value = arguments[0].clone();
    for key in &arguments[1..] {
        let outside = |at: usize| format!("index out of range: {at}");
        value.value = match value.value {
            Some(Value::Array(items)) => {
                let at = position(key, items.len())?;
                Some(items.get(at).cloned().ok_or_else(|| outside(at))?)
            }
            Some(Value::String(text)) => {
                let at = position(key, text.len())?;
                Some(text.as_bytes().get(at).copied().ok_or_else(|| outside(at))?.into())
            }
            Some(Value::Object(mut fields)) => match &key.value {
                Some(Value::String(name)) => fields.remove(name),
                None | Some(Value::Null) => return Err("value is nil; should be of type string".to_owned()),
                Some(_) => return Err(format!("value has type {}; should be string", key.type_name())),
            },
            None | Some(Value::Null) => return Err("index of nil pointer".to_owned()),
            Some(_) => return Err(format!("can't index item of type {}", value.type_name())),
        };
    }
    Ok(value.value)
}

fn slice(arguments: &[Arg]) -> Result<Value, String> {
    let item = &arguments[0];
    let length = match &item.value {
        Some(Value::Array(items)) => items.len(),
        Some(Value::String(text)) => text.len(),
        None | Some(Value::Null) => return Err("slice of untyped nil".to_owned()),
        Some(_) => return Err(format!("can't slice item of type {}", item.type_name())),
    };
    if arguments.len() > 4 {
        return Err(format!("too many slice indexes: {}", arguments.len() - 1));
    }
    let from = arguments.get(1).map_or(Ok(0), |a| position(a, length))?;
    let to = arguments.get(2).map_or(Ok(length), |a| position(a, length))?;
    if arguments.len() == 4 && matches!(item.value, Some(Value::String(_))) {
        return Err("cannot 3-index slice a string".to_owned());
    }
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    Ok(match &item.value {
        Some(Value::Array(items)) => Value::Array(items[from..to].to_vec()),
        Some(Value::String(text)) => String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned().into(),
        _ => Value::Null,
    })
}

const INCOMPATIBLE: &str = "incompatible types for comparison";

fn equal(a: &Arg, b: &Arg) -> Result<bool, String> {
    match (&a.value, &b.value) {
        _ if a.is_nothing() || b.is_nothing() => Ok(a.is_nothing() && b.is_nothing()),
        (Some(Value::Number(x)), Some(Value::Number(y))) if x.is_f64() == y.is_f64() => Ok(x == y),
        (Some(Value::String(x)), Some(Value::String(y))) => Ok(x == y),
        (Some(Value::Bool(x)), Some(Value::Bool(y))) => Ok(x == y),
        (Some(x), _) if x.is_object() || x.is_array() => {
            Err(format!("non-comparable type {}: {}", go(x), a.type_name()))
        }
        _ => Err(INCOMPATIBLE.to_owned()),
    }
}

fn ordered(name: &str, left: &Arg, right: &Arg) -> Result<bool, String> {
    let order = match (&left.value, &right.value) {
        (Some(Value::Number(a)), Some(Value::Number(b))) if a.is_f64() == b.is_f64() => {
            a.as_f64().partial_cmp(&b.as_f64())
        }
        (Some(Value::String(a)), Some(Value::String(b))) => Some(a.cmp(b)),
        (Some(Value::Bool(_)), Some(Value::Bool(_))) => return Err("invalid type for comparison".to_owned()),
        _ if left.is_nothing() || right.is_nothing() => return Err("invalid type for comparison".to_owned()),
        _ => None,
    };
    let order = order.ok_or_else(|| INCOMPATIBLE.to_owned())?;
    Ok(match name {
        "lt" => order == Ordering::Less,
        "le" => order != Ordering::Greater,
        "gt" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })
}
