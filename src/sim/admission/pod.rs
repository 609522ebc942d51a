//! Admission of Pods: service account and token volume, priority, default tolerations.

mod keys;
mod runtime;

pub use keys::merge as merge_label_keys;

use crate::kube::Pod;
use crate::kube::core::{
    ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath,
    ObjectFieldSelector, PodCondition, PodSpec, ProjectedVolumeSource, ServiceAccountTokenProjection,
    Toleration, Volume, VolumeMount, VolumeProjection,
};
use crate::kube::qos::QosClass;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::Refusal;
use crate::sim::chance;
use crate::sim::cluster::Context;
use std::sync::Arc;

/// Where the service account's token is mounted.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// How long the token lives, seconds.
const TOKEN_SECONDS: i64 = 3607;
/// How long a Pod stays on a node that is not ready, seconds.
const TOLERATION_SECONDS: i64 = 300;
/// Marks a Pod that mirrors a static one.
pub const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

/// Completes a Pod, or refuses it.
pub fn mutate(pod: &mut Pod, context: &mut Context) -> Result<(), Refusal> {
    super::limits::complete(pod, context.store);
    let mirror = pod.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(MIRROR_ANNOTATION));
    if !mirror {
        add_service_account(pod, context)?;
    }
    add_priority(pod, context)?;
    add_tolerations(Arc::make_mut(&mut pod.spec));
    runtime::admit(pod, context)
}

/// The status of a Pod nobody has looked at yet.
pub fn first_status(pod: &mut Pod) {
    let gated = pod.spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    let status = Arc::make_mut(&mut pod.status);
    status.phase = Some("Pending".into());
    status.qos_class = Some(QosClass::of(&pod.spec).as_str().into());
    if gated {
        status.conditions = Some(vec![PodCondition {
            type_: "PodScheduled".into(),
            status: "False".into(),
            reason: Some("SchedulingGated".into()),
            message: Some("Scheduling is blocked due to non-empty scheduling gates".into()),
            ..PodCondition::default()
        }]);
    }
}

fn add_service_account(pod: &mut Pod, context: &mut Context) -> Result<(), Refusal> {
    let wanted = pod.spec.service_account_name.clone().filter(|name| !name.is_empty());
    let name = wanted.unwrap_or_else(|| "default".to_owned());
    let key = Key::new(Kind::ServiceAccount, pod.namespace(), &name);
    let Some(Object::ServiceAccount(account)) = context.store.get(&key).cloned() else {
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
            pod.namespace()
        );
        return Err(Refusal::forbidden(Kind::Pod, pod.name(), why));
    };
    let spec = Arc::make_mut(&mut pod.spec);
    spec.service_account_name = Some(name.clone());
    spec.service_account = Some(name);
    if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) {
        spec.image_pull_secrets.clone_from(&account.image_pull_secrets);
    }
    let mounts =
        spec.automount_service_account_token.or(account.automount_service_account_token).unwrap_or(true);
    if mounts {
        let subject = format!("{}/{}", pod.namespace(), pod.name());
        let suffix = chance::suffix(context.seed, &subject, "token-volume", context.now.0, 5);
        mount_token(Arc::make_mut(&mut pod.spec), &format!("kube-api-access-{suffix}"));
    }
    Ok(())
}

fn mount_token(spec: &mut PodSpec, volume: &str) {
    let mut used = false;
    let mut mount = |container: &mut Container| {
        let mounts = container.volume_mounts.get_or_insert_default();
        if mounts.iter().all(|m| m.mount_path != TOKEN_PATH) {
            used = true;
            mounts.push(VolumeMount {
                name: volume.to_owned(),
                mount_path: TOKEN_PATH.to_owned(),
                read_only: Some(true),
                ..VolumeMount::default()
            });
        }
    };
    spec.init_containers.iter_mut().flatten().for_each(&mut mount);
    spec.containers.iter_mut().for_each(&mut mount);
    if used {
        spec.volumes.get_or_insert_default().push(token_volume(volume));
    }
}

