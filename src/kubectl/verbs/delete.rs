//! `kubectl delete`, and waiting until what was deleted is gone.

use crate::kube::{Key, Kind, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::Stream;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::manifests;
use crate::kubectl::output;
use crate::kubectl::run::{DryRun, Flow, Run, refused};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, SELECTOR, Verb, Words};
use crate::sim::Cluster;
use crate::sim::api::{DeleteOptions, Propagation};
use serde_json::json;

const FLAGS: &[Flag] = &[
    flag("force", Takes::Switch, "If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation."),
    flag("grace-period", Takes::Number, "Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).").default("-1"),
    flag("now", Takes::Switch, "If true, resources are signaled for immediate shutdown (same as --grace-period=1)."),
    flag("wait", Takes::Switch, "If true, wait for resources to be gone before returning. This waits for finalizers.").default("true"),
    flag("timeout", Takes::Span, "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object"),
    flag("ignore-not-found", Takes::Switch, "Treat \"resource not found\" as a successful delete. Defaults to \"true\" when --all is specified."),
    flag("cascade", Takes::Optional("background"), "Must be \"background\", \"orphan\", or \"foreground\". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController). Defaults to background.").default("background"),
    flag("interactive", Takes::Switch, "If true, delete resource only when user confirms.").short('i'),
    flag("output", Takes::Text, "Output mode. Use \"-o name\" for shorter output (resource/name).").short('o'),
    flag("raw", Takes::Text, "Raw URI to DELETE to the server.  Uses the transport specified by the kubeconfig file."),
];

pub(super) const VERB: Verb = Verb {
    name: "delete",
    path: "kubectl delete",
    summary: "Delete resources by file names, stdin, resources and names, or by resources and label selector.",
    usage: "([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]",
    examples: "# Delete a Pod\nkubectl delete pod web\n\n# Delete what a file holds\nkubectl delete -f pod.yaml\n\n# Delete by label\n\
               kubectl delete pods -l app=web\n\n# At once\nkubectl delete pod web --force --grace-period=0",
    flags: &[FLAGS, FILES, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: delete,
    ..Verb::EMPTY
};

/// Waiting until objects are gone.
#[derive(Clone, Debug)]
pub struct Gone {
    /// What is waited for, each with the UID it had.
    pub objects: Vec<(Key, String)>,
    /// When to give up.
    pub deadline: Option<SimTime>,
}

impl Gone {
    /// Ends when all are gone; a new object of the same name does not count.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        self.objects.retain(|(key, uid)| is_there(run.cluster, key, uid));
        let Some((key, _)) = self.objects.first() else { return Ok(Flow::Done) };
        match self.deadline {
            Some(deadline) if deadline <= run.now() => Err(Complaint::plain(format!(
                "timed out waiting for the condition on {}/{}",
                key.kind.info().plural,
                key.name
            ))),
            deadline => Ok(Flow::Until(deadline.unwrap_or(SimTime::NEVER))),
        }
    }
}

/// Whether the object that had this UID is still there.
pub(super) fn is_there(cluster: &Cluster, key: &Key, uid: &str) -> bool {
    cluster.store().get(key).is_some_and(|o| o.meta().uid.as_deref() == Some(uid))
}

fn delete(run: &mut Run) -> Result<Flow, Complaint> {
    let (options, force) = options(run)?;
    if let Some(form) = run.args.get("output").filter(|o| !o.is_empty() && *o != "name") {
        return Err(Complaint::plain(format!(
            "unexpected -o output mode: {form}. We only support '-o name'"
        )));
    }
    // `kubectl replace --force` may set a grace period, `kubectl delete --force` may not.
    if force && run.args.number("grace-period").is_some_and(|seconds| seconds > 0) {
        return Err(Complaint::plain(
            "--force and --grace-period greater than 0 cannot be specified together",
        ));
    }
    let (objects, mut errors) = objects(run)?;
    if force {
        run.warn(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource \
             may continue to run on the cluster indefinitely.",
        );
    }
    if objects.is_empty() && errors.is_empty() {
        if !run.args.is("ignore-not-found") {
            run.say("No resources found");
        }
        return Ok(Flow::Done);
    }
    let cluster_wide = objects.iter().any(|o| !o.kind().info().namespaced);
    if cluster_wide && run.args.get("namespace").is_some() {
        run.warn("Warning: deleting cluster-scoped resources, not scoped to the provided namespace");
    }
    if run.args.is("interactive") && !confirmed(run, &objects)? {
        run.say("deletion is cancelled");
        return Ok(Flow::Done);
    }
    let mut waiting = Vec::new();
    for object in &objects {
        match one(run, object, &options, force) {
            Ok(()) => waiting.push((object.key(), object.meta().uid.clone().unwrap_or_default())),
            Err(complaint) => errors.push(complaint),
        }
    }
    if !errors.is_empty() {
        return Err(Complaint::of(errors));
    }
    let waits = run.args.is_not_off("wait") && run.dry_run() == DryRun::No;
    if !waits {
        return Ok(Flow::Done);
    }
    let patience = run.args.span("timeout").filter(|millis| *millis > 0);
    let deadline = patience.map(|millis| run.now().plus(millis as u64));
    Ok(Flow::wait(Gone { objects: waiting, deadline }))
}

