//! `kubectl rollout`.

mod revision;

use crate::kube::{Key, Kind, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::{Patch, Subresource};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use revision::{CHANGE_CAUSE, Revision, revisions};
use serde_json::{Value, json};

const STATUS_FLAGS: &[Flag] = &[
    flag("watch", Takes::Switch, "wait until it is done").short('w').default("true"),
    flag("revision", Takes::Number, "the revision that must be rolled out"),
    flag("timeout", Takes::Span, "how long to wait"),
];

const REVISION_FLAGS: &[Flag] =
    &[flag("to-revision", Takes::Number, "the revision to go back to, 0 for the last one")];
const HISTORY_FLAGS: &[Flag] = &[flag("revision", Takes::Number, "show this revision in detail")];

/// A verb below `rollout`.
const fn verb(
    (name, path): (&'static str, &'static str),
    summary: &'static str,
    examples: &'static str,
    flags: &'static [&'static [Flag]],
    run: fn(&mut Run) -> Result<Flow, Complaint>,
) -> Verb {
    Verb {
        name,
        path,
        summary,
        usage: "(TYPE NAME | TYPE/NAME) [flags] [options]",
        examples,
        flags,
        words: Words::Objects,
        run,
        ..Verb::EMPTY
    }
}

pub(super) const VERB: Verb = Verb {
    name: "rollout",
    path: "kubectl rollout",
    summary: "Manage the rollout of one or many resources.",
    usage: "SUBCOMMAND [options]",
    verbs: &[
        &verb(
            ("history", "kubectl rollout history"),
            "List the revisions.",
            "# The revisions of a Deployment\nkubectl rollout history deployment/web",
            &[HISTORY_FLAGS, FILES, OUTPUT, SELECTOR],
            history,
        ),
        &verb(
            ("pause", "kubectl rollout pause"),
            "Stop rolling out changes.",
            "# Hold\nkubectl rollout pause deployment/web",
            &[FILES, OUTPUT, SELECTOR],
            |run| pause(run, true),
        ),
        &verb(
            ("restart", "kubectl rollout restart"),
            "Replace all Pods, one by one.",
            "# New Pods\nkubectl rollout restart deployment/web",
            &[FILES, OUTPUT, SELECTOR],
            restart,
        ),
        &verb(
            ("resume", "kubectl rollout resume"),
            "Go on rolling out changes.",
            "# Go on\nkubectl rollout resume deployment/web",
            &[FILES, OUTPUT, SELECTOR],
            |run| pause(run, false),
        ),
        &verb(
            ("status", "kubectl rollout status"),
            "Say how far a rollout is, until it is done.",
            "# Wait for it\nkubectl rollout status deployment/web",
            &[STATUS_FLAGS, FILES, SELECTOR],
            status,
        ),
        &verb(
            ("undo", "kubectl rollout undo"),
            "Go back to an earlier revision.",
            "# Back to the last one\nkubectl rollout undo deployment/web",
            &[REVISION_FLAGS, FILES, OUTPUT, SELECTOR, DRY_RUN],
            undo,
        ),
    ],
    ..Verb::EMPTY
};

fn objects(run: &mut Run) -> Result<Vec<Object>, Complaint> {
    if run.args.words.is_empty() && !run.args.has_files() {
        return Err(Complaint::plain("required resource not specified"));
    }
    // A kind alone means all of its objects.
    let targets =
        if run.args.has_files() { super::patch::named(run)? } else { select::targets(&run.args.words)? };
    let found = select::find(run, &targets)?;
    if !found.errors.is_empty() {
        return Err(Complaint::of(found.errors));
    }
    let found: Vec<Object> = found.objects().cloned().collect();
    if found.is_empty() && run.args.get("selector").is_some() {
        run.warn(&format!("No resources found in {} namespace.", run.namespace));
    }
    Ok(found)
}

fn own_name(object: &Object) -> &str {
    object.meta().name.as_deref().unwrap_or_default()
}

fn rolls(object: &Object) -> bool {
    matches!(object.kind(), Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet)
}

fn patch(run: &mut Run, object: &Object, patch: Value, done: &str) -> Result<(), Complaint> {
    let write = run.write();
    let answer = run.cluster.patch(&object.key(), &Patch::Strategic(patch), Subresource::Main, &write);
    run.accepted(answer)?;
    run.say(&format!("{} {done}", output::name(object)));
    Ok(())
}

