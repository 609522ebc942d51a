//! Go templates as `-o go-template` takes them: fields, variables, `range`, `if`, `with`, `define`-less, pipelines and the usual
//! functions. Knows JSON values only.

mod eval;
mod parse;

use parse::Node;
use serde_json::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    nodes: Vec<Node>,
}

impl Template {
    /// Reads a template. The error is Go's, from the line number on: `1: unclosed action`.
    pub fn parse(text: &str) -> Result<Template, String> {
        parse::template(text).map(|nodes| Template { nodes })
    }

    /// What the template prints for `root`.
    pub fn print(&self, root: &Value) -> Result<String, String> {
        eval::print(&self.nodes, root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(template: &str, expected: &str) {
        let root =
            json!({"items": [{"name": "a", "n": 1}, {"name": "b", "n": 0}], "m": {"x": "y"}, "k-v": 1});
        let printed = Template::parse(template).and_then(|t| t.print(&root));
        assert_eq!(printed.as_deref(), Ok(expected), "{template}");
    }

    #[test]
    fn templates_print_what_go_prints() {
        check("{{.m.x}}{{\"\\n\"}}", "y\n");
        check("{{range .items}}{{.name}} {{end}}", "a b ");
        check("{{range $i, $e := .items}}{{$i}}={{$e.name}};{{end}}", "0=a;1=b;");
        check("{{range .items}}{{if .n}}{{.name}}{{else}}-{{end}}{{end}}", "a-");
        check("{{with .m}}{{.x}}{{end}}", "y");
        check("{{len .items}} {{index .items 1 | printf \"%v\"}}", "2 map[n:0 name:b]");
        check("{{printf \"%s-%d\" .m.x 3}}", "y-3");
        check("{{.nope}}", "<no value>");
        check("{{if and .m (eq .m.x \"y\")}}yes{{end}}", "yes");
        check("a {{- \" b \" -}} c", "a b c");
        check("{{range $k, $v := .m}}{{$k}}:{{$v}}{{end}}", "x:y");
        check("{{index . \"k-v\"}}", "1");
        check("{{if eq .m.x \"z\"}}1{{else if eq .m.x \"y\"}}2{{end}}", "2");
        check("{{/* nothing */}}{{$x := .m.x}}{{$x}}", "y");
        check("{{range .none}}x{{else}}empty{{end}}", "empty");
    }

    #[test]
    fn mistakes_are_refused_in_gos_words() {
        assert_eq!(Template::parse("{{.metadata"), Err("1: unclosed action".to_owned()));
        assert_eq!(Template::parse("{{range .x}}"), Err("1: unexpected EOF".to_owned()));
        assert_eq!(Template::parse("{{nope}}"), Err("1: function \"nope\" not defined".to_owned()));
    }
}
