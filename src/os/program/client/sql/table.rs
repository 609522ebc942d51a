//! Rows as the clients set them out.

use super::super::super::server::{Column, Table};
use super::Style;

fn width(text: &str) -> usize {
    text.chars().count()
}

/// A value in its column, numbers to the right.
fn set(text: &str, numeric: bool, width: usize) -> String {
    if numeric { format!(" {text:>width$} ") } else { format!(" {text:<width$} ") }
}

/// The widths of the columns, headings counted if they are shown.
fn widths(table: &Table, style: Style, null: &str) -> Vec<usize> {
    let of = |(at, heading): (usize, &Column)| {
        let values = table.rows.iter().filter_map(|row| row.get(at));
        let values = values.map(|value| width(value.as_deref().unwrap_or(null)));
        values.chain((style == Style::Framed).then(|| width(&heading.name))).max().unwrap_or(0)
    };
    table.columns.iter().enumerate().map(of).collect()
}

/// Lines of dashes, one for each column, with this between them.
fn rule(widths: &[usize], between: &str) -> String {
    widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join(between)
}

/// The rows, each value in its column, with this between them.
fn rows<'a>(
    table: &'a Table,
    widths: &'a [usize],
    between: &'a str,
    null: &'a str,
) -> impl Iterator<Item = String> + 'a {
    table.rows.iter().map(move |row| {
        let cells =
            row.iter().zip(&table.columns).zip(widths).map(|((value, column), width)| {
                set(value.as_deref().unwrap_or(null), column.numeric, *width)
            });
        cells.collect::<Vec<_>>().join(between)
    })
}

/// Rows as `psql` sets them: names centred, numbers to the right; unaligned, nothing but a bar between fields.
pub(super) fn psql(table: &Table, style: Style) -> String {
    let mut lines: Vec<String> = Vec::new();
    let headed = matches!(style, Style::Framed | Style::Unaligned);
    if matches!(style, Style::Framed | Style::Bare) {
        let widths = widths(table, style, "");
        if headed {
            let names: Vec<String> = table
                .columns
                .iter()
                .zip(&widths)
                .map(|(column, width)| format!(" {:^width$} ", column.name))
                .collect();
            lines.push(names.join("|"));
            lines.push(rule(&widths, "+"));
        }
        lines.extend(rows(table, &widths, "|", "").map(|line| line.trim_end().to_owned()));
    } else {
        if headed {
            lines.push(table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join("|"));
        }
        lines.extend(fields(table, "").map(|fields| fields.join("|")));
    }
    if headed {
        let count = table.rows.len();
        lines.push(format!("({count} row{})", if count == 1 { "" } else { "s" }));
    }
    if matches!(style, Style::Framed | Style::Bare) {
        lines.push(String::new());
    }
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn fields<'a>(table: &'a Table, null: &'a str) -> impl Iterator<Item = Vec<&'a str>> + 'a {
    table.rows.iter().map(move |row| row.iter().map(|value| value.as_deref().unwrap_or(null)).collect())
}

/// Rows as `mysql` shows them: fields between tabs into a pipe, a frame at a terminal.
pub(super) fn mysql(table: &Table, style: Style, terminal: bool) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    let names = (style == Style::Framed)
        .then(|| table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
    if !terminal {
        let fields = names.into_iter().chain(fields(table, "NULL"));
        let lines: Vec<String> = fields.map(|fields| fields.join("\t")).collect();
        return lines.join("\n") + "\n";
    }
    let widths = widths(table, style, "NULL");
    let rule = format!("+{}+", rule(&widths, "+"));
    let mut lines = vec![rule.clone()];
    if let Some(names) = names {
        let cells: Vec<String> =
            names.iter().zip(&widths).map(|(name, width)| set(name, false, *width)).collect();
        lines.push(format!("|{}|", cells.join("|")));
        lines.push(rule.clone());
    }
    lines.extend(rows(table, &widths, "|", "NULL").map(|row| format!("|{row}|")));
    lines.push(rule);
    lines.join("\n") + "\n"
}
