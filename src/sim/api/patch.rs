//! The three kinds of patch, on plain JSON values (apimachinery: strategicpatch, jsonmergepatch; RFC 7386, RFC 6902).

use super::refusal::{FieldError, FieldReason, Reason, Refusal};
use crate::kube::Kind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// RFC 7386: objects merge, everything else replaces, null removes.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

/// How lists of structs merge: the field that identifies an element, by the name of the list (patchMergeKey in the API types).
const MERGE_KEYS: &[(&str, &str)] = &[
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("schedulingGates", "name"),
    ("resourceClaims", "name"),
    ("conditions", "type"),
    ("addresses", "type"),
    ("ownerReferences", "uid"),
    ("podIPs", "ip"),
    ("hostIPs", "ip"),
    ("secrets", "name"),
];

/// Lists of plain values that merge as sets.
const MERGED_SETS: &[&str] = &["finalizers"];

/// The merge key of the list `name` in an object of `kind`; `None` if the list is replaced.
pub fn merge_key(kind: Kind, path: &[&str], name: &str) -> Option<&'static str> {
    if name == "ports" {
        return Some(if kind == Kind::Service && path == ["spec"] { "port" } else { "containerPort" });
    }
    MERGE_KEYS.iter().find(|(list, _)| *list == name).map(|(_, key)| *key)
}

/// A strategic merge: like [`merge`], but known lists merge by key and `$patch`, `$retainKeys`, `$deleteFromPrimitiveList`,
/// `$setElementOrder` directives are obeyed.
pub fn strategic(kind: Kind, target: &mut Value, patch: &Value) -> Result<(), Refusal> {
    if !patch.is_object() {
        return Err(Refusal::bad_request(
            "json: cannot unmarshal into Go value of type map[string]interface {}",
        ));
    }
    merge_strategic(kind, &mut Vec::new(), target, patch)
}

fn merge_strategic<'a>(
    kind: Kind,
    path: &mut Vec<&'a str>,
    target: &mut Value,
    patch: &'a Value,
) -> Result<(), Refusal> {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return Ok(());
    };
    match changes.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *target = without_directives(patch);
            return Ok(());
        }
        Some("delete") => {
            *target = Value::Object(Map::new());
            return Ok(());
        }
        _ => {}
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return Ok(()) };
    if let Some(Value::Array(keep)) = changes.get("$retainKeys") {
        fields.retain(|name, _| keep.iter().any(|k| k.as_str() == Some(name)));
    }
    // The lists whose order the patch sets, as they were.
    let ordered: BTreeMap<String, Vec<Value>> = changes
        .keys()
        .filter_map(|name| name.strip_prefix("$setElementOrder/"))
        .filter_map(|list| Some((list.to_owned(), fields.get(list)?.as_array()?.clone())))
        .collect();
    for (name, change) in changes {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            delete_from_set(fields, list, change);
        }
        if name.starts_with('$') {
            continue;
        }
        if change.is_null() {
            fields.remove(name);
            continue;
        }
        path.push(name);
        merge_field(kind, path, fields.entry(name.clone()).or_insert(Value::Null), change)?;
        path.pop();
    }
    for (name, order) in changes {
        let Some(list) = name.strip_prefix("$setElementOrder/") else { continue };
        let key = merge_key(kind, path, list);
        if let (Some(Value::Array(items)), Value::Array(order)) = (fields.get_mut(list), order) {
            let before = ordered.get(list).cloned().unwrap_or_default();
            reorder(items, order, &before, key);
        }
    }
    Ok(())
}

fn merge_field<'a>(
    kind: Kind,
    path: &mut Vec<&'a str>,
    target: &mut Value,
    change: &'a Value,
) -> Result<(), Refusal> {
    let name = path.last().copied().unwrap_or_default();
    let Value::Array(items) = change else { return merge_strategic(kind, path, target, change) };
    if MERGED_SETS.contains(&name) {
        merge_set(target, items);
        return Ok(());
    }
    let above = &path[..path.len() - 1];
    if let Some(key) = merge_key(kind, above, name).filter(|_| items.iter().all(Value::is_object)) {
        merge_list(kind, path, target, items, key)
    } else {
        *target = change.clone();
        Ok(())
    }
}

