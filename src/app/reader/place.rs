//! Where in a page the learner is: the first visible line, the marked thing, sections and matches.

use super::super::extents::PageExtent;
use super::super::page::Thing;
use super::super::{Reaction, Reactions};
use super::{Anchor, Reader, neighbour};
use crate::course::Course;
use crate::course::block::Block;
use crate::progress::Entry;

/// Lines of a thing that must be in sight before it is marked by itself.
const SEEN: usize = 6;

impl Reader {
    /// The first visible line, of a page set like `page`.
    pub fn line(&self, page: &PageExtent) -> usize {
        let start = page.starts.get(self.top.block).or(page.starts.last()).copied().unwrap_or(0);
        (start + self.top.line).min(page.total.saturating_sub(page.height))
    }

    /// Makes line `line` the first visible one.
    pub(super) fn scroll_to(&mut self, line: usize, page: &PageExtent) {
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
            // What waits for a prediction is not offered before it.
            let worth =
                |i: &usize| !matches!(self.items[*i].thing, Thing::Link(_)) && !self.waits(&self.items[*i]);
            // Nobody acts on what they have not seen.
            let seen = |i: &usize| {
                let (line, height) = page.items.get(*i).copied().unwrap_or((usize::MAX, 0));
                line.saturating_add(height.min(SEEN)) <= from + page.height
            };
            let offered = (0..self.items.len()).filter(visible).filter(seen).filter(worth);
            self.focus = offered.min_by_key(|i| self.turn(*i));
        }
        before != self.focus
    }

    /// What is to be kept once another section is on the screen: a place to come back to, whatever happens.
    pub(super) fn note_section(&mut self, course: &Course, page: &PageExtent) -> Reactions {
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

    /// Marks the next or previous item and brings it into view.
    pub(super) fn mark(&mut self, back: bool, page: &PageExtent) {
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
    pub(super) fn show(&mut self, line: usize, height: usize, page: &PageExtent) {
        let from = self.line(page);
        if line < from {
            self.scroll_to(line, page);
        } else if line + height > from + page.height {
            let to = (line + height).saturating_sub(page.height).min(line);
            self.scroll_to(to, page);
        }
    }

    pub(super) fn section(&mut self, back: bool, course: &Course, page: &PageExtent) -> Reactions {
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
    pub(super) fn next_match(&mut self, back: bool, course: &Course, page: &PageExtent) {
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
