//! The containers of a Pod as `logs`, `exec` and `attach` name them (`kubectl/pkg/cmd/util/podcmd`), and Pods found through their
//! controllers.

use super::complaint::Complaint;
use super::run::{Run, refused};
use super::select;
use super::status;
use crate::kube::core::ContainerStatus;
use crate::kube::selector::Selector;
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::cluster::AccessError;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;

/// `app, helper, dbg (ephem), setup (init)`
pub fn list(pod: &Pod) -> String {
    let mut names: Vec<String> = pod.spec.containers.iter().map(|c| c.name.clone()).collect();
    names.extend(pod.spec.ephemeral_containers.iter().flatten().map(|c| format!("{} (ephem)", c.name)));
    names.extend(pod.spec.init_containers.iter().flatten().map(|c| format!("{} (init)", c.name)));
    names.join(", ")
}

/// All container names: containers, init containers, ephemeral ones.
pub fn names(pod: &Pod) -> Vec<String> {
    let mut names: Vec<String> = pod.spec.containers.iter().map(|c| c.name.clone()).collect();
    names.extend(pod.spec.init_containers.iter().flatten().map(|c| c.name.clone()));
    names.extend(pod.spec.ephemeral_containers.iter().flatten().map(|c| c.name.clone()));
    names
}

/// The container meant: the one named, the one the annotation names, or the first. The text is a line for stderr.
pub fn choose(pod: &Pod, wanted: Option<&str>, strict: bool) -> Result<(String, Option<String>), Complaint> {
    let all = names(pod);
    let invalid = |name: &str| {
        Complaint::plain(format!(
            "container {name} is not valid for pod {} out of: {}",
            pod.name(),
            list(pod)
        ))
    };
    if let Some(name) = wanted.filter(|n| !n.is_empty()) {
        return if all.iter().any(|known| known == name) {
            Ok((name.to_owned(), None))
        } else {
            Err(invalid(name))
        };
    }
    let annotation =
        pod.metadata.annotations.as_ref().and_then(|a| a.get("kubectl.kubernetes.io/default-container"));
    let mut note = None;
    if let Some(name) = annotation.filter(|n| !n.is_empty()) {
        if all.contains(name) {
            return Ok((name.clone(), None));
        }
        if strict {
            return Err(invalid(name));
        }
        note = Some(format!("Default container name {name:?} not found in pod {}", pod.name()));
    }
    let first = pod.spec.containers.first().map(|c| c.name.clone()).unwrap_or_default();
    if all.len() > 1 && note.is_none() {
        note = Some(format!("Defaulted container {first:?} out of: {}", list(pod)));
    }
    Ok((first, note))
}

/// The status of a container, of whatever sort.
pub fn status_of<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = &pod.status;
    let lists =
        [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|s| s.name == name)
}

/// The Pods behind a word: a Pod's name, `pod/name`, or a controller with a selector.
pub fn pods(run: &Run, word: &str) -> Result<Vec<Pod>, Complaint> {
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) if kind.is_empty() || name.is_empty() => {
            return Err(Complaint::plain(
                "arguments in resource/name form must have a single resource and name",
            ));
        }
        Some((kind, name)) => (select::kind(kind)?, name),
        None => (Kind::Pod, word),
    };
    let object = select::named(run, kind, name)?;
    if let Object::Pod(pod) = object {
        return Ok(vec![pod]);
    }
    let value = object.to_value();
    let selector = match kind {
        Kind::Service | Kind::ReplicationController => {
            let labels =
                value.pointer("/spec/selector").and_then(Value::as_object).cloned().unwrap_or_default();
            let labels = labels.into_iter().filter_map(|(k, v)| Some((k, v.as_str()?.to_owned()))).collect();
            Selector::of_labels(&labels)
        }
        _ => {
            let selector = value.pointer("/spec/selector").cloned();
            let selector = selector.and_then(|s| serde_json::from_value::<LabelSelector>(s).ok());
            let Some(selector) = selector else {
                let doing = if run.verb.name == "logs" { "get the logs from" } else { "attach to" };
                let of = format!("*{}.{}", kind.info().version, kind.name());
                return Err(Complaint::plain(format!(
                    "cannot {doing} {of}: selector for {of} not implemented"
                )));
            };
            Selector::of(Some(&selector))
        }
    };
    let mut found: Vec<Pod> = run
        .cluster
        .store()
        .list(Kind::Pod, Some(run.namespace))
        .filter(|o| selector.matches_opt(o.meta().labels.as_ref()))
        .filter_map(|o| o.as_pod().cloned())
        .collect();
    found.sort_by_key(|pod| status::condition(&pod.status, "Ready") != Some("True"));
    if found.is_empty() {
        return Err(Complaint::plain("timed out waiting for the condition"));
    }
    Ok(found)
}

/// The key of a Pod.
pub fn key(pod: &Pod) -> Key {
    Key::pod(pod.namespace(), pod.name())
}

/// A failed way to a kubelet, as logs tell it.
pub fn log_error(error: AccessError) -> Complaint {
    match error {
        AccessError::Refused(refusal) => refused(refusal),
        AccessError::Unreachable(text, _) => Complaint::Raw(format!("Error from server: {text}")),
        AccessError::Failed(text) => Complaint::Raw(text),
    }
}
