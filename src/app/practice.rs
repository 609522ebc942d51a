//! The practice session as the panes see it: what is shown now (the live moment or a past one), how fast time passes, the lab's
//! goals. The one seam between the tutor and `lab`; it decides nothing about what Kubernetes does.

/// A session written down.
mod saved;

use crate::course::lab::Lab;
use crate::kube::{Key as ObjectKey, Kind, Object, SimTime};
use crate::kubectl::session::EditorRequest;
use crate::kubectl::status::pod_row;
use crate::kubectl::watch::{Watch, WatchRow};
use crate::lab::pace::Pace;
use crate::lab::past::{Past, Replayable};
use crate::lab::rehearse;
use crate::lab::scene::{Input, Scene};
use crate::lab::script;
use crate::lab::stage::Stage;
use crate::lab::verdict::Met;
use crate::lab::xray::{self, Xray};
use std::collections::BTreeMap;
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

/// A whole copy of the session is kept this often, in simulated milliseconds; moments between are found from the copy before.
const COPY_EVERY: u64 = 20_000;
/// The longest step to the next change, in simulated milliseconds.
const LONGEST_STEP: u64 = 600_000;
/// The most nodes a lab gets.
const MOST_NODES: usize = 20;
/// The namespace the panes watch.
const NAMESPACE: &str = "default";

/// The session as the panes see it.
#[derive(Clone, Debug)]
pub struct Practice {
    live: Scene,
    /// The past moment being shown, if one is.
    earlier: Option<Box<Scene>>,
    past: Past<Scene>,
    pace: Pace,
    folder: Folder,
    /// Lines of output the learner has cleared away.
    cleared: usize,
    /// What an editor that was started in the shell is open on.
    editing: Option<EditorRequest>,
    /// When which file was applied last.
    applied: BTreeMap<String, SimTime>,
    /// What was typed to set a lab up, and when.
    setup: Vec<(SimTime, String)>,
    /// How many nodes there are.
    nodes: usize,
}

/// The learner's files.
#[derive(Clone, Debug, Default)]
struct Folder {
    /// The page that brought them.
    page: String,
    /// As they were when the cluster was started, by name.
    first: BTreeMap<String, String>,
    /// As they are.
    files: BTreeMap<String, String>,
}

impl Folder {
    fn of(page: String, files: BTreeMap<String, String>) -> Folder {
        Folder { page, first: files.clone(), files }
    }
}

/// A cluster of so many nodes whose shell sees `files`.
fn stage(nodes: usize, files: &BTreeMap<String, String>) -> Stage {
    rehearse::stage(
        nodes.clamp(1, MOST_NODES),
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())),
    )
}

impl Default for Practice {
    fn default() -> Practice {
        Practice::on(Scene::new(stage(1, &BTreeMap::new()), Some(NAMESPACE)))
    }
}

impl Practice {
    fn on(mut live: Scene) -> Practice {
        let now = live.now();
        live.advance(now);
        Practice {
            past: Past::new(live.now(), live.clone()),
            live,
            earlier: None,
            pace: Pace::default(),
            folder: Folder::default(),
            cleared: 0,
            editing: None,
            applied: BTreeMap::new(),
            setup: Vec::new(),
            nodes: 1,
        }
    }

    fn shown(&self) -> &Scene {
        self.earlier.as_deref().unwrap_or(&self.live)
    }

    /// The simulated time shown.
    pub fn now(&self) -> SimTime {
        self.shown().now()
    }

    /// How fast time passes, and whether it does.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Sets the speed.
    pub fn set_speed(&mut self, factor: u32) {
        self.pace.set_speed(factor);
    }

    /// Whether the moment shown lies in the past, so that nothing can be done until the learner goes on from there.
    pub fn is_past(&self) -> bool {
        self.earlier.is_some()
    }

