//! `kubectl apply view-last-applied` and `set-last-applied`: the annotation in which kubectl remembers what was applied.

use super::{LAST_APPLIED, annotated};
use crate::kube::Object;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::manifests;
use crate::kubectl::output;
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::kubectl::yaml;
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const ALL: &[Flag] =
    &[flag("all", Takes::Switch, "Select all resources in the namespace of the specified resource types")];
const CREATE: &[Flag] = &[flag(
    "create-annotation",
    Takes::Switch,
    "Will create 'last-applied-configuration' annotations if current objects doesn't have one",
)];

pub(super) const VIEW: Verb = Verb {
    name: "view-last-applied",
    path: "kubectl apply view-last-applied",
    summary: "View the latest last-applied-configuration annotations by type/name or file.",
    usage: "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]",
    examples: "# What was applied last\nkubectl apply view-last-applied deployment/web\n\n# The same as JSON\n\
               kubectl apply view-last-applied -f web.yaml -o json",
    flags: &[ALL, FILES, OUTPUT, SELECTOR],
    words: Words::Objects,
    run: view,
    ..Verb::EMPTY
};

pub(super) const SET: Verb = Verb {
    name: "set-last-applied",
    path: "kubectl apply set-last-applied",
    summary: "Set the latest last-applied-configuration annotations by setting it to match the contents of a file.",
    usage: "-f FILENAME [options]",
    examples: "# Remember a file as what was applied\nkubectl apply set-last-applied -f web.yaml --create-annotation",
    flags: &[CREATE, FILES, OUTPUT, DRY_RUN],
    run: set,
    ..Verb::EMPTY
};

fn remembered(object: &Object) -> Option<&str> {
    object.meta().annotations.as_ref()?.get(LAST_APPLIED).map(String::as_str)
}

/// JSON indented by two, as this verb alone prints it.
fn two_blanks(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn view(run: &mut Run) -> Result<Flow, Complaint> {
    let form = run.args.or("output", "yaml").to_owned();
    if !["yaml", "json", ""].contains(&form.as_str()) {
        return Err(Complaint::Usage(
            format!("Unexpected -o output mode: {form}, the flag 'output' must be one of yaml|json"),
            run.verb.path,
        ));
    }
    let found = crate::kubectl::verbs::objects(run)?;
    if !found.errors.is_empty() {
        return Err(Complaint::of(found.errors));
    }
    for object in found.objects() {
        let text = remembered(object).ok_or_else(|| {
            let name = object.meta().name.as_deref().unwrap_or_default();
            Complaint::plain(format!("no last-applied-configuration annotation found on resource: {name}"))
        })?;
        let value: Value = serde_json::from_str(text)
            .map_err(|why| Complaint::plain(format!("error converting YAML to JSON: {why}")))?;
        run.out(if form == "json" { two_blanks(&value) } else { yaml::to_string(&value) });
    }
    Ok(Flow::Done)
}

fn set(run: &mut Run) -> Result<Flow, Complaint> {
    super::check_files(run)?;
    let read = manifests::read(run)?;
    if !read.errors.is_empty() {
        return Err(Complaint::of(read.errors));
    }
    for manifest in &read.objects {
        let key = manifest.key();
        let current = run.get(manifest.kind, &manifest.name)?;
        let before = remembered(&current).map(str::to_owned);
        if before.is_none() && !run.args.is("create-annotation") {
            return Err(Complaint::plain(format!(
                "no last-applied-configuration annotation found on resource: {}, to create the annotation, run the command with \
                 --create-annotation",
                manifest.name
            )));
        }
        let text = annotated(&manifest.value)["metadata"]["annotations"][LAST_APPLIED].clone();
        if before.as_deref() == text.as_str() {
            run.say(&format!("set-last-applied {}: no changes required.", manifest.name));
            continue;
        }
        if run.dry_run() != DryRun::Client {
            let patch = Patch::Merge(json!({"metadata": {"annotations": {LAST_APPLIED: text}}}));
            let write = run.write();
            let answer = run.cluster.patch(&key, &patch, Subresource::Main, &write);
            run.accepted(answer)?;
        }
        let suffix = run.dry_run().suffix();
        run.say(&format!("{} configured{suffix}", output::name(&current)));
    }
    Ok(Flow::Done)
}
