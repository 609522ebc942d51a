//! A learner's file, read as kubectl reads it: documents, YAML 1.1 or JSON, Lists taken apart, and every fault in kubectl's own
//! words, with its place in the file and a hint beside them. Knows nothing of clusters: what a server would say of a decoded object
//! beyond its types is not judged here.

/// What is wrong with a file.
mod complaint;
/// Plain scalars.
mod scalar;
/// Files to documents.
mod split;
/// Syntax errors.
mod syntax;
/// Documents to values.
mod yaml;

pub use complaint::{Complaint, Stage};
pub use scalar::Truths;
pub use yaml::{Place, Positions};

use super::decode::{self, Decoded};
use super::kind::{KINDS, Kind};
use super::object::Object;
use serde_json::Value;
use split::Chunk;
use syntax::SyntaxError;

/// Larger files are refused: the API server takes no object above 3 MiB.
pub const MAX_BYTES: usize = 5 << 20;

/// One object of a file, not yet judged by a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// The object as written, as JSON with sorted keys: what kubectl sends.
    pub value: Value,
    /// Where its parts stand in the file.
    pub positions: Positions,
}

/// How unknown fields are judged (`--validate`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// They are errors: kubectl's default.
    Strict,
    /// They are warnings.
    Warn,
    /// They are dropped without a word.
    Ignore,
}

impl Document {
    /// The typed object and the server's warnings, or its refusal to decode the document.
    pub fn object(&self, validation: Validation) -> Result<(Object, Vec<String>), Complaint> {
        let Decoded { object, unknown } = decode::decode(self.kind, &self.value);
        let refused = |text: &str| decode::cannot_be_handled(self.kind, text);
        let object = match object {
            Ok(object) => object,
            Err(fault) => {
                let place = self.positions.find(&fault.path);
                return Err(Complaint::new(Stage::Server, refused(&fault.text)).at(place));
            }
        };
        if validation == Validation::Strict && !unknown.is_empty() {
            let text = refused(&format!("strict decoding error: {}", decode::list_of_unknown(&unknown)));
            let place = unknown.first().and_then(|path| self.positions.find(path));
            let complaint = Complaint::new(Stage::Server, text).at(place);
            return Err(complaint.suggesting(unknown.first().and_then(|path| self.suggest(path))));
        }
        let warn = validation == Validation::Warn;
        let warnings = unknown.iter().filter(|_| warn).map(|path| format!("unknown field \"{path}\""));
        Ok((object, warnings.collect()))
    }

    /// The field a learner probably meant by the one at `path`, which does not exist: one of the same type, or the same name
    /// elsewhere nearby.
    pub fn suggest(&self, path: &str) -> Option<String> {
        complaint::suggest_field(self.kind, path)
    }
}

/// Reads a file. `source` is how kubectl calls it in messages: its path, or `STDIN`. Documents come in order; after a document that
/// cannot be read nothing more comes, as kubectl reads no further.
pub fn parse(text: &str, source: &str) -> Vec<Result<Document, Complaint>> {
    if text.len() > MAX_BYTES {
        let text = format!("podlab: {source} is larger than {} MiB", MAX_BYTES >> 20);
        return vec![Err(Complaint::new(Stage::Parse, text))];
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json_error = if split::is_json(text) {
        match json_values(text) {
            Ok(values) => return from_json(text, values, source),
            Err(error) => Some(error),
        }
    } else {
        None
    };
    let mut found = Vec::new();
    for chunk in split::chunks(text) {
        match read_chunk(chunk, Truths::Many) {
            Ok((Value::Null, _)) => {}
            Ok((value, positions)) => found.extend(documents(value, &positions, source)),
            Err(error) => {
                let complaint = match json_error {
                    Some(json) if found.is_empty() => Complaint::parse_json(source, &json),
                    _ => Complaint::parse_yaml(source, &error.text),
                };
                let place =
                    error.place.map(|(line, column)| Place { line: line + chunk.lines_before, column });
                found.push(Err(complaint.at(place)));
                break;
            }
        }
    }
    found
}

/// The documents of a text as plain values, whatever they are; empty ones are left out. Words such as `yes` and `n` are truth values
/// for kubectl, texts for kustomize. The error is the YAML parser's.
pub fn values(text: &str, truths: Truths) -> Result<Vec<Value>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("larger than {} MiB", MAX_BYTES >> 20));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Vec::new();
    for chunk in split::chunks(text) {
        let (value, _) = read_chunk(chunk, truths).map_err(|error| error.text)?;
        if !value.is_null() {
            found.push(value);
        }
    }
    Ok(found)
}

/// What a server says of a text that should be JSON, if it is none.
pub fn json_fault(text: &str) -> Option<String> {
    let error = serde_json::from_str::<Value>(text).err()?;
    let fault = complaint::json_fault(text, &error);
    Some(fault.split_once(": invalid").map_or(fault.clone(), |(_, rest)| format!("invalid{rest}")))
}

/// The documents of a value that was not read from a file: itself, or the items of a List.
pub fn of_value(value: Value, source: &str) -> Vec<Result<Document, Complaint>> {
    documents(value, &Positions::default(), source)
}

