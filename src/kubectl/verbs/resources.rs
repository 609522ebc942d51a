//! Verbs that tell what kinds there are: `api-resources` and `api-versions`, those of a server that podlab does not keep included.

use crate::kube::kind::KINDS;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::grid::Grid;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::served;
use crate::kubectl::verb::Verb;
use std::collections::BTreeSet;

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
