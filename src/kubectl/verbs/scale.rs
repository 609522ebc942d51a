//! `kubectl scale`, `autoscale` and `expose`.

use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output;
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::subresource;
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, RECORD, SELECTOR, Verb, WRITE, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const SCALE_FLAGS: &[Flag] = &[
    flag("replicas", Takes::Number, "The new desired number of replicas. Required."),
    flag("current-replicas", Takes::Number, "Precondition for current size. Requires that the current size of the resource match this value in order to scale. -1 (default) for no condition.").default("-1"),
    flag("resource-version", Takes::Text, "Precondition for resource version. Requires that the current resource version match this value in order to scale."),
    flag("timeout", Takes::Span, "The length of time to wait before giving up on a scale operation, zero means don't wait. Any other values should contain a corresponding time unit (e.g. 1s, 2m, 3h)."),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

pub(super) const SCALE: Verb = Verb {
    name: "scale",
    path: "kubectl scale",
    summary: "Set a new size for a deployment, replica set, replication controller, or stateful set.",
    usage: "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) [options]",
    examples: "# Three Pods\nkubectl scale deployment web --replicas=3",
    flags: &[SCALE_FLAGS, FILES, OUTPUT, SELECTOR, DRY_RUN],
    words: Words::Objects,
    run: scale,
    ..Verb::EMPTY
};

const AUTOSCALE_FLAGS: &[Flag] = &[
    flag("min", Takes::Number, "The lower limit for the number of pods that can be set by the autoscaler. If it's not specified or negative, the server will apply a default value.").default("-1"),
    flag("max", Takes::Number, "The upper limit for the number of pods that can be set by the autoscaler. Required.").default("-1"),
    flag("cpu-percent", Takes::Number, "The target average CPU utilization (represented as a percent of requested CPU) over all the pods. If it's not specified or negative, a default autoscaling policy will be used.").default("-1"),
    flag("cpu", Takes::Text, "the wanted CPU: 80% or 500m"),
    flag("memory", Takes::Text, "the wanted memory: 80% or 500Mi"),
    flag("name", Takes::Text, "The name for the newly created object. If not specified, the name of the input resource will be used."),
];

pub(super) const AUTOSCALE: Verb = Verb {
    name: "autoscale",
    path: "kubectl autoscale",
    summary: "Creates an autoscaler that automatically chooses and sets the number of pods that run in a Kubernetes cluster.",
    usage: "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu-percent=CPU] [options]",
    examples: "# Between two and five Pods\nkubectl autoscale deployment web --min=2 --max=5 --cpu=80%",
    flags: &[AUTOSCALE_FLAGS, FILES, OUTPUT, DRY_RUN, WRITE, RECORD],
    words: Words::Objects,
    run: autoscale,
    ..Verb::EMPTY
};

const EXPOSE_FLAGS: &[Flag] = &[
    flag(
        "port",
        Takes::Text,
        "The port that the service should serve on. Copied from the resource being exposed, if unspecified",
    ),
    flag(
        "target-port",
        Takes::Text,
        "Name or number for the port on the container that the service should direct traffic to. Optional.",
    ),
    flag("protocol", Takes::Text, "The network protocol for the service to be created. Default is 'TCP'."),
    flag(
        "type",
        Takes::Text,
        "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is 'ClusterIP'.",
    ),
    flag(
        "name",
        Takes::Text,
        "The name for the newly created object. If not specified, the name of the input resource will be used.",
    ),
    flag(
        "selector",
        Takes::Text,
        "Selector (label query) to filter on, supports '=', '==', and '!='.(e.g. -l key1=value1,key2=value2). Matching objects must satisfy all of the specified label constraints.",
    ),
    flag("labels", Takes::Text, "Labels to apply to the service created by this call.").short('l'),
    flag(
        "external-ip",
        Takes::Text,
        "Additional external IP address (not managed by Kubernetes) to accept for the service. If this IP is routed to a node, the service can be accessed by this IP in addition to its generated service IP.",
    ),
    flag(
        "load-balancer-ip",
        Takes::Text,
        "IP to assign to the LoadBalancer. If empty, an ephemeral IP will be created and used (cloud-provider specific).",
    ),
    flag(
        "cluster-ip",
        Takes::Text,
        "ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to 'None' to create a headless service.",
    ),
    flag(
        "session-affinity",
        Takes::Text,
        "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'",
    ),
    flag(
        "overrides",
        Takes::Text,
        "An inline JSON override for the generated object. If this is non-empty, it is used to override the generated object. Requires that the object supply a valid apiVersion field.",
    ),
    flag(
        "override-type",
        Takes::Text,
        "The method used to override the generated object: json, merge, or strategic.",
    ),
];

pub(super) const EXPOSE: Verb = Verb {
    name: "expose",
    path: "kubectl expose",
    summary: "Expose a resource as a new Kubernetes service.",
    usage: "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type] [options]",
    examples: "# A Service for a Deployment\nkubectl expose deployment web --port=80 --target-port=8080",
    flags: &[EXPOSE_FLAGS, FILES, OUTPUT, DRY_RUN, WRITE, RECORD],
    words: Words::Objects,
    run: expose,
    ..Verb::EMPTY
};

fn scale(run: &mut Run) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let Some(count) = run.args.number("replicas") else {
        return Err(Complaint::plain("required flag(s) \"replicas\" not set"));
    };
    if count < 0 {
        return Err(Complaint::plain(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let found = super::objects(run)?;
    let mut errors = found.errors;
    if let ([], [Complaint::Refused { message, .. }]) = (found.groups.as_slice(), errors.as_slice()) {
        return Err(Complaint::plain(format!("no objects passed to scale {message}")));
    }
    if errors.is_empty() && found.groups.iter().all(|(_, objects)| objects.is_empty()) {
        return Err(Complaint::plain("no objects passed to scale"));
    }
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        if let Err(complaint) = scale_one(run, object, count) {
            // The first one that does not scale ends it.
            errors.push(complaint);
            break;
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

fn scale_one(run: &mut Run, object: &Object, count: i64) -> Result<(), Complaint> {
    if !subresource::scales(object.kind()) {
        return Err(subresource::nowhere());
    }
    let now = object.to_value().pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    if let Some(expected) = run.args.number("current-replicas").filter(|n| *n >= 0 && *n != now) {
        return Err(Complaint::plain(format!("Expected replicas to be {expected}, was {now}")));
    }
    let version = object.meta().resource_version.as_deref().unwrap_or_default();
    if let Some(expected) = run.args.get("resource-version").filter(|v| !v.is_empty() && *v != version) {
        return Err(Complaint::plain(format!("Expected resource version to be {expected}, was {version}")));
    }
    if run.dry_run() != DryRun::Client {
        let write = run.write();
        let patch = Patch::Merge(json!({"spec": {"replicas": count}}));
        let answer = run.cluster.patch(&object.key(), &patch, Subresource::Main, &write);
        run.accepted(answer)?;
        run.record(&object.key());
    }
    if run.args.get("output") == Some("name") {
        run.say(&output::name(object));
        return Ok(());
    }
    let suffix = run.dry_run().suffix();
    run.say(&format!("{} scaled{suffix}", output::name(object)));
    Ok(())
}

fn autoscale(run: &mut Run) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let most = run.args.number("max").filter(|n| *n > 0);
    let Some(most) = most else {
        return Err(Complaint::plain(if run.args.get("max").is_some() {
            format!(
                "--max=MAXPODS is required and must be at least 1, max: {}",
                run.args.number("max").unwrap_or(-1)
            )
        } else {
            "required flag(s) \"max\" not set".to_owned()
        }));
    };
    if let Some(least) = run.args.number("min").filter(|least| *least > most) {
        return Err(Complaint::plain(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )));
    }
    let found = super::objects(run)?;
    if !found.errors.is_empty() {
        return Err(Complaint::of(found.errors));
    }
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        let kind = object.kind();
        if !subresource::scales(kind) {
            let info = kind.info();
            return Err(Complaint::plain(format!(
                "cannot autoscale a {}: could not find scale subresource for {}/{}, Resource={} in discovery information",
                info.name, info.group, info.version, info.plural
            )));
        }
        let own = object.meta().name.clone().unwrap_or_default();
        let mut spec = json!({"maxReplicas": most,
            "scaleTargetRef": {"apiVersion": kind.api_version(), "kind": kind.name(), "name": own}});
        if let Some(least) = run.args.number("min").filter(|n| *n > 0) {
            spec["minReplicas"] = least.into();
        }
        let percent = run.args.number("cpu-percent").filter(|n| *n > 0);
        let percent = percent.or_else(|| run.args.get("cpu")?.strip_suffix('%')?.parse().ok());
        if let Some(percent) = percent {
            spec["metrics"] = json!([{"type": "Resource", "resource": {"name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": percent}}}]);
        }
        let name = run.args.or("name", &own).to_owned();
        let value = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name, "namespace": run.namespace}, "spec": spec,
            "status": {"currentMetrics": null, "desiredReplicas": 0}});
        super::generate::make(run, Kind::HorizontalPodAutoscaler, value, "autoscaled")?;
    }
    Ok(Flow::Done)
}