/// Reads a file's bytes: UTF-8, or UTF-16 with a mark.
pub fn parse_bytes(bytes: &[u8], source: &str) -> Vec<Result<Document, Complaint>> {
    match text_of(bytes) {
        Some(text) => parse(&text, source),
        None => vec![Err(Complaint::parse_yaml(source, "yaml: invalid leading UTF-8 octet"))],
    }
}

fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn read_chunk(chunk: Chunk<'_>, truths: Truths) -> Result<(Value, Positions), SyntaxError> {
    let first = chunk.text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    let rest = first.strip_prefix("---").map(str::trim).unwrap_or_default();
    if chunk.lines_before > 0 && !rest.is_empty() && !rest.starts_with('#') {
        return Err(SyntaxError { text: format!("invalid Yaml document separator: {rest}"), place: None });
    }
    let (value, positions) = yaml::read_as(chunk.text, truths)?;
    Ok((value, positions.shifted(chunk.lines_before)))
}

/// The objects of a JSON stream, or what is wrong with it.
fn json_values(text: &str) -> Result<Vec<Value>, String> {
    let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    stream.collect::<Result<_, _>>().map_err(|error| complaint::json_fault(text, &error))
}

fn from_json(text: &str, values: Vec<Value>, source: &str) -> Vec<Result<Document, Complaint>> {
    // JSON is YAML too: read that way, a single object also gets its places.
    let positions = match values.as_slice() {
        [_] => yaml::read(text).map(|(_, positions)| positions).unwrap_or_default(),
        _ => Positions::default(),
    };
    values.into_iter().flat_map(|value| documents(value, &positions, source)).collect()
}

/// The objects in one value: itself, or the items of a List.
fn documents(value: Value, positions: &Positions, source: &str) -> Vec<Result<Document, Complaint>> {
    let Some(holds) = list_of(&value) else {
        return vec![document(value, positions.clone(), source)];
    };
    let Value::Object(mut map) = value else { return Vec::new() };
    let Some(Value::Array(items)) = map.remove("items") else { return Vec::new() };
    let mut found = Vec::new();
    for (i, mut item) in items.into_iter().enumerate() {
        let below = positions.below(&format!("items[{i}]"));
        if let (Items::Of(kind), Value::Object(item)) = (&holds, &mut item) {
            item.entry("apiVersion").or_insert_with(|| kind.api_version().into());
            item.entry("kind").or_insert_with(|| kind.name().into());
        }
        found.push(document(item, below, source));
    }
    found
}

/// What a List holds.
enum Items {
    /// Anything: each says what it is.
    Any,
    /// One kind (`PodList`): its items need not say it.
    Of(Kind),
}

/// What a value holds if it is a List.
fn list_of(value: &Value) -> Option<Items> {
    let kind = value.get("kind")?.as_str()?;
    let version = value.get("apiVersion")?.as_str()?;
    if kind == "List" && version == "v1" {
        return Some(Items::Any);
    }
    let item = kind.strip_suffix("List")?;
    let info = KINDS.iter().find(|info| info.name == item && info.kind.api_version() == version)?;
    value.get("items").is_some_and(Value::is_array).then_some(Items::Of(info.kind))
}

fn document(value: Value, positions: Positions, source: &str) -> Result<Document, Complaint> {
    if let Some(fault) = unidentified(&value) {
        let place = positions.find("apiVersion").or_else(|| positions.find("kind"));
        return Err(Complaint::validation(source, &fault).at(place));
    }
    if let Some(fault) = decode::metadata_fault(&value) {
        let text = format!("unable to decode \"{source}\": {}", fault.text);
        return Err(Complaint::new(Stage::Decode, text).at(positions.find(&fault.path)));
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, version) = (text("kind"), text("apiVersion"));
    let same_version = || KINDS.iter().filter(|info| info.kind.api_version() == version);
    if let Some(info) = same_version().find(|info| info.name == name) {
        return Ok(Document { kind: info.kind, value, positions });
    }
    let place = positions.find("kind");
    if let Some(info) = same_version().find(|info| info.name.to_lowercase() == name) {
        return Err(Complaint::lower_case_kind(info.kind, name, version).at(place));
    }
    Err(Complaint::no_mapping(&value, name, version, source).at(place))
}

/// Why kubectl's own check does not even know what the object is.
fn unidentified(value: &Value) -> Option<String> {
    let Value::Object(map) = value else { return Some("invalid object to validate".into()) };
    let faults: Vec<String> = ["apiVersion", "kind"]
        .into_iter()
        .filter_map(|key| match map.get(key) {
            None | Some(Value::Null) => Some(format!("{key} not set")),
            Some(Value::String(text)) if text.is_empty() => Some(format!("{key} not set")),
            Some(Value::String(_)) => None,
            Some(_) => Some(format!("{key} isn't string type")),
        })
        .collect();
    match faults.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        all => Some(format!("[{}]", all.join(", "))),
    }
}

#[cfg(test)]
mod tests;
