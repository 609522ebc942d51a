//! The simulator's answer to a prediction: the manifest is applied to a cluster of its own, time passes, the column is read.

use super::replay::{Replay, Step};
use super::stage::Stage;
use crate::course::quiz::{Asked, Column, Manifest, Predicted, Prediction};
use crate::kube::{Key, Object, SimTime};
use crate::kubectl::status::pod_row;

/// Simulated milliseconds after which something that has not been shown never will be.
const LONGEST: u64 = 1_800_000;
/// The name of a manifest that has none of its own.
const INLINE: &str = "pod.yaml";

/// What the learner is asked to foresee, on `stage`: a fresh cluster whose folder holds the chapter's files.
pub fn answer(stage: &mut Stage, prediction: &Prediction) -> Predicted {
    let file = file(stage, prediction);
    let apply = stage.start(&format!("kubectl apply -f {file}"));
    let written = stage.session.drain(apply);
    if stage.session.finished(apply).is_some_and(|exit| exit != 0) {
        return Predicted::Nothing(String::from_utf8_lossy(&written.stderr).trim().to_owned());
    }
    match &prediction.asked {
        Asked::At(second) => {
            let at = SimTime((second * 1000.0) as u64);
            run(stage, prediction, at, |_| false);
            shown(stage, prediction).map_or_else(|| nothing(prediction), Predicted::Shows)
        }
        Asked::When(text) => {
            let found = |stage: &Stage| shown(stage, prediction).as_deref() == Some(text);
            if run(stage, prediction, SimTime(LONGEST), found) {
                Predicted::FirstAt(stage.cluster.now().as_secs_f64())
            } else {
                Predicted::Nothing(format!("{} never shows {text}", prediction.pod))
            }
        }
    }
}

/// The same run as something to look at, on the same kind of stage.
pub fn replay(mut stage: Stage, prediction: &Prediction) -> Replay {
    let file = file(&mut stage, prediction);
    let mut steps = vec![Step::command(SimTime(0), format!("kubectl apply -f {file}"))];
    let typed = prediction.commands.iter();
    steps.extend(typed.map(|(second, line)| Step::command(SimTime((second * 1000.0) as u64), line)));
    steps.sort_by_key(|step| step.at);
    Replay::new(stage, "default", steps)
}

/// The name of the manifest; one without a name is written down first.
fn file(stage: &mut Stage, prediction: &Prediction) -> String {
    match &prediction.manifest {
        Manifest::File { name, .. } => name.clone(),
        Manifest::Inline { text, .. } => {
            stage.session.write_file(INLINE, text);
            INLINE.to_owned()
        }
    }
}

fn nothing(prediction: &Prediction) -> Predicted {
    Predicted::Nothing(format!("there is no Pod {} then", prediction.pod))
}

/// Lets time pass until `until`, typing the commands at their times; stops when `found` says so, and says whether it did.
fn run(stage: &mut Stage, prediction: &Prediction, until: SimTime, found: impl Fn(&Stage) -> bool) -> bool {
    let mut commands = prediction.commands.clone();
    commands.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut commands = commands.into_iter().peekable();
    loop {
        if found(stage) {
            return true;
        }
        let typed = commands.peek().map(|(second, _)| SimTime((second * 1000.0) as u64));
        let next = [typed, stage.next_at()].into_iter().flatten().min().filter(|at| *at <= until);
        let Some(next) = next else { break };
        stage.advance(next);
        if typed.is_some_and(|at| at <= next)
            && let Some((_, line)) = commands.next()
        {
            stage.start(&line);
        }
    }
    stage.advance(until);
    found(stage)
}

/// What the column shows now; `None` without the Pod.
fn shown(stage: &Stage, prediction: &Prediction) -> Option<String> {
    let pod = stage.cluster.store().get(&Key::pod("default", &prediction.pod)).and_then(Object::as_pod)?;
    let row = pod_row(pod, stage.cluster.now());
    Some(match prediction.column {
        Column::Status => row.status,
        Column::Ready => row.ready,
        // The count alone: nobody is asked to foresee "(12s ago)".
        Column::Restarts => row.restarts.split(' ').next().unwrap_or_default().to_owned(),
    })
}
