//! `kubectl wait`.

use crate::kube::{Key, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::jsonpath::JsonPath;
use crate::kubectl::output;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use serde_json::Value;

const FLAGS: &[Flag] = &[
    flag(
        "for",
        Takes::Text,
        "The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath='{JSONPath expression}'=[JSONPath value]]. The default condition-value is true. Condition values are compared after Unicode simple case folding, which is a more general form of case-insensitivity.",
    ),
    flag("timeout", Takes::Span, "The length of time to wait before giving up. Zero means check once and don't wait, negative means wait for a week.").default("30s"),
];

pub(super) const VERB: Verb = Verb {
    name: "wait",
    path: "kubectl wait",
    summary: "Experimental: Wait for a specific condition on one or many resources.",
    usage: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]] [options]",
    examples: "# Until a Pod is ready\nkubectl wait --for=condition=Ready pod/web\n\n# Until it is gone\nkubectl wait --for=delete pod/web \
               --timeout=60s",
    flags: &[FLAGS, FILES, OUTPUT, SELECTOR, EVERYWHERE],
    words: Words::Objects,
    run: wait,
    ..Verb::EMPTY
};

/// What is waited for.
#[derive(Clone, Debug)]
enum Goal {
    Condition(String, String),
    Path(JsonPath, Option<String>),
    Gone,
    There,
}

/// Objects that are waited for, one after the other, with one deadline.
#[derive(Clone, Debug)]
pub struct Waiting {
    goal: Goal,
    objects: Vec<(Key, Option<Object>)>,
    deadline: SimTime,
    once: bool,
    failed: Vec<Complaint>,
}

fn goal(text: &str) -> Result<Goal, Complaint> {
    if text.is_empty() {
        return Err(Complaint::plain("unrecognized condition: []"));
    }
    if text.eq_ignore_ascii_case("delete") {
        return Ok(Goal::Gone);
    }
    if text.eq_ignore_ascii_case("create") {
        return Ok(Goal::There);
    }
    if let Some(condition) = text.strip_prefix("condition=") {
        let (kind, status) = condition.split_once('=').unwrap_or((condition, "true"));
        return Ok(Goal::Condition(kind.to_owned(), status.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        let (path, value) = match rest.rfind("}=") {
            Some(at) => (&rest[..=at], Some(rest[at + 2..].to_owned())),
            None => match rest.split_once('=').filter(|_| !rest.starts_with('{')) {
                Some((path, value)) => (path, Some(value.to_owned())),
                None => (rest, None),
            },
        };
        if value.as_deref() == Some("") {
            return Err(Complaint::plain(
                "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
            ));
        }
        let path = JsonPath::relaxed(path).map_err(Complaint::Plain)?;
        return Ok(Goal::Path(path, value));
    }
    Err(Complaint::plain(format!("unrecognized condition: {text:?}")))
}

fn wait(run: &mut Run) -> Result<Flow, Complaint> {
    let goal = goal(run.args.or("for", ""))?;
    let targets = super::patch::named(run)?;
    let timeout = run.args.span("timeout").unwrap_or(30_000);
    let deadline =
        if timeout < 0 { run.now().plus(7 * 24 * 3_600_000) } else { run.now().plus(timeout as u64) };
    let mut objects = Vec::new();
    let mut failed = Vec::new();
    for target in targets {
        let key = match &target {
            Target::Named(kind, name) => Some(run.key(*kind, name)),
            Target::Stored(key) => Some(key.clone()),
            Target::Kind(_) => None,
        };
        match (key, &goal) {
            (Some(key), Goal::There) => objects.push((key, None)),
            (Some(key), _) => match run.cluster.store().get(&key).cloned() {
                Some(object) => objects.push((key, Some(object))),
                None if matches!(goal, Goal::Gone) => {}
                None => failed.push(select::missing(run, &key)),
            },
            (None, _) => {
                let found = select::find(run, &[target])?;
                objects.extend(found.objects().map(|o| (o.key(), Some(o.clone()))));
            }
        }
    }
    if objects.is_empty() && failed.is_empty() {
        if matches!(goal, Goal::Gone) {
            return Ok(Flow::Done);
        }
        return Err(Complaint::plain("no matching resources found"));
    }
    if !failed.is_empty() {
        return Err(Complaint::of(failed));
    }
    objects.reverse();
    Ok(Flow::wait(Waiting { goal, objects, deadline, once: timeout == 0, failed: Vec::new() }))
}

impl Waiting {
    /// Looks at the object whose turn it is.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        while let Some((key, before)) = self.objects.last().cloned() {
            if let Some(why) = self.unfit(run, &key) {
                return Err(Complaint::plain(why));
            }
            // Once time is up, nobody looks at the rest any more.
            if self.failed.is_empty() && self.is_met(run, &key, before.as_ref()) {
                let object = before.or_else(|| run.cluster.store().get(&key).cloned());
                if let Some(object) = object {
                    let name = output::name(&object);
                    let line = if run.args.get("output") == Some("name") {
                        name
                    } else {
                        format!("{name} condition met")
                    };
                    run.say(&line);
                }
                self.objects.pop();
                continue;
            }
            if self.deadline > run.now() {
                return Ok(Flow::Until(self.deadline));
            }
            let what = format!("{}/{}", key.kind.info().plural, key.name);
            let text = match (&self.goal, self.once) {
                (Goal::There, _) => "timed out waiting for the condition".to_owned(),
                (_, true) => format!("condition not met for {what}"),
                (_, false) => format!("timed out waiting for the condition on {what}"),
            };
            self.failed.push(Complaint::Plain(text));
            self.objects.pop();
        }
        let failed = std::mem::take(&mut self.failed);
        if failed.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(failed)) }
    }

    /// Why what a path finds cannot be compared with a value.
    fn unfit(&self, run: &Run, key: &Key) -> Option<&'static str> {
        let Goal::Path(path, Some(_)) = &self.goal else { return None };
        let value = run.cluster.store().get(key)?.to_value();
        match path.find(&value).unwrap_or_default().as_slice() {
            [Value::Object(_) | Value::Array(_)] => {
                Some("jsonpath leads to a nested object or list which is not supported")
            }
            [_, _, ..] => Some("given jsonpath expression matches more than one value"),
            _ => None,
        }
    }

    fn is_met(&self, run: &Run, key: &Key, before: Option<&Object>) -> bool {
        let now = run.cluster.store().get(key);
        let same = |o: &&Object| before.is_none_or(|b| b.meta().uid == o.meta().uid);
        match &self.goal {
            Goal::There => now.is_some(),
            Goal::Gone => now.as_ref().is_none_or(|x| !same(x)),
            Goal::Condition(kind, status) => now.is_some_and(|o| has_condition(&o.to_value(), kind, status)),
            Goal::Path(path, wanted) => now.is_some_and(|o| {
                let value = o.to_value();
                let found = path.find(&value).unwrap_or_default();
                match wanted {
                    None => !found.is_empty(),
                    Some(wanted) => found.len() == 1 && text(found[0]) == *wanted,
                }
            }),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn has_condition(object: &Value, kind: &str, status: &str) -> bool {
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|c| {
        let seen = c["observedGeneration"].as_i64().filter(|g| *g > 0);
        let fresh = seen.is_none() || generation.is_none() || seen >= generation;
        let is =
            |field: &str, wanted: &str| c[field].as_str().is_some_and(|v| v.eq_ignore_ascii_case(wanted));
        fresh && is("type", kind) && is("status", status)
    })
}
