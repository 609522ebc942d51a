//! `kubectl apply` (`kubectl/pkg/cmd/apply`).

mod applied;
mod prune;

pub(super) use prune::{Applied, left_over};

use crate::kube::Object;
use crate::kube::selector::Selector;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::merge;
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, RECORD, SELECTOR, Verb, WRITE};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const FLAGS: &[Flag] = &[
    flag("server-side", Takes::Switch, "If true, apply runs in the server instead of the client."),
    flag("force-conflicts", Takes::Switch, "If true, server-side apply will force the changes against conflicts."),
    flag("force", Takes::Switch, "If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation."),
    flag("grace-period", Takes::Number, "Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).").default("-1"),
    flag("timeout", Takes::Span, "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object"),
    flag("wait", Takes::Switch, "If true, wait for resources to be gone before returning. This waits for finalizers."),
    flag("overwrite", Takes::Switch, "Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration").default("true"),
    flag("prune", Takes::Switch, "Automatically delete resource objects, that do not appear in the configs and are created by either apply or create --save-config. Should be used with either -l or --all."),
    flag("prune-allowlist", Takes::Texts, "Overwrite the default allowlist with <group/version/kind> for --prune"),
    flag("cascade", Takes::Optional("background"), "Must be \"background\", \"orphan\", or \"foreground\". Selects the deletion cascading strategy for the dependents (e.g. Pods created by a ReplicationController). Defaults to background.").default("background"),
    flag("openapi-patch", Takes::Switch, "If true, use openapi to calculate diff when the openapi presents and the resource can be found in the openapi spec. Otherwise, fall back to use baked-in types.").default("true"),
];

pub(super) const VERB: Verb = Verb {
    name: "apply",
    path: "kubectl apply",
    summary: "Apply a configuration to a resource by file name or stdin. The resource name must be specified. This resource will be created if it doesn't exist yet. To use 'apply', always create the resource initially with either 'apply' or 'create --save-config'.",
    usage: "(-f FILENAME | -k DIRECTORY) [options]",
    examples: "# Apply a file\nkubectl apply -f pod.yaml\n\n# Apply what comes from a pipe\ncat pod.yaml | kubectl apply -f -\n\n\
               # See what the server would say\nkubectl apply -f pod.yaml --dry-run=server",
    flags: &[FLAGS, FILES, OUTPUT, SELECTOR, DRY_RUN, WRITE, RECORD],
    verbs: &[&applied::SET, &applied::VIEW],
    run: apply,
    ..Verb::EMPTY
};

/// Where kubectl remembers what was applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The manifests of `-f`; nothing in them is an error, named after the verb.
pub(super) fn manifests(run: &mut Run, verb: &str) -> Result<Vec<Manifest>, Complaint> {
    let read = manifests::read(run)?;
    if read.objects.is_empty() {
        if read.errors.is_empty() {
            return Err(Complaint::plain(format!("no objects passed to {verb}")));
        }
        return Err(Complaint::of(read.errors));
    }
    Ok(read.objects)
}

/// Refuses a command without files and one with words it does not take.
pub(super) fn check_files(run: &mut Run) -> Result<(), Complaint> {
    let args = run.args;
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return Err(Complaint::Usage(format!("Unexpected args: [{words}]"), run.verb.path));
    }
    if args.get("filename").is_none() && args.get("kustomize").is_none() {
        return Err(Complaint::plain("must specify one of -f and -k"));
    }
    if args.get("filename").is_some() && args.get("kustomize").is_some() {
        return Err(Complaint::plain("only one of -f or -k can be specified"));
    }
    run.check_dry_run()?;
    check_validate(run)
}

