//! Generators of configuration and of what holds it: configmap, secret, namespace, serviceaccount.

use super::sources::{self, Data, Target};
use crate::kube::Kind;
use crate::kubectl::base64;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::hash;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name};
use serde_json::{Map, Value, json};

const DATA: &[Flag] = &[
    flag("from-literal", Takes::Texts, "a key and its value: key=value"),
    flag("from-file", Takes::List, "a file: [key=]path").offers(Offers::Files),
    flag("from-env-file", Takes::List, "a file of key=value lines").offers(Offers::Files),
    flag("append-hash", Takes::Switch, "put a hash of the content behind the name"),
];

const TYPE: &[Flag] = &[flag("type", Takes::Text, "the type of the Secret")];

/// A generator, from its name, its texts, its flags and what it does.
pub(super) const fn verb(
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
    &[DATA, TYPE, OUTPUT, DRY_RUN, WRITE],
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
            flag("from-file", Takes::List, "a file with the configuration").offers(Offers::Files),
            flag("append-hash", Takes::Switch, "put a hash of the content behind the name"),
        ],
        OUTPUT,
        DRY_RUN,
        WRITE,
    ],
    registry_secret,
);

const TLS: Verb = verb(
    ("tls", "kubectl create secret tls"),
    (
        "Create a Secret of a certificate and its key.",
        "NAME --cert=path/to/cert/file --key=path/to/key/file [options]",
    ),
    "# From two files\nkubectl create secret tls web --cert=tls.crt --key=tls.key",
    &[
        &[
            flag("cert", Takes::Text, "the file of the certificate").offers(Offers::Files),
            flag("key", Takes::Text, "the file of its key").offers(Offers::Files),
            flag("append-hash", Takes::Switch, "put a hash of the content behind the name"),
        ],
        OUTPUT,
        DRY_RUN,
        WRITE,
    ],
    tls_secret,
);

pub(super) const SECRET: Verb = Verb {
    name: "secret",
    path: "kubectl create secret",
    summary: "Create a Secret of one of the kinds below.",
    usage: "(docker-registry | generic | tls) [options]",
    verbs: &[&REGISTRY, &GENERIC, &TLS],
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
            .map_err(|c| failed(c.while_doing("failed to create serviceaccount: ")))
        },
    )
};

/// Values that are text, and base 64 of those that are none.
fn texts(data: Data) -> (Map<String, Value>, Map<String, Value>) {
    let (mut texts, mut bytes) = (Map::new(), Map::new());
    for (key, value) in data {
        match String::from_utf8(value) {
            Ok(text) => texts.insert(key, text.into()),
            Err(other) => bytes.insert(key, base64::encode(other.as_bytes()).into()),
        };
    }
    (texts, bytes)
}

fn config_map(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let (data, binary) = texts(sources::read(run, Target::ConfigMap(&name))?);
    let mut content = json!({"kind": "ConfigMap", "name": name, "data": data});
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": run.namespace}});
    if !data.is_empty() {
        value["data"] = data.into();
    }
    if !binary.is_empty() {
        content["binaryData"] = binary.clone().into();
        value["binaryData"] = binary.into();
    }
    append_hash(run, &mut value, &name, &content);
    finish(run, Kind::ConfigMap, value)
        .map_err(|c| c.while_doing("failed to create configmap: "))
        .map_err(failed)
}

/// `--append-hash`: the name of an object gets the hash of its content.
fn append_hash(run: &Run, value: &mut Value, name: &str, content: &Value) {
    if run.args.is("append-hash") {
        value["metadata"]["name"] = format!("{name}-{}", hash::of(content)).into();
    }
}

/// Refusals of these generators are plain errors.
pub(super) fn failed(complaint: Complaint) -> Complaint {
    match complaint {
        Complaint::Refused { doing, message, .. } | Complaint::Invalid { doing, message, .. } => {
            Complaint::plain(format!("{doing}{message}"))
        }
        other => other,
    }
}

fn secret(run: &mut Run, name: &str, data: Data, kind: &str) -> Result<Flow, Complaint> {
    let data: Map<String, Value> =
        data.into_iter().map(|(key, value)| (key, base64::encode(&value).into())).collect();
    let mut value =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": run.namespace}});
    let content = json!({"kind": "Secret", "type": kind, "name": name, "data": data});
    append_hash(run, &mut value, name, &content);
    if !data.is_empty() {
        value["data"] = data.into();
    }
    if !kind.is_empty() {
        value["type"] = kind.into();
    }
    finish(run, Kind::Secret, value).map_err(|c| c.while_doing("failed to create secret ")).map_err(failed)
}

fn generic_secret(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let data = sources::read(run, Target::Secret)?;
    let kind = run.args.or("type", "").to_owned();
    secret(run, &name, data, &kind)
}

fn tls_secret(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let paths = [run.args.or("cert", ""), run.args.or("key", "")];
    if paths.contains(&"") {
        return Err(Complaint::plain("key and cert must be specified"));
    }
    let mut data = Data::new();
    for (path, key) in paths.into_iter().zip(["tls.crt", "tls.key"]) {
        let missing =
            || Complaint::plain(format!("Cannot read file {path}, open {path}: no such file or directory"));
        data.insert(key.to_owned(), run.desk.bytes(path).ok_or_else(missing)?.to_vec());
    }
    for (key, what) in [("tls.crt", "certificate"), ("tls.key", "key")] {
        if !String::from_utf8_lossy(&data[key]).contains("-----BEGIN ") {
            return Err(Complaint::plain(format!("tls: failed to find any PEM data in {what} input")));
        }
    }
    secret(run, &name, data, "kubernetes.io/tls")
}

fn registry_secret(run: &mut Run) -> Result<Flow, Complaint> {
    const KEY: &str = ".dockerconfigjson";
    let name = name(run)?;
    let args = run.args;
    let mut data = Data::new();
    if args.get("from-file").is_some() {
        for source in args.all("from-file") {
            let named = if source.contains('=') { source.to_owned() } else { format!("{KEY}={source}") };
            sources::file(run, &named, Target::Secret, &mut data)?;
        }
        return secret(run, &name, data, "kubernetes.io/dockerconfigjson");
    }
    let (user, password) = (args.or("docker-username", ""), args.or("docker-password", ""));
    let server = args.or("docker-server", "https://index.docker.io/v1/");
    if [user, password, server].contains(&"") {
        return Err(Complaint::plain(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        ));
    }
    let quoted = |text: &str| Value::from(text).to_string();
    let email = args.get("docker-email").filter(|e| !e.is_empty());
    let text = format!(
        "{{\"auths\":{{{}:{{\"username\":{},\"password\":{},{}\"auth\":{}}}}}}}",
        quoted(server),
        quoted(user),
        quoted(password),
        email.map(|e| format!("\"email\":{},", quoted(e))).unwrap_or_default(),
        quoted(&base64::encode(format!("{user}:{password}").as_bytes()))
    );
    data.insert(KEY.to_owned(), text.into_bytes());
    secret(run, &name, data, "kubernetes.io/dockerconfigjson")
}
