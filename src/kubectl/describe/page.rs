//! A page of `key: value` lines whose columns are aligned in the end (Go's `text/tabwriter`: padding two, blocks of consecutive
//! lines). Does not know what is described.

use crate::kube::SimTime;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A page in the making.
#[derive(Debug)]
pub struct Page {
    text: String,
    /// When it is made.
    pub now: SimTime,
}

impl Page {
    pub(super) fn new(now: SimTime) -> Page {
        Page { text: String::new(), now }
    }

    /// The page with its columns aligned.
    pub(super) fn finish(self) -> String {
        align(&self.text)
    }

    /// The page as it is, tabs and all.
    pub(super) fn raw(self) -> String {
        self.text
    }

    /// A line as it is, at a level of indentation.
    pub(super) fn line(&mut self, level: usize, text: &str) {
        self.text.extend(std::iter::repeat_n("  ", level));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// `key:` and its value.
    pub(super) fn field(&mut self, level: usize, key: &str, value: impl AsRef<str>) {
        self.text.extend(std::iter::repeat_n("  ", level));
        let _ = writeln!(self.text, "{key}:\t{}", value.as_ref());
    }

    /// The same if there is a value.
    pub(super) fn optional(&mut self, level: usize, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            self.field(level, key, value);
        }
    }

    /// Name and namespace.
    pub(super) fn heading(&mut self, meta: &ObjectMeta) {
        self.field(0, "Name", meta.name.as_deref().unwrap_or_default());
        if let Some(namespace) = meta.namespace.as_deref() {
            self.field(0, "Namespace", namespace);
        }
    }

    /// `key: value` pairs below one key, one to a line.
    pub(super) fn pairs(&mut self, level: usize, key: &str, pairs: Option<&BTreeMap<String, String>>) {
        match pairs.filter(|p| !p.is_empty()) {
            None => self.field(level, key, "<none>"),
            Some(pairs) => {
                for (i, (name, value)) in pairs.iter().enumerate() {
                    self.item(level, if i == 0 { key } else { "" }, &format!("{name}={value}"));
                }
            }
        }
    }

    /// One of several values of a key: only the first line names the key.
    pub(super) fn item(&mut self, level: usize, key: &str, value: &str) {
        if key.is_empty() {
            let _ = writeln!(self.text, "\t{value}");
        } else {
            self.field(level, key, value);
        }
    }

    /// Labels and annotations.
    pub(super) fn labels(&mut self, meta: &ObjectMeta) {
        self.pairs(0, "Labels", meta.labels.as_ref());
        self.annotations(0, meta.annotations.as_ref());
    }

    /// Annotations, without what `kubectl apply` remembers.
    pub(super) fn annotations(&mut self, level: usize, all: Option<&BTreeMap<String, String>>) {
        let hidden = "kubectl.kubernetes.io/last-applied-configuration";
        let shown: Vec<_> = all.into_iter().flatten().filter(|(key, _)| *key != hidden).collect();
        if shown.is_empty() {
            self.field(level, "Annotations", "<none>");
        }
        for (i, (name, value)) in shown.into_iter().enumerate() {
            let key = if i == 0 { "Annotations" } else { "" };
            let value = value.trim_end_matches('\n');
            if name.len() + value.len() + 2 <= LONGEST_ANNOTATION && !value.contains('\n') {
                self.item(level, key, &format!("{name}: {value}"));
                continue;
            }
            self.item(level, key, &format!("{name}:"));
            for line in value.lines() {
                self.item(level, "", &format!("  {}", shorten(line, LONGEST_ANNOTATION - 2)));
            }
        }
    }

    /// Who controls the object.
    pub(super) fn controlled_by(&mut self, meta: &ObjectMeta) {
        if let Some(owner) = meta.owner_references.iter().flatten().find(|o| o.controller == Some(true)) {
            self.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
        }
    }
}

const LONGEST_ANNOTATION: usize = 140;

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain("...".chars()).collect()
}

/// A date as kubectl writes it.
pub fn date(time: &Time) -> String {
    time.0.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The date, or `other` if there is none.
pub(super) fn date_or(time: Option<&Time>, other: &str) -> String {
    time.map_or_else(|| other.to_owned(), date)
}

/// Text whose tabs are turned into columns.
pub fn align(text: &str) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let lines: Vec<Vec<&str>> = body.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut out = String::with_capacity(text.len() * 2);
    format(&lines, &mut Vec::new(), &mut out);
    out
}

const PADDING: usize = 2;

/// Writes lines whose first columns have the widths given; each run of lines with a further column gets its own width for it.
fn format(lines: &[Vec<&str>], widths: &mut Vec<usize>, out: &mut String) {
    let column = widths.len();
    let has = |line: &Vec<&str>| column + 1 < line.len();
    let mut at = 0;
    while at < lines.len() {
        if !has(&lines[at]) {
            write_line(&lines[at], widths, out);
            at += 1;
            continue;
        }
        let run = lines[at..].iter().take_while(|line| has(line)).count();
        let block = &lines[at..at + run];
        let width = block.iter().map(|line| line[column].chars().count() + PADDING).max().unwrap_or(0);
        widths.push(width);
        format(block, widths, out);
        widths.pop();
        at += run;
    }
}

fn write_line(cells: &[&str], widths: &[usize], out: &mut String) {
    for (i, cell) in cells.iter().enumerate() {
        out.push_str(cell);
        if let Some(width) = widths.get(i) {
            out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_tab_ends_a_block() {
        let text = align("Name:\tx\nNamespace:\ty\nIPs:\n  IP:\t1\n");
        assert_eq!(text, "Name:       x\nNamespace:  y\nIPs:\n  IP:  1\n");
    }

    #[test]
    fn inner_columns_have_widths_of_their_own() {
        let text = align("  T\tR\tM\n  Warning\tB\tlong\nx:\ty\n");
        assert_eq!(text, "  T        R  M\n  Warning  B  long\nx:         y\n");
    }
}
