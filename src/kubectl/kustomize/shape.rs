//! The types of a kustomization's fields (`kustomize/api/types`), and what Go's JSON decoder says of values that do not fit them.
//! Does not know what the fields are for.

use serde_json::Value;

/// The Go type of a field.
enum Type {
    Text,
    Truth,
    Count,
    /// `map[string]string`
    Texts,
    /// `map[string]bool`
    Truths,
    List(&'static Type),
    Struct(&'static Struct),
}

struct Struct {
    name: &'static str,
    fields: &'static [(&'static str, Type)],
}

const STRINGS: Type = Type::List(&Type::Text);

const OPTIONS: Struct = Struct {
    name: "GeneratorOptions",
    fields: &[
        ("labels", Type::Texts),
        ("annotations", Type::Texts),
        ("disableNameSuffixHash", Type::Truth),
        ("immutable", Type::Truth),
    ],
};

const CONFIG_MAP: Struct = Struct {
    name: "ConfigMapArgs",
    fields: &[
        ("name", Type::Text),
        ("namespace", Type::Text),
        ("behavior", Type::Text),
        ("literals", STRINGS),
        ("files", STRINGS),
        ("envs", STRINGS),
        ("env", Type::Text),
        ("options", Type::Struct(&OPTIONS)),
    ],
};

const SECRET: Struct = Struct {
    name: "SecretArgs",
    fields: &[
        ("name", Type::Text),
        ("namespace", Type::Text),
        ("behavior", Type::Text),
        ("type", Type::Text),
        ("literals", STRINGS),
        ("files", STRINGS),
        ("envs", STRINGS),
        ("env", Type::Text),
        ("options", Type::Struct(&OPTIONS)),
    ],
};

const FIELD: Struct = Struct {
    name: "FieldSpec",
    fields: &[
        ("group", Type::Text),
        ("version", Type::Text),
        ("kind", Type::Text),
        ("path", Type::Text),
        ("create", Type::Truth),
    ],
};

const LABEL: Struct = Struct {
    name: "Label",
    fields: &[
        ("pairs", Type::Texts),
        ("includeSelectors", Type::Truth),
        ("includeTemplates", Type::Truth),
        ("fields", Type::List(&Type::Struct(&FIELD))),
    ],
};

const IMAGE: Struct = Struct {
    name: "Image",
    fields: &[
        ("name", Type::Text),
        ("newName", Type::Text),
        ("tagSuffix", Type::Text),
        ("newTag", Type::Text),
        ("digest", Type::Text),
    ],
};

const REPLICA: Struct = Struct { name: "Replica", fields: &[("name", Type::Text), ("count", Type::Count)] };

const TARGET: Struct = Struct {
    name: "Selector",
    fields: &[
        ("group", Type::Text),
        ("version", Type::Text),
        ("kind", Type::Text),
        ("name", Type::Text),
        ("namespace", Type::Text),
        ("labelSelector", Type::Text),
        ("annotationSelector", Type::Text),
    ],
};

const PATCH: Struct = Struct {
    name: "Patch",
    fields: &[
        ("path", Type::Text),
        ("patch", Type::Text),
        ("target", Type::Struct(&TARGET)),
        ("options", Type::Truths),
    ],
};

const KUSTOMIZATION: Struct = Struct {
    name: "Kustomization",
    fields: &[
        ("resources", STRINGS),
        ("bases", STRINGS),
        ("components", STRINGS),
        ("namespace", Type::Text),
        ("namePrefix", Type::Text),
        ("nameSuffix", Type::Text),
        ("commonLabels", Type::Texts),
        ("labels", Type::List(&Type::Struct(&LABEL))),
        ("commonAnnotations", Type::Texts),
        ("images", Type::List(&Type::Struct(&IMAGE))),
        ("replicas", Type::List(&Type::Struct(&REPLICA))),
        ("configMapGenerator", Type::List(&Type::Struct(&CONFIG_MAP))),
        ("secretGenerator", Type::List(&Type::Struct(&SECRET))),
        ("generatorOptions", Type::Struct(&OPTIONS)),
        ("patches", Type::List(&Type::Struct(&PATCH))),
        ("patchesStrategicMerge", STRINGS),
        ("patchesJson6902", Type::List(&Type::Struct(&PATCH))),
    ],
};

