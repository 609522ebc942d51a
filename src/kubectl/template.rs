//! Go templates as `-o go-template` takes them (`text/template`): fields, variables, `range`, `if`, `with`, `define`, pipelines and
//! functions. Knows JSON values and masks of them only.

mod eval;
mod functions;
mod lex;
mod looks;
mod parse;
mod printf;

use crate::kube::Mask;
use serde_json::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parsed: parse::Parsed,
    text: String,
}

/// Why a template stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What it had printed until then.
    pub printed: String,
    /// Why, in Go's words.
    pub why: String,
}

impl Template {
    /// Reads a template. The error is Go's, from the line number on: `1: unclosed action`.
    pub fn parse(text: &str) -> Result<Template, String> {
        Ok(Template { parsed: parse::template(text)?, text: text.to_owned() })
    }

    /// The template as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Wants in `mask` what the template looks at: for a value with those parts alone it prints the same, unless it fails.
    pub fn want(&self, mask: &mut Mask) {
        looks::want(&self.parsed, mask);
    }

    /// What the template prints for `root`.
    pub fn print(&self, root: &Value) -> Result<String, Stopped> {
        eval::print(&self.parsed, root).map_err(|(printed, why)| Stopped { printed, why })
    }
}

#[cfg(test)]
mod tests;
