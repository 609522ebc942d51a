//! Objects made by flags: printing or creating them.

use super::apply::LAST_APPLIED;
use crate::kube::quantity::Amount;
use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::output::{self, Forms, Output, golang};
use crate::kubectl::run::{CHANGE_CAUSE, DryRun, Flow, Run};
use serde_json::{Map, Value};

/// Creates the object of a value, or only prints it; `done` is what is said of it.
pub(super) fn make(run: &mut Run, kind: Kind, value: Value, done: &str) -> Result<Object, Complaint> {
    run.check_dry_run()?;
    let output = output(run, Forms::Objects)?;
    let mut bare = value.clone();
    if run.args.get("namespace").is_none()
        && let Some(metadata) = bare.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.remove("namespace");
    }
    let mut value = value;
    if run.args.is("save-config") {
        let text = golang::compact(&bare) + "\n";
        for saved in [&mut value, &mut bare] {
            saved["metadata"]["annotations"][LAST_APPLIED] = text.as_str().into();
        }
    }
    if run.args.is("record") {
        let line = run.command_line();
        for saved in [&mut value, &mut bare] {
            saved["metadata"]["annotations"][CHANGE_CAUSE] = line.as_str().into();
        }
    }
    let mut object = crate::kubectl::documents::decode(run, kind, &value)?;
    let client = run.dry_run() == DryRun::Client;
    let shown = if client {
        bare
    } else {
        let write = run.write();
        let answer = run.cluster.create(object, &write);
        object = run.accepted(answer)?;
        output::shown(&object)
    };
    match &output {
        Output::Table | Output::Wide => {
            let suffix = run.dry_run().suffix();
            run.say(&format!("{} {done}{suffix}", output::name(&object)));
        }
        Output::Name => run.say(&output::name(&object)),
        other => {
            let text = if client { other.print_made(&shown)? } else { other.print(&shown)? };
            run.out(text);
        }
    }
    Ok(object)
}

/// The form that `-o` asks for; templates and columns may lie in files.
pub(super) fn output(run: &Run, forms: Forms) -> Result<Output, Complaint> {
    let text = run.args.or("output", "");
    let template = run.args.get("template");
    let (form, path) = text.split_once('=').map_or((text, template), |(form, path)| (form, Some(path)));
    let columns = form == "custom-columns-file" && forms != Forms::Objects;
    let Some(plain) = form.strip_suffix("-file").or((form == "templatefile").then_some("go-template")) else {
        return Output::parse(text, template, forms);
    };
    if !columns && !["jsonpath", "go-template"].contains(&plain) {
        return Output::parse(text, template, forms);
    }
    let Some(path) = path.filter(|p| !p.is_empty()) else { return Output::parse(plain, None, forms) };
    let what = if columns { "template" } else { "--template" };
    let missing =
        || Complaint::plain(format!("error reading {what} {path}, open {path}: no such file or directory"));
    let content = run.desk.read(path).ok_or_else(missing)?;
    let content = if columns { columns_of(&content) } else { content };
    Output::parse(plain, Some(&content), forms)
}

/// A file of columns, headers above paths, as `-o custom-columns` takes them.
fn columns_of(content: &str) -> String {
    let mut lines = content.lines().map(str::split_whitespace);
    let (headers, paths) = (lines.next(), lines.next());
    let pairs = headers.into_iter().flatten().zip(paths.into_iter().flatten());
    pairs.map(|(header, path)| format!("{header}:{path}")).collect::<Vec<_>>().join(",")
}

/// The same, as the end of a generator.
pub(super) fn finish(run: &mut Run, kind: Kind, value: Value) -> Result<Flow, Complaint> {
    make(run, kind, value, "created")?;
    Ok(Flow::Done)
}

/// The one name a generator takes.
pub(super) fn name(run: &Run) -> Result<String, Complaint> {
    match run.args.before_dash() {
        [name] => Ok(name.clone()),
        words => {
            Err(Complaint::Usage(format!("exactly one NAME is required, got {}", words.len()), run.verb.path))
        }
    }
}

/// Refuses a command without flags it must have, before anything else is looked at.
pub(super) fn required(run: &Run, flags: &[&str]) -> Result<(), Complaint> {
    let missing: Vec<String> =
        flags.iter().filter(|f| run.args.get(f).is_none()).map(|f| format!("{f:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Complaint::plain(format!("required flag(s) {} not set", missing.join(", "))))
}

/// `a=b,c=d` as a map.
pub(super) fn pairs(text: &str, what: &str) -> Result<Value, Complaint> {
    let mut map = Map::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .filter(|(_, value)| what != "label" || !value.contains('='))
            .ok_or_else(|| Complaint::plain(format!("unexpected {what} spec: {part}")))?;
        map.insert(key.to_owned(), value.into());
    }
    Ok(Value::Object(map))
}

/// `cpu=1,memory=2Gi` as a map of quantities in the form the server writes them.
pub(super) fn resource_list(text: &str) -> Result<Value, Complaint> {
    let mut list = Map::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let wrong =
            || Complaint::plain(format!("Invalid argument syntax {part}, expected <resource>=<value>"));
        let (name, amount) = part.split_once('=').filter(|(_, a)| !a.contains('=')).ok_or_else(wrong)?;
        let amount = Amount::parse(amount).map_err(|why| Complaint::Plain(why.to_string()))?;
        list.insert(name.to_owned(), amount.to_quantity().0.into());
    }
    Ok(Value::Object(list))
}
