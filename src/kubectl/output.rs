//! The forms of `-o`, and JSON as kubectl writes it. Knows values, not where they come from.

mod custom;
pub mod golang;
use std::fmt::Write as _;

pub use custom::CustomColumns;

use super::complaint::Complaint;
use super::flags::Args;
use super::jsonpath::JsonPath;
use super::template::{Stopped, Template};
use super::yaml;
use crate::kube::{Mask, Object, gotext};
use serde_json::{Map, Value};

/// How objects are printed.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The server's table.
    Table,
    /// The server's table with all its columns.
    Wide,
    /// `pod/web`
    Name,
    /// Indented JSON.
    Json,
    /// YAML.
    Yaml,
    /// YAML in flow style.
    Kyaml,
    /// A JSON path, as it was typed.
    JsonPath(JsonPath, String),
    /// What a JSON path finds, as a JSON list.
    JsonPathAsJson(JsonPath),
    /// A Go template.
    Template(Template),
    /// Columns of the learner's own.
    Custom(CustomColumns),
}

/// Which forms a verb prints in (`cli-runtime/pkg/genericclioptions/print_flags.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forms {
    /// `get` and its like: tables too. `headers` is whether custom columns have theirs.
    Tables {
        /// Whether custom columns have a line of headers.
        headers: bool,
    },
    /// Verbs that tell what they did: whole objects only.
    Objects,
}

impl Forms {
    /// Whether `-o form=…` means something.
    fn takes_argument(self, form: &str) -> bool {
        let columns = form.starts_with("custom-columns") && self != Forms::Objects;
        columns
            || form.starts_with("jsonpath")
            || form.starts_with("go-template")
            || form.starts_with("template")
    }

    /// The names of the forms, as the refusal of another one lists them.
    fn names(self) -> &'static str {
        match self {
            Forms::Tables { .. } => {
                "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,\
                 kyaml,name,template,templatefile,wide,yaml"
            }
            Forms::Objects => {
                "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml"
            }
        }
    }
}

impl Output {
    /// What the flags ask of a verb that prints whole objects.
    pub fn of(args: &Args) -> Result<Output, Complaint> {
        Output::parse(args.or("output", ""), args.get("template"), Forms::Objects)
    }

    /// What `-o text` asks for. `template` is the value of `--template`.
    pub fn parse(text: &str, template: Option<&str>, forms: Forms) -> Result<Output, Complaint> {
        let (form, argument) = match text.split_once('=') {
            Some((form, argument)) => (form, Some(argument)),
            None => (text, template),
        };
        let argument = argument.filter(|a| !a.is_empty());
        let lower = form.to_ascii_lowercase();
        let form = if text.contains('=') { form } else { lower.as_str() };
        let form = if forms.takes_argument(form) || !text.contains('=') { form } else { text };
        Ok(match form {
            "" if template.is_some() => template_of(template)?,
            "" => Output::Table,
            "wide" if forms != Forms::Objects => Output::Wide,
            "name" => Output::Name,
            "json" => Output::Json,
            "yaml" => Output::Yaml,
            "kyaml" => Output::Kyaml,
            "jsonpath" => Output::JsonPath(path(argument)?, argument.unwrap_or_default().to_owned()),
            "jsonpath-as-json" => Output::JsonPathAsJson(path(argument)?),
            "go-template" | "template" => template_of(argument)?,
            "custom-columns" if forms != Forms::Objects => {
                let headers = forms == Forms::Tables { headers: true };
                let missing = "custom-columns format specified but no custom columns given";
                let spec = argument.ok_or_else(|| Complaint::plain(missing))?;
                Output::Custom(CustomColumns::parse(spec, headers).map_err(Complaint::Plain)?)
            }
            _ => {
                return Err(Complaint::plain(format!(
                    "unable to match a printer suitable for the output format {text:?}, allowed formats are: {}",
                    forms.names()
                )));
            }
        })
    }

    /// Whether this is one of the server's tables.
    pub fn is_table(&self) -> bool {
        matches!(self, Output::Table | Output::Wide)
    }

    /// The same for what kubectl made itself: its JSON is in the order of Go's structs.
    pub fn print_made(&self, value: &Value) -> Result<String, Complaint> {
        match self {
            Output::Json => {
                let mut text = String::new();
                indented(value, 0, &|parent, map| golang::fields(parent, map), "", &mut text);
                Ok(text + "\n")
            }
            other => other.print(value),
        }
    }

    /// What this form looks at of a value it prints.
    fn mask(&self) -> Mask {
        match self {
            Output::JsonPath(path, _) | Output::JsonPathAsJson(path) => {
                let mut mask = Mask::default();
                path.want(&mut mask);
                mask
            }
            Output::Template(template) => {
                let mut mask = Mask::default();
                template.want(&mut mask);
                mask
            }
            Output::Custom(columns) => columns.mask(),
            _ => Mask::everything(),
        }
    }

