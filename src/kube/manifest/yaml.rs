//! One YAML document to a JSON value, as kubectl converts it, and where in the text each part stands. Bounded in depth and in what
//! aliases may unfold to. Knows nothing of Kubernetes.

use super::scalar::{self, Truths};
use super::syntax::{self, SyntaxError};
use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Deeper nesting is refused: no API type is nearly as deep.
const MAX_DEPTH: usize = 200;
/// What kubectl says of nesting that is too deep (its own limit is far higher).
const TOO_DEEP: &str = "yaml: exceeded max depth of 10000";
/// More parts than this, aliases unfolded, are refused.
const MAX_PARTS: usize = 500_000;

/// A place in a text: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Where the parts of a document stand, by field path (`spec.containers[0].image`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    places: BTreeMap<String, Place>,
    /// Lines before the document in its file.
    offset: usize,
}

impl Positions {
    /// The place of the part at a field path as the API server writes it, or of the nearest part around it.
    pub fn find(&self, path: &str) -> Option<Place> {
        let mut path = plain_path(path);
        loop {
            if let Some(place) = self.places.get(&path) {
                return Some(Place { line: place.line + self.offset, ..*place });
            }
            let cut = path.rfind(['.', '['])?;
            path.truncate(cut);
        }
    }

    pub(super) fn shifted(mut self, lines: usize) -> Positions {
        self.offset = lines;
        self
    }

    /// The places below `path`, as places of a document of their own (an item of a List).
    pub(super) fn below(&self, path: &str) -> Positions {
        let inside = self.places.range(path.to_owned()..).map_while(|(key, place)| {
            let rest = key.strip_prefix(path)?;
            Some((rest.strip_prefix('.').unwrap_or(rest).to_owned(), *place))
        });
        Positions { places: inside.collect(), offset: self.offset }
    }
}

/// `limits[memory]` names a key of a map: the same as `limits.memory`.
fn plain_path(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((key, after)) = after.split_once(']') else { break };
        plain.push_str(before);
        if key.bytes().all(|b| b.is_ascii_digit()) {
            plain.extend(["[", key, "]"]);
        } else {
            plain.extend([".", key]);
        }
        rest = after;
    }
    plain + rest
}

/// Reads the first document of `text`; what follows it in the same text is ignored, as kubectl ignores it.
pub(super) fn read(text: &str) -> Result<(Value, Positions), SyntaxError> {
    read_as(text, Truths::Many)
}

/// The same with a choice of which words are truth values.
pub(super) fn read_as(text: &str, truths: Truths) -> Result<(Value, Positions), SyntaxError> {
    if let Some(version) = declared_version(text).filter(|version| *version != "1.1") {
        let place = Some((1, text.find(version).unwrap_or(0) + 1));
        return Err(SyntaxError { text: "yaml: found incompatible YAML document".into(), place });
    }
    let mut builder = Builder { truths, ..Builder::default() };
    let options = granit_parser::options! { emit_unresolved_aliases: true, emit_comments: false };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => return Err(in_kubectls_words(text, &error)),
        };
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.take(text, &event, &span).map_err(|text| SyntaxError { text, place: Some(place(&span)) })?;
    }
    // What one parser accepts the other may still refuse; kubectl's has the last word.
    if let Some(error) = syntax::check(text, None) {
        return Err(error);
    }
    Ok((builder.root, Positions { places: builder.places, offset: 0 }))
}

/// The version a `%YAML` line at the top declares.
fn declared_version(text: &str) -> Option<&str> {
    let head = text.lines().take_while(|line| line.starts_with(['%', '#']));
    head.filter_map(|line| line.strip_prefix("%YAML ")).map(str::trim).next()
}

fn in_kubectls_words(text: &str, error: &granit_parser::ScanError) -> SyntaxError {
    let marker = error.marker();
    let at = (marker.line(), marker.col() + 1);
    let found = syntax::check(text, Some(marker.byte_offset().unwrap_or(text.len())));
    found.unwrap_or_else(|| {
        let deep = error.info() == "recursion limit exceeded";
        let text = if deep { TOO_DEEP.into() } else { format!("yaml: line {}: {}", at.0, error.info()) };
        SyntaxError { text, place: Some(at) }
    })
}

