//! Pods and the Pod specs inside templates.

use super::faults::Faults;
use super::{container, meta, resources, scheduling, security, volume};
use crate::kube::{Pod, names};
use k8s_openapi::api::core::v1 as api;
use std::net::IpAddr;

const IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/// A new Pod.
pub(super) fn create(pod: &Pod, faults: &mut Faults) {
    spec(&pod.spec, "spec", faults);
    if pod.spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
        faults.forbidden("spec.ephemeralContainers", "cannot be set on create");
    }
    container::image_blanks(&pod.spec, "spec", faults);
}

/// The spec of a Pod that exists, changed.
pub(super) fn changed(pod: &Pod, faults: &mut Faults) {
    spec(&pod.spec, "spec", faults);
    container::ephemeral(&pod.spec, faults);
}

/// The spec of a Pod or of a template, in the order of the server's `ValidatePodSpec`.
pub(super) fn spec(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    volume::volumes(spec, at, faults);
    resource_claims(spec, at, faults);
    container::main(spec, at, faults);
    container::init(spec, at, faults);
    resources::pod(spec, faults);
    container::host_network_ports(spec, at, faults);
    policies(spec, at, faults);
    meta::labels(spec.node_selector.as_ref(), &format!("{at}.nodeSelector"), faults);
    security::pod(spec, faults);
    if let Some(affinity) = &spec.affinity {
        scheduling::affinity(affinity, &format!("{at}.affinity"), faults);
    }
    dns(spec, at, faults);
    scheduling::gates(spec, at, faults);
    let spread = spec.topology_spread_constraints.as_ref();
    scheduling::spread(spread, &format!("{at}.topologySpreadConstraints"), faults);
    host_users(spec, at, faults);
    identity(spec, at, faults);
    scheduling::tolerations(spec.tolerations.as_ref(), &format!("{at}.tolerations"), faults);
    host_aliases(spec, at, faults);
    for (field, name) in
        [("priorityClassName", &spec.priority_class_name), ("runtimeClassName", &spec.runtime_class_name)]
    {
        if let Some(name) = name.as_deref().filter(|name| !name.is_empty()) {
            faults.invalid_all(&format!("{at}.{field}"), name, names::subdomain_errors(name));
        }
    }
    if let Some(policy) = &spec.preemption_policy {
        faults.one_of(&format!("{at}.preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
    operating_system(spec, at, faults);
}

fn resource_claims(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, claim) in spec.resource_claims.iter().flatten().enumerate() {
        let at = format!("{at}.resourceClaims[{i}]");
        if claim.name.is_empty() {
            faults.required(&format!("{at}.name"), "");
        } else if seen.contains(&claim.name.as_str()) {
            faults.duplicate(&format!("{at}.name"), &claim.name);
        } else {
            faults.invalid_all(&format!("{at}.name"), &claim.name, names::label_errors(&claim.name));
            seen.push(&claim.name);
        }
        let shown =
            serde_json::json!([claim.name, claim.resource_claim_name, claim.resource_claim_template_name]);
        let value = format!(
            "{{\"Name\":{},\"ResourceClaimName\":{},\"ResourceClaimTemplateName\":{}}}",
            shown[0], shown[1], shown[2]
        );
        match (&claim.resource_claim_name, &claim.resource_claim_template_name) {
            (None, None) => {
                let detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                faults.invalid_json(&at, &value, detail);
            }
            (Some(_), Some(_)) => {
                let detail =
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                faults.invalid_json(&at, &value, detail);
            }
            _ => {}
        }
    }
}

fn policies(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    let restart = spec.restart_policy.as_deref();
    faults.required_one_of(&format!("{at}.restartPolicy"), restart, &["Always", "OnFailure", "Never"]);
    let dns = spec.dns_policy.as_deref();
    let known = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    faults.required_one_of(&format!("{at}.dnsPolicy"), dns, &known);
}

fn dns(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    let none = spec.dns_policy.as_deref() == Some("None");
    let at = |field: &str| format!("{at}.dnsConfig{field}");
    let Some(config) = &spec.dns_config else {
        if none {
            faults.required(&at(""), "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        return;
    };
    let servers = config.nameservers.as_deref().unwrap_or_default();
    if none && servers.is_empty() {
        let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        faults.required(&at(".nameservers"), detail);
    }
    if servers.len() > 3 {
        faults.invalid(&at(".nameservers"), servers.to_vec(), "must not have more than 3 nameservers");
    }
    for (i, server) in servers.iter().enumerate() {
        if server.parse::<IpAddr>().is_err() {
            faults.invalid(&at(&format!(".nameservers[{i}]")), server.as_str(), IP);
        }
    }
    let searches = config.searches.as_deref().unwrap_or_default();
    if searches.len() > 32 {
        faults.invalid(&at(".searches"), searches.to_vec(), "must not have more than 32 search paths");
    }
    for (i, domain) in searches.iter().enumerate() {
        // A dot at the end is fine, and so is the root alone.
        let plain = domain.strip_suffix('.').unwrap_or(domain);
        if domain != "." {
            faults.invalid_all(&at(&format!(".searches[{i}]")), domain, names::search_domain_errors(plain));
        }
    }
    for (i, option) in config.options.iter().flatten().enumerate() {
        if option.name.as_deref().unwrap_or_default().is_empty() {
            faults.required(&at(&format!(".options[{i}]")), "must not be empty");
        }
    }
}

fn host_users(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    if spec.host_users != Some(false) {
        return;
    }
    for (field, given) in
        [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)]
    {
        if given == Some(true) {
            faults.forbidden(&format!("{at}.{field}"), "when `hostUsers` is false");
        }
    }
}

/// The names a Pod has or refers to.
fn identity(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    let at = |field: &str| format!("{at}.{field}");
    let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    if let Some(name) = given(&spec.hostname_override) {
        if spec.set_hostname_as_fqdn == Some(true) {
            let detail = "may not be specified when setHostnameAsFQDN is true";
            faults.forbidden(&at("hostnameOverride"), detail);
        }
        if spec.host_network == Some(true) {
            faults.forbidden(&at("hostnameOverride"), "may not be specified when hostNetwork is true");
        }
        faults.invalid_all(&at("hostnameOverride"), &name, names::subdomain_errors(&name));
    }
    if let Some(name) = given(&spec.service_account_name) {
        faults.invalid_all(&at("serviceAccountName"), &name, names::subdomain_errors(&name));
    }
    if let Some(name) = given(&spec.node_name) {
        if spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
            faults.forbidden(&at("nodeName"), "cannot be set until all schedulingGates have been cleared");
        }
        faults.invalid_all(&at("nodeName"), &name, names::subdomain_errors(&name));
    }
    if let Some(seconds) = spec.active_deadline_seconds
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        faults.invalid(&at("activeDeadlineSeconds"), seconds, "must be between 1 and 2147483647, inclusive");
    }
    for (field, name) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if let Some(name) = given(name) {
            faults.invalid_all(&at(field), &name, names::label_errors(&name));
        }
    }
}

fn host_aliases(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    for (i, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let at = format!("{at}.hostAliases[{i}]");
        if alias.ip.parse::<IpAddr>().is_err() {
            faults.invalid(&format!("{at}.ip"), alias.ip.as_str(), IP);
        }
        for (j, name) in alias.hostnames.iter().flatten().enumerate() {
            faults.invalid_all(&format!("{at}.hostnames[{j}]"), name, names::subdomain_errors(name));
        }
    }
}

fn operating_system(spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    let Some(os) = &spec.os else { return };
    if os.name.is_empty() {
        faults.required(&format!("{at}.os.name"), "");
    } else {
        faults.one_of(&format!("{at}.os"), &os.name, &["linux", "windows"]);
    }
    if os.name == "windows" {
        for (field, given) in [
            ("hostPID", spec.host_pid),
            ("hostIPC", spec.host_ipc),
            ("shareProcessNamespace", spec.share_process_namespace),
        ] {
            if given == Some(true) {
                faults.forbidden(&format!("{at}.{field}"), "cannot be set for a windows pod");
            }
        }
    }
}
