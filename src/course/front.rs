//! What stands above a chapter's text. Knows nothing of the text below it.

use super::diagnostic::{Place, Report};
use super::fields::Fields;
use super::yaml;

/// A chapter's front matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrontMatter {
    /// The title; the id in words if there is none.
    pub title: String,
    /// The title of the part the chapter belongs to.
    pub part: String,
    /// How long it takes, in minutes.
    pub minutes: usize,
    /// What the learner can do afterwards, each with its place.
    pub objectives: Vec<(String, Place)>,
    /// The ids of the chapters to read before, each with its place.
    pub prerequisites: Vec<(String, Place)>,
    /// Where the facts come from, each with its place.
    pub sources: Vec<(String, Place)>,
}

/// The names of the fields.
pub const FIELDS: &[&str] = &["title", "part", "minutes", "objectives", "prerequisites", "sources"];

/// A chapter file in its two parts: front matter (empty if there is none), body, and the line (from 1) on which the body starts.
pub fn split(text: &str) -> Option<(&str, &str, usize)> {
    let rest = text.strip_prefix("---\n")?;
    let end = if rest.starts_with("---\n") { 0 } else { rest.find("\n---\n")? + 1 };
    let lines = rest[..end].matches('\n').count() + 3;
    Some((&rest[..end], &rest[end + 4..], lines))
}

/// Reads front matter that starts on line 2 of its file. What is missing gets a default and a complaint.
pub fn read(text: &str, id: &str, report: &mut Report) -> FrontMatter {
    let fallback = FrontMatter { title: id.replace('-', " "), minutes: 10, ..FrontMatter::default() };
    let root = match yaml::read(text, 2, report) {
        Ok(root) => root,
        Err(trouble) => {
            report.error(trouble.place, format!("front matter: {}", trouble.text));
            return fallback;
        }
    };
    let Some(fields) = Fields::of(&root, "front matter", FIELDS, report) else { return fallback };
    FrontMatter {
        title: fields.need_text("title", report).map_or(fallback.title, |title| one_line(&title)),
        part: fields.need_text("part", report).map(|part| one_line(&part)).unwrap_or_default(),
        minutes: fields.whole("minutes", 1..=240, report).unwrap_or(fallback.minutes),
        objectives: filled(&fields, "objectives", report),
        prerequisites: filled(&fields, "prerequisites", report),
        sources: filled(&fields, "sources", report),
    }
}

/// The texts of a list, without those that say nothing.
fn filled(fields: &Fields<'_>, name: &str, report: &mut Report) -> Vec<(String, Place)> {
    let mut texts = fields.texts(name, report);
    texts.retain(|(text, place)| {
        let empty = text.trim().is_empty();
        if empty {
            let how = "fill it in or remove it";
            report.error_hint(*place, format!("an item of '{name}' is empty"), how);
        }
        !empty
    });
    texts
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_is_split_and_the_body_knows_its_first_line() {
        assert_eq!(split("---\ntitle: x\n---\nbody\n"), Some(("title: x\n", "body\n", 4)));
        assert_eq!(split("---\n---\nbody\n"), Some(("", "body\n", 3)));
        assert_eq!(split("# no front matter\n"), None);
    }

    #[test]
    fn broken_front_matter_names_its_place_and_the_rest_works() {
        let mut report = Report::new("lessons/01-x.md");
        let front = read("title: X\nminuts: 5\nobjectives: none\n", "x-y", &mut report);
        let texts: Vec<String> = report.found().iter().map(ToString::to_string).collect();
        assert_eq!(front.title, "X");
        assert_eq!(
            texts,
            [
                "lessons/01-x.md:3:1: error: a front matter has no field 'minuts'; did you mean 'minutes'?",
                "lessons/01-x.md:2:1: error: this front matter has no 'part'",
                "lessons/01-x.md:4:13: error: 'objectives' is a list, this is text",
            ]
        );
        assert_eq!(read("a: [", "x-y", &mut report).title, "x y");
    }
}
