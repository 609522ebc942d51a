//! Objects as rows of a table (`meta.k8s.io/v1` Table): what `kubectl get` asks for when it prints columns.

use super::calendar::Calendar;
use crate::kube::{Kind, Object, SimTime};
use crate::kubectl::columns;
use serde_json::{Value, json};

/// What comes with each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    Nothing,
    /// The object's metadata.
    Metadata,
    /// The whole object.
    Object,
}

/// How objects are to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Object,
    /// As rows.
    Table(Include),
    /// Their metadata alone.
    Metadata,
}

impl Form {
    /// What a client accepts, and asks for in its query.
    pub fn wanted(accept: &str, include: Option<&str>) -> Form {
        // The first form that is known, in the client's order.
        for choice in accept.split(',') {
            if choice.contains("as=Table") && choice.contains("application/json") {
                return Form::Table(match include {
                    Some("None") => Include::Nothing,
                    Some("Object") => Include::Object,
                    _ => Include::Metadata,
                });
            }
            if choice.contains("as=PartialObjectMetadata") && choice.contains("application/json") {
                return Form::Metadata;
            }
            if !choice.contains("as=") {
                break;
            }
        }
        Form::Object
    }

    /// One object in this form, its times as the client's.
    pub fn show(self, object: &Object, now: SimTime, calendar: Calendar) -> Value {
        match self {
            Form::Object => whole(object, calendar),
            Form::Metadata => metadata(object, calendar),
            Form::Table(include) => {
                let rows = vec![row(object, now, include, calendar)];
                let version = object.meta().resource_version.clone();
                table(object.kind(), rows, version.as_deref().unwrap_or_default())
            }
        }
    }

    /// A list in this form.
    pub fn show_list(
        self,
        kind: Kind,
        objects: &[&Object],
        (now, revision): (SimTime, u64),
        calendar: Calendar,
    ) -> Value {
        let revision = revision.to_string();
        let (name, version, items): (String, String, Vec<Value>) = match self {
            Form::Table(include) => {
                let rows = objects.iter().map(|object| row(object, now, include, calendar)).collect();
                return table(kind, rows, &revision);
            }
            Form::Object => {
                let items = objects.iter().map(|object| whole(object, calendar)).collect();
                (format!("{}List", kind.name()), kind.api_version(), items)
            }
            Form::Metadata => {
                let items = objects.iter().map(|object| metadata(object, calendar)).collect();
                ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned(), items)
            }
        };
        json!({"kind": name, "apiVersion": version, "metadata": {"resourceVersion": revision}, "items": items})
    }
}

/// An object with the client's times.
pub fn whole(object: &Object, calendar: Calendar) -> Value {
    let mut value = object.to_value();
    calendar.outward(object.kind(), &mut value);
    value
}

fn metadata(object: &Object, calendar: Calendar) -> Value {
    let mut value = whole(object, calendar);
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"].take()})
}

fn row(object: &Object, now: SimTime, include: Include, calendar: Calendar) -> Value {
    let mut row = json!({"cells": columns::cells(object, now)});
    match include {
        Include::Nothing => {}
        Include::Metadata => row["object"] = metadata(object, calendar),
        Include::Object => row["object"] = whole(object, calendar),
    }
    row
}

fn table(kind: Kind, rows: Vec<Value>, revision: &str) -> Value {
    let definitions: Vec<Value> = columns::columns(kind)
        .iter()
        .map(|column| {
            let format = if column.name == "NAME" { "name" } else { "" };
            let priority = i32::from(column.wide);
            json!({"name": column.name, "type": "string", "format": format, "description": "", "priority": priority})
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": revision},
        "columnDefinitions": definitions, "rows": rows,
    })
}
