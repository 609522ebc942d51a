//! Rules about labs.

use super::{manifest, needs_chapter};
use crate::course::block::Block;
use crate::course::diagnostic::{Diagnostic, Place, Report};
use crate::course::lab::{Lab, LabFile, Setup};
use crate::course::pack::Course;
use std::collections::BTreeSet;

/// What is wrong with a lab as part of its course.
pub fn check(course: &Course, slug: &str) -> Vec<Diagnostic> {
    let Some(lab) = course.lab(slug) else { return Vec::new() };
    let mut report = Report::new(&lab.path);
    needs_chapter(course, &lab.chapter.0, lab.chapter.1, &mut report);
    files(lab, &mut report);
    card(course, lab, &mut report);
    let mut sentences = BTreeSet::new();
    for goal in &lab.goals {
        if !sentences.insert(goal.to_string()) {
            report.warn(lab.goals_place, format!("the goal '{goal}' stands twice"), "");
        }
    }
    if lab.wrong_fixes.is_empty() {
        let how = "write under 'wrong-fixes' what people try that does not help";
        report.warn(Place::START, "the lab has no wrong fixes", how);
    }
    report.into_found()
}

/// What the learner finds in the folder is accepted by a cluster, unless the lab is about just that.
fn files(lab: &Lab, report: &mut Report) {
    let Setup { files, broken, .. } = &lab.setup;
    for (name, place) in broken {
        if !files.iter().any(|file| file.name == *name) {
            let known = files.iter().map(|file| file.name.as_str());
            report.unknown(*place, format!("there is no file '{name}' in this setup"), name, known);
        }
    }
    for file in manifests(lab) {
        let meant = "list it under 'broken' in the setup if that is meant";
        let written = manifest::Written { name: &file.name, text: &file.text, place: file.place, meant };
        manifest::check(written, report);
    }
}

/// The files of the setup that a cluster should take.
fn manifests(lab: &Lab) -> impl Iterator<Item = &LabFile> {
    let Setup { files, broken, .. } = &lab.setup;
    let is_yaml = |name: &str| [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
    files.iter().filter(move |file| is_yaml(&file.name) && broken.iter().all(|(name, _)| *name != file.name))
}

/// Whether a cluster would refuse a file of the setup that is not meant to be refused.
pub fn has_refused_files(lab: &Lab) -> bool {
    manifests(lab).any(|file| manifest::is_refused(&file.text))
}

/// A learner comes to a lab from its chapter.
fn card(course: &Course, lab: &Lab, report: &mut Report) {
    let Some(chapter) = course.chapter(&lab.chapter.0) else { return };
    let leads_here = |block: &&Block| matches!(block, Block::Lab(card) if card.id == lab.id);
    if !chapter.page().walk().iter().any(leads_here) {
        let text = format!("no card in {} leads to the lab", chapter.file.path);
        report.warn(lab.chapter.1, text, format!("write ```lab {} there", lab.id));
    }
}
