//! Rules about labs.

use super::needs_chapter;
use crate::course::diagnostic::{Diagnostic, Place, Report};
use crate::course::pack::Course;
use std::collections::BTreeSet;

/// What is wrong with a lab as part of its course.
pub fn check(course: &Course, slug: &str) -> Vec<Diagnostic> {
    let Some(lab) = course.lab(slug) else { return Vec::new() };
    let mut report = Report::new(&lab.path);
    needs_chapter(course, &lab.chapter.0, lab.chapter.1, &mut report);
    let mut sentences = BTreeSet::new();
    for goal in &lab.goals {
        if !sentences.insert(goal.to_string()) {
            report.warn(Place::START, format!("the goal '{goal}' stands twice"), "");
        }
    }
    if lab.wrong_fixes.is_empty() {
        let how = "write under 'wrong-fixes' what people try that does not help";
        report.warn(Place::START, "the lab has no wrong fixes", how);
    }
    report.into_found()
}
