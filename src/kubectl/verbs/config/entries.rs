//! Clusters and users of the kubeconfig: `set-cluster`, `set-credentials`, `delete-…`, `get-…`.

use super::one_word;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::{Entries, KUBECONFIG};
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::Verb;
use serde_json::{Map, Value};

const CLUSTER: &[Flag] = &[
    flag("embed-certs", Takes::Switch, "embed-certs for the cluster entry in kubeconfig"),
    flag("proxy-url", Takes::Text, "proxy-url for the cluster entry in kubeconfig"),
];

const CREDENTIALS: &[Flag] = &[
    flag("embed-certs", Takes::Switch, "Embed client cert/key for the user entry in kubeconfig"),
    flag("auth-provider", Takes::Text, "Auth provider for the user entry in kubeconfig"),
    flag("auth-provider-arg", Takes::List, "'key=value' arguments for the auth provider"),
    flag(
        "exec-command",
        Takes::Text,
        "Command for the exec credential plugin for the user entry in kubeconfig",
    ),
    flag(
        "exec-api-version",
        Takes::Text,
        "API version of the exec credential plugin for the user entry in kubeconfig",
    ),
    flag(
        "exec-arg",
        Takes::List,
        "New arguments for the exec credential plugin command for the user entry in kubeconfig",
    ),
    flag("exec-env", Takes::Texts, "'key=value' environment values for the exec credential plugin"),
];

pub(super) const SET_CLUSTER: Verb = super::verb(
    ("set-cluster", "kubectl config set-cluster"),
    (
        "NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] \
         [--tls-server-name=example.com] [options]",
        "Set a cluster entry in kubeconfig.\n\n Specifying a name that already exists will merge new fields on top of existing values \
         for those fields.",
    ),
    &[CLUSTER],
    set_cluster,
);

pub(super) const SET_CREDENTIALS: Verb = super::verb(
    ("set-credentials", "kubectl config set-credentials"),
    (
        "NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] \
         [--username=basic_user] [--password=basic_password] [options]",
        "Set a user entry in kubeconfig.\n\n Specifying a name that already exists will merge new fields on top of existing values.",
    ),
    &[CREDENTIALS],
    set_credentials,
);

pub(super) const DELETE_CLUSTER: Verb = super::verb(
    ("delete-cluster", "kubectl config delete-cluster"),
    ("NAME [options]", "Delete the specified cluster from the kubeconfig."),
    &[],
    |run| {
        let name = one_word(run)?;
        let gone = run.desk.clusters.remove(&name).is_some();
        deleted(run, "cluster", &name, gone)
    },
);

pub(super) const DELETE_USER: Verb = super::verb(
    ("delete-user", "kubectl config delete-user"),
    ("NAME [options]", "Delete the specified user from the kubeconfig."),
    &[],
    |run| {
        let name = one_word(run)?;
        let gone = run.desk.users.remove(&name).is_some();
        deleted(run, "user", &name, gone)
    },
);

pub(super) const GET_CLUSTERS: Verb = super::verb(
    ("get-clusters", "kubectl config get-clusters"),
    ("[flags] [options]", "Display clusters defined in the kubeconfig."),
    &[],
    |run| {
        let text = names(&run.desk.clusters);
        run.out(text);
        Ok(Flow::Done)
    },
);

pub(super) const GET_USERS: Verb = super::verb(
    ("get-users", "kubectl config get-users"),
    ("[flags] [options]", "Display users defined in the kubeconfig."),
    &[],
    |run| {
        let text = names(&run.desk.users);
        run.out(text);
        Ok(Flow::Done)
    },
);

fn names(all: &Entries) -> String {
    std::iter::once("NAME\n".to_owned()).chain(all.keys().map(|name| format!("{name}\n"))).collect()
}

fn deleted(run: &mut Run, what: &str, name: &str, gone: bool) -> Result<Flow, Complaint> {
    if !gone {
        return Err(Complaint::plain(format!("cannot delete {what} {name}, not in {KUBECONFIG}")));
    }
    run.say(&format!("deleted {what} {name} from {KUBECONFIG}"));
    Ok(Flow::Done)
}

/// Puts the text of a flag into the field of an entry; an empty one takes the field away.
fn take(run: &Run, flag: &str, field: &str, fields: &mut Map<String, Value>) {
    match run.args.get(flag) {
        Some("") => drop(fields.remove(field)),
        Some(text) => drop(fields.insert(field.to_owned(), text.into())),
        None => {}
    }
}

/// Puts what a file holds into the field of an entry, when `--embed-certs` asks for that.
fn embed(run: &Run, flag: &str, fields: &mut Map<String, Value>) -> Result<(), Complaint> {
    let Some(path) = run.args.get(flag).filter(|_| run.args.is("embed-certs")) else { return Ok(()) };
    let bytes = run.desk.bytes(path).ok_or_else(|| {
        Complaint::plain(format!("could not stat {flag} file {path}: stat {path}: no such file or directory"))
    })?;
    fields.remove(flag);
    fields.insert(format!("{flag}-data"), crate::kubectl::base64::encode(bytes).into());
    Ok(())
}

fn set_cluster(run: &mut Run) -> Result<Flow, Complaint> {
    let name = one_word(run)?;
    let mut fields = run.desk.clusters.get(&name).cloned().unwrap_or_default();
    fields.entry("server").or_insert_with(|| "".into());
    if let Some(server) = run.args.get("server") {
        fields.insert("server".to_owned(), server.into());
    }
    for flag in ["tls-server-name", "certificate-authority", "proxy-url"] {
        take(run, flag, flag, &mut fields);
    }
    if run.args.get("certificate-authority").is_some() {
        fields.remove("insecure-skip-tls-verify");
        fields.remove("certificate-authority-data");
    }
    if let Some(skips) = run.args.get("insecure-skip-tls-verify") {
        if skips == "false" {
            fields.remove("insecure-skip-tls-verify");
        } else {
            fields.insert("insecure-skip-tls-verify".to_owned(), true.into());
            fields.remove("certificate-authority");
            fields.remove("certificate-authority-data");
        }
    }
    embed(run, "certificate-authority", &mut fields)?;
    run.desk.clusters.insert(name.clone(), fields);
    run.say(&format!("Cluster {name:?} set."));
    Ok(Flow::Done)
}

fn set_credentials(run: &mut Run) -> Result<Flow, Complaint> {
    let name = one_word(run)?;
    let given = |flag: &str| run.args.get(flag).is_some_and(|text| !text.is_empty());
    let methods =
        [("--token", given("token")), ("--username/--password", given("username") || given("password"))];
    let methods: Vec<&str> = methods.iter().filter(|(_, given)| *given).map(|(method, _)| *method).collect();
    if methods.len() > 1 {
        return Err(Complaint::plain(format!(
            "you cannot specify more than one authentication method at the same time: {}",
            methods.join(", ")
        )));
    }
    if given("exec-command") || given("auth-provider") {
        return Err(Complaint::Raw(
            "podlab: credentials that a program or a provider gives are not simulated".to_owned(),
        ));
    }
    let mut fields = run.desk.users.get(&name).cloned().unwrap_or_default();
    if given("token") {
        fields.remove("username");
        fields.remove("password");
    } else if !methods.is_empty() {
        fields.remove("token");
    }
    for flag in ["client-certificate", "client-key", "token", "username", "password"] {
        take(run, flag, flag, &mut fields);
    }
    for flag in ["client-certificate", "client-key"] {
        embed(run, flag, &mut fields)?;
    }
    run.desk.users.insert(name.clone(), fields);
    run.say(&format!("User {name:?} set."));
    Ok(Flow::Done)
}
