//! The course without a screen: plain text on standard output, answers from standard input.

use std::io::Write;
use std::process::{Command, Stdio};

fn podlab(arguments: &[&str], input: &str) -> String {
    let data = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(arguments)
        .env("PODLAB_DATA_DIR", data.path())
        .env("COLUMNS", "78")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("podlab runs");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
    String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("text")
}

#[test]
fn a_spoken_chapter_draws_nothing_and_says_everything() {
    for chapter in ["1", "9", "14", "18"] {
        let drawn = podlab(&["show", chapter], "");
        let said = podlab(&["show", chapter, "--spoken"], "");
        assert!(drawn.contains('│'), "{drawn}");
        let strokes: Vec<&str> =
            said.lines().filter(|line| line.starts_with(['│', '┃', '┌', '─', '┏'])).collect();
        assert!(strokes.is_empty(), "{strokes:#?}");
        let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 3).count();
        assert!(words(&said) * 20 > words(&drawn) * 19, "{} of {}", words(&said), words(&drawn));
    }
}

#[test]
fn a_plain_quiz_says_which_answer_was_given_and_keeps_to_the_width() {
    let told = podlab(&["quiz", "9"], "3\nError\n1\n");
    assert!(told.contains("Right: 1 of 1 point."), "{told}");
    assert!(told.contains(", yours: "), "{told}");
    let wide: Vec<&str> = told.lines().filter(|line| line.chars().count() > 78).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}
