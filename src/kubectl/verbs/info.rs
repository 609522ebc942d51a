//! Verbs that tell about the cluster and the client: `version`, `cluster-info`, `api-resources`, `api-versions`, `auth`, `top`,
//! `alpha`.

use crate::kube::kind::KINDS;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::SERVER;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::grid::Grid;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::served::{self, VERSION};
use crate::kubectl::verb::{EVERYWHERE, SELECTOR, Verb, Words};
use std::collections::BTreeSet;

pub(super) const VERSION_VERB: Verb = Verb {
    name: "version",
    path: "kubectl version",
    summary: "Print the client and server version information for the current context.",
    usage: "[flags] [options]",
    examples: "# Both\nkubectl version",
    flags: &[&[
        flag("client", Takes::Switch, "If true, shows client version only (no server required)."),
        flag("output", Takes::Text, "One of 'yaml' or 'json'.").short('o'),
    ]],
    run: version,
    ..Verb::EMPTY
};

fn version(run: &mut Run) -> Result<Flow, Complaint> {
    match run.args.or("output", "") {
        "" => {}
        "yaml" | "json" => {
            let one = |_: &str| serde_json::json!({"gitVersion": VERSION, "major": "1", "minor": served::MINOR, "platform": "linux/amd64"});
            let mut value = serde_json::json!({"clientVersion": one("client"), "kustomizeVersion": "v5.8.1"});
            if !run.args.is("client") {
                value["serverVersion"] = one("server");
            }
            let json = run.args.get("output") == Some("json");
            run.out(if json {
                crate::kubectl::output::json(&value).replace("    ", "  ")
            } else {
                crate::kubectl::yaml::to_string(&value) + "\n"
            });
            return Ok(Flow::Done);
        }
        _ => return Err(Complaint::plain("--output must be 'yaml' or 'json'")),
    }
    run.say(&format!("Client Version: {VERSION}\nKustomize Version: v5.8.1"));
    if !run.args.is("client") {
        run.say(&format!("Server Version: {VERSION}"));
    }
    Ok(Flow::Done)
}

pub(super) const CLUSTER_INFO: Verb = Verb {
    name: "cluster-info",
    path: "kubectl cluster-info",
    summary: "Display addresses of the control plane and services with label kubernetes.io/cluster-service=true. To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.",
    usage: "[flags] [options]",
    examples: "# Where it is\nkubectl cluster-info",
    verbs: &[&DUMP],
    run: |run| {
        run.say(&format!(
            "Kubernetes control plane is running at {SERVER}\n\nTo further debug and diagnose cluster problems, use 'kubectl \
             cluster-info dump'."
        ));
        Ok(Flow::Done)
    },
    ..Verb::EMPTY
};

const DUMP: Verb = Verb {
    name: "dump",
    path: "kubectl cluster-info dump",
    summary: "Dump cluster information out suitable for debugging and diagnosing cluster problems.",
    usage: "[flags] [options]",
    examples: "# It says that it is not simulated\nkubectl cluster-info dump",
    flags: &[&[
        flag(
            "output-directory",
            Takes::Text,
            "Where to output the files.  If empty or '-' uses stdout, otherwise creates a directory hierarchy in that directory",
        ),
        flag("namespaces", Takes::List, "A comma separated list of namespaces to dump."),
        flag(
            "all-namespaces",
            Takes::Switch,
            "If true, dump all namespaces.  If true, --namespaces is ignored.",
        )
        .short('A'),
        flag("output", Takes::Text, "Output format.").short('o'),
    ]],
    run: |_| {
        Err(Complaint::Raw(
            "podlab: kubectl cluster-info dump is not simulated; kubectl get and kubectl logs show the same"
                .to_owned(),
        ))
    },
    ..Verb::EMPTY
};

pub(super) const ALPHA: Verb = Verb {
    name: "alpha",
    path: "kubectl alpha",
    summary: "Commands in alpha.",
    usage: "[flags] [options]",
    examples: "# There are none\nkubectl alpha",
    run: |run| {
        run.warn("No alpha commands are available in this version of kubectl");
        Ok(Flow::Done)
    },
    ..Verb::EMPTY
};