fn token_volume(name: &str) -> Volume {
    let token = VolumeProjection {
        service_account_token: Some(ServiceAccountTokenProjection {
            expiration_seconds: Some(TOKEN_SECONDS),
            path: "token".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let root = VolumeProjection {
        config_map: Some(ConfigMapProjection {
            name: "kube-root-ca.crt".into(),
            items: Some(vec![KeyToPath { key: "ca.crt".into(), path: "ca.crt".into(), mode: None }]),
            optional: None,
        }),
        ..Default::default()
    };
    let namespace = VolumeProjection {
        downward_api: Some(DownwardAPIProjection {
            items: Some(vec![DownwardAPIVolumeFile {
                path: "namespace".into(),
                field_ref: Some(ObjectFieldSelector {
                    api_version: Some("v1".into()),
                    field_path: "metadata.namespace".into(),
                }),
                ..Default::default()
            }]),
        }),
        ..Default::default()
    };
    Volume {
        name: name.to_owned(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(420),
            sources: Some(vec![token, root, namespace]),
        }),
        ..Volume::default()
    }
}

fn add_priority(pod: &mut Pod, context: &mut Context) -> Result<(), Refusal> {
    let class = pod.spec.priority_class_name.clone().filter(|name| !name.is_empty());
    let found = match &class {
        Some(name) => {
            if let Some(Object::PriorityClass(class)) = context.store.find(Kind::PriorityClass, "", name) {
                Some(class.clone())
            } else {
                let why = format!("no PriorityClass with name {name} was found");
                return Err(Refusal::forbidden(Kind::Pod, pod.name(), why));
            }
        }
        None => default_class(context),
    };
    let value = found.as_ref().map_or(0, |class| class.value.unwrap_or_default());
    let policy = found
        .as_ref()
        .and_then(|class| class.preemption_policy.clone())
        .unwrap_or_else(|| "PreemptLowerPriority".to_owned());
    refuse_own_values(pod, value, &policy)?;
    let spec = Arc::make_mut(&mut pod.spec);
    spec.priority_class_name = found.and_then(|class| class.metadata.name.clone()).or(class);
    spec.priority = Some(value);
    spec.preemption_policy = Some(policy);
    Ok(())
}

fn default_class(context: &Context) -> Option<Arc<k8s_openapi::api::scheduling::v1::PriorityClass>> {
    let classes = context.store.list(Kind::PriorityClass, None).filter_map(|object| match object {
        Object::PriorityClass(class) if class.global_default == Some(true) => Some(class.clone()),
        _ => None,
    });
    classes.min_by_key(|class| class.value)
}

fn refuse_own_values(pod: &Pod, value: i32, policy: &str) -> Result<(), Refusal> {
    if let Some(own) = pod.spec.priority.filter(|own| *own != value) {
        let why = format!(
            "the integer value of priority ({own}) must not be provided in pod spec; priority admission controller computed \
             {value} from the given PriorityClass name"
        );
        return Err(Refusal::forbidden(Kind::Pod, pod.name(), why));
    }
    if let Some(own) = pod.spec.preemption_policy.as_deref().filter(|own| *own != policy) {
        let why = format!(
            "the string value of PreemptionPolicy ({own}) must not be provided in pod spec; priority admission controller \
             computed {policy} from the given PriorityClass name"
        );
        return Err(Refusal::forbidden(Kind::Pod, pod.name(), why));
    }
    Ok(())
}

/// `DefaultTolerationSeconds`, for each taint the Pod does not tolerate itself.
fn add_tolerations(spec: &mut PodSpec) {
    let list = spec.tolerations.get_or_insert_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = list.iter().any(|t| {
            let same_key = t.key.as_deref().is_none_or(|k| k.is_empty() || k == key);
            same_key && t.effect.as_deref().is_none_or(|e| e.is_empty() || e == "NoExecute")
        });
        if !tolerated {
            list.push(Toleration {
                key: Some(key.into()),
                operator: Some("Exists".into()),
                effect: Some("NoExecute".into()),
                toleration_seconds: Some(TOLERATION_SECONDS),
                value: None,
            });
        }
    }
}
