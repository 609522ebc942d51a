//! The API server as a program in the cluster meets it: HTTPS at its address, a service account's token in the header `Authorization`.
//! Reads, creates and deletes objects and says who it is and how it does; what a real kubectl needs beyond that (discovery, watches,
//! logs, patches) is `podlab serve`'s.

use super::Context;
use crate::kube::decode::{self, Decoded};
use crate::kube::selector::Selector;
use crate::kube::{Key, Object};
use crate::os::{HttpRequest, HttpResponse};
use crate::sim::api::address::{Address, Catalogue, Resource};
use crate::sim::api::{DeleteOptions, Reason, Refusal, Write, check_name};
use crate::sim::controllers::kubernetes_service;
use crate::sim::rights::{self, Subject, Wish};
use crate::sim::token;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// Fields that stand before others; the rest follow by name. The server has the order of its types.
const FIRST: [&str; 12] = [
    "kind",
    "apiVersion",
    "metadata",
    "name",
    "generateName",
    "namespace",
    "type",
    "status",
    "message",
    "reason",
    "details",
    "code",
];

/// A value as the server prints it for people, its first fields first.
struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
                let mut names: Vec<&String> = fields.keys().collect();
                // A Pod's status comes last, that of a `Status` in its place.
                let whole = fields.contains_key("spec");
                names.sort_by_key(|name| if whole && *name == "status" { usize::MAX } else { rank(name) });
                let mut map = serializer.serialize_map(Some(names.len()))?;
                for name in names {
                    map.serialize_entry(name, &Shown(&fields[name]))?;
                }
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Shown)),
            other => other.serialize(serializer),
        }
    }
}

fn json_response(status: u16, value: &Value) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_vec_pretty(&Shown(value)).unwrap_or_default(),
    }
}

