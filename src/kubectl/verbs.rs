//! The verbs: one table that drives parsing, help, suggestions and completion. A verb is a file below and a line here.

mod apply;
mod attach;
pub(super) mod auth;
mod completion;
mod config;
mod cp;
mod create;
mod debug;
mod delete;
mod describe;
mod diff;
mod drain;
mod edit;
mod events;
mod exec;
mod explain;
mod forward;
mod generate;
mod get;
mod info;
mod kustomize;
mod label;
mod logs;
mod node;
mod patch;
mod replace;
mod resources;
mod rollout;
mod run_pod;
mod scale;
mod set;
mod subjects;
mod wait;

pub use attach::Attached;
pub use cp::Fetching;
pub use debug::Visiting;
pub use delete::Gone;
pub use drain::Draining;
pub use edit::Editing;
pub use events::Following as FollowingEvents;
pub use exec::Running;
pub use forward::Forwarding;
pub use get::Watching;
pub use logs::Following as FollowingLogs;
pub use replace::Replacing;
pub use rollout::Rolling;
pub use run_pod::Attaching;
pub use wait::Waiting;

use super::complaint::Complaint;
use super::desk::{Desk, Stream};
use super::flags::Args;
use super::help;
use super::run::{Flow, Run};
use super::verb::{GLOBAL, Verb};

/// Every verb, in the order of kubectl's own help.
pub const VERBS: &[&Verb] = &[
    &create::VERB,
    &scale::EXPOSE,
    &run_pod::VERB,
    &set::VERB,
    &explain::VERB,
    &get::VERB,
    &edit::VERB,
    &delete::VERB,
    &rollout::VERB,
    &scale::SCALE,
    &scale::AUTOSCALE,
    &info::CLUSTER_INFO,
    &info::TOP,
    &node::CORDON,
    &node::UNCORDON,
    &drain::VERB,
    &node::TAINT,
    &describe::VERB,
    &logs::VERB,
    &attach::VERB,
    &exec::EXEC,
    &forward::VERB,
    &cp::VERB,
    &auth::VERB,
    &debug::VERB,
    &events::VERB,
    &diff::VERB,
    &apply::VERB,
    &patch::VERB,
    &replace::VERB,
    &wait::VERB,
    &kustomize::VERB,
    &label::LABEL,
    &label::ANNOTATE,
    &completion::VERB,
    &info::ALPHA,
    &config::VERB,
    &resources::API_RESOURCES,
    &resources::API_VERSIONS,
    &info::VERSION_VERB,
];

/// What a command line turned out to be.
#[derive(Debug)]
pub enum Found {
    /// A verb to run, with what follows it.
    Verb(&'static Verb, Args),
    /// A text to print, with an exit code.
    Text(Stream, String, i32),
}

/// The verb of a command line.
pub fn find(argv: &[String], desk: &Desk) -> Result<Found, Complaint> {
    let words = skip_globals(argv)?;
    let Some((name, at)) = words else { return Ok(Found::Text(Stream::Out, help::root(), 0)) };
    if name == "options" {
        return Ok(Found::Text(Stream::Out, help::globals(), 0));
    }
    if name == "help" {
        return Ok(help_for(&argv[at + 1..]));
    }
    let Some(mut verb) = VERBS.iter().find(|v| v.is(name)).copied() else {
        return Err(unknown(name));
    };
    let mut rest: Vec<String> = argv[..at].iter().chain(&argv[at + 1..]).cloned().collect();
    while let Some((i, below)) = below(verb, &rest) {
        rest.remove(i);
        verb = below;
    }
    let mut flags = verb.flags.to_vec();
    flags.push(GLOBAL);
    let args = Args::parse(&rest, &flags, verb.path)?;
    if args.is("help") {
        return Ok(Found::Text(Stream::Out, help::verb(verb), 0));
    }
    if verb.path.starts_with("kubectl config") {
        return Ok(Found::Verb(verb, args));
    }
    if let Some(context) = args.get("context").filter(|c| !desk.contexts.contains_key(*c)) {
        return Err(Complaint::Raw(format!("error: context {context:?} does not exist")));
    }
    for (flag, known, what) in [("user", &desk.users, "auth info"), ("cluster", &desk.clusters, "cluster")] {
        // Some verbs have a flag of that name for something else.
        let own = verb.flags.iter().any(|group| group.iter().any(|own| own.long == flag));
        if let Some(name) = args.get(flag).filter(|name| !own && !known.contains_key(*name)) {
            return Err(Complaint::plain(format!("{what} {name:?} does not exist")));
        }
    }
    check_timeout(&args)?;
    check_server(verb, &args, desk)?;
    if let Some(path) = args.get("kubeconfig").filter(|p| desk.read(p).is_none()) {
        return Err(Complaint::plain(format!("stat {path}: no such file or directory")));
    }
    Ok(Found::Verb(verb, args))
}

/// Refuses a `--request-timeout` that is none: a number of seconds, or a span.
fn check_timeout(args: &Args) -> Result<(), Complaint> {
    let Some(text) = args.get("request-timeout") else { return Ok(()) };
    if text.parse::<i64>().is_ok() || crate::kube::duration::parse_span(text).is_ok() {
        return Ok(());
    }
    Err(Complaint::plain(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. \
         1s | 2m | 3h)",
    ))
}

