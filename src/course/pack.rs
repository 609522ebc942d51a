//! A pack of content, or several laid over each other: files by path to chapters, quizzes and labs. Reads front matter at once and
//! everything else when it is first asked for, so that opening a course of thirty chapters costs next to nothing. Knows no file
//! system: whoever does hands in the bytes.

use super::block::{Block, Page};
use super::diagnostic::{Diagnostic, Place, Report, Severity};
use super::front::{self, FrontMatter};
use super::lab::{self, Lab};
use super::markdown::{self, Source, Within};
use super::misconception::{self, Misconception};
use super::name::slug;
use super::quiz::{self, Question, Quiz};
use super::text::{Lines, decode, first_hostile, visible};
use super::yaml;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The files of one pack, as they were found.
#[derive(Clone, Debug, Default)]
pub struct Pack {
    /// What stands before each path in complaints; empty for the built-in pack.
    pub prefix: String,
    /// Path within the pack, with `/`, and content.
    pub files: Vec<(String, Cow<'static, [u8]>)>,
}

/// The version of the format this program reads; a pack says its own in `pack.yaml` as `format: 1`.
pub const FORMAT: usize = 1;

/// A text file of a pack.
#[derive(Clone, Debug, PartialEq)]
pub struct TextFile {
    /// The path as the author knows it.
    pub path: String,
    /// The content, safe to show.
    pub text: String,
}

/// A chapter.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// Its id: the file name without number and ending.
    pub id: String,
    /// Its number (`09`), empty if the file has none.
    pub number: String,
    /// What stands above the text.
    pub front: FrontMatter,
    /// The file; empty text if it could not be read.
    pub file: TextFile,
    /// The bytes and lines of the file before the body.
    body: (usize, usize),
    problem: Option<Diagnostic>,
    page: OnceLock<Page>,
}

impl Chapter {
    /// The text, read when first asked for.
    pub fn page(&self) -> &Page {
        self.page.get_or_init(|| {
            if let Some(problem) = &self.problem {
                return Page { blocks: vec![Block::Problem(problem.clone())], ..Page::default() };
            }
            let (offset, line) = self.body;
            let text = self.file.text.get(offset..).unwrap_or_default();
            markdown::page(Source { text, path: &self.file.path, line, offset, within: Within::Chapter })
        })
    }

    /// The text below the front matter, as written.
    pub fn body(&self) -> &str {
        self.file.text.get(self.body.0..).unwrap_or_default()
    }
}

/// A file that is read when first asked for.
#[derive(Clone, Debug)]
pub struct Lazy<T> {
    /// The file.
    pub file: TextFile,
    read: OnceLock<(T, Vec<Diagnostic>)>,
}

impl<T> Lazy<T> {
    fn new(file: TextFile) -> Lazy<T> {
        Lazy { file, read: OnceLock::new() }
    }

    fn get(&self, read: impl FnOnce(&str, &mut Report) -> T) -> &(T, Vec<Diagnostic>) {
        self.read.get_or_init(|| {
            let mut report = Report::new(&self.file.path);
            let value = read(&self.file.text, &mut report);
            (value, report.into_found())
        })
    }
}

/// Everything there is to learn.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// The chapters in order.
    pub chapters: Vec<Chapter>,
    /// The quiz files by chapter id.
    pub quizzes: BTreeMap<String, Lazy<Quiz>>,
    /// The lab files by slug.
    pub labs: BTreeMap<String, Lazy<Option<Lab>>>,
    /// The misconceptions files, one of each pack that has one.
    pub misconceptions: Vec<Lazy<Vec<Misconception>>>,
}

