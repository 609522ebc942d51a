//! Rules across files: links and ids lead somewhere, objectives are tested, labs and quizzes belong to chapters. Executes nothing:
//! what must be run is listed by [`super::run`], and run by whoever has a cluster.

mod chapter;
/// Labs.
pub mod lab;
/// Manifests, as a cluster would judge them.
pub mod manifest;
mod quiz;

use super::diagnostic::{Diagnostic, Place, Report};
use super::pack::Course;

/// Everything wrong with a course that can be seen without running it, sorted by place. `loaded` is what loading complained about.
pub fn check(course: &Course, loaded: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut found = loaded;
    for chapter in &course.chapters {
        found.extend(chapter.page().problems.iter().cloned());
        found.extend(chapter::check(course, chapter));
    }
    for id in course.quizzes.keys() {
        found.extend_from_slice(course.quiz_problems(id));
        found.extend(quiz::check(course, id));
    }
    for slug in course.labs.keys() {
        found.extend_from_slice(course.lab_problems(slug));
        found.extend(lab::check(course, slug));
    }
    found.extend(course.misconception_problems().cloned());
    found.extend(misconceptions(course));
    found.sort_by(|one, other| one.order().cmp(&other.order()));
    found.dedup();
    found
}

/// Question ids of a pack that are taken in `other`, which it may be laid over: a learner's record knows questions by their ids alone.
/// A quiz that the pack replaces is none of the other's any more.
pub fn taken(course: &Course, other: &Course) -> Vec<Diagnostic> {
    let left = other.quizzes.keys().filter(|id| !course.quizzes.contains_key(*id));
    let known: Vec<_> = left.filter_map(|id| other.quiz(id)).collect();
    let mut found = Vec::new();
    for quiz in course.quizzes.keys().filter_map(|id| course.quiz(id)) {
        let mut report = Report::new(&quiz.path);
        for question in &quiz.questions {
            if let Some(taken) = known.iter().find(|known| known.question(&question.id).is_some()) {
                let text = format!("the id '{}' is taken in the built-in {}", question.id, taken.path);
                let how = "ids are unique over all packs: begin it with the name of yours";
                report.error_hint(question.place, text, how);
            }
        }
        found.extend(report.into_found());
    }
    found
}

/// Complains if there is no chapter of that id.
fn needs_chapter(course: &Course, id: &str, place: Place, report: &mut Report) {
    if course.chapter(id).is_none() {
        let known = course.chapters.iter().map(|chapter| chapter.id.as_str());
        report.unknown(place, format!("there is no chapter '{id}'"), id, known);
    }
}

fn misconceptions(course: &Course) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (file, misconception) in course.misconceptions() {
        let mut report = Report::new(&file.path);
        needs_chapter(course, &misconception.chapter, misconception.chapter_place, &mut report);
        if let Some(experiment) = &misconception.experiment {
            manifest::needed(course, &misconception.chapter, &experiment.manifest, &mut report);
            if experiment.proof.is_none() {
                let how = "add 'proof: |' with '$ ' lines and what they print";
                report.warn(misconception.place, "nothing proves the experiment", how);
            }
        } else {
            let how = "add an 'experiment' that refutes it";
            report.warn(misconception.place, "the misconception leads to no experiment", how);
        }
        found.extend(report.into_found());
    }
    found
}

#[cfg(test)]
mod tests;
