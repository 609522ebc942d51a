//! `kubectl kustomize` and `-k`: a folder of manifests and what its kustomization makes of them (`kustomize/api`). Knows the learner's
//! files and plain values; nothing of the cluster.

/// `kustomization.yaml` as text and as fields.
mod file;
/// Walking along a path of field names.
mod path;
/// Config maps and Secrets made from literals and files.
mod generate;
/// Patches and what they are for.
mod patch;
/// Names that follow the objects they refer to.
mod refer;
/// Objects on their way.
mod resource;
/// Types of the fields.
mod shape;
/// Namespaces, names, labels, annotations, images, replicas.
mod transform;

use super::complaint::Complaint;
use super::desk::Desk;
use super::hash;
use crate::kube::manifest::{self, Truths};
use file::Kustomization;
use resource::{Resource, Set};
use serde_json::{Value, json};

/// What a folder comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// The objects, in the order in which they are printed and applied.
    pub objects: Vec<Value>,
    /// Lines of warning.
    pub warnings: Vec<String>,
}

/// How deep folders may lead to other folders.
const DEPTH_MAX: usize = 16;

/// Builds the kustomization in `folder`.
pub fn build(desk: &Desk, folder: &str) -> Result<Built, Complaint> {
    if folder.contains("://") || folder.starts_with("github.com/") || folder.starts_with("git@") {
        return Err(Complaint::Raw(format!(
            "podlab: the kustomization {folder} lies in the network, which is not simulated"
        )));
    }
    let mut builder = Builder { desk, open: Vec::new(), warnings: Vec::new() };
    let place = Desk::clean(folder);
    if desk.bytes(&place).is_some() {
        return Err(Complaint::plain(format!("must build at directory: '{folder}': file is not directory")));
    }
    if !is_folder(desk, &place) {
        let why = missing(&desk.absolute(&place)).replacen(&desk.absolute(&place), folder, 1);
        return Err(Complaint::plain(format!("must build at directory: not a valid directory: {why}")));
    }
    let mut set = Set::default();
    builder.target(&place, &mut set)?;
    for resource in set.resources.iter_mut().filter(|r| r.hashed) {
        let name = format!("{}-{}", resource.name(), content_hash(&resource.value));
        resource.change_name(|value| value["metadata"]["name"] = name.into());
    }
    refer::fix(&mut set);
    set.sort();
    Ok(Built { objects: set.resources.into_iter().map(|r| r.value).collect(), warnings: builder.warnings })
}

/// The hash of a config map or Secret, whose name does not count.
fn content_hash(value: &Value) -> String {
    let field = |name: &str| value.get(name).cloned();
    let mut content =
        json!({"data": field("data").unwrap_or_else(|| "".into()), "kind": value["kind"], "name": ""});
    for name in ["binaryData", "type", "stringData"] {
        if let Some(value) = field(name) {
            content[name] = value;
        }
    }
    hash::of(&content)
}

/// Whether the desk knows files below this path.
fn is_folder(desk: &Desk, path: &str) -> bool {
    path.is_empty() || desk.folders.contains(path) || {
        let below = format!("{path}/");
        desk.files.range(below.clone()..).next().is_some_and(|(name, _)| name.starts_with(&below))
    }
}

/// What the file system says of a path that is not there.
fn missing(path: &str) -> String {
    format!("evalsymlink failure on '{path}' : lstat {path}: no such file or directory")
}

/// The path that `path` means in `folder`, `..` resolved as far as it can be.
fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return Desk::clean(path);
    }
    let rooted = folder.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

/// Puts words before what kustomize itself complains of; podlab's own words stay as they are.
fn within(complaint: Complaint, words: impl FnOnce(&str) -> String) -> Complaint {
    match complaint {
        Complaint::Plain(text) => Complaint::Plain(words(&text)),
        other => other,
    }
}

/// A build on its way.
struct Builder<'a> {
    desk: &'a Desk,
    /// The folders that lead to where it is.
    open: Vec<String>,
    warnings: Vec<String>,
}