fn place(span: &Span) -> (usize, usize) {
    (span.start.line(), span.start.col() + 1)
}

fn place_of(marker: Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

/// A collection that is not complete yet.
enum Open {
    Map { entries: Map<String, Value>, key: Option<String> },
    List(Vec<Value>),
}

struct Frame {
    open: Open,
    anchor: usize,
    path: String,
}

#[derive(Default)]
struct Builder {
    stack: Vec<Frame>,
    root: Value,
    anchors: BTreeMap<usize, (Value, usize)>,
    places: BTreeMap<String, Place>,
    parts: usize,
    truths: Truths,
}

impl Builder {
    fn take(&mut self, source: &str, event: &Event<'_>, span: &Span) -> Result<(), String> {
        match event {
            Event::MappingStart(_, anchor, _) => {
                self.open(Open::Map { entries: Map::new(), key: None }, *anchor, span)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Open::List(Vec::new()), *anchor, span),
            Event::MappingEnd | Event::SequenceEnd => self.close(),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar_value(text, *style, tag.as_deref(), self.truths)?;
                self.count(1)?;
                if *anchor > 0 {
                    self.anchors.insert(*anchor, (value.clone(), 1));
                }
                self.note(span);
                self.put(value)
            }
            Event::Alias(anchor) => {
                let Some((value, size)) = self.anchors.get(anchor) else {
                    return Err(format!("yaml: anchor '{}' value contains itself", alias_name(source, span)));
                };
                let (value, size) = (value.clone(), *size);
                self.count(size)?;
                self.note(span);
                self.put(value)
            }
            Event::UnresolvedAlias(name) => Err(format!("yaml: unknown anchor '{name}' referenced")),
            _ => Ok(()),
        }
    }

    fn count(&mut self, parts: usize) -> Result<(), String> {
        self.parts += parts;
        if self.parts > MAX_PARTS {
            return Err("yaml: document contains excessive aliasing".into());
        }
        Ok(())
    }

    fn open(&mut self, open: Open, anchor: usize, span: &Span) -> Result<(), String> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(TOO_DEEP.into());
        }
        self.count(1)?;
        self.note(span);
        let path = self.path();
        self.stack.push(Frame { open, anchor, path });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.open {
            Open::Map { entries, .. } => Value::Object(entries),
            Open::List(items) => Value::Array(items),
        };
        if frame.anchor > 0 {
            let size = size(&value);
            self.anchors.insert(frame.anchor, (value.clone(), size));
        }
        self.put(value)
    }

    /// The path of the part that comes next.
    fn path(&self) -> String {
        match self.stack.last() {
            None => String::new(),
            Some(Frame { open: Open::List(items), path, .. }) => format!("{path}[{}]", items.len()),
            Some(Frame { open: Open::Map { key, .. }, path, .. }) => {
                let dot = if path.is_empty() { "" } else { "." };
                format!("{path}{dot}{}", key.as_deref().unwrap_or_default())
            }
        }
    }

    /// Remembers where a part stands: an item where its value begins, a field where its key does.
    fn note(&mut self, span: &Span) {
        let is_value = matches!(self.stack.last(), Some(Frame { open: Open::Map { key: Some(_), .. }, .. }));
        if !is_value && !matches!(self.stack.last(), Some(Frame { open: Open::Map { .. }, .. })) {
            let path = self.path();
            self.places.entry(path).or_insert(place_of(span.start));
        } else if !is_value && let Some(frame) = self.stack.last() {
            // A key: filed under its own name once that is known.
            let at = place_of(span.start);
            self.places.insert(format!("{}\u{0}", frame.path), at);
        }
    }

    fn put(&mut self, value: Value) -> Result<(), String> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = value;
            return Ok(());
        };
        match &mut frame.open {
            Open::List(items) => items.push(value),
            Open::Map { entries, key } => match key.take() {
                Some(name) if name == "<<" => merge(entries, value)?,
                Some(name) => {
                    entries.insert(name, value);
                }
                None => {
                    *key = Some(key_text(&value)?);
                    self.file_key();
                }
            },
        }
        Ok(())
    }

    fn file_key(&mut self) {
        let Some(frame) = self.stack.last() else { return };
        if let Some(at) = self.places.remove(&format!("{}\u{0}", frame.path)) {
            let path = self.path();
            self.places.insert(path, at);
        }
    }
}

