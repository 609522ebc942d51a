//! `kubectl auth`: who one is, and what one may do by the roles and bindings there are.

mod rules;

use crate::kube::Kind;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Takes, flag};
use crate::kubectl::grid::Grid;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::Target;
use crate::kubectl::verb::{DRY_RUN, EVERYWHERE, FILES, OUTPUT, Verb};
use rules::Wish;

const CAN_I: Verb = Verb {
    name: "can-i",
    path: "kubectl auth can-i",
    summary: "Check whether an action is allowed.",
    usage: "VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]",
    examples: "# May I?\nkubectl auth can-i create pods",
    flags: &[
        EVERYWHERE,
        &[
            flag("list", Takes::Switch, "If true, prints all allowed actions."),
            flag("quiet", Takes::Switch, "If true, suppress output and just return the exit code.")
                .short('q'),
            flag("subresource", Takes::Text, "SubResource such as pod/log or deployment/scale"),
            flag(
                "no-headers",
                Takes::Switch,
                "When using the default or custom-column output format, don't print headers (default print headers).",
            ),
        ],
    ],
    run: can_i,
    ..Verb::EMPTY
};

const KNOWN_VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
    "proxy",
];

fn can_i(run: &mut Run) -> Result<Flow, Complaint> {
    let who = rules::subject(run);
    if run.args.is("list") {
        let text = rules::list(run, &who);
        run.out(text);
        return Ok(Flow::Done);
    }
    let [verb, what] = run.args.words.as_slice() else {
        return Err(Complaint::plain(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and \
             examples.",
        ));
    };
    let (verb, what) = (verb.clone(), what.clone());
    if !KNOWN_VERBS.contains(&verb.as_str()) {
        run.warn(&format!("Warning: verb '{verb}' is not a known verb\n"));
    }
    let (word, name) = what.split_once('/').unwrap_or((&what, ""));
    let kind = Kind::parse(word);
    match kind {
        None if !what.starts_with('/') && word != "*" => {
            run.warn(&format!("Warning: the server doesn't have a resource type '{word}'\n"));
        }
        Some(kind) if !kind.info().namespaced && !run.args.is("all-namespaces") => {
            run.warn(&format!("Warning: resource '{}' is not namespace scoped\n", kind.info().plural));
        }
        _ => {}
    }
    let wish = Wish {
        verb: &verb,
        group: kind.map_or("", |kind| kind.info().group),
        resource: kind.map_or(word, |kind| kind.info().plural),
        subresource: run.args.or("subresource", ""),
        name,
        url: if what.starts_with('/') { &what } else { "" },
        namespace: if run.args.is("all-namespaces") { "" } else { run.namespace },
    };
    let allowed = rules::allows(run, &who, &wish);
    if !run.args.is("quiet") {
        run.say(if allowed { "yes" } else { "no" });
    }
    Ok(if allowed { Flow::Done } else { Flow::Exit(1) })
}

/// Refuses what the user that `--as` names may not do, for the verbs that act on objects their words name.
pub(in crate::kubectl) fn check(run: &Run) -> Result<(), Complaint> {
    let verb = match run.verb.name {
        "get" | "describe" => "get",
        "delete" => "delete",
        _ => return Ok(()),
    };
    let who = rules::subject(run);
    for target in crate::kubectl::select::targets(&run.args.words)? {
        let info = target.kind().info();
        let name = if let Target::Named(_, name) = &target { name.as_str() } else { "" };
        let verb = if name.is_empty() && verb == "get" { "list" } else { verb };
        let everywhere = run.args.is("all-namespaces") || !info.namespaced;
        let namespace = if everywhere { "" } else { run.namespace };
        let wish = Wish {
            verb,
            group: info.group,
            resource: info.plural,
            subresource: "",
            name,
            url: "",
            namespace,
        };
        if !rules::allows(run, &who, &wish) {
            let of = if name.is_empty() { String::new() } else { format!(" {name:?}") };
            let place = if everywhere {
                "at the cluster scope".to_owned()
            } else {
                format!("in the namespace {namespace:?}")
            };
            let resource = if info.group.is_empty() {
                info.plural.to_owned()
            } else {
                format!("{}.{}", info.plural, info.group)
            };
            return Err(Complaint::Refused {
                reason: "Forbidden".to_owned(),
                doing: String::new(),
                message: format!(
                    "{resource}{of} is forbidden: User {:?} cannot {verb} resource {:?} in API group {:?} {place}",
                    who.user, info.plural, info.group
                ),
            });
        }
    }
    Ok(())
}

const WHOAMI: Verb = Verb {
    name: "whoami",
    path: "kubectl auth whoami",
    summary: "Experimental: Check who you are and your attributes (groups, extra).",
    usage: "[options]",
    examples: "# Who am I?\nkubectl auth whoami",
    flags: &[&[flag("output", Takes::Text, "One of 'yaml' or 'json'.").short('o')]],
    run: |run| {
        if run.args.get("as").is_some() {
            return whoami_as(run);
        }
        let id = "7e487392d815dd25d5e268a05a007f398ee483f9e4e7d84c22aead9242dbc8a8";
        let rows = [
            ["ATTRIBUTE", "VALUE"].map(str::to_owned),
            ["Username", "kubernetes-admin"].map(str::to_owned),
            ["Groups", "[system:masters system:authenticated]"].map(str::to_owned),
            ["Extra: authentication.kubernetes.io/credential-id".to_owned(), format!("[X509SHA256={id}]")],
        ];
        run.out(Grid::default().print(rows.iter().map(<[String; 2]>::as_slice)));
        Ok(Flow::Done)
    },
    ..Verb::EMPTY
};

const RECONCILE: Verb = Verb {
    name: "reconcile",
    path: "kubectl auth reconcile",
    summary: "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects.",
    usage: "-f FILENAME [options]",
    examples: "# What it says instead\nkubectl auth reconcile -f rbac.yaml",
    flags: &[
        &[
            flag(
                "remove-extra-permissions",
                Takes::Switch,
                "If true, removes extra permissions added to roles",
            ),
            flag(
                "remove-extra-subjects",
                Takes::Switch,
                "If true, removes extra subjects added to rolebindings",
            ),
        ],
        FILES,
        OUTPUT,
        DRY_RUN,
    ],
    run: |_| {
        Err(Complaint::Raw(
            "podlab: kubectl auth reconcile is not simulated; kubectl apply writes the same objects"
                .to_owned(),
        ))
    },
    ..Verb::EMPTY
};

pub(super) const VERB: Verb = Verb {
    name: "auth",
    path: "kubectl auth",
    summary: "Inspect authorization.",
    usage: "[flags] [options]",
    verbs: &[&CAN_I, &RECONCILE, &WHOAMI],
    ..Verb::EMPTY
};

/// Who the server takes the user for that `--as` names.
fn whoami_as(run: &mut Run) -> Result<Flow, Complaint> {
    let who = rules::subject(run);
    let rows = [
        ["ATTRIBUTE", "VALUE"].map(str::to_owned),
        ["Username".to_owned(), who.user],
        ["Groups".to_owned(), format!("[{}]", who.groups.join(" "))],
    ];
    run.out(Grid::default().print(rows.iter().map(<[String; 2]>::as_slice)));
    Ok(Flow::Done)
}
