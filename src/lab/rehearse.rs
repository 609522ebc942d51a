//! Content that checks itself: transcripts are typed, labs are played with their own solution and their wrong fixes, predictions are
//! asked of the simulator. What does not come out as written is a diagnostic.

use super::answer;
use super::predict;
use super::script::{self, Mismatch};
use super::stage::Stage;
use super::verdict::{Judge, Met};
use crate::course::block::Console;
use crate::course::check::{self, manifest, manifest::is_manifest};
use crate::course::lab::{Lab, Script};
use crate::course::quiz::{Kind, Manifest, Predicted};
use crate::course::run::{Edit, Run, edit, edit_script, runs_of};
use crate::course::{Chapter, Course, Diagnostic, Place, Severity};
use crate::kube::SimTime;
use crate::kubectl::session::Session;
use crate::sim::Cluster;
use crate::sim::cluster::{ClusterConfig, NodeSpec};

/// Simulated milliseconds a lab is watched after its solution has been typed.
const PATIENCE: u64 = 300_000;
/// The name of an experiment's manifest that is written down with it.
const INLINE: &str = "experiment.yaml";

/// The seed of every cluster that content is played on, in the tutor and in `podlab check`.
pub const SEED: u64 = 0;

/// A fresh stage of `nodes` nodes whose folder holds `files`.
pub fn stage<'a>(nodes: usize, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Stage {
    let nodes = (1..=nodes.max(1)).map(|i| NodeSpec::named(&format!("worker-{i}"))).collect();
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect();
    let cluster = Cluster::new(ClusterConfig { seed: SEED, nodes, ..ClusterConfig::default() });
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

/// Something that did not come out as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, and where.
    pub what: Diagnostic,
    /// The change that makes the text agree with the simulator, if there is one.
    pub mend: Option<Edit>,
}

impl From<Diagnostic> for Finding {
    fn from(what: Diagnostic) -> Finding {
        Finding { what, mend: None }
    }
}

/// What running all of a course brought to light.
pub fn course(course: &Course) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    // What is refused is complained about where it stands; that nothing runs with it need not be said as well.
    for chapter in course.chapters.iter().filter(|chapter| !has_refused_files(chapter)) {
        found.extend(chapter_runs(chapter));
        found.extend(predictions(course, &chapter.id).into_iter().map(Finding::from));
    }
    let labs = course.labs.keys().filter_map(|slug| course.lab(slug));
    for found_in in labs.filter(|lab| !check::lab::has_refused_files(lab)).map(lab) {
        found.extend(found_in.into_iter().map(Finding::from));
    }
    found.extend(experiments(course));
    found
}

/// What typing the console blocks of a chapter brought to light.
pub fn chapter_runs(chapter: &Chapter) -> Vec<Finding> {
    runs_of(chapter).iter().flat_map(console_run).collect()
}

fn console_run(run: &Run) -> Vec<Finding> {
    let mut stage = stage(1, run.files.iter().copied());
    let mut found = Vec::new();
    for console in &run.consoles {
        let wrong = script::replay(&mut stage, &console.transcript);
        let mend = edit(console, &printed(&wrong));
        found.extend(wrong.iter().map(|m| Finding { what: differs(run, console, m), mend: mend.clone() }));
    }
    found
}

/// What the steps that came out otherwise printed.
fn printed(wrong: &[Mismatch]) -> Vec<(usize, String)> {
    wrong.iter().map(|mismatch| (mismatch.step, mismatch.printed.clone())).collect()
}

fn differs(run: &Run, console: &Console, mismatch: &Mismatch) -> Diagnostic {
    let command = first_line(&console.transcript.steps, mismatch.step);
    let place = Place { line: console.place.line + mismatch.difference.line, column: 1 };
    let text = format!("`{command}` prints something else: {}", mismatch.difference);
    error(
        &run.chapter.file.path,
        place,
        text,
        "correct the text, or let `podlab check --bless` write what is printed",
    )
}

