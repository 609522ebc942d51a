//! The map of the course: parts, chapters, labs, and how far the learner is.

use super::action::Action;
use super::bench::way;
use super::exam::Purpose;
use super::extents::Extents;
use super::learner::Learner;
use super::scroll::Cursor;
use super::{Place, Reaction, Reactions, Screen};
use crate::course::Course;

/// The map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// The chosen row, among rows that can be chosen and those that cannot.
    pub cursor: Cursor,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Whether nothing was done yet: then the map says how to begin.
    pub greeting: Greeting,
}

/// How the map greets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Greeting {
    /// A learner who has not begun.
    #[default]
    Welcome,
    /// One who has.
    Back,
}

/// A row of the map.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// The title of a part.
    Part(String),
    /// A chapter, by its index in the course.
    Chapter(usize),
    /// A lab.
    Lab(LabRow),
}

/// A lab on the map, as its file says without being read whole.
#[derive(Clone, Debug, PartialEq)]
pub struct LabRow {
    /// Its id.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The chapter it belongs to, by id.
    pub chapter: String,
    /// Minutes it takes; empty if the file does not say.
    pub minutes: String,
}

impl LabRow {
    fn of(slug: &str, text: &str) -> LabRow {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().trim_matches(['"', '\'']).to_owned()).unwrap_or_default()
        };
        let title = Some(field("title")).filter(|title| !title.is_empty());
        LabRow {
            slug: slug.to_owned(),
            title: title.unwrap_or_else(|| slug.to_owned()),
            chapter: field("chapter"),
            minutes: field("minutes"),
        }
    }
}

impl Map {
    /// A map with the chapter opened last chosen, or the first.
    pub fn new(course: &Course, learner: &Learner) -> Map {
        let mut map = Map::default();
        map.refresh(course, learner);
        let last = learner.last.as_deref();
        let at = map.rows.iter().position(|row| match row {
            Row::Chapter(i) => last.is_none_or(|id| course.chapters[*i].id == id),
            _ => false,
        });
        map.cursor.at = at.unwrap_or(0);
        map
    }

    /// Brings what depends on the course and the record up to date; the cursor stays in its row, or goes to the next one to choose.
    pub fn refresh(&mut self, course: &Course, learner: &Learner) {
        self.rows = rows(course);
        let choosable = |row: &Row| !matches!(row, Row::Part(_));
        let at = self.cursor.at.min(self.rows.len().saturating_sub(1));
        self.cursor.at = self.rows[at..].iter().position(choosable).map_or(0, |behind| at + behind);
        let begun = learner.last.is_some() || !learner.questions.is_empty();
        self.greeting = if begun { Greeting::Back } else { Greeting::Welcome };
    }

    /// Chooses the chapter or lab of the screen that was left for the map; after a search, the one opened last.
    pub fn come_from(&mut self, left: &Screen, course: &Course, learner: &Learner) {
        let at = self.rows.iter().position(|row| match (row, left) {
            (Row::Chapter(i), Screen::Chapter(reader)) => course.chapters[*i].id == reader.id,
            (Row::Chapter(i), Screen::Exam(exam)) => {
                exam.purpose == Purpose::Quiz(course.chapters[*i].id.clone())
            }
            (Row::Lab(lab), Screen::Lab(reader)) => lab.slug == reader.id,
            (Row::Chapter(i), Screen::Search(_)) => learner.last.as_ref() == Some(&course.chapters[*i].id),
            _ => false,
        });
        if let Some(at) = at {
            self.cursor.at = at;
        }
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&Row> {
        self.rows.get(self.cursor.at)
    }

    /// Acts on a key.
    pub fn perform(&mut self, action: Action, course: &Course, extents: &Extents) -> Reactions {
        match action {
            Action::Act => self.chosen().map(|row| open(row, course)).unwrap_or_default(),
            Action::TakeQuiz => match self.chosen() {
                Some(Row::Chapter(i)) => vec![Reaction::Go(Place::Quiz(course.chapters[*i].id.clone()))],
                Some(Row::Lab(lab)) => vec![Reaction::Go(Place::Quiz(lab.chapter.clone()))],
                _ => Vec::new(),
            },
            Action::Back => vec![Reaction::Leave],
            other => {
                if let Some(way) = way(other) {
                    let back = matches!(other, Action::Up | Action::PageUp | Action::Bottom);
                    self.cursor.go(way, extents.list, self.rows.len());
                    self.skip_titles(back, extents);
                }
                Vec::new()
            }
        }
    }

    /// Chooses a row that was clicked.
    pub fn click(&mut self, at: usize, course: &Course) -> Reactions {
        match self.rows.get(at) {
            Some(Row::Part(_)) | None => Vec::new(),
            Some(row) if self.cursor.at == at => open(row, course),
            Some(_) => {
                self.cursor.at = at;
                Vec::new()
            }
        }
    }

    /// Titles of parts cannot be chosen: on to the next row, or the previous one.
    fn skip_titles(&mut self, back: bool, extents: &Extents) {
        let choosable = |row: &Row| !matches!(row, Row::Part(_));
        let at = self.cursor.at;
        let after = || (at..self.rows.len()).find(|i| choosable(&self.rows[*i]));
        let before =
            || (0..=at.min(self.rows.len().saturating_sub(1))).rev().find(|i| choosable(&self.rows[*i]));
        let to = if back { before().or_else(after) } else { after().or_else(before) };
        if let Some(to) = to {
            self.cursor.choose(to, extents.list, self.rows.len());
        }
        // The title of the first part is part of the top.
        if self.cursor.at <= 1 {
            self.cursor.top = 0;
        }
    }
}

fn open(row: &Row, course: &Course) -> Reactions {
    match row {
        Row::Part(_) => Vec::new(),
        Row::Chapter(i) => {
            vec![Reaction::Go(Place::Chapter { id: course.chapters[*i].id.clone(), heading: None })]
        }
        Row::Lab(lab) => vec![Reaction::Go(Place::Lab(lab.slug.clone()))],
    }
}

/// Parts with their chapters, each chapter with its labs; labs of no chapter at the end.
fn rows(course: &Course) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut labs: Vec<LabRow> =
        course.labs.iter().map(|(slug, file)| LabRow::of(slug, &file.file.text)).collect();
    let mut part = "";
    for (i, chapter) in course.chapters.iter().enumerate() {
        if chapter.front.part != part {
            part = &chapter.front.part;
            rows.push(Row::Part(part.to_owned()));
        }
        rows.push(Row::Chapter(i));
        rows.extend(labs.extract_if(.., |lab| lab.chapter == chapter.id).map(Row::Lab));
    }
    if !labs.is_empty() {
        rows.push(Row::Part("Labs".to_owned()));
        rows.extend(labs.into_iter().map(Row::Lab));
    }
    rows
}
