//! What processes ask of the world outside their Pod: names and connections. Pods reach each other by address and Services by name
//! or address; nothing else answers.

mod policy;

use super::cluster::Context;
use super::controllers::endpoints::port_of;
use super::kubelet;
use super::runtime::SandboxId;
use crate::kube::core::Service;
use crate::kube::{Kind, Object, Pod};
use crate::os::{Failure, HttpRequest, Reply, Request, RequestId, Served};
use policy::Traffic;
use std::net::Ipv4Addr;

/// How many `ExternalName`s in a row are followed.
const ALIASES: usize = 8;
/// What every name of the cluster ends with.
const ZONE: &str = ".svc.cluster.local";

impl Context<'_> {
    /// Answers what a process of a sandbox asks.
    pub fn answer(&mut self, from: SandboxId, id: RequestId, request: Request) {
        let namespace = self.namespace_of(from);
        let reply = match request {
            Request::Resolve { name } => self.resolve(from, &name, &namespace),
            Request::Http(http) => self.http(from, http, &namespace),
            Request::Tcp { host, port, payload } => self.tcp(from, (&host, port), &payload, &namespace),
            Request::Ping { host } => self.ping(from, &host, &namespace),
            Request::Foreign { .. } => Reply::Failed(Failure::Unreachable),
        };
        if let Some(sandbox) = self.runtime.get_mut(from) {
            sandbox.system.answer(self.now, id, reply);
        }
        kubelet::wake(from, self.now.plus(1), self);
    }

    fn namespace_of(&self, sandbox: SandboxId) -> String {
        self.runtime.get(sandbox).map_or_else(String::new, |sandbox| sandbox.namespace.to_string())
    }

    fn ping(&self, from: SandboxId, host: &str, namespace: &str) -> Reply {
        let Some((_, ip)) = self.looked_up(from, host, namespace) else {
            return Reply::Failed(Failure::UnknownHost);
        };
        match self.runtime.at_address(&ip.to_string()) {
            Some(to) if self.may_connect(from, to, Traffic::Icmp) => Reply::Pong(ip, 80),
            _ => Reply::Failed(Failure::TimedOut),
        }
    }

    fn resolve(&self, from: SandboxId, name: &str, namespace: &str) -> Reply {
        if !self.may_resolve(from) {
            return Reply::Failed(Failure::TimedOut);
        }
        if let Some((name, addresses)) = self.backends_of(name, namespace) {
            return Reply::Resolved { name, addresses };
        }
        match self.address_of(name, namespace) {
            Some((name, ip)) => Reply::Resolved { name, addresses: vec![ip] },
            None => Reply::Failed(Failure::UnknownHost),
        }
    }

    /// What a sandbox finds under a host's name: nothing if it is not allowed to ask the name service.
    fn looked_up(&self, from: SandboxId, host: &str, namespace: &str) -> Option<(String, Ipv4Addr)> {
        let by_number = host.parse::<Ipv4Addr>().is_ok();
        if by_number || self.may_resolve(from) { self.address_of(host, namespace) } else { None }
    }

    /// The full name and address of a host as seen from a namespace: an address, or a Service of the cluster, maybe by way of
    /// Services that are only another name for it.
    fn address_of(&self, host: &str, namespace: &str) -> Option<(String, Ipv4Addr)> {
        if let Ok(ip) = host.parse() {
            return Some((host.to_owned(), ip));
        }
        let mut host = host.to_owned();
        for _ in 0..ALIASES {
            let Some(target) = self.alias(&host, namespace) else {
                return self.address_of_name(&host, namespace);
            };
            host = target;
        }
        None
    }

    /// What a Service of type `ExternalName` stands for: a full name, as no search domain is added to the target of a CNAME.
    fn alias(&self, host: &str, namespace: &str) -> Option<String> {
        let (name, home) = service_named(host, namespace)?;
        let service = self.service(|s| s.metadata.name.as_deref() == Some(name), Some(home))?;
        let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() == Some("ExternalName"))?;
        let target = spec.external_name.as_deref()?.trim_end_matches('.');
        // A name outside the cluster leads nowhere: there is no world around it.
        Some(if target.ends_with(ZONE) { target.to_owned() } else { format!("{target}.") })
    }

    fn address_of_name(&self, host: &str, namespace: &str) -> Option<(String, Ipv4Addr)> {
        if let Some((name, addresses)) = self.backends_of(host, namespace) {
            return addresses.first().map(|address| (name, *address));
        }
        let (name, namespace) = service_named(host, namespace)?;
        let service = self.service(|s| s.metadata.name.as_deref() == Some(name), Some(namespace))?;
        let ip = service.spec.as_ref()?.cluster_ip.clone().unwrap_or_default();
        Some((format!("{name}.{namespace}.svc.cluster.local"), ip.parse().ok()?))
    }

    /// A Service without an address of its own stands for its ready Pods; one of them is named before it.
    fn backends_of(&self, host: &str, namespace: &str) -> Option<(String, Vec<Ipv4Addr>)> {
        let host = host.trim_end_matches('.');
        let short =
            host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc")).unwrap_or(host);
        let full = short.len() < host.len();
        let parts: Vec<&str> = short.split('.').collect();
        let (pod, name, home) = match (parts.as_slice(), full) {
            ([name], _) => (None, *name, namespace),
            ([name, home], true) => (None, *name, *home),
            ([first, second], false) => match self.headless(first, second) {
                Some(_) => (None, *first, *second),
                None => (Some(*first), *second, namespace),
            },
            ([pod, name, home], _) => (Some(*pod), *name, *home),
            _ => return None,
        };
        let service = self.headless(name, home)?;
        let pods = self.ready_pods(service, home);
        let of_name = |known: &&Pod| {
            pod.is_none_or(|pod| {
                known.spec.hostname.as_deref() == Some(pod) && known.spec.subdomain.as_deref() == Some(name)
            })
        };
        let addresses: Vec<Ipv4Addr> =
            pods.filter(of_name).filter_map(|pod| pod.status.pod_ip.as_deref()?.parse().ok()).collect();
        let front = pod.map_or(String::new(), |pod| format!("{pod}."));
        (!addresses.is_empty()).then(|| (format!("{front}{name}.{home}.svc.cluster.local"), addresses))
    }

    fn headless(&self, name: &str, namespace: &str) -> Option<&Service> {
        self.service(|s| s.metadata.name.as_deref() == Some(name), Some(namespace))
            .filter(|s| s.spec.as_ref().is_some_and(|spec| spec.cluster_ip.as_deref() == Some("None")))
    }

    fn service(&self, wanted: impl Fn(&Service) -> bool, namespace: Option<&str>) -> Option<&Service> {
        self.store.list(Kind::Service, namespace).find_map(|object| match object {
            Object::Service(service) if wanted(service) => Some(&**service),
            _ => None,
        })
    }

    /// The ready Pod a Service leads to: the first that it selects.
    fn backend(&self, service: &Service, namespace: &str) -> Option<&Pod> {
        self.ready_pods(service, namespace).next()
    }

    /// The ready Pods a Service selects.
    fn ready_pods(&self, service: &Service, namespace: &str) -> impl Iterator<Item = &Pod> {
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone());
        let pods = self.store.list(Kind::Pod, Some(namespace)).filter_map(Object::as_pod);
        pods.filter(move |pod| {
            let labels = pod.metadata.labels.as_ref();
            let matches = selector.as_ref().is_some_and(|selector| {
                selector.iter().all(|(key, value)| labels.and_then(|l| l.get(key)) == Some(value))
            });
            let ready =
                pod.status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
            matches && ready && pod.status.pod_ip.is_some() && pod.metadata.deletion_timestamp.is_none()
        })
    }

    /// Where a connection to a host and port ends: a sandbox and a port in it.
    fn route(
        &self,
        from: SandboxId,
        (host, port): (&str, u16),
        namespace: &str,
    ) -> Result<(SandboxId, u16, Ipv4Addr), Failure> {
        let (_, ip) = self.looked_up(from, host, namespace).ok_or(Failure::UnknownHost)?;
        let (to, port) = self.target(ip, port)?;
        if self.may_connect(from, to, Traffic::Tcp(port)) {
            Ok((to, port, ip))
        } else {
            Err(Failure::TimedOut)
        }
    }

    /// The sandbox and the port in it that an address and a port lead to.
    fn target(&self, ip: Ipv4Addr, port: u16) -> Result<(SandboxId, u16), Failure> {
        let text = ip.to_string();
        let by_ip = |s: &Service| {
            s.spec.as_ref().is_some_and(|spec| spec.cluster_ip.as_deref() == Some(text.as_str()))
        };
        if let Some(service) = self.service(by_ip, None) {
            let ports = service.spec.as_ref().and_then(|spec| spec.ports.clone()).unwrap_or_default();
            let entry = ports.iter().find(|p| p.port == i32::from(port)).ok_or(Failure::TimedOut)?;
            let home = service.metadata.namespace.clone().unwrap_or_default();
            let backend = self.backend(service, &home).ok_or(Failure::Refused)?;
            let target = port_of(entry, Some(backend)).ok_or(Failure::Refused)?;
            let address = backend.status.pod_ip.as_deref().unwrap_or_default();
            let sandbox = self.runtime.at_address(address).ok_or(Failure::TimedOut)?;
            let target = u16::try_from(target).unwrap_or(port);
            return Ok((sandbox, target));
        }
        let sandbox = self.runtime.at_address(&text).ok_or(Failure::TimedOut)?;
        Ok((sandbox, port))
    }

    fn http(&mut self, from: SandboxId, mut request: HttpRequest, namespace: &str) -> Reply {
        let (to, port, ip) = match self.route(from, (&request.host, request.port), namespace) {
            Ok(route) => route,
            Err(failure) => return Reply::Failed(failure),
        };
        request.peer = self.runtime.get(from).map_or_else(String::new, |sandbox| sandbox.ip.to_string());
        let served = self.runtime.http(to, port, request, self.now);
        kubelet::wake(to, self.now.plus(1), self);
        match served {
            Served::Response(response) => Reply::Http(response, Some(ip)),
            Served::Refused => Reply::Failed(Failure::Refused),
            Served::Pending(_) => Reply::Failed(Failure::TimedOut),
        }
    }

    fn tcp(&mut self, from: SandboxId, to: (&str, u16), payload: &[u8], namespace: &str) -> Reply {
        let (to, port, _) = match self.route(from, to, namespace) {
            Ok(route) => route,
            Err(failure) => return Reply::Failed(failure),
        };
        let answer = self.runtime.tcp(to, port, payload, self.now);
        kubelet::wake(to, self.now.plus(1), self);
        answer.map_or(Reply::Failed(Failure::Refused), Reply::Tcp)
    }
}

/// The name and namespace of the Service that a host's name means, seen from a namespace; a name of three parts means none.
fn service_named<'a>(host: &'a str, namespace: &'a str) -> Option<(&'a str, &'a str)> {
    // A final dot says that nothing is to be added: only names of the cluster's zone can be meant.
    let host = match host.strip_suffix('.') {
        Some(full) if !full.ends_with(ZONE) => return None,
        Some(full) => full,
        None => host,
    };
    let short = host.strip_suffix(ZONE).or_else(|| host.strip_suffix(".svc")).unwrap_or(host);
    match short.split_once('.') {
        Some((name, rest)) if !rest.contains('.') => Some((name, rest)),
        Some(_) => None,
        None => Some((short, namespace)),
    }
}
