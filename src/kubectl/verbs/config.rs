//! `kubectl config`: clusters, users and contexts of the kubeconfig.

mod entries;
mod property;

use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::{Entries, KUBECONFIG};
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::grid;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{OUTPUT, Verb, Words};
use crate::kubectl::{help, output, yaml};
use serde_json::{Value, json};

const VIEW: &[Flag] = &[
    flag("minify", Takes::Switch, "only what the context in use needs"),
    flag("raw", Takes::Switch, "show certificates and keys too"),
    flag("flatten", Takes::Switch, "put files into the text"),
    flag("merge", Takes::Switch, "put several kubeconfigs together").default("true"),
];
const CONTEXTS: &[Flag] = &[
    flag("no-headers", Takes::Switch, "without the header line"),
    flag("output", Takes::Text, "name").short('o'),
];
const SET: &[Flag] = &[flag("current", Takes::Switch, "change the context in use")];

const fn verb(
    (name, path): (&'static str, &'static str),
    (usage, summary): (&'static str, &'static str),
    flags: &'static [&'static [Flag]],
    run: fn(&mut Run) -> Result<Flow, Complaint>,
) -> Verb {
    Verb { name, path, summary, usage, examples: path, flags, words: Words::Contexts, run, ..Verb::EMPTY }
}

pub(super) const VERB: Verb = Verb {
    name: "config",
    path: "kubectl config",
    summary: "Modify kubeconfig files using subcommands like \"kubectl config set current-context my-context\".",
    usage: "SUBCOMMAND [options]",
    verbs: &[
        &verb(
            ("current-context", "kubectl config current-context"),
            ("", "Display the current-context."),
            &[],
            current,
        ),
        &entries::DELETE_CLUSTER,
        &verb(
            ("delete-context", "kubectl config delete-context"),
            ("NAME", "Delete the specified context from the kubeconfig."),
            &[],
            delete,
        ),
        &entries::DELETE_USER,
        &entries::GET_CLUSTERS,
        &verb(
            ("get-contexts", "kubectl config get-contexts"),
            ("[(-o|--output=)name)]", "Display one or many contexts from the kubeconfig file."),
            &[CONTEXTS],
            contexts,
        ),
        &entries::GET_USERS,
        &verb(
            ("rename-context", "kubectl config rename-context"),
            ("CONTEXT_NAME NEW_NAME", "Renames a context from the kubeconfig file."),
            &[],
            rename,
        ),
        &property::SET,
        &entries::SET_CLUSTER,
        &verb(
            ("set-context", "kubectl config set-context"),
            (
                "[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]",
                "Set a context entry in kubeconfig.",
            ),
            &[SET],
            set,
        ),
        &entries::SET_CREDENTIALS,
        &property::UNSET,
        &Verb {
            aliases: &["use"],
            ..verb(
                ("use-context", "kubectl config use-context"),
                ("CONTEXT_NAME", "Set the current-context in a kubeconfig file."),
                &[],
                switch,
            )
        },
        &verb(
            ("view", "kubectl config view"),
            ("[options]", "Display merged kubeconfig settings or a specified kubeconfig file."),
            &[VIEW, OUTPUT],
            view,
        ),
    ],
    ..Verb::EMPTY
};

/// The words were not what the verb takes: its help, and what they were.
fn unexpected(run: &Run) -> Complaint {
    let words = run.args.words.join(" ");
    Complaint::Telling { stdout: help::verb(run.verb), why: format!("Unexpected args: [{words}]") }
}

/// The one word that a verb takes.
fn one_word(run: &Run) -> Result<String, Complaint> {
    match run.args.words.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(unexpected(run)),
    }
}

fn current(run: &mut Run) -> Result<Flow, Complaint> {
    if run.desk.current.is_empty() {
        return Err(Complaint::plain("current-context is not set"));
    }
    let name = run.desk.current.clone();
    run.say(&name);
    Ok(Flow::Done)
}

fn contexts(run: &mut Run) -> Result<Flow, Complaint> {
    let wanted = run.args.words.clone();
    let form = run.args.or("output", "");
    if !["", "name"].contains(&form) {
        return Err(Complaint::plain(format!(
            "--output {form} is not available in kubectl config get-contexts; resetting to default output format"
        )));
    }
    let shown = |name: &String| wanted.is_empty() || wanted.contains(name);
    let named = form == "name";
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !named && !run.args.is("no-headers") {
        rows.push(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned).to_vec());
    }
    for (name, context) in run.desk.contexts.iter().filter(|(name, _)| shown(name)) {
        if named {
            rows.push(vec![name.clone()]);
            continue;
        }
        let mark = if *name == run.desk.current { "*" } else { "" };
        let (cluster, user, namespace) =
            (context.cluster.clone(), context.user.clone(), context.namespace.clone());
        rows.push(vec![mark.to_owned(), name.clone(), cluster, user, namespace]);
    }
    let text = if named {
        rows.iter().map(|row| format!("{}\n", row[0])).collect()
    } else {
        grid::Grid::default().print(rows.iter().map(Vec::as_slice))
    };
    run.out(text);
    let missing = wanted.iter().filter(|name| !run.desk.contexts.contains_key(*name));
    let missing: Vec<_> = missing.map(|name| Complaint::plain(format!("context {name} not found"))).collect();
    if missing.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(missing)) }
}

