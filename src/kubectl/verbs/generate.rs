//! Objects made by flags: printing or creating them.

use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use serde_json::{Map, Value};

/// Creates the object of a value, or only prints it; `done` is what is said of it.
pub(super) fn make(run: &mut Run, kind: Kind, value: Value, done: &str) -> Result<Object, Complaint> {
    run.check_dry_run()?;
    let output = Output::parse(run.args.or("output", ""), run.args.get("template"), true)?;
    let mut bare = value.clone();
    if run.args.get("namespace").is_none()
        && let Some(metadata) = bare.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.remove("namespace");
    }
    let mut object = crate::kubectl::documents::decode(run, kind, &value)?;
    let shown = if run.dry_run() == DryRun::Client {
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
            let text = other.print(&shown)?;
            run.out(text);
        }
    }
    Ok(object)
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

/// `a=b,c=d` as a map.
pub(super) fn pairs(text: &str, what: &str) -> Result<Value, Complaint> {
    let mut map = Map::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| Complaint::plain(format!("unexpected {what} spec: {part}")))?;
        map.insert(key.to_owned(), value.into());
    }
    Ok(Value::Object(map))
}
