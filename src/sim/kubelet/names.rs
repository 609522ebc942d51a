//! What a Pod's containers find in `/etc/hosts` and `/etc/resolv.conf` (`pkg/kubelet/kubelet_pods.go`, pkg/kubelet/network/dns). Does not
//! know who answers questions about names.

use crate::kube::Pod;
use std::fmt::Write;

/// The name server of the cluster.
const CLUSTER_DNS: &str = "10.96.0.10";
/// The name server of the nodes.
const NODE_DNS: &str = "10.255.255.53";
/// How many name servers and search domains a resolver takes.
const MOST: (usize, usize) = (3, 32);

/// The host name and domain of a Pod on this node (`GeneratePodHostNameAndDomain`).
fn host_and_domain(pod: &Pod, node: &str) -> (String, Option<String>) {
    let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    if pod.spec.host_network == Some(true) {
        return (node.to_owned(), None);
    }
    if let Some(name) = given(&pod.spec.hostname_override) {
        return (short(&name), None);
    }
    let domain = given(&pod.spec.subdomain);
    let domain = domain.map(|domain| format!("{domain}.{}.svc.cluster.local", pod.namespace()));
    (short(&given(&pod.spec.hostname).unwrap_or_else(|| pod.name().to_owned())), domain)
}

/// A name as long as the kernel takes it (`truncatePodHostnameIfNeeded`).
fn short(name: &str) -> String {
    name.chars().take(63).collect::<String>().trim_end_matches(['-', '.']).to_owned()
}

/// What the kernel calls the host that a Pod's processes are on.
pub(super) fn hostname(pod: &Pod, node: &str) -> String {
    match host_and_domain(pod, node) {
        (name, Some(domain)) if pod.spec.set_hostname_as_fqdn == Some(true) => format!("{name}.{domain}"),
        (name, _) => name,
    }
}

/// `/etc/hosts` of a Pod on this node with this address.
pub(super) fn hosts(pod: &Pod, node: &str, ip: &str) -> String {
    let mut text = String::from(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n\
         fe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
    );
    let _ = match host_and_domain(pod, node) {
        (name, Some(domain)) => writeln!(text, "{ip}\t{name}.{domain}\t{name}"),
        (name, None) => writeln!(text, "{ip}\t{name}"),
    };
    let aliases = pod.spec.host_aliases.as_deref().unwrap_or_default();
    if !aliases.is_empty() {
        text.push_str("\n# Entries added by HostAliases.\n");
    }
    for alias in aliases {
        let _ = writeln!(text, "{}\t{}", alias.ip, alias.hostnames.clone().unwrap_or_default().join("\t"));
    }
    text
}

/// `/etc/resolv.conf` by the Pod's `dnsPolicy`, with what its `dnsConfig` adds.
pub(super) fn resolv(pod: &Pod) -> String {
    let host_network = pod.spec.host_network == Some(true);
    let (mut servers, mut searches, mut options) = (Vec::new(), Vec::new(), Vec::new());
    match (pod.spec.dns_policy.as_deref().unwrap_or("ClusterFirst"), host_network) {
        ("None", _) => {}
        ("ClusterFirst", false) | ("ClusterFirstWithHostNet", _) => {
            servers.push(CLUSTER_DNS.to_owned());
            searches.push(format!("{}.svc.cluster.local", pod.namespace()));
            searches.extend(["svc.cluster.local", "cluster.local"].map(str::to_owned));
            options.push(("ndots".to_owned(), Some("5".to_owned())));
        }
        _ => servers.push(NODE_DNS.to_owned()),
    }
    let own = pod.spec.dns_config.clone().unwrap_or_default();
    add_new(&mut servers, own.nameservers.unwrap_or_default(), MOST.0);
    add_new(&mut searches, own.searches.unwrap_or_default(), MOST.1);
    for option in own.options.unwrap_or_default() {
        let Some(name) = option.name else { continue };
        options.retain(|(known, _)| *known != name);
        options.push((name, option.value));
    }
    let mut text = String::new();
    if !searches.is_empty() {
        let _ = writeln!(text, "search {}", searches.join(" "));
    }
    for server in servers {
        let _ = writeln!(text, "nameserver {server}");
    }
    if !options.is_empty() {
        let word = |(name, value): &(String, Option<String>)| match value {
            Some(value) => format!("{name}:{value}"),
            None => name.clone(),
        };
        let _ = writeln!(text, "options {}", options.iter().map(word).collect::<Vec<_>>().join(" "));
    }
    text
}

