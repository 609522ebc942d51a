//! `kubectl create token`: a service account's token, as the API server's `TokenRequest` gives it.

use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::Verb;
use crate::kubectl::verbs::generate::name;
use crate::sim::chance;
use crate::sim::token::{self, ISSUER};
use serde_json::{Value, json};

/// Milliseconds a token is good for unless asked otherwise, and the least that may be asked for (`TokenRequest`).
const LASTS: i64 = 3_600_000;
const LEAST: i64 = 600_000;

const FLAGS: &[Flag] = &[
    flag(
        "audience",
        Takes::Texts,
        "Audience of the requested token. If unset, defaults to requesting a token for use with the Kubernetes API server. May be repeated to request a token valid for multiple audiences.",
    ),
    flag(
        "duration",
        Takes::Span,
        "Requested lifetime of the issued token. If not set or if set to 0, the lifetime will be determined by the server automatically. The server may return a token with a longer or shorter lifetime.",
    ),
    flag(
        "bound-object-kind",
        Takes::Text,
        "Kind of an object to bind the token to. Supported kinds are Node, Pod, Secret. If set, --bound-object-name must be provided.",
    ),
    flag(
        "bound-object-name",
        Takes::Text,
        "Name of an object to bind the token to. The token will expire when the object is deleted. Requires --bound-object-kind.",
    ),
    flag(
        "bound-object-uid",
        Takes::Text,
        "UID of an object to bind the token to. Requires --bound-object-kind and --bound-object-name. If unset, the UID of the existing object is used.",
    ),
];

pub(super) const TOKEN: Verb = Verb {
    name: "token",
    path: "kubectl create token",
    summary: "Request a service account token.",
    usage: "SERVICE_ACCOUNT_NAME [options]",
    examples: "# A token of the service account robot\nkubectl create token robot\n\n# One that lasts ten minutes\n\
               kubectl create token robot --duration=10m",
    flags: &[FLAGS],
    run: create,
    ..Verb::EMPTY
};

fn create(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let lasts = lifetime(run)?;
    let failed = |complaint: Complaint| match complaint {
        Complaint::Refused { message, .. } => Complaint::plain(format!("failed to create token: {message}")),
        other => other,
    };
    let account = run.get(Kind::ServiceAccount, &name).map_err(failed)?;
    let bound = bound(run).map_err(failed)?;
    let claims = claims(run, &account, bound, lasts);
    run.say(&token::signed(&claims));
    Ok(Flow::Done)
}

fn lifetime(run: &Run) -> Result<i64, Complaint> {
    match run.args.span("duration").unwrap_or(0) {
        0 => Ok(LASTS),
        asked if asked < 0 => Err(Complaint::plain("--duration cannot be negative")),
        asked if asked < LEAST => Err(Complaint::plain(format!(
            "failed to create token: TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: {}: \
             may not specify a duration less than 10 minutes",
            asked / 1000
        ))),
        asked => Ok(asked),
    }
}

/// The object the token ends with, if one was named.
fn bound(run: &Run) -> Result<Option<Object>, Complaint> {
    let args = run.args;
    let kind = args.get("bound-object-kind").unwrap_or_default();
    let Some(name) = args.get("bound-object-name").filter(|name| !name.is_empty()) else {
        return match (kind, args.get("bound-object-uid")) {
            ("", None) => Ok(None),
            ("", Some(_)) => {
                Err(Complaint::plain("--bound-object-uid can only be set if --bound-object-kind is provided"))
            }
            _ => Err(Complaint::plain("--bound-object-name must be set if --bound-object-kind is provided")),
        };
    };
    let found = match kind {
        "Pod" => Kind::Pod,
        "Secret" => Kind::Secret,
        "Node" => Kind::Node,
        "" => {
            return Err(Complaint::plain(
                "--bound-object-name can only be set if --bound-object-kind is provided",
            ));
        }
        _ => return Err(Complaint::plain("supported --bound-object-kind values are Node, Pod, Secret")),
    };
    run.get(found, name).map(Some)
}

fn claims(run: &Run, account: &Object, bound: Option<Object>, lasts: i64) -> Value {
    let meta = |object: &Object| {
        let meta = object.meta();
        json!({"name": meta.name, "uid": meta.uid})
    };
    let mut audiences: Vec<&str> = run.args.all("audience").collect();
    if audiences.is_empty() {
        audiences.push(ISSUER);
    }
    let issued = run.now().timestamp().as_second();
    let mut names = json!({"namespace": run.namespace, "serviceaccount": meta(account)});
    if let Some(object) = bound {
        names[object.kind().name().to_ascii_lowercase()] = meta(&object);
    }
    let account = account.meta().name.as_deref().unwrap_or_default();
    json!({
        "aud": audiences,
        "exp": issued + lasts / 1000,
        "iat": issued,
        "iss": ISSUER,
        "jti": chance::uid(0, account, run.now().0),
        "kubernetes.io": names,
        "nbf": issued,
        "sub": format!("system:serviceaccount:{}:{account}", run.namespace),
    })
}
