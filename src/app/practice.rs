//! What the panes need of a practice session, in the terms of the screen. The one seam between the tutor and `lab`.

use crate::course::quiz::{Predicted, Prediction};
use crate::course::{Chapter, Course};
use crate::kube::{Key as ObjectKey, Kind, SimTime};
use crate::kubectl::watch::{Watch, WatchRow};
use crate::lab::pace::Pace;
use crate::lab::track::Tracks;
use crate::lab::xray::{self, Xray};
use crate::sim::{Cluster, ClusterConfig};
use std::time::Duration;

/// One link of a chain of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// When it happened.
    pub at: SimTime,
    /// One sentence.
    pub text: String,
    /// The chapter that teaches it, by id; empty if none does.
    pub chapter: String,
}

/// A goal of a lab and how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalView {
    /// The goal in words.
    pub text: String,
    /// Whether it holds.
    pub met: bool,
    /// What is missing; empty if it holds.
    pub missing: String,
}

/// What can follow the word being typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    /// The byte offset in the line from which candidates replace.
    pub start: usize,
    /// The candidates, whole words.
    pub candidates: Vec<String>,
}

/// A node and the Pods on it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// The node's name.
    pub name: String,
    /// Whether it is Ready.
    pub ready: bool,
    /// Names and STATUS of the Pods bound to it.
    pub pods: Vec<(String, String)>,
}

/// How many rows of the watch are kept.
const ROWS_KEPT: usize = 5_000;

/// The session as the panes see it.
#[derive(Clone, Debug)]
pub struct Practice {
    cluster: Cluster,
    pace: Pace,
    watch: Watch,
    rows: Vec<WatchRow>,
    tracks: Tracks,
    seen: u64,
    output: Vec<String>,
    files: std::collections::BTreeMap<String, String>,
}

impl Default for Practice {
    fn default() -> Practice {
        Practice {
            cluster: Cluster::new(ClusterConfig::default()),
            pace: Pace::default(),
            watch: Watch::new(Kind::Pod, Some("default")),
            rows: Vec::new(),
            tracks: Tracks::default(),
            seen: 0,
            output: Vec::new(),
            files: std::collections::BTreeMap::new(),
        }
    }
}

impl Practice {
    /// The simulated time shown.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// How fast time passes, and whether it does.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Faster, slower, on or off.
    pub fn pace_mut(&mut self) -> &mut Pace {
        &mut self.pace
    }

    /// Lets real time pass; true if something shown changed.
    pub fn tick(&mut self, real: Duration) -> bool {
        let before = self.now();
        let until = self.pace.after(before, real.as_micros() as u64);
        self.cluster.advance(until);
        let fresh = self.observe();
        fresh || before.0 / 1000 != until.0 / 1000
    }

    /// Whether anything shown can change by itself.
    pub fn is_moving(&self) -> bool {
        self.pace.is_running()
    }

    /// The rows of the watch so far, without the header.
    pub fn rows(&self) -> &[WatchRow] {
        &self.rows
    }

    /// What the shell has printed.
    pub fn output(&self) -> &[String] {
        &self.output
    }

    /// The picture of a Pod.
    pub fn xray(&self, pod: &ObjectKey) -> Option<Xray> {
        let object = self.cluster.store().get(pod)?;
        Some(xray::xray(object.as_pod()?, &self.tracks, self.now()))
    }

    /// Whether the moment shown lies in the past, so that nothing can be done until the learner goes on from there.
    pub fn is_past(&self) -> bool {
        false
    }

    /// Holds time, or lets it run.
    pub fn toggle(&mut self) {
        let running = self.pace.is_running();
        self.pace.set_running(!running);
    }

    /// Goes to the next change of a Pod and holds time there.
    pub fn step(&mut self) {
        self.pace.set_running(false);
    }

    /// Goes back to the change before and holds time there.
    pub fn step_back(&mut self) {
        self.pace.set_running(false);
    }

    /// Shows an earlier moment.
    pub fn rewind_to(&mut self, _at: SimTime) {
        self.pace.set_running(false);
    }

    /// Goes on from the moment shown.
    pub fn continue_here(&mut self) {
        self.pace.set_running(true);
    }

