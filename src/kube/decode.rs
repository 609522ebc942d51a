//! A JSON value to an API object, judged as the API server's strict decoder judges it: unknown fields are listed, wrong types named
//! in Go's words, and what Go's types cannot tell from nothing is dropped. Knows nothing of files or places in them.

/// Go's names for types and numbers, which its error texts use.
mod go;

use super::kind::Kind;
use super::object::Object;
use super::quantity::Amount;
use super::schema::{self, Field, Holds, Shape, Type};
use serde_json::{Map, Value};

/// At most this many unknown fields are listed.
const MAX_UNKNOWN: usize = 100;

/// What decoding found.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The typed object, or the first wrong type in Go's words (`json: cannot unmarshal …`).
    pub object: Result<Object, Fault>,
    /// Paths of fields that do not exist, in the order of their names.
    pub unknown: Vec<String>,
}

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The server's text.
    pub text: String,
    /// The path of the value, with indexes.
    pub path: String,
}

impl Decoded {
    /// The object, if nothing at all is wrong; else the server's text (`… cannot be handled as a Pod: …`).
    pub fn strict(self, kind: Kind) -> Result<Object, String> {
        let fault = match self.object {
            Ok(object) if self.unknown.is_empty() => return Ok(object),
            Ok(_) => format!("strict decoding error: {}", list_of_unknown(&self.unknown)),
            Err(fault) => fault.text,
        };
        Err(cannot_be_handled(kind, &fault))
    }
}

/// `unknown field "a", unknown field "b"`
pub fn list_of_unknown(paths: &[String]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    quoted.join(", ")
}

/// The server's refusal of a body it cannot decode.
pub fn cannot_be_handled(kind: Kind, fault: &str) -> String {
    let name = kind.info().name;
    format!("{name} in version \"{}\" cannot be handled as a {name}: {fault}", kind.api_version())
}

/// Decodes `value` as an object of `kind`.
pub fn decode(kind: Kind, value: &Value) -> Decoded {
    let mut reader = Reader::default();
    let Some(root) = schema::of(kind) else {
        return Decoded { object: typed(kind, value.clone()), unknown: Vec::new() };
    };
    let at = At { holder: root.name(), go_path: String::new(), path: String::new() };
    let read = reader.structure(value, root, &at);
    let fault = reader.fatal.or(reader.wrong);
    let object = match fault {
        Some(fault) => Err(fault),
        None => typed(kind, read.unwrap_or_default()),
    };
    Decoded { object, unknown: reader.unknown }
}

/// The first fault kubectl itself finds, before anything is sent: in the types of the metadata.
pub fn metadata_fault(value: &Value) -> Option<Fault> {
    let meta = schema::type_of("meta.v1.ObjectMeta")?;
    let mut reader = Reader::default();
    let at = At { holder: "metadataOnlyObject", go_path: "metadata".into(), path: "metadata".into() };
    match value.get("metadata")? {
        Value::Null => {}
        Value::Object(_) => {
            reader.structure(value.get("metadata")?, meta, &at);
        }
        other => reader.mismatch(other, "v1.ObjectMeta", &at),
    }
    reader.fatal.or(reader.wrong)
}

fn typed(kind: Kind, value: Value) -> Result<Object, Fault> {
    // The schema has been checked, so that this fails only where the schema knows less than the types.
    Object::from_value(kind, value).map_err(|e| Fault { text: format!("json: {e}"), path: String::new() })
}

/// Where the reader is.
struct At {
    /// The Go struct that holds the field.
    holder: &'static str,
    /// The path in Go's error texts: no indexes, embedded structs named.
    go_path: String,
    /// The path as field paths are written.
    path: String,
}

#[derive(Default)]
struct Reader {
    /// The first wrong type: reported at the end, as Go reports it.
    wrong: Option<Fault>,
    /// A fault of a type that reads itself (quantities, times): ends the reading.
    fatal: Option<Fault>,
    unknown: Vec<String>,
}

impl Reader {
    fn mismatch(&mut self, value: &Value, wanted: &str, at: &At) {
        let what = go::kind_of(value);
        self.report(&what, wanted, at);
    }

    fn report(&mut self, what: &str, wanted: &str, at: &At) {
        if self.wrong.is_none() {
            let text = if at.go_path.is_empty() {
                format!("json: cannot unmarshal {what} into Go value of type {wanted}")
            } else {
                let field = format!("{}.{}", at.holder, at.go_path);
                format!("json: cannot unmarshal {what} into Go struct field {field} of type {wanted}")
            };
            self.wrong = Some(Fault { text, path: at.path.clone() });
        }
    }

    fn structure(&mut self, value: &Value, holds: &'static Type, at: &At) -> Option<Value> {
        let Value::Object(map) = value else {
            self.mismatch(value, &go::type_name(holds.id), at);
            return None;
        };
        let mut read = Map::new();
        for (name, value) in map {
            if self.fatal.is_some() {
                return None;
            }
            let path = joined(&at.path, name);
            let Some(field) = holds.field(name) else {
                if self.unknown.len() < MAX_UNKNOWN {
                    self.unknown.push(path);
                }
                continue;
            };
            let embedded = go::embedded(holds.id, name).map(|e| joined(&at.go_path, e));
            let go_path = joined(embedded.as_deref().unwrap_or(&at.go_path), name);
            let inner = At { holder: holds.name(), go_path, path };
            if let Some(value) = self.field(value, holds, field, &inner) {
                read.insert(name.clone(), value);
            }
        }
        Some(Value::Object(read))
    }

