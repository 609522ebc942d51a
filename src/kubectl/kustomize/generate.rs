//! `configMapGenerator` and `secretGenerator`: objects made from literals and files.

use super::file::{Generator, Kustomization, Options};
use super::resource::{Resource, Set};
use super::{join, missing};
use crate::kubectl::base64;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::Desk;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Makes everything that a kustomization generates.
pub(super) fn all(
    desk: &Desk,
    folder: &str,
    kustomization: &Kustomization,
    set: &mut Set,
) -> Result<(), Complaint> {
    let maps = kustomization.config_map_generator.iter().map(|generator| (generator, "ConfigMap"));
    let secrets = kustomization.secret_generator.iter().map(|generator| (generator, "Secret"));
    for (generator, kind) in maps.chain(secrets) {
        let options = merged(&kustomization.generator_options, &generator.options);
        let mut made =
            Resource::new(object(desk, folder, generator, kind, &options).map_err(Complaint::Plain)?);
        made.hashed = !options.disable_name_suffix_hash;
        settle(set, made, &generator.behavior).map_err(Complaint::Plain)?;
    }
    Ok(())
}

/// The options of one generator on top of those for all.
fn merged(all: &Options, own: &Options) -> Options {
    let joined = |all: &BTreeMap<String, String>, own: &BTreeMap<String, String>| {
        all.iter().chain(own).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    Options {
        labels: joined(&all.labels, &own.labels),
        annotations: joined(&all.annotations, &own.annotations),
        disable_name_suffix_hash: all.disable_name_suffix_hash || own.disable_name_suffix_hash,
        immutable: all.immutable || own.immutable,
    }
}

fn object(
    desk: &Desk,
    folder: &str,
    generator: &Generator,
    kind: &str,
    options: &Options,
) -> Result<Value, String> {
    let word = kind.to_lowercase();
    if generator.name.is_empty() {
        return Err(format!("a {word} must have a name"));
    }
    let mut value = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": generator.name}});
    if !generator.namespace.is_empty() {
        value["metadata"]["namespace"] = generator.namespace.clone().into();
    }
    for (field, texts) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        if !texts.is_empty() {
            value["metadata"][field] = json!(texts);
        }
    }
    if options.immutable {
        value["immutable"] = true.into();
    }
    if kind == "Secret" {
        value["type"] = if generator.kind.is_empty() { "Opaque" } else { &generator.kind }.into();
    }
    for (key, bytes) in pairs(desk, folder, generator)? {
        let text = String::from_utf8(bytes);
        let (field, text) = match text {
            Ok(text) if kind == "ConfigMap" => ("data", text),
            Ok(text) => ("data", lines(&base64::encode(text.as_bytes()))),
            Err(other) => (
                if kind == "Secret" { "data" } else { "binaryData" },
                lines(&base64::encode(other.as_bytes())),
            ),
        };
        let fields =
            value.as_object_mut().map(|fields| fields.entry(field).or_insert_with(|| Map::new().into()));
        if let Some(Value::Object(data)) = fields
            && data.insert(key.clone(), text.into()).is_some()
        {
            return Err(format!("{word} {} illegally repeats the key `{key}`", generator.name));
        }
    }
    Ok(value)
}

/// Base 64 in lines of seventy letters, if it is longer than one.
fn lines(text: &str) -> String {
    const WIDTH: usize = 70;
    if text.len() <= WIDTH {
        return text.to_owned();
    }
    let parts = text.as_bytes().chunks(WIDTH).map(|part| String::from_utf8_lossy(part).into_owned() + "\n");
    parts.collect()
}

/// Keys and values in the order environment files, literals, files.
fn pairs(desk: &Desk, folder: &str, generator: &Generator) -> Result<Vec<(String, Vec<u8>)>, String> {
    let read = |path: &str| {
        let place = join(folder, path);
        desk.bytes(&place).map(<[u8]>::to_vec).ok_or_else(|| missing(&desk.absolute(&place)))
    };
    let mut found = Vec::new();
    let envs: Vec<&String> =
        generator.envs.iter().chain(Some(&generator.env).filter(|path| !path.is_empty())).collect();
    for path in &envs {
        let bytes = read(path)
            .map_err(|why| format!("loading KV pairs: env source files: {}: {why}", list(&envs)))?;
        found.extend(env_lines(&String::from_utf8_lossy(&bytes)));
    }
    for literal in &generator.literals {
        let (key, value) = literal.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            let all = list(&generator.literals.iter().collect::<Vec<_>>());
            format!("loading KV pairs: literal sources {all}: invalid literal source {literal}, expected key=value")
        })?;
        found.push((key.to_owned(), unquoted(value).as_bytes().to_vec()));
    }
    for source in &generator.files {
        let faulty = |why: String| {
            format!(
                "loading KV pairs: file sources: {}: {why}",
                list(&generator.files.iter().collect::<Vec<_>>())
            )
        };
        let (key, path) = match source.split('=').collect::<Vec<_>>().as_slice() {
            [path] => (path.rsplit('/').next().unwrap_or_default(), *path),
            ["", path] => {
                return Err(faulty(format!(
                    "missing key name for file path \"{path}\" in source \"{source}\""
                )));
            }
            [key, ""] => {
                return Err(faulty(format!(
                    "missing file path for key name \"{key}\" in source \"{source}\""
                )));
            }
            [key, path] => (*key, *path),
            _ => return Err(faulty(format!("source {source:?} key name or file path contains '='"))),
        };
        found.push((key.to_owned(), read(path).map_err(faulty)?));
    }
    Ok(found)
}

fn list(all: &[&String]) -> String {
    format!("[{}]", all.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" "))
}

/// A literal's value without a pair of quotes around it.
fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

/// Lines of `KEY=value`; a key alone takes its value from the environment, which is empty here.
fn env_lines(text: &str) -> Vec<(String, Vec<u8>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.to_owned(), value.as_bytes().to_vec())
    };
    lines.map(pair).collect()
}

/// Adds what was made, or puts it into what is there, as its behaviour says.
fn settle(set: &mut Set, made: Resource, behavior: &str) -> Result<(), String> {
    let id = made.id();
    let there = set.known_as(&id);
    let faulty = |what: &str| format!("merging from generator {}: id {id} {what}", made.name());
    match (behavior, there.as_slice()) {
        ("merge" | "replace", []) => Err(faulty("does not exist; cannot merge or replace")),
        ("merge" | "replace", [i, ..]) => {
            combine(&mut set.resources[*i], made, behavior == "merge");
            Ok(())
        }
        (_, []) => set.add(made),
        _ => Err(faulty("exists; behavior must be merge or replace")),
    }
}

/// Puts made data into an object, beside or instead of what it has.
fn combine(resource: &mut Resource, made: Resource, keeps: bool) {
    let Value::Object(fields) = made.value else { return };
    resource.hashed |= made.hashed;
    let mut data = 0;
    for (name, value) in fields {
        match name.as_str() {
            "data" | "binaryData" if keeps => {
                data += 1;
                crate::sim::api::patch::merge(&mut resource.value, &json!({ name: value }));
            }
            "data" | "binaryData" => {
                data += 1;
                resource.value[name] = value;
            }
            "metadata" => {
                for field in ["labels", "annotations"] {
                    if let Some(texts) = value.get(field) {
                        crate::sim::api::patch::merge(
                            &mut resource.value["metadata"],
                            &json!({ field: texts }),
                        );
                    }
                }
            }
            "type" | "immutable" => resource.value[name] = value,
            _ => {}
        }
    }
    if data == 0 && !keeps {
        resource.value["data"] = Value::Object(Map::new());
    }
}
