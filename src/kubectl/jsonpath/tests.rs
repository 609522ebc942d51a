use super::*;
use serde_json::json;

fn check(path: &str, expected: &str) {
    let root = json!({"items": [
        {"name": "a", "phase": "Running", "n": 1, "labels": {"x.io/y": "z"}},
        {"name": "b", "phase": "Pending", "n": 2},
    ], "map": {"k": [1, 2]}});
    let printed = JsonPath::parse(path).and_then(|p| p.print(&root));
    assert_eq!(printed.as_deref(), Ok(expected), "{path}");
    let parsed = JsonPath::parse(path).unwrap();
    let mut mask = Mask::default();
    parsed.want(&mut mask);
    let parts = mask.apply(&root).unwrap();
    assert_eq!(parsed.print(&parts).as_deref(), Ok(expected), "{path} of no more than {parts}");
}

#[test]
fn paths_find_what_kubectl_finds() {
    check("{.items[*].name}", "a b");
    check("{.items[0].name} and {.items[-1].name}", "a and b");
    check("{.items[0:1].name}", "a");
    check("{.items[?(@.phase=='Pending')].name}", "b");
    check("{.items[?(@.n>1)].name}", "b");
    check("{range .items[*]}{.name}{'\\t'}{.n}{\"\\n\"}{end}", "a\t1\nb\t2\n");
    check("{.items[*]['name','n']}", "a b 1 2");
    check("{.items[0].labels.x\\.io/y}", "z");
    check("{.items[0].labels['x\\.io/y']}", "z");
    check("{..name}", "a b");
    check("{.map}", "{\"k\":[1,2]}");
    check("{.nope}", "");
    check("{.items[*].nope}", "");
    check("{$.map.k[1]}", "2");
    check("plain", "plain");
}

#[test]
fn mistakes_are_refused_in_kubectls_words() {
    assert_eq!(JsonPath::parse("{.a"), Err("unclosed action".to_owned()));
    let run = |path: &str| JsonPath::parse(path).and_then(|p| p.print(&json!({"a": ["x"]})));
    assert_eq!(run("{end}"), Err("not in range, nothing to end".to_owned()));
    assert_eq!(run("{foo}"), Err("unrecognized identifier foo".to_owned()));
    assert_eq!(run("{.a[?(@=5)]}"), Err("unrecognized filter operator =".to_owned()));
    assert_eq!(run("{.a[?(@==5)]}"), Err("incompatible types for comparison".to_owned()));
    assert_eq!(run("{.a[0:2]}"), Err("array index out of bounds: index 1, length 1".to_owned()));
    assert_eq!(JsonPath::parse("{.a[\"x\"]}"), Err("invalid array index \"x\"".to_owned()));
    let outside = JsonPath::parse("{.a[5]}").unwrap().print(&json!({"a": [1]}));
    assert_eq!(outside, Err("array index out of bounds: index 5, length 1".to_owned()));
}

#[test]
fn a_range_without_an_end_runs_what_follows_once_more() {
    check("{range .items[*]}{.name},", "a,b,,");
    check("{range .items[*]}{range .nope[*]}{.x}{end}{.name}", "ab");
    check("{range .nope[*]}{.x}{end}done", "done");
    check("{.items[-1:].name} {.items[].name} {.items[*]['labels.x']}", "b a ");
    let nested = JsonPath::parse(&"{range .nope[*]}".repeat(60)).unwrap();
    assert_eq!(nested.print(&json!({})), Err("the template runs too long".to_owned()));
}

#[test]
fn a_relaxed_path_may_lack_braces_and_dot() {
    let root = json!({"a": {"b": "c"}});
    for text in ["a.b", ".a.b", "{a.b}", "{.a.b}"] {
        assert_eq!(JsonPath::relaxed(text).unwrap().print(&root).as_deref(), Ok("c"), "{text}");
    }
    assert!(JsonPath::relaxed("{.a}{.b}").is_err());
}
