//! Command lines made at random from the tables of verbs, flags and programs, and spoilt: whatever is typed, no panic, no output
//! without end, and Ctrl-C gives the prompt back. Every case has a number and can be repeated by it.
//!
//! `PODLAB_FUZZ_CASES=100000 PODLAB_FUZZ_FIRST=100000 cargo test --test real command_line` runs so many other cases.

pub mod grammar;

use crate::dice::{Dice, cases};
use crate::each::each;
use crate::stage;
use grammar::Grammar;
use podlab::kube::SimTime;
use podlab::kubectl::session::JobId;
use podlab::lab::stage::Stage;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Cases of an ordinary run.
const CASES: u64 = 200;
/// More bytes than any line may print in the time it is left alone.
const MOST_OUTPUT: usize = 64 << 20;
/// How long a line may run before Ctrl-C, in milliseconds.
const PATIENCE: u64 = 15_000;

/// A cluster in which something of everything stands, in front of it a shell with a few files.
fn prepared() -> Stage {
    let manifest = std::fs::read("tests/data/cli/fixtures.yaml").unwrap();
    let files = BTreeMap::from([
        ("m.yaml".to_owned(), manifest),
        ("bytes".to_owned(), (0..=255).collect()),
        ("empty".to_owned(), Vec::new()),
    ]);
    let mut stage = stage::stage(2, "cli", files);
    let lines = [
        "kubectl apply -f m.yaml",
        "kubectl create deployment front --image=nginx --replicas=2",
        "kubectl create configmap settings --from-literal=color=blue --from-file=bytes",
        "kubectl create job once --image=busybox -- echo done",
        "kubectl create cronjob often --image=busybox --schedule='* * * * *' -- date",
        "kubectl expose deployment front --port=80",
    ];
    for line in lines {
        stage.start(line);
    }
    stage.advance(SimTime::from_secs(70));
    stage
}

/// Waits for a job, presses Ctrl-C until it ends; whether it did.
fn see_through(stage: &mut Stage, job: JobId) -> bool {
    for _ in 0..4 {
        if stage.session.finished(job).is_some() {
            return true;
        }
        stage.advance(stage.cluster.now().plus(PATIENCE));
        if stage.session.editor_request().is_some() {
            stage.session.editor_done(Some("kind: \u{1b}[31m\0"));
        }
        stage.session.interrupt(job);
        stage.session.poll(&mut stage.cluster);
    }
    stage.session.finished(job).is_some()
}

fn run(mut stage: Stage, lines: &[String], dice: &mut Dice) {
    for line in lines {
        let at = line.char_indices().nth(dice.roll(line.chars().count())).map_or(0, |(at, _)| at);
        let (from, _) = stage.session.complete(&stage.cluster, &line[..at]);
        assert!(line.is_char_boundary(from), "completion replaces from the middle of a character: {line:?}");
        let typed = dice.roll(3) > 0;
        let job = if typed { stage.type_line(line) } else { stage.start(line) };
        stage.session.write_input(job, b"some\xff input\n\x1b[A\0");
        if dice.roll(2) == 0 {
            stage.session.end_input(job);
        }
        assert!(see_through(&mut stage, job), "Ctrl-C does not end {line:?}");
        let written = stage.session.drain_terminal(job).len();
        assert!(written < MOST_OUTPUT, "{written} bytes from {line:?}");
        stage.session.forget_line();
    }
}

#[test]
fn no_command_line_makes_podlab_panic_or_hang() {
    let (stage, grammar) = (prepared(), Grammar::read());
    let results = each(cases(CASES), |case| {
        let mut dice = Dice::of(case);
        let lines: Vec<String> = (0..=dice.roll(3)).map(|_| grammar.line(&mut dice)).collect();
        #[expect(clippy::disallowed_methods, reason = "how long a case took is told, not judged")]
        let begun = std::time::Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| run(stage.clone(), &lines, &mut dice)));
        let told = format!("case {case}: {lines:#?}");
        (begun.elapsed(), ended.is_ok(), told)
    });
    let slowest = results.iter().max_by_key(|(took, ..)| *took);
    println!("{} cases, the slowest took {slowest:?}", results.len());
    let failed: Vec<String> =
        results.into_iter().filter(|(_, fine, _)| !fine).map(|(.., told)| told).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