fn merge_list<'a>(
    kind: Kind,
    path: &mut Vec<&'a str>,
    target: &mut Value,
    items: &'a [Value],
    key: &str,
) -> Result<(), Refusal> {
    if items.iter().any(|item| item["$patch"] == "replace" && item.as_object().is_some_and(|o| o.len() == 1))
    {
        let rest = items.iter().filter(|item| item.get("$patch").is_none());
        *target = Value::Array(rest.cloned().collect());
        return Ok(());
    }
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(list) = target else { return Ok(()) };
    let before = list.clone();
    for item in items {
        let Some(id) = item.get(key) else {
            return Err(Refusal::new(
                Reason::InternalError,
                format!(
                    "map: {} does not contain declared merge key: {key}",
                    crate::kube::gotext::show(item)
                ),
            ));
        };
        if item["$patch"] == "delete" {
            list.retain(|old| old.get(key) != Some(id));
            continue;
        }
        match list.iter_mut().find(|old| old.get(key) == Some(id)) {
            Some(old) => merge_strategic(kind, path, old, item)?,
            None => list.push(without_directives(item)),
        }
    }
    reorder(list, items, &before, Some(key));
    Ok(())
}

fn merge_set(target: &mut Value, items: &[Value]) {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    if let Value::Array(list) = target {
        for item in items {
            if !list.contains(item) {
                list.push(item.clone());
            }
        }
    }
}

fn delete_from_set(fields: &mut Map<String, Value>, list: &str, items: &Value) {
    if let (Some(Value::Array(list)), Value::Array(items)) = (fields.get_mut(list), items) {
        list.retain(|item| !items.contains(item));
    }
}

/// Puts a merged list in order: the items of the patch in its order, the others in the order they had, each of these before the
/// first item of the patch that stood behind it (`mergeSortedSlice` in apimachinery's strategicpatch).
fn reorder(list: &mut Vec<Value>, patch: &[Value], before: &[Value], key: Option<&str>) {
    let id = |item: &Value| key.map_or_else(|| item.clone(), |key| item[key].clone());
    let place = |items: &[Value], wanted: &Value| items.iter().position(|item| id(item) == id(wanted));
    let (mut patched, others): (Vec<Value>, Vec<Value>) =
        list.drain(..).partition(|item| place(patch, item).is_some());
    patched.sort_by_key(|item| place(patch, item));
    let mut patched = patched.into_iter().peekable();
    for other in others {
        let at = place(before, &other);
        while let Some(next) = patched.peek() {
            let behind = place(before, next);
            if at.is_some() && behind.is_some() && at < behind {
                break;
            }
            list.extend(patched.next());
        }
        list.push(other);
    }
    list.extend(patched);
}

fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(name, value)| !name.starts_with('$') && !value.is_null())
                .map(|(name, value)| (name.clone(), without_directives(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_directives).collect()),
        other => other.clone(),
    }
}

/// RFC 6902: add, remove, replace, move, copy, test.
pub fn json(target: &mut Value, operations: &Value) -> Result<(), Refusal> {
    let Value::Array(operations) = operations else {
        return Err(Refusal::bad_request(format!(
            "error decoding patch: json: cannot unmarshal {} into Go value of type jsonpatch.Patch",
            kind_of(operations)
        )));
    };
    for operation in operations {
        apply(target, operation).map_err(|why| unprocessable(&why))?;
    }
    Ok(())
}

fn unprocessable(why: &str) -> Refusal {
    let mut refusal =
        Refusal::new(Reason::Invalid, "the server rejected our request due to an error in our request");
    refusal.causes.push(FieldError {
        field: "patch".into(),
        reason: FieldReason::Invalid,
        message: why.to_owned(),
    });
    refusal
}

/// One operation, with the words of the library Kubernetes uses (`evanphx/json-patch` v4).
fn apply(target: &mut Value, operation: &Value) -> Result<(), String> {
    if !operation.is_object() {
        let kind = kind_of(operation);
        return Err(format!("json: cannot unmarshal {kind} into Go value of type jsonpatch.Operation"));
    }
    let op = operation["op"].as_str().unwrap_or("unknown");
    let text = |field: &str| {
        let undecoded = || format!("{op} operation failed to decode {field}: missing value");
        operation[field].as_str().ok_or_else(undecoded)
    };
    let value = || operation.get("value").cloned().unwrap_or_default();
    match op {
        "add" => add(target, text("path")?, value()),
        "remove" => remove(target, text("path")?).map(drop),
        "replace" => replace(target, text("path")?, value()),
        "move" => {
            let moved = take(target, text("from")?)?;
            add(target, text("path")?, moved)
        }
        "copy" => {
            let from = text("from")?;
            let absent =
                || format!("copy operation does not apply: doc is missing from path: {from}: missing value");
            let (place, last) = parent(target, from).ok_or_else(absent)?;
            let copied = get(place, &last).cloned().unwrap_or_default();
            add(target, text("path")?, copied)
        }
        "test" => test(target, text("path")?, &value()),
        other => Err(format!("Unexpected kind: {other}")),
    }
}

