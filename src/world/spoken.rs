//! A page in words alone, for a screen reader: what the screen shows with strokes (frames, tables, drawings) is said. Does not know
//! who listens.

use super::plain::folded;
use crate::app::page::{Item, Thing};
use crate::course::Page;
use crate::course::block::{self, Block, Callout, Code, List, Sketch, Table};
use crate::course::diagram::{Diagram, Part};

/// Blanks before what belongs to the line above.
const INDENT: &str = "    ";

/// A page as lines; `items` are those of the page, or none if it has no cards.
pub fn lines(page: &Page, items: &[Item]) -> Vec<String> {
    let cards = items.iter().filter(|item| !matches!(item.thing, Thing::File(_) | Thing::Link(_))).collect();
    let mut speaker = Speaker { cards, next: 0, lines: Vec::new() };
    speaker.blocks(&page.blocks);
    for note in &page.footnotes {
        speaker.say(&format!("Footnote {}: ", note.number), &block::plain_blocks(&note.blocks));
    }
    speaker.lines
}

/// What is being said.
struct Speaker<'a> {
    cards: Vec<&'a Item>,
    next: usize,
    lines: Vec<String>,
}

impl Speaker<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
            if self.lines.last().is_some_and(|line| !line.is_empty()) {
                self.lines.push(String::new());
            }
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(heading) => self.say("Section: ", &block::plain(&heading.text)),
            Block::Paragraph(inlines) => self.say("", &block::plain(inlines)),
            Block::List(list) => self.list(list, ""),
            Block::Table(table) => self.table(table),
            Block::Quote(inner) => {
                self.lines.push("Quote:".to_owned());
                self.blocks(inner);
            }
            Block::Callout(kind, inner) => {
                self.lines.push(format!("{}:", name(*kind)));
                self.blocks(inner);
            }
            Block::Rule => {}
            Block::Code(code) => self.code(code),
            Block::Console(console) => {
                self.lines.push("Transcript:".to_owned());
                self.verbatim(&crate::course::transcript::shown(&console.text));
            }
            Block::Diagram(sketch) => self.picture(sketch),
            Block::Quiz(_) | Block::Question(_) | Block::Predict(_) | Block::Lab(_) => self.card(),
            Block::Problem(problem) => self.say("", &format!("This part cannot be shown: {problem}")),
        }
    }

    /// Words after `first`, in as many lines as they need.
    fn say(&mut self, first: &str, words: &str) {
        self.lines.extend(folded(first, words.trim()));
    }

    fn verbatim(&mut self, text: &str) {
        self.lines.extend(text.lines().map(|line| format!("{INDENT}{line}").trim_end().to_owned()));
    }

    fn list(&mut self, list: &List, indent: &str) {
        for (at, item) in list.items.iter().enumerate() {
            let marker = match (item.done, list.start) {
                (Some(true), _) => "- done: ".to_owned(),
                (Some(false), _) => "- to do: ".to_owned(),
                (None, Some(start)) => format!("{}. ", start + at as u64),
                (None, None) => "- ".to_owned(),
            };
            let mut first = format!("{indent}{marker}");
            for block in &item.blocks {
                match block {
                    Block::List(inner) => self.list(inner, &format!("{indent}{INDENT}")),
                    Block::Paragraph(words) => self.say(&first, &block::plain(words)),
                    other => self.block(other),
                }
                first = format!("{indent}{INDENT}");
            }
        }
    }

    /// One line for each row: the name of each column before what stands in it.
    fn table(&mut self, table: &Table) {
        let heads: Vec<String> = table.header.iter().map(|cell| block::plain(cell)).collect();
        for row in &table.rows {
            let cells = row.iter().zip(&heads).map(|(cell, head)| match head.trim() {
                "" => block::plain(cell),
                head => format!("{head}: {}", block::plain(cell)),
            });
            self.say("- ", &format!("{}.", cells.collect::<Vec<_>>().join("; ")));
        }
    }

    fn code(&mut self, code: &Code) {
        let (begin, end) = match &code.name {
            Some(name) => (format!("File {name}:"), format!("End of {name}.")),
            None => ("Code:".to_owned(), "End of code.".to_owned()),
        };
        self.lines.push(begin);
        self.verbatim(&code.text);
        self.lines.push(end);
        for note in &code.notes {
            self.say(&format!("({}) ", note.number), &block::plain_blocks(&note.blocks));
        }
    }

    fn picture(&mut self, sketch: &Sketch) {
        match &sketch.picture {
            Ok(picture) => self.pod(picture),
            Err(why) => self.say("", &format!("{} cannot be drawn: {why}", sketch.file.id)),
        }
    }

    fn pod(&mut self, pod: &Diagram) {
        self.say("", &format!("Picture: {} {}", pod.kind, pod.name));
        let kinds =
            [("init container", &pod.init), ("sidecar", &pod.sidecars), ("container", &pod.containers)];
        for (kind, part) in kinds.iter().flat_map(|(kind, parts)| parts.iter().map(move |part| (kind, part)))
        {
            self.say("- ", &format!("{kind} {}", said(part)));
        }
        for volume in &pod.volumes {
            self.say("- ", &format!("volume {}: {}", volume.name, volume.source));
        }
    }

    fn card(&mut self) {
        let Some(item) = self.cards.get(self.next).copied() else { return };
        self.next += 1;
        let kind = match item.thing {
            Thing::Predict(_) => "Predict: ",
            Thing::Lab(_) => "Lab: ",
            Thing::Question(_) => "Question: ",
            _ => "Quiz: ",
        };
        self.say(kind, &item.title);
        self.say(INDENT, &item.note);
    }
}

/// A container of a picture in words.
fn said(part: &Part) -> String {
    let mounts = part.mounts.iter().map(|(volume, path)| format!("mounts {volume} at {path}"));
    let ports = part.ports.iter().map(|port| format!("port {port}"));
    let image = std::iter::once(format!("image {}", part.image));
    let all: Vec<String> = image.chain(ports).chain(part.probes.iter().cloned()).chain(mounts).collect();
    format!("{}: {}", part.name, all.join(", "))
}

const fn name(kind: Callout) -> &'static str {
    match kind {
        Callout::Note => "Note",
        Callout::Tip => "Tip",
        Callout::Important => "Important",
        Callout::Warning => "Warning",
        Callout::Caution => "Caution",
    }
}
