//! `kubectl set`: image, env, resources, serviceaccount, selector.

use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const COMMON: &[Flag] = &[
    flag("local", Takes::Switch, "change nothing on the server"),
    flag("field-manager", Takes::Text, "the name under which fields are owned"),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

const ENV_FLAGS: &[Flag] = &[
    flag("env", Takes::Texts, "a variable to set: NAME=value").short('e'),
    flag("containers", Takes::Text, "the containers, * for all")
        .short('c')
        .default("*")
        .offers(Offers::Containers),
    flag("from", Takes::Text, "a ConfigMap or Secret to take variables from"),
    flag("keys", Takes::List, "the keys to take"),
    flag("prefix", Takes::Text, "what to put before their names"),
    flag("list", Takes::Switch, "print the variables"),
    flag("resolve", Takes::Switch, "with --list: look references up"),
    flag("overwrite", Takes::Switch, "replace variables that are there").default("true"),
];

const RESOURCE_FLAGS: &[Flag] = &[
    flag("limits", Takes::Text, "limits: cpu=200m,memory=512Mi"),
    flag("requests", Takes::Text, "requests: cpu=100m,memory=256Mi"),
    flag("containers", Takes::Text, "the containers, * for all")
        .short('c')
        .default("*")
        .offers(Offers::Containers),
];

const IMAGE: Verb = Verb {
    name: "image",
    path: "kubectl set image",
    summary: "Change the images of a template or Pod.",
    usage: "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... [options]",
    examples: "# A new version\nkubectl set image deployment/web nginx=nginx:1.29",
    flags: &[COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: image,
    ..Verb::EMPTY
};

const ENV: Verb = Verb {
    name: "env",
    path: "kubectl set env",
    summary: "Change environment variables of a template.",
    usage: "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]",
    examples: "# Set one\nkubectl set env deployment/web MODE=test\n\n# Remove it\nkubectl set env deployment/web MODE-",
    flags: &[ENV_FLAGS, COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: env,
    ..Verb::EMPTY
};

const RESOURCES: Verb = Verb {
    name: "resources",
    path: "kubectl set resources",
    summary: "Change requests and limits of a template.",
    usage: "(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS] [options]",
    examples: "# Set both\nkubectl set resources deployment web --limits=cpu=200m,memory=512Mi --requests=cpu=100m,memory=256Mi",
    flags: &[RESOURCE_FLAGS, COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: resources,
    ..Verb::EMPTY
};

const SERVICE_ACCOUNT: Verb = Verb {
    name: "serviceaccount",
    aliases: &["sa"],
    path: "kubectl set serviceaccount",
    summary: "Change the service account of a template.",
    usage: "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options]",
    examples: "# Run as another account\nkubectl set serviceaccount deployment web robot",
    flags: &[COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: service_account,
    ..Verb::EMPTY
};

pub(super) const VERB: Verb = Verb {
    name: "set",
    path: "kubectl set",
    summary: "Change single fields of objects.",
    usage: "SUBCOMMAND [options]",
    verbs: &[&IMAGE, &ENV, &RESOURCES, &SERVICE_ACCOUNT],
    ..Verb::EMPTY
};

/// What one kind of change is called, and how it is applied to a Pod's spec; the error says why it cannot be.
struct Change<'a> {
    what: &'static str,
    done: &'static str,
    colon: &'static str,
    apply: &'a dyn Fn(&mut Value) -> Result<(), Complaint>,
}

/// The words before the first change, and the changes.
fn split(run: &Run) -> (Vec<String>, Vec<String>) {
    let words = &run.args.words;
    let is_change = |w: &String| w.contains('=') || (w.ends_with('-') && w.len() > 1);
    let start = words.iter().position(is_change).unwrap_or(words.len());
    (words[..start].to_vec(), words[start..].to_vec())
}

fn change(run: &mut Run, words: &[String], change: &Change) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let targets = if run.args.get("filename").is_some() {
        let manifests = super::apply::manifests(run, "set")?;
        manifests.into_iter().map(|m| select::Target::Named(m.kind, m.name)).collect()
    } else {
        select::targets(words)?
    };
    if targets.is_empty() {
        return Err(Complaint::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    let found = select::find(run, &targets)?;
    let mut errors = found.errors;
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        if let Err(complaint) = one(run, object, change) {
            errors.push(complaint);
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

/// Where the Pod's spec is in an object of a kind.
fn spec_at(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    }
}

fn one(run: &mut Run, object: &Object, change: &Change) -> Result<(), Complaint> {
    let before = object.to_value();
    let mut after = before.clone();
    let Some(spec) = after.pointer_mut(spec_at(object.kind())) else {
        return Err(Complaint::plain(format!(
            "the object is not a pod or does not have a pod template: {}",
            object.kind().name()
        )));
    };
    (change.apply)(spec)?;
    let patch = crate::kubectl::merge::three_way(object.kind(), &before, &after, &before);
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(());
    }
    let output = Output::parse(run.args.or("output", ""), run.args.get("template"), true)?;
    let patched = if run.dry_run() == DryRun::Client {
        crate::kubectl::documents::decode(run, object.kind(), &after)?
    } else {
        let write = run.write();
        let answer = run.cluster.patch(&object.key(), &Patch::Strategic(patch), Subresource::Main, &write);
        answer
            .map_err(|refusal| {
                let text = refusal.message.trim_end_matches('\n').to_owned();
                Complaint::plain(format!(
                    "failed to patch {} update to pod template{} {text}",
                    change.what, change.colon
                ))
            })?
            .object
    };
    if !output.is_table() {
        return super::apply::print(run, &output, &[patched]);
    }
    let suffix = run.dry_run().suffix();
    run.say(&format!("{} {}{suffix}", output::name(object), change.done));
    Ok(())
}

/// The containers of a spec that a `-c` pattern names, init containers last.
fn each_container(spec: &mut Value, names: &str, mut act: impl FnMut(&mut Value)) -> usize {
    let mut count = 0;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            if names == "*" || names.split(',').any(|n| n == name) {
                act(container);
                count += 1;
            }
        }
    }
    count
}

fn image(run: &mut Run) -> Result<Flow, Complaint> {
    let (words, changes) = split(run);
    if changes.is_empty() {
        return Err(Complaint::plain("at least one image update is required"));
    }
    let apply = |spec: &mut Value| {
        for text in &changes {
            let (name, image) = text.split_once('=').unwrap_or((text, ""));
            let found = each_container(spec, name, |container| container["image"] = image.into());
            if found == 0 && name != "*" {
                return Err(Complaint::plain(format!("unable to find container named {name:?}")));
            }
        }
        Ok(())
    };
    change(run, &words, &Change { what: "image", done: "image updated", colon: ":", apply: &apply })
}

fn env(run: &mut Run) -> Result<Flow, Complaint> {
    let (words, mut changes) = split(run);
    changes.extend(run.args.all("env").map(str::to_owned));
    let names = run.args.or("containers", "*").to_owned();
    if run.args.is("list") {
        return list(run, &words, &names);
    }
    let from = from(run)?;
    if changes.is_empty() && from.is_empty() {
        return Err(Complaint::plain("at least one environment variable must be provided"));
    }
    let apply = |spec: &mut Value| {
        each_container(spec, &names, |container| {
            let mut all = container["env"].as_array().cloned().unwrap_or_default();
            for variable in &from {
                all.retain(|v| v["name"] != variable["name"]);
                all.push(variable.clone());
            }
            for text in &changes {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (text.trim_end_matches('-'), None),
                };
                let at = all.iter().position(|v| v["name"] == name);
                match (value, at) {
                    (Some(value), Some(at)) => all[at] = json!({"name": name, "value": value}),
                    (Some(value), None) => all.push(json!({"name": name, "value": value})),
                    (None, _) => all.retain(|v| v["name"] != name),
                }
            }
            if let Some(fields) = container.as_object_mut() {
                fields.insert("env".to_owned(), all.into());
            }
        });
        Ok(())
    };
    change(run, &words, &Change { what: "env", done: "env updated", colon: ":", apply: &apply })
}

/// The variables of `--from`.
fn from(run: &Run) -> Result<Vec<Value>, Complaint> {
    let Some(source) = run.args.get("from") else { return Ok(Vec::new()) };
    let (kind, name) =
        source.split_once('/').ok_or_else(|| Complaint::plain("--from must be in resource/name form"))?;
    let object = run.get(select::kind(kind)?, name)?;
    let reference = if object.kind() == Kind::Secret { "secretKeyRef" } else { "configMapKeyRef" };
    let wanted: Vec<&str> = run.args.all("keys").collect();
    let prefix = run.args.or("prefix", "");
    let value = object.to_value();
    let keys = value["data"].as_object().into_iter().flat_map(serde_json::Map::keys);
    let keys = keys.filter(|k| wanted.is_empty() || wanted.contains(&k.as_str()));
    Ok(keys
        .map(|key| {
            let variable = format!("{prefix}{}", key.to_uppercase().replace(['-', '.'], "_"));
            json!({"name": variable, "valueFrom": {reference: {"key": key, "name": name}}})
        })
        .collect())
}

fn list(run: &mut Run, words: &[String], names: &str) -> Result<Flow, Complaint> {
    let targets = select::targets(words)?;
    let found = select::find(run, &targets)?;
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        let mut value = object.to_value();
        let info = object.kind().info();
        let own = object.meta().name.clone().unwrap_or_default();
        let mut text = String::new();
        if let Some(spec) = value.pointer_mut(spec_at(object.kind())) {
            each_container(spec, names, |container| {
                text.push_str(&format!(
                    "# {} {own}, container {}\n",
                    info.plural,
                    container["name"].as_str().unwrap_or_default()
                ));
                for variable in container["env"].as_array().into_iter().flatten() {
                    let name = variable["name"].as_str().unwrap_or_default();
                    match variable["value"].as_str() {
                        Some(value) => text.push_str(&format!("{name}={value}\n")),
                        None => text.push_str(&format!("# {name} from a reference\n")),
                    }
                }
            });
        }
        run.out(text);
    }
    if found.errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(found.errors)) }
}

