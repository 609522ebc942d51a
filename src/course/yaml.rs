//! Content YAML as a tree that remembers where everything stood, so that every complaint can name line and column. Knows nothing
//! of quizzes or labs. Size, depth and aliases are bounded; what is too much is a complaint like any other mistake.

use super::diagnostic::{Place, Report};
use super::text::{first_hostile, visible};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::ops::Range;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub place: Place,
    /// The bytes of the text it was written in; empty if unknown.
    pub bytes: Range<usize>,
    /// What it is.
    pub value: Value,
    /// The first character of a text that a terminal would obey, written as an escape (`"\e"`); readers see a picture of it.
    pub hostile: Option<char>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Text, safe to show.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order in which they stand.
    Map(Vec<(Node, Node)>),
}

/// Why a text is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Where reading stopped.
    pub place: Place,
    /// What is wrong there.
    pub text: String,
}

/// The same as [`parse`], with complaints about characters that have no place in a text.
pub fn read(text: &str, first: usize, report: &mut Report) -> Result<Node, Trouble> {
    let root = parse(text, first)?;
    root.complain_of_hostiles(report);
    Ok(root)
}

/// The tree of a text whose first line is line `first` of its file.
pub fn parse(text: &str, first: usize) -> Result<Node, Trouble> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_events: 200_000, max_aliases: 0, max_anchors: 0, max_depth: 32 },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Tree>>(text, options) {
        Ok(root) => Ok(node(root, text, first - 1)),
        Err(error) => {
            let error = error.without_snippet();
            let place = error.location().map_or(Place::line(first), |at| place(at, first - 1));
            Err(Trouble { place, text: worded(&error.to_string()) })
        }
    }
}

/// The complaint in one line, without the place that is said apart.
fn worded(message: &str) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty()).unwrap_or("not valid YAML");
    let line = line.trim();
    let line = line.split(" at line ").next().unwrap_or(line);
    let line = line.split("error: line ").last().unwrap_or(line);
    if let Some(rest) = line.strip_prefix("duplicate mapping key: ") {
        return format!("the key '{}' stands twice", visible(rest.split(',').next().unwrap_or_default()));
    }
    for (limit, meaning) in [
        ("budget breached: A", "anchors (&x) and aliases (*x) are not read in content; write it out"),
        ("budget breached: Depth", "nested too deeply; 32 levels are the limit"),
        ("budget breached", "too large to be content; split the file"),
    ] {
        if line.starts_with(limit) {
            return meaning.to_owned();
        }
    }
    visible(line.trim_end_matches('.')).into_owned()
}

fn place(at: Location, above: usize) -> Place {
    let line = usize::try_from(at.line()).unwrap_or(1).max(1);
    Place { line: above + line, column: usize::try_from(at.column()).unwrap_or(1).max(1) }
}

/// A value as the reader hands it over, children with their places.
enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Tree>>),
    Map(Vec<(Spanned<Tree>, Spanned<Tree>)>),
}

fn node(tree: Spanned<Tree>, text: &str, above: usize) -> Node {
    let at = tree.referenced;
    let bytes = bytes(at, text);
    let place = place(at, above);
    let hostile = match &tree.value {
        Tree::Text(value) => first_hostile(value).map(|(_, c)| c),
        _ => None,
    };
    let value = match tree.value {
        Tree::Null => Value::Null,
        Tree::Bool(value) => Value::Bool(value),
        Tree::Number(number) => Value::Number(written(&bytes, text).unwrap_or(number)),
        Tree::Text(value) => Value::Text(visible(&value).into_owned()),
        Tree::List(items) => Value::List(items.into_iter().map(|item| node(item, text, above)).collect()),
        Tree::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (node(key, text, above), node(value, text, above)))
                .collect(),
        ),
    };
    Node { place, bytes, value, hostile }
}

fn bytes(at: Location, text: &str) -> Range<usize> {
    let span = at.span();
    let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) else { return 0..0 };
    let (start, length) = (usize::try_from(start).unwrap_or(0), usize::try_from(length).unwrap_or(0));
    start.min(text.len())..start.saturating_add(length).min(text.len())
}

/// A number as its author wrote it (`1.0`, not `1`).
fn written(bytes: &Range<usize>, text: &str) -> Option<String> {
    let written = text.get(bytes.clone())?.trim();
    written.parse::<f64>().ok().map(|_| written.to_owned())
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Tree, D::Error> {
        from.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Tree, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Map(entries))
    }
}

impl Node {
    /// What the node is, for a complaint ("a list").
    pub fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "fields",
        }
    }

    /// Complains about each text in the tree that holds a character a terminal would obey.
    fn complain_of_hostiles(&self, report: &mut Report) {
        if let Some(c) = self.hostile {
            let text = format!("this text holds the character U+{:04X}", u32::from(c));
            report.error_hint(self.place, text, "take the escape out; readers see a picture of it");
        }
        match &self.value {
            Value::List(items) => items.iter().for_each(|item| item.complain_of_hostiles(report)),
            Value::Map(entries) => entries.iter().for_each(|(key, value)| {
                key.complain_of_hostiles(report);
                value.complain_of_hostiles(report);
            }),
            _ => {}
        }
    }

    /// A scalar as text: text itself, a number as written, `true` or `false`.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(text) | Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let text = "questions:\n  - id: a\n    points: 1.0\n    because: { true: x, false: y }\n";
        let root = parse(text, 10).unwrap();
        let Value::Map(entries) = &root.value else { panic!("{root:?}") };
        let Value::List(items) = &entries[0].1.value else { panic!("{root:?}") };
        let Value::Map(fields) = &items[0].value else { panic!("{root:?}") };
        assert_eq!(fields[0].0.place, Place { line: 11, column: 5 });
        assert_eq!(fields[0].1.place, Place { line: 11, column: 9 });
        assert_eq!(fields[1].1.value, Value::Number("1.0".into()));
        let Value::Map(because) = &fields[2].1.value else { panic!("{root:?}") };
        assert_eq!(because[0].0.value, Value::Bool(true));
    }

    #[test]
    fn what_is_not_yaml_names_its_place_and_bombs_are_refused() {
        let trouble = parse("a: 1\nb: [1, 2\nc: 3\n", 1).unwrap_err();
        assert!(trouble.place.line >= 2, "{trouble:?}");
        assert!(!trouble.text.contains('\n'));
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(parse(&deep, 1).is_err());
        assert!(parse("a: &x [1]\nb: *x\n", 1).is_err());
        assert!(parse("a: 1\na: 2\n", 1).is_err());
    }

    #[test]
    fn escapes_in_quoted_text_are_made_visible() {
        assert_eq!(parse("\"\\e[31m\"", 1).unwrap().value, Value::Text("␛[31m".into()));
    }
}
