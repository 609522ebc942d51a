//! What a plain YAML scalar means under the YAML 1.1 rules of kubectl's parser (go-yaml v2): `on` is true, `010` is 8, `1_000` is
//! a thousand, and everything unclear is a text.

use serde_json::{Number, Value};

/// Which words are truth values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truths {
    /// Those of YAML 1.1: `yes` and `off` too.
    #[default]
    Many,
    /// `true` and `false` alone, as kustomize reads them (go-yaml v3).
    Few,
}

/// The value of a plain scalar as kubectl reads it, or as kustomize does.
pub(super) fn resolve_as(text: &str, truths: Truths) -> Result<Value, &'static str> {
    const MANY: &[&str] =
        &["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];
    if truths == Truths::Few && MANY.contains(&text) { Ok(text.into()) } else { resolve(text) }
}

/// The value of a plain scalar. `Err` carries the text of a number JSON cannot hold (`.inf`).
pub(super) fn resolve(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => true.into(),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => false.into(),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Err("+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => return Err("-Inf"),
        ".nan" | ".NaN" | ".NAN" => return Err("NaN"),
        _ if starts_like_a_number(text) => number(text).unwrap_or_else(|| text.into()),
        _ => text.into(),
    })
}

fn starts_like_a_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

fn number(text: &str) -> Option<Value> {
    let plain = text.replace('_', "");
    if let Some(value) = integer(&plain) {
        return Some(value);
    }
    if !is_float(&plain) {
        return None;
    }
    float(plain.parse().ok()?)
}

/// Go's `ParseInt` with base 0: `0x`, `0o`, `0b`, a leading zero for octal.
fn integer(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &unsigned[2..]),
        Some("0o") => (8, &unsigned[2..]),
        Some("0b") => (2, &unsigned[2..]),
        Some(_) if unsigned.starts_with('0') => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if !text.starts_with('-') {
        return Some(value.into());
    }
    0_i64.checked_sub_unsigned(value).map(Value::from)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let exponent = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    has_digits
        && all_digits(whole)
        && all_digits(fraction)
        && exponent.is_none_or(|e| !e.is_empty() && all_digits(e))
}

/// A float as Go's JSON writes it: whole numbers below 10²¹ without a point, so that `1.0` is the integer 1.
fn float(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9.0e18 {
        return Some((value as i64).into());
    }
    if value.fract() == 0.0 && value > 0.0 && value < 1.8e19 {
        return Some((value as u64).into());
    }
    Number::from_f64(value).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_mean_what_kubectl_takes_them_for() {
        for (text, value) in [
            ("yes", json!(true)),
            ("N", json!(false)),
            ("~", json!(null)),
            ("010", json!(8)),
            ("0o10", json!(8)),
            ("0x1f", json!(31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("1e3", json!(1000)),
            (".5", json!(0.5)),
            ("08", json!(8)),
            ("+5", json!(5)),
            ("-7", json!(-7)),
            ("1.0", json!(1)),
            ("-0", json!(0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("12:30:45", json!("12:30:45")),
            ("2001-01-01", json!("2001-01-01")),
            ("oN", json!("oN")),
            ("tRue", json!("tRue")),
            ("5m", json!("5m")),
            ("-", json!("-")),
            (".", json!(".")),
            ("1.2.3", json!("1.2.3")),
            ("0x", json!("0x")),
            ("é", json!("é")),
        ] {
            assert_eq!(resolve(text), Ok(value), "{text}");
        }
        assert_eq!(resolve(".inf"), Err("+Inf"));
    }
}
