//! Rules about chapters.

use super::{manifest, needs_chapter};
use crate::course::block::{Block, Inline, Page, Reference, Target, plain_blocks};
use crate::course::diagnostic::{Diagnostic, Place, Report};
use crate::course::pack::{Chapter, Course};
use crate::course::quiz::Kind;
use std::collections::BTreeSet;

/// A chapter of fewer words leaves too much out, one of more is two chapters.
const WORDS: std::ops::RangeInclusive<usize> = 150..=6000;

/// What is wrong with a chapter as part of its course.
pub fn check(course: &Course, chapter: &Chapter) -> Vec<Diagnostic> {
    let mut report = Report::new(&chapter.file.path);
    let page = chapter.page();
    front(course, chapter, &mut report);
    links(course, chapter, page, &mut report);
    references(course, chapter, page, &mut report);
    files(page, &mut report);
    consoles(page, &mut report);
    length(page, &mut report);
    report.into_found()
}

fn front(course: &Course, chapter: &Chapter, report: &mut Report) {
    let position = |id: &str| course.chapters.iter().position(|known| known.id == id);
    for (id, place) in &chapter.front.prerequisites {
        needs_chapter(course, id, *place, report);
        if position(id).is_some_and(|before| Some(before) >= position(&chapter.id)) {
            report.warn(
                *place,
                format!("'{id}' is to be read before, but comes after"),
                "reorder the chapters",
            );
        }
    }
    // Without a part the front matter could not be read, which has been said.
    if chapter.front.objectives.is_empty() && !chapter.front.part.is_empty() {
        report.warn(
            Place::line(2),
            "the chapter states no objectives",
            "say what the learner can do afterwards",
        );
    }
    sources(chapter, report);
    if let (None, false) = (course.quizzes.get(&chapter.id), chapter.file.text.is_empty()) {
        let name = chapter.file.path.rsplit('/').next().unwrap_or_default().replace(".md", ".yaml");
        report.warn(Place::START, "the chapter has no quiz", format!("write quizzes/{name}"));
    }
}

/// A source can be looked up: an address, a file of Kubernetes itself, or a recording of a real cluster.
fn sources(chapter: &Chapter, report: &mut Report) {
    for (source, place) in &chapter.front.sources {
        let address = source.strip_prefix("https://").or_else(|| source.strip_prefix("http://"));
        let named =
            ["kubernetes/", "recording ", "recordings "].iter().any(|start| source.starts_with(start));
        if named || address.is_some_and(|rest| rest.contains('.') && !rest.contains(char::is_whitespace)) {
            continue;
        }
        let how = match source.split_once(char::is_whitespace) {
            None if source.contains('.') && address.is_none() => format!("write 'https://{source}'"),
            _ => "write an address (https://…), a file of Kubernetes (kubernetes/…) or 'recording NAME'"
                .to_owned(),
        };
        report.warn(*place, format!("'{source}' cannot be looked up"), how);
    }
}

fn links(course: &Course, chapter: &Chapter, page: &Page, report: &mut Report) {
    for (target, place) in links_of(page) {
        match target {
            Target::Chapter { id, heading } => {
                needs_chapter(course, id, place, report);
                if let (Some(other), Some(heading)) = (course.chapter(id), heading) {
                    needs_heading(other.page(), heading, place, report);
                }
            }
            Target::Heading(heading) => needs_heading(chapter.page(), heading, place, report),
            Target::Web(_) | Target::Nowhere(_) => {}
        }
    }
}

fn needs_heading(page: &Page, heading: &str, place: Place, report: &mut Report) {
    let ids = page.walk().into_iter().filter_map(|block| match block {
        Block::Heading(known) => Some(known.id.as_str()),
        _ => None,
    });
    let ids: Vec<&str> = ids.collect();
    if !ids.contains(&heading) {
        report.unknown(place, format!("there is no heading '#{heading}'"), heading, ids);
    }
}

/// Every link of a page with its place.
fn links_of(page: &Page) -> Vec<(&Target, Place)> {
    let mut links = Vec::new();
    for block in page.walk() {
        match block {
            Block::Paragraph(text) => push_links(text, &mut links),
            Block::Heading(heading) => push_links(&heading.text, &mut links),
            Block::Table(table) => {
                let cells = table.header.iter().chain(table.rows.iter().flatten());
                cells.for_each(|cell| push_links(cell, &mut links));
            }
            _ => {}
        }
    }
    links
}

