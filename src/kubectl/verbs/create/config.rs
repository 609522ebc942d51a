//! Generators of configuration and of things without a process: configmap, secret, namespace, serviceaccount, service, quota, pdb,
//! priorityclass, ingress.

use crate::kube::Kind;
use crate::kubectl::base64;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name, pairs};
use serde_json::{Map, Value, json};

const DATA: &[Flag] = &[
    flag("from-literal", Takes::Texts, "a key and its value: key=value"),
    flag("from-file", Takes::List, "a file: [key=]path").offers(Offers::Files),
    flag("from-env-file", Takes::List, "a file of key=value lines").offers(Offers::Files),
    flag("append-hash", Takes::Switch, "put a hash of the content behind the name"),
    flag("type", Takes::Text, "the type of the Secret"),
];

const fn verb(
    (name, path): (&'static str, &'static str),
    (summary, usage): (&'static str, &'static str),
    examples: &'static str,
    flags: &'static [&'static [Flag]],
    run: fn(&mut Run) -> Result<Flow, Complaint>,
) -> Verb {
    Verb { name, path, summary, usage, examples, flags, run, ..Verb::EMPTY }
}

pub(super) const CONFIG_MAP: Verb = Verb {
    aliases: &["cm"],
    ..verb(
        ("configmap", "kubectl create configmap"),
        ("Create a ConfigMap.", "NAME [--from-file=[key=]source] [--from-literal=key1=value1] [options]"),
        "# From values\nkubectl create configmap settings --from-literal=color=blue",
        &[DATA, OUTPUT, DRY_RUN, WRITE],
        config_map,
    )
};

const GENERIC: Verb = verb(
    ("generic", "kubectl create secret generic"),
    (
        "Create a Secret.",
        "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [options]",
    ),
    "# From values\nkubectl create secret generic db --from-literal=password=s3cr3t",
    &[DATA, OUTPUT, DRY_RUN, WRITE],
    generic_secret,
);

const REGISTRY: Verb = verb(
    ("docker-registry", "kubectl create secret docker-registry"),
    (
        "Create a Secret for an image registry.",
        "NAME --docker-username=user --docker-password=password [options]",
    ),
    "# For a registry\nkubectl create secret docker-registry reg --docker-server=r.example --docker-username=u --docker-password=p",
    &[
        &[
            flag("docker-server", Takes::Text, "the registry").default("https://index.docker.io/v1/"),
            flag("docker-username", Takes::Text, "the user"),
            flag("docker-password", Takes::Text, "the password"),
            flag("docker-email", Takes::Text, "the user's address"),
        ],
        OUTPUT,
        DRY_RUN,
        WRITE,
    ],
    registry_secret,
);

pub(super) const SECRET: Verb = Verb {
    name: "secret",
    path: "kubectl create secret",
    summary: "Create a Secret of one of the kinds below.",
    usage: "(docker-registry | generic | tls) [options]",
    verbs: &[&REGISTRY, &GENERIC],
    ..Verb::EMPTY
};

pub(super) const NAMESPACE: Verb = Verb {
    aliases: &["ns"],
    ..verb(
        ("namespace", "kubectl create namespace"),
        ("Create a namespace.", "NAME [--dry-run=server|client|none] [options]"),
        "# A namespace\nkubectl create namespace team",
        &[OUTPUT, DRY_RUN, WRITE],
        |run| {
            let name = name(run)?;
            let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}});
            finish(run, Kind::Namespace, value)
        },
    )
};

pub(super) const SERVICE_ACCOUNT: Verb = Verb {
    aliases: &["sa"],
    ..verb(
        ("serviceaccount", "kubectl create serviceaccount"),
        ("Create a ServiceAccount.", "NAME [--dry-run=server|client|none] [options]"),
        "# An account\nkubectl create serviceaccount robot",
        &[OUTPUT, DRY_RUN, WRITE],
        |run| {
            let name = name(run)?;
            let metadata = json!({"name": name, "namespace": run.namespace});
            finish(
                run,
                Kind::ServiceAccount,
                json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
            )
        },
    )
};

const PORTS: &[Flag] = &[
    flag("tcp", Takes::List, "port pairs: 80:8080"),
    flag("clusterip", Takes::Text, "the address in the cluster"),
    flag("node-port", Takes::Number, "the port of the nodes"),
    flag("external-name", Takes::Text, "the name the Service stands for"),
];