fn is_paused(object: &Object) -> bool {
    matches!(object, Object::Deployment(d) if d.spec.as_ref().and_then(|s| s.paused) == Some(true))
}

fn pause(run: &mut Run, wanted: bool) -> Result<Flow, Complaint> {
    for object in objects(run)? {
        let name = format!("{} {:?}", object.kind().resource(), own_name(&object));
        let (doing, done) = if wanted { ("pausing", "paused") } else { ("resuming", "resumed") };
        if object.kind() != Kind::Deployment {
            return Err(Complaint::plain(format!("{name} {doing} is not supported")));
        }
        match (is_paused(&object), wanted) {
            (true, true) => return Err(Complaint::plain(format!("{name} is already paused"))),
            (false, false) => return Err(Complaint::plain(format!("{name} is not paused"))),
            _ => {}
        }
        let value = if wanted { Value::Bool(true) } else { Value::Null };
        patch(run, &object, json!({"spec": {"paused": value}}), done)?;
    }
    Ok(Flow::Done)
}

fn restart(run: &mut Run) -> Result<Flow, Complaint> {
    for object in objects(run)? {
        let name = format!("{} {:?}", object.kind().resource(), own_name(&object));
        if !rolls(&object) {
            return Err(Complaint::plain(format!("{name} restarting is not supported")));
        }
        if is_paused(&object) {
            return Err(Complaint::plain(format!(
                "{name} can't restart paused deployment (run rollout resume first)"
            )));
        }
        let at = run.now().to_time().0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let place = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
        if object.to_value().pointer(place).and_then(Value::as_str) == Some(&at) {
            return Err(Complaint::plain(format!(
                "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting \
                 to trigger another",
                own_name(&object)
            )));
        }
        let change = json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": at}}}}});
        patch(run, &object, change, "restarted")?;
    }
    Ok(Flow::Done)
}

fn history(run: &mut Run) -> Result<Flow, Complaint> {
    for object in objects(run)? {
        if !rolls(&object) {
            return Err(Complaint::plain(format!(
                "no history viewer has been implemented for {:?}",
                object.kind().name()
            )));
        }
        let all = revisions(run, &object);
        if let Some(wanted) = run.args.number("revision").filter(|n| *n > 0) {
            let found = all.iter().find(|revision| revision.number == wanted);
            let found = found.ok_or_else(|| Complaint::plain("unable to find the specified revision"))?;
            let form = Output::of(run.args)?;
            if form.is_table() {
                detail(run, &object, found);
            } else {
                super::apply::print(run, &form, std::slice::from_ref(&found.holder))?;
            }
            continue;
        }
        run.say(&format!("{} ", output::name(&object)));
        let mut rows = vec!["REVISION\tCHANGE-CAUSE".to_owned()];
        for revision in &all {
            rows.push(format!("{}\t{}", revision.number, revision.cause.as_deref().unwrap_or("<none>")));
        }
        let text = crate::kubectl::describe::align(&(rows.join("\n") + "\n"));
        run.out(text + "\n");
    }
    Ok(Flow::Done)
}

/// One revision: the template of its Pods, with the reason for the change if one was noted.
fn detail(run: &mut Run, object: &Object, revision: &Revision) {
    let mut template = revision.template.clone();
    if let Some(cause) = &revision.cause {
        let annotations = template.metadata.get_or_insert_default().annotations.get_or_insert_default();
        annotations.insert(CHANGE_CAUSE.to_owned(), cause.clone());
    }
    let text = crate::kubectl::describe::template(&template, run.now());
    run.say(&format!("{} with revision #{}\n{text}", output::name(object), revision.number));
}

fn undo(run: &mut Run) -> Result<Flow, Complaint> {
    for object in objects(run)? {
        if object.meta().annotations.as_ref().is_some_and(|a| a.contains_key(super::apply::LAST_APPLIED)) {
            let (plural, name) = (object.kind().info().plural, own_name(&object).to_owned());
            run.warn(&format!(
                "Warning: resource {plural}/{name} was previously managed with 'kubectl apply'. Rolling back will not update the \
                 kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl \
                 apply' operations. Consider using 'kubectl apply' with your previous configuration file instead."
            ));
        }
        if !rolls(&object) {
            return Err(Complaint::plain(format!(
                "no rollbacker has been implemented for {:?}",
                object.kind().name()
            )));
        }
        let all = revisions(run, &object);
        let wanted = run.args.number("to-revision").filter(|n| *n != 0);
        let found = match wanted {
            Some(number) => all.iter().find(|revision| revision.number == number),
            None => all.len().checked_sub(2).and_then(|i| all.get(i)),
        };
        let Some(revision) = found else {
            return Err(Complaint::plain(match wanted {
                Some(number) => format!("unable to find specified revision {number} in history"),
                None if object.kind() == Kind::Deployment => {
                    format!("no rollout history found for deployment {:?}", own_name(&object))
                }
                None => "no last revision to roll back to".to_owned(),
            }));
        };
        if is_paused(&object) {
            return Err(Complaint::plain(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
            ));
        }
        roll_back(run, &object, revision)?;
    }
    Ok(Flow::Done)
}