/// Refuses a command that would talk to another server than the simulated one.
fn check_server(verb: &Verb, args: &Args, desk: &Desk) -> Result<(), Complaint> {
    let alone = [kustomize::VERB.name, completion::VERB.name].contains(&verb.name)
        || (verb.name == "version" && args.is("client"));
    let context = args.get("context").unwrap_or(&desk.current);
    let server = desk.server(context, args.get("cluster"), args.get("server"));
    if alone || server == super::desk::SERVER {
        return Ok(());
    }
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    let place = bare.split('/').next().unwrap_or_default();
    let (host, port) = place.rsplit_once(':').unwrap_or((place, ""));
    let port = match (port, server.starts_with("https:")) {
        ("", true) => "443",
        ("", false) => "80",
        (port, _) => port,
    };
    let is_address = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok();
    Err(Complaint::Raw(if is_address {
        format!(
            "The connection to the server {host}:{port} was refused - did you specify the right host or port?"
        )
    } else {
        format!("Unable to connect to the server: dial tcp: lookup {host}: no such host")
    }))
}

/// The verb below a group that the first word names, and the word's place.
fn below(verb: &'static Verb, rest: &[String]) -> Option<(usize, &'static Verb)> {
    let i = rest.iter().position(|word| !word.starts_with('-'))?;
    let below = verb.verbs.iter().find(|v| v.is(&rest[i]))?;
    Some((i, below))
}

/// The first word that is no flag, and its place. Flags before the verb may only be those of every verb.
fn skip_globals(argv: &[String]) -> Result<Option<(&str, usize)>, Complaint> {
    let mut i = 0;
    while let Some(word) = argv.get(i) {
        if !word.starts_with('-') {
            return Ok(Some((word, i)));
        }
        let parsed = Args::parse(&argv[i..=i], &[GLOBAL], "kubectl");
        // A flag that needs its value has it in the next word.
        i += 1;
        if let Err(complaint) = parsed {
            let needs =
                matches!(&complaint, Complaint::Flag(text, _) if text.starts_with("flag needs an argument"));
            if !needs || i >= argv.len() {
                return Err(complaint);
            }
            i += 1;
        }
    }
    Ok(None)
}

fn help_for(words: &[String]) -> Found {
    let Some(mut verb) = words.first().and_then(|w| VERBS.iter().find(|v| v.is(w)).copied()) else {
        return if words.is_empty() {
            Found::Text(Stream::Out, help::root(), 0)
        } else {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            let text = format!("Unknown help topic [{}]\n{}", words.join(" "), help::root());
            Found::Text(Stream::Err, text, 0)
        };
    };
    let mut rest = words[1..].to_vec();
    while let Some((i, next)) = below(verb, &rest) {
        rest.remove(i);
        verb = next;
    }
    Found::Text(Stream::Out, help::verb(verb), 0)
}

/// Verbs that kubectl suggests for words people type for them.
const MEANT: &[(&str, &[&str])] =
    &[("get", &["list", "ls"]), ("delete", &["rm", "remove"]), ("describe", &["inspect"])];

/// Verbs of a real kubectl that podlab has no use for.
const NOT_SIMULATED: &[&str] = &["proxy", "certificate"];