fn expose(run: &mut Run) -> Result<Flow, Complaint> {
    run.check_dry_run()?;
    let found = super::objects(run)?;
    if !found.errors.is_empty() {
        return Err(Complaint::of(found.errors));
    }
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        refuse_unexposable(object.kind())?;
        let value = service_for(run, object)?;
        super::generate::make(run, Kind::Service, value, "exposed")?;
    }
    Ok(Flow::Done)
}

/// Only some kinds lead to Pods that serve (`polymorphichelpers/canbeexposed.go`).
fn refuse_unexposable(kind: Kind) -> Result<(), Complaint> {
    match kind {
        Kind::ReplicationController | Kind::Service | Kind::Pod | Kind::Deployment | Kind::ReplicaSet => {
            Ok(())
        }
        other => {
            let dot = if other.info().group.is_empty() { "" } else { "." };
            Err(Complaint::plain(format!("cannot expose a {}{dot}{}", other.name(), other.info().group)))
        }
    }
}

/// What the Service selects: `--selector`, or what the object itself selects by.
fn selector_for(run: &Run, object: &Object, value: &Value) -> Result<Value, Complaint> {
    let selector = match (run.args.get("selector"), object.kind()) {
        (Some(text), _) => super::generate::pairs(text, "selector")?,
        (None, Kind::Pod) => value.pointer("/metadata/labels").cloned().unwrap_or_default(),
        (None, Kind::Service | Kind::ReplicationController) => {
            value.pointer("/spec/selector").cloned().unwrap_or_default()
        }
        (None, _) => value.pointer("/spec/selector/matchLabels").cloned().unwrap_or_default(),
    };
    if selector.as_object().is_some_and(|labels| !labels.is_empty()) {
        return Ok(selector);
    }
    Err(Complaint::plain(if object.kind() == Kind::Pod {
        "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed".to_owned()
    } else {
        format!("cannot expose a {}", object.kind().info().name)
    }))
}

