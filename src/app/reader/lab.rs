//! Pages that are put together for the learner: the brief of a lab with its files and hints, and an experiment.

use super::super::page;
use super::{Anchor, Reader, heading, heading_of};
use crate::course::Course;
use crate::course::block::{Block, Code, Heading, Page};
use crate::course::lab::Lab;
use std::collections::BTreeMap;

/// The id of the headings of hints.
const HINT: &str = "hint";

/// A lab on its way.
#[derive(Clone, Debug, Default)]
pub struct LabRun {
    /// Hints taken.
    pub hints: usize,
    /// Whether it is passed.
    pub outcome: LabOutcome,
    /// The files the learner has changed, as they are now.
    pub files: BTreeMap<String, String>,
}

/// Whether a lab is passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabOutcome {
    /// Not yet.
    #[default]
    Open,
    /// It is.
    Passed,
}

impl Reader {
    /// A lab, at its start.
    pub fn lab(course: &Course, slug: &str) -> Option<Reader> {
        let lab = course.lab(slug)?;
        let mut reader = Reader {
            id: slug.to_owned(),
            top: Anchor::default(),
            items: Vec::new(),
            tones: Vec::new(),
            focus: None,
            find: String::new(),
            own: None,
            lab: Some(LabRun::default()),
            noted: 0,
        };
        reader.write_brief(lab);
        Some(reader)
    }

    /// Shows one more hint and goes to it; false if there is none left.
    pub(super) fn hint(&mut self, lab: &Lab) -> bool {
        let Some(run) = self.lab.as_mut().filter(|run| run.hints < lab.hints.len()) else { return false };
        run.hints += 1;
        let taken = run.hints;
        self.write_brief(lab);
        let blocks = self.own.iter().flat_map(|page| page.blocks.iter()).enumerate();
        let heads = blocks.filter(|(_, block)| matches!(block, Block::Heading(h) if h.id == HINT));
        self.top = Anchor { block: heads.map(|(at, _)| at).nth(taken - 1).unwrap_or(0), line: 0 };
        true
    }

    /// Shows a file as the learner has changed it.
    pub fn file_changed(&mut self, lab: &Lab, name: &str, text: &str) {
        if let Some(run) = &mut self.lab {
            run.files.insert(name.to_owned(), text.to_owned());
            self.write_brief(lab);
        }
    }

    /// Notes that the lab is passed; true the first time.
    pub fn pass(&mut self, lab: &Lab) -> bool {
        let Some(run) = self.lab.as_mut().filter(|run| run.outcome == LabOutcome::Open) else { return false };
        run.outcome = LabOutcome::Passed;
        self.write_brief(lab);
        true
    }

    /// The brief, the hints taken so far, and after a pass what there was to learn.
    fn write_brief(&mut self, lab: &Lab) {
        let Some(run) = &mut self.lab else { return };
        let mut blocks = Vec::new();
        if run.outcome == LabOutcome::Passed {
            blocks.push(heading("Passed"));
            for (name, prose) in [
                ("What lay behind it", &lab.after.wrong),
                ("Why it is right now", &lab.after.why),
                ("For the next time", &lab.after.prevent),
            ] {
                blocks.push(Block::Heading(Heading { level: 3, ..heading_of(name) }));
                blocks.extend(prose.blocks.iter().cloned());
            }
            blocks.push(Block::Rule);
        }
        blocks.extend(lab.brief.blocks.iter().cloned());
        for (number, hint) in lab.hints.iter().take(run.hints).enumerate() {
            let head = heading_of(&format!("Hint {} of {}", number + 1, lab.hints.len()));
            blocks.push(Block::Heading(Heading { id: HINT.to_owned(), ..head }));
            blocks.extend(hint.blocks.iter().cloned());
        }
        if !lab.setup.files.is_empty() {
            blocks.push(heading("Your files"));
        }
        blocks.extend(lab.setup.files.iter().map(|file| {
            let text = run.files.get(&file.name).unwrap_or(&file.text);
            Block::Code(Code::file(&file.name, text))
        }));
        self.show_own(Page { blocks, ..Page::default() });
    }

    fn show_own(&mut self, page: Page) {
        self.items = page::items(&page);
        self.tones = page::tones(&page);
        self.own = Some(page);
    }

    /// The same lab at the same place, of a course that may have changed.
    pub fn lab_again(self, course: &Course) -> Option<Reader> {
        let lab = course.lab(&self.id)?;
        let mut reader = Reader::lab(course, &self.id)?;
        (reader.lab, reader.top) = (self.lab, self.top);
        reader.write_brief(lab);
        Some(reader)
    }

    /// The page of an experiment: what is believed, what is so, and how to see it.
    pub fn experiment(course: &Course, id: &str) -> Option<Reader> {
        let page = super::super::experiment::page(course, course.misconception(id)?)?;
        let (top, focus, find) = (Anchor::default(), None, String::new());
        let (items, tones) = (Vec::new(), Vec::new());
        let id = id.to_owned();
        let mut reader = Reader { id, top, items, tones, focus, find, own: None, lab: None, noted: 0 };
        reader.show_own(page);
        Some(reader)
    }
}
