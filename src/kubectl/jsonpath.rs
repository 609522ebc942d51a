//! JSON paths in kubectl's dialect (`client-go/util/jsonpath`): text with `{…}` in it, ranges, filters, unions, slices, `..`. `$` and
//! `@` mean nothing there: every path starts with the value at hand.
//! Knows JSON values and masks of them only.

mod eval;
mod looks;
mod parse;

use crate::kube::Mask;
use parse::Node;
use serde_json::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    nodes: Vec<Node>,
}

impl JsonPath {
    /// Reads a template; the error is kubectl's, without what it was doing.
    pub fn parse(text: &str) -> Result<JsonPath, String> {
        parse::template(text).map(|nodes| JsonPath { nodes })
    }

    /// Reads what `--sort-by` and custom columns take: a path whose braces and leading dot may be missing.
    pub fn relaxed(text: &str) -> Result<JsonPath, String> {
        let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        if text.is_empty() || inner.is_empty() || inner.contains(['{', '}']) {
            return Err(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                 '{.name1.name2}'"
                    .to_owned(),
            );
        }
        JsonPath::parse(&format!("{{.{inner}}}"))
    }

    /// Wants in `mask` what the template looks at: for a value with those parts alone it prints and finds the same, unless it fails.
    pub fn want(&self, mask: &mut Mask) {
        looks::want(&self.nodes, mask);
    }

    /// What the template prints for `root`.
    pub fn print(&self, root: &Value) -> Result<String, String> {
        eval::print(&self.nodes, root)
    }

    /// Everything the template's paths find in `root`.
    pub fn find<'a>(&'a self, root: &'a Value) -> Result<Vec<&'a Value>, String> {
        eval::find(&self.nodes, root)
    }
}

#[cfg(test)]
mod tests;