/// The name of the alias at `span`, without its star.
fn alias_name<'a>(source: &'a str, span: &Span) -> &'a str {
    let range = (span.start.byte_offset(), span.end.byte_offset());
    let (Some(start), Some(end)) = range else { return "" };
    source.get(start..end).unwrap_or_default().trim_start_matches('*')
}

/// The number of parts of a value, itself included.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// A merge key brings in the entries of a map, or of several, the first of which wins.
fn merge(entries: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    match value {
        Value::Object(map) => entries.extend(map),
        Value::Array(list) if list.iter().all(Value::is_object) => {
            for map in list.into_iter().rev() {
                merge(entries, map)?;
            }
        }
        _ => return Err("yaml: map merge requires map or sequence of maps as the value".into()),
    }
    Ok(())
}

fn key_text(key: &Value) -> Result<String, String> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(key.to_string()),
        Value::Null => Err("unsupported map key of type: %!s(<nil>), key: <nil>".into()),
        Value::Array(_) | Value::Object(_) => Err("yaml: invalid map key".into()),
    }
}

fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&Tag>, truths: Truths) -> Result<Value, String> {
    let tag: Option<Cow<'_, str>> = tag.map(|tag| format!("{tag}").into());
    let tagged_text =
        tag.as_deref().is_some_and(|tag| tag == "!" || tag.ends_with("!str") || tag.ends_with(":str"));
    if style != ScalarStyle::Plain || tagged_text {
        return Ok(text.into());
    }
    scalar::resolve_as(text, truths).map_err(|number| format!("json: unsupported value: {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        read(text).map_or_else(|e| panic!("{text:?}: {}", e.text), |(value, _)| value)
    }

    fn refused(text: &str) -> String {
        read(text).expect_err("a fault").text
    }

    #[test]
    fn documents_become_json_as_kubectl_converts_them() {
        assert_eq!(
            value("a: yes\nb: '1'\nc: !!str 5\n1: on\ntrue: ~"),
            json!({"a": true, "b": "1", "c": "5", "1": true, "true": null})
        );
        assert_eq!(
            value("base: &b {x: 1, z: 2}\nmine:\n  <<: *b\n  z: 3\n")["mine"],
            json!({"x": 1, "z": 3})
        );
        assert_eq!(value("a: 1\na: 2\n"), json!({"a": 2}));
        assert_eq!(value("a: |\n  x\n  y\n"), json!({"a": "x\ny\n"}));
        assert_eq!(value("# nothing\n"), Value::Null);
    }

    #[test]
    fn every_part_knows_its_place() {
        let (_, places) =
            read("spec:\n  containers:\n  - name: a\n    resources:\n      limits: {memory: 1Gi}\n")
                .expect("fine");
        let at = |path: &str| places.find(path).map(|p| (p.line, p.column));
        assert_eq!(at("spec.containers[0].name"), Some((3, 5)));
        assert_eq!(at("spec.containers[0].resources.limits[memory]"), Some((5, 16)));
        assert_eq!(at("spec.containers[0].image"), Some((3, 5)));
        assert_eq!(at("spec.containers[0].ports[1].name"), Some((3, 5)));
        assert_eq!(at("status"), None);
    }

    #[test]
    fn bombs_are_defused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for i in 1..12 {
            let before = format!("*a{}", i - 1);
            let items = [before.as_str(); 10].join(",");
            bomb.extend([format!("a{i}: &a{i} [{items}]\n")]);
        }
        assert_eq!(refused(&bomb), "yaml: document contains excessive aliasing");
        assert_eq!(refused(&("[".repeat(300) + &"]".repeat(300))), TOO_DEEP);
        assert_eq!(refused("a: &x [*x]\n"), "yaml: anchor 'x' value contains itself");
        assert_eq!(refused("a: .inf\n"), "json: unsupported value: +Inf");
    }
}