const RESOURCE_FLAGS: &[Flag] = &[
    flag("api-group", Takes::Text, "Limit to resources in the specified API group."),
    flag("namespaced", Takes::Switch, "If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.").default("true"),
    flag("no-headers", Takes::Switch, "When using the default or custom-column output format, don't print headers (default print headers)."),
    flag("output", Takes::Text, "One of 'yaml' or 'json'.").short('o'),
    flag("sort-by", Takes::Text, "If non-empty, sort list of resources using specified field. The field can be either 'name' or 'kind'."),
    flag("verbs", Takes::List, "Limit to resources that support the specified verbs."),
    flag("categories", Takes::List, "Limit to resources that belong to the specified categories."),
    flag("cached", Takes::Switch, "Use the cached list of resources if available."),
];

pub(super) const API_RESOURCES: Verb = Verb {
    name: "api-resources",
    path: "kubectl api-resources",
    summary: "Print the supported API resources on the server.",
    usage: "[flags] [options]",
    examples: "# All of them\nkubectl api-resources\n\n# Those in namespaces\nkubectl api-resources --namespaced=true",
    flags: &[RESOURCE_FLAGS],
    run: api_resources,
    ..Verb::EMPTY
};

/// One line of the list: plural, short names, version, namespaced, kind, verbs, categories.
struct Resource {
    plural: &'static str,
    short: &'static str,
    version: String,
    group: &'static str,
    namespaced: bool,
    kind: &'static str,
    verbs: Vec<&'static str>,
    categories: Vec<&'static str>,
}

const ALL_VERBS: &[&str] = served::VERBS;

