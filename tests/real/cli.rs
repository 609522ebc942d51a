//! Replays single commands recorded on a real cluster, each in a fresh simulated one, and compares text and exit code.
//!
//! `cargo test --release --test real cli -- --nocapture` prints the figures of each verb, and with `CLI=pattern` in the environment the
//! commands holding that pattern whose text differs. The floors below hold what has been reached.

use crate::each::each;
use crate::normal::Normal;
use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What must be reached, as shares of all cases: the same text to the blank, the same words, the same exit code.
const FLOORS: [(&str, f64); 3] = [("exact", 0.84), ("text", 0.89), ("exit", 0.98)];

/// Text without ages and addresses, with its blanks.
fn spaced(text: &str) -> String {
    let age = Regex::new(r"\b(\d+d)?(\d+h)?(\d+m)?\d+s\b").unwrap();
    let address = Regex::new(r"\b\d{1,3}(\.\d{1,3}){3}\b").unwrap();
    let text = address.replace_all(&age.replace_all(text, "<age>"), "<ip>").into_owned();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// How one command compares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Same {
    exact: bool,
    text: bool,
    exit: bool,
}

impl Same {
    fn figures(self) -> [f64; 3] {
        [self.exact, self.text, self.exit].map(f64::from)
    }
}

/// The means of three figures.
fn mean(all: &[Same]) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for same in all {
        for (total, figure) in sum.iter_mut().zip(same.figures()) {
            *total += figure;
        }
    }
    sum.map(|total| total / all.len().max(1) as f64)
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The folder a case runs in: its fixtures, files, standard input and steps. Gives the command as it is run there.
fn prepare(folder: &Path, case: &Value) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let fixtures = field(case, "fixtures");
    if !fixtures.is_empty() {
        std::fs::copy(Path::new("tests/data/cli").join(fixtures), folder.join(fixtures)).unwrap();
    }
    for (name, text) in case["files"].as_object().into_iter().flatten() {
        std::fs::write(folder.join(name), text.as_str().unwrap()).unwrap();
    }
    let mut command = field(case, "cmd").to_owned();
    if let Some(text) = case["stdin_manifest"].as_str() {
        std::fs::write(folder.join("stdin.yaml"), text).unwrap();
        command.push_str(" < stdin.yaml");
    }
    let before = case["before"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut steps: String =
        before.enumerate().map(|(i, step)| format!("{:.1} {step}\n", 0.1 * (i + 1) as f64)).collect();
    let _ = writeln!(steps, "{:.2} {command}", case["at"].as_f64().unwrap());
    std::fs::write(folder.join("steps.txt"), steps).unwrap();
    command
}

/// What the simulated cluster answers, if the command ended.
fn run(folder: &Path, case: &Value) -> Option<Value> {
    let command = prepare(folder, case);
    let seconds = format!("{:.0}s", case["at"].as_f64().unwrap() + 60.0);
    let mut podlab = Command::new(env!("CARGO_BIN_EXE_podlab"));
    podlab.args(["sim", "-n", field(case, "namespace")]);
    let fixtures = field(case, "fixtures");
    if !fixtures.is_empty() {
        podlab.args(["-f", fixtures]);
    }
    podlab.args(["--steps", "steps.txt", "--for", &seconds, "-o", "json"]).current_dir(folder);
    let output = podlab.output().unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok())
        .rfind(|v| v["command"] == command.as_str())
}

fn compare(case: &Value, got: Option<&Value>, normal: &Normal) -> Same {
    let Some(got) = got else { return Same::default() };
    let exit = case["exit"] == got["exit"];
    let both = ["stdout", "stderr"];
    let text = exit && both.iter().all(|s| normal.apply(field(case, s)) == normal.apply(field(got, s)));
    let exact = text && both.iter().all(|s| spaced(field(case, s)) == spaced(field(got, s)));
    Same { exact, text, exit }
}

fn all_cases() -> Vec<(Value, Option<Value>, Same)> {
    let text = std::fs::read_to_string("tests/data/cli/cases.jsonl").unwrap();
    let cases: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    let normal = Normal::default();
    each(cases.into_iter().enumerate().collect(), |(number, case): (usize, Value)| {
        let folder = root.join(number.to_string());
        let got = run(&folder, &case);
        std::fs::remove_dir_all(&folder).unwrap();
        let same = compare(&case, got.as_ref(), &normal);
        (case, got, same)
    })
}

#[test]
fn recorded_commands_print_what_they_printed() {
    let all = all_cases();
    let mut verbs: BTreeMap<&str, Vec<Same>> = BTreeMap::new();
    let pattern = std::env::var("CLI").ok();
    for (case, got, same) in &all {
        let command = field(case, "cmd");
        let mut words = command.split(' ');
        let first = words.next().unwrap_or_default();
        let verb = if first == "kubectl" { words.next().unwrap_or_default() } else { first };
        verbs.entry(verb).or_default().push(*same);
        if pattern.as_ref().is_some_and(|p| !same.text && command.contains(p)) {
            println!("-- {command}\n   real {case}\n   sim  {got:?}");
        }
    }
    for (verb, same) in &verbs {
        println!("{verb:16} {:4} {:5.2?}", same.len(), mean(same));
    }
    let reached = mean(&all.iter().map(|(.., same)| *same).collect::<Vec<_>>());
    println!("{:16} {:4} {reached:5.2?} (exact, text, exit)", "all", all.len());
    let short: Vec<_> = FLOORS.iter().zip(reached).filter(|((_, floor), figure)| figure < floor).collect();
    assert!(short.is_empty(), "below what was reached before: {short:?}");
}

#[test]
fn another_text_is_another_text_and_another_age_is_not() {
    let (normal, case) = (Normal::default(), serde_json::json!({"stdout": "web  1/1  25s", "exit": 0}));
    let same = |stdout: &str, exit: i64| {
        compare(&case, Some(&serde_json::json!({"stdout": stdout, "exit": exit})), &normal)
    };
    let all = Same { exact: true, text: true, exit: true };
    assert_eq!(same("web  1/1  3s", 0), all);
    assert_eq!(same("web 1/1 25s", 0), Same { exact: false, ..all });
    assert_eq!(same("web  0/1  25s", 0), Same { exact: false, text: false, ..all });
    assert_eq!(same("web  1/1  25s", 1), Same::default());
}
