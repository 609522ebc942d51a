//! Tables, times and sizes as crictl prints them (Go's tabwriter, docker's `go-units`).

use std::fmt::Write as _;

use crate::kube::SimTime;

/// The least width of a column, and the spaces between two.
const COLUMN: (usize, usize) = (20, 3);

/// Rows under a header.
pub(super) fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let width = |at: usize| {
        let longest = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
        COLUMN.0.max(longest.unwrap_or_default() + COLUMN.1)
    };
    let mut text = String::new();
    for row in &rows {
        for (at, cell) in row.iter().enumerate() {
            if at + 1 == row.len() {
                text.push_str(cell);
            } else {
                let _ = write!(text, "{cell:<0$}", width(at));
            }
        }
        text.push('\n');
    }
    text
}

/// `About a minute ago`.
pub(super) fn ago(now: SimTime, since: SimTime) -> String {
    let seconds = now.since(since) / 1000;
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    let text = match seconds {
        0 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..=59 => format!("{seconds} seconds"),
        60..=119 => "About a minute".to_owned(),
        _ if minutes < 60 => format!("{minutes} minutes"),
        _ if hours == 1 => "About an hour".to_owned(),
        _ if hours < 48 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    };
    format!("{text} ago")
}

/// Bytes in powers of a thousand with three digits: `1.91MB`.
pub(super) fn decimal_size(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while size >= 1000.0 {
        let Some(next) = units.next() else { break };
        (size, unit) = (size / 1000.0, next);
    }
    let digits = match size {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{size:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_rounded_as_crictl_rounds_them() {
        for (bytes, text) in
            [(0, "0B"), (320_368, "320kB"), (2_223_659, "2.22MB"), (72_950_530, "73MB"), (1_000, "1kB")]
        {
            assert_eq!(decimal_size(bytes), text);
        }
        for (millis, text) in
            [(900, "Less than a second ago"), (61_000, "About a minute ago"), (7_200_000, "2 hours ago")]
        {
            assert_eq!(ago(SimTime(millis), SimTime(0)), text);
        }
    }

    #[test]
    fn a_column_is_as_wide_as_its_longest_cell_and_three() {
        let rows = vec![vec!["a".repeat(30), "b".to_owned()]];
        assert_eq!(table(&["X", "Y"], rows.into_iter()), format!("{:<33}Y\n{}   b\n", "X", "a".repeat(30)));
    }
}
