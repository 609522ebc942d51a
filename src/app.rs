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
/// What actions mean to what lies above the screen.
mod above;
/// What becomes of what the parts want.
mod commit;
/// Which part an action is for.
mod dispatch;
/// The mouse.
mod mouse;
/// Simulated times in words.
pub mod moment;
/// The words between the parts.
pub mod msg;
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
/// What kubectl says about a Pod, in a window.
pub mod sheet;
/// Text fields.
mod typing;

use crate::course::Course;
use action::Action;
use bench::{Bench, Pane};
use exam::Exam;
use extents::{Area, Extents, Shape};
use key::Key;
use keymap::Context;
use learner::Learner;
use map::Map;
use overlay::{Help, Overlay};
use practice::Passed;
use reader::Reader;
use scroll::Scrolled;
use search::Search;
use settings::{Settings, SettingsScreen};
use std::time::Duration;

pub use msg::{Effect, Mouse, Msg, Place, Reaction, Reactions, Touch};
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
    /// How well the record keeps what the learner does.
    memory: Memory,
    /// How the last frame came out.
    pub extents: Extents,
}

/// How well the record keeps what the learner does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Memory {
    /// All of it so far.
    #[default]
    Whole,
    /// Not all of it: something could not be saved.
    Short,
}

/// The screen and those one came from.
#[derive(Clone, Debug)]
pub struct Trail {
    /// Where the learner is.
    pub screen: Screen,
    /// Where Esc leads, newest last, each with the pane that had focus there.
    behind: Vec<(Screen, Pane)>,
    /// The lab left last, unless it was passed.
    lab: Option<Reader>,
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
    Progress(Scrolled),
    /// Search.
    Search(Search),
    /// Settings.
    Settings(SettingsScreen),
}

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
            trail: Trail { screen: Screen::Map(map), behind: Vec::new(), lab: None, held: None },
            overlay: None,
            notice: None,
            memory: Memory::Whole,
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
                self.memory = Memory::Short;
                self.notice = Some(why);
                vec![Effect::Draw]
            }
            Msg::Told(words) => {
                self.notice = Some(words);
                vec![Effect::Draw]
            }
            Msg::Course { course, problems } => self.reload(*course, &problems),
            Msg::Reckoned(learner) => {
                self.learner.take_reckoning(*learner);
                vec![Effect::Draw]
            }
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

    /// The real time for which nothing shown changes without a key; none if it may at any moment.
    pub fn quiet_for(&self) -> Option<Duration> {
        match &self.trail.screen {
            Screen::Exam(_) => None,
            _ => self.shows_bench().then(|| self.bench.practice.quiet_for()),
        }
    }

    /// The contexts whose keys hold now, the most specific first.
    pub fn contexts(&self) -> Vec<Context> {
        if let Some(overlay) = &self.overlay {
            return overlay.contexts().to_vec();
        }
        self.contexts_below()
    }

    /// All keys of this place; closing it leads back to what lies under it.
    fn help(&mut self) -> Overlay {
        if let Some(Overlay::Help(_)) = &self.overlay {
            return Overlay::Help(Help { contexts: self.contexts_below(), top: 0, under: None });
        }
        let contexts = self.contexts();
        Overlay::Help(Help { contexts, top: 0, under: self.overlay.take().map(Box::new) })
    }

    /// The contexts of what lies below the overlay.
    fn contexts_below(&self) -> Vec<Context> {
        match &self.trail.screen {
            Screen::Map(_) => vec![Context::Map, Context::Anywhere],
            Screen::Chapter(_) | Screen::Experiment(_) => self.bench_contexts(&[]),
            Screen::Lab(_) => self.bench_contexts(&[Context::Lab]),
            Screen::Exam(exam) => exam.contexts().to_vec(),
            Screen::Progress(_) => vec![Context::Scores, Context::Anywhere],
            Screen::Search(_) => vec![Context::Picker, Context::Typing],
            Screen::Settings(_) => vec![Context::Settings, Context::Anywhere],
        }
    }

    fn bench_contexts(&self, before: &[Context]) -> Vec<Context> {
        let own: &[Context] = match self.bench.focus {
            Pane::Text => &[Context::Page, Context::Time, Context::Bench, Context::Anywhere],
            Pane::Watch => &[Context::Watch, Context::Time, Context::Bench, Context::Anywhere],
            Pane::Xray => &[Context::Xray, Context::Time, Context::Bench, Context::Anywhere],
            Pane::Shell => return vec![Context::Shell, Context::Typing],
        };
        // Beside the text the keys of the pane come first, in the text those of the lab.
        let at = usize::from(self.bench.focus != Pane::Text);
        [&own[..at], before, &own[at..]].concat()
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.notice = None;
        let contexts = self.contexts();
        let searching = self.bench.shell.line.searching().is_some() && contexts.contains(&Context::Shell);
        // While it looks through the history every key is for the line, but for the one that drops it.
        let wanted = |action: &Action| !searching || *action == Action::Interrupt;
        if let Some(action) = keymap::find(&contexts, key).filter(wanted) {
            return self.perform(action);
        }
        self.type_key(key);
        vec![Effect::Draw]
    }

    fn tick(&mut self, real: Duration) -> Vec<Effect> {
        if !self.is_moving() {
            return Vec::new();
        }
        if let Screen::Exam(exam) = &mut self.trail.screen {
            // Whoever wants little movement sees what came of it at once.
            exam.tick(if self.settings.calm.is_yes() { Duration::MAX } else { real });
            return vec![Effect::Draw];
        }
        match self.bench.practice.tick(real) {
            Passed::Unseen => return Vec::new(),
            Passed::Second if self.settings.calm.is_yes() && !self.renew_sheet() => return Vec::new(),
            Passed::Second | Passed::Happening => {}
        }
        self.renew_sheet();
        let mut effects = vec![Effect::Draw];
        self.follow_session(&mut effects);
        effects
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
        effects
    }

    /// Actions that mean the same everywhere.
    fn anywhere(&mut self, action: Action) -> Option<Reactions> {
        Some(match action {
            Action::Quit => vec![self.quit()],
            Action::Suspend => Vec::new(),
            Action::Help => vec![Reaction::Open(self.help())],
            Action::Palette => vec![Reaction::Open(Overlay::Palette(self.palette()))],
            Action::Experiments => {
                vec![Reaction::Open(Overlay::Palette(self.palette().typed("experiment: ")))]
            }
            Action::GoMap => vec![Reaction::Go(Place::Map)],
            Action::GoReview => vec![Reaction::Go(Place::Review)],
            Action::GoProgress => vec![Reaction::Go(Place::Progress)],
            Action::GoSettings => vec![Reaction::Go(Place::Settings)],
            Action::Find | Action::GoSearch => vec![Reaction::Go(Place::Search)],
            _ => return None,
        })
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
