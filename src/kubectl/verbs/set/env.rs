//! `kubectl set env`: variables to set, to remove, to take from a `ConfigMap` or Secret, or to list..

use std::fmt::Write as _;

use super::{COMMON, Change, LOCAL, change, each_container, find, spec_at, split};
use crate::kube::{Kind, Object, names};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::kubectl::verbs::subjects;
use serde_json::{Value, json};

const ENV_FLAGS: &[Flag] = &[
    flag("env", Takes::Texts, "Specify a key-value pair for an environment variable to set into each container.").short('e'),
    flag("containers", Takes::Text, "The names of containers in the selected pod templates to change - may use wildcards")
        .short('c')
        .default("*")
        .offers(Offers::Containers),
    flag("from", Takes::Text, "The name of a resource from which to inject environment variables"),
    flag("keys", Takes::List, "Comma-separated list of keys to import from specified resource"),
    flag("prefix", Takes::Text, "Prefix to append to variable names"),
    flag("list", Takes::Switch, "If true, display the environment and any changes in the standard format. this flag will removed when we have kubectl view env."),
    flag("resolve", Takes::Switch, "If true, show secret or configmap references when listing variables"),
    flag("overwrite", Takes::Switch, "If true, allow environment to be overwritten, otherwise reject updates that overwrite existing environment.").default("true"),
];

pub(super) const ENV: Verb = Verb {
    name: "env",
    path: "kubectl set env",
    summary: "Update environment variables on a pod template.",
    usage: "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]",
    examples: "# Set one\nkubectl set env deployment/web MODE=test\n\n# Remove it\nkubectl set env deployment/web MODE-",
    flags: &[ENV_FLAGS, COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: env,
    ..Verb::EMPTY
};

fn env(run: &mut Run) -> Result<Flow, Complaint> {
    let (words, mut changes) = split(run);
    changes.extend(run.args.all("env").map(str::to_owned));
    let names = run.args.or("containers", "*").to_owned();
    if run.args.is("list") {
        return list(run, &words, &changes, &names);
    }
    let taken_over = from(run)?;
    let changes = Variables::read(run, &changes, taken_over)?;
    let overwrite = run.args.get("overwrite").is_none_or(|o| o != "false");
    let missing = std::cell::Cell::new(None);
    let local = run.args.is("local");
    let apply = |object: &Object, spec: &mut Value| {
        let mut taken = Vec::new();
        let count = each_container(spec, &names, |container| changes.apply(container, overwrite, &mut taken));
        if count == 0 {
            let name = object.meta().name.clone().unwrap_or_default();
            missing.set(Some(format!("{}/{name}", object.kind().name())));
        }
        if taken.is_empty() {
            return Ok(());
        }
        // Without a server the name is printed as objects are, with a line end.
        let end = if local { "\n" } else { "" };
        Err(Complaint::plain(format!("{}{end} {}", subjects::called_as(local, object), taken.join("\n "))))
    };
    let done = change(run, &words, &Change { what: "env", done: "env updated", colon: ":", apply: &apply });
    if let Some(object) = missing.take() {
        run.warn(&format!("Warning: {object} does not have any containers matching {names:?}"));
    }
    done
}

/// Environment variables to set and to remove.
struct Variables {
    set: Vec<Value>,
    remove: Vec<String>,
}

impl Variables {
    /// Those that the words name, after those of `--from`.
    fn read(run: &Run, words: &[String], from: Vec<Value>) -> Result<Variables, Complaint> {
        if run.args.is("list") && run.args.get("output").is_some() {
            return Err(Complaint::plain("--list and --output may not be specified together"));
        }
        let mut variables = Variables { set: from, remove: Vec::new() };
        for word in words {
            let Some((name, value)) = word.split_once('=') else {
                variables.remove.push(word.trim_end_matches('-').to_owned());
                continue;
            };
            let faults = names::strict_env_name_errors(name);
            if !faults.is_empty() {
                return Err(Complaint::Plain(format!(
                    "{name:?} is not a valid key name: {}",
                    faults.join(";")
                )));
            }
            variables.set.push(json!({"name": name, "value": value}));
        }
        let both =
            variables.set.iter().any(|v| variables.remove.iter().any(|name| v["name"] == name.as_str()));
        if both {
            return Err(Complaint::plain(
                "can not both modify and remove the same environment variable in the same command",
            ));
        }
        Ok(variables)
    }

    /// Sets and removes them in a container; `taken` gets those that are there and may not be replaced.
    fn apply(&self, container: &mut Value, overwrite: bool, taken: &mut Vec<String>) {
        let mut all = container["env"].as_array().cloned().unwrap_or_default();
        for variable in &self.set {
            match all.iter_mut().find(|v| v["name"] == variable["name"]) {
                Some(old) if !overwrite => {
                    let (name, value) = (old["name"].as_str(), old["value"].as_str());
                    taken.push(format!(
                        "'{}' already has a value ({}), and --overwrite is false",
                        name.unwrap_or_default(),
                        value.unwrap_or_default()
                    ));
                }
                Some(old) => variable.clone_into(old),
                None => all.push(variable.clone()),
            }
        }
        all.retain(|v| !self.remove.iter().any(|name| v["name"] == name.as_str()));
        let Some(fields) = container.as_object_mut() else { return };
        if all.is_empty() {
            fields.remove("env");
        } else {
            fields.insert("env".to_owned(), all.into());
        }
    }
}

/// The variables of `--from`.
fn from(run: &mut Run) -> Result<Vec<Value>, Complaint> {
    let Some(source) = run.args.get("from") else { return Ok(Vec::new()) };
    let (kind, name) =
        source.split_once('/').ok_or_else(|| Complaint::plain("--from must be in resource/name form"))?;
    let object = run.get(select::kind(kind)?, name)?;
    let reference = match object.kind() {
        Kind::Secret => "secretKeyRef",
        Kind::ConfigMap => "configMapKeyRef",
        _ => return Err(Complaint::plain("unsupported resource specified in --from")),
    };
    let wanted: Vec<&str> = run.args.all("keys").flat_map(|keys| keys.split(',')).collect();
    let prefix = run.args.or("prefix", "");
    let value = object.to_value();
    let keys = value["data"].as_object().into_iter().flat_map(serde_json::Map::keys);
    let mut found = Vec::new();
    for key in keys.filter(|k| wanted.is_empty() || wanted.contains(&k.as_str())) {
        let bare = key.to_uppercase().replace(['-', '.'], "_");
        if bare != *key {
            run.warn(&format!("Warning: key {key} transferred to {bare}"));
        }
        let variable = format!("{prefix}{bare}");
        found.push(json!({"name": variable, "valueFrom": {reference: {"key": key, "name": name}}}));
    }
    Ok(found)
}

/// `--list`: the variables of each container, with those the command would set.
fn list(run: &mut Run, words: &[String], changes: &[String], names: &str) -> Result<Flow, Complaint> {
    subjects::check_local(run, LOCAL)?;
    let changes = Variables::read(run, changes, Vec::new())?;
    let found = find(run, words)?;
    for mut subject in found.found {
        let kind = subject.object.kind();
        let own = subject.object.meta().name.clone().unwrap_or_default();
        let mut text = String::new();
        if let Some(spec) = subject.value.pointer_mut(spec_at(kind)) {
            each_container(spec, names, |container| {
                changes.apply(container, true, &mut Vec::new());
                let name = container["name"].as_str().unwrap_or_default();
                let _ = writeln!(text, "# {} {own}, container {name}", kind.name());
                for variable in container["env"].as_array().into_iter().flatten() {
                    let value = if run.args.is("resolve") { resolved(run, variable) } else { None };
                    let name = variable["name"].as_str().unwrap_or_default();
                    text.push_str(
                        &value.map_or_else(|| listed(variable), |value| format!("{name}={value}\n")),
                    );
                }
            });
        }
        run.out(text);
    }
    if found.errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(found.errors)) }
}