/// Plural, short, group, version, namespaced, kind, verbs.
type Other =
    (&'static str, &'static str, &'static str, &'static str, bool, &'static str, &'static [&'static str]);

/// Kinds of a server that podlab does not store.
const OTHERS: &[Other] = &[
    ("bindings", "", "", "v1", true, "Binding", &["create"]),
    ("componentstatuses", "cs", "", "v1", false, "ComponentStatus", &["get", "list"]),
    (
        "mutatingadmissionpolicies",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
        "MutatingAdmissionPolicy",
        ALL_VERBS,
    ),
    (
        "mutatingadmissionpolicybindings",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
        "MutatingAdmissionPolicyBinding",
        ALL_VERBS,
    ),
    (
        "mutatingwebhookconfigurations",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
        "MutatingWebhookConfiguration",
        ALL_VERBS,
    ),
    (
        "validatingadmissionpolicies",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
        "ValidatingAdmissionPolicy",
        ALL_VERBS,
    ),
    (
        "validatingadmissionpolicybindings",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
        "ValidatingAdmissionPolicyBinding",
        ALL_VERBS,
    ),
    (
        "validatingwebhookconfigurations",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
        "ValidatingWebhookConfiguration",
        ALL_VERBS,
    ),
    (
        "customresourcedefinitions",
        "crd,crds",
        "apiextensions.k8s.io",
        "v1",
        false,
        "CustomResourceDefinition",
        ALL_VERBS,
    ),
    ("apiservices", "", "apiregistration.k8s.io", "v1", false, "APIService", ALL_VERBS),
    ("selfsubjectreviews", "", "authentication.k8s.io", "v1", false, "SelfSubjectReview", &["create"]),
    ("tokenreviews", "", "authentication.k8s.io", "v1", false, "TokenReview", &["create"]),
    (
        "localsubjectaccessreviews",
        "",
        "authorization.k8s.io",
        "v1",
        true,
        "LocalSubjectAccessReview",
        &["create"],
    ),
    (
        "selfsubjectaccessreviews",
        "",
        "authorization.k8s.io",
        "v1",
        false,
        "SelfSubjectAccessReview",
        &["create"],
    ),
    (
        "selfsubjectrulesreviews",
        "",
        "authorization.k8s.io",
        "v1",
        false,
        "SelfSubjectRulesReview",
        &["create"],
    ),
    ("subjectaccessreviews", "", "authorization.k8s.io", "v1", false, "SubjectAccessReview", &["create"]),
    (
        "certificatesigningrequests",
        "csr",
        "certificates.k8s.io",
        "v1",
        false,
        "CertificateSigningRequest",
        ALL_VERBS,
    ),
    ("events", "ev", "events.k8s.io", "v1", true, "Event", ALL_VERBS),
    ("flowschemas", "", "flowcontrol.apiserver.k8s.io", "v1", false, "FlowSchema", ALL_VERBS),
    (
        "prioritylevelconfigurations",
        "",
        "flowcontrol.apiserver.k8s.io",
        "v1",
        false,
        "PriorityLevelConfiguration",
        ALL_VERBS,
    ),
    ("ipaddresses", "ip", "networking.k8s.io", "v1", false, "IPAddress", ALL_VERBS),
    ("servicecidrs", "", "networking.k8s.io", "v1", false, "ServiceCIDR", ALL_VERBS),
    ("deviceclasses", "", "resource.k8s.io", "v1", false, "DeviceClass", ALL_VERBS),
    ("resourceclaims", "", "resource.k8s.io", "v1", true, "ResourceClaim", ALL_VERBS),
    ("resourceclaimtemplates", "", "resource.k8s.io", "v1", true, "ResourceClaimTemplate", ALL_VERBS),
    ("resourceslices", "", "resource.k8s.io", "v1", false, "ResourceSlice", ALL_VERBS),
    ("csidrivers", "", "storage.k8s.io", "v1", false, "CSIDriver", ALL_VERBS),
    ("csinodes", "", "storage.k8s.io", "v1", false, "CSINode", ALL_VERBS),
    ("csistoragecapacities", "", "storage.k8s.io", "v1", true, "CSIStorageCapacity", ALL_VERBS),
    ("volumeattachments", "", "storage.k8s.io", "v1", false, "VolumeAttachment", ALL_VERBS),
    ("volumeattributesclasses", "vac", "storage.k8s.io", "v1", false, "VolumeAttributesClass", ALL_VERBS),
];

/// Kinds of [`OTHERS`] of which every cluster has some: podlab cannot say that there are none.
const NEVER_EMPTY: &[&str] = &[
    "apiservices",
    "componentstatuses",
    "csinodes",
    "events",
    "flowschemas",
    "ipaddresses",
    "prioritylevelconfigurations",
    "servicecidrs",
];

/// A kind that a server has and podlab does not store.
pub(super) struct Unstored {
    /// Its plural with its group, as the server names it: `customresourcedefinitions.apiextensions.k8s.io`.
    pub resource: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether a cluster may well have none.
    pub may_be_empty: bool,
}

/// The kind that a word names, if a server can list it and podlab does not store it.
pub(super) fn unstored(word: &str) -> Option<Unstored> {
    let word = word.to_ascii_lowercase();
    let found = OTHERS.iter().find(|(plural, short, group, _, _, kind, verbs)| {
        let full = format!("{plural}.{group}");
        let named = [*plural, &kind.to_lowercase(), &full].contains(&word.as_str());
        verbs.contains(&"list") && (named || short.split(',').any(|short| !short.is_empty() && short == word))
    });
    let (plural, _, group, _, namespaced, ..) = found?;
    let resource = if group.is_empty() { (*plural).to_owned() } else { format!("{plural}.{group}") };
    Some(Unstored { resource, namespaced: *namespaced, may_be_empty: !NEVER_EMPTY.contains(plural) })
}

fn resources() -> Vec<Resource> {
    let own = KINDS.iter().map(|info| Resource {
        plural: info.plural,
        short: info.short,
        version: info.kind.api_version(),
        group: info.group,
        namespaced: info.namespaced,
        kind: info.name,
        verbs: served::verbs(info.kind),
        categories: served::categories(info.kind),
    });
    let others = OTHERS.iter().map(|(plural, short, group, version, namespaced, kind, verbs)| Resource {
        plural,
        short,
        version: if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") },
        group,
        namespaced: *namespaced,
        kind,
        verbs: verbs.to_vec(),
        categories: Vec::new(),
    });
    let mut all: Vec<Resource> = own.chain(others).collect();
    all.sort_by_key(|r| (r.group, r.plural));
    all
}

fn api_resources(run: &mut Run) -> Result<Flow, Complaint> {
    let args = run.args;
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return Err(Complaint::Usage(format!("unexpected arguments: [{words}]"), run.verb.path));
    }
    let form = args.or("output", "").to_owned();
    if !["", "wide", "name"].contains(&form.as_str()) {
        return Err(Complaint::plain(format!("--output {form} is not available")));
    }
    let mut all = resources();
    all.retain(|r| args.get("api-group").is_none_or(|g| g == r.group));
    all.retain(|r| args.get("namespaced").is_none() || args.is("namespaced") == r.namespaced);
    all.retain(|r| args.all("verbs").all(|v| r.verbs.contains(&v)));
    all.retain(|r| args.all("categories").all(|c| r.categories.contains(&c)));
    match args.get("sort-by") {
        Some("kind") => all.sort_by_key(|r| r.kind),
        Some("name") => all.sort_by_key(|r| r.plural),
        None | Some("") => {}
        Some(_) => return Err(Complaint::plain("--sort-by accepts only name or kind")),
    }
    if form == "name" {
        let name = |r: &Resource| {
            if r.group.is_empty() { format!("{}\n", r.plural) } else { format!("{}.{}\n", r.plural, r.group) }
        };
        run.out(all.iter().map(name).collect::<String>());
        return Ok(Flow::Done);
    }
    let wide = form == "wide";
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !args.is("no-headers") {
        let mut head = vec!["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
        if wide {
            head.extend(["VERBS", "CATEGORIES"]);
        }
        rows.push(head.into_iter().map(str::to_owned).collect());
    }
    for r in all {
        let mut row = vec![
            r.plural.to_owned(),
            r.short.to_owned(),
            r.version,
            r.namespaced.to_string(),
            r.kind.to_owned(),
        ];
        if wide {
            row.extend([r.verbs.join(","), r.categories.join(",")]);
        }
        rows.push(row);
    }
    run.out(Grid::default().print(rows.iter().map(Vec::as_slice)));
    Ok(Flow::Done)
}

pub(super) const API_VERSIONS: Verb = Verb {
    name: "api-versions",
    path: "kubectl api-versions",
    summary: "Print the supported API versions on the server, in the form of \"group/version\".",
    usage: "[options]",
    examples: "# All of them\nkubectl api-versions",
    run: |run| {
        let all: BTreeSet<String> = resources().into_iter().map(|r| r.version).collect();
        for version in all {
            run.say(&version);
        }
        Ok(Flow::Done)
    },
    ..Verb::EMPTY
};

const TOP_FLAGS: &[Flag] = &[
    flag("containers", Takes::Switch, "If present, print usage of containers within a pod."),
    flag(
        "no-headers",
        Takes::Switch,
        "When using the default or custom-column output format, don't print headers (default print headers).",
    ),
    flag(
        "sort-by",
        Takes::Text,
        "If non-empty, sort pods list using specified field. The field can be either 'cpu' or 'memory'.",
    ),
    flag("sum", Takes::Switch, "Print the sum of the resource usage"),
    flag("use-protocol-buffers", Takes::Switch, "Enables using protocol-buffers to access Metrics API."),
    flag(
        "show-capacity",
        Takes::Switch,
        "Print node resources based on Capacity instead of Allocatable(default) of the nodes.",
    ),
];

/// Without a metrics server there is nothing to show.
fn top(run: &mut Run) -> Result<Flow, Complaint> {
    if run.args.get("sort-by").is_some_and(|by| !["", "cpu", "memory"].contains(&by)) {
        return Err(Complaint::plain("--sort-by accepts only cpu or memory"));
    }
    Err(Complaint::plain("Metrics API not available"))
}

pub(super) const TOP: Verb = Verb {
    name: "top",
    path: "kubectl top",
    summary: "Display resource (CPU/memory) usage.",
    usage: "[flags] [options]",
    verbs: &[
        &Verb {
            name: "node",
            aliases: &["nodes", "no"],
            path: "kubectl top node",
            summary: "Display resource (CPU/memory) usage of nodes.",
            usage: "[NAME | -l label] [options]",
            examples: "# All nodes\nkubectl top node",
            flags: &[TOP_FLAGS, SELECTOR],
            words: Words::Nodes,
            run: top,
            ..Verb::EMPTY
        },
        &Verb {
            name: "pod",
            aliases: &["pods", "po"],
            path: "kubectl top pod",
            summary: "Display resource (CPU/memory) usage of pods.",
            usage: "[NAME | -l label] [options]",
            examples: "# All Pods\nkubectl top pod",
            flags: &[TOP_FLAGS, SELECTOR, EVERYWHERE],
            words: Words::Pods,
            run: top,
            ..Verb::EMPTY
        },
    ],
    ..Verb::EMPTY
};
