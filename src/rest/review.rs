//! Questions about permissions. Whoever reaches this server may do everything, as the administrator of a learner's own cluster may.

use super::{Method, Request, Response};
use crate::sim::api::Refusal;
use serde_json::{Value, json};

/// Answers a question by the resource it is posted to.
pub fn answer(question: &str, request: &Request) -> Result<Response, Refusal> {
    if request.method != Method::Post {
        return Err(super::write::not_allowed());
    }
    // Who asks in protobuf reads the status of the answer alone.
    let mut review = request.json().ok().filter(Value::is_object).unwrap_or_else(|| json!({}));
    let kind = super::discovery::question(question).ok_or_else(super::nowhere)?;
    review["kind"] = json!(kind);
    review["apiVersion"] =
        json!(request.path.trim_start_matches("/apis/").trim_end_matches(question).trim_end_matches('/'));
    match question {
        "selfsubjectaccessreviews" => review["status"] = json!({"allowed": true}),
        "selfsubjectrulesreviews" => {
            let all = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]});
            let paths = json!({"verbs": ["*"], "nonResourceURLs": ["*"]});
            review["status"] =
                json!({"resourceRules": [all], "nonResourceRules": [paths], "incomplete": false});
        }
        "selfsubjectreviews" => {
            review["status"] = json!({"userInfo": {"username": "learner", "groups": ["system:masters", "system:authenticated"]}});
        }
        _ => return Err(super::nowhere()),
    }
    Ok(Response::json(201, &review))
}