    /// An object, of which `show` makes as much as this form looks at. Where that fails it is all of it, for the message shows it whole.
    pub fn print_object(&self, show: impl Fn(&Mask) -> Value) -> Result<String, Complaint> {
        self.print(&show(&self.mask())).or_else(|_| self.print(&show(&Mask::everything())))
    }

    /// A `List` of objects in this form, made by `show` as in [`Output::print_object`]. Where it can be, one object after the other is
    /// printed, so that not all of the values are there at the same time.
    pub fn print_list<'o>(
        &self,
        mut objects: impl Iterator<Item = &'o Object> + Clone,
        show: impl Fn(&Object, &Mask) -> Value,
    ) -> Result<String, Complaint> {
        let mask = self.mask();
        match self {
            Output::Custom(columns) => Ok(columns.print_all(objects.map(|object| show(object, &mask)))),
            Output::Yaml => {
                let Some(first) = objects.next() else { return self.print(&list(Vec::new())) };
                let mut text = "apiVersion: v1\nitems:\n".to_owned();
                for object in std::iter::once(first).chain(objects) {
                    text.push_str(&yaml::to_string(&Value::Array(vec![show(object, &mask)])));
                }
                Ok(text + "kind: List\nmetadata:\n  resourceVersion: \"\"\n")
            }
            _ => {
                let of = |mask: &Mask| list(objects.clone().map(|object| show(object, mask)).collect());
                let parts = mask.of("items").cloned().unwrap_or_default();
                self.print(&of(&parts)).or_else(|_| self.print(&of(&Mask::everything())))
            }
        }
    }

    /// `value` in this form. Tables and names are made of objects, not of values: see [`name`].
    pub fn print(&self, value: &Value) -> Result<String, Complaint> {
        match self {
            Output::Json => Ok(json(value)),
            Output::Yaml => Ok(yaml::to_string(value)),
            Output::Kyaml => Ok(kyaml(value)),
            Output::JsonPath(path, typed) => path.print(value).map_err(|why| {
                Complaint::Plain(format!(
                    "error executing jsonpath {typed:?}: Error executing template: {why}. Printing more information \
                     for debugging the template:\n\ttemplate was:\n\t\t{typed}\n\tobject given to jsonpath engine \
                     was:\n\t\t{}\n\n",
                    go_syntax(value)
                ))
            }),
            Output::JsonPathAsJson(path) => {
                let found = path.find(value).map_err(Complaint::Plain)?;
                Ok(json(&Value::Array(found.into_iter().cloned().collect())))
            }
            Output::Template(template) => template.print(value).map_err(|stopped| {
                let (Stopped { printed, why }, typed) = (stopped, template.text());
                Complaint::Telling {
                    stdout: format!(
                        "{printed}Error executing template: {why}. Printing more information for debugging the \
                         template:\n\ttemplate was:\n\t\t{typed}\n\traw data was:\n\t\t{}\n\tobject given to \
                         template engine was:\n\t\t{}\n\n",
                        compact_json(value),
                        gotext::show(value)
                    ),
                    why: format!("error executing template {typed:?}: {why}"),
                }
            }),
            Output::Custom(columns) => Ok(columns.print(value)),
            Output::Name | Output::Table | Output::Wide => Ok(String::new()),
        }
    }
}

fn path(argument: Option<&str>) -> Result<JsonPath, Complaint> {
    let missing = "template format specified but no template given";
    let text = argument.ok_or_else(|| Complaint::plain(missing))?;
    JsonPath::parse(text).map_err(|why| Complaint::Plain(format!("error parsing jsonpath {text}, {why}")))
}

fn template_of(argument: Option<&str>) -> Result<Output, Complaint> {
    let missing = "template format specified but no template given";
    let text = argument.ok_or_else(|| Complaint::plain(missing))?;
    let parsed = Template::parse(text);
    parsed
        .map(Output::Template)
        .map_err(|why| Complaint::Plain(format!("error parsing template {text}, template: output:{why}")))
}

/// `pod/web`, `deployment.apps/dep`.
pub fn name(object: &Object) -> String {
    let info = object.kind().info();
    let name = object.meta().name.as_deref().unwrap_or_default();
    if info.group.is_empty() {
        format!("{}/{name}", info.singular)
    } else {
        format!("{}.{}/{name}", info.singular, info.group)
    }
}

/// The object as it is printed: without the managed fields.
pub fn shown(object: &Object) -> Value {
    shown_parts(object, &Mask::everything())
}

/// The same of the parts that a mask wants.
pub fn shown_parts(object: &Object, mask: &Mask) -> Value {
    let mut value = object.to_masked(mask);
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    value
}

/// A `List` of values.
pub fn list(items: Vec<Value>) -> Value {
    serde_json::json!({
        "apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}
    })
}

