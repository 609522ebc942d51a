//! How the small filters start: their options and arguments.

use std::collections::{BTreeMap, VecDeque};

use super::super::follow::{self, First};
use super::super::{Call, Program, text};
use super::lines::{CutBy, Lines};
use super::{Filter, HELD_MAX, Kind, Shown, options};

pub(in super::super) fn cat(call: &mut Call<'_, '_>) -> Program {
    let long = [
        ("show-all", 'A'),
        ("show-ends", 'E'),
        ("show-tabs", 'T'),
        ("show-nonprinting", 'v'),
        ("number", 'n'),
    ];
    match options(call, "nAeEvtTu", &long) {
        Ok(options) => {
            let any = |letters: &str| letters.chars().any(|letter| options.has(letter));
            let shown = Shown { number: any("n"), ends: any("AeE"), tabs: any("AtT"), controls: any("Aetv") };
            Filter::start(call, options.rest, Kind::Cat { shown, count: 0 })
        }
        Err(failed) => failed,
    }
}

/// `-5` as `-n 5`.
fn with_old_count(call: &mut Call<'_, '_>) {
    if let Some(first) = call
        .argv
        .get(1)
        .and_then(|word| word.strip_prefix('-'))
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
    {
        call.argv.splice(1..2, ["-n".to_owned(), first]);
    }
}

/// A count with a unit: `10`, `2k`, `1M`.
pub(in super::super) fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KB" | "kB" | "kb" | "KiB" | "Ki" => 1 << 10,
        "m" | "M" | "MB" | "mb" | "MiB" | "Mi" => 1 << 20,
        "g" | "G" | "GB" | "gb" | "GiB" | "Gi" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

