#!/usr/bin/env python3
"""Writes assets/schema.txt: the fields of every API type podlab knows, from the sources of the k8s-openapi crate.

    python3 docs/schema.py ~/.cargo/registry/src/*/k8s-openapi-0.29.0 > assets/schema.txt

Run again when k8s-openapi is updated. Format, one line each, tab separated:
    @<type id> <description>        a type; ids are `core.v1.Pod`, `meta.v1.ObjectMeta`
    <name><!> <kind> <description>   a field of the type above; `!`: required; `?`: a pointer in Go, so that an explicit zero is kept
where <kind> is `[` (list of) or `{` (map of) any number of times, then one of
    s string  b boolean  i int32  l int64  n number  q Quantity  x IntOrString  t Time  u MicroTime  y bytes  * anything  =<type id>
Newlines inside descriptions are written as \\n.
"""
import re, sys, os, json

KINDS = """core.v1: Pod Node Namespace ConfigMap Secret Service Endpoints ServiceAccount PersistentVolumeClaim PersistentVolume Event
 LimitRange ResourceQuota ReplicationController PodTemplate
apps.v1: Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision
batch.v1: Job CronJob
autoscaling.v2: HorizontalPodAutoscaler
policy.v1: PodDisruptionBudget
scheduling.v1: PriorityClass
discovery.v1: EndpointSlice
coordination.v1: Lease
node.v1: RuntimeClass
networking.v1: Ingress IngressClass NetworkPolicy
storage.v1: StorageClass
rbac.v1: Role RoleBinding ClusterRole ClusterRoleBinding"""

# Scalars that are pointers in Kubernetes' Go types: "" / 0 / false stay as written. Everywhere else they count as unset.
POINTERS = """core.v1.PodSpec: terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace
 priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride
core.v1.Container: restartPolicy
core.v1.EphemeralContainer: restartPolicy
core.v1.SecurityContext: privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount
core.v1.PodSecurityContext: runAsUser runAsGroup runAsNonRoot fsGroup supplementalGroupsPolicy fsGroupChangePolicy seLinuxChangePolicy
core.v1.SeccompProfile: localhostProfile
core.v1.AppArmorProfile: localhostProfile
core.v1.WindowsSecurityContextOptions: gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
core.v1.Probe: terminationGracePeriodSeconds
core.v1.GRPCAction: service
core.v1.Lifecycle: stopSignal
core.v1.ConfigMapKeySelector: optional
core.v1.SecretKeySelector: optional
core.v1.FileKeySelector: optional
core.v1.ConfigMapEnvSource: optional
core.v1.SecretEnvSource: optional
core.v1.VolumeMount: recursiveReadOnly mountPropagation
core.v1.HostPathVolumeSource: type
core.v1.SecretVolumeSource: defaultMode optional
core.v1.ConfigMapVolumeSource: defaultMode optional
core.v1.ProjectedVolumeSource: defaultMode
core.v1.DownwardAPIVolumeSource: defaultMode
core.v1.KeyToPath: mode
core.v1.DownwardAPIVolumeFile: mode
core.v1.SecretProjection: optional
core.v1.ConfigMapProjection: optional
core.v1.ServiceAccountTokenProjection: expirationSeconds
core.v1.ClusterTrustBundleProjection: name signerName optional
core.v1.CSIVolumeSource: readOnly fsType
core.v1.Toleration: tolerationSeconds
core.v1.TopologySpreadConstraint: minDomains nodeAffinityPolicy nodeTaintsPolicy
core.v1.PodDNSConfigOption: value
core.v1.PodResourceClaim: resourceClaimName resourceClaimTemplateName
core.v1.ServiceSpec: ipFamilyPolicy loadBalancerClass allocateLoadBalancerNodePorts internalTrafficPolicy trafficDistribution
core.v1.ServicePort: appProtocol
core.v1.ClientIPConfig: timeoutSeconds
core.v1.ServiceAccount: automountServiceAccountToken
core.v1.ConfigMap: immutable
core.v1.Secret: immutable
core.v1.PersistentVolumeClaimSpec: storageClassName volumeMode volumeAttributesClassName
core.v1.PersistentVolumeSpec: volumeMode volumeAttributesClassName
core.v1.TypedLocalObjectReference: apiGroup
core.v1.TypedObjectReference: apiGroup namespace
core.v1.ContainerStatus: started
core.v1.ReplicationControllerSpec: replicas
core.v1.EndpointAddress: nodeName
core.v1.EndpointPort: appProtocol
discovery.v1.Endpoint: hostname nodeName zone
discovery.v1.EndpointConditions: ready serving terminating
discovery.v1.EndpointPort: name protocol port appProtocol
meta.v1.ObjectMeta: deletionGracePeriodSeconds
meta.v1.OwnerReference: controller blockOwnerDeletion
apps.v1.DeploymentSpec: replicas revisionHistoryLimit progressDeadlineSeconds
apps.v1.DeploymentStatus: collisionCount
apps.v1.ReplicaSetSpec: replicas
apps.v1.StatefulSetSpec: replicas revisionHistoryLimit
apps.v1.StatefulSetStatus: collisionCount
apps.v1.RollingUpdateStatefulSetStrategy: partition
apps.v1.DaemonSetSpec: revisionHistoryLimit
apps.v1.DaemonSetStatus: collisionCount
batch.v1.JobSpec: parallelism completions activeDeadlineSeconds backoffLimit backoffLimitPerIndex maxFailedIndexes manualSelector
 ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy
batch.v1.PodFailurePolicyOnExitCodesRequirement: containerName
batch.v1.SuccessPolicyRule: succeededIndexes succeededCount
batch.v1.JobStatus: terminating ready failedIndexes
batch.v1.CronJobSpec: timeZone startingDeadlineSeconds suspend successfulJobsHistoryLimit failedJobsHistoryLimit
policy.v1.PodDisruptionBudgetSpec: unhealthyPodEvictionPolicy
autoscaling.v2.HorizontalPodAutoscalerSpec: minReplicas
autoscaling.v2.MetricTarget: averageUtilization
autoscaling.v2.HPAScalingRules: stabilizationWindowSeconds selectPolicy
scheduling.v1.PriorityClass: preemptionPolicy
coordination.v1.LeaseSpec: holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder
networking.v1.NetworkPolicyPort: protocol endPort
networking.v1.IngressSpec: ingressClassName
networking.v1.HTTPIngressPath: pathType
networking.v1.IngressClassParametersReference: apiGroup scope namespace
storage.v1.StorageClass: reclaimPolicy allowVolumeExpansion volumeBindingMode"""