fn push_links<'a>(text: &'a [Inline], links: &mut Vec<(&'a Target, Place)>) {
    for inline in text {
        match inline {
            Inline::Link(link) => links.push((&link.target, link.place)),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strike(inner) => {
                push_links(inner, links);
            }
            _ => {}
        }
    }
}

fn references(course: &Course, chapter: &Chapter, page: &Page, report: &mut Report) {
    let mut whole_quiz: Option<Place> = None;
    for block in page.walk() {
        match block {
            Block::Diagram(sketch) => {
                let file = &sketch.file;
                let names: Vec<&str> = page.files().iter().filter_map(|code| code.name.as_deref()).collect();
                needs(&file.id, file.place, "file", &names, report);
                let refused = page.file(&file.id).is_some_and(|code| manifest::is_refused(&code.text));
                if let (Err(why), true, false) = (&sketch.picture, names.contains(&file.id.as_str()), refused)
                {
                    report.error(file.place, format!("'{}' cannot be drawn: {why}", file.id));
                }
            }
            Block::Question(id) | Block::Predict(id) => question(course, chapter, block, id, report),
            Block::Lab(lab) => {
                let slugs: Vec<&str> = course.labs.keys().map(String::as_str).collect();
                needs(&lab.id, lab.place, "lab", &slugs, report);
            }
            Block::Quiz(place) => {
                if whole_quiz.replace(*place).is_some() {
                    report.error_hint(*place, "the quiz is placed twice", "remove one of the quiz blocks");
                }
                if !course.quizzes.contains_key(&chapter.id) {
                    report.error(*place, "the chapter has no quiz to place here");
                }
            }
            _ => {}
        }
    }
}

fn needs(id: &str, place: Place, what: &str, known: &[&str], report: &mut Report) {
    if !known.contains(&id) {
        report.unknown(place, format!("there is no {what} '{id}'"), id, known.iter().copied());
    }
}

fn question(course: &Course, chapter: &Chapter, block: &Block, at: &Reference, report: &mut Report) {
    let questions = course.quiz(&chapter.id).map_or(&[][..], |quiz| &quiz.questions);
    let ids: Vec<&str> = questions.iter().map(|question| question.id.as_str()).collect();
    let unreadable = questions.is_empty() && !course.quiz_problems(&chapter.id).is_empty();
    let left_out = course.quiz(&chapter.id).is_some_and(|quiz| quiz.left_out.contains(&at.id));
    if !unreadable && !left_out {
        needs(&at.id, at.place, "question", &ids, report);
    }
    let found = questions.iter().find(|question| question.id == at.id);
    let predicts = found.is_none_or(|question| matches!(question.kind, Kind::Predict(_)));
    if matches!(block, Block::Predict(_)) && !predicts {
        let how = "write ```quiz instead";
        report.error_hint(at.place, format!("the question '{}' is not a prediction", at.id), how);
    }
}

fn files(page: &Page, report: &mut Report) {
    let mut names = BTreeSet::new();
    for code in page.files() {
        let place = code.place.unwrap_or(Place::START);
        let name = code.name.as_deref().unwrap_or_default();
        if !names.insert(name) {
            let how = "name each version on its own";
            report.error_hint(place, format!("the chapter has two files '{name}'"), how);
        }
        if manifest::is_manifest(code) {
            let meant = "write 'broken' after the fence if that is meant";
            let written = manifest::Written { name, text: &code.text, place, meant };
            manifest::check(written, report);
            if !code.image_absent {
                manifest::images(written, report);
            }
        }
    }
}

fn consoles(page: &Page, report: &mut Report) {
    let mut before = false;
    for block in page.walk() {
        if let Block::Console(console) = block {
            if console.continues && !before {
                report.error(console.place, "there is no console block above to continue");
            }
            before = true;
        }
    }
}

fn length(page: &Page, report: &mut Report) {
    let words = plain_blocks(&page.blocks).split_whitespace().count();
    if !WORDS.contains(&words) && !page.blocks.iter().any(|block| matches!(block, Block::Problem(_))) {
        let (low, high) = (WORDS.start(), WORDS.end());
        report.warn(
            Place::START,
            format!("the chapter has {words} words"),
            format!("chapters of {low} to {high} words read well"),
        );
    }
    for block in &page.blocks {
        if let Block::Heading(heading) = block
            && heading.level == 1
        {
            report.warn(
                heading.place,
                "the title stands in the front matter already",
                "start sections with '##'",
            );
        }
    }
}