pub(in super::super) fn head(call: &mut Call<'_, '_>) -> Program {
    with_old_count(call);
    let options = match options(call, "n:c:qv", &[("lines", 'n'), ("bytes", 'c')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    for letter in ['n', 'c'] {
        if let Some(bad) = options.value(letter).filter(|value| size(value.trim_start_matches('-')).is_none())
        {
            let text = format!("invalid number '{bad}'");
            return call.fail(&text);
        }
    }
    let bytes = options.value('c').and_then(size);
    let lines = options.value('n').and_then(size);
    if lines == Some(0) || bytes == Some(0) {
        return call.done(0);
    }
    Filter::start(call, options.rest, Kind::Head { lines, bytes })
}

pub(in super::super) fn tail(call: &mut Call<'_, '_>) -> Program {
    with_old_count(call);
    let options = match options(call, "n:c:fFqvs:", &[("lines", 'n'), ("bytes", 'c'), ("follow", 'f')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let bytes = options.value('c').is_some();
    let count = options.value('c').or_else(|| options.value('n')).unwrap_or("10").to_owned();
    let Some(number) = size(count.trim_start_matches(['+', '-'])) else {
        let text = format!("invalid number '{count}'");
        return call.fail(&text);
    };
    if options.rest.len() == 1 && options.rest[0] == "/dev/zero" {
        return super::super::load::endless_tail(call);
    }
    let from = count.starts_with('+').then_some(number.max(1));
    let header = options.rest.len() > 1 && !options.has('q');
    if let Some(letter) = options.last_of("fF").filter(|_| options.rest.iter().any(|path| path != "-")) {
        let first = match from {
            Some(line) if !bytes => First::FromLine(line),
            _ if bytes => First::Bytes(number.min(HELD_MAX as u64) as usize),
            _ => First::Lines(number.min(HELD_MAX as u64) as usize),
        };
        return follow::start(call, &options.rest, first, letter == 'F', options.has('q'));
    }
    let kind = Lines::Tail {
        keep: number.min(HELD_MAX as u64) as usize,
        from,
        bytes,
        seen: 0,
        held: VecDeque::new(),
        size: 0,
        header,
        files: 0,
    };
    Filter::start(call, options.rest, Kind::Lines(kind))
}

pub(in super::super) fn sort(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "nrugfbhk:t:o:dVsMzc",
        &[
            ("numeric-sort", 'n'),
            ("reverse", 'r'),
            ("unique", 'u'),
            ("key", 'k'),
            ("human-numeric-sort", 'h'),
        ],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let key_text = options.value('k').unwrap_or_default().to_owned();
    let letters: String = key_text.chars().filter(char::is_ascii_alphabetic).collect();
    let number = |text: &str| {
        text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic())
            .split('.')
            .next()
            .and_then(|number| number.parse::<usize>().ok())
            .filter(|number| *number > 0)
    };
    let key = key_text
        .split(',')
        .next()
        .and_then(number)
        .map(|from| (from, key_text.split(',').nth(1).and_then(number)));
    let lines = Lines::Sort {
        lines: Vec::new(),
        size: 0,
        numeric: options.has('n') || options.has('g') || letters.contains('n') || letters.contains('g'),
        human: options.has('h') || letters.contains('h'),
        reverse: options.has('r') || letters.contains('r'),
        unique: options.has('u'),
        key,
        separator: options.value('t').and_then(|text| text.chars().next()),
        fold: options.has('f'),
    };
    Filter::start(call, options.rest, Kind::Lines(lines))
}

pub(in super::super) fn uniq(call: &mut Call<'_, '_>) -> Program {
    match options(call, "cduif:s:w:", &[("count", 'c'), ("repeated", 'd'), ("unique", 'u')]) {
        Ok(options) => {
            let lines = Lines::Uniq {
                last: None,
                count: 0,
                counted: options.has('c'),
                repeated: options.has('d'),
                single: options.has('u'),
            };
            Filter::start(call, options.rest.into_iter().take(1).collect(), Kind::Lines(lines))
        }
        Err(failed) => failed,
    }
}

pub(in super::super) fn wc(call: &mut Call<'_, '_>) -> Program {
    match options(call, "lwcmL", &[("lines", 'l'), ("words", 'w'), ("bytes", 'c'), ("chars", 'm')]) {
        Ok(options) => {
            let asked: String = "lwmc".chars().filter(|letter| options.has(*letter)).collect();
            let show = if asked.is_empty() { "lwc".to_owned() } else { asked };
            let lines = Lines::Wc {
                lines: 0,
                words: 0,
                bytes: 0,
                chars: 0,
                in_word: false,
                show,
                name: String::new(),
                totals: Vec::new(),
            };
            Filter::start(call, options.rest, Kind::Lines(lines))
        }
        Err(failed) => failed,
    }
}

/// `1,3-5,7-` as ranges.
fn ranges(text: &str) -> Option<Vec<(usize, usize)>> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from = if from.is_empty() { 1 } else { from.parse().ok()? };
        let to = if to.is_empty() { usize::MAX } else { to.parse().ok()? };
        (from > 0).then_some((from, to))
    };
    text.split(',').map(range).collect()
}

pub(in super::super) fn cut(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "f:d:c:b:sn",
        &[
            ("fields", 'f'),
            ("delimiter", 'd'),
            ("characters", 'c'),
            ("bytes", 'b'),
            ("output-delimiter", 'o'),
        ],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let delimiter = options.value('d').and_then(|text| text.chars().next()).unwrap_or('\t');
    let (list, by) = match (options.value('f'), options.value('c').or_else(|| options.value('b'))) {
        (Some(fields), _) => (fields, CutBy::Field(delimiter, delimiter.to_string())),
        (None, Some(characters)) => (characters, CutBy::Character),
        (None, None) => return call.fail("expected a list of bytes, characters, or fields"),
    };
    if let Some(fields) = ranges(list) {
        let only_delimited = options.has('s');
        Filter::start(call, options.rest.clone(), Kind::Lines(Lines::Cut { fields, by, only_delimited }))
    } else {
        let text = format!("invalid range '{list}'");
        call.fail(&text)
    }
}

/// The characters of a `tr` set.
fn tr_set(source: &str) -> Vec<u8> {
    let class = |name: &str| -> Option<Vec<u8>> {
        let all = 0u8..=127;
        Some(match name {
            "[:upper:]" => all.filter(u8::is_ascii_uppercase).collect(),
            "[:lower:]" => all.filter(u8::is_ascii_lowercase).collect(),
            "[:digit:]" => all.filter(u8::is_ascii_digit).collect(),
            "[:alpha:]" => all.filter(u8::is_ascii_alphabetic).collect(),
            "[:alnum:]" => all.filter(u8::is_ascii_alphanumeric).collect(),
            "[:space:]" => vec![b' ', b'\t', b'\n', b'\r', 11, 12],
            "[:punct:]" => all.filter(u8::is_ascii_punctuation).collect(),
            _ => return None,
        })
    };
    let mut result = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        if rest.starts_with("[:")
            && let Some(end) = rest.find(":]")
            && let Some(letters) = class(&rest[..end + 2])
        {
            result.extend(letters);
            rest = &rest[end + 2..];
            continue;
        }
        let take = if rest.starts_with('\\') {
            rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at)
        } else {
            rest.char_indices().nth(1).map_or(rest.len(), |(at, _)| at)
        };
        let letters = text::unescape(&rest[..take], false).0;
        rest = &rest[take..];
        if let (Some(range), [first]) =
            (rest.strip_prefix('-').filter(|range| !range.is_empty()), letters.as_slice())
        {
            let last = range.bytes().next().unwrap_or(*first);
            result.extend(*first..=last);
            rest = range.char_indices().nth(1).map_or("", |(at, _)| &range[at..]);
        } else {
            result.extend(letters);
        }
    }
    result
}

