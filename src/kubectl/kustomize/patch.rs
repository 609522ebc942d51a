//! Patches: parts of objects that are merged into them, and lists of operations (RFC 6902).

use super::file::{Kustomization, Patch, Target};
use super::resource::{Id, Resource, Set};
use crate::kube::Kind;
use crate::kube::manifest::{self, Truths};
use crate::kube::selector::Selector;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::yaml;
use crate::sim::api::patch;
use regex_lite::Regex;
use serde_json::{Map, Value};

/// Reads a file that a kustomization names.
type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// What a patch does.
enum Change {
    /// Parts of objects are merged into them.
    Parts(Vec<Value>),
    /// Operations are done on them.
    Operations(Value),
}

/// The patches that come before all other changes.
pub(super) fn before(kustomization: &Kustomization, files: Files, set: &mut Set) -> Result<(), Complaint> {
    for text in &kustomization.patches_strategic_merge {
        let whole = files(text).unwrap_or_else(|_| text.clone());
        let parts = parts(&whole).ok_or_else(|| {
            Complaint::plain(format!("trouble configuring builtin PatchStrategicMergeTransformer with config: `\npaths:\n- {text}\n`: {}",
                files(text).err().unwrap_or_default()))
        })?;
        merge_parts(set, parts, None)?;
    }
    kustomization.patches.iter().try_for_each(|patch| one(patch, files, set))
}

/// The patches of old that come after names and labels.
pub(super) fn after(kustomization: &Kustomization, files: Files, set: &mut Set) -> Result<(), Complaint> {
    kustomization.patches_json.iter().try_for_each(|patch| one(patch, files, set))
}

fn one(patch: &Patch, files: Files, set: &mut Set) -> Result<(), Complaint> {
    let change = read(patch, files)?;
    let Some(target) = &patch.target else {
        return match change {
            Change::Parts(parts) => merge_parts(set, parts, Some(patch)),
            Change::Operations(_) => {
                Err(Complaint::plain(format!("must specify a target for JSON patch {}", named(patch))))
            }
        };
    };
    let mut gone = Vec::new();
    for i in selected(set, target)? {
        let resource = &mut set.resources[i];
        match &change {
            Change::Parts(parts) => {
                for part in parts {
                    if merge_part(resource, part, patch)? {
                        gone.push(i);
                    }
                }
            }
            Change::Operations(list) => operate(resource, list)?,
        }
    }
    remove(set, &gone);
    Ok(())
}

/// How kustomize names a patch in its complaints.
fn named(patch: &Patch) -> String {
    let (what, text) = if patch.path.is_empty() { ("patch", &patch.text) } else { ("path", &patch.path) };
    format!("[{what}: {text:?}]")
}

fn read(patch: &Patch, files: Files) -> Result<Change, Complaint> {
    let faulty = |why: String| {
        let mut config = Map::new();
        for (field, text) in [("patch", &patch.text), ("path", &patch.path)] {
            if !text.is_empty() {
                config.insert(field.to_owned(), text.as_str().into());
            }
        }
        if let Some(target) = &patch.target {
            config.insert("target".to_owned(), described(target));
        }
        let config = yaml::to_string(&Value::Object(config));
        Complaint::Plain(format!(
            "trouble configuring builtin PatchTransformer with config: `\n{config}`: {why}"
        ))
    };
    if patch.path.is_empty() == patch.text.is_empty() {
        return Err(faulty("must specify one of patch and path".to_owned()));
    }
    let text = if patch.path.is_empty() {
        patch.text.clone()
    } else {
        let path = &patch.path;
        files(path).map_err(|why| faulty(format!("failed to get the patch file from path({path}): {why}")))?
    };
    let change = operations(&text).map(Change::Operations).or_else(|| parts(&text).map(Change::Parts));
    change.ok_or_else(|| faulty(format!("unable to parse SM or JSON patch from {}", named(patch))))
}

fn described(target: &Target) -> Value {
    let fields = [
        ("annotationSelector", &target.annotation_selector),
        ("group", &target.group),
        ("kind", &target.kind),
        ("labelSelector", &target.label_selector),
        ("name", &target.name),
        ("namespace", &target.namespace),
        ("version", &target.version),
    ];
    let given = fields.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Object(given.map(|(field, text)| (field.to_owned(), text.as_str().into())).collect())
}

/// A list of operations, as JSON or YAML.
fn operations(text: &str) -> Option<Value> {
    let value = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        manifest::values(text, Truths::Few).ok()?.into_iter().next()?
    };
    let operation = |item: &Value| item.get("op").is_some() && item.get("path").is_some();
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(operation)).then_some(value)
}

