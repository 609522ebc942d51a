//! A page being read: where in it, what is marked, what can be done about that. Serves chapters and the briefs of labs. The place is
//! kept as a block and lines into it, so that another width leads to the same text.

use super::action::Action;
use super::bench::way;
use super::extents::{Extents, PageExtent};
use super::learner::Learner;
use super::overlay::{Confirm, Overlay, Then};
use super::page::{self, Item, Thing, Toned};
use super::practice::Practice;
use super::{Place, Reaction, Reactions};
use crate::course::Course;
use crate::course::block::{Block, Heading, Inline, Page, Target};

/// What Enter leads to.
mod guide;
/// Pages put together for the learner.
mod lab;
/// What cards say.
mod notes;
/// Where one is.
mod place;

pub use guide::is_done;
pub use lab::{LabOutcome, LabRun};

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

    /// The same page where another reading of it stands.
    #[must_use]
    pub fn at_place_of(mut self, other: &Reader) -> Reader {
        self.top = other.top;
        other.find.clone_into(&mut self.find);
        let same = |at: &usize| match (self.items.get(*at), other.items.get(*at)) {
            (Some(new), Some(old)) => new.thing == old.thing,
            _ => false,
        };
        self.focus = other.focus.filter(same).or(self.focus);
        self
    }

    /// Whether this is a lab whose goals were all reached.
    pub fn has_passed(&self) -> bool {
        self.lab.as_ref().is_some_and(|run| run.outcome == LabOutcome::Passed)
    }

    /// The page being read.
    pub fn page<'a>(&'a self, course: &'a Course) -> Option<&'a Page> {
        self.own.as_ref().or_else(|| course.chapter(&self.id).map(crate::course::Chapter::page))
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
            Action::Apply if self.marked().is_some_and(|item| can_be_done_again(item, practice)) => {
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

    /// Does what an item is for.
    pub fn act_on(&self, thing: &Thing, course: &Course) -> Reactions {
        vec![match thing {
            // What a lab begins with is applied already: there is something to change in it.
            Thing::File(name) if self.lab.is_some() => Reaction::Edit(name.clone()),
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
        let is_file = |item: &Item| match &item.thing {
            Thing::File(name) => action == Action::Edit || page::is_manifest(name),
            _ => false,
        };
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
}

/// Whether `a` does a marked thing once more: whoever has been through it may want that; what is still to be done is done by Enter, and
/// `a` is for the manifest beside it.
fn can_be_done_again(item: &Item, practice: &Practice) -> bool {
    !matches!(item.thing, Thing::File(_) | Thing::Link(_)) && is_done(item, practice)
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