fn add_new(list: &mut Vec<String>, more: Vec<String>, most: usize) {
    for word in more {
        if !list.contains(&word) {
            list.push(word);
        }
    }
    list.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::{Kind, Object};
    use serde_json::{Value, json};

    fn pod(spec: Value) -> Pod {
        let value = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
        Object::from_value(Kind::Pod, value).unwrap().as_pod().unwrap().clone()
    }

    #[test]
    fn a_pod_asks_the_cluster_first_and_one_in_the_network_of_its_node_asks_as_the_node_does() {
        let cluster = "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        assert_eq!(resolv(&pod(json!({"containers": []}))), cluster);
        let outside = pod(json!({"containers": [], "hostNetwork": true, "dnsPolicy": "ClusterFirst"}));
        assert_eq!(resolv(&outside), "nameserver 10.255.255.53\n");
        let both =
            pod(json!({"containers": [], "hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet"}));
        assert_eq!(resolv(&both), cluster);
    }

    #[test]
    fn own_name_servers_stand_alone_or_behind_those_of_the_policy() {
        let config = json!({"nameservers": ["1.1.1.1"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]});
        let alone = pod(json!({"containers": [], "dnsPolicy": "None", "dnsConfig": config}));
        assert_eq!(resolv(&alone), "search example.com\nnameserver 1.1.1.1\noptions ndots:2 edns0\n");
        let behind = resolv(&pod(json!({"containers": [], "dnsConfig": config})));
        assert!(
            behind.starts_with("search shop.svc.cluster.local svc.cluster.local cluster.local example.com\n")
        );
        assert!(behind.ends_with("nameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n"));
    }

    #[test]
    fn a_subdomain_makes_a_full_name_and_aliases_share_one_heading() {
        let aliases =
            json!([{"ip": "1.2.3.4", "hostnames": ["a", "b"]}, {"ip": "5.6.7.8", "hostnames": ["c"]}]);
        let text = hosts(
            &pod(json!({"containers": [], "subdomain": "sub", "hostAliases": aliases})),
            "worker-1",
            "10.0.0.1",
        );
        assert!(text.contains("10.0.0.1\tweb.sub.shop.svc.cluster.local\tweb\n"));
        assert!(text.ends_with("\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n5.6.7.8\tc\n"));
    }

    #[test]
    fn the_kernel_knows_a_host_by_its_own_name_by_its_full_one_or_by_the_one_that_was_asked_for() {
        let name = |spec: Value| hostname(&pod(spec), "worker-1");
        assert_eq!(name(json!({"containers": []})), "web");
        let mut spec = json!({"containers": [], "hostname": "a", "subdomain": "sub"});
        assert_eq!(name(spec.clone()), "a");
        spec["setHostnameAsFQDN"] = json!(true);
        assert_eq!(name(spec.clone()), "a.sub.shop.svc.cluster.local");
        let other = json!({"containers": [], "subdomain": "sub", "hostnameOverride": "custom.example.host"});
        assert_eq!(name(other.clone()), "custom.example.host");
        assert!(hosts(&pod(other), "worker-1", "10.0.0.1").contains("10.0.0.1\tcustom.example.host\n"));
        assert_eq!(name(json!({"containers": [], "hostNetwork": true})), "worker-1");
    }
}
