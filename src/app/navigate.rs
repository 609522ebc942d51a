//! Going from place to place and back. Places are named by ids, so that a changed course still leads somewhere.

use super::bench::Pane;
use super::exam::{Exam, Purpose};
use super::learner::Entry;
use super::map::Map;
use super::overlay::{Confirm, Overlay, Then};
use super::page::Thing;
use super::palette::{Command, Palette};
use super::practice::Practice;
use super::reader::{Anchor, Reader};
use super::search::Search;
use super::settings::{Setting, SettingsScreen, ThemeChoice};
use super::{App, Effect, Memory, Place, Reaction, Reactions, Screen};
use crate::course::block::Block;
use std::collections::BTreeMap;

/// How many screens Esc can lead back through.
const DEEPEST: usize = 12;

impl App {
    /// Goes to a place; what cannot be found is said, and the learner stays.
    pub(super) fn go(&mut self, place: Place, effects: &mut Vec<Effect>) {
        self.note_place(effects);
        let left = match &place {
            Place::Lab(slug) => self.lab_left(slug),
            _ => None,
        };
        let as_left = left.is_some();
        let Some(screen) = left.map(Screen::Lab).or_else(|| self.screen_of(&place)) else {
            self.notice = Some(match &place {
                Place::Review => {
                    "Nothing is due: what you have answered comes back when it is time.".to_owned()
                }
                other => format!("There is no such thing here: {}", name_of(other)),
            });
            return;
        };
        let before = std::mem::replace(&mut self.trail.screen, screen);
        if matches!(self.trail.screen, Screen::Map(_)) {
            self.trail.behind.clear();
        } else {
            self.trail.behind.push((before, self.bench.focus));
            let over = self.trail.behind.len().saturating_sub(DEEPEST);
            self.trail.behind.drain(..over);
        }
        self.overlay = None;
        self.extents.page = super::extents::PageExtent::default();
        // A lab that was left is found as it was; any other is set up afresh.
        if as_left {
            self.notice = Some("The lab is as you left it; R sets it up again.".to_owned());
        } else if let Place::Lab(slug) = &place
            && let Some(lab) = self.course.lab(slug)
        {
            self.bench.take_up(Practice::of_lab(lab).at_speed(self.settings.speed));
        }
        // A page begins with its text, whatever pane was looked at before.
        self.bench.focus = Pane::Text;
        self.take_up_session();
        self.begin_experiment();
        if let Screen::Progress(_) = &self.trail.screen {
            effects.push(Effect::Reckon);
        }
        if let Screen::Chapter(reader) = &self.trail.screen {
            let entry = Entry::Opened { chapter: reader.id.clone() };
            self.commit(vec![Reaction::Record(entry)], effects);
        }
    }

    /// The lab as it was left, if its session is still there.
    fn lab_left(&mut self, slug: &str) -> Option<Reader> {
        let reader = self.trail.lab.take_if(|reader| reader.id == slug)?;
        self.bench.keeps(&lab_page(slug)).then_some(reader)
    }