pub(in super::super) fn tr(call: &mut Call<'_, '_>) -> Program {
    let options =
        match options(call, "dscC", &[("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c')]) {
            Ok(options) => options,
            Err(failed) => return failed,
        };
    let sets: Vec<Vec<u8>> = options.rest.iter().map(|set| tr_set(set)).collect();
    let Some(first) = sets.first().cloned() else { return call.fail("missing operand") };
    let complement = options.has('c') || options.has('C');
    let second = sets.get(1).cloned().unwrap_or_default();
    let from: Vec<u8> =
        if complement { (0..=255).filter(|byte| !first.contains(byte)).collect() } else { first.clone() };
    let delete = if options.has('d') { from.clone() } else { Vec::new() };
    let map = match second.last() {
        Some(last) if !options.has('d') => {
            from.iter().enumerate().map(|(index, byte)| (*byte, *second.get(index).unwrap_or(last))).collect()
        }
        _ => BTreeMap::new(),
    };
    let squeeze = if options.has('s') { sets.get(1).cloned().unwrap_or(from) } else { Vec::new() };
    Filter::start(call, Vec::new(), Kind::Lines(Lines::Tr { map, delete, squeeze, last: None }))
}

pub(in super::super) fn tee(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "ai", &[("append", 'a')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let mut fds = Vec::new();
    for path in &options.rest {
        match call.ctx.writable_kind(path, options.has('a'), false) {
            Ok(opened) => {
                let file = match opened {
                    super::super::Opened::Kind(kind) => call.ctx.sys.open(kind),
                    super::super::Opened::Same(file) => file,
                };
                fds.push(call.ctx.install(file));
            }
            Err(error) => call.complain(&format!("{path}: {error}")),
        }
    }
    Filter::start(call, Vec::new(), Kind::Lines(Lines::Tee { fds }))
}

/// `md5sum` and its like; `-c` checks are not simulated.
pub(in super::super) fn checksum(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "bts", &[("binary", 'b'), ("text", 't')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let Some(sum) = super::digest::Sum::of_program(&call.name()) else {
        return call.fail("podlab: this sum is not simulated");
    };
    Filter::start(call, options.rest, Kind::Lines(Lines::Sum { sum, held: Vec::new(), name: String::new() }))
}

pub(in super::super) fn rev(call: &mut Call<'_, '_>) -> Program {
    let files = call.args();
    Filter::start(call, files, Kind::Lines(Lines::Rev))
}

pub(in super::super) fn tac(call: &mut Call<'_, '_>) -> Program {
    let files = call.args();
    Filter::start(call, files, Kind::Lines(Lines::Tac { lines: Vec::new(), size: 0 }))
}

pub(in super::super) fn nl(call: &mut Call<'_, '_>) -> Program {
    let files = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    Filter::start(call, files, Kind::Lines(Lines::Nl { count: 0 }))
}
