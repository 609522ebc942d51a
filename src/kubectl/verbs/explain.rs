//! `kubectl explain` (`kubectl/pkg/explain/v2`).

use crate::kube::Kind;
use crate::kube::schema::{self, Field, Found, Type};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{Verb, Words};
use std::fmt::Write;

const FLAGS: &[Flag] = &[
    flag(
        "recursive",
        Takes::Switch,
        "When true, print the name of all the fields recursively. Otherwise, print the available fields with their description.",
    ),
    flag("api-version", Takes::Text, "Use given api-version (group/version) of the resource."),
    flag(
        "output",
        Takes::Text,
        "Format in which to render the schema. Valid values are: (plaintext, plaintext-openapiv2).",
    )
    .short('o'),
];

pub(super) const VERB: Verb = Verb {
    name: "explain",
    path: "kubectl explain",
    summary: "Describe fields and structure of various resources.",
    usage: "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2] [options]",
    examples: "# A kind\nkubectl explain pods\n\n# A field\nkubectl explain pod.spec.containers.livenessProbe",
    flags: &[FLAGS],
    words: Words::Fields,
    run: explain,
    ..Verb::EMPTY
};

/// Text is wrapped at this column.
const WIDTH: usize = 76;

fn explain(run: &mut Run) -> Result<Flow, Complaint> {
    let [word] = run.args.words.as_slice() else {
        return Err(if run.args.words.is_empty() {
            Complaint::plain(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported \
                 resources.",
            )
        } else {
            Complaint::plain("We accept only this format: explain RESOURCE\n")
        });
    };
    match run.args.get("output") {
        None | Some("plaintext" | "plaintext-openapiv2") => {}
        Some(other) => return Err(Complaint::plain(format!("unrecognized format: {other}"))),
    }
    if word.is_empty() {
        return Err(Complaint::plain("a resource must be present, got: /, Resource="));
    }
    if word.starts_with('.') || word.contains("..") || word.contains(['[', '{']) {
        return Err(Complaint::plain("invalid jsonpath syntax, first node must be field node"));
    }
    // A dot at the end is what completion leaves there.
    let word = word.strip_suffix('.').unwrap_or(word);
    let mut path = word.split('.');
    let name = path.next().unwrap_or_default();
    let unknown = || Complaint::Raw(format!("the server doesn't have a resource type {name:?}"));
    let (kind, path) = kind_and_path(word).ok_or_else(unknown)?;
    let info = kind.info();
    if let Some(version) = run.args.get("api-version").filter(|v| !v.is_empty() && *v != kind.api_version()) {
        return Err(Complaint::plain(format!(
            "couldn't find resource for \"{version}, Resource={}\"",
            info.plural
        )));
    }
    let mut text = String::new();
    if !info.group.is_empty() {
        let _ = writeln!(text, "GROUP:      {}", info.group);
    }
    let _ = write!(text, "KIND:       {}\nVERSION:    {}\n\n", info.name, info.version);
    let found = match schema::lookup(kind, path.iter().copied()) {
        Ok(found) => found,
        Err(field) => {
            run.out(text);
            return Err(Complaint::plain(format!("field {field:?} does not exist")));
        }
    };
    describe(&found, &mut text);
    if let Some(inside) = found.inside().filter(|t| !t.fields.is_empty()) {
        text.push_str("FIELDS:\n");
        if run.args.is("recursive") {
            names(inside, 1, &mut Vec::new(), &mut text);
        } else {
            fields(inside, &mut text);
        }
    }
    text.push('\n');
    run.out(text);
    Ok(Flow::Done)
}

/// What the documentation says of the field or type that was found, its values included.
fn describe(found: &Found, text: &mut String) {
    let inside = found.inside();
    if let Some(field) = found.field {
        let _ = writeln!(text, "FIELD: {} <{}>", field.name, field.shape.explained());
        let values = enum_values(&field.description);
        if !values.is_empty() {
            text.push_str("ENUM:\n");
            for value in &values {
                let _ = writeln!(text, "    {value}");
            }
        }
        text.push_str(if values.is_empty() { "\n\n" } else { "\n" });
        text.push_str("DESCRIPTION:\n");
        wrap(&field.description, text);
        if let Some(inside) = inside {
            wrap(&inside.description, text);
        }
    } else {
        text.push_str("DESCRIPTION:\n");
        wrap(&found.holder.description, text);
    }
    text.push_str("    \n");
}

/// `deployments.apps.spec.replicas` names a group before the path; `pod.spec` does not.
fn kind_and_path(word: &str) -> Option<(Kind, Vec<&str>)> {
    let parts: Vec<&str> = word.split('.').collect();
    let kind = Kind::parse(parts[0])?;
    let group = kind.info().group;
    let rest = &parts[1..];
    let groups = group.split('.').count();
    let named = !group.is_empty() && rest.len() >= groups && rest[..groups].join(".") == group;
    Some((kind, if named { rest[groups..].to_vec() } else { rest.to_vec() }))
}

/// The values of an enumeration, as its description lists them.
fn enum_values(description: &str) -> Vec<String> {
    let Some((_, list)) = description.split_once("Possible enum values:") else { return Vec::new() };
    list.lines()
        .filter_map(|line| {
            let rest = line.trim_start().strip_prefix("- `\"")?;
            let value = rest.split("\"`").next()?;
            Some(if value.is_empty() { "\"\"".to_owned() } else { value.to_owned() })
        })
        .collect()
}

fn head(field: &Field, indent: &str, text: &mut String) {
    let required = if field.required { " -required-" } else { "" };
    let _ = writeln!(text, "{indent}{}\t<{}>{required}", field.name, field.shape.explained());
    let values = enum_values(&field.description);
    if !values.is_empty() {
        let shown = values.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
        let more = if values.len() > 4 { ", ...." } else { "" };
        let _ = writeln!(text, "{indent}enum: {shown}{more}");
    }
}

fn fields(of: &Type, text: &mut String) {
    for field in &of.fields {
        head(field, "  ", text);
        wrap(&field.description, text);
        text.push('\n');
    }
}

/// Names only, all the way down; a type inside itself is not opened again.
fn names(of: &'static Type, level: usize, open: &mut Vec<&'static str>, text: &mut String) {
    open.push(of.id);
    for field in &of.fields {
        head(field, &"  ".repeat(level), text);
        if let (_, Some(inner)) = field.shape.innermost()
            && !open.contains(&inner.id)
        {
            names(inner, level + 1, open, text);
        }
    }
    open.pop();
}

/// Wraps each line at [`WIDTH`]. Blanks between words stay as they are, but for those where a line ends.
fn wrap(paragraphs: &str, text: &mut String) {
    for line in paragraphs.lines() {
        let mut current = String::new();
        let mut blanks = String::new();
        for piece in line.split_inclusive(' ') {
            let word = piece.trim_end_matches(' ');
            let length = current.chars().count() + blanks.len() + word.chars().count();
            if !word.is_empty() && length > WIDTH && !current.trim().is_empty() {
                let _ = writeln!(text, "    {current}");
                current.clear();
            } else if !word.is_empty() {
                current.push_str(&blanks);
            }
            if !word.is_empty() {
                blanks.clear();
                current.push_str(word);
            }
            blanks.push_str(&piece[word.len()..]);
        }
        let _ = writeln!(text, "    {current}");
    }
}
