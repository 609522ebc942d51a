//! Pod specs as the server holds them inside: the JSON of its internal Go types, which its messages print. Field order and names are
//! those of `pkg/apis/core/types.go`; everything is always there, `null` where nothing is set.

use k8s_openapi::api::core::v1 as api;
use serde_json::Value;
use std::fmt::Write;

/// The fields of each internal type, in order: `Name=apiName:kind`. Kinds: `s` text, `n` number, `b` flag, `p` pointer or anything
/// passed on as it is, `*Type` pointer to a type, `Type` a type that is always there, `[Type` a list of a type.
const TYPES: &[(&str, &str)] = &[
    (
        "PodSpec",
        "Volumes=volumes:[Volume InitContainers=initContainers:[Container Containers=containers:[Container EphemeralContainers=ephemeralContainers:[EphemeralContainer RestartPolicy=restartPolicy:s TerminationGracePeriodSeconds=terminationGracePeriodSeconds:p ActiveDeadlineSeconds=activeDeadlineSeconds:p DNSPolicy=dnsPolicy:s NodeSelector=nodeSelector:p ServiceAccountName=serviceAccountName:s AutomountServiceAccountToken=automountServiceAccountToken:p NodeName=nodeName:s SecurityContext=securityContext:*PodSecurityContext ImagePullSecrets=imagePullSecrets:[LocalObjectReference Hostname=hostname:s Subdomain=subdomain:s SetHostnameAsFQDN=setHostnameAsFQDN:p Affinity=affinity:*Affinity SchedulerName=schedulerName:s Tolerations=tolerations:[Toleration HostAliases=hostAliases:[HostAlias PriorityClassName=priorityClassName:s Priority=priority:p PreemptionPolicy=preemptionPolicy:p DNSConfig=dnsConfig:*PodDNSConfig ReadinessGates=readinessGates:[PodReadinessGate RuntimeClassName=runtimeClassName:p Overhead=overhead:p EnableServiceLinks=enableServiceLinks:p TopologySpreadConstraints=topologySpreadConstraints:[TopologySpreadConstraint OS=os:*PodOS SchedulingGates=schedulingGates:[PodSchedulingGate ResourceClaims=resourceClaims:[PodResourceClaim Resources=resources:*ResourceRequirements HostnameOverride=hostnameOverride:p SchedulingGroup=schedulingGroup:p",
    ),
    (
        "Container",
        "Name=name:s Image=image:s Command=command:p Args=args:p WorkingDir=workingDir:s Ports=ports:[ContainerPort EnvFrom=envFrom:[EnvFromSource Env=env:[EnvVar Resources=resources:ResourceRequirements ResizePolicy=resizePolicy:[ContainerResizePolicy RestartPolicy=restartPolicy:p RestartPolicyRules=restartPolicyRules:[ContainerRestartRule VolumeMounts=volumeMounts:[VolumeMount VolumeDevices=volumeDevices:[VolumeDevice LivenessProbe=livenessProbe:*Probe ReadinessProbe=readinessProbe:*Probe StartupProbe=startupProbe:*Probe Lifecycle=lifecycle:*Lifecycle TerminationMessagePath=terminationMessagePath:s TerminationMessagePolicy=terminationMessagePolicy:s ImagePullPolicy=imagePullPolicy:s SecurityContext=securityContext:*SecurityContext Stdin=stdin:b StdinOnce=stdinOnce:b TTY=tty:b",
    ),
    (
        "ContainerPort",
        "Name=name:s HostPort=hostPort:n ContainerPort=containerPort:n Protocol=protocol:s HostIP=hostIP:s",
    ),
    ("EnvVar", "Name=name:s Value=value:s ValueFrom=valueFrom:*EnvVarSource"),
    (
        "EnvVarSource",
        "FieldRef=fieldRef:*ObjectFieldSelector ResourceFieldRef=resourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef=configMapKeyRef:*KeySelector SecretKeyRef=secretKeyRef:*KeySelector FileKeyRef=fileKeyRef:*FileKeySelector",
    ),
    ("ObjectFieldSelector", "APIVersion=apiVersion:s FieldPath=fieldPath:s"),
    ("ResourceFieldSelector", "ContainerName=containerName:s Resource=resource:s Divisor=divisor:q"),
    ("KeySelector", "Name=name:s Key=key:s Optional=optional:p"),
    ("FileKeySelector", "VolumeName=volumeName:s Path=path:s Key=key:s Optional=optional:p"),
    ("EnvFromSource", "Prefix=prefix:s ConfigMapRef=configMapRef:*EnvSource SecretRef=secretRef:*EnvSource"),
    ("EnvSource", "Name=name:s Optional=optional:p"),
    ("ResourceRequirements", "Limits=limits:p Requests=requests:p Claims=claims:[ResourceClaim"),
    ("ResourceClaim", "Name=name:s Request=request:s"),
    ("ContainerResizePolicy", "ResourceName=resourceName:s RestartPolicy=restartPolicy:s"),
    ("ContainerRestartRule", "Action=action:s ExitCodes=exitCodes:*ExitCodes"),
    ("ExitCodes", "Operator=operator:s Values=values:p"),
    (
        "VolumeMount",
        "Name=name:s ReadOnly=readOnly:b RecursiveReadOnly=recursiveReadOnly:p MountPath=mountPath:s SubPath=subPath:s MountPropagation=mountPropagation:p SubPathExpr=subPathExpr:s",
    ),
    ("VolumeDevice", "Name=name:s DevicePath=devicePath:s"),
    (
        "Probe",
        "Exec=exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction GRPC=grpc:*GRPCAction InitialDelaySeconds=initialDelaySeconds:n TimeoutSeconds=timeoutSeconds:n PeriodSeconds=periodSeconds:n SuccessThreshold=successThreshold:n FailureThreshold=failureThreshold:n TerminationGracePeriodSeconds=terminationGracePeriodSeconds:p",
    ),
    ("ExecAction", "Command=command:p"),
    (
        "HTTPGetAction",
        "Path=path:s Port=port:p Host=host:s Scheme=scheme:s HTTPHeaders=httpHeaders:[NameValue",
    ),
    ("NameValue", "Name=name:s Value=value:s"),
    ("TCPSocketAction", "Port=port:p Host=host:s"),
    ("GRPCAction", "Port=port:n Service=service:p"),
    (
        "Lifecycle",
        "PostStart=postStart:*LifecycleHandler PreStop=preStop:*LifecycleHandler StopSignal=stopSignal:p",
    ),
    (
        "LifecycleHandler",
        "Exec=exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction Sleep=sleep:*SleepAction",
    ),
    ("SleepAction", "Seconds=seconds:n"),
    (
        "SecurityContext",
        "Capabilities=capabilities:*Capabilities Privileged=privileged:p SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions=windowsOptions:*WindowsOptions RunAsUser=runAsUser:p RunAsGroup=runAsGroup:p RunAsNonRoot=runAsNonRoot:p ReadOnlyRootFilesystem=readOnlyRootFilesystem:p AllowPrivilegeEscalation=allowPrivilegeEscalation:p ProcMount=procMount:p SeccompProfile=seccompProfile:*SeccompProfile AppArmorProfile=appArmorProfile:*SeccompProfile",
    ),
    ("Capabilities", "Add=add:p Drop=drop:p"),
    ("SELinuxOptions", "User=user:s Role=role:s Type=type:s Level=level:s"),
    (
        "WindowsOptions",
        "GMSACredentialSpecName=gmsaCredentialSpecName:p GMSACredentialSpec=gmsaCredentialSpec:p RunAsUserName=runAsUserName:p HostProcess=hostProcess:p",
    ),
    ("SeccompProfile", "Type=type:s LocalhostProfile=localhostProfile:p"),
    (
        "PodSecurityContext",
        "HostNetwork=hostNetwork:b HostPID=hostPID:b HostIPC=hostIPC:b ShareProcessNamespace=shareProcessNamespace:p HostUsers=hostUsers:p SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions=windowsOptions:*WindowsOptions RunAsUser=runAsUser:p RunAsGroup=runAsGroup:p RunAsNonRoot=runAsNonRoot:p SupplementalGroups=supplementalGroups:p SupplementalGroupsPolicy=supplementalGroupsPolicy:p FSGroup=fsGroup:p FSGroupChangePolicy=fsGroupChangePolicy:p Sysctls=sysctls:[NameValue SeccompProfile=seccompProfile:*SeccompProfile AppArmorProfile=appArmorProfile:*SeccompProfile SELinuxChangePolicy=seLinuxChangePolicy:p",
    ),
    (
        "Volume",
        "Name=name:s HostPath=hostPath:*HostPath EmptyDir=emptyDir:*EmptyDir GCEPersistentDisk=gcePersistentDisk:p AWSElasticBlockStore=awsElasticBlockStore:p GitRepo=gitRepo:*GitRepo Secret=secret:*SecretVolume NFS=nfs:*NFS ISCSI=iscsi:p Glusterfs=glusterfs:p PersistentVolumeClaim=persistentVolumeClaim:*ClaimVolume RBD=rbd:p Quobyte=quobyte:p FlexVolume=flexVolume:p Cinder=cinder:p CephFS=cephfs:p Flocker=flocker:p DownwardAPI=downwardAPI:*DownwardVolume FC=fc:p AzureFile=azureFile:p ConfigMap=configMap:*ConfigMapVolume VsphereVolume=vsphereVolume:p AzureDisk=azureDisk:p PhotonPersistentDisk=photonPersistentDisk:p Projected=projected:*Projected PortworxVolume=portworxVolume:p ScaleIO=scaleIO:p StorageOS=storageos:p CSI=csi:*CSI Ephemeral=ephemeral:*Ephemeral Image=image:*ImageVolume",
    ),
    ("HostPath", "Path=path:s Type=type:p"),
    ("EmptyDir", "Medium=medium:s SizeLimit=sizeLimit:p"),
    ("GitRepo", "Repository=repository:s Revision=revision:s Directory=directory:s"),
    (
        "SecretVolume",
        "SecretName=secretName:s Items=items:[KeyToPath DefaultMode=defaultMode:p Optional=optional:p",
    ),
    ("NFS", "Server=server:s Path=path:s ReadOnly=readOnly:b"),
    (
        "ClaimSpec",
        "AccessModes=accessModes:p Selector=selector:p Resources=resources:ClaimResources VolumeName=volumeName:s StorageClassName=storageClassName:p VolumeMode=volumeMode:p DataSource=dataSource:p DataSourceRef=dataSourceRef:p VolumeAttributesClassName=volumeAttributesClassName:p",
    ),
    ("ClaimResources", "Limits=limits:p Requests=requests:p"),
    ("ClaimVolume", "ClaimName=claimName:s ReadOnly=readOnly:b"),
    ("DownwardVolume", "Items=items:[DownwardFile DefaultMode=defaultMode:p"),
    (
        "DownwardFile",
        "Path=path:s FieldRef=fieldRef:*ObjectFieldSelector ResourceFieldRef=resourceFieldRef:*ResourceFieldSelector Mode=mode:p",
    ),
    ("ConfigMapVolume", "Name=name:s Items=items:[KeyToPath DefaultMode=defaultMode:p Optional=optional:p"),
    ("KeyToPath", "Key=key:s Path=path:s Mode=mode:p"),
    ("Projected", "Sources=sources:[Projection DefaultMode=defaultMode:p"),
    (
        "Projection",
        "Secret=secret:*ProjectedMap DownwardAPI=downwardAPI:*ProjectedDownward ConfigMap=configMap:*ProjectedMap ServiceAccountToken=serviceAccountToken:*Token ClusterTrustBundle=clusterTrustBundle:p PodCertificate=podCertificate:p",
    ),
    ("ProjectedMap", "Name=name:s Items=items:[KeyToPath Optional=optional:p"),
    ("ProjectedDownward", "Items=items:[DownwardFile"),
    ("Token", "Audience=audience:s ExpirationSeconds=expirationSeconds:n Path=path:s"),
    (
        "CSI",
        "Driver=driver:s ReadOnly=readOnly:p FSType=fsType:p VolumeAttributes=volumeAttributes:p NodePublishSecretRef=nodePublishSecretRef:*LocalObjectReference",
    ),
    ("Ephemeral", "VolumeClaimTemplate=volumeClaimTemplate:p"),
    ("ImageVolume", "Reference=reference:s PullPolicy=pullPolicy:s"),
    ("LocalObjectReference", "Name=name:s"),
    (
        "Toleration",
        "Key=key:s Operator=operator:s Value=value:s Effect=effect:s TolerationSeconds=tolerationSeconds:p",
    ),
    ("HostAlias", "IP=ip:s Hostnames=hostnames:p"),
    ("PodDNSConfig", "Nameservers=nameservers:p Searches=searches:p Options=options:[DNSOption"),
    ("DNSOption", "Name=name:s Value=value:p"),
    ("PodReadinessGate", "ConditionType=conditionType:s"),
    ("PodSchedulingGate", "Name=name:s"),
    ("PodOS", "Name=name:s"),
    (
        "PodResourceClaim",
        "Name=name:s ResourceClaimName=resourceClaimName:p ResourceClaimTemplateName=resourceClaimTemplateName:p",
    ),
    (
        "TopologySpreadConstraint",
        "MaxSkew=maxSkew:n TopologyKey=topologyKey:s WhenUnsatisfiable=whenUnsatisfiable:s LabelSelector=labelSelector:p MinDomains=minDomains:p NodeAffinityPolicy=nodeAffinityPolicy:p NodeTaintsPolicy=nodeTaintsPolicy:p MatchLabelKeys=matchLabelKeys:p",
    ),
    (
        "Affinity",
        "NodeAffinity=nodeAffinity:*NodeAffinity PodAffinity=podAffinity:*PodAffinity PodAntiAffinity=podAntiAffinity:*PodAffinity",
    ),
    (
        "NodeAffinity",
        "RequiredDuringSchedulingIgnoredDuringExecution=requiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution=preferredDuringSchedulingIgnoredDuringExecution:[PreferredNode",
    ),
    ("NodeSelector", "NodeSelectorTerms=nodeSelectorTerms:[NodeTerm"),
    (
        "NodeTerm",
        "MatchExpressions=matchExpressions:[NodeRequirement MatchFields=matchFields:[NodeRequirement",
    ),
    ("NodeRequirement", "Key=key:s Operator=operator:s Values=values:p"),
    ("PreferredNode", "Weight=weight:n Preference=preference:NodeTerm"),
    (
        "PodAffinity",
        "RequiredDuringSchedulingIgnoredDuringExecution=requiredDuringSchedulingIgnoredDuringExecution:[PodTerm PreferredDuringSchedulingIgnoredDuringExecution=preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodTerm",
    ),
    ("WeightedPodTerm", "Weight=weight:n PodAffinityTerm=podAffinityTerm:PodTerm"),
    (
        "PodTerm",
        "LabelSelector=labelSelector:p Namespaces=namespaces:p TopologyKey=topologyKey:s NamespaceSelector=namespaceSelector:p MatchLabelKeys=matchLabelKeys:p MismatchLabelKeys=mismatchLabelKeys:p",
    ),
];

