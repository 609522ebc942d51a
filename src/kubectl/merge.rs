//! The patch that turns the object on the server into the one in the file, without touching what neither names: kubectl's three-way
//! strategic merge (apimachinery `strategicpatch.CreateThreeWayMergePatch`). Knows values and merge keys only.

use crate::kube::Kind;
use crate::sim::api::patch::merge_key;
use serde_json::{Map, Value, json};

/// The patch from `current` to `modified`; what `original` had and `modified` no longer has is removed. Where only one of several
/// fields makes sense, the patch says which stay.
pub fn three_way(kind: Kind, original: &Value, modified: &Value, current: &Value) -> Value {
    let kind = Kinds { kind, retains: true };
    Value::Object(objects(kind, &mut Vec::new(), (original, modified, current)))
}

/// The patch from one version of an object to the next.
pub fn two_way(kind: Kind, before: &Value, after: &Value) -> Value {
    let kind = Kinds { kind, retains: false };
    Value::Object(objects(kind, &mut Vec::new(), (before, after, before)))
}

/// What is patched, and whether `$retainKeys` is written.
#[derive(Clone, Copy)]
struct Kinds {
    kind: Kind,
    retains: bool,
}

impl Kinds {
    /// Whether the object at `path` has the patch strategy `retainKeys` in the API types.
    fn retains(self, path: &[&str]) -> bool {
        let strategy = self.kind == Kind::Deployment && path == ["spec", "strategy"];
        self.retains && (strategy || path.last() == Some(&"volumes"))
    }
}

fn objects<'a>(
    kind: Kinds,
    path: &mut Vec<&'a str>,
    (original, modified, current): (&'a Value, &'a Value, &'a Value),
) -> Map<String, Value> {
    let mut patch = Map::new();
    let Some(fields) = modified.as_object() else { return patch };
    let before = original.as_object();
    for (name, wanted) in fields {
        let known = before.and_then(|b| b.get(name)).unwrap_or(&Value::Null);
        match current.get(name) {
            None if wanted.is_null() => {}
            None => {
                patch.insert(name.clone(), wanted.clone());
            }
            // Its patch strategy is to replace it, which is done even if nothing differs.
            Some(_) if kind.kind == Kind::PodDisruptionBudget && path == &["spec"] && name == "selector" => {
                patch.insert(name.clone(), wanted.clone());
            }
            Some(now) => {
                if let Some(change) = field(kind, path, name, (known, wanted, now)) {
                    if let Some((list, order)) = order(kind, path, name, wanted, now) {
                        patch.insert(list, order);
                    }
                    patch.insert(name.clone(), change);
                }
            }
        }
    }
    for name in before.into_iter().flat_map(Map::keys) {
        if !fields.contains_key(name) && current.get(name).is_some() {
            patch.insert(name.clone(), Value::Null);
        }
    }
    let more = || current.as_object().is_some_and(|now| now.keys().any(|name| !fields.contains_key(name)));
    if kind.retains(path) && (!patch.is_empty() || more()) {
        let mut kept: Vec<&str> = fields.keys().map(String::as_str).collect();
        kept.sort_unstable();
        patch.insert("$retainKeys".to_owned(), kept.into());
    }
    patch
}

/// The directive that keeps the order of the file in a list that merges by a key: without it the server would put what the patch
/// names before what it does not.
fn order(kind: Kinds, path: &[&str], name: &str, wanted: &Value, now: &Value) -> Option<(String, Value)> {
    let (Value::Array(items), Value::Array(_)) = (wanted, now) else { return None };
    let key = merge_key(kind.kind, path, name)?;
    let order: Vec<Value> = items.iter().map(|item| json!({key: item[key]})).collect();
    Some((format!("$setElementOrder/{name}"), order.into()))
}

