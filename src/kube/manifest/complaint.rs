//! What is wrong with a learner's file: kubectl's exact text, and beside it what podlab adds (place, hint, chapter).

use super::Place;
use crate::kube::decode;
use crate::kube::kind::{KINDS, Kind};
use crate::kube::schema;
use serde_json::Value;

/// Who finds the fault, which decides what kubectl prints before the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// kubectl cannot read the file: `error: <text>`, and reads no further.
    Parse,
    /// kubectl cannot tell what an object is: `error: <text>`.
    Decode,
    /// The server answers 400: `Error from server (BadRequest): error when creating "f": <text>`.
    Server,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Who finds it.
    pub stage: Stage,
    /// kubectl's or the server's text, to the byte.
    pub text: String,
    /// Where the fault is in the file.
    pub place: Option<Place>,
    /// What the learner probably meant.
    pub suggestion: Option<String>,
    /// The slug of the chapter that explains it, empty if none does.
    pub chapter: &'static str,
}

/// The chapter on manifests.
const CHAPTER: &str = "manifest";

impl Complaint {
    /// A fault without a place.
    pub fn new(stage: Stage, text: impl Into<String>) -> Complaint {
        Complaint { stage, text: text.into(), place: None, suggestion: None, chapter: CHAPTER }
    }

    /// The same fault at a place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Complaint {
        self.place = place;
        self
    }

    /// The same fault with what was probably meant.
    #[must_use]
    pub fn suggesting(mut self, suggestion: Option<String>) -> Complaint {
        self.suggestion = suggestion;
        self
    }

    pub(super) fn parse_yaml(source: &str, fault: &str) -> Complaint {
        // kubectl cannot split the file at all: then nothing was converted.
        let converting =
            if fault.starts_with("invalid Yaml") { "" } else { "error converting YAML to JSON: " };
        Complaint::new(Stage::Parse, format!("error parsing {source}: {converting}{fault}"))
    }

    pub(super) fn parse_json(source: &str, fault: &str) -> Complaint {
        Complaint::new(Stage::Parse, format!("error parsing {source}: {fault}"))
    }

    pub(super) fn validation(source: &str, fault: &str) -> Complaint {
        let text = format!(
            "error validating \"{source}\": error validating data: {fault}; if you choose to ignore these errors, turn validation off with --validate=false"
        );
        Complaint::new(Stage::Decode, text)
    }

    pub(super) fn lower_case_kind(kind: Kind, name: &str, version: &str) -> Complaint {
        let text = format!(
            "{name} in version \"{version}\" cannot be handled as a {}: no kind \"{name}\" is registered for version \"{version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
            kind.name()
        );
        Complaint::new(Stage::Server, text).suggesting(Some(kind.name().into()))
    }

    pub(super) fn no_mapping(value: &Value, kind: &str, version: &str, source: &str) -> Complaint {
        let meta = |key: &str| value["metadata"][key].as_str().unwrap_or_default();
        let text = format!(
            "resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{source}\": no matches for kind \"{kind}\" in version \"{version}\"\nensure CRDs are installed first",
            meta("name"),
            meta("namespace"),
        );
        let right_version = KINDS.iter().find(|info| info.name == kind).map(|info| info.kind.api_version());
        let suggestion = match right_version {
            Some(version) => Some(format!("apiVersion: {version}")),
            None => schema::suggest_kind(kind).map(|name| format!("kind: {name}")),
        };
        Complaint::new(Stage::Decode, text).suggesting(suggestion)
    }
}

/// The field probably meant by the unknown one at `path`: one with nearly its name, or the level where a field of that name exists.
pub(super) fn suggest_field(kind: Kind, path: &str) -> Option<String> {
    let names: Vec<&str> = path.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect();
    let (last, above) = names.split_last()?;
    let holder = schema::lookup(kind, above.iter().copied()).ok()?.inside()?;
    if let Some(near) = holder.suggest(last) {
        return Some(near.into());
    }
    // A field at the wrong level: one level down, or further up.
    for field in &holder.fields {
        if let (_, Some(inner)) = field.shape.innermost()
            && inner.field(last).is_some()
            && field.name != "ephemeralContainers"
        {
            let brackets = if field.shape.explained().starts_with("[]") { "[]" } else { "" };
            return Some(format!("{}{brackets}.{last}", field.name));
        }
    }
    for depth in (0..above.len()).rev() {
        let outer = schema::lookup(kind, above[..depth].iter().copied()).ok()?.inside()?;
        if outer.field(last).is_some() {
            let mut at = above[..depth].join(".");
            at += if at.is_empty() { "" } else { "." };
            return Some(at + last);
        }
    }
    None
}

/// Go's words for what `serde_json` found wrong.
pub(super) fn json_fault(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected EOF".into();
    }
    let offset = offset_of(text, error.line(), error.column());
    let found = text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
    let why = match error.to_string() {
        e if e.starts_with("trailing comma") || e.starts_with("key must be") => {
            "looking for beginning of object key string"
        }
        e if e.starts_with("expected `:`") => "after object key",
        e if e.starts_with("expected `,` or `}`") => "after object key:value pair",
        e if e.starts_with("expected `,` or `]`") => "after array element",
        _ => "looking for beginning of value",
    };
    format!("json: offset {}: invalid character '{found}' {why}", offset + 1)
}

/// The byte at a line and column, both from 1.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

/// The complaint about fields that do not exist, for callers that decode by themselves.
impl From<decode::Fault> for Complaint {
    fn from(fault: decode::Fault) -> Complaint {
        Complaint::new(Stage::Server, fault.text)
    }
}
