//! Durations as Go writes and reads them (`time.ParseDuration`): `10s`, `1m20s`, `1h30m`, `500ms`.

/// Milliseconds of such a text, fractions of one cut off; `None` if it is none, or less than nothing.
pub fn go_millis(text: &str) -> Option<u64> {
    parse_span(text).ok().and_then(|millis| u64::try_from(millis).ok())
}

/// Milliseconds of a time span in Go's notation, with a sign or none, fractions of one cut off; the error is Go's.
pub fn parse_span(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| invalid())?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let millis = match &rest[..end] {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1000.0,
            "ms" => 1.0,
            "us" | "µs" => 0.001,
            "ns" => 0.000_001,
            "" => return Err(format!("time: missing unit in duration {text:?}")),
            unit => return Err(format!("time: unknown unit {unit:?} in duration {text:?}")),
        };
        total += number * millis;
        rest = &rest[end..];
    }
    // Half a thousandth makes up for what a sum of fractions may lack.
    let total = (total + 0.000_5) as i64;
    Ok(if negative { -total } else { total })
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

    #[test]
    fn time_spans_are_gos() {
        assert_eq!(parse_span("1m30s"), Ok(90_000));
        assert_eq!(parse_span("1.5h"), Ok(5_400_000));
        assert_eq!(parse_span("0"), Ok(0));
        assert!(parse_span("10").unwrap_err().contains("missing unit"));
    }
}
