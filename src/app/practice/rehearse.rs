//! Runs beside the learner's session: a prediction put to the simulator, a lab set up, a command whose text is only looked at.

use crate::course::Chapter;
use crate::course::quiz::{Asked, Column, Manifest, Predicted, Prediction};
use crate::kube::SimTime;
use crate::kube::manifest::{self, Complaint, Document, Validation};
use crate::kubectl::session::Session;
use crate::lab::replay::{Replay, Shown, Step};
use crate::lab::stage::Stage;
use crate::sim::Cluster;
use crate::sim::cluster::{ClusterConfig, NodeSpec};
use std::collections::BTreeMap;

/// Simulated milliseconds after which a command is taken never to end.
const LONGEST: u64 = 2 * 3_600_000;
/// How long a prediction is waited for, in simulated milliseconds.
const PATIENCE: u64 = 3_600_000;

/// A cluster of so many workers, with a shell that sees `files`.
pub(super) fn stage(nodes: usize, files: &BTreeMap<String, String>) -> Stage {
    let nodes = (1..=nodes.clamp(1, 20)).map(|n| NodeSpec::named(&format!("worker-{n}"))).collect();
    let files = files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
    Stage {
        cluster: Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() }),
        session: Session::new(files),
    }
}

/// Types `line`, lets time pass until the command has ended, and returns what it printed.
pub(super) fn type_line(stage: &mut Stage, line: &str) -> String {
    let job = stage.start(line);
    let limit = stage.cluster.now().plus(LONGEST);
    let mut printed = Vec::new();
    loop {
        let written = stage.session.drain(job);
        printed.extend(written.stdout);
        printed.extend(written.stderr);
        let next = stage.next_at().filter(|at| *at <= limit && stage.session.finished(job).is_none());
        let Some(next) = next else { break };
        stage.advance(next);
    }
    stage.session.interrupt(job);
    String::from_utf8_lossy(&printed).into_owned()
}

/// The first thing wrong with a manifest as text: its line (from 0) and what it is, with what was probably meant.
pub(super) fn check_manifest(text: &str) -> Option<(usize, String)> {
    let judged = |found: Result<Document, Complaint>| found.and_then(|d| d.object(Validation::Strict)).err();
    let complaint = manifest::parse(text, "the file").into_iter().find_map(judged)?;
    let line = complaint.place.map_or(0, |place| place.line.saturating_sub(1));
    let meant = complaint.suggestion.map(|meant| format!(" ({meant})")).unwrap_or_default();
    Some((line, format!("{}{meant}", complaint.text)))
}

/// Puts a prediction to the simulator.
pub(super) fn predict(prediction: &Prediction, chapter: Option<&Chapter>) -> Predicted {
    let manifest = match &prediction.manifest {
        Manifest::Inline { text, .. } => Some(text.clone()),
        Manifest::File { name, .. } => {
            chapter.and_then(|c| c.page().file(name)).map(|code| code.text.clone())
        }
    };
    let Some(manifest) = manifest else { return Predicted::Nothing("the manifest was not found".to_owned()) };
    let mut files: BTreeMap<String, String> = chapter
        .map(|c| c.page().files())
        .unwrap_or_default()
        .into_iter()
        .filter_map(|code| Some((code.name.clone()?, code.text.clone())))
        .collect();
    files.insert("predicted.yaml".to_owned(), manifest);
    let mut steps = vec![Step { at: SimTime(0), line: "kubectl apply -f predicted.yaml".to_owned() }];
    steps.extend(prediction.commands.iter().map(|(at, line)| Step { at: millis(*at), line: line.clone() }));
    steps.sort_by_key(|step| step.at);
    let mut replay = Replay::new(stage(1, &files), "default", steps);
    match &prediction.asked {
        Asked::At(second) => shown_at(&replay.advance(millis(*second)), prediction),
        Asked::When(value) => first_shown(&mut replay, prediction, value),
    }
}

fn millis(seconds: f64) -> SimTime {
    SimTime((seconds * 1000.0).round().max(0.0) as u64)
}

/// The cells of the Pod the prediction is about, with the time of each row.
fn cells<'a>(
    shown: &'a [Shown],
    prediction: &'a Prediction,
) -> impl DoubleEndedIterator<Item = (SimTime, &'a str)> {
    let column = match prediction.column {
        Column::Ready => 1,
        Column::Status => 2,
        Column::Restarts => 3,
    };
    shown.iter().filter_map(move |shown| match shown {
        Shown::Row(row) if row.key.as_ref().is_some_and(|key| *key.name == *prediction.pod) => {
            Some((row.at, row.cells.get(column)?.as_str()))
        }
        _ => None,
    })
}

fn shown_at(shown: &[Shown], prediction: &Prediction) -> Predicted {
    match cells(shown, prediction).next_back() {
        Some((_, cell)) => Predicted::Shows(cell.to_owned()),
        None => Predicted::Nothing(format!("there is no Pod {} then", prediction.pod)),
    }
}

fn first_shown(replay: &mut Replay, prediction: &Prediction, value: &str) -> Predicted {
    let same = |cell: &str| cell == value || cell.split(' ').next() == Some(value);
    let mut until = SimTime(0);
    while until.0 < PATIENCE {
        until = until.plus(30_000);
        let shown = replay.advance(until);
        if let Some((at, _)) = cells(&shown, prediction).find(|(_, cell)| same(cell)) {
            return Predicted::FirstAt(at.as_secs_f64());
        }
    }
    Predicted::Nothing(format!("{} never shows {value}", prediction.pod))
}
