//! `kubectl create`: from files, and the generators below it.

mod access;
mod config;
mod policy;
mod service;
mod sources;
mod token;
mod workload;

pub(super) use access::subjects_of;

use crate::kube::Object;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, RECORD, Verb, WRITE};

use super::apply::{annotated, check_files, print_values};
use serde_json::Value;

pub(super) const VERB: Verb = Verb {
    name: "create",
    path: "kubectl create",
    summary: "Create a resource from a file or from stdin.",
    usage: "-f FILENAME [options]",
    examples: "# Create what a file holds\nkubectl create -f pod.yaml\n\n# Create what comes from a pipe\ncat pod.yaml | kubectl create -f -",
    flags: &[FILES, OUTPUT, DRY_RUN, WRITE, RECORD],
    run: create,
    verbs: &[
        &access::CLUSTER_ROLE,
        &access::CLUSTER_BINDING,
        &config::CONFIG_MAP,
        &workload::CRON_JOB,
        &workload::DEPLOYMENT,
        &service::INGRESS,
        &workload::JOB,
        &config::NAMESPACE,
        &policy::BUDGET,
        &policy::PRIORITY_CLASS,
        &policy::QUOTA,
        &access::ROLE,
        &access::BINDING,
        &config::SECRET,
        &service::SERVICE,
        &config::SERVICE_ACCOUNT,
        &token::TOKEN,
    ],
    ..Verb::EMPTY
};

fn create(run: &mut Run) -> Result<Flow, Complaint> {
    check_files(run)?;
    let output = Output::of(run.args)?;
    let read = manifests::read(run)?;
    if read.objects.is_empty() && read.errors.is_empty() {
        return Err(Complaint::plain("no objects passed to create"));
    }
    let mut errors = read.errors;
    let mut done = Vec::new();
    for manifest in &read.objects {
        match one(run, manifest) {
            Ok((object, _)) if output.is_table() => {
                let suffix = run.dry_run().suffix();
                run.say(&format!("{} created{suffix}", output::name(&object)));
            }
            Ok(made) => done.push(made),
            Err(complaint) => errors.push(complaint),
        }
    }
    let (objects, values): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    print_values(run, &output, &objects, values)?;
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

/// Creates one object: what it became, and how it is printed. Nothing is filled in when only kubectl has seen it.
fn one(run: &mut Run, manifest: &Manifest) -> Result<(Object, Value), Complaint> {
    let doing = format!("error when creating {:?}: ", manifest.source);
    let value = if run.args.is("save-config") { annotated(&manifest.value) } else { manifest.value.clone() };
    let sent = Manifest { value, ..manifest.clone() };
    if run.dry_run() == DryRun::Client {
        return Ok((manifests::sketch(&sent)?, sent.value));
    }
    let object = manifests::object(run, &sent).map_err(|c| c.while_doing(&doing))?;
    let write = run.write();
    let answer = run.cluster.create(object, &write);
    let object = run.accepted(answer).map_err(|c| c.while_doing(&doing))?;
    let value = output::shown(&object);
    Ok((object, value))
}
