//! Content that has changed on disk, taken in while it is read: the author sees the page change and stays where they are.

use super::exam::Exam;
use super::map::Map;
use super::overlay::Overlay;
use super::reader::Reader;
use super::{App, Effect, Screen};
use crate::course::{Course, Diagnostic};

impl App {
    /// Goes on with another course at the same place, and says what is wrong with it.
    pub(super) fn reload(&mut self, course: Course, problems: &[Diagnostic]) -> Vec<Effect> {
        self.course = course;
        if !matches!(self.overlay, Some(Overlay::Editor(_) | Overlay::Confirm(_))) {
            self.overlay = None;
        }
        let screen =
            std::mem::replace(&mut self.trail.screen, Screen::Search(super::search::Search::default()));
        self.trail.screen = self.renewed(screen);
        let behind = std::mem::take(&mut self.trail.behind);
        self.trail.behind = behind.into_iter().map(|(screen, pane)| (self.renewed(screen), pane)).collect();
        self.trail.lab = self.trail.lab.take().and_then(|left| left.lab_again(&self.course));
        self.drop_old_session();
        self.take_up_session();
        self.notice = Some(match problems {
            [] => "The content has changed and was read again.".to_owned(),
            [one] => one.to_string(),
            [first, more @ ..] => format!("{first} (and {} more)", more.len()),
        });
        vec![Effect::Draw]
    }

    /// The same screen, of the course as it is now; the map in its place if what it showed is gone.
    fn renewed(&self, screen: Screen) -> Screen {
        let map = || Screen::Map(Map::new(&self.course, &self.learner));
        match screen {
            Screen::Map(mut shown) => {
                shown.refresh(&self.course, &self.learner);
                Screen::Map(shown)
            }
            Screen::Chapter(old) => match Reader::chapter(&self.course, &self.learner, &old.id) {
                Some(new) => Screen::Chapter(new.at_place_of(&old)),
                None => map(),
            },
            Screen::Lab(old) => old.lab_again(&self.course).map_or_else(map, Screen::Lab),
            Screen::Experiment(old) => match Reader::experiment(&self.course, &old.id) {
                Some(new) => Screen::Experiment(new.at_place_of(&old)),
                None => map(),
            },
            Screen::Exam(old) => match Exam::new(old.purpose, &self.course, &self.learner) {
                Some(new) => Screen::Exam(Box::new(new)),
                None => map(),
            },
            Screen::Search(mut search) => {
                search.find(&self.course);
                Screen::Search(search)
            }
            other @ (Screen::Progress(_) | Screen::Settings(_)) => other,
        }
    }

    /// A session whose page brings other files now starts over with them.
    fn drop_old_session(&mut self) {
        if let Some(files) = self.page_files()
            && !self.bench.practice.began_with(&files)
        {
            self.bench.forget();
        }
    }
}