/// What Go calls a value of this kind.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The object or list that holds the end of a path, and that end.
fn parent<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (above, last) = path.rsplit_once('/')?;
    let place = target.pointer_mut(above).filter(|place| place.is_object() || place.is_array())?;
    Some((place, last.replace("~1", "/").replace("~0", "~")))
}

fn get<'a>(place: &'a Value, last: &str) -> Option<&'a Value> {
    match place {
        Value::Array(items) => items.get(index(last, items.len()).ok()?),
        other => other.get(last),
    }
}

/// The place of a list that a word means; negative ones count from the end.
fn index(word: &str, length: usize) -> Result<usize, String> {
    let number: i64 = word.parse().map_err(|_| {
        format!(
            "value was not a proper array index: '{word}': strconv.Atoi: parsing {word:?}: invalid syntax"
        )
    })?;
    let place = if number < 0 { number + length as i64 } else { number };
    let invalid = || format!("Unable to access invalid index: {number}: invalid index referenced");
    usize::try_from(place).ok().filter(|i| *i <= length).ok_or_else(invalid)
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let absent = || format!("add operation does not apply: doc is missing path: {path:?}: missing value");
    let (place, last) = parent(target, path).ok_or_else(absent)?;
    match place {
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let i =
                index(&last, items.len()).map_err(|why| format!("error in add for path: '{path}': {why}"))?;
            items.insert(i, value);
        }
        Value::Object(fields) => drop(fields.insert(last, value)),
        _ => return Err(absent()),
    }
    Ok(())
}

fn replace(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let absent = || format!("replace operation does not apply: doc is missing path: {path}: missing value");
    let (place, last) = parent(target, path).ok_or_else(absent)?;
    match place {
        Value::Array(items) => {
            let i = index(&last, items.len())
                .map_err(|why| format!("error in replace for path: '{path}': {why}"))?;
            match items.get_mut(i) {
                Some(item) => *item = value,
                None => items.push(value),
            }
        }
        Value::Object(fields) => drop(fields.insert(last, value)),
        _ => return Err(absent()),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    let absent = || format!("remove operation does not apply: doc is missing path: {path:?}: missing value");
    let (place, last) = parent(target, path).ok_or_else(absent)?;
    removed(place, &last).map_err(|why| format!("error in remove for path: '{path}': {why}"))
}

/// The first half of a move.
fn take(target: &mut Value, path: &str) -> Result<Value, String> {
    let absent = || format!("move operation does not apply: doc is missing from path: {path}: missing value");
    let (place, last) = parent(target, path).ok_or_else(absent)?;
    removed(place, &last).map_err(|why| format!("error in move for path: '{last}': {why}"))
}

fn removed(place: &mut Value, last: &str) -> Result<Value, String> {
    match place {
        Value::Array(items) => {
            let i = index(last, items.len().saturating_sub(1))?;
            if items.is_empty() {
                return Err(format!("Unable to access invalid index: {last}: invalid index referenced"));
            }
            Ok(items.remove(i))
        }
        Value::Object(fields) => fields
            .remove(last)
            .ok_or_else(|| format!("Unable to remove nonexistent key: {last}: missing value")),
        _ => Err("missing value".to_owned()),
    }
}

fn test(target: &mut Value, path: &str, wanted: &Value) -> Result<(), String> {
    let absent = || format!("test operation does not apply: is missing path: {path}: missing value");
    let found = if path.is_empty() {
        Some(&*target)
    } else {
        let (place, last) = parent(target, path).ok_or_else(absent)?;
        get(place, &last)
    };
    if found.unwrap_or(&Value::Null) == wanted {
        Ok(())
    } else {
        Err(format!("testing value {path} failed: test failed"))
    }
}
