//! `echo`, `printf` and the escapes they know; shared by the shell's builtins and the programs of the same name.

use super::{Call, Program};

/// Bytes `printf` gives at most (`%1000000000d`).
const PRINTF_MAX: usize = 1 << 20;

/// Replaces backslash escapes. The second value: `\c` was met, nothing more is to be printed. `octal_zero`: octal numbers are written
/// `\0nnn` (echo, `%b`), else `\nnn`.
pub(in super::super) fn unescape(text: &str, octal_zero: bool) -> (Vec<u8>, bool) {
    let mut result = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            result.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let Some(escape) = letters.next() else {
            result.push(b'\\');
            break;
        };
        let simple = match escape {
            'a' => 7,
            'b' => 8,
            'e' | 'E' => 27,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '\\' => b'\\',
            '\'' | '"' if !octal_zero => escape as u8,
            'c' if octal_zero => return (result, true),
            'x' => {
                let digits = take_digits(&mut letters, 16, 2);
                if digits.is_empty() {
                    result.extend(b"\\x");
                    continue;
                }
                u8::from_str_radix(&digits, 16).unwrap_or(0)
            }
            digit if digit.is_digit(8) => {
                let mut digits = if octal_zero && digit == '0' { String::new() } else { digit.to_string() };
                digits.push_str(&take_digits(&mut letters, 8, 3 - digits.len()));
                (u32::from_str_radix(&digits, 8).unwrap_or(0) & 0xff) as u8
            }
            other => {
                result.push(b'\\');
                result.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        result.push(simple);
    }
    (result, false)
}

fn take_digits(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, base: u32, most: usize) -> String {
    let mut digits = String::new();
    while digits.len() < most
        && let Some(digit) = letters.next_if(|letter| letter.is_digit(base))
    {
        digits.push(digit);
    }
    digits
}

/// What `echo` prints, with the options of busybox and bash.
pub(in super::super) fn echo(args: &[String]) -> Vec<u8> {
    let is_option = |word: &str| {
        word.len() > 1 && word.starts_with('-') && word[1..].chars().all(|letter| "neE".contains(letter))
    };
    let options: Vec<&String> = args.iter().take_while(|word| is_option(word)).collect();
    let letters: String = options.iter().map(|word| word.as_str()).collect();
    let newline = !letters.contains('n');
    let escapes = letters.chars().rev().find(|letter| matches!(letter, 'e' | 'E')) == Some('e');
    print_words(&args[options.len()..], escapes, newline)
}

/// What dash's `echo` prints: escapes without being asked.
pub(in super::super) fn echo_always_escaped(args: &[String]) -> Vec<u8> {
    let newline = args.first().map(String::as_str) != Some("-n");
    print_words(if newline { args } else { &args[1..] }, true, newline)
}

fn print_words(words: &[String], escapes: bool, newline: bool) -> Vec<u8> {
    let text = words.join(" ");
    let (mut bytes, stop) = if escapes { unescape(&text, true) } else { (text.into_bytes(), false) };
    if newline && !stop {
        bytes.push(b'\n');
    }
    bytes
}

/// What `printf` prints, and its complaints.
pub(in super::super) fn printf(args: &[String]) -> (Vec<u8>, Vec<String>) {
    // The end of options, of which there are none.
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let Some((format, words)) = args.split_first() else {
        return (Vec::new(), vec!["usage: printf FORMAT [ARG]...".to_owned()]);
    };
    let mut printer = Printer { out: Vec::new(), complaints: Vec::new(), words, at: 0, stop: false };
    loop {
        let before = printer.at;
        printer.pass(format);
        if printer.stop || printer.at >= words.len() || printer.at == before || printer.out.len() > PRINTF_MAX
        {
            return (printer.out, printer.complaints);
        }
    }
}

struct Printer<'a> {
    out: Vec<u8>,
    complaints: Vec<String>,
    words: &'a [String],
    at: usize,
    stop: bool,
}

