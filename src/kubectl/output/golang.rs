//! JSON in the order of the fields of Go's structs, as kubectl prints what it made itself and has not sent (`create … --dry-run=client
//! -o json`): there is no detour over a map, which would sort the keys. Knows the structs that kubectl's generators and `run` fill.

use serde_json::{Map, Value};

/// Fields in the order of `k8s.io/api`'s structs. One list serves all of them, for they agree where they share names; `PARENTS` holds
/// what does not.
const ORDER: &[&str] = &[
    "kind",
    "apiVersion",
    "apiGroup",
    "metadata",
    "path",
    "pathType",
    "backend",
    "hosts",
    "secretName",
    "key",
    "operator",
    "values",
    // ObjectMeta, ServicePort, ContainerPort, EnvVar
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "hostPort",
    "containerPort",
    "protocol",
    "appProtocol",
    "port",
    "targetPort",
    "nodePort",
    "value",
    "valueFrom",
    "number",
    "globalDefault",
    "description",
    "preemptionPolicy",
    "controller",
    "blockOwnerDeletion",
    // workloads
    "minAvailable",
    "schedule",
    "timeZone",
    "startingDeadlineSeconds",
    "concurrencyPolicy",
    "suspend",
    "jobTemplate",
    "parallelism",
    "completions",
    "backoffLimit",
    // PodSpec and Container
    "volumes",
    "initContainers",
    "containers",
    "image",
    "command",
    "args",
    "workingDir",
    "replicas",
    "hard",
    "scopes",
    "ports",
    "envFrom",
    "env",
    "verbs",
    "apiGroups",
    "resources",
    "resourceNames",
    "nonResourceURLs",
    "limits",
    "requests",
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "dnsPolicy",
    "nodeSelector",
    "serviceAccountName",
    "serviceAccount",
    "automountServiceAccountToken",
    "nodeName",
    "hostNetwork",
    "volumeMounts",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "imagePullPolicy",
    "privileged",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
    "imagePullSecrets",
    "hostname",
    "subdomain",
    "affinity",
    "schedulerName",
    "tolerations",
    "priorityClassName",
    "priority",
    // selectors, Services, Ingresses
    "matchLabels",
    "matchExpressions",
    "selector",
    "maxUnavailable",
    "template",
    "strategy",
    "clusterIP",
    "clusterIPs",
    "ingressClassName",
    "defaultBackend",
    "service",
    "tls",
    "host",
    "http",
    "paths",
    // what is left of the whole objects
    "immutable",
    "data",
    "binaryData",
    "stringData",
    "type",
    "sessionAffinity",
    "externalName",
    "spec",
    "subjects",
    "roleRef",
    "rules",
    "aggregationRule",
    "clusterRoleSelectors",
    "disruptionsAllowed",
    "currentHealthy",
    "desiredHealthy",
    "expectedPods",
    "loadBalancer",
    "status",
];

/// Structs that put the version or group before the kind.
const PARENTS: &[(&str, &[&str])] = &[
    ("roleRef", &["apiGroup", "kind", "name"]),
    ("ownerReferences", &["apiVersion", "kind", "name", "uid", "controller"]),
];

/// Fields that hold maps, whose keys stay sorted.
const MAPS: &[&str] = &[
    "labels",
    "annotations",
    "data",
    "binaryData",
    "stringData",
    "matchLabels",
    "hard",
    "limits",
    "requests",
    "nodeSelector",
];

/// The fields of an object that stands under `parent`, in the order of its struct.
pub fn fields<'a>(parent: &str, map: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
    let mut fields: Vec<_> = map.iter().collect();
    let of_labels = parent == "selector" && map.values().all(Value::is_string);
    if MAPS.contains(&parent) || of_labels {
        return fields;
    }
    let order = PARENTS.iter().find(|(name, _)| *name == parent).map_or(ORDER, |(_, order)| order);
    fields.sort_by_key(|(key, _)| order.iter().position(|known| known == key).unwrap_or(order.len()));
    fields
}

/// JSON on one line in this order, escaped as Go escapes it.
pub fn compact(value: &Value) -> String {
    let mut text = String::new();
    write("", value, &mut text);
    text
}

fn write(parent: &str, value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            text.push('{');
            for (i, (key, value)) in fields(parent, map).into_iter().enumerate() {
                text.push_str(if i == 0 { "" } else { "," });
                text.push_str(&super::compact_json(&Value::from(key.as_str())));
                text.push(':');
                write(key, value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                text.push_str(if i == 0 { "" } else { "," });
                write(parent, item, text);
            }
            text.push(']');
        }
        leaf => text.push_str(&super::compact_json(leaf)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_come_as_in_the_struct_and_maps_stay_sorted() {
        let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"name": "x", "image": "y"}, "name": "web"},
            "spec": {"restartPolicy": "Always", "containers": [{"image": "i", "name": "c"}]}});
        let expected = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","labels":{"image":"y","name":"x"}},"spec":{"containers":[{"name":"c","image":"i"}],"restartPolicy":"Always"}}"#;
        assert_eq!(compact(&value), expected);
    }
}
