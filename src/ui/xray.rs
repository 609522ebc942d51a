//! The picture of a Pod: sandbox, volumes, containers in the order they start, probes, and a time line for each container. Every
//! sign differs in shape, so that it reads without colour.

use super::frame::Focus;
use super::panes::moment;
use super::text::{self, Piece, Row};
use super::theme::Role;
use super::{Canvas, watch};
use crate::lab::track::{Doing, Segment};
use crate::lab::xray::{ContainerView, ProbeResult, Role as Part, Xray};
use ratatui::layout::Rect;

/// Signs of the time line, with what they mean.
const LEGEND: &[(&str, &str, Role)] = &[
    ("█", "ready", Role::Good),
    ("▒", "running, not ready", Role::Warn),
    ("x", "failed", Role::Bad),
    ("o", "ended well", Role::Good),
    ("─", "not running", Role::Quiet),
];

impl Canvas<'_, '_> {
    pub(super) fn xray(&mut self, rect: Rect, focus: Focus) {
        let bench = &self.app.bench;
        let picture = bench.pod().and_then(|pod| bench.practice.xray(&pod));
        let title = match &picture {
            Some(x) => format!("x-ray: {}", x.name),
            None => "x-ray".to_owned(),
        };
        let titles = super::frame::Titles { left: &title, right: ratatui::text::Line::default() };
        let inside = self.pane(rect, titles, focus);
        let cells = usize::from(inside.width);
        let rows = match &picture {
            Some(picture) => self.picture(picture, cells),
            None => vec![vec![Piece::new(self.no_picture(), self.theme.style(Role::Quiet))]],
        };
        self.out.xray = (usize::from(inside.height), rows.len());
        let top = bench.xray.top.min(rows.len().saturating_sub(usize::from(inside.height)));
        let total = rows.len();
        for (y, row) in rows.into_iter().skip(top).enumerate() {
            self.row(inside, y, row);
        }
        self.scroll_bar(inside, top, total);
    }

