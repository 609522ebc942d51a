//! How `podlab sim` writes down what a scenario shows.

use super::args::{Sim, SimFormat};
use crate::kube::SimTime;
use crate::kube::core::Event;
use crate::kubectl::watch::WatchRow;
use crate::lab::replay::{Ended, Shown};
use serde_json::json;
use std::io::{self, Write};

/// Writes what is shown, in the format that was asked for.
#[derive(Debug)]
pub struct Printer {
    format: SimFormat,
    timestamps: bool,
}

impl Printer {
    /// A printer for the command line's format.
    pub fn new(args: &Sim) -> Printer {
        Printer { format: args.output, timestamps: args.timestamps }
    }

    /// Writes what stands before everything else.
    pub fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            SimFormat::Cast => {
                writeln!(out, "{}", json!({"version": 2, "width": 100, "height": 30, "title": "podlab"}))
            }
            _ => Ok(()),
        }
    }

    /// Writes one thing.
    pub fn print(&mut self, out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
        match self.format {
            SimFormat::Json => json_line(out, shown),
            SimFormat::Watch | SimFormat::Wide => self.text(out, shown),
            SimFormat::Cast => cast(out, shown),
        }
    }

    /// Rows as they are, and what a command that is not quiet has to say: errors on standard error, results between the rows.
    fn text(&self, out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
        match shown {
            Shown::Row(row) if self.timestamps => {
                writeln!(out, "{:8.2} | {}", row.at.as_secs_f64(), row.text)
            }
            Shown::Row(row) => writeln!(out, "{}", row.text),
            Shown::Command(ended) => {
                out.flush()?;
                write!(io::stderr(), "{}", ended.stderr)
            }
            Shown::Event { .. } => Ok(()),
        }
    }
}

/// Seconds with two digits, as recordings have them.
fn seconds(at: SimTime) -> f64 {
    (at.as_secs_f64() * 100.0).round() / 100.0
}

fn json_line(out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
    let line = match shown {
        Shown::Row(row) if row.key.is_none() => return Ok(()),
        Shown::Row(row) => row_json(row),
        Shown::Event { at, event } => event_json(*at, event),
        Shown::Command(ended) => command_json(ended),
    };
    writeln!(out, "{line}")
}

fn row_json(row: &WatchRow) -> serde_json::Value {
    let cell = |n: usize| row.cells.get(n).map_or("", String::as_str);
    json!({
        "t": seconds(row.at),
        "row": {"name": cell(0), "ready": cell(1), "status": cell(2), "restarts": cell(3), "age": cell(4)},
    })
}

fn event_json(at: SimTime, event: &Event) -> serde_json::Value {
    let about = &event.involved_object;
    let kind = about.kind.as_deref().unwrap_or_default().to_lowercase();
    json!({
        "t": seconds(at),
        "event": {
            "type": event.type_,
            "reason": event.reason,
            "object": format!("{kind}/{}", about.name.as_deref().unwrap_or_default()),
            "message": event.message,
        },
    })
}

fn command_json(ended: &Ended) -> serde_json::Value {
    json!({
        "t": seconds(ended.at),
        "command": ended.line,
        "stdout": ended.stdout,
        "stderr": ended.stderr,
        "exit": ended.exit,
        "took": ended.took as f64 / 1000.0,
    })
}

/// One asciinema event for each thing shown: commands as typed at a prompt, then their output; rows as they come.
fn cast(out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
    let (at, text) = match shown {
        Shown::Row(row) => (row.at, format!("{}\n", row.text)),
        Shown::Command(ended) => {
            (ended.at.plus(ended.took), format!("$ {}\n{}{}", ended.line, ended.stdout, ended.stderr))
        }
        Shown::Event { .. } => return Ok(()),
    };
    writeln!(out, "{}", json!([at.as_secs_f64(), "o", text.replace('\n', "\r\n")]))
}
