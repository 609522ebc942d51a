//! `kubectl scale`, `autoscale` and `expose`.

use crate::kube::{Kind, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::verb::{DRY_RUN, FILES, OUTPUT, SELECTOR, Verb, WRITE, Words};
use crate::sim::api::{Patch, Subresource};
use serde_json::{Value, json};

const SCALE_FLAGS: &[Flag] = &[
    flag("replicas", Takes::Number, "how many Pods there are to be"),
    flag("current-replicas", Takes::Number, "how many there must be now").default("-1"),
    flag("resource-version", Takes::Text, "the version the object must have"),
    flag("timeout", Takes::Span, "how long to wait for the change"),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

pub(super) const SCALE: Verb = Verb {
    name: "scale",
    path: "kubectl scale",
    summary: "Set how many Pods a controller keeps.",
    usage: "[--current-replicas=COUNT] --replicas=COUNT (-f FILENAME | TYPE NAME) [options]",
    examples: "# Three Pods\nkubectl scale deployment web --replicas=3",
    flags: &[SCALE_FLAGS, FILES, OUTPUT, SELECTOR, DRY_RUN],
    words: Words::Objects,
    run: scale,
    ..Verb::EMPTY
};

const AUTOSCALE_FLAGS: &[Flag] = &[
    flag("min", Takes::Number, "the fewest Pods").default("-1"),
    flag("max", Takes::Number, "the most Pods").default("-1"),
    flag("cpu-percent", Takes::Number, "the wanted share of the requested CPU").default("-1"),
    flag("cpu", Takes::Text, "the wanted CPU: 80% or 500m"),
    flag("memory", Takes::Text, "the wanted memory: 80% or 500Mi"),
    flag("name", Takes::Text, "the name of the autoscaler"),
];

pub(super) const AUTOSCALE: Verb = Verb {
    name: "autoscale",
    path: "kubectl autoscale",
    summary: "Create an autoscaler for a controller.",
    usage: "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [options]",
    examples: "# Between two and five Pods\nkubectl autoscale deployment web --min=2 --max=5 --cpu=80%",
    flags: &[AUTOSCALE_FLAGS, FILES, OUTPUT, DRY_RUN, WRITE],
    words: Words::Objects,
    run: autoscale,
    ..Verb::EMPTY
};

const EXPOSE_FLAGS: &[Flag] = &[
    flag("port", Takes::Text, "the port of the Service"),
    flag("target-port", Takes::Text, "the port of the Pods, by number or name"),
    flag("protocol", Takes::Text, "TCP, UDP or SCTP"),
    flag("type", Takes::Text, "ClusterIP, NodePort, LoadBalancer or ExternalName"),
    flag("name", Takes::Text, "the name of the Service"),
    flag("selector", Takes::Text, "the labels of the Pods"),
    flag("labels", Takes::Text, "labels of the Service").short('l'),
    flag("external-ip", Takes::Text, "another address it is reached at"),
    flag("load-balancer-ip", Takes::Text, "the address of the load balancer"),
    flag("cluster-ip", Takes::Text, "the address in the cluster, None for a headless Service"),
    flag("session-affinity", Takes::Text, "None or ClientIP"),
    flag("overrides", Takes::Text, "JSON to merge into the Service"),
    flag("override-type", Takes::Text, "json, merge or strategic"),
];

pub(super) const EXPOSE: Verb = Verb {
    name: "expose",
    path: "kubectl expose",
    summary: "Create a Service for a Pod or a controller.",
    usage: "(-f FILENAME | TYPE NAME) [--port=port] [--target-port=number-or-name] [options]",
    examples: "# A Service for a Deployment\nkubectl expose deployment web --port=80 --target-port=8080",
    flags: &[EXPOSE_FLAGS, FILES, OUTPUT, DRY_RUN, WRITE],
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
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        if let Err(complaint) = scale_one(run, object, count) {
            errors.push(complaint);
        }
    }
    if errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(errors)) }
}

