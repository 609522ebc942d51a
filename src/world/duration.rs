//! Durations and speeds as people type them on the command line.

/// Milliseconds of `90`, `90s`, `10m`, `1h30m`, `250ms`, `1.5s`.
pub fn parse_millis(text: &str) -> Result<u64, String> {
    let bad = || format!("'{text}' is no duration; write 90s, 10m or 1h30m");
    let mut rest = text.trim();
    let mut total = 0.0;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| bad())?;
        let after = &rest[digits..];
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        total += number
            * match &after[..letters] {
                "ms" => 1.0,
                "" | "s" => 1000.0,
                "m" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                _ => return Err(bad()),
            };
        rest = &after[letters..];
    }
    // A hundred days: far beyond any scenario, far below where milliseconds overflow.
    if total > 8_640_000_000.0 {
        Err(format!("'{text}' is too long; 100d at most"))
    } else {
        Ok(total.round() as u64)
    }
}

/// A speed factor of `10`, `x10` or `0.5`, at most 1,000,000.
pub fn parse_speed(text: &str) -> Result<f64, String> {
    let bare = text.trim_start_matches(['x', '×']);
    match bare.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= 1_000_000.0 => Ok(speed),
        _ => Err(format!("'{text}' is no speed; write a factor such as 1, 10 or 0.5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        for (text, millis) in [
            ("90", 90_000),
            ("90s", 90_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("12.34s", 12_340),
        ] {
            assert_eq!(parse_millis(text), Ok(millis), "{text}");
        }
        for text in ["", "s", "ten", "1x", "-5s", "99999999d", "1..2s"] {
            assert!(parse_millis(text).is_err(), "{text}");
        }
    }

    #[test]
    fn speeds_are_positive_factors() {
        assert_eq!(parse_speed("x10"), Ok(10.0));
        for text in ["0", "-1", "fast", "NaN", "inf"] {
            assert!(parse_speed(text).is_err(), "{text}");
        }
    }
}
