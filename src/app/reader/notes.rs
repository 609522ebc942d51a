//! What the cards of a page say about how far the learner is.

use super::super::exam::points;
use super::super::learner::Learner;
use super::super::page::{Item, State, Thing};
use super::Reader;
use crate::course::Course;
use crate::course::quiz::{Kind, Manifest};

impl Reader {
    /// Writes on quizzes, questions and labs how far the learner is with them.
    pub fn note_items(&mut self, course: &Course, learner: &Learner) {
        for item in &mut self.items {
            match &item.thing {
                Thing::Quiz => {
                    (item.title, item.note) = quiz_words(course, learner, &self.id);
                    let taken =
                        learner.quizzes.get(&self.id).is_some_and(|s| s.best.is_some() && s.open.is_empty());
                    item.state = if taken { State::Done } else { State::Open };
                }
                Thing::Question(id) | Thing::Predict(id) => {
                    if let Some((_, question)) = course.question(id) {
                        item.title = question.ask.plain();
                    }
                    item.state = if learner.questions.contains_key(id) { State::Done } else { State::Open };
                    item.note = match learner.questions.get(id) {
                        None => "Enter: answer".to_owned(),
                        Some(state) if state.latest => "answered, right. a: again".to_owned(),
                        Some(_) => "answered, not right yet. a: again".to_owned(),
                    };
                }
                Thing::Lab(slug) => {
                    if let Some(lab) = course.lab(slug) {
                        item.title = format!("{}, {} min", lab.title, lab.minutes);
                    }
                    item.state = if learner.labs.contains_key(slug) { State::Done } else { State::Open };
                    item.note = match learner.labs.get(slug) {
                        None => "Enter: start".to_owned(),
                        Some(0) => "passed without a hint. a: again".to_owned(),
                        Some(1) => "passed with 1 hint. a: again".to_owned(),
                        Some(hints) => format!("passed with {hints} hints. a: again"),
                    };
                }
                Thing::File(_) | Thing::Link(_) => {}
            }
        }
        self.put_predictions_first(course);
    }

    /// Ties each file to the first prediction of the page that is about it.
    fn put_predictions_first(&mut self, course: &Course) {
        let asked: Vec<(usize, &str)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| Some((at, predicted_file(item, course, &self.id)?)))
            .collect();
        if asked.is_empty() {
            return;
        }
        for item in &mut self.items {
            if let Thing::File(name) = &item.thing {
                item.after = asked.iter().find(|(_, file)| file == name).map(|(at, _)| *at);
            }
        }
    }
}

/// The file of the chapter that an item asks to predict something of.
fn predicted_file<'a>(item: &Item, course: &'a Course, chapter: &str) -> Option<&'a str> {
    let Thing::Predict(id) = &item.thing else { return None };
    match &course.quiz(chapter)?.question(id)?.kind {
        Kind::Predict(prediction) => match &prediction.manifest {
            Manifest::File { name, .. } => Some(name),
            Manifest::Inline { .. } => None,
        },
        _ => None,
    }
}

fn quiz_words(course: &Course, learner: &Learner, chapter: &str) -> (String, String) {
    let count = course.quiz(chapter).map_or(0, |quiz| quiz.questions.len());
    let state = learner.quizzes.get(chapter);
    let title = format!("{count} questions on this chapter");
    let open = state.map_or(0, |s| s.open.len());
    let note = match state.and_then(|s| s.best) {
        _ if open > 0 => format!("{open} of {count} answered. Enter: go on"),
        Some((best, of)) => format!("best {} of {of} points. a: retake", points(best)),
        None => "Enter: begin".to_owned(),
    };
    (title, note)
}
