//! `kubectl label` and `kubectl annotate`.

use super::subjects::{self, Printer, Subject};
use crate::kube::{Object, names};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const FLAGS: &[Flag] = &[
    flag(
        "overwrite",
        Takes::Switch,
        "If true, allow labels to be overwritten, otherwise reject label updates that overwrite existing labels.",
    ),
    flag("list", Takes::Switch, "If true, display the labels for a given resource."),
    flag("local", Takes::Switch, "If true, label will NOT contact api-server but run locally."),
    flag(
        "resource-version",
        Takes::Text,
        "If non-empty, the labels update will only succeed if this is the current resource-version for the object. Only valid when specifying a single resource.",
    ),
    flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

pub(super) const LABEL: Verb = Verb {
    name: "label",
    path: "kubectl label",
    summary: "Update the labels on a resource.",
    usage: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
    examples: "# Add a label\nkubectl label pod web tier=front\n\n# Change it\nkubectl label pod web tier=back --overwrite\n\n# Remove it\n\
               kubectl label pod web tier-",
    flags: &[FLAGS, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: label,
    ..Verb::EMPTY
};

pub(super) const ANNOTATE: Verb = Verb {
    name: "annotate",
    path: "kubectl annotate",
    summary: "Update the annotations on one or more resources.",
    usage: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
    examples: "# Add an annotation\nkubectl annotate pod web note='look here'\n\n# Remove it\nkubectl annotate pod web note-",
    flags: &[FLAGS, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: annotate,
    ..Verb::EMPTY
};

/// Which of the two maps of the metadata is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Labels,
    Annotations,
}

impl Of {
    fn field(self) -> &'static str {
        if self == Of::Labels { "labels" } else { "annotations" }
    }

    fn word(self) -> &'static str {
        if self == Of::Labels { "label" } else { "annotation" }
    }

    fn map(self, object: &Object) -> BTreeMap<String, String> {
        let meta = object.meta();
        let map = if self == Of::Labels { &meta.labels } else { &meta.annotations };
        map.clone().unwrap_or_default()
    }
}

fn label(run: &mut Run) -> Result<Flow, Complaint> {
    change(run, Of::Labels)
}

fn annotate(run: &mut Run) -> Result<Flow, Complaint> {
    change(run, Of::Annotations)
}