fn roll_back(run: &mut Run, object: &Object, revision: &Revision) -> Result<(), Complaint> {
    if run.dry_run() == DryRun::Client {
        let text = crate::kubectl::describe::template(&revision.template, run.now());
        run.say(&format!("{} {text} (dry run)", output::name(object)));
        return Ok(());
    }
    let mut template = serde_json::to_value(&revision.template).unwrap_or_default();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    let now = object.to_value();
    if now.pointer("/spec/template") == Some(&template) {
        run.say(&format!(
            "{} skipped rollback (current template already matches revision {})",
            output::name(object),
            revision.number
        ));
        return Ok(());
    }
    let write = run.write();
    let change = Patch::Json(json!([{"op": "replace", "path": "/spec/template", "value": template}]));
    let answer = run.cluster.patch(&object.key(), &change, Subresource::Main, &write);
    run.accepted(answer)?;
    let suffix = run.dry_run().suffix();
    run.say(&format!("{} rolled back{suffix}", output::name(object)));
    Ok(())
}

/// Rollouts that are watched, one after the other.
#[derive(Clone, Debug)]
pub struct Rolling {
    /// Those still to come, the next one last.
    keys: Vec<Key>,
    last: String,
    deadline: Option<SimTime>,
    watch: bool,
}

fn status(run: &mut Run) -> Result<Flow, Complaint> {
    let objects = objects(run)?;
    if let Some(object) = objects.iter().find(|object| !rolls(object)) {
        return Err(Complaint::plain(format!(
            "no status viewer has been implemented for {}",
            object.kind().name()
        )));
    }
    let wanted = run.args.number("revision").filter(|n| *n > 0);
    for object in objects.iter().filter(|object| object.kind() == Kind::Deployment) {
        let annotations = object.meta().annotations.as_ref();
        let running = annotations.and_then(|a| a.get("deployment.kubernetes.io/revision"));
        let running = running.and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        if let Some(wanted) = wanted.filter(|wanted| *wanted != running) {
            return Err(Complaint::plain(format!(
                "desired revision ({wanted}) is different from the running revision ({running})"
            )));
        }
    }
    let patience = run.args.span("timeout").filter(|t| *t > 0);
    let deadline = patience.map(|t| run.now().plus(t as u64));
    let watch = run.args.is_not_off("watch");
    let keys = objects.iter().rev().map(Object::key).collect();
    Ok(Flow::wait(Rolling { keys, last: String::new(), deadline, watch }))
}

impl Rolling {
    /// Says how far it is, if that has changed.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        while let Some(key) = self.keys.last().cloned() {
            if let Some(deadline) = self.look(run, &key)? {
                return Ok(Flow::Until(deadline));
            }
            self.keys.pop();
            self.last.clear();
        }
        Ok(Flow::Done)
    }

    /// Looks at one; until when to look again, unless there is no more to see.
    fn look(&mut self, run: &mut Run, key: &Key) -> Result<Option<SimTime>, Complaint> {
        let Some(object) = run.cluster.store().get(key).cloned() else {
            return Err(Complaint::plain("object has been deleted"));
        };
        let (text, done) = match &object {
            Object::Deployment(o) => deployment(o)?,
            Object::DaemonSet(o) => {
                only_rolling(o.spec.as_ref().and_then(|s| s.update_strategy.as_ref()?.type_.as_deref()))?;
                daemon_set(o)
            }
            Object::StatefulSet(o) => {
                only_rolling(o.spec.as_ref().and_then(|s| s.update_strategy.as_ref()?.type_.as_deref()))?;
                stateful_set(o)
            }
            _ => (String::new(), true),
        };
        if text != self.last {
            run.say(&text);
            self.last = text;
        }
        if done || !self.watch {
            return Ok(None);
        }
        match self.deadline {
            Some(deadline) if deadline <= run.now() => {
                Err(Complaint::plain("timed out waiting for the condition"))
            }
            deadline => Ok(Some(deadline.unwrap_or(SimTime::NEVER))),
        }
    }
}

