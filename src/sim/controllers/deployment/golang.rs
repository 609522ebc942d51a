//! A Pod template as Go prints it (`%#v` of spew without addresses): what the Deployment controller hashes into `pod-template-hash`
//! (pkg/util/hash, pkg/controller: `ComputeHash`). The layout of the Go structs is data; a template that uses a field which is not in
//! the table is told apart, so that its hash can be taken from something else.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The Go structs: `Name: Field json Type; …`. `=` for json marks an embedded struct, `~` a named string type.
const STRUCTS: &str = "\
PodTemplateSpec: ObjectMeta metadata ObjectMeta; Spec spec PodSpec
ObjectMeta: Name name string; GenerateName generateName string; Namespace namespace string; SelfLink selfLink string; UID uid ~types.UID; ResourceVersion resourceVersion string; Generation generation int64; CreationTimestamp creationTimestamp Time; DeletionTimestamp deletionTimestamp *Time; DeletionGracePeriodSeconds deletionGracePeriodSeconds *int64; Labels labels map[string]string; Annotations annotations map[string]string; OwnerReferences ownerReferences []OwnerReference; Finalizers finalizers []string; ManagedFields managedFields []ManagedFieldsEntry
PodSpec: Volumes volumes []Volume; InitContainers initContainers []Container; Containers containers []Container; EphemeralContainers ephemeralContainers []EphemeralContainer; RestartPolicy restartPolicy ~RestartPolicy; TerminationGracePeriodSeconds terminationGracePeriodSeconds *int64; ActiveDeadlineSeconds activeDeadlineSeconds *int64; DNSPolicy dnsPolicy ~DNSPolicy; NodeSelector nodeSelector map[string]string; ServiceAccountName serviceAccountName string; DeprecatedServiceAccount serviceAccount string; AutomountServiceAccountToken automountServiceAccountToken *bool; NodeName nodeName string; HostNetwork hostNetwork bool; HostPID hostPID bool; HostIPC hostIPC bool; ShareProcessNamespace shareProcessNamespace *bool; SecurityContext securityContext *PodSecurityContext; ImagePullSecrets imagePullSecrets []LocalObjectReference; Hostname hostname string; Subdomain subdomain string; Affinity affinity *Affinity; SchedulerName schedulerName string; Tolerations tolerations []Toleration; HostAliases hostAliases []HostAlias; PriorityClassName priorityClassName string; Priority priority *int32; DNSConfig dnsConfig *PodDNSConfig; ReadinessGates readinessGates []PodReadinessGate; RuntimeClassName runtimeClassName *string; EnableServiceLinks enableServiceLinks *bool; PreemptionPolicy preemptionPolicy *~PreemptionPolicy; Overhead overhead ResourceList; TopologySpreadConstraints topologySpreadConstraints []TopologySpreadConstraint; SetHostnameAsFQDN setHostnameAsFQDN *bool; OS os *PodOS; HostUsers hostUsers *bool; SchedulingGates schedulingGates []PodSchedulingGate; ResourceClaims resourceClaims []PodResourceClaim; Resources resources *ResourceRequirements; HostnameOverride hostnameOverride *string; SchedulingGroup schedulingGroup *PodSchedulingGroup
PodSecurityContext: SELinuxOptions seLinuxOptions *SELinuxOptions; WindowsOptions windowsOptions *WindowsSecurityContextOptions; RunAsUser runAsUser *int64; RunAsGroup runAsGroup *int64; RunAsNonRoot runAsNonRoot *bool; SupplementalGroups supplementalGroups []int64; SupplementalGroupsPolicy supplementalGroupsPolicy *~SupplementalGroupsPolicy; FSGroup fsGroup *int64; Sysctls sysctls []Sysctl; FSGroupChangePolicy fsGroupChangePolicy *~PodFSGroupChangePolicy; SeccompProfile seccompProfile *SeccompProfile; AppArmorProfile appArmorProfile *AppArmorProfile; SELinuxChangePolicy seLinuxChangePolicy *~PodSELinuxChangePolicy
Container: Name name string; Image image string; Command command []string; Args args []string; WorkingDir workingDir string; Ports ports []ContainerPort; EnvFrom envFrom []EnvFromSource; Env env []EnvVar; Resources resources ResourceRequirements; ResizePolicy resizePolicy []ContainerResizePolicy; RestartPolicy restartPolicy *~ContainerRestartPolicy; RestartPolicyRules restartPolicyRules []ContainerRestartRule; VolumeMounts volumeMounts []VolumeMount; VolumeDevices volumeDevices []VolumeDevice; LivenessProbe livenessProbe *Probe; ReadinessProbe readinessProbe *Probe; StartupProbe startupProbe *Probe; Lifecycle lifecycle *Lifecycle; TerminationMessagePath terminationMessagePath string; TerminationMessagePolicy terminationMessagePolicy ~TerminationMessagePolicy; ImagePullPolicy imagePullPolicy ~PullPolicy; SecurityContext securityContext *SecurityContext; Stdin stdin bool; StdinOnce stdinOnce bool; TTY tty bool
ContainerPort: Name name string; HostPort hostPort int32; ContainerPort containerPort int32; Protocol protocol ~Protocol; HostIP hostIP string
EnvVar: Name name string; Value value string; ValueFrom valueFrom *EnvVarSource
ResourceRequirements: Limits limits ResourceList; Requests requests ResourceList; Claims claims []ResourceClaim
VolumeMount: Name name string; ReadOnly readOnly bool; RecursiveReadOnly recursiveReadOnly *~RecursiveReadOnlyMode; MountPath mountPath string; SubPath subPath string; MountPropagation mountPropagation *~MountPropagationMode; SubPathExpr subPathExpr string
Probe: ProbeHandler = ProbeHandler; InitialDelaySeconds initialDelaySeconds int32; TimeoutSeconds timeoutSeconds int32; PeriodSeconds periodSeconds int32; SuccessThreshold successThreshold int32; FailureThreshold failureThreshold int32; TerminationGracePeriodSeconds terminationGracePeriodSeconds *int64
ProbeHandler: Exec exec *ExecAction; HTTPGet httpGet *HTTPGetAction; TCPSocket tcpSocket *TCPSocketAction; GRPC grpc *GRPCAction
ExecAction: Command command []string
HTTPGetAction: Path path string; Port port IntOrString; Host host string; Scheme scheme ~URIScheme; HTTPHeaders httpHeaders []HTTPHeader
TCPSocketAction: Port port IntOrString; Host host string
Lifecycle: PostStart postStart *LifecycleHandler; PreStop preStop *LifecycleHandler; StopSignal stopSignal *~Signal
LifecycleHandler: Exec exec *ExecAction; HTTPGet httpGet *HTTPGetAction; TCPSocket tcpSocket *TCPSocketAction; Sleep sleep *SleepAction
SleepAction: Seconds seconds int64
Toleration: Key key string; Operator operator ~TolerationOperator; Value value string; Effect effect ~TaintEffect; TolerationSeconds tolerationSeconds *int64
TopologySpreadConstraint: MaxSkew maxSkew int32; TopologyKey topologyKey string; WhenUnsatisfiable whenUnsatisfiable ~UnsatisfiableConstraintAction; LabelSelector labelSelector *LabelSelector; MinDomains minDomains *int32; NodeAffinityPolicy nodeAffinityPolicy *~NodeInclusionPolicy; NodeTaintsPolicy nodeTaintsPolicy *~NodeInclusionPolicy; MatchLabelKeys matchLabelKeys []string
LabelSelector: MatchLabels matchLabels map[string]string; MatchExpressions matchExpressions []LabelSelectorRequirement
LocalObjectReference: Name name string
";

