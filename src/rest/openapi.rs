//! The API's types as OpenAPI v3: what `kubectl explain` prints, and what tells kubectl that the server judges fields itself.

use super::Response;
use super::discovery::groups;
use crate::kube::kind::{KINDS, KindInfo};
use crate::kube::schema::{self, Holds, Shape, Type};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The document of one group and version (`api/v1`, `apis/apps/v1`), or the list of documents; `None` if there is none.
pub fn answer(group: Option<&str>) -> Option<Response> {
    let Some(path) = group else {
        let paths: Map<String, Value> = groups()
            .iter()
            .map(|(group, version)| {
                let path = document_path(group, version);
                let url = format!("/openapi/v3/{path}");
                (path, json!({"serverRelativeURL": url}))
            })
            .collect();
        return Some(Response::json(200, &json!({"paths": paths})));
    };
    let (group, version) =
        groups().into_iter().find(|(group, version)| document_path(group, version) == path)?;
    Some(Response::json(200, &document(group, version)))
}

/// The document in version 2, as protobuf and without a single type. kubectl asks for it when version 3 does not have a type, and
/// passes over objects whose type is in neither; that the kind does not exist, it then finds out by itself.
pub fn old() -> Response {
    Response {
        code: 200,
        content_type: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
        warnings: Vec::new(),
        body: Vec::new(),
    }
}

fn document_path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

fn document(group: &str, version: &str) -> Value {
    let mut paths = Map::new();
    let mut types = Types::default();
    for info in KINDS.iter().filter(|info| info.group == group && info.version == version) {
        let base = format!("/{}", document_path(group, version));
        let place = if info.namespaced { "/namespaces/{namespace}" } else { "" };
        paths.insert(format!("{base}{place}/{}", info.plural), many(info));
        paths.insert(format!("{base}{place}/{}/{{name}}", info.plural), one(info));
        if let Some(root) = schema::of(info.kind) {
            types.add(root, Some(info));
        }
    }
    let info = json!({"title": "Kubernetes", "version": super::VERSION});
    json!({"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": types.schemas}})
}

fn operation(info: &KindInfo, action: &str) -> Value {
    let kind = json!({"group": info.group, "version": info.version, "kind": info.name});
    let validation =
        json!({"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let dry = json!({"name": "dryRun", "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    json!({
        "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind, "parameters": [dry, validation],
        "responses": {"200": {"description": "OK"}},
    })
}

fn many(info: &KindInfo) -> Value {
    json!({"get": operation(info, "list"), "post": operation(info, "post")})
}

fn one(info: &KindInfo) -> Value {
    json!({
        "get": operation(info, "get"), "put": operation(info, "put"), "patch": operation(info, "patch"),
        "delete": operation(info, "delete"),
    })
}

/// Schemas by name, with all they refer to.
#[derive(Default)]
struct Types {
    schemas: Map<String, Value>,
    begun: BTreeSet<&'static str>,
}

impl Types {
    fn add(&mut self, holds: &'static Type, kind: Option<&KindInfo>) {
        if !self.begun.insert(holds.id) {
            return;
        }
        let mut properties = Map::new();
        for field in &holds.fields {
            let mut property = self.property(field.shape);
            // A reference takes no brothers in OpenAPI 3.0: its description stands around it.
            if property.get("$ref").is_some() {
                property = json!({"allOf": [property], "default": {}});
            }
            property["description"] = json!(field.description);
            properties.insert(field.name.to_owned(), property);
        }
        let required: Vec<&str> = holds.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
        let mut value = json!({"type": "object", "description": holds.description, "properties": properties});
        if !required.is_empty() {
            value["required"] = json!(required);
        }
        if let Some(info) = kind {
            value["x-kubernetes-group-version-kind"] =
                json!([{"group": info.group, "version": info.version, "kind": info.name}]);
        }
        self.schemas.insert(full_name(holds), value);
    }

    fn property(&mut self, shape: Shape) -> Value {
        match shape.holds() {
            Holds::Text => json!({"type": "string"}),
            Holds::Bool => json!({"type": "boolean"}),
            Holds::Int32 => json!({"type": "integer", "format": "int32"}),
            Holds::Int64 => json!({"type": "integer", "format": "int64"}),
            Holds::Number => json!({"type": "number", "format": "double"}),
            Holds::Bytes => json!({"type": "string", "format": "byte"}),
            Holds::Anything => json!({"type": "object"}),
            Holds::Time | Holds::MicroTime => json!({"type": "string", "format": "date-time"}),
            Holds::Quantity => self.named(
                "io.k8s.apimachinery.pkg.api.resource.Quantity",
                json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            ),
            Holds::IntOrString => self.named(
                "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
                json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"}),
            ),
            Holds::List(inner) => json!({"type": "array", "items": self.property(inner)}),
            Holds::Map(inner) => json!({"type": "object", "additionalProperties": self.property(inner)}),
            Holds::Struct(inner) => {
                self.add(inner, None);
                reference(&full_name(inner))
            }
        }
    }

    fn named(&mut self, name: &str, schema: Value) -> Value {
        self.schemas.entry(name).or_insert(schema);
        reference(name)
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The name a real server gives a type: `io.k8s.api.core.v1.Pod`.
fn full_name(holds: &Type) -> String {
    holds.id.strip_prefix("meta.").map_or_else(
        || format!("io.k8s.api.{}", holds.id),
        |rest| format!("io.k8s.apimachinery.pkg.apis.meta.{rest}"),
    )
}
