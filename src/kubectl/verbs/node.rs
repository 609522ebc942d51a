//! `kubectl cordon`, `uncordon` and `taint`.

use crate::kube::{Kind, Object, names};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

pub(super) const CORDON: Verb = Verb {
    name: "cordon",
    path: "kubectl cordon",
    summary: "Mark node as unschedulable.",
    usage: "NODE [options]",
    examples: "# No new Pods here\nkubectl cordon worker-1",
    flags: &[SELECTOR, DRY_RUN],
    words: Words::Nodes,
    run: |run| schedulable(run, false),
    ..Verb::EMPTY
};

pub(super) const UNCORDON: Verb = Verb {
    name: "uncordon",
    path: "kubectl uncordon",
    summary: "Mark node as schedulable.",
    usage: "NODE [options]",
    examples: "# Pods may come again\nkubectl uncordon worker-1",
    flags: &[SELECTOR, DRY_RUN],
    words: Words::Nodes,
    run: |run| schedulable(run, true),
    ..Verb::EMPTY
};

const TAINT_FLAGS: &[Flag] = &[
    flag(
        "overwrite",
        Takes::Switch,
        "If true, allow taints to be overwritten, otherwise reject taint updates that overwrite existing taints.",
    ),
    flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
    flag(
        "validate",
        Takes::Optional("strict"),
        "Must be one of: strict (or true), warn, ignore (or false). \"true\" or \"strict\" will use a schema to validate the input and fail the request if invalid. It will perform server side validation if ServerSideFieldValidation is enabled on the api-server, but will fall back to less reliable client-side validation if not. \"warn\" will warn about unknown or duplicate fields without blocking the request if server-side field validation is enabled on the API server, and behave as \"ignore\" otherwise. \"false\" or \"ignore\" will not perform any schema validation, silently dropping any unknown or duplicate fields.",
    ),
];

pub(super) const TAINT: Verb = Verb {
    name: "taint",
    path: "kubectl taint",
    summary: "Update the taints on one or more nodes.",
    usage: "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options]",
    examples: "# Only Pods that tolerate it come here\nkubectl taint node worker-1 dedicated=gpu:NoSchedule\n\n# Remove it\n\
               kubectl taint node worker-1 dedicated-",
    flags: &[TAINT_FLAGS, SELECTOR, DRY_RUN, OUTPUT],
    words: Words::Objects,
    run: taint,
    ..Verb::EMPTY
};

/// The nodes a command names or selects.
pub(super) fn nodes(run: &mut Run) -> Result<Vec<Object>, Complaint> {
    let args = run.args;
    if args.words.is_empty() && args.get("selector").is_none() {
        return Err(Complaint::Usage(format!("USAGE: {} NODE [flags]", run.verb.name), run.verb.path));
    }
    let strip = |word: &String| word.trim_start_matches("node/").trim_start_matches("nodes/").to_owned();
    let mut targets: Vec<Target> = args.words.iter().map(|w| Target::Named(Kind::Node, strip(w))).collect();
    if args.get("selector").is_some() {
        targets.push(Target::Kind(Kind::Node));
    }
    let found = select::find(run, &targets)?;
    if !found.errors.is_empty() {
        return Err(Complaint::of(found.errors));
    }
    Ok(found.objects().cloned().collect())
}

/// Marks a node, and says so.
pub(super) fn mark(run: &mut Run, node: &Object, schedulable: bool) -> Result<(), Complaint> {
    let name = node.meta().name.clone().unwrap_or_default();
    let cordoned =
        matches!(node, Object::Node(n) if n.spec.as_ref().and_then(|s| s.unschedulable) == Some(true));
    let done = if schedulable { "uncordoned" } else { "cordoned" };
    let suffix = run.dry_run().suffix();
    if cordoned != schedulable {
        run.say(&format!("node/{name} already {done}{suffix}"));
        return Ok(());
    }
    if run.dry_run() != DryRun::Client {
        let value = if schedulable { Value::Null } else { true.into() };
        let write = run.write();
        let patch = Patch::Strategic(json!({"spec": {"unschedulable": value}}));
        let answer = run.cluster.patch(&node.key(), &patch, Subresource::Main, &write);
        run.accepted(answer)?;
    }
    run.say(&format!("node/{name} {done}{suffix}"));
    Ok(())
}

fn schedulable(run: &mut Run, schedulable: bool) -> Result<Flow, Complaint> {
    for node in nodes(run)? {
        mark(run, &node, schedulable)?;
    }
    Ok(Flow::Done)
}

/// One taint to put on or to take off.
struct Change {
    key: String,
    value: String,
    effect: String,
    removes: bool,
}

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

