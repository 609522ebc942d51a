//! Field selectors (`--field-selector status.phase!=Running`). Which fields a kind offers is a table; the values are read from the
//! object's JSON form, so any caller with an object can use it.

use super::kind::Kind;
use super::object::Object;
use serde_json::Value;

/// One requirement of a field selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The path, as the learner typed it.
    pub field: String,
    /// Whether the value must be equal (`=`, `==`) rather than different (`!=`).
    pub equal: bool,
    /// The value.
    pub value: String,
}

/// A field selector: all requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    /// The requirements in the order they were typed.
    pub requirements: Vec<FieldRequirement>,
}

const POD_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
    "spec.host",
];
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
    "metadata.name",
    "metadata.namespace",
];

/// The fields a selector may name for `kind`.
pub fn selectable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => POD_FIELDS,
        Kind::Event => EVENT_FIELDS,
        Kind::Node => &["metadata.name", "spec.unschedulable"],
        Kind::Namespace => &["metadata.name", "status.phase"],
        Kind::Secret => &["metadata.name", "metadata.namespace", "type"],
        Kind::ReplicaSet | Kind::ReplicationController => {
            &["metadata.name", "metadata.namespace", "status.replicas"]
        }
        Kind::Job => &["metadata.name", "metadata.namespace", "status.successful"],
        Kind::Service => &["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"],
        kind if kind.info().namespaced => &["metadata.name", "metadata.namespace"],
        _ => &["metadata.name"],
    }
}

impl FieldSelector {
    /// Reads `a=b,c!=d`; the error is the API server's text.
    pub fn parse(text: &str) -> Result<FieldSelector, String> {
        let terms = split_terms(text);
        let requirements = terms.iter().filter(|term| !term.is_empty()).map(|term| {
            parse_term(term).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))
        });
        Ok(FieldSelector { requirements: requirements.collect::<Result<_, _>>()? })
    }

    /// The first field that objects of `kind` cannot be selected by.
    pub fn unsupported(&self, kind: Kind) -> Option<&str> {
        let known = selectable(kind);
        self.requirements.iter().map(|r| r.field.as_str()).find(|field| !known.contains(field))
    }

    /// Whether `object` meets every requirement.
    pub fn matches(&self, object: &Object) -> bool {
        let mut value = None;
        self.requirements.iter().all(|r| {
            let held = quick(object, &r.field).unwrap_or_else(|| {
                let value = value.get_or_insert_with(|| object.to_value());
                field_of(value, object.kind(), &r.field)
            });
            (held == r.value) == r.equal
        })
    }
}

/// The fields that are asked for most, read without making JSON of the whole object.
fn quick(object: &Object, field: &str) -> Option<String> {
    let held = match (object, field) {
        (_, "metadata.name") => &object.meta().name,
        (_, "metadata.namespace") => &object.meta().namespace,
        (Object::Pod(pod), "spec.nodeName" | "spec.host") => &pod.spec.node_name,
        (Object::Pod(pod), "status.phase") => &pod.status.phase,
        (Object::Event(event), "involvedObject.name") => &event.involved_object.name,
        (Object::Event(event), "involvedObject.uid") => &event.involved_object.uid,
        _ => return None,
    };
    Some(held.clone().unwrap_or_default())
}

fn field_of(object: &Value, kind: Kind, field: &str) -> String {
    let at = |path: &str| path.split('.').try_fold(object, |value, key| value.get(key));
    match (kind, field) {
        (Kind::Pod, "spec.host") => text(at("spec.nodeName")),
        (Kind::Pod, "spec.hostNetwork") => flag(at("spec.hostNetwork")),
        (Kind::Node, "spec.unschedulable") => flag(at("spec.unschedulable")),
        (Kind::Event, "source") => {
            let source = text(at("source.component"));
            if source.is_empty() { text(at("reportingComponent")) } else { source }
        }
        (Kind::Job, "status.successful") => at("status.succeeded").map_or("0".into(), Value::to_string),
        (Kind::ReplicaSet | Kind::ReplicationController, "status.replicas") => {
            at(field).map_or("0".into(), Value::to_string)
        }
        _ => text(at(field)),
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

fn flag(value: Option<&Value>) -> String {
    (value == Some(&Value::Bool(true))).to_string()
}

/// Splits at commas that no backslash escapes.
fn split_terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == ',' && !escaped {
            terms.push(String::new());
            continue;
        }
        if let Some(term) = terms.last_mut() {
            term.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    terms
}

fn parse_term(term: &str) -> Option<FieldRequirement> {
    let at = term.find(['=', '!'])?;
    let (field, rest) = term.split_at(at);
    let (equal, value) = if let Some(value) = rest.strip_prefix("!=") {
        (false, value)
    } else if let Some(value) = rest.strip_prefix("==") {
        (true, value)
    } else {
        (true, rest.strip_prefix('=')?)
    };
    Some(FieldRequirement { field: field.into(), equal, value: unescape(value)? })
}

fn unescape(value: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.push(chars.next().filter(|c| "\\,=".contains(*c))?),
            ',' | '=' => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Object {
        let value = serde_json::json!({"metadata": {"name": "web"}, "spec": {"nodeName": "worker-1"}, "status": {"phase": "Running"}});
        Object::from_value(Kind::Pod, value).expect("a Pod")
    }

    #[test]
    fn fields_select_by_equality() {
        let matches = |text: &str| FieldSelector::parse(text).expect(text).matches(&pod());
        assert!(matches("status.phase=Running,metadata.name!=db"));
        assert!(matches("spec.host==worker-1,spec.hostNetwork=false"));
        assert!(!matches("status.phase!=Running"));
        assert!(matches(""));
    }

    #[test]
    fn what_cannot_be_selected_by_is_named() {
        let selector = FieldSelector::parse("spec.image=nginx").expect("parses");
        assert_eq!(selector.unsupported(Kind::Pod), Some("spec.image"));
        assert_eq!(
            FieldSelector::parse("a").expect_err("no operator"),
            "invalid selector: 'a'; can't understand 'a'"
        );
    }
}
