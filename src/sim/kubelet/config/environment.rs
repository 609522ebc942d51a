//! Environment variables: those of Services, `envFrom`, `env` with references and `$(NAME)` expansion.

use super::{pod_field, resource_field};
use crate::kube::core::{Container, EnvFromSource, EnvVar, EnvVarSource, Service};
use crate::kube::{Kind, Object};
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::worker::Worker;
use std::collections::BTreeMap;

/// Bytes of one expanded text after which no more is added, and of all variables after which the others stay empty. Both are more than
/// the kernel hands to a program ([`crate::os::ARGUMENT_MAX`]), so that what is cut never runs: variables that double each other
/// cannot take the machine's memory.
const EXPANSION_MAX: usize = crate::os::ARGUMENT_MAX.0 * 2;
const TOTAL_MAX: usize = crate::os::ARGUMENT_MAX.1;

/// Variables in the order in which they came about, each once.
#[derive(Default)]
struct Variables {
    list: Vec<(String, String)>,
    places: BTreeMap<String, usize>,
    bytes: usize,
}

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.places.get(name).map(|place| self.list[*place].1.as_str())
    }

    fn set(&mut self, name: String, value: String) {
        let value = if self.bytes > TOTAL_MAX { String::new() } else { value };
        self.bytes += name.len() + value.len();
        if let Some(place) = self.places.get(&name) {
            self.list[*place].1 = value;
        } else {
            self.places.insert(name.clone(), self.list.len());
            self.list.push((name, value));
        }
    }
}

/// The variables the kubelet gives a container, in order.
pub(super) fn variables(
    worker: &Worker,
    container: &Container,
    desk: &Desk,
) -> Result<Vec<(String, String)>, String> {
    let mut known = Variables::default();
    for source in container.env_from.iter().flatten() {
        for (name, value) in from_source(worker, source, desk)? {
            known.set(name, value);
        }
    }
    let mut services = Variables::default();
    for (name, value) in self::services(worker, desk) {
        services.set(name, value);
    }
    for variable in container.env.iter().flatten() {
        let Some(value) = value(worker, container, variable, (&known, &services), desk)? else { continue };
        known.set(variable.name.clone(), value);
    }
    for (name, value) in services.list {
        if known.get(&name).is_none() {
            known.set(name, value);
        }
    }
    Ok(known.list)
}

fn from_source(
    worker: &Worker,
    source: &EnvFromSource,
    desk: &Desk,
) -> Result<Vec<(String, String)>, String> {
    let prefix = source.prefix.as_deref().unwrap_or_default();
    let entries = if let Some(reference) = &source.config_map_ref {
        config_map(worker, &reference.name, reference.optional == Some(true), desk)?
    } else if let Some(reference) = &source.secret_ref {
        secret(worker, &reference.name, reference.optional == Some(true), desk)?
    } else {
        None
    };
    let entries = entries.unwrap_or_default();
    Ok(entries.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect())
}

type Entries = Option<BTreeMap<String, String>>;

fn config_map(worker: &Worker, name: &str, optional: bool, desk: &Desk) -> Result<Entries, String> {
    match desk.ctx.store.find(Kind::ConfigMap, &worker.key.namespace, name) {
        Some(Object::ConfigMap(map)) => Ok(Some(map.data.clone().unwrap_or_default())),
        _ if optional => Ok(None),
        _ => Err(format!("configmap \"{name}\" not found")),
    }
}

fn secret(worker: &Worker, name: &str, optional: bool, desk: &Desk) -> Result<Entries, String> {
    match desk.ctx.store.find(Kind::Secret, &worker.key.namespace, name) {
        Some(Object::Secret(secret)) => {
            let text = |bytes: &k8s_openapi::ByteString| String::from_utf8_lossy(&bytes.0).into_owned();
            Ok(Some(secret.data.iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()))
        }
        _ if optional => Ok(None),
        _ => Err(format!("secret \"{name}\" not found")),
    }
}

fn value(
    worker: &Worker,
    container: &Container,
    variable: &EnvVar,
    (so_far, services): (&Variables, &Variables),
    desk: &Desk,
) -> Result<Option<String>, String> {
    if let Some(source) = &variable.value_from {
        return referenced(worker, container, source, desk);
    }
    let text = variable.value.as_deref().unwrap_or_default();
    Ok(Some(expand(text, |name| so_far.get(name).or_else(|| services.get(name)))))
}