fn deployment(o: &Deployment) -> Result<(String, bool), Complaint> {
    let name = o.metadata.name.as_deref().unwrap_or_default();
    let status = o.status.clone().unwrap_or_default();
    let n = |count: Option<i32>| count.unwrap_or_default();
    if status.observed_generation.unwrap_or_default() < o.metadata.generation.unwrap_or_default() {
        return Ok(("Waiting for deployment spec update to be observed...".to_owned(), false));
    }
    let late = status
        .conditions
        .iter()
        .flatten()
        .any(|c| c.type_ == "Progressing" && c.reason.as_deref() == Some("ProgressDeadlineExceeded"));
    if late {
        return Err(Complaint::plain(format!("deployment {name:?} exceeded its progress deadline")));
    }
    let wanted = o.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1);
    let (updated, total, available) =
        (n(status.updated_replicas), n(status.replicas), n(status.available_replicas));
    let waiting = format!("Waiting for deployment {name:?} rollout to finish:");
    Ok(if updated < wanted {
        (format!("{waiting} {updated} out of {wanted} new replicas have been updated..."), false)
    } else if total > updated {
        (format!("{waiting} {} old replicas are pending termination...", total - updated), false)
    } else if available < updated {
        (format!("{waiting} {available} of {updated} updated replicas are available..."), false)
    } else {
        (format!("deployment {name:?} successfully rolled out"), true)
    })
}

/// Of another strategy there is no status to wait for (`rollout_status.go`).
fn only_rolling(strategy: Option<&str>) -> Result<(), Complaint> {
    match strategy {
        Some("RollingUpdate") => Ok(()),
        _ => Err(Complaint::plain("rollout status is only available for RollingUpdate strategy type")),
    }
}

fn daemon_set(o: &DaemonSet) -> (String, bool) {
    let name = o.metadata.name.as_deref().unwrap_or_default();
    let status = o.status.clone().unwrap_or_default();
    if status.observed_generation.unwrap_or_default() < o.metadata.generation.unwrap_or_default() {
        return ("Waiting for daemon set spec update to be observed...".to_owned(), false);
    }
    let (wanted, updated) =
        (status.desired_number_scheduled, status.updated_number_scheduled.unwrap_or_default());
    let available = status.number_available.unwrap_or_default();
    let waiting = format!("Waiting for daemon set {name:?} rollout to finish:");
    if updated < wanted {
        (format!("{waiting} {updated} out of {wanted} new pods have been updated..."), false)
    } else if available < wanted {
        (format!("{waiting} {available} of {wanted} updated pods are available..."), false)
    } else {
        (format!("daemon set {name:?} successfully rolled out"), true)
    }
}

fn stateful_set(o: &StatefulSet) -> (String, bool) {
    let status = o.status.clone().unwrap_or_default();
    if status.observed_generation.unwrap_or_default() < o.metadata.generation.unwrap_or_default() {
        return ("Waiting for statefulset spec update to be observed...".to_owned(), false);
    }
    let wanted = o.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1);
    let ready = status.ready_replicas.unwrap_or_default();
    if ready < wanted {
        return (format!("Waiting for {} pods to be ready...", wanted - ready), false);
    }
    let updated = status.updated_replicas.unwrap_or_default();
    let strategy = o.spec.as_ref().and_then(|s| s.update_strategy.as_ref());
    if let Some(rolling) = strategy.and_then(|s| s.rolling_update.as_ref()) {
        return match rolling.partition.map(|partition| wanted - partition) {
            Some(due) if updated < due => (
                format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been updated..."
                ),
                false,
            ),
            _ => (format!("partitioned roll out complete: {updated} new pods have been updated..."), true),
        };
    }
    let revision = status.update_revision.clone().unwrap_or_default();
    if status.update_revision != status.current_revision {
        return (
            format!(
                "waiting for statefulset rolling update to complete {updated} pods at revision {revision}..."
            ),
            false,
        );
    }
    let current = status.current_replicas.unwrap_or_default();
    (format!("statefulset rolling update complete {current} pods at revision {revision}..."), true)
}
