use super::*;
use serde_json::json;

fn root() -> Value {
    json!({"items": [{"name": "a", "n": 1}, {"name": "b", "n": 0}], "m": {"x": "y"}, "k-v": 1})
}

fn run(template: &str) -> Result<String, String> {
    Template::parse(template).and_then(|t| t.print(&root()).map_err(|stopped| stopped.why))
}

fn check(template: &str, expected: &str) {
    assert_eq!(run(template).as_deref(), Ok(expected), "{template}");
    let parsed = Template::parse(template).unwrap();
    let mut mask = Mask::default();
    parsed.want(&mut mask);
    let parts = mask.apply(&root()).unwrap();
    assert_eq!(parsed.print(&parts).as_deref(), Ok(expected), "{template} of no more than {parts}");
}

#[test]
fn a_template_looks_at_what_it_names_and_no_more() {
    let looked = |template: &str| {
        let mut mask = Mask::default();
        Template::parse(template).unwrap().want(&mut mask);
        mask.apply(&root()).unwrap()
    };
    assert_eq!(looked("{{range .items}}{{.name}}{{end}}"), json!({"items": [{"name": "a"}, {"name": "b"}]}));
    assert_eq!(looked("{{with .m}}{{end}}"), json!({"m": {"x": "y"}}));
    assert_eq!(looked("{{template \"t\" .}}{{define \"t\"}}{{end}}"), root());
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
fn variables_change_and_loops_are_left() {
    check("{{$n := 0}}{{range .items}}{{$n = .name}}{{end}}{{$n}}", "b");
    check("{{range .items}}{{if eq .name \"a\"}}{{continue}}{{end}}{{.name}}{{end}}", "b");
    check("{{range .items}}{{.name}}{{break}}{{end}}", "a");
    check("{{with $x := .m}}{{$x.x}}{{end}}{{if $y := .m.x}}{{$y}}{{end}}", "yy");
}

#[test]
fn templates_are_defined_and_called() {
    check("{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .m.x}}{{block \"b\" .m}}{{.x}}{{end}}", "[y]y");
    let endless = run("{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}").unwrap_err();
    assert!(endless.ends_with("exceeded maximum template depth"), "{endless}");
}

#[test]
fn functions_are_gos() {
    check("{{print 1 2 \"a\" \"b\" 3}}|{{println \"a\" 1}}", "1 2ab3|a 1\n");
    check(
        "{{html \"<a&b>\"}} {{js \"a\\\"=\"}} {{urlquery \"a b&c\"}}",
        "&lt;a&amp;b&gt; a\\\"\\u003D a+b%26c",
    );
    check("{{slice .m.x 0 1}}{{slice \"abc\" 1}} {{len (slice .items 1)}}", "ybc 1");
    check(
        "{{printf \"%5d|%-5d|%05d|%+d|%x|%q|%T\" 7 7 7 7 255 \"a\" .k}}",
        "    7|7    |00007|+7|ff|\"a\"|<nil>",
    );
    check("{{printf \"%d %s %z\" \"x\" 7}}", "%!d(string=x) %!s(int=7) %!z(MISSING)");
    check("{{1.5}} {{0x10}} {{1e3}} {{\"\\u00e9\"}}", "1.5 16 1000 \u{e9}");
    check("{{.m.x | len | printf \"%03d\"}}", "001");
}

#[test]
fn mistakes_are_refused_in_gos_words() {
    let parse = |text: &str| Template::parse(text).unwrap_err();
    assert_eq!(parse("{{.metadata"), "1: unclosed action");
    assert_eq!(parse("{{range .x}}"), "1: unexpected EOF");
    assert_eq!(parse("{{nope}}"), "1: function \"nope\" not defined");
    assert_eq!(parse("{{$x}}"), "1: undefined variable \"$x\"");
    assert_eq!(parse("{{break}}"), "1: {{break}} outside {{range}}");
    assert_eq!(parse("{{.m-x}}"), "1: bad character U+002D '-'");
    assert_eq!(parse("\n{{ | .x}}"), "2: unexpected \"|\" in command");
    assert_eq!(parse("{{\"abc}}"), "1: unterminated quoted string");
    assert_eq!(parse("{{if .x}}a{{else}}b{{else}}c{{end}}"), "1: expected end; found {{else}}");
}

#[test]
fn what_fails_while_it_runs_says_where() {
    let at = |place: &str, why: &str| Err(format!("template: output:{place}: {why}"));
    assert_eq!(
        run("{{.m.x.z}}"),
        at("1:4", "executing \"output\" at <.m.x.z>: can't evaluate field z in type interface {}")
    );
    assert_eq!(
        run("a\n{{index .items 5}}"),
        at("2:2", "executing \"output\" at <index .items 5>: error calling index: index out of range: 5")
    );
    assert_eq!(run("{{nil}}"), at("1:2", "executing \"output\" at <nil>: nil is not a command"));
}
