//! `podlab lab`: labs without the screen, by line, for pipes and screen readers. The same lab as in the tutor, judged by the same goals,
//! and a pass is kept in the same record.

use super::args::Global;
use super::shell::{self, Play, Room};
use super::{content, plain, record};
use crate::app::learner::Learner;
use crate::course::Course;
use crate::course::lab::Lab;
use std::io::{self, Write};
use std::process::ExitCode;

/// `podlab lab`: the labs by chapter, with those that are passed.
pub fn list(global: &Global, out: &mut dyn Write) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let record = record::open(global).record;
    let learner = record::learner(&record, &course, &record::settings(&record));
    for lab in in_order(&course) {
        writeln!(out, "{}", line(&course, &learner, lab))?;
    }
    writeln!(out, "\nPlay one with `podlab lab NAME`.")?;
    Ok(ExitCode::SUCCESS)
}

/// All labs, in the order of their chapters; those of no chapter at the end.
fn in_order(course: &Course) -> Vec<&Lab> {
    let mut labs: Vec<&Lab> = course.labs.keys().filter_map(|slug| course.lab(slug)).collect();
    let place = |lab: &&Lab| course.chapters.iter().position(|chapter| chapter.id == lab.chapter.0);
    labs.sort_by_key(|lab| place(lab).unwrap_or(usize::MAX));
    labs
}

fn line(course: &Course, learner: &Learner, lab: &Lab) -> String {
    let number = course.chapter(&lab.chapter.0).map_or("", |chapter| &chapter.number);
    let passed = passed(learner, lab).unwrap_or_default();
    let text = format!("{number:>4}  {:<22} {:>2} min  {:<50} {passed}", lab.id, lab.minutes, lab.title);
    text.trim_end().to_owned()
}

/// That a lab is passed, and with how many hints; `None` if it is not.
pub(super) fn passed(learner: &Learner, lab: &Lab) -> Option<String> {
    Some(match learner.labs.get(&lab.id)? {
        0 => "passed".to_owned(),
        1 => "passed with 1 hint".to_owned(),
        hints => format!("passed with {hints} hints"),
    })
}

/// `podlab lab LAB`: plays it at a prompt, or with the lines of standard input. Fails if it is not passed.
pub fn play(global: &Global, wanted: &str, out: &mut dyn Write) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let lab = find(&course, wanted)?;
    let opened = record::open(global);
    if let Some(notice) = &opened.notice {
        writeln!(io::stderr(), "podlab: {notice}")?;
    }
    let (play, stage) = Play::begin(lab.clone(), global.clone(), opened.record);
    write!(out, "{}", play.introduction())?;
    // What follows goes to the terminal directly.
    out.flush()?;
    let mut room = Room { stage, play: Some(play) };
    shell::converse(global, &mut room)?;
    let passed = room.play.is_some_and(|play| play.is_passed());
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first lab with these words in its title.
pub(super) fn titled<'a>(course: &'a Course, wanted: &str) -> Option<&'a Lab> {
    let lower = wanted.to_lowercase();
    in_order(course).into_iter().find(|lab| lab.title.to_lowercase().contains(&lower))
}

/// The lab a person means: its name, its chapter if that has one lab, or a part of its title.
fn find<'a>(course: &'a Course, wanted: &str) -> io::Result<&'a Lab> {
    if let Some(lab) = course.lab(&wanted.to_lowercase()) {
        return Ok(lab);
    }
    let of_chapter =
        plain::find(course, wanted).map(|chapter| course.labs_of(&chapter.id)).unwrap_or_default();
    match of_chapter.as_slice() {
        [only] => Ok(only),
        [] => titled(course, wanted).ok_or_else(|| {
            io::Error::other(format!("there is no lab '{wanted}'; `podlab lab` names them all"))
        }),
        several => {
            let names: Vec<&str> = several.iter().map(|lab| lab.id.as_str()).collect();
            Err(io::Error::other(format!("'{wanted}' has several labs; name one of {}", names.join(", "))))
        }
    }
}
