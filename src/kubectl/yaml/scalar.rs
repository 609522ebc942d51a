//! How a scalar has to be written so that it reads back as the text it is.

use std::fmt::Write;

/// A line longer than this is folded at its next blank.
pub(super) const LINE: usize = 80;

/// The way a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Whether a text is one of those that most texts are: a word that needs no second look. What reads as something else than text and
/// begins with a letter is no longer than `false`.
pub(super) fn is_plain_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > "false".len()
        && bytes[0].is_ascii_alphabetic()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(byte))
}

/// The style of `text`; keys never span lines.
pub(super) fn style(text: &str, key: bool) -> Style {
    if is_plain_word(text) {
        return Style::Plain;
    }
    let shape = Shape::of(text);
    if text.contains('\n') {
        return if key || !shape.block { Style::Double } else { Style::Literal };
    }
    if reads_as_another_type(text) {
        return Style::Double;
    }
    match (shape.plain, shape.single) {
        (true, _) => Style::Plain,
        (false, true) => Style::Single,
        (false, false) => Style::Double,
    }
}

/// Which styles the characters of a text allow (go-yaml's `yaml_emitter_analyze_scalar`).
struct Shape {
    plain: bool,
    single: bool,
    block: bool,
}

impl Shape {
    fn of(text: &str) -> Shape {
        let mut shape =
            Shape { plain: !text.starts_with("---") && !text.starts_with("..."), single: true, block: true };
        let (mut chars, mut before) = (text.chars().peekable(), None);
        while let Some(c) = chars.next() {
            let (first, after) = (before.is_none(), chars.peek());
            let blank_after = after.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
            let indicator = match c {
                '#' => first || matches!(before, Some(' ' | '\t' | '\n')),
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    first
                }
                '-' | '?' => first && blank_after,
                ':' => blank_after,
                _ => false,
            };
            shape.plain &= !indicator;
            if !printable(c) || (c == ' ' && after == Some(&'\n')) {
                (shape.plain, shape.single, shape.block) = (false, false, false);
            }
            if c == ' ' && before == Some('\n') {
                (shape.plain, shape.single) = (false, false);
            }
            before = Some(c);
        }
        if text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']) {
            shape.plain = false;
        }
        if text.ends_with(' ') {
            shape.block = false;
        }
        shape
    }
}

fn printable(c: char) -> bool {
    c == '\n'
        || (' '..='~').contains(&c)
        || (c >= '\u{a0}' && c != '\u{feff}' && !('\u{fff0}'..='\u{ffff}').contains(&c))
}

/// The escape of a character inside double quotes, if it needs one.
pub(super) fn escaped(c: char) -> Option<String> {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\t' => "\\t",
        '\r' => "\\r",
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\u{1b}' => "\\e",
        '\u{85}' => "\\N",
        '\u{feff}' => "\\uFEFF",
        c if printable(c) => return None,
        c => {
            let mut text = String::new();
            let code = u32::from(c);
            let _ = if code <= 0xff { write!(text, "\\x{code:02X}") } else { write!(text, "\\u{code:04X}") };
            return Some(text);
        }
    };
    Some(short.to_owned())
}

/// Whether YAML 1.1 takes the bare text for something else than text (go-yaml v2's `resolve`).
fn reads_as_another_type(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "", "~", "<<", "y", "n", "yes", "no", "on", "off", "true", "false", "null", ".nan", ".inf", "+.inf",
        "-.inf",
    ];
    let is_short = text.len() <= "false".len();
    if is_short && WORDS.contains(&text.to_lowercase().as_str()) {
        let capitalized = text.chars().skip(1).all(|c| !c.is_uppercase());
        return capitalized || text.to_uppercase() == text || text == ".NaN";
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return false;
    }
    is_integer(text) || is_float(&text.replace('_', "")) || is_timestamp(text) || is_base_60(text)
}

fn is_integer(text: &str) -> bool {
    let plain = text.replace('_', "").to_lowercase();
    let digits = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let of = |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    match digits.get(..2) {
        Some("0x") => of(&digits[2..], 16),
        Some("0b") => of(&digits[2..], 2),
        Some("0o") => of(&digits[2..], 8),
        _ => of(digits, 10),
    }
}

fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !(whole.is_empty() && fraction.is_empty());
    let power = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    some && digits(whole) && digits(fraction) && power
}

/// `2001-01-01`, alone or with a time behind it.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let [year, month, day] = parts.as_slice() else { return false };
    let is_date = year.len() == 4 && number(year, 4) && number(month, 2) && number(day, 2);
    let is_time = time.is_none_or(|time| {
        let clock = time.trim_end_matches('Z');
        let clock = clock.find(['+', '-']).map_or(clock, |at| &clock[..at]);
        let clock = clock.split('.').next().unwrap_or_default();
        let fields: Vec<&str> = clock.split(':').collect();
        fields.len() == 3 && fields.iter().all(|f| number(f, 2))
    });
    is_date && is_time
}

/// `12:30:45`, which old readers take for a number of base 60.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    let leading = first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_digit() || c == '_');
    leading
        && rest.peek().is_some()
        && rest.all(|part| {
            let part = part.split('.').next().unwrap_or_default();
            part.parse::<u8>().is_ok_and(|n| n < 60) && part.len() <= 2
        })
}
