//! Go's `printf` for the values that JSON has (`fmt/print.go`).

use super::functions::Arg;
use crate::kube::gotext::show as go;
use serde_json::Value;

/// No field is padded to more than this.
const WIDEST: usize = 1000;

/// What stands between `%` and the verb.
struct Flags<'a> {
    signs: &'a str,
    width: usize,
    precision: Option<usize>,
}

impl Flags<'_> {
    fn has(&self, sign: char) -> bool {
        self.signs.contains(sign)
    }
}

pub(super) fn printf(arguments: &[Arg]) -> Result<String, String> {
    let Some(Value::String(format)) = arguments.first().and_then(|a| a.value.as_ref()) else {
        let found = arguments.first().map_or("<nil>", Arg::type_name);
        return Err(format!("wrong type for value; expected string; got {found}"));
    };
    let (mut text, mut rest, mut next) = (String::new(), format.as_str(), 1);
    while let Some(percent) = rest.find('%') {
        text.push_str(&rest[..percent]);
        let (flags, after) = flags(&rest[percent + 1..]);
        let Some(verb) = after.chars().next() else {
            text.push_str("%!(NOVERB)");
            rest = "";
            break;
        };
        rest = &after[verb.len_utf8()..];
        if verb == '%' {
            text.push('%');
            continue;
        }
        match arguments.get(next) {
            Some(argument) => text.push_str(&one(verb, &flags, argument)),
            None => text.extend(["%!", &verb.to_string(), "(MISSING)"]),
        }
        next += 1;
    }
    text.push_str(rest);
    if next < arguments.len() {
        let more: Vec<String> = arguments[next..].iter().map(described).collect();
        text.extend(["%!(EXTRA ", &more.join(", "), ")"]);
    }
    Ok(text)
}

fn described(argument: &Arg) -> String {
    match &argument.value {
        None | Some(Value::Null) => "<nil>".to_owned(),
        Some(value) => format!("{}={}", argument.type_name(), go(value)),
    }
}

fn flags(text: &str) -> (Flags<'_>, &str) {
    let signs = text.find(|c: char| !"-+0# ".contains(c)).unwrap_or(text.len());
    let mut flags = Flags { signs: &text[..signs], width: 0, precision: None };
    let number = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let rest = &text[signs..];
    let width = number(rest);
    flags.width = rest[..width].parse().unwrap_or(0).min(WIDEST);
    let mut rest = &rest[width..];
    if let Some(after) = rest.strip_prefix('.') {
        let end = number(after);
        flags.precision = Some(after[..end].parse().unwrap_or(0).min(WIDEST));
        rest = &after[end..];
    }
    (flags, rest)
}

fn one(verb: char, flags: &Flags, argument: &Arg) -> String {
    let wrong = || match &argument.value {
        None | Some(Value::Null) => format!("%!{verb}(<nil>)"),
        _ => format!("%!{verb}({})", described(argument)),
    };
    let shown = match (verb, &argument.value) {
        ('T', _) => argument.type_name().to_owned(),
        ('v', None | Some(Value::Null)) => "<nil>".to_owned(),
        ('v', Some(Value::Number(n))) => whole_or_float(verb, flags, n).unwrap_or_else(|| n.to_string()),
        ('v', Some(value)) => go(value),
        (_, Some(Value::Array(items))) => {
            let each: Vec<String> = items.iter().map(|item| nested(verb, flags, item)).collect();
            return format!("[{}]", each.join(" "));
        }
        (_, Some(Value::Object(fields))) => {
            let text = |key: &str| nested(verb, flags, &Value::String(key.to_owned()));
            let each: Vec<String> =
                fields.iter().map(|(k, v)| format!("{}:{}", text(k), nested(verb, flags, v))).collect();
            return format!("map[{}]", each.join(" "));
        }
        ('s' | 'q' | 'x' | 'X', Some(Value::String(text))) => of_text(verb, flags, text),
        ('t', Some(Value::Bool(yes))) => yes.to_string(),
        (_, Some(Value::Number(n))) => match whole_or_float(verb, flags, n) {
            Some(shown) => shown,
            None => return wrong(),
        },
        _ => return wrong(),
    };
    padded(&shown, flags, matches!(argument.value, Some(Value::Number(_))))
}

fn nested(verb: char, flags: &Flags, value: &Value) -> String {
    one(verb, flags, &Arg { value: Some(value.clone()), constant: false })
}

fn of_text(verb: char, flags: &Flags, text: &str) -> String {
    let text: String = text.chars().take(flags.precision.unwrap_or(usize::MAX)).collect();
    match verb {
        'q' if flags.has('#') && !text.contains(['`', '\n']) => format!("`{text}`"),
        'q' => format!("{text:?}"),
        'x' => text.bytes().map(|b| format!("{b:02x}")).collect(),
        'X' => text.bytes().map(|b| format!("{b:02X}")).collect(),
        _ => text,
    }
}

/// A number under one of the verbs for it.
fn whole_or_float(verb: char, flags: &Flags, number: &serde_json::Number) -> Option<String> {
    let sign =
        |shown: String, negative: bool| if flags.has('+') && !negative { format!("+{shown}") } else { shown };
    if let Some(n) = number.as_i64().filter(|_| !number.is_f64()) {
        let (minus, size) = (if n < 0 { "-" } else { "" }, n.unsigned_abs());
        let sharp = |prefix: &'static str| if flags.has('#') { prefix } else { "" };
        return Some(match verb {
            'd' | 'v' => sign(n.to_string(), n < 0),
            'x' => format!("{minus}{}{size:x}", sharp("0x")),
            'X' => format!("{minus}{}{size:X}", sharp("0X")),
            'o' => format!("{minus}{}{size:o}", sharp("0")),
            'b' => format!("{minus}{size:b}"),
            'c' => u32::try_from(n).ok().and_then(char::from_u32).unwrap_or('\u{fffd}').to_string(),
            'q' => format!("{:?}", u32::try_from(n).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')),
            'U' => format!("U+{size:04X}"),
            _ => return None,
        });
    }
    let n = number.as_f64()?;
    let digits = flags.precision.unwrap_or(6);
    Some(match verb {
        'f' | 'F' => sign(format!("{n:.digits$}"), n < 0.0),
        'e' | 'E' => {
            let shown = format!("{n:.digits$e}");
            let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}{}{sign}{:02}", verb, exponent.abs())
        }
        'g' | 'G' | 'v' => n.to_string(),
        _ => return None,
    })
}

fn padded(shown: &str, flags: &Flags, number: bool) -> String {
    let columns = flags.width;
    if flags.has('-') {
        return format!("{shown:<columns$}");
    }
    if flags.has('0') && number {
        let (sign, digits) = match shown.strip_prefix(['-', '+']) {
            Some(digits) => (&shown[..1], digits),
            None => ("", shown),
        };
        let columns = columns.saturating_sub(sign.len());
        return format!("{sign}{digits:0>columns$}");
    }
    format!("{shown:>columns$}")
}
