//! The learner's record on this machine: where it lies, how it is opened, and `podlab progress` and `podlab reset`.

use super::args::{Global, ProgressFormat};
use super::tutor::Keep;
use super::{content, files};
use crate::app::learner::Learner;
use crate::app::settings::Settings;
use crate::course::Course;
use crate::progress::score::{answers_by_day, start_of};
use crate::progress::{Logged, Moment, Opened, Record, Schedule, Scores, export, record};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// The name of the file in the data folder.
const FILE: &str = "record.db";
/// Under which name the tutor's settings are kept.
const SETTINGS: &str = "tutor";
/// Under which name the learner's own number is kept.
const SALT: &str = "salt";
/// Days whose answers are shown.
const DAYS: usize = 14;

/// Opens the record of this learner; whatever happens there is one, and a notice if it is not as it should be.
pub fn open(global: &Global) -> Opened {
    let Some(folder) = global.data_dir.clone().or_else(files::data_dir) else {
        let notice =
            "there is no home folder; what you do is forgotten at the end; name a folder with --data-dir";
        return Opened { record: Record::in_memory(), notice: Some(notice.to_owned()) };
    };
    // A folder that cannot be made shows as a file that cannot be opened, with the same advice.
    let _ = fs::create_dir_all(&folder);
    let mut opened = record::open(&folder.join(FILE), |path| set_aside(path, now().millis));
    if let Ok(None) = opened.record.setting(SALT) {
        // Without it, the options stand in the same order for all who cannot keep it.
        let _ = opened.record.keep_setting(SALT, &now().millis.to_string());
    }
    opened
}

/// Moves a database and the files that belong to it; nothing is overwritten.
fn set_aside(path: &Path, millis: i64) -> Result<PathBuf, String> {
    let aside = |ending: &str| path.with_file_name(format!("record-damaged-{millis}.db{ending}"));
    fs::rename(path, aside("")).map_err(|error| error.to_string())?;
    for ending in ["-wal", "-shm"] {
        let beside = path.with_file_name(format!("{FILE}{ending}"));
        if beside.exists() {
            fs::rename(&beside, aside(ending)).map_err(|error| error.to_string())?;
        }
    }
    Ok(aside(""))
}

/// What the learner did until now, as the tutor shows it; questions the course no longer has do not come back.
pub fn learner(record: &Record, course: &Course, settings: &Settings) -> Learner {
    let log = record.entries().unwrap_or_default();
    let salt = record.setting(SALT).ok().flatten().and_then(|number| number.parse().ok());
    let mut learner = Learner { salt: salt.unwrap_or_default(), ..Learner::default() };
    for logged in &log {
        learner.apply(&logged.entry);
    }
    let now = now();
    let asked: BTreeSet<&str> = learner.questions.keys().map(String::as_str).collect();
    let known: BTreeSet<String> =
        asked.into_iter().filter(|id| course.question(id).is_some()).map(str::to_owned).collect();
    let standing = Schedule::of(&log).standing(&log, now, settings.daily, |id| known.contains(id));
    let scores = Scores::of(&log);
    learner.due = standing.due;
    learner.forecast = standing.forecast;
    learner.streak = scores.streak(now);
    learner.minutes = scores.minutes();
    learner.times = scores
        .chapters
        .iter()
        .map(|(id, score)| (id.clone(), u64::try_from(score.millis / 60_000).unwrap_or(0)))
        .collect();
    learner.days = answers_by_day(&log, now, DAYS);
    learner
}