PRIMITIVE = {
    "resource.Quantity": "q", "intstr.IntOrString": "x", "meta.v1.Time": "t", "meta.v1.MicroTime": "u",
    "meta.v1.FieldsV1": "*", "runtime.RawExtension": "*",
}
SCALAR = {("string", None): "s", ("boolean", None): "b", ("integer", "int32"): "i", ("integer", "int64"): "l",
          ("integer", None): "l", ("number", "double"): "n", ("string", "byte"): "y", ("object", None): "*"}


def short(path):
    path = path.replace("::", ".").removeprefix("crate.")
    path = path.removeprefix("apimachinery.pkg.").removeprefix("api.").removeprefix("apis.")
    return path.replace("util.intstr.", "intstr.").replace("api.resource.", "resource.").removeprefix("pkg.")


def schema(text):
    """The json_schema! block of one source file as Python data."""
    at = text.find("json_schema!(")
    if at < 0:
        return None
    body = text[at + len("json_schema!("):]
    body = body[:body.rindex("})") + 1]
    def described(m):
        rest = f', "description": {m.group(2)}' if m.group(2) else ""
        return '{"ref": "%s"%s}' % (short(m.group(1)), rest)
    body = re.sub(r'\(\{\s*let mut schema_obj = __gen\.subschema_for::<(?:crate::)?([\w:]+)>\(\);\s*'
                  r'schema_obj\.ensure_object\(\)\.insert\("description"\.into\(\), ("(?:[^"\\]|\\.)*")\.into\(\)\);\s*schema_obj\s*\}\)',
                  described, body)
    body = re.sub(r'\(?__gen\.subschema_for::<(?:crate::)?([\w:]+)>\(\)\)?', described2, body)
    body = body.replace("\\'", "'")
    body = re.sub(r",(\s*[}\]])", r"\1", body)
    return json.loads(body)


def described2(m):
    return '{"ref": "%s"}' % short(m.group(1))


def kind(prop, refs):
    if "ref" in prop:
        if prop["ref"] in PRIMITIVE:
            return PRIMITIVE[prop["ref"]]
        refs.add(prop["ref"])
        return "=" + prop["ref"]
    if prop.get("type") == "array":
        return "[" + kind(prop["items"], refs)
    if "additionalProperties" in prop:
        return "{" + kind(prop["additionalProperties"], refs)
    return SCALAR[(prop.get("type", "object"), prop.get("format"))]


def pointers():
    found = set()
    for line in POINTERS.replace("\n ", " ").splitlines():
        name, fields = line.split(":")
        found.update((name, field) for field in fields.split())
    return found


def enums():
    """What docs/enums.txt adds to descriptions: the crate leaves the values of enumerations out. By (type, field)."""
    found, fields = {}, []
    for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "enums.txt")):
        if not line.startswith(" "):
            fields = [tuple(f.rsplit(".", 1)) for f in line.split()]
            found.update((f, "\n\nPossible enum values:") for f in fields)
            continue
        value, _, text = line.strip().partition(" ")
        for f in fields:
            found[f] += "\n - `\"" + value.strip('"') + "\"`" + (" " + text if text else "")
    return found


def main(crate):
    pointer, enum = pointers(), enums()
    root = os.path.join(crate, "src", "v1_36")
    types = {}
    for folder, _, files in os.walk(root):
        for name in files:
            text = open(os.path.join(folder, name)).read()
            m = re.search(r"^pub (?:struct|enum) (\w+)", text, re.M)
            if not m or "json_schema!(" not in text:
                continue
            module = os.path.relpath(folder, root).replace(os.sep, ".")
            types[short(module + "." + m.group(1))] = text
    todo = [f"{line.split(':')[0].strip()}.{k}" for line in KINDS.replace("\n ", " ").splitlines() for k in line.split(":")[1].split()]
    done = {}
    while todo:
        name = todo.pop()
        if name in done:
            continue
        data = schema(types[name])
        refs, lines = set(), []
        required = set(data.get("required", []))
        for field, prop in sorted(data.get("properties", {}).items()):
            mark = "!" if field in required and prop.get("ref") != "meta.v1.ObjectMeta" else ""
            if (name, field) in pointer:
                pointer.remove((name, field))
                mark += "?"
            text = (prop.get("description", "") + enum.pop((name, field), "")).replace("\\", "\\\\").replace("\n", "\\n")
            lines.append(f"{field}{mark}\t{kind(prop, refs)}\t{text}")
        head = data.get("description", "").replace("\\", "\\\\").replace("\n", "\\n")
        done[name] = [f"@{name}\t{head}"] + lines
        todo.extend(refs)
    assert not enum, f"no such fields: {sorted(enum)}"
    assert not pointer, f"no such fields: {sorted(pointer)}"
    for name in sorted(done):
        print("\n".join(done[name]))


main(sys.argv[1])
