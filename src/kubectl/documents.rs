//! From the text of a manifest to its objects.

use super::complaint::Complaint;
use super::manifests::{Manifest, Read};
use super::run::Run;
use crate::kube::{Kind, Object};
use serde_json::Value;

/// Reads the documents of a text into `read`.
pub fn read(source: &str, text: &str, run: &Run, read: &mut Read) {
    for part in split(text) {
        match serde_saphyr::from_str::<Value>(&part) {
            Ok(Value::Null) => {}
            Ok(value) => objects(source, value, run, read),
            Err(error) => {
                let text = format!("error parsing {source}: error converting YAML to JSON: yaml: {error}");
                read.errors.push(Complaint::Plain(text));
                return;
            }
        }
    }
}

fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        if line.starts_with("---") {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts.retain(|part| part.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')));
    parts
}

fn objects(source: &str, value: Value, run: &Run, read: &mut Read) {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("kind").ends_with("List")
        && let Some(items) = value.get("items").and_then(Value::as_array)
    {
        for item in items {
            objects(source, item.clone(), run, read);
        }
        return;
    }
    match one(source, value, run) {
        Ok(manifest) => read.objects.push(manifest),
        Err(complaint) => read.errors.push(complaint),
    }
}

fn one(source: &str, mut value: Value, run: &Run) -> Result<Manifest, Complaint> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind_name) = (text("apiVersion"), text("kind"));
    let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, mut namespace) = (at("/metadata/name"), at("/metadata/namespace"));
    let Some(kind) = Kind::of_manifest(&version, &kind_name) else {
        return Err(Complaint::plain(format!(
            "resource mapping not found for name: {name:?} namespace: {namespace:?} from {source:?}: no matches for kind \
             {kind_name:?} in version {version:?}\nensure CRDs are installed first"
        )));
    };
    if !kind.info().namespaced {
        namespace.clear();
    } else if namespace.is_empty() {
        run.namespace.clone_into(&mut namespace);
        value["metadata"]["namespace"] = namespace.clone().into();
    } else if run.args.get("namespace").is_some_and(|n| n != namespace) {
        return Err(Complaint::plain(format!(
            "the namespace from the provided object {namespace:?} does not match the namespace {:?}. You must pass \
             '--namespace={namespace}' to perform this operation.",
            run.namespace
        )));
    }
    Ok(Manifest { source: source.to_owned(), kind, name, namespace, value })
}

/// The typed object of a value.
pub fn decode(_run: &mut Run, kind: Kind, value: &Value) -> Result<Object, Complaint> {
    Object::from_value(kind, value.clone()).map_err(|why| Complaint::Refused {
        reason: "BadRequest".to_owned(),
        doing: String::new(),
        message: format!("{} in version \"v1\" cannot be handled as a {}: {why}", kind.name(), kind.name()),
    })
}