fn scale_one(run: &mut Run, object: &Object, count: i64) -> Result<(), Complaint> {
    let scalable = matches!(
        object.kind(),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController
    );
    if !scalable {
        return Err(Complaint::Refused {
            reason: "NotFound".to_owned(),
            doing: String::new(),
            message: "the server could not find the requested resource".to_owned(),
        });
    }
    let now = object.to_value().pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    if let Some(expected) = run.args.number("current-replicas").filter(|n| *n >= 0 && *n != now) {
        return Err(Complaint::plain(format!("Expected replicas to be {expected}, was {now}")));
    }
    if run.dry_run() != DryRun::Client {
        let write = run.write();
        let patch = Patch::Merge(json!({"spec": {"replicas": count}}));
        let answer = run.cluster.patch(&object.key(), &patch, Subresource::Main, &write);
        run.accepted(answer)?;
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
            "--max=MAXPODS is required and must be at least 1, max: -1"
        } else {
            "required flag(s) \"max\" not set"
        }));
    };
    let found = super::objects(run)?;
    if !found.errors.is_empty() {
        return Err(Complaint::of(found.errors));
    }
    for object in found.groups.iter().flat_map(|(_, objects)| objects) {
        let kind = object.kind();
        if !matches!(
            kind,
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController
        ) {
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
            "metadata": {"name": name, "namespace": run.namespace}, "spec": spec});
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
        let value = service_for(run, object)?;
        super::generate::make(run, Kind::Service, value, "exposed")?;
    }
    let _ = Output::Table;
    Ok(Flow::Done)
}

#[expect(clippy::too_many_lines, reason = "one Service, field by field, in the order kubectl fills them in")]
fn service_for(run: &Run, object: &Object) -> Result<Value, Complaint> {
    let args = run.args;
    let value = object.to_value();
    let info = object.kind().info();
    let selector = match (args.get("selector"), object.kind()) {
        (Some(text), _) => super::generate::pairs(text, "selector")?,
        (None, Kind::Pod) => value.pointer("/metadata/labels").cloned().unwrap_or_default(),
        (None, Kind::Service | Kind::ReplicationController) => {
            value.pointer("/spec/selector").cloned().unwrap_or_default()
        }
        (None, _) => value.pointer("/spec/selector/matchLabels").cloned().unwrap_or_default(),
    };
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        let what = if object.kind() == Kind::Pod {
            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed".to_owned()
        } else {
            format!("cannot expose a {}", info.name)
        };
        return Err(Complaint::plain(what));
    }
    let declared = |pointer: &str| {
        let containers = value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        containers.iter().flat_map(|c| c["ports"].as_array().cloned().unwrap_or_default()).collect::<Vec<_>>()
    };
    let found = declared(if object.kind() == Kind::Pod {
        "/spec/containers"
    } else {
        "/spec/template/spec/containers"
    });
    let numbers: Vec<(i64, String)> = match args.get("port") {
        Some(text) => {
            let protocol = args.or("protocol", "TCP").to_owned();
            let parse = |p: &str| {
                p.parse::<i64>()
                    .map(|n| (n, protocol.clone()))
                    .map_err(|_| Complaint::plain(format!("strconv.Atoi: parsing {p:?}: invalid syntax")))
            };
            text.split(',').map(parse).collect::<Result<_, _>>()?
        }
        None => found
            .iter()
            .filter_map(|p| {
                Some((p["containerPort"].as_i64()?, p["protocol"].as_str().unwrap_or("TCP").to_owned()))
            })
            .collect(),
    };
    if numbers.is_empty() {
        return Err(Complaint::plain(
            "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples",
        ));
    }
    let several = numbers.len() > 1;
    let ports: Vec<Value> = numbers
        .iter()
        .enumerate()
        .map(|(i, (number, protocol))| {
            let target = args
                .get("target-port")
                .map_or(json!(number), |t| t.parse::<i64>().map_or(json!(t), |n| json!(n)));
            let mut port = json!({"port": number, "protocol": protocol, "targetPort": target});
            if several {
                port["name"] = format!("port-{}", i + 1).into();
            }
            port
        })
        .collect();
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