fn referenced(
    worker: &Worker,
    container: &Container,
    source: &EnvVarSource,
    desk: &Desk,
) -> Result<Option<String>, String> {
    let namespace = &worker.key.namespace;
    if let Some(key) = &source.config_map_key_ref {
        let optional = key.optional == Some(true);
        let Some(map) = config_map(worker, &key.name, optional, desk)? else { return Ok(None) };
        return match map.get(&key.key) {
            Some(value) => Ok(Some(value.clone())),
            None if optional => Ok(None),
            None => Err(format!("couldn't find key {} in ConfigMap {namespace}/{}", key.key, key.name)),
        };
    }
    if let Some(key) = &source.secret_key_ref {
        let optional = key.optional == Some(true);
        let Some(map) = secret(worker, &key.name, optional, desk)? else { return Ok(None) };
        return match map.get(&key.key) {
            Some(value) => Ok(Some(value.clone())),
            None if optional => Ok(None),
            None => Err(format!("couldn't find key {} in Secret {namespace}/{}", key.key, key.name)),
        };
    }
    if let Some(file) = &source.file_key_ref {
        return super::envfile::value(worker, file, desk);
    }
    if let Some(field) = &source.field_ref {
        return pod_field(worker, &field.field_path, desk).map(Some);
    }
    if let Some(resource) = &source.resource_field_ref {
        return resource_field(worker, container, resource, desk).map(Some);
    }
    Ok(None)
}

/// Services there are when a container starts: `DB_SERVICE_HOST` and its kin.
fn services(worker: &Worker, desk: &Desk) -> Vec<(String, String)> {
    let links = worker.pod.spec.enable_service_links != Some(false);
    let mut result = Vec::new();
    let own = desk.ctx.store.list(Kind::Service, Some(&worker.key.namespace)).filter(|_| links);
    let api = desk.ctx.store.find(Kind::Service, "default", "kubernetes");
    let api = api.filter(|_| !links || &*worker.key.namespace != "default");
    for object in api.into_iter().chain(own) {
        let Object::Service(service) = object else { continue };
        service_variables(service, &mut result);
    }
    result
}

fn service_variables(service: &Service, result: &mut Vec<(String, String)>) {
    let Some(spec) = &service.spec else { return };
    let ip = spec.cluster_ip.as_deref().unwrap_or_default();
    let ports = spec.ports.as_deref().unwrap_or_default();
    let Some(first) = ports.first().filter(|_| !ip.is_empty() && ip != "None") else { return };
    let name = service.metadata.name.as_deref().unwrap_or_default().to_uppercase().replace('-', "_");
    result.push((format!("{name}_SERVICE_HOST"), ip.into()));
    result.push((format!("{name}_SERVICE_PORT"), first.port.to_string()));
    for port in ports {
        if let Some(port_name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let port_name = port_name.to_uppercase().replace('-', "_");
            result.push((format!("{name}_SERVICE_PORT_{port_name}"), port.port.to_string()));
        }
    }
    let protocol =
        |port: &crate::kube::core::ServicePort| port.protocol.clone().unwrap_or_else(|| "TCP".into());
    result
        .push((format!("{name}_PORT"), format!("{}://{ip}:{}", protocol(first).to_lowercase(), first.port)));
    for port in ports {
        let (upper, number) = (protocol(port).to_uppercase(), port.port);
        let stem = format!("{name}_PORT_{number}_{upper}");
        result.push((stem.clone(), format!("{}://{ip}:{number}", upper.to_lowercase())));
        result.push((format!("{stem}_PROTO"), upper.to_lowercase()));
        result.push((format!("{stem}_PORT"), number.to_string()));
        result.push((format!("{stem}_ADDR"), ip.into()));
    }
}

/// Replaces `$(NAME)` by the variable if there is one; `$$` is a dollar sign.
pub(in crate::sim::kubelet) fn expand<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$').filter(|_| result.len() <= EXPANSION_MAX) {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            if let Some(value) = value(name) {
                result.push_str(value);
            } else {
                result.push_str("$(");
                result.push_str(name);
                result.push(')');
            }
            rest = after;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::{EXPANSION_MAX, expand};

    #[test]
    fn only_known_names_are_expanded() {
        let known = |name: &str| (name == "A").then_some("1");
        assert_eq!(expand("x$(A)y $(B) $$(A) $A $", known), "x1y $(B) $(A) $A $");
    }

    #[test]
    fn a_text_that_doubles_and_doubles_stays_within_bounds() {
        let mut text = "x".repeat(10);
        for _ in 0..60 {
            text = expand("$(A)$(A)$(A)", |_| Some(text.as_str()));
        }
        assert!(text.len() > crate::os::ARGUMENT_MAX.0, "too short to be refused");
        assert!(text.len() < 10 * EXPANSION_MAX, "{} bytes", text.len());
    }
}
