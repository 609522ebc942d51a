//! `kubectl apply --prune`: what was applied before and is no longer in the files goes (`kubectl/pkg/cmd/apply/prune.go`).

use super::LAST_APPLIED;
use crate::kube::selector::Selector;
use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Run, klog_time};
use std::collections::BTreeSet;

/// Kinds that are looked through if none are named, in kubectl's order: those in namespaces first.
const PRUNED: &[Kind] = &[
    Kind::ConfigMap,
    Kind::Endpoints,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::ReplicationController,
    Kind::Secret,
    Kind::Service,
    Kind::Job,
    Kind::CronJob,
    Kind::Ingress,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::Namespace,
    Kind::PersistentVolume,
];

/// What was applied: the UIDs of the objects, and the namespaces they are in.
#[derive(Debug, Default)]
pub(in crate::kubectl::verbs) struct Applied {
    uids: BTreeSet<String>,
    namespaces: BTreeSet<String>,
}

impl Applied {
    /// Notes an object that is in the files.
    pub fn note(&mut self, object: &Object) {
        self.uids.extend(object.meta().uid.clone());
        self.namespaces.extend(object.meta().namespace.clone());
    }
}

/// Refuses a command line that does not say what may be removed.
pub(super) fn check(run: &Run) -> Result<(), Complaint> {
    let selected = run.args.get("selector").is_some_and(|text| !text.is_empty());
    if !run.args.is("prune") {
        return Ok(());
    }
    if run.args.is("server-side") && run.dry_run() != DryRun::No {
        return Err(Complaint::plain("--dry-run=server is not supported for --prune with --server-side"));
    }
    match (run.args.is("all"), selected) {
        (true, true) => Err(Complaint::plain("cannot set --all and --selector at the same time")),
        (false, false) => Err(Complaint::plain(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you \
             did not mean to prune all resources, specify a label selector",
        )),
        _ => kinds(run).map(|_| ()),
    }
}

/// The kinds to look through: those of `--prune-allowlist`, or the usual ones.
fn kinds(run: &Run) -> Result<Vec<Kind>, Complaint> {
    let mut named = Vec::new();
    for text in run.args.all("prune-allowlist") {
        let [group, version, kind] = text.split('/').collect::<Vec<_>>()[..] else {
            return Err(Complaint::plain(format!(
                "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
            )));
        };
        let api = if group == "core" { version.to_owned() } else { format!("{group}/{version}") };
        let found = Kind::of_manifest(&api, kind)
            .ok_or_else(|| Complaint::plain(format!("no matches for kind {kind:?} in version {api:?}")))?;
        named.push(found);
    }
    Ok(if named.is_empty() { PRUNED.to_vec() } else { named })
}

/// What would go: objects that were applied once, fit the selector, and are not among those applied now.
pub(in crate::kubectl::verbs) fn left_over(
    run: &mut Run,
    applied: &Applied,
) -> Result<Vec<Object>, Complaint> {
    let kinds = kinds(run)?;
    if run.args.get("prune-allowlist").is_none() {
        let clock = klog_time(run.now());
        run.warn(&format!(
            "W{clock}       1 prune.go:71] Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used \
             with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target \
             explicitly in the --prune-allowlist flag."
        ));
    }
    let selector = Selector::parse(run.args.or("selector", "")).map_err(Complaint::Plain)?;
    let mut found = Vec::new();
    let inside = applied.namespaces.iter().map(|namespace| (Some(namespace.as_str()), true));
    for (namespace, namespaced) in inside.chain([(None, false)]) {
        for kind in kinds.iter().filter(|kind| kind.info().namespaced == namespaced) {
            let objects = run.cluster.store().list(*kind, namespace).filter(|object| {
                let meta = object.meta();
                meta.annotations.as_ref().is_some_and(|a| a.contains_key(LAST_APPLIED))
                    && selector.matches_opt(meta.labels.as_ref())
                    && meta.uid.as_ref().is_none_or(|uid| !applied.uids.contains(uid))
            });
            found.extend(objects.cloned());
        }
    }
    Ok(found)
}

/// Removes what is left over, and says so.
pub(super) fn prune(run: &mut Run, applied: &Applied, output: &Output) -> Result<(), Complaint> {
    let (options, _) = crate::kubectl::verbs::delete::options(run)?;
    for object in left_over(run, applied)? {
        if run.dry_run() != DryRun::Client {
            let write = run.write();
            let answer = run.cluster.delete(&object.key(), &options, &write);
            run.accepted(answer)?;
        }
        if output.is_table() {
            let suffix = run.dry_run().suffix();
            run.say(&format!("{} pruned{suffix}", output::name(&object)));
        } else {
            super::print(run, output, &[object])?;
        }
    }
    Ok(())
}
