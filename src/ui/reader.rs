//! A chapter or the brief of a lab, as much of it as fits.

use super::frame::{Focus, Titles};
use super::page::{self, Setting};
use super::text::{self, Piece, Row};
use super::theme::Role;
use super::{Canvas, area};
use crate::app::Screen;
use crate::app::extents::{PageExtent, Target};
use crate::app::practice::GoalView;
use crate::app::reader::Reader;
use ratatui::layout::Rect;
use ratatui::text::Line;

impl Canvas<'_, '_> {
    pub(super) fn reader(&mut self, reader: &Reader, rect: Rect, focus: Focus) {
        let title = match self.app.course.chapter(&reader.id) {
            Some(chapter) if reader.own.is_none() => {
                format!("{} {}", chapter.number, chapter.front.title).trim().to_owned()
            }
            _ if reader.lab.is_none() => "experiment".to_owned(),
            _ => {
                let title = self.app.course.lab(&reader.id).map_or(reader.id.as_str(), |lab| &lab.title);
                format!("lab: {title}")
            }
        };
        // What is needed to know how far one is: set the page first, then the frame with the share read.
        let inside = Rect { x: rect.x + 2, width: rect.width.saturating_sub(4), ..rect };
        let inside = Rect { y: rect.y + 1, height: rect.height.saturating_sub(2), ..inside };
        let Some(page) = reader.page(&self.app.course) else { return };
        let inside = self.goals(inside);
        let setting = Setting {
            theme: self.theme,
            cells: usize::from(inside.width).saturating_sub(1),
            items: &reader.items,
            focus: reader.focus.filter(|_| focus == Focus::Here),
            tones: &reader.tones,
            find: &reader.find,
        };
        let laid = page::set(page, setting);
        let extent = PageExtent {
            height: usize::from(inside.height),
            total: laid.rows.len(),
            starts: laid.starts,
            items: laid.items,
        };
        let top = reader.line(&extent);
        let share = match extent.total.saturating_sub(extent.height) {
            0 => 100,
            furthest => top * 100 / furthest,
        };
        let right = Line::styled(format!("{share}%"), self.theme.style(Role::Quiet));
        self.pane(rect, Titles { left: &title, right }, focus);
        for (y, row) in laid.rows.into_iter().skip(top).take(extent.height).enumerate() {
            let links = self.web_links(&row, reader);
            self.row(inside, y, row);
            self.follow(inside, y, &links);
        }
        self.scroll_bar(Rect { x: inside.x, width: inside.width + 1, ..inside }, top, extent.total);
        self.item_hits(inside, top, &extent);
        self.out.page = extent;
    }

    fn item_hits(&mut self, inside: Rect, top: usize, extent: &PageExtent) {
        for (number, (line, height)) in extent.items.iter().enumerate() {
            let from = (*line).max(top);
            let until = (line + height).min(top + extent.height);
            if from < until {
                let rect =
                    Rect { y: inside.y + (from - top) as u16, height: (until - from) as u16, ..inside };
                self.out.hits.push((area(rect), Target::Item(number)));
            }
        }
    }

    /// The goals of a lab above its brief; returns what is left of the room. Where they would take most of it, those that are reached
    /// are summed up, and so are those that do not fit.
    fn goals(&mut self, inside: Rect) -> Rect {
        if !matches!(self.app.trail.screen, Screen::Lab(_)) {
            return inside;
        }
        let cells = usize::from(inside.width).max(1);
        let goals = self.app.bench.practice.goals();
        let room = usize::from(inside.height) * 3 / 5;
        let mut rows: Vec<Row> = goals.iter().flat_map(|goal| self.goal(goal, cells)).collect();
        if rows.len() > room {
            rows.clear();
            let mut open =
                goals.iter().filter(|goal| !goal.met).map(|goal| self.goal(goal, cells)).peekable();
            while let Some(goal) = open.next_if(|goal| rows.len() + goal.len() < room) {
                rows.extend(goal);
            }
            let (met, more) = (goals.iter().filter(|goal| goal.met).count(), open.count());
            let more = if more > 0 { format!(", {more} more to come") } else { String::new() };
            let sum = format!("    {met} of {} reached{more}", goals.len());
            rows.push(vec![Piece::new(sum, self.theme.style(Role::Quiet))]);
        }
        let used = if rows.is_empty() { 0 } else { (rows.len() as u16 + 1).min(inside.height) };
        for (y, row) in rows.into_iter().enumerate() {
            self.row(inside, y, row);
        }
        Rect { y: inside.y + used, height: inside.height - used, ..inside }
    }

    /// One goal and what is missing, folded.
    fn goal(&self, goal: &GoalView, cells: usize) -> Vec<Row> {
        let (sign, role) = if goal.met { ("[x] ", Role::Good) } else { ("[ ] ", Role::Warn) };
        let mut row = vec![
            Piece::new(sign, self.theme.style(role)),
            Piece::new(goal.text.clone(), self.theme.style(Role::Title)),
        ];
        if !goal.met && !goal.missing.is_empty() {
            row.push(Piece::new(format!(" — {}", goal.missing), self.theme.style(Role::Quiet)));
        }
        text::fold(row, 4, cells)
    }
}