    /// Lets real time pass; true if something shown changed.
    pub fn tick(&mut self, real: Duration) -> bool {
        if self.is_past() {
            return false;
        }
        let (before, rows, lines) = (self.now(), self.live.rows().len(), self.live.terminal().lines().len());
        let until = self.pace.after(before, real.as_micros() as u64);
        self.live_until(until);
        // The clock of the first minute shows tenths; later only seconds matter.
        let grain = if until.0 < 60_000 { 100 } else { 1000 };
        rows != self.live.rows().len()
            || lines != self.live.terminal().lines().len()
            || before.0 / grain != until.0 / grain
    }

    /// Whether anything shown can change by itself.
    pub fn is_moving(&self) -> bool {
        self.pace.is_running() && !self.is_past()
    }

    fn live_until(&mut self, until: SimTime) {
        self.live.advance(until);
        self.keep_copy();
    }

    fn keep_copy(&mut self) {
        if self.live.now().since(self.past.latest()) >= COPY_EVERY {
            self.past.keep(self.live.now(), &self.live);
        }
    }

    /// Does something in the live session.
    fn act(&mut self, input: Input) {
        self.earlier = None;
        self.past.note(self.live.now(), input.clone());
        self.live.act(&input);
    }

    /// Holds time, or lets it run; in the past, goes back to the live moment.
    pub fn toggle(&mut self) {
        if self.earlier.take().is_some() {
            return self.pace.set_running(true);
        }
        let running = self.pace.is_running();
        self.pace.set_running(!running);
    }

    /// Goes to the next change of a Pod and holds time there.
    pub fn step(&mut self) {
        self.pace.set_running(false);
        if !self.is_past() {
            let limit = self.live.now().plus(LONGEST_STEP);
            self.live.advance_to_next_row(limit);
            return self.keep_copy();
        }
        let now = self.now();
        match self.live.rows().iter().map(|row| row.at).find(|at| *at > now) {
            Some(at) => self.rewind_to(at),
            None => self.earlier = None,
        }
    }

    /// Goes back to the change before and holds time there.
    pub fn step_back(&mut self) {
        let now = self.now();
        let before = self.live.rows().iter().map(|row| row.at).rfind(|at| *at < now);
        self.rewind_to(before.unwrap_or_default());
    }

    /// Shows an earlier moment and holds time there.
    pub fn rewind_to(&mut self, at: SimTime) {
        self.pace.set_running(false);
        self.earlier = (at < self.live.now()).then(|| Box::new(self.past.at(at)));
    }