fn check_validate(run: &Run) -> Result<(), Complaint> {
    match run.args.get("validate") {
        None | Some("strict" | "true" | "warn" | "ignore" | "false") => Ok(()),
        Some(other) => Err(Complaint::plain(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}

fn apply(run: &mut Run) -> Result<Flow, Complaint> {
    check_files(run)?;
    prune::check(run)?;
    if run.args.is("force-conflicts") && !run.args.is("server-side") {
        return Err(Complaint::plain("--force-conflicts only works with --server-side"));
    }
    let output = Output::of(run.args)?;
    let mut read = manifests::read(run)?;
    if let Some(text) = run.args.get("selector").filter(|text| !text.is_empty()) {
        let selector = Selector::parse(text).map_err(Complaint::Plain)?;
        read.objects.retain(|manifest| {
            let labels = &manifest.value["metadata"]["labels"];
            selector.matches_opt(serde_json::from_value(labels.clone()).ok().as_ref())
        });
    }
    if read.objects.is_empty() && read.errors.is_empty() {
        return Err(Complaint::plain("no objects passed to apply"));
    }
    let mut errors = read.errors;
    let mut done = Vec::new();
    let mut applied = Applied::default();
    for manifest in &read.objects {
        match one(run, manifest) {
            Ok((object, what, value)) => {
                applied.note(&object);
                run.record(&object.key());
                if output.is_table() {
                    let suffix = run.dry_run().suffix();
                    run.say(&format!("{} {what}{suffix}", output::name(&object)));
                } else {
                    done.push((object, value));
                }
            }
            Err(complaint) => errors.push(complaint),
        }
    }
    let (objects, values): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    print_values(run, &output, &objects, values)?;
    if !errors.is_empty() {
        return Err(Complaint::of(errors));
    }
    if run.args.is("prune") {
        prune::prune(run, &applied, &output)?;
    }
    Ok(Flow::Done)
}

/// Prints objects in a form; several make a list.
pub(super) fn print(run: &mut Run, output: &Output, objects: &[Object]) -> Result<(), Complaint> {
    let values = objects.iter().map(output::shown).collect();
    print_values(run, output, objects, values)
}

/// Prints objects by their names, or the values that stand for them.
pub(super) fn print_values(
    run: &mut Run,
    output: &Output,
    objects: &[Object],
    mut values: Vec<Value>,
) -> Result<(), Complaint> {
    if *output == Output::Name {
        for object in objects {
            run.say(&output::name(object));
        }
        return Ok(());
    }
    if objects.is_empty() || output.is_table() {
        return Ok(());
    }
    let value = if values.len() == 1 { values.remove(0) } else { output::list(values) };
    let text = output.print(&value)?;
    run.out(text);
    Ok(())
}

/// Applies one object: what it became, what was done to it, and how it is printed.
fn one(run: &mut Run, manifest: &Manifest) -> Result<(Object, &'static str, Value), Complaint> {
    if manifest.name.is_empty() {
        return Err(nameless(manifest));
    }
    let server_side = run.args.is("server-side");
    let current = run.cluster.store().get(&manifest.key()).cloned();
    // One who once applied from the client may go back to it.
    let remembers = current.as_ref().is_some_and(|object| {
        object.meta().annotations.as_ref().is_some_and(|annotations| annotations.contains_key(LAST_APPLIED))
    });
    let modified =
        if server_side && !remembers { manifest.value.clone() } else { annotated(&manifest.value) };
    let Some(current) = current else {
        let done = if server_side { "serverside-applied" } else { "created" };
        let object = create(run, manifest, &modified)?;
        // Nothing is filled in when only kubectl has seen the object.
        let value = if run.dry_run() == DryRun::Client { modified } else { output::shown(&object) };
        return Ok((object, done, value));
    };
    update(run, manifest, &modified, current)
}

/// Applies to an object that is there.
fn update(
    run: &mut Run,
    manifest: &Manifest,
    modified: &Value,
    current: Object,
) -> Result<(Object, &'static str, Value), Complaint> {
    let server_side = run.args.is("server-side");
    if run.dry_run() == DryRun::Client {
        // Nobody works out whether anything would change.
        let value = output::shown(&current);
        return Ok((current, "configured", value));
    }
    let decoded = manifests::object(run, manifest);
    let now = current.to_value();
    let original = original(&now);
    if original.is_none() && !server_side {
        warn_not_applied(run, manifest);
    }
    let patch = merge::three_way(manifest.kind, &original.unwrap_or_default(), modified, &now);
    let decoded = decoded.map_err(|c| c.while_doing(&patching(manifest, &patch)));
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        decoded?;
        let value = output::shown(&current);
        return Ok((current, if server_side { "serverside-applied" } else { "unchanged" }, value));
    }
    if current.meta().deletion_timestamp.is_some() {
        let name = &manifest.name;
        run.warn(&format!("Warning: Detected changes to resource {name} which is currently being deleted."));
    }
    decoded?;
    let write = run.write();
    let mut answer =
        run.cluster.patch(&manifest.key(), &Patch::Strategic(patch.clone()), Subresource::Main, &write);
    if let Ok(written) = &mut answer {
        // Of unknown fields the file has told already, if it was asked to.
        written.warnings.retain(|warning| !warning.starts_with("unknown field "));
    }
    let object = run.accepted(answer).map_err(|c| c.while_doing(&patching(manifest, &patch)))?;
    let value = output::shown(&object);
    Ok((object, if server_side { "serverside-applied" } else { "configured" }, value))
}

fn create(run: &mut Run, manifest: &Manifest, modified: &Value) -> Result<Object, Complaint> {
    let doing = format!("error when creating {:?}: ", manifest.source);
    let with_annotation = Manifest { value: modified.clone(), ..manifest.clone() };
    if run.dry_run() == DryRun::Client {
        return manifests::sketch(&with_annotation);
    }
    let object = manifests::object(run, &with_annotation).map_err(|c| c.while_doing(&doing))?;
    let write = run.write();
    let answer = run.cluster.create(object, &write);
    run.accepted(answer).map_err(|c| c.while_doing(&doing))
}

fn nameless(manifest: &Manifest) -> Complaint {
    let generated =
        manifest.value.pointer("/metadata/generateName").and_then(Value::as_str).unwrap_or_default();
    if !generated.is_empty() {
        return Complaint::plain(format!("from {generated}: cannot use generate name with apply"));
    }
    let info = manifest.kind.info();
    let group =
        if info.group.is_empty() { format!("/{}", info.version) } else { manifest.kind.api_version() };
    Complaint::plain(format!(
        "error when retrieving current configuration of:\nResource: \"{group}, Resource={}\", GroupVersionKind: \"{group}, \
         Kind={}\"\nName: \"\", Namespace: {:?}\nfrom server for: {:?}: resource name may not be empty",
        info.plural, info.name, manifest.namespace, manifest.source
    ))
}

/// What kubectl says it was doing when a patch is refused.
fn patching(manifest: &Manifest, patch: &Value) -> String {
    let info = manifest.kind.info();
    let group =
        if info.group.is_empty() { format!("/{}", info.version) } else { manifest.kind.api_version() };
    format!(
        "error when applying patch:\n{}\nto:\nResource: \"{group}, Resource={}\", GroupVersionKind: \"{group}, Kind={}\"\nName: \
         {:?}, Namespace: {:?}\nfor: {:?}: error when patching {:?}: ",
        output::compact_json(patch),
        info.plural,
        info.name,
        manifest.name,
        manifest.namespace,
        manifest.source,
        manifest.source
    )
}

/// The object with itself in the annotation that remembers what was applied.
pub(super) fn annotated(value: &Value) -> Value {
    let mut bare = value.clone();
    let annotations = &mut bare["metadata"]["annotations"];
    match annotations.as_object_mut() {
        Some(annotations) => {
            annotations.remove(LAST_APPLIED);
        }
        None => *annotations = json!({}),
    }
    let mut text = output::compact_json(&bare);
    text.push('\n');
    bare["metadata"]["annotations"][LAST_APPLIED] = text.into();
    bare
}

pub(super) fn original(current: &Value) -> Option<Value> {
    let text = current.pointer("/metadata/annotations")?.get(LAST_APPLIED)?.as_str()?;
    let mut original: Value = serde_json::from_str(text).ok()?;
    // The annotation itself is not in what it remembers, and is not to be removed.
    if let Some(annotations) = original.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    Some(original)
}

fn warn_not_applied(run: &mut Run, manifest: &Manifest) {
    let (plural, name) = (manifest.kind.info().plural, &manifest.name);
    run.warn(&format!(
        "Warning: resource {plural}/{name} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl \
         apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. \
         The missing annotation will be patched automatically."
    ));
}