/// JSON with four blanks for each level and a line end, `<`, `>` and `&` escaped.
pub fn json(value: &Value) -> String {
    let mut text = String::new();
    indented(value, 0, &|_, map| map.iter().collect(), "", &mut text);
    text.push('\n');
    text
}

/// JSON on one line, escaped alike.
pub fn compact_json(value: &Value) -> String {
    escape(&value.to_string())
}

fn escape(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// How the fields of an object under a key are put in order.
type Order<'a> = &'a dyn for<'m> Fn(&str, &'m Map<String, Value>) -> Vec<(&'m String, &'m Value)>;

fn indented(value: &Value, level: usize, order: Order, parent: &str, text: &mut String) {
    let (items, open, close): (Vec<(Option<&String>, &Value)>, char, char) = match value {
        Value::Array(items) if !items.is_empty() => (items.iter().map(|v| (None, v)).collect(), '[', ']'),
        Value::Object(fields) if !fields.is_empty() => {
            (order(parent, fields).into_iter().map(|(k, v)| (Some(k), v)).collect(), '{', '}')
        }
        leaf => return text.push_str(&compact_json(leaf)),
    };
    let indent = |text: &mut String, level: usize| text.extend(std::iter::repeat_n("    ", level));
    text.push(open);
    for (i, (key, value)) in items.into_iter().enumerate() {
        text.push_str(if i == 0 { "\n" } else { ",\n" });
        indent(text, level + 1);
        if let Some(key) = key {
            text.push_str(&escape(&Value::from(key.as_str()).to_string()));
            text.push_str(": ");
        }
        indented(value, level + 1, order, key.map_or(parent, String::as_str), text);
    }
    text.push('\n');
    indent(text, level);
    text.push(close);
}

/// YAML in flow style, as `-o kyaml` writes it.
fn kyaml(value: &Value) -> String {
    let mut text = "---\n".to_owned();
    flow(value, 0, &mut text);
    text.push('\n');
    text
}

fn flow(value: &Value, level: usize, text: &mut String) {
    let indent = |text: &mut String, level: usize| text.extend(std::iter::repeat_n("  ", level));
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push_str("{\n");
            for (key, value) in fields {
                indent(text, level + 1);
                text.push_str(&flow_key(key));
                text.push_str(": ");
                flow(value, level + 1, text);
                text.push_str(",\n");
            }
            indent(text, level);
            text.push('}');
        }
        Value::Array(items) if !items.is_empty() => flow_list(items, level, text),
        Value::String(lines) if lines.contains('\n') => flow_lines(lines, level + 1, text),
        leaf => text.push_str(&leaf.to_string()),
    }
}

/// Text of several lines: each on a line of its own, ended by its escape and a backslash. A blank at the start of a line would be
/// lost in reading, so it is escaped.
fn flow_lines(lines: &str, level: usize, text: &mut String) {
    let indent = "  ".repeat(level);
    text.push_str("\"\\\n");
    for line in lines.split_inclusive('\n') {
        let quoted = Value::from(line).to_string();
        let lead = if line.starts_with([' ', '\t']) { '\\' } else { ' ' };
        let _ = writeln!(text, "{indent}{lead}{}\\", &quoted[1..quoted.len() - 1]);
    }
    text.push_str(&indent);
    text.push('"');
}

/// Lists of objects hug their brackets; lists of plain values stand one to a line.
fn flow_list(items: &[Value], level: usize, text: &mut String) {
    let indent = |text: &mut String, level: usize| text.extend(std::iter::repeat_n("  ", level));
    if items.iter().all(|item| item.is_object() || item.is_array()) {
        text.push('[');
        for (i, item) in items.iter().enumerate() {
            text.push_str(if i == 0 { "" } else { ", " });
            flow(item, level, text);
        }
        text.push(']');
        return;
    }
    text.push_str("[\n");
    for item in items {
        indent(text, level + 1);
        flow(item, level + 1, text);
        text.push_str(",\n");
    }
    indent(text, level);
    text.push(']');
}

/// A key that no reader of YAML takes for something else stands bare.
fn flow_key(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let ambiguous = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if plain && !ambiguous.contains(&key.to_lowercase().as_str()) {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    }
}

/// A value in Go's own syntax (`%#v`).
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k:?}:{}", go_syntax(v))).collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::String(text) => Value::from(text.as_str()).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_indented_by_four_and_escaped() {
        let text = super::json(&json!({"a": [1, {"b": "<&>"}], "c": {}, "d": []}));
        let expected = "{\n    \"a\": [\n        1,\n        {\n            \"b\": \"\\u003c\\u0026\\u003e\"\n        }\n    ],\n    \"c\": {},\n    \"d\": []\n}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_unknown_form_lists_the_known_ones() {
        let complaint = Output::parse("wibble", None, Forms::Objects).unwrap_err().to_string();
        assert!(
            complaint
                .starts_with("error: unable to match a printer suitable for the output format \"wibble\"")
        );
    }
}
