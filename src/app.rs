//! The state of the tutor and its one `update`. A message comes in, the state changes, effects go out; the view draws the state and
//! reports how it came out. Nothing here knows the terminal, the clock or the files.

/// What a key can mean.
pub mod action;
/// The panes beside the text.
pub mod bench;
/// The YAML editor.
pub mod editor;
/// Questions being answered: a quiz, a single one, a review.
pub mod exam;
/// What the view reports back.
pub mod extents;
/// Something commonly believed, put to the test.
mod experiment;
/// Keys.
pub mod key;
/// Which key means what.
pub mod keymap;
/// What the learner did, as the screens show it.
pub mod learner;
/// One line of text being typed.
pub mod line_editor;
/// The map of the course.
pub mod map;
/// Which part an action is for.
mod dispatch;
/// The mouse.
mod mouse;
/// Going from place to place.
mod navigate;
/// What lies above the screen.
pub mod overlay;
/// What in a page can be acted on.
pub mod page;
/// Every command by name.
pub mod palette;
/// The practice session as the panes see it.
pub mod practice;
/// A chapter or a lab being read.
pub mod reader;
/// Moving in something longer than the screen.
pub mod scroll;
/// Content that has changed while it is read.
mod reload;
/// Finding text in all chapters.
pub mod search;
/// What the learner can set.
pub mod settings;

use crate::course::Course;
use action::Action;
use bench::{Bench, Pane};
use exam::Exam;
use extents::{Area, Extents, Shape};
use key::Key;
use keymap::Context;
use learner::{Entry, Learner};
use map::Map;
use overlay::{Overlay, Sheet, Then};
use reader::Reader;
use search::Search;
use settings::{Settings, SettingsScreen};
use std::time::Duration;

pub use settings::ThemeName;

/// Everything the tutor knows.
#[derive(Clone, Debug)]
pub struct App {
    /// What there is to learn.
    pub course: Course,
    /// What the learner did.
    pub learner: Learner,
    /// What the learner set.
    pub settings: Settings,
    /// The panes beside the text.
    pub bench: Bench,
    /// Where the learner is, and above it the way back.
    pub trail: Trail,
    /// What lies above the screen.
    pub overlay: Option<Overlay>,
    /// A word on what just happened, until the next key.
    pub notice: Option<String>,
    /// How the last frame came out.
    pub extents: Extents,
}

/// The screen and those one came from.
#[derive(Clone, Debug)]
pub struct Trail {
    /// Where the learner is.
    pub screen: Screen,
    /// Where Esc leads, newest last.
    behind: Vec<Screen>,
    /// The border being dragged.
    held: Option<extents::Divide>,
}

/// A screen with its state.
#[derive(Clone, Debug)]
pub enum Screen {
    /// The map of the course.
    Map(Map),
    /// A chapter.
    Chapter(Reader),
    /// A lab.
    Lab(Reader),
    /// A misconception put to the test.
    Experiment(Reader),
    /// Questions.
    Exam(Box<Exam>),
    /// Scores and charts.
    Progress(Sheet),
    /// Search.
    Search(Search),
    /// Settings.
    Settings(SettingsScreen),
}

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The map of the course.
    Map,
    /// A chapter, perhaps at a heading.
    Chapter {
        /// Its id.
        id: String,
        /// The heading's id.
        heading: Option<String>,
    },
    /// A chapter at a block, looking for a text.
    Found {
        /// The chapter's id.
        id: String,
        /// The block.
        block: usize,
        /// The text, lower case.
        text: String,
    },
    /// The quiz of a chapter.
    Quiz(String),
    /// One question, by id.
    Question(String),
    /// A lab, by slug.
    Lab(String),
    /// The experiment that refutes a misconception, by its id.
    Experiment(String),
    /// What is due again.
    Review,
    /// Scores and charts.
    Progress,
    /// Search.
    Search,
    /// Settings.
    Settings,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// Real time passed.
    Tick(Duration),
    /// The terminal has another size.
    Resized,
    /// A frame was drawn and came out like this.
    Painted(Extents),
    /// The record could not be kept; why.
    Unsaved(String),
    /// The content has changed.
    Course(Box<Course>),
}

/// What the mouse did, where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// What it did.
    pub touch: Touch,
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Touch {
    Press,
    Drag,
    Release,
    WheelUp,
    WheelDown,
}

/// What the world is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Draw a frame: something shown has changed.
    Draw,
    /// End.
    Quit,
    /// Give the terminal back and stop until the learner returns.
    Suspend,
    /// Keep this for ever, before anything else happens.
    Record(Entry),
    /// Keep the settings.
    KeepSettings(Settings),
    /// Write this run into the current folder.
    SaveRun(String),
}

