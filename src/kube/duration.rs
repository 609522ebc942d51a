//! Durations as Go writes and reads them (`time.ParseDuration`): `10s`, `1m20s`, `1h30m`, `500ms`.

/// Milliseconds of such a text, fractions of one cut off; `None` if it is none, or less than nothing.
pub fn go_millis(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut rest = text;
    let mut millis = 0.0;
    while !rest.is_empty() || text.is_empty() {
        let unit_at = rest.find(|c| !is_number(c))?;
        let (number, after) = rest.split_at(unit_at);
        let (unit, more) = after.split_at(after.find(is_number).unwrap_or(after.len()));
        let scale = match unit {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            "us" | "µs" => 0.001,
            "ns" => 0.000_001,
            _ => return None,
        };
        millis += number.parse::<f64>().ok()? * scale;
        rest = more;
    }
    // Half a thousandth makes up for what a sum of fractions may lack.
    Some((millis + 0.000_5) as u64)
}

/// Milliseconds as Go prints a duration: `29ms`, `1.5s`, `1m20s`.
pub fn go_duration(millis: u64) -> String {
    if millis == 0 {
        return "0s".into();
    }
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1000 % 60, millis % 1000);
    let fraction =
        if rest == 0 { String::new() } else { format!(".{rest:03}").trim_end_matches('0').to_owned() };
    match (hours, minutes) {
        (0, 0) => format!("{seconds}{fraction}s"),
        (0, _) => format!("{minutes}m{seconds}{fraction}s"),
        _ => format!("{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, millis) in [
            ("10s", 10_000),
            ("1m20s", 80_000),
            ("5m0s", 300_000),
            ("1.5h", 5_400_000),
            ("500ms", 500),
            ("0", 0),
        ] {
            assert_eq!(go_millis(text), Some(millis), "{text}");
        }
        for text in ["", "10", "s", "1d", "-5s", "1m 2s", "..s"] {
            assert_eq!(go_millis(text), None, "{text}");
        }
    }
}
