//! A page being read: where in it, what is marked, what can be done about that. Serves chapters and the briefs of labs. The place is
//! kept as a block and lines into it, so that another width leads to the same text.

use super::action::Action;
use super::bench::way;
use super::extents::{Extents, PageExtent};
use super::learner::Learner;
use super::overlay::{Confirm, Overlay, Then};
use super::page::{self, Item, State, Thing, Toned};
use super::practice::Practice;
use super::scroll::Move;
use super::{Place, Reaction, Reactions};
use crate::course::Course;
use crate::course::block::{Block, Heading, Inline, Page, Target};
use crate::course::lab::Lab;
use crate::progress::Entry;

/// A place in a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// The block.
    pub block: usize,
    /// Lines into it.
    pub line: usize,
}

/// A page being read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The chapter or lab.
    pub id: String,
    /// The first visible line.
    pub top: Anchor,
    /// What can be acted on.
    pub items: Vec<Item>,
    /// Its code blocks, toned.
    pub tones: Vec<Toned>,
    /// The marked one.
    pub focus: Option<usize>,
    /// What is looked for in the page, lower case.
    pub find: String,
    /// What is read, if it is not a chapter: the brief of a lab with its hints, or an experiment.
    pub own: Option<Page>,
    /// How far it is, if this is a lab.
    pub lab: Option<LabRun>,
    /// The section whose reading was noted last.
    noted: usize,
}

/// A lab on its way.
#[derive(Clone, Debug, Default)]
pub struct LabRun {
    /// Hints taken.
    pub hints: usize,
    /// Whether it is passed.
    pub outcome: LabOutcome,
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
    /// A chapter, at the place where the learner stopped.
    pub fn chapter(course: &Course, learner: &Learner, id: &str) -> Option<Reader> {
        let chapter = course.chapter(id)?;
        let place = learner.chapters.get(id).map(|state| state.place).unwrap_or_default();
        let mut reader = Reader {
            id: chapter.id.clone(),
            top: Anchor { block: place.0, line: place.1 },
            items: page::items(chapter.page()),
            tones: page::tones(chapter.page()),
            focus: None,
            find: String::new(),
            own: None,
            lab: None,
            noted: 0,
        };
        reader.note_items(course, learner);
        Some(reader)
    }

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

