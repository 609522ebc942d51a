//! `kubectl patch`.

use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::Desk;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::Value;

const FLAGS: &[Flag] = &[
    flag("patch", Takes::Text, "the patch, as JSON or YAML").short('p'),
    flag("patch-file", Takes::Text, "a file with the patch").offers(Offers::Files),
    flag("type", Takes::Text, "json, merge or strategic").default("strategic").offers(Offers::Words(&[
        "json",
        "merge",
        "strategic",
    ])),
    flag("subresource", Takes::Text, "status, scale or resize")
        .offers(Offers::Words(&["status", "scale", "resize"])),
    flag("local", Takes::Switch, "change nothing on the server"),
    flag("field-manager", Takes::Text, "the name under which fields are owned"),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

pub(super) const VERB: Verb = Verb {
    name: "patch",
    path: "kubectl patch",
    summary: "Change some fields of an object.",
    usage: "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]",
    examples: "# Cordon a node\nkubectl patch node worker-1 -p '{\"spec\":{\"unschedulable\":true}}'\n\n# Remove a finalizer\n\
               kubectl patch pod web --type=merge -p '{\"metadata\":{\"finalizers\":null}}'",
    flags: &[FLAGS, FILES, OUTPUT, DRY_RUN],
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
    let sub = match run.args.or("subresource", "") {
        "status" => Subresource::Status,
        "scale" => Subresource::Scale,
        "resize" => Subresource::Resize,
        _ => Subresource::Main,
    };
    let output = Output::parse(run.args.or("output", ""), run.args.get("template"), true)?;
    let found = super::objects(run)?;
    let mut errors = found.errors;
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        let write = run.write();
        let answer = if run.dry_run() == DryRun::Client {
            Ok(object.clone())
        } else {
            let answer = run.cluster.patch(&object.key(), &change, sub, &write);
            run.accepted(answer)
        };
        match answer {
            Ok(patched) if output.is_table() => {
                let same = patched.meta().resource_version == object.meta().resource_version;
                let note = if same && run.dry_run() == DryRun::No { " (no change)" } else { "" };
                let suffix = run.dry_run().suffix();
                run.say(&format!("{} patched{note}{suffix}", output::name(&patched)));
            }
            Ok(patched) => super::apply::print(run, &output, &[patched])?,
            Err(complaint) => errors.push(complaint),
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

fn read(patch: Option<&str>, file: Option<&str>, desk: &Desk) -> Result<Value, Complaint> {
    let missing = "must specify --patch or --patch-file containing the contents of the patch";
    let text = match (patch, file) {
        (Some(text), _) if !text.is_empty() => text.to_owned(),
        (_, Some(path)) => desk.read(path).ok_or_else(|| {
            Complaint::plain(format!("unable to read patch file: open {path}: no such file or directory"))
        })?,
        _ => return Err(Complaint::plain(missing)),
    };
    let parsed = serde_json::from_str(&text).ok().or_else(|| serde_saphyr::from_str::<Value>(&text).ok());
    parsed.ok_or_else(|| {
        Complaint::plain(format!("unable to parse {text:?}: yaml: did not find expected node content"))
    })
}

/// Objects that were named, one by one or by kind and name.
pub(super) fn named(run: &mut Run) -> Result<Vec<Target>, Complaint> {
    if run.args.get("filename").is_some() {
        let manifests = super::apply::manifests(run, run.verb.name)?;
        return Ok(manifests.into_iter().map(|m| Target::Named(m.kind, m.name)).collect());
    }
    let targets = select::targets(&run.args.words)?;
    let selected =
        run.args.get("selector").is_some() || run.args.is("all") || run.args.get("field-selector").is_some();
    if targets.is_empty() {
        return Err(Complaint::plain(
            "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f \
             rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
        ));
    }
    if !selected && targets.iter().any(|t| matches!(t, Target::Kind(_))) {
        return Err(Complaint::plain("resource(s) were provided, but no name was specified"));
    }
    Ok(targets)
}