    fn no_picture(&self) -> &'static str {
        if self.app.bench.row_is_gone() { "This Pod is gone." } else { "No Pod yet." }
    }

    fn picture(&self, x: &Xray, cells: usize) -> Vec<Row> {
        let mut rows = vec![self.summary(x)];
        if let Some(row) = self.volumes(x) {
            rows.push(row);
        }
        let names = x.containers.iter().map(|c| text::width(&c.name)).max().unwrap_or(0).min(16);
        for container in &x.containers {
            rows.push(self.container(container, names));
            rows.push(self.time_line(&container.track, names, cells));
            rows.extend(container.probes.iter().map(|probe| {
                let (sign, role) = match probe.result {
                    ProbeResult::Passing => ("passing", Role::Good),
                    ProbeResult::Failing => ("failing", Role::Bad),
                    ProbeResult::Unknown => ("not yet", Role::Quiet),
                };
                vec![
                    self.quiet(format!("{}{} {}, ", " ".repeat(6), probe.kind, probe.what)),
                    self.quiet(format!("{}: ", probe.rhythm)),
                    Piece::new(sign, self.theme.style(role)),
                ]
            }));
        }
        rows.push(self.scale(names, cells));
        rows.extend(self.nodes());
        rows.push(self.legend());
        rows
    }

    fn quiet(&self, text: impl Into<String>) -> Piece {
        Piece::new(text, self.theme.style(Role::Quiet))
    }

    fn summary(&self, x: &Xray) -> Row {
        let phase = if x.terminating { "Terminating".to_owned() } else { x.phase.clone() };
        let sandbox = match (x.sandbox, x.ip.as_str()) {
            (true, "") => "  sandbox up".to_owned(),
            (true, ip) => format!("  sandbox up, IP {ip}"),
            (false, _) => "  no sandbox".to_owned(),
        };
        let node = if x.node.is_empty() { "  on no node yet".to_owned() } else { format!("  on {}", x.node) };
        let qos = if x.qos.is_empty() { String::new() } else { format!("  {}", x.qos) };
        let role = watch::status_role(&phase, true);
        vec![Piece::new(phase, self.theme.style(role)), self.quiet(format!("{sandbox}{node}{qos}"))]
    }

    fn volumes(&self, x: &Xray) -> Option<Row> {
        if x.volumes.is_empty() {
            return None;
        }
        let named: Vec<String> = x.volumes.iter().map(|(name, kind)| format!("{name} ({kind})")).collect();
        Some(vec![self.quiet(format!("volumes: {}", named.join(", ")))])
    }

    /// `main  app   waiting: CrashLoopBackOff, 14s left   restarts 3`
    fn container(&self, c: &ContainerView, names: usize) -> Row {
        let part = match c.role {
            Part::Init => "init  ",
            Part::Sidecar => "side  ",
            Part::Main => "main  ",
            Part::Ephemeral => "debug ",
        };
        let (state, role) = match &c.doing {
            None => ("not reported yet".to_owned(), Role::Quiet),
            Some(Doing::Running { ready: true }) => ("running, ready".to_owned(), Role::Good),
            Some(Doing::Running { ready: false }) => ("running, not ready".to_owned(), Role::Warn),
            Some(Doing::Waiting(reason)) => (format!("waiting: {reason}"), Role::Warn),
            Some(Doing::Ended { code: 0, reason }) => (format!("ended 0: {reason}"), Role::Good),
            Some(Doing::Ended { code, reason }) => (format!("ended {code}: {reason}"), Role::Bad),
        };
        let mut row = vec![
            self.quiet(part),
            Piece::new(format!("{}  ", text::pad(&c.name, names)), self.theme.style(Role::Title)),
            Piece::new(state, self.theme.style(role)),
        ];
        if let Some(left) = c.backoff_left {
            row.push(Piece::new(
                format!(", back-off {}s left", left.div_ceil(1000)),
                self.theme.style(Role::Warn),
            ));
        }
        if c.restarts > 0 {
            row.push(Piece::new(format!("  restarts {}", c.restarts), self.theme.style(Role::Warn)));
        }
        row
    }

    /// The window of time the time lines show, in milliseconds: start and end.
    fn window_of_time(&self) -> (u64, u64) {
        let bench = &self.app.bench;
        let span = bench.span() * 1000;
        let now = bench.practice.now().0;
        let born = bench.pod().and_then(|pod| bench.practice.xray(&pod)).map_or(0, |x| x.created.0);
        let end = now.saturating_sub(bench.xray.behind * 1000).max(born.min(now) + span);
        (end - span, end)
    }

    fn time_line(&self, track: &[Segment], names: usize, cells: usize) -> Row {
        let margin = 6 + names + 2;
        let room = cells.saturating_sub(margin + 1).max(1);
        let (start, end) = self.window_of_time();
        let now = self.app.bench.practice.now().0;
        let mut row = vec![self.quiet(" ".repeat(margin))];
        for cell in 0..room as u64 {
            let at = |n: u64| start + (end - start) * n / room as u64;
            let (sign, role) = sign_at(track, at(cell), at(cell + 1), now);
            row.push(Piece::new(sign, self.theme.style(role)));
        }
        row
    }

    fn scale(&self, names: usize, cells: usize) -> Row {
        let margin = 6 + names + 2;
        let (start, end) = self.window_of_time();
        let (from, until) = (moment(start), moment(end));
        let fill = cells.saturating_sub(margin + 1 + text::width(&from) + text::width(&until));
        vec![self.quiet(format!("{}{from}{}{until}", " ".repeat(margin), " ".repeat(fill)))]
    }

    fn nodes(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for node in self.app.bench.practice.nodes() {
            let (word, role) = if node.ready { ("Ready", Role::Good) } else { ("NotReady", Role::Bad) };
            let mut row = vec![
                self.quiet("node  "),
                Piece::new(format!("{} ", node.name), self.theme.style(Role::Title)),
                Piece::new(word, self.theme.style(role)),
            ];
            for (pod, status) in node.pods {
                row.push(self.quiet("  "));
                row.push(Piece::new(format!("[{pod}]"), self.theme.style(watch::status_role(&status, true))));
            }
            rows.push(row);
        }
        rows
    }

    fn legend(&self) -> Row {
        let mut row = Row::new();
        for (sign, meaning, role) in LEGEND {
            row.push(Piece::new(*sign, self.theme.style(*role)));
            row.push(self.quiet(format!(" {meaning}  ")));
        }
        row
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
