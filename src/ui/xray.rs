//! The picture of a Pod: sandbox, volumes, containers in the order they start, probes, and a time line for each container. Every
//! sign differs in shape, so that it reads without colour.

/// Signs along simulated time.
mod time_line;

use super::frame::{Focus, Titles};
use super::text::{self, Piece, Row};
use super::theme::Role;
use super::{Canvas, watch};
use crate::app::moment;
use crate::kube::SimTime;
use crate::lab::track::Doing;
use crate::lab::xray::{ContainerView, ProbeResult, ProbeView, Role as Part, Xray};
use ratatui::layout::Rect;
use ratatui::text::Line;
use time_line::{LEGEND, PROBE_LEGEND, TimeLine};

/// Blanks before what belongs to a container.
const INDENT: usize = 6;

/// A blank at which lines do not break.
const WHOLE: &str = "\u{a0}";

impl Canvas<'_, '_> {
    pub(super) fn xray(&mut self, rect: Rect, focus: Focus) {
        let bench = &self.app.bench;
        let picture = bench.pod().and_then(|pod| bench.practice.xray(&pod));
        let title = match &picture {
            Some(x) => format!("x-ray: {}", x.name),
            None => "x-ray".to_owned(),
        };
        let right = picture.as_ref().map_or_else(Line::default, |picture| self.part_shown(picture));
        let inside = self.pane(rect, Titles { left: &title, right }, focus);
        let cells = usize::from(inside.width).saturating_sub(1).max(1);
        let rows = match &picture {
            Some(picture) => spread(self.picture(picture, cells), usize::from(inside.height)),
            None => text::wrap(&[self.quiet(self.no_picture())], cells),
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
        if self.app.bench.row_is_gone() {
            "This Pod is gone. Choose a row of the watch from before, or go back in time with the comma key."
        } else {
            "No Pod yet. Apply a manifest (a on a YAML block) to see its inside here."
        }
    }

    /// How much of the Pod's life the time lines show, if it is not all of it.
    fn part_shown(&self, x: &Xray) -> Line<'static> {
        let line = self.line_of_time(x, 0, 1);
        if !line.is_part() {
            return Line::default();
        }
        let whole = moment::whole(SimTime(line.now.saturating_sub(line.born)));
        let words = format!("{} of {whole}", moment::span(line.end - line.start));
        Line::styled(words, self.theme.style(Role::Quiet))
    }

    /// The parts of the picture, from the Pod as a whole to what the signs mean.
    fn picture(&self, x: &Xray, cells: usize) -> Vec<Vec<Row>> {
        let names = x.containers.iter().map(|c| text::width(&c.name)).max().unwrap_or(0).clamp(4, 16);
        let line = self.line_of_time(x, INDENT + names + 2, cells);
        let mut pod = text::fold(self.summary(x), 2, cells);
        pod.extend(self.volumes(x).into_iter().flat_map(|row| text::fold(row, 2, cells)));
        let mut rows = Vec::new();
        for container in &x.containers {
            rows.extend(text::fold(self.container(container, names), INDENT, cells));
            rows.push(self.track(&line, &container.track));
            for probe in &container.probes {
                rows.push(self.probe_track(&line, probe, &container.track));
                rows.extend(text::fold(self.probe(probe), INDENT + 2, cells));
            }
        }
        rows.push(self.scale(&line));
        rows.extend(self.mark(&line, x).into_iter().flat_map(|row| text::fold(row, INDENT, cells)));
        let nodes = self.nodes().into_iter().flat_map(|row| text::fold(row, INDENT, cells)).collect();
        let probes = x.containers.iter().any(|c| !c.probes.is_empty());
        // A sign stays with its meaning: such blanks do not break, and are plain ones again afterwards.
        let legend = text::fold(self.legend(probes), 0, cells).into_iter().map(|mut row| {
            for piece in &mut row {
                piece.text = piece.text.replace(WHOLE, " ");
            }
            row
        });
        vec![pod, rows, nodes, legend.collect()]
    }