/// What typing the proofs of a course's misconceptions brought to light: an experiment that does not show what it claims.
pub fn experiments(course: &Course) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, misconception) in course.misconceptions() {
        let Some(experiment) = &misconception.experiment else { continue };
        let Some(proof) = &experiment.proof else { continue };
        if course.chapter(&misconception.chapter).is_none_or(has_refused_files) {
            continue;
        }
        let mut stage = stage(1, files_of(course, &misconception.chapter));
        if let Manifest::Inline { text, .. } = &experiment.manifest {
            stage.session.write_file(INLINE, text);
        }
        let wrong = script::replay(&mut stage, &proof.transcript);
        let mend = edit_script(&file.text, proof, &printed(&wrong));
        for mismatch in &wrong {
            let command = first_line(&proof.transcript.steps, mismatch.step);
            let place = Place { line: proof.place.line + mismatch.difference.line, ..proof.place };
            let text = format!(
                "the experiment of '{}' does not show it: `{command}`: {}",
                misconception.id, mismatch.difference
            );
            let what = error(&file.path, place, text, "correct the proof, or what is claimed");
            found.push(Finding { what, mend: mend.clone() });
        }
        let needed = stage.cluster.now().0.div_ceil(1000);
        if needed > experiment.watch as u64 + 1 {
            let text = format!("the proof takes {needed} s, and {} s are to be watched", experiment.watch);
            found.push(error(&file.path, proof.place, text, "raise 'watch'").into());
        }
    }
    found
}

/// Whether a cluster would refuse a file of the chapter that is not meant to be refused.
fn has_refused_files(chapter: &Chapter) -> bool {
    chapter.page().files().iter().any(|code| is_manifest(code) && manifest::is_refused(&code.text))
}

/// Name and text of each file of a chapter.
fn files_of<'a>(course: &'a Course, chapter: &str) -> Vec<(&'a str, &'a str)> {
    let files = course.chapter(chapter).map_or_else(Vec::new, |chapter| chapter.page().files());
    files.into_iter().filter_map(|code| Some((code.name.as_deref()?, code.text.as_str()))).collect()
}

fn first_line(steps: &[crate::course::transcript::Step], step: usize) -> &str {
    steps.get(step).map_or("", |step| step.command.lines().next().unwrap_or_default())
}

/// What asking the simulator for the predictions of a chapter's quiz brought to light: those that have no answer.
pub fn predictions(course: &Course, chapter: &str) -> Vec<Diagnostic> {
    let Some(quiz) = course.quiz(chapter) else { return Vec::new() };
    let files = files_of(course, chapter);
    let mut found = Vec::new();
    for question in &quiz.questions {
        let Kind::Predict(prediction) = &question.kind else { continue };
        let missing = |name: &str| files.iter().all(|(known, _)| *known != name);
        let refused = match &prediction.manifest {
            Manifest::File { name, .. } => missing(name),
            Manifest::Inline { text, .. } => manifest::is_refused(text),
        };
        if refused {
            continue;
        }
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
    let (start, mut found) = set_up(lab);
    if !found.is_empty() {
        return found;
    }
    if play(&start, lab, None).is_empty() {
        let text = "every goal is met without the learner doing anything".to_owned();
        let how = "break the cluster in setup, or ask for more in goals";
        return vec![error(&lab.path, lab.goals_place, text, how)];
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

/// The stage as the learner finds it, and the commands of the setup that do not do their work.
pub fn set_up(lab: &Lab) -> (Stage, Vec<Diagnostic>) {
    let files = lab.setup.files.iter().map(|f| (f.name.as_str(), f.text.as_str()));
    let mut stage = stage(lab.setup.nodes, files);
    let mut found = Vec::new();
    for (line, place) in &lab.setup.commands {
        let printed = script::type_line(&mut stage, line);
        let said = printed.text.lines().next().unwrap_or_default();
        let (text, how) = match printed.exit {
            Some(0) => continue,
            Some(exit) => {
                (format!("`{line}` in the setup fails ({exit}): {said}"), "correct the command or its file")
            }
            None => (format!("`{line}` in the setup does not end"), "cut it short with `timeout 30 …`"),
        };
        found.push(error(&lab.path, *place, text, how));
    }
    (stage, found)
}

/// Plays a script on a copy of `start` and waits; what is still missing then, nothing if the goals were met at once.
fn play(start: &Stage, lab: &Lab, script: Option<&Script>) -> Vec<String> {
    let mut stage = start.clone();
    let mut judge = Judge::new(lab.goals.clone(), &stage.cluster);
    for step in script.iter().flat_map(|s| &s.transcript.steps) {
        let (answers, rest) = answer::split(&step.command);
        for answer in &answers {
            judge.answer(answer);
        }
        if answers.is_empty() || !rest.trim().is_empty() {
            watched(&mut stage, &mut judge, &rest);
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
