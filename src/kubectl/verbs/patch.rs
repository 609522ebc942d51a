//! `kubectl patch`.

use super::subjects::{self, Printer, Subject};
use crate::kube::{Kind, Object, manifest};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::Desk;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{Flow, Run, refused};
use crate::kubectl::select::{self, Target};
use crate::kubectl::subresource;
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, Verb, Words};
use crate::sim::api::{Patch, Refusal, patch};
use serde_json::Value;

const FLAGS: &[Flag] = &[
    flag("patch", Takes::Text, "The patch to be applied to the resource JSON file.").short('p'),
    flag("patch-file", Takes::Text, "A file containing a patch to be applied to the resource.")
        .offers(Offers::Files),
    flag("type", Takes::Text, "The type of patch being provided; one of [json merge strategic]")
        .default("strategic")
        .offers(Offers::Words(&["json", "merge", "strategic"])),
    flag(
        "local",
        Takes::Switch,
        "If true, patch will operate on the content of the file, not the server-side resource.",
    ),
    flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

pub(super) const VERB: Verb = Verb {
    name: "patch",
    path: "kubectl patch",
    summary: "Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.",
    usage: "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]",
    examples: "# Cordon a node\nkubectl patch node worker-1 -p '{\"spec\":{\"unschedulable\":true}}'\n\n# Remove a finalizer\n\
               kubectl patch pod web --type=merge -p '{\"metadata\":{\"finalizers\":null}}'",
    flags: &[FLAGS, subresource::FLAG, FILES, OUTPUT, DRY_RUN],
    words: Words::Objects,
    run: patch,
    ..Verb::EMPTY
};

fn patch(run: &mut Run) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let kind = run.args.or("type", "strategic");
    if !["json", "merge", "strategic"].contains(&kind) {
        return Err(Complaint::plain(format!("--type must be one of [json merge strategic], not {kind:?}")));
    }
    let patch = read(run.args.get("patch"), run.args.get("patch-file"), run.desk)?;
    let change = match kind {
        "json" => Patch::Json(patch),
        "merge" => Patch::Merge(patch),
        _ => Patch::Strategic(patch),
    };
    if run.args.is("local") {
        check_shape(&change)?;
    }
    let mut printer = Printer::of(run)?;
    subjects::check_local(run, "cannot specify --local and server resources")?;
    let targets = if run.args.has_files() { Vec::new() } else { named(run)? };
    let found = subjects::find(run, &targets)?;
    let mut errors = found.errors;
    for subject in found.found {
        if let Err(complaint) = one(run, &subject, &change, &mut printer) {
            errors.push(complaint);
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

fn one(run: &mut Run, subject: &Subject, change: &Patch, printer: &mut Printer) -> Result<(), Complaint> {
    let (object, value) = if subjects::stays_here(run) {
        let mut value = subject.value.clone();
        apply(subject.object.kind(), &mut value, change)?;
        (subject.object.clone(), value)
    } else {
        let sub = subresource::of(run, subject.object.kind())?;
        let write = run.write();
        let answer = run.cluster.patch(&subject.object.key(), change, sub, &write);
        let object = run.accepted(answer)?;
        run.record(&object.key());
        let value = output::shown(&object);
        (object, value)
    };
    if run.args.get("subresource") == Some("scale") && !subjects::stays_here(run) {
        return print_scale(run, &object);
    }
    let note = if value == subject.value { " (no change)" } else { "" };
    printer.print(run, &object, &value, &format!("patched{note}"))
}

/// Prints a workload that was scaled by a patch.
fn print_scale(run: &mut Run, object: &Object) -> Result<(), Complaint> {
    let name = format!("scale.autoscaling/{}", object.meta().name.as_deref().unwrap_or_default());
    match Output::of(run.args)? {
        Output::Table | Output::Wide => run.say(&format!("{name} patched{}", run.dry_run().suffix())),
        Output::Name => run.say(&name),
        form => {
            let text = form.print(&subresource::scale(object))?;
            run.out(text);
        }
    }
    Ok(())
}

/// What the libraries say of a patch that is no object; the server has other words for it.
fn check_shape(change: &Patch) -> Result<(), Complaint> {
    match change {
        Patch::Strategic(patch) if !patch.is_object() => Err(Complaint::plain("invalid JSON document")),
        Patch::Merge(patch) if !patch.is_object() => Err(Complaint::plain("Invalid JSON Patch")),
        _ => Ok(()),
    }
}

/// What the patch makes of an object that is not sent; the refusals are those of the libraries, without the server's words around
/// them.
fn apply(kind: Kind, value: &mut Value, change: &Patch) -> Result<(), Complaint> {
    let done = match change {
        Patch::Json(patch) => patch::json(value, patch),
        Patch::Strategic(patch) => patch::strategic(kind, value, patch),
        Patch::Merge(patch) => {
            patch::merge(value, patch);
            Ok(())
        }
    };
    done.map_err(|refusal| {
        let cause = refusal.causes.first().map(|cause| cause.message.clone());
        let text = cause.unwrap_or(refusal.message);
        Complaint::Plain(text.trim_start_matches("error decoding patch: ").to_owned())
    })
}

fn read(patch: Option<&str>, file: Option<&str>, desk: &Desk) -> Result<Value, Complaint> {
    if patch.is_some_and(|p| !p.is_empty()) && file.is_some() {
        return Err(Complaint::plain("cannot specify --patch and --patch-file together"));
    }
    let missing = "must specify --patch or --patch-file containing the contents of the patch";
    let text = match (patch, file) {
        (Some(text), _) if !text.is_empty() => text.to_owned(),
        (_, Some(path)) => desk.read(path).ok_or_else(|| {
            Complaint::plain(format!("unable to read patch file: open {path}: no such file or directory"))
        })?,
        _ => return Err(Complaint::plain(missing)),
    };
    if text.starts_with('{')
        && let Some(fault) = manifest::json_fault(&text)
    {
        return Err(refused(Refusal::bad_request(fault)));
    }
    let parsed = serde_json::from_str(&text).ok().or_else(|| serde_saphyr::from_str::<Value>(&text).ok());
    parsed.ok_or_else(|| {
        Complaint::plain(format!("unable to parse {text:?}: yaml: did not find expected node content"))
    })
}

/// Objects that were named, one by one or by kind and name.
pub(super) fn named(run: &mut Run) -> Result<Vec<Target>, Complaint> {
    if run.args.has_files() {
        let manifests = super::apply::manifests(run, run.verb.name)?;
        return Ok(manifests.iter().map(|m| Target::Stored(m.key())).collect());
    }
    let targets = select::targets(&run.args.words)?;
    let selected =
        run.args.get("selector").is_some() || run.args.is("all") || run.args.get("field-selector").is_some();
    if targets.is_empty() {
        return Err(Complaint::nothing_named());
    }
    if !selected && targets.iter().any(|t| matches!(t, Target::Kind(_))) {
        return Err(Complaint::plain("resource(s) were provided, but no name was specified"));
    }
    Ok(targets)
}
