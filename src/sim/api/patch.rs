//! The three kinds of patch, on plain JSON values (apimachinery: strategicpatch, jsonmergepatch; RFC 7386, RFC 6902).

use super::refusal::{FieldError, FieldReason, Reason, Refusal};
use crate::kube::Kind;
use serde_json::{Map, Value};

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
    ("taints", "key"),
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
    // Taints of a Node merge by key only in principle: kubectl taint sends the whole list with a replace directive.
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
        if let Some(list) = name.strip_prefix("$setElementOrder/") {
            let key = merge_key(kind, path, list);
            reorder(fields.get_mut(list), order, key);
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
    match merge_key(kind, above, name).filter(|_| items.iter().all(Value::is_object)) {
        Some(key) => merge_list(kind, path, target, items, key),
        None => {
            *target = change.clone();
            Ok(())
        }
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
    for item in items {
        let Some(id) = item.get(key) else {
            return Err(Refusal::new(
                Reason::InternalError,
                format!("map: {item} does not contain declared merge key: {key}"),
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

fn reorder(list: Option<&mut Value>, order: &Value, key: Option<&str>) {
    let (Some(Value::Array(list)), Value::Array(order)) = (list, order) else { return };
    let id = |item: &Value| key.map_or_else(|| item.clone(), |key| item[key].clone());
    let wanted: Vec<Value> = order.iter().map(id).collect();
    let rank = |item: &Value| wanted.iter().position(|w| *w == id(item));
    // Items the patch does not mention keep their place behind the ones before them.
    let mut last = 0;
    let mut keyed: Vec<(usize, Value)> = Vec::with_capacity(list.len());
    for item in list.drain(..) {
        let place = rank(&item).unwrap_or(last);
        last = place;
        keyed.push((place, item));
    }
    keyed.sort_by_key(|(place, _)| *place);
    list.extend(keyed.into_iter().map(|(_, item)| item));
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
        return Err(Refusal::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        ));
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

fn apply(target: &mut Value, operation: &Value) -> Result<(), String> {
    let path = operation["path"].as_str().ok_or("missing path")?;
    let value = || operation.get("value").cloned().ok_or("missing value");
    match operation["op"].as_str().unwrap_or_default() {
        "add" => add(target, path, value()?),
        "remove" => remove(target, path).map(drop),
        "replace" => {
            let place = target.pointer_mut(path).ok_or_else(|| missing("replace", path))?;
            *place = value()?;
            Ok(())
        }
        "move" => {
            let from = operation["from"].as_str().ok_or("missing from")?;
            let moved = remove(target, from)?;
            add(target, path, moved)
        }
        "copy" => {
            let from = operation["from"].as_str().ok_or("missing from")?;
            let copied = target.pointer(from).cloned().ok_or_else(|| missing("copy", from))?;
            add(target, path, copied)
        }
        "test" if target.pointer(path) == Some(&value()?) => Ok(()),
        "test" => Err(format!("testing value {path} failed")),
        other => Err(format!("Unexpected kind: {other}")),
    }
}

fn missing(what: &str, path: &str) -> String {
    format!("{what} operation does not apply: doc is missing path: {path}: missing value")
}

fn parent<'a, 'p>(target: &'a mut Value, path: &'p str) -> Option<(&'a mut Value, String)> {
    let (above, last): (&'p str, &'p str) = path.rsplit_once('/')?;
    Some((target.pointer_mut(above)?, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let (place, last) = parent(target, path).ok_or_else(|| missing("add", path))?;
    match place {
        Value::Object(fields) => {
            fields.insert(last, value);
            Ok(())
        }
        Value::Array(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => match last.parse::<usize>() {
            Ok(i) if i <= items.len() => {
                items.insert(i, value);
                Ok(())
            }
            _ => Err(missing("add", path)),
        },
        _ => Err(missing("add", path)),
    }
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    let (place, last) = parent(target, path).ok_or_else(|| missing("remove", path))?;
    match place {
        Value::Object(fields) => fields.remove(&last).ok_or_else(|| missing("remove", path)),
        Value::Array(items) => match last.parse::<usize>() {
            Ok(i) if i < items.len() => Ok(items.remove(i)),
            _ => Err(missing("remove", path)),
        },
        _ => Err(missing("remove", path)),
    }
}
