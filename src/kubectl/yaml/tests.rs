use super::*;
use serde_json::json;

fn check(value: &Value, expected: &str) {
    assert_eq!(to_string(value), expected);
}

#[test]
fn dashes_stand_at_the_level_of_their_key() {
    let value = json!({"a": [{"b": 1, "c": ["x", []]}, [1, 2]], "d": {}, "e": null});
    check(&value, "a:\n- b: 1\n  c:\n  - x\n  - []\n- - 1\n  - 2\nd: {}\ne: null\n");
}

#[test]
fn texts_that_would_read_as_something_else_are_quoted() {
    for (text, written) in [
        ("yes", "\"yes\""),
        ("null", "\"null\""),
        ("5", "\"5\""),
        ("1e3", "\"1e3\""),
        ("0x1f", "\"0x1f\""),
        ("2001-01-01", "\"2001-01-01\""),
        ("2026-01-05T09:00:00Z", "\"2026-01-05T09:00:00Z\""),
        ("12:30:45", "\"12:30:45\""),
        ("", "\"\""),
        ("a: b", "'a: b'"),
        (" x", "' x'"),
        ("-", "'-'"),
        ("*", "'*'"),
        ("it's", "it's"),
        ("a#b", "a#b"),
        ("tab\there", "\"tab\\there\""),
        ("10.0.0.1", "10.0.0.1"),
        ("5m", "5m"),
        ("nginx:1.27", "nginx:1.27"),
        ("-c", "-c"),
    ] {
        check(&json!({"k": text}), &format!("k: {written}\n"));
    }
}

#[test]
fn several_lines_become_a_block() {
    check(&json!({"k": "a\nb\n"}), "k: |\n  a\n  b\n");
    check(&json!({"k": "a\n\nb"}), "k: |-\n  a\n\n  b\n");
    check(&json!({"k": ["a\nb\n\n"]}), "k:\n- |+\n  a\n  b\n\n");
}

#[test]
fn a_long_plain_text_folds_after_eighty_characters() {
    let word = "x".repeat(81);
    check(&json!({"k": format!("{word} tail")}), &format!("k: {word}\n  tail\n"));
    check(&json!({"k": format!("a: {word} tail")}), &format!("k: 'a: {word}\n  tail'\n"));
}
