//! Tokens of service accounts (`pkg/serviceaccount`): claims in the form of a JSON web token. The signature is a hash of the claims, not
//! one of a key: a token that was changed is none, but who reads this could make one.

use super::chance;
use super::store::Store;
use crate::kube::{Key, Kind};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Who issues the tokens of a cluster, and for whom.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The token that carries these claims.
pub fn signed(claims: &Value) -> String {
    let header = json!({"alg": "RS256", "kid": &chance::hex(0, ISSUER, "kid", 43)});
    let parts = [header.to_string(), claims.to_string(), signature(claims)];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn signature(claims: &Value) -> String {
    chance::hex(0, &claims.to_string(), "signature", 256)
}

/// The user a token stands for at a time, in seconds of the calendar; `None` if it is not good: changed, over, for somebody else, or its
/// service account or the Pod it came with is gone.
pub fn user(token: &str, store: &Store, now: i64) -> Option<String> {
    let mut parts = token.split('.').skip(1).map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = serde_json::from_slice(&parts.next()??).ok()?;
    let signed = parts.next()?? == signature(&claims).into_bytes();
    let ours = claims["aud"].as_array().is_some_and(|list| list.iter().any(|audience| audience == ISSUER));
    if !signed || !ours || claims["exp"].as_i64()? <= now {
        return None;
    }
    let names = &claims["kubernetes.io"];
    let namespace = names["namespace"].as_str()?;
    let stands = |kind, claim: &Value| {
        let found = claim["name"].as_str().and_then(|name| store.get(&Key::new(kind, namespace, name)));
        found.is_some_and(|object| object.meta().uid.as_deref() == claim["uid"].as_str())
    };
    let alive = stands(Kind::ServiceAccount, &names["serviceaccount"])
        && (names["pod"].is_null() || stands(Kind::Pod, &names["pod"]))
        && (names["secret"].is_null() || stands(Kind::Secret, &names["secret"]));
    claims["sub"].as_str().filter(|_| alive).map(str::to_owned)
}
