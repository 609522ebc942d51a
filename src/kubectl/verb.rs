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
    flag("namespace", Takes::Text, "If present, the namespace scope for this CLI request").short('n').offers(Offers::Namespaces),
    flag("context", Takes::Text, "The name of the kubeconfig context to use"),
    flag("kubeconfig", Takes::Text, "Path to the kubeconfig file to use for CLI requests.").offers(Offers::Files),
    flag("cluster", Takes::Text, "The name of the kubeconfig cluster to use"),
    flag("user", Takes::Text, "The name of the kubeconfig user to use"),
    flag("server", Takes::Text, "The address and port of the Kubernetes API server").short('s'),
    flag("token", Takes::Text, "Bearer token for authentication to the API server"),
    flag("as", Takes::Text, "Username to impersonate for the operation. User could be a regular user or a service account in a namespace."),
    flag("as-group", Takes::Texts, "Group to impersonate for the operation, this flag can be repeated to specify multiple groups."),
    flag("as-uid", Takes::Text, "UID to impersonate for the operation."),
    flag("as-user-extra", Takes::Texts, "more about the user to act as"),
    flag("request-timeout", Takes::Text, "The length of time to wait before giving up on a single server request. Non-zero values should contain a corresponding time unit (e.g. 1s, 2m, 3h). A value of zero means don't timeout requests.").default("0"),
    flag("v", Takes::Number, "number for the log level verbosity").short('v').default("0"),
    flag("vmodule", Takes::Text, "comma-separated list of pattern=N settings for file-filtered logging (only works for the default text log format)"),
    flag("cache-dir", Takes::Text, "Default cache directory"),
    flag("insecure-skip-tls-verify", Takes::Switch, "If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure"),
    flag("certificate-authority", Takes::Text, "Path to a cert file for the certificate authority"),
    flag("client-certificate", Takes::Text, "Path to a client certificate file for TLS"),
    flag("client-key", Takes::Text, "Path to a client key file for TLS"),
    flag("tls-server-name", Takes::Text, "Server name to use for server certificate validation. If it is not provided, the hostname used to contact the server is used"),
    flag("match-server-version", Takes::Switch, "Require server version to match client version"),
    flag("disable-compression", Takes::Switch, "If true, opt-out of response compression for all requests to the server"),
    flag("warnings-as-errors", Takes::Switch, "Treat warnings received from the server as errors and exit with a non-zero exit code"),
    flag("username", Takes::Text, "Username for basic authentication to the API server"),
    flag("password", Takes::Text, "Password for basic authentication to the API server"),
    flag("profile", Takes::Text, "Name of profile to capture. One of (none|cpu|heap|goroutine|threadcreate|block|mutex)"),
    flag("profile-output", Takes::Text, "Name of the file to write the profile to"),
    flag("kuberc", Takes::Text, "the preferences file"),
    flag("log-flush-frequency", Takes::Span, "Maximum number of seconds between log flushes"),
    flag("help", Takes::Switch, "show this help").short('h'),
];

const FORMS: &[&str] =
    &["wide", "yaml", "json", "name", "jsonpath=", "custom-columns=", "go-template=", "kyaml"];

/// How objects are printed.
pub const OUTPUT: &[Flag] = &[
    flag(
        "output",
        Takes::Text,
        "Output format. One of: (json, yaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide). See custom columns [https://kubernetes.io/docs/reference/kubectl/#custom-columns], golang template [http://golang.org/pkg/text/template/#pkg-overview] and jsonpath template [https://kubernetes.io/docs/reference/kubectl/jsonpath/].",
    )
    .short('o')
    .offers(Offers::Words(FORMS)),
    flag("template", Takes::Text, "Template string or path to template file to use when -o=go-template, -o=go-template-file. The template format is golang templates [http://golang.org/pkg/text/template/#pkg-overview]."),
    flag("allow-missing-template-keys", Takes::Switch, "If true, ignore any errors in templates when a field or map key is missing in the template. Only applies to golang and jsonpath output formats.")
        .default("true"),
    flag("show-managed-fields", Takes::Switch, "If true, keep the managedFields when printing objects in JSON or YAML format."),
];

/// Where manifests come from.
pub const FILES: &[Flag] = &[
    flag("filename", Takes::List, "Filename, directory, or URL to files identifying the resource to get from a server.").short('f').offers(Offers::Files),
    flag("kustomize", Takes::Text, "Process the kustomization directory. This flag can't be used together with -f or -R.").short('k').offers(Offers::Files),
    flag("recursive", Takes::Switch, "Process the directory used in -f, --filename recursively. Useful when you want to manage related manifests organized within the same directory.").short('R'),
];

/// Trying without doing.
pub const DRY_RUN: &[Flag] =
    &[flag("dry-run", Takes::Optional("unchanged"), "Must be \"none\", \"server\", or \"client\". If client strategy, only print the object that would be sent, without sending it. If server strategy, submit server-side request without persisting the resource.")
        .default("none")
        .offers(Offers::Words(&["none", "client", "server"]))];

/// Who writes and how strictly.
pub const WRITE: &[Flag] = &[
    flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
    flag("validate", Takes::Optional("strict"), "Must be one of: strict (or true), warn, ignore (or false). \"true\" or \"strict\" will use a schema to validate the input and fail the request if invalid. It will perform server side validation if ServerSideFieldValidation is enabled on the api-server, but will fall back to less reliable client-side validation if not. \"warn\" will warn about unknown or duplicate fields without blocking the request if server-side field validation is enabled on the API server, and behave as \"ignore\" otherwise. \"false\" or \"ignore\" will not perform any schema validation, silently dropping any unknown or duplicate fields.")
        .default("strict")
        .offers(Offers::Words(&["strict", "warn", "ignore"])),
    flag("save-config", Takes::Switch, "If true, the configuration of current object will be saved in its annotation. Otherwise, the annotation will be unchanged. This flag is useful when you want to perform kubectl apply on this object in the future."),
];

/// Remembering the command.
pub const RECORD: &[Flag] = &[flag("record", Takes::Switch, "remember the command in an annotation")];

/// Which objects.
pub const SELECTOR: &[Flag] = &[
    flag("selector", Takes::Text, "Selector (label query) to filter on, supports '=', '==', and '!='.(e.g. -l key1=value1,key2=value2). Matching objects must satisfy all of the specified label constraints.").short('l'),
    flag("field-selector", Takes::Text, "Selector (field query) to filter on, supports '=', '==', and '!='.(e.g. --field-selector key1=value1,key2=value2). The server only supports a limited number of field queries per type."),
    flag("all", Takes::Switch, "Select all resources in the namespace of the specified resource types."),
];

/// Objects of every namespace.
pub const EVERYWHERE: &[Flag] =
    &[flag("all-namespaces", Takes::Switch, "If present, list the requested object(s) across all namespaces. Namespace in current context is ignored even if specified with --namespace.").short('A')];
