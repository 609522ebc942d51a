//! The tutor, started from the command line: content, record and theme are gathered, then the loop runs.

/// Packs on disk that change while they are read.
pub mod changes;

use super::args::Global;
use super::tutor::{self, Keep, Options};
use super::{content, lab, plain, record, terminal};
use crate::app::settings::{Settings, ThemeName};
use crate::app::{App, Msg, Place};
use crate::course::{Chapter, Course};
use std::io;
use std::process::ExitCode;

/// Opens the tutor, at a chapter if one is named.
pub fn run(global: &Global, chapter: Option<&str>) -> io::Result<ExitCode> {
    if let Some(why) = terminal::why_not() {
        return Err(io::Error::other(why));
    }
    let theme = named_theme(global)?;
    let (course, problems) = content::course(global);
    let opened = record::open(global);
    let mut record = opened.record;
    let settings = Settings { forced: theme, ..record::settings(&record) };
    let learner = record::learner(&record, &course, &settings);
    let mut app = App::new(course, learner, settings);
    if let Some(first) = problems.first() {
        let pack = global.content.first().map_or_else(String::new, |pack| format!(" {}", pack.display()));
        let words = format!("some content cannot be used: {first} (`podlab check{pack}` says more)");
        app.update(Msg::Told(words));
    }
    if let Some(notice) = opened.notice {
        app.update(if record.lasts() { Msg::Told(notice) } else { Msg::Unsaved(notice) });
    }
    let mut first = Vec::new();
    if let Some(wanted) = chapter {
        first = app.start_at(place(&app.course, wanted)?);
    }
    let changes = changes::Changes::of(global, tutor::now());
    tutor::run(Options { app, first, theme, changes }, &mut |what: Keep<'_>| {
        record::keep(&mut record, &what)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The chapter or lab a person means: what bears that very name before what has it in its title, a chapter before a lab.
fn place(course: &Course, wanted: &str) -> io::Result<Place> {
    let chapter = |chapter: &Chapter| Place::Chapter { id: chapter.id.clone(), heading: None };
    if let Some(named) = plain::named(course, wanted) {
        return Ok(chapter(named));
    }
    let lower = wanted.to_lowercase();
    if course.labs.contains_key(&lower) {
        return Ok(Place::Lab(lower));
    }
    plain::find(course, wanted).map(chapter).or_else(|unknown| {
        let lab = lab::titled(course, wanted).ok_or(unknown)?;
        Ok(Place::Lab(lab.id.clone()))
    })
}

/// The theme the command line or the environment asks for.
pub(super) fn named_theme(global: &Global) -> io::Result<Option<ThemeName>> {
    if global.no_color {
        return Ok(Some(ThemeName::None));
    }
    match global.theme.as_deref() {
        None if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) => Ok(Some(ThemeName::None)),
        None | Some("auto") => Ok(None),
        Some(name) => {
            if let Some(theme) = ThemeName::named(name) {
                Ok(Some(theme))
            } else {
                let known: Vec<&str> = ThemeName::ALL.iter().map(|theme| theme.name()).collect();
                let known = known.join(", ");
                Err(io::Error::other(format!("there is no theme '{name}'; there are auto, {known}")))
            }
        }
    }
}
