//! `kubectl replace`, with and without `--force`.

use super::delete::is_there;
use crate::kube::{Key, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run, refused};
use crate::kubectl::subresource;
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, Verb, WRITE};
use crate::sim::api::Refusal;
use serde_json::Value;

const FLAGS: &[Flag] = &[
    flag("force", Takes::Switch, "If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation."),
    flag("grace-period", Takes::Number, "Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).").default("-1"),
    flag("timeout", Takes::Span, "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object"),
    flag("cascade", Takes::Optional("background"), "Must be \"background\", \"orphan\", or \"foreground\". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController). Defaults to background."),
    flag("wait", Takes::Switch, "If true, wait for resources to be gone before returning. This waits for finalizers."),
    flag("now", Takes::Switch, "with --force: one second to stop"),
    flag("raw", Takes::Text, "Raw URI to PUT to the server.  Uses the transport specified by the kubeconfig file."),
];

pub(super) const VERB: Verb = Verb {
    name: "replace",
    path: "kubectl replace",
    summary: "Replace a resource by file name or stdin.",
    usage: "-f FILENAME [options]",
    examples: "# Replace it\nkubectl replace -f pod.yaml\n\n# Delete it and create it again\nkubectl replace --force -f pod.yaml",
    flags: &[FLAGS, subresource::FLAG, FILES, OUTPUT, DRY_RUN, WRITE],
    run: replace,
    ..Verb::EMPTY
};

/// Objects that are created again once their predecessors are gone.
#[derive(Clone, Debug)]
pub struct Replacing {
    manifests: Vec<Manifest>,
    gone: Vec<(Key, String)>,
    /// When it looks again whether they are gone.
    look: SimTime,
}

/// Milliseconds between two looks (pkg/cmd/replace: `wait.PollUntilContextTimeout`).
const LOOK: u64 = 1000;

fn replace(run: &mut Run) -> Result<Flow, Complaint> {
    super::apply::check_files(run)?;
    let force = run.args.is("force");
    if run.args.number("grace-period").is_some_and(|g| g >= 0) && !force {
        return Err(Complaint::plain("--grace-period must have --force specified"));
    }
    if run.args.span("timeout").is_some_and(|t| t != 0) && !force {
        return Err(Complaint::plain("--timeout must have --force specified"));
    }
    let output = Output::of(run.args)?;
    let read = manifests::read(run)?;
    if read.objects.is_empty() && read.errors.is_empty() {
        return Err(Complaint::plain("no objects passed to replace"));
    }
    if force {
        return forced(run, read.objects, read.errors);
    }
    let mut errors = read.errors;
    for manifest in &read.objects {
        match one(run, manifest) {
            Ok((object, _)) if output.is_table() => {
                let suffix = run.dry_run().suffix();
                run.say(&format!("{} replaced{suffix}", output::name(&object)));
            }
            Ok((object, value)) => super::apply::print_values(run, &output, &[object], vec![value])?,
            Err(complaint) => {
                errors.push(complaint.while_doing(&format!("error when replacing {:?}: ", manifest.source)));
            }
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

/// Replaces one object: what it became, and how it is printed.
fn one(run: &mut Run, manifest: &Manifest) -> Result<(Object, Value), Complaint> {
    if run.dry_run() == DryRun::Client {
        return Ok((manifests::sketch(manifest)?, manifest.value.clone()));
    }
    let current = run.cluster.store().get(&manifest.key()).cloned();
    let current = current.ok_or_else(|| refused(Refusal::not_found(&manifest.key())))?;
    let mut value = manifest.value.clone();
    let version = current.meta().resource_version.clone().map_or(Value::Null, Value::String);
    if value.pointer("/metadata/resourceVersion").is_none() {
        value["metadata"]["resourceVersion"] = version;
    }
    let object = manifests::object(run, &Manifest { value, ..manifest.clone() })?;
    let sub = subresource::of(run, manifest.kind)?;
    let write = run.write();
    let answer = run.cluster.update(object, sub, &write);
    let object = run.accepted(answer)?;
    let value = output::shown(&object);
    Ok((object, value))
}

fn forced(run: &mut Run, manifests: Vec<Manifest>, errors: Vec<Complaint>) -> Result<Flow, Complaint> {
    if !errors.is_empty() {
        return Err(Complaint::of(errors));
    }
    let grace = run.args.number("grace-period").filter(|g| *g >= 0);
    let (mut options, _) = super::delete::options(run)?;
    // `--force` means "delete and create", not "without a goodbye": the Pod's own grace period holds unless another is named.
    options.grace_seconds = if run.args.is("now") { Some(1) } else { grace };
    if options.grace_seconds == Some(0) {
        run.warn(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may \
             continue to run on the cluster indefinitely.",
        );
    }
    let mut gone = Vec::new();
    for manifest in &manifests {
        let key = manifest.key();
        let Some(object) = run.cluster.store().get(&key).cloned() else { continue };
        let write = run.write();
        let answer = run.cluster.delete(&key, &options, &write);
        run.accepted(answer)?;
        let text = super::delete::told(&object, "deleted");
        run.say(&text);
        gone.push((key, object.meta().uid.clone().unwrap_or_default()));
    }
    let look = run.now();
    Ok(Flow::wait(Replacing { manifests, gone, look }))
}

impl Replacing {
    /// Creates the objects again once the old ones are gone.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if run.now() < self.look {
            return Ok(Flow::Until(self.look));
        }
        self.gone.retain(|(key, uid)| is_there(run.cluster, key, uid));
        if !self.gone.is_empty() {
            self.look = run.now().plus(LOOK);
            return Ok(Flow::Until(self.look));
        }
        for manifest in &self.manifests {
            let object = manifests::object(run, manifest)?;
            let write = run.write();
            let answer = run.cluster.create(object, &write);
            let object = run.accepted(answer)?;
            run.say(&format!("{} replaced", output::name(&object)));
        }
        Ok(Flow::Done)
    }
}
