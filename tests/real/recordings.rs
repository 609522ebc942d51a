//! Replays every recording of a real cluster through `podlab sim` and compares rows, times, events and command outputs.
//!
//! `cargo test --release --test real recordings -- --nocapture` prints the score of each. The floors below hold what has been reached; raise
//! them when the score rises.

use crate::compare::{Score, score};
use crate::each::each;
use std::path::Path;

/// What every figure must reach, as the mean over all recordings.
const FLOORS: Score =
    Score { exact: 0.89, close: 0.94, like: 0.97, times: 0.97, events: 0.94, outputs: 0.875 };

fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir("tests/recordings")
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| Path::new("tests/recordings").join(n).join("meta.json").exists())
        .collect();
    names.sort();
    names
}

fn all_scores() -> Vec<(String, Score)> {
    each(names(), |name| {
        let result = score(&Path::new("tests/recordings").join(&name), env!("CARGO_BIN_EXE_podlab"));
        (name, result)
    })
}

#[test]
fn the_simulator_agrees_with_the_recordings() {
    let scores = all_scores();
    println!("{:38} exact close  like times events outputs", "recording");
    for (name, s) in &scores {
        println!("{name:38} {s}");
    }
    let mean = Score::mean(scores.iter().map(|(_, s)| *s));
    println!("{:38} {mean}", format!("all {}", scores.len()));
    let short = mean.below(&FLOORS);
    assert!(short.is_empty(), "below what was reached before: {short:?}");
}

#[test]
fn the_floors_can_be_missed() {
    let half = Score { exact: 0.5, ..Score::default() };
    assert_eq!(Score::default().below(&half), ["exact"]);
}