    /// One level up; from the map, out.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        self.note_place(effects);
        match self.trail.behind.pop() {
            Some((screen, pane)) => {
                let left = std::mem::replace(&mut self.trail.screen, screen);
                self.bench.focus = pane;
                if let Screen::Map(map) = &mut self.trail.screen {
                    map.come_from(&left, &self.course, &self.learner);
                }
                if let Screen::Lab(reader) = left {
                    self.trail.lab = Some(reader).filter(|reader| !reader.has_passed());
                }
                self.refresh();
                self.take_up_session();
            }
            None if matches!(self.trail.screen, Screen::Map(_)) => {
                let question = self.quit();
                self.commit(vec![question], effects);
            }
            None => self.trail.screen = Screen::Map(Map::new(&self.course, &self.learner)),
        }
    }

    /// Asks whether to leave podlab; whoever wishes that while it is asked, leaves.
    pub(super) fn quit(&self) -> Reaction {
        if matches!(&self.overlay, Some(Overlay::Confirm(asked)) if asked.then == Then::Quit) {
            return Reaction::Quit;
        }
        let text = match self.memory {
            Memory::Whole => "Leave podlab? What you did is kept.",
            Memory::Short => "Leave podlab? Not all of what you did could be saved.",
        };
        Reaction::Open(Overlay::Confirm(Confirm { text: text.to_owned(), then: Then::Quit }))
    }

    /// Brings what a screen shows of the record up to date.
    fn refresh(&mut self) {
        match &mut self.trail.screen {
            Screen::Map(map) => map.refresh(&self.course, &self.learner),
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader) => {
                reader.note_items(&self.course, &self.learner);
            }
            _ => {}
        }
    }

    /// Keeps the place in the chapter that is on the screen.
    pub(super) fn note_place(&mut self, effects: &mut Vec<Effect>) {
        if let Screen::Chapter(reader) = &self.trail.screen {
            let entry = reader.reading(&self.extents.page);
            self.commit(vec![Reaction::Record(entry)], effects);
        }
    }

    fn screen_of(&self, place: &Place) -> Option<Screen> {
        Some(match place {
            Place::Map => Screen::Map(Map::new(&self.course, &self.learner)),
            Place::Chapter { id, heading } => {
                let mut reader = Reader::chapter(&self.course, &self.learner, id)?;
                if let Some(heading) = heading {
                    let page = self.course.chapter(id)?.page();
                    let at =
                        page.blocks.iter().position(|b| matches!(b, Block::Heading(h) if h.id == *heading));
                    reader.top = Anchor { block: at.unwrap_or(0), line: 0 };
                }
                Screen::Chapter(reader)
            }
            Place::Found { id, block, text } => {
                let mut reader = Reader::chapter(&self.course, &self.learner, id)?;
                reader.top = Anchor { block: *block, line: 0 };
                text.clone_into(&mut reader.find);
                Screen::Chapter(reader)
            }
            Place::Quiz(chapter) => Screen::Exam(Box::new(Exam::new(
                Purpose::Quiz(chapter.clone()),
                &self.course,
                &self.learner,
            )?)),
            Place::Question(id) => {
                Screen::Exam(Box::new(Exam::new(Purpose::One(id.clone()), &self.course, &self.learner)?))
            }
            Place::Review => Screen::Exam(Box::new(Exam::new(Purpose::Review, &self.course, &self.learner)?)),
            Place::Experiment(id) => Screen::Experiment(Reader::experiment(&self.course, id)?),
            Place::Lab(slug) => Screen::Lab(Reader::lab(&self.course, slug)?),
            Place::Progress => Screen::Progress(super::scroll::Scrolled::default()),
            Place::Search => Screen::Search(Search::default()),
            Place::Settings => Screen::Settings(SettingsScreen::default()),
        })
    }

    /// Takes up the session of the page on the screen.
    pub(super) fn take_up_session(&mut self) {
        let files = self.page_files().unwrap_or_default();
        // Each session starts at the speed that is set, whatever another one was hurried to.
        let speed = self.settings.speed;
        match &self.trail.screen {
            Screen::Chapter(reader) => {
                let id = reader.id.as_str();
                self.bench.visit(id, || Practice::of_page(id, files).at_speed(speed));
            }
            Screen::Lab(reader) => {
                let Some(lab) = self.course.lab(&reader.id) else { return };
                self.bench.visit(&lab_page(&lab.id), || Practice::of_lab(lab).at_speed(speed));
            }
            Screen::Experiment(reader) => {
                let page = format!("experiment {}", reader.id);
                self.bench.visit(&page, || Practice::of_page(&page, files).at_speed(speed));
            }
            _ => {}
        }
    }

    /// The files that the page on the screen brings along; `None` if it brings none of its own.
    pub(super) fn page_files(&self) -> Option<BTreeMap<String, String>> {
        let page = match &self.trail.screen {
            Screen::Chapter(reader) | Screen::Experiment(reader) => reader.page(&self.course)?,
            Screen::Lab(reader) => {
                let files = self.course.lab(&reader.id)?.setup.files.iter();
                return Some(files.map(|file| (file.name.clone(), file.text.clone())).collect());
            }
            _ => return None,
        };
        let files = page.files().into_iter();
        Some(files.filter_map(|code| Some((code.name.clone()?, code.text.clone()))).collect())
    }

    /// An experiment starts by itself the first time.
    fn begin_experiment(&mut self) {
        let Screen::Experiment(reader) = &self.trail.screen else { return };
        let files = reader.items.iter().filter_map(|item| match &item.thing {
            Thing::File(name) => Some(name.clone()),
            _ => None,
        });
        if let Some(name) = files.into_iter().next().filter(|name| !self.bench.practice.has_applied(name)) {
            self.apply_file(&name);
        }
    }

    /// The palette of this place.
    pub(super) fn palette(&self) -> Palette {
        let mut places: Vec<(String, Place)> = vec![
            ("go: map of the course".into(), Place::Map),
            ("go: review what is due".into(), Place::Review),
            ("go: scores and progress".into(), Place::Progress),
            ("go: search all chapters".into(), Place::Search),
            ("go: settings".into(), Place::Settings),
        ];
        for chapter in &self.course.chapters {
            let id = chapter.id.clone();
            let name = format!("chapter {} {}", chapter.number, chapter.front.title);
            places.push((name, Place::Chapter { id: id.clone(), heading: None }));
            if self.course.quizzes.contains_key(&id) {
                places.push((format!("quiz {} {}", chapter.number, chapter.front.title), Place::Quiz(id)));
            }
        }
        places.extend(self.course.labs.keys().map(|slug| {
            let title = self.course.lab(slug).map_or("", |lab| &lab.title);
            (format!("lab {slug}: {title}"), Place::Lab(slug.clone()))
        }));
        places.extend(self.course.misconceptions().filter(|(_, known)| known.experiment.is_some()).map(
            |(_, known)| {
                (format!("experiment: {}", known.claim.plain()), Place::Experiment(known.id.clone()))
            },
        ));
        Palette::new(&self.contexts(), places)
    }

    /// Does what an entry of the palette stands for.
    pub(super) fn command(&mut self, command: Command) -> Reactions {
        match command {
            Command::Go(place) => vec![Reaction::Go(place)],
            Command::Theme(name) => {
                self.settings.theme = ThemeChoice::Chosen(name);
                let remark = self.settings.remark(Setting::Theme).map(Reaction::Say);
                std::iter::once(Reaction::KeepSettings).chain(remark).collect()
            }
            Command::Act(action) => self.anywhere(action).unwrap_or_else(|| self.in_screen(action)),
        }
    }
}

/// The page under which the session of a lab waits.
fn lab_page(slug: &str) -> String {
    format!("lab {slug}")
}

fn name_of(place: &Place) -> String {
    match place {
        Place::Chapter { id, .. } | Place::Found { id, .. } => format!("chapter '{id}'"),
        Place::Quiz(id) => format!("a quiz for chapter '{id}'"),
        Place::Question(id) => format!("question '{id}'"),
        Place::Lab(slug) => format!("lab '{slug}'"),
        Place::Experiment(id) => format!("experiment '{id}'"),
        Place::Map => "the map of the course".to_owned(),
        Place::Review => "a review".to_owned(),
        Place::Progress => "your scores".to_owned(),
        Place::Search => "the search".to_owned(),
        Place::Settings => "the settings".to_owned(),
    }
}