    /// Goes on from the moment shown; what came after it will not have happened.
    pub fn continue_here(&mut self) {
        if let Some(scene) = self.earlier.take() {
            self.past.forget_after(scene.now());
            self.applied.retain(|_, at| *at <= scene.now());
            self.live = *scene;
        }
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

    /// Starts over with an empty cluster; the learner's files and the pace stay.
    pub fn fresh(&mut self) {
        let live = Scene::new(stage(1, &self.folder.files), Some(NAMESPACE));
        let Folder { page, files, .. } = std::mem::take(&mut self.folder);
        *self = Practice { folder: Folder::of(page, files), pace: self.pace.clone(), ..Practice::on(live) };
        self.pace.set_running(true);
    }

    /// The rows of the watch so far, without the header.
    pub fn rows(&self) -> &[WatchRow] {
        self.shown().rows()
    }

    /// One row for each Pod, as `kubectl get pods` prints them.
    pub fn table(&self) -> Vec<WatchRow> {
        let mut list = Watch::new(Kind::Pod, Some(NAMESPACE));
        let rows = list.rows(self.shown().stage.cluster.store(), self.now());
        rows.into_iter().filter(|row| row.key.is_some()).collect()
    }

    /// The Pods there are.
    pub fn pods(&self) -> Vec<ObjectKey> {
        self.shown().stage.cluster.store().list(Kind::Pod, Some(NAMESPACE)).map(Object::key).collect()
    }

    /// The picture of a Pod; `None` once it is gone.
    pub fn xray(&self, pod: &ObjectKey) -> Option<Xray> {
        let scene = self.shown();
        let object = scene.stage.cluster.store().get(pod)?;
        Some(xray::xray(object.as_pod()?, scene.tracks(), scene.now()))
    }

    /// The nodes with their Pods.
    pub fn nodes(&self) -> Vec<NodeView> {
        let (store, now) = (self.shown().stage.cluster.store(), self.now());
        let of_node = |name: &str| {
            let pods = store.list(Kind::Pod, None).filter_map(Object::as_pod);
            let here = pods.filter(|pod| pod.spec.node_name.as_deref() == Some(name));
            here.map(|pod| (pod.name().to_owned(), pod_row(pod, now).status)).collect()
        };
        let view = |object: &Object| {
            let Object::Node(node) = object else { return None };
            let name = node.metadata.name.clone().unwrap_or_default();
            let conditions = node.status.as_ref().and_then(|s| s.conditions.as_ref());
            let ready = conditions.into_iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
            Some(NodeView { ready, pods: of_node(&name), name })
        };
        store.list(Kind::Node, None).filter_map(view).collect()
    }

    /// What a kubectl command line would print now, leaving no trace in the session.
    pub fn ask(&self, line: &str) -> String {
        script::type_line(&mut self.shown().stage.clone(), line).text
    }

    /// Why the row `row` of the watch (or, if there is none such, the Pod's latest change) came about, newest first.
    pub fn why(&self, row: Option<&WatchRow>, pod: &ObjectKey) -> Vec<Why> {
        let cluster = &self.shown().stage.cluster;
        let mine = |change: &&crate::sim::Change| change.object.key() == *pod;
        let changes = cluster.store().changes_since(0).into_iter().flatten().filter(mine);
        let change = match row {
            Some(row) => changes.filter(|change| change.at <= row.at).last(),
            None => changes.last(),
        };
        let Some(change) = change else { return Vec::new() };
        let mut links: Vec<Why> = Vec::new();
        for cause in cluster.causes().chain(change.cause) {
            let link = Why { at: cause.at, text: cause.text.clone(), chapter: cause.chapter.to_owned() };
            if links.last() != Some(&link) {
                links.push(link);
            }
        }
        links
    }

    /// What the shell has printed since it was last cleared.
    pub fn output(&self) -> &[String] {
        let terminal = self.shown().terminal();
        let from = self.cleared.saturating_sub(terminal.dropped()).min(terminal.lines().len());
        &terminal.lines()[from..]
    }

    /// What stands before the line being typed.
    pub fn prompt(&self) -> String {
        self.live.stage.session.prompt()
    }

    /// Whether a command is running in the shell.
    pub fn is_busy(&self) -> bool {
        self.shown().is_busy()
    }

    /// Types a line into the shell. Time goes on, since nothing would come of the command otherwise.
    pub fn submit(&mut self, line: &str) {
        self.act(Input::Line(line.to_owned()));
    }

    /// Applies a file as the learner would.
    pub fn apply(&mut self, name: &str) -> String {
        let command = format!("kubectl apply -f {name}");
        self.submit(&command);
        self.applied.insert(name.to_owned(), self.live.now());
        command
    }

    /// Whether the file, as it is, was applied before the moment shown.
    pub fn has_applied(&self, name: &str) -> bool {
        self.applied.get(name).is_some_and(|at| *at <= self.now())
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        self.act(Input::Interrupt);
    }

    /// Ctrl-D.
    pub fn end_input(&mut self) {
        self.act(Input::EndOfInput);
    }

    /// Forgets what the shell has printed.
    pub fn clear_output(&mut self) {
        self.cleared = self.live.terminal().dropped() + self.live.terminal().lines().len();
    }

    /// What can follow `before`, the line up to the cursor.
    pub fn complete(&self, before: &str) -> Completion {
        let stage = &self.shown().stage;
        let (start, candidates) = stage.session.complete(&stage.cluster, before);
        Completion { start, candidates }
    }

    /// The file an editor was started on in the shell, once.
    pub fn edit_request(&mut self) -> Option<String> {
        if self.is_past() || self.editing.is_some() {
            return None;
        }
        self.editing = self.live.stage.session.editor_request();
        self.editing.as_ref().map(|request| request.name.clone())
    }

    /// Closes the editor that was started in the shell: with the text to save, or without. False if `name` is not what it is open on.
    pub fn end_edit(&mut self, name: &str, text: Option<&str>) -> bool {
        if self.editing.take_if(|request| request.name == name).is_none() {
            return false;
        }
        self.act(Input::Edited(text.map(str::to_owned)));
        true
    }

    /// Closes the editor that was started in the shell, if one was, without saving.
    pub fn end_edit_unsaved(&mut self) {
        if let Some(name) = self.editing.as_ref().map(|request| request.name.clone()) {
            self.end_edit(&name, None);
        }
    }

    /// The text of a file of the session.
    pub fn file(&self, name: &str) -> Option<String> {
        if let Some(request) = self.editing.as_ref().filter(|request| request.name == name) {
            return Some(request.text.clone());
        }
        self.folder.files.get(name).cloned()
    }

    /// Writes a file of the session.
    pub fn write_file(&mut self, name: &str, text: &str) {
        self.folder.files.insert(name.to_owned(), text.to_owned());
        self.applied.remove(name);
        self.act(Input::File { name: name.to_owned(), text: text.to_owned() });
    }

    /// A session for a page, with its files in the learner's folder.
    pub fn of_page(page: &str, files: BTreeMap<String, String>) -> Practice {
        let live = Scene::new(stage(1, &files), Some(NAMESPACE));
        Practice { folder: Folder::of(page.to_owned(), files), ..Practice::on(live) }
    }

    /// The page this session belongs to.
    pub fn page(&self) -> &str {
        &self.folder.page
    }

    /// A session for a lab: a cluster with its fault, as the learner is to find it.
    pub fn of_lab(lab: &Lab) -> Practice {
        let files: BTreeMap<String, String> =
            lab.setup.files.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
        let (mut stage, mut setup) = (stage(lab.setup.nodes, &files), Vec::new());
        for (line, _) in &lab.setup.commands {
            setup.push((stage.cluster.now(), line.clone()));
            script::type_line(&mut stage, line);
        }
        let live = Scene::new(stage, Some(NAMESPACE)).judged_by(lab.goals.clone());
        let folder = Folder::of(format!("lab {}", lab.id), files);
        Practice { folder, setup, nodes: lab.setup.nodes, ..Practice::on(live) }
    }

    /// The goals of the lab.
    pub fn goals(&self) -> Vec<GoalView> {
        let Some(judge) = self.shown().judge() else { return Vec::new() };
        let verdicts = judge.verdicts(self.now()).into_iter();
        verdicts
            .map(|(text, met)| match met {
                Met::Yes => GoalView { text, met: true, missing: String::new() },
                Met::Holding { left } => {
                    GoalView { text, met: false, missing: format!("holds, {}s more", left.div_ceil(1000)) }
                }
                Met::NotYet(missing) => GoalView { text, met: false, missing },
            })
            .collect()
    }

    /// Whether all goals of the lab are reached.
    pub fn lab_passed(&self) -> bool {
        self.live.judge().is_some_and(|judge| judge.passed(self.live.now()))
    }

    /// Takes in what the learner answers to a lab's question.
    pub fn answer_lab(&mut self, word: &str) {
        self.act(Input::Answer(word.to_owned()));
    }

    /// The session as steps that `podlab sim --steps` plays again.
    pub fn saved(&self) -> String {
        let (files, setup, inputs) = (&self.folder.first, &self.setup, self.past.inputs());
        saved::Run { nodes: self.nodes, files, setup, inputs, until: self.live.now() }.steps()
    }

    /// Whether the session began with these files.
    pub fn began_with(&self, files: &BTreeMap<String, String>) -> bool {
        self.folder.first == *files
    }
}