/// Checks the flags and makes of them what the server is asked for.
pub(super) fn options(run: &mut Run) -> Result<(DeleteOptions, bool), Complaint> {
    run.check_dry_run()?;
    let args = run.args;
    let force = args.is("force");
    let mut grace = args.number("grace-period").filter(|seconds| *seconds >= 0);
    if args.is("now") {
        if grace.is_some() {
            return Err(Complaint::plain("--now and --grace-period cannot be specified together"));
        }
        grace = Some(1);
    }
    grace = match (force, grace) {
        (true, _) => Some(0),
        // Without --force nothing is removed unseen: 0 becomes the smallest time there is.
        (false, Some(0)) => Some(1),
        (false, grace) => grace,
    };
    if let Some(old) = args.get("cascade").filter(|text| ["true", "false"].contains(text)) {
        let new = if old == "true" { "background" } else { "orphan" };
        run.warn(&format!(
            "warning: --cascade={old} is deprecated (boolean value) and can be replaced with --cascade={new}."
        ));
    }
    let propagation = match args.or("cascade", "background") {
        "background" | "true" => Propagation::Background,
        "foreground" => Propagation::Foreground,
        "orphan" | "false" => Propagation::Orphan,
        other => {
            return Err(Complaint::plain(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    Ok((DeleteOptions { grace_seconds: grace, propagation, uid: None }, force))
}

/// What is to be deleted, and what was not found.
fn objects(run: &mut Run) -> Result<(Vec<Object>, Vec<Complaint>), Complaint> {
    let args = run.args;
    if args.has_files() {
        return from_files(run);
    }
    if args.words.is_empty() {
        return Err(Complaint::nothing_named());
    }
    let selected = args.get("selector").is_some() || args.get("field-selector").is_some();
    if args.is("all") && selected {
        return Err(Complaint::plain("setting 'all' parameter but found a non empty selector. "));
    }
    let targets = select::targets(&args.words)?;
    let named = targets.iter().any(|t| matches!(t, Target::Named(..)));
    if named && (selected || args.is("all")) {
        return Err(Complaint::plain("name cannot be provided when a selector is specified"));
    }
    if !named && !selected && !args.is("all") {
        return Err(Complaint::plain("resource(s) were provided, but no name was specified"));
    }
    let mut objects = Vec::new();
    let mut errors = Vec::new();
    for target in targets {
        match target {
            Target::Named(kind, name) if run.dry_run() == DryRun::Client => {
                objects.push(unseen(run, kind, &name)?);
            }
            Target::Named(kind, name) => match run.get(kind, &name) {
                Ok(object) => objects.push(object),
                Err(complaint) => errors.push(complaint),
            },
            target @ (Target::Kind(_) | Target::Stored(_)) => {
                objects.extend(select::find(run, &[target])?.objects().cloned());
            }
        }
    }
    if args.is("ignore-not-found") {
        errors.clear();
    }
    Ok((objects, errors))
}

/// An object as a dry run of the client alone takes it: nobody asks whether it is there.
fn unseen(run: &mut Run, kind: Kind, name: &str) -> Result<Object, Complaint> {
    if let Ok(object) = run.get(kind, name) {
        return Ok(object);
    }
    let namespace = if kind.info().namespaced { Some(run.namespace) } else { None };
    let value = json!({"apiVersion": kind.api_version(), "kind": kind.name(),
        "metadata": {"name": name, "namespace": namespace}});
    Object::from_value(kind, value).map_err(|why| Complaint::plain(why.to_string()))
}

fn from_files(run: &mut Run) -> Result<(Vec<Object>, Vec<Complaint>), Complaint> {
    if !run.args.words.is_empty() {
        return Err(Complaint::words_beside_files());
    }
    let read = manifests::read(run)?;
    let mut errors = read.errors;
    let mut objects = Vec::new();
    for manifest in &read.objects {
        let key = manifest.key();
        if let Some(object) = run.cluster.store().get(&key) {
            objects.push(object.clone());
        } else {
            let refusal = crate::sim::api::Refusal::not_found(&key);
            errors
                .push(refused(refusal).while_doing(&format!("error when deleting {:?}: ", manifest.source)));
        }
    }
    if run.args.is("ignore-not-found") {
        errors.retain(|e| !e.is_not_found());
    }
    Ok((objects, errors))
}

fn confirmed(run: &mut Run, objects: &[Object]) -> Result<bool, Complaint> {
    let answer = run.all_input()?;
    run.say(&format!("You are about to delete the following {} resource(s):", objects.len()));
    for object in objects {
        run.say(&output::name(object));
    }
    run.output.push((Stream::Out, "Do you want to continue? (y/N): ".to_owned()));
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Deletes one object and says so.
fn one(run: &mut Run, object: &Object, options: &DeleteOptions, force: bool) -> Result<(), Complaint> {
    if run.dry_run() != DryRun::Client {
        let write = run.write();
        let answer = run.cluster.delete(&object.key(), options, &write);
        run.accepted(answer)?;
    }
    let text = told(object, if force { "force deleted" } else { "deleted" });
    let suffix = run.dry_run().suffix();
    if run.args.get("output") == Some("name") {
        run.say(&output::name(object));
    } else {
        run.say(&format!("{text}{suffix}"));
    }
    Ok(())
}

/// `pod "web" deleted from default namespace`.
pub(super) fn told(object: &Object, what: &str) -> String {
    let name = output::name(object);
    let (kind, name) = name.split_once('/').unwrap_or_default();
    match object.meta().namespace.as_deref() {
        Some(namespace) if object.kind().info().namespaced => {
            format!("{kind} {name:?} {what} from {namespace} namespace")
        }
        _ => format!("{kind} {name:?} {what}"),
    }
}
