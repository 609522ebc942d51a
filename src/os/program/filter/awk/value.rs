//! Values of `awk`: numbers and texts that become each other.

use super::super::super::text;
use super::{SIZE_MAX, Stop};

/// A value; text from input that looks like a number compares as one.
#[derive(Clone, Debug)]
pub(in crate::os) enum Value {
    Number(f64),
    Text(String),
    Input(String),
}

impl Value {
    pub fn number(&self) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Text(text) | Value::Input(text) => super::super::lines::leading_number(text),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Value::Number(number) => number_text(*number),
            Value::Text(text) | Value::Input(text) => text.clone(),
        }
    }

    /// The number this compares as, if it does.
    pub fn numeric(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Input(text) if text.is_empty() => Some(0.0),
            Value::Input(text) => text.trim().parse().ok(),
            Value::Text(_) => None,
        }
    }

    pub fn truth(&self) -> bool {
        match (self, self.numeric()) {
            (Value::Input(text), _) if text.is_empty() => false,
            (_, Some(number)) => number != 0.0,
            (_, None) => !self.text().is_empty(),
        }
    }

    pub fn compare(&self, other: &Value) -> std::cmp::Ordering {
        match (self.numeric(), other.numeric()) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            _ => self.text().cmp(&other.text()),
        }
    }
}

pub(super) fn truth(yes: bool) -> Value {
    Value::Number(f64::from(u8::from(yes)))
}

pub(super) fn bounded(text: String) -> Result<Value, Stop> {
    if text.len() > SIZE_MAX { Err(Stop::Wrong("out of memory".to_owned())) } else { Ok(Value::Text(text)) }
}

/// A number as `%.6g`, whole ones in full.
pub(super) fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if !number.is_finite() {
        return format!("{number}").to_lowercase();
    }
    let exponent = number.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        let scaled = format!("{:.5}", number / 10f64.powi(exponent));
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(&scaled), exponent.abs());
    }
    trimmed(&format!("{number:.*}", (5 - exponent).max(0) as usize)).to_owned()
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// The fields of a line: by blanks, by one letter, or by an expression.
pub(super) fn split(line: &str, separator: &str) -> Vec<String> {
    let mut letters = separator.chars();
    match (letters.next(), letters.next()) {
        _ if line.is_empty() => Vec::new(),
        (None, _) | (Some(' '), None) => line.split_whitespace().map(str::to_owned).collect(),
        (Some(letter), None) => line.split(letter).map(str::to_owned).collect(),
        _ => match super::token::compile(separator) {
            Ok(regex) => regex.split(line).map(str::to_owned).collect(),
            Err(_) => line.split(separator).map(str::to_owned).collect(),
        },
    }
}

/// `printf`: each value as its conversion wants it; what is left over is not printed.
pub(super) fn formatted(values: &[Value]) -> Vec<u8> {
    let Some((format, values)) = values.split_first() else { return Vec::new() };
    let format = format.text();
    let mut words = vec![format.clone()];
    let mut values = values.iter();
    let plain = format.replace("%%", "");
    for part in plain.split('%').skip(1) {
        let conversion = part.chars().find(char::is_ascii_alphabetic);
        let stars =
            part.chars().take_while(|letter| !letter.is_ascii_alphabetic()).filter(|letter| *letter == '*');
        for _ in stars {
            words.extend(values.next().map(|value| number_text(value.number().trunc())));
        }
        let value = values.next().cloned().unwrap_or_else(|| Value::Input(String::new()));
        words.push(match conversion {
            Some('d' | 'i' | 'u' | 'x' | 'X' | 'o') => number_text(value.number().trunc()),
            Some('e' | 'f' | 'F' | 'g') => format!("{}", value.number()),
            _ => value.text(),
        });
    }
    text::printf(&words).0
}
