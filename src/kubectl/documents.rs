//! From the text of a manifest to its objects.

use super::complaint::Complaint;
use super::manifests::{Manifest, Read};
use super::run::Run;
use crate::kube::decode::{self, Decoded};
use crate::kube::manifest::{self, Document, Stage};
use crate::kube::{Kind, Object};
use serde_json::Value;

/// Reads the documents of a text into `read`.
pub fn read(source: &str, text: &str, run: &Run, read: &mut Read) {
    place_all(source, manifest::parse(text, source), run, read);
}

/// Reads objects that a kustomization came to into `read`.
pub fn built(source: &str, objects: Vec<Value>, run: &Run, read: &mut Read) {
    let documents = objects.into_iter().flat_map(|value| manifest::of_value(value, source));
    place_all(source, documents.collect(), run, read);
}

fn place_all(
    source: &str,
    documents: Vec<Result<Document, manifest::Complaint>>,
    run: &Run,
    read: &mut Read,
) {
    for document in documents {
        match document.map_err(|fault| said(source, fault)).and_then(|document| place(source, document, run))
        {
            Ok(manifest) => read.objects.push(manifest),
            Err(complaint) => read.errors.push(complaint),
        }
    }
}

/// A fault of a file, printed as kubectl prints what it or the server finds.
fn said(source: &str, fault: manifest::Complaint) -> Complaint {
    match fault.stage {
        Stage::Parse | Stage::Decode => Complaint::Plain(fault.text),
        Stage::Server => Complaint::Refused {
            reason: "BadRequest".to_owned(),
            doing: format!("error when creating {source:?}: "),
            message: fault.text,
        },
    }
}

/// The document with the namespace it is for.
fn place(source: &str, document: Document, run: &Run) -> Result<Manifest, Complaint> {
    let Document { kind, mut value, .. } = document;
    let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut filled = false;
    let (name, mut namespace) = (at("/metadata/name"), at("/metadata/namespace"));
    if !kind.info().namespaced {
        namespace.clear();
    } else if namespace.is_empty() {
        run.namespace.clone_into(&mut namespace);
        fill_in(&mut value, &namespace);
        filled = true;
    } else if run.args.get("namespace").is_some_and(|n| n != namespace) {
        return Err(Complaint::plain(format!(
            "the namespace from the provided object {namespace:?} does not match the namespace {:?}. You must pass \
             '--namespace={namespace}' to perform this operation.",
            run.namespace
        )));
    }
    Ok(Manifest { source: source.to_owned(), kind, name, namespace, value, filled })
}

/// Sets the namespace, whether there is metadata yet or not.
fn fill_in(value: &mut Value, namespace: &str) {
    let Value::Object(map) = value else { return };
    let metadata = map.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if metadata.is_null() {
        *metadata = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(metadata) = metadata {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
}

/// The typed object of a value, judged as `--validate` says: unknown fields are errors, warnings, or nothing.
pub fn decode(run: &mut Run, kind: Kind, value: &Value) -> Result<Object, Complaint> {
    let Decoded { object, unknown } = decode::decode(kind, value);
    let refused = |message: String| Complaint::Refused {
        reason: "BadRequest".to_owned(),
        doing: String::new(),
        message,
    };
    let object = object.map_err(|fault| refused(decode::cannot_be_handled(kind, &fault.text)))?;
    match run.args.get("validate").unwrap_or("strict") {
        "ignore" | "false" => {}
        "warn" => {
            for path in &unknown {
                run.warn(&format!("Warning: unknown field \"{path}\""));
            }
        }
        _ if !unknown.is_empty() => {
            let fault = format!("strict decoding error: {}", decode::list_of_unknown(&unknown));
            return Err(refused(decode::cannot_be_handled(kind, &fault)));
        }
        _ => {}
    }
    Ok(object)
}

/// The object of a value as kubectl itself sees it, which looks at kind and metadata and leaves the rest to the server.
pub fn sketch(kind: Kind, value: &Value) -> Result<Object, Complaint> {
    let whole = decode::decode(kind, value).object;
    let bare = || {
        let fields = ["apiVersion", "kind", "metadata"].map(|field| (field.to_owned(), value[field].clone()));
        decode::decode(kind, &Value::Object(fields.into_iter().collect())).object
    };
    whole.or_else(|_| bare()).map_err(|fault| Complaint::Plain(fault.text))
}