    /// Shows one more hint; false if there is none left.
    fn hint(&mut self, lab: &Lab) -> bool {
        let Some(run) = self.lab.as_mut().filter(|run| run.hints < lab.hints.len()) else { return false };
        run.hints += 1;
        self.write_brief(lab);
        true
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
                ("What was wrong", &lab.after.wrong),
                ("Why it works now", &lab.after.why),
                ("How to prevent it", &lab.after.prevent),
            ] {
                blocks.push(Block::Heading(Heading { level: 3, ..heading_of(name) }));
                blocks.extend(prose.blocks.iter().cloned());
            }
            blocks.push(Block::Rule);
        }
        blocks.extend(lab.brief.blocks.iter().cloned());
        for (number, hint) in lab.hints.iter().take(run.hints).enumerate() {
            blocks.push(heading(&format!("Hint {} of {}", number + 1, lab.hints.len())));
            blocks.extend(hint.blocks.iter().cloned());
        }
        self.show_own(Page { blocks, ..Page::default() });
    }

    fn show_own(&mut self, page: Page) {
        self.items = page::items(&page);
        self.tones = page::tones(&page);
        self.own = Some(page);
    }

    /// The same page where another reading of it stands.
    #[must_use]
    pub fn at_place_of(mut self, other: &Reader) -> Reader {
        self.top = other.top;
        other.find.clone_into(&mut self.find);
        self
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
        let page = super::experiment::page(course, course.misconception(id)?)?;
        let (top, focus, find) = (Anchor::default(), None, String::new());
        let (items, tones) = (Vec::new(), Vec::new());
        let id = id.to_owned();
        let mut reader = Reader { id, top, items, tones, focus, find, own: None, lab: None, noted: 0 };
        reader.show_own(page);
        Some(reader)
    }

    /// The page being read.
    pub fn page<'a>(&'a self, course: &'a Course) -> Option<&'a Page> {
        self.own.as_ref().or_else(|| course.chapter(&self.id).map(crate::course::Chapter::page))
    }

    /// Writes on quizzes, questions and labs how far the learner is with them.
    pub fn note_items(&mut self, course: &Course, learner: &Learner) {
        for item in &mut self.items {
            match &item.thing {
                Thing::Quiz => {
                    (item.title, item.note) = quiz_words(course, learner, &self.id);
                    let taken =
                        learner.quizzes.get(&self.id).is_some_and(|s| s.best.is_some() && s.open.is_empty());
                    item.state = if taken { State::Done } else { State::Open };
                }
                Thing::Question(id) | Thing::Predict(id) => {
                    if let Some((_, question)) = course.question(id) {
                        item.title = question.ask.plain();
                    }
                    item.state = if learner.questions.contains_key(id) { State::Done } else { State::Open };
                    item.note = match learner.questions.get(id) {
                        None => "Enter: answer".to_owned(),
                        Some(state) if state.latest => "answered, right. a: once more".to_owned(),
                        Some(_) => "answered, not right yet. a: once more".to_owned(),
                    };
                }
                Thing::Lab(slug) => {
                    if let Some(lab) = course.lab(slug) {
                        item.title = format!("{}, {} min", lab.title, lab.minutes);
                    }
                    item.state = if learner.labs.contains_key(slug) { State::Done } else { State::Open };
                    item.note = match learner.labs.get(slug) {
                        None => "Enter: start".to_owned(),
                        Some(0) => "passed without a hint. a: once more".to_owned(),
                        Some(hints) => format!("passed with {hints} hints. a: once more"),
                    };
                }
                Thing::File(_) | Thing::Link(_) => {}
            }
        }
    }

    /// The first visible line, of a page set like `page`.
    pub fn line(&self, page: &PageExtent) -> usize {
        let start = page.starts.get(self.top.block).or(page.starts.last()).copied().unwrap_or(0);
        (start + self.top.line).min(page.total.saturating_sub(page.height))
    }

    /// Makes line `line` the first visible one.
    fn scroll_to(&mut self, line: usize, page: &PageExtent) {
        let block = page.starts.partition_point(|start| *start <= line).saturating_sub(1);
        let start = page.starts.get(block).copied().unwrap_or(0);
        self.top = Anchor { block, line: line - start.min(line) };
    }

    /// Keeps the mark on something visible, if there is something; true if it moved.
    pub fn settle(&mut self, page: &PageExtent) -> bool {
        let before = self.focus;
        let from = self.line(page);
        let visible = |i: &usize| {
            let (line, height) = page.items.get(*i).copied().unwrap_or((usize::MAX, 0));
            height > 0 && line < from + page.height && line.saturating_add(height) > from
        };
        if self.focus.is_none_or(|i| !visible(&i)) {
            let worth = |i: &usize| !matches!(self.items[*i].thing, Thing::Link(_));
            self.focus = (0..self.items.len()).filter(visible).find(worth);
        }
        before != self.focus
    }

    /// What is to be kept once another section is on the screen: a place to come back to, whatever happens.
    fn note_section(&mut self, course: &Course, page: &PageExtent) -> Reactions {
        let Some(chapter) = course.chapter(&self.id).filter(|_| self.own.is_none()) else {
            return Vec::new();
        };
        let heads = |block: &&Block| matches!(block, Block::Heading(heading) if heading.level <= 2);
        let section = chapter.page().blocks.iter().take(self.top.block + 1).filter(heads).count();
        if section == std::mem::replace(&mut self.noted, section) {
            return Vec::new();
        }
        vec![Reaction::Record(self.reading(page))]
    }

    /// How far the chapter is read.
    pub fn reading(&self, page: &PageExtent) -> Entry {
        let done = page.total > 0 && self.line(page) + page.height >= page.total;
        Entry::Read { chapter: self.id.clone(), block: self.top.block, line: self.top.line, done }
    }

    /// The marked item.
    pub fn marked(&self) -> Option<&Item> {
        self.items.get(self.focus?)
    }

    /// Acts on a key.
    pub fn perform(
        &mut self,
        action: Action,
        course: &Course,
        practice: &Practice,
        extents: &Extents,
    ) -> Reactions {
        let page = &extents.page;
        if let Some(way) = way(action) {
            let line = way.scroll(self.line(page), page.height, page.total);
            self.scroll_to(line, page);
            self.settle(page);
            return self.note_section(course, page);
        }
        match action {
            Action::Act => return self.act(course, practice, page),
            Action::Apply
                if self
                    .marked()
                    .is_some_and(|item| !matches!(item.thing, Thing::File(_) | Thing::Link(_))) =>
            {
                return self.marked().map(|item| self.act_on(&item.thing, course)).unwrap_or_default();
            }
            Action::Apply | Action::Edit => return self.file(action, page),
            Action::Left => self.mark(true, page),
            Action::Right => self.mark(false, page),
            Action::NextMatch | Action::PreviousMatch if !self.find.is_empty() => {
                self.next_match(action == Action::PreviousMatch, course, page);
            }
            Action::NextSection | Action::NextMatch => return self.section(false, course, page),
            Action::PreviousSection | Action::PreviousMatch => return self.section(true, course, page),
            Action::NextChapter => return neighbour(&self.id, course, false),
            Action::PreviousChapter => return neighbour(&self.id, course, true),
            Action::Hint => {
                if let Some(lab) = course.lab(&self.id)
                    && !self.hint(lab)
                {
                    return vec![Reaction::Say("There is no further hint.".into())];
                }
                return self.perform(Action::Bottom, course, practice, extents);
            }
            Action::Restart => {
                let text = "Set the lab up again? The cluster starts over.".to_owned();
                return vec![Reaction::Open(Overlay::Confirm(Confirm { text, then: Then::RestartLab }))];
            }
            Action::TakeQuiz => return vec![Reaction::Go(Place::Quiz(self.id.clone()))],
            Action::Back if !self.find.is_empty() => self.find.clear(),
            Action::Back => return vec![Reaction::Leave],
            _ => {}
        }
        Vec::new()
    }

    /// Enter: the marked thing, or else a screen on; at the end of the page, what comes next.
    fn act(&mut self, course: &Course, practice: &Practice, page: &PageExtent) -> Reactions {
        if let Some(item) = self.marked().filter(|item| !is_done(item, practice)) {
            return self.act_on(&item.thing, course);
        }
        let from = self.line(page);
        if let Some(next) = self.next_visible(page, practice) {
            self.focus = Some(next);
            return Vec::new();
        }
        if from + page.height < page.total {
            let line = Move::Pages(1).scroll(from, page.height, page.total);
            self.scroll_to(line, page);
            self.focus = self.next_visible(page, practice);
            self.settle(page);
            return self.note_section(course, page);
        }
        match self.lab.as_ref().map(|run| run.outcome) {
            Some(LabOutcome::Passed) => return vec![Reaction::Leave],
            Some(LabOutcome::Open) => {
                return vec![Reaction::Say("The goals above say what is missing; h gives a hint.".into())];
            }
            None if self.own.is_some() => return vec![Reaction::Leave],
            None => {}
        }
        let taken = |item: &Item| item.thing == Thing::Quiz && item.state == State::Done;
        if course.quizzes.contains_key(&self.id) && !self.items.iter().any(taken) {
            return vec![Reaction::Go(Place::Quiz(self.id.clone()))];
        }
        neighbour(&self.id, course, false)
    }

    /// The next thing on the screen that the learner has not been through.
    fn next_visible(&self, page: &PageExtent, practice: &Practice) -> Option<usize> {
        let from = self.line(page);
        let open = |i: &usize| {
            let (line, height) = page.items.get(*i).copied().unwrap_or((usize::MAX, 0));
            let visible = height > 0 && line >= from && line.saturating_add(height) <= from + page.height;
            let item = &self.items[*i];
            visible && !matches!(item.thing, Thing::Link(_)) && !is_done(item, practice)
        };
        (self.focus.map_or(0, |at| at + 1)..self.items.len()).find(open)
    }

    /// Does what an item is for.
    pub fn act_on(&self, thing: &Thing, course: &Course) -> Reactions {
        vec![match thing {
            Thing::File(name) => Reaction::Apply(name.clone()),
            Thing::Quiz => Reaction::Go(Place::Quiz(self.id.clone())),
            Thing::Question(id) | Thing::Predict(id) => Reaction::Go(Place::Question(id.clone())),
            Thing::Lab(slug) => Reaction::Go(Place::Lab(slug.clone())),
            Thing::Link(Target::Chapter { id, heading }) => {
                Reaction::Go(Place::Chapter { id: id.clone(), heading: heading.clone() })
            }
            Thing::Link(Target::Heading(id)) => {
                let page = self.page(course);
                let at = page.and_then(|p| p.blocks.iter().position(|b| is_heading(b, id)));
                return at.map(|block| self.jump(block)).unwrap_or_default();
            }
            Thing::Link(Target::Web(url) | Target::Nowhere(url)) => {
                Reaction::Say(format!("podlab opens no browser; the address is {url}"))
            }
        }]
    }

    fn jump(&self, block: usize) -> Reactions {
        vec![Reaction::Replace(Place::Found { id: self.id.clone(), block, text: String::new() })]
    }

    /// Applies or edits the marked file, or else the nearest one to what is on the screen.
    fn file(&mut self, action: Action, page: &PageExtent) -> Reactions {
        let is_file = |item: &Item| matches!(item.thing, Thing::File(_));
        let middle = self.line(page) + page.height / 2;
        let nearest = (0..self.items.len()).filter(|i| is_file(&self.items[*i])).min_by_key(|i| {
            page.items.get(*i).map_or(usize::MAX, |(line, h)| (line + h / 2).abs_diff(middle))
        });
        let at = self.focus.filter(|i| self.items.get(*i).is_some_and(is_file)).or(nearest);
        let Some(Item { thing: Thing::File(name), .. }) = at.and_then(|i| self.items.get(i)) else {
            return vec![Reaction::Say("There is no YAML file on this page.".into())];
        };
        self.focus = at;
        vec![if action == Action::Apply {
            Reaction::Apply(name.clone())
        } else {
            Reaction::Edit(name.clone())
        }]
    }

    /// Marks the next or previous item and brings it into view.
    fn mark(&mut self, back: bool, page: &PageExtent) {
        if self.items.is_empty() {
            return;
        }
        let from = self.line(page);
        let last = self.items.len() - 1;
        let line_of = |i: usize| page.items.get(i).map_or(0, |(line, _)| *line);
        let next = match (self.focus, back) {
            (Some(at), true) => at.saturating_sub(1),
            (Some(at), false) => (at + 1).min(last),
            (None, false) => (0..=last).find(|i| line_of(*i) >= from).unwrap_or(last),
            (None, true) => (0..=last).rev().find(|i| line_of(*i) < from).unwrap_or(0),
        };
        self.focus = Some(next);
        self.show(line_of(next), page.items.get(next).map_or(1, |(_, height)| *height), page);
    }

    /// Scrolls as little as needed to show these lines.
    fn show(&mut self, line: usize, height: usize, page: &PageExtent) {
        let from = self.line(page);
        if line < from {
            self.scroll_to(line, page);
        } else if line + height > from + page.height {
            let to = (line + height).saturating_sub(page.height).min(line);
            self.scroll_to(to, page);
        }
    }

    fn section(&mut self, back: bool, course: &Course, page: &PageExtent) -> Reactions {
        let Some(text) = self.page(course) else { return Vec::new() };
        let from = self.line(page);
        let sections: Vec<usize> = text
            .blocks
            .iter()
            .zip(&page.starts)
            .filter(|(block, _)| matches!(block, Block::Heading(h) if h.level <= 2))
            .map(|(_, start)| *start)
            .collect();
        let furthest = page.total.saturating_sub(page.height);
        let to = if back {
            sections.iter().rev().find(|start| **start < from).copied().or((from > 0).then_some(0))
        } else {
            sections.iter().find(|start| **start > from && from < furthest).copied()
        };
        match to {
            Some(line) => {
                self.scroll_to(line.min(furthest), page);
                self.settle(page);
                Vec::new()
            }
            None => neighbour(&self.id, course, back),
        }
    }

    /// Goes to the next or previous block that holds the text looked for.
    fn next_match(&mut self, back: bool, course: &Course, page: &PageExtent) {
        let Some(text) = self.page(course) else { return };
        let hit = |i: &usize| {
            let block = std::slice::from_ref(&text.blocks[*i]);
            crate::course::block::plain_blocks(block).to_lowercase().contains(&self.find)
        };
        let at = self.top.block;
        let found = if back {
            (0..at.min(text.blocks.len())).rev().find(hit)
        } else {
            (at + 1..text.blocks.len()).find(hit)
        };
        if let Some(line) = found.and_then(|block| page.starts.get(block)) {
            self.scroll_to((*line).min(page.total.saturating_sub(page.height)), page);
            self.settle(page);
        }
    }
}

