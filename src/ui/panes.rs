//! Who gets which part of the screen.

use super::frame::{Focus, Titles};
use super::theme::Role;
use super::{Canvas, area, text};
use crate::app::bench::{Pane, Share};
use crate::app::extents::{Divide, Shape, Target};
use crate::app::moment::{moment, whole};
use crate::app::reader::Reader;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Rows of the watch that stay in sight under the text on a narrow screen, frame aside.
const STRIP: u16 = 3;
/// From this height on a narrow screen has the strip.
const STRIP_FROM: u16 = 18;

impl Canvas<'_, '_> {
    /// A chapter or lab with its panes.
    pub(super) fn bench(&mut self, reader: &Reader, body: Rect) {
        self.out.body = area(body);
        let bench = &self.app.bench;
        match (self.out.shape, bench.share) {
            (Shape::Wide, Share::Together) => self.together(reader, body),
            _ => self.narrow(reader, body),
        }
    }

    fn together(&mut self, reader: &Reader, body: Rect) {
        let split = self.app.bench.split;
        let share = |room: u16, percent: u16| (u32::from(room) * u32::from(percent) / 100) as u16;
        let text_width = share(body.width, split.column);
        let text = Rect { width: text_width, ..body };
        let right = Rect { x: body.x + text_width, width: body.width - text_width, ..body };
        let (first, second) = (share(body.height, split.watch).max(4), share(body.height, split.xray));
        let second = second.clamp(first + 3, body.height.saturating_sub(3).max(first + 3));
        let watch = Rect { height: first, ..right };
        let xray = Rect { y: right.y + first, height: second - first, ..right };
        let shell = Rect { y: right.y + second, height: body.height.saturating_sub(second), ..right };
        self.one_pane(reader, Pane::Text, text);
        self.one_pane(reader, Pane::Watch, watch);
        self.one_pane(reader, Pane::Xray, xray);
        self.one_pane(reader, Pane::Shell, shell);
        let column = Rect { x: right.x.saturating_sub(1), width: 2, ..body };
        self.out.hits.push((area(column), Target::Divide(Divide::Column)));
        for (rect, divide) in [(xray, Divide::Watch), (shell, Divide::Xray)] {
            self.out.hits.push((area(Rect { height: 1, ..rect }), Target::Divide(divide)));
        }
    }

    /// One pane at a time; tabs say which ones there are, and a strip of the watch stays under the text.
    fn narrow(&mut self, reader: &Reader, body: Rect) {
        let focus = self.app.bench.focus;
        let tabs = Rect { height: 1, ..body };
        let rest = Rect { y: body.y + 1, height: body.height - 1, ..body };
        self.tabs(tabs, focus);
        let strip = self.strip_height(body);
        let main = Rect { height: rest.height - strip, ..rest };
        self.one_pane(reader, focus, main);
        if strip > 0 {
            let strip = Rect { y: main.bottom(), height: strip, ..rest };
            self.one_pane(reader, Pane::Watch, strip);
        }
    }

    /// Rows at the bottom of the screen that a strip of the watch takes.
    pub(super) fn strip_height(&self, body: Rect) -> u16 {
        let here =
            self.out.shape == Shape::Narrow && self.app.shows_bench() && self.app.bench.focus == Pane::Text;
        if here && body.height > STRIP_FROM { STRIP + 2 } else { 0 }
    }

    /// The panes, each with its key as far as there is room, and the clock, which has room first.
    fn tabs(&mut self, rect: Rect, focus: Pane) {
        let clock = self.clock();
        let room = usize::from(rect.width).saturating_sub(clock.width() + 2);
        let labels = |keys: bool| {
            let key = |at: usize| if keys { format!("{} ", at + 1) } else { String::new() };
            let label = |(at, pane): (usize, &Pane)| format!(" {}{} ", key(at), pane.name());
            Pane::ALL.iter().enumerate().map(label).collect::<Vec<_>>()
        };
        let cells = |labels: &[String]| labels.iter().map(|label| text::width(label) + 1).sum::<usize>() + 1;
        let with_keys = labels(true);
        let labels = if cells(&with_keys) <= room { with_keys } else { labels(false) };
        let mut x = rect.x + 1;
        for (pane, label) in Pane::ALL.into_iter().zip(&labels) {
            let style = self.theme.style(if pane == focus { Role::Selected } else { Role::Quiet });
            let width = text::width(label) as u16;
            self.out.hits.push((area(Rect { x, width, ..rect }), Target::Pane(pane)));
            self.frame.buffer_mut().set_stringn(
                x,
                rect.y,
                label,
                usize::from(rect.right().saturating_sub(x)),
                style,
            );
            x += width + 1;
        }
        let hint = " Tab: next pane";
        if cells(&labels) + text::width(hint) <= room {
            self.frame.buffer_mut().set_string(x, rect.y, hint, self.theme.style(Role::Quiet));
        }
        if cells(&labels) <= room {
            let width = clock.width() as u16;
            self.frame.buffer_mut().set_line(rect.right() - width - 1, rect.y, &clock, width);
        }
    }

    fn one_pane(&mut self, reader: &Reader, pane: Pane, rect: Rect) {
        if rect.height < 2 || rect.width < 4 {
            return;
        }
        self.out.hits.push((area(rect), Target::Pane(pane)));
        let focus = if self.app.bench.focus == pane { Focus::Here } else { Focus::Elsewhere };
        match pane {
            Pane::Text => self.reader(reader, rect, focus),
            Pane::Watch => self.watch(rect, focus),
            Pane::Xray => self.xray(rect, focus),
            Pane::Shell => self.shell(rect, focus),
        }
    }

    /// Simulated time, its speed, and whether it runs.
    pub(super) fn clock(&self) -> Line<'static> {
        let practice = &self.app.bench.practice;
        // A held clock shows the very moment; of a running one tenths would only flicker.
        let (sign, role, time) = match (practice.is_past(), practice.pace().is_running()) {
            (true, _) => ("past", Role::Warn, moment(practice.now())),
            (false, true) => ("▶", Role::Good, whole(practice.now())),
            (false, false) => ("paused", Role::Warn, moment(practice.now())),
        };
        Line::from(vec![
            Span::styled(sign, self.theme.style(role)),
            Span::styled(format!(" ×{} ", practice.pace().speed()), self.theme.style(Role::Quiet)),
            Span::styled(time, self.theme.style(Role::Title)),
        ])
    }

    /// A frame's titles with the clock at the right, where the clock is not shown elsewhere.
    pub(super) fn clock_titles<'t>(&self, left: &'t str) -> Titles<'t> {
        let alone = self.app.bench.share == Share::Alone;
        let right = if self.out.shape == Shape::Wide && !alone { self.clock() } else { Line::default() };
        Titles { left, right }
    }
}
