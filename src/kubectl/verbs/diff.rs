//! `kubectl diff`: what `apply` would change, as a unified diff of the objects' YAML.

use crate::kube::{Key, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{FILES, SELECTOR, Verb, WRITE};
use crate::kubectl::{merge, output, yaml};
use crate::os::diff::{CONTEXT, LINES_MAX, unified};
use crate::sim::api::{Patch, Subresource, Write};

const FLAGS: &[Flag] = &[
    flag("server-side", Takes::Switch, "If true, apply runs in the server instead of the client."),
    flag("force-conflicts", Takes::Switch, "If true, server-side apply will force the changes against conflicts."),
    flag("concurrency", Takes::Number, "Number of objects to process in parallel when diffing against the live version. Larger number = faster, but more memory, I/O and CPU over that shorter period of time.").default("1"),
    flag("prune", Takes::Switch, "Include resources that would be deleted by pruning. Can be used with -l and default shows all resources would be pruned"),
    flag("show-managed-fields", Takes::Switch, "If true, include managed fields in the diff."),
];

pub(super) const VERB: Verb = Verb {
    name: "diff",
    path: "kubectl diff",
    summary: "Diff configurations specified by file name or stdin between the current online configuration, and the configuration as it would be if applied.",
    usage: "-f FILENAME [options]",
    examples: "# See what would change\nkubectl diff -f pod.yaml",
    flags: &[FLAGS, FILES, SELECTOR, WRITE],
    run: diff,
    ..Verb::EMPTY
};

/// What `kubectl diff` ends with when it cannot compare: 1 means that there are differences.
const FAILED: i32 = 2;

fn diff(run: &mut Run) -> Result<Flow, Complaint> {
    match compare(run) {
        Err(complaint) if !matches!(complaint, Complaint::NeedsInput) => {
            run.err(complaint.to_string());
            Ok(Flow::Exit(FAILED))
        }
        answer => answer,
    }
}

fn compare(run: &mut Run) -> Result<Flow, Complaint> {
    super::apply::check_files(run)?;
    let manifests = super::apply::manifests(run, "diff")?;
    let mut pairs = Vec::new();
    let mut applied = super::apply::Applied::default();
    for manifest in &manifests {
        let live = run.cluster.store().get(&manifest.key()).cloned();
        let merged = merged(run, manifest, live.as_ref())?;
        applied.note(live.as_ref().unwrap_or(&merged));
        pairs.push((manifest.key(), live, Some(merged)));
    }
    if run.args.is("prune") {
        let gone = super::apply::left_over(run, &applied)?;
        pairs.extend(gone.into_iter().map(|object| (object.key(), Some(object), None)));
    }
    let mut differs = false;
    for (key, live, merged) in pairs {
        differs |= show(run, &key, live.as_ref(), merged.as_ref());
    }
    Ok(if differs { Flow::Exit(1) } else { Flow::Done })
}

/// Prints how an object that is there differs from what it would become; whether it does.
fn show(run: &mut Run, key: &Key, live: Option<&Object>, merged: Option<&Object>) -> bool {
    /// The time of a file that is not there.
    const NEVER: &str = "1970-01-01 00:00:00.000000000 +0000";
    let text =
        |object: Option<&Object>| object.map(|o| yaml::to_string(&output::shown(o))).unwrap_or_default();
    let (before, after) = (text(live), text(merged));
    if before == after {
        return false;
    }
    let info = key.kind.info();
    let group = key.kind.api_version().replace('/', ".");
    let file = format!("{group}.{}.{}.{}", info.name, key.namespace, key.name);
    let stamp = run.now().timestamp().strftime("%Y-%m-%d %H:%M:%S.%9f +0000").to_string();
    let after_stamp = if merged.is_some() { &stamp } else { NEVER };
    let (old, new) = (format!("/tmp/LIVE-1/{file}"), format!("/tmp/MERGED-1/{file}"));
    run.out(format!("diff -u -N {old} {new}\n--- {old}\t{stamp}\n+++ {new}\t{after_stamp}\n"));
    run.out(unified(&lines(&before), &lines(&after), CONTEXT));
    true
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().take(LINES_MAX).collect()
}

/// The object as `apply` would leave it.
fn merged(run: &mut Run, manifest: &Manifest, live: Option<&Object>) -> Result<Object, Complaint> {
    let modified = super::apply::annotated(&manifest.value);
    let write = Write { dry_run: true, ..run.write() };
    let Some(live) = live else {
        let object = manifests::object(run, manifest)?;
        let answer = run.cluster.create(object, &write);
        return run.accepted(answer);
    };
    let now = live.to_value();
    let original = super::apply::original(&now).unwrap_or_default();
    let mut patch = merge::three_way(manifest.kind, &original, &modified, &now);
    // The annotation is left out of the comparison.
    if let Some(annotations) = patch.pointer_mut("/metadata/annotations").and_then(|a| a.as_object_mut()) {
        annotations.remove(super::apply::LAST_APPLIED);
    }
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(live.clone());
    }
    let answer = run.cluster.patch(&manifest.key(), &Patch::Strategic(patch), Subresource::Main, &write);
    run.accepted(answer)
}
