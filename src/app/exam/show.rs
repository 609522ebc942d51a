//! What came of a prediction, played before it is graded: the watch from the first row to the moment that was asked for.

use crate::course::Course;
use crate::course::quiz::{Asked, Manifest, Predicted, Prediction};
use crate::kube::SimTime;
use crate::kubectl::watch::WatchRow;
use crate::lab::replay::{Replay, Shown};
use crate::lab::{predict, rehearse};
use std::time::Duration;

/// How long the whole is to take, in real milliseconds.
const TAKES: u64 = 4000;

/// A run being shown.
#[derive(Clone, Debug)]
pub struct Show {
    replay: Replay,
    /// What the watch has printed, the header among it.
    pub rows: Vec<WatchRow>,
    /// The simulated time shown.
    pub now: SimTime,
    /// The moment that was asked for.
    pub until: SimTime,
}

impl Show {
    /// The run behind a prediction of a chapter, at its start; `None` if there is nothing to see.
    pub fn new(
        prediction: &Prediction,
        predicted: &Predicted,
        course: &Course,
        chapter: &str,
    ) -> Option<Show> {
        let until = match (predicted, &prediction.asked) {
            (Predicted::FirstAt(second), _) | (Predicted::Shows(_), Asked::At(second)) => *second,
            _ => return None,
        };
        let replay = predict::replay(rehearse::stage(1, chapter_files(course, chapter)), prediction);
        let until = SimTime((until * 1000.0).round().max(0.0) as u64);
        let mut show = Show { replay, rows: Vec::new(), now: SimTime(0), until };
        show.reach(SimTime(0));
        Some(show)
    }

    /// Lets real time pass, so that the whole takes some seconds however long it is.
    pub fn play(&mut self, real: Duration) {
        let share = (real.as_secs_f64() * 1000.0 / TAKES as f64).min(1.0);
        let step = (share * self.until.0.max(TAKES) as f64) as u64;
        self.reach(self.now.plus(step.max(1)));
    }

    /// Goes to the moment that was asked for.
    pub fn finish(&mut self) {
        self.reach(self.until);
    }

    /// Whether the moment that was asked for is reached.
    pub fn is_over(&self) -> bool {
        self.now >= self.until
    }

    fn reach(&mut self, at: SimTime) {
        self.now = at.min(self.until);
        let rows = self.replay.advance(self.now).into_iter().filter_map(|shown| match shown {
            Shown::Row(row) => Some(row),
            _ => None,
        });
        self.rows.extend(rows);
    }
}

/// The manifest a prediction is about: its name and its text.
pub fn manifest<'a>(
    prediction: &'a Prediction,
    course: &'a Course,
    chapter: &str,
) -> Option<(&'a str, &'a str)> {
    match &prediction.manifest {
        Manifest::File { name, .. } => {
            let file = course.chapter(chapter)?.page().file(name)?;
            Some((name, &file.text))
        }
        Manifest::Inline { text, .. } => Some(("the manifest", text)),
    }
}

/// The files of a chapter by name.
fn chapter_files<'a>(course: &'a Course, chapter: &str) -> Vec<(&'a str, &'a str)> {
    let files = course.chapter(chapter).map(|c| c.page().files()).unwrap_or_default();
    files.into_iter().filter_map(|code| Some((code.name.as_deref()?, code.text.as_str()))).collect()
}

/// What the simulator says to a prediction of a chapter.
pub fn predicted(prediction: &Prediction, course: &Course, chapter: &str) -> Predicted {
    predict::answer(&mut rehearse::stage(1, chapter_files(course, chapter)), prediction)
}
