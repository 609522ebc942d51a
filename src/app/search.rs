//! Finding text in all chapters, and labs by their titles and briefs.

use super::action::Action;
use super::bench::way;
use super::extents::Extents;
use super::line_editor::LineEditor;
use super::scroll::Cursor;
use super::{Place, Reaction, Reactions};
use crate::course::Course;
use crate::course::block;

/// Hits beyond this are not listed.
const MOST: usize = 200;
/// Characters shown before and after a hit.
const AROUND: usize = 60;

/// The search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What is looked for.
    pub line: LineEditor,
    /// Where it was found.
    pub hits: Vec<Hit>,
    /// The chosen hit.
    pub cursor: Cursor,
}

/// One place where the text stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Where it leads.
    pub to: Found,
    /// The chapter's number and title, or the lab's title.
    pub title: String,
    /// Text before, the hit itself, text after.
    pub text: [String; 3],
}

/// Where a hit leads.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// To a block of a chapter.
    Chapter {
        /// The chapter's id.
        id: String,
        /// The block.
        block: usize,
    },
    /// To a lab, by slug.
    Lab(String),
}

impl Search {
    /// Looks again for what is typed: every block of every chapter that holds it and every lab, titles first.
    pub fn find(&mut self, course: &Course) {
        let wanted = self.line.text().trim().to_lowercase();
        self.cursor = Cursor::default();
        self.hits.clear();
        if wanted.chars().count() < 2 {
            return;
        }
        for chapter in &course.chapters {
            let mut note = |block: usize, text: &str| {
                if let Some(text) = excerpt(text, &wanted).filter(|_| self.hits.len() < MOST) {
                    let title = format!("{} {}", chapter.number, chapter.front.title).trim().to_owned();
                    let to = Found::Chapter { id: chapter.id.clone(), block };
                    self.hits.push(Hit { to, title, text });
                }
            };
            note(0, &chapter.front.title);
            for (at, block) in chapter.page().blocks.iter().enumerate() {
                note(at, &block::plain_blocks(std::slice::from_ref(block)).replace("<any>", "…"));
            }
        }
        self.find_labs(course, &wanted);
        self.hits.sort_by_key(|hit| !hit.title.to_lowercase().contains(&wanted));
    }

    /// A lab is one hit, whether its title or its brief holds the text.
    fn find_labs(&mut self, course: &Course, wanted: &str) {
        for lab in course.labs.keys().filter_map(|slug| course.lab(slug)) {
            let brief = block::plain_blocks(&lab.brief.blocks);
            let text = excerpt(&lab.title, wanted).or_else(|| excerpt(&brief, wanted));
            if let Some(text) = text.filter(|_| self.hits.len() < MOST) {
                let title = format!("lab: {}", lab.title);
                self.hits.push(Hit { to: Found::Lab(lab.id.clone()), title, text });
            }
        }
    }

    /// Acts on a key.
    pub fn perform(&mut self, action: Action, extents: &Extents) -> Reactions {
        match action {
            Action::Back => vec![Reaction::Leave],
            Action::Act => self.open(self.cursor.at),
            other => {
                if let Some(way) = way(other) {
                    self.cursor.go(way, extents.list, self.hits.len());
                }
                Vec::new()
            }
        }
    }

    /// Goes to a hit.
    pub fn open(&self, at: usize) -> Reactions {
        let Some(hit) = self.hits.get(at) else { return Vec::new() };
        let text = self.line.text().trim().to_lowercase();
        vec![Reaction::Go(match &hit.to {
            Found::Chapter { id, block } => Place::Found { id: id.clone(), block: *block, text },
            Found::Lab(slug) => Place::Lab(slug.clone()),
        })]
    }
}

/// The first place in `text` that holds `wanted` (lower case), with a little around it, on one line.
fn excerpt(text: &str, wanted: &str) -> Option<[String; 3]> {
    let lower = text.to_lowercase();
    // Where lower case changes lengths, offsets would not fit the original: show the lower case.
    let text = if lower.len() == text.len() { text } else { &lower };
    let at = lower.find(wanted)?;
    let end = at + wanted.len();
    let flat = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let before: String = text.get(..at)?.chars().rev().take(AROUND).collect();
    let before: String = before.chars().rev().collect();
    let before = if before.len() < at { whole_words(&before) } else { before };
    let after: String = text.get(end..)?.chars().take(AROUND * 2).collect();
    let (spaced_before, spaced_after) =
        (before.ends_with(char::is_whitespace), after.starts_with(char::is_whitespace));
    let mut parts = [flat(&before), flat(text.get(at..end)?), flat(&after)];
    if spaced_before {
        parts[0].push(' ');
    }
    if spaced_after {
        parts[2].insert(0, ' ');
    }
    Some(parts)
}

/// The end of a text that was cut, from its first whole word on.
pub fn whole_words(end: &str) -> String {
    match end.split_once(char::is_whitespace) {
        Some((_, words)) => format!("…{words}"),
        None => format!("…{end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_keeps_the_hit_and_a_little_around_it() {
        let [before, hit, after] = excerpt("The first\nrestart does not wait.", "restart").unwrap();
        assert_eq!(
            (before.as_str(), hit.as_str(), after.as_str()),
            ("The first ", "restart", " does not wait.")
        );
        let long = format!("{} one two restart", "word ".repeat(40));
        let before = excerpt(&long, "restart").unwrap()[0].clone();
        assert!(before.starts_with("…word ") && before.ends_with("one two "), "{before}");
        assert_eq!(excerpt("nothing", "restart"), None);
        assert_eq!(excerpt("İstanbul pod", "pod").map(|p| p[1].clone()).as_deref(), Some("pod"));
    }
}
