//! How Go names types, values and numbers in the texts of its decoding errors.

use crate::kube::schema::{Holds, Shape};
use serde_json::Value;

/// Fields whose Go type has a name of its own where the schema says only `string`: (type, field, name). A list stands for the name
/// of its elements.
const NAMED: &[(&str, &str, &str)] = &[
    ("core.v1.Capabilities", "add", "[]v1.Capability"),
    ("core.v1.Capabilities", "drop", "[]v1.Capability"),
    ("core.v1.Container", "imagePullPolicy", "v1.PullPolicy"),
    ("core.v1.Container", "restartPolicy", "v1.ContainerRestartPolicy"),
    ("core.v1.Container", "terminationMessagePolicy", "v1.TerminationMessagePolicy"),
    ("core.v1.ContainerPort", "protocol", "v1.Protocol"),
    ("core.v1.ContainerResizePolicy", "resourceName", "v1.ResourceName"),
    ("core.v1.ContainerResizePolicy", "restartPolicy", "v1.ResourceResizeRestartPolicy"),
    ("core.v1.ContainerRestartRule", "action", "v1.ContainerRestartRuleAction"),
    ("core.v1.EmptyDirVolumeSource", "medium", "v1.StorageMedium"),
    ("core.v1.EphemeralContainer", "imagePullPolicy", "v1.PullPolicy"),
    ("core.v1.HTTPGetAction", "scheme", "v1.URIScheme"),
    ("core.v1.HostPathVolumeSource", "type", "v1.HostPathType"),
    ("core.v1.Lifecycle", "stopSignal", "v1.Signal"),
    ("core.v1.LimitRangeItem", "type", "v1.LimitType"),
    ("core.v1.NodeSelectorRequirement", "operator", "v1.NodeSelectorOperator"),
    ("core.v1.PersistentVolumeClaimSpec", "accessModes", "[]v1.PersistentVolumeAccessMode"),
    ("core.v1.PersistentVolumeClaimSpec", "volumeMode", "v1.PersistentVolumeMode"),
    ("core.v1.PodOS", "name", "v1.OSName"),
    ("core.v1.PodSecurityContext", "fsGroupChangePolicy", "v1.PodFSGroupChangePolicy"),
    ("core.v1.PodSecurityContext", "supplementalGroupsPolicy", "v1.SupplementalGroupsPolicy"),
    ("core.v1.PodSpec", "dnsPolicy", "v1.DNSPolicy"),
    ("core.v1.PodSpec", "overhead", "v1.ResourceList"),
    ("core.v1.PodSpec", "preemptionPolicy", "v1.PreemptionPolicy"),
    ("core.v1.PodSpec", "restartPolicy", "v1.RestartPolicy"),
    ("core.v1.ResourceRequirements", "limits", "v1.ResourceList"),
    ("core.v1.ResourceRequirements", "requests", "v1.ResourceList"),
    ("core.v1.SeccompProfile", "type", "v1.SeccompProfileType"),
    ("core.v1.AppArmorProfile", "type", "v1.AppArmorProfileType"),
    ("core.v1.Secret", "type", "v1.SecretType"),
    ("core.v1.SecurityContext", "procMount", "v1.ProcMountType"),
    ("core.v1.ServicePort", "protocol", "v1.Protocol"),
    ("core.v1.ServiceSpec", "sessionAffinity", "v1.ServiceAffinity"),
    ("core.v1.ServiceSpec", "type", "v1.ServiceType"),
    ("core.v1.Taint", "effect", "v1.TaintEffect"),
    ("core.v1.Toleration", "effect", "v1.TaintEffect"),
    ("core.v1.Toleration", "operator", "v1.TolerationOperator"),
    ("core.v1.TopologySpreadConstraint", "whenUnsatisfiable", "v1.UnsatisfiableConstraintAction"),
    ("core.v1.VolumeMount", "mountPropagation", "v1.MountPropagationMode"),
    ("core.v1.VolumeMount", "recursiveReadOnly", "v1.RecursiveReadOnlyMode"),
    ("core.v1.VolumeResourceRequirements", "limits", "v1.ResourceList"),
    ("core.v1.VolumeResourceRequirements", "requests", "v1.ResourceList"),
    ("apps.v1.DeploymentStrategy", "type", "v1.DeploymentStrategyType"),
    ("apps.v1.DaemonSetUpdateStrategy", "type", "v1.DaemonSetUpdateStrategyType"),
    ("apps.v1.StatefulSetUpdateStrategy", "type", "v1.StatefulSetUpdateStrategyType"),
    ("apps.v1.StatefulSetSpec", "podManagementPolicy", "v1.PodManagementPolicyType"),
    ("batch.v1.CronJobSpec", "concurrencyPolicy", "v1.ConcurrencyPolicy"),
    ("batch.v1.JobSpec", "completionMode", "v1.CompletionMode"),
    ("batch.v1.JobSpec", "podReplacementPolicy", "v1.PodReplacementPolicy"),
    ("meta.v1.LabelSelectorRequirement", "operator", "v1.LabelSelectorOperator"),
    ("meta.v1.ObjectMeta", "uid", "types.UID"),
    ("meta.v1.OwnerReference", "uid", "types.UID"),
    ("networking.v1.HTTPIngressPath", "pathType", "v1.PathType"),
];

/// The name of a field's Go type, where it is not what its shape says.
pub(super) fn named(holder: &str, field: &str) -> Option<&'static str> {
    NAMED.iter().find(|(h, f, _)| *h == holder && *f == field).map(|(_, _, name)| *name)
}

/// The name of a list's elements, given the name of the list.
pub(super) fn element(named: Option<&str>) -> Option<&str> {
    named?.strip_prefix("[]")
}

