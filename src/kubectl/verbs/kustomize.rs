//! `kubectl kustomize`: what a kustomization comes to, printed.

use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::Verb;
use crate::kubectl::{kustomize, yaml};

const FLAGS: &[Flag] = &[
    flag("output", Takes::Text, "If specified, write output to this path.").short('o').offers(Offers::Files),
    flag("load-restrictor", Takes::Text, "if set to 'LoadRestrictionsNone', local kustomizations may load files from outside their root. This does, however, break the relocatability of the kustomization.").default("LoadRestrictionsRootOnly"),
    flag("enable-helm", Takes::Switch, "Enable use of the Helm chart inflator generator."),
    flag("enable-alpha-plugins", Takes::Switch, "enable kustomize plugins"),
    flag("helm-command", Takes::Text, "helm command (path to executable)").default("helm"),
    flag("env", Takes::Texts, "a list of environment variables to be used by functions").short('e'),
    flag("mount", Takes::Texts, "a list of storage options read from the filesystem"),
    flag("network", Takes::Switch, "enable network access for functions that declare it"),
    flag("network-name", Takes::Text, "the docker network to run the container in").default("bridge"),
    flag("as-current-user", Takes::Switch, "use the uid and gid of the command executor to run the function in the container"),
];

pub(super) const VERB: Verb = Verb {
    name: "kustomize",
    path: "kubectl kustomize",
    summary: "Build a set of KRM resources using a 'kustomization.yaml' file. The DIR argument must be a path to a directory containing 'kustomization.yaml', or a git repository URL with a path suffix specifying same with respect to the repository root. If DIR is omitted, '.' is assumed.",
    usage: "DIR [flags] [options]",
    examples: "# Build the current folder\nkubectl kustomize\n\n# Build another one\nkubectl kustomize overlays/test\n\n\
               # Build it and apply it\nkubectl apply -k overlays/test",
    flags: &[FLAGS],
    run,
    ..Verb::EMPTY
};

fn run(run: &mut Run) -> Result<Flow, Complaint> {
    let folder = match run.args.words.as_slice() {
        [] => ".",
        [folder] => folder,
        _ => return Err(Complaint::plain("specify one path to kustomization.yaml")),
    };
    let built = kustomize::build(run.desk, folder)?;
    for warning in &built.warnings {
        run.warn(warning);
    }
    let texts: Vec<String> = built.objects.iter().map(yaml::to_string).collect();
    let text = texts.join("---\n");
    match run.args.get("output").filter(|path| !path.is_empty()) {
        Some(path) => run.desk.write(path, text.as_bytes()),
        None => run.out(text),
    }
    Ok(Flow::Done)
}
