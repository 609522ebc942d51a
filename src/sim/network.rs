//! What processes ask of the world outside their Pod or node: names and connections. Pods reach each other and the API server by
//! address, and Services by name or address; nodes and what shares their network reach the same by address alone; a machine beside the
//! cluster reaches the nodes. Nothing else answers.

mod door;
mod names;
mod policy;
mod route;
#[cfg(test)]
mod tests;

use super::cluster::Context;
use super::controllers::{endpoints, pods};
use super::kubelet;
use super::runtime::SandboxId;
use crate::kube::core::Service;
use crate::kube::{Kind, Object, Pod};
use crate::os::{Failure, HttpRequest, Reply, Request, RequestId, Served};
use route::{End, Origin};

impl Context<'_> {
    /// Answers what a process of a sandbox asks.
    pub fn answer(&mut self, from: SandboxId, id: RequestId, request: Request) {
        let reply = self.reply(&self.origin(from), request);
        if let Some(sandbox) = self.runtime.get_mut(from) {
            sandbox.system.answer(self.now, id, reply);
        }
        kubelet::wake(from, self.now.plus(1), self);
    }

    /// What a machine beside the cluster is answered.
    pub fn answer_beside(&mut self, request: Request) -> Reply {
        self.reply(&Self::beside(), request)
    }

    fn reply(&mut self, from: &Origin, request: Request) -> Reply {
        match request {
            Request::Resolve { name } => self.resolve(from, &name),
            Request::Http(http) => self.http(from, http),
            Request::Tcp { host, port, payload } => self.tcp(from, (&host, port), &payload),
            Request::Ping { host } => self.ping(from, &host),
            Request::Foreign { .. } => Reply::Failed(Failure::Unreachable),
        }
    }

    fn ping(&self, from: &Origin, host: &str) -> Reply {
        let Some((_, ip)) = self.looked_up(from, host) else {
            return Reply::Failed(Failure::UnknownHost);
        };
        if self.answers_ping(from, ip) { Reply::Pong(ip, 80) } else { Reply::Failed(Failure::TimedOut) }
    }

    fn http(&mut self, from: &Origin, mut request: HttpRequest) -> Reply {
        let route = match self.route(from, (&request.host, request.port)) {
            Ok(route) => route,
            Err(failure) => return Reply::Failed(failure),
        };
        let End::Sandbox(to, at) = route.end else {
            return Reply::Http(self.api_server(&request), Some(route.ip));
        };
        request.peer = route.peer.to_string();
        let served = self.runtime.http(to, at, request, self.now);
        kubelet::wake(to, self.now.plus(1), self);
        match served {
            Served::Response(response) => Reply::Http(response, Some(route.ip)),
            Served::Refused => Reply::Failed(Failure::Refused),
            Served::Pending(_) => Reply::Failed(Failure::TimedOut),
        }
    }

    fn tcp(&mut self, from: &Origin, to: (&str, u16), payload: &[u8]) -> Reply {
        let (to, at) = match self.route(from, to).map(|route| route.end) {
            Ok(End::Sandbox(to, at)) => (to, at),
            // It speaks TLS: to anything else it says nothing.
            Ok(End::ApiServer) => return Reply::Tcp(Vec::new()),
            Err(failure) => return Reply::Failed(failure),
        };
        let answer = self.runtime.tcp(to, at, payload, self.now);
        kubelet::wake(to, self.now.plus(1), self);
        answer.map_or(Reply::Failed(Failure::Refused), Reply::Tcp)
    }

    pub(super) fn service(
        &self,
        wanted: impl Fn(&Service) -> bool,
        namespace: Option<&str>,
    ) -> Option<&Service> {
        self.store.list(Kind::Service, namespace).find_map(|object| match object {
            Object::Service(service) if wanted(service) => Some(&**service),
            _ => None,
        })
    }

    /// The Pods behind a Service that have an address and are not over.
    fn pods_behind<'a>(&'a self, service: &'a Service, namespace: &str) -> impl Iterator<Item = &'a Pod> {
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let pods = selector.map(|labels| self.store.pods_with_labels(namespace, labels));
        pods.into_iter().flatten().filter(|pod| pod.status.pod_ip.is_some() && !pods::is_over(pod))
    }

    /// The Pods behind a Service that its slices call ready.
    pub(super) fn published_pods<'a>(
        &'a self,
        service: &'a Service,
        namespace: &str,
    ) -> impl Iterator<Item = &'a Pod> {
        self.pods_behind(service, namespace).filter(|pod| endpoints::is_published(service, pod))
    }

    /// The first of those Pods behind a Service that get what is sent to it: the ready ones or, if there are none, those that end and
    /// still serve (pkg/proxy/topology.go, `CategorizeEndpoints`).
    pub(super) fn backend<'a>(
        &'a self,
        service: &'a Service,
        namespace: &str,
        here: impl Fn(&&Pod) -> bool,
    ) -> Option<&'a Pod> {
        let published = |pod: &&Pod| endpoints::is_published(service, pod);
        let mut ready = self.pods_behind(service, namespace).filter(published);
        let mut ending = self.pods_behind(service, namespace).filter(|pod| pods::is_ready(pod));
        ready.find(&here).or_else(|| ending.find(&here))
    }
}