/// A Pod spec, indented by one space a level.
pub(in crate::sim::admission::validation) fn pod_spec(spec: &api::PodSpec) -> String {
    let mut text = String::new();
    Printer { text: &mut text, indented: true }.structure("PodSpec", &inside(spec), 0);
    text
}

/// The fields of a spec where the internal type has them.
fn inside(spec: &api::PodSpec) -> Value {
    let mut value = serde_json::to_value(spec).unwrap_or_default();
    // Inside, the host's namespaces belong to the security context.
    let moved: Vec<(&str, Value)> =
        ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"]
            .into_iter()
            .filter_map(|name| Some((name, value.get(name)?.clone())))
            .collect();
    if let Some(context) = value.get_mut("securityContext").and_then(Value::as_object_mut) {
        context.extend(moved.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    value
}

/// A Pod template on one line: its metadata is embedded, with the names of the API.
pub(in crate::sim::admission::validation) fn template(template: &api::PodTemplateSpec) -> String {
    let mut text = String::from("{");
    let meta = serde_json::to_value(&template.metadata).unwrap_or_default();
    for (name, value) in meta.as_object().into_iter().flatten() {
        let _ = write!(text, "\"{name}\":{value},");
    }
    let spec = template.spec.as_ref().map(inside).unwrap_or_default();
    let _ = write!(text, "\"Spec\":{}}}", on_one_line("PodSpec", &spec));
    text
}

/// The spec of a claim, indented by one space a level.
pub(in crate::sim::admission::validation) fn claim_spec(spec: &api::PersistentVolumeClaimSpec) -> String {
    let value = serde_json::to_value(spec).unwrap_or_default();
    let mut text = String::new();
    Printer { text: &mut text, indented: true }.structure("ClaimSpec", &value, 0);
    text
}

/// A container's security context, on one line.
pub(in crate::sim::admission::validation) fn security_context(context: &api::SecurityContext) -> String {
    on_one_line("SecurityContext", &serde_json::to_value(context).unwrap_or_default())
}

/// A seccomp profile, on one line.
pub(in crate::sim::admission::validation) fn seccomp(profile: &api::SeccompProfile) -> String {
    on_one_line("SeccompProfile", &serde_json::to_value(profile).unwrap_or_default())
}

fn on_one_line(kind: &str, value: &Value) -> String {
    let mut text = String::new();
    Printer { text: &mut text, indented: false }.structure(kind, value, 0);
    text
}

struct Printer<'a> {
    text: &'a mut String,
    indented: bool,
}

impl Printer<'_> {
    fn line(&mut self, depth: usize) {
        if self.indented {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', depth));
        }
    }

    fn key(&mut self, name: &str) {
        let space = if self.indented { " " } else { "" };
        let _ = write!(self.text, "\"{name}\":{space}");
    }

    fn structure(&mut self, kind: &str, value: &Value, depth: usize) {
        // An ephemeral container is a container and its target.
        let (shared, own) = match kind {
            "EphemeralContainer" => ("Container", "TargetContainerName=targetContainerName:s"),
            kind => (kind, ""),
        };
        let fields = TYPES.iter().find(|(name, _)| *name == shared).map_or("", |(_, fields)| fields);
        self.text.push('{');
        for (i, field) in fields.split(' ').chain(own.split(' ')).filter(|f| !f.is_empty()).enumerate() {
            let (name, rest) = field.split_once('=').unwrap_or((field, ""));
            let (api, kind) = rest.split_once(':').unwrap_or((rest, "p"));
            if i > 0 {
                self.text.push(',');
            }
            self.line(depth + 1);
            self.key(name);
            self.field(kind, value.get(api).unwrap_or(&Value::Null), depth + 1);
        }
        self.line(depth);
        self.text.push('}');
    }

    fn field(&mut self, kind: &str, value: &Value, depth: usize) {
        match (kind, value) {
            ("s", Value::Null) => self.text.push_str("\"\""),
            ("n", Value::Null) => self.text.push('0'),
            ("b", Value::Null) => self.text.push_str("false"),
            ("q", Value::Null) => self.text.push_str("\"0\""),
            ("s" | "n" | "b" | "p" | "q", value) => self.plain(value, depth),
            (_, Value::Array(items)) => self.list(kind.trim_start_matches('['), items, depth),
            (kind, Value::Null) if kind.starts_with(['*', '[']) => self.text.push_str("null"),
            (kind, value) => self.structure(kind.trim_start_matches('*'), value, depth),
        }
    }

    fn list(&mut self, kind: &str, items: &[Value], depth: usize) {
        self.text.push('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            self.line(depth + 1);
            self.structure(kind, item, depth + 1);
        }
        self.line(depth);
        self.text.push(']');
    }

    /// A value that looks the same inside as outside.
    fn plain(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(items) if items.is_empty() => self.text.push_str("[]"),
            Value::Object(map) if map.is_empty() => self.text.push_str("{}"),
            Value::Array(items) => {
                self.text.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.text.push_str(if i > 0 { "," } else { "" });
                    self.line(depth + 1);
                    self.plain(item, depth + 1);
                }
                self.line(depth);
                self.text.push(']');
            }
            Value::Object(map) => {
                self.text.push('{');
                for (i, (key, item)) in map.iter().enumerate() {
                    self.text.push_str(if i > 0 { "," } else { "" });
                    self.line(depth + 1);
                    self.key(key);
                    self.plain(item, depth + 1);
                }
                self.line(depth);
                self.text.push('}');
            }
            scalar => {
                let _ = write!(self.text, "{}", escaped(scalar));
            }
        }
    }
}

/// Go's JSON hides three characters that could end a script in a page.
fn escaped(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
