//! What a container's processes may do beyond what files allow (containerd, `WithCapabilities`; runc's default set).

use crate::kube::Pod;
use crate::kube::core::Container;
use crate::os::{CAPABILITIES, Rights};

/// What every container may do that says nothing else.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// The bits of capabilities by their names; `ALL` and unknown names have none.
fn bits<'a>(names: impl IntoIterator<Item = &'a str>) -> u64 {
    let bit = |name: &str| {
        let name = name.to_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name);
        CAPABILITIES.iter().position(|known| *known == name).map_or(0, |number| 1 << number)
    };
    names.into_iter().fold(0, |all, name| all | bit(name))
}

/// The rights of a container.
pub(super) fn of(pod: &Pod, container: &Container) -> Rights {
    let own = container.security_context.clone().unwrap_or_default();
    if own.privileged == Some(true) {
        return Rights::ALL;
    }
    let asked = own.capabilities.unwrap_or_default();
    let (add, drop) = (asked.add.unwrap_or_default(), asked.drop.unwrap_or_default());
    let names_all = |list: &[String]| list.iter().any(|name| name.eq_ignore_ascii_case("ALL"));
    let base = match (names_all(&add), names_all(&drop)) {
        (_, true) => 0,
        (true, false) => Rights::ALL.capabilities,
        (false, false) => bits(DEFAULT),
    };
    let of_pod = pod.spec.security_context.as_ref().and_then(|context| context.seccomp_profile.clone());
    let profile = own.seccomp_profile.or(of_pod);
    Rights {
        capabilities: (base | bits(add.iter().map(String::as_str))) & !bits(drop.iter().map(String::as_str)),
        no_new_privileges: own.allow_privilege_escalation == Some(false),
        filtered: profile.is_some_and(|profile| profile.type_ != "Unconfined"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::{Kind, Object};
    use serde_json::{Value, json};

    fn capabilities(context: Value) -> String {
        let container = json!({"name": "app", "image": "busybox", "securityContext": context});
        let value = json!({"metadata": {"name": "web"}, "spec": {"containers": [container]}});
        let object = Object::from_value(Kind::Pod, value).unwrap();
        let pod = object.as_pod().unwrap();
        format!("{:016x}", of(pod, &pod.spec.containers[0]).capabilities)
    }

    #[test]
    fn capabilities_are_those_of_the_runtime_with_what_is_added_and_dropped() {
        assert_eq!(capabilities(json!({})), "00000000a80425fb");
        let more = json!({"capabilities": {"add": ["NET_ADMIN", "SYS_TIME"]}});
        assert_eq!(capabilities(more), "00000000aa0435fb");
        let one = json!({"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}});
        assert_eq!(capabilities(one), "0000000000000400");
        assert_eq!(capabilities(json!({"privileged": true})), "000001ffffffffff");
    }
}