    fn line_of_time(&self, x: &Xray, margin: usize, cells: usize) -> TimeLine {
        let bench = &self.app.bench;
        let (start, end) = bench.window();
        let mark = bench.xray.at.map(|at| at.0);
        let room = cells.saturating_sub(margin).max(1);
        TimeLine { start, end, born: x.created.0, now: bench.practice.now().0, mark, margin, room }
    }

    pub(super) fn quiet(&self, text: impl Into<String>) -> Piece {
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
        let qos = if x.qos.is_empty() { String::new() } else { format!("  QoS {}", x.qos) };
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
            Some(doing) => said(doing),
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

    fn probe(&self, probe: &ProbeView) -> Row {
        let (sign, role) = match probe.result {
            ProbeResult::Passing => ("passing", Role::Good),
            ProbeResult::Failing => ("failing", Role::Bad),
            ProbeResult::Unknown => ("not yet", Role::Quiet),
        };
        let times = match probe.failed.len() {
            0 => String::new(),
            1 => ", failed once".to_owned(),
            many => format!(", failed {many} times"),
        };
        vec![
            self.quiet(format!("{}{}, {}: ", " ".repeat(INDENT), probe.what, probe.rhythm)),
            Piece::new(sign, self.theme.style(role)),
            self.quiet(times),
        ]
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

    fn legend(&self, probes: bool) -> Row {
        let mut row = Row::new();
        let more = if probes { PROBE_LEGEND } else { &[] };
        for (sign, meaning, role) in LEGEND.iter().chain(more) {
            row.push(Piece::new(*sign, self.theme.style(*role)));
            row.push(self.quiet(format!("{WHOLE}{}  ", meaning.replace(' ', WHOLE))));
        }
        row
    }

    /// The marked moment: where on the line it is, and what happened then.
    fn mark(&self, line: &TimeLine, x: &Xray) -> Option<Row> {
        let mark = line.mark?;
        let mut happened: Vec<String> = Vec::new();
        for container in &x.containers {
            let changes = container.track.iter().filter(|segment| segment.from.0 == mark);
            happened.extend(changes.map(|segment| format!("{} {}", container.name, said(&segment.doing).0)));
            let failed = container.probes.iter().filter(|probe| probe.failed.iter().any(|at| at.0 == mark));
            happened.extend(
                failed.map(|probe| format!("{} probe of {} failed", probe.kind.name(), container.name)),
            );
        }
        let words = format!("^ {}  {}", moment::moment(SimTime(mark)), happened.join(", "));
        let blanks = line.margin + line.cell(mark).unwrap_or(0);
        let fits = blanks + text::width(&words) <= line.margin + line.room;
        let blanks = if fits { blanks } else { INDENT };
        Some(vec![
            Piece::new(" ".repeat(blanks), self.theme.style(Role::Text)),
            Piece::new(words, self.theme.style(Role::Accent)),
        ])
    }
}

/// The parts below each other, with a blank row between them where there is room for that.
fn spread(parts: Vec<Vec<Row>>, height: usize) -> Vec<Row> {
    let needed = parts.iter().map(Vec::len).sum::<usize>() + parts.len().saturating_sub(1);
    let gap = if needed <= height { vec![Row::new()] } else { Vec::new() };
    parts.join(gap.as_slice())
}

/// What a container does, in words, and what that means.
fn said(doing: &Doing) -> (String, Role) {
    match doing {
        Doing::Running { ready: true } => ("running, ready".to_owned(), Role::Good),
        Doing::Running { ready: false } => ("running, not ready".to_owned(), Role::Warn),
        Doing::Waiting(reason) if reason.is_empty() => ("waiting".to_owned(), Role::Warn),
        Doing::Waiting(reason) => (format!("waiting: {reason}"), Role::Warn),
        Doing::Ended { code: 0, reason } => (format!("ended 0: {reason}"), Role::Good),
        Doing::Ended { code, reason } => (format!("ended {code}: {reason}"), Role::Bad),
    }
}
