//! The profiles of `kubectl debug`: what each gives the new container, by where it runs (`kubectl/pkg/cmd/debug/profiles.go`).

use serde_json::{Value, json};

/// Where the debugging container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// In a running Pod.
    Guest,
    /// In a copy of a Pod.
    Copy,
    /// In a Pod of its own on a node.
    Node,
}

/// A profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    Legacy,
    General,
    Baseline,
    Netadmin,
    Restricted,
    Sysadmin,
}

impl Profile {
    pub fn parse(name: &str) -> Option<Profile> {
        Some(match name {
            "legacy" => Profile::Legacy,
            "general" => Profile::General,
            "baseline" => Profile::Baseline,
            "netadmin" => Profile::Netadmin,
            "restricted" => Profile::Restricted,
            "sysadmin" => Profile::Sysadmin,
            _ => return None,
        })
    }

    /// Whether a copy loses the labels, annotations and probes of its original.
    pub fn strips_copies(self) -> bool {
        self != Profile::Legacy
    }

    /// Gives the container, and the Pod around it, what the profile grants.
    pub fn apply(self, style: Style, pod: &mut Value, container: &mut Value) {
        if style == Style::Node && matches!(self, Profile::Legacy | Profile::General | Profile::Sysadmin) {
            pod["spec"]["volumes"] = json!([{"name": "host-root", "hostPath": {"path": "/"}}]);
            container["volumeMounts"] = json!([{"name": "host-root", "mountPath": "/host"}]);
        }
        if style == Style::Node && !matches!(self, Profile::Baseline | Profile::Restricted) {
            for namespace in ["hostIPC", "hostNetwork", "hostPID"] {
                pod["spec"][namespace] = true.into();
            }
        }
        if style == Style::Copy && self.strips_copies() && pod["spec"]["shareProcessNamespace"].is_null() {
            pod["spec"]["shareProcessNamespace"] = true.into();
        }
        match self {
            Profile::General if style != Style::Node => add_capabilities(container, &["SYS_PTRACE"]),
            Profile::General | Profile::Baseline => forget_context(container),
            Profile::Netadmin => add_capabilities(container, &["NET_ADMIN", "NET_RAW"]),
            Profile::Sysadmin => container["securityContext"]["privileged"] = true.into(),
            Profile::Restricted => {
                container["securityContext"] = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
                    "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
            }
            Profile::Legacy => {}
        }
    }
}

fn forget_context(container: &mut Value) {
    if let Some(fields) = container.as_object_mut() {
        fields.remove("securityContext");
    }
}

fn add_capabilities(container: &mut Value, names: &[&str]) {
    let list = &mut container["securityContext"]["capabilities"]["add"];
    if list.is_null() {
        *list = json!([]);
    }
    if let Some(list) = list.as_array_mut() {
        for name in names {
            if !list.iter().any(|known| known == name) {
                list.push((*name).into());
            }
        }
    }
}

/// Whether the rights of a container are of use to root only.
pub(super) fn needs_root(container: &Value) -> bool {
    let context = &container["securityContext"];
    let added = context["capabilities"]["add"].as_array().is_some_and(|list| !list.is_empty());
    context["runAsUser"] != 0 && (context["privileged"] == true || added)
}
