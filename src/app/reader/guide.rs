//! What Enter leads to on a page: thing after thing in the order of reading, but a prediction before the manifest it is about.

use super::super::extents::PageExtent;
use super::super::page::{Item, State, Thing};
use super::super::practice::Practice;
use super::super::scroll::Move;
use super::super::{Place, Reaction, Reactions};
use super::{LabOutcome, Reader, neighbour};
use crate::course::Course;

/// What is said to whoever would apply a manifest before its prediction.
const FIRST: &str = "Say first what you expect of it: Enter asks. a applies it at once.";

impl Reader {
    /// Enter: the marked thing, or else a screen on; at the end of the page, what comes next.
    pub(super) fn act(&mut self, course: &Course, practice: &Practice, page: &PageExtent) -> Reactions {
        // In a lab that is passed nothing is left to be done: Enter reads on, and out.
        let passed = self.has_passed();
        if let Some(prediction) = self.to_predict(practice).filter(|_| !passed) {
            self.bring(prediction, page);
            return vec![Reaction::Say(FIRST.into())];
        }
        if let Some(item) = self.marked().filter(|item| !passed && !is_done(item, practice)) {
            return self.act_on(&item.thing, course);
        }
        if let Some(file) = self.to_apply(practice) {
            self.bring(file, page);
            return Vec::new();
        }
        let from = self.line(page);
        if let Some(next) = self.next_visible(page, practice).filter(|_| !passed) {
            self.focus = Some(next);
            return Vec::new();
        }
        if from + page.height < page.total {
            let line = Move::Pages(1).scroll(from, page.height, page.total);
            self.scroll_to(line, page);
            self.focus = self.next_visible(page, practice);
            self.settle(page);
            return self.note_section(course, page);
        }
        self.act_at_end(course)
    }

    fn act_at_end(&self, course: &Course) -> Reactions {
        match self.lab.as_ref().map(|run| run.outcome) {
            Some(LabOutcome::Passed) => return vec![Reaction::Leave],
            Some(LabOutcome::Open) => {
                return vec![Reaction::Say("The goals say what is missing; h gives a hint, e edits.".into())];
            }
            None if self.own.is_some() => return vec![Reaction::Leave],
            None => {}
        }
        let taken = |item: &Item| item.thing == Thing::Quiz && item.state == State::Done;
        if course.quizzes.contains_key(&self.id) && !self.items.iter().any(taken) {
            return vec![Reaction::Go(Place::Quiz(self.id.clone()))];
        }
        neighbour(&self.id, course, false)
    }

    /// The prediction to be made before the marked file is applied for the first time.
    pub fn to_predict(&self, practice: &Practice) -> Option<usize> {
        let file = self.marked().filter(|item| !is_done(item, practice))?;
        file.after.filter(|_| self.waits(file))
    }

    /// The file whose prediction is marked and made.
    fn to_apply(&self, practice: &Practice) -> Option<usize> {
        self.marked().filter(|item| item.state == State::Done)?;
        self.items.iter().position(|item| item.after == self.focus && !is_done(item, practice))
    }

    /// Whether a file waits for a prediction about it.
    pub(super) fn waits(&self, item: &Item) -> bool {
        item.after.and_then(|at| self.items.get(at)).is_some_and(|asked| asked.state == State::Open)
    }

    /// The turn of an item: that of its place, and right behind its prediction for a file that has one.
    pub(super) fn turn(&self, at: usize) -> (usize, usize) {
        match self.items.get(at).and_then(|item| item.after) {
            Some(prediction) => (prediction, 1),
            None => (at, 0),
        }
    }

    /// Marks an item and brings it into view.
    fn bring(&mut self, at: usize, page: &PageExtent) {
        self.focus = Some(at);
        let (line, height) = page.items.get(at).copied().unwrap_or((0, 1));
        self.show(line, height, page);
    }

    /// The next thing on the screen that the learner has not been through.
    fn next_visible(&self, page: &PageExtent, practice: &Practice) -> Option<usize> {
        let from = self.line(page);
        let open = |i: &usize| {
            let (line, height) = page.items.get(*i).copied().unwrap_or((usize::MAX, 0));
            let visible = height > 0 && line >= from && line.saturating_add(height) <= from + page.height;
            let item = &self.items[*i];
            let later = self.focus.is_none_or(|at| self.turn(*i) > self.turn(at));
            visible
                && later
                && !matches!(item.thing, Thing::Link(_))
                && !is_done(item, practice)
                && !self.waits(item)
        };
        (0..self.items.len()).filter(open).min_by_key(|i| self.turn(*i))
    }
}

/// Whether the learner has been through an item; a file, whether it is applied.
pub fn is_done(item: &Item, practice: &Practice) -> bool {
    match &item.thing {
        Thing::File(name) => practice.has_applied(name),
        _ => item.state == State::Done,
    }
}
