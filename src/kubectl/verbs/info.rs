//! Verbs that tell about the cluster and the client: `version`, `cluster-info`, `top`, `alpha`.

use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::SERVER;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::served::{self, VERSION};
use crate::kubectl::verb::{EVERYWHERE, SELECTOR, Verb, Words};

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
