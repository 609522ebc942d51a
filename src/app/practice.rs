//! The practice session as the panes see it: what is shown now (the live moment or a past one), how fast time passes, the lab's
//! goals. The one seam between the tutor and `lab`; it decides nothing about what Kubernetes does.

/// A session written down.
mod saved;
/// The learner's shell and files.
mod shell;
/// How time passes, and moments gone by.
mod time;
/// What is to be seen.
mod view;
/// Why it is so.
mod why;

pub use shell::Completion;
pub use time::Passed;
pub use view::NodeView;
pub use why::Why;

use crate::course::lab::Lab;
use crate::kube::SimTime;
use crate::kubectl::session::EditorRequest;
use crate::lab::pace::Pace;
use crate::lab::past::{Past, Replayable};
use crate::lab::rehearse;
use crate::lab::scene::{Input, Scene};
use crate::lab::script;
use crate::lab::stage::Stage;
use crate::lab::verdict::Met;
use std::collections::BTreeMap;

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
    /// The command a key stands for that has not ended yet, and the number of lines printed before it.
    running: Option<(String, usize)>,
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
            running: None,
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

    /// The same at another speed.
    #[must_use]
    pub fn at_speed(mut self, factor: u32) -> Practice {
        self.set_speed(factor);
        self
    }

    /// Whether the moment shown lies in the past, so that nothing can be done until the learner goes on from there.
    pub fn is_past(&self) -> bool {
        self.earlier.is_some()
    }

    /// Starts over with an empty cluster; the learner's files and the pace stay.
    pub fn fresh(&mut self) {
        let live = Scene::new(stage(1, &self.folder.files), Some(NAMESPACE));
        let Folder { page, files, .. } = std::mem::take(&mut self.folder);
        *self = Practice { folder: Folder::of(page, files), pace: self.pace.clone(), ..Practice::on(live) };
        self.pace.set_running(true);
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