impl Printer<'_> {
    fn word(&mut self) -> Option<String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn pass(&mut self, format: &str) {
        let mut rest = format;
        while let Some(place) = rest.find('%') {
            self.out.extend(unescape(&rest[..place], false).0);
            rest = &rest[place + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                self.out.push(b'%');
                rest = after;
                continue;
            }
            let length = rest
                .find(|letter: char| !matches!(letter, '-' | '+' | ' ' | '#' | '.' | '*' | '0'..='9'))
                .unwrap_or(rest.len());
            let flags = rest[..length].to_owned();
            let tail = rest[length..].trim_start_matches(['l', 'h', 'z']);
            let Some(conversion) = tail.chars().next() else {
                self.complaints.push(format!("%{rest}: invalid format"));
                self.stop = true;
                return;
            };
            rest = &tail[conversion.len_utf8()..];
            self.convert(&flags, conversion);
            if self.stop {
                return;
            }
        }
        self.out.extend(unescape(rest, false).0);
    }

    fn convert(&mut self, flags: &str, conversion: char) {
        let mut flags = flags.to_owned();
        while flags.contains('*') {
            let width = self.word().unwrap_or_default();
            flags = flags.replacen('*', &width, 1);
        }
        let left = flags.starts_with('-') || flags.contains('-');
        let zero = flags.trim_start_matches(['+', ' ', '#']).starts_with('0') && !left;
        let (width, precision) =
            flags.split_once('.').map_or((flags.as_str(), None), |(width, precision)| {
                (width, Some(precision.parse::<usize>().unwrap_or(0)))
            });
        let width: usize = width.trim_start_matches(['-', '+', ' ', '#', '0']).parse().unwrap_or(0);
        let mut text = match conversion {
            's' => self.word().unwrap_or_default().into_bytes(),
            'b' => {
                let (bytes, stop) = unescape(&self.word().unwrap_or_default(), true);
                self.stop |= stop;
                bytes
            }
            'q' => format!("'{}'", self.word().unwrap_or_default().replace('\'', "'\\''")).into_bytes(),
            'c' => self.word().unwrap_or_default().chars().take(1).collect::<String>().into_bytes(),
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => self.integer(&flags, conversion, precision).into_bytes(),
            'f' | 'F' | 'e' | 'g' => {
                let word = self.word().unwrap_or_default();
                let value: f64 = word.trim().parse().unwrap_or_else(|_| self.bad_number(&word));
                format!("{value:.*}", precision.unwrap_or(6).min(100)).into_bytes()
            }
            other => {
                self.complaints.push(format!("%{other}: invalid format"));
                self.stop = true;
                return;
            }
        };
        if let (Some(precision), 's' | 'b') = (precision, conversion) {
            text.truncate(precision);
        }
        let missing = width.min(PRINTF_MAX).saturating_sub(String::from_utf8_lossy(&text).chars().count());
        if left {
            text.extend(std::iter::repeat_n(b' ', missing));
        } else if zero && !matches!(conversion, 's' | 'b' | 'c') {
            let sign = usize::from(text.first().is_some_and(|byte| matches!(byte, b'-' | b'+')));
            text.splice(sign..sign, std::iter::repeat_n(b'0', missing));
        } else {
            text.splice(0..0, std::iter::repeat_n(b' ', missing));
        }
        self.out.extend(text);
    }

    fn bad_number<T: Default>(&mut self, word: &str) -> T {
        if !word.is_empty() {
            self.complaints.push(format!("invalid number '{word}'"));
        }
        T::default()
    }

    fn integer(&mut self, flags: &str, conversion: char, precision: Option<usize>) -> String {
        let word = self.word().unwrap_or_default();
        let trimmed = word.trim();
        let quoted = trimmed
            .strip_prefix(['\'', '"'])
            .and_then(|rest| rest.chars().next())
            .map(|letter| i64::from(u32::from(letter)));
        let hex = trimmed.strip_prefix("0x").and_then(|hex| i64::from_str_radix(hex, 16).ok());
        let octal = trimmed
            .strip_prefix('0')
            .filter(|rest| !rest.is_empty())
            .and_then(|octal| i64::from_str_radix(octal, 8).ok());
        let value = quoted
            .or(hex)
            .or(octal)
            .or_else(|| trimmed.parse().ok())
            .unwrap_or_else(|| self.bad_number(&word));
        let digits = match conversion {
            'x' => format!("{value:x}"),
            'X' => format!("{value:X}"),
            'o' => format!("{value:o}"),
            _ => value.unsigned_abs().to_string(),
        };
        let digits = format!("{digits:0>width$}", width = precision.unwrap_or(0).min(PRINTF_MAX));
        let sign = if value < 0 && matches!(conversion, 'd' | 'i' | 'u') {
            "-"
        } else if flags.contains('+') {
            "+"
        } else {
            ""
        };
        format!("{sign}{digits}")
    }
}

pub(super) fn run_echo(call: &mut Call<'_, '_>) -> Program {
    let bytes = echo(&call.args());
    call.out.push(1, &bytes);
    call.done(0)
}

pub(super) fn run_printf(call: &mut Call<'_, '_>) -> Program {
    let (bytes, complaints) = printf(&call.args());
    call.out.push(1, &bytes);
    for complaint in &complaints {
        call.complain(complaint);
    }
    call.done(i32::from(!complaints.is_empty()))
}
