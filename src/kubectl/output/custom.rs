//! `-o custom-columns`.

use crate::kube::Mask;
use crate::kube::gotext::show as go;
use crate::kubectl::grid::Grid;
use crate::kubectl::jsonpath::JsonPath;
use serde_json::Value;

/// Columns of the learner's own: a header and a path each.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomColumns {
    /// A column without a path holds nothing.
    columns: Vec<(String, Option<JsonPath>)>,
    headers: bool,
}

impl CustomColumns {
    /// Reads `NAME:.metadata.name,…`.
    pub fn parse(spec: &str, headers: bool) -> Result<CustomColumns, String> {
        let mut columns = Vec::new();
        for part in spec.split(',') {
            let (header, path) = part.split_once(':').ok_or_else(|| {
                format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
            })?;
            let path = if path.is_empty() { None } else { Some(JsonPath::relaxed(path)?) };
            columns.push((header.to_owned(), path));
        }
        Ok(CustomColumns { columns, headers })
    }

    /// The table of an object, or of a list's items.
    pub fn print(&self, value: &Value) -> String {
        match value.get("items").and_then(Value::as_array) {
            Some(items) => self.table(items.iter().map(|item| self.row(item))),
            None => self.table(std::iter::once(self.row(value))),
        }
    }

    /// The parts of an object that the columns show.
    pub fn mask(&self) -> Mask {
        let mut mask = Mask::default();
        for path in self.columns.iter().filter_map(|(_, path)| path.as_ref()) {
            path.want(&mut mask);
        }
        mask
    }

    /// The table of objects, each of which is let go once its row is known.
    pub fn print_all(&self, items: impl Iterator<Item = Value>) -> String {
        self.table(items.map(|item| self.row(&item)))
    }

    fn table(&self, cells: impl Iterator<Item = Vec<String>>) -> String {
        let mut rows: Vec<Vec<String>> = Vec::new();
        if self.headers {
            rows.push(self.columns.iter().map(|(header, _)| header.clone()).collect());
        }
        rows.extend(cells);
        Grid::default().print(rows.iter().map(Vec::as_slice))
    }

    fn row(&self, item: &Value) -> Vec<String> {
        let cell = |path: &Option<JsonPath>| match path.as_ref().map(|path| path.find(item)) {
            Some(Ok(found)) if !found.is_empty() => found.into_iter().map(go).collect::<Vec<_>>().join(","),
            _ => "<none>".to_owned(),
        };
        self.columns.iter().map(|(_, path)| cell(path)).collect()
    }
}
