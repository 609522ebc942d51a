//! The cluster as its HTTP API: what a request from a real client (kubectl, client-go, kube-rs) is answered with.
//!
//! Requests and responses are plain data; a watch is a cursor that is asked again. Knows nothing of sockets, threads or the
//! machine's clock: those are in `world::serve`.

/// The simulated calendar as the wall clock's.
pub mod calendar;
/// What the server says it can do.
pub mod discovery;
/// Logs as clients ask for them.
pub mod logs;
/// The API's types as `kubectl explain` reads them.
mod openapi;
/// Bodies in the form generated clients send.
mod protobuf;
/// Reading objects and lists of them.
mod read;
/// Questions about permissions.
mod review;
/// Parts of objects that have addresses of their own.
mod subresource;
/// Objects as rows of a table.
mod table;
/// Commands run in containers, over a connection of several channels.
pub mod visit;
/// Following changes.
pub mod watch;
/// Creating, changing and deleting.
mod write;

use crate::sim::Cluster;
pub use crate::sim::api::address;
use crate::sim::api::{Reason, Refusal};
use address::{Address, Resource};
use calendar::Calendar;
use serde_json::{Value, json};
use watch::Watch;

pub use crate::kubectl::served::VERSION;

/// What a client wants done at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "HTTP's own words")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Where, percent-decoded, without the query.
    pub path: String,
    /// The query's pairs in order, decoded.
    pub query: Vec<(String, String)>,
    /// The header `Accept`, empty if there is none.
    pub accept: String,
    /// The header `Content-Type`, empty if there is none.
    pub content_type: String,
    /// The header `Kubectl-Command`, empty if there is none: the command line that a request serves.
    pub command: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a query parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a query parameter says yes.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | ""))
    }

    /// The body as JSON; the error is the server's.
    fn json(&self) -> Result<Value, Refusal> {
        if self.content_type.contains("protobuf") && !self.body.is_empty() {
            let unknown = "the body of the request was in an unknown format - accepted media types include: application/json";
            return protobuf::to_json(&self.body)
                .ok_or_else(|| Refusal::new(Reason::UnsupportedMediaType, unknown));
        }
        let bad = |error: serde_json::Error| {
            let fault = crate::kube::manifest::json_fault(&String::from_utf8_lossy(&self.body));
            Refusal::new(Reason::BadRequest, fault.unwrap_or_else(|| error.to_string()))
        };
        if self.body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&self.body).map_err(bad) }
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub code: u16,
    /// Its media type.
    pub content_type: &'static str,
    /// Texts for the header `Warning`.
    pub warnings: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A JSON body.
    fn json(code: u16, value: &Value) -> Response {
        Response {
            code,
            content_type: "application/json",
            warnings: Vec::new(),
            body: value.to_string().into_bytes(),
        }
    }

    fn text(text: &str) -> Response {
        Response {
            code: 200,
            content_type: "text/plain; charset=utf-8",
            warnings: Vec::new(),
            body: text.into(),
        }
    }

    /// A refusal as the object `Status`.
    pub fn refusal(refusal: &Refusal) -> Response {
        Response::json(refusal.code(), &status(refusal))
    }
}

/// How a request goes on.
#[derive(Debug)]
pub enum Answer {
    /// It is answered.
    Whole(Response),
    /// Frames follow for as long as the client listens.
    Watch(Box<Watch>),
    /// Log lines follow until the container ends.
    Follow(Box<logs::Follow>),
}

/// Answers one request.
pub fn answer(cluster: &mut Cluster, calendar: Calendar, request: &Request) -> Answer {
    match route(cluster, calendar, request) {
        Ok(answer) => answer,
        Err(refusal) => Answer::Whole(Response::refusal(&refusal)),
    }
}

fn route(cluster: &mut Cluster, calendar: Calendar, request: &Request) -> Result<Answer, Refusal> {
    match Address::parse(&request.path).ok_or_else(nowhere)? {
        Address::Resource(resource) => at_resource(cluster, calendar, request, &resource),
        Address::Review(kind) => review::answer(&kind, request).map(Answer::Whole),
        Address::Health => Ok(Answer::Whole(Response::text("ok"))),
        Address::Version => Ok(Answer::Whole(Response::json(200, &version()))),
        Address::Discovery(what) => Ok(Answer::Whole(discovery::answer(&what, &request.accept))),
        Address::OpenApiOld => Ok(Answer::Whole(openapi::old())),
        Address::OpenApi(group) => openapi::answer(group.as_deref()).map(Answer::Whole).ok_or_else(nowhere),
    }
}

fn at_resource(
    cluster: &mut Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Answer, Refusal> {
    if resource.part.is_some() {
        return subresource::answer(cluster, calendar, request, resource);
    }
    match request.method {
        Method::Get if request.is("watch") => {
            watch::start(cluster, calendar, request, resource).map(|watch| Answer::Watch(Box::new(watch)))
        }
        Method::Get => read::answer(cluster, calendar, request, resource).map(Answer::Whole),
        _ => write::answer(cluster, calendar, request, resource).map(Answer::Whole),
    }
}

fn nowhere() -> Refusal {
    Refusal::new(Reason::NotFound, "the server could not find the requested resource")
}

fn version() -> Value {
    json!({
        "major": "1", "minor": crate::kubectl::served::MINOR, "gitVersion": VERSION, "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
        "goVersion": "", "compiler": "podlab", "platform": "linux/amd64",
    })
}

/// A refusal as clients expect it (`metav1.Status`).
pub fn status(refusal: &Refusal) -> Value {
    refusal.status()
}

#[cfg(test)]
mod tests;