fn switch(run: &mut Run) -> Result<Flow, Complaint> {
    let name = one_word(run)?;
    if !run.desk.contexts.contains_key(&name) {
        return Err(Complaint::plain(format!("no context exists with the name: {name:?}")));
    }
    run.desk.current.clone_from(&name);
    run.say(&format!("Switched to context {name:?}."));
    Ok(Flow::Done)
}

fn delete(run: &mut Run) -> Result<Flow, Complaint> {
    let [name] = run.args.words.as_slice() else {
        run.out(help::verb(run.verb));
        return Ok(Flow::Done);
    };
    if run.desk.contexts.remove(name).is_none() {
        return Err(Complaint::plain(format!("cannot delete context {name}, not in {KUBECONFIG}")));
    }
    if run.desk.current == *name {
        run.warn("warning: this removed your active context, use \"kubectl config use-context\" to select a different one");
    }
    run.say(&format!("deleted context {name} from {KUBECONFIG}"));
    Ok(Flow::Done)
}

fn rename(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    let [old, new] = words.as_slice() else { return Err(unexpected(run)) };
    if !run.desk.contexts.contains_key(old) {
        return Err(Complaint::plain(format!("cannot rename the context {old:?}, it's not in {KUBECONFIG}")));
    }
    if run.desk.contexts.contains_key(new) {
        return Err(Complaint::plain(format!(
            "cannot rename the context {old:?}, the context {new:?} already exists in {KUBECONFIG}"
        )));
    }
    let context = run.desk.contexts.remove(old).unwrap_or_default();
    run.desk.contexts.insert(new.clone(), context);
    if run.desk.current == *old {
        run.desk.current.clone_from(new);
    }
    run.say(&format!("Context {old:?} renamed to {new:?}."));
    Ok(Flow::Done)
}

fn set(run: &mut Run) -> Result<Flow, Complaint> {
    let args = run.args;
    let name = match (args.is("current"), args.words.as_slice()) {
        (true, []) if run.desk.current.is_empty() => {
            return Err(Complaint::plain("no current context is set"));
        }
        (true, []) => run.desk.current.clone(),
        (true, _) => {
            return Err(Complaint::plain("you cannot specify both a context name and --current"));
        }
        (false, [name]) if !name.is_empty() => name.clone(),
        (false, [_, _, ..]) => return Err(unexpected(run)),
        (false, _) => {
            return Err(Complaint::plain("you must specify a non-empty context name or --current"));
        }
    };
    let known = run.desk.contexts.contains_key(&name);
    let context = run.desk.contexts.entry(name.clone()).or_default();
    for (flag, field) in [
        ("cluster", &mut context.cluster),
        ("user", &mut context.user),
        ("namespace", &mut context.namespace),
    ] {
        if let Some(value) = args.get(flag) {
            value.clone_into(field);
        }
    }
    run.say(&format!("Context {name:?} {}.", if known { "modified" } else { "created" }));
    Ok(Flow::Done)
}

/// What stands for the values that are not shown without `--raw`.
fn hidden(field: &str) -> Option<&'static str> {
    match field {
        "certificate-authority-data" | "client-certificate-data" | "client-key-data" => Some("DATA+OMITTED"),
        "token" | "password" => Some("REDACTED"),
        _ => None,
    }
}

/// Entries as they are written, those of `only` if it is given.
fn listed(all: &Entries, what: &str, only: Option<&str>, raw: bool) -> Vec<Value> {
    let kept = all.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let shown = kept.map(|(name, fields)| {
        let mut fields = fields.clone();
        for (field, value) in fields.iter_mut().filter(|_| !raw) {
            if let Some(text) = hidden(field) {
                *value = text.into();
            }
        }
        json!({what: fields, "name": name})
    });
    shown.collect()
}

fn view(run: &mut Run) -> Result<Flow, Complaint> {
    let (minify, raw) = (run.args.is("minify"), run.args.is("raw"));
    let current = run.args.get("context").unwrap_or(&run.desk.current).to_owned();
    let used = run.desk.contexts.get(&current).cloned();
    if minify && used.is_none() {
        return Err(Complaint::plain(if current.is_empty() {
            "current-context must exist in order to minify".to_owned()
        } else {
            format!("cannot locate context {current}")
        }));
    }
    let used = used.unwrap_or_default();
    let only = |name: &'static str| {
        minify.then(|| if name == "user" { used.user.as_str() } else { used.cluster.as_str() })
    };
    let mut contexts = Vec::new();
    for (name, context) in run.desk.contexts.iter().filter(|(name, _)| !minify || **name == current) {
        let mut inner = json!({"cluster": context.cluster, "user": context.user});
        if !context.namespace.is_empty() {
            inner["namespace"] = context.namespace.clone().into();
        }
        contexts.push(json!({"context": inner, "name": name}));
    }
    let or_null = |all: Vec<Value>| if all.is_empty() { Value::Null } else { all.into() };
    let value = json!({
        "apiVersion": "v1",
        "clusters": or_null(listed(&run.desk.clusters, "cluster", only("cluster"), raw)),
        "contexts": or_null(contexts),
        "current-context": current,
        "kind": "Config",
        "preferences": {},
        "users": or_null(listed(&run.desk.users, "user", only("user"), raw)),
    });
    let form = output::Output::parse(
        run.args.or("output", "yaml"),
        run.args.get("template"),
        output::Forms::Objects,
    )?;
    let text = if form.is_table() { yaml::to_string(&value) } else { form.print(&value)? };
    run.out(text);
    Ok(Flow::Done)
}
