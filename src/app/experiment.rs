//! The page of an experiment: what is commonly believed, what is so, and what to look at in the panes beside it to see that.

use super::reader::{heading, heading_of};
use crate::course::Course;
use crate::course::block::{Block, Code, Heading, Inline, Link, Page, Target};
use crate::course::misconception::Misconception;
use crate::course::quiz::Manifest;

/// The page; `None` without an experiment or its manifest.
pub(super) fn page(course: &Course, known: &Misconception) -> Option<Page> {
    let experiment = known.experiment.as_ref()?;
    let file = match &experiment.manifest {
        Manifest::File { name, .. } => course.chapter(&known.chapter)?.page().file(name)?.clone(),
        Manifest::Inline { text, .. } => Code::file("experiment.yaml", text),
    };
    let smaller = |text: &str| Block::Heading(Heading { level: 3, ..heading_of(text) });
    let mut blocks = vec![heading("Is it so?")];
    blocks.extend(known.claim.blocks.iter().cloned());
    blocks.push(smaller("Look"));
    blocks.extend(experiment.look.blocks.iter().cloned());
    let words = format!(
        "The manifest below is applied. Watch for {} simulated seconds; > lets them pass faster, Tab leads to the panes.",
        experiment.watch
    );
    blocks.push(Block::Paragraph(vec![Inline::Text(words)]));
    blocks.push(Block::Code(file));
    blocks.push(smaller("What is so"));
    blocks.extend(known.truth.blocks.iter().cloned());
    if let Some(chapter) = course.chapter(&known.chapter) {
        let text = vec![Inline::Text(chapter.front.title.clone())];
        let target = Target::Chapter { id: chapter.id.clone(), heading: None };
        let link = Inline::Link(Link { target, text, place: crate::course::Place::START });
        blocks.push(Block::Paragraph(vec![Inline::Text("Read about it: ".to_owned()), link]));
    }
    Some(Page { blocks, ..Page::default() })
}