/// Parts of objects, each of which says what it is for.
fn parts(text: &str) -> Option<Vec<Value>> {
    let values = manifest::values(text, Truths::Few).ok()?;
    let whole = |value: &Value| Resource::read(value.clone()).is_ok();
    (!values.is_empty() && values.iter().all(whole)).then_some(values)
}

/// Merges each part into the object it names.
fn merge_parts(set: &mut Set, parts: Vec<Value>, patch: Option<&Patch>) -> Result<(), Complaint> {
    let none = Patch::default();
    for part in parts {
        let id = Id::of(&part);
        let [i] = set.known_as(&id)[..] else {
            let why = match set.known_as(&id).len() {
                0 => format!("no matches for Id {id}"),
                _ => format!("multiple matches for Id {id}"),
            };
            return Err(Complaint::plain(format!(
                "no resource matches strategic merge patch \"{id}\": {why}; failed to find unique target for patch {id}"
            )));
        };
        if merge_part(&mut set.resources[i], &part, patch.unwrap_or(&none))? {
            remove(set, &[i]);
        }
    }
    Ok(())
}

/// Merges a part into an object; whether the object is to go altogether.
fn merge_part(resource: &mut Resource, part: &Value, patch: &Patch) -> Result<bool, Complaint> {
    if part.get("$patch").and_then(Value::as_str) == Some("delete") {
        return Ok(true);
    }
    let id = resource.id();
    let mut part = part.clone();
    let allowed = |option: &str| patch.options.get(option).copied().unwrap_or(false);
    if let Some(metadata) = part.get_mut("metadata").and_then(Value::as_object_mut) {
        if !allowed("allowNameChange") {
            metadata.remove("name");
        }
        metadata.remove("namespace");
    }
    if let Some(fields) = part.as_object_mut().filter(|_| !allowed("allowKindChange")) {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    let api = if id.group.is_empty() { id.version.clone() } else { format!("{}/{}", id.group, id.version) };
    let mut done = Ok(());
    resource.change_name(|value| match Kind::of_manifest(&api, &id.kind) {
        Some(kind) => done = patch::strategic(kind, value, &part),
        None => patch::merge(value, &part),
    });
    done.map(|()| false).map_err(|refusal| Complaint::plain(refusal.message))
}

fn operate(resource: &mut Resource, list: &Value) -> Result<(), Complaint> {
    let mut changed = resource.value.clone();
    patch::json(&mut changed, list).map_err(|refusal| {
        let cause = refusal.causes.first().map(|cause| cause.message.clone());
        Complaint::plain(cause.unwrap_or(refusal.message))
    })?;
    resource.change_name(|value| *value = changed);
    Ok(())
}

fn remove(set: &mut Set, gone: &[usize]) {
    let mut i = 0;
    set.resources.retain(|_| {
        i += 1;
        !gone.contains(&(i - 1))
    });
}

/// Where the objects are that a patch is for.
fn selected(set: &Set, target: &Target) -> Result<Vec<usize>, Complaint> {
    let pattern = |text: &str| {
        Regex::new(&format!("^(?:{text})$"))
            .map_err(|why| Complaint::plain(format!("error parsing regexp: {why}")))
    };
    let (group, version, kind) = (pattern(&target.group)?, pattern(&target.version)?, pattern(&target.kind)?);
    let (name, namespace) = (pattern(&target.name)?, pattern(&target.namespace)?);
    let fits = |pattern: &Regex, wanted: &str, text: &str| wanted.is_empty() || pattern.is_match(text);
    let labels = Selector::parse(&target.label_selector).map_err(Complaint::Plain)?;
    let annotations = Selector::parse(&target.annotation_selector).map_err(Complaint::Plain)?;
    let texts = |resource: &Resource, field: &str| {
        resource.value["metadata"].get(field).cloned().and_then(|value| serde_json::from_value(value).ok())
    };
    let meant = |resource: &Resource| {
        resource.ids().any(|id| {
            fits(&group, &target.group, &id.group)
                && fits(&version, &target.version, &id.version)
                && fits(&kind, &target.kind, &id.kind)
                && fits(&name, &target.name, &id.name)
                && fits(&namespace, &target.namespace, id.home())
        }) && labels.matches_opt(texts(resource, "labels").as_ref())
            && annotations.matches_opt(texts(resource, "annotations").as_ref())
    };
    Ok((0..set.resources.len()).filter(|i| meant(&set.resources[*i])).collect())
}
