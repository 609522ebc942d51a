//! The course as plain text, for pipes and screen readers: `podlab list` and `podlab show`.

use super::args::Global;
use super::{content, lab, record, spoken};
use crate::app::learner::Learner;
use crate::app::page::{Item, Thing, items};
use crate::app::settings::ThemeName;
use crate::course::block;
use crate::course::{Chapter, Course, Lab, Page};
use crate::ui::page::{self, Setting};
use crate::ui::text::{Piece, wrap};
use crate::ui::theme::Theme;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// The width of plain text where nobody says how wide it may be, in cells.
const WIDTH: usize = 78;
/// The widths that can be used; tables and code need some room.
const WIDTHS: std::ops::RangeInclusive<usize> = 20..=100;

/// `podlab list`: the chapters by part, with what the learner reached.
pub fn list(global: &Global, out: &mut dyn Write) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let record = record::open(global).record;
    let learner = record::learner(&record, &course, &record::settings(&record));
    for (part, chapters) in course.parts() {
        writeln!(out, "{part}")?;
        for chapter in chapters {
            writeln!(out, "{}", line(chapter, &learner))?;
            for lab in course.labs_of(&chapter.id) {
                writeln!(out, "{}", lab_line(lab, &learner))?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "Read one with `podlab show NUMBER`, take its quiz with `podlab quiz NUMBER`.")?;
    writeln!(out, "Play a lab with `podlab lab NAME`, or in the tutor with `podlab learn NAME`.")?;
    Ok(ExitCode::SUCCESS)
}

fn line(chapter: &Chapter, learner: &Learner) -> String {
    let read = learner.chapters.get(&chapter.id).is_some_and(|state| state.done);
    let begun = learner.chapters.contains_key(&chapter.id);
    let state = if read {
        "read"
    } else if begun {
        "begun"
    } else {
        ""
    };
    let best = learner.quizzes.get(&chapter.id).and_then(|quiz| quiz.best);
    let best = best.map_or(String::new(), |(points, of)| format!("quiz {points}/{of}"));
    let text = format!(
        "  {:>2}  {:<20} {:>2} min  {:<50} {state:<5} {best}",
        chapter.number, chapter.id, chapter.front.minutes, chapter.front.title
    );
    text.trim_end().to_owned()
}

/// A lab below its chapter, with whether it was passed.
fn lab_line(lab: &Lab, learner: &Learner) -> String {
    let state = lab::passed(learner, lab).unwrap_or_else(|| "not passed".to_owned());
    format!("      {:<20} {:>2} min  {:<50} {state}", lab.id, lab.minutes, format!("Lab: {}", lab.title))
}

/// `podlab show CHAPTER`.
pub fn show(global: &Global, wanted: &str, out: &mut dyn Write) -> io::Result<ExitCode> {
    let course = content::course_aloud(global)?;
    let chapter = find(&course, wanted)?;
    writeln!(out, "{}\n", format!("{} {}", chapter.number, chapter.front.title).trim_start())?;
    for row in text(global, chapter.page(), &cards(&course, chapter)) {
        writeln!(out, "{row}")?;
    }
    if course.quiz(&chapter.id).is_some() {
        writeln!(out, "\nIts quiz: `podlab quiz {}`", called(chapter))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The shortest word that names a chapter on the command line.
fn called(chapter: &Chapter) -> &str {
    let number = chapter.number.trim_start_matches('0');
    if number.is_empty() { &chapter.id } else { number }
}

/// What the cards of a page say where there is no key to press.
fn cards(course: &Course, chapter: &Chapter) -> Vec<Item> {
    let mut items = items(chapter.page());
    let asked = format!("Asked by `podlab quiz {}`.", called(chapter));
    for item in &mut items {
        match &item.thing {
            Thing::Quiz => {
                let count = course.quiz(&chapter.id).map_or(0, |quiz| quiz.questions.len());
                item.title = format!("{count} questions on this chapter");
                item.note.clone_from(&asked);
            }
            Thing::Question(id) | Thing::Predict(id) => {
                if let Some(question) = course.quiz(&chapter.id).and_then(|quiz| quiz.question(id)) {
                    let first = question.ask.blocks.get(..1).unwrap_or_default();
                    block::plain_blocks(first).trim().clone_into(&mut item.title);
                }
                item.note.clone_from(&asked);
            }
            Thing::Lab(slug) => {
                if let Some(lab) = course.lab(slug) {
                    item.title = format!("{}, {} min", lab.title, lab.minutes);
                }
                item.note = format!("Played by `podlab lab {slug}`.");
            }
            Thing::File(_) | Thing::Link(_) => {}
        }
    }
    items
}

/// How wide plain text may be: as the terminal is, or as `COLUMNS` says.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let terminal = || io::stdout().is_terminal().then(crossterm::terminal::size)?.ok();
    let cells = said.or_else(|| terminal().map(|(columns, _)| usize::from(columns)));
    cells.filter(|cells| *cells > 0).unwrap_or(WIDTH).clamp(*WIDTHS.start(), *WIDTHS.end())
}

/// A page as lines of plain text; `items` are those of the page, or none if it has no cards.
pub fn text(global: &Global, page: &Page, items: &[Item]) -> Vec<String> {
    if global.spoken || std::env::var("TERM").as_deref() == Ok("dumb") {
        return spoken::lines(page, items);
    }
    let theme = Theme::named(ThemeName::None);
    let setting = Setting { theme, cells: width(), items, focus: None, tones: &[], find: "" };
    let laid = page::set(page, setting);
    let plain = |row: Vec<Piece>| row.into_iter().map(|piece| piece.text).collect::<String>();
    laid.rows.into_iter().map(|row| plain(row).trim_end().to_owned()).collect()
}

/// Words in as many lines as they need after `first`; what follows the first line stands below its words.
pub fn folded(first: &str, words: &str) -> Vec<String> {
    let indent = first.chars().count();
    let piece = Piece::new(words, ratatui::style::Style::new());
    let rows = wrap(&[piece], width().saturating_sub(indent).max(10)).into_iter().enumerate();
    rows.map(|(i, row)| {
        let lead = if i == 0 { first.to_owned() } else { " ".repeat(indent) };
        let words: String = row.into_iter().map(|piece| piece.text).collect();
        format!("{lead}{words}").trim_end().to_owned()
    })
    .collect()
}

/// The chapter of that number or id.
pub fn named<'a>(course: &'a Course, wanted: &str) -> Option<&'a Chapter> {
    let (lower, number) = (wanted.to_lowercase(), wanted.parse::<u32>().ok());
    let numbered = |c: &Chapter| number.is_some() && c.number.parse::<u32>().ok() == number;
    course.chapters.iter().find(|c| c.id == lower || numbered(c))
}

/// The chapter a person means: its number, its id, or a part of its title.
pub fn find<'a>(course: &'a Course, wanted: &str) -> io::Result<&'a Chapter> {
    let lower = wanted.to_lowercase();
    let by_title = || course.chapters.iter().find(|c| c.front.title.to_lowercase().contains(&lower));
    named(course, wanted).or_else(by_title).ok_or_else(|| {
        io::Error::other(format!("there is no chapter '{wanted}'; `podlab list` names them all"))
    })
}