/// What the learner set; what cannot be read is as at first.
pub fn settings(record: &Record) -> Settings {
    let kept = record.setting(SETTINGS).ok().flatten();
    kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Keeps what the tutor wants kept, or reckons what follows from the whole record; the reason if that fails.
pub fn keep(record: &mut Record, what: &Keep<'_>) -> Result<Option<Learner>, String> {
    let kept = match what {
        Keep::Reckon(app) => return Ok(Some(learner(record, &app.course, &app.settings))),
        Keep::Entry(entry) => record.save(entry, now()).map(|_| ()),
        Keep::Settings(settings) => {
            let text = serde_json::to_string(settings).map_err(|error| error.to_string())?;
            record.keep_setting(SETTINGS, &text)
        }
    };
    kept.map(|()| None).map_err(|unsaved| unsaved.to_string())
}

/// `podlab progress`.
pub fn progress(global: &Global, format: ProgressFormat, out: &mut dyn Write) -> io::Result<ExitCode> {
    let log = opened(global)?.entries().map_err(|unsaved| io::Error::other(unsaved.0))?;
    match format {
        ProgressFormat::Table => table(&log, &content::course(global).0, out)?,
        ProgressFormat::Json => writeln!(out, "{:#}", export::scores_json(&log, now()))?,
        ProgressFormat::Csv => write!(out, "{}", export::scores_csv(&log, now()))?,
        ProgressFormat::Log => write!(out, "{}", export::log_csv(&log))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The record, what is wrong with it said on standard error.
fn opened(global: &Global) -> io::Result<Record> {
    let opened = open(global);
    if let Some(notice) = &opened.notice {
        writeln!(io::stderr(), "podlab: {notice}")?;
    }
    Ok(opened.record)
}

/// The scores for reading: the chapters in the order of the course, then those it does not have.
fn table(log: &[Logged], course: &Course, out: &mut dyn Write) -> io::Result<()> {
    let (scores, schedule, now) = (Scores::of(log), Schedule::of(log), now());
    if scores.chapters.is_empty() && scores.questions.is_empty() {
        return writeln!(out, "Nothing yet. Start with `podlab`.");
    }
    let mastery = scores.mastery(&schedule, now);
    writeln!(
        out,
        "{:<24} {:>4} {:>9} {:>9} {:>6} {:>8}",
        "CHAPTER", "READ", "BEST", "LATEST", "KNOWN", "MINUTES"
    )?;
    let place = |id: &str| course.chapters.iter().position(|chapter| chapter.id == id).unwrap_or(usize::MAX);
    let known = scores.chapters.keys().map(String::as_str).chain(mastery.keys().copied());
    let chapters: BTreeSet<(usize, &str)> = known.map(|id| (place(id), id)).collect();
    for (_, id) in chapters {
        let chapter = scores.chapters.get(id).cloned().unwrap_or_default();
        let result = |result: Option<(f64, usize)>| {
            result.map_or("-".to_owned(), |(points, of)| format!("{points}/{of}"))
        };
        let known = mastery.get(id).map_or("-".to_owned(), |known| format!("{:.0} %", known * 100.0));
        let (best, latest) = (result(chapter.best), result(chapter.latest));
        let read = if chapter.read { "yes" } else { "no" };
        let minutes = chapter.millis / 60_000;
        writeln!(out, "{id:<24} {read:>4} {best:>9} {latest:>9} {known:>6} {minutes:>8}")?;
    }
    for (lab, hints) in &scores.labs {
        let hints = match hints {
            0 => "without a hint".to_owned(),
            1 => "with 1 hint".to_owned(),
            many => format!("with {many} hints"),
        };
        writeln!(out, "lab {lab}: passed {hints}")?;
    }
    let due = schedule.cards.values().filter(|card| card.due <= now.day).count();
    let next = schedule.cards.values().map(|card| card.due).filter(|day| *day > now.day).min();
    match (due, next.map(|day| jiff::Timestamp::from_millisecond(start_of(day)))) {
        (0, Some(Ok(next))) => writeln!(out, "Nothing to review until {}.", &next.to_string()[..10]),
        (due, _) => writeln!(out, "To review: {due}. Start with `podlab review`."),
    }
}

/// `podlab reset`: asks, keeps a copy of the file beside it, forgets.
pub fn reset(global: &Global, yes: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    if !yes {
        if !io::stdin().is_terminal() {
            return Err(io::Error::other("this forgets everything you did; say so with --yes"));
        }
        write!(out, "Forget everything you did? Settings stay. [y/N] ")?;
        out.flush()?;
        let mut said = String::new();
        io::stdin().read_line(&mut said)?;
        if !["y", "yes"].contains(&said.trim().to_lowercase().as_str()) {
            writeln!(out, "Nothing was forgotten.")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    let mut record = opened(global)?;
    if !record.lasts() {
        return Err(io::Error::other("nothing was forgotten, since the record cannot be written"));
    }
    let copy = record.back_up(now().millis).map_err(|unsaved| io::Error::other(unsaved.0))?;
    let gone = record.reset(None).map_err(|unsaved| io::Error::other(unsaved.0))?;
    writeln!(out, "Forgot {gone} entries.")?;
    if let Some(copy) = copy {
        writeln!(out, "The old record is kept as {}.", copy.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Now, on the learner's calendar.
#[expect(clippy::disallowed_methods, reason = "world is where the clock is read")]
pub fn now() -> Moment {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let ahead = jiff::Timestamp::from_millisecond(millis)
        .map_or(0, |now| i64::from(jiff::tz::TimeZone::system().to_offset(now).seconds()));
    Moment::new(millis, ahead)
}