impl Builder<'_> {
    /// Everything of one folder goes into `set`: what was there before is changed too, as a component changes what it is added to.
    fn target(&mut self, folder: &str, set: &mut Set) -> Result<(), Complaint> {
        let kustomization = self.read(folder)?;
        self.open.push(folder.to_owned());
        for path in &kustomization.bases {
            self.resource(folder, path, set)?;
        }
        for path in &kustomization.resources {
            self.resource(folder, path, set)?;
        }
        for path in &kustomization.components {
            self.component(folder, path, set)?;
        }
        generate::all(self.desk, folder, &kustomization, set)?;
        let files = |path: &str| self.file(folder, path);
        patch::before(&kustomization, &files, set)?;
        transform::all(&kustomization, set)?;
        patch::after(&kustomization, &files, set)?;
        transform::last(&kustomization, set)?;
        self.open.pop();
        Ok(())
    }

    fn read(&mut self, folder: &str) -> Result<Kustomization, Complaint> {
        let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
        let found: Vec<String> =
            names.iter().filter_map(|name| self.desk.read(&join(folder, name))).collect();
        let shown = self.desk.absolute(folder);
        match found.as_slice() {
            [text] => file::read(text, &shown, &mut self.warnings),
            [] => Err(Complaint::plain(format!(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{shown}'"
            ))),
            _ => Err(Complaint::plain(format!("Found multiple kustomization files under: {shown}"))),
        }
    }

    /// The text of a file of the kustomization in `folder`.
    fn file(&self, folder: &str, path: &str) -> Result<String, String> {
        let place = join(folder, path);
        self.desk.read(&place).ok_or_else(|| missing(&self.desk.absolute(&place)))
    }

    /// One entry of `resources`: a file or another folder.
    fn resource(&mut self, folder: &str, path: &str, set: &mut Set) -> Result<(), Complaint> {
        let place = join(folder, path);
        let shown = self.desk.absolute(&place);
        let because = |why: &str, then: &str| {
            Complaint::Plain(format!("accumulating resources: accumulation err='{why}': {then}"))
        };
        if path.contains("://") || path.starts_with("github.com/") {
            return Err(Complaint::Raw(format!(
                "podlab: the resource {path} lies in the network, which is not simulated"
            )));
        }
        if let Some(text) = self.desk.read(&place) {
            let inside = folder.is_empty() || place.starts_with(&format!("{folder}/"));
            let faulty = if inside && !path.starts_with('/') {
                Self::documents(path, &text, set)
            } else {
                let root = self.desk.absolute(folder);
                Err(format!(
                    "accumulating resources from '{path}': security; file '{shown}' is not in or below '{root}'"
                ))
            };
            return faulty.map_err(|why| {
                if why.contains("MalformedYAMLError") {
                    return Complaint::Plain(format!("accumulating resources: {why}"));
                }
                because(&why, &format!("must build at directory: '{shown}': file is not directory"))
            });
        }
        if !is_folder(self.desk, &place) {
            let why = missing(&shown);
            return Err(because(
                &format!("accumulating resources from '{path}': {why}"),
                &format!("must build at directory: not a valid directory: {why}"),
            ));
        }
        let why = format!("accumulating resources from '{path}': '{shown}' must resolve to a file");
        let below = self.below(&place, |error| because(&why, error))?;
        set.merge(below)
            .map_err(|error| because(&why, &format!("recursed merging from path '{shown}': {error}")))
    }

    /// Another folder's objects.
    fn below(&mut self, place: &str, because: impl Fn(&str) -> Complaint) -> Result<Set, Complaint> {
        let shown = self.desk.absolute(place);
        let visited =
            self.open.iter().find(|open| open.as_str() == place || open.starts_with(&format!("{place}/")));
        if let Some(visited) = visited {
            let visited = self.desk.absolute(visited);
            return Err(because(&format!(
                "cycle detected: candidate root '{shown}' contains visited root '{visited}'"
            )));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Complaint::Raw(format!(
                "podlab: more than {DEPTH_MAX} kustomizations lead to one another"
            )));
        }
        let depth = self.open.len();
        let mut set = Set::default();
        self.target(place, &mut set).map_err(|complaint| {
            // What is wrong with the file itself is told in other words than what is wrong with what it names.
            let opened = self.open.len() > depth;
            within(complaint, |text| {
                let what =
                    if opened { "recursed accumulation of path" } else { "couldn't make target for path" };
                because(&format!("{what} '{shown}': {text}"))
                    .to_string()
                    .trim_end()
                    .trim_start_matches("error: ")
                    .to_owned()
            })
        })?;
        Ok(set)
    }

    fn component(&mut self, folder: &str, path: &str, set: &mut Set) -> Result<(), Complaint> {
        let place = join(folder, path);
        if !is_folder(self.desk, &place) {
            let why = missing(&self.desk.absolute(&place));
            return Err(Complaint::plain(format!(
                "accumulating components: loader.New \"must build at directory: not a valid directory: {why}\""
            )));
        }
        if self.open.len() >= DEPTH_MAX || self.open.contains(&place) {
            return Err(Complaint::plain(format!("cycle detected at component '{path}'")));
        }
        self.target(&place, set)
    }

    /// The objects of one file.
    fn documents(path: &str, text: &str, set: &mut Set) -> Result<(), String> {
        let values = manifest::values(text, Truths::Few).map_err(|why| {
            let why = if why.starts_with("yaml: ") { why } else { format!("yaml: {why}") };
            format!("accumulating resources from '{path}': MalformedYAMLError: {why} in File: {path}")
        })?;
        for value in values.into_iter().flat_map(resource::items) {
            let resource = Resource::read(value)
                .map_err(|why| format!("accumulating resources from '{path}': {why}"))?;
            set.add(resource).map_err(|why| format!("merging resources from '{path}': {why}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
