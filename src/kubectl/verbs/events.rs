//! `kubectl events`.

use crate::kube::core::Event;
use crate::kube::{Kind, Object, SimTime};
use crate::kubectl::columns;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::grid::{Grid, clean};
use crate::kubectl::output::{self, Forms, Output};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select;
use crate::kubectl::verb::{EVERYWHERE, OUTPUT, Verb};
use crate::sim::ChangeKind;
use k8s_openapi::jiff::Timestamp;

const FLAGS: &[Flag] = &[
    flag("for", Takes::Text, "Filter events to only those pertaining to the specified resource."),
    flag("types", Takes::List, "Output only events of given types."),
    flag("watch", Takes::Switch, "After listing the requested events, watch for more events.").short('w'),
    flag("no-headers", Takes::Switch, "When using the default output format, don't print headers."),
    flag("chunk-size", Takes::Number, "Return large lists in chunks rather than all at once. Pass 0 to disable. This flag is beta and may change in the future.").default("500"),
];

pub(super) const VERB: Verb = Verb {
    name: "events",
    path: "kubectl events",
    summary: "Display events.",
    usage: "[(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options]",
    examples: "# The events of this namespace\nkubectl events\n\n# Those about one Pod\nkubectl events --for pod/web\n\n# Only warnings\n\
               kubectl events --types=Warning",
    flags: &[FLAGS, OUTPUT, EVERYWHERE],
    run: events,
    ..Verb::EMPTY
};

/// Which events are meant.
#[derive(Clone, Debug)]
struct About {
    object: Option<(Kind, String)>,
    types: Vec<String>,
    namespace: Option<String>,
}

impl About {
    fn includes(&self, event: &Event) -> bool {
        let of = &event.involved_object;
        let about = self.object.as_ref().is_none_or(|(kind, name)| {
            of.kind.as_deref() == Some(kind.name()) && of.name.as_ref() == Some(name)
        });
        let kind = event.type_.as_deref().unwrap_or_default();
        let typed = self.types.is_empty() || self.types.iter().any(|t| t.eq_ignore_ascii_case(kind));
        let inside = self.namespace.as_ref().is_none_or(|n| event.metadata.namespace.as_ref() == Some(n));
        about && typed && inside
    }
}

/// A running `kubectl events -w`.
#[derive(Clone, Debug)]
pub struct Following {
    about: About,
    grid: Grid,
    seen: u64,
}

impl Following {
    /// Prints the events since.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        let store = run.cluster.store();
        let mut rows = Vec::new();
        for change in store.changes_since(self.seen).into_iter().flatten() {
            if let Object::Event(event) = &change.object
                && change.kind != ChangeKind::Deleted
                && self.about.includes(event)
            {
                rows.push(row(event, change.at, self.about.namespace.is_none()));
            }
        }
        self.seen = store.revision();
        for row in rows {
            let text = self.grid.print(std::iter::once(row.as_slice()));
            run.out(text);
        }
        Ok(Flow::Until(SimTime::NEVER))
    }
}

fn events(run: &mut Run) -> Result<Flow, Complaint> {
    let args = run.args;
    let types: Vec<String> = args.all("types").map(str::to_owned).collect();
    if types.iter().any(|t| !t.eq_ignore_ascii_case("normal") && !t.eq_ignore_ascii_case("warning")) {
        return Err(Complaint::plain("valid --types are Normal or Warning"));
    }
    let object = match args.get("for") {
        None => None,
        Some(target) => {
            let wrong = || Complaint::plain("--for must be in resource/name form");
            let (kind, name) = target.split_once('/').ok_or_else(wrong)?;
            Some((select::kind(kind)?, name.to_owned()))
        }
    };
    let everywhere = args.is("all-namespaces");
    let namespace = (!everywhere).then(|| run.namespace.to_owned());
    let about = About { object, types, namespace };
    let output = Output::parse(args.or("output", ""), args.get("template"), Forms::Objects)?;
    let events = run.cluster.store().list(Kind::Event, about.namespace.as_deref()).filter_map(|o| match o {
        Object::Event(event) if about.includes(event) => Some(event.clone()),
        _ => None,
    });
    let mut events: Vec<_> = events.collect();
    events.sort_by_key(|event| seen_at(event));
    if events.is_empty() && !args.is("watch") {
        run.warn(&match &about.namespace {
            Some(namespace) => format!("No events found in {namespace} namespace."),
            None => "No events found.".to_owned(),
        });
        return Ok(Flow::Done);
    }
    if !output.is_table() {
        let values = events.into_iter().map(|e| output::shown(&Object::Event(e))).collect();
        let text = output.print(&output::list(values))?;
        run.out(text);
        return Ok(Flow::Done);
    }
    let mut rows = Vec::new();
    if !args.is("no-headers") {
        let head = ["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
        rows.push(head[usize::from(!everywhere)..].iter().map(|h| (*h).to_owned()).collect());
    }
    let now = run.now();
    rows.extend(events.iter().map(|e| row(e, now, everywhere)));
    let mut grid = Grid::default();
    run.out(grid.print(rows.iter().map(Vec::as_slice)));
    if args.is("watch") {
        let seen = run.cluster.store().revision();
        return Ok(Flow::wait(Following { about, grid, seen }));
    }
    Ok(Flow::Done)
}

fn seen_at(event: &Event) -> Option<Timestamp> {
    let series = event.series.as_ref().and_then(|s| s.last_observed_time.as_ref()).map(|t| t.0);
    let last = event.last_timestamp.as_ref().map(|t| t.0);
    series.or(last).or(event.event_time.as_ref().map(|t| t.0))
}

fn row(event: &Event, now: SimTime, everywhere: bool) -> Vec<String> {
    let of = &event.involved_object;
    let mut cells = Vec::new();
    if everywhere {
        cells.push(event.metadata.namespace.clone().unwrap_or_default());
    }
    cells.extend([
        columns::last_seen(event, now),
        event.type_.clone().unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
        format!("{}/{}", of.kind.as_deref().unwrap_or_default(), of.name.as_deref().unwrap_or_default()),
        clean(event.message.as_deref().unwrap_or_default().trim()),
    ]);
    cells
}
