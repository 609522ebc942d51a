//! The flags that shape a table, and the table they make.

use crate::kube::{Kind, Object, SimTime};
use crate::kubectl::columns::{self, Column};
use crate::kubectl::flags::Args;
use crate::kubectl::grid::{Grid, clean};
use crate::kubectl::output;

/// How tables look.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Shape {
    /// All columns.
    pub wide: bool,
    /// Name and age alone, as kubectl prints what the server has not made a table of.
    pub bare: bool,
    /// The header line.
    pub headers: bool,
    /// The kind before each name.
    pub kind: bool,
    /// The namespace in the first column.
    pub namespace: bool,
    /// All labels in the last column.
    pub labels: bool,
    /// Labels in columns of their own.
    pub label_columns: Vec<String>,
    /// What a change did, in the first column.
    pub event: bool,
}

impl Shape {
    /// The shape a command's flags ask for.
    pub fn of(args: &Args, wide: bool) -> Shape {
        Shape {
            wide,
            bare: !args.is_not_off("server-print"),
            headers: !args.is("no-headers"),
            kind: args.is("show-kind"),
            namespace: args.is("all-namespaces"),
            labels: args.is("show-labels"),
            label_columns: args.all("label-columns").map(str::to_owned).collect(),
            event: args.is("output-watch-events"),
        }
    }

    /// The header line's cells.
    pub fn head(&self, kind: Kind) -> Vec<String> {
        let mut cells = Vec::new();
        if self.event {
            cells.push("EVENT".to_owned());
        }
        if self.namespace && kind.info().namespaced {
            cells.push("NAMESPACE".to_owned());
        }
        if self.bare {
            cells.extend(["NAME", "AGE"].map(str::to_owned));
        } else {
            let shown = columns::columns(kind).iter().filter(|c| self.wide || !c.wide);
            cells.extend(shown.map(|c| c.name.to_owned()));
        }
        for label in &self.label_columns {
            cells.push(label.rsplit('/').next().unwrap_or_default().to_uppercase());
        }
        if self.labels {
            cells.push("LABELS".to_owned());
        }
        cells
    }

    /// One object's cells; `event` says what a change did to it.
    pub fn row(&self, object: &Object, now: SimTime, event: &str) -> Vec<String> {
        let kind = object.kind();
        let all = if self.bare { bare(object, now) } else { columns::cells(object, now) };
        let known = if self.bare { BARE } else { columns::columns(kind) };
        let mut cells = Vec::with_capacity(all.len() + 2);
        if self.event {
            cells.push(event.to_owned());
        }
        if self.namespace && kind.info().namespaced {
            cells.push(object.meta().namespace.clone().unwrap_or_default());
        }
        for (column, cell) in known.iter().zip(all) {
            if column.wide && !self.wide {
                continue;
            }
            let named = self.kind && column.name == "NAME";
            cells.push(if named { kind_before(object, &cell) } else { clean(&cell) });
        }
        let labels = object.meta().labels.as_ref();
        for label in &self.label_columns {
            cells.push(labels.and_then(|l| l.get(label)).cloned().unwrap_or_default());
        }
        if self.labels {
            let joined = labels.filter(|l| !l.is_empty()).map(columns::joined_selector);
            cells.push(joined.unwrap_or_else(|| "<none>".to_owned()));
        }
        cells
    }

    /// The table of objects of one kind.
    pub fn table(&self, kind: Kind, objects: &[&Object], now: SimTime) -> String {
        let mut rows = Vec::with_capacity(objects.len() + 1);
        if self.headers {
            rows.push(self.head(kind));
        }
        rows.extend(objects.iter().map(|object| self.row(object, now, "")));
        Grid::default().print(rows.iter().map(Vec::as_slice))
    }
}

const BARE: &[Column] = &[Column { name: "NAME", wide: false }, Column { name: "AGE", wide: false }];

/// Name and age of an object.
fn bare(object: &Object, now: SimTime) -> Vec<String> {
    let age = crate::kubectl::age::since(object.meta().creation_timestamp.as_ref(), now);
    vec![object.meta().name.clone().unwrap_or_default(), age]
}

/// The cell with the name, which may say more than the name (`local (default)`), after its kind.
fn kind_before(object: &Object, cell: &str) -> String {
    let full = output::name(object);
    let name = object.meta().name.as_deref().unwrap_or_default();
    format!("{}{}", full.strip_suffix(name).unwrap_or_default(), clean(cell))
}
