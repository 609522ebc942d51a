//! Reading the fields of a content file: each field asked for by name, what is missing, mistyped or unknown complained about where
//! it stands. Knows nothing of what the fields are for.

use super::diagnostic::{Place, Report};
use super::yaml::{Node, Value};

/// The fields of one map.
pub struct Fields<'a> {
    entries: &'a [(Node, Node)],
    /// Where the map starts.
    pub place: Place,
    what: &'a str,
}

impl<'a> Fields<'a> {
    /// The fields of `node`, which is a `what` ("question"); `None` (and a complaint) if it has none. Fields not in `known` are
    /// complained about.
    pub fn of(node: &'a Node, what: &'a str, known: &[&str], report: &mut Report) -> Option<Fields<'a>> {
        let Value::Map(entries) = &node.value else {
            report.error(node.place, format!("{} is made of fields, this is {}", a(what), node.what()));
            return None;
        };
        for (key, _) in entries {
            let name = key.scalar().unwrap_or_default();
            if !known.contains(&name.as_str()) {
                report.unknown(
                    key.place,
                    format!("{} has no field '{name}'", a(what)),
                    &name,
                    known.iter().copied(),
                );
            }
        }
        Some(Fields { entries, place: node.place, what })
    }

    /// The value of a field, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<&'a Node> {
        let named = |(key, _): &&(Node, Node)| key.scalar().as_deref() == Some(name);
        self.entries.iter().find(named).map(|(_, value)| value).filter(|value| value.value != Value::Null)
    }

    /// Where a field stands, or the map if it does not.
    pub fn place_of(&self, name: &str) -> Place {
        self.get(name).map_or(self.place, |node| node.place)
    }

    /// The value of a field that must be there.
    pub fn need(&self, name: &str, report: &mut Report) -> Option<&'a Node> {
        let found = self.get(name);
        if found.is_none() {
            report.error(self.place, format!("this {} has no '{name}'", self.what));
        }
        found
    }

    /// Text of a field; a number or `true` counts as the text it is written as.
    pub fn text(&self, name: &str, report: &mut Report) -> Option<String> {
        self.get(name).and_then(|node| text(node, name, report))
    }

    /// Text of a field that must be there and not empty.
    pub fn need_text(&self, name: &str, report: &mut Report) -> Option<String> {
        let node = self.need(name, report)?;
        let text = text(node, name, report)?;
        if text.trim().is_empty() {
            report.error(node.place, format!("'{name}' is empty"));
            return None;
        }
        Some(text)
    }

    /// A whole number of a field, within a range.
    pub fn whole(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<usize>,
        report: &mut Report,
    ) -> Option<usize> {
        self.get(name).and_then(|node| whole(node, name, range, report))
    }

    /// A yes or no.
    pub fn truth(&self, name: &str, report: &mut Report) -> Option<bool> {
        let node = self.get(name)?;
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        report.error(node.place, format!("'{name}' is true or false, this is {}", node.what()));
        None
    }

    /// The items of a list; nothing if the field is not there.
    pub fn list(&self, name: &str, report: &mut Report) -> &'a [Node] {
        match self.get(name) {
            Some(Node { value: Value::List(items), .. }) => items,
            Some(node) => {
                report.error(node.place, format!("'{name}' is a list, this is {}", node.what()));
                &[]
            }
            None => &[],
        }
    }

    /// The texts of a list, each with its place.
    pub fn texts(&self, name: &str, report: &mut Report) -> Vec<(String, Place)> {
        let items = self.list(name, report);
        items.iter().filter_map(|item| Some((text(item, name, report)?, item.place))).collect()
    }
}

/// A noun with its article.
fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// A node as text.
pub fn text(node: &Node, name: &str, report: &mut Report) -> Option<String> {
    let text = node.scalar();
    if text.is_none() {
        report.error_hint(
            node.place,
            format!("'{name}' is text, this is {}", node.what()),
            "quote it if it holds ': ' or starts with a sign YAML knows",
        );
    }
    text
}

/// A node as a whole number within a range.
pub fn whole(
    node: &Node,
    name: &str,
    range: std::ops::RangeInclusive<usize>,
    report: &mut Report,
) -> Option<usize> {
    let number = if let Value::Number(text) = &node.value { text.parse().ok() } else { None };
    match number {
        Some(number) if range.contains(&number) => Some(number),
        _ => {
            let (low, high) = (range.start(), range.end());
            report.error(node.place, format!("'{name}' is a whole number from {low} to {high}"));
            None
        }
    }
}