fn field<'a>(
    kind: Kinds,
    path: &mut Vec<&'a str>,
    name: &'a str,
    (known, wanted, now): (&'a Value, &'a Value, &'a Value),
) -> Option<Value> {
    let replaces_below = kind.kind == Kind::PodDisruptionBudget && path.is_empty() && name == "spec";
    if wanted == now && !replaces_below {
        return None;
    }
    match (wanted, now) {
        (Value::Object(_), Value::Object(_)) => {
            path.push(name);
            let change = objects(kind, path, (known, wanted, now));
            path.pop();
            (!change.is_empty()).then_some(Value::Object(change))
        }
        (Value::Array(items), Value::Array(current)) => match merge_key(kind.kind, path, name) {
            Some(key) => {
                path.push(name);
                let change = lists(kind, (path, key), known.as_array(), items, current);
                path.pop();
                (!change.is_empty()).then_some(Value::Array(change))
            }
            None => Some(wanted.clone()),
        },
        _ => Some(wanted.clone()),
    }
}

/// The changed elements of a list whose elements are known by a key.
fn lists<'a>(
    kind: Kinds,
    (path, key): (&mut Vec<&'a str>, &'static str),
    known: Option<&'a Vec<Value>>,
    items: &'a [Value],
    current: &'a [Value],
) -> Vec<Value> {
    let same = |a: &Value, b: &Value| a.get(key).is_some() && a.get(key) == b.get(key);
    let mut changes = Vec::new();
    for item in items {
        let Some(now) = current.iter().find(|c| same(c, item)) else {
            changes.push(item.clone());
            continue;
        };
        let before = known.and_then(|k| k.iter().find(|o| same(o, item))).unwrap_or(&Value::Null);
        let mut change = objects(kind, path, (before, item, now));
        if !change.is_empty() {
            change.insert(key.to_owned(), item[key].clone());
            changes.push(Value::Object(change));
        }
    }
    for gone in known.into_iter().flatten() {
        let wanted = items.iter().any(|item| same(item, gone));
        if !wanted && current.iter().any(|c| same(c, gone)) {
            changes.push(json!({"$patch": "delete", key: gone[key]}));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_and_what_was_dropped_is_in_the_patch() {
        let original = json!({"spec": {"a": 1, "containers": [{"name": "x", "image": "1"}, {"name": "y"}]}});
        let modified = json!({"spec": {"containers": [{"name": "x", "image": "2"}]}});
        let current = json!({"spec": {"a": 1, "b": 2,
            "containers": [{"name": "x", "image": "1", "tty": true}, {"name": "y"}]}});
        let patch = three_way(Kind::Pod, &original, &modified, &current);
        let expected = json!({"spec": {"a": null, "$setElementOrder/containers": [{"name": "x"}],
            "containers": [{"name": "x", "image": "2"}, {"$patch": "delete", "name": "y"}]}});
        assert_eq!(patch, expected);
        assert_eq!(three_way(Kind::Pod, &modified, &modified, &modified), json!({}));
    }

    #[test]
    fn fields_that_exclude_each_other_are_told_to_go_when_one_is_applied() {
        let with = |strategy: Value| json!({"spec": {"strategy": strategy}});
        let (now, wanted) =
            (with(json!({"type": "RollingUpdate", "rollingUpdate": {}})), with(json!({"type": "Recreate"})));
        let patch = three_way(Kind::Deployment, &json!({}), &wanted, &now);
        assert_eq!(patch, with(json!({"$retainKeys": ["type"], "type": "Recreate"})));
        // What the server has filled in is told to go each time.
        let same = with(json!({"type": "RollingUpdate"}));
        assert_eq!(three_way(Kind::Deployment, &same, &same, &now), with(json!({"$retainKeys": ["type"]})));
        assert_eq!(two_way(Kind::Deployment, &now, &now), json!({}));
        let volume = |source: Value| json!({"spec": {"volumes": [source]}});
        let patch = three_way(
            Kind::Pod,
            &json!({}),
            &volume(json!({"name": "v", "emptyDir": {}})),
            &volume(json!({"name": "v", "configMap": {"name": "m"}})),
        );
        let change = &patch["spec"]["volumes"][0];
        assert_eq!(*change, json!({"$retainKeys": ["emptyDir", "name"], "emptyDir": {}, "name": "v"}));
    }
}
