//! `kubectl get`.

mod sort;
mod tables;
mod watching;

pub use watching::Watching;

use super::resources::Unstored;
use crate::kube::{Kind, Mask, Object};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output::{self, Forms, Output};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::{self, Found, Target};
use crate::kubectl::subresource;
use crate::kubectl::verb::{EVERYWHERE, FILES, OUTPUT, SELECTOR, Verb, Words};
use crate::sim::api::Subresource;
use tables::Shape;

const FLAGS: &[Flag] = &[
    flag("watch", Takes::Switch, "After listing/getting the requested object, watch for changes.").short('w'),
    flag("watch-only", Takes::Switch, "Watch for changes to the requested object(s), without listing/getting first."),
    flag("output-watch-events", Takes::Switch, "Output watch event objects when --watch or --watch-only is used. Existing objects are output as initial ADDED events."),
    flag("no-headers", Takes::Switch, "When using the default or custom-column output format, don't print headers (default print headers)."),
    flag("show-labels", Takes::Switch, "When printing, show all labels as the last column (default hide labels column)"),
    flag("show-kind", Takes::Switch, "If present, list the resource type for the requested object(s)."),
    flag("label-columns", Takes::List, "Accepts a comma separated list of labels that are going to be presented as columns. Names are case-sensitive. You can also use multiple flag options like -L label1 -L label2...").short('L'),
    flag("sort-by", Takes::Text, "If non-empty, sort list types using this field specification.  The field specification is expressed as a JSONPath expression (e.g. '{.metadata.name}'). The field in the API resource specified by this JSONPath expression must be an integer or a string."),
    flag("ignore-not-found", Takes::Switch, "If the requested object does not exist the command will return exit code 0."),
    flag("chunk-size", Takes::Number, "Return large lists in chunks rather than all at once. Pass 0 to disable. This flag is beta and may change in the future.").default("500"),
    flag("raw", Takes::Text, "Raw URI to request from the server.  Uses the transport specified by the kubeconfig file."),
    flag("server-print", Takes::Switch, "If true, have the server return the appropriate table output. Supports extension APIs and CRDs.").default("true"),
];

pub(super) const VERB: Verb = Verb {
    name: "get",
    path: "kubectl get",
    summary: "Display one or many resources.",
    usage: "[(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]",
    examples: "# The Pods of this namespace\nkubectl get pods\n\n# With addresses and nodes\nkubectl get pods -o wide\n\n\
               # One Pod as YAML\nkubectl get pod web -o yaml\n\n# Follow changes\nkubectl get pods -w",
    flags: &[FLAGS, subresource::FLAG, OUTPUT, FILES, SELECTOR, EVERYWHERE],
    words: Words::Objects,
    run: get,
    ..Verb::EMPTY
};

fn get(run: &mut Run) -> Result<Flow, Complaint> {
    if let Some(address) = run.args.get("raw") {
        if !run.args.words.is_empty() {
            return Err(Complaint::plain("arguments may not be passed when --raw is specified"));
        }
        return super::raw(run, address);
    }
    let args = run.args;
    let headers = !args.is("no-headers");
    let output = match super::generate::output(run, Forms::Tables { headers }) {
        Ok(output) => output,
        Err(complaint) => return Err(missing_first(run).unwrap_or(complaint)),
    };
    if args.is("show-labels") && !output.is_table() {
        let form = args.or("output", "");
        return Err(Complaint::plain(format!("--show-labels option cannot be used with {form} printer")));
    }
    let watches = args.is("watch") || args.is("watch-only");
    if args.is("output-watch-events") && !watches {
        return Err(Complaint::plain(
            "--output-watch-events option can only be used with --watch or --watch-only",
        ));
    }
    if let [word, names @ ..] = args.words.as_slice()
        && crate::kube::Kind::parse(word).is_none()
        && let Some(kind) = super::resources::unstored(word)
    {
        return unstored(run, &kind, names, &output);
    }
    let targets = targets(run)?;
    if args.get("subresource").is_some() && targets.iter().any(|t| matches!(t, Target::Kind(_))) {
        return Err(Complaint::plain("subresource cannot be used when bulk resources are specified"));
    }
    if watches {
        return watching::start(run, &targets, output);
    }
    let mut found = select::find(run, &targets)?;
    if args.is("ignore-not-found") {
        found.errors.retain(|e| !e.is_not_found());
    }
    warn_deprecated(run, &targets);
    let scales = of_subresource(run, &found)?;
    if scales && output.is_table() {
        let tables: String = found.objects().map(|object| subresource::scale_table(object, run)).collect();
        run.out(tables);
    } else if output.is_table() {
        print_tables(run, &found, &output);
    } else {
        print_values(run, &mut found, &targets, &output)?;
    }
    if found.errors.is_empty() { Ok(Flow::Done) } else { Err(Complaint::of(found.errors)) }
}

