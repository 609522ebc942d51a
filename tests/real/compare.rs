//! One recording against one run: rows, times, events, outputs.

use crate::normal::{Names, Normal};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::process::Command;

/// How well a run agrees with its recording; every figure from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    /// The same sequence of (READY, STATUS, RESTARTS) for every Pod.
    pub exact: f64,
    /// The same but for rows under 0.3 s and up to three rows at the very end.
    pub close: f64,
    /// Longest common subsequence of the rows.
    pub like: f64,
    /// Share of common rows that lasted as long as recorded, within 1.5 s + 35 %.
    pub times: f64,
    /// F1 of the sets of (type, reason, object, message).
    pub events: f64,
    /// Share of commands with the same exit code and text.
    pub outputs: f64,
}

impl Score {
    fn figures(&self) -> [(&'static str, f64); 6] {
        [
            ("exact", self.exact),
            ("close", self.close),
            ("like", self.like),
            ("times", self.times),
            ("events", self.events),
            ("outputs", self.outputs),
        ]
    }

    /// The mean of many scores.
    pub fn mean(scores: impl Iterator<Item = Score>) -> Score {
        let (mut sum, mut n) = (Score::default(), 0.0_f64);
        for s in scores {
            sum = Score {
                exact: sum.exact + s.exact,
                close: sum.close + s.close,
                like: sum.like + s.like,
                times: sum.times + s.times,
                events: sum.events + s.events,
                outputs: sum.outputs + s.outputs,
            };
            n += 1.0;
        }
        let n = n.max(1.0);
        Score {
            exact: sum.exact / n,
            close: sum.close / n,
            like: sum.like / n,
            times: sum.times / n,
            events: sum.events / n,
            outputs: sum.outputs / n,
        }
    }

    /// The names of the figures that lie below `floors`.
    pub fn below(&self, floors: &Score) -> Vec<&'static str> {
        self.figures().iter().zip(floors.figures()).filter(|(a, b)| a.1 < b.1).map(|(a, _)| a.0).collect()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.figures().iter().try_for_each(|(_, value)| write!(f, " {value:5.2}"))
    }
}

/// What a watch shows of a Pod: READY, STATUS, RESTARTS.
type Shown = (String, String, u64);

#[derive(Clone)]
struct Row {
    shown: Shown,
    at: f64,
    lasted: f64,
}

#[derive(Default)]
struct Run {
    rows: Vec<(f64, String, Shown)>,
    events: Vec<Value>,
    commands: Vec<Value>,
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
}

fn restarts(text: &str) -> u64 {
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn recorded_rows(text: &str) -> Vec<(f64, String, Shown)> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let Some((at, row)) = line.split_once(" | ") else { continue };
        let Ok(at) = at.trim().parse::<f64>() else { continue };
        let mut cells = row.split_whitespace();
        let (Some(name), Some(ready)) = (cells.next(), cells.next()) else { continue };
        if name == "NAME" || !ready.contains('/') {
            continue;
        }
        let (status, count) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        rows.push((at, name.to_owned(), (ready.to_owned(), status.to_owned(), restarts(count))));
    }
    rows
}

fn run(folder: &Path, podlab: &str, meta: &Value) -> Run {
    let seconds = format!("{:.2}s", meta["seconds"].as_f64().unwrap());
    let nodes = meta["nodes"].as_u64().unwrap_or(1).to_string();
    let output = Command::new(podlab)
        .args(["sim", "-n", meta["namespace"].as_str().unwrap(), "--steps", "steps.txt", "--for", &seconds])
        .args(["--nodes", &nodes, "-o", "json"])
        .current_dir(folder)
        .output()
        .unwrap();
    let mut run = Run::default();
    for value in json_lines(&String::from_utf8_lossy(&output.stdout)) {
        if let Some(row) = value.get("row") {
            let text = |k: &str| row[k].as_str().unwrap_or_default().to_owned();
            let shown = (text("ready"), text("status"), restarts(&text("restarts")));
            run.rows.push((value["t"].as_f64().unwrap_or(0.0), text("name"), shown));
        } else if let Some(event) = value.get("event") {
            run.events.push(event.clone());
        } else if value.get("command").is_some() {
            run.commands.push(value);
        }
    }
    run
}

fn per_pod(rows: &[(f64, String, Shown)], names: &mut Names, end: f64) -> BTreeMap<String, Vec<Row>> {
    let mut pods: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (at, name, shown) in rows {
        let seen = pods.entry(names.stable(name)).or_default();
        if seen.last().is_none_or(|last| last.shown != *shown) {
            seen.push(Row { shown: shown.clone(), at: *at, lasted: 0.0 });
        }
    }
    for seen in pods.values_mut() {
        for i in 0..seen.len() {
            seen[i].lasted = seen.get(i + 1).map_or(end, |next| next.at) - seen[i].at;
        }
    }
    pods
}