/// The text Go prints for a template; `None` if it uses a field the table does not know.
pub fn print(template: &Value) -> Option<String> {
    let structs = table();
    let mut text = String::new();
    Printer { structs: &structs, text: &mut text }.value("PodTemplateSpec", Some(template), true)?;
    Some(text)
}

type Table = BTreeMap<&'static str, Vec<(&'static str, &'static str, &'static str)>>;

fn table() -> Table {
    let line = |line: &'static str| {
        let (name, fields) = line.split_once(": ")?;
        let fields = fields.split("; ").filter_map(|field| {
            let mut words = field.split(' ');
            Some((words.next()?, words.next()?, words.next()?))
        });
        Some((name, fields.collect()))
    };
    STRUCTS.lines().filter_map(line).collect()
}

struct Printer<'a> {
    structs: &'a Table,
    text: &'a mut String,
}

impl Printer<'_> {
    fn value(&mut self, type_: &str, value: Option<&Value>, typed: bool) -> Option<()> {
        let value = value.filter(|value| !value.is_null());
        if let Some(inner) = type_.strip_prefix('*') {
            match (typed, value) {
                (true, _) => self.open(type_),
                (false, Some(_)) => self.text.push_str("<*>"),
                (false, None) => {}
            }
            return match value {
                Some(_) => self.value(inner, value, false),
                None => self.raw("<nil>"),
            };
        }
        if typed {
            self.open(type_);
        }
        if let Some(inner) = type_.strip_prefix("[]") {
            return self.list(inner, value);
        }
        match type_ {
            "int32" | "int64" => self.raw(&value.map_or_else(|| "0".to_owned(), Value::to_string)),
            "bool" => self.raw(&value.map_or_else(|| "false".to_owned(), Value::to_string)),
            "map[string]string" => self.map(value),
            "Time" if value.is_none() => {
                self.raw("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}")
            }
            "ResourceList" if value.is_none() => self.raw("<nil>"),
            "IntOrString" => self.port(value?),
            _ if type_ == "string" || type_.starts_with('~') => {
                self.raw(value.and_then(Value::as_str).unwrap_or_default())
            }
            _ => self.object(type_, value),
        }
    }

    fn raw(&mut self, text: &str) -> Option<()> {
        self.text.push_str(text);
        Some(())
    }

    fn open(&mut self, type_: &str) {
        let base = type_.trim_start_matches(['*', '[', ']']);
        let marks = &type_[..type_.len() - base.len()];
        let name = base.trim_start_matches('~');
        let package = match name {
            "string" | "int32" | "int64" | "bool" | "map[string]string" | "types.UID" => "",
            "IntOrString" => "intstr.",
            _ => "v1.",
        };
        let _ = write!(self.text, "({marks}{package}{name})");
    }

    fn list(&mut self, inner: &str, value: Option<&Value>) -> Option<()> {
        let Some(items) = value.and_then(Value::as_array) else { return self.raw("<nil>") };
        self.text.push('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.text.push(' ');
            }
            self.value(inner, Some(item), false)?;
        }
        self.raw("]")
    }

    fn map(&mut self, value: Option<&Value>) -> Option<()> {
        let Some(entries) = value.and_then(Value::as_object) else { return self.raw("<nil>") };
        let sorted: BTreeMap<&String, &str> =
            entries.iter().map(|(key, value)| (key, value.as_str().unwrap_or_default())).collect();
        let texts: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
        self.raw(&format!("map[{}]", texts.join(" ")))
    }

    fn port(&mut self, value: &Value) -> Option<()> {
        let (kind, number) = if value.is_string() { (1, 0) } else { (0, value.as_i64()?) };
        let text = value.as_str().unwrap_or_default();
        self.raw(&format!("{{Type:(intstr.Type){kind} IntVal:(int32){number} StrVal:(string){text}}}"))
    }

    fn object(&mut self, type_: &str, value: Option<&Value>) -> Option<()> {
        let structs = self.structs;
        let fields = structs.get(type_)?;
        let nothing = Map::new();
        let given = value.and_then(Value::as_object).unwrap_or(&nothing);
        let embeds = fields.iter().any(|(_, json, _)| *json == "=");
        let known = |name: &String| {
            embeds || type_ == "ProbeHandler" || fields.iter().any(|(_, json, _)| json == name)
        };
        if !given.keys().all(known) {
            return None;
        }
        self.text.push('{');
        for (i, (name, json, inner)) in fields.iter().enumerate() {
            if i > 0 {
                self.text.push(' ');
            }
            let _ = write!(self.text, "{name}:");
            let part = if *json == "=" { value } else { given.get(*json) };
            self.value(inner, part, true)?;
        }
        self.raw("}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::revision::template_hash;
    use serde_json::json;

    fn hash(image: &str, spread: bool) -> String {
        let mut spec = json!({ "containers": [{ "name": "nginx", "image": image, "imagePullPolicy": "IfNotPresent",
            "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File" }],
            "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
            "securityContext": {}, "terminationGracePeriodSeconds": 30 });
        if spread {
            spec["topologySpreadConstraints"] = json!([{ "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": { "matchLabels": { "app": "web" } } }]);
        }
        let template = json!({ "metadata": { "labels": { "app": "web" } }, "spec": spec });
        template_hash(&serde_json::from_value(template).unwrap(), None)
    }

    #[test]
    fn the_hashes_are_those_of_the_recordings() {
        assert_eq!(hash("nginx:1.27", false), "7d876db474");
        assert_eq!(hash("nginx:1.29", false), "795767664d");
        assert_eq!(hash("nginx:1.27", true), "855448dddf");
    }
}