impl Context<'_> {
    /// What the API server answers.
    pub(super) fn api_server(&mut self, request: &HttpRequest) -> HttpResponse {
        if !request.tls {
            return HttpResponse::text(400, "Client sent an HTTP request to an HTTPS server.\n");
        }
        let Some(who) = self.authenticated(request) else {
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "Unauthorized",
                "reason": "Unauthorized", "code": 401,
            });
            return json_response(401, &status);
        };
        let answer = self.allowed(&who, request).and_then(|address| self.at(address, request));
        answer.unwrap_or_else(|refusal| json_response(refusal.code(), &refusal.status()))
    }

    /// Who asks; `None` if the token that was sent is not good.
    fn authenticated(&self, request: &HttpRequest) -> Option<Subject> {
        let mut headers = request.headers.iter();
        let Some((_, given)) = headers.find(|(name, _)| name.eq_ignore_ascii_case("authorization")) else {
            return Some(Subject::anonymous());
        };
        let token = given.strip_prefix("Bearer ").or_else(|| given.strip_prefix("bearer "))?.trim();
        let user = token::user(token, self.store, self.now.timestamp().as_second())?;
        Some(Subject::named(&user, []))
    }

    /// The address of a request, if its sender has the right to it.
    fn allowed(&self, who: &Subject, request: &HttpRequest) -> Result<Address, Refusal> {
        let (path, query) = split(&request.path);
        let address = Address::parse(path);
        let Some(Address::Resource(resource)) = &address else {
            let verb = request.method.to_ascii_lowercase();
            let wish = Wish { url: path, ..wish(&verb) };
            return if rights::allows(self.store, who, &wish) {
                address.ok_or_else(nowhere)
            } else {
                let message = format!("forbidden: User {:?} cannot {verb} path {path:?}", who.user);
                Err(Refusal::new(Reason::Forbidden, message))
            };
        };
        let verb = verb_of(&request.method, resource, query);
        let info = resource.kind.info();
        let wish = Wish {
            group: info.group,
            resource: info.plural,
            subresource: resource.part.as_deref().unwrap_or_default(),
            name: resource.name.as_deref().unwrap_or_default(),
            namespace: resource.namespace.as_deref().unwrap_or_default(),
            ..wish(verb)
        };
        if rights::allows(self.store, who, &wish) {
            return address.ok_or_else(nowhere);
        }
        let place = match wish.namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        let part = if wish.subresource.is_empty() { String::new() } else { format!("/{}", wish.subresource) };
        let of = if wish.name.is_empty() { String::new() } else { format!(" {:?}", wish.name) };
        let (user, group) = (&who.user, info.group);
        let message = format!(
            "{}{of} is forbidden: User {user:?} cannot {verb} resource \"{}{part}\" in API group {group:?} {place}",
            resource.kind.resource(),
            info.plural
        );
        Err(Refusal::about(Reason::Forbidden, resource.kind, wish.name, message))
    }

    fn at(&mut self, address: Address, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
        match address {
            Address::Health => Ok(HttpResponse::text(200, "ok")),
            Address::Version => Ok(json_response(200, &version())),
            Address::Discovery(Catalogue::Core) => {
                let (ip, port) = kubernetes_service::address();
                let servers = json!([{"clientCIDR": "0.0.0.0/0", "serverAddress": format!("{ip}:{port}")}]);
                let versions =
                    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": servers});
                Ok(json_response(200, &versions))
            }
            Address::Resource(resource) if resource.part.is_none() => self.at_resource(&resource, request),
            _ => Err(Refusal::new(
                Reason::NotFound,
                "podlab: this part of the API is answered by `podlab serve` alone",
            )),
        }
    }

    fn at_resource(&mut self, resource: &Resource, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
        let (_, query) = split(&request.path);
        match (request.method.as_str(), resource.key()) {
            ("GET" | "HEAD", Some(key)) => {
                let object = self.store.get(&key).ok_or_else(|| Refusal::not_found(&key))?;
                Ok(json_response(200, &object.to_value()))
            }
            ("GET" | "HEAD", None) => self.list(resource, query),
            ("POST", None) => self.posted(resource, &request.body),
            ("DELETE", Some(key)) => {
                let object = self.store.get(&key).cloned().ok_or_else(|| Refusal::not_found(&key))?;
                let write = self.written_by_a_program(request);
                self.delete(&key, &DeleteOptions::default(), &write)?;
                let left = self.store.get(&key).unwrap_or(&object);
                Ok(json_response(200, &left.to_value()))
            }
            (method, _) => Err(Refusal::new(
                Reason::MethodNotAllowed,
                format!("podlab: {method} from inside the cluster is not simulated"),
            )),
        }
    }

    fn list(&self, resource: &Resource, query: &str) -> Result<HttpResponse, Refusal> {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let labels = pairs.find(|(name, _)| *name == "labelSelector").map(|(_, text)| decoded(text));
        let bad = |text: String| Refusal::new(Reason::BadRequest, text);
        let labels = labels.map(|text| Selector::parse(&text)).transpose().map_err(bad)?;
        let objects = self.store.list(resource.kind, resource.namespace.as_deref());
        let items = objects.filter(|object| {
            labels.as_ref().is_none_or(|labels| labels.matches_opt(object.meta().labels.as_ref()))
        });
        // What is in a list of one kind does not name it.
        let bare = |object: &Object| {
            let mut value = object.to_value();
            if let Some(fields) = value.as_object_mut() {
                fields.retain(|name, _| name != "kind" && name != "apiVersion");
            }
            value
        };
        let items: Vec<Value> = items.map(bare).collect();
        Ok(json_response(
            200,
            &json!({
                "kind": format!("{}List", resource.kind.name()), "apiVersion": resource.kind.api_version(),
                "metadata": {"resourceVersion": self.store.revision().to_string()}, "items": items,
            }),
        ))
    }

    fn posted(&mut self, resource: &Resource, body: &[u8]) -> Result<HttpResponse, Refusal> {
        let bad = |text: String| Refusal::new(Reason::BadRequest, text);
        let value: Value =
            serde_json::from_slice(body).map_err(|error| bad(format!("the body is no JSON: {error}")))?;
        let Decoded { object, .. } = decode::decode(resource.kind, &value);
        let mut object =
            object.map_err(|fault| bad(decode::cannot_be_handled(resource.kind, &fault.text)))?;
        if let Some(namespace) = &resource.namespace {
            let own = object.meta_mut().namespace.get_or_insert_with(|| namespace.clone()).clone();
            let name = object.meta().name.clone().unwrap_or_default();
            check_name(&Key::new(resource.kind, namespace, &name), &name, &own)?;
        }
        let cause =
            self.because(None, "", format!("a program in the cluster created {}", resource.kind.name()));
        let written = self.create(object, &Write::user(cause))?;
        Ok(json_response(201, &written.object.to_value()))
    }

    fn written_by_a_program(&mut self, request: &HttpRequest) -> Write {
        let text = format!("a program in the cluster asked: {} {}", request.method, request.path);
        Write::user(self.because(None, "", text))
    }
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('?').unwrap_or((path, ""))
}

/// A wish for nothing yet.
fn wish(verb: &str) -> Wish<'_> {
    Wish { verb, group: "", resource: "", subresource: "", name: "", url: "", namespace: "" }
}

/// What a method is called in rules (`k8s.io/apiserver/pkg/endpoints/request`).
fn verb_of(method: &str, resource: &Resource, query: &str) -> &'static str {
    let watched = query.split('&').any(|pair| matches!(pair, "watch" | "watch=1" | "watch=true"));
    match (method, resource.name.is_some()) {
        ("GET" | "HEAD", _) if watched => "watch",
        ("GET" | "HEAD", true) => "get",
        ("GET" | "HEAD", false) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "delete",
        _ => "deletecollection",
    }
}

/// A part of a query without its escapes.
fn decoded(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes())
        .next()
        .map(|(_, text)| text.into_owned())
        .unwrap_or_default()
}

fn nowhere() -> Refusal {
    Refusal::new(Reason::NotFound, "the server could not find the requested resource")
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": crate::sim::nodes::VERSION, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "", "goVersion": "", "compiler": "podlab", "platform": "linux/amd64",
    })
}