fn unknown(name: &str) -> Complaint {
    if name == "plugin" {
        return Complaint::plain("unable to find any kubectl plugins in your PATH");
    }
    if NOT_SIMULATED.contains(&name) {
        return Complaint::Raw(format!("podlab: kubectl {name} is not simulated"));
    }
    let mut text = format!("error: unknown command {name:?} for \"kubectl\"");
    let lower = name.to_lowercase();
    let suggested: Vec<&str> = VERBS
        .iter()
        .map(|v| v.name)
        .filter(|known| {
            let meant = MEANT.iter().any(|(verb, words)| verb == known && words.contains(&lower.as_str()));
            meant || known.starts_with(&lower) || distance(&lower, known) <= 2
        })
        .collect();
    if !suggested.is_empty() {
        text.push_str("\n\nDid you mean this?");
        for name in suggested {
            text.push_str("\n\t");
            text.push_str(name);
        }
    }
    Complaint::Raw(text)
}

/// How many letters to change, add or drop to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

/// The objects a command names, as `patch` and its like take them.
pub(super) fn objects(run: &mut Run) -> Result<super::select::Found, Complaint> {
    let targets = patch::named(run)?;
    super::select::find(run, &targets)
}

/// `--raw`: the address of one object or list of the API, answered as the server answers.
pub(super) fn raw(run: &mut Run, address: &str) -> Result<Flow, Complaint> {
    let path = address.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let (namespace, rest): (&str, &[&str]) = match parts.as_slice() {
        ["api", _, "namespaces", namespace, rest @ ..] if !rest.is_empty() => (namespace, rest),
        ["apis", _, _, "namespaces", namespace, rest @ ..] if !rest.is_empty() => (namespace, rest),
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => ("", rest),
        ["healthz" | "livez" | "readyz"] => {
            run.out("ok");
            return Ok(Flow::Done);
        }
        ["version" | "apis" | "api" | "openapi" | "metrics" | "swagger.json", ..] => {
            return Err(Complaint::Raw(format!(
                "podlab: --raw shows objects and lists of objects; {path} is not simulated"
            )));
        }
        _ => ("", &[]),
    };
    let kind = rest
        .first()
        .and_then(|word| crate::kube::Kind::parse(word))
        .ok_or_else(super::subresource::nowhere)?;
    let value = if let Some(name) = rest.get(1) {
        let key = crate::kube::Key::new(kind, namespace, name);
        let found = run.cluster.store().get(&key).map(crate::kube::Object::to_value);
        found.ok_or_else(|| super::run::refused(crate::sim::api::Refusal::not_found(&key)))?
    } else {
        let inside = (!namespace.is_empty()).then_some(namespace);
        let items: Vec<_> =
            run.cluster.store().list(kind, inside).map(crate::kube::Object::to_value).collect();
        serde_json::json!({"apiVersion": kind.api_version(), "items": items, "kind": format!("{}List", kind.name()),
            "metadata": {"resourceVersion": run.cluster.store().revision().to_string()}})
    };
    run.out(super::output::compact_json(&value) + "\n");
    Ok(Flow::Done)
}

/// What a group of verbs does by itself: it explains itself on stderr, but for `rollout`.
pub fn group(run: &mut Run) -> Result<Flow, Complaint> {
    if !run.args.words.is_empty() {
        let text = format!("unknown command {:?}", run.args.words.join(" "));
        return Err(Complaint::Usage(text, run.verb.path));
    }
    let text = help::verb(run.verb);
    if run.verb.name == rollout::VERB.name {
        run.out(text);
    } else {
        run.err(text);
    }
    Ok(Flow::Exit(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(line: &str) -> String {
        let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        find(&argv, &Desk::new(std::collections::BTreeMap::default())).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_verb_brings_suggestions() {
        assert!(complaint("delte pod web").ends_with("Did you mean this?\n\tdelete\n"));
        assert_eq!(complaint("zzzzzz"), "error: unknown command \"zzzzzz\" for \"kubectl\"\n");
        assert!(complaint("ls").contains("\tget\n"));
        assert_eq!(complaint("proxy"), "podlab: kubectl proxy is not simulated\n");
    }

    #[test]
    fn every_verb_explains_itself() {
        fn check(verb: &Verb) {
            assert!(!verb.summary.is_empty() && !verb.path.is_empty(), "{}", verb.name);
            assert!(verb.path.ends_with(verb.name), "{}", verb.name);
            assert!(!verb.verbs.is_empty() || !verb.examples.is_empty(), "{} has no examples", verb.path);
            verb.verbs.iter().for_each(|v| check(v));
        }
        for v in VERBS {
            check(v);
        }
    }
}
