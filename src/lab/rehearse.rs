//! Content that checks itself: transcripts are typed, labs are played with their own solution and their wrong fixes, predictions are
//! asked of the simulator. What does not come out as written is a diagnostic.

use super::predict;
use super::script::{self, Mismatch};
use super::stage::Stage;
use super::verdict::{Judge, Met};
use crate::course::block::Console;
use crate::course::lab::{Lab, Script};
use crate::course::quiz::{Kind, Manifest, Predicted};
use crate::course::run::{Edit, Run, edit};
use crate::course::{Course, Diagnostic, Place, Severity};
use crate::kube::SimTime;
use crate::kubectl::session::Session;
use crate::sim::Cluster;
use crate::sim::cluster::{ClusterConfig, NodeSpec};

/// Simulated milliseconds a lab is watched after its solution has been typed.
const PATIENCE: u64 = 300_000;

/// A fresh stage of `nodes` nodes whose folder holds `files`.
pub fn stage<'a>(nodes: usize, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Stage {
    let nodes = (1..=nodes.max(1)).map(|i| NodeSpec::named(&format!("worker-{i}"))).collect();
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect();
    let cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    Stage { cluster, session: Session::new(files) }
}

fn error(path: &str, place: Place, text: String, suggestion: &str) -> Diagnostic {
    let suggestion = suggestion.to_owned();
    Diagnostic {
        path: path.to_owned(),
        line: place.line,
        column: place.column,
        severity: Severity::Error,
        text,
        suggestion,
    }
}

/// What typing the console blocks of a run brought to light, and the edits that would make the text agree.
pub fn console_run(run: &Run) -> (Vec<Diagnostic>, Vec<Edit>) {
    let mut stage = stage(1, run.files.iter().copied());
    let (mut found, mut edits) = (Vec::new(), Vec::new());
    for console in &run.consoles {
        let wrong = script::replay(&mut stage, &console.transcript);
        found.extend(wrong.iter().map(|mismatch| differs(run, console, mismatch)));
        let printed: Vec<(usize, String)> = wrong.into_iter().map(|m| (m.step, m.printed)).collect();
        edits.extend(edit(console, &printed));
    }
    (found, edits)
}

fn differs(run: &Run, console: &Console, mismatch: &Mismatch) -> Diagnostic {
    let command =
        console.transcript.steps.get(mismatch.step).map_or("", |s| s.command.lines().next().unwrap_or(""));
    let place = Place { line: console.place.line + mismatch.difference.line, column: 1 };
    let text = format!("`{command}` prints something else: {}", mismatch.difference);
    error(
        &run.chapter.file.path,
        place,
        text,
        "correct the text, or let `podlab check --bless` write what is printed",
    )
}

/// What asking the simulator for the predictions of a chapter's quiz brought to light: those that have no answer.
pub fn predictions(course: &Course, chapter: &str) -> Vec<Diagnostic> {
    let Some(quiz) = course.quiz(chapter) else { return Vec::new() };
    let files: Vec<(&str, &str)> = course.chapter(chapter).map_or_else(Vec::new, |c| {
        c.page()
            .files()
            .into_iter()
            .filter_map(|code| Some((code.name.as_deref()?, code.text.as_str())))
            .collect()
    });
    let mut found = Vec::new();
    for question in &quiz.questions {
        let Kind::Predict(prediction) = &question.kind else { continue };
        let place = match &prediction.manifest {
            Manifest::File { place, .. } | Manifest::Inline { place, .. } => *place,
        };
        if let Predicted::Nothing(why) = predict::answer(&mut stage(1, files.iter().copied()), prediction) {
            let text = format!("the prediction '{}' has no answer: {why}", question.id);
            found.push(error(&quiz.path, place, text, "change the manifest, the time or what is asked for"));
        }
    }
    found
}

/// What playing a lab brought to light: it must be unmet at its start, met by its solution, not met by its wrong fixes.
pub fn lab(lab: &Lab) -> Vec<Diagnostic> {
    let Some(start) = lab_start(lab) else {
        return vec![error(
            &lab.path,
            Place::START,
            "the setup does not end".to_owned(),
            "let its commands end",
        )];
    };
    let mut found = Vec::new();
    if play(&start, lab, None).is_empty() {
        let text = "every goal is met without the learner doing anything".to_owned();
        found.push(error(
            &lab.path,
            Place::START,
            text,
            "break the cluster in setup, or ask for more in goals",
        ));
    }
    let missing = play(&start, lab, Some(&lab.solution));
    if !missing.is_empty() {
        let text = format!("the solution does not meet the goals: {}", missing.join("; "));
        found.push(error(&lab.path, lab.solution.place, text, "correct the solution or the goals"));
    }
    for fix in &lab.wrong_fixes {
        if play(&start, lab, Some(&fix.script)).is_empty() {
            let text = format!("the wrong fix '{}' meets every goal", fix.name);
            found.push(error(&lab.path, fix.script.place, text, "ask in goals for what it breaks"));
        }
    }
    found
}

/// The stage as the learner finds it; `None` if a command of the setup never ends.
pub fn lab_start(lab: &Lab) -> Option<Stage> {
    let files = lab.setup.files.iter().map(|f| (f.name.as_str(), f.text.as_str()));
    let mut stage = stage(lab.setup.nodes, files);
    for (line, _) in &lab.setup.commands {
        script::type_line(&mut stage, line).exit?;
    }
    Some(stage)
}

/// Plays a script on a copy of `start` and waits; what is still missing then, nothing if the goals were met at once.
fn play(start: &Stage, lab: &Lab, script: Option<&Script>) -> Vec<String> {
    let mut stage = start.clone();
    let mut judge = Judge::new(lab.goals.clone(), &stage.cluster);
    for step in script.iter().flat_map(|s| &s.transcript.steps) {
        match step.command.strip_prefix("answer ") {
            Some(word) => judge.answer(word),
            None => watched(&mut stage, &mut judge, &step.command),
        }
        if judge.passed(stage.cluster.now()) {
            return Vec::new();
        }
    }
    let until = stage.cluster.now().plus(PATIENCE);
    while stage.cluster.now() < until {
        let held = judge.next_at(stage.cluster.now());
        let next = [held, stage.next_at(), Some(until)].into_iter().flatten().min().unwrap_or(until);
        stage.advance(next);
        judge.observe(&stage.cluster);
        if judge.passed(stage.cluster.now()) {
            return Vec::new();
        }
    }
    missing(&judge, stage.cluster.now())
}

/// Types a line while the judge looks on after every change.
fn watched(stage: &mut Stage, judge: &mut Judge, line: &str) {
    let job = stage.start(line);
    let limit = stage.cluster.now().plus(PATIENCE * 4);
    while stage.session.finished(job).is_none() {
        let Some(next) = stage.next_at().filter(|at| *at <= limit) else { break };
        stage.advance(next);
        judge.observe(&stage.cluster);
    }
    judge.observe(&stage.cluster);
}

fn missing(judge: &Judge, now: SimTime) -> Vec<String> {
    let unmet = judge.verdicts(now).into_iter().filter_map(|(goal, met)| match met {
        Met::Yes => None,
        Met::Holding { left } => Some(format!("{goal} ({} s more)", left.div_ceil(1000))),
        Met::NotYet(why) => Some(format!("{goal} ({why})")),
    });
    unmet.collect()
}