/// The first value of a kustomization that does not fit its field, in Go's words.
pub(super) fn fault(kustomization: &Value) -> Option<String> {
    fields(kustomization, &KUSTOMIZATION, &mut Vec::new())
}

/// Goes through the fields in the order of their names, in which they reach Go's decoder.
fn fields(value: &Value, shape: &Struct, path: &mut Vec<String>) -> Option<String> {
    let mut given: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().collect();
    given.sort_by_key(|(name, _)| *name);
    given.into_iter().find_map(|(name, value)| {
        let known = shape.fields.iter().find(|(known, _)| known == name);
        let Some((_, wanted)) = known else {
            // What stands beside the fields at the top is judged elsewhere.
            return (!path.is_empty()).then(|| format!("json: unknown field {name:?}"));
        };
        path.push(name.clone());
        let found = unfit(value, wanted, shape, path);
        path.pop();
        found
    })
}

fn unfit(value: &Value, wanted: &Type, holder: &Struct, path: &mut Vec<String>) -> Option<String> {
    let mut each = |values: Vec<&Value>, inner: &Type| {
        values.into_iter().find_map(|value| unfit(value, inner, holder, path))
    };
    match (wanted, value) {
        (_, Value::Null) | (Type::Text, Value::String(_)) | (Type::Truth, Value::Bool(_)) => None,
        (Type::Count, Value::Number(number)) if number.is_i64() => None,
        (Type::List(inner), Value::Array(items)) => each(items.iter().collect(), inner),
        (Type::Texts, Value::Object(pairs)) => each(pairs.values().collect(), &Type::Text),
        (Type::Truths, Value::Object(pairs)) => each(pairs.values().collect(), &Type::Truth),
        (Type::Struct(shape), Value::Object(_)) => fields(value, shape, path),
        _ => Some(format!(
            "json: cannot unmarshal {} into Go struct field {}.{} of type {}",
            kind_of(value, wanted),
            holder.name,
            path.join("."),
            go_name(wanted)
        )),
    }
}

fn kind_of(value: &Value, wanted: &Type) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        // A number of the wrong sort is told with its digits.
        Value::Number(number) if matches!(wanted, Type::Count) => format!("number {number}"),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

fn go_name(wanted: &Type) -> String {
    match wanted {
        Type::Text => "string".to_owned(),
        Type::Truth => "bool".to_owned(),
        Type::Count => "int64".to_owned(),
        Type::Texts => "map[string]string".to_owned(),
        Type::Truths => "map[string]bool".to_owned(),
        Type::List(inner) => format!("[]{}", go_name(inner)),
        Type::Struct(shape) => format!("types.{}", shape.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_is_told_in_the_words_of_gos_decoder() {
        let told = |value: Value| fault(&value).unwrap_or_default();
        let into = "json: cannot unmarshal";
        assert_eq!(
            told(json!({"images": [{"name": "a", "newTag": 3}]})),
            format!("{into} number into Go struct field Image.images.newTag of type string")
        );
        assert_eq!(
            told(json!({"resources": "../base", "images": "x"})),
            format!("{into} string into Go struct field Kustomization.images of type []types.Image")
        );
        assert_eq!(
            told(json!({"replicas": [{"name": "x", "count": 1.5}]})),
            format!("{into} number 1.5 into Go struct field Replica.replicas.count of type int64")
        );
        assert_eq!(
            told(json!({"labels": [{"pairs": {"a": 1}}]})),
            format!("{into} number into Go struct field Label.labels.pairs of type string")
        );
        assert_eq!(told(json!({"images": [{"foo": 1}]})), "json: unknown field \"foo\"");
        assert_eq!(told(json!({"resources": ["a"], "namespace": null, "kind": "Kustomization"})), "");
    }
}