    /// The next lower speed.
    pub fn slower(&mut self) {
        self.pace.slower();
    }

    /// The next higher speed.
    pub fn faster(&mut self) {
        self.pace.faster();
    }

    /// Starts over with an empty cluster; the learner's files stay.
    pub fn fresh(&mut self) {
        let files = std::mem::take(&mut self.files);
        *self = Practice { files, pace: self.pace.clone(), ..Practice::default() };
    }

    /// One row for each Pod, as `kubectl get pods` prints them.
    pub fn table(&self) -> Vec<WatchRow> {
        let mut list = Watch::new(Kind::Pod, Some("default"));
        let rows = list.rows(self.cluster.store(), self.now());
        rows.into_iter().filter(|row| row.key.is_some()).collect()
    }

    /// The Pods there are.
    pub fn pods(&self) -> Vec<ObjectKey> {
        self.cluster.store().list(Kind::Pod, Some("default")).map(crate::kube::Object::key).collect()
    }

    /// The nodes with their Pods.
    pub fn nodes(&self) -> Vec<NodeView> {
        Vec::new()
    }

    /// `kubectl describe pod`.
    pub fn describe(&self, pod: &ObjectKey) -> String {
        format!("{pod:?}")
    }

    /// `kubectl logs`.
    pub fn logs(&self, pod: &ObjectKey, _previous: bool) -> String {
        format!("{pod:?}")
    }

    /// `kubectl get -o yaml`.
    pub fn yaml(&self, pod: &ObjectKey) -> String {
        format!("{pod:?}")
    }

    /// Why the row `row` of the watch came about, newest first.
    pub fn why(&self, _row: usize, _pod: &ObjectKey) -> Vec<Why> {
        Vec::new()
    }

    /// What stands before the line being typed.
    pub fn prompt(&self) -> &str {
        "$ "
    }

    /// Whether a command is running in the shell.
    pub fn is_busy(&self) -> bool {
        false
    }

    /// Types a line into the shell.
    pub fn submit(&mut self, line: &str) {
        self.output.push(format!("$ {line}"));
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {}

    /// Forgets what the shell has printed.
    pub fn clear_output(&mut self) {
        self.output.clear();
    }

    /// What can follow `before`, the line up to the cursor.
    pub fn complete(&self, _before: &str) -> Completion {
        Completion::default()
    }

    /// The file an editor was started on in the shell, once.
    pub fn edit_request(&mut self) -> Option<String> {
        None
    }

    /// The text of a file of the session.
    pub fn file(&self, name: &str) -> Option<String> {
        self.files.get(name).cloned()
    }

    /// Writes a file of the session.
    pub fn write_file(&mut self, name: &str, text: &str) {
        self.files.insert(name.to_owned(), text.to_owned());
    }

    /// Writes a file of a chapter, unless the learner has changed one of that name.
    pub fn offer_file(&mut self, name: &str, text: &str) {
        self.files.entry(name.to_owned()).or_insert_with(|| text.to_owned());
    }

    /// The first thing wrong with a manifest: the line (from 0) and what it is.
    pub fn check_manifest(&self, _text: &str) -> Option<(usize, String)> {
        None
    }

    /// What the simulator says to a prediction.
    pub fn predict(&self, _prediction: &Prediction, _chapter: Option<&Chapter>) -> Predicted {
        Predicted::Nothing("the simulator was not asked".to_owned())
    }

    /// Sets a lab up.
    pub fn begin_lab(&mut self, _course: &Course, _slug: &str) -> Result<(), String> {
        Ok(())
    }

    /// The goals of the lab.
    pub fn goals(&self) -> &[GoalView] {
        &[]
    }

    fn observe(&mut self) -> bool {
        let store = self.cluster.store();
        if store.revision() == self.seen {
            return false;
        }
        for change in store.changes_since(self.seen).into_iter().flatten() {
            self.tracks.observe(change);
        }
        self.seen = store.revision();
        let fresh = self.watch.rows(store, self.cluster.now());
        self.rows.extend(fresh.into_iter().filter(|row| row.key.is_some()));
        let over = self.rows.len().saturating_sub(ROWS_KEPT);
        self.rows.drain(..over);
        true
    }
}