/// Whether the learner has been through an item; a file, whether it is applied.
pub fn is_done(item: &Item, practice: &Practice) -> bool {
    match &item.thing {
        Thing::File(name) => practice.has_applied(name),
        _ => item.state == State::Done,
    }
}

pub(super) fn heading_of(text: &str) -> Heading {
    let place = crate::course::Place::START;
    Heading { level: 2, id: String::new(), text: vec![Inline::Text(text.to_owned())], place }
}

pub(super) fn heading(text: &str) -> Block {
    Block::Heading(heading_of(text))
}

fn is_heading(block: &Block, id: &str) -> bool {
    matches!(block, Block::Heading(heading) if heading.id == id)
}

/// The chapter before or after.
pub fn neighbour(id: &str, course: &Course, back: bool) -> Reactions {
    let at = course.chapters.iter().position(|chapter| chapter.id == id);
    let next = at.and_then(|at| if back { at.checked_sub(1) } else { Some(at + 1) });
    match next.and_then(|at| course.chapters.get(at)) {
        Some(chapter) => vec![Reaction::Replace(Place::Chapter { id: chapter.id.clone(), heading: None })],
        None if back => vec![Reaction::Say("This is the first chapter.".into())],
        None => vec![Reaction::Say("This is the last chapter. Esc leads to the map.".into())],
    }
}

fn quiz_words(course: &Course, learner: &Learner, chapter: &str) -> (String, String) {
    let count = course.quiz(chapter).map_or(0, |quiz| quiz.questions.len());
    let state = learner.quizzes.get(chapter);
    let title = format!("{count} questions on this chapter");
    let open = state.map_or(0, |s| s.open.len());
    let note = match state.and_then(|s| s.best) {
        _ if open > 0 => format!("{open} of {count} answered. Enter: go on"),
        Some((points, of)) => format!("best {points:.0} of {of} points. a: once more"),
        None => "Enter: begin".to_owned(),
    };
    (title, note)
}