pub(super) const SERVICE: Verb = Verb {
    name: "service",
    aliases: &["svc"],
    path: "kubectl create service",
    summary: "Create a Service of one of the kinds below.",
    usage: "(clusterip | externalname | loadbalancer | nodeport) [options]",
    verbs: &[
        &verb(
            ("clusterip", "kubectl create service clusterip"),
            ("Create a Service inside the cluster.", "NAME [--tcp=<port>:<targetPort>] [options]"),
            "# Port 80\nkubectl create service clusterip web --tcp=80:8080",
            &[PORTS, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "ClusterIP"),
        ),
        &verb(
            ("nodeport", "kubectl create service nodeport"),
            ("Create a Service on a port of every node.", "NAME [--tcp=port:targetPort] [options]"),
            "# Port 80\nkubectl create service nodeport web --tcp=80:8080",
            &[PORTS, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "NodePort"),
        ),
        &verb(
            ("loadbalancer", "kubectl create service loadbalancer"),
            ("Create a Service with a load balancer.", "NAME [--tcp=port:targetPort] [options]"),
            "# Port 80\nkubectl create service loadbalancer web --tcp=80:8080",
            &[PORTS, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "LoadBalancer"),
        ),
        &verb(
            ("externalname", "kubectl create service externalname"),
            ("Create a Service that is another name.", "NAME --external-name external.name [options]"),
            "# Another name\nkubectl create service externalname db --external-name db.example.com",
            &[PORTS, OUTPUT, DRY_RUN, WRITE],
            |run| service(run, "ExternalName"),
        ),
    ],
    ..Verb::EMPTY
};

