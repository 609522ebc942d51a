//! Which lines of a log are shown: the last so many, those since a time, the first so many bytes. How a line is shown is the caller's
//! matter.

use super::containers;
use crate::kube::{Key, SimTime};
use crate::sim::Cluster;
use crate::sim::runtime::LogLine;

/// What of a log is wanted; the default is all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// No more than this many lines, the last ones.
    pub tail: Option<usize>,
    /// Only lines from this time on.
    pub since: Option<SimTime>,
    /// No more than this many bytes of the whole text.
    pub limit: Option<usize>,
}

impl Excerpt {
    /// The text of the lines that are wanted.
    pub fn text(&self, lines: &[LogLine], show: impl Fn(&LogLine) -> String) -> String {
        let mut shown: Vec<&LogLine> =
            lines.iter().filter(|line| self.since.is_none_or(|since| line.at >= since)).collect();
        if let Some(tail) = self.tail {
            shown = shown.split_off(shown.len().saturating_sub(tail));
        }
        let mut text: String = shown.into_iter().map(show).collect();
        if let Some(limit) = self.limit {
            let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or(0));
        }
        text
    }
}

/// A line as it is, or after its time (`timestamp` makes the text of it), with a line end.
pub fn line(line: &LogLine, timestamp: Option<k8s_openapi::jiff::Timestamp>) -> String {
    let end = if line.text.ends_with('\n') { "" } else { "\n" };
    match timestamp {
        Some(at) => format!("{} {}{end}", at.strftime("%Y-%m-%dT%H:%M:%S%.9fZ"), line.text),
        None => format!("{}{end}", line.text),
    }
}

/// The id of a container while it runs.
pub fn running_id(cluster: &Cluster, key: &Key, container: &str) -> Option<String> {
    let pod = cluster.store().get(key)?.as_pod()?;
    let status = containers::status_of(pod, container)?;
    status.state.as_ref()?.running.as_ref()?;
    status.container_id.clone()
}
