//! What `--help` prints, made from the table of verbs.

mod below;

use super::flags::{Flag, Takes};
use super::verb::{GLOBAL, Verb};
use std::fmt::Write;

/// The commands as kubectl's own help groups them, each with its short description.
const GROUPS: &[(&str, &[(&str, &str)])] = &[
    (
        "Basic Commands (Beginner):",
        &[
            ("create", "Create a resource from a file or from stdin"),
            (
                "expose",
                "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
            ),
            ("run", "Run a particular image on the cluster"),
            ("set", "Set specific features on objects"),
        ],
    ),
    (
        "Basic Commands (Intermediate):",
        &[
            ("explain", "Get documentation for a resource"),
            ("get", "Display one or many resources"),
            ("edit", "Edit a resource on the server"),
            (
                "delete",
                "Delete resources by file names, stdin, resources and names, or by resources and label selector",
            ),
        ],
    ),
    (
        "Deploy Commands:",
        &[
            ("rollout", "Manage the rollout of a resource"),
            ("scale", "Set a new size for a deployment, replica set, or replication controller"),
            ("autoscale", "Auto-scale a deployment, replica set, stateful set, or replication controller"),
        ],
    ),
    (
        "Cluster Management Commands:",
        &[
            ("certificate", "Modify certificate resources"),
            ("cluster-info", "Display cluster information"),
            ("top", "Display resource (CPU/memory) usage"),
            ("cordon", "Mark node as unschedulable"),
            ("uncordon", "Mark node as schedulable"),
            ("drain", "Drain node in preparation for maintenance"),
            ("taint", "Update the taints on one or more nodes"),
        ],
    ),
    (
        "Troubleshooting and Debugging Commands:",
        &[
            ("describe", "Show details of a specific resource or group of resources"),
            ("logs", "Print the logs for a container in a pod"),
            ("attach", "Attach to a running container"),
            ("exec", "Execute a command in a container"),
            ("port-forward", "Forward one or more local ports to a pod"),
            ("proxy", "Run a proxy to the Kubernetes API server"),
            ("cp", "Copy files and directories to and from containers"),
            ("auth", "Inspect authorization"),
            ("debug", "Create debugging sessions for troubleshooting workloads and nodes"),
            ("events", "List events"),
        ],
    ),
    (
        "Advanced Commands:",
        &[
            ("diff", "Diff the live version against a would-be applied version"),
            ("apply", "Apply a configuration to a resource by file name or stdin"),
            ("patch", "Update fields of a resource"),
            ("replace", "Replace a resource by file name or stdin"),
            ("wait", "Experimental: Wait for a specific condition on one or many resources"),
            ("kustomize", "Build a kustomization target from a directory or URL"),
        ],
    ),
    (
        "Settings Commands:",
        &[
            ("label", "Update the labels on a resource"),
            ("annotate", "Update the annotations on a resource"),
            (
                "completion",
                "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
            ),
        ],
    ),
    (
        "Other Commands:",
        &[
            ("api-resources", "Print the supported API resources on the server"),
            (
                "api-versions",
                "Print the supported API versions on the server, in the form of \"group/version\"",
            ),
            ("config", "Modify kubeconfig files"),
            ("plugin", "Provides utilities for interacting with plugins"),
            ("version", "Print the client and server version information"),
        ],
    ),
];

/// The help of kubectl itself.
pub fn root() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n".to_owned();
    for (title, commands) in GROUPS {
        let _ = writeln!(text, "\n{title}");
        for (name, short) in *commands {
            let _ = writeln!(text, "  {name:<15} {short}");
        }
    }
    text.push_str("\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n");
    text.push_str(GLOBALS);
    text
}

/// Where the flags of every command are told.
const GLOBALS: &str =
    "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n";

/// What `kubectl options` prints.
pub fn globals() -> String {
    let mut flags: Vec<&Flag> = GLOBAL.iter().filter(|flag| flag.long != "help").collect();
    flags.sort_by_key(|flag| flag.long);
    let blocks: Vec<String> = flags.into_iter().map(option).collect();
    format!("The following options can be passed to any command:\n\n{}", blocks.join("\n"))
}

/// The help of a verb.
pub fn verb(verb: &Verb) -> String {
    let mut text = format!("{}\n", verb.summary);
    if !verb.aliases.is_empty() {
        let _ = write!(text, "\nAliases:\n{}, {}\n", verb.name, verb.aliases.join(", "));
    }
    if !verb.examples.is_empty() {
        text.push_str("\nExamples:\n");
        for line in verb.examples.lines() {
            let _ = writeln!(text, "  {}", line.trim_start());
        }
    }
    if !verb.verbs.is_empty() {
        text.push_str("\nAvailable Commands:\n");
        let width = verb.verbs.iter().map(|v| v.name.len()).max().unwrap_or(0);
        for sub in verb.verbs {
            let _ = writeln!(text, "  {:<width$}   {}", sub.name, below::short(sub.path));
        }
    }
    if verb.flags.iter().any(|group| !group.is_empty()) {
        text.push_str("\nOptions:\n");
        text.push_str(&options(verb));
    }
    let _ = write!(text, "\nUsage:\n  {} {}\n", verb.path, verb.usage);
    if !verb.verbs.is_empty() {
        let _ = write!(
            text,
            "\nUse \"{} <command> --help\" for more information about a given command.",
            verb.path
        );
    }
    text.push('\n');
    text.push_str(GLOBALS);
    text
}

fn options(verb: &Verb) -> String {
    let mut flags: Vec<&Flag> = verb.flags.iter().copied().flatten().collect();
    flags.sort_by_key(|f| f.long);
    let blocks: Vec<String> = flags.into_iter().map(option).collect();
    blocks.join("\n")
}

fn option(flag: &Flag) -> String {
    let letter = flag.short.map_or(String::new(), |c| format!("-{c}, "));
    let default = match (flag.takes, flag.default) {
        (Takes::Switch, "") => "false".to_owned(),
        (Takes::Number, "") => "0".to_owned(),
        (Takes::Span, "") => "0s".to_owned(),
        (Takes::List | Takes::Texts, "") => "[]".to_owned(),
        (Takes::Text | Takes::Optional(_), value) => format!("'{value}'"),
        (_, value) => value.to_owned(),
    };
    format!("    {letter}--{}={default}:\n\t{}\n", flag.long, flag.help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubectl::verbs::VERBS;

    #[test]
    fn every_verb_stands_in_one_group_of_the_help() {
        let listed: Vec<&str> =
            GROUPS.iter().flat_map(|(_, commands)| commands.iter().map(|(name, _)| *name)).collect();
        for verb in VERBS.iter().filter(|verb| !["alpha", "options"].contains(&verb.name)) {
            assert_eq!(listed.iter().filter(|name| **name == verb.name).count(), 1, "{}", verb.name);
        }
    }

    #[test]
    fn flags_are_told_in_the_layout_of_kubectl() {
        let attach =
            VERBS.iter().find(|verb| verb.name == "attach").map(|found| verb(found)).unwrap_or_default();
        assert!(attach.contains("\nOptions:\n    -c, --container='':\n\tContainer name."), "{attach}");
        assert!(attach.ends_with(&format!(
            "\nUsage:\n  kubectl attach (POD | TYPE/NAME) -c CONTAINER [options]\n\n{GLOBALS}"
        )));
        assert!(globals().contains("\n    -n, --namespace='':\n\t"));
    }
}
