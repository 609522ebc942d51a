//! Names of hosts as a Pod, a node or a machine beside the cluster finds them. Knows nothing of connections.

use super::Context;
use super::route::Origin;
use crate::kube::core::Service;
use crate::kube::{Kind, Pod};
use crate::os::{Failure, Reply, is_loopback};
use std::net::Ipv4Addr;

/// How many `ExternalName`s in a row are followed.
const ALIASES: usize = 8;
/// What every name of the cluster ends with.
const ZONE: &str = ".svc.cluster.local";

impl Context<'_> {
    /// What the name service in reach of `from` says of a name.
    pub(super) fn resolve(&self, from: &Origin, name: &str) -> Reply {
        if !self.may_resolve(from) {
            return Reply::Failed(Failure::TimedOut);
        }
        let followed = from.namespace.as_deref().and_then(|namespace| self.followed(name, namespace));
        let (aliases, last) = followed.unwrap_or_else(|| (Vec::new(), name.to_owned()));
        let backends = from.namespace.as_deref().and_then(|namespace| self.backends_of(&last, namespace));
        if let Some((name, addresses)) = backends {
            return Reply::Resolved { name, addresses, aliases };
        }
        match self.address_of(from, &last) {
            Some((name, ip)) => Reply::Resolved { name, addresses: vec![ip], aliases },
            // The name service gives the other name, whether anybody has it or not.
            None if !aliases.is_empty() => {
                let name = last.trim_end_matches('.').to_owned();
                Reply::Resolved { name, addresses: Vec::new(), aliases }
            }
            None => Reply::Failed(Failure::UnknownHost),
        }
    }

    /// The full name and address of a host: nothing if `from` is not allowed to ask the name service.
    pub(super) fn looked_up(&self, from: &Origin, host: &str) -> Option<(String, Ipv4Addr)> {
        let by_number = host.parse::<Ipv4Addr>().is_ok();
        if by_number || self.may_resolve(from) { self.address_of(from, host) } else { None }
    }

    /// An address is its own name; names of nodes are known to the machines, those of Services to Pods.
    fn address_of(&self, from: &Origin, host: &str) -> Option<(String, Ipv4Addr)> {
        if let Ok(ip) = host.parse() {
            return Some((host.to_owned(), ip));
        }
        if is_loopback(host) {
            return Some((host.to_owned(), Ipv4Addr::LOCALHOST));
        }
        match &from.namespace {
            Some(namespace) => self.address_in_cluster(host, namespace),
            None => Some((host.to_owned(), self.machines.get(host)?.address.parse().ok()?)),
        }
    }

    /// The full name and address of a Service of the cluster as seen from a namespace, maybe by way of
    /// Services that are only another name for it.
    fn address_in_cluster(&self, host: &str, namespace: &str) -> Option<(String, Ipv4Addr)> {
        let (_, last) = self.followed(host, namespace)?;
        self.address_of_name(&last, namespace)
    }

    /// Names that are only another name, each with what it stands for, and the last of them.
    fn followed(&self, host: &str, namespace: &str) -> Option<(Vec<(String, String)>, String)> {
        let mut host = host.to_owned();
        let mut aliases = Vec::new();
        for _ in 0..ALIASES {
            let Some((name, target)) = self.alias(&host, namespace) else { return Some((aliases, host)) };
            aliases.push((name, target.trim_end_matches('.').to_owned()));
            host = target;
        }
        None
    }

    /// The full name of a Service of type `ExternalName` and what it stands for: a full name, as no search domain is added to the target
    /// of a CNAME.
    fn alias(&self, host: &str, namespace: &str) -> Option<(String, String)> {
        let (name, home) = service_named(host, namespace)?;
        let service = self.service(|s| s.metadata.name.as_deref() == Some(name), Some(home))?;
        let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() == Some("ExternalName"))?;
        let target = spec.external_name.as_deref()?.trim_end_matches('.');
        // A name outside the cluster leads nowhere: there is no world around it.
        let target = if target.ends_with(ZONE) { target.to_owned() } else { format!("{target}.") };
        Some((format!("{name}.{home}{ZONE}"), target))
    }

    /// The name `10-244-0-2.NAMESPACE.pod.cluster.local` that every address has in every namespace (`pods insecure` of the usual name service).
    fn by_pod_record(&self, host: &str) -> Option<(String, Ipv4Addr)> {
        let host = host.trim_end_matches('.');
        let short = host.strip_suffix(".pod.cluster.local").or_else(|| host.strip_suffix(".pod"))?;
        let (address, namespace) = short.split_once('.')?;
        self.store.find(Kind::Namespace, "", namespace)?;
        let ip = address.replace('-', ".").parse().ok()?;
        Some((format!("{short}.pod.cluster.local"), ip))
    }

    fn address_of_name(&self, host: &str, namespace: &str) -> Option<(String, Ipv4Addr)> {
        if let Some(found) = self.by_pod_record(host) {
            return Some(found);
        }
        if let Some((name, addresses)) = self.backends_of(host, namespace) {
            return addresses.first().map(|address| (name, *address));
        }
        let (name, namespace) = service_named(host, namespace)?;
        let service = self.service(|s| s.metadata.name.as_deref() == Some(name), Some(namespace))?;
        let ip = service.spec.as_ref()?.cluster_ip.clone().unwrap_or_default();
        Some((format!("{name}.{namespace}.svc.cluster.local"), ip.parse().ok()?))
    }

    /// A Service without an address of its own stands for the Pods behind it that are ready or published all the same; one of them is named before it.
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
        let pods = self.published_pods(service, home);
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
