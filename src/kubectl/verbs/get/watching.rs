//! `kubectl get -w`.

use super::tables::Shape;
use crate::kube::duration::parse_span;
use crate::kube::{Kind, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::grid::Grid;
use crate::kubectl::output::{self, Output};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::{self, Filter, Target};
use crate::sim::ChangeKind;

/// A running watch: a cursor into the change log.
#[derive(Clone, Debug)]
pub struct Watching {
    kind: Kind,
    name: Option<String>,
    filter: Filter,
    output: Output,
    shape: Shape,
    grid: Grid,
    seen: u64,
    headed: bool,
    printed: bool,
    until: Option<SimTime>,
}

/// Prints what is there and goes on watching.
pub(super) fn start(run: &mut Run, targets: &[Target], output: Output) -> Result<Flow, Complaint> {
    let kind = targets[0].kind();
    if targets.iter().any(|t| t.kind() != kind) || targets.len() > 1 {
        return Err(Complaint::plain("you may only specify a single resource type"));
    }
    if run.args.get("sort-by").is_some() {
        let only = run.args.is("watch-only");
        run.warn(if only {
            "warning: --watch-only requested, --sort-by will be ignored"
        } else {
            "warning: --watch requested, --sort-by will be ignored for watch events received"
        });
    }
    let filter = Filter::parse(run.args.get("selector"), run.args.get("field-selector"), kind)?;
    let name = match &targets[0] {
        Target::Kind(_) => None,
        Target::Named(_, name) => Some(name.clone()),
        Target::Stored(key) => Some(key.name.to_string()),
    };
    let patience = run.args.get("request-timeout").and_then(|t| parse_span(t).ok()).filter(|t| *t > 0);
    let mut watching = Watching {
        kind,
        name,
        filter,
        shape: Shape::of(run.args, output == Output::Wide),
        output,
        grid: Grid::default(),
        seen: run.cluster.store().revision(),
        headed: false,
        printed: false,
        until: patience.map(|millis| run.now().plus(millis as u64)),
    };
    let mut found = select::find(run, targets)?;
    if let Some(error) = found.errors.pop() {
        return Err(error);
    }
    if !run.args.is("watch-only") {
        let now = run.now();
        let objects: Vec<Object> = found.objects().cloned().collect();
        watching.print(run, objects.iter().map(|o| (now, ChangeKind::Added, o)).collect(), true)?;
    }
    Ok(Flow::wait(watching))
}

impl Watching {
    /// Prints what changed since.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        let revision = run.cluster.store().revision();
        if revision > self.seen {
            let changes: Vec<_> = match run.cluster.store().changes_since(self.seen) {
                Some(changes) => changes
                    .filter(|c| self.watches(run, &c.object))
                    .map(|c| (c.at, c.kind, c.object.clone()))
                    .collect(),
                None => return Err(Complaint::Raw("error: too old resource version".to_owned())),
            };
            self.seen = revision;
            for (at, kind, object) in &changes {
                self.print(run, vec![(*at, *kind, object)], false)?;
            }
        }
        match self.until {
            Some(until) if until <= run.now() => Ok(Flow::Done),
            until => Ok(Flow::Until(until.unwrap_or(SimTime::NEVER))),
        }
    }

    fn watches(&self, run: &Run, object: &Object) -> bool {
        let everywhere = self.shape.namespace || !self.kind.info().namespaced;
        object.kind() == self.kind
            && (everywhere || object.meta().namespace.as_deref() == Some(run.namespace))
            && self.name.as_ref().is_none_or(|name| object.meta().name.as_ref() == Some(name))
            && self.filter.matches(object)
    }

    fn print(
        &mut self,
        run: &mut Run,
        found: Vec<(SimTime, ChangeKind, &Object)>,
        listing: bool,
    ) -> Result<(), Complaint> {
        if !self.output.is_table() {
            return self.print_values(run, &found, listing);
        }
        if found.is_empty() {
            return Ok(());
        }
        let mut rows = Vec::new();
        if !self.headed && self.shape.headers {
            rows.push(self.shape.head(self.kind));
        }
        self.headed = true;
        for (at, change, object) in found {
            let event = match change {
                ChangeKind::Added => "ADDED   ",
                ChangeKind::Modified => "MODIFIED",
                ChangeKind::Deleted => "DELETED ",
            };
            rows.push(self.shape.row(object, at, event));
        }
        let text = self.grid.print(rows.iter().map(Vec::as_slice));
        run.out(text);
        Ok(())
    }

    fn print_values(
        &mut self,
        run: &mut Run,
        found: &[(SimTime, ChangeKind, &Object)],
        listing: bool,
    ) -> Result<(), Complaint> {
        let separate = matches!(self.output, Output::Yaml);
        if self.output == Output::Name {
            for (_, _, object) in found {
                run.say(&output::name(object));
            }
            return Ok(());
        }
        let events = run.args.is("output-watch-events");
        let value = |(_, change, object): &(SimTime, ChangeKind, &Object)| {
            let event = match change {
                ChangeKind::Added => "ADDED",
                ChangeKind::Modified => "MODIFIED",
                ChangeKind::Deleted => "DELETED",
            };
            let object = output::shown(object);
            if events { serde_json::json!({"object": object, "type": event}) } else { object }
        };
        let values: Vec<_> = found.iter().map(value).collect();
        let listing = listing && !events;
        let values = if listing && self.name.is_none() { vec![output::list(values)] } else { values };
        for value in values {
            if separate && self.printed {
                run.out("---\n");
            }
            self.printed = true;
            let text = self.output.print(&value)?;
            run.out(text);
        }
        Ok(())
    }
}