/// The value of a variable that comes from a `ConfigMap` or Secret that is there.
fn resolved(run: &Run, variable: &Value) -> Option<String> {
    let at = |pointer: &str| variable.pointer(pointer).and_then(Value::as_str);
    let (kind, place) = match variable.pointer("/valueFrom/secretKeyRef") {
        Some(_) => (Kind::Secret, "/valueFrom/secretKeyRef"),
        None => (Kind::ConfigMap, "/valueFrom/configMapKeyRef"),
    };
    let object = run.get(kind, at(&format!("{place}/name"))?).ok()?.to_value();
    let value = &object["data"][at(&format!("{place}/key"))?];
    match kind {
        Kind::Secret => Some(crate::kubectl::base64::decode_text(Some(value))),
        _ => value.as_str().map(str::to_owned),
    }
}

/// One variable as `--list` shows it (`set/env/env_resolve.go`).
fn listed(variable: &Value) -> String {
    let name = variable["name"].as_str().unwrap_or_default();
    let at = |pointer: &str| variable.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let source = variable["valueFrom"].as_object().and_then(|from| from.keys().next()).map(String::as_str);
    let from = match source {
        None => return format!("{name}={}\n", at("/value")),
        Some("configMapKeyRef") => {
            format!(
                "configmap {}, key {}",
                at("/valueFrom/configMapKeyRef/name"),
                at("/valueFrom/configMapKeyRef/key")
            )
        }
        Some("secretKeyRef") => {
            format!(
                "secret {}, key {}",
                at("/valueFrom/secretKeyRef/name"),
                at("/valueFrom/secretKeyRef/key")
            )
        }
        Some("fieldRef") => format!("field path {}", at("/valueFrom/fieldRef/fieldPath")),
        Some(_) => {
            let container = at("/valueFrom/resourceFieldRef/containerName");
            let place = if container.is_empty() { String::new() } else { format!("{container}/") };
            format!("resource field {place}{}", at("/valueFrom/resourceFieldRef/resource"))
        }
    };
    format!("# {name} from {from}\n")
}
