//! `kubectl diff`: what `apply` would change, as a unified diff of the objects' YAML.

use crate::kube::Object;
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
    let mut differs = false;
    for manifest in &manifests {
        let live = run.cluster.store().get(&manifest.key()).cloned();
        let merged = merged(run, manifest, live.as_ref())?;
        let text =
            |object: Option<&Object>| object.map(|o| yaml::to_string(&output::shown(o))).unwrap_or_default();
        let (before, after) = (text(live.as_ref()), text(Some(&merged)));
        if before != after {
            differs = true;
            let info = manifest.kind.info();
            let group = manifest.kind.api_version().replace('/', ".");
            let file = format!("{group}.{}.{}.{}", info.name, manifest.namespace, manifest.name);
            let stamp = run.now().timestamp().strftime("%Y-%m-%d %H:%M:%S.%9f +0000").to_string();
            let (old, new) = (format!("/tmp/LIVE-1/{file}"), format!("/tmp/MERGED-1/{file}"));
            run.out(format!("diff -u -N {old} {new}\n--- {old}\t{stamp}\n+++ {new}\t{stamp}\n"));
            run.out(unified(&lines(&before), &lines(&after), CONTEXT));
        }
    }
    Ok(if differs { Flow::Exit(1) } else { Flow::Done })
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
