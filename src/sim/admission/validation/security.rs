//! Security contexts of containers and Pods.

use super::faults::Faults;
use super::update::internal;
use k8s_openapi::api::core::v1 as api;

const PROFILES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

/// A user or group id.
fn id(value: Option<i64>, at: &str, faults: &mut Faults) {
    if let Some(value) = value.filter(|value| !(0..=i64::from(i32::MAX)).contains(value)) {
        faults.invalid(at, value, "must be between 0 and 2147483647, inclusive");
    }
}

pub(super) fn container(context: &api::SecurityContext, spec: &api::PodSpec, at: &str, faults: &mut Faults) {
    id(context.run_as_user, &format!("{at}.runAsUser"), faults);
    id(context.run_as_group, &format!("{at}.runAsGroup"), faults);
    if let Some(kind) = &context.proc_mount {
        let at = format!("{at}.procMount");
        faults.one_of(&at, kind, &["Default", "Unmasked"]);
        if kind == "Unmasked" && spec.host_users != Some(false) {
            faults.invalid(&at, kind.as_str(), "`hostUsers` must be false to use `Unmasked`");
        }
    }
    if let Some(profile) = &context.seccomp_profile {
        seccomp(profile, &format!("{at}.seccompProfile"), faults);
    }
    if context.allow_privilege_escalation == Some(false) {
        let whole = || internal::security_context(context);
        if context.privileged == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            faults.invalid_json(at, &whole(), detail);
        }
        let added = context.capabilities.iter().filter_map(|c| c.add.as_ref()).flatten();
        if added.into_iter().any(|capability| capability == "CAP_SYS_ADMIN") {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            faults.invalid_json(at, &whole(), detail);
        }
    }
    if let Some(profile) = &context.app_armor_profile {
        app_armor(profile, &format!("{at}.appArmorProfile"), faults);
    }
}

fn seccomp(profile: &api::SeccompProfile, at: &str, faults: &mut Faults) {
    let at_type = format!("{at}.type");
    let at_file = format!("{at}.localhostProfile");
    match profile.type_.as_str() {
        "" => faults.required(&at_type, "type is required when seccompProfile is set"),
        kind => faults.one_of(&at_type, kind, &PROFILES),
    }
    if profile.type_ == "Localhost" {
        match profile.localhost_profile.as_deref() {
            None => faults.required(&at_file, "must be set when seccomp type is Localhost"),
            Some(path) => super::volume::descending_path(path, &at_file, faults),
        }
    } else if profile.localhost_profile.is_some() {
        let detail = "can only be set when seccomp type is Localhost";
        faults.invalid_json(&at_file, &internal::seccomp(profile), detail);
    }
}

fn app_armor(profile: &api::AppArmorProfile, at: &str, faults: &mut Faults) {
    match profile.type_.as_str() {
        "" => faults.required(&format!("{at}.type"), "type is required when appArmorProfile is set"),
        kind => faults.one_of(&format!("{at}.type"), kind, &PROFILES),
    }
    let at_file = format!("{at}.localhostProfile");
    match profile.localhost_profile.as_deref() {
        None if profile.type_ == "Localhost" => {
            faults.required(&at_file, "must be set when AppArmor type is Localhost");
        }
        Some(name) if profile.type_ != "Localhost" => {
            faults.invalid(&at_file, name, "can only be set when AppArmor type is Localhost");
        }
        _ => {}
    }
}

pub(super) fn pod(spec: &api::PodSpec, faults: &mut Faults) {
    let Some(context) = &spec.security_context else { return };
    let at = |field: &str| format!("spec.securityContext.{field}");
    if spec.host_pid == Some(true) && spec.share_process_namespace == Some(true) {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        faults.invalid(&at("shareProcessNamespace"), true, detail);
    }
    id(context.fs_group, &at("fsGroup"), faults);
    id(context.run_as_user, &at("runAsUser"), faults);
    id(context.run_as_group, &at("runAsGroup"), faults);
    for (i, group) in context.supplemental_groups.iter().flatten().enumerate() {
        id(Some(*group), &at(&format!("supplementalGroups[{i}]")), faults);
    }
    sysctls(context, spec, faults);
    if let Some(policy) = &context.fs_group_change_policy {
        faults.one_of(&at("fsGroupChangePolicy"), policy, &["Always", "OnRootMismatch"]);
    }
    if let Some(profile) = &context.seccomp_profile {
        seccomp(profile, &at("seccompProfile"), faults);
    }
    if let Some(profile) = &context.app_armor_profile {
        app_armor(profile, &at("appArmorProfile"), faults);
    }
    if let Some(policy) = &context.supplemental_groups_policy {
        faults.one_of(&at("supplementalGroupsPolicy"), policy, &["Merge", "Strict"]);
    }
}

fn sysctls(context: &api::PodSecurityContext, spec: &api::PodSpec, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, sysctl) in context.sysctls.iter().flatten().enumerate() {
        let at = format!("spec.securityContext.sysctls[{i}].name");
        let name = sysctl.name.as_str();
        if name.is_empty() {
            faults.required(&at, "");
        } else if !is_sysctl(name) {
            let detail = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
            faults.invalid(&at, name, detail);
        } else if seen.contains(&name) {
            faults.duplicate(&at, name);
        }
        if spec.host_network == Some(true) && name.starts_with("net.") {
            faults.invalid(&at, name, "may not be specified when 'hostNetwork' is true");
        }
        let ipc = name.starts_with("kernel.shm") || name.starts_with("kernel.msg") || name == "kernel.sem";
        if spec.host_ipc == Some(true) && (ipc || name.starts_with("fs.mqueue.")) {
            faults.invalid(&at, name, "may not be specified when 'hostIPC' is true");
        }
        seen.push(name);
    }
}

fn is_sysctl(name: &str) -> bool {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 253
        && name.split(['.', '/']).all(|part| {
            part.bytes().all(|b| edge(b) || b == b'-' || b == b'_')
                && part.bytes().next().is_some_and(edge)
                && part.bytes().last().is_some_and(edge)
        })
}