fn resources(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    let names = run.args.or("containers", "*").to_owned();
    let parse = |text: Option<&str>| text.map(|t| super::generate::pairs(t, "resource")).transpose();
    let (limits, requests) = (parse(run.args.get("limits"))?, parse(run.args.get("requests"))?);
    if limits.is_none() && requests.is_none() {
        return Err(Complaint::plain(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let apply = |spec: &mut Value| {
        each_container(spec, &names, |container| {
            for (field, wanted) in [("limits", &limits), ("requests", &requests)] {
                for (name, amount) in wanted.iter().flat_map(|w| w.as_object().into_iter().flatten()) {
                    container["resources"][field][name] = amount.clone();
                }
            }
        });
        Ok(())
    };
    change(
        run,
        &words,
        &Change { what: "resources", done: "resource requirements updated", colon: "", apply: &apply },
    )
}

fn service_account(run: &mut Run) -> Result<Flow, Complaint> {
    let mut words = run.args.words.clone();
    let Some(name) = words.pop().filter(|_| !words.is_empty()) else {
        return Err(Complaint::plain("serviceaccount is required"));
    };
    let apply = |spec: &mut Value| {
        spec["serviceAccountName"] = name.as_str().into();
        Ok(())
    };
    change(
        run,
        &words,
        &Change { what: "serviceaccount", done: "serviceaccount updated", colon: ":", apply: &apply },
    )
}
