//! `kubectl describe`.

use crate::kube::Object;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::describe::{Around, describe as page};
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{EVERYWHERE, FILES, SELECTOR, Verb, Words};

const FLAGS: &[Flag] = &[
    flag("show-events", Takes::Switch, "If true, display events related to the described object.").default("true"),
    flag("chunk-size", Takes::Number, "Return large lists in chunks rather than all at once. Pass 0 to disable. This flag is beta and may change in the future.").default("500"),
];

pub(super) const VERB: Verb = Verb {
    name: "describe",
    path: "kubectl describe",
    summary: "Show details of a specific resource or group of resources.",
    usage: "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]",
    examples: "# A Pod\nkubectl describe pod web\n\n# A node\nkubectl describe node worker-1\n\n# All Pods with a label\n\
               kubectl describe pods -l app=web",
    flags: &[FLAGS, FILES, SELECTOR, EVERYWHERE],
    words: Words::Objects,
    run: describe,
    ..Verb::EMPTY
};

fn describe(run: &mut Run) -> Result<Flow, Complaint> {
    let targets = if run.args.has_files() {
        let manifests = super::apply::manifests(run, "describe")?;
        manifests.iter().map(|m| Target::Stored(m.key())).collect()
    } else {
        if run.args.words.is_empty() {
            return Err(Complaint::plain(
                "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported \
                 resources.",
            ));
        }
        super::get::check_words(run, "describe")?;
        select::targets(&run.args.words)?
    };
    super::get::warn_deprecated(run, &targets);
    let found = select::find(run, &targets)?;
    let objects: Vec<Object> = found.objects().cloned().collect();
    if let ([Target::Named(kind, prefix)], [error]) = (targets.as_slice(), found.errors.as_slice())
        && error.is_not_found()
    {
        return by_prefix(run, *kind, prefix, error.clone());
    }
    // Events are shown for one object, and only if nothing went wrong.
    let alone = objects.len() == 1 && found.errors.is_empty();
    let events = if run.args.get("show-events").is_some() { run.args.is("show-events") } else { alone };
    for (i, object) in objects.iter().enumerate() {
        let text = page(object, Around { store: run.cluster.store(), now: run.now(), events });
        if i > 0 {
            run.out("\n\n");
        }
        run.out(text);
    }
    if objects.is_empty() && found.errors.is_empty() {
        run.warn(&if run.args.is("all-namespaces") {
            "No resources found".to_owned()
        } else {
            format!("No resources found in {} namespace.", run.namespace)
        });
    }
    if found.errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(found.errors)) }
}

/// No object has the name: those whose names begin with it.
fn by_prefix(
    run: &mut Run,
    kind: crate::kube::Kind,
    prefix: &str,
    error: Complaint,
) -> Result<Flow, Complaint> {
    let namespace = kind.info().namespaced.then_some(run.namespace);
    let begins = |o: &&Object| o.meta().name.as_deref().is_some_and(|name| name.starts_with(prefix));
    let objects: Vec<Object> = run.cluster.store().list(kind, namespace).filter(begins).cloned().collect();
    if objects.is_empty() {
        return Err(error);
    }
    for object in &objects {
        let text = page(object, Around { store: run.cluster.store(), now: run.now(), events: false });
        run.out(text + "\n");
    }
    Ok(Flow::Done)
}
