//! The course without a screen: plain text on standard output, answers from standard input.

use std::io::Write;
use std::process::{Command, Stdio};

fn podlab(arguments: &[&str], input: &str) -> String {
    let data = tempfile::tempdir().expect("a folder");
    podlab_in(data.path(), arguments, input)
}

fn podlab_in(data: &std::path::Path, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(arguments)
        .env("PODLAB_DATA_DIR", data)
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

#[test]
fn an_answered_choice_is_told_in_the_order_and_by_the_numbers_it_was_asked_in() {
    let told = podlab(&["quiz", "9"], "3\nError\n1\n");
    let numbers: Vec<usize> = told
        .lines()
        .filter(|line| line.contains(", right") || line.contains(", wrong"))
        .filter_map(|line| line.split_once(',')?.0.parse().ok())
        .collect();
    assert!(numbers.len() >= 3, "{told}");
    assert!(numbers.iter().zip(1..).any(|(number, place)| *number == place), "{numbers:?}\n{told}");
    let falls = numbers.windows(2).filter(|pair| pair[1] <= pair[0] && pair[1] != 1).count();
    assert_eq!(falls, 0, "{numbers:?}\n{told}");
}

#[test]
fn a_plain_prediction_shows_the_manifest_it_is_about() {
    let told = podlab(&["quiz", "9"], "");
    assert!(told.contains("applied at 0 s:") && told.contains("    kind: Pod"), "{told}");
}

#[test]
fn a_reader_of_the_completions_may_leave_early() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("podlab runs");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{said}");
}

#[test]
fn a_pack_that_is_not_there_is_named() {
    let done = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(["list", "--content", "no-such-folder"])
        .output()
        .expect("podlab runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("podlab: no-such-folder"), "{said}");
}

#[test]
fn what_cannot_be_kept_is_neither_said_to_be_kept_nor_to_be_forgotten() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("file");
    std::fs::write(&file, "").expect("written");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_podlab"));
        command.args(arguments).arg("--data-dir").arg(&file).stdin(Stdio::null());
        command.output().expect("podlab runs")
    };
    let quiz = run(&["quiz", "1"]);
    let said = String::from_utf8_lossy(&quiz.stdout).into_owned();
    assert!(said.contains("could not be kept") && !said.contains("are kept"), "{said}");
    let reset = run(&["reset", "--yes"]);
    assert!(!reset.status.success() && reset.stdout.is_empty(), "{reset:?}");
}

/// Plays a lab by line; what was told, and whether it was passed.
fn play(lab: &str, lines: &str, data: &std::path::Path) -> (String, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(["lab", lab])
        .env("PODLAB_DATA_DIR", data)
        .env("COLUMNS", "78")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("podlab runs");
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("written");
    let done = child.wait_with_output().expect("it ends");
    (String::from_utf8_lossy(&done.stdout).into_owned(), done.status.success())
}

#[test]
fn every_lab_is_passed_by_the_lines_of_its_solution() {
    let data = tempfile::tempdir().expect("a folder");
    let files =
        podlab::world::files::built_in().into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
    let (course, _) = podlab::course::pack::load(vec![podlab::course::Pack { prefix: String::new(), files }]);
    for slug in course.labs.keys() {
        let lab = course.lab(slug).expect("a lab");
        let steps = lab.solution.transcript.steps.iter();
        // What attaches its input would read the lines that follow, as in any shell.
        let apart = |line: &str| if line.contains(" -i") { " < /dev/null\n" } else { "\n" };
        let lines: String = steps.map(|step| step.command.clone() + apart(&step.command)).collect();
        let (told, passed) = play(slug, &lines, data.path());
        assert!(passed && told.contains("\nPassed.\n"), "{slug}: {told}");
    }
    let labs = podlab_in(data.path(), &["lab"], "");
    let open: Vec<&str> =
        labs.lines().filter(|line| line.contains(" min ") && !line.ends_with("passed")).collect();
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn a_lab_played_by_line_tells_hints_goals_and_what_is_no_longer_so() {
    let data = tempfile::tempdir().expect("a folder");
    let lines = "hint\nanswer\ngoals\nskip 3x\necho 'a\ngoals\nb'\nkubectl delete pod orders --now\n";
    let (told, passed) = play("crashloopbackoff", lines, data.path());
    assert!(!passed, "{told}");
    assert!(told.contains("Hint 1 of 3\n") && !told.contains("Hint 2 of 3"), "{told}");
    assert!(told.contains("1. not yet: pod orders is Ready for 30s (orders is 0/1"), "{told}");
    assert!(told.contains("skip 30s\n"), "{told}");
    assert!(told.contains("a\ngoals\nb\n"), "a line that goes on is the shell's: {told}");
    assert!(told.contains("No longer: its program is the one it was"), "{told}");
}

#[test]
fn a_lab_begun_again_is_as_it_was() {
    let data = tempfile::tempdir().expect("a folder");
    let lines = "kubectl delete pod orders --now\nrm notes.txt\nagain\nkubectl get pods\nls\n";
    let (told, _) = play("crashloopbackoff", lines, data.path());
    let (_, after) = told.split_once("starts over").expect("said so");
    assert!(after.contains("orders   0/1") && after.contains("notes.txt"), "{told}");
}

#[test]
fn labs_are_listed_below_their_chapters() {
    let told = podlab(&["list"], "");
    let at = |part: &str| told.lines().position(|line| line.contains(part)).expect(part);
    assert!(at("Lab: The Pod nobody can delete") > at("static-pods"), "{told}");
    assert!(told.lines().any(|line| line.contains("Lab: ") && line.ends_with("not passed")), "{told}");
}

#[test]
fn every_man_page_that_is_named_can_be_printed() {
    let whole = podlab(&["man"], "");
    let named: Vec<&str> =
        whole.lines().filter_map(|line| line.strip_prefix("podlab\\-")?.strip_suffix("(1)")).collect();
    assert!(named.len() > 8, "{whole}");
    for name in named {
        let page = podlab(&["man", &name.replace('\\', "")], "");
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
}

#[test]
fn an_answer_is_taken_among_commands() {
    let data = tempfile::tempdir().expect("a folder");
    let (told, _) = play("looking", "answer 'web'; echo asked\n", data.path());
    assert!(told.contains("You answered: web\n") && told.contains("asked\n"), "{told}");
}

#[test]
fn a_chapter_with_several_labs_asks_which() {
    let course = podlab::world::files::built_in();
    let several = course.iter().filter(|(path, bytes)| {
        path.starts_with("assets/labs/") && String::from_utf8_lossy(bytes).contains("\nchapter: playbook")
    });
    assert!(several.count() > 1, "the chapter this is about has several");
    let done = Command::new(env!("CARGO_BIN_EXE_podlab")).args(["lab", "playbook"]).output().expect("runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && said.contains("three-faults, three-incidents"), "{said}");
}
