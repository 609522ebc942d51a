//! The x-ray pane: the window of time it shows, and the moment in it that is marked.

use super::super::action::Action;
use super::super::extents::Extents;
use super::super::scroll::Move;
use super::super::{Reaction, Reactions};
use super::{Bench, way};
use crate::kube::SimTime;

/// What part of the picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct XrayPane {
    /// Milliseconds that the time line spans; `None`: as long as the Pod is old.
    pub span: Option<u64>,
    /// The marked moment; `None`: now.
    pub at: Option<SimTime>,
    /// The first visible line.
    pub top: usize,
}

/// The shortest and the longest time line, in milliseconds.
const SPANS: (u64, u64) = (1000, 4 * 3600 * 1000);
/// The shortest time line that is chosen by itself, in milliseconds.
const FIRST: u64 = 15_000;

/// The time line that just holds `age` milliseconds: 15 seconds doubled until it fits.
fn fitting_span(age: u64) -> u64 {
    let mut span = FIRST;
    while span < age && span < SPANS.1 {
        span *= 2;
    }
    span
}

impl Bench {
    /// Milliseconds that the time line spans.
    pub fn span(&self) -> u64 {
        let born = self.born();
        self.xray.span.unwrap_or_else(|| fitting_span(self.practice.now().since(born)))
    }

    /// When the chosen Pod was created; now without one.
    fn born(&self) -> SimTime {
        let picture = self.pod().and_then(|pod| self.practice.xray(&pod));
        picture.map_or(self.practice.now(), |picture| picture.created)
    }

    /// The window of time the time lines show, in milliseconds: start and end. It holds the marked moment, or now.
    pub fn window(&self) -> (u64, u64) {
        let (span, now, born) = (self.span(), self.practice.now().0, self.born().0);
        let newest = now.max(born + span);
        let end = match self.xray.at {
            // The marked moment stands in the middle, unless an end of the whole comes first.
            Some(at) => (at.0 + span / 2).max(born + span).min(newest),
            None => newest,
        };
        (end.saturating_sub(span), end)
    }

    pub(super) fn in_xray(&mut self, action: Action, extents: &Extents) -> Option<Reactions> {
        let (height, total) = extents.xray;
        let span = self.span();
        match action {
            Action::ZoomIn => self.xray.span = Some((span / 2).max(SPANS.0)),
            Action::ZoomOut => self.xray.span = Some((span * 2).min(SPANS.1)),
            Action::Left => self.mark(true),
            Action::Right => self.mark(false),
            Action::NextPod => self.other_pod(false, extents),
            Action::PreviousPod => self.other_pod(true, extents),
            Action::Act => return Some(self.go_to_mark()),
            Action::Back if self.xray.at.is_some() => self.xray.at = None,
            other => self.xray.top = way(other)?.scroll(self.xray.top, height, total),
        }
        Some(Reactions::new())
    }

    /// Marks the change before or after the marked moment; after the last one, now.
    fn mark(&mut self, back: bool) {
        let Some(pod) = self.pod() else { return };
        let moments = self.practice.moments(&pod);
        let from = self.xray.at.unwrap_or(self.practice.now());
        self.xray.at = if back {
            moments.iter().copied().rfind(|at| *at < from).or(moments.first().copied())
        } else {
            moments.iter().copied().find(|at| *at > from)
        };
    }

    fn go_to_mark(&mut self) -> Reactions {
        match self.xray.at.take() {
            Some(at) => self.go_to(at),
            None => vec![Reaction::Say("← and → mark a moment; Enter goes there.".into())],
        }
    }

    /// Chooses the newest row of the next or previous Pod.
    fn other_pod(&mut self, back: bool, extents: &Extents) {
        self.xray.at = None;
        let pods = self.practice.pods();
        let Some(now) = self.pod().and_then(|pod| pods.iter().position(|p| *p == pod)) else {
            self.watch.chosen = None;
            return;
        };
        let next = &pods[(now + if back { pods.len() - 1 } else { 1 }) % pods.len()];
        if self.watch.view == super::WatchView::Events {
            self.watch = super::WatchPane::default();
        }
        let row = self.watch_rows().iter().rposition(|row| row.key.as_ref() == Some(next));
        if let Some(at) = row {
            let now = self.chosen_row().unwrap_or(0);
            self.choose_row(Move::Lines(at as isize - now as isize), extents);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_line_doubles_until_it_holds_the_age() {
        assert_eq!(fitting_span(0), 15_000);
        assert_eq!(fitting_span(16_000), 30_000);
        assert_eq!(fitting_span(u64::MAX), 15_360_000);
    }

    #[test]
    fn the_window_holds_the_marked_moment_whatever_the_zoom() {
        let mut bench = Bench::default();
        bench.practice.rewind_to(SimTime(0));
        for span in [1000, 15_000, 240_000] {
            for at in [0, 700, 90_000] {
                (bench.xray.span, bench.xray.at) = (Some(span), Some(SimTime(at)));
                let (start, end) = bench.window();
                assert_eq!(end - start, span);
                assert!(start <= at, "{start} {at}");
            }
        }
    }
}