fn read(run: &Run, word: &str) -> Result<Change, Complaint> {
    let usage = |text: String| Complaint::Usage(text, run.verb.path);
    let removes = word.ends_with('-');
    let body = word.strip_suffix('-').unwrap_or(word);
    let (pair, effect) = body.split_once(':').unwrap_or((body, ""));
    // Without an effect, all of it is the key.
    let marked = body.contains(':');
    let (key, value) = if marked { pair.split_once('=').unwrap_or((pair, "")) } else { (body, "") };
    let invalid = |why: &str| usage(format!("invalid taint spec: {word}, {why}"));
    if effect.contains(':') || value.contains('=') {
        return Err(usage(format!("invalid taint spec: {word}")));
    }
    if marked && !EFFECTS.contains(&effect) {
        return Err(usage(format!("invalid taint effect: {effect}, unsupported taint effect")));
    }
    let wrong = [names::label_key_errors(key), names::label_value_errors(value)].concat();
    if !wrong.is_empty() {
        return Err(invalid(&wrong.join("; ")));
    }
    Ok(Change { key: key.to_owned(), value: value.to_owned(), effect: effect.to_owned(), removes })
}

/// Refuses two taints that differ in their values only.
fn refuse_twice(run: &Run, changes: &[Change]) -> Result<(), Complaint> {
    let added: Vec<&Change> = changes.iter().filter(|c| !c.removes).collect();
    for (i, change) in added.iter().enumerate() {
        if added[..i].iter().any(|c| c.key == change.key && c.effect == change.effect) {
            let text = format!("{{{} {} {} <nil>}}", change.key, change.value, change.effect);
            return Err(Complaint::Usage(
                format!("duplicated taints with the same key and effect: {text}"),
                run.verb.path,
            ));
        }
    }
    let both = |c: &&&Change| {
        changes.iter().any(|r| r.removes && r.key == c.key && (r.effect.is_empty() || r.effect == c.effect))
    };
    let both: Vec<String> = added.iter().filter(both).map(|c| format!("{}=", c.key)).collect();
    if !both.is_empty() {
        return Err(Complaint::plain(format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            both.join(",")
        )));
    }
    Ok(())
}

fn taint(run: &mut Run) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let words = &run.args.words;
    // What is no taint is taken for a node's name, as kubectl does it.
    let is_spec = |w: &String| w.contains([':', '=']) || w.ends_with('-');
    let Some((first, rest)) = words.split_first() else {
        return Err(Complaint::plain("one or more resources must be specified as <resource> <name>"));
    };
    if select::kind(first)? != Kind::Node {
        return Err(Complaint::plain(format!(
            "invalid resource type {first}, only node types are supported"
        )));
    }
    let selected = run.args.get("selector").is_some() || run.args.is("all");
    let names = rest.iter().take_while(|w| !is_spec(w)).count();
    let names = if selected { 0 } else { names.max(1).min(rest.len()) };
    let (names, specs) = rest.split_at(names);
    if specs.is_empty() {
        return Err(Complaint::plain("at least one taint update is required"));
    }
    let changes = specs.iter().map(|w| read(run, w)).collect::<Result<Vec<_>, _>>()?;
    refuse_twice(run, &changes)?;
    let mut targets: Vec<Target> = names.iter().map(|n| Target::Named(Kind::Node, n.clone())).collect();
    if selected {
        targets.push(Target::Kind(Kind::Node));
    }
    let found = select::find(run, &targets)?;
    let mut errors = found.errors;
    for node in found.groups.iter().flat_map(|(_, nodes)| nodes) {
        if let Err(complaint) = one(run, node, &changes) {
            errors.push(complaint);
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

fn one(run: &mut Run, node: &Object, changes: &[Change]) -> Result<(), Complaint> {
    let name = node.meta().name.clone().unwrap_or_default();
    let value = node.to_value();
    let mut taints = value.pointer("/spec/taints").and_then(Value::as_array).cloned().unwrap_or_default();
    let same = |t: &Value, c: &Change| {
        t["key"] == c.key.as_str() && (c.effect.is_empty() || t["effect"] == c.effect.as_str())
    };
    let mut done = "untainted";
    for change in changes {
        let there = taints.iter().any(|t| same(t, change));
        if change.removes {
            if !there {
                let effect =
                    if change.effect.is_empty() { String::new() } else { format!(":{}", change.effect) };
                return Err(Complaint::plain(format!("taint \"{}{effect}\" not found", change.key)));
            }
            taints.retain(|t| !same(t, change));
            continue;
        }
        if there && !run.args.is("overwrite") {
            return Err(Complaint::plain(format!(
                "node {name} already has {} taint(s) with same effect(s) and --overwrite is false",
                change.key
            )));
        }
        done = if there { "modified" } else { "tainted" };
        taints.retain(|t| !same(t, change));
        let mut taint = json!({"effect": change.effect, "key": change.key});
        if !change.value.is_empty() {
            taint["value"] = change.value.as_str().into();
        }
        taints.insert(0, taint);
    }
    if run.dry_run() != DryRun::Client {
        let list = if taints.is_empty() { Value::Null } else { Value::Array(taints) };
        let write = run.write();
        let answer = run.cluster.patch(
            &node.key(),
            &Patch::Merge(json!({"spec": {"taints": list}})),
            Subresource::Main,
            &write,
        );
        run.accepted(answer)?;
    }
    let suffix = if run.dry_run() == DryRun::Client { " (dry run)" } else { "" };
    run.say(&format!("node/{name} {done}{suffix}"));
    Ok(())
}
