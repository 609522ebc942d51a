//! `kubectl set`: image, env, resources, serviceaccount, selector, subject.

mod subject;

use super::subjects::{self, Printer, Subject, Subjects};
use crate::kube::{Kind, Object, names};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::output;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const COMMON: &[Flag] = &[
    flag("local", Takes::Switch, "If true, set image will NOT contact api-server but run locally."),
    flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

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

const RESOURCE_FLAGS: &[Flag] = &[
    flag(
        "limits",
        Takes::Text,
        "The resource requirement requests for this container.  For example, 'cpu=100m,memory=256Mi'.  Note that server side components may assign requests depending on the server configuration, such as limit ranges.",
    ),
    flag(
        "requests",
        Takes::Text,
        "The resource requirement requests for this container.  For example, 'cpu=100m,memory=256Mi'.  Note that server side components may assign requests depending on the server configuration, such as limit ranges.",
    ),
    flag(
        "containers",
        Takes::Text,
        "The names of containers in the selected pod templates to change - may use wildcards",
    )
    .short('c')
    .default("*")
    .offers(Offers::Containers),
];

const IMAGE: Verb = Verb {
    name: "image",
    path: "kubectl set image",
    summary: "Update existing container image(s) of resources.",
    usage: "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]",
    examples: "# A new version\nkubectl set image deployment/web nginx=nginx:1.29",
    flags: &[COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: image,
    ..Verb::EMPTY
};

const ENV: Verb = Verb {
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

const RESOURCES: Verb = Verb {
    name: "resources",
    path: "kubectl set resources",
    summary: "Specify compute resource requirements (CPU, memory) for any resource that defines a pod template.  If a pod is successfully scheduled, it is guaranteed the amount of resource requested, but may burst up to its specified limits.",
    usage: "(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS] [options]",
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
    summary: "Update the service account of pod template resources.",
    usage: "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options]",
    examples: "# Run as another account\nkubectl set serviceaccount deployment web robot",
    flags: &[COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: service_account,
    ..Verb::EMPTY
};

const SELECTOR_VERB: Verb = Verb {
    name: "selector",
    path: "kubectl set selector",
    summary: "Change the selector of a Service.",
    usage: "(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version] [options]",
    examples: "# Lead to other Pods\nkubectl set selector service web app=other",
    flags: &[COMMON, FILES, OUTPUT, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: selector,
    ..Verb::EMPTY
};

pub(super) const VERB: Verb = Verb {
    name: "set",
    path: "kubectl set",
    summary: "Configure application resources.",
    usage: "SUBCOMMAND [options]",
    verbs: &[&ENV, &IMAGE, &RESOURCES, &SELECTOR_VERB, &SERVICE_ACCOUNT, &subject::VERB],
    ..Verb::EMPTY
};

/// What one kind of change is called, and how it is applied to a Pod's spec; the error says why it cannot be.
struct Change<'a> {
    what: &'static str,
    done: &'static str,
    colon: &'static str,
    apply: &'a dyn Fn(&Object, &mut Value) -> Result<(), Complaint>,
}

impl Change<'_> {
    /// Where what is changed stands in an object of a kind.
    fn place(&self, kind: Kind) -> &'static str {
        match (self.what, kind) {
            ("selector", _) => "/spec",
            // A Service has a spec but no Pods in it.
            (_, Kind::Pod | Kind::CronJob) => spec_at(kind),
            _ => "/spec/template/spec",
        }
    }
}

/// The words before the first change, and the changes.
fn split(run: &Run) -> (Vec<String>, Vec<String>) {
    let words = &run.args.words;
    let is_change = |w: &String| w.contains('=') || (w.ends_with('-') && w.len() > 1);
    let start = words.iter().position(is_change).unwrap_or(words.len());
    (words[..start].to_vec(), words[start..].to_vec())
}

const LOCAL: &str = "you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   \
                     '-f rsrc.yaml'\n   '--filename=rsrc.json'";

fn change(run: &mut Run, words: &[String], change: &Change) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    subjects::check_local(run, LOCAL)?;
    let found = find(run, words)?;
    let mut printer = Printer::of(run)?;
    let mut errors = found.errors;
    for subject in found.found {
        if let Err(complaint) = one(run, subject, change, &mut printer) {
            errors.push(complaint);
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

/// The objects that words or files name.
fn find(run: &mut Run, words: &[String]) -> Result<Subjects, Complaint> {
    let targets = if run.args.get("filename").is_some() { Vec::new() } else { select::targets(words)? };
    if targets.is_empty() && run.args.get("filename").is_none() {
        return Err(Complaint::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    subjects::find(run, &targets)
}

/// Where the Pod's spec is in an object of a kind.
pub(super) fn spec_at(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    }
}

fn one(run: &mut Run, subject: Subject, change: &Change, printer: &mut Printer) -> Result<(), Complaint> {
    let Subject { object, value: before } = subject;
    let mut after = before.clone();
    let Some(spec) = after.pointer_mut(change.place(object.kind())) else {
        return Err(Complaint::plain(format!(
            "{} the object is not a pod or does not have a pod template: *{}.{}",
            output::name(&object),
            object.kind().info().version,
            object.kind().name()
        )));
    };
    (change.apply)(&object, spec)?;
    let patch = crate::kubectl::merge::three_way(object.kind(), &before, &after, &before);
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(());
    }
    if subjects::stays_here(run) {
        if run.args.is("local") {
            subjects::as_typed(object.kind(), &mut after);
        }
        return printer.print(run, &object, &after, change.done);
    }
    let write = run.write();
    let answer = run.cluster.patch(&object.key(), &Patch::Strategic(patch), Subresource::Main, &write);
    let patched = answer
        .map_err(|refusal| {
            let text = refusal.message.trim_end_matches('\n').to_owned();
            Complaint::plain(format!(
                "failed to patch {} update to pod template{} {text}",
                change.what, change.colon
            ))
        })?
        .object;
    printer.print(run, &patched, &output::shown(&patched), change.done)
}

/// The containers of a spec that a `-c` pattern names, init containers last.
fn each_container(spec: &mut Value, names: &str, mut act: impl FnMut(&mut Value)) -> usize {
    let mut count = 0;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            if crate::kubectl::desk::matches_glob(names, name) {
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
    if let Some(word) = changes.iter().find(|c| !c.contains('=')) {
        return Err(Complaint::plain(format!(
            "all resources must be specified before image changes: {word}"
        )));
    }
    let apply = |_: &Object, spec: &mut Value| {
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
        return list(run, &words, &changes, &names);
    }
    let taken_over = from(run)?;
    let changes = Variables::read(run, &changes, taken_over)?;
    let overwrite = run.args.get("overwrite").is_none_or(|o| o != "false");
    let missing = std::cell::Cell::new(None);
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
        Err(Complaint::plain(format!("{}\n {}", output::name(object), taken.join("\n "))))
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
    let reference = if object.kind() == Kind::Secret { "secretKeyRef" } else { "configMapKeyRef" };
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
                text.push_str(&format!("# {} {own}, container {name}\n", kind.name()));
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

fn resources(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    let names = run.args.or("containers", "*").to_owned();
    let parse = |text: Option<&str>| text.map(super::generate::resource_list).transpose();
    let (limits, requests) = (parse(run.args.get("limits"))?, parse(run.args.get("requests"))?);
    if limits.is_none() && requests.is_none() {
        return Err(Complaint::plain(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let apply = |_: &Object, spec: &mut Value| {
        let count = each_container(spec, &names, |container| {
            for (field, wanted) in [("limits", &limits), ("requests", &requests)] {
                for (name, amount) in wanted.iter().flat_map(|w| w.as_object().into_iter().flatten()) {
                    container["resources"][field][name] = amount.clone();
                }
            }
        });
        if count == 0 {
            Err(Complaint::plain(format!("unable to find container named {names}")))
        } else {
            Ok(())
        }
    };
    change(
        run,
        &words,
        &Change { what: "resources", done: "resource requirements updated", colon: "", apply: &apply },
    )
}

fn service_account(run: &mut Run) -> Result<Flow, Complaint> {
    let mut words = run.args.words.clone();
    let named = run.args.get("filename").is_some();
    let Some(name) = words.pop().filter(|_| named || !words.is_empty()) else {
        return Err(Complaint::plain("serviceaccount is required"));
    };
    let apply = |_: &Object, spec: &mut Value| {
        spec["serviceAccountName"] = name.as_str().into();
        Ok(())
    };
    change(
        run,
        &words,
        &Change { what: "serviceaccount", done: "serviceaccount updated", colon: ":", apply: &apply },
    )
}

fn selector(run: &mut Run) -> Result<Flow, Complaint> {
    let mut words = run.args.words.clone();
    let Some(text) = words.pop() else {
        return Err(Complaint::plain("one selector is required"));
    };
    let labels: Value = super::generate::pairs(&text, "selector")?;
    let apply = |object: &Object, spec: &mut Value| {
        if object.kind() != Kind::Service {
            return Err(Complaint::plain("setting a selector is only supported for Services"));
        }
        spec["selector"] = labels.clone();
        Ok(())
    };
    change(run, &words, &Change { what: "selector", done: "selector updated", colon: ":", apply: &apply })
}