pub(super) const QUOTA: Verb = Verb {
    aliases: &["resourcequota"],
    ..verb(
        ("quota", "kubectl create quota"),
        ("Create a ResourceQuota.", "NAME [--hard=key1=value1,key2=value2] [options]"),
        "# Two Pods at most\nkubectl create quota small --hard=pods=2",
        &[
            &[
                flag("hard", Takes::Text, "the limits: cpu=1,pods=2"),
                flag("scopes", Takes::Text, "the scopes"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        |run| {
            let name = name(run)?;
            let hard = pairs(run.args.or("hard", ""), "resource")?;
            let value = json!({"apiVersion": "v1", "kind": "ResourceQuota",
                "metadata": {"name": name, "namespace": run.namespace}, "spec": {"hard": hard}, "status": {}});
            finish(run, Kind::ResourceQuota, value)
        },
    )
};

pub(super) const BUDGET: Verb = Verb {
    aliases: &["pdb"],
    ..verb(
        ("poddisruptionbudget", "kubectl create poddisruptionbudget"),
        ("Create a PodDisruptionBudget.", "NAME --selector=SELECTOR --min-available=N [options]"),
        "# One must stay\nkubectl create pdb web --selector=app=web --min-available=1",
        &[
            &[
                flag("selector", Takes::Text, "the labels of the Pods"),
                flag("min-available", Takes::Text, "how many must stay"),
                flag("max-unavailable", Takes::Text, "how many may go"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        budget,
    )
};

pub(super) const PRIORITY_CLASS: Verb = Verb {
    aliases: &["pc"],
    ..verb(
        ("priorityclass", "kubectl create priorityclass"),
        ("Create a PriorityClass.", "NAME --value=VALUE --global-default=BOOL [options]"),
        "# Above the rest\nkubectl create priorityclass high --value=1000",
        &[
            &[
                flag("value", Takes::Number, "the priority"),
                flag("global-default", Takes::Switch, "for Pods that name none"),
                flag("description", Takes::Text, "what it is for"),
                flag("preemption-policy", Takes::Text, "PreemptLowerPriority or Never"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        |run| {
            let name = name(run)?;
            let args = run.args;
            let mut value = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                "preemptionPolicy": args.or("preemption-policy", "PreemptLowerPriority"), "value": args.number("value").unwrap_or(0)});
            if args.is("global-default") {
                value["globalDefault"] = true.into();
            }
            if let Some(text) = args.get("description") {
                value["description"] = text.into();
            }
            finish(run, Kind::PriorityClass, value)
        },
    )
};

/// The keys and values of `--from-literal`, `--from-file` and `--from-env-file`.
fn data(run: &Run) -> Result<Vec<(String, String)>, Complaint> {
    let mut found = Vec::new();
    for path in run.args.all("from-file") {
        let (key, path) = path.split_once('=').map_or((None, path), |(key, path)| (Some(key), path));
        let text = run
            .desk
            .read(path)
            .map(|text| vec![(key.unwrap_or(path.rsplit('/').next().unwrap_or_default()).to_owned(), text)]);
        let folder = format!("{}/", path.trim_end_matches('/'));
        let inside = || -> Vec<(String, String)> {
            let names = run
                .desk
                .files
                .keys()
                .filter_map(|name| name.strip_prefix(&folder))
                .filter(|n| !n.contains('/'));
            names
                .filter_map(|name| Some((name.to_owned(), run.desk.read(&format!("{folder}{name}"))?)))
                .collect()
        };
        let all = text.unwrap_or_else(inside);
        if all.is_empty() {
            return Err(Complaint::plain(format!("error reading {path}: no such file or directory")));
        }
        found.extend(all);
    }
    for text in run.args.all("from-literal") {
        let wrong = || Complaint::plain(format!("invalid literal source {text}, expected key=value"));
        let (key, value) = text.split_once('=').filter(|(k, _)| !k.is_empty()).ok_or_else(wrong)?;
        let value = value.trim_matches(['"', '\'']);
        found.push((key.to_owned(), value.to_owned()));
    }
    for path in run.args.all("from-env-file") {
        let text = run
            .desk
            .read(path)
            .ok_or_else(|| Complaint::plain(format!("error reading {path}: no such file or directory")))?;
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        found.extend(lines.filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
    Ok(found)
}

fn config_map(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let data: Map<String, Value> = data(run)?.into_iter().map(|(key, value)| (key, value.into())).collect();
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": run.namespace}});
    if !data.is_empty() {
        value["data"] = data.into();
    }
    finish(run, Kind::ConfigMap, value)
        .map_err(|c| c.while_doing("failed to create configmap: "))
        .map_err(failed)
}

/// Refusals of these generators are plain errors.
fn failed(complaint: Complaint) -> Complaint {
    match complaint {
        Complaint::Refused { doing, message, .. } => Complaint::plain(format!("{doing}{message}")),
        other => other,
    }
}

fn secret(
    run: &mut Run,
    name: &str,
    data: Vec<(String, String)>,
    kind: Option<&str>,
) -> Result<Flow, Complaint> {
    let data: Map<String, Value> =
        data.into_iter().map(|(key, value)| (key, base64::encode(value.as_bytes()).into())).collect();
    let mut value =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": run.namespace}});
    if !data.is_empty() {
        value["data"] = data.into();
    }
    if let Some(kind) = kind {
        value["type"] = kind.into();
    }
    finish(run, Kind::Secret, value).map_err(|c| c.while_doing("failed to create secret ")).map_err(failed)
}

fn generic_secret(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let (data, kind) = (data(run)?, run.args.get("type").map(str::to_owned));
    secret(run, &name, data, kind.as_deref())
}

fn registry_secret(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let (user, password) = (args.or("docker-username", ""), args.or("docker-password", ""));
    if user.is_empty() || password.is_empty() {
        return Err(Complaint::plain(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        ));
    }
    let server = args.or("docker-server", "https://index.docker.io/v1/");
    let auth = base64::encode(format!("{user}:{password}").as_bytes());
    let quoted = |text: &str| Value::from(text).to_string();
    let text = format!(
        "{{\"auths\":{{{}:{{\"username\":{},\"password\":{},\"auth\":{}}}}}}}",
        quoted(server),
        quoted(user),
        quoted(password),
        quoted(&auth)
    );
    secret(run, &name, vec![(".dockerconfigjson".to_owned(), text)], Some("kubernetes.io/dockerconfigjson"))
}

fn service(run: &mut Run, kind: &str) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let mut ports = Vec::new();
    for text in args.all("tcp") {
        let (port, target) = text.split_once(':').unwrap_or((text, text));
        let wrong = |_| Complaint::plain(format!("strconv.Atoi: parsing {port:?}: invalid syntax"));
        let number: i64 = port.parse().map_err(wrong)?;
        let target = target.parse::<i64>().map_or(json!(target), |n| json!(n));
        let mut entry =
            json!({"name": text.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target});
        if let Some(node_port) = args.number("node-port").filter(|n| *n > 0) {
            entry["nodePort"] = node_port.into();
        }
        ports.push(entry);
    }
    let headless = args.get("clusterip") == Some("None");
    if ports.is_empty() && kind != "ExternalName" && !headless {
        return Err(Complaint::plain("at least one tcp port specifier must be provided"));
    }
    let mut spec = json!({"selector": {"app": name}, "type": kind});
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    if let Some(ip) = args.get("clusterip") {
        spec["clusterIP"] = ip.into();
    }
    if let Some(external) = args.get("external-name") {
        spec["externalName"] = external.into();
    }
    let value = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"labels": {"app": name}, "name": name, "namespace": run.namespace}, "spec": spec, "status": {"loadBalancer": {}}});
    finish(run, Kind::Service, value)
}

fn budget(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let Some(selector) = args.get("selector").filter(|s| !s.is_empty()) else {
        return Err(Complaint::plain("a selector must be specified"));
    };
    let amount = |text: &str| text.parse::<i64>().map_or(json!(text), |n| json!(n));
    let mut spec = json!({"selector": {"matchLabels": pairs(selector, "selector")?}});
    match (args.get("min-available"), args.get("max-unavailable")) {
        (Some(least), None) => spec["minAvailable"] = amount(least),
        (None, Some(most)) => spec["maxUnavailable"] = amount(most),
        (None, None) => {
            return Err(Complaint::plain("one of min-available or max-unavailable must be specified"));
        }
        _ => return Err(Complaint::plain("min-available and max-unavailable cannot be both specified")),
    }
    let status =
        json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0});
    let value = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": run.namespace}, "spec": spec, "status": status});
    finish(run, Kind::PodDisruptionBudget, value)
}
