//! `kubectl config`: contexts of the kubeconfig.

use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::grid;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{OUTPUT, Verb, Words};
use crate::kubectl::{output, yaml};
use serde_json::json;

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
            ("", "Print the context in use."),
            &[],
            current,
        ),
        &verb(
            ("delete-context", "kubectl config delete-context"),
            ("NAME", "Forget a context."),
            &[],
            delete,
        ),
        &verb(("get-clusters", "kubectl config get-clusters"), ("", "List the clusters."), &[], clusters),
        &verb(
            ("get-contexts", "kubectl config get-contexts"),
            ("[(-o|--output=)name)]", "List the contexts."),
            &[CONTEXTS],
            contexts,
        ),
        &verb(("get-users", "kubectl config get-users"), ("", "List the users."), &[], users),
        &verb(
            ("rename-context", "kubectl config rename-context"),
            ("CONTEXT_NAME NEW_NAME", "Give a context another name."),
            &[],
            rename,
        ),
        &verb(
            ("set-context", "kubectl config set-context"),
            ("[NAME | --current] [--cluster=..] [--user=..] [--namespace=..]", "Make or change a context."),
            &[SET],
            set,
        ),
        &verb(
            ("use-context", "kubectl config use-context"),
            ("CONTEXT_NAME", "Use a context from now on."),
            &[],
            switch,
        ),
        &verb(("view", "kubectl config view"), ("[options]", "Print the kubeconfig."), &[VIEW, OUTPUT], view),
    ],
    ..Verb::EMPTY
};

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
    if let Some(missing) = wanted.iter().find(|name| !run.desk.contexts.contains_key(*name)) {
        return Err(Complaint::plain(format!("context {missing} not found")));
    }
    let shown = |name: &String| wanted.is_empty() || wanted.contains(name);
    let named = run.args.get("output") == Some("name");
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
    Ok(Flow::Done)
}

fn clusters(run: &mut Run) -> Result<Flow, Complaint> {
    run.out(format!("NAME\n{}\n", crate::kubectl::desk::CONTEXT));
    Ok(Flow::Done)
}

fn users(run: &mut Run) -> Result<Flow, Complaint> {
    run.out("NAME\nlearner\n");
    Ok(Flow::Done)
}

fn one_word(run: &Run) -> Result<String, Complaint> {
    match run.args.words.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(Complaint::Usage("unexpected args: exactly one name is needed".to_owned(), run.verb.path)),
    }
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
    let name = one_word(run)?;
    let file = "/home/learner/.kube/config";
    if run.desk.contexts.remove(&name).is_none() {
        return Err(Complaint::plain(format!("cannot delete context {name}, not in {file}")));
    }
    if run.desk.current == name {
        run.warn("warning: this removed your active context, use \"kubectl config use-context\" to select a different one");
    }
    run.say(&format!("deleted context {name} from {file}"));
    Ok(Flow::Done)
}

fn rename(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    let [old, new] = words.as_slice() else {
        return Err(Complaint::Usage("two names are needed".to_owned(), run.verb.path));
    };
    if run.desk.contexts.contains_key(new) {
        return Err(Complaint::plain(format!(
            "cannot rename the context {old:?}, the context {new:?} already exists in /home/learner/.kube/config"
        )));
    }
    let Some(context) = run.desk.contexts.remove(old) else {
        return Err(Complaint::plain(format!(
            "cannot rename the context {old:?}, it's not in /home/learner/.kube/config"
        )));
    };
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
        (false, [name]) => name.clone(),
        _ => {
            let text = "you must specify a non-empty context name or --current";
            return Err(Complaint::plain(text));
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

fn view(run: &mut Run) -> Result<Flow, Complaint> {
    let minify = run.args.is("minify");
    let mut contexts = Vec::new();
    for (name, context) in &run.desk.contexts {
        if minify && *name != run.desk.current {
            continue;
        }
        let mut inner = json!({"cluster": context.cluster, "user": context.user});
        if !context.namespace.is_empty() {
            inner["namespace"] = context.namespace.clone().into();
        }
        contexts.push(json!({"context": inner, "name": name}));
    }
    let value = json!({
        "apiVersion": "v1",
        "clusters": [{"cluster": {"certificate-authority-data": "DATA+OMITTED", "server": "https://10.10.0.2:6443"},
            "name": crate::kubectl::desk::CONTEXT}],
        "contexts": contexts,
        "current-context": run.desk.current,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": "learner", "user": {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}],
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
