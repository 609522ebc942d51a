//! How the server says no.

use crate::kube::{Key, Kind};
use serde_json::{Value, json};
use std::fmt;

/// Why a request was refused, as `status.reason` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are Kubernetes' own reason names")]
pub enum Reason {
    BadRequest,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    MethodNotAllowed,
    TooManyRequests,
    UnsupportedMediaType,
    Expired,
    RequestEntityTooLarge,
    InternalError,
    Unknown,
}

impl Reason {
    /// The HTTP status code that goes with it.
    pub fn code(self) -> u16 {
        match self {
            Reason::BadRequest => 400,
            Reason::Forbidden => 403,
            Reason::NotFound => 404,
            Reason::MethodNotAllowed => 405,
            Reason::AlreadyExists | Reason::Conflict => 409,
            Reason::Expired => 410,
            Reason::UnsupportedMediaType => 415,
            Reason::Invalid => 422,
            Reason::TooManyRequests => 429,
            Reason::RequestEntityTooLarge => 413,
            Reason::InternalError | Reason::Unknown => 500,
        }
    }

    /// The reason as `status.reason` and kubectl print it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::BadRequest => "BadRequest",
            Reason::Forbidden => "Forbidden",
            Reason::NotFound => "NotFound",
            Reason::AlreadyExists => "AlreadyExists",
            Reason::Conflict => "Conflict",
            Reason::Invalid => "Invalid",
            Reason::MethodNotAllowed => "MethodNotAllowed",
            Reason::TooManyRequests => "TooManyRequests",
            Reason::UnsupportedMediaType => "UnsupportedMediaType",
            Reason::Expired => "Expired",
            Reason::RequestEntityTooLarge => "RequestEntityTooLarge",
            Reason::InternalError => "InternalError",
            Reason::Unknown => "",
        }
    }
}

/// What is wrong with one field, as `status.details.causes[].reason` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are Kubernetes' own cause names")]
pub enum FieldReason {
    Invalid,
    Required,
    NotSupported,
    Forbidden,
    Duplicate,
    NotFound,
    TooLong,
    TooMany,
    TypeInvalid,
    Internal,
}

impl FieldReason {
    /// The reason as the API names it.
    pub fn name(self) -> &'static str {
        match self {
            FieldReason::Invalid => "FieldValueInvalid",
            FieldReason::Required => "FieldValueRequired",
            FieldReason::NotSupported => "FieldValueNotSupported",
            FieldReason::Forbidden => "FieldValueForbidden",
            FieldReason::Duplicate => "FieldValueDuplicate",
            FieldReason::NotFound => "FieldValueNotFound",
            FieldReason::TooLong => "FieldValueTooLong",
            FieldReason::TooMany => "FieldValueTooMany",
            FieldReason::TypeInvalid => "FieldValueTypeInvalid",
            FieldReason::Internal => "InternalError",
        }
    }
}

/// What is wrong with one field. Prints as `field: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path: `spec.containers[0].image`.
    pub field: String,
    /// The kind of fault.
    pub reason: FieldReason,
    /// The text after the path: `Required value: must specify one of: …`.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// A request the server did not grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The class of refusal.
    pub reason: Reason,
    /// The server's text, as kubectl prints it after `Error from server (Reason): `.
    pub message: String,
    /// `status.details.name`, empty if the refusal is not about one object.
    pub name: String,
    /// `status.details.kind`: the resource, or the kind for [`Reason::Invalid`].
    pub kind: String,
    /// The faults of single fields.
    pub causes: Vec<FieldError>,
}

impl Refusal {
    /// A refusal without details.
    pub fn new(reason: Reason, message: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            message: message.into(),
            name: String::new(),
            kind: String::new(),
            causes: Vec::new(),
        }
    }

    /// A refusal about the object `name` of `kind`.
    pub fn about(reason: Reason, kind: Kind, name: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            message: message.into(),
            name: name.to_owned(),
            kind: kind.info().plural.to_owned(),
            causes: Vec::new(),
        }
    }

    /// The HTTP status code.
    pub fn code(&self) -> u16 {
        self.reason.code()
    }

    /// The refusal as clients expect it (`metav1.Status`).
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
            "reason": self.reason.name(), "code": self.code(),
        });
        let causes: Vec<Value> = self
            .causes
            .iter()
            .map(|cause| json!({"reason": cause.reason.name(), "message": cause.message, "field": cause.field}))
            .collect();
        let mut details = json!({});
        for (name, value) in [("name", &self.name), ("kind", &self.kind)] {
            if !value.is_empty() {
                details[name] = json!(value);
            }
        }
        if let Some(kind) = Kind::parse(&self.kind).filter(|kind| !kind.info().group.is_empty()) {
            details["group"] = json!(kind.info().group);
        }
        if !causes.is_empty() && !self.kind.is_empty() {
            details["causes"] = json!(causes);
        }
        if details != json!({}) {
            status["details"] = details;
        }
        status
    }

    /// There is no such object.
    pub fn not_found(key: &Key) -> Refusal {
        let message = format!("{} \"{}\" not found", key.kind.resource(), key.name);
        Refusal::about(Reason::NotFound, key.kind, &key.name, message)
    }

    /// There is one already.
    pub fn already_exists(key: &Key) -> Refusal {
        let message = format!("{} \"{}\" already exists", key.kind.resource(), key.name);
        Refusal::about(Reason::AlreadyExists, key.kind, &key.name, message)
    }

    /// An admission plugin refuses.
    pub fn forbidden(kind: Kind, name: &str, why: impl fmt::Display) -> Refusal {
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.resource());
        Refusal::about(Reason::Forbidden, kind, name, message)
    }

    /// The object was changed in between.
    pub fn conflict(key: &Key, why: impl fmt::Display) -> Refusal {
        let message =
            format!("Operation cannot be fulfilled on {} \"{}\": {why}", key.kind.resource(), key.name);
        Refusal::about(Reason::Conflict, key.kind, &key.name, message)
    }

    /// Fields are wrong.
    pub fn invalid(kind: Kind, name: &str, causes: Vec<FieldError>) -> Refusal {
        let mut texts: Vec<String> = Vec::new();
        for cause in &causes {
            let text = cause.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list =
            if let [only] = texts.as_slice() { only.clone() } else { format!("[{}]", texts.join(", ")) };
        let group = kind.info().group;
        let name_of_kind =
            if group.is_empty() { kind.name().to_owned() } else { format!("{}.{group}", kind.name()) };
        Refusal {
            reason: Reason::Invalid,
            message: format!("{name_of_kind} \"{name}\" is invalid: {list}"),
            name: name.to_owned(),
            kind: kind.name().to_owned(),
            causes,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
