//! Signs along simulated time: what a container did, when a probe failed, and the scale below them.

use super::super::Canvas;
use super::super::text::{self, Piece, Row};
use super::super::theme::Role;
use crate::app::moment::span;
use crate::lab::track::{Doing, Segment};
use crate::lab::xray::ProbeView;
use ratatui::style::Modifier;

/// Signs of the time line, with what they mean.
pub(super) const LEGEND: &[(&str, &str, Role)] = &[
    ("█", "ready", Role::Good),
    ("▒", "running, not ready", Role::Warn),
    ("x", "failed", Role::Bad),
    ("o", "ended well", Role::Good),
    ("─", "not running", Role::Quiet),
];
/// Signs of the line of a probe.
pub(super) const PROBE_LEGEND: &[(&str, &str, Role)] =
    &[("·", "probed", Role::Quiet), ("!", "probe failed", Role::Bad)];

/// Milliseconds between two labels of the scale, the shortest first.
const STEPS: &[u64] = &[
    100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
    1_800_000, 3_600_000,
];
/// Milliseconds between two labels where no other step leaves room.
const LONGEST_STEP: u64 = 7_200_000;
/// Cells for the sign before a label and for what keeps two of them apart.
const GAP: u64 = 5;

/// The window of time that is shown, and the room for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLine {
    /// Start of the window, in milliseconds.
    pub start: u64,
    /// Its end.
    pub end: u64,
    /// When the Pod was created.
    pub born: u64,
    /// The moment shown.
    pub now: u64,
    /// The marked moment.
    pub mark: Option<u64>,
    /// Cells before the line.
    pub margin: usize,
    /// Cells of the line.
    pub room: usize,
}

impl TimeLine {
    /// The time between two labels of the scale: the shortest round one that leaves room for a label.
    fn step(&self) -> u64 {
        let span_shown = (self.end - self.start).max(1);
        let roomy = |step: &u64| {
            let widest =
                text::width(&span(self.end / step * step)).max(text::width(&span(self.start + step)));
            step * self.room as u64 / span_shown >= widest as u64 + GAP
        };
        STEPS.iter().copied().find(roomy).unwrap_or(LONGEST_STEP)
    }

    /// Whether the window leaves out a part of the Pod's life.
    pub(super) fn is_part(&self) -> bool {
        self.start > self.born || self.now > self.end
    }

    /// The time at which a cell begins.
    fn at(&self, cell: usize) -> u64 {
        self.start + (self.end - self.start) * cell as u64 / self.room as u64
    }

    /// The cell in which a time lies; `None` outside the window.
    pub(super) fn cell(&self, at: u64) -> Option<usize> {
        let inside = at >= self.start && at < self.end;
        inside.then(|| (0..self.room).rfind(|cell| self.at(*cell) <= at).unwrap_or(0))
    }
}

impl Canvas<'_, '_> {
    /// What a container did.
    pub(super) fn track(&self, line: &TimeLine, track: &[Segment]) -> Row {
        let mut row = vec![self.quiet(" ".repeat(line.margin))];
        row.extend(self.signs(line, |from, until| sign_at(track, from, until, line.now)));
        row
    }

    /// When a probe was tried and failed: `readiness  ···!!···`.
    pub(super) fn probe_track(&self, line: &TimeLine, probe: &ProbeView, track: &[Segment]) -> Row {
        let name = format!("{:>width$} ", probe.kind.name(), width = line.margin.saturating_sub(1));
        let mut row = vec![self.quiet(text::pad(&name, line.margin))];
        row.extend(self.signs(line, |from, until| {
            if probe.failed.iter().any(|at| at.0 >= from && at.0 < until.max(from + 1)) {
                return ("!", Role::Bad);
            }
            match sign_at(track, from, until, line.now).0 {
                "█" | "▒" => ("·", Role::Quiet),
                _ => (" ", Role::Quiet),
            }
        }));
        row
    }

    fn signs(&self, line: &TimeLine, sign: impl Fn(u64, u64) -> (&'static str, Role)) -> Row {
        let marked = line.mark.and_then(|at| line.cell(at));
        let cells = (0..line.room).map(|cell| {
            let (sign, role) = sign(line.at(cell), line.at(cell + 1));
            let style = self.theme.style(role);
            let style = if marked == Some(cell) { style.add_modifier(Modifier::REVERSED) } else { style };
            Piece::new(sign, style)
        });
        cells.collect()
    }

    /// Round times below the line, each under the sign at which it is: `╵10s     ╵20s`.
    pub(super) fn scale(&self, line: &TimeLine) -> Row {
        let step = line.step();
        let mut words = String::new();
        for at in (line.start.div_ceil(step) * step..line.end).step_by(step as usize) {
            let label = format!("╵{}", span(at));
            let Some(cell) = line.cell(at) else { continue };
            let used = text::width(&words);
            if (cell > used || cell == 0) && cell + text::width(&label) <= line.room {
                words.push_str(&" ".repeat(cell - used));
                words.push_str(&label);
            }
        }
        vec![self.quiet(format!("{}{words}", " ".repeat(line.margin)))]
    }
}

/// What a cell of the time line from `from` to `until` shows: an end if there is one in it, else what was going on last.
fn sign_at(track: &[Segment], from: u64, until: u64, now: u64) -> (&'static str, Role) {
    let mut shown = (" ", Role::Quiet);
    if from > now {
        return shown;
    }
    let first = track.partition_point(|s| s.until.is_some_and(|end| end.0 <= from));
    for segment in track[first..].iter().take_while(|s| s.from.0 < until.max(from + 1)) {
        let began_here = segment.from.0 >= from;
        let sign = match &segment.doing {
            Doing::Running { ready: true } => ("█", Role::Good),
            Doing::Running { ready: false } => ("▒", Role::Warn),
            Doing::Ended { code: 0, .. } if began_here => ("o", Role::Good),
            Doing::Ended { .. } if began_here => ("x", Role::Bad),
            Doing::Ended { .. } | Doing::Waiting(_) => ("─", Role::Quiet),
        };
        if shown.0 != "x" {
            shown = sign;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::SimTime;

    #[test]
    fn a_failure_is_never_hidden_by_what_follows_in_the_same_cell() {
        let segment = |from: u64, until: Option<u64>, doing: Doing| Segment {
            from: SimTime(from),
            until: until.map(SimTime),
            doing,
            restarts: 0,
        };
        let failed = Doing::Ended { code: 1, reason: "Error".into() };
        let track = [
            segment(0, Some(100), Doing::Running { ready: true }),
            segment(100, Some(150), failed),
            segment(150, None, Doing::Running { ready: true }),
        ];
        assert_eq!(sign_at(&track, 0, 1000, 5000).0, "x");
        assert_eq!(sign_at(&track, 1000, 2000, 5000).0, "█");
        assert_eq!(sign_at(&track, 6000, 7000, 5000).0, " ");
        assert_eq!(sign_at(&[], 0, 1000, 5000).0, " ");
    }
}