/// Objects of a kind that a server has and podlab does not store: there are none, where that may be so.
fn unstored(run: &mut Run, kind: &Unstored, names: &[String], output: &Output) -> Result<Flow, Complaint> {
    let resource = &kind.resource;
    if !kind.may_be_empty {
        return Err(Complaint::Raw(format!("podlab: {resource} are not simulated")));
    }
    let missing = names.iter().map(|name| Complaint::Refused {
        reason: "NotFound".to_owned(),
        doing: String::new(),
        message: format!("{resource} {name:?} not found"),
    });
    let missing: Vec<Complaint> = missing.collect();
    if !missing.is_empty() {
        return Err(Complaint::of(missing));
    }
    match output {
        Output::Table | Output::Wide if kind.namespaced && !run.args.is("all-namespaces") => {
            run.warn(&format!("No resources found in {} namespace.", run.namespace));
        }
        Output::Table | Output::Wide => run.warn("No resources found"),
        Output::Name => {}
        form => {
            let text = form.print_list(std::iter::empty(), output::shown_parts)?;
            run.out(text);
        }
    }
    Ok(Flow::Done)
}

/// Refuses a subresource that an object does not have; whether it is its scale.
fn of_subresource(run: &Run, found: &Found) -> Result<bool, Complaint> {
    let mut scales = false;
    for object in found.objects() {
        scales = subresource::of(run, object.kind())? == Subresource::Scale;
    }
    Ok(scales)
}

/// A form is read when there is something to print: that an object does not exist is told before.
fn missing_first(run: &mut Run) -> Option<Complaint> {
    let targets = targets(run).ok()?;
    let found = select::find(run, &targets).ok()?;
    (found.groups.is_empty() && !found.errors.is_empty()).then(|| Complaint::of(found.errors))
}

/// What the words, or the files, ask for; checked as kubectl checks them.
fn targets(run: &mut Run) -> Result<Vec<Target>, Complaint> {
    let args = run.args;
    if args.has_files() {
        if !args.words.is_empty() {
            return Err(Complaint::words_beside_files());
        }
        let objects = super::apply::manifests(run, "get")?;
        return Ok(objects.iter().map(|m| Target::Stored(m.key())).collect());
    }
    if args.words.is_empty() {
        run.err(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported \
             resources.\n\n",
        );
        return Err(Complaint::Raw(
            "error: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that \
             resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples"
                .to_owned(),
        ));
    }
    check_words(run, "get")?;
    select::targets(&args.words)
}

/// Refuses names together with a selector or with `-A`.
pub(super) fn check_words(run: &Run, _verb: &str) -> Result<(), Complaint> {
    let args = run.args;
    let named = args.words.len() > 1 || args.words.first().is_some_and(|w| w.contains('/'));
    let selected = args.get("selector").is_some_and(|s| !s.is_empty())
        || args.get("field-selector").is_some_and(|s| !s.is_empty());
    if named && selected {
        return Err(Complaint::plain("name cannot be provided when a selector is specified"));
    }
    if named && args.is("all-namespaces") {
        return Err(Complaint::plain("a resource cannot be retrieved by name across all namespaces"));
    }
    Ok(())
}

