//! Requests of the kubelet to servers in its Pods: sent at once, answered at once or later (pkg/probe/http, pkg/kubelet/lifecycle).

use super::port_number;
use crate::kube::core::{Container, HTTPGetAction};
use crate::os::{HttpRequest, HttpResponse, ServeId, Served};
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::worker::Worker;
use crate::sim::runtime::{Outcome, SandboxId};
use std::net::{Ipv4Addr, SocketAddrV4};

/// How many redirects a probe follows (pkg/probe/http, `RedirectChecker`).
const MOST_HOPS: u8 = 10;

/// What Go says when TLS is answered in plain text.
const PLAIN: &str = "http: server gave HTTP response to HTTPS client";

/// A request under way.
#[derive(Clone, Debug)]
pub(in crate::sim::kubelet) struct Fetch {
    /// Its name in the runtime.
    pub id: ServeId,
    /// Where it went.
    pub url: String,
    /// What is asked for; a redirect changes its path.
    pub get: HTTPGetAction,
    /// How many redirects led here.
    pub hops: u8,
}

/// What became of a request so far.
#[derive(Clone, Debug)]
pub(in crate::sim::kubelet) enum Fetched {
    /// It was answered.
    Answer(HttpResponse),
    /// It did not get through.
    Failed(String),
    /// The server has it; the address, for messages.
    Later(ServeId, String),
    /// Nobody will ever answer; what is said of that.
    Never(String),
}

/// Where an answer sends the asker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim::kubelet) enum Turn {
    /// Nowhere.
    Stay,
    /// To another path of the same host.
    To(String),
    /// To another host, or round and round: the answer at hand is the last.
    Away,
}

impl Fetch {
    /// A request that waits for its answer.
    pub fn new(id: ServeId, url: String, get: &HTTPGetAction) -> Fetch {
        Fetch { id, url, get: get.clone(), hops: 0 }
    }
}

impl Fetched {
    /// Whether the server would have understood the request without TLS.
    pub fn was_plain(&self) -> bool {
        matches!(self, Fetched::Failed(error) if error.ends_with(PLAIN))
    }

    /// The outcome for a hook: any answer is a good one.
    pub fn for_hook(self) -> Result<Outcome, String> {
        match self {
            Fetched::Failed(error) | Fetched::Never(error) => Err(error),
            _ => Ok(Outcome { code: 0, output: String::new() }),
        }
    }
}

/// Where an answer to a request for `url` sends the asker after `hops` redirects.
pub(in crate::sim::kubelet) fn turn(url: &str, hops: u8, response: &HttpResponse) -> Turn {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Turn::Stay;
    }
    let location = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    let Some((_, location)) = location else { return Turn::Stay };
    if hops + 1 >= MOST_HOPS {
        return Turn::Away;
    }
    let host = |url: &str| {
        url.split_once("://").map(|(_, rest)| rest.split([':', '/']).next().unwrap_or("").to_owned())
    };
    match location.split_once("://") {
        None if location.starts_with('/') => Turn::To(location.clone()),
        None => Turn::To(format!("/{location}")),
        Some((_, rest)) if host(location) == host(url) => {
            Turn::To(rest.find('/').map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned()))
        }
        Some(_) => Turn::Away,
    }
}

impl Worker {
    /// Where a connection of the kubelet ends, and in which sandbox; none if no Pod of the cluster has the address.
    pub fn end_of(&self, host: &str, port: u16, desk: &Desk) -> Option<(SandboxId, SocketAddrV4)> {
        let loopback = is_own_machine(host);
        let ip = if loopback { Ipv4Addr::LOCALHOST } else { host.parse().ok()? };
        let to = SocketAddrV4::new(ip, port);
        let own =
            if loopback { self.pod.spec.host_network == Some(true) } else { host == self.address(desk) };
        let sandbox = if own { self.sandbox } else { desk.ctx.runtime.at_address(host) }?;
        Some((desk.ctx.runtime.listener_beside(sandbox, to), to))
    }

    /// Sends an HTTP request to the Pod.
    pub fn http_get(&mut self, container: &Container, get: &HTTPGetAction, desk: &mut Desk) -> Fetched {
        let host = get.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.address(desk));
        let port = match port_number(container, &get.port) {
            Ok(port) => port,
            Err(error) => return Fetched::Failed(error),
        };
        let scheme = get.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let path = get.path.clone().unwrap_or_else(|| "/".into());
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        let url = format!("{scheme}://{host}:{port}{path}");
        let own = [("User-Agent".to_owned(), "kube-probe/1.36".to_owned()), ("Accept".into(), "*/*".into())];
        let headers = get.http_headers.iter().flatten().map(|h| (h.name.clone(), h.value.clone()));
        let request = HttpRequest {
            method: "GET".into(),
            host: host.clone(),
            port,
            path,
            headers: own.into_iter().chain(headers).collect(),
            body: Vec::new(),
            tls: scheme == "https",
            peer: desk.machine.gateway(),
        };
        let end = self.end_of(&host, port, desk);
        let Some((sandbox, to)) = end else { return unreached(&url, &host, port) };
        if scheme == "https" && desk.ctx.runtime.is_plain(sandbox, to) {
            return Fetched::Failed(format!("Get \"{url}\": {PLAIN}"));
        }
        let served = desk.ctx.runtime.http(sandbox, to, request, desk.ctx.now);
        desk.wake(sandbox, desk.ctx.now.plus(1));
        match served {
            Served::Response(response) => Fetched::Answer(response),
            Served::Refused => {
                Fetched::Failed(format!("Get \"{url}\": dial tcp {host}:{port}: connect: connection refused"))
            }
            Served::Pending(id) => Fetched::Later(id, url),
        }
    }
}

/// Whether the kubelet means its own machine by a host.
pub fn is_own_machine(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.")
}

/// What comes of a request that no Pod's address takes: the machine's own loopback has no server, and what is beyond does not answer.
fn unreached(url: &str, host: &str, port: u16) -> Fetched {
    if is_own_machine(host) {
        let text = format!("Get \"{url}\": dial tcp 127.0.0.1:{port}: connect: connection refused");
        return Fetched::Failed(text);
    }
    let text =
        format!("Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    Fetched::Never(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_follows_redirects_on_its_host_and_no_further() {
        let to = |location: &str| HttpResponse {
            status: 302,
            headers: vec![("Location".into(), location.into())],
            body: Vec::new(),
        };
        let url = "http://10.0.0.1:80/";
        assert_eq!(turn(url, 0, &to("/login")), Turn::To("/login".into()));
        assert_eq!(turn(url, 0, &to("http://10.0.0.1/a?b")), Turn::To("/a?b".into()));
        assert_eq!(turn(url, 0, &to("https://example.com/")), Turn::Away);
        assert_eq!(turn(url, 9, &to("/login")), Turn::Away);
        assert_eq!(turn(url, 0, &HttpResponse::text(200, "fine")), Turn::Stay);
    }
}
