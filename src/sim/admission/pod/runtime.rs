//! What a `RuntimeClass` does to the Pods that name it (plugin/pkg/admission/runtimeclass).

use crate::kube::core::Toleration;
use crate::kube::{Kind, Object, Pod};
use crate::sim::api::Refusal;
use crate::sim::cluster::Context;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Pod may only name a class that is there; it has that one's overhead and goes to the nodes it says.
pub fn admit(pod: &mut Pod, context: &Context) -> Result<(), Refusal> {
    let Some(name) = pod.spec.runtime_class_name.clone().filter(|name| !name.is_empty()) else {
        return set_overhead(pod, None);
    };
    let Some(class) = context.store.find(Kind::RuntimeClass, "", &name).map(Object::to_value) else {
        return Err(refusal(pod, &format!("pod rejected: RuntimeClass {name:?} not found")));
    };
    set_overhead(pod, Some(&class))?;
    set_place(pod, &class)
}

fn refusal(pod: &Pod, why: &str) -> Refusal {
    Refusal::forbidden(Kind::Pod, pod.name(), why)
}

fn part<T: DeserializeOwned>(class: &Value, pointer: &str) -> Option<T> {
    serde_json::from_value(class.pointer(pointer)?.clone()).ok()
}

fn set_overhead(pod: &mut Pod, class: Option<&Value>) -> Result<(), Refusal> {
    let said = class.and_then(|class| part(class, "/overhead/podFixed"));
    match (&pod.spec.overhead, said) {
        (Some(own), Some(said)) if *own != said => {
            Err(refusal(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"))
        }
        (Some(own), None) if !own.is_empty() => Err(refusal(
            pod,
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        )),
        (None, said @ Some(_)) => {
            Arc::make_mut(&mut pod.spec).overhead = said;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Adds the class's node selector and tolerations (`setScheduling`).
fn set_place(pod: &mut Pod, class: &Value) -> Result<(), Refusal> {
    let wanted: BTreeMap<String, String> = part(class, "/scheduling/nodeSelector").unwrap_or_default();
    let own = pod.spec.node_selector.as_ref();
    for (key, value) in &wanted {
        if let Some(mine) = own.and_then(|own| own.get(key)).filter(|mine| *mine != value) {
            let why = format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {mine}"
            );
            return Err(refusal(pod, &why));
        }
    }
    let tolerations: Vec<Toleration> = part(class, "/scheduling/tolerations").unwrap_or_default();
    if wanted.is_empty() && tolerations.is_empty() {
        return Ok(());
    }
    let spec = Arc::make_mut(&mut pod.spec);
    if !wanted.is_empty() {
        spec.node_selector.get_or_insert_default().extend(wanted);
    }
    let list = spec.tolerations.get_or_insert_default();
    for toleration in tolerations {
        if !list.contains(&toleration) {
            list.push(toleration);
        }
    }
    Ok(())
}