/// The index pairs of a longest common subsequence.
fn common(a: &[Row], b: &[Row]) -> Vec<(usize, usize)> {
    let mut table = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i][j] = if a[i].shown == b[j].shown {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i].shown == b[j].shown {
            pairs.push((i, j));
            i += 1;
            j += 1;
        } else if table[i + 1][j] >= table[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Whether every row that only one side has was short-lived, or one of its last three and due near the end.
fn close(side: &[Row], hit: &BTreeSet<usize>, end: f64) -> bool {
    side.iter().enumerate().all(|(i, row)| {
        let last_three = side.len() > 4 && i + 3 >= side.len() && row.at >= 0.6 * end;
        hit.contains(&i) || row.lasted < 0.3 || last_three
    })
}

fn score_rows(real: &BTreeMap<String, Vec<Row>>, sim: &BTreeMap<String, Vec<Row>>, end: f64) -> Score {
    let same_pods = real.keys().eq(sim.keys());
    let (mut exact, mut near) = (same_pods, same_pods);
    let (mut shared, mut total, mut in_time, mut compared) = (0, 0, 0, 0);
    let none = Vec::new();
    for pod in real.keys().chain(sim.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (real.get(pod).unwrap_or(&none), sim.get(pod).unwrap_or(&none));
        let pairs = common(a, b);
        shared += 2 * pairs.len();
        total += a.len() + b.len();
        exact &= pairs.len() == a.len() && a.len() == b.len();
        near &= close(a, &pairs.iter().map(|p| p.0).collect(), end)
            && close(b, &pairs.iter().map(|p| p.1).collect(), end);
        for (i, j) in pairs.into_iter().filter(|(i, j)| i + 1 < a.len() && j + 1 < b.len()) {
            compared += 1;
            in_time += u32::from((a[i].lasted - b[j].lasted).abs() <= 1.5 + 0.35 * a[i].lasted);
        }
    }
    let like = if total == 0 { 1.0 } else { shared as f64 / total as f64 };
    let times = if compared == 0 { like } else { f64::from(in_time) / f64::from(compared) };
    Score { exact: f64::from(exact), close: f64::from(near), like, times, ..Score::default() }
}

fn event_keys(events: &[Value], names: &mut Names, normal: &Normal) -> BTreeSet<[String; 4]> {
    events
        .iter()
        .map(|e| {
            let text = |k: &str| e[k].as_str().unwrap_or_default().to_owned();
            let object = text("object");
            let (kind, name) = object.split_once('/').unwrap_or((&object, &object));
            [
                text("type"),
                text("reason"),
                format!("{kind}/{}", names.stable(name)),
                normal.apply(&text("message")),
            ]
        })
        .collect()
}

fn without_blank_lines(text: &str) -> String {
    text.lines().filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

fn same_output(wanted: &Value, got: &Value, normal: &Normal) -> bool {
    let text = |k: &str| got[k].as_str().unwrap_or_default();
    let (out, err) = (text("stdout"), text("stderr"));
    let command = wanted["command"].as_str().unwrap_or_default();
    let unordered = command.starts_with("kubectl get events") || command.starts_with("kubectl events");
    let shape = |t: &str| {
        let bare = without_blank_lines(&normal.apply(t));
        if !unordered {
            return bare;
        }
        let mut lines: Vec<&str> = bare.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    let want = shape(wanted["output"].as_str().unwrap_or_default());
    let got_text = [format!("{out}\n{err}"), format!("{err}\n{out}")];
    wanted["exit"] == got["exit"] && got_text.iter().any(|t| shape(t) == want)
}

fn score_outputs(wanted: &[Value], mut got: Vec<Value>, normal: &Normal) -> f64 {
    let mut right = 0;
    for want in wanted {
        if let Some(at) = got.iter().position(|g| g["command"] == want["command"]) {
            right += usize::from(same_output(want, &got.remove(at), normal));
        }
    }
    if wanted.is_empty() { 1.0 } else { f64::from(u32::try_from(right).unwrap()) / wanted.len() as f64 }
}

/// Replays the recording in `folder` with the binary `podlab` and compares.
pub fn score(folder: &Path, podlab: &str) -> Score {
    let read = |name: &str| String::from_utf8_lossy(&std::fs::read(folder.join(name)).unwrap()).into_owned();
    let meta: Value = serde_json::from_str(&read("meta.json")).unwrap();
    let end = meta["seconds"].as_f64().unwrap();
    let sim = run(folder, podlab, &meta);
    let (normal, mut real_names, mut sim_names) = (Normal::default(), Names::default(), Names::default());
    let real_rows = per_pod(&recorded_rows(&read("watch.txt")), &mut real_names, end);
    let rows = score_rows(&real_rows, &per_pod(&sim.rows, &mut sim_names, end), end);
    let real_events = event_keys(&json_lines(&read("events.jsonl")), &mut real_names, &normal);
    let sim_events = event_keys(&sim.events, &mut sim_names, &normal);
    let all = real_events.len() + sim_events.len();
    let events =
        if all == 0 { 1.0 } else { 2.0 * real_events.intersection(&sim_events).count() as f64 / all as f64 };
    let outputs = score_outputs(&json_lines(&read("outputs.jsonl")), sim.commands, &normal);
    Score { events, outputs, ..rows }
}
