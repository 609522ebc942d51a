//! `kubectl set subject`: users, groups and service accounts added to bindings that are there.

use super::{COMMON, LOCAL};
use crate::kube::Kind;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::kubectl::verbs::create::subjects_of;
use crate::kubectl::verbs::subjects::{self, Printer};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const FLAGS: &[Flag] = &[
    flag("user", Takes::Texts, "Usernames to bind to the role"),
    flag("group", Takes::Texts, "Groups to bind to the role"),
    flag("serviceaccount", Takes::Texts, "Service accounts to bind to the role"),
];

pub(super) const VERB: Verb = Verb {
    name: "subject",
    path: "kubectl set subject",
    summary: "Update the user, group, or service account in a role binding or cluster role binding.",
    usage: "(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] \
            [options]",
    examples: "# Bind one more user\nkubectl set subject rolebinding readers --user=jane",
    flags: &[FLAGS, COMMON, FILES, OUTPUT, SELECTOR, EVERYWHERE, DRY_RUN],
    words: Words::Objects,
    run: subject,
    ..Verb::EMPTY
};

fn subject(run: &mut Run) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    subjects::check_local(run, LOCAL)?;
    let words = run.args.words.clone();
    subjects::check_named(run, &words)?;
    let added = subjects_of(run.args)?;
    if added.is_empty() {
        return Err(Complaint::plain("you must specify at least one value of user, group or serviceaccount"));
    }
    let targets = if run.args.has_files() { Vec::new() } else { select::targets(&words)? };
    let found = subjects::find(run, &targets)?;
    let mut printer = Printer::of(run)?;
    let mut errors = found.errors;
    for subject in found.found {
        let kind = subject.object.kind();
        if !matches!(kind, Kind::RoleBinding | Kind::ClusterRoleBinding) {
            errors.push(Complaint::plain(
                "setting subjects is only supported for RoleBinding/ClusterRoleBinding",
            ));
            continue;
        }
        let mut value = subject.value.clone();
        let mut bound = value["subjects"].as_array().cloned().unwrap_or_default();
        let before = bound.len();
        bound.extend(
            added
                .iter()
                .filter(|new| !value["subjects"].as_array().is_some_and(|all| all.contains(new)))
                .cloned(),
        );
        if bound.len() == before {
            continue;
        }
        value["subjects"] = Value::Array(bound);
        if !subjects::stays_here(run) {
            let patch = Patch::Merge(json!({"subjects": value["subjects"]}));
            let write = run.write();
            let answer = run.cluster.patch(&subject.object.key(), &patch, Subresource::Main, &write);
            value = output::shown(&run.accepted(answer)?);
        }
        printer.print(run, &subject.object, &value, "subjects updated")?;
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}