/// The struct a field is embedded through: Go's paths name it.
pub(super) fn embedded(holder: &str, field: &str) -> Option<&'static str> {
    match (holder, field) {
        ("core.v1.Probe", "exec" | "httpGet" | "tcpSocket" | "grpc") => Some("ProbeHandler"),
        ("core.v1.Volume", name) if name != "name" => Some("VolumeSource"),
        ("core.v1.EphemeralContainer", name) if name != "targetContainerName" => {
            Some("EphemeralContainerCommon")
        }
        (
            "core.v1.ConfigMapKeySelector"
            | "core.v1.SecretKeySelector"
            | "core.v1.ConfigMapEnvSource"
            | "core.v1.SecretEnvSource"
            | "core.v1.ConfigMapVolumeSource"
            | "core.v1.ConfigMapProjection"
            | "core.v1.SecretProjection",
            "name",
        ) => Some("LocalObjectReference"),
        _ => None,
    }
}

/// `core.v1.Pod` is `v1.Pod` in Go.
pub(super) fn type_name(id: &str) -> String {
    id.split_once('.').map_or(id, |(_, rest)| rest).into()
}

/// The Go type of a shape.
pub(super) fn name_of(shape: Shape) -> String {
    match shape.holds() {
        Holds::Text | Holds::Time | Holds::MicroTime => "string".into(),
        Holds::Bool => "bool".into(),
        Holds::Int32 | Holds::IntOrString => "int32".into(),
        Holds::Int64 => "int64".into(),
        Holds::Number => "float64".into(),
        Holds::Quantity => "resource.Quantity".into(),
        Holds::Bytes => "[]uint8".into(),
        Holds::Anything => "runtime.RawExtension".into(),
        Holds::List(inner) => format!("[]{}", name_of(inner)),
        Holds::Map(inner) => format!("map[string]{}", name_of(inner)),
        Holds::Struct(inner) => type_name(inner.id),
    }
}

/// What a value is, in Go's words.
pub(super) fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
    .into()
}

/// A number as Go's JSON writes it: no exponent below 10²¹.
pub(super) fn number(value: &Value) -> String {
    let Value::Number(number) = value else { return value.to_string() };
    match number.as_f64() {
        Some(float) if number.is_f64() && (1e-6..1e21).contains(&float.abs()) => format!("{float}"),
        Some(float) if number.is_f64() && float != 0.0 => {
            let text = format!("{float:e}");
            match text.split_once("e-") {
                Some((mantissa, exponent)) => format!("{mantissa}e-{exponent:0>2}"),
                None => text.replacen('e', "e+", 1),
            }
        }
        _ => number.to_string(),
    }
}

/// What Go says of a text that is no RFC 3339 time; `None` if it is one.
pub(super) fn time_fault(text: &str) -> Option<String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    const PARTS: [(&str, usize); 11] = [
        ("2006", 4),
        ("-", 1),
        ("01", 2),
        ("-", 1),
        ("02", 2),
        ("T", 1),
        ("15", 2),
        (":", 1),
        ("04", 2),
        (":", 1),
        ("05", 2),
    ];
    let fault = |rest: &str, part: &str| {
        Some(format!("parsing time \"{text}\" as \"{LAYOUT}\": cannot parse \"{rest}\" as \"{part}\""))
    };
    let mut rest = text;
    for (part, length) in PARTS {
        let digits = length > 1;
        let fits = rest.get(..length).is_some_and(|found| {
            if digits { found.bytes().all(|b| b.is_ascii_digit()) } else { found == part }
        });
        if !fits {
            return fault(rest, part);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    if text.parse::<k8s_openapi::jiff::Timestamp>().is_ok() {
        return None;
    }
    if rest.is_empty() || !rest.starts_with(['Z', '+', '-', '.']) {
        return fault(rest, "Z07:00");
    }
    Some(format!("parsing time \"{text}\": day out of range"))
}

/// Where a text stops being base64, in bytes; `None` if all of it is.
pub(super) fn base64_fault(text: &str) -> Option<usize> {
    let mut digits = 0;
    let mut bytes = text.bytes().enumerate().filter(|(_, b)| !b"\r\n".contains(b)).peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => digits += 1,
            b'=' if digits % 4 == 3 => return bytes.peek().map(|(at, _)| *at),
            b'=' if digits % 4 == 2 => match bytes.next() {
                Some((_, b'=')) => return bytes.peek().map(|(at, _)| *at),
                Some((at, _)) => return Some(at),
                None => return Some(text.len()),
            },
            _ => return Some(at),
        }
    }
    // Go names the start of the last, incomplete group.
    (digits % 4 != 0).then(|| text.len() - digits % 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_print_as_go_prints_them() {
        assert_eq!(number(&json!(123_456_789_012_345_680_000.0)), "123456789012345680000");
        assert_eq!(number(&json!(1e21)), "1e+21");
        assert_eq!(number(&json!(1.5)), "1.5");
        assert_eq!(number(&json!(0.000_000_1)), "1e-07");
    }

    #[test]
    fn base64_is_checked_to_the_byte() {
        assert_eq!(base64_fault("YWJj"), None);
        assert_eq!(base64_fault("YQ=="), None);
        assert_eq!(base64_fault("YWI=\n"), None);
        assert_eq!(base64_fault("not base64"), Some(3));
        assert_eq!(base64_fault("YQ=="[..2].as_ref()), Some(0));
    }

    #[test]
    fn times_are_read_part_by_part() {
        assert_eq!(time_fault("2026-01-02T03:04:05Z"), None);
        assert_eq!(
            time_fault("yesterday").as_deref(),
            Some(
                r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
            )
        );
    }
}
