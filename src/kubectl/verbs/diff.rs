//! `kubectl diff`: what `apply` would change, as a unified diff of the objects' YAML.

use std::fmt::Write as _;

use crate::kube::Object;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{FILES, SELECTOR, Verb, WRITE};
use crate::kubectl::{merge, output, yaml};
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

/// Lines that do not differ shown around those that do.
const CONTEXT: usize = 3;
/// Lines of an object compared at most.
const LINES_MAX: usize = 4000;

fn diff(run: &mut Run) -> Result<Flow, Complaint> {
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
            run.out(unified(&before, &after));
        }
    }
    Ok(if differs { Flow::Exit(1) } else { Flow::Done })
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

/// A line that stays, goes or comes.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Both,
    Old,
    New,
}

/// The hunks of a unified diff.
fn unified(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.lines().take(LINES_MAX).collect(), after.lines().take(LINES_MAX).collect());
    let lines = align(&old, &new);
    let changed: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].0 != Side::Both).collect();
    let mut text = String::new();
    let mut next = 0;
    while next < changed.len() {
        let start = changed[next].saturating_sub(CONTEXT);
        let mut last = changed[next];
        while next < changed.len() && changed[next] <= last + 2 * CONTEXT {
            last = changed[next];
            next += 1;
        }
        let end = (last + CONTEXT + 1).min(lines.len());
        let count = |range: &[(Side, &str)], not: Side| range.iter().filter(|(side, _)| *side != not).count();
        let place = |not: Side| {
            let (skipped, length) = (count(&lines[..start], not), count(&lines[start..end], not));
            let first = if length == 0 { skipped } else { skipped + 1 };
            if length == 1 { first.to_string() } else { format!("{first},{length}") }
        };
        let _ = writeln!(text, "@@ -{} +{} @@", place(Side::New), place(Side::Old));
        for (side, line) in &lines[start..end] {
            text.push(match side {
                Side::Both => ' ',
                Side::Old => '-',
                Side::New => '+',
            });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The lines of both texts in one order, by their longest common subsequence.
fn align<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Side, &'a str)> {
    let shared = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let mut lines: Vec<(Side, &str)> = old[..shared].iter().map(|line| (Side::Both, *line)).collect();
    let (old, new) = (&old[shared..], &new[shared..]);
    let ending = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (middle_old, middle_new) = (&old[..old.len() - ending], &new[..new.len() - ending]);
    let width = middle_new.len() + 1;
    let mut longest = vec![0u32; (middle_old.len() + 1) * width];
    for i in (0..middle_old.len()).rev() {
        for j in (0..middle_new.len()).rev() {
            longest[i * width + j] = if middle_old[i] == middle_new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < middle_old.len() || j < middle_new.len() {
        if i < middle_old.len() && j < middle_new.len() && middle_old[i] == middle_new[j] {
            lines.push((Side::Both, middle_old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == middle_new.len()
            || (i < middle_old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            lines.push((Side::Old, middle_old[i]));
            i += 1;
        } else {
            lines.push((Side::New, middle_new[j]));
            j += 1;
        }
    }
    lines.extend(old[old.len() - ending..].iter().map(|line| (Side::Both, *line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_shown_between_three_others() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        assert_eq!(unified(old, &old.replace('e', "E")), "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n");
        assert_eq!(unified("", "x\n"), "@@ -0,0 +1 @@\n+x\n");
        assert_eq!(unified(old, old), "");
    }
}
