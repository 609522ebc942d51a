//! What `kubectl get -w` prints: a cursor into the change log. Does not know how often it is asked; the rows and their ages depend
//! on the changes alone.

use super::columns::{self, Column};
use super::grid::{Grid, clean};
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::{ChangeKind, Store};

/// One row of a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchRow {
    /// When the change happened.
    pub at: SimTime,
    /// What changed; `None` for the header.
    pub key: Option<Key>,
    /// What the change did to the object.
    pub change: ChangeKind,
    /// The cells that are shown.
    pub cells: Vec<String>,
    /// The line as printed, without its end.
    pub text: String,
}

/// A running `kubectl get KIND -w`.
#[derive(Clone, Debug)]
pub struct Watch {
    kind: Kind,
    namespace: Option<String>,
    wide: bool,
    seen: u64,
    listed: bool,
    headed: bool,
    grid: Grid,
}

impl Watch {
    /// A watch of `kind` in a namespace (`None`: all of them, or a kind without), as of the start of the log: the first rows asked
    /// for are what is there then.
    pub fn new(kind: Kind, namespace: Option<&str>) -> Watch {
        let namespace = namespace.map(str::to_owned);
        Watch { kind, namespace, wide: false, seen: 0, listed: false, headed: false, grid: Grid::default() }
    }

    /// The same with the columns of `-o wide`.
    #[must_use]
    pub fn wide(mut self) -> Watch {
        self.wide = true;
        self
    }

    /// The rows since the last call, the header among them once there is a row. The first call lists what exists at `now`.
    pub fn rows(&mut self, store: &Store, now: SimTime) -> Vec<WatchRow> {
        let found = if self.listed { self.changed(store) } else { None };
        let (rows, together) = match found {
            Some(rows) => (rows, false),
            None => (self.existing(store, now), true),
        };
        self.seen = store.revision();
        self.listed = true;
        self.print(rows, together)
    }

    fn existing(&self, store: &Store, now: SimTime) -> Vec<(SimTime, ChangeKind, Object)> {
        let objects = store.list(self.kind, self.namespace.as_deref());
        objects.map(|object| (now, ChangeKind::Added, object.clone())).collect()
    }

    /// What changed since the last call; `None` if the log does not reach back that far, as after a real 410 Gone.
    fn changed(&self, store: &Store) -> Option<Vec<(SimTime, ChangeKind, Object)>> {
        let changes = store.changes_since(self.seen)?;
        let mine = changes.filter(|change| self.watches(&change.object));
        Some(mine.map(|change| (change.at, change.kind, change.object.clone())).collect())
    }

    fn watches(&self, object: &Object) -> bool {
        object.kind() == self.kind
            && self.namespace.as_deref().is_none_or(|n| object.meta().namespace.as_deref() == Some(n))
    }

    fn shown(&self) -> impl Iterator<Item = (usize, &'static Column)> + use<> {
        let wide = self.wide;
        columns::columns(self.kind).iter().enumerate().filter(move |(_, column)| wide || !column.wide)
    }

    fn print(&mut self, found: Vec<(SimTime, ChangeKind, Object)>, together: bool) -> Vec<WatchRow> {
        let Some((first_at, ..)) = found.first() else { return Vec::new() };
        let mut rows = Vec::with_capacity(found.len() + 1);
        if !self.headed {
            self.headed = true;
            let cells = self.shown().map(|(_, column)| column.name.to_owned()).collect();
            rows.push(WatchRow {
                at: *first_at,
                key: None,
                change: ChangeKind::Added,
                cells,
                text: String::new(),
            });
        }
        let header = rows.len();
        for (at, change, object) in found {
            let all = columns::cells(&object, at);
            let cells = self.shown().map(|(i, _)| clean(&all[i])).collect();
            rows.push(WatchRow { at, key: Some(object.key()), change, cells, text: String::new() });
        }
        // The first list is one block of lines; later rows come one by one, the header with the first of them.
        let block = if together { rows.len() } else { (header + 1).min(rows.len()) };
        self.pad(&mut rows[..block]);
        for row in &mut rows[block..] {
            self.pad(std::slice::from_mut(row));
        }
        rows
    }

    fn pad(&mut self, rows: &mut [WatchRow]) {
        let text = self.grid.print(rows.iter().map(|row| row.cells.as_slice()));
        for (row, line) in rows.iter_mut().zip(text.lines()) {
            line.clone_into(&mut row.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::CauseId;
    use serde_json::json;

    fn pod(name: &str, phase: &str) -> Object {
        let value = json!({"metadata": {"name": name, "namespace": "default",
            "creationTimestamp": SimTime(0).timestamp().to_string()},
            "spec": {"containers": [{"name": "a"}]}, "status": {"phase": phase}});
        Object::from_value(Kind::Pod, value).unwrap()
    }

    fn text(rows: &[WatchRow]) -> String {
        rows.iter().map(|r| format!("{}\n", r.text)).collect()
    }

    #[test]
    fn the_header_comes_with_the_first_row_and_every_change_is_a_row() {
        let (mut store, mut watch) = (Store::default(), Watch::new(Kind::Pod, Some("default")));
        assert!(watch.rows(&store, SimTime(0)).is_empty());
        store.put(SimTime(1000), pod("a", "Pending"), CauseId(0));
        store.put(SimTime(2000), pod("a", "Pending"), CauseId(0));
        let rows = watch.rows(&store, SimTime(9000));
        assert_eq!(
            text(&rows),
            "NAME   READY   STATUS    RESTARTS   AGE\n\
             a      0/1     Pending   0          1s\n\
             a      0/1     Pending   0          2s\n"
        );
        assert!(watch.rows(&store, SimTime(9000)).is_empty());
    }
}
