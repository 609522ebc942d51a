//! What the command line knows about a verb: enough to parse, to help, to complete and to run.

use super::complaint::Complaint;
use super::flags::{Flag, Offers, Takes, flag};
use super::run::{Flow, Run};

/// What completion offers for a verb's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Nothing.
    Nothing,
    /// A kind, then names of objects of that kind.
    Objects,
    /// Names of Pods, or `kind/name`.
    Pods,
    /// Names of nodes.
    Nodes,
    /// Names of contexts.
    Contexts,
    /// A kind and a path into it.
    Fields,
    /// Names of one kind given by the verb.
    Of(crate::kube::Kind),
}

/// One verb, or a group of them.
#[derive(Debug)]
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// Other names it answers to.
    pub aliases: &'static [&'static str],
    /// All of what is typed up to it: `kubectl create job`.
    pub path: &'static str,
    /// What it does, one sentence.
    pub summary: &'static str,
    /// What follows its name: `(POD | TYPE/NAME) [options]`.
    pub usage: &'static str,
    /// Command lines to learn from, each with a comment line above it.
    pub examples: &'static str,
    /// Its flags, in groups shared between verbs.
    pub flags: &'static [&'static [Flag]],
    /// What completion offers for its words.
    pub words: Words,
    /// Does it.
    pub run: fn(&mut Run) -> Result<Flow, Complaint>,
    /// The verbs below it, for a group.
    pub verbs: &'static [&'static Verb],
}

impl Verb {
    /// A verb with nothing filled in, to be completed with `..`.
    pub const EMPTY: Verb = Verb {
        name: "",
        aliases: &[],
        path: "",
        summary: "",
        usage: "",
        examples: "",
        flags: &[],
        words: Words::Nothing,
        run: super::verbs::group,
        verbs: &[],
    };

    /// Whether `word` names this verb.
    pub fn is(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }
}

/// Flags of every verb.
pub const GLOBAL: &[Flag] = &[
    flag("namespace", Takes::Text, "the namespace of this request").short('n').offers(Offers::Namespaces),
    flag("context", Takes::Text, "the kubeconfig context to use"),
    flag("kubeconfig", Takes::Text, "the kubeconfig file to use").offers(Offers::Files),
    flag("cluster", Takes::Text, "the kubeconfig cluster to use"),
    flag("user", Takes::Text, "the kubeconfig user to use"),
    flag("server", Takes::Text, "the address of the API server").short('s'),
    flag("token", Takes::Text, "bearer token for the API server"),
    flag("as", Takes::Text, "the user to act as"),
    flag("as-group", Takes::Texts, "the groups to act as"),
    flag("as-uid", Takes::Text, "the UID to act as"),
    flag("as-user-extra", Takes::Texts, "more about the user to act as"),
    flag("request-timeout", Takes::Text, "how long one request may take").default("0"),
    flag("v", Takes::Number, "how much is logged").short('v').default("0"),
    flag("vmodule", Takes::Text, "how much single files log"),
    flag("cache-dir", Takes::Text, "where discovery is cached"),
    flag("insecure-skip-tls-verify", Takes::Switch, "do not check the server's certificate"),
    flag("certificate-authority", Takes::Text, "the file of the certificate authority"),
    flag("client-certificate", Takes::Text, "the file of the client's certificate"),
    flag("client-key", Takes::Text, "the file of the client's key"),
    flag("tls-server-name", Takes::Text, "the name the server's certificate must have"),
    flag("match-server-version", Takes::Switch, "require the server to have this client's version"),
    flag("disable-compression", Takes::Switch, "ask for uncompressed answers"),
    flag("warnings-as-errors", Takes::Switch, "end with an error if the server warned"),
    flag("username", Takes::Text, "user name for basic authentication"),
    flag("password", Takes::Text, "password for basic authentication"),
    flag("profile", Takes::Text, "what to profile"),
    flag("profile-output", Takes::Text, "where the profile goes"),
    flag("kuberc", Takes::Text, "the preferences file"),
    flag("log-flush-frequency", Takes::Span, "how often the log is flushed"),
    flag("help", Takes::Switch, "show this help").short('h'),
];

const FORMS: &[&str] =
    &["wide", "yaml", "json", "name", "jsonpath=", "custom-columns=", "go-template=", "kyaml"];

/// How objects are printed.
pub const OUTPUT: &[Flag] = &[
    flag(
        "output",
        Takes::Text,
        "how to print: wide, yaml, json, name, jsonpath=…, custom-columns=…, go-template=…",
    )
    .short('o')
    .offers(Offers::Words(FORMS)),
    flag("template", Takes::Text, "the template of -o jsonpath or go-template"),
    flag("allow-missing-template-keys", Takes::Switch, "templates may name fields that are not there")
        .default("true"),
    flag("show-managed-fields", Takes::Switch, "keep metadata.managedFields in JSON and YAML"),
];

/// Where manifests come from.
pub const FILES: &[Flag] = &[
    flag("filename", Takes::List, "file, folder or - with the objects").short('f').offers(Offers::Files),
    flag("kustomize", Takes::Text, "folder with a kustomization.yaml").short('k').offers(Offers::Files),
    flag("recursive", Takes::Switch, "go into the folders of -f too").short('R'),
];

/// Trying without doing.
pub const DRY_RUN: &[Flag] =
    &[flag("dry-run", Takes::Optional("unchanged"), "none, server or client: do not change anything")
        .default("none")
        .offers(Offers::Words(&["none", "client", "server"]))];

/// Who writes and how strictly.
pub const WRITE: &[Flag] = &[
    flag("field-manager", Takes::Text, "the name under which fields are owned"),
    flag("validate", Takes::Optional("strict"), "strict, warn or ignore unknown fields")
        .default("strict")
        .offers(Offers::Words(&["strict", "warn", "ignore"])),
    flag("save-config", Takes::Switch, "remember the object as applied"),
    flag("record", Takes::Switch, "remember the command in an annotation"),
];

/// Which objects.
pub const SELECTOR: &[Flag] = &[
    flag("selector", Takes::Text, "labels the objects must have: a=b,c!=d,e in (f,g)").short('l'),
    flag("field-selector", Takes::Text, "fields the objects must have: status.phase=Running"),
    flag("all", Takes::Switch, "all objects of the kind in the namespace"),
];

/// Objects of every namespace.
pub const EVERYWHERE: &[Flag] =
    &[flag("all-namespaces", Takes::Switch, "the objects of all namespaces").short('A')];