/// The ports of the Service with their protocols: `--port`, or those the containers declare.
fn numbers_for(run: &Run, object: &Object, value: &Value) -> Result<Vec<(i64, String)>, Complaint> {
    let numbers: Vec<(i64, String)> = if let Some(text) = run.args.get("port") {
        let protocol = run.args.or("protocol", "TCP").to_owned();
        let parse = |p: &str| {
            p.parse::<i64>()
                .map(|n| (n, protocol.clone()))
                .map_err(|_| Complaint::plain(format!("strconv.Atoi: parsing {p:?}: invalid syntax")))
        };
        text.split(',').map(parse).collect::<Result<_, _>>()?
    } else {
        let place =
            if object.kind() == Kind::Pod { "/spec/containers" } else { "/spec/template/spec/containers" };
        let containers = value.pointer(place).and_then(Value::as_array).into_iter().flatten();
        let ports = containers.flat_map(|c| c["ports"].as_array().into_iter().flatten());
        let declared = ports.filter_map(|p| {
            Some((p["containerPort"].as_i64()?, p["protocol"].as_str().unwrap_or("TCP").to_owned()))
        });
        declared.collect()
    };
    if numbers.is_empty() {
        return Err(Complaint::plain("couldn't find port via --port flag or introspection"));
    }
    Ok(numbers)
}

fn ports_for(run: &Run, numbers: &[(i64, String)]) -> Vec<Value> {
    let port = |(i, (number, protocol)): (usize, &(i64, String))| {
        let target = run.args.get("target-port");
        let target = target.map_or(json!(number), |t| t.parse::<i64>().map_or(json!(t), |n| json!(n)));
        let mut port = json!({"port": number, "protocol": protocol, "targetPort": target});
        if numbers.len() > 1 {
            port["name"] = format!("port-{}", i + 1).into();
        }
        port
    };
    numbers.iter().enumerate().map(port).collect()
}

/// The Service that exposes an object, field by field in the order kubectl fills them in.
fn service_for(run: &Run, object: &Object) -> Result<Value, Complaint> {
    let args = run.args;
    let value = object.to_value();
    let selector = selector_for(run, object, &value)?;
    let ports = ports_for(run, &numbers_for(run, object, &value)?);
    let own = object.meta().name.clone().unwrap_or_default();
    let mut metadata = json!({"name": args.or("name", &own), "namespace": run.namespace});
    let labels = match args.get("labels") {
        Some(text) => super::generate::pairs(text, "label")?,
        None => value.pointer("/metadata/labels").cloned().unwrap_or_default(),
    };
    if labels.as_object().is_some_and(|l| !l.is_empty()) {
        metadata["labels"] = labels;
    }
    let mut spec = json!({"ports": ports, "selector": selector});
    for (flag, field) in
        [("type", "type"), ("session-affinity", "sessionAffinity"), ("cluster-ip", "clusterIP")]
    {
        if let Some(text) = args.get(flag).filter(|t| !t.is_empty()) {
            spec[field] = text.into();
        }
    }
    if let Some(ip) = args.get("external-ip") {
        spec["externalIPs"] = json!([ip]);
    }
    Ok(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}),
    )
}
