//! The objects that `label`, `annotate`, `set` and `patch` change: those of the cluster that words or files name, or, with `--local`,
//! those in the files alone, which are printed and not sent.

use crate::kube::decode::{self, Decoded};
use crate::kube::{Key, Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{Run, refused};
use crate::kubectl::select::{self, Target};
use crate::sim::api::Refusal;
use serde_json::Value;

/// One object to change.
pub(super) struct Subject {
    /// The object.
    pub object: Object,
    /// The same as it is printed: as the cluster has it, or as the file says.
    pub value: Value,
}

/// The objects that could be found, and what is wrong with the rest.
#[derive(Default)]
pub(super) struct Subjects {
    /// The objects, in order.
    pub found: Vec<Subject>,
    /// What went wrong, in order.
    pub errors: Vec<Complaint>,
}

/// Whether nothing is sent, for `--local` or `--dry-run=client`.
pub(super) fn stays_here(run: &Run) -> bool {
    run.args.is("local") || run.dry_run() == crate::kubectl::run::DryRun::Client
}

/// Refuses a command line that tells of no object.
pub(super) fn check_named(run: &Run, words: &[impl AsRef<str>]) -> Result<(), Complaint> {
    if words.is_empty() && !run.args.has_files() { Err(Complaint::nothing_named()) } else { Ok(()) }
}

/// Refuses `--local` beside what needs the server. `without_files` is what the verb says when there is no `-f`.
pub(super) fn check_local(run: &Run, without_files: &str) -> Result<(), Complaint> {
    if !run.args.is("local") {
        return Ok(());
    }
    if run.args.get("dry-run") == Some("server") {
        return Err(Complaint::plain(
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
        ));
    }
    if !run.args.has_files() {
        return Err(Complaint::plain(without_files));
    }
    Ok(())
}

/// The objects of `-f`, or those the targets name.
pub(super) fn find(run: &mut Run, targets: &[Target]) -> Result<Subjects, Complaint> {
    if !run.args.has_files() {
        let found = select::find(run, targets)?;
        let all = found.groups.into_iter().flat_map(|(_, objects)| objects);
        return Ok(Subjects { found: all.map(stored).collect(), errors: found.errors });
    }
    let read = manifests::read(run)?;
    let mut subjects = Subjects { errors: read.errors, ..Subjects::default() };
    for manifest in &read.objects {
        let subject = if run.args.is("local") { local(run, manifest) } else { remote(run, manifest) };
        match subject {
            Ok(subject) => subjects.found.push(subject),
            Err(complaint) => subjects.errors.push(complaint),
        }
    }
    Ok(subjects)
}

fn stored(object: Object) -> Subject {
    Subject { value: output::shown(&object), object }
}

fn remote(run: &Run, manifest: &Manifest) -> Result<Subject, Complaint> {
    let key: Key = manifest.key();
    let found = run.cluster.store().get(&key).cloned();
    found.map(stored).ok_or_else(|| refused(Refusal::not_found(&key)))
}

/// How a complaint names an object: by the server's plural, or as it is printed if no server was asked.
pub(super) fn called_as(local: bool, object: &Object) -> String {
    let name = object.meta().name.as_deref().unwrap_or_default();
    if local { output::name(object) } else { format!("{}/{name}", object.kind().info().plural) }
}

/// What a file says, without the namespace that reading it filled in.
fn local(run: &Run, manifest: &Manifest) -> Result<Subject, Complaint> {
    let mut value = manifest.written();
    if !run.verb.path.starts_with("kubectl set ") {
        return Ok(Subject { object: manifests::sketch(manifest)?, value });
    }
    // `set` puts the file into Go's types, which have no place for unknown fields.
    let Decoded { object, unknown } = decode::decode(manifest.kind, &manifest.value);
    let object = object.map_err(|fault| {
        Complaint::Plain(format!("unable to decode {:?}: {}", manifest.source, fault.text))
    })?;
    for path in &unknown {
        remove(&mut value, path);
    }
    Ok(Subject { object, value })
}

/// Removes the field at a path such as `spec.containers[0].foo`.
fn remove(value: &mut Value, path: &str) {
    let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    let Some((holder, name)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(fields)) = value.pointer_mut(holder) {
        fields.remove(name);
    }
}

/// Prints changed objects, one after the other.
pub(super) struct Printer {
    output: Output,
    printed: usize,
    /// Whether a line of dashes stands between objects: `label` and `patch` make a printer for each object, and theirs do not know of
    /// each other.
    separates: bool,
}

impl Printer {
    /// A printer in the form that the flags ask for.
    pub fn of(run: &Run) -> Result<Printer, Complaint> {
        let separates = !["label", "patch"].contains(&run.verb.name);
        Ok(Printer { output: Output::of(run.args)?, printed: 0, separates })
    }

    /// Prints one object: what was done to it, or the whole of it.
    pub fn print(
        &mut self,
        run: &mut Run,
        object: &Object,
        value: &Value,
        done: &str,
    ) -> Result<(), Complaint> {
        let made = run.args.is("local") && run.verb.path.starts_with("kubectl set ");
        match &self.output {
            Output::Table | Output::Wide => {
                let suffix = run.dry_run().suffix();
                run.say(&format!("{} {done}{suffix}", output::name(object)));
            }
            Output::Name => run.say(&output::name(object)),
            form => {
                if self.printed > 0 && *form == Output::Yaml && self.separates {
                    run.out("---\n");
                }
                let text = if made { form.print_made(value)? } else { form.print(value)? };
                run.out(text);
            }
        }
        self.printed += 1;
        Ok(())
    }
}

/// An object as Go's types write it: with the fields they always write, empty as they may be.
pub(super) fn as_typed(kind: Kind, value: &mut Value) {
    let empty = || Value::Object(serde_json::Map::new());
    let Some(fields) = value.as_object_mut() else { return };
    match kind {
        Kind::ConfigMap | Kind::Secret | Kind::ServiceAccount => return,
        Kind::Service => {
            fields.entry("status").or_insert_with(|| serde_json::json!({"loadBalancer": {}}));
            let ports = value.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
                port.entry("targetPort").or_insert_with(|| 0.into());
            }
            return;
        }
        _ => {
            fields.entry("status").or_insert_with(empty);
        }
    }
    if let Some(Value::Object(spec)) = fields.get_mut("spec") {
        match kind {
            Kind::Deployment => drop(spec.entry("strategy").or_insert_with(empty)),
            Kind::DaemonSet | Kind::StatefulSet => drop(spec.entry("updateStrategy").or_insert_with(empty)),
            _ => {}
        }
    }
    if let Some(template) = value.pointer_mut("/spec/template").and_then(Value::as_object_mut) {
        template.entry("metadata").or_insert_with(empty);
    }
    let Some(spec) = value.pointer_mut(super::set::spec_at(kind)) else { return };
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                container.entry("resources").or_insert_with(empty);
            }
        }
    }
}