/// The server's remark about a kind that is on its way out.
pub(super) fn warn_deprecated(run: &mut Run, targets: &[Target]) {
    if targets.iter().any(|t| t.kind() == Kind::Endpoints) {
        run.warn("Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
    }
}

fn print_tables(run: &mut Run, found: &Found, output: &Output) {
    let now = run.now();
    let mut shape = Shape::of(run.args, *output == Output::Wide);
    let kinds: Vec<Kind> = found.groups.iter().map(|(kind, _)| *kind).collect();
    shape.kind |= kinds.iter().any(|kind| *kind != kinds[0]);
    let merged = merge(&found.groups);
    let mut printed = false;
    for (kind, objects) in &merged {
        let mut objects: Vec<&Object> = objects.clone();
        if let Some(path) = run.args.get("sort-by")
            && sort::sort(&mut objects, path).is_err()
        {
            continue;
        }
        if objects.is_empty() {
            continue;
        }
        if printed && shape.headers {
            run.out("\n");
        }
        let text = shape.table(*kind, &objects, now);
        run.out(text);
        printed = true;
    }
    if !printed && found.errors.is_empty() && !run.args.is("ignore-not-found") {
        nothing_found(run, &kinds);
    }
}

/// Neighbouring groups of one kind are one table.
fn merge(groups: &[(Kind, Vec<Object>)]) -> Vec<(Kind, Vec<&Object>)> {
    let mut merged: Vec<(Kind, Vec<&Object>)> = Vec::new();
    for (kind, objects) in groups {
        match merged.last_mut() {
            Some((last, all)) if last == kind => all.extend(objects),
            _ => merged.push((*kind, objects.iter().collect())),
        }
    }
    merged
}

/// The line that says that nothing was found.
pub(super) fn nothing_found(run: &mut Run, kinds: &[Kind]) {
    let namespaced = kinds.iter().all(|kind| kind.info().namespaced) && !run.args.is("all-namespaces");
    if namespaced {
        run.warn(&format!("No resources found in {} namespace.", run.namespace));
    } else {
        run.warn("No resources found");
    }
}

fn print_values(
    run: &mut Run,
    found: &mut Found,
    targets: &[Target],
    output: &Output,
) -> Result<(), Complaint> {
    if let Some(path) = run.args.get("sort-by") {
        for (_, objects) in &mut found.groups {
            let mut sorted: Vec<&Object> = objects.iter().collect();
            sort::sort(&mut sorted, path).map_err(Complaint::Plain)?;
            *objects = sorted.into_iter().cloned().collect();
        }
    }
    if *output == Output::Name {
        let scales = run.args.get("subresource") == Some("scale");
        let own = |o: &Object| o.meta().name.clone().unwrap_or_default();
        let name =
            |o: &Object| if scales { format!("scale.autoscaling/{}", own(o)) } else { output::name(o) };
        let names: Vec<String> = found.objects().map(|o| name(o) + "\n").collect();
        run.out(names.concat());
        return Ok(());
    }
    let single = matches!(targets, [Target::Named(..) | Target::Stored(_)]);
    let managed = run.args.is("show-managed-fields");
    let scales = run.args.get("subresource") == Some("scale");
    let shown = |o: &Object, mask: &Mask| match (scales, managed) {
        (true, _) => subresource::scale(o),
        (false, true) => o.to_masked(mask),
        (false, false) => output::shown_parts(o, mask),
    };
    let text = if single {
        let Some(object) = found.objects().next() else { return Ok(()) };
        output.print_object(|mask| shown(object, mask))?
    } else {
        output.print_list(found.objects(), shown)?
    };
    run.out(text);
    Ok(())
}
