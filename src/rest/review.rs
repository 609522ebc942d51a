//! Questions about permissions. Whoever reaches this server may do everything, as the administrator of a learner's own cluster may.

use super::{Method, Request, Response};
use crate::sim::api::Refusal;
use serde_json::json;

/// Answers a question by the resource it is posted to.
pub fn answer(question: &str, request: &Request) -> Result<Response, Refusal> {
    if request.method != Method::Post {
        return Err(super::write::not_allowed());
    }
    let mut review = request.json()?;
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