    fn field(&mut self, value: &Value, holder: &Type, field: &Field, at: &At) -> Option<Value> {
        if value.is_null() {
            return None;
        }
        let named = go::named(holder.id, field.name);
        let read = self.value(value, field.shape, named, at)?;
        let keep = field.required || field.pointer || !is_zero(&read, field.shape);
        keep.then_some(read)
    }

    fn value(&mut self, value: &Value, shape: Shape, named: Option<&str>, at: &At) -> Option<Value> {
        let wanted = || named.map_or_else(|| go::name_of(shape), Into::into);
        match (shape.holds(), value) {
            (Holds::Anything, _)
            | (Holds::Text | Holds::IntOrString, Value::String(_))
            | (Holds::Bool, Value::Bool(_))
            | (Holds::Number, Value::Number(_)) => Some(value.clone()),
            (Holds::Struct(inner), _) => self.structure(value, inner, at),
            (Holds::Int32 | Holds::Int64 | Holds::IntOrString, Value::Number(_)) => {
                self.integer(value, shape, at)
            }
            (Holds::IntOrString, _) => {
                self.mismatch(value, "int32", at);
                self.fatal = self.wrong.take();
                None
            }
            (Holds::Quantity, _) => self.quantity(value, at),
            (Holds::Time | Holds::MicroTime, Value::String(text)) => self.time(text, at),
            (Holds::Time | Holds::MicroTime, _) => {
                self.mismatch(value, "string", at);
                None
            }
            (Holds::Bytes, Value::String(text)) => self.bytes(text, at),
            (Holds::List(inner), Value::Array(list)) => {
                let named = go::element(named);
                Some(Value::Array(self.list(list, inner, named, at)))
            }
            (Holds::Map(inner), Value::Object(map)) => Some(Value::Object(self.map(map, inner, at))),
            _ => {
                self.mismatch(value, &wanted(), at);
                None
            }
        }
    }

    fn list(&mut self, list: &[Value], inner: Shape, named: Option<&str>, at: &At) -> Vec<Value> {
        let mut read = Vec::with_capacity(list.len());
        for (i, item) in list.iter().enumerate() {
            let at = At { holder: at.holder, go_path: at.go_path.clone(), path: format!("{}[{i}]", at.path) };
            let item = if item.is_null() { zero(inner) } else { self.value(item, inner, named, &at) };
            read.extend(item);
        }
        read
    }

    fn map(&mut self, map: &Map<String, Value>, inner: Shape, at: &At) -> Map<String, Value> {
        let mut read = Map::new();
        for (key, value) in map {
            let at = At { holder: at.holder, go_path: at.go_path.clone(), path: joined(&at.path, key) };
            let value = if value.is_null() { zero(inner) } else { self.value(value, inner, None, &at) };
            if let Some(value) = value {
                read.insert(key.clone(), value);
            }
        }
        read
    }

    fn integer(&mut self, value: &Value, shape: Shape, at: &At) -> Option<Value> {
        let wide = matches!(shape.holds(), Holds::Int64);
        let fits = value.as_i64().is_some_and(|n| wide || i32::try_from(n).is_ok());
        if fits {
            return Some(value.clone());
        }
        let number = format!("number {}", go::number(value));
        self.report(&number, if wide { "int64" } else { "int32" }, at);
        None
    }

    fn quantity(&mut self, value: &Value, at: &At) -> Option<Value> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(_) => go::number(value),
            other => other.to_string(),
        };
        match Amount::parse(&text) {
            Ok(amount) => Some(amount.to_string().into()),
            Err(error) => {
                self.fatal = Some(Fault { text: error.to_string(), path: at.path.clone() });
                None
            }
        }
    }

    fn time(&mut self, text: &str, at: &At) -> Option<Value> {
        if let Some(fault) = go::time_fault(text) {
            self.fatal = Some(Fault { text: fault, path: at.path.clone() });
            return None;
        }
        Some(text.into())
    }

    fn bytes(&mut self, text: &str, at: &At) -> Option<Value> {
        if let Some(offset) = go::base64_fault(text) {
            if self.wrong.is_none() {
                let text = format!("illegal base64 data at input byte {offset}");
                self.wrong = Some(Fault { text, path: at.path.clone() });
            }
            return None;
        }
        let plain: String = text.chars().filter(|c| !"\r\n".contains(*c)).collect();
        Some(plain.into())
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}

/// What `null` becomes where a list or map cannot leave it out.
fn zero(shape: Shape) -> Option<Value> {
    Some(match shape.holds() {
        Holds::Text | Holds::Bytes => "".into(),
        Holds::Bool => false.into(),
        Holds::Int32 | Holds::Int64 | Holds::Number | Holds::IntOrString => 0.into(),
        Holds::Quantity => "0".into(),
        Holds::Struct(_) => Value::Object(Map::new()),
        Holds::List(_) | Holds::Map(_) | Holds::Anything | Holds::Time | Holds::MicroTime => return None,
    })
}

/// Whether Go's encoder leaves the value out of a field that is no pointer.
fn is_zero(value: &Value, shape: Shape) -> bool {
    match (value, shape.holds()) {
        // A port or target that is a text may be empty and still counts.
        (_, Holds::IntOrString | Holds::Quantity | Holds::Anything) => false,
        (Value::String(text), _) => text.is_empty(),
        (Value::Bool(flag), _) => !flag,
        (Value::Number(number), _) => number.as_f64() == Some(0.0),
        (Value::Array(list), _) => list.is_empty(),
        (Value::Object(map), Holds::Map(_)) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
