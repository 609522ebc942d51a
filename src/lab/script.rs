//! Command lines typed one after the other, each to its end, as a transcript has them.

use super::stage::Stage;
use crate::course::transcript::{Difference, Transcript};
use crate::kube::SimTime;

/// Simulated milliseconds after which a command is taken never to end.
const LONGEST: u64 = 2 * 3_600_000;

/// What a command printed, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Standard output and error as a terminal shows them.
    pub text: String,
    /// The exit code; `None` if it had to be interrupted.
    pub exit: Option<i32>,
}

/// Types `line` and lets time pass until the command has ended. A command that never ends is interrupted.
pub fn type_line(stage: &mut Stage, line: &str) -> Printed {
    let job = stage.start(line);
    let limit = stage.cluster.now().plus(LONGEST);
    let mut printed = Vec::new();
    loop {
        printed.extend(stage.session.drain_terminal(job));
        if let Some(exit) = stage.session.finished(job) {
            return Printed { text: String::from_utf8_lossy(&printed).into_owned(), exit: Some(exit) };
        }
        match stage.next_at().filter(|at| *at <= limit) {
            Some(next) => stage.advance(next),
            None => break,
        }
    }
    stage.session.interrupt(job);
    stage.advance(stage.cluster.now());
    Printed { text: String::from_utf8_lossy(&printed).into_owned(), exit: None }
}

/// A step of a transcript whose output was not what stands below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The step's place in the transcript.
    pub step: usize,
    /// The first line that differs.
    pub difference: Difference,
    /// All that the command printed.
    pub printed: String,
}

/// Types every command of `transcript` and returns what differed.
pub fn replay(stage: &mut Stage, transcript: &Transcript) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    for (index, step) in transcript.steps.iter().enumerate() {
        let printed = type_line(stage, &step.command).text;
        if let Err(difference) = step.compare(&printed) {
            wrong.push(Mismatch { step: index, difference, printed });
        }
    }
    wrong
}

/// Types every command of `transcript`, whatever it prints, and lets `after` see the stage after each and the time before it.
pub fn perform(stage: &mut Stage, transcript: &Transcript, mut after: impl FnMut(&Stage, SimTime)) {
    for step in &transcript.steps {
        let before = stage.cluster.now();
        type_line(stage, &step.command);
        after(stage, before);
    }
}