/// What the words ask for: keys to set and keys to remove.
struct Changes {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

fn change(run: &mut Run, of: Of) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let is_change =
        |w: &String| (w.contains('=') && !w.starts_with('=')) || (w.len() > 1 && w.ends_with('-'));
    let start = run.args.words.iter().position(is_change).unwrap_or(run.args.words.len());
    let (objects, words) = run.args.words.split_at(start);
    let changes = read(words, of)?;
    let from_files = run.args.has_files();
    let selected =
        run.args.get("selector").is_some() || run.args.get("field-selector").is_some() || run.args.is("all");
    if !from_files && objects.is_empty() {
        return Err(Complaint::plain(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if changes.set.is_empty() && changes.remove.is_empty() && !run.args.is("list") {
        return Err(Complaint::plain(format!("at least one {} update is required", of.word())));
    }
    let mut objects = objects.to_vec();
    if let Some(stray) = objects.iter().position(|w| w.starts_with('=')) {
        objects.truncate(stray);
        return Err(Complaint::plain(format!("at least one {} update is required", of.word())));
    }
    subjects::check_local(run, LOCAL)?;
    let targets = if from_files { Vec::new() } else { select::targets(&objects)? };
    if !selected && targets.iter().any(|target| matches!(target, Target::Kind(_))) {
        return Err(Complaint::plain("resource(s) were provided, but no name was specified"));
    }
    let mut printer = Printer::of(run)?;
    let found = subjects::find(run, &targets)?;
    let mut errors = found.errors;
    for subject in found.found {
        if let Err(complaint) = one(run, of, &subject, &changes, &mut printer) {
            errors.push(complaint);
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

const LOCAL: &str = "can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set";

fn read(words: &[String], of: Of) -> Result<Changes, Complaint> {
    let mut changes = Changes { set: Vec::new(), remove: Vec::new() };
    for word in words {
        if let Some((key, value)) = word.split_once('=').filter(|(key, _)| !key.is_empty()) {
            if of == Of::Labels && value.contains('=') {
                return Err(Complaint::plain(format!("invalid label spec: {word}")));
            }
            if of == Of::Labels
                && let Some(why) = names::label_value_errors(value).into_iter().next()
            {
                return Err(Complaint::plain(format!("invalid label value: {word:?}: {why}")));
            }
            changes.set.push((key.to_owned(), value.to_owned()));
        } else if let Some(key) = word.strip_suffix('-') {
            changes.remove.push(key.to_owned());
        } else {
            return Err(Complaint::plain(format!(
                "all resources must be specified before {} changes: {word}",
                of.word()
            )));
        }
    }
    let both = changes
        .set
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| changes.remove.iter().any(|gone| gone == key));
    let both: Vec<&str> = both.collect();
    if !both.is_empty() {
        return Err(Complaint::plain(match of {
            Of::Labels => "can not both modify and remove a label in the same command".to_owned(),
            Of::Annotations => format!(
                "can not both modify and remove the following annotation(s) in the same command: {}",
                both.join(",")
            ),
        }));
    }
    Ok(changes)
}

fn one(
    run: &mut Run,
    of: Of,
    subject: &Subject,
    changes: &Changes,
    printer: &mut Printer,
) -> Result<(), Complaint> {
    let object = &subject.object;
    let now = of.map(object);
    let changes_nothing = changes.set.is_empty() && changes.remove.is_empty();
    if run.args.is("list") && changes_nothing {
        for (key, value) in &now {
            run.say(&format!("{key}={value}"));
        }
        return Ok(());
    }
    if !run.args.is("overwrite") {
        refuse_overwriting(of, &now, changes)?;
    }
    for key in &changes.remove {
        if !now.contains_key(key) && of == Of::Labels && !subjects::stays_here(run) {
            run.say(&format!("label {key:?} not found."));
        }
    }
    let mut patch = Map::new();
    for (key, value) in &changes.set {
        patch.insert(key.clone(), value.as_str().into());
    }
    for key in changes.remove.iter().filter(|key| now.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    let changed = patch.iter().any(|(key, value)| now.get(key).map(String::as_str) != value.as_str());
    let mut patch = json!({"metadata": {of.field(): patch}});
    if let Some(version) = run.args.get("resource-version").filter(|version| !version.is_empty()) {
        patch["metadata"]["resourceVersion"] = version.into();
    }
    let mut value = subject.value.clone();
    if subjects::stays_here(run) {
        crate::sim::api::patch::merge(&mut value, &patch);
    } else if changed {
        let write = run.write();
        let answer = run.cluster.patch(&object.key(), &Patch::Merge(patch), Subresource::Main, &write);
        value = output::shown(&run.accepted(answer)?);
        run.record(&object.key());
    }
    if run.args.is("list") {
        for (key, text) in value["metadata"][of.field()].as_object().into_iter().flatten() {
            run.say(&format!("{key}={}", text.as_str().unwrap_or_default()));
        }
        return Ok(());
    }
    let done = match of {
        Of::Annotations => "annotated",
        Of::Labels if !changed => "not labeled",
        Of::Labels if changes.set.is_empty() => "unlabeled",
        Of::Labels => "labeled",
    };
    printer.print(run, object, &value, done)
}

fn refuse_overwriting(of: Of, now: &BTreeMap<String, String>, changes: &Changes) -> Result<(), Complaint> {
    let taken: Vec<String> = changes
        .set
        .iter()
        .filter_map(|(key, value)| {
            let known = now.get(key)?;
            (known != value).then(|| format!("'{key}' already has a value ({known})"))
        })
        .collect();
    match (of, taken.as_slice()) {
        (_, []) => Ok(()),
        (Of::Labels, [first, ..]) => Err(Complaint::plain(format!("{first}, and --overwrite is false"))),
        (Of::Annotations, all) => Err(Complaint::plain(format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            all.join("; ")
        ))),
    }
}