/// What a part of the tutor wants of the whole.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// Go there.
    Go(Place),
    /// Go there, and forget the screen one is on.
    Replace(Place),
    /// One level up.
    Leave,
    /// Put this above the screen.
    Open(Overlay),
    /// Say this.
    Say(String),
    /// Keep this for ever.
    Record(Entry),
    /// The settings changed.
    KeepSettings,
    /// Apply the file of that name.
    Apply(String),
    /// Edit the file of that name.
    Edit(String),
    /// Write the session down.
    SaveRun,
    /// End.
    Quit,
}

/// Several reactions, in order.
pub type Reactions = Vec<Reaction>;

impl App {
    /// A tutor at the map of the course.
    pub fn new(course: Course, learner: Learner, settings: Settings) -> App {
        let map = Map::new(&course, &learner);
        let mut bench = Bench::default();
        bench.practice.set_speed(settings.speed);
        App {
            course,
            learner,
            settings,
            bench,
            trail: Trail { screen: Screen::Map(map), behind: Vec::new(), held: None },
            overlay: None,
            notice: None,
            extents: Extents::default(),
        }
    }

    /// Takes in what happened; says what is to be done about it.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::Key(key) => self.key(key),
            Msg::Mouse(mouse) => self.mouse(mouse),
            Msg::Paste(text) => self.paste(&text),
            Msg::Resized => vec![Effect::Draw],
            Msg::Tick(real) => self.tick(real),
            Msg::Painted(extents) => self.painted(extents),
            Msg::Unsaved(why) => {
                self.notice = Some(why);
                vec![Effect::Draw]
            }
            Msg::Course(course) => self.reload(*course),
        }
    }

    /// What is to be kept when podlab ends.
    pub fn farewell(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.note_place(&mut effects);
        effects
    }

    /// Starts at a place instead of the map.
    pub fn start_at(&mut self, place: Place) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.go(place, &mut effects);
        effects
    }

    /// Whether a page was opened that has not been drawn yet: how far it scrolls is not known before.
    pub fn is_unpainted(&self) -> bool {
        self.shows_bench() && self.extents.page.total == 0
    }

    /// Whether the screen shows the panes.
    pub fn shows_bench(&self) -> bool {
        matches!(self.trail.screen, Screen::Chapter(_) | Screen::Lab(_) | Screen::Experiment(_))
    }

    /// Whether time passing can change what is shown.
    pub fn is_moving(&self) -> bool {
        match &self.trail.screen {
            Screen::Exam(exam) => exam.is_moving(),
            _ => self.shows_bench() && self.bench.practice.is_moving(),
        }
    }

    /// The contexts whose keys hold now, the most specific first.
    pub fn contexts(&self) -> Vec<Context> {
        if let Some(overlay) = &self.overlay {
            return overlay.contexts().to_vec();
        }
        self.contexts_below()
    }

    /// The contexts of what lies below the overlay: what help is about.
    pub fn contexts_below(&self) -> Vec<Context> {
        match &self.trail.screen {
            Screen::Map(_) => vec![Context::Map, Context::Anywhere],
            Screen::Chapter(_) | Screen::Experiment(_) => self.bench_contexts(&[]),
            Screen::Lab(_) => self.bench_contexts(&[Context::Lab]),
            Screen::Exam(exam) => exam.contexts().to_vec(),
            Screen::Progress(_) => vec![Context::Reading, Context::Anywhere],
            Screen::Search(_) => vec![Context::Picker, Context::Typing],
            Screen::Settings(_) => vec![Context::Settings, Context::Anywhere],
        }
    }

    fn bench_contexts(&self, before: &[Context]) -> Vec<Context> {
        let own: &[Context] = match self.bench.focus {
            Pane::Text => &[Context::Page, Context::Bench, Context::Anywhere],
            Pane::Watch => &[Context::Watch, Context::Bench, Context::Anywhere],
            Pane::Xray => &[Context::Xray, Context::Bench, Context::Anywhere],
            Pane::Shell => return vec![Context::Shell, Context::Typing],
        };
        [before, own].concat()
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.notice = None;
        let contexts = self.contexts();
        let searching = self.bench.shell.line.searching().is_some() && contexts.contains(&Context::Shell);
        match keymap::find(&contexts, key).filter(|_| !searching) {
            Some(action) => self.perform(action),
            None => {
                self.type_key(key);
                vec![Effect::Draw]
            }
        }
    }

    /// A key without a meaning of its own goes to the text field that has focus, if one has.
    fn type_key(&mut self, key: Key) {
        match (&mut self.overlay, &mut self.trail.screen) {
            (Some(Overlay::Palette(palette)), _) => {
                palette.line.key(key);
                palette.find();
            }
            (Some(Overlay::Editor(editor)), _) => editor.key(key),
            (Some(_), _) => {}
            (None, Screen::Search(search)) => {
                search.line.key(key);
                search.find(&self.course);
            }
            (None, Screen::Exam(exam)) => exam.type_key(key),
            (None, Screen::Chapter(_) | Screen::Lab(_) | Screen::Experiment(_))
                if self.bench.focus == Pane::Shell =>
            {
                self.bench.type_key(key);
            }
            _ => {}
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        match (&mut self.overlay, &mut self.trail.screen) {
            (Some(Overlay::Editor(editor)), _) => editor.paste(text),
            (Some(Overlay::Palette(palette)), _) => {
                palette.line.insert(text);
                palette.find();
            }
            (Some(_), _) => {}
            (None, Screen::Search(search)) => {
                search.line.insert(text);
                search.find(&self.course);
            }
            (None, Screen::Exam(exam)) => exam.paste(text),
            (None, Screen::Chapter(_) | Screen::Lab(_) | Screen::Experiment(_))
                if self.bench.focus == Pane::Shell =>
            {
                self.bench.shell.line.insert(text);
            }
            _ => {}
        }
        vec![Effect::Draw]
    }

    fn tick(&mut self, real: Duration) -> Vec<Effect> {
        if !self.is_moving() {
            return Vec::new();
        }
        if let Screen::Exam(exam) = &mut self.trail.screen {
            exam.tick(real);
            return vec![Effect::Draw];
        }
        if !self.bench.practice.tick(real) {
            return Vec::new();
        }
        let mut effects = vec![Effect::Draw];
        self.follow_session(&mut effects);
        effects
    }

    /// What the session brings about: an editor that was started in the shell, a lab that is passed.
    fn follow_session(&mut self, effects: &mut Vec<Effect>) {
        if let Some(name) = self.bench.practice.edit_request() {
            self.commit(vec![Reaction::Edit(name)], effects);
        }
        let Screen::Lab(reader) = &mut self.trail.screen else { return };
        let lab = self.course.lab(&reader.id).filter(|_| self.bench.practice.lab_passed());
        if lab.is_some_and(|lab| reader.pass(lab)) {
            let hints = reader.lab.as_ref().map_or(0, |run| run.hints);
            let entry = Entry::Passed { lab: reader.id.clone(), hints };
            reader.top = reader::Anchor::default();
            let words = "Passed! The text says what was wrong and why it works now.";
            self.commit(vec![Reaction::Record(entry), Reaction::Say(words.into())], effects);
        }
    }

    fn painted(&mut self, extents: Extents) -> Vec<Effect> {
        if self.extents == extents {
            return Vec::new();
        }
        self.extents = extents;
        let page = &self.extents.page;
        let changed = match &mut self.trail.screen {
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader) => reader.settle(page),
            _ => false,
        };
        if changed { vec![Effect::Draw] } else { Vec::new() }
    }

    /// Does what an action means here.
    pub fn perform(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = vec![Effect::Draw];
        let reactions = match self.anywhere(action) {
            Some(reactions) => reactions,
            None if self.overlay.is_some() => self.in_overlay(action),
            None => self.in_screen(action),
        };
        self.commit(reactions, &mut effects);
        self.follow_session(&mut effects);
        if action == Action::Suspend {
            effects.push(Effect::Suspend);
        }
        if action == Action::Quit {
            effects.push(Effect::Quit);
        }
        effects
    }

    /// Actions that mean the same everywhere.
    fn anywhere(&mut self, action: Action) -> Option<Reactions> {
        Some(match action {
            Action::Quit | Action::Suspend => Vec::new(),
            Action::Help => vec![Reaction::Open(Overlay::Help(Sheet::default()))],
            Action::Palette => vec![Reaction::Open(Overlay::Palette(self.palette()))],
            Action::Find => vec![Reaction::Go(Place::Search)],
            Action::GoMap => vec![Reaction::Go(Place::Map)],
            Action::GoReview => vec![Reaction::Go(Place::Review)],
            Action::GoProgress => vec![Reaction::Go(Place::Progress)],
            Action::GoSettings => vec![Reaction::Go(Place::Settings)],
            Action::GoSearch => vec![Reaction::Go(Place::Search)],
            _ => return None,
        })
    }

    fn in_overlay(&mut self, action: Action) -> Reactions {
        let Some(overlay) = &mut self.overlay else { return Vec::new() };
        if overlay.scroll(action, &self.extents) {
            return Vec::new();
        }
        match (overlay, action) {
            (Overlay::Palette(palette), Action::Act) => {
                let chosen = palette.chosen().cloned();
                self.overlay = None;
                chosen.map(|command| self.command(command)).unwrap_or_default()
            }
            (Overlay::Why(chain), Action::Act) => {
                let chapter = chain.links.get(chain.cursor.at).map(|l| l.chapter.clone()).unwrap_or_default();
                if chapter.is_empty() {
                    return vec![Reaction::Say("No chapter teaches this one.".into())];
                }
                self.overlay = None;
                vec![Reaction::Go(Place::Chapter { id: chapter, heading: None })]
            }
            (Overlay::Why(chain), Action::StepBack) => {
                if let Some(link) = chain.links.get(chain.cursor.at) {
                    self.bench.practice.rewind_to(link.at);
                }
                self.overlay = None;
                Vec::new()
            }
            (Overlay::Confirm(confirm), Action::Yes) => {
                let then = confirm.then;
                self.overlay = None;
                self.confirmed(then)
            }
            (Overlay::Editor(editor), action) => {
                let reactions = editor.perform(action);
                self.edited(reactions)
            }
            (_, Action::Back | Action::No) => {
                self.overlay = None;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn edited(&mut self, outcome: editor::Outcome) -> Reactions {
        match outcome {
            editor::Outcome::Nothing => Vec::new(),
            editor::Outcome::Leave => {
                self.drop_edits();
                Vec::new()
            }
            editor::Outcome::Save { name, text } => {
                self.overlay = None;
                if self.bench.practice.end_edit(&name, Some(&text)) {
                    return Vec::new();
                }
                self.bench.practice.write_file(&name, &text);
                vec![Reaction::Apply(name)]
            }
        }
    }

    fn confirmed(&mut self, then: Then) -> Reactions {
        match then {
            Then::Quit => return vec![Reaction::Quit],
            Then::DropEdits => self.drop_edits(),
            Then::Fresh => {
                self.bench.practice.fresh();
                self.bench.watch = bench::WatchPane::default();
                return vec![Reaction::Say("A fresh cluster, at 0 s.".into())];
            }
            Then::RestartLab => {
                if let Screen::Lab(reader) = &self.trail.screen {
                    return vec![Reaction::Replace(Place::Lab(reader.id.clone()))];
                }
            }
        }
        Vec::new()
    }

    /// The one place where what the parts want becomes so.
    fn commit(&mut self, reactions: Reactions, effects: &mut Vec<Effect>) {
        for reaction in reactions {
            match reaction {
                Reaction::Go(place) => self.go(place, effects),
                Reaction::Replace(place) => {
                    self.note_place(effects);
                    let before = self.trail.behind.len();
                    self.go(place, effects);
                    self.trail.behind.truncate(before);
                }
                Reaction::Leave => self.leave(effects),
                Reaction::Open(overlay) => self.overlay = Some(overlay),
                Reaction::Say(text) => self.notice = Some(text),
                Reaction::Record(entry) => {
                    self.learner.apply(&entry);
                    effects.push(Effect::Record(entry));
                }
                Reaction::KeepSettings => effects.push(Effect::KeepSettings(self.settings.clone())),
                Reaction::Apply(name) => self.apply_file(&name),
                Reaction::Edit(name) => self.edit_file(&name),
                Reaction::SaveRun => {
                    let words = "Saved. To see it again: podlab sim --steps podlab-run.steps";
                    self.notice = Some(words.to_owned());
                    effects.push(Effect::SaveRun(self.bench.practice.saved()));
                }
                Reaction::Quit => effects.push(Effect::Quit),
            }
        }
    }

    pub(super) fn apply_file(&mut self, name: &str) {
        let command = self.bench.practice.apply(name);
        self.bench.shell.line.remember(&command);
        self.bench.shell.up = 0;
        self.bench.watch.chosen = None;
        self.notice = Some(format!("$ {command}"));
    }

    /// Closes the editor; whoever started it in the shell is told.
    fn drop_edits(&mut self) {
        self.overlay = None;
        self.bench.practice.end_edit_unsaved();
    }

    fn edit_file(&mut self, name: &str) {
        let text = self.bench.practice.file(name).unwrap_or_default();
        self.overlay = Some(Overlay::Editor(Box::new(editor::Editor::new(name, &text))));
    }

    /// The shape of the screen, as last drawn.
    pub fn shape(&self) -> Shape {
        self.extents.shape
    }

    /// The area of the screen, as last drawn.
    pub fn screen_area(&self) -> Area {
        self.extents.screen
    }
}