impl Course {
    /// The chapter of that id.
    pub fn chapter(&self, id: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| chapter.id == id)
    }

    /// The quiz of a chapter, if it has one; questions that could not be read are left out.
    pub fn quiz(&self, chapter: &str) -> Option<&Quiz> {
        self.read_quiz(chapter).map(|(quiz, _)| quiz)
    }

    /// What is wrong with the quiz of a chapter.
    pub fn quiz_problems(&self, chapter: &str) -> &[Diagnostic] {
        self.read_quiz(chapter).map_or(&[], |(_, problems)| problems)
    }

    fn read_quiz(&self, chapter: &str) -> Option<&(Quiz, Vec<Diagnostic>)> {
        let file = self.quizzes.get(chapter)?;
        Some(file.get(|text, report| quiz::read::quiz(text, chapter, report)))
    }

    /// A lab by slug, if it can be read.
    pub fn lab(&self, slug: &str) -> Option<&Lab> {
        self.read_lab(slug)?.0.as_ref()
    }

    /// What is wrong with a lab.
    pub fn lab_problems(&self, slug: &str) -> &[Diagnostic] {
        self.read_lab(slug).map_or(&[], |(_, problems)| problems)
    }

    fn read_lab(&self, slug: &str) -> Option<&(Option<Lab>, Vec<Diagnostic>)> {
        let file = self.labs.get(slug)?;
        Some(file.get(|text, report| lab::read::lab(text, slug, report)))
    }

    /// The labs of a chapter.
    pub fn labs_of(&self, chapter: &str) -> Vec<&Lab> {
        self.labs.keys().filter_map(|slug| self.lab(slug)).filter(|lab| lab.chapter.0 == chapter).collect()
    }

    /// Every misconception with the file it stands in; of one id, the later pack's comes first.
    pub fn misconceptions(&self) -> impl Iterator<Item = (&TextFile, &Misconception)> {
        self.misconceptions.iter().rev().flat_map(|file| {
            file.get(misconception::read).0.iter().map(|misconception| (&file.file, misconception))
        })
    }

    /// A misconception by id.
    pub fn misconception(&self, id: &str) -> Option<&Misconception> {
        self.misconceptions().map(|(_, misconception)| misconception).find(|known| known.id == id)
    }

    /// What is wrong with the misconceptions.
    pub fn misconception_problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.misconceptions.iter().flat_map(|file| &file.get(misconception::read).1)
    }

    /// A question by id, with its quiz, wherever it is.
    pub fn question(&self, id: &str) -> Option<(&Quiz, &Question)> {
        self.chapters.iter().filter_map(|chapter| self.quiz(&chapter.id)).find_map(|quiz| {
            let question = quiz.question(id)?;
            Some((quiz, question))
        })
    }

    /// The chapters in order, those that follow each other in one part together.
    pub fn parts(&self) -> Vec<(&str, Vec<&Chapter>)> {
        let mut parts: Vec<(&str, Vec<&Chapter>)> = Vec::new();
        for chapter in &self.chapters {
            match parts.last_mut().filter(|(title, _)| *title == chapter.front.part) {
                Some((_, chapters)) => chapters.push(chapter),
                None => parts.push((&chapter.front.part, vec![chapter])),
            }
        }
        parts
    }
}

/// Reads packs, later ones laid over earlier ones: a chapter, quiz or lab of the same id replaces the one before, at its place. All other
/// chapters of a pack follow those of the packs before it. What cannot be read is complained about; the rest works.
pub fn load(packs: Vec<Pack>) -> (Course, Vec<Diagnostic>) {
    let mut course = Course::default();
    let mut found = Vec::new();
    for pack in packs {
        lay_over(&mut course, pack, &mut found);
    }
    (course, found)
}

fn lay_over(course: &mut Course, mut pack: Pack, found: &mut Vec<Diagnostic>) {
    pack.files.sort_by(|one, other| one.0.cmp(&other.0));
    if let Some(problem) = newer(&pack) {
        found.push(problem);
        return;
    }
    let before = course.chapters.len();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (path, bytes) in &pack.files {
        let shown = visible(&format!("{}{path}", pack.prefix)).into_owned();
        let mut report = Report::new(&shown);
        let Some(role) = role(path) else {
            stray(path, &mut report);
            found.extend(report.into_found());
            continue;
        };
        if let Some(before) = seen.insert(role.key(), shown.clone()) {
            report.error_hint(Place::START, format!("the id is taken by {before}"), "rename one of the two");
        } else {
            add(course, &role, bytes, &mut report);
        }
        found.extend(report.into_found());
    }
    let order = |chapter: &Chapter| (chapter.number.parse::<u32>().unwrap_or(u32::MAX), chapter.id.clone());
    course.chapters[before..].sort_by_key(order);
}

/// A complaint about a pack made for a later version of podlab.
fn newer(pack: &Pack) -> Option<Diagnostic> {
    let (path, bytes) = pack.files.iter().find(|(path, _)| path == "pack.yaml")?;
    let mut report = Report::new(&format!("{}{path}", pack.prefix));
    match decode(bytes).map(|text| yaml::read(&text, 1, &mut report)) {
        Ok(Ok(root)) => {
            let fields = super::fields::Fields::of(&root, "pack", &["title", "format"], &mut report)?;
            let format = fields.whole("format", 1..=1_000_000, &mut report).unwrap_or(FORMAT);
            if format > FORMAT {
                let text = format!("the pack has format {format}; this podlab reads format {FORMAT}");
                report.error_hint(fields.place_of("format"), text, "get a newer podlab");
            }
        }
        Ok(Err(trouble)) => report.error(trouble.place, trouble.text),
        Err(why) => report.error(Place::START, why),
    }
    report.into_found().into_iter().find(|problem| problem.severity == Severity::Error)
}

