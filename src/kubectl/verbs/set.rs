//! `kubectl set`: image, env, resources, serviceaccount, selector, subject.

mod env;
mod subject;

use super::subjects::{self, Printer, Subject, Subjects};
use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::output;
use crate::kubectl::run::{CHANGE_CAUSE, Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::Value;

const COMMON: &[Flag] = &[
    flag("local", Takes::Switch, "If true, set image will NOT contact api-server but run locally."),
    flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
    flag("record", Takes::Switch, "remember the command in an annotation"),
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
    verbs: &[&env::ENV, &IMAGE, &RESOURCES, &SELECTOR_VERB, &SERVICE_ACCOUNT, &subject::VERB],
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
    let targets = if run.args.has_files() { Vec::new() } else { select::targets(words)? };
    if targets.is_empty() && !run.args.has_files() {
        return Err(Complaint::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    let selected = ["selector", "all", "field-selector"].iter().any(|flag| run.args.get(flag).is_some());
    if !selected && targets.iter().any(|target| matches!(target, select::Target::Kind(_))) {
        return Err(Complaint::plain("resource(s) were provided, but no name was specified"));
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
            subjects::called_as(run.args.is("local"), &object),
            object.kind().info().version,
            object.kind().name()
        )));
    };
    (change.apply)(&object, spec)?;
    let mut patch = crate::kubectl::merge::two_way(object.kind(), &before, &after);
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(());
    }
    if subjects::stays_here(run) {
        if run.args.is("local") {
            subjects::as_typed(object.kind(), &mut after);
        }
        return printer.print(run, &object, &after, change.done);
    }
    if run.args.is("record") {
        patch["metadata"]["annotations"][CHANGE_CAUSE] = run.command_line().into();
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
    subjects::check_named(run, &words)?;
    if changes.is_empty() {
        subjects::check_local(run, LOCAL)?;
        // The objects are looked up before the words are judged.
        let mut errors = find(run, &words)?.errors;
        if errors.is_empty() {
            errors.push(Complaint::plain("at least one image update is required"));
        }
        return Err(Complaint::of(errors));
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

fn resources(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    subjects::check_named(run, &words)?;
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
    let named = run.args.has_files();
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