/// What a file of a pack is for.
enum Role<'a> {
    Chapter { number: &'a str, id: &'a str },
    Quiz { id: &'a str },
    Lab { id: &'a str },
    Misconceptions,
}

impl Role<'_> {
    fn key(&self) -> String {
        match self {
            Role::Chapter { id, .. } => format!("chapter {id}"),
            Role::Quiz { id } => format!("quiz {id}"),
            Role::Lab { id } => format!("lab {id}"),
            Role::Misconceptions => "misconceptions".to_owned(),
        }
    }
}

/// What a path is for; other files are none of the course's business.
fn role(path: &str) -> Option<Role<'_>> {
    if path == "assets/misconceptions.yaml" {
        return Some(Role::Misconceptions);
    }
    if let Some(stem) = path.strip_prefix("lessons/").and_then(|name| name.strip_suffix(".md")) {
        let id = slug(stem);
        let number = stem[..stem.len() - id.len()].trim_end_matches('-');
        return (!stem.contains('/')).then_some(Role::Chapter { number, id });
    }
    if let Some(stem) = path.strip_prefix("quizzes/").and_then(|name| name.strip_suffix(".yaml")) {
        return (!stem.contains('/')).then_some(Role::Quiz { id: slug(stem) });
    }
    let stem = path.strip_prefix("assets/labs/")?.strip_suffix(".yaml")?;
    (!stem.contains('/')).then_some(Role::Lab { id: stem })
}

/// A file in a folder of content whose name says nothing to podlab: a slip, most likely.
fn stray(path: &str, report: &mut Report) {
    let wanted = [
        ("lessons/", "lessons/NN-slug.md"),
        ("quizzes/", "quizzes/NN-slug.yaml"),
        ("assets/labs/", "assets/labs/slug.yaml"),
    ];
    if let Some((_, name)) = wanted.iter().find(|(folder, _)| path.starts_with(folder)) {
        report.warn(
            Place::START,
            "the file is not read",
            format!("name it like {name}, or move it elsewhere"),
        );
    }
}

fn add(course: &mut Course, role: &Role<'_>, bytes: &[u8], report: &mut Report) {
    let path = report.path().to_owned();
    let text = match decode(bytes) {
        Ok(text) => {
            control_characters(bytes, report);
            text.into_owned()
        }
        Err(why) => {
            let how = "shorten it, split it, or save it as UTF-8";
            report.error_hint(Place::START, why, how);
            String::new()
        }
    };
    let unreadable = report.found().first().filter(|_| text.is_empty() && !bytes.is_empty()).cloned();
    let file = TextFile { path, text };
    match role {
        Role::Chapter { number, id } => {
            let chapter = chapter(id, number, file, (unreadable, report));
            match course.chapters.iter_mut().find(|known| known.id == *id) {
                Some(known) => *known = chapter,
                None => course.chapters.push(chapter),
            }
        }
        Role::Quiz { id } => {
            course.quizzes.insert((*id).to_owned(), Lazy::new(file));
        }
        Role::Lab { id } => {
            course.labs.insert((*id).to_owned(), Lazy::new(file));
        }
        Role::Misconceptions => course.misconceptions.push(Lazy::new(file)),
    }
}

/// Complains about the first character that a terminal would obey; readers see it as a picture.
fn control_characters(bytes: &[u8], report: &mut Report) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some((offset, c)) = first_hostile(text) {
        let place = Lines::new(text, 1).place(text, offset);
        let text = format!("the character U+{:04X} has no place in a text", u32::from(c));
        report.error_hint(place, text, "remove it");
    }
}

fn chapter(id: &str, number: &str, file: TextFile, trouble: (Option<Diagnostic>, &mut Report)) -> Chapter {
    let (unreadable, report) = trouble;
    let fallback = FrontMatter { title: id.replace('-', " "), minutes: 10, ..FrontMatter::default() };
    let parts = front::split(&file.text);
    if parts.is_none() && unreadable.is_none() {
        let how = "start the file with '---', 'title: …', 'part: …', '---'";
        report.error_hint(Place::START, "the chapter has no front matter", how);
    }
    let (front, body) = parts.map_or((fallback, (0, 1)), |(front, body, line)| {
        (front::read(front, id, report), (file.text.len() - body.len(), line))
    });
    Chapter {
        id: id.to_owned(),
        number: number.to_owned(),
        front,
        file,
        body,
        problem: unreadable,
        page: OnceLock::new(),
    }
}

#[cfg(test)]
mod tests;
